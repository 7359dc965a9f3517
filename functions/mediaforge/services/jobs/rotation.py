"""Ends the addresses of all of a team's pictures after a membership has ended: the member has seen them.

Each task turns a limited number of jobs, from the newest to the oldest. The team's document says how far the
rotation has come. A task that is lost is noticed by the team's `due_at`; what it did is noted on the jobs.
Each walk over all jobs begins some minutes after the one before, or later. The call that ends the membership
sends the first task of a walk that may begin at once; the sweep sends that of any other.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.errors import BusyError
from mediaforge.domain.jobs.addresses import is_turned
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.people import teams
from mediaforge.domain.people.teams import Team, Walk
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.addresses import take_step, turn_job
from mediaforge.services.tasks import send_rotation

A = TypeVar("A")
B = TypeVar("B")

# Few: a task that breaks begins again at its first job, and one that has to pass hundreds of reads without a
# fault may never come to its end.
_JOBS_A_TASK = 25
_JOBS_AT_ONCE = 8
# Seconds until addresses that could not be ended are tried again. An alarm line tells an operator of them.
_AGAIN_S = 600


def rotate_addresses(backend: Backend, team_id: str, at_once: int = _JOBS_AT_ONCE) -> str:
    """Runs one task: turns the next jobs of the team, `at_once` of them side by side. Returns what was done,
    in a word. Raises BusyError so that the task is delivered again."""
    began_at = backend.clock.now()
    team = _put_off(backend, team_id, backend.timing.attempt_s)
    if team is None:
        return "nothing-to-do"
    job_ids = backend.documents.find_ids(_next_jobs(team))
    seen, left = _turn(backend, job_ids, team.address_epoch, at_once)
    left += team.walk.left if team.walk else 0
    is_last = len(job_ids) < _JOBS_A_TASK
    if not is_last and not seen:
        is_last, left = True, max(1, left)  # no job could be read, so there is none to go on behind
    walk = None if is_last else _behind(seen[-1], teams.begun_at(team), left)
    after = _note(backend, team, walk, left, began_at)
    if after is None:
        return "elsewhere"
    if walk is not None:
        send_rotation(backend, team_id)
        return "goes-on"
    if left:
        log.error("addresses.kept", team_id=team_id, jobs=left)
        return "kept-some"
    log.info("addresses.rotated", team_id=team_id, epoch=after.rotated_epoch)
    return "goes-on-later" if teams.is_rotating(after) else "rotated"


def resume_rotation(backend: Backend, team_id: str) -> str:
    """For the sweep: sends a task of the team's rotation, since one should have come by now."""
    team = _put_off(backend, team_id, backend.timing.pickup_s, only_overdue=True)
    if team is None:
        return "moved-meanwhile"
    send_rotation(backend, team_id)
    return "rotation-resumed"


def _put_off(
    backend: Backend, team_id: str, seconds: float, *, only_overdue: bool = False
) -> Team | None:
    """Moves the team's `due_at` on, so that the sweep leaves its rotation alone for `seconds`. Returns the
    team after that; None where no rotation is under way, or its next walk has to wait."""

    def work(tx: Transaction) -> Team | None:
        now, team = backend.clock.now(), tx.get(at.team(team_id))
        if team is None or (only_overdue and (team.due_at is None or team.due_at > now)):
            return None
        if teams.is_rotating(team) and teams.is_early(team, now):
            return None
        due_at = now + timedelta(seconds=seconds) if teams.is_rotating(team) else None
        after = replace(team, due_at=due_at)
        if after != team:
            tx.put(at.team(team_id), after)
        return after if teams.is_rotating(after) else None

    return backend.documents.transact(work)


def _next_jobs(team: Team) -> Query:
    """The next completed jobs, since no others show addresses. A job that is completed during the rotation
    was never seen by the member who left."""
    return Query(
        at.JOBS,
        where=(("team_id", "==", team.id), ("status", "==", JobStatus.COMPLETED.value)),
        order_by=("-completed_at",),
        limit=_JOBS_A_TASK,
        after=team.walk.job_id if team.walk else "",
        behind=(team.walk.completed_at,) if team.walk else (),
    )


def _behind(job: Job, epoch: int, left: int) -> Walk:
    assert job.completed_at is not None
    return Walk(epoch, job.completed_at, job.id, left)


@dataclass(frozen=True, slots=True)
class _Begun:
    """A job whose turn was begun. `found`: the job as it was read; None where it could not be, or is gone.
    `after`: the job as the first step left it; None where that is not known."""

    job_id: str
    found: Job | None = None
    after: Job | None = None
    is_broken: bool = False


def _turn(
    backend: Backend, job_ids: Sequence[str], epoch: int, at_once: int
) -> tuple[list[Job], int]:
    """Turns the jobs. Returns those that could be read, and how many could not be turned. All show their new
    addresses before the first one ends its old ones: Storage takes one change of a file a second, and a
    client that has just read a view gets some time to follow its addresses."""
    begun = _each(job_ids, lambda job_id: _begin(backend, job_id, epoch), at_once)
    are_turned = _each(begun, lambda each: _finish(backend, each, epoch), at_once)
    return [each.found for each in begun if each.found is not None], are_turned.count(False)


def _each(items: Sequence[A], work: Callable[[A], B], at_once: int) -> list[B]:
    if at_once == 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(work, items))


def _begin(backend: Backend, job_id: str, epoch: int) -> _Begun:
    """Takes the first step of the job's turn. A job that cannot be turned is reported and stops no other.
    Raises BusyError."""
    job = None
    try:
        job = backend.documents.get(at.job(job_id))
        if job is None or is_turned(job, epoch):
            return _Begun(job_id, job, job)
        return _Begun(job_id, job, take_step(backend, job, epoch))
    except BusyError:
        raise
    except Exception as error:
        log.bug("turn.broke", error, job_id=job_id)
        return _Begun(job_id, job, is_broken=True)


def _finish(backend: Backend, begun: _Begun, epoch: int) -> bool:
    """Takes the other steps of the job's turn. True where it is turned, or gone. Raises BusyError."""
    if begun.is_broken:
        return False
    if begun.found is None or is_turned(begun.found, epoch):
        return True
    try:
        turn_job(backend, begun.job_id, epoch, begun.after)
    except BusyError:
        raise
    except Exception as error:
        log.bug("turn.broke", error, job_id=begun.job_id)
        return False
    return True


def _note(
    backend: Backend, team: Team, walk: Walk | None, left: int, began_at: datetime
) -> Team | None:
    """Notes on the team how far a task has come that found it as `team` and began at `began_at`: to `walk`,
    or to the end where that is None. Returns the team after that; None where another task has come further,
    or the team is gone."""

    def work(tx: Transaction) -> Team | None:
        now, found = backend.clock.now(), tx.get(at.team(team.id))
        if found is None or not teams.is_rotating(found):
            return None
        if found.walk != team.walk:
            return None
        if team.walk is None:
            found = replace(found, walk_began_at=began_at)
        if walk is not None:
            soon = now + timedelta(seconds=backend.timing.pickup_s)
            after = replace(found, walk=walk, due_at=soon)
        elif left:
            after = replace(found, walk=None, due_at=now + timedelta(seconds=_AGAIN_S))
        else:
            after = teams.end_walk(found, teams.begun_at(team), now)
        tx.put(at.team(team.id), after)
        return after

    return backend.documents.transact(work)
