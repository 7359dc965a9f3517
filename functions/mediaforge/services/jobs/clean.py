"""Clears away what a settled job has left behind: what still runs at its provider, and files that were not
delivered. Until that is done the job has a `clean_at`, and the sweep comes back to it."""

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
    """Has the job's worker stop what still runs, since the worker knows the provider; deletes files here."""
    jobs, now = list(left), backend.clock.now()
    hand_over(backend, *(task_at(job, now) for job in jobs if job.handle is not None))
    _note_cleaned(backend, [job for job in jobs if job.handle is None and tidy(backend, job)])


def clean_up_again(backend: Backend, job_id: str) -> str:
    """For the sweep: the job should have been cleaned by now, or more files may have come since. Returns what
    was done, in a word."""

    def work(tx: Transaction) -> Job | None:
        now, job = backend.clock.now(), tx.get(at.job(job_id))
        if job is None or job.clean_at is None or job.clean_at > now:
            return None
        later = states.come_back_to_clean(job, now, backend.timing)
        tx.put(at.job(job_id), later)
        return later

    job = backend.documents.transact(work)
    if job is None:
        return "cleaned-meanwhile"
    clean_up(backend, [job])
    return "cleaned-up"


def stop_operation(backend: Backend, job: Job) -> str:
    """Asks the provider to end what a final job has left running there. Returns what was done, in a word. A
    provider that cannot be told is asked again when the sweep comes back to the job."""
    assert job.handle is not None
    is_told = job.provider not in backend.providers or give_up(backend, job.provider, job.handle)
    if not is_told and not states.is_overrun(job, backend.clock.now()):
        return "stop-postponed"
    if tidy(backend, job):
        _note_cleaned(backend, [job])
    log.info("operation.stopped", job_id=job.id, provider=job.provider, is_told=is_told)
    return "stopped" if is_told else "left-running"


def _note_cleaned(backend: Backend, left: Sequence[Job]) -> None:
    """Notes on the jobs that they were cleaned. Views show none of that, so they are not written. A job that
    is not settled yet only notes that nothing runs any more: its settle sees to its files."""

    def work(tx: Transaction) -> None:
        now = backend.clock.now()
        tx.prefetch(*(at.job(job.id) for job in left))
        # The jobs are peeked at, since each stands by itself: that one which is not written here has changed
        # is no reason to do all of this anew.
        found = [(job, tx.peek(at.job(job.id))) for job in left]
        for job, present in found:
            if present is None or present.handle != job.handle:
                continue
            if present.deleted_at != job.deleted_at:
                continue  # deleted since: what was kept here for its user has to go, too
            after = states.note_stop(present)
            if present.is_settled:
                after = states.note_cleaning(present, now, backend.timing)
            if after != present:
                tx.put(at.job(job.id), after)

    if left:
        backend.documents.transact(work)
