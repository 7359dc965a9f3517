"""After the end: close the hold, free the slot, give back what was not used, let the next one in.

Called by the trigger (fast) and by the sweep (guarantee), any number of times, in any order.
"""

from dataclasses import replace
from datetime import datetime

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain import accounts, credits, jobs
from mediaforge.domain.accounts import Account
from mediaforge.domain.jobs import Job, JobStatus
from mediaforge.ports import Transaction
from mediaforge.services.assets import tidy
from mediaforge.services.backend import Backend
from mediaforge.services.dispatch import deliver, take_waiting
from mediaforge.services.ledger import post, with_account
from mediaforge.services.transitions import write

ACTOR = "settle"


def settle_job(backend: Backend, job_id: str) -> bool:
    """Whether this call settled the job; False when there was nothing to do."""

    def work(tx: Transaction) -> tuple[Job, list[Job]] | None:
        now = backend.clock.now()
        job = tx.get(at.job(job_id))
        if job is None or not job.status.is_final or job.is_settled:
            return None
        postings = credits.close(job.id, job.estimated_credits, job.charged_credits)
        tx.prefetch(
            at.account(job.account_id), *(at.entry(job.account_id, p.entry_id) for p in postings)
        )
        account = tx.get(at.account(job.account_id))
        if account is None:
            raise AssertionError(f"job {job.id} has no account {job.account_id}")
        posted = post(tx, account, postings, ACTOR, now)
        freed = _free(posted.account, job, now)
        after, taken = take_waiting(backend, tx, freed, now)
        write(tx, job, jobs.settle(job, now))
        for before, dispatched in taken:
            write(tx, before, dispatched)
        with_account(posted, after).write(tx)
        return job, [dispatched for _, dispatched in taken]

    settled = backend.documents.transact(work)
    if settled is None:
        return False
    job, dispatched = settled
    deliver(backend, dispatched)
    if (job.attempts or job.snoozes) and job.charged_credits < job.estimated_credits:
        tidy(backend, job)
    _report(job)
    return True


def _free(account: Account, job: Job, now: datetime) -> Account:
    slots = 1 if job.is_dispatched else 0
    freed = replace(account, active=max(0, account.active - slots), modified=now)
    return accounts.give_back(freed, job.kind, _unused(job), job.created_at, now)


def _unused(job: Job) -> int:
    """The assets that the day's quota gets back. Not those of a job cancelled while it ran: the
    provider was asked, and only the quota keeps that from being repeated without end."""
    if job.status is JobStatus.CANCELLED and job.attempts:
        return 0
    return job.count - (len(job.output.storage_paths) if job.output else 0)


def _report(job: Job) -> None:
    """The analytics line: who, model, latency, success, cost. No prompt."""
    assert job.completed_at is not None
    log.info(
        "generation",
        job_id=job.id,
        account_id=job.account_id,
        user_id=job.user_id,
        kind=job.kind.value,
        model=job.model,
        provider=job.provider,
        status=job.status.value,
        error_code=job.error.code if job.error else None,
        credits=job.charged_credits,
        attempts=job.attempts,
        snoozes=job.snoozes,
        latency_ms=round((job.completed_at - job.created_at).total_seconds() * 1000),
    )
