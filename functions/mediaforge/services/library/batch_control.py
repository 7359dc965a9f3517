"""Pauses, resumes, cancels and orders a batch, and starts it at its time. How its rows are run again is in
`batch_again.py`.

Each of these is one commit that holds the batch and its account. What may start is written in the account
(`tracks`), under whose version slots are given; so once a pause or a cancel is answered, no row begins."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
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
    NotFoundError,
    NotOwnerError,
)
from mediaforge.domain.jobs import states
from mediaforge.domain.library import batches
from mediaforge.domain.library.batches import Batch, BatchStatus
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.domain.names import digest_of
from mediaforge.domain.people.teams import Member
from mediaforge.ports.documents import Transaction
from mediaforge.services import tasks
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.accept import demand_of
from mediaforge.services.jobs.line import drafts_of
from mediaforge.services.jobs.plans import hash_of
from mediaforge.services.jobs.plans.origin import check_priority
from mediaforge.services.jobs.settle import members_given_back
from mediaforge.services.library.batch_access import may_read_batch
from mediaforge.services.library.batch_again import edit_row, retry_failed
from mediaforge.services.library.batch_change import (
    Call,
    Change,
    Found,
    admitted,
    find,
    with_notices,
)
from mediaforge.services.library.batch_rows import (
    has_waiting_rows,
    held_for,
    held_for_nobody,
    is_a_running_job_gone,
    jobs_not_begun,
    waiting_rows,
)
from mediaforge.services.money import ledger
from mediaforge.services.money.blocks import refuse_blocked
from mediaforge.services.people.members import readable, refuse_blocked_team

ACTOR = "batches"


def control_batch(backend: Backend, caller: Caller, request: ControlBatch) -> Batch:
    """Does the action. Returns the batch after it; sent again under the same `requestId`, as it is.

    Raises RequestErrors with nothing written."""
    request_id = request.request_id
    name = digest_of(caller.uid, request.action, request_id)[:20] if request_id else None
    said = hash_of(request.action, request)[:20]
    act = _ACTS[type(request)]

    def decide(tx: Transaction, looks_up: bool) -> tuple[Batch, Change | None]:
        found = find(backend, tx, controlled(tx, caller, request.batch_id))
        if name is not None and batches.is_known(found.batch, name, said):
            return found.batch, None
        change = act(Call(backend, tx, caller, looks_up), found, request)
        if change is None:
            return found.batch, None
        noted = replace(change, batch=batches.note_control(change.batch, name, said))
        noted = with_notices(backend, found.batch, noted)
        noted.write(tx, found.now)
        return noted.batch, noted

    batch, change = backend.documents.transact(ledger.looking_up_late(decide))
    if change is not None:
        log.info("batch.controlled", batch_id=batch.id, action=request.action, actor=caller.uid)
        _go_on(backend, batch)
        tasks.send_notices(backend, change.notices)
    return batch


def _go_on(backend: Backend, batch: Batch) -> None:
    """Enqueues what follows from a call. The sweep does it where a task is lost."""
    if batch.status is BatchStatus.CANCELLED and batch.due_at is not None:
        tasks.send_look(backend, batch.id)
    tasks.send_fill(backend, batch.account_id)


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


# ---- pause, resume, order ----------------------------------------------------------------------------


def _pause(call: Call, found: Found, _: PauseBatch) -> Change | None:
    """Closes the batch's track, and takes back the jobs that no worker has claimed: of the two, a claim or
    this commit, one wins."""
    if found.batch.status is BatchStatus.PAUSED and not found.counts.are_final:
        return None
    batches.check_open(found.batch, found.counts, "paused")
    account, taken_back = found.paying(), []
    for job in jobs_not_begun(call.tx, found.batch):
        if job.is_dispatched:
            account = accounts.free_slot(account, job)
        if not states.is_taken_back(job):
            taken_back.append((job, states.take_back(job, found.now, found.batch.expires_at)))
    paused = replace(found.batch, status=BatchStatus.PAUSED, modified=found.now)
    return Change(
        batch=found.counted(paused, found.counts),
        account=accounts.close_track(account, found.batch.id),
        jobs=taken_back,
    )


def _resume(call: Call, found: Found, _: ResumeBatch) -> Change:
    batch, now = found.batch, found.now
    batches.check_open(batch, found.counts, "resumed")
    if batch.status is not BatchStatus.PAUSED:
        raise IllegalStateError(f"The batch is {batch.status}, not paused.", status=batch.status)
    # A job that was taken back waits in the line as its batch's rows do, and expires no sooner than they.
    age = timedelta(hours=call.backend.catalogue.limits.job_age_h_max)
    expires_at = max(batch.expires_at, now + age)
    # Nor has a job that had its slot when the batch was given another priority that priority yet.
    rank = batch.priority.rank
    jobs = [
        (job, replace(states.go_on(job, now, expires_at), priority=rank))
        for job in jobs_not_begun(call.tx, batch)
        if states.is_taken_back(job)
    ]
    is_early = batches.is_early(batch, now)
    account = replace(admitted(call.backend, found), due_at=now)
    if not is_early and has_waiting_rows(call.tx, batch):
        account = accounts.open_track(account, batch, now)
    has_begun = found.counts.queued < found.counts.total
    status = BatchStatus.RUNNING if has_begun else BatchStatus.QUEUED
    resumed = replace(batch, status=status, is_scheduled=is_early, modified=now)
    return Change(found.counted(resumed, found.counts), account, jobs)


def _set_priority(call: Call, found: Found, request: SetBatchPriority) -> Change:
    """The order of all slots that are given from now on. Nothing is stopped by it."""
    batches.check_open(found.batch, found.counts, "ordered")
    account = admitted(call.backend, found)
    check_priority(call.backend.catalogue.tier_of(account.tier), request.priority)
    rank = request.priority.rank
    jobs = [
        (job, replace(job, priority=rank))
        for job in jobs_not_begun(call.tx, found.batch)
        if not job.is_dispatched
    ]
    batch = replace(found.batch, priority=request.priority, modified=found.now)
    if batch.id in account.tracks:
        account = accounts.open_track(account, batch, account.due_at or found.now)
    return Change(found.counted(batch, found.counts), account, jobs)


# ---- cancel ------------------------------------------------------------------------------------------


def _cancel(call: Call, found: Found, _: CancelBatch) -> Change | None:
    if found.batch.status is BatchStatus.CANCELLED:
        return None
    batches.check_open(found.batch, found.counts, "cancelled")
    return _cancelled(call.backend, call.tx, found, call.caller.uid, looks_up=call.looks_up)


def _cancelled(
    backend: Backend, tx: Transaction, found: Found, actor: str, *, looks_up: bool
) -> Change:
    """Rows that wait are cancelled, and what is held for them is free again; jobs that no worker has claimed
    are cancelled, too. Rows that run are cancelled by the next look at the batch."""
    batch, now = found.batch, found.now
    rows, not_begun = waiting_rows(tx, batch), jobs_not_begun(tx, batch)
    change = Change(
        batch=_ended(found),
        jobs=[(job, states.cancel(job, now, backend.timing, by=actor)) for job in not_begun],
        rows=[batches.drop(row, now) for row in rows],
    )
    amount = held_for(rows)
    is_one_missing = len(rows) + len(not_begun) < found.counts.queued
    if is_one_missing or is_a_running_job_gone(tx, batch):
        # Somebody has deleted rows or jobs by hand, or a row does not show the end of its job: the next look
        # sees that.
        looked_at = batches.look_at(change.batch, batches.look_again_at(now))
        change = replace(change, batch=looked_at)
        amount += held_for_nobody(tx, batch, rows)
    if found.account is None:
        return change
    account, entries = found.account, list[ledger.NewEntry]()
    if amount:
        release = credits.release_of_batch(batches.release_id(batch.id), batch.id, amount)
        account, entries = ledger.post(tx, account, [release], actor, now, looks_up=looks_up)
    drafts = drafts_of(backend, rows, batch.priority.rank, now)
    for draft in drafts:
        account = accounts.give_back(account, demand_of(draft), draft.quota_at, now)
    return replace(
        change,
        account=accounts.close_track(account, batch.id),
        entries=entries,
        members=members_given_back(tx, drafts, now),
    )


def _ended(found: Found) -> Batch:
    """The cancelled batch. What was queued of it is cancelled: rows, jobs, and what an operator has deleted
    of them."""
    counts, now = found.counts, found.now
    cancelled = replace(
        found.batch,
        status=BatchStatus.CANCELLED,
        is_scheduled=False,
        completed_at=now,
        modified=now,
    )
    return found.counted(
        cancelled, replace(counts, queued=0, cancelled=counts.cancelled + counts.queued)
    )


def expire_batch(backend: Backend, batch_id: str) -> bool:
    """Cancels a batch whose time is over, or whose account is gone."""

    def decide(tx: Transaction, looks_up: bool) -> Change | None:
        batch = tx.get(at.batch(batch_id))
        if batch is None or batch.status.has_ended:
            return None
        found = find(backend, tx, batch)
        is_over = found.now >= batch.expires_at or found.account is None
        if not is_over or found.counts.are_final:
            return None
        change = _cancelled(backend, tx, found, ACTOR, looks_up=looks_up)
        change = with_notices(backend, batch, change)
        change.write(tx, found.now)
        return change

    change = backend.documents.transact(ledger.looking_up_late(decide))
    if change is not None:
        tasks.send_notices(backend, change.notices)
    return change is not None


def end_batch(backend: Backend, batch_id: str, check: Callable[[Transaction], object]) -> bool:
    """Cancels a batch whose user is being erased, whoever pays. `check` raises where that is not so."""

    def decide(tx: Transaction, looks_up: bool) -> Change | None:
        check(tx)
        batch = tx.get(at.batch(batch_id))
        if batch is None or batch.status.has_ended:
            return None
        found = find(backend, tx, batch)
        if found.counts.are_final:
            return None
        change = _cancelled(backend, tx, found, ACTOR, looks_up=looks_up)
        change = with_notices(backend, batch, change)
        change.write(tx, found.now)
        return change

    change = backend.documents.transact(ledger.looking_up_late(decide))
    if change is not None:
        _go_on(backend, change.batch)
        tasks.send_notices(backend, change.notices)
    return change is not None


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
        Change(started, opened).write(tx, now)
        return started

    started = backend.documents.transact(work)
    if started is not None:
        tasks.send_fill(backend, started.account_id)
    return started is not None


_Act = Callable[[Call, Found, Any], Change | None]
_ACTS: Mapping[type[ControlBatch], _Act] = {
    PauseBatch: _pause,
    ResumeBatch: _resume,
    CancelBatch: _cancel,
    RetryFailed: retry_failed,
    SetBatchPriority: _set_priority,
    EditRow: edit_row,
}
