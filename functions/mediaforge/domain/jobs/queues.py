"""How many tasks a queue hands out, and the queue's name. The numbers follow from what the provider takes,
how long a task takes, and whether free work has a queue of its own. Pure."""

from dataclasses import dataclass

from mediaforge.domain.lanes import Lane

# https://docs.cloud.google.com/tasks/docs/quotas
A_SECOND_MAX = 500
# Cloud Tasks allows 5,000. But each task at once has an instance of its own, and a region starts with 1,000.
AT_ONCE_MAX = 1_000
# Cloud Tasks does not take 0 as a rate, but sets its own default instead.
_A_SECOND_MIN = 0.001
# The paid lane uses the plain name, so that jobs from before there were lanes find their queue.
_SUFFIXES = {Lane.PAID: "", Lane.FREE: "Free"}


@dataclass(frozen=True, slots=True)
class Throughput:
    """How many tasks a queue hands out a second, and how many run at once at most. A worker runs one task at
    a time, so the queue needs as many instances."""

    a_second: float
    at_once: int


def in_lane(queue: str, lane: Lane) -> str:
    """The name of the queue's part for that lane."""
    return f"{queue}{_SUFFIXES[lane]}"


def throughput(
    tasks_a_minute: int, p95_s: int, lane: Lane = Lane.PAID, free_percent: int = 0
) -> Throughput:
    """The lane's part of what a provider takes. Free work gets `free_percent` of what paying work gets, and
    both together get all of it. `p95_s`: 95 of 100 tasks take no longer. All tasks that are handed out within
    that time run at once; with a lower bound the queue would hand out fewer."""
    tasks = {Lane.PAID: 100, Lane.FREE: free_percent}[lane] * tasks_a_minute
    in_s = 60 * (100 + free_percent)
    return Throughput(max(_A_SECOND_MIN, round(tasks / in_s, 3)), at_once=-(-tasks * p95_s // in_s))
