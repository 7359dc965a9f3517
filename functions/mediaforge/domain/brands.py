"""A brand: a style learned from a customer's pictures. A projection of the job that trains it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mediaforge.domain.jobs import Job, JobError, JobStatus


class BrandStatus(StrEnum):
    QUEUED = "queued"
    TRAINING = "training"
    READY = "ready"
    FAILED = "failed"


_STATUS = {
    JobStatus.QUEUED: BrandStatus.QUEUED,
    JobStatus.PROCESSING: BrandStatus.TRAINING,
    JobStatus.COMPLETED: BrandStatus.READY,
    JobStatus.FAILED: BrandStatus.FAILED,
    JobStatus.CANCELLED: BrandStatus.FAILED,
}
_CANCELLED = JobError("cancelled", "The training was cancelled.", retryable=True)


@dataclass(frozen=True, slots=True)
class Brand:
    """`brands/{brandId}`. `model_uri` is where the weights are, if the training made any; `references`
    are what it was trained on."""

    id: str
    name: str
    status: BrandStatus
    user_id: str
    account_id: str
    job_id: str
    progress: float
    model: str
    created_at: datetime
    modified: datetime
    references: tuple[Mapping[str, str], ...] = ()
    team_id: str | None = None
    model_uri: str | None = None
    error: JobError | None = None


def brand_of(job: Job) -> Brand:
    """The brand that the training makes, as far as it has come."""
    error = _CANCELLED if job.status is JobStatus.CANCELLED else job.error
    status = _STATUS[job.status]
    return Brand(
        id=str(job.brand_id),
        name=str(job.request_data.get("name", "")),
        status=status,
        user_id=job.user_id,
        account_id=job.account_id,
        team_id=job.team_id,
        job_id=job.id,
        progress=job.progress,
        model=job.model,
        model_uri=job.output.model_uri if job.output else None,
        references=job.references,
        error=error if status is BrandStatus.FAILED else None,
        created_at=job.created_at,
        modified=job.modified,
    )
