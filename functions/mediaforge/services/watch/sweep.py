"""The sweep. Every unsettled job has a `due_at`, and so has every account with a job or a row that waits for
a slot. A `due_at` in the past means that a crash, a lost task or a lost event has left the job or the account
behind: the sweep puts it back on its way. A settled job that left something behind has a `clean_at`, past
which the sweep clears that away. A batch has a `due_at` until it has ended and all its rows are final. An
export has a document in `exports_due` until it is final and its file is gone: the sweep sends it to a worker
again, or deletes its file. A direction that is being asked has a `due_at`, past which the sweep closes it and
releases its hold. A team whose pictures' addresses are being ended has a `due_at`, past which its rotation
goes on. A share of a batch that was revoked is there until the addresses that it showed have ended. A notice
has a `due_at` until its webhook was told or it was given up. The account of a user who is being erased has an
`erase_due_at` until nothing of them is left."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.backend import Backend
from mediaforge.services.directing.directions import close_overdue
from mediaforge.services.jobs.clean import clean_up_again
from mediaforge.services.jobs.dispatch import deliver, dispatch_account, start_waiting
from mediaforge.services.jobs.rotation import resume_rotation
from mediaforge.services.jobs.settle import settle_account
from mediaforge.services.jobs.transitions import report_dead, write, write_dead
from mediaforge.services.library.export_work import look_after_export
from mediaforge.services.library.tally import look_after, look_after_taken_back
from mediaforge.services.library.webhook_notices import look_after_notice
from mediaforge.services.money.fuse import check_fuses
from mediaforge.services.tasks import send_erasure, send_unsharing
from mediaforge.services.watch.measuring import is_time_to_measure, measure

# A run rescues a page of each kind in turn, until none is left or it has taken its time (in seconds); the
# next run comes within a minute. Pages are short: a run that dies in a flood of one kind has still visited
# the others.
_PAGE = 20
_RUN_S_MAX = 200

Rescue = Callable[["_Run", str], str]


def sweep_jobs(backend: Backend) -> Counter[str]:
    """Rescues all that is due. Returns what was done, counted. A document that cannot be rescued is reported
    and stops no other."""
    run = _Run(backend, backend.clock.now())
    if _tried(run, _check_fuses, "fuses/project") == "fuse-blown":
        run.done["fuse-blown"] += 1
    lines = [_Line(*found_and_rescued) for found_and_rescued in _RESCUES]
    while lines := [line for line in lines if run.rescue_page(line)]:
        pass
    if run.done:
        log.info("jobs.swept", **run.done)
    _measure(backend, run.now)
    return run.done


def _measure(backend: Backend, now: datetime) -> None:
    """Whatever goes wrong here, what was swept is swept. Then the line is missing, which is an alarm, too."""
    if not is_time_to_measure(backend, now):
        return
    try:
        measure(backend, now)
    except Exception as error:
        log.bug("measuring.failed", error)


@dataclass
class _Line:
    """The documents of `collection` whose moment `when` has come, and how one is rescued. If `is_group`,
    those of all collections of that name, by their paths. `tried` are the ids that this run has come to,
    `left` those of them that the query may still find."""

    collection: str
    when: str
    rescue: Rescue
    is_group: bool = False
    tried: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)


@dataclass
class _Run:
    """One run of the sweep: what it did, the accounts it has settled, and the batches whose shares are being
    ended."""

    backend: Backend
    now: datetime
    done: Counter[str] = field(default_factory=Counter)
    settled: set[str] = field(default_factory=set)
    unshared: set[str] = field(default_factory=set)

    def rescue_page(self, line: _Line) -> bool:
        """Rescues the next page. False where there is none. A query that fails does not keep documents of
        another kind from being rescued."""
        try:
            fresh = self._next_page(line)
        except Exception as error:
            log.bug("rescue.failed", error, collection=line.collection, when=line.when)
            self.done["failed"] += 1
            return False
        for document_id in fresh:
            self.done[_tried(self, line.rescue, document_id)] += 1
        return bool(fresh)

    def _next_page(self, line: _Line) -> list[str]:
        """The ids of the next page. A rescued document is due later now, and is not found any more. One that
        could not be rescued is found again, so the query asks for that many more."""
        if (self.backend.clock.now() - self.now).total_seconds() > _RUN_S_MAX:
            return []
        has_come = ((line.when, "<=", self.now),)
        limit = _PAGE + len(line.left)
        due = Query(line.collection, has_come, (line.when,), limit, is_group=line.is_group)
        found = self.backend.documents.find_ids(due)
        fresh = [document_id for document_id in found if document_id not in line.tried][:_PAGE]
        line.left = line.tried.intersection(found).union(fresh)
        line.tried.update(fresh)
        return fresh


def _tried(run: _Run, rescue: Rescue, document_id: str) -> str:
    try:
        return rescue(run, document_id)
    except Exception as error:
        log.bug("rescue.failed", error, document_id=document_id)
        return "failed"


def _rescue_job(run: _Run, job_id: str) -> str:
    backend, now = run.backend, run.now
    job = backend.documents.get(at.job(job_id))
    if job is None:
        return "gone"
    if job.status.is_final:
        return _settle(run, job)
    if states.is_taken_back(job):
        return look_after_taken_back(backend, job.id)
    if states.is_past_its_time(job, now):
        return _expire(backend, job.id, now)
    if states.is_under_way(job):
        return _redeliver(backend, job.id, now)
    if states.awaits_task(job):
        return _make_task(backend, job.id, now)
    placed = start_waiting(backend, job.id)
    if placed is None:
        return "moved-meanwhile"
    return "orphaned" if placed.status.is_final else "started"


def _settle(run: _Run, job: Job) -> str:
    """Settles the account of the job: its other final jobs are settled with this one."""
    if job.account_id in run.settled:
        return "settled-together"
    run.settled.add(job.account_id)
    return "settled" if settle_account(run.backend, job.account_id) else "settled-meanwhile"


def _expire(backend: Backend, job_id: str, now: datetime) -> str:
    """Ends a job that no task ever reached (its queue is gone, paused, misspelled)."""

    def work(tx: Transaction) -> Job | None:
        job = tx.get(at.job(job_id))
        if job is None or not states.is_past_its_time(job, now):
            return None
        expired = states.expire(job, now, backend.timing)
        write_dead(tx, job, expired)
        return expired

    expired = backend.documents.transact(work)
    if expired is None:
        return "moved-meanwhile"
    report_dead(expired)
    return "expired"


def _redeliver(backend: Backend, job_id: str, now: datetime) -> str:
    def work(tx: Transaction) -> Job | None:
        job = tx.get(at.job(job_id))
        if job is None or not _is_overdue(job, now) or not states.is_under_way(job):
            return None
        again = states.redeliver(job, now, backend.timing)
        write(tx, job, again)
        return again

    again = backend.documents.transact(work)
    if again is None:
        return "moved-meanwhile"
    deliver(backend, [again])
    return "redelivered"


def _make_task(backend: Backend, job_id: str, now: datetime) -> str:
    """Makes the task of a scheduled job whose time is near, so that its queue starts it. Started by the
    sweep, it would stand in one line with the jobs of all accounts."""

    def work(tx: Transaction) -> Job | None:
        job = tx.get(at.job(job_id))
        if job is None or not _is_overdue(job, now) or not states.awaits_task(job):
            return None
        handed_over = states.expect_task(job, now, backend.timing)
        write(tx, job, handed_over)
        return handed_over

    handed_over = backend.documents.transact(work)
    if handed_over is None:
        return "moved-meanwhile"
    deliver(backend, [handed_over])
    return "handed-over"


def _is_overdue(job: Job, now: datetime) -> bool:
    return not job.status.is_final and job.due_at is not None and job.due_at <= now


def _fill_slots(run: _Run, account_id: str) -> str:
    return "filled" if dispatch_account(run.backend, account_id) else "full"


def _clean_up(run: _Run, job_id: str) -> str:
    return clean_up_again(run.backend, job_id)


def _go_on_erasing(run: _Run, account_id: str) -> str:
    send_erasure(run.backend, account_id)
    return "erasing"


def _look_after_batch(run: _Run, batch_id: str) -> str:
    return look_after(run.backend, batch_id)


def _look_after_export(run: _Run, export_id: str) -> str:
    return look_after_export(run.backend, export_id)


def _close_direction(run: _Run, direction_id: str) -> str:
    return "closed" if close_overdue(run.backend, direction_id) else "moved-meanwhile"


def _resume_rotation(run: _Run, team_id: str) -> str:
    return resume_rotation(run.backend, team_id)


def _end_share(run: _Run, path: str) -> str:
    """All of a batch's shares are ended together. The documents stay until that is done, so they are found
    again."""
    batch_id = at.batch_of_share(path)
    if batch_id in run.unshared:
        return "unshared-together"
    run.unshared.add(batch_id)
    send_unsharing(run.backend, batch_id)
    return "unsharing"


def _look_after_notice(run: _Run, path: str) -> str:
    return look_after_notice(run.backend, path)


_RESCUES: tuple[tuple[str, str, Rescue] | tuple[str, str, Rescue, bool], ...] = (
    (at.JOBS, "due_at", _rescue_job),
    (at.DIRECTIONS, "due_at", _close_direction),
    (at.ACCOUNTS, "due_at", _fill_slots),
    (at.ACCOUNTS, "erase_due_at", _go_on_erasing),
    (at.BATCHES, "due_at", _look_after_batch),
    (at.EXPORTS_DUE, "due_at", _look_after_export),
    (at.JOBS, "clean_at", _clean_up),
    (at.TEAMS, "due_at", _resume_rotation),
    (at.SHARES, "revoked_at", _end_share, True),
    (at.NOTICES, "due_at", _look_after_notice, True),
)


def _check_fuses(run: _Run, _: str) -> str:
    return "fuse-blown" if check_fuses(run.backend) else "fuse-whole"
