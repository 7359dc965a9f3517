"""Accepting a job: quota, price, hold, job and view in one transaction; then the task."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.errors import RequestError, RequestIdReusedError
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job, Priority
from mediaforge.domain.money import accounts, credits
from mediaforge.domain.money.accounts import team_account_id, user_account_id
from mediaforge.domain.money.quotas import Demand
from mediaforge.domain.people import teams
from mediaforge.domain.people.teams import Member
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.dispatch import deliver, place
from mediaforge.services.jobs.pictures import refuse_refused, uploads_of
from mediaforge.services.jobs.plans import (
    Origin,
    Plan,
    Submittable,
    check_tier,
    job_id_of,
    plan,
    request_hash,
)
from mediaforge.services.jobs.transitions import write_new
from mediaforge.services.money import ledger
from mediaforge.services.money.blocks import refuse_blocked, refuse_blocked_caller
from mediaforge.services.money.fuse import has_blown, report_blown
from mediaforge.services.money.opening import open_for
from mediaforge.services.people.members import refuse_blocked_team
from mediaforge.services.people.teams import spender


@dataclass(frozen=True, slots=True)
class Submission:
    """An accepted job. `is_replay`: the same `requestId` had been accepted before. `blows_fuse`: with a slot
    it would have brought the account over its tier's hourly limit."""

    job: Job
    notes: tuple[str, ...]
    is_replay: bool = False
    blows_fuse: bool = False


def submit_job(
    backend: Backend,
    caller: Caller,
    request: Submittable,
    job_id: str | None = None,
    retry_of: str | None = None,
) -> Submission:
    """Raises RequestErrors with nothing written; BusyError when it may be sent again.

    `job_id` is given where something else than a `requestId` makes the job unique (a retry).
    """
    now = backend.clock.now()
    named = job_id or (job_id_of(caller, request.request_id) if request.request_id else None)
    origin = Origin(
        caller=caller,
        job_id=named or backend.new_id(),
        account_id=payer_of(caller, request),
        now=now,
        request_hash=request_hash(request),
        retry_of=retry_of,
    )
    try:
        planned = plan(backend, origin, request)
    except RequestError:
        refuse_blocked_caller(backend.documents, caller)
        # What was accepted once stays accepted, though its model or style has left the catalogue.
        if named and (known := backend.documents.get(at.job(named))):
            refuse_blocked_team(backend.documents.get, caller, known.team_id)
            return _same_request(known, origin.request_hash, retry_of, ())
        raise
    accept = _acceptance(backend, caller, planned, may_exist=named is not None)
    submission = backend.documents.transact(accept)
    if not submission.is_replay:
        _report(submission)
    job = submission.job
    if not job.status.is_final and (job.is_dispatched or states.comes_by_task(job)):
        deliver(backend, [job])
    return submission


def payer_of(caller: Caller, request: Submittable) -> str:
    """The id of the account that pays."""
    return team_account_id(request.team_id) if request.team_id else user_account_id(caller.uid)


def _acceptance(
    backend: Backend, caller: Caller, planned: Plan, *, may_exist: bool
) -> Callable[[Transaction], Submission]:
    draft = planned.job
    priority = Priority.of_rank(draft.priority)
    demand = Demand(draft.kind, draft.count, draft.estimated_credits)
    hold = credits.hold(draft.id, draft.estimated_credits)
    own_account_id = user_account_id(caller.uid)
    refs: list[at.Ref[Any]] = [
        *map(at.account, dict.fromkeys((draft.account_id, own_account_id))),
        at.entry(draft.account_id, hold.entry_id),
    ]
    if draft.team_id is not None:
        refs += [at.member(draft.team_id, caller.uid), at.team(draft.team_id)]
    looks = may_exist

    def work(tx: Transaction) -> Submission:
        nonlocal looks
        now = backend.clock.now()  # of this try: it decides which day's quota is used
        tx.prefetch(*refs, *([at.job(draft.id)] if looks else []))
        refuse_blocked(tx.peek, own_account_id)  # where it pays, it is got below
        if looks and (known := tx.get(at.job(draft.id))) is not None:
            refuse_blocked_team(tx.peek, caller, known.team_id)
            return _same_request(known, draft.request_hash, draft.retry_of, planned.notes)
        # A name that is new to all is looked for on the next try: this one may be committed unheard.
        looks = True
        member = _counted_member(tx, draft, caller, demand, now)
        opening = open_for(backend, tx, draft.account_id, caller, now)
        account = opening.account
        tier = backend.catalogue.tier_of(account.tier)
        check_tier(tier, draft, priority.value)
        # A read for each upload: whoever may not ask for it at all has been told.
        tx.prefetch(*(ref for _, _, ref in uploads_of(draft)))
        refuse_refused(backend, tx, draft)
        admitted = accounts.admit(account, tier, demand, now)
        with opening.explaining():
            due = [*opening.postings, hold]
            posted, entries = ledger.post(tx, admitted, due, caller.uid, now)
        ledger.check_held(entries, hold)
        dated = replace(
            draft,
            created_at=now,
            modified=now,
            account_opened_at=account.opened_at,
            address_epoch=_address_epoch(tx, draft),
        )
        placed, job = place(backend, posted, dated, now)
        write_new(tx, job)
        ledger.write(tx, placed, entries)
        opening.write(tx)
        if member is not None:
            tx.put(at.member(str(draft.team_id), draft.user_id), member)
        return Submission(job, planned.notes, blows_fuse=has_blown(account, placed))

    return work


def _counted_member(
    tx: Transaction, draft: Job, caller: Caller, demand: Demand, now: datetime
) -> Member | None:
    """The member after this submission for their team; None without a team. That a team is blocked only its
    members are told."""
    if draft.team_id is None:
        return None
    member = spender(tx, draft.team_id, caller)
    refuse_blocked(tx.get, draft.account_id)
    return teams.count_demand(member, demand, now)


def _address_epoch(tx: Transaction, draft: Job) -> int:
    """Of the team, at a glance: nobody keeps it from being raised before the commit. Then the job's
    addresses, which whoever went never saw, are turned once too often."""
    team = tx.peek(at.team(draft.team_id)) if draft.team_id is not None else None
    return team.address_epoch if team is not None else 0


def _same_request(
    job: Job, request_hash: str, retry_of: str | None, notes: tuple[str, ...]
) -> Submission:
    """A retry is the same by what it repeats: what it takes over of it has been decided otherwise before."""
    is_same_retry = retry_of is not None and job.retry_of == retry_of
    if job.request_hash != request_hash and not is_same_retry:
        raise RequestIdReusedError("This requestId was used with another payload.", jobId=job.id)
    return Submission(job, notes, is_replay=True)


def _report(submission: Submission) -> None:
    job = submission.job
    log.info(
        "job.accepted",
        job_id=job.id,
        account_id=job.account_id,
        model=job.model,
        credits=job.estimated_credits,
        waiting_for=job.waiting_for,
    )
    if submission.blows_fuse:
        report_blown(job.account_id)
