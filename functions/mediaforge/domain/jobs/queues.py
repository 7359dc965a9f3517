"""What a queue hands out, and how it is called: all of it follows from what its provider gives, how long a
task takes, and whether free work has a queue of its own. Pure."""

from dataclasses import dataclass

from mediaforge.domain.lanes import Lane

# https://docs.cloud.google.com/tasks/docs/quotas
A_SECOND_MAX = 500
# Of Cloud Tasks 5,000; but each has an instance of its own, and of those a region starts with 1,000.
AT_ONCE_MAX = 1_000
# Of nothing a queue hands out nothing: to Cloud Tasks that is no rate, and its own is taken.
_A_SECOND_MIN = 0.001
# The paid lane's is the queue itself, so that jobs of before there were lanes find theirs.
_SUFFIXES = {Lane.PAID: "", Lane.FREE: "Free"}


@dataclass(frozen=True, slots=True)
class Throughput:
    """How many tasks a queue hands out a second, and how many run at once at most. A worker runs one at a
    time, so it needs as many instances."""

    a_second: float
    at_once: int


def in_lane(queue: str, lane: Lane) -> str:
    """The name of the queue's part for that lane."""
    return f"{queue}{_SUFFIXES[lane]}"


def throughput(
    tasks_a_minute: int, p95_s: int, lane: Lane = Lane.PAID, free_percent: int = 0
) -> Throughput:
    """The lane's part of what a provider gives: free work has `free_percent` of what paying work has, and
    both together all of it. `p95_s`: 95 of 100 tasks take no longer. What is handed out within that time is
    at work at once; were fewer let in, less would be handed out."""
    tasks = {Lane.PAID: 100, Lane.FREE: free_percent}[lane] * tasks_a_minute
    in_s = 60 * (100 + free_percent)
    return Throughput(max(_A_SECOND_MIN, round(tasks / in_s, 3)), at_once=-(-tasks * p95_s // in_s))
