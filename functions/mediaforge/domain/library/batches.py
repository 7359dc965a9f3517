"""Batches: a hundred rows that are accepted and held for at once. A row waits as a row, and gets its job in
the commit that gives it a slot. Pure; the protocol is in docs/decisions/0044-batches.md."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from mediaforge.domain.errors import IllegalStateError, RequestIdReusedError
from mediaforge.domain.jobs.job import Job, JobError, JobStatus, Output, Priority
from mediaforge.domain.jobs.kinds import JobKind

# The clock of Cloud Tasks and ours differ; a task this little early is on time.
_EARLY = timedelta(seconds=1)
CONTROLS_KEPT = 20
"""Control calls whose `requestId` is remembered, for each batch."""
# The sweep looks at a batch that has not ended, should the tallies of its rows be lost: so long after its
# last change, then the less often the longer nothing changes.
_LOOKED_AT_AFTER = timedelta(minutes=1)
_LOOKED_AT_SILENT_EVERY = timedelta(minutes=5)
# A paused batch of which no row runs changes by calls alone, which count for themselves; but for the cancel
# of a row's job.
_LOOKED_AT_PAUSED_EVERY = timedelta(hours=1)


class BatchStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"

    @property
    def has_ended(self) -> bool:
        return self in (BatchStatus.COMPLETED, BatchStatus.CANCELLED)


OPEN = (BatchStatus.QUEUED, BatchStatus.RUNNING, BatchStatus.PAUSED)
_ROWS_LIMIT = 1_000  # a tier allows no batch of so many rows
_COUNTED_AT = {
    JobStatus.PROCESSING: 1,
    JobStatus.COMPLETED: _ROWS_LIMIT,
    JobStatus.FAILED: _ROWS_LIMIT * _ROWS_LIMIT,
    JobStatus.CANCELLED: _ROWS_LIMIT * _ROWS_LIMIT * _ROWS_LIMIT,
}


@dataclass(frozen=True, slots=True)
class Counts:
    """The rows of a batch by their status, at one moment. They always add up to `total`."""

    total: int
    """All rows."""
    queued: int
    """Rows that have not begun."""
    processing: int = 0
    """Rows that have begun."""
    completed: int = 0
    """Rows that were made, in part at least."""
    failed: int = 0
    """Rows that failed."""
    cancelled: int = 0
    """Rows that were cancelled."""

    @property
    def are_final(self) -> bool:
        return self.queued == 0 and self.processing == 0


@dataclass(frozen=True, slots=True)
class Cost:
    """`estimated` is what was held; `charged` what was captured in the end."""

    estimated: int
    """Credits that are held, or were held at the last acceptance."""
    charged: int = 0
    """Credits that were charged; 0 before the end."""


@dataclass(frozen=True, slots=True)
class Batch:
    """`batches/{batchId}`."""

    id: str
    """The id of the batch."""
    name: str
    """What its user calls it."""
    status: BatchStatus
    """`queued` until its first row begins, then `running`; `paused` while no row begins. `completed` once its
    last row is final, however many failed; `cancelled` from the cancel on, while its running rows still
    end."""
    counts: Counts
    """The rows by their status: of one moment, at most about a second old."""
    credits: Cost
    """Of all rows together."""
    user_id: str
    """Who submitted it."""
    account_id: str
    """Who pays: `user_{uid}` or `team_{teamId}`."""
    created_at: datetime
    """When it was accepted."""
    modified: datetime
    """When it was last changed."""
    request_hash: str
    """Internal. The same for two requests that are the same."""
    expires_at: datetime
    """Internal. Rows that have not begun by then are cancelled."""
    owner_name: str | None = None
    """The name in its user's token, if there was one."""
    team_id: str | None = None
    """The team that pays; null where the user pays."""
    priority: Priority = Priority.NORMAL
    """The order among what waits of one account."""
    scheduled_at: datetime | None = None
    """No row begins before."""
    completed_at: datetime | None = None
    """When it became `completed` or `cancelled`."""
    is_scheduled: bool = False
    """Internal. Its scheduled time has not come yet."""
    max_credits: int | None = None
    """The most that the batch may come to."""
    account_opened_at: datetime | None = None
    """Internal. Tells the account that pays from a later one of the same id."""
    entries: int = 0
    """Internal. The number of the next hold or release of the ledger."""
    controls: Sequence[str] = field(default_factory=tuple)
    """Internal. Names the last control calls, so that one that is sent again changes nothing."""
    due_at: datetime | None = None
    """Internal. Set until the batch has ended and all its rows are final: the moment by which somebody should
    have looked at it."""


@dataclass(frozen=True, slots=True)
class Row:
    """`batches/{batchId}/rows/{index}`. `status`, `job_id`, `path`, `credits`, `error`, `generation_data` and
    `modified` show the row's job, from its slot on."""

    id: str
    """The row's index, as a text."""
    index: int
    """The row's place in the batch, from 0."""
    status: JobStatus
    """How far the row is."""
    kind: JobKind
    """What the row makes."""
    request_data: Mapping[str, Any]
    """The row as it was sent, with the batch's `defaults`."""
    credits: Cost
    """What the row costs."""
    created_at: datetime
    """When the batch was accepted."""
    modified: datetime
    """When the row was last changed."""
    batch_id: str
    """The batch."""
    user_id: str
    """Who submitted the batch."""
    account_id: str
    """Who pays."""
    wish: Mapping[str, Any]
    """Internal. What was agreed: price, model, size, words and references. The row's job is made of it."""
    team_id: str | None = None
    """The team that pays; null where the user pays."""
    attempt: int = 1
    """How often the row was run, the run under way included."""
    is_waiting: bool = True
    """Internal. The row has no job of its attempt yet, and wants one."""
    job_id: str | None = None
    """The row's job, from its slot on."""
    path: str | None = None
    """The view of the row's job, from its slot on."""
    error: JobError | None = None
    """Why it failed; set once it is `failed`."""
    generation_data: Output | None = None
    """What was made; set once it is completed."""
    counts_as: int = field(init=False, default=0)
    """Internal. The row's part of the sum that its batch is counted by; it follows from `status`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts_as", counts_as(self.status))


def batch_id_of(uid: str, request_id: str) -> str:
    return hashlib.sha256(f"batch:{len(uid)}:{uid}:{request_id}".encode()).hexdigest()[:24]


def job_id_of(batch_id: str, index: int, attempt: int, opened_at: datetime | None = None) -> str:
    """The id of a row's job. Each attempt is a job of its own. `opened_at` is that of the account which pays:
    where an operator deleted an account with its batches, its user may send a batch once more under the same
    name, and the jobs of the first one are still there."""
    opened = opened_at.isoformat() if opened_at is not None else ""
    return hashlib.sha256(f"{batch_id}:{index}:{attempt}:{opened}".encode()).hexdigest()[:24]


def hold_id(batch: Batch) -> str:
    """The entry that holds for what is retried or edited now."""
    return f"{batch.id}:hold:{batch.entries}"


def release_id(batch_id: str, number: int | None = None) -> str:
    """The entry that releases the parts of rows that did not run."""
    return f"{batch_id}:release" if number is None else f"{batch_id}:release:{number}"


def look_at(batch: Batch, moment: datetime) -> Batch:
    """The batch, which the sweep looks at from `moment` on."""
    return replace(batch, due_at=moment)


def look_again_at(now: datetime) -> datetime:
    return now + _LOOKED_AT_AFTER


# ---- counts ------------------------------------------------------------------------------------------


def counts_as(status: JobStatus) -> int:
    """What a row adds to the sum over its batch's rows, which has three digits for each status that is
    counted: so one sum counts them all, and all of one moment."""
    return _COUNTED_AT.get(status, 0)


def counts_of(batch: Batch, added: int) -> Counts:
    """The counts that a sum over the rows' `counts_as` says; what is in none of them is queued. A cancelled
    batch has no queued row: what is missing of its rows was deleted by hand, and counts as cancelled."""
    total = batch.counts.total
    by_status = {status.value: added // at % _ROWS_LIMIT for status, at in _COUNTED_AT.items()}
    rest = total - sum(by_status.values())
    if batch.status is BatchStatus.CANCELLED:
        by_status[JobStatus.CANCELLED.value] += rest
        rest = 0
    return Counts(total=total, queued=rest, **by_status)


def counted(batch: Batch, counts: Counts, charged: int, now: datetime) -> Batch:
    """The batch with these counts, all of one moment, and the status that follows from them. `completed` is
    never said before the last row is final; the end of a batch ends its pause."""
    status = batch.status
    if status is not BatchStatus.CANCELLED:
        if counts.are_final:
            status = BatchStatus.COMPLETED
        elif status is BatchStatus.COMPLETED or (
            status is BatchStatus.QUEUED and counts.queued < counts.total
        ):
            status = BatchStatus.RUNNING
    after = replace(
        batch,
        status=status,
        counts=counts,
        credits=replace(batch.credits, charged=charged),
    )
    if status is BatchStatus.COMPLETED and batch.status is not status:
        after = replace(after, completed_at=now, is_scheduled=False)
    if after != batch:
        after = replace(after, modified=now)
    return replace(after, due_at=None if counts.are_final else _due_after(batch, after, now))


def _due_after(before: Batch, batch: Batch, now: datetime) -> datetime:
    """A moment that is still to come stays where nothing is new, if it is not too far off: then the count
    writes nothing. That of a scheduled batch says when its task is to be made."""
    silent_for = now - batch.modified
    latest = now + min(max(silent_for, _LOOKED_AT_AFTER), _LOOKED_AT_SILENT_EVERY)
    if before.status is BatchStatus.PAUSED and batch.counts.processing == 0:
        latest = max(latest, min(batch.expires_at, now + _LOOKED_AT_PAUSED_EVERY))
    known = before.due_at
    if known is None or known <= now:
        return latest
    stays = before.is_scheduled or (silent_for and known <= latest + _EARLY)
    return known if stays else latest


def has_ended_now(before: Batch, after: Batch) -> bool:
    """Whether with this change the batch has ended and all its rows are final."""
    return after.status.has_ended and after.due_at is None and before.due_at is not None


def check_open(batch: Batch, counts: Counts, action: str) -> None:
    """Raises IllegalStateError where the batch has ended: the call trusts the rows and not the status, which
    follows them by a second."""
    if batch.status.has_ended or counts.are_final:
        said = batch.status if batch.status.has_ended else BatchStatus.COMPLETED
        raise IllegalStateError(f"The batch is {said}: it cannot be {action}.", status=said.value)


# ---- control -----------------------------------------------------------------------------------------


def is_known(batch: Batch, name: str, said: str) -> bool:
    """Whether the control call of that name has been made. `said` stands for what it asked for. Raises
    RequestIdReusedError."""
    known = dict(each.split(":", 1) for each in batch.controls)
    if name in known and known[name] != said:
        raise RequestIdReusedError(
            "This requestId was used with another payload.", batchId=batch.id
        )
    return name in known


def note_control(batch: Batch, name: str | None, said: str) -> Batch:
    if name is None:
        return batch
    return replace(batch, controls=(*batch.controls, f"{name}:{said}")[-CONTROLS_KEPT:])


def is_early(batch: Batch, now: datetime) -> bool:
    """Whether the batch is scheduled, and its time has not come."""
    if not batch.is_scheduled or batch.scheduled_at is None:
        return False
    return now < batch.scheduled_at - _EARLY


# ---- rows --------------------------------------------------------------------------------------------


def begin(row: Row, job: Job, path: str) -> Row:
    """The row in the commit that gives it its job and the slot. `path` is that of the job's view."""
    return replace(
        row, is_waiting=False, job_id=job.id, path=path, modified=job.modified, error=None
    )


def drop(row: Row, now: datetime) -> Row:
    """A waiting row that is cancelled: it never runs."""
    cost = replace(row.credits, charged=0)
    return replace(row, status=JobStatus.CANCELLED, is_waiting=False, credits=cost, modified=now)


def wait_again(
    row: Row, wish: Mapping[str, Any], estimated: int, now: datetime, *, attempt: int
) -> Row:
    """The row waits for a slot, to be run once more, or for the first time with another wish."""
    return replace(
        row,
        status=JobStatus.QUEUED,
        is_waiting=True,
        attempt=attempt,
        wish=wish,
        credits=Cost(estimated),
        modified=now,
        job_id=None,
        path=None,
        error=None,
        generation_data=None,
    )
