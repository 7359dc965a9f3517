"""A job's life as pure functions: each takes a job and a moment and returns the job after it.

    queued ──► processing ──► completed | failed | cancelled
       └────────────────────► failed | cancelled

A final status never changes; a snooze or a retry stays `processing`. Two states are kept apart: *waiting* (in
Firestore, `waiting_for` says why) and *dispatched* (the job has a slot of its account, and a task exists or
will). `due_at` is the moment by which somebody should have touched the job again. If it has passed, something
was lost, and the sweep rescues the job.

The names of the transitions: a decision about the job is a verb of its own (`dispatch`, `snooze`, `cancel`);
a fact that was learned about it is `note_…`; a further look at it that costs no attempt is `come_back_…`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mediaforge.domain.jobs import reuse
from mediaforge.domain.jobs.job import (
    Job,
    JobError,
    JobStatus,
    Lease,
    Output,
    ReplacedModel,
    Timing,
    WaitingFor,
)
from mediaforge.domain.lanes import Lane

ATTEMPTS_MAX = 5
# For a model that bills. A start that brought nothing may still have been
# billed, so it is repeated once only.
BILLED_STARTS_MAX = 2

_FINAL = frozenset(status for status in JobStatus if status.is_final)
_NEXT = {
    JobStatus.QUEUED: frozenset(
        {JobStatus.QUEUED, JobStatus.PROCESSING, JobStatus.FAILED, JobStatus.CANCELLED}
    ),
    JobStatus.PROCESSING: _FINAL | {JobStatus.PROCESSING},
}


@dataclass(frozen=True, slots=True)
class Drop:
    """Nothing to do: the delivery is answered with success, and no task follows it."""

    why: str


@dataclass(frozen=True, slots=True)
class ComeBack:
    """Another worker works on the job, or it is too early: the task is to be delivered again at `at`."""

    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Start:
    """The job's scheduled time has come: it has to be given a slot first."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No attempt may start any more: `job` is the failed job to record, with a dead letter."""

    job: Job


@dataclass(frozen=True, slots=True)
class Claim:
    """The worker may begin: `job` is the job with the new lease, and one attempt more."""

    job: Job


@dataclass(frozen=True, slots=True)
class Ask:
    """The provider is to be asked what became of the operation that it started for the job. A question costs
    nothing and changes nothing, so it takes no lease: of two workers that ask, one records the answer."""

    job: Job


@dataclass(frozen=True, slots=True)
class Stop:
    """The job has ended, but its operation at the provider may still be running."""

    job: Job


ClaimDecision = Drop | ComeBack | Start | GiveUp | Claim | Ask | Stop

# Seconds. The clock of Cloud Tasks and ours differ; a task this little early is on time.
_EARLY_S = 1.0
# The task of a scheduled job is made this long before its time at the earliest. A cancel does not delete the
# task, so somebody who schedules and cancels for nothing would otherwise fill a worker's queue for a month.
_TASK_AHEAD = timedelta(minutes=10)


def _move(job: Job, status: JobStatus, now: datetime, **changes: Any) -> Job:
    if status not in _NEXT.get(job.status, frozenset()):
        raise ValueError(f"job {job.id} cannot go from {job.status} to {status}")
    return replace(job, status=status, modified=now, **changes)


def dispatch(job: Job, now: datetime, timing: Timing, lane: Lane, queue: str) -> Job:
    """The account has a slot for the job, in that lane: a task may be enqueued once this is committed. While
    the job has its slot, its tasks go into `queue`."""
    return _move(
        job,
        job.status,
        now,
        is_dispatched=True,
        waiting_for=None,
        not_before=None,
        deliveries=job.deliveries + 1,
        due_at=now + timedelta(seconds=timing.pickup_s),
        slot_at=now,
        lane=lane,
        queue=queue,
    )


def needs_no_slot(job: Job) -> bool:
    """Whether the job only copies an earlier result, so that it waits for nothing. A row of a batch waits for
    its slot all the same: its batch may be paused."""
    return job.reused_from is not None and job.batch_id is None


def go_ahead(job: Job, now: datetime, timing: Timing) -> Job:
    """A new job that needs no slot: its work may begin once this is committed."""
    due_at = now + timedelta(seconds=timing.pickup_s)
    return _move(job, job.status, now, deliveries=job.deliveries + 1, due_at=due_at)


def is_under_way(job: Job) -> bool:
    """Whether a task runs the job, or will."""
    return job.is_dispatched or needs_no_slot(job)


def wait(job: Job, now: datetime, reason: WaitingFor, due_at: datetime) -> Job:
    """The job stays in Firestore, without a slot and without a task, until `due_at` at the latest. If it
    waited for the same reason before, `modified` stays: a listener need not see that."""
    moment = job.modified if job.waiting_for is reason else now
    return _move(
        job,
        job.status,
        moment,
        is_dispatched=False,
        waiting_for=reason,
        limited_since=None,
        due_at=due_at,
    )


def take_back(job: Job, now: datetime, due_at: datetime) -> Job:
    """The job's batch is paused: a job that no worker has claimed loses its slot and its task, and waits for
    a resume. It does not expire before its batch; at `due_at` the sweep sees whether that still knows it."""
    waiting = _move(
        job,
        JobStatus.QUEUED,
        now,
        is_dispatched=False,
        waiting_for=WaitingFor.BATCH,
        slot_at=None,
        lane=None,
        due_at=due_at,
    )
    return replace(waiting, limited_since=None)


def is_taken_back(job: Job) -> bool:
    """Whether the job waits for the resume of its batch."""
    return job.waiting_for is WaitingFor.BATCH


def go_on(job: Job, now: datetime, expires_at: datetime) -> Job:
    """The job's batch goes on: the job waits for a slot again."""
    return wait(replace(job, expires_at=expires_at), now, WaitingFor.CAPACITY, expires_at)


def claim(
    job: Job, now: datetime, owner: str, timing: Timing, delivery: int | None = None
) -> ClaimDecision:
    """What a delivered task may do. The attempts are counted here, before the provider is called, so that a
    crash costs one; the queue's own count is not trusted. `delivery` is the job's delivery that the task was
    made for, where the task says it. If a later delivery has replaced it, the task may only do the later
    one's work in its place: where it would have to come back, it is dropped."""
    if job.status.is_final:
        return Stop(job) if job.handle is not None else Drop("final")
    if not is_under_way(job):
        return _start(job, now)
    if job.lease is not None and job.lease.owner == owner:
        return Claim(job)  # our own claim was committed, but the answer was lost
    is_superseded = delivery is not None and delivery < job.deliveries
    if job.lease is not None and now < job.lease.until:
        return Drop("superseded") if is_superseded else ComeBack(job.lease.until, "leased")
    if job.not_before is not None and is_early(job, now):
        return Drop("superseded") if is_superseded else ComeBack(job.not_before, "early")
    return _take(job, now, owner, timing)


def _take(job: Job, now: datetime, owner: str, timing: Timing) -> Claim | Ask | GiveUp:
    if now >= job.expires_at:
        return GiveUp(expire(job, now, timing))
    if job.handle is not None:
        return Ask(job)
    if not may_begin_again(job):
        return GiveUp(fail(job, now, last_error(job, job.error or _CRASHED), timing))
    lease = _new_lease(now, owner, timing)
    return Claim(
        _move(
            job,
            JobStatus.PROCESSING,
            now,
            attempts=job.attempts + 1,
            started_at=now,
            begun_at=job.begun_at or now,
            **_with_starts(job, job.may_have_billed + 1),
            lease=lease,
            not_before=None,
            due_at=lease.until,
        )
    )


def lease_to_save(job: Job, now: datetime, owner: str, timing: Timing) -> Job:
    """The provider has finished: one worker takes a lease to fetch the result and to save it."""
    lease = _new_lease(now, owner, timing)
    return replace(job, lease=lease, not_before=None, due_at=lease.until)


def _new_lease(now: datetime, owner: str, timing: Timing) -> Lease:
    return Lease(owner, now + timedelta(seconds=timing.lease_s))


def _start(job: Job, now: datetime) -> Start | ComeBack | Drop:
    if job.waiting_for is not WaitingFor.SCHEDULE or job.not_before is None:
        return Drop("waiting")
    return ComeBack(job.not_before, "early") if is_early(job, now) else Start()


def is_early(job: Job, now: datetime) -> bool:
    return job.not_before is not None and now < job.not_before - timedelta(seconds=_EARLY_S)


def wait_for_its_time(job: Job, now: datetime, timing: Timing) -> Job:
    """The job waits for its scheduled time. If that is near, its task is made now; else the
    sweep makes it when the job is due."""
    assert job.not_before is not None
    task_at = job.not_before - _TASK_AHEAD
    waiting = wait(job, now, WaitingFor.SCHEDULE, task_at)
    return waiting if now < task_at else expect_task(waiting, now, timing)


def expect_task(job: Job, now: datetime, timing: Timing) -> Job:
    """A scheduled job whose task is made once this is committed; the task starts the job at its time. The
    job is due when the task is late."""
    assert job.not_before is not None
    late_at = max(now, job.not_before) + timedelta(seconds=timing.return_s)
    return replace(job, due_at=late_at)


def awaits_task(job: Job) -> bool:
    """Whether the job is scheduled and has no task yet: then it is due before its time."""
    if job.waiting_for is not WaitingFor.SCHEDULE or job.not_before is None or job.due_at is None:
        return False
    return job.due_at < job.not_before


def comes_by_task(job: Job) -> bool:
    """Whether a task starts this scheduled job at its time, so that the sweep
    does it only if the task is late."""
    return job.waiting_for is WaitingFor.SCHEDULE and not awaits_task(job)


def is_due_to_start(job: Job, now: datetime) -> bool:
    return job.waiting_for is WaitingFor.SCHEDULE and not is_early(job, now)


_CRASHED = JobError("worker-lost", "The worker was lost on every attempt.", True)
_BILLED_OUT = "It was begun twice, and each start may have been billed, so it is not begun again."


def may_begin_again(job: Job) -> bool:
    """Whether the job has an attempt left. If its model bills, at most two starts may have been billed."""
    return job.attempts < ATTEMPTS_MAX and not _is_billed_out(job)


def _is_billed_out(job: Job) -> bool:
    return job.bills and job.may_have_billed >= BILLED_STARTS_MAX


def last_error(job: Job, error: JobError) -> JobError:
    """The error of a job that is given up. If the reason is that its starts may have
    been billed, the message says so."""
    if not _is_billed_out(job):
        return error
    return replace(error, message=f"{error.message} {_BILLED_OUT}")


def take_back_start(job: Job, *, was_asked: bool = True) -> Job:
    """Takes back the start that this worker made, which is known to have cost
    nothing. Other starts stay counted."""
    starts = _with_starts(job, max(0, job.may_have_billed - 1))
    return replace(job, was_asked=job.was_asked or was_asked, **starts)


def _with_starts(job: Job, number: int) -> dict[str, Any]:
    return {"may_have_billed": number, "started_credits": number * job.estimated_credits}


def was_begun(job: Job) -> bool:
    """Whether any start of the job may have cost us something. Jobs of an earlier version did not count
    starts; those that cost something have an output at least."""
    return job.may_have_billed > 0 or job.output is not None


def has_spent(job: Job) -> bool:
    """Whether the job stays in its account's hour, and in its member's day. Both follow one rule, so that a
    member does not get limits back for jobs that go on filling the hour of the whole team. A job that ended
    before a provider was asked has spent nothing."""
    return was_begun(job) or job.was_asked


def further_credits(job: Job) -> int:
    """Credits that the job's starts after the first may have cost. The first was counted with the slot."""
    return max(0, job.started_credits - job.estimated_credits)


def cancel_price_credits(job: Job) -> int:
    """Credits that a cancel of the job costs now: the price of all that was asked for, if a start was made
    that is billed whatever happens."""
    bills_on = job.bills and not job.cancel_stops_bill and job.may_have_billed > 0
    return job.count * job.price_credits if bills_on else 0


def holds_lease(job: Job, owner: str) -> bool:
    """Whether `owner` may still record what it did. An expired lease stays its
    own until another worker takes it."""
    return not job.status.is_final and job.lease is not None and job.lease.owner == owner


def renew(job: Job, now: datetime, timing: Timing) -> Job:
    assert job.lease is not None
    until = now + timedelta(seconds=timing.lease_s)
    return replace(job, lease=Lease(job.lease.owner, until), due_at=until)


def _come_back(job: Job, now: datetime, delay_s: float, timing: Timing, **changes: Any) -> Job:
    return _move(job, JobStatus.PROCESSING, now, **_return_in(job, now, delay_s, timing), **changes)


def _return_in(job: Job, now: datetime, delay_s: float, timing: Timing) -> dict[str, Any]:
    not_before = now + timedelta(seconds=delay_s)
    return {
        "lease": None,
        "not_before": not_before,
        "deliveries": job.deliveries + 1,
        "due_at": not_before + timedelta(seconds=timing.return_s),
    }


def note_start(job: Job, now: datetime, handle: str) -> Job:
    """The provider has started an operation, with this handle."""
    ends_at = now + timedelta(seconds=job.run_s_max)
    return replace(job, handle=handle, handle_ends_at=ends_at, unanswered=0)


def note_own_files(job: Job, now: datetime) -> Job:
    """The provider answered at once, but wrote its files into the scratch folder itself, as it does for a
    long operation. `handle_ends_at` says so, and has them cleared away."""
    return replace(job, handle_ends_at=job.handle_ends_at or now)


def come_back_running(
    job: Job, now: datetime, delay_s: float, timing: Timing, progress: float | None = None
) -> Job:
    """The operation is still running. `modified` moves only if its progress
    did, and progress never goes back."""
    reached = max(job.progress, min(progress or 0.0, 1.0))
    modified = now if reached > job.progress else job.modified
    returning = _return_in(job, now, delay_s, timing)
    return replace(job, progress=reached, modified=modified, unanswered=0, **returning)


def is_news(job: Job, progress: float | None) -> bool:
    """Whether an operation that is still running has news worth a write:
    progress, or an answer after silence."""
    return job.unanswered > 0 or (progress or 0.0) > job.progress


def is_looked_after(job: Job, next_at: datetime, timing: Timing) -> bool:
    """Whether a question at `next_at` comes well before the job is missed, so that the job need not be
    written for it. After a redelivery or the loss of a worker the job is written: without that, a lost
    question would be noticed later than before."""
    if job.due_at is None or job.lease is not None or job.not_before is None:
        return False
    late_at = min(job.due_at, job.not_before + timedelta(seconds=timing.return_s))
    return next_at + timedelta(seconds=timing.return_s / 2) < late_at


def come_back_unanswered(job: Job, now: datetime, delay_s: float, timing: Timing) -> Job:
    """The provider could not be asked, so nothing new is known."""
    return replace(job, unanswered=job.unanswered + 1, **_return_in(job, now, delay_s, timing))


def come_back_now(job: Job, now: datetime, timing: Timing) -> Job:
    """There is news, so the job comes back now, under a new task."""
    return replace(job, **_return_in(job, now, 0, timing))


def is_overrun(job: Job, now: datetime) -> bool:
    """Whether the operation has run for as long as it may."""
    if job.handle is None or job.handle_ends_at is None:
        return False
    return now >= job.handle_ends_at


def note_stop(job: Job) -> Job:
    """The operation at the provider is known to have stopped."""
    return replace(job, handle=None)


def note_failure(job: Job) -> Job:
    """The operation at the provider, if there was one, has ended without a result for the job."""
    if job.handle is None:
        return job
    return replace(note_stop(job), failed_handles=(*job.failed_handles, job.handle))


def come_back_unbegun(job: Job, now: datetime, delay_s: float, timing: Timing) -> Job:
    """The breaker of its model is open, so the job comes back later: no start
    was made, and no attempt is spent."""
    return replace(job, limited_since=None, **_return_in(job, now, delay_s, timing))


def snooze(
    job: Job, now: datetime, delay_s: float, timing: Timing, *, at_limit: bool = False
) -> Job:
    """The provider said "slow down" and did nothing: the attempt is given back."""
    free = take_back_start(job)
    return _come_back(
        free,
        now,
        delay_s,
        timing,
        attempts=free.attempts - 1,
        snoozes=free.snoozes + 1,
        limited_since=(free.limited_since or now) if at_limit else None,
    )


@dataclass(frozen=True, slots=True)
class Heir:
    """The model that takes the place of one that is gone, with all of it that a job keeps; `note` says so to
    the job's user. `price_credits` is its price for one asset of the job."""

    model: str
    provider: str
    price_credits: int
    run_s_max: int
    bills: bool
    cancel_stops_bill: bool
    note: str


def replace_model(job: Job, now: datetime, heir: Heir, timing: Timing) -> Job:
    """The provider said that the job's model is gone, and did nothing: the job comes back at once for the
    model that takes its place, and the attempt is given back. This happens once in a job's life. What is held
    stays; what is delivered costs the smaller of both prices."""
    if job.replaced is not None:
        raise ValueError(f"job {job.id} has had its model replaced already")
    free = take_back_start(job)
    changed = replace(
        free,
        model=heir.model,
        provider=heir.provider,
        price_credits=min(job.price_credits, heir.price_credits),
        run_s_max=heir.run_s_max,
        bills=heir.bills,
        cancel_stops_bill=heir.cancel_stops_bill,
        replaced=ReplacedModel(job.model, heir.note),
    )
    return _come_back(
        changed, now, 0, timing, attempts=free.attempts - 1, handle=None, limited_since=None
    )


def back_off(job: Job, now: datetime, delay_s: float, error: JobError, timing: Timing) -> Job:
    """The attempt is spent. The error is kept, so that a dead letter can name the last one."""
    return _come_back(
        job, now, delay_s, timing, error=error, handle=None, unanswered=0, limited_since=None
    )


def is_past_its_time(job: Job, now: datetime) -> bool:
    """Whether the job has passed its `expires_at`, and no worker has a lease on it."""
    is_leased = job.lease is not None and now < job.lease.until
    return not job.status.is_final and now >= job.expires_at and not is_leased


def expire(job: Job, now: datetime, timing: Timing) -> Job:
    error = JobError("expired", "The job could not be run in time.", retryable=True)
    return fail(job, now, error, timing)


def redeliver(job: Job, now: datetime, timing: Timing) -> Job:
    """The sweep's answer to a lost task or a lost worker: a new task, under a new id."""
    return replace(
        job,
        deliveries=job.deliveries + 1,
        due_at=now + timedelta(seconds=timing.pickup_s),
    )


def _finish(job: Job, status: JobStatus, now: datetime, timing: Timing, **changes: Any) -> Job:
    return _move(
        job,
        status,
        now,
        completed_at=now,
        waiting_for=None,
        not_before=None,
        lease=None,
        awaits_settle=True,
        due_at=now + timedelta(seconds=timing.settle_s),
        **changes,
    )


def complete(job: Job, now: datetime, output: Output, timing: Timing) -> Job:
    """At least one asset was delivered; only what was delivered is charged."""
    delivered = output.delivered
    if not 1 <= delivered <= job.count:
        raise ValueError(f"job {job.id} delivered {delivered} of {job.count} assets")
    return _finish(
        job,
        JobStatus.COMPLETED,
        now,
        timing,
        output=output,
        error=None,
        progress=1.0,
        charged_credits=delivered * job.price_credits,
        handle=None,
        reuse_key=reuse.key_of(job, output, now),
    )


def fail(job: Job, now: datetime, error: JobError, timing: Timing) -> Job:
    return _finish(job, JobStatus.FAILED, now, timing, error=error)


def cancel(job: Job, now: datetime, timing: Timing, by: str | None = None) -> Job:
    """Cancels the job. If that costs something, the caller has accepted it. `by` is the caller's uid."""
    return _finish(
        job,
        JobStatus.CANCELLED,
        now,
        timing,
        error=None,
        charged_credits=cancel_price_credits(job),
        cancelled_by=by,
    )


def withdraw(job: Job, now: datetime, timing: Timing, by: str) -> Job:
    """A row's job that no worker has claimed, and that another one takes the place of: it is cancelled and
    settled at once. The caller's commit releases what is held for it, and frees its slot."""
    if job.status is not JobStatus.QUEUED:
        raise ValueError(f"job {job.id} is {job.status}: only a queued job is withdrawn")
    return settle(cancel(job, now, timing, by), now, timing)


def abandon(job: Job, now: datetime, timing: Timing) -> Job:
    """The job's account, view or brand was deleted: the job ends and costs nothing. An operation that is
    still running is stopped, as after a cancel."""
    return _finish(job, JobStatus.CANCELLED, now, timing, error=None, is_abandoned=True)


def settle(job: Job, now: datetime, timing: Timing) -> Job:
    """The hold is closed and the slot is free. The job is looked at again
    only for what it has left behind."""
    if not job.status.is_final:
        raise ValueError(f"job {job.id} is {job.status}: only a final job is settled")
    is_clean = job.handle is None and not may_have_left_files(job)
    clean_at = None if is_clean else now + timedelta(seconds=timing.settle_s)
    return replace(job, settled_at=now, awaits_settle=False, due_at=None, clean_at=clean_at)


def delete(job: Job, now: datetime, timing: Timing) -> Job:
    """What a settled job made is deleted. Its numbers stay, since the books rest on them. Its words, its
    pictures and its addresses go. The files are to be deleted now; should that fail, they are at
    `clean_at`."""
    if not job.is_settled:
        raise ValueError(f"job {job.id} is not settled")
    return replace(
        job,
        deleted_at=now,
        request_data={},
        filled=None,
        style="",
        negative_prompt="",
        edit_of=None,
        video=None,
        references=(),
        output=None,
        asset_token="",
        turning_epoch=None,
        reuse_key=None,
        clean_at=now + timedelta(seconds=timing.pickup_s),
    )


def may_have_left_files(job: Job) -> bool:
    """Whether files may be left that are no output of the job. An attempt that delivered less
    than was asked for may have saved more files; an earlier attempt may have saved the same ones
    under other names. A provider that wrote by itself did so in the scratch folder, and may have
    written files that nobody asked for."""
    wrote_by_itself = job.handle_ends_at is not None
    delivered = job.output.delivered if job.output else 0
    fell_short = bool(job.attempts or job.snoozes) and delivered < job.count
    return wrote_by_itself or fell_short or job.attempts > 1


def note_cleaning(job: Job, now: datetime, timing: Timing) -> Job:
    """The operation has stopped and the files that are no output are deleted. If the job ended before its
    work did, or had more than one attempt, more files may still come: from a stopped operation that had just
    finished, or from a worker that was saving. Then the job is cleaned once more."""
    return replace(job, handle=None, clean_at=_more_may_come_until(job, now, timing))


def come_back_to_clean(job: Job, now: datetime, timing: Timing) -> Job:
    """The job is being cleaned now. Should that fail, it is cleaned again at the new `clean_at`."""
    return replace(job, clean_at=now + timedelta(seconds=timing.pickup_s))


def _more_may_come_until(job: Job, now: datetime, timing: Timing) -> datetime | None:
    if job.status is JobStatus.COMPLETED and job.attempts == 1:
        return None
    moments = [job.handle_ends_at] if job.handle_ends_at is not None else []
    if job.status is JobStatus.CANCELLED and job.attempts and job.completed_at is not None:
        moments.append(job.completed_at + timedelta(seconds=timing.attempt_s))
    return max((moment for moment in moments if moment > now), default=None)
