"""A brand: a style learned from a customer's pictures. A projection of the job that trains it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mediaforge.domain.jobs.job import Job, JobError, JobStatus


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
# No model is shown more references of a brand than this.
_SHOWN_MAX = 14


@dataclass(frozen=True, slots=True)
class Brand:
    """`brands/{brandId}`. `model_uri` is where the weights are, if the training made any. `references` are
    the pictures that it was trained on, as its maker named them; uploads may be changed and deleted.
    `copies_references`: models are shown copies, made when the training was begun."""

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
    copies_references: bool = False
    team_id: str | None = None
    model_uri: str | None = None
    error: JobError | None = None

    @property
    def shown(self) -> tuple[Mapping[str, str], ...]:
        """The references that models are shown. A brand of an earlier version has
        no copies and shows the uploads."""
        first = self.references[:_SHOWN_MAX]
        if not self.copies_references:
            return first
        return tuple(
            {**each, "path": _copy_path(self.id, number, each["path"])}
            for number, each in enumerate(first)
        )


def copies_folder(brand_id: str) -> str:
    """The folder of the copies, beside the brand's weights. Only the backend reads or writes there."""
    return f"brands/{brand_id}/references/"


def _copy_path(brand_id: str, number: int, path: str) -> str:
    return f"{copies_folder(brand_id)}{number}.{path.rpartition('.')[2].lower()}"


def brand_of(job: Job) -> Brand:
    """The brand as the training shows it at present."""
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
        copies_references=job.copies_references,
        error=error if status is BrandStatus.FAILED else None,
        created_at=job.created_at,
        modified=job.modified,
    )
