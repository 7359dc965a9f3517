"""Why a job is where it is, in a sentence for an operator. Pure."""

from datetime import datetime, timedelta

from mediaforge.domain.jobs.job import Job, JobStatus, WaitingFor

# Without a slot a job waits for its own account; behind a slot for nobody but us.
SLOW_AFTER = timedelta(minutes=5)
"""A job that has had its slot this long and was never begun: its queue is slow, paused or gone."""

_WAITS = {
    WaitingFor.CAPACITY: "waits for a slot of its account",
    WaitingFor.SCHEDULE: "waits for its time",
    WaitingFor.RESUME: "waits for an operator: a fuse has blown",
    WaitingFor.BATCH: "waits for the resume of its batch",
}


def explain(job: Job, now: datetime) -> str:
    if job.status.is_final:
        return _explain_end(job)
    if job.waiting_for is not None:
        return _WAITS[job.waiting_for]
    if job.lease is not None:
        if now < job.lease.until:
            return "a worker has it"
        return "its worker is gone; the sweep delivers it again"
    if job.handle is not None:
        return f"the provider works on it; unanswered questions in a row: {job.unanswered}"
    if job.not_before is not None and now < job.not_before:
        return f"comes back at {job.not_before:%H:%M:%S}: {_last_trouble(job)}"
    if job.status is JobStatus.QUEUED:
        return f"is in its queue, delivered {job.deliveries} times, and was never begun"
    return "is in its queue for its next attempt"


def _explain_end(job: Job) -> str:
    if not job.is_settled:
        return "has ended, and its hold and its slot are still to be closed"
    return f"has ended: {job.error.code}" if job.error is not None else "has ended"


def _last_trouble(job: Job) -> str:
    if job.error is not None:
        return job.error.code
    return "told to slow down" if job.limited_since is not None or job.snoozes else "not yet"


def is_slow(job: Job, now: datetime) -> bool:
    """Whether the job has a slot, and nobody has begun it for too long."""
    waits = job.status is JobStatus.QUEUED and job.is_dispatched
    return waits and (job.slot_at or job.created_at) <= now - SLOW_AFTER


def waits_for_resume(job: Job) -> bool:
    return not job.status.is_final and job.waiting_for is WaitingFor.RESUME
