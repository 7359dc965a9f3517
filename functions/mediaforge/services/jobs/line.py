"""The line of an account: what waits for its slots, jobs and rows of batches, in the order in which they get
one. A row comes with the draft of its job. Reads only."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from pydantic import ValidationError

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.library import batches
from mediaforge.domain.library.batches import Row
from mediaforge.domain.money import tracks
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.money.tracks import SINGLE_JOBS, Waiting
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.backend import Backend


class InLine(NamedTuple):
    """What waits on a track: a job, or a row with the draft of its job."""

    track: str
    job: Job
    row: Row | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What gets the free slots, in this order. `emptied` are the tracks whose rows are all in `order`."""

    order: Sequence[InLine]
    emptied: Set[str] = frozenset()


def first_in_line(
    backend: Backend,
    tx: Transaction,
    account: Account,
    jobs: Sequence[Job],
    free: int,
    now: datetime,
) -> Line:
    """The first `free` of the account's rows and waiting `jobs`, which are in their order."""
    if not account.tracks:
        return Line([InLine(SINGLE_JOBS, job) for job in jobs[:free]])
    turns = _Turns(account, _by_track(account, jobs), free)
    rows, wanted = _rows_that_may_start(tx, turns)
    drafts = {
        batch_id: _as_waiting(backend, account, batch_id, found[: wanted[batch_id]], now)
        for batch_id, found in rows.items()
    }
    return Line(
        order=_of_the_epoch(tx, turns.first(drafts)),
        emptied={each for each, found in rows.items() if len(found) <= wanted[each]},
    )


def _by_track(account: Account, jobs: Sequence[Job]) -> Mapping[str, Sequence[Job]]:
    """The jobs of each track. Those of a batch without a track were taken back once: its rows are all
    started."""
    without_track = {job.batch_id for job in jobs if job.batch_id} - account.tracks.keys()
    names = (SINGLE_JOBS, *account.tracks, *sorted(without_track))
    return {name: [job for job in jobs if (job.batch_id or SINGLE_JOBS) == name] for name in names}


@dataclass(frozen=True, slots=True)
class _Turns:
    """Counts whose turn each of the `free` slots is. `jobs` are those that wait, by track."""

    account: Account
    jobs: Mapping[str, Sequence[Job]]
    free: int

    def first(self, rows: Mapping[str, Sequence[Waiting[InLine]]]) -> list[InLine]:
        """What gets the slots, where these rows wait on the tracks, behind the jobs."""
        return [work for _, work in self._in_turn(rows)]

    def rows_wanted(self, most: Mapping[str, int]) -> Counter[str]:
        """How many rows of each track get a slot, where as many wait as `most` says."""
        rows = {
            batch_id: [Waiting(self.account.tracks[batch_id].priority, None)] * number
            for batch_id, number in most.items()
        }
        return Counter(name for name, work in self._in_turn(rows) if work is None)

    def _in_turn(self, rows: Mapping[str, Sequence[Waiting[Any]]]) -> Iterator[tuple[str, Any]]:
        lines = {name: self._line(name, rows.get(name, ())) for name in self.jobs}
        return islice(tracks.in_turn(lines, self.account.turns), self.free)

    def _line(self, name: str, rows: Sequence[Waiting[Any]]) -> tracks.Line[Any]:
        waiting = [Waiting(job.priority, InLine(name, job)) for job in self.jobs[name]]
        if name == SINGLE_JOBS:
            return tracks.single_line(self.account.single_turn, waiting)
        return tracks.line_of(self.account.tracks.get(name), [*waiting, *rows])


def _rows_that_may_start(
    tx: Transaction, turns: _Turns
) -> tuple[Mapping[str, Sequence[Row]], Mapping[str, int]]:
    """The first waiting rows of each batch that has a turn, and how many of them get a slot. First the turns
    are counted as if each track had rows enough, so that of a track only the rows are read that may start,
    and one more. Where a track has fewer than its turns, the turns are counted again: what is left over goes
    to who is next."""
    most, found = dict.fromkeys(turns.account.tracks, turns.free), dict[str, list[Row]]()
    while True:
        wanted = turns.rows_wanted(most)
        for batch_id, number in wanted.items():
            is_all_read = most[batch_id] < turns.free
            if not is_all_read and number >= len(found.get(batch_id, ())):
                found[batch_id] = tx.find(Row, _waiting_rows(batch_id, number + 1))
        fewer = {each: len(found[each]) for each, n in wanted.items() if len(found[each]) < n}
        if not fewer:
            return found, wanted
        most |= fewer


def _waiting_rows(batch_id: str, limit: int) -> Query:
    return Query(
        at.rows(batch_id), where=(("is_waiting", "==", True),), order_by=("index",), limit=limit
    )


def _as_waiting(
    backend: Backend, account: Account, batch_id: str, rows: Sequence[Row], now: datetime
) -> list[Waiting[InLine]]:
    priority = account.tracks[batch_id].priority
    drafts = _readable_drafts(backend, rows, priority, now)
    return [Waiting(priority, InLine(batch_id, draft, row)) for row, draft in drafts]


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


def _of_the_epoch(tx: Transaction, order: Sequence[InLine]) -> Sequence[InLine]:
    """The jobs that are made now have the team's present epoch. A peek is enough, as in `accept`."""
    team_id = next((each.job.team_id for each in order if each.row and each.job.team_id), None)
    team = tx.peek(at.team(team_id)) if team_id is not None else None
    if team is None:
        return order
    epoch = team.address_epoch
    return [
        each._replace(job=replace(each.job, address_epoch=epoch)) if each.row else each
        for each in order
    ]


def after_turns(account: Account, line: Line, given: int) -> Account:
    """The account after the first `given` of the line have got their slots, and without the tracks whose last
    row is among them."""
    tracks_left, single_turn = dict(account.tracks), account.single_turn
    if not tracks_left:
        return account
    for turn, (name, _, _) in enumerate(line.order[:given], account.turns):
        if name == SINGLE_JOBS:
            single_turn = turn
        elif name in tracks_left:
            tracks_left[name] = replace(tracks_left[name], turn=turn)
    waiting = {name for name, _, row in line.order[given:] if row is not None}
    for name in line.emptied - waiting:
        tracks_left.pop(name, None)
    turns = account.turns + given
    return replace(account, tracks=tracks_left, single_turn=single_turn, turns=turns)
