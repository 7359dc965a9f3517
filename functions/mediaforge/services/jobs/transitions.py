"""Writes a job, always together with the documents that show it, so that a listener never sees half a
change."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.documents import LETTERS_FORGOTTEN_AFTER, DeadLetter
from mediaforge.contract.views import row_of, view_of
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library import batches
from mediaforge.domain.library.batches import Row
from mediaforge.domain.library.brands import brand_of
from mediaforge.ports.documents import Transaction, Written


@dataclass(frozen=True, slots=True)
class Projection:
    """A document that shows what a job is; `of` makes its fields of the job. It is written without being
    read, and may have been deleted. Fields that others keep on it are left alone."""

    ref: at.Ref[Any]
    of: Callable[[Job], object]

    def patch(self, before: Job, after: Job) -> dict[str, Any]:
        """The fields that show what has changed."""
        shown, now = at.dump(self.of(before)), at.dump(self.of(after))
        return {name: field for name, field in now.items() if shown[name] != field}


def projections(job: Job) -> list[Projection]:
    """The job's view, of a training its brand, and of a batch's job its row."""
    shown = [Projection(at.view(job), view_of)]
    if job.batch_id is not None and job.row is not None:
        shown.append(Projection(at.row(job.batch_id, job.row), row_of))
    if job.kind is JobKind.TRAINING and job.brand_id is not None:
        shown.append(Projection(at.brand(job.brand_id), brand_of))
    return shown


def write_new(tx: Transaction, job: Job) -> None:
    """Writes the job, its view and the brand that it trains."""
    tx.create(at.job(job.id), job)
    for projection in projections(job):
        tx.put(projection.ref, projection.of(job))


def write_new_of_row(tx: Transaction, row: Row, job: Job) -> None:
    """Writes the job of a batch's row, its view, and the row, which shows it from now on. `row` is the row as
    this transaction read it."""
    tx.create(at.job(job.id), job)
    tx.put(at.view(job), view_of(job))
    shown = row_of(job)
    begun = batches.begin(row, job, shown.path)
    tx.put(at.row(row.batch_id, row.index), begun)


def write(tx: Transaction, before: Job, after: Job, *, leaves_row: bool = False) -> Written:
    """Writes `after`, and patches what shows it. `before` is the job as this transaction read it. A change
    that is not shown costs no second write. A projection that was deleted is not written again: then only the
    job is written. `leaves_row`: the caller writes the job's row, which shows another job from now on."""
    written = tx.put(at.job(after.id), after)
    for projection in projections(after):
        if leaves_row and projection.ref.type is Row:
            continue
        if patch := projection.patch(before, after):
            tx.patch(projection.ref, patch)
    return written


def write_dead(tx: Transaction, before: Job, after: Job) -> Written:
    """Writes a job that failed because its attempts or its time are spent, with its dead letter. Where its
    view was deleted there is no dead letter, since that would bring the request back."""
    written = write(tx, before, after)
    if not tx.is_gone(at.view(after)):
        tx.put(at.dead_letter(after.id), _dead_letter(after))
    return written


def report_dead(job: Job) -> None:
    """Says that a dead letter was written, once that is committed: an operator counts these lines, and the
    job's id leads to the letter."""
    with log.of_request(job.asked_as):
        log.warning(
            "dead_letter.written",
            job_id=job.id,
            account_id=job.account_id,
            model=job.model,
            queue=job.queue,
            code=job.error.code if job.error is not None else None,
            attempts=job.attempts,
        )


def is_forgotten(tx: Transaction, job: Job) -> bool:
    """Whether the job's view, or the brand that it trains, was deleted, as far as an earlier try of this unit
    of work has found when it would have written them."""
    return any(tx.is_gone(projection.ref) for projection in projections(job))


def _dead_letter(job: Job) -> DeadLetter:
    assert job.error is not None
    return DeadLetter(
        job_id=job.id,
        account_id=job.account_id,
        user_id=job.user_id,
        kind=job.kind,
        model=job.model,
        queue=job.queue,
        request_data=job.wanted,
        seed=job.seed,
        attempts=job.attempts,
        error_code=job.error.code,
        error_message=job.error.message,
        created_at=job.modified,
        may_have_billed=job.may_have_billed,
        forget_at=job.modified + LETTERS_FORGOTTEN_AFTER,
    )
