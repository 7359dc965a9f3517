"""Runs rows of a batch again: those that failed, or one with a change. They are accepted anew, as a
submission is, and wait for a slot like the batch's other rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mediaforge.contract import documents as at
from mediaforge.contract.requests import EditRow, RetryFailed
from mediaforge.domain import credits
from mediaforge.domain.errors import IllegalStateError, InvalidRequestError, OverBudgetError
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.library import batches
from mediaforge.domain.library.batches import Batch, BatchStatus, Counts, Row
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import Account
from mediaforge.ports.documents import Query
from mediaforge.services.backend import Caller
from mediaforge.services.jobs.accept import Accepted, Given, Instead, accept
from mediaforge.services.jobs.line import draft_of
from mediaforge.services.jobs.plans import Library, Plan
from mediaforge.services.jobs.plans.expansion import OF_ITS_TIME
from mediaforge.services.jobs.settle import members_given_back
from mediaforge.services.library.batch_change import Call, Change, Found
from mediaforge.services.library.batch_rows import failed_rows, held_for
from mediaforge.services.library.batches import (
    SentRow,
    Wanted,
    check_number,
    expiry_of,
    plan_rows,
    wish_of,
)


def retry_failed(call: Call, found: Found, _: RetryFailed) -> Change:
    """Every row that is failed at this moment runs once more, as it was agreed."""
    rows = failed_rows(call.tx, found.batch)
    if not rows:
        raise IllegalStateError("No row of the batch is failed.", status=found.batch.status.value)
    again = [
        _Again(row, _lasting(row.request_data), repeats=draft_of(call.backend, row, 0, found.now))
        for row in rows
    ]
    return _run_again(call, found, again)


def edit_row(call: Call, found: Found, request: EditRow) -> Change:
    """A failed row runs once more, with the change; one that no worker has begun runs once, with it."""
    tx, row = call.tx, call.tx.get(at.row(found.batch.id, request.row))
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
    again = _Again(row, sent, sent_in="changes")
    unclaimed = job if is_unclaimed else None
    return _run_again(call, found, [again], _given_up(call, found, row, unclaimed), unclaimed)


def _given_up(call: Call, found: Found, row: Row, unclaimed: Job | None) -> Instead | None:
    """What the changed row takes the place of, with what is held for it. A row that nobody has begun is as if
    it had been sent like that, whether it has a job yet or not."""
    batch = found.batch
    if unclaimed is not None:
        held = unclaimed.estimated_credits
        return Instead([unclaimed], credits.close(unclaimed.id, held, 0, batch.id, unclaimed.kind))
    if not row.is_waiting:
        return None
    name = batches.release_id(batch.id, batch.entries)
    draft = draft_of(call.backend, row, batch.priority.rank, found.now)
    return Instead([draft], [credits.release_of_batch(name, batch.id, held_for([row]))])


def _lasting(sent: Mapping[str, Any]) -> Mapping[str, Any]:
    """The request without what was true at its time only: the price that its user was told."""
    return {name: each for name, each in sent.items() if name not in OF_ITS_TIME}


@dataclass(frozen=True, slots=True)
class _Again:
    """A row that is to run once more, or for the first time with another request. `repeats`: it runs as it
    was agreed then."""

    row: Row
    sent: Mapping[str, Any]
    repeats: Job | None = None
    sent_in: str | None = None

    @property
    def number(self) -> int:
        """The number of the run. A row that waits has not had its run yet."""
        return self.row.attempt if self.row.is_waiting else self.row.attempt + 1

    def as_sent(self) -> SentRow:
        return SentRow(self.row.index, self.sent, self.number, self.repeats, self.sent_in)


def _run_again(
    call: Call,
    found: Found,
    again: Sequence[_Again],
    instead: Instead | None = None,
    unclaimed: Job | None = None,
) -> Change:
    """Accepts the rows anew, at today's price, and counts them in the caller's day. The jobs are the batch's
    user's. `unclaimed` is the job that the row had, which is withdrawn."""
    if found.batch.status is BatchStatus.CANCELLED:
        raise IllegalStateError("The batch is cancelled.", status=found.batch.status.value)
    found.paying()
    payer = _payer(call, found.batch)
    plans = _plans(call, found, payer, again)
    total = sum(plan.job.estimated_credits for plan in plans)
    _check_budget(call, found, again, total)
    if found.counts.are_final:
        check_number(call.backend, call.tx, found.batch.account_id)
    accepted = _accepted(call, found, payer, again, plans, instead)
    account, withdrawn = _with_track(found, accepted.account), None
    if unclaimed is not None:
        account = accounts.free_slot(account, unclaimed) if unclaimed.is_dispatched else account
        ended = states.withdraw(unclaimed, found.now, call.backend.timing, call.caller.uid)
        withdrawn = (unclaimed, ended)
    return Change(
        batch=_reopened(call, found, again, total),
        account=account,
        withdrawn=withdrawn,
        rows=[
            _waiting_again(each, job, found) for each, job in zip(again, accepted.jobs, strict=True)
        ],
        members=members_given_back(call.tx, _of_others(instead, payer), found.now),
        accepted=accepted,
    )


def _payer(call: Call, batch: Batch) -> Caller:
    """In whose day the rows are counted, and who may be refused: in a team the caller."""
    return call.caller if batch.team_id is not None else _owner(call, batch)


def _owner(call: Call, batch: Batch) -> Caller:
    return call.caller if call.caller.uid == batch.user_id else Caller(batch.user_id)


def _plans(call: Call, found: Found, payer: Caller, again: Sequence[_Again]) -> list[Plan]:
    """The plans of the rows, whose jobs are their user's, whoever runs them again."""
    batch = found.batch
    library = Library(call.backend, payer)
    wanted = Wanted(batch.id, payer, library, batch.team_id, batch.priority)
    planned = plan_rows(call.backend, wanted, [each.as_sent() for each in again], found.now)
    counted_by = payer.uid if payer.uid != batch.user_id else None
    return [
        replace(
            each.plan,
            job=replace(each.plan.job, user_id=batch.user_id, counted_by=counted_by),
        )
        for each in planned
    ]


def _check_budget(call: Call, found: Found, again: Sequence[_Again], total: int) -> None:
    """Raises OverBudgetError where what was charged, what is still held for other rows and `total` come to
    more than the batch's `max_credits`."""
    batch = found.batch
    if batch.max_credits is None:
        return
    ids = {each.row.id for each in again}
    rows = call.tx.find(Row, Query(at.rows(batch.id)))
    open_rows = [row for row in rows if not row.status.is_final and row.id not in ids]
    required = found.charged + held_for(open_rows) + total
    if required > batch.max_credits:
        raise OverBudgetError(required, batch.max_credits)


def _of_others(instead: Instead | None, payer: Caller) -> Sequence[Job]:
    """What is given up and was counted in the day of somebody else than the payer."""
    given_up = instead.jobs if instead is not None else ()
    return [job for job in given_up if (job.counted_by or job.user_id) != payer.uid]


def _accepted(
    call: Call,
    found: Found,
    payer: Caller,
    again: Sequence[_Again],
    plans: Sequence[Plan],
    instead: Instead | None,
) -> Accepted:
    """A row that is only repeated uses the pictures that its user could see; a change may use what the payer
    can see."""
    batch = found.batch
    total = sum(plan.job.estimated_credits for plan in plans)
    hold = credits.hold_for_batch(batches.hold_id(batch), batch.id, total)
    is_repeated = again[0].repeats is not None
    sees = _owner(call, batch) if is_repeated else payer
    given = Given(call.looks_up, instead=instead, sees=sees)
    return accept(call.backend, call.tx, payer, plans, hold, found.now, given)


def _with_track(found: Found, account: Account) -> Account:
    """The rows have their turn, unless their batch is paused or its time has not come."""
    is_paused = found.batch.status is BatchStatus.PAUSED and not found.counts.are_final
    if is_paused or batches.is_early(found.batch, found.now):
        return account
    return accounts.open_track(account, found.batch, found.now)


def _waiting_again(again: _Again, job: Job, found: Found) -> Row:
    return batches.wait_again(
        replace(again.row, request_data=again.sent, kind=job.kind),
        wish_of(job),
        job.estimated_credits,
        found.now,
        attempt=again.number,
    )


def _reopened(call: Call, found: Found, again: Sequence[_Again], total: int) -> Batch:
    """The batch with these rows queued. It goes on, also where all its rows had ended."""
    batch, now = found.batch, found.now
    no_more_held = sum(each.row.credits.estimated for each in again)
    estimated = batch.credits.estimated + total - no_more_held
    reopened = replace(
        batch,
        credits=replace(batch.credits, estimated=estimated),
        entries=batch.entries + 1,
        is_scheduled=batches.is_early(batch, now),
        status=BatchStatus.RUNNING if found.counts.are_final else batch.status,
        expires_at=max(batch.expires_at, expiry_of(call.backend, now)),
        completed_at=None,
        modified=now,
    )
    return found.counted(reopened, _queued_again(found.counts, again))


def _queued_again(counts: Counts, again: Sequence[_Again]) -> Counts:
    failed = sum(1 for each in again if each.row.status is JobStatus.FAILED)
    return replace(counts, queued=counts.queued + failed, failed=counts.failed - failed)
