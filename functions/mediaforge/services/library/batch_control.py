"""Pauses, resumes, cancels and orders a batch, runs rows again, and starts a batch at its time.

Each of these is one commit that holds the batch and its account. What may start is written in the account
(`tracks`), under whose version slots are given; so once a pause or a cancel is answered, no row begins."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.requests import (
    CancelBatch,
    ControlBatch,
    EditRow,
    PauseBatch,
    ResumeBatch,
    RetryFailed,
    SetBatchPriority,
)
from mediaforge.domain import credits
from mediaforge.domain.errors import (
    IllegalStateError,
    InvalidRequestError,
    NotFoundError,
    NotOwnerError,
    OverBudgetError,
)
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.library import batches
from mediaforge.domain.library.batches import Batch, BatchStatus, Counts, Row
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import Account, user_account_id
from mediaforge.domain.names import digest_of
from mediaforge.domain.people.teams import Former, Member
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services import tasks
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.accept import Accepted, Given, Instead, accept, demand_of
from mediaforge.services.jobs.dispatch import draft_of, drafts_of
from mediaforge.services.jobs.plans import Library, Plan, hash_of
from mediaforge.services.jobs.plans.expansion import OF_ITS_TIME
from mediaforge.services.jobs.plans.origin import check_priority
from mediaforge.services.jobs.settle import members_given_back
from mediaforge.services.jobs.transitions import write
from mediaforge.services.library.batch_access import may_read_batch
from mediaforge.services.library.batch_rows import (
    count_rows,
    failed_rows,
    has_waiting_rows,
    held_for,
    jobs_not_begun,
    waiting_rows,
)
from mediaforge.services.library.batches import (
    SentRow,
    Wanted,
    check_number,
    expiry_of,
    plan_rows,
    wish_of,
)
from mediaforge.services.money import ledger
from mediaforge.services.money.blocks import refuse_blocked
from mediaforge.services.people.members import readable, refuse_blocked_team

ACTOR = "batches"


@dataclass(frozen=True, slots=True)
class _Found:
    """The batch, the account that pays for it, and its rows, as of one moment. `account` is None where it
    was deleted, or another one has its id by now."""

    batch: Batch
    account: Account | None
    counts: Counts
    charged: int
    now: datetime

    def paying(self) -> Account:
        if self.account is None:
            raise IllegalStateError("The account of the batch is gone.")
        return self.account

    def counted(self, batch: Batch, counts: Counts) -> Batch:
        """The batch with what it counts after this call."""
        return batches.counted(batch, counts, self.charged, self.now)


@dataclass(frozen=True, slots=True)
class _Change:
    """What one call writes. `jobs` are (before, after); `left` are the ids of those among them whose row
    shows another job from now on. `accepted` writes the account where rows are accepted anew. Otherwise
    `account` is written with `entries` and `members`."""

    batch: Batch
    account: Account | None = None
    jobs: Sequence[tuple[Job, Job]] = ()
    rows: Sequence[Row] = ()
    entries: Sequence[ledger.NewEntry] = ()
    members: Mapping[str, Member | Former] = field(default_factory=dict)
    accepted: Accepted | None = None
    left: frozenset[str] = frozenset()

    def write(self, tx: Transaction, now: datetime) -> None:
        tx.put(at.batch(self.batch.id), self.batch)
        for before, after in self.jobs:
            write(tx, before, after, leaves_row=before.id in self.left)
        for row in self.rows:
            tx.put(at.row(row.batch_id, row.index), row)
        for path, member in self.members.items():
            tx.put(at.Ref(path, type(member)), member)
        if self.account is None:
            return
        # Whatever changes who may start changes the account, so that a slot that is being given is given
        # anew.
        account = replace(self.account, placed=self.account.placed + 1, modified=now)
        if self.accepted is not None:
            self.accepted.write(tx, account)
        else:
            ledger.write(tx, account, self.entries)


def control_batch(backend: Backend, caller: Caller, request: ControlBatch) -> Batch:
    """Does the action. Returns the batch after it; sent again under the same `requestId`, as it is.

    Raises RequestErrors with nothing written."""
    request_id = request.request_id
    name = digest_of(caller.uid, request.action, request_id)[:20] if request_id else None
    said = hash_of(request.action, request)[:20]
    act = _ACTS[type(request)]

    def decide(tx: Transaction, looks_up: bool) -> tuple[Batch, bool]:
        found = _find(backend, tx, caller, request.batch_id)
        if name is not None and batches.is_known(found.batch, name, said):
            return found.batch, False
        change = act(backend, tx, caller, found, request, looks_up)
        if change is None:
            return found.batch, False
        noted = replace(change, batch=batches.note_control(change.batch, name, said))
        noted.write(tx, found.now)
        return noted.batch, True

    batch, is_changed = backend.documents.transact(ledger.looking_up_late(decide))
    if is_changed:
        log.info("batch.controlled", batch_id=batch.id, action=request.action, actor=caller.uid)
        _go_on(backend, batch)
    return batch


def _go_on(backend: Backend, batch: Batch) -> None:
    """Enqueues what follows from a call. The sweep does it where a task is lost."""
    if batch.status is BatchStatus.CANCELLED and not batch.counts.are_final:
        tasks.send_look(backend, batch.id)
    tasks.send_fill(backend, batch.account_id)


def _find(backend: Backend, tx: Transaction, caller: Caller, batch_id: str) -> _Found:
    return _counted(backend, tx, controlled(tx, caller, batch_id))


def controlled(tx: Transaction, caller: Caller, batch_id: str) -> Batch:
    """The batch, which the caller may control. Raises NotFoundError, NotOwnerError, AccountBlockedError."""
    own = user_account_id(caller.uid)
    tx.prefetch(at.batch(batch_id), at.account(own))
    refuse_blocked(tx.peek, own)
    batch = tx.get(at.batch(batch_id))
    if batch is None or not may_see(tx, caller, batch):
        raise NotFoundError(f"There is no batch {batch_id}.")
    if not may_control(tx, caller, batch):
        raise NotOwnerError("Its user and the editors of its team control a batch.")
    if not caller.is_admin:
        refuse_blocked_team(tx.peek, caller, batch.team_id)
    return batch


def _counted(backend: Backend, tx: Transaction, batch: Batch) -> _Found:
    account = tx.get(at.account(batch.account_id))
    is_its_own = account is not None and account.opened_at == batch.account_opened_at
    counts, charged = count_rows(tx, batch)
    now = backend.clock.now()
    return _Found(batch, account if is_its_own else None, counts, charged, now)


def may_see(tx: Transaction, caller: Caller, batch: Batch) -> bool:
    return caller.is_admin or may_read_batch(tx.get, caller, batch)


def may_control(tx: Transaction, caller: Caller, batch: Batch) -> bool:
    if caller.is_admin:
        return True
    if batch.team_id is None:
        return batch.user_id == caller.uid
    member = _member(tx, caller, batch.team_id)
    return member is not None and member.role.may_submit


def _member(tx: Transaction, caller: Caller, team_id: str) -> Member | None:
    return readable(tx.get, at.member(team_id, caller.uid))


def _admitted(backend: Backend, found: _Found) -> Account:
    """The account after one more call that may move many jobs, which counts in the minute like a submission.
    A pause and a cancel are never refused for that."""
    account = found.paying()
    return accounts.admit_change(account, backend.catalogue.tier_of(account.tier), found.now)


# ---- pause, resume, order ----------------------------------------------------------------------------


def _pause(
    _backend: Backend, tx: Transaction, _: Caller, found: _Found, __: PauseBatch, ___: bool
) -> _Change | None:
    """Closes the batch's track, and takes back the jobs that no worker has claimed: of the two, a claim or
    this commit, one wins."""
    if found.batch.status is BatchStatus.PAUSED and not found.counts.are_final:
        return None
    batches.check_open(found.batch, found.counts, "paused")
    account, taken_back = found.paying(), []
    for job in jobs_not_begun(tx, found.batch):
        if job.is_dispatched:
            account = accounts.free_slot(account, job)
        if not states.is_taken_back(job):
            taken_back.append((job, states.take_back(job, found.now, found.batch.expires_at)))
    paused = replace(found.batch, status=BatchStatus.PAUSED, modified=found.now)
    return _Change(
        batch=found.counted(paused, found.counts),
        account=accounts.close_track(account, found.batch.id),
        jobs=taken_back,
    )


def _resume(
    backend: Backend, tx: Transaction, _: Caller, found: _Found, __: ResumeBatch, ___: bool
) -> _Change | None:
    batch, now = found.batch, found.now
    batches.check_open(batch, found.counts, "resumed")
    if batch.status is not BatchStatus.PAUSED:
        raise IllegalStateError(f"The batch is {batch.status}, not paused.", status=batch.status)
    expires_at = now + timedelta(hours=backend.catalogue.limits.job_age_h_max)
    jobs = [
        (job, states.go_on(job, now, expires_at))
        for job in jobs_not_begun(tx, batch)
        if states.is_taken_back(job)
    ]
    is_early = batches.is_early(batch, now)
    account = replace(_admitted(backend, found), due_at=now)
    if not is_early and has_waiting_rows(tx, batch):
        account = accounts.open_track(account, batch, now)
    has_begun = found.counts.queued < found.counts.total
    status = BatchStatus.RUNNING if has_begun else BatchStatus.QUEUED
    resumed = replace(batch, status=status, is_scheduled=is_early, modified=now)
    return _Change(found.counted(resumed, found.counts), account, jobs)


def _set_priority(
    backend: Backend,
    tx: Transaction,
    _: Caller,
    found: _Found,
    request: SetBatchPriority,
    ___: bool,
) -> _Change | None:
    """The order of all slots that are given from now on. Nothing is stopped by it."""
    batches.check_open(found.batch, found.counts, "ordered")
    account = _admitted(backend, found)
    check_priority(backend.catalogue.tier_of(account.tier), request.priority)
    rank = request.priority.rank
    jobs = [
        (job, replace(job, priority=rank))
        for job in jobs_not_begun(tx, found.batch)
        if not job.is_dispatched
    ]
    batch = replace(found.batch, priority=request.priority, modified=found.now)
    if batch.id in account.tracks:
        account = accounts.open_track(account, batch, account.due_at or found.now)
    return _Change(found.counted(batch, found.counts), account, jobs)


# ---- cancel ------------------------------------------------------------------------------------------


def _cancel(
    backend: Backend,
    tx: Transaction,
    caller: Caller,
    found: _Found,
    _: CancelBatch,
    looks_up: bool,
) -> _Change | None:
    if found.batch.status is BatchStatus.CANCELLED:
        return None
    batches.check_open(found.batch, found.counts, "cancelled")
    return _cancelled(backend, tx, found, caller.uid, looks_up=looks_up)


def _cancelled(
    backend: Backend, tx: Transaction, found: _Found, actor: str, *, looks_up: bool
) -> _Change:
    """Rows that wait are cancelled, and what is held for them is free again; jobs that no worker has claimed
    are cancelled, too. Rows that run are cancelled by the next look at the batch."""
    batch, now = found.batch, found.now
    rows = waiting_rows(tx, batch)
    drafts = drafts_of(backend, rows, batch.priority.rank, now)
    jobs = [
        (job, states.cancel(job, now, backend.timing, by=actor))
        for job in jobs_not_begun(tx, batch)
    ]
    entries: Sequence[ledger.NewEntry] = ()
    account, members = found.account, dict[str, Member | Former]()
    if account is not None:
        if amount := held_for(rows):
            release = credits.release_of_batch(batches.release_id(batch.id), batch.id, amount)
            account, entries = ledger.post(tx, account, [release], actor, now, looks_up=looks_up)
        for draft in drafts:
            account = accounts.give_back(account, demand_of(draft), draft.quota_at, now)
        members = members_given_back(tx, drafts, now)
        account = accounts.close_track(account, batch.id)
    ended = found.counts.queued  # rows, jobs, and what an operator has deleted of them
    counts = replace(
        found.counts,
        queued=found.counts.queued - ended,
        cancelled=found.counts.cancelled + ended,
    )
    cancelled = replace(
        batch,
        status=BatchStatus.CANCELLED,
        is_scheduled=False,
        completed_at=now,
        modified=now,
    )
    return _Change(
        batch=found.counted(cancelled, counts),
        account=account,
        jobs=jobs,
        rows=[batches.drop(row, now) for row in rows],
        entries=entries,
        members=members,
    )


def expire_batch(backend: Backend, batch_id: str) -> bool:
    """Cancels a batch whose time is over, or whose account is gone."""

    def decide(tx: Transaction, looks_up: bool) -> bool:
        batch = tx.get(at.batch(batch_id))
        if batch is None or batch.status.has_ended:
            return False
        found = _counted(backend, tx, batch)
        is_over = found.now >= batch.expires_at or found.account is None
        if not is_over or found.counts.are_final:
            return False
        _cancelled(backend, tx, found, ACTOR, looks_up=looks_up).write(tx, found.now)
        return True

    return backend.documents.transact(ledger.looking_up_late(decide))


# ---- rows once more ----------------------------------------------------------------------------------


def _retry_failed(
    backend: Backend,
    tx: Transaction,
    caller: Caller,
    found: _Found,
    _: RetryFailed,
    looks_up: bool,
) -> _Change | None:
    rows = failed_rows(tx, found.batch)
    if not rows:
        raise IllegalStateError("No row of the batch is failed.", status=found.batch.status.value)
    again = [
        _Again(row, _lasting(row.request_data), repeats=draft_of(backend, row, 0, found.now))
        for row in rows
    ]
    return _run_again(backend, tx, caller, found, again, looks_up=looks_up)


def _edit_row(
    backend: Backend,
    tx: Transaction,
    caller: Caller,
    found: _Found,
    request: EditRow,
    looks_up: bool,
) -> _Change | None:
    row = tx.get(at.row(found.batch.id, request.row))
    if row is None:
        raise InvalidRequestError.of("row", f"the batch has {found.batch.counts.total} rows")
    job = tx.get(at.job(row.job_id)) if row.job_id is not None else None
    is_unclaimed = job is not None and job.status is JobStatus.QUEUED
    if row.status is not JobStatus.FAILED and not row.is_waiting and not is_unclaimed:
        raise IllegalStateError(
            f"The row is {row.status}: only one that waits or is failed can be changed.",
            status=row.status.value,
        )
    changed = {**_lasting(row.request_data), **request.changes}
    sent = {name: each for name, each in changed.items() if each is not None}
    again = _Again(row, sent, job if is_unclaimed else None, sent_in="changes")
    return _run_again(backend, tx, caller, found, [again], looks_up=looks_up)


def _lasting(sent: Mapping[str, Any]) -> Mapping[str, Any]:
    """The request without what was true at its time only: the price that its user was told."""
    return {name: each for name, each in sent.items() if name not in OF_ITS_TIME}


@dataclass(frozen=True, slots=True)
class _Again:
    """A row that is to run once more, or for the first time with another request. `job` is the one that it
    has and that no worker has claimed: it is cancelled. `repeats`: it runs as it was agreed then."""

    row: Row
    sent: Mapping[str, Any]
    job: Job | None = None
    repeats: Job | None = None
    sent_in: str | None = None

    @property
    def number(self) -> int:
        """The number of the run. A row that waits has not had its run yet."""
        return self.row.attempt if self.row.is_waiting else self.row.attempt + 1

    def as_sent(self) -> SentRow:
        return SentRow(self.row.index, self.sent, self.number, self.repeats, self.sent_in)


def _run_again(
    backend: Backend,
    tx: Transaction,
    caller: Caller,
    found: _Found,
    again: Sequence[_Again],
    *,
    looks_up: bool,
) -> _Change:
    """Accepts the rows anew, at today's price, and counts them in the caller's day. A row that is only
    repeated uses what its user could see; a change may use what the caller can see. The job is its user's."""
    batch, now = found.batch, found.now
    if batch.status is BatchStatus.CANCELLED:
        raise IllegalStateError("The batch is cancelled.", status=batch.status.value)
    found.paying()
    owner = caller if caller.uid == batch.user_id else Caller(batch.user_id)
    payer = caller if batch.team_id is not None else owner
    wanted = Wanted(batch.id, payer, Library(backend, payer), batch.team_id, batch.priority)
    rows = [each.as_sent() for each in again]
    planned = plan_rows(backend, wanted, rows, now)
    plans = [_of_the_owner(each.plan, batch.user_id, payer.uid) for each in planned]
    total = sum(plan.job.estimated_credits for plan in plans)
    _check_budget(tx, found, again, total)
    if found.counts.are_final:
        check_number(backend, tx, batch.account_id)
    hold = credits.hold_for_batch(batches.hold_id(batch), batch.id, total)
    instead = _instead(backend, batch, again, now)
    accepted = accept(
        backend,
        tx,
        payer,
        plans,
        hold,
        now,
        Given(
            looks_up,
            instead=instead,
            sees=owner if again[0].repeats is not None else payer,
        ),
    )
    is_paused = batch.status is BatchStatus.PAUSED and not found.counts.are_final
    is_early = batches.is_early(batch, now)
    account = accepted.account
    if not is_paused and not is_early:
        account = accounts.open_track(account, batch, now)
    failed = sum(1 for each in again if each.row.status is JobStatus.FAILED)
    counts = replace(
        found.counts,
        queued=found.counts.queued + failed,
        failed=found.counts.failed - failed,
    )
    waits = [
        batches.wait_again(
            replace(each.row, request_data=each.sent, kind=job.kind),
            wish_of(job),
            job.estimated_credits,
            now,
            attempt=each.number,
        )
        for each, job in zip(again, accepted.jobs, strict=True)
    ]
    estimated = batch.credits.estimated + total - sum(e.row.credits.estimated for e in again)
    reopened = replace(
        batch,
        credits=replace(batch.credits, estimated=estimated),
        entries=batch.entries + 1,
        is_scheduled=is_early,
        status=BatchStatus.RUNNING if found.counts.are_final else batch.status,
        expires_at=max(batch.expires_at, expiry_of(backend, now)),
        completed_at=None,
        modified=now,
    )
    return _Change(
        batch=found.counted(reopened, counts),
        account=account,
        jobs=[
            (each.job, states.cancel(each.job, now, backend.timing, by=caller.uid))
            for each in again
            if each.job is not None
        ],
        rows=waits,
        members=members_given_back(tx, _of_others(instead, payer), now),
        accepted=accepted,
        left=frozenset(each.job.id for each in again if each.job is not None),
    )


def _of_others(instead: Instead | None, payer: Caller) -> Sequence[Job]:
    """What is given up and was counted in the day of somebody else than the payer."""
    given_up = instead.jobs if instead is not None else ()
    return [job for job in given_up if (job.counted_by or job.user_id) != payer.uid]


def _of_the_owner(plan: Plan, user_id: str, counted_by: str) -> Plan:
    by = counted_by if counted_by != user_id else None
    return replace(plan, job=replace(plan.job, user_id=user_id, counted_by=by))


def _instead(
    backend: Backend, batch: Batch, again: Sequence[_Again], now: datetime
) -> Instead | None:
    """What is given up for the new wish of a row that still waits. What is held for a job is given back when
    that job is settled."""
    rows = [each.row for each in again if each.row.is_waiting]
    if not rows:
        return None
    name = batches.release_id(batch.id, batch.entries)
    return Instead(
        jobs=[draft_of(backend, row, batch.priority.rank, now) for row in rows],
        release=credits.release_of_batch(name, batch.id, held_for(rows)),
    )


def _check_budget(tx: Transaction, found: _Found, again: Sequence[_Again], total: int) -> None:
    """Raises OverBudgetError where what was charged, what is still held for other rows and `total` come to
    more than the batch's `max_credits`."""
    batch = found.batch
    if batch.max_credits is None:
        return
    ids = {each.row.id for each in again}
    rows = tx.find(Row, Query(at.rows(batch.id)))
    open_rows = [row for row in rows if not row.status.is_final and row.id not in ids]
    required = found.charged + held_for(open_rows) + total
    if required > batch.max_credits:
        raise OverBudgetError(required, batch.max_credits)


# ---- its time ----------------------------------------------------------------------------------------


def start_batch(backend: Backend, batch_id: str) -> bool:
    """Starts a scheduled batch whose time has come. Says whether it did. A paused batch starts with its
    resume."""

    def work(tx: Transaction) -> Batch | None:
        now = backend.clock.now()
        batch = tx.get(at.batch(batch_id))
        if batch is None or batch.status is not BatchStatus.QUEUED or not batch.is_scheduled:
            return None
        if batches.is_early(batch, now):
            return None
        account = tx.get(at.account(batch.account_id))
        is_its_own = account is not None and account.opened_at == batch.account_opened_at
        started = batches.look_at(
            replace(batch, is_scheduled=False, modified=now), batches.look_again_at(now)
        )
        opened = None
        if account is not None and is_its_own and has_waiting_rows(tx, batch):
            opened = accounts.open_track(account, batch, now)
        _Change(started, opened).write(tx, now)
        return started

    started = backend.documents.transact(work)
    if started is not None:
        tasks.send_fill(backend, started.account_id)
    return started is not None


_Act = Callable[[Backend, Transaction, Caller, _Found, Any, bool], _Change | None]
_ACTS: Mapping[type[ControlBatch], _Act] = {
    PauseBatch: _pause,
    ResumeBatch: _resume,
    CancelBatch: _cancel,
    RetryFailed: _retry_failed,
    SetBatchPriority: _set_priority,
    EditRow: _edit_row,
}
