"""One delivery of a task: claim, generate, save, record. Every step may be repeated, and may be the
last one this process takes.

Returning answers 200 and ends the task; only what should be delivered again raises.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain import jobs
from mediaforge.domain.errors import BusyError, RejectedError, ThrottledError, UnavailableError
from mediaforge.domain.jobs import (
    ATTEMPTS_MAX,
    Claim,
    ComeBack,
    Drop,
    GiveUp,
    Job,
    JobError,
    Output,
    Start,
)
from mediaforge.domain.retries import snooze_delay_s
from mediaforge.ports import Transaction, Written
from mediaforge.services import lease
from mediaforge.services.assets import save_assets, tidy
from mediaforge.services.backend import Backend
from mediaforge.services.dispatch import deliver, start_waiting, task_at
from mediaforge.services.provider_request import provider_request
from mediaforge.services.transitions import write, write_dead


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt: the job after it, and whether a dead letter goes with it."""

    job: Job
    is_dead: bool = False


def run_job(backend: Backend, job_id: str) -> str:
    """Runs one delivery; what happened, in a word for the log. Raises BusyError to be delivered again."""
    decision, written = _claim(backend, job_id, owner=backend.new_id())
    match decision:
        case Drop(why):
            return why
        case ComeBack(at=moment, why=why):
            _look_again(backend, job_id, moment)
            return why
        case Start():
            return "started" if start_waiting(backend, job_id) else "started-meanwhile"
        case GiveUp(job):
            log.warning("job.failed", job_id=job_id, code=job.error and job.error.code, dead=True)
            return "given-up"
        case Claim(job):
            log.info("job.claimed", job_id=job_id, attempt=job.attempts, model=job.model)
            return _attempt(backend, job, written)


def _claim(backend: Backend, job_id: str, owner: str) -> tuple[jobs.ClaimDecision, Written | None]:
    """The decision, and the job as it was written, if it was."""

    def work(tx: Transaction) -> tuple[jobs.ClaimDecision, Written | None]:
        job = tx.get(at.job(job_id))
        if job is None:
            return Drop("unknown"), None
        decision = jobs.claim(job, backend.clock.now(), owner, backend.timing)
        if isinstance(decision, Claim):
            return decision, write(tx, job, decision.job)
        if isinstance(decision, GiveUp):
            return decision, write_dead(tx, job, decision.job)
        return decision, None

    return backend.documents.transact(work)


def _look_again(backend: Backend, job_id: str, moment: datetime) -> None:
    job = backend.documents.get(at.job(job_id))
    if job is not None and not job.status.is_final:
        backend.tasks.enqueue(task_at(job, moment))


def _attempt(backend: Backend, job: Job, claimed: Written | None) -> str:
    with lease.kept(backend, job):
        decide = _generate(backend, job)
    recorded = _record(backend, job, decide, claimed)
    if recorded is None:
        _drop_late(backend, job)
        return "late"
    if not recorded.status.is_final:
        deliver(backend, [recorded])
    log.info(
        "attempt.recorded",
        job_id=job.id,
        status=recorded.status.value,
        attempt=job.attempts,
        code=recorded.error and recorded.error.code,
        snoozes=recorded.snoozes,
    )
    return recorded.status.value


_Decision = Callable[[Job, datetime], Outcome]


def _generate(backend: Backend, job: Job) -> _Decision:
    """Asks the provider and saves what it delivers. Answers what to make of the job, rather than
    doing it: the job may have been cancelled meanwhile, and only the transaction can tell."""
    timing = backend.timing
    try:
        output = _deliver_assets(backend, job)
    except RejectedError as error:
        rejection = JobError(error.code, error.message, retryable=False)
        return lambda found, now: Outcome(jobs.fail(found, now, rejection, timing))
    except ThrottledError as error:
        delay_s = snooze_delay_s(timing.snooze, job.snoozes, error.retry_after_s, backend.chance())
        return lambda found, now: Outcome(jobs.snooze(found, now, delay_s, timing))
    except UnavailableError as error:
        return _retry(backend, job, JobError(error.code, error.message, retryable=True))
    except BusyError:
        return _retry(
            backend, job, JobError("storage-busy", "Storage did not answer.", retryable=True)
        )
    except Exception as error:
        log.bug("attempt.broke", error, job_id=job.id)
        return _retry(
            backend, job, JobError("internal", "Something broke on our side.", retryable=True)
        )
    return lambda found, now: Outcome(jobs.complete(found, now, output, timing))


def _retry(backend: Backend, job: Job, error: JobError) -> _Decision:
    timing = backend.timing
    if job.attempts >= ATTEMPTS_MAX:
        return lambda found, now: Outcome(jobs.fail(found, now, error, timing), is_dead=True)
    delay_s = timing.retry.delay_s(job.attempts, backend.chance())
    return lambda found, now: Outcome(jobs.back_off(found, now, delay_s, error, timing))


def _deliver_assets(backend: Backend, job: Job) -> Output:
    finished = backend.providers[job.provider].start(provider_request(backend, job))
    output = save_assets(backend, job, finished.assets)
    if not output.storage_paths:
        raise UnavailableError("nothing-delivered", "The provider finished without a result.")
    return output


def _record(backend: Backend, job: Job, decide: _Decision, claimed: Written | None) -> Job | None:
    """The job as recorded; None when it was no longer ours to record. What the claim wrote is not
    read again: mostly nobody has touched it, and the commit finds out where somebody has."""
    assert job.lease is not None
    owner = job.lease.owner

    def work(tx: Transaction) -> Job | None:
        found = tx.get(at.job(job.id))
        if found is None or not jobs.holds_lease(found, owner):
            return None
        outcome = decide(found, backend.clock.now())
        record = write_dead if outcome.is_dead else write
        record(tx, found, outcome.job)
        return outcome.job

    return backend.documents.transact(work, after=claimed)


def _drop_late(backend: Backend, job: Job) -> None:
    """What came back after the end is thrown away. After a takeover it is not: the files have the
    same names as the other worker's."""
    found = backend.documents.get(at.job(job.id))
    if found is not None and found.status.is_final:
        tidy(backend, found)
    log.info("result.dropped", job_id=job.id, attempt=job.attempts)
