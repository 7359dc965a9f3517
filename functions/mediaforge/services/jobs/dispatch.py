"""Slots. A job runs when its account has one free; until then it waits in Firestore, by priority and
then age. Handing a job to the queue comes after the commit and may be lost: the sweep repeats it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job, WaitingFor
from mediaforge.domain.library.batches import Row
from mediaforge.domain.money import slots
from mediaforge.domain.money.accounts import Account, HeldUp, free_slots, is_the_one
from mediaforge.domain.money.slots import QueueOf
from mediaforge.ports.documents import Query, Transaction
from mediaforge.ports.tasks import Task
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.line import after_turns, first_in_line
from mediaforge.services.jobs.transitions import is_forgotten, write, write_new_of_row
from mediaforge.services.money.fuse import has_blown, report_blown, terms_of
from mediaforge.services.tasks import hand_over

# Jobs that one commit dispatches at most: a freed slot needs one, a raised tier some more.
_DISPATCHES_MAX = 20

# What the jobs in an account's line wait for. A job that waits for an operator keeps its place in the line,
# since nobody looks at each such job by itself.
_IN_TURN = [WaitingFor.CAPACITY.value, WaitingFor.RESUME.value]


def place(backend: Backend, account: Account, job: Job, now: datetime) -> tuple[Account, Job]:
    """The account and a new job, which gets a slot or a reason to wait, unless it needs neither. The
    account's fuse may have blown with it."""
    queue_of = _queues_of(backend, account)
    if states.needs_no_slot(job):
        return account, states.go_ahead(replace(job, queue=queue_of(job)), now, backend.timing)
    terms = terms_of(backend, account)
    return slots.place(account, job, terms, now, backend.timing, queue_of)


def _queues_of(backend: Backend, account: Account) -> QueueOf:
    """Finds the queue of a job: that of its model, for the lane that the account's tier has now. A job whose
    model has left the catalogue keeps its queue."""
    lane = backend.catalogue.tier_of(account.tier).lane
    return lambda job: backend.catalogue.queue_of(job.model, lane) or job.queue


@dataclass(frozen=True, slots=True)
class Taken:
    """An account after its free slots were given to what waits first, and what has changed with it: jobs, as
    (before, after), and rows, each with the job that was made of it."""

    account: Account
    jobs: Sequence[tuple[Job, Job]] = ()
    rows: Sequence[tuple[Row, Job]] = ()
    held_up: HeldUp | None = None

    @property
    def dispatched(self) -> list[Job]:
        moved = [after for _, after in self.jobs if after.is_dispatched]
        return moved + [job for _, job in self.rows]

    def write(self, tx: Transaction) -> None:
        """Writes the jobs and the rows. The account is written by the caller."""
        for before, after in self.jobs:
            write(tx, before, after)
        for row, job in self.rows:
            write_new_of_row(tx, row, job)


def take_waiting(backend: Backend, tx: Transaction, account: Account, now: datetime) -> Taken:
    """Gives the account's free slots to what waits first: jobs, and rows, which get their jobs with the slot.
    Ends the orphans among the jobs. Reads only. The caller's commit has to write the account: whatever
    changes who may start changes it, too."""
    if not account.has_waiting:
        return Taken(account)
    free = min(_DISPATCHES_MAX, free_slots(account, backend.catalogue.tier_of(account.tier)))
    recheck_at = slots.recheck_at(now, backend.timing)
    if not free:
        return Taken(replace(account, due_at=recheck_at))
    waiting = tx.find(Job, _waiting(account.id, free + 1))
    orphans = [job for job in waiting if _is_orphan(tx, account, job)]
    ours = [job for job in waiting if job not in orphans]
    line = first_in_line(backend, tx, account, ours, free, now)
    terms, queue_of = terms_of(backend, account), _queues_of(backend, account)
    drafts = [draft for _, draft, _ in line.order]
    filled = slots.fill(account, drafts, terms, now, backend.timing, queue_of)
    after = after_turns(filled.account, line, len(filled.dispatched))
    # Orphans took places of this page: the account is due at once, so that the sweep asks for the rest.
    again_at = now if orphans else recheck_at
    # A job on this page may still wait: rows of a higher priority took its slot.
    first_jobs = sum(1 for _, _, row in line.order if row is None)
    is_all = (
        filled.held_up is None
        and len(waiting) <= free
        and len(waiting) == first_jobs + len(orphans)
        and not after.tracks
    )
    moved = [
        (row, before, placed)
        for (_, _, row), (before, placed) in zip(line.order, filled.jobs, strict=True)
    ]
    ended = [(job, states.abandon(job, now, backend.timing)) for job in orphans]
    changed = [(job, placed) for row, job, placed in moved if row is None and placed != job]
    return Taken(
        account=replace(after, due_at=None if is_all else again_at),
        jobs=[*changed, *ended],
        rows=[(row, placed) for row, _, placed in moved if row and placed.is_dispatched],
        held_up=filled.held_up,
    )


def drop_waiting(
    backend: Backend, tx: Transaction, account_id: str, account: Account | None, now: datetime
) -> list[tuple[Job, Job]]:
    """Ends the jobs that wait for a slot of an account that is gone, each as (before, ended). `account` is
    the account that has its id now, if there is one. Reads only."""
    waiting = tx.find(Job, _waiting(account_id, _DISPATCHES_MAX))
    orphans = [job for job in waiting if _is_orphan(tx, account, job)]
    return [(job, states.abandon(job, now, backend.timing)) for job in orphans]


def _is_orphan(tx: Transaction, account: Account | None, job: Job) -> bool:
    """Whether the account that the job was accepted for is gone, or a document that shows the job."""
    return not is_the_one(account, job) or is_forgotten(tx, job)


def _waiting(account_id: str, limit: int) -> Query:
    return Query(
        at.JOBS,
        where=(("account_id", "==", account_id), ("waiting_for", "in", _IN_TURN)),
        order_by=("-priority", "created_at"),
        limit=limit,
    )


def dispatch_account(backend: Backend, account_id: str) -> int:
    """Fills the account's free slots, and says how many jobs got one. It looks for waiting jobs even where
    the account says that it has none. The sweep does this for an account that nobody has touched in time."""
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


def _fill_slots(backend: Backend, account_id: str) -> Taken | None:
    """None where there is no such account."""

    def work(tx: Transaction) -> tuple[Taken | None, bool]:
        now = backend.clock.now()
        account = tx.get(at.account(account_id))
        if account is None:
            return None, False
        if account.tracks or free_slots(account, backend.catalogue.tier_of(account.tier)):
            account = replace(account, due_at=account.due_at or now)
        taken = take_waiting(backend, tx, account, now)
        taken.write(tx)
        if taken.account != account:
            tx.put(at.account(account_id), replace(taken.account, modified=now))
        return taken, has_blown(account, taken.account)

    filled, blows_fuse = backend.documents.transact(work)
    if blows_fuse:
        report_blown(account_id)
    return filled


def start_waiting(backend: Backend, job_id: str) -> Job | None:
    """Places a scheduled job whose time has come, or one that waits for an operator and has a `due_at` of its
    own, as an earlier version left it. Ends the job where its account is gone. Returns the job after that;
    None where it waits for something else, or its time has not come yet."""

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
    """Hands committed jobs to their queues. Never raises: a job that is not handed over now has a `due_at`,
    and the sweep hands it over."""
    hand_over(backend, *map(task_for, dispatched))


def task_for(job: Job) -> Task:
    """The task of the job's present delivery: the same job and delivery are the same task."""
    task_id = _task_id(f"{job.id}:{job.deliveries}")
    return Task(job.queue, task_id, _body(job), job.not_before)


def task_at(job: Job, moment: datetime) -> Task:
    """A task that looks at the job at `moment`. The job is not written for it, as by a delivery that met a
    living worker."""
    task_id = _task_id(f"{job.id}:{moment.isoformat()}")
    return Task(job.queue, task_id, _body(job), moment)


def _body(job: Job) -> Mapping[str, Any]:
    """What a task tells the job's worker. `workers.run` reads it, also in the release before this and in the
    next one."""
    return {"jobId": job.id, "delivery": job.deliveries}


def _task_id(text: str) -> str:
    # Hashed: Cloud Tasks slows down on ids with a common prefix.
    return hashlib.sha256(text.encode()).hexdigest()[:40]
