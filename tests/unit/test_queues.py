"""What a queue hands out follows from what its provider gives, and a free account has its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaforge.config import WORKER_TIMEOUT_S
from mediaforge.domain.catalogue import Catalogue, parse
from mediaforge.domain.errors import CatalogueError
from mediaforge.domain.jobs.queues import Throughput, in_lane, throughput
from mediaforge.domain.lanes import Lane
from tests.unit.test_catalogue import SHIPPED, TEXT


def test_fifty_a_second_of_twelve_seconds_are_six_hundred_at_once() -> None:
    """Fifty at once would be four a second."""
    assert throughput(3_000, p95_s=12) == Throughput(a_second=50, at_once=600)


def test_whatever_is_left_over_needs_one_more_at_once() -> None:
    assert throughput(61, p95_s=1) == Throughput(a_second=1.017, at_once=2)
    assert throughput(1, p95_s=1) == Throughput(a_second=0.017, at_once=1)


def test_paying_work_has_a_hundred_parts_and_free_work_thirty_of_the_hundred_and_thirty() -> None:
    assert throughput(3_900, 10, Lane.PAID, 30) == Throughput(a_second=50, at_once=500)
    assert throughput(3_900, 10, Lane.FREE, 30) == Throughput(a_second=15, at_once=150)


@given(
    tasks_a_minute=st.integers(1, 30_000),
    p95_s=st.integers(1, 540),
    free_percent=st.integers(1, 100),
)
def test_the_lanes_together_have_what_the_provider_gives_and_each_gets_through_its_part(
    tasks_a_minute: int, p95_s: int, free_percent: int
) -> None:
    lanes = [throughput(tasks_a_minute, p95_s, lane, free_percent) for lane in Lane]
    # Each is rounded to a thousandth, and none comes to nothing.
    assert sum(lane.a_second for lane in lanes) == pytest.approx(tasks_a_minute / 60, abs=0.002)
    for lane in lanes:
        assert lane.at_once >= 1
        assert lane.at_once / p95_s >= lane.a_second - 0.001


def test_a_lane_s_part_is_called_by_a_word_and_the_paying_one_as_it_always_was() -> None:
    assert in_lane("runVertexImage", Lane.PAID) == "runVertexImage"
    assert in_lane("runVertexImage", Lane.FREE) == "runVertexImageFree"


# ---- of the catalogue --------------------------------------------------------------------------------


def test_free_accounts_have_a_part_of_the_queues_that_their_tiers_models_run_on() -> None:
    shared = {name for name in SHIPPED.queues if Lane.FREE in SHIPPED.lanes_of(name)}
    assert shared >= {"runLocalImage", "runVertexImage", "runRunPod"}
    assert "runVertexVideo" not in shared
    assert all(Lane.PAID in SHIPPED.lanes_of(name) for name in SHIPPED.queues)


@pytest.mark.parametrize(
    ("model", "free", "paid"),
    [
        ("gemini-3.1-flash-image", "runVertexImageFree", "runVertexImage"),
        # Asked for in a better tier, and given a slot in the free one:
        ("gemini-3-pro-image", "runVertexImageFree", "runVertexImage"),
        ("veo-3.1-generate-001", "runVertexVideo", "runVertexVideo"),
        ("a-model-of-yesterday", None, None),
    ],
)
def test_a_model_s_jobs_run_in_the_part_of_their_lane_where_there_is_one(
    model: str, free: str | None, paid: str | None
) -> None:
    assert SHIPPED.queue_of(model, Lane.FREE) == free
    assert SHIPPED.queue_of(model, Lane.PAID) == paid


def test_of_a_queue_that_is_shared_each_lane_has_its_part_and_of_another_the_paying_one_all() -> (
    None
):
    assert SHIPPED.throughput("runVertexImage", Lane.PAID) == Throughput(7.692, 154)
    assert SHIPPED.throughput("runVertexImage", Lane.FREE) == Throughput(2.308, 47)
    assert SHIPPED.throughput("runVertexTraining", Lane.PAID) == Throughput(1, 10)


def test_a_part_that_no_tier_needs_any_more_still_hands_out_what_is_in_it() -> None:
    assert SHIPPED.throughput("runVertexVideo", Lane.FREE) == Throughput(2.308, 12)


def test_of_what_is_asked_about_again_and_again_each_question_is_a_task() -> None:
    """Thirty videos a minute with twenty tasks each."""
    assert SHIPPED.throughput("runVertexVideo", Lane.PAID) == Throughput(10, 50)


@pytest.mark.parametrize("lane", Lane)
def test_on_the_emulators_the_machine_is_the_limit_and_no_lane_is_slower_than_another(
    lane: Lane,
) -> None:
    pictures = SHIPPED.throughput("runLocalImage", lane, is_emulated=True)
    assert pictures == Throughput(a_second=500, at_once=2)
    assert SHIPPED.throughput("runVertexImage", lane, is_emulated=True).at_once == 1


def with_queue(lines: str) -> Catalogue:
    return parse(f"{TEXT}\n[queues.runMuch]\n{lines}\n")


def test_more_than_cloud_tasks_hands_out_is_refused_and_its_queue_named() -> None:
    assert with_queue("a_minute = 6_000\np95_s = 10").queues["runMuch"].a_minute == 6_000
    for lines in (
        "a_minute = 30_001\np95_s = 1",  # a second
        "a_minute = 3_000\ntasks_a_job = 11\np95_s = 1",
        "a_minute = 30_000\np95_s = 11",  # at once
    ):
        with pytest.raises(CatalogueError, match=r"queues.runMuch: comes to .* a second and"):
            with_queue(lines)


def test_no_task_may_take_longer_than_its_worker() -> None:
    assert with_queue(f"a_minute = 1\np95_s = {WORKER_TIMEOUT_S}").queues["runMuch"]
    with pytest.raises(CatalogueError, match=r"queues.runMuch.p95_s"):
        with_queue(f"a_minute = 1\np95_s = {WORKER_TIMEOUT_S + 1}")


def test_a_worker_whose_queue_has_no_facts_is_named() -> None:
    with pytest.raises(CatalogueError, match=r"queues.runNobody: missing"):
        SHIPPED.throughput("runNobody", Lane.PAID)
