"""Rows of a batch that are answered with earlier results: they cost nothing from the acceptance on, and get
their copies with their slots."""

from typing import Any

import pytest

from mediaforge.domain.errors import InvalidRequestError, OverBudgetError, RateLimitedError
from mediaforge.domain.jobs.job import JobStatus
from mediaforge.domain.library.batches import BatchStatus
from mediaforge.services.watch.invariants import check_invariants
from tests.services.library.test_deletion import delete
from tests.support.world import World


@pytest.fixture
def world() -> World:
    """Its account has made `row 0`, `row 1` and `row 2`."""
    world = World()
    world.set_tier("pro")
    for n in range(3):
        world.submit(f"row {n}")
    world.run_until_quiet()
    return world


def assert_whole(world: World) -> None:
    assert world.account().held == 0
    assert check_invariants(world.backend) == []
    world.assert_promises()


def reused(world: World, batch_id: str) -> list[bool]:
    jobs = [world.job(row.job_id or "") for row in world.batch_rows(batch_id)]
    return [job.reused_from is not None for job in jobs]


def test_a_batch_of_what_is_there_costs_nothing_and_asks_nobody(world: World) -> None:
    before, entries = world.account(), world.entries()
    batch = world.submit_batch(3, defaults={"reuse": True}, maxCredits=0)
    assert batch.credits.estimated == 0
    assert (world.account().held, world.account().available) == (0, before.available)
    world.provider.start = None
    world.run_until_quiet()
    ended = world.batch(batch.id)
    assert (ended.status, ended.counts.completed) == (BatchStatus.COMPLETED, 3)
    assert ended.credits.charged == 0
    assert reused(world, batch.id) == [True] * 3
    for row in world.batch_rows(batch.id):
        assert row.generation_data is not None
        assert (row.credits.estimated, row.credits.charged) == (0, 0)
        view = world.view(row.job_id or "")
        assert (view["reused_from"] is not None, view["batch_id"]) == (True, batch.id)
    assert world.entries() == entries
    assert world.account().usage.named()["images"] == before.usage.named()["images"] + 3
    assert_whole(world)


def test_what_is_not_there_is_held_for_and_paid(world: World) -> None:
    rows: list[dict[str, Any]] = [
        {"prompt": "row 0", "reuse": True},
        {"prompt": "row 1"},
        {"prompt": "new", "reuse": True},
        {"prompt": "new", "reuse": True},  # the row before it has made nothing yet
        {"prompt": "[[blocked]]", "reuse": True},
    ]
    batch = world.submit_batch(rows)
    assert batch.credits.estimated == world.account().held == 8
    world.run_until_quiet()
    assert reused(world, batch.id) == [True, False, False, False, False]
    ended = world.batch(batch.id)
    assert (ended.counts.completed, ended.counts.failed, ended.credits.charged) == (4, 1, 6)
    assert_whole(world)


def test_a_paused_batch_copies_nothing(world: World) -> None:
    batch = world.submit_batch(3, defaults={"reuse": True})
    world.go_on()
    waiting = [row.job_id or "" for row in world.batch_rows(batch.id)]
    world.control_batch(batch.id, "pause")
    assert {world.deliver(job_id) for job_id in waiting} == {"waiting"}
    assert [row.status for row in world.batch_rows(batch.id)] == [JobStatus.QUEUED] * 3
    world.control_batch(batch.id, "resume")
    world.run_until_quiet()
    assert world.batch(batch.id).counts.completed == 3
    assert_whole(world)


def test_a_cancel_gives_back_what_was_counted(world: World) -> None:
    before = world.account()
    rows = [{"prompt": f"row {n}", "reuse": True} for n in range(3)]
    batch = world.submit_batch([*rows, {"prompt": "new"}])
    world.control_batch(batch.id, "cancel")
    world.run_until_quiet()
    after = world.account()
    assert after.usage == before.usage
    assert (after.available, after.held) == (before.available, 0)
    assert_whole(world)


def test_a_result_that_is_deleted_before_its_slot_fails_the_row_and_a_retry_makes_it(
    world: World,
) -> None:
    of_row_1 = next(job for job in world.jobs() if job.request_data["prompt"] == "row 1")
    batch = world.submit_batch(3, defaults={"reuse": True})
    delete(world, of_row_1.id)
    world.run_until_quiet()
    failed = world.batch_rows(batch.id)[1]
    assert failed.error is not None
    assert (failed.error.code, failed.error.retryable) == ("reused-result-missing", True)
    assert world.batch(batch.id).credits.charged == 0
    world.control_batch(batch.id, "retryFailed")
    assert world.account().held == 2
    world.run_until_quiet()
    assert reused(world, batch.id) == [True, False, True]
    ended = world.batch(batch.id)
    assert (ended.counts.completed, ended.credits.charged) == (3, 2)
    assert_whole(world)


def test_a_retry_beyond_the_budget_is_refused(world: World) -> None:
    of_row_1 = next(job for job in world.jobs() if job.request_data["prompt"] == "row 1")
    batch = world.submit_batch(3, defaults={"reuse": True}, maxCredits=0)
    delete(world, of_row_1.id)
    world.run_until_quiet()
    with pytest.raises(OverBudgetError):
        world.control_batch(batch.id, "retryFailed")


def test_a_row_that_waits_may_be_changed_to_what_is_there_and_back(world: World) -> None:
    batch = world.submit_batch([{"prompt": "new", "reuse": True}, {"prompt": "row 1"}])
    assert world.account().held == 4
    world.control_batch(batch.id, "editRow", row=0, changes={"prompt": "row 0"})
    world.control_batch(batch.id, "editRow", row=1, changes={"reuse": True})
    assert world.account().held == 0
    world.control_batch(batch.id, "editRow", row=0, changes={"prompt": "other"})
    assert world.account().held == 2
    world.run_until_quiet()
    assert reused(world, batch.id) == [False, True]
    assert world.batch(batch.id).credits.charged == 2
    assert_whole(world)


@pytest.mark.parametrize("control", [None, "pause"])
def test_a_row_that_has_its_slot_may_be_changed(world: World, control: str | None) -> None:
    """Nothing is held for it, so there is nothing to release."""
    batch = world.submit_batch(3, defaults={"reuse": True})
    world.go_on()
    first = world.batch_rows(batch.id)[0].job_id or ""
    if control is not None:
        world.control_batch(batch.id, control)
    world.control_batch(batch.id, "editRow", row=0, changes={"prompt": "new"})
    assert world.job(first).status is JobStatus.CANCELLED
    assert (world.account().held, world.account().active) == (2, 0 if control else 2)
    if control is not None:
        world.control_batch(batch.id, "resume")
    world.run_until_quiet()
    assert world.batch(batch.id).counts.completed == 3
    assert reused(world, batch.id) == [False, True, True]
    assert world.batch(batch.id).credits.charged == 2
    assert_whole(world)


def test_sent_again_it_is_the_same_batch(world: World) -> None:
    batch = world.submit_batch(3, defaults={"reuse": True}, requestId="b1")
    world.run_until_quiet()
    delete(world, *(job.id for job in world.jobs() if job.reused_from is None))
    contents = world.contents()
    assert world.submit_batch(3, defaults={"reuse": True}, requestId="b1").id == batch.id
    assert world.contents() == contents


def test_who_sends_it_again_and_again_is_held_back_at_the_gate(world: World) -> None:
    """Each time results are looked for, before it is known that nothing is to be done."""
    limit = world.backend.catalogue.limits.gate_a_minute.user_refusals
    for _ in range(limit + 1):
        world.submit_batch(3, defaults={"reuse": True}, requestId="b1")
    with pytest.raises(RateLimitedError):
        world.backend.gate.admit_user("ann")


def test_a_price_that_was_told_names_its_row(world: World) -> None:
    rows = [{"prompt": "row 0"}, {"prompt": "new"}]
    with pytest.raises(InvalidRequestError) as refused:
        world.submit_batch(rows, defaults={"reuse": True, "estimatedCredits": 0})
    assert refused.value.details["fieldErrors"][0]["field"] == "rows[1].estimatedCredits"


def test_a_hundred_results_are_looked_for_with_few_reads_a_row(world: World) -> None:
    reads = world.documents.reads
    world.submit_batch([{"prompt": f"row {n % 3}", "reuse": True} for n in range(100)])
    assert world.documents.reads - reads < 25
