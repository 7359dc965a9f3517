"""One delivery of a task: claim, generate, save, record. Every step may be repeated, and may be the
last one this process takes.

Returning answers 200 and ends the task; only what should be delivered again raises.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.errors import BusyError
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.jobs.states import Ask, Claim, ComeBack, Drop, GiveUp, Start, Stop
from mediaforge.ports.documents import Transaction, Written
from mediaforge.ports.provider import Finished
from mediaforge.services.backend import Backend
from mediaforge.services.jobs import breakers, lease
from mediaforge.services.jobs.assets import tidy
from mediaforge.services.jobs.attempt import Decision, NoNews, ask, begin, give_up, save
from mediaforge.services.jobs.clean import stop_operation
from mediaforge.services.jobs.dispatch import deliver, start_waiting, task_at
from mediaforge.services.jobs.transitions import is_forgotten, report_dead, write, write_dead
from mediaforge.services.tasks import hand_over


def run_job(backend: Backend, job_id: str, delivery: int | None = None) -> str:
    """Runs one delivery. Returns what happened, in a word for the log. Raises BusyError so that the task is
    delivered again."""
    owner = backend.new_id()
    decision, known = _claim(backend, job_id, owner, delivery)
    match decision:
        case Drop(why):
            return why
        case ComeBack(at=moment, why=why):
            _look_again(backend, job_id, moment)
            return why
        case Start():
            return "started" if start_waiting(backend, job_id) else "started-meanwhile"
        case GiveUp(job):
            report_dead(job)
            return "given-up"
        case Stop(job):
            with log.of_request(job.asked_as):
                return stop_operation(backend, job)
        case HeldOff(job):
            deliver(backend, [job])
            return "held-off"
        case Ask(job):
            is_superseded = delivery is not None and delivery < job.deliveries
            with log.of_request(job.asked_as):
                return _ask(backend, job, owner, known, is_superseded=is_superseded)
        case Claim(job):
            with log.of_request(job.asked_as):
                log.info("job.claimed", job_id=job_id, attempt=job.attempts)
                return _attempt(backend, job, known, begin)


@dataclass(frozen=True, slots=True)
class HeldOff:
    """The model is out of order: the job waits, and the provider was not asked."""

    job: Job


_Claimed = tuple[states.ClaimDecision | HeldOff, Written | None]


def _claim(backend: Backend, job_id: str, owner: str, delivery: int | None) -> _Claimed:
    """The decision about the job. With it, for the commit that goes on from here, the job's document: for a
    claim as it was written, for a question as it was read."""
    # The breaker is asked once for each delivery, however often the commit is tried: of a model that was out
    # of order it lets only one call through, as a trial.
    admit = cache(partial(breakers.admit, backend, owner))
    asked_for: set[str] = set()

    def work(tx: Transaction) -> _Claimed:
        now, job = backend.clock.now(), tx.get(at.job(job_id))
        if job is None:
            return Drop("unknown"), None
        decision = states.claim(job, now, owner, backend.timing, delivery)
        if isinstance(decision, Claim):
            asks = job.reused_from is None  # else the provider is not asked
            if asks:
                asked_for.add(job.model)
            if asks and (open_s := admit(job.model, job.size_name)):
                # Up to a quarter longer, so that the jobs that wait do not come back together.
                delay_s = open_s * (1 + backend.chance() / 4)
                held_off = states.come_back_unbegun(job, now, delay_s, backend.timing)
                write(tx, job, held_off)
                return HeldOff(held_off), None
            if is_forgotten(tx, job):
                write(tx, job, states.abandon(job, now, backend.timing))
                return Drop("forgotten"), None
            return decision, write(tx, job, decision.job)
        if isinstance(decision, Ask):
            return decision, tx.seen(at.job(job_id))
        if isinstance(decision, GiveUp):
            return decision, write_dead(tx, job, decision.job)
        return decision, None

    try:
        claimed = backend.documents.transact(work)
    except Exception:
        _ask_nobody(backend, owner, asked_for)
        raise
    if not isinstance(claimed[0], Claim):
        _ask_nobody(backend, owner, asked_for)
    return claimed


def _ask_nobody(backend: Backend, owner: str, models: Iterable[str]) -> None:
    for model in models:
        breakers.give_trial_back(backend, owner, model)


def _look_again(backend: Backend, job_id: str, moment: datetime) -> None:
    job = backend.documents.get(at.job(job_id))
    if job is not None and not job.status.is_final:
        backend.tasks.enqueue(task_at(job, moment))


def _ask(
    backend: Backend, job: Job, owner: str, seen: Written | None, *, is_superseded: bool
) -> str:
    """Asks the provider, and records its answer. The answer counts only while the job is as it was when the
    question was asked: then no other worker has recorded an answer, and nothing has ended the job. A worker
    that comes too late does no more: the other one has made the next task."""
    answer = ask(backend, job)
    if isinstance(answer, Finished):
        return _save(backend, job, owner, answer, seen)
    if isinstance(answer, NoNews):
        if not is_superseded:  # else the task of the later delivery goes on asking
            hand_over(backend, task_at(job, answer.again_at))
        return "no-news"
    recorded = _record(backend, job, answer, seen, lambda found: found == job)
    if recorded is None:
        return "answered-meanwhile"
    return _recorded(backend, job, recorded)


def _save(backend: Backend, job: Job, owner: str, finished: Finished, seen: Written | None) -> str:
    """Takes a lease and saves the files. They are no part of a commit, so a worker saves them under a
    lease."""

    def work(tx: Transaction) -> tuple[Job, Written] | None:
        found = tx.get(at.job(job.id))
        if found is None or not (found == job or states.holds_lease(found, owner)):
            return None
        leased = states.lease_to_save(found, backend.clock.now(), owner, backend.timing)
        return leased, tx.put(at.job(job.id), leased)

    taken = backend.documents.transact(work, after=seen)
    if taken is None:
        return "answered-meanwhile"
    ours, written = taken
    return _attempt(backend, ours, written, lambda *_: save(backend, ours, finished))


def _attempt(
    backend: Backend,
    job: Job,
    claimed: Written | None,
    advance: Callable[[Backend, Job], Decision],
) -> str:
    with lease.kept(backend, job):
        decision = advance(backend, job)
    recorded = _record_surely(backend, job, decision, claimed)
    if recorded is None:
        _drop_late(backend, job, decision)
        return "late"
    return _recorded(backend, job, recorded)


def _recorded(backend: Backend, job: Job, recorded: Job) -> str:
    if not recorded.status.is_final:
        deliver(backend, [recorded])
    log.info(
        "attempt.recorded",
        job_id=job.id,
        status=recorded.status.value,
        attempt=job.attempts,
        asked=job.handle is not None,
        code=recorded.error and recorded.error.code,
        snoozes=recorded.snoozes,
        runs=recorded.handle is not None,
    )
    return recorded.status.value


def _record_surely(
    backend: Backend, job: Job, decision: Decision, claimed: Written | None
) -> Job | None:
    """Records the decision. Only this delivery knows the handle of what it has started. Where the handle
    cannot be recorded, this tries once more, and then stops the operation rather than forgets it."""
    assert job.lease is not None
    is_ours = partial(states.holds_lease, owner=job.lease.owner)
    try:
        return _record(backend, job, decision, claimed, is_ours)
    except BusyError:
        if decision.handle is None:
            raise
    try:
        return _record(backend, job, decision, None, is_ours)
    except BusyError:
        _stop_unrecorded(backend, job, decision.handle)
        raise


def _stop_unrecorded(backend: Backend, job: Job, handle: str) -> None:
    """Stops what was started, unless the job has its handle: then our own commit has recorded it, and only
    its answer was lost. Raises BusyError where the job cannot be read: then the operation may run on until
    its provider's time limit ends it."""
    found = backend.documents.get(at.job(job.id))
    if found is None or found.handle != handle:
        give_up(backend, job.provider, handle)


def _record(
    backend: Backend,
    job: Job,
    decision: Decision,
    known: Written | None,
    is_ours: Callable[[Job], bool],
) -> Job | None:
    """Records the decision, and returns the job after it; None where the job was no longer this worker's to
    record, or it or its view is gone. The job is not read again where it is `known`: mostly nothing has
    written it since. Where something has, the commit fails, and the next try reads the job."""

    def work(tx: Transaction) -> tuple[Job | None, bool]:
        found = tx.get(at.job(job.id))
        if found is None or not is_ours(found):
            return None, False
        now = backend.clock.now()
        outcome = decision.apply(found, now)
        if is_forgotten(tx, found):
            left = _forgotten(found, outcome.job)
            write(tx, found, states.abandon(left, now, backend.timing))
            return None, False
        record = write_dead if outcome.is_dead else write
        record(tx, found, outcome.job)
        return outcome.job, outcome.is_dead

    recorded, is_dead = backend.documents.transact(work, after=known)
    if recorded is not None and is_dead:
        report_dead(recorded)
    return recorded


def _forgotten(found: Job, after: Job) -> Job:
    """The job to abandon, whose view is gone. What was just started stays on it, to be stopped. Of an attempt
    that has just ended it keeps only what that may have cost."""
    if not after.status.is_final:
        return after
    return replace(
        states.note_stop(found),
        may_have_billed=after.may_have_billed,
        was_asked=after.was_asked,
        started_credits=after.started_credits,
    )


def _drop_late(backend: Backend, job: Job, decision: Decision) -> None:
    """Drops what a late worker brings. What it has started is stopped, since nothing will ask about it. Its
    files are deleted where the job has ended, and where the job is gone, since nothing else would ever delete
    them then. After a takeover the files stay: they have the same names as the other worker's."""
    if decision.handle is not None:
        _stop_unrecorded(backend, job, decision.handle)
    found = backend.documents.get(at.job(job.id))
    if found is None or found.status.is_final:
        tidy(backend, found or job)
    log.info("result.dropped", job_id=job.id, attempt=job.attempts)
