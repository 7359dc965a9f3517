"""Asking a provider to end what a job that is over has left running there."""

from datetime import timedelta

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain import jobs
from mediaforge.domain.jobs import Job
from mediaforge.ports.documents import Transaction
from mediaforge.services.attempt import give_up
from mediaforge.services.backend import Backend
from mediaforge.services.dispatch import hand_over, task_at

_AGAIN_IN_S = 30


def ask_to_stop(backend: Backend, job: Job) -> None:
    """Hands it to the job's worker, which knows the provider. Never raises. A task that is lost costs
    what the provider charges for what nobody wants, and no more: money and slots do not wait for it."""
    hand_over(backend, task_at(job, backend.clock.now()))


def stop_operation(backend: Backend, job: Job) -> str:
    """What was done, in a word."""
    assert job.handle is not None
    handle, now = job.handle, backend.clock.now()
    if job.provider in backend.providers and not give_up(backend, job.provider, handle):
        if jobs.is_overrun(job, now):
            return "left-running"
        hand_over(backend, task_at(job, now + timedelta(seconds=_AGAIN_IN_S)))
        return "stop-postponed"

    def work(tx: Transaction) -> None:
        found = tx.get(at.job(job.id))
        if found is not None and found.handle == handle:
            tx.put(at.job(job.id), jobs.stopped(found))

    backend.documents.transact(work)
    log.info("operation.stopped", job_id=job.id, provider=job.provider)
    return "stopped"
