"""Clearing away what a settled job has left behind: what still runs at its provider, and files that
nobody was given. Until that is done the job has a `clean_at`, and the sweep comes back to it."""

from collections.abc import Iterable, Sequence

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.assets import tidy
from mediaforge.services.jobs.attempt import give_up
from mediaforge.services.jobs.dispatch import task_at
from mediaforge.services.tasks import hand_over


def clean_up(backend: Backend, left: Iterable[Job]) -> None:
    """What runs is stopped by the job's worker, which knows the provider; files are deleted here."""
    jobs, now = list(left), backend.clock.now()
    hand_over(backend, *(task_at(job, now) for job in jobs if job.handle is not None))
    _note_cleaned(backend, [job for job in jobs if job.handle is None and tidy(backend, job)])


def clean_up_again(backend: Backend, job_id: str) -> str:
    """For the sweep: what was to be cleared away by now was not, or more may have come since."""

    def work(tx: Transaction) -> Job | None:
        now, job = backend.clock.now(), tx.get(at.job(job_id))
        if job is None or job.clean_at is None or job.clean_at > now:
            return None
        later = states.clean_later(job, now, backend.timing)
        tx.put(at.job(job_id), later)
        return later

    job = backend.documents.transact(work)
    if job is None:
        return "cleaned-meanwhile"
    clean_up(backend, [job])
    return "cleaned-up"


def stop_operation(backend: Backend, job: Job) -> str:
    """Asks the provider to end what a job that is over has left running there. What was done, in a word.
    A provider that does not hear is asked again when the sweep comes back to the job."""
    assert job.handle is not None
    is_told = job.provider not in backend.providers or give_up(backend, job.provider, job.handle)
    if not is_told and not states.is_overrun(job, backend.clock.now()):
        return "stop-postponed"
    if tidy(backend, job):
        _note_cleaned(backend, [job])
    log.info("operation.stopped", job_id=job.id, provider=job.provider, is_told=is_told)
    return "stopped" if is_told else "left-running"


def _note_cleaned(backend: Backend, left: Sequence[Job]) -> None:
    """The views show none of it, so they are left alone. Before its settle a job has nothing to note but
    that nothing runs: its files are seen to then."""

    def work(tx: Transaction) -> None:
        now = backend.clock.now()
        tx.prefetch(*(at.job(job.id) for job in left))
        # Each by itself: what is not written here is nobody's reason to begin anew.
        found = [(job, tx.peek(at.job(job.id))) for job in left]
        for job, present in found:
            if present is None or present.handle != job.handle:
                continue
            after = states.stopped(present)
            if present.is_settled:
                after = states.cleaned(present, now, backend.timing)
            if after != present:
                tx.put(at.job(job.id), after)

    if left:
        backend.documents.transact(work)
