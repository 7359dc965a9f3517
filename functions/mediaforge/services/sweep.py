"""The rescuer. Every unsettled job has a `due_at`; one that lies in the past was forgotten by a
crash, a lost task or a lost event, and is put back on its way here."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain import jobs
from mediaforge.domain.jobs import Job, WaitingFor
from mediaforge.ports import Query, Transaction
from mediaforge.services.backend import Backend
from mediaforge.services.dispatch import deliver, dispatch_account, place
from mediaforge.services.settle import settle_job
from mediaforge.services.transitions import write, write_dead

# So many are asked for at a time, until none is left or the run has taken its time; the next run
# comes within a minute.
_PAGE = 200
_RUN_S_MAX = 200


def sweep_jobs(backend: Backend) -> Counter[str]:
    """What was done, counted. A document that cannot be rescued is reported and stops no other."""
    run = _Run(backend, backend.clock.now())
    while fresh := run.next_page():
        for job_id in fresh:
            run.done[_try_to_rescue(run, job_id)] += 1
    if run.done:
        log.info("jobs.swept", **run.done)
    return run.done


@dataclass
class _Run:
    """One run of the sweep: what it saw and did, and the accounts whose slots it has filled."""

    backend: Backend
    now: datetime
    done: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    filled: set[str] = field(default_factory=set)

    def next_page(self) -> list[str]:
        """What was rescued is due later now and no longer found; what could not be is found again,
        so the page grows by what was seen."""
        if (self.backend.clock.now() - self.now).total_seconds() > _RUN_S_MAX:
            return []
        due = Query(at.JOBS, (("due_at", "<=", self.now),), ("due_at",), _PAGE + len(self.seen))
        found = self.backend.documents.find_ids(due)
        fresh = [job_id for job_id in found if job_id not in self.seen]
        self.seen.update(fresh)
        return fresh


def _try_to_rescue(run: _Run, job_id: str) -> str:
    try:
        job = run.backend.documents.get(at.job(job_id))
        return "gone" if job is None else _rescue(run, job)
    except Exception as error:
        log.bug("rescue.failed", error, job_id=job_id)
        return "failed"


def _rescue(run: _Run, job: Job) -> str:
    backend, now = run.backend, run.now
    if job.status.is_final:
        return "settled" if settle_job(backend, job.id) else "settled-meanwhile"
    if jobs.is_past_its_time(job, now):
        return _expire(backend, job.id, now)
    if job.is_dispatched:
        return _redeliver(backend, job.id, now)
    if job.waiting_for is WaitingFor.SCHEDULE:
        return _start_scheduled(backend, job.id, now)
    if job.account_id not in run.filled:
        run.filled.add(job.account_id)
        dispatch_account(backend, job.account_id)
    return _look_later(backend, job.id, now)


def _expire(backend: Backend, job_id: str, now: datetime) -> str:
    """A job that no task ever reached (its queue is gone, paused, misspelled) ends all the same."""

    def work(tx: Transaction) -> bool:
        job = tx.get(at.job(job_id))
        if job is None or not jobs.is_past_its_time(job, now):
            return False
        write_dead(tx, job, jobs.expire(job, now, backend.timing))
        return True

    return "expired" if backend.documents.transact(work) else "moved-meanwhile"


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
