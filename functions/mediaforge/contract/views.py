"""The public view of a job: `generations/{userId}/{images|videos|trainings}/{jobId}`.

The view is a pure projection of the private job, written in the same commit as every transition. So a
listener never sees anything that was not true at one moment, and no writer has to read a view before changing
it. Only the fields that a transition changes are written, so that the marks that users keep on it stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mediaforge.domain.jobs.job import Job, JobError, JobStatus, Output, WaitingFor


@dataclass(frozen=True, slots=True)
class ViewCredits:
    """`estimated` is what was held at submission; `charged` what was captured in the end."""

    estimated: int
    charged: int


@dataclass(frozen=True, slots=True)
class View:
    status: JobStatus
    created_at: datetime
    modified: datetime
    completed_at: datetime | None
    request_data: Mapping[str, Any]
    file_uid: str
    user_id: str
    account_id: str
    generated: bool
    progress: float
    waiting_for: WaitingFor | None
    generation_data: Output | None
    error: JobError | None
    credits: ViewCredits
    attempts: int
    model: str
    team_id: str | None = None
    batch_id: str | None = None
    brand_id: str | None = None
    retry_of: str | None = None


MARKS = frozenset({"favourite", "tags", "cover"})
"""Fields of a view that belong to its users. No transition touches them."""


def view_of(job: Job) -> View:
    return View(
        status=job.status,
        created_at=job.created_at,
        modified=job.modified,
        completed_at=job.completed_at,
        request_data=job.request_data,
        file_uid=job.id,
        user_id=job.user_id,
        account_id=job.account_id,
        generated=job.status is JobStatus.COMPLETED,
        progress=job.progress,
        waiting_for=job.waiting_for,
        generation_data=job.output,
        error=job.error if job.status is JobStatus.FAILED else None,
        credits=ViewCredits(job.estimated_credits, job.charged_credits),
        attempts=job.attempts,
        model=job.model,
        team_id=job.team_id,
        batch_id=job.batch_id,
        brand_id=job.brand_id,
        retry_of=job.retry_of,
    )
