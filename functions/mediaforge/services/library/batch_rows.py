"""The rows of a batch: how they are counted and found."""

from collections.abc import Sequence

from mediaforge.contract import documents as at
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.library.batches import Batch, BatchStatus, Counts, Row
from mediaforge.ports.documents import Query, Transaction

_COUNTED = (
    JobStatus.PROCESSING,
    JobStatus.COMPLETED,
    JobStatus.FAILED,
    JobStatus.CANCELLED,
)


def count_rows(tx: Transaction, batch: Batch) -> tuple[Counts, int]:
    """The rows by their status, and the credits that they were charged: all as of the moment of this unit of
    work's reads, so that they add up. A cancelled batch has no queued row: what is missing of its rows was
    deleted by hand, and counts as cancelled."""
    rows, total = at.rows(batch.id), batch.counts.total
    by_status = {
        status.value: tx.count(Query(rows, where=(("status", "==", status.value),)))
        for status in _COUNTED
    }
    charged = tx.sum("credits.charged", Query(rows))
    rest = total - sum(by_status.values())
    if batch.status is BatchStatus.CANCELLED:
        cancelled = by_status.pop(JobStatus.CANCELLED.value) + rest
        return Counts(total=total, queued=0, cancelled=cancelled, **by_status), charged
    return Counts(total=total, queued=rest, **by_status), charged


def all_rows(tx: Transaction, batch_id: str) -> list[Row]:
    """In their order."""
    return tx.find(Row, Query(at.rows(batch_id), order_by=("index",)))


def waiting_rows(tx: Transaction, batch: Batch) -> list[Row]:
    """The rows that have no job of their attempt yet."""
    return tx.find(Row, Query(at.rows(batch.id), where=(("is_waiting", "==", True),)))


def has_waiting_rows(tx: Transaction, batch: Batch) -> bool:
    query = Query(at.rows(batch.id), where=(("is_waiting", "==", True),), limit=1)
    return bool(tx.find(Row, query))


def failed_rows(tx: Transaction, batch: Batch) -> list[Row]:
    query = Query(at.rows(batch.id), where=(("status", "==", JobStatus.FAILED.value),))
    return sorted(tx.find(Row, query), key=lambda row: row.index)


def jobs_not_begun(tx: Transaction, batch: Batch) -> list[Job]:
    """The jobs of rows that no worker has claimed yet: those with a slot, and those that were taken back."""
    handed_over = Query(
        at.rows(batch.id),
        where=(("status", "==", JobStatus.QUEUED.value), ("is_waiting", "==", False)),
    )
    rows = tx.find(Row, handed_over)
    refs = [at.job(row.job_id) for row in rows if row.job_id is not None]
    tx.prefetch(*refs)
    jobs = [job for ref in refs if (job := tx.get(ref)) is not None]
    return [job for job in jobs if job.status is JobStatus.QUEUED]


def held_for(rows: Sequence[Row]) -> int:
    """Credits that are held for rows that have no job."""
    return sum(row.credits.estimated for row in rows)
