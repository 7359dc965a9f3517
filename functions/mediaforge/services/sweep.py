"""The rescuer. Every unsettled job has a `due_at`; one that lies in the past was forgotten by a
crash, a lost task or a lost event, and is put back on its way here."""

from collections import Counter
from datetime import datetime, timedelta

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain import jobs
from mediaforge.domain.jobs import Job, WaitingFor
from mediaforge.ports import Query, Transaction
from mediaforge.services.backend import Backend
from mediaforge.services.dispatch import deliver, dispatch_account, place
from mediaforge.services.settle import settle_job
from mediaforge.services.transitions import write

# So many are asked for at a time, until none is left or the run has taken its time; the next run
# comes within a minute.
_PAGE = 200
_PAGES_MAX = 20


def sweep_jobs(backend: Backend) -> Counter[str]:
    """What was done, counted. A document that cannot be rescued is reported and stops no other."""
    now = backend.clock.now()
    done: Counter[str] = Counter()
    seen: set[str] = set()
    for _ in range(_PAGES_MAX):
        fresh = [job_id for job_id in _overdue(backend, now, len(seen)) if job_id not in seen]
        if not fresh:
            break
        for job_id in fresh:
            done[_try_to_rescue(backend, job_id, now)] += 1
        seen.update(fresh)
    if done:
        log.info("jobs.swept", **done)
    return done


def _overdue(backend: Backend, now: datetime, seen: int) -> list[str]:
    """The next page. What was rescued is due later now and no longer found; what could not be is
    found again, so the page grows by what was seen."""
    due = (("due_at", "<=", now),)
    return backend.documents.find_ids(Query(at.JOBS, due, ("due_at",), limit=_PAGE + seen))


def _try_to_rescue(backend: Backend, job_id: str, now: datetime) -> str:
    try:
        job = backend.documents.get(at.job(job_id))
        return "gone" if job is None else _rescue(backend, job, now)
    except Exception as error:
        log.bug("rescue.failed", error, job_id=job_id)
        return "failed"


def _rescue(backend: Backend, job: Job, now: datetime) -> str:
    if job.status.is_final:
        return "settled" if settle_job(backend, job.id) else "settled-meanwhile"
    if job.is_dispatched:
        return _redeliver(backend, job.id, now)
    if job.waiting_for is WaitingFor.SCHEDULE:
        return _start_scheduled(backend, job.id, now)
    dispatch_account(backend, job.account_id)
    return _look_later(backend, job.id, now)


def _redeliver(backend: Backend, job_id: str, now: datetime) -> str:
    def work(tx: Transaction) -> Job | None:
        job = tx.get(at.job(job_id))
        if job is None or not _is_overdue(job, now) or not job.is_dispatched:
            return None
        again = jobs.redeliver(job, now, backend.timing)
        write(tx, job, again)
        return again

    again = backend.documents.transact(work)
    if again is None:
        return "moved-meanwhile"
    deliver(backend, [again])
    return "redelivered"


def _start_scheduled(backend: Backend, job_id: str, now: datetime) -> str:
    def work(tx: Transaction) -> Job | None:
        job = tx.get(at.job(job_id))
        if job is None or not _is_overdue(job, now) or job.waiting_for is not WaitingFor.SCHEDULE:
            return None
        account = tx.get(at.account(job.account_id))
        if account is None:
            raise AssertionError(f"job {job.id} has no account {job.account_id}")
        after, placed = place(backend, account, job, now)
        write(tx, job, placed)
        tx.put(at.account(account.id), after)
        return placed

    placed = backend.documents.transact(work)
    if placed is None:
        return "moved-meanwhile"
    if placed.is_dispatched:
        deliver(backend, [placed])
    return "started"


def _look_later(backend: Backend, job_id: str, now: datetime) -> str:
    """A job that still waits for a slot is looked at again later, not in every sweep."""

    def work(tx: Transaction) -> bool:
        job = tx.get(at.job(job_id))
        if job is None or job.waiting_for is not WaitingFor.CAPACITY:
            return False
        due_at = now + timedelta(seconds=backend.timing.waiting_s)
        tx.put(at.job(job_id), jobs.wait(job, job.modified, WaitingFor.CAPACITY, due_at))
        return True

    return "waiting" if backend.documents.transact(work) else "dispatched"


def _is_overdue(job: Job, now: datetime) -> bool:
    return not job.status.is_final and job.due_at is not None and job.due_at <= now
