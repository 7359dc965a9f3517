"""Counts the rows of a batch, and does what is due of it. Everything here may come twice, late, out of
order or never; the sweep comes back to a batch until it has ended and all its rows are final."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.views import row_of
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import JobStatus
from mediaforge.domain.library import batches
from mediaforge.domain.library.batches import Batch, BatchStatus, Row
from mediaforge.domain.library.webhooks import Notice
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services import tasks
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.outbox import notices_of_batch, write_notices
from mediaforge.services.jobs.transitions import write
from mediaforge.services.library.batch_control import expire_batch, start_batch
from mediaforge.services.library.batch_rows import count_rows

# A batch of which nothing was written for so long may have rows that do not show what their jobs are.
_SILENT_FOR = timedelta(minutes=10)


def tally_batch(backend: Backend, batch_id: str) -> Batch | None:
    """Writes the counts of the batch's rows, all of one moment, and the status that follows from them. The
    commit fails where the batch has changed since: so the counts never go back."""

    def work(tx: Transaction) -> tuple[Batch | None, Batch | None, Sequence[Notice]]:
        batch = tx.get(at.batch(batch_id))
        if batch is None:
            return None, None, ()
        counts, charged = count_rows(tx, batch)
        after = batches.counted(batch, counts, charged, backend.clock.now())
        notices = _notices(backend, tx, batch, after)
        if after != batch:
            tx.put(at.batch(batch_id), after)
        write_notices(tx, notices)
        return batch, after, notices

    before, after, notices = backend.documents.transact(work)
    tasks.send_notices(backend, notices)
    if before is not None and after is not None and batches.has_ended_now(before, after):
        log.info(
            "batch.ended",
            batch_id=batch_id,
            account_id=after.account_id,
            status=after.status.value,
            completed=after.counts.completed,
            failed=after.counts.failed,
            credits=after.credits.charged,
        )
    return after


def _notices(backend: Backend, tx: Transaction, before: Batch, after: Batch) -> Sequence[Notice]:
    """Only the count that ends the batch looks at the account."""
    if not batches.has_ended_now(before, after):
        return ()
    # Peeked at: a webhook that comes or goes at this very moment is told, or not.
    account = tx.peek(at.account(after.account_id))
    if account is None or account.opened_at != after.account_opened_at:
        return ()
    return notices_of_batch(backend, account, before, after)


def look_after(backend: Backend, batch_id: str) -> str:
    """Does what is due of a batch: starts it at its time, ends its running rows after a cancel, ends it where
    its time is over, shows what its rows have missed, and counts. Says what was done."""
    batch = backend.documents.get(at.batch(batch_id))
    if batch is None:
        return "gone"
    now = backend.clock.now()
    done = "counted"
    if batch.status is BatchStatus.CANCELLED:
        done = "steered" if steer(backend, batch_id) else done
    elif now >= batch.expires_at or _is_left_alone(backend, batch, now):
        # Also one that was paused before its time, and has never started.
        done = "expired" if expire_batch(backend, batch_id) else done
    elif batches.is_early(batch, now):
        return _make_task(backend, batch)
    elif batch.is_scheduled:
        done = "started" if start_batch(backend, batch_id) else done
    if now - batch.modified >= _SILENT_FOR and _show_again(backend, batch_id, now):
        done = "shown-again"
    tally_batch(backend, batch_id)
    return done


def _show_again(backend: Backend, batch_id: str, now: datetime) -> int:
    """Writes the rows that do not show what their job is by now. Returns how many. A worker of a release
    without batches leaves such a row, if it meets its job during a deploy: it writes the job and the view,
    and the row would run for ever."""
    begun = Query(
        at.rows(batch_id),
        where=(
            ("status", "in", [JobStatus.QUEUED.value, JobStatus.PROCESSING.value]),
            ("is_waiting", "==", False),
        ),
    )
    rows = backend.documents.find(Row, begun)
    silent = [at.row(row.batch_id, row.index) for row in rows if now - row.modified >= _SILENT_FOR]
    return sum(backend.documents.transact(partial(_show, ref)) for ref in silent)


def _show(ref: at.Ref[Row], tx: Transaction) -> bool:
    """Writes what the row does not show of its job. Says whether that was anything."""
    row = tx.get(ref)
    job = tx.get(at.job(row.job_id)) if row is not None and row.job_id is not None else None
    if row is None or job is None:
        return False
    written, shown = at.dump(row), at.dump(row_of(job))
    missed = {name: field for name, field in shown.items() if written[name] != field}
    if missed:
        tx.patch(ref, missed)
    return bool(missed)


def _is_left_alone(backend: Backend, batch: Batch, now: datetime) -> bool:
    """Whether the account that pays is gone: then no row gets a slot any more. Asked where the batch is due,
    once a minute, and not with each count."""
    if batch.due_at is None or now < batch.due_at:
        return False
    account = backend.documents.get(at.account(batch.account_id))
    return account is None or account.opened_at != batch.account_opened_at


def _make_task(backend: Backend, batch: Batch) -> str:
    """The batch's time is near: its task is made. The sweep looks again if that is late; on the emulators,
    which have no tasks for later, at its time."""
    assert batch.scheduled_at is not None
    at_its_time = batch.scheduled_at
    late_at = at_its_time if backend.is_emulated else batches.look_again_at(at_its_time)

    def work(tx: Transaction) -> bool:
        found = tx.get(at.batch(batch.id))
        if found is None or not found.is_scheduled or found.due_at == late_at:
            return False
        tx.put(at.batch(batch.id), batches.look_at(found, late_at))
        return True

    if backend.documents.transact(work):
        tasks.send_look(backend, batch.id, batch.scheduled_at)
    return "handed-over"


def look_after_taken_back(backend: Backend, job_id: str) -> str:
    """Ends a job that waits for the resume of its batch, where that knows it no more: somebody has deleted
    the batch or the row by hand, and no resume or cancel would ever find the job. Says what was done."""

    def work(tx: Transaction) -> str:
        now = backend.clock.now()
        job = tx.get(at.job(job_id))
        if job is None or not states.is_taken_back(job) or job.due_at is None or job.due_at > now:
            return "moved-meanwhile"
        assert job.batch_id is not None
        assert job.row is not None
        batch = tx.get(at.batch(job.batch_id))
        row = tx.get(at.row(job.batch_id, job.row))
        if batch is None or batch.status.has_ended or row is None or row.job_id != job_id:
            write(tx, job, states.abandon(job, now, backend.timing))
            return "orphaned"
        again_at = max(batch.expires_at, batches.look_again_at(now))
        write(tx, job, replace(job, due_at=again_at))
        return "left-waiting"

    return backend.documents.transact(work)


def steer(backend: Backend, batch_id: str) -> int:
    """Cancels the running rows of a cancelled batch, one by one, and shows the end of a row that has missed
    it, or whose job somebody has deleted by hand. Returns how many. A row whose model bills on whatever
    happens runs to its end."""
    running = Query(
        at.rows(batch_id),
        where=(("status", "in", [JobStatus.QUEUED.value, JobStatus.PROCESSING.value]),),
    )
    found = backend.documents.find(Row, running)
    return sum(_cancel(backend, row) for row in found if row.job_id is not None)


def _cancel(backend: Backend, row: Row) -> bool:
    assert row.job_id is not None
    ref, row_ref = at.job(row.job_id), at.row(row.batch_id, row.index)

    def work(tx: Transaction) -> bool:
        job = tx.get(ref)
        if job is None:
            if (shown := tx.get(row_ref)) is None or shown.job_id != row.job_id:
                return False
            tx.put(row_ref, batches.drop(shown, backend.clock.now()))
            return True
        if job.status.is_final:
            return _show(row_ref, tx)
        if states.cancel_price_credits(job):
            return False
        write(tx, job, states.cancel(job, backend.clock.now(), backend.timing))
        return True

    return backend.documents.transact(work)
