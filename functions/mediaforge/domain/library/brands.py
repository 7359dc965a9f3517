"""A brand: a style learned from a customer's pictures. A projection of the job that trains it. Pure."""

import hashlib
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
_RARE = "bcdfghjkmnpqrstvwxz"


@dataclass(frozen=True, slots=True)
class Brand:
    """`brands/{brandId}`."""

    id: str
    """The id of the brand, which is that of the job that trains it."""
    name: str
    """What it is called."""
    status: BrandStatus
    """`ready`: requests may name it. A cancelled training counts as `failed`."""
    user_id: str
    """Who made it."""
    account_id: str
    """Who paid for it."""
    job_id: str
    """The job that trains it."""
    progress: float
    """0 to 1."""
    model: str
    """The model that learns it."""
    created_at: datetime
    """When it was asked for."""
    modified: datetime
    """When it was last changed."""
    references: tuple[Mapping[str, str], ...] = ()
    """The pictures that it learns from, as its maker named them, each with `path` and `mode`."""
    copies_references: bool = False
    """Internal. Models are shown copies of the references, made when the training was begun."""
    team_id: str | None = None
    """The team that it belongs to; without it, it is its maker's."""
    model_uri: str | None = None
    """Where the weights are, if the training made any."""
    base_model: str | None = None
    """The open model that the weights are for. Absent of a brand of an earlier version."""
    trigger: str | None = None
    """The word that calls the brand where its weights are loaded. MediaForge says it: requests need not."""
    error: JobError | None = None
    """Why it failed; set once it is `failed`."""

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


def trigger_of(brand_id: str) -> str:
    """A word that no model knows, for the look that a training learns. Letters only: a tokenizer takes digits
    apart."""
    digest = hashlib.sha256(brand_id.encode()).digest()
    return "mf" + "".join(_RARE[byte % len(_RARE)] for byte in digest[:6])


def copies_folder(brand_id: str) -> str:
    """The folder of the copies, beside the brand's weights. Only the backend reads or writes there."""
    return f"brands/{brand_id}/references/"


def checkpoints_folder(brand_id: str) -> str:
    """Where a trainer keeps what it has learned so far, and says how far it is."""
    return f"brands/{brand_id}/checkpoints/"


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
        base_model=job.training.base_model if job.training else None,
        trigger=job.training.trigger if job.training else None,
        references=job.references,
        copies_references=job.copies_references,
        error=error if status is BrandStatus.FAILED else None,
        created_at=job.created_at,
        modified=job.modified,
    )
