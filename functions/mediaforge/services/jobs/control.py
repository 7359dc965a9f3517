"""Cancel and retry."""

import hashlib

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.requests import SUBMITTABLE, ControlJob, parse
from mediaforge.domain.errors import (
    CancelIsChargedError,
    IllegalStateError,
    NotFoundError,
    NotOwnerError,
)
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.plans.expansion import OF_ITS_TIME
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.jobs.transitions import write
from mediaforge.services.money.blocks import refuse_blocked, refuse_blocked_caller
from mediaforge.services.people.members import refuse_blocked_team
from mediaforge.services.people.teams import may_manage, spender


def control_job(backend: Backend, caller: Caller, request: ControlJob) -> Job:
    """Does the action. Returns the cancelled job, or the new job that repeats a failed or cancelled one."""
    if request.action == "cancel":
        return cancel_job(backend, caller, request.job_id, accepts_charge=request.accept_charge)
    return retry_job(backend, caller, request.job_id)


def cancel_job(
    backend: Backend, caller: Caller, job_id: str, *, accepts_charge: bool = False
) -> Job:
    """Ends the job at once; what a running worker brings later is dropped. Cancelling is free, unless what
    was begun is billed on whatever happens: then it costs all that is held, and the caller has to accept
    that. An owner of the team that pays may cancel the job, too, and an administrator every job.

    Cancelling again answers the same. Raises NotFoundError, NotOwnerError, IllegalStateError,
    CancelIsChargedError, AccountBlockedError; NotAMemberError, RoleNotAllowedError where a team would be
    charged for somebody who may not spend its credits any more.
    """

    def work(tx: Transaction) -> Job:
        own = user_account_id(caller.uid)
        tx.prefetch(at.job(job_id), at.account(own))
        refuse_blocked(tx.peek, own)
        job = _found(tx.get(at.job(job_id)), job_id)
        is_own = job.user_id == caller.uid or caller.is_admin
        if not is_own and not may_manage(tx, job.team_id, caller):
            raise NotOwnerError("The job belongs to somebody else.")
        if not caller.is_admin:
            refuse_blocked_team(tx.peek, caller, job.team_id)
        if job.status is JobStatus.CANCELLED:
            return job
        if job.status.is_final:
            raise IllegalStateError(f"The job is {job.status} already.", status=job.status.value)
        if price_credits := states.cancel_price_credits(job):
            if not accepts_charge:
                raise CancelIsChargedError(price_credits)
            if job.team_id is not None and not caller.is_admin:
                # A removed member may not spend the team's credits.
                spender(tx, job.team_id, caller)
        cancelled = states.cancel(job, backend.clock.now(), backend.timing, by=caller.uid)
        write(tx, job, cancelled)
        return cancelled

    job = backend.documents.transact(work)
    log.info(
        "job.cancelled",
        job_id=job_id,
        actor=job.cancelled_by,
        attempts=job.attempts,
        credits=job.charged_credits,
    )
    return job


def retry_job(backend: Backend, caller: Caller, job_id: str) -> Job:
    """A new job with the same request, and the same versions of its pack and its template, at the quota and
    the price of today. A job has one retry: asked again, the same new job is answered."""
    refuse_blocked_caller(backend.documents, caller)
    job = _found(backend.documents.get(at.job(job_id)), job_id)
    if job.user_id != caller.uid:
        raise NotOwnerError("The job belongs to somebody else.")
    if job.status not in (JobStatus.FAILED, JobStatus.CANCELLED):
        raise IllegalStateError(
            f"The job is {job.status}; only a failed or cancelled one can be repeated.",
            status=job.status.value,
        )
    sent = {name: value for name, value in job.request_data.items() if name not in OF_ITS_TIME}
    request = parse(SUBMITTABLE[job.kind], sent)
    return submit_job(backend, caller, request, job_id=retry_id_of(job), repeats=job).job


def retry_id_of(job: Job) -> str:
    """The id of the job that repeats this one."""
    return hashlib.sha256(f"{job.id}:retry".encode()).hexdigest()[:24]


def _found(job: Job | None, job_id: str) -> Job:
    if job is None or job.deleted_at is not None:
        raise NotFoundError(f"There is no job {job_id}.")
    return job
