"""The simulation waits for what the platform waits for; where it misses the herd, it says nothing else."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from bench.scale import ERROR, HERD, QUEUE, catalogue
from bench.simulate import (
    Bounds,
    Faults,
    Times,
    compare,
    is_trusted,
    provisions,
    simulate,
    simulation_numbers,
)
from mediaforge.domain.jobs.job import Timing
from mediaforge.domain.jobs.queues import AT_ONCE_MAX, Throughput, throughput
from mediaforge.domain.jobs.retries import BackOff
from mediaforge.domain.lanes import Lane

TEN_S = Times(10, 10)
FREELY = Bounds(Throughput(1_000, 1_000), slots=1_000, work=TEN_S)
BACK_OFF = BackOff(base_s=4, cap_s=4)
TIMING = Timing(1, 1, 1, 1, 1, 1, BACK_OFF, BACK_OFF)

# 400 jobs, accepted at 40 a second and handed out at 15 from then on; no account needs more than its slots.
MEASURED: dict[str, Any] = {
    "configured_per_s": 15.0,
    "dispatches_at_once": 500,
    "tier": "studio",
    "is_reached": True,
    "herd": {
        "submitted": 400,
        "accounts": 100,
        "accepted_per_s": 40.0,
        "released_s": 10.5,
        "arrived_per_s": 15.0,
        "accept": {"median_ms": 500.0},
        "queue_time": {"median_ms": 18_300.0, "p95_ms": 25_900.0},
        "arrived_to_final": {"median_ms": 100.0, "p95_ms": 200.0},
        "final_to_settled": {"median_ms": 100.0},
        "total_s": 37.2,
    },
}


def at_once(jobs: int, account: int = 0) -> list[tuple[float, int]]:
    return [(0.0, account)] * jobs


def test_a_queue_hands_out_at_its_rate_and_in_order() -> None:
    found = simulate(replace(FREELY, queue=Throughput(2, 1_000)), at_once(9))
    assert found.waits == pytest.approx([n / 2 for n in range(9)])
    assert found.a_second == pytest.approx(2)
    assert found.final_at[-1] == pytest.approx(4 + 10)


def test_a_queue_that_is_held_begins_when_it_is_released() -> None:
    found = simulate(replace(FREELY, released_s=30), at_once(1))
    assert found.waits == [30]


def test_no_more_tasks_run_at_once_than_there_are_workers() -> None:
    found = simulate(replace(FREELY, queue=Throughput(1_000, 2)), at_once(4))
    assert found.waits == pytest.approx([0, 0, 10, 10], abs=0.01)


def test_an_account_has_no_more_jobs_under_way_than_slots_and_keeps_nobody_else_waiting() -> None:
    bounds = replace(FREELY, slots=2, settle_s=1)
    found = simulate(bounds, [*at_once(4, account=0), *at_once(1, account=1)])
    assert found.waits == pytest.approx([0, 0, 11, 11, 0], abs=0.01)
    assert found.slot_s == pytest.approx(22, abs=0.01)


@pytest.mark.parametrize(("concurrency", "ends"), [(1, [15, 15, 15]), (3, [10, 10, 15])])
def test_a_task_that_finds_all_instances_full_waits_for_a_new_one(
    concurrency: int, ends: list[float]
) -> None:
    bounds = replace(FREELY, start_up_s=5, concurrency=concurrency)
    assert simulate(bounds, at_once(3)).final_at == pytest.approx(ends, abs=0.01)


def test_an_instance_that_has_started_takes_the_next_task_at_once() -> None:
    found = simulate(replace(FREELY, start_up_s=5), [(0.0, 0), (60.0, 0)])
    assert found.final_at == pytest.approx([15, 70])


def test_a_job_that_fails_each_time_is_given_up_after_its_attempts() -> None:
    faults = Faults(failed=1, snoozed=0, retry=BACK_OFF, snooze=BACK_OFF)
    found = simulate(replace(FREELY, faults=faults), at_once(1))
    assert found.failed == 1
    assert 5 * 10 + 4 * 2 <= found.final_at[0] <= 5 * 10 + 4 * 4


def test_a_job_that_is_told_to_slow_down_comes_back_and_spends_no_attempt() -> None:
    faults = Faults(failed=0, snoozed=0.9, retry=BACK_OFF, snooze=BACK_OFF)
    found = simulate(replace(FREELY, faults=faults), at_once(200))
    assert found.failed == 0
    assert len(found.final_at) == 200
    assert max(found.final_at) > 10 + 5 * 2


@pytest.mark.parametrize(
    ("bounds", "binds"),
    [
        (FREELY, "nothing"),
        (replace(FREELY, slots=1), "the account's slots"),
        (replace(FREELY, queue=Throughput(0.5, 1_000)), "the queue's rate"),
        (replace(FREELY, queue=Throughput(1_000, 1)), "tasks at once"),
    ],
)
def test_it_says_what_binds(bounds: Bounds, binds: str) -> None:
    assert simulate(bounds, at_once(1_000), until_s=1_000).binds == binds


def test_what_has_not_begun_by_the_end_is_counted_as_waiting() -> None:
    found = simulate(replace(FREELY, queue=Throughput(0.5, 1_000)), at_once(60), until_s=60)
    assert found.unbegun == 30


def test_a_herd_that_was_bound_by_its_queue_is_met() -> None:
    numbers = {HERD: MEASURED}
    compared = compare(numbers, catalogue())
    assert max(one.error for one in compared) < 0.05
    assert is_trusted(numbers, compared)


@pytest.mark.parametrize(
    ("where", "name", "value"),
    [
        (MEASURED["herd"], "arrived_per_s", 12.0),
        (MEASURED["herd"], "total_s", 45.0),
        (MEASURED["herd"], "queue_time", {"median_ms": 18_300.0, "p95_ms": 31_000.0}),
        (MEASURED["herd"], "queue_time", {"median_ms": 15_000.0, "p95_ms": 25_900.0}),
        (MEASURED, "is_reached", False),
    ],
)
def test_a_herd_that_is_missed_or_bound_by_something_else_leaves_no_number_of_a_million(
    where: dict[str, Any], name: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(where, name, value)
    numbers = simulation_numbers({HERD: deepcopy(MEASURED)}, TIMING)
    assert [number.key for number in numbers] == [ERROR]


def test_a_million_users_get_queues_that_the_catalogue_takes_and_that_hold() -> None:
    known, asked = catalogue(), {Lane.PAID: 87.0, Lane.FREE: 87.0}
    p95_s = known.queues[QUEUE].p95_s
    shipped, most, enough, even = provisions(known, asked)
    assert shipped.of(Lane.PAID, p95_s) == known.throughput(QUEUE, Lane.PAID)
    assert most.of(Lane.PAID, p95_s).at_once == AT_ONCE_MAX
    beyond = throughput(most.a_minute + 10, p95_s, Lane.PAID, most.free_percent)
    assert beyond.at_once > AT_ONCE_MAX
    for provision in (enough, even):
        for lane in Lane:
            assert provision.queues * provision.of(lane, p95_s).a_second >= asked[lane]
    assert even.queues < enough.queues
