"""Accepting a job: quota, price, hold, job and view in one transaction; then the task."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.errors import RequestError, RequestIdReusedError
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job, WaitingFor
from mediaforge.domain.money.accounts import free_slots, team_account_id, user_account_id
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.accept import Given, accept, hold_of, refs_of
from mediaforge.services.jobs.dispatch import deliver, place
from mediaforge.services.jobs.plans import (
    Library,
    Origin,
    Plan,
    Submittable,
    job_id_of,
    plan,
    request_hash,
)
from mediaforge.services.jobs.reuse import answered, deliver_at_once
from mediaforge.services.jobs.transitions import write_new
from mediaforge.services.money import ledger
from mediaforge.services.money.blocks import refuse_blocked, refuse_blocked_caller
from mediaforge.services.money.fuse import has_blown, report_blown
from mediaforge.services.people.members import refuse_blocked_team
from mediaforge.services.tasks import send_fill


@dataclass(frozen=True, slots=True)
class Submission:
    """An accepted job. `is_replay`: the same `requestId` had been accepted before. `blows_fuse`: with a slot
    it would have brought the account over its tier's hourly limit. `is_behind`: it waits though a slot is
    free, since rows of batches wait, too, and nobody has filled the slots yet."""

    job: Job
    notes: tuple[str, ...]
    is_replay: bool = False
    blows_fuse: bool = False
    is_behind: bool = False


def submit_job(
    backend: Backend,
    caller: Caller,
    request: Submittable,
    job_id: str | None = None,
    repeats: Job | None = None,
) -> Submission:
    """Raises RequestErrors with nothing written; BusyError when it may be sent again.

    `job_id` is given where something else than a `requestId` makes the job unique: a retry, which `repeats` a
    job.
    """
    now = backend.clock.now()
    named = job_id or (job_id_of(caller, request.request_id) if request.request_id else None)
    origin = Origin(
        caller=caller,
        job_id=named or backend.new_id(),
        account_id=payer_of(caller, request),
        now=now,
        request_hash=request_hash(request),
        repeats=repeats,
    )
    library = Library(backend, caller)
    try:
        [planned] = answered(backend, library, [plan(backend, origin, request, library)])
    except RequestError as error:
        refuse_blocked_caller(backend.documents, caller)
        # A request that was accepted once stays accepted, though its model or style has left the catalogue,
        # or its pack or template was changed or deleted.
        if named and (known := backend.documents.get(at.job(named))):
            refuse_blocked_team(backend.documents.get, caller, known.team_id)
            return _same_request(caller, known, origin.request_hash, origin.retry_of, ())
        if error.is_cheap and library.has_read:
            # The gate counts no wrong field that the payload alone shows. This one has cost reads.
            backend.gate.count_user_refusal(caller.gate_name)
        raise
    decide = _acceptance(backend, caller, planned)
    submission = backend.documents.transact(
        ledger.looking_up_late(decide, may_be_repeated=named is not None)
    )
    if not submission.is_replay:
        _report(submission)
    job = submission.job
    if not job.status.is_final and states.needs_no_slot(job):
        return replace(submission, job=deliver_at_once(backend, job))
    if not job.status.is_final and (job.is_dispatched or states.comes_by_task(job)):
        deliver(backend, [job])
    if submission.is_behind:
        send_fill(backend, job.account_id)
    return submission


class Paid(Protocol):
    """A request that somebody pays for."""

    @property
    def team_id(self) -> str | None: ...


def payer_of(caller: Caller, request: Paid) -> str:
    """The id of the account that pays."""
    return team_account_id(request.team_id) if request.team_id else user_account_id(caller.uid)


def _acceptance(
    backend: Backend, caller: Caller, planned: Plan
) -> Callable[[Transaction, bool], Submission]:
    plans, job_id = [planned], planned.job.id
    hold = hold_of(job_id, plans)
    own_account_id = user_account_id(caller.uid)
    refs = dict.fromkeys([at.account(own_account_id), *refs_of(caller, plans)])
    done_before = [at.job(job_id), at.entry(planned.job.account_id, hold.entry_id)]

    def decide(tx: Transaction, looks_up: bool) -> Submission:
        now = backend.clock.now()  # anew for each try: it decides which day's quota is used
        tx.prefetch(*refs, *(done_before if looks_up else ()))
        refuse_blocked(tx.peek, own_account_id)  # where this account pays, `accept` gets it below
        if looks_up and (known := tx.get(at.job(job_id))) is not None:
            refuse_blocked_team(tx.peek, caller, known.team_id)
            return _same_request(
                caller, known, planned.job.request_hash, planned.job.retry_of, planned.notes
            )
        accepted = accept(backend, tx, caller, plans, hold, now, Given(looks_up))
        [draft] = accepted.jobs
        account, job = place(backend, accepted.account, draft, now)
        write_new(tx, job)
        accepted.write(tx, account)
        free = free_slots(account, backend.catalogue.tier_of(account.tier))
        return Submission(
            job,
            planned.notes,
            blows_fuse=has_blown(accepted.account, account),
            is_behind=bool(free and account.tracks) and job.waiting_for is WaitingFor.CAPACITY,
        )

    return decide


def _same_request(
    caller: Caller, job: Job, request_hash: str, retry_of: str | None, notes: tuple[str, ...]
) -> Submission:
    """Answers with the job that was accepted before. Two retries of one job are the same request, even where
    their hashes differ: an earlier version took over more of the repeated request. Raises
    RequestIdReusedError."""
    if not caller.sees(job.team_id):
        raise RequestIdReusedError("This requestId was used for something else.")
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
