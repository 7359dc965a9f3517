"""The check of the books knows batches: what waits as a row holds credits, a row shows its job, and a batch
that has come to rest counts what its rows came to."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from mediaforge.domain.library.batches import Batch, BatchStatus
from mediaforge.services.watch.books import UNSEEN, Violation
from mediaforge.services.watch.invariants import check_invariants
from tests.support.world import World

ANN = "accounts/user_ann"


@pytest.fixture
def world() -> World:
    world = World()
    world.set_tier("pro")
    world.grant(900)
    return world


def rules(world: World) -> list[tuple[str, str]]:
    return [(v.document, v.rule) for v in check_invariants(world.backend)]


def under_way(world: World, rows: int = 14) -> Batch:
    """Ten of its rows have a slot, the others wait."""
    batch = world.submit_batch(rows)
    world.go_on()
    assert rules(world) == []
    return world.batch(batch.id)


def ended(world: World) -> Batch:
    """One of its rows has failed."""
    batch = world.submit_batch([{"prompt": "a"}, {"prompt": "[[blocked]]"}, {"prompt": "c"}])
    world.run_until_quiet()
    assert world.batch(batch.id).due_at is None
    assert rules(world) == []
    return world.batch(batch.id)


# ---- no violations -------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["pause", "cancel", "setPriority"])
def test_a_batch_has_no_violations_at_any_moment(world: World, action: str) -> None:
    batch = world.submit_batch(14)
    assert rules(world) == []
    world.go_on()
    world.deliver(next(job.id for job in world.jobs()))
    assert rules(world) == []
    more: dict[str, Any] = {"priority": "low"} if action == "setPriority" else {}
    world.control_batch(batch.id, action, **more)
    assert rules(world) == []
    if action == "pause":
        assert [job for job in world.jobs() if job.waiting_for == "batch"]
        world.control_batch(batch.id, "resume")
        assert rules(world) == []
    world.run_until_quiet()
    assert world.batch(batch.id).status.has_ended
    assert rules(world) == []


def test_a_row_that_runs_once_more_has_no_violations(world: World) -> None:
    batch = ended(world)
    world.control_batch(batch.id, "retryFailed")
    assert rules(world) == []
    world.control_batch(batch.id, "editRow", row=1, changes={"prompt": "now"})
    assert rules(world) == []
    world.run_until_quiet()
    assert world.batch(batch.id).counts.completed == 3
    assert rules(world) == []


def test_a_batch_whose_time_has_not_come_has_no_violations(world: World) -> None:
    moment = world.clock.now() + timedelta(days=2)
    world.submit_batch(3, scheduledAt=moment.isoformat())
    assert rules(world) == []


def test_a_batch_of_an_account_that_was_deleted_is_nobodys(world: World) -> None:
    batch = under_way(world)
    below = [path for path in world.documents.paths() if path.startswith((f"{ANN}/", "gifts/"))]
    for path in (ANN, *below):
        world.documents.overwrite(path, None)
    world.clock.advance(1)  # another account of the same id
    world.submit()
    assert rules(world) == []
    world.clock.advance(1000)
    assert (f"batches/{batch.id}", "a batch is looked at in its time") in rules(world)


# ---- damage to a batch that is under way ---------------------------------------------------------


def without_a_track(world: World, _: Batch) -> None:
    world.overwrite(ANN, tracks={})


def with_a_track_of_nobodys(world: World, batch: Batch) -> None:
    tracks = world.row(ANN)["tracks"]
    world.overwrite(ANN, tracks={**tracks, "nobodys": tracks[batch.id]})


def paused_by_hand(world: World, batch: Batch) -> None:
    world.overwrite(f"batches/{batch.id}", status="paused")


TRACKS = (ANN, "each batch with rows that may start has a track, and no other has one")


@pytest.mark.parametrize(
    "damage", [without_a_track, with_a_track_of_nobodys, paused_by_hand], ids=lambda d: d.__name__
)
def test_who_may_start_is_written_in_the_account(
    world: World, damage: Callable[[World, Batch], None]
) -> None:
    damage(world, under_way(world))
    assert rules(world) == [TRACKS]


def test_a_row_that_waits_holds_its_credits(world: World) -> None:
    batch = under_way(world)
    world.overwrite(f"batches/{batch.id}/rows/13", is_waiting=False)
    assert rules(world) == [
        (ANN, "held is what the unfinished jobs, waiting rows and directions reserve"),
        (
            f"batches/{batch.id}",
            "the holds of a batch are open for its waiting rows and its unsettled jobs",
        ),
    ]


def test_an_account_whose_rows_nobody_would_see_is_found_and_filled(world: World) -> None:
    under_way(world)
    world.overwrite(ANN, due_at=None)
    assert (ANN, UNSEEN) in rules(world)
    assert world.account().due_at is not None
    assert rules(world) == []


def test_a_row_that_does_not_show_its_job_is_found(world: World) -> None:
    batch = under_way(world)
    world.overwrite(f"batches/{batch.id}/rows/3", status="completed")
    (violation,) = check_invariants(world.backend)
    assert violation == Violation(
        f"batches/{batch.id}/rows/3",
        "what is shown is what the job is",
        "status=queued",
        "status=completed",
    )


def test_a_batch_that_nobody_looks_at_is_found(world: World) -> None:
    batch = under_way(world)
    world.clock.advance(1000)
    assert (f"batches/{batch.id}", "a batch is looked at in its time") in rules(world)


def test_a_batch_that_outlives_its_time_is_found(world: World) -> None:
    batch = under_way(world)
    now = world.clock.now()
    world.overwrite(f"batches/{batch.id}", expires_at=now - timedelta(hours=1))
    assert rules(world) == [(f"batches/{batch.id}", "a batch ends in its time")]


# ---- damage to a batch that has ended ------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"counts": {"total": 3, "queued": 0, "processing": 0, "completed": 3, "failed": 0}},
        {"credits": {"estimated": 6, "charged": 6}},
    ],
)
def test_a_batch_at_rest_that_counts_wrongly_is_found(world: World, fields: Any) -> None:
    batch = ended(world)
    world.overwrite(f"batches/{batch.id}", **fields)
    rule = "a batch at rest counts its rows, and what they were charged"
    assert rules(world) == [(f"batches/{batch.id}", rule)]


def test_a_batch_at_rest_with_a_row_that_is_not_final_is_found(world: World) -> None:
    batch = ended(world)
    world.overwrite(f"batches/{batch.id}/rows/0", status="processing", counts_as=1)
    rule = "a batch comes to rest with its last row"
    assert (f"batches/{batch.id}", rule) in rules(world)


def test_a_batch_at_rest_that_has_not_ended_is_found(world: World) -> None:
    batch = ended(world)
    world.overwrite(f"batches/{batch.id}", status=BatchStatus.RUNNING.value)
    rule = "a batch comes to rest with its last row"
    assert (f"batches/{batch.id}", rule) in rules(world)


def test_a_hold_of_a_batch_that_nobody_closed_is_found(world: World) -> None:
    """The account's own sums agree with it."""
    batch = ended(world)
    capture = world.row(f"{ANN}/ledger/{world.batch_rows(batch.id)[0].job_id}:capture")
    path = f"{ANN}/ledger/{world.batch_rows(batch.id)[0].job_id}:capture"
    world.documents.overwrite(path, {**capture, "batch_id": None})
    rule = "the holds of a batch are open for its waiting rows and its unsettled jobs"
    assert rules(world) == [(f"batches/{batch.id}", rule)]
