"""Writing a job: always together with its public view, and a training with its brand, so that a listener
never sees half a change."""

from mediaforge.contract import documents as at
from mediaforge.contract.documents import DeadLetter
from mediaforge.contract.views import view_of
from mediaforge.domain.brands import brand_of
from mediaforge.domain.jobs import Job, JobKind
from mediaforge.ports.documents import Transaction, Written


def write_new(tx: Transaction, job: Job) -> None:
    tx.create(at.job(job.id), job)
    _show(tx, job)


def write(tx: Transaction, before: Job, after: Job) -> Written:
    """`before` is what this transaction read. What the public cannot see costs no second write."""
    written = tx.put(at.job(after.id), after)
    if view_of(before) != view_of(after):
        _show(tx, after)
    return written


def _show(tx: Transaction, job: Job) -> None:
    tx.put(at.view(job), view_of(job))
    if job.kind is JobKind.TRAINING and job.brand_id is not None:
        tx.put(at.brand(job.brand_id), brand_of(job))


def write_dead(tx: Transaction, before: Job, after: Job) -> Written:
    """A job that failed because its attempts or its time are spent, with its dead letter."""
    written = write(tx, before, after)
    tx.put(at.dead_letter(after.id), _dead_letter(after))
    return written


def _dead_letter(job: Job) -> DeadLetter:
    assert job.error is not None
    return DeadLetter(
        job_id=job.id,
        account_id=job.account_id,
        user_id=job.user_id,
        kind=job.kind,
        model=job.model,
        queue=job.queue,
        request_data=job.request_data,
        seed=job.seed,
        attempts=job.attempts,
        error_code=job.error.code,
        error_message=job.error.message,
        created_at=job.modified,
        may_have_billed=job.may_have_billed,
    )
