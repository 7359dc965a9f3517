"""What one delivery does with the provider: it starts the job's work, or asks what became of it; then it
saves the files.

No document is written here. The answer is a decision that the transaction applies to the job as it finds it:
the job may have been cancelled meanwhile, and only the transaction can tell.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.errors import (
    BusyError,
    LateError,
    LostError,
    ProviderError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job, JobError
from mediaforge.domain.jobs.retries import snooze_delay_s
from mediaforge.ports.provider import Finished, Provider, ProviderRequest, Running
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.assets import copy_assets, save_assets
from mediaforge.services.jobs.breakers import give_trial_back, note_health
from mediaforge.services.jobs.load_picture import STORAGE_BUSY
from mediaforge.services.jobs.pictures import keep_copies, looked_at
from mediaforge.services.jobs.provider_request import provider_request
from mediaforge.services.jobs.succession import MODEL_RETIRED, heir_of

T = TypeVar("T")

_GRACE = timedelta(minutes=10)
_STOP_AGAIN_IN_S = 30
_INTERNAL = ("internal", "Something broke on our side.")
_NO_RESULT = JobError(
    "reused-result-missing",
    "The earlier result was deleted before it was copied. A retry makes a new one, at its price.",
    retryable=True,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt: the job after it, and whether a dead letter goes with it."""

    job: Job
    is_dead: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """`apply` makes the outcome of the job as the commit finds it. `handle` is that of an operation which
    this delivery has started and which still runs at the provider."""

    apply: Callable[[Job, datetime], Outcome]
    handle: str | None = None


@dataclass(frozen=True, slots=True)
class NoNews:
    """The provider still works on it, and is asked again at `again_at`. There is nothing to record."""

    again_at: datetime


def begin(backend: Backend, job: Job) -> Decision:
    """One start at the provider; of a job that reuses a result, one try to copy it. Never raises: whatever
    happens is a decision about the job."""
    start = _begin if job.reused_from is None else _copy_result
    return _decided(backend, job, lambda: start(backend, job))


def ask(backend: Backend, job: Job) -> Decision | NoNews | Finished:
    """Asks the provider once what became of what was started. Never raises. The files of a `Finished` are not
    saved yet."""
    return _decided(backend, job, lambda: _ask(backend, job, str(job.handle)))


def save(backend: Backend, job: Job, finished: Finished) -> Decision:
    """Fetches and saves the files that a question was answered with. Never raises."""
    return _decided(backend, job, lambda: _complete(backend, job, finished))


def _decided(backend: Backend, job: Job, work: Callable[[], T]) -> T | Decision:
    try:
        return work()
    except LateError:
        # This worker's lease is lost, so the commit refuses this decision like any other of it.
        return Decision(lambda found, _: Outcome(found))
    except RejectedError as error:
        return _go_on_with_heir(backend, job, error) or _fail(backend, error)
    except LostError as error:
        return _next_attempt(backend, job, error)
    except ThrottledError as error:
        return _wait(backend, job, error)
    except UnavailableError as error:
        return _repeat(backend, job, error)
    except BusyError:
        return _repeat(backend, job, UnavailableError(*STORAGE_BUSY))
    except Exception as error:
        log.bug("attempt.broke", error, job_id=job.id)
        return _repeat(backend, job, UnavailableError(*_INTERNAL))


def _begin(backend: Backend, job: Job) -> Decision:
    assert job.lease is not None
    who = job.lease.owner
    try:
        provider, request = _prepare(backend, job)
    except ProviderError as error:
        error.was_asked = False
        give_trial_back(backend, who, job.model)
        raise
    except LateError:
        give_trial_back(backend, who, job.model)
        raise
    begun_at = backend.clock.now()
    try:
        answer = provider.start(request)
    except ProviderError as error:
        note_health(backend, who, job.model, error, begun_at)
        raise
    except Exception:
        # This failure is ours and must not count against the provider's breaker.
        give_trial_back(backend, who, job.model)
        raise
    note_health(backend, who, job.model, None, begun_at)
    if isinstance(answer, Running):
        return _still_running(backend, answer, begun=answer.handle)
    try:
        return _complete(backend, job, answer)
    except ProviderError as error:
        error.was_asked = True
        raise


def _copy_result(backend: Backend, job: Job) -> Decision:
    """Nothing is made in its place where the earlier result is gone: the user was told that this is free."""
    source = backend.documents.get(at.job(str(job.reused_from)))
    output = copy_assets(backend, job, source) if source is not None else None
    timing = backend.timing

    def apply(found: Job, now: datetime) -> Outcome:
        free = states.take_back_start(found, was_asked=False)
        if output is None:
            return Outcome(states.fail(free, now, _NO_RESULT, timing))
        return Outcome(states.complete(free, now, output, timing))

    return Decision(apply)


def _prepare(backend: Backend, job: Job) -> tuple[Provider, ProviderRequest]:
    """The provider, and what it is to be asked for. It has not been asked yet, so whatever goes wrong here
    has cost nothing."""
    provider = _provider(backend, job)
    try:
        request = looked_at(backend, provider_request(backend, job))
        keep_copies(backend, job, request)
    except (ProviderError, LateError):
        raise
    except BusyError:
        raise UnavailableError(*STORAGE_BUSY, may_have_billed=False) from None
    except Exception as error:
        log.bug("attempt.broke", error, job_id=job.id)
        raise UnavailableError(*_INTERNAL, may_have_billed=False) from None
    return provider, request


def _ask(backend: Backend, job: Job, handle: str) -> Decision | NoNews | Finished:
    answer = _provider(backend, job).poll(provider_request(backend, job), handle)
    if isinstance(answer, Finished):
        return answer
    now = backend.clock.now()
    if states.is_overrun(job, now):
        late = LostError("provider-overrun", "The provider did not finish in time.")
        return _end_overrun(backend, job, handle, late)
    again_at = now + timedelta(seconds=answer.poll_in_s)
    is_news = states.is_news(job, answer.progress)
    if not is_news and states.is_looked_after(job, again_at, backend.timing):
        return NoNews(again_at)
    return _still_running(backend, answer)


def _provider(backend: Backend, job: Job) -> Provider:
    """The provider that was agreed at the submission. It may not be set up any more: then nothing is begun,
    and the question about what runs there is repeated until its time is over. An alarm line tells an
    operator."""
    provider = backend.providers.get(job.provider)
    if provider is not None:
        return provider
    log.error("provider.missing", job_id=job.id, provider=job.provider, model=job.model)
    error = RejectedError if job.handle is None else UnavailableError
    raise error("provider-missing", f"The provider of {job.model} is not set up any more.")


def _end_overrun(backend: Backend, job: Job, handle: str, error: LostError) -> Decision:
    """Begins the next attempt once the provider has been told to end this one: two that run would both be
    paid for. Where the provider cannot be told for `_GRACE` beyond its time, the next attempt begins all the
    same."""
    is_told = give_up(backend, job.provider, handle)
    if not is_told and not states.is_overrun(job, backend.clock.now() - _GRACE):
        timing, again_in_s = backend.timing, _STOP_AGAIN_IN_S
        return Decision(
            lambda found, now: Outcome(states.come_back_unanswered(found, now, again_in_s, timing))
        )
    return _next_attempt(backend, job, error)


def give_up(backend: Backend, provider: str, handle: str) -> bool:
    """Asks the provider to end an operation that no job waits for any more. True where it could be asked."""
    if provider not in backend.providers:
        log.error("operation.left", provider=provider, cause="provider-missing")
        return False
    try:
        backend.providers[provider].cancel(handle)
    except ProviderError as error:
        log.warning("operation.left", provider=provider, cause=error.code)
        return False
    except Exception as error:
        log.bug("operation.left", error, provider=provider)
        return False
    return True


def _complete(backend: Backend, job: Job, finished: Finished) -> Decision:
    saved, timing = save_assets(backend, job, finished), backend.timing
    if not saved.output.delivered:
        raise LostError("nothing-delivered", "The provider finished without a result.")

    def apply(found: Job, now: datetime) -> Outcome:
        ran = states.note_own_files(found, now) if saved.leaves_scratch else found
        return Outcome(states.complete(ran, now, saved.output, timing))

    return Decision(apply)


def _still_running(backend: Backend, answer: Running, begun: str | None = None) -> Decision:
    timing = backend.timing

    def apply(found: Job, now: datetime) -> Outcome:
        job = states.note_start(found, now, begun) if begun is not None else found
        return Outcome(
            states.come_back_running(job, now, answer.poll_in_s, timing, answer.progress)
        )

    return Decision(apply, begun)


def _fail(backend: Backend, error: RejectedError) -> Decision:
    timing, why = backend.timing, JobError(error.code, error.message, retryable=False)

    def apply(found: Job, now: datetime) -> Outcome:
        return Outcome(states.fail(_ended(found, error), now, why, timing))

    return Decision(apply)


def _go_on_with_heir(backend: Backend, job: Job, error: RejectedError) -> Decision | None:
    """Where the provider says that the model is gone: the decision to go on with the one that its alias
    names. It is recorded before that one is asked, so that the job's start there is one like any other."""
    if error.code != MODEL_RETIRED or error.may_have_billed or job.handle is not None:
        return None
    try:
        heir = heir_of(backend, job)
    except BusyError:
        return _repeat(backend, job, UnavailableError(*_INTERNAL, may_have_billed=False))
    except Exception as broke:
        log.bug("heir.unread", broke, job_id=job.id)
        return None
    if heir is None or heir.provider not in backend.providers:
        return None
    timing = backend.timing
    log.warning("model.replaced", job_id=job.id, model=job.model, heir=heir.model)
    return Decision(lambda found, now: Outcome(states.replace_model(found, now, heir, timing)))


def _ended(job: Job, error: ProviderError) -> Job:
    """The job after what was begun has ended with `error`: nothing runs any more. The start is taken back,
    unless it may have cost us something."""
    if error.may_have_billed:
        return states.note_failure(job)
    return states.note_failure(states.take_back_start(job, was_asked=error.was_asked))


def _wait(backend: Backend, job: Job, error: ThrottledError) -> Decision:
    """The provider said to slow down: no attempt is spent, unless part of what was asked for may have been
    billed."""
    timing = backend.timing
    snoozes = job.snoozes if job.handle is None else job.unanswered
    delay_s = snooze_delay_s(timing.snooze, snoozes, error.retry_after_s, backend.chance())
    if job.handle is not None:
        return _come_back_unanswered(backend, job, job.handle, error, delay_s)
    if error.may_have_billed:
        return _next_attempt(backend, job, error, delay_s)
    at_limit = error.at_limit
    return Decision(
        lambda found, now: Outcome(states.snooze(found, now, delay_s, timing, at_limit=at_limit))
    )


def _repeat(backend: Backend, job: Job, error: ProviderError) -> Decision:
    """Makes another attempt where the provider has not taken the job on; else asks the same question
    again."""
    if job.handle is None:
        return _next_attempt(backend, job, error)
    delay_s = backend.timing.retry.delay_s(job.unanswered + 1, backend.chance())
    return _come_back_unanswered(backend, job, job.handle, error, delay_s)


def _come_back_unanswered(
    backend: Backend, job: Job, handle: str, error: ProviderError, delay_s: float
) -> Decision:
    """Asks again later: what was paid for may still be there. Once its time is over, it counts as lost."""
    timing = backend.timing
    if states.is_overrun(job, backend.clock.now()):
        return _end_overrun(backend, job, handle, LostError(error.code, error.message))
    log.warning("operation.unanswered", job_id=job.id, code=error.code)
    return Decision(
        lambda found, now: Outcome(states.come_back_unanswered(found, now, delay_s, timing))
    )


def _next_attempt(
    backend: Backend, job: Job, error: ProviderError, delay_s: float | None = None
) -> Decision:
    """Another attempt, after `delay_s` or the usual wait. The job fails instead where its attempts are spent,
    or where it may have been billed too often to be begun again."""
    timing, why = backend.timing, JobError(error.code, error.message, retryable=True)
    wait_s = timing.retry.delay_s(job.attempts, backend.chance()) if delay_s is None else delay_s

    def apply(found: Job, now: datetime) -> Outcome:
        ended = _ended(found, error)
        if states.may_begin_again(ended):
            return Outcome(states.back_off(ended, now, wait_s, why, timing))
        return Outcome(states.fail(ended, now, states.last_error(ended, why), timing), is_dead=True)

    return Decision(apply)
