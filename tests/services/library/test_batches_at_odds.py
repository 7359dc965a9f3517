"""What the fault harness found: slots that are left over, and batches of which somebody deleted a part,
and batches whose time is over."""

from typing import Any

import pytest

from mediaforge.domain.jobs.job import JobStatus, WaitingFor
from mediaforge.domain.library.batches import BatchStatus
from mediaforge.services.watch.invariants import check_invariants
from mediaforge.services.watch.sweep import sweep_jobs
from tests.support.operations import LongProvider
from tests.support.world import World

DAY_S = 24 * 3600


def begun(world: World, batch_id: str) -> int:
    return sum(1 for row in world.batch_rows(batch_id) if row.job_id)


def test_slots_that_a_short_batch_leaves_over_go_to_the_next_of_its_priority(pro: World) -> None:
    """And not to a job of a lower one, of which the turns were counted as if the batch had rows enough."""
    for _ in range(10):
        pro.submit()
    single = pro.submit("single").job
    short = pro.submit_batch(1, priority="high")
    long = pro.submit_batch(20, priority="high")
    pro.deliver_all()
    pro.settle()
    assert (begun(pro, short.id), begun(pro, long.id)) == (1, 9)
    assert not pro.job(single.id).is_dispatched


def test_slots_that_one_commit_can_fill_are_filled_by_it(pro: World) -> None:
    for _ in range(10):
        pro.submit()
    batches = [pro.submit_batch(rows) for rows in (1, 2, 1, 20)]
    pro.deliver_all()
    pro.settle()
    assert [begun(pro, batch.id) for batch in batches] == [1, 2, 1, 6]
    assert pro.account().active == 10


def test_a_batch_whose_account_was_deleted_ends_at_the_next_look(pro: World) -> None:
    batch = pro.submit_batch(14)
    pro.go_on()
    pro.documents.overwrite("accounts/user_ann", None)
    pro.clock.advance(120)
    sweep_jobs(pro.backend)
    rows = pro.batch_rows(batch.id)
    assert {row.status.value for row in rows} == {"cancelled"}
    assert pro.batch(batch.id).status is BatchStatus.CANCELLED
    assert pro.batch(batch.id).due_at is None


def test_a_batch_of_which_a_row_was_deleted_comes_to_rest_with_its_cancel(pro: World) -> None:
    batch = pro.submit_batch(14)
    pro.go_on()
    pro.documents.overwrite(f"batches/{batch.id}/rows/2", None)
    pro.control_batch(batch.id, "cancel")
    pro.go_on()
    ended = pro.batch(batch.id)
    assert (ended.counts.cancelled, ended.counts.queued, ended.due_at) == (14, 0, None)


@pytest.mark.parametrize("deleted", ["rows/2", ""])
@pytest.mark.parametrize("is_resumed", [True, False])
def test_a_taken_back_job_whose_row_or_batch_was_deleted_ends_with_the_time_of_its_batch(
    pro: World, deleted: str, is_resumed: bool
) -> None:
    batch = pro.submit_batch(4)
    pro.go_on()
    orphan = pro.batch_rows(batch.id)[2].job_id or ""
    pro.control_batch(batch.id, "pause")
    pro.documents.overwrite(f"batches/{batch.id}/{deleted}".removesuffix("/"), None)
    if is_resumed and deleted:
        pro.control_batch(batch.id, "resume")
    assert pro.job(orphan).waiting_for is WaitingFor.BATCH
    pro.clock.advance(8 * DAY_S)
    sweep_jobs(pro.backend)
    pro.run_until_quiet()
    assert pro.job(orphan).status is JobStatus.CANCELLED
    assert pro.account().held == 0


def test_a_taken_back_job_waits_on_where_its_batch_was_given_more_time(pro: World) -> None:
    batch = pro.submit_batch(4)
    pro.go_on()
    pro.control_batch(batch.id, "pause")
    waiting = pro.batch_rows(batch.id)[2].job_id or ""
    pro.clock.advance(6 * DAY_S)
    pro.control_batch(batch.id, "editRow", row=0, changes={"prompt": "another"})
    pro.clock.advance(2 * DAY_S)
    sweep_jobs(pro.backend)
    assert pro.job(waiting).waiting_for is WaitingFor.BATCH
    assert pro.job(waiting).due_at == pro.batch(batch.id).expires_at
    pro.control_batch(batch.id, "resume")
    pro.run_until_quiet()
    assert pro.batch(batch.id).counts.completed == 4
    pro.assert_promises()


def test_a_job_that_waits_behind_the_last_row_of_a_higher_priority_is_not_forgotten(
    pro: World,
) -> None:
    """The account is due until nobody waits any more, and not only until no row does."""
    for _ in range(9):
        pro.submit()
    pro.submit_batch(2, priority="high")
    pro.go_on()
    job = pro.submit("single").job
    assert not job.is_dispatched
    pro.deliver(next(j.id for j in pro.jobs() if j.is_dispatched))
    pro.settle()
    assert pro.account().tracks == {}
    assert not pro.job(job.id).is_dispatched
    assert pro.account().due_at is not None
    pro.run_until_quiet()
    assert pro.job(job.id).status is JobStatus.COMPLETED


def test_an_account_with_a_track_stays_due_though_its_slots_are_full(pro: World) -> None:
    pro.submit_batch(14)
    pro.go_on()
    pro.overwrite("accounts/user_ann", due_at=None)
    pro.submit_batch(2)
    pro.go_on()
    assert pro.account().due_at is not None


def test_a_batch_that_was_paused_before_its_time_ends_when_its_age_is_over(pro: World) -> None:
    batch = pro.submit_batch(3, scheduledAt=pro.at(7200).isoformat())
    pro.control_batch(batch.id, "pause")
    pro.clock.advance(7 * DAY_S)
    sweep_jobs(pro.backend)
    assert pro.batch(batch.id).status is BatchStatus.PAUSED
    pro.clock.advance(7200)
    sweep_jobs(pro.backend)
    ended = pro.batch(batch.id)
    assert (ended.status, ended.due_at) == (BatchStatus.CANCELLED, None)
    assert pro.account().held == 0


@pytest.mark.parametrize(
    ("action", "fields"),
    [("retryFailed", {}), ("editRow", {"row": 0, "changes": {"prompt": "x"}})],
)
def test_what_is_run_again_long_after_its_batch_has_its_time(
    pro: World, action: str, fields: dict[str, Any]
) -> None:
    batch = pro.submit_batch([{"prompt": "[[blocked]]"}])
    pro.run_until_quiet()
    pro.clock.advance(8 * DAY_S)
    pro.control_batch(batch.id, action, **fields)
    pro.clock.advance(120)
    sweep_jobs(pro.backend)
    assert pro.batch(batch.id).status is BatchStatus.RUNNING
    pro.run_until_quiet()
    assert (pro.batch(batch.id).status, pro.batch_rows(batch.id)[0].attempt) == (
        BatchStatus.COMPLETED,
        2,
    )


def looks(world: World, minutes: int) -> int:
    """How often the sweep comes to a batch in these minutes."""
    done = 0
    for _ in range(minutes):
        world.clock.advance(60)
        done += sweep_jobs(world.backend)["counted"]
    return done


def test_a_paused_batch_of_which_no_row_runs_is_looked_at_each_hour(pro: World) -> None:
    batch = pro.submit_batch(14)
    pro.go_on()
    pro.control_batch(batch.id, "pause")
    assert pro.batch(batch.id).counts.processing == 0
    looks(pro, 1)
    assert looks(pro, 58) == 0
    pro.cancel(pro.batch_rows(batch.id)[0].job_id or "")  # and the tally is lost
    looks(pro, 2)
    assert pro.batch(batch.id).counts.cancelled == 1
    pro.control_batch(batch.id, "resume")
    assert pro.batch(batch.id).due_at == pro.at(60)
    pro.run_until_quiet()
    assert pro.batch(batch.id).counts.completed == 13


def test_a_paused_batch_of_which_rows_run_is_looked_at_after_a_minute_and_then_less_often() -> None:
    pro = World(provider=LongProvider())
    pro.set_tier("pro")
    batch = pro.submit_batch(14)
    pro.go_on()
    pro.deliver(pro.batch_rows(batch.id)[0].job_id or "")
    pro.control_batch(batch.id, "pause")
    assert pro.batch(batch.id).counts.processing == 1
    assert [looks(pro, 1), looks(pro, 1), looks(pro, 6), looks(pro, 50)] == [1, 1, 2, 10]


@pytest.mark.parametrize("ends_by", ["cancel", "time"])
@pytest.mark.parametrize("deleted", ["a row that waits", "a row that has ended", "a job"])
def test_what_is_held_for_what_somebody_deleted_is_released_with_the_end_of_its_batch(
    pro: World, deleted: str, ends_by: str
) -> None:
    pro.submit("single")
    other = pro.submit_batch(3, scheduledAt=pro.at(3600).isoformat())
    batch = pro.submit_batch([{"prompt": f"row {n}", "count": 1 + n % 2} for n in range(14)])
    pro.go_on()
    rows = pro.batch_rows(batch.id)
    pro.deliver(rows[0].job_id or "")
    pro.deliver(rows[1].job_id or "")
    pro.settle()
    for index in {"a row that waits": (12, 13), "a row that has ended": (0,), "a job": ()}[deleted]:
        pro.documents.overwrite(f"batches/{batch.id}/rows/{index}", None)
    if deleted == "a job":
        pro.documents.overwrite(f"jobs/{rows[3].job_id}", None)
    if ends_by == "cancel":
        pro.control_batch(batch.id, "cancel")
        pro.control_batch(batch.id, "cancel")
        assert pro.batch(other.id).counts.queued == 3
    pro.run_until_quiet(hours=9 * 24, step_s=7200)
    account, released = pro.account(), pro.entries().get(f"{batch.id}:release")
    assert (account.held, account.active) == (0, 1 if deleted == "a job" else 0)
    assert (released is None) == (deleted == "a row that has ended" and ends_by == "time")
    held = sum(row.credits.estimated for row in rows)
    closed = [
        entry.amount
        for entry in pro.entries().values()
        if entry.batch_id == batch.id and entry.type.value in ("capture", "release")
    ]
    assert sum(closed) == held == pro.entries()[f"{batch.id}:hold"].amount


@pytest.mark.parametrize("ends_by", ["cancel", "time"])
def test_a_batch_ends_though_the_job_of_a_running_row_was_deleted(ends_by: str) -> None:
    world = World(provider=LongProvider())
    world.set_tier("pro")
    batch = world.submit_batch(3)
    world.go_on()
    jobs = [row.job_id or "" for row in world.batch_rows(batch.id)]
    world.deliver(jobs[0])
    assert world.batch_rows(batch.id)[0].status is JobStatus.PROCESSING
    world.documents.overwrite(f"jobs/{jobs[0]}", None)
    if ends_by == "cancel":
        world.control_batch(batch.id, "cancel")
        assert world.account().held == 4  # of the jobs that are cancelled
        world.go_on()
    else:
        world.clock.advance(8 * DAY_S)
        sweep_jobs(world.backend)
    world.settle()
    looks(world, 3)
    ended = world.batch(batch.id)
    assert (ended.status, ended.due_at) == (BatchStatus.CANCELLED, None)
    assert world.batch_rows(batch.id)[0].status is JobStatus.CANCELLED
    assert world.account().held == 0


def test_nothing_is_released_beside_a_job_that_cannot_be_read(pro: World) -> None:
    batch = pro.submit_batch(14)
    pro.go_on()
    path = f"jobs/{pro.batch_rows(batch.id)[3].job_id}"
    pro.deliver(path.removeprefix("jobs/"))
    whole = pro.documents.peek(path)[0] or {}
    pro.documents.overwrite(path, {**whole, "wish": None})
    pro.documents.overwrite(f"batches/{batch.id}/rows/13", None)
    pro.control_batch(batch.id, "cancel")
    pro.settle()
    assert pro.account().held == 4
    pro.documents.overwrite(path, whole)
    pro.run_until_quiet()
    assert pro.account().held == 2


@pytest.mark.parametrize(
    ("control", "after_min"), [(None, 10), ("pause", 60), ("cancel", 1), ("resume", 10)]
)
def test_a_row_that_its_job_s_worker_did_not_write_shows_its_end_after_some_minutes(
    pro: World, control: str | None, after_min: int
) -> None:
    """As a worker of a release without batches does, which may meet the job during a deploy."""
    batch = pro.submit_batch([{"prompt": "fine"}, {"prompt": "[[blocked]] x"}, {"prompt": "fine"}])
    pro.go_on()
    jobs = [row.job_id or "" for row in pro.batch_rows(batch.id)]
    paths = [f"batches/{batch.id}/rows/{index}" for index in (0, 1)]
    before = [pro.documents.peek(path)[0] for path in paths]
    for job_id in jobs:
        pro.deliver(job_id)
    for path, fields in zip(paths, before, strict=True):
        pro.documents.overwrite(path, fields)
    if control is not None:
        pro.control_batch(batch.id, "pause" if control == "resume" else control)
    if control == "resume":
        looks(pro, 2)
        pro.control_batch(batch.id, control)
    pro.settle()
    looks(pro, after_min - 1)
    assert pro.batch_rows(batch.id)[0].status is JobStatus.QUEUED
    looks(pro, 6)
    rows = pro.batch_rows(batch.id)
    assert [row.status.value for row in rows] == ["completed", "failed", "completed"]
    assert rows[0].generation_data == pro.job(jobs[0]).output
    assert (rows[1].error, rows[0].credits.charged) == (pro.job(jobs[1]).error, 2)
    ended = pro.batch(batch.id)
    assert (ended.counts.completed, ended.credits.charged, ended.due_at) == (2, 4, None)
    assert check_invariants(pro.backend) == []
