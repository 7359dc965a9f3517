"""Jobs that have failed, as an operator looks for what they have in common. Most of them have no dead letter:
those are only of jobs that spent their attempts or their time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mediaforge.contract import documents as at
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.ports.documents import Query
from mediaforge.services.backend import Backend

_LOOKED_AT_MAX = 1000


@dataclass(frozen=True, slots=True)
class Sought:
    """Which failed jobs: those with all that is given."""

    code: str | None = None
    model: str | None = None
    account_id: str | None = None
    newer_than: timedelta = timedelta(days=1)
    older_than: timedelta = timedelta(0)

    def holds(self, job: Job) -> bool:
        return (
            job.status is JobStatus.FAILED
            and (self.code is None or (job.error is not None and self.code == job.error.code))
            and self.model in (None, job.model)
            and self.account_id in (None, job.account_id)
        )


@dataclass(frozen=True, slots=True)
class Failures:
    """The jobs that were sought, newest first, of `looked_at` jobs that failed in that time. `has_more`:
    there were more of those than are looked at, and they are older."""

    jobs: Sequence[Job]
    looked_at: int
    has_more: bool


def failed_jobs(backend: Backend, sought: Sought) -> Failures:
    """Reads as many documents as jobs have failed in that time, 1,000 at most."""
    now = backend.clock.now()
    found = backend.documents.find(Job, _query(now - sought.newer_than, now - sought.older_than))
    looked_at = found[:_LOOKED_AT_MAX]
    jobs = [job for job in looked_at if sought.holds(job)]
    return Failures(jobs, len(looked_at), has_more=len(found) > _LOOKED_AT_MAX)


def _query(since: datetime, until: datetime) -> Query:
    # By a field of the error, which only failed jobs have: so the index costs those that succeed nothing.
    failed = ("end.error.retryable", "in", [True, False])
    within = (("completed_at", ">=", since), ("completed_at", "<=", until))
    return Query(at.JOBS, (failed, *within), ("-completed_at",), _LOOKED_AT_MAX + 1)
