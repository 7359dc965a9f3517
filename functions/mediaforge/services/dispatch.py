"""Slots. A job runs when its account has one free; until then it waits in Firestore, by priority and
then age. Handing a job to the queue comes after the commit and may be lost: the sweep repeats it."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain import jobs
from mediaforge.domain.accounts import Account, free_slots, is_the_one
from mediaforge.domain.errors import BusyError
from mediaforge.domain.jobs import Job, WaitingFor
from mediaforge.ports.documents import Query, Transaction
from mediaforge.ports.tasks import AnyTask, Task
from mediaforge.services.backend import Backend
from mediaforge.services.transitions import is_forgotten, write

# One transaction dispatches at most so many: a freed slot needs one, a raised tier some more.
_DISPATCHES_MAX = 20


def place(backend: Backend, account: Account, job: Job, now: datetime) -> tuple[Account, Job]:
    """A slot for the job, or a reason to wait: for its time, for an operator, for its turn."""
    timing = backend.timing
    account = replace(account, placed=account.placed + 1)
    if job.not_before is not None and jobs.is_early(job, now):
        late_at = job.not_before + timedelta(seconds=timing.return_s)
        return account, jobs.wait(job, now, WaitingFor.SCHEDULE, late_at)
    recheck_at = now + timedelta(seconds=timing.waiting_s)
    if account.fuse_blown_at is not None or backend.is_fuse_blown():
        return account, jobs.wait(job, now, WaitingFor.RESUME, recheck_at)
    if account.has_waiting or not free_slots(account, backend.catalogue.tier_of(account.tier)):
        # Its account is looked at, not each of its jobs: of those there may be a thousand.
        queued = replace(account, due_at=account.due_at or recheck_at)
        return queued, jobs.wait(job, now, WaitingFor.CAPACITY, job.expires_at)
    return replace(account, active=account.active + 1), jobs.dispatch(job, now, timing)


def take_waiting(
    backend: Backend, tx: Transaction, account: Account, now: datetime
) -> tuple[Account, list[tuple[Job, Job]]]:
    """The waiting jobs that fit into the account's free slots, as (before, dispatched); with them, ended,
    those that they meet of an earlier account of its name. Reads only."""
    slots = min(_DISPATCHES_MAX, free_slots(account, backend.catalogue.tier_of(account.tier)))
    if not account.has_waiting:
        return account, []
    recheck_at = now + timedelta(seconds=backend.timing.waiting_s)
    if not slots:
        return replace(account, due_at=recheck_at), []
    waiting = tx.find(Job, _waiting(account.id, slots + 1))
    orphans = [job for job in waiting if _is_orphan(tx, account, job)]
    taken = [job for job in waiting if job not in orphans][:slots]
    # With places lost to orphans, the rest is asked for at once.
    again_at = now if orphans else recheck_at
    after = replace(
        account,
        active=account.active + len(taken),
        due_at=again_at if len(waiting) > slots else None,
    )
    return after, [
        *((job, jobs.dispatch(job, now, backend.timing)) for job in taken),
        *((job, jobs.abandon(job, now, backend.timing)) for job in orphans),
    ]


def drop_waiting(
    backend: Backend, tx: Transaction, account_id: str, account: Account | None, now: datetime
) -> list[tuple[Job, Job]]:
    """The jobs that wait for a slot of an account that is gone, as (before, ended). `account` is who has its
    name now. Reads only."""
    waiting = tx.find(Job, _waiting(account_id, _DISPATCHES_MAX))
    orphans = [job for job in waiting if _is_orphan(tx, account, job)]
    return [(job, jobs.abandon(job, now, backend.timing)) for job in orphans]


def _is_orphan(tx: Transaction, account: Account | None, job: Job) -> bool:
    """Whether nobody is there to pay for the job, or to see it."""
    return not is_the_one(account, job) or is_forgotten(tx, job)


def _waiting(account_id: str, limit: int) -> Query:
    return Query(
        at.JOBS,
        where=(("account_id", "==", account_id), ("waiting_for", "==", WaitingFor.CAPACITY.value)),
        order_by=("-priority", "created_at"),
        limit=limit,
    )


def dispatch_account(backend: Backend, account_id: str) -> int:
    """Fills the account's free slots; how many jobs got one. What the sweep does for an account that
    nobody has touched in time, whatever the account says of its waiting jobs."""
    total = 0
    while True:
        dispatched = _fill_slots(backend, account_id)
        deliver(backend, dispatched)
        total += len(dispatched)
        if len(dispatched) < _DISPATCHES_MAX:
            return total


def _fill_slots(backend: Backend, account_id: str) -> list[Job]:
    def work(tx: Transaction) -> list[Job]:
        now = backend.clock.now()
        account = tx.get(at.account(account_id))
        if account is None:
            return []
        if free_slots(account, backend.catalogue.tier_of(account.tier)):
            account = replace(account, due_at=account.due_at or now)
        after, taken = take_waiting(backend, tx, account, now)
        for before, taken_job in taken:
            write(tx, before, taken_job)
        if after != account:
            tx.put(at.account(account_id), after)
        return [after for _, after in taken if after.is_dispatched]

    return backend.documents.transact(work)


def start_waiting(backend: Backend, job_id: str) -> Job | None:
    """Places a job whose time has come, or whose operator may have said go on; ends it where its account is
    gone. The job after it; None when it waits for neither, or not for its time yet."""

    def work(tx: Transaction) -> Job | None:
        now = backend.clock.now()
        job = tx.get(at.job(job_id))
        if job is None or not (
            jobs.is_due_to_start(job, now) or job.waiting_for is WaitingFor.RESUME
        ):
            return None
        account = tx.get(at.account(job.account_id))
        if account is None or _is_orphan(tx, account, job):
            abandoned = jobs.abandon(job, now, backend.timing)
            write(tx, job, abandoned)
            return abandoned
        after, placed = place(backend, account, job, now)
        write(tx, job, placed)
        tx.put(at.account(account.id), after)
        return placed

    placed = backend.documents.transact(work)
    if placed is not None and placed.status.is_final:
        log.warning("job.orphaned", job_id=job_id, account_id=placed.account_id)
    if placed is not None and placed.is_dispatched:
        deliver(backend, [placed])
    return placed


def deliver(backend: Backend, dispatched: Iterable[Job]) -> None:
    """Hands committed jobs to their queues. Never raises: a job that is not handed over now has a
    due_at, and the sweep will."""
    for job in dispatched:
        hand_over(backend, task_for(job))


def hand_over(backend: Backend, task: AnyTask) -> None:
    """Never raises."""
    of = {"job_id": task.job_id} if isinstance(task, Task) else {"team_id": task.team_id}
    try:
        backend.tasks.enqueue(task)
    except BusyError as error:
        log.warning("task.delayed", **of, cause=str(error))
    except Exception as error:
        log.bug("task.broke", error, **of)


def task_for(job: Job) -> Task:
    """The task of the job's present delivery: the same job and delivery are the same task."""
    task_id = _task_id(f"{job.id}:{job.deliveries}")
    return Task(job.queue, task_id, job.id, job.deliveries, job.not_before)


def task_at(job: Job, moment: datetime) -> Task:
    """A look at the job at `moment`, without a write: for a delivery that met a living worker."""
    task_id = _task_id(f"{job.id}:{moment.isoformat()}")
    return Task(job.queue, task_id, job.id, job.deliveries, moment)


def _task_id(text: str) -> str:
    # Hashed: Cloud Tasks slows down on ids with a common prefix.
    return hashlib.sha256(text.encode()).hexdigest()[:40]
