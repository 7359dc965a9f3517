"""Accepting a job: quota, price, hold, job and view in one transaction; then the task."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.requests import GenerateImage
from mediaforge.domain import accounts, credits
from mediaforge.domain.accounts import Account, user_account_id
from mediaforge.domain.credits import EntryType, Posting
from mediaforge.domain.errors import RequestError, RequestIdReusedError
from mediaforge.domain.jobs import Job
from mediaforge.ports import Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.dispatch import deliver, place
from mediaforge.services.ledger import post, with_account
from mediaforge.services.plan import Plan, check_tier, image_request_hash, job_id_of, plan_image
from mediaforge.services.transitions import write_new

WELCOME = "welcome:grant"


@dataclass(frozen=True, slots=True)
class Submission:
    """An accepted job. `is_replay`: the same `requestId` had been accepted before."""

    job: Job
    notes: tuple[str, ...]
    is_replay: bool


def submit_image(
    backend: Backend,
    caller: Caller,
    request: GenerateImage,
    job_id: str | None = None,
    retry_of: str | None = None,
) -> Submission:
    """Raises RequestErrors with nothing written; BusyError when it may be sent again.

    `job_id` is given where something else than a `requestId` makes the job unique (a retry).
    """
    now = backend.clock.now()
    account_id = user_account_id(caller.uid)
    job_id = job_id or (
        job_id_of(caller, request.request_id) if request.request_id else backend.new_id()
    )
    try:
        plan = plan_image(backend, caller, request, job_id, account_id, now, retry_of)
    except RequestError:
        # What was accepted once stays accepted, though its model or style has left the catalogue.
        if known := _known(backend, caller, request):
            return known
        raise
    submission = backend.documents.transact(_acceptance(backend, caller, request, plan))
    job = submission.job
    if not submission.is_replay:
        log.info(
            "job.accepted",
            job_id=job.id,
            account_id=account_id,
            model=job.model,
            credits=job.estimated_credits,
            waiting_for=job.waiting_for,
        )
    if job.is_dispatched and not job.status.is_final:
        deliver(backend, [job])
    return submission


def _acceptance(
    backend: Backend, caller: Caller, request: GenerateImage, plan: Plan
) -> Callable[[Transaction], Submission]:
    draft = plan.job
    hold = credits.hold(draft.id, draft.estimated_credits)
    hold_ref = at.entry(draft.account_id, hold.entry_id)
    account_ref = at.account(draft.account_id)

    def work(tx: Transaction) -> Submission:
        now = backend.clock.now()  # of this try: it decides which day's quota is used
        tx.prefetch(account_ref, hold_ref)
        if tx.get(hold_ref) is not None:
            return _replay(tx, plan)
        found = tx.get(account_ref)
        account, opening = (found, []) if found else open_account(backend, draft.account_id, now)
        tier = backend.catalogue.tier_of(account.tier)
        check_tier(tier, draft, request.priority.value)
        admitted = accounts.admit(account, tier, draft.kind, draft.count, now)
        posted = post(tx, admitted, [*opening, hold], caller.uid, now)
        placed, job = place(backend, posted.account, draft, now)
        write_new(tx, job)
        with_account(posted, placed).write(tx)
        return Submission(job, plan.notes, is_replay=False)

    return work


def open_account(backend: Backend, account_id: str, now: datetime) -> tuple[Account, list[Posting]]:
    """An account on its first use, and the grant that comes with it."""
    defaults = backend.catalogue.defaults
    account = accounts.open_account(account_id, defaults.tier, now)
    welcome = Posting(WELCOME, EntryType.GRANT, defaults.welcome_credits, reason="welcome")
    return account, [welcome] if defaults.welcome_credits else []


def _replay(tx: Transaction, plan: Plan) -> Submission:
    """The hold exists, so the job does: they were written in one commit."""
    job = tx.get(at.job(plan.job.id))
    if job is None:
        raise AssertionError(f"{plan.job.id}:hold has no job")
    return _same_request(job, plan.job.request_hash, plan.notes)


def _known(backend: Backend, caller: Caller, request: GenerateImage) -> Submission | None:
    if request.request_id is None:
        return None
    job = backend.documents.get(at.job(job_id_of(caller, request.request_id)))
    return None if job is None else _same_request(job, image_request_hash(request), ())


def _same_request(job: Job, request_hash: str, notes: tuple[str, ...]) -> Submission:
    if job.request_hash != request_hash:
        raise RequestIdReusedError("This requestId was used with another payload.", jobId=job.id)
    return Submission(job, notes, is_replay=True)
