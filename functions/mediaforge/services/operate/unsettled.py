"""Jobs that are not settled yet, as an operator sees them: which of them nobody has touched in time, which
are in a queue that does not move, and why one is where it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mediaforge.contract import documents as at
from mediaforge.contract.documents import DeadLetter
from mediaforge.domain.credits import Entry
from mediaforge.domain.errors import NotFoundError
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.domain.rounds import BEGINNING
from mediaforge.domain.watch import explaining
from mediaforge.domain.watch.checks import OVERDUE
from mediaforge.ports.documents import Query
from mediaforge.services.backend import Backend

_ENDS_OF_ENTRIES = ("hold", "capture", "release", "release:owed")


class Trouble(StrEnum):
    """What is wrong with a job. `overdue`: nobody has touched it for ten minutes after its `due_at`, so the
    sweep does not run or cannot rescue it. `slow`: it has had its slot for five minutes, and nobody has begun
    it. `fuse`: it waits until a fuse is reset."""

    OVERDUE = "overdue"
    SLOW = "slow"
    FUSE = "fuse"


@dataclass(frozen=True, slots=True)
class Stuck:
    job: Job
    trouble: Trouble
    why: str


@dataclass(frozen=True, slots=True)
class JobShown:
    """A job, why it is where it is, its entries in the ledger and its dead letter."""

    job: Job
    why: str
    entries: Sequence[Entry]
    letter: DeadLetter | None


def unsettled_jobs(backend: Backend, limit: int) -> Sequence[Job]:
    """Those that are due first. Every unsettled job has a `due_at`; the jobs of a backlog that wait for a
    slot come last, since theirs is the moment at which they expire."""
    query = Query(at.JOBS, (("due_at", ">", BEGINNING),), ("due_at",), limit)
    return backend.documents.find(Job, query)


def count_unsettled(backend: Backend) -> int:
    query = Query(at.JOBS, (("due_at", ">", BEGINNING),))
    return backend.documents.transact(lambda tx: tx.count(query))


def count_overdue(backend: Backend, now: datetime) -> int:
    query = Query(at.JOBS, (("due_at", "<=", now - OVERDUE),))
    return backend.documents.transact(lambda tx: tx.count(query))


def stuck_jobs(backend: Backend, limit: int) -> Sequence[Stuck]:
    """Among the first `limit` unsettled jobs, those that are stuck, the oldest trouble first."""
    now = backend.clock.now()
    found = [(job, trouble_of(job, now)) for job in unsettled_jobs(backend, limit)]
    return [
        Stuck(job, trouble, explaining.explain(job, now))
        for job, trouble in found
        if trouble is not None
    ]


def trouble_of(job: Job, now: datetime) -> Trouble | None:
    if job.due_at is not None and job.due_at <= now - OVERDUE:
        return Trouble.OVERDUE
    if explaining.waits_for_resume(job):
        return Trouble.FUSE
    return Trouble.SLOW if explaining.is_slow(job, now) else None


def show_job(backend: Backend, job_id: str) -> JobShown:
    """Raises NotFoundError."""
    read = backend.documents.get
    job = read(at.job(job_id))
    if job is None:
        raise NotFoundError(f"There is no job {job_id}.")
    refs = [at.entry(job.account_id, f"{job.id}:{end}") for end in _ENDS_OF_ENTRIES]
    entries = [entry for ref in refs if (entry := read(ref)) is not None]
    why = explaining.explain(job, backend.clock.now())
    return JobShown(job, why, entries, read(at.dead_letter(job_id)))


def users_of(backend: Backend, job_ids: Sequence[str]) -> set[str]:
    """The accounts of the users whose jobs these are, whoever pays for them; of the jobs that are there."""
    jobs = [backend.documents.get(at.job(job_id)) for job_id in job_ids]
    return {user_account_id(job.user_id) for job in jobs if job is not None}


def jobs_of_account(backend: Backend, account_id: str, limit: int) -> Sequence[Job]:
    """The account's jobs that are not settled yet, those that are due first."""
    of_account = (("account_id", "==", account_id), ("due_at", ">", BEGINNING))
    return backend.documents.find(Job, Query(at.JOBS, of_account, ("due_at",), limit))
