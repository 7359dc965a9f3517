"""Number 1: accepting a job, beside a callable that does one empty transaction and one enqueue.

Nothing runs behind it meanwhile: the queues hold their tasks and no event is delivered. In
production workers and triggers have machines of their own; here they would take the callable's.
"""

from __future__ import annotations

from bench.platform import FLOOR_ACCEPT, FLOOR_WORK, GENERATE, HELD, RUN, Platform
from bench.samples import Pair, by_turns
from bench.users import make_users

USERS = (
    40  # each has a slot for every job it submits here: one that waits for a slot is not enqueued
)


def measure_accepting(platform: Platform, at_once: int, count: int) -> Pair:
    platform.make_queue(RUN, HELD)
    platform.make_queue(FLOOR_WORK, HELD)
    users = make_users(USERS, f"accept-{at_once}")
    our_port, floor_port = platform.addresses[GENERATE.name], platform.addresses[FLOOR_ACCEPT.name]

    def ours(number: int) -> float:
        payload = {"prompt": "a lighthouse at dusk", "requestId": f"accept-{at_once}-{number}"}
        return users[number % USERS].call(our_port, payload).latency_ms

    def floor(number: int) -> float:
        return users[number % USERS].call(floor_port, {"id": str(number)}).latency_ms

    accepted, least = by_turns(at_once, count, ours, floor)
    _check_all_enqueued(platform)
    return Pair(accepted, least)


def _check_all_enqueued(platform: Platform) -> None:
    """Raises RuntimeError where an accepted job was not enqueued: its call would have cost less than what is
    to be measured."""
    if platform.tasks_waiting(RUN) != platform.tasks_waiting(FLOOR_WORK):
        raise RuntimeError("some accepted jobs were not enqueued")
