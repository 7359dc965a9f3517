"""Slots. A job runs when its account has one free; until then it waits in Firestore, by priority and
then age. Handing a job to the queue comes after the commit and may be lost: the sweep repeats it."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from pydantic import ValidationError

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job, JobStatus, WaitingFor
from mediaforge.domain.library import batches
from mediaforge.domain.library.batches import Row
from mediaforge.domain.money import slots
from mediaforge.domain.money.accounts import Account, HeldUp, free_slots, is_the_one
from mediaforge.domain.money.slots import QueueOf
from mediaforge.domain.money.tracks import (
    SINGLE_JOBS,
    Line,
    Waiting,
    in_turn,
    line_of,
    single_line,
)
from mediaforge.ports.documents import Query, Transaction
from mediaforge.ports.tasks import Task
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.transitions import is_forgotten, write, write_new_of_row
from mediaforge.services.money.fuse import has_blown, report_blown, terms_of
from mediaforge.services.tasks import hand_over

# Jobs that one commit dispatches at most: a freed slot needs one, a raised tier some more.
_DISPATCHES_MAX = 20

# What the jobs in an account's line wait for. A job that waits for an operator keeps its place in the line,
# since nobody looks at each such job by itself.
_IN_TURN = [WaitingFor.CAPACITY.value, WaitingFor.RESUME.value]


def place(backend: Backend, account: Account, job: Job, now: datetime) -> tuple[Account, Job]:
    """The account and a new job, which gets a slot or a reason to wait. The account's fuse may have blown
    with it."""
    terms, queue_of = terms_of(backend, account), _queues_of(backend, account)
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
    line = _line(backend, tx, account, [job for job in waiting if job not in orphans], free, now)
    terms, queue_of = terms_of(backend, account), _queues_of(backend, account)
    drafts = [draft for _, draft, _ in line.order]
    filled = slots.fill(account, drafts, terms, now, backend.timing, queue_of)
    after = _in_turn(filled.account, line, len(filled.dispatched))
    # Orphans took places of this page: the account is due at once, so that the sweep asks for the rest.
    again_at = now if orphans else recheck_at
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


@dataclass(frozen=True, slots=True)
class _Line:
    """What gets the free slots, in this order: the track, the job or the draft of one, and the row that the
    draft is of. `emptied` are the tracks whose rows are all in `order`."""

    order: Sequence[tuple[str, Job, Row | None]]
    emptied: Set[str] = frozenset()


def _line(
    backend: Backend,
    tx: Transaction,
    account: Account,
    jobs: Sequence[Job],
    free: int,
    now: datetime,
) -> _Line:
    """The first `free` of the account's waiting jobs and rows. First the turns are counted as if each track
    had rows enough, so that of a track only the rows are read that may start, and one more. Where a track has
    fewer than its turns, the turns are counted again: what is left over goes to who is next."""
    if not account.tracks:
        return _Line([(SINGLE_JOBS, job, None) for job in jobs[:free]])
    taken_back = {job.batch_id for job in jobs if job.batch_id} - account.tracks.keys()
    ids = [*account.tracks, *sorted(taken_back)]
    known: dict[str, list[Waiting[tuple[Job, Row | None] | None]]] = {
        name: [Waiting(job.priority, (job, None)) for job in jobs if (job.batch_id or "") == name]
        for name in (SINGLE_JOBS, *ids)
    }

    def lines(rows: Mapping[str, Sequence[tuple[Job, Row] | None]]) -> dict[str, Line[Any]]:
        queued: dict[str, Sequence[Waiting[Any]]] = {
            name: [*known[name], *(Waiting(account.tracks[name].priority, r) for r in rows[name])]
            if name in rows
            else known[name]
            for name in ids
        }
        of_batches = {name: line_of(account.tracks.get(name), queued[name]) for name in ids}
        return {SINGLE_JOBS: single_line(account.single_turn, known[SINGLE_JOBS]), **of_batches}

    def first(rows: Mapping[str, Sequence[tuple[Job, Row] | None]]) -> list[tuple[str, Any]]:
        return list(islice(in_turn(lines(rows), account.turns), free))

    found: dict[str, list[Row]] = {}
    most = dict.fromkeys(account.tracks, free)
    while True:
        planned = first({batch_id: [None] * number for batch_id, number in most.items()})
        wanted = Counter(name for name, work in planned if work is None)
        for batch_id, number in wanted.items():
            if number >= len(found.get(batch_id, ())) and most[batch_id] == free:
                found[batch_id] = tx.find(Row, _waiting_rows(batch_id, number + 1))
        fewer = {
            each: len(found[each]) for each, number in wanted.items() if len(found[each]) < number
        }
        if not fewer:
            break
        most |= fewer
    drafts = {
        batch_id: [
            (draft, row)
            for row, draft in _readable_drafts(
                backend, rows[: wanted[batch_id]], account.tracks[batch_id].priority, now
            )
        ]
        for batch_id, rows in found.items()
    }
    order = [(name, *work) for name, work in first(drafts)]
    return _Line(
        order=_of_the_epoch(tx, order),
        emptied={each for each, rows in found.items() if len(rows) <= wanted[each]},
    )


def draft_of(backend: Backend, row: Row, priority: int, now: datetime) -> Job:
    """The job that a waiting row is to get, as it was agreed when the batch was accepted."""
    top = {"user_id": row.user_id, "account_id": row.account_id, "team_id": row.team_id}
    age = timedelta(hours=backend.catalogue.limits.job_age_h_max)
    run = {"queue": row.wish.get("queue", ""), "modified": now, "expires_at": now + age}
    fields = {
        **top,
        "status": JobStatus.QUEUED,
        "priority": priority,
        "created_at": now,
        "due_at": None,
        "wish": row.wish,
        "run": run,
        "end": {"asset_token": backend.new_id()},
    }
    opened_at = row.wish.get("account_opened_at")
    job_id = batches.job_id_of(row.batch_id, row.index, row.attempt, opened_at)
    return at.load(Job, fields, job_id)


def drafts_of(backend: Backend, rows: Sequence[Row], priority: int, now: datetime) -> list[Job]:
    """The drafts of those rows that can be read: one that somebody spoilt by hand keeps no other waiting."""
    return [draft for _, draft in _readable_drafts(backend, rows, priority, now)]


def _readable_drafts(
    backend: Backend, rows: Sequence[Row], priority: int, now: datetime
) -> Iterator[tuple[Row, Job]]:
    for row in rows:
        try:
            yield row, draft_of(backend, row, priority, now)
        except ValidationError as error:
            log.bug("row.unreadable", error, batch_id=row.batch_id, row=row.index)


def _of_the_epoch(
    tx: Transaction, order: Sequence[tuple[str, Job, Row | None]]
) -> Sequence[tuple[str, Job, Row | None]]:
    """The jobs that are made now have the team's present epoch. A peek is enough, as in `accept`."""
    team_id = next((job.team_id for _, job, row in order if row and job.team_id), None)
    team = tx.peek(at.team(team_id)) if team_id is not None else None
    if team is None:
        return order
    epoch = team.address_epoch
    return [(n, replace(job, address_epoch=epoch) if row else job, row) for n, job, row in order]


def _in_turn(account: Account, line: _Line, given: int) -> Account:
    """The account after the first `given` of the line have got their slots, and without the tracks whose last
    row is among them."""
    tracks, single_turn = dict(account.tracks), account.single_turn
    if not tracks:
        return account
    for turn, (name, _, _) in enumerate(line.order[:given], account.turns):
        if name == SINGLE_JOBS:
            single_turn = turn
        elif name in tracks:
            tracks[name] = replace(tracks[name], turn=turn)
    waiting = {name for name, _, row in line.order[given:] if row is not None}
    left = {name: track for name, track in tracks.items() if name not in line.emptied - waiting}
    return replace(account, tracks=left, single_turn=single_turn, turns=account.turns + given)


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


def _waiting_rows(batch_id: str, limit: int) -> Query:
    return Query(
        at.rows(batch_id), where=(("is_waiting", "==", True),), order_by=("index",), limit=limit
    )


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
