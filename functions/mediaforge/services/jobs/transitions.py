"""Writing a job: always together with its public view, and a training with its brand, so that a listener
never sees half a change. Views and brands are written without being read, and may have been deleted."""

from mediaforge.contract import documents as at
from mediaforge.contract.documents import DeadLetter
from mediaforge.contract.views import view_of
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library.brands import Brand, brand_of
from mediaforge.ports.documents import Transaction, Written


def write_new(tx: Transaction, job: Job) -> None:
    tx.create(at.job(job.id), job)
    tx.put(at.view(job), view_of(job))
    if (brand := _brand(job)) is not None:
        tx.put(brand, brand_of(job))


def write(tx: Transaction, before: Job, after: Job) -> Written:
    """`before` is what this transaction read. What the public cannot see costs no second write; what somebody
    has deleted is not written again: then the job alone is."""
    written = tx.put(at.job(after.id), after)
    if view_of(before) != view_of(after):
        tx.update(at.view(after), view_of(after))
        if (brand := _brand(after)) is not None:
            tx.update(brand, brand_of(after))
    return written


def write_dead(tx: Transaction, before: Job, after: Job) -> Written:
    """A job that failed because its attempts or its time are spent, with its dead letter; without, where its
    view was deleted: it would bring the request back."""
    written = write(tx, before, after)
    if not tx.is_gone(at.view(after)):
        tx.put(at.dead_letter(after.id), _dead_letter(after))
    return written


def is_forgotten(tx: Transaction, job: Job) -> bool:
    """Whether the job's view, or the brand that it trains, was deleted under it: as far as this unit of work
    has found when it wanted to write them."""
    brand = _brand(job)
    return tx.is_gone(at.view(job)) or (brand is not None and tx.is_gone(brand))


def _brand(job: Job) -> at.Ref[Brand] | None:
    """Of a training, the brand that shows it."""
    if job.kind is not JobKind.TRAINING or job.brand_id is None:
        return None
    return at.brand(job.brand_id)


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
