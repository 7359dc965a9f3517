"""The rows of a batch: how they are counted and found."""

from collections.abc import Sequence

from mediaforge.contract import documents as at
from mediaforge.domain.credits import EntryType
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.library import batches
from mediaforge.domain.library.batches import Batch, Counts, Row
from mediaforge.domain.rounds import BEGINNING
from mediaforge.ports.documents import Documents, Query, Transaction


def count_rows(tx: Transaction, batch: Batch) -> tuple[Counts, int]:
    """The rows by their status, and the credits that they were charged: all as of the moment of this unit of
    work's reads, so that they add up."""
    rows = at.rows(batch.id)
    added = tx.sum("counts_as", Query(rows))
    charged = tx.sum("credits.charged", Query(rows))
    return batches.counts_of(batch, added), charged


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


def is_a_running_job_gone(tx: Transaction, batch: Batch) -> bool:
    """Whether somebody has deleted the job of a row that runs by hand. A peek is enough, and disturbs no
    worker: nothing makes a job anew."""
    running = Query(at.rows(batch.id), where=(("status", "==", JobStatus.PROCESSING.value),))
    refs = [at.as_stored(at.job(row.job_id)) for row in tx.find(Row, running) if row.job_id]
    tx.prefetch(*refs)
    return any(tx.peek(ref) is None for ref in refs)


def held_for(rows: Sequence[Row]) -> int:
    """Credits that are held for rows that have no job."""
    return sum(row.credits.estimated for row in rows)


def open_credits(documents: Documents | Transaction, batch: Batch) -> int:
    """What the batch's holds come to, less what was captured and released of them."""
    held, captured, released = (
        _sum_of(documents, batch, each)
        for each in (EntryType.HOLD, EntryType.CAPTURE, EntryType.RELEASE)
    )
    return held - captured - released


def _sum_of(documents: Documents | Transaction, batch: Batch, entry_type: EntryType) -> int:
    of_batch = (("batch_id", "==", batch.id), ("type", "==", entry_type.value))
    return documents.sum("amount", Query(at.ledger(batch.account_id), of_batch))


def held_for_nobody(tx: Transaction, batch: Batch, waiting: Sequence[Row]) -> int:
    """Credits of the batch's holds that are neither of its `waiting` rows nor of its jobs: they are of rows
    or jobs that somebody has deleted by hand. 0 where a job of the account cannot be read: it may be one of
    the batch. The account is got by the caller: whatever moves these credits changes it."""
    query = Query(at.JOBS, (("account_id", "==", batch.account_id), ("due_at", ">", BEGINNING)))
    unsettled = tx.find(Job, query)
    if tx.count(query) > len(unsettled):
        return 0
    of_jobs = sum(job.estimated_credits for job in unsettled if job.batch_id == batch.id)
    return max(0, open_credits(tx, batch) - held_for(waiting) - of_jobs)
