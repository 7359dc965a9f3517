"""Slots. A job runs when its account has one free; until then it waits in Firestore, by priority and
then age. Handing a job to the queue comes after the commit and may be lost: the sweep repeats it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job, WaitingFor
from mediaforge.domain.money import slots
from mediaforge.domain.money.accounts import Account, HeldUp, free_slots, is_the_one
from mediaforge.domain.money.slots import Filled, QueueOf
from mediaforge.ports.documents import Query, Transaction
from mediaforge.ports.tasks import Task
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.transitions import is_forgotten, write
from mediaforge.services.money.fuse import has_blown, report_blown, terms_of
from mediaforge.services.tasks import hand_over

# One transaction dispatches at most so many: a freed slot needs one, a raised tier some more.
_DISPATCHES_MAX = 20

# Of whom a free slot is for. Who waits for an operator keeps its place among them: nobody looks at each.
_IN_TURN = [WaitingFor.CAPACITY.value, WaitingFor.RESUME.value]


def place(backend: Backend, account: Account, job: Job, now: datetime) -> tuple[Account, Job]:
    """A slot for a newcomer, or a reason to wait. The account's fuse may have blown with it."""
    terms, queue_of = terms_of(backend, account), _queues_of(backend, account)
    return slots.place(account, job, terms, now, backend.timing, queue_of)


def _queues_of(backend: Backend, account: Account) -> QueueOf:
    """That of a job's model for the account's lane of now; the one it has, where the model has left the
    catalogue."""
    lane = backend.catalogue.tier_of(account.tier).lane
    return lambda job: backend.catalogue.queue_of(job.model, lane) or job.queue


def take_waiting(backend: Backend, tx: Transaction, account: Account, now: datetime) -> Filled:
    """The waiting jobs that fit into the account's free slots get them. Reads only."""
    if not account.has_waiting:
        return Filled(account)
    free = min(_DISPATCHES_MAX, free_slots(account, backend.catalogue.tier_of(account.tier)))
    recheck_at = slots.recheck_at(now, backend.timing)
    if not free:
        return Filled(replace(account, due_at=recheck_at))
    waiting = tx.find(Job, _waiting(account.id, free + 1))
    orphans = [job for job in waiting if _is_orphan(tx, account, job)]
    in_turn = [job for job in waiting if job not in orphans][:free]
    terms, queue_of = terms_of(backend, account), _queues_of(backend, account)
    filled = slots.fill(account, in_turn, terms, now, backend.timing, queue_of)
    # With places lost to orphans, the rest is asked for at once.
    again_at = now if orphans else recheck_at
    is_all = filled.held_up is None and len(waiting) <= free
    ended = [(job, states.abandon(job, now, backend.timing)) for job in orphans]
    return replace(
        filled,
        account=replace(filled.account, due_at=None if is_all else again_at),
        jobs=[*filled.jobs, *ended],
    )


def drop_waiting(
    backend: Backend, tx: Transaction, account_id: str, account: Account | None, now: datetime
) -> list[tuple[Job, Job]]:
    """The jobs that wait for a slot of an account that is gone, as (before, ended). `account` is who has its
    name now. Reads only."""
    waiting = tx.find(Job, _waiting(account_id, _DISPATCHES_MAX))
    orphans = [job for job in waiting if _is_orphan(tx, account, job)]
    return [(job, states.abandon(job, now, backend.timing)) for job in orphans]


def _is_orphan(tx: Transaction, account: Account | None, job: Job) -> bool:
    """Whether nobody is there to pay for the job, or to see it."""
    return not is_the_one(account, job) or is_forgotten(tx, job)


def _waiting(account_id: str, limit: int) -> Query:
    return Query(
        at.JOBS,
        where=(("account_id", "==", account_id), ("waiting_for", "in", _IN_TURN)),
        order_by=("-priority", "created_at"),
        limit=limit,
    )


def dispatch_account(backend: Backend, account_id: str) -> int:
    """Fills the account's free slots; how many jobs got one. What the sweep does for an account that
    nobody has touched in time, whatever the account says of its waiting jobs."""
    total = 0
    while True:
        filled = _fill_slots(backend, account_id)
        dispatched = filled.dispatched if filled else []
        deliver(backend, dispatched)
        total += len(dispatched)
        if filled and filled.held_up is HeldUp.SHARE:
            log.warning("share.used", account_id=account_id)
        if len(dispatched) < _DISPATCHES_MAX:
            return total


def _fill_slots(backend: Backend, account_id: str) -> Filled | None:
    """None where there is no such account."""

    def work(tx: Transaction) -> tuple[Filled | None, bool]:
        now = backend.clock.now()
        account = tx.get(at.account(account_id))
        if account is None:
            return None, False
        if free_slots(account, backend.catalogue.tier_of(account.tier)):
            account = replace(account, due_at=account.due_at or now)
        filled = take_waiting(backend, tx, account, now)
        for before, after in filled.changed:
            write(tx, before, after)
        if filled.account != account:
            tx.put(at.account(account_id), replace(filled.account, modified=now))
        return filled, has_blown(account, filled.account)

    filled, blows_fuse = backend.documents.transact(work)
    if blows_fuse:
        report_blown(account_id)
    return filled


def start_waiting(backend: Backend, job_id: str) -> Job | None:
    """Places a job whose time has come, or that waits for an operator and is due by itself, as an earlier
    version left it; ends it where its account is gone. The job after it; None when it waits for neither, or
    not for its time yet."""

    def work(tx: Transaction) -> tuple[Job | None, bool]:
        now = backend.clock.now()
        job = tx.get(at.job(job_id))
        if job is None or not (
            states.is_due_to_start(job, now) or job.waiting_for is WaitingFor.RESUME
        ):
            return None, False
        account = tx.get(at.account(job.account_id))
        if account is None or _is_orphan(tx, account, job):
            abandoned = states.abandon(job, now, backend.timing)
            write(tx, job, abandoned)
            return abandoned, False
        after, placed = place(backend, account, job, now)
        write(tx, job, placed)
        tx.put(at.account(account.id), replace(after, modified=now))
        return placed, has_blown(account, after)

    placed, blows_fuse = backend.documents.transact(work)
    if placed is not None and blows_fuse:
        report_blown(placed.account_id)
    if placed is not None and placed.status.is_final:
        log.warning("job.orphaned", job_id=job_id, account_id=placed.account_id)
    if placed is not None and placed.is_dispatched:
        deliver(backend, [placed])
    return placed


def deliver(backend: Backend, dispatched: Iterable[Job]) -> None:
    """Hands committed jobs to their queues. Never raises: a job that is not handed over now has a
    due_at, and the sweep will."""
    hand_over(backend, *map(task_for, dispatched))


def task_for(job: Job) -> Task:
    """The task of the job's present delivery: the same job and delivery are the same task."""
    task_id = _task_id(f"{job.id}:{job.deliveries}")
    return Task(job.queue, task_id, _body(job), job.not_before)


def task_at(job: Job, moment: datetime) -> Task:
    """A look at the job at `moment`, without a write: for a delivery that met a living worker."""
    task_id = _task_id(f"{job.id}:{moment.isoformat()}")
    return Task(job.queue, task_id, _body(job), moment)


def _body(job: Job) -> Mapping[str, Any]:
    """What the job's worker is told: `workers.run` reads it, also of the releases before and after."""
    return {"jobId": job.id, "delivery": job.deliveries}


def _task_id(text: str) -> str:
    # Hashed: Cloud Tasks slows down on ids with a common prefix.
    return hashlib.sha256(text.encode()).hexdigest()[:40]
