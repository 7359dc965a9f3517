"""The public view of a job: `generations/{userId}/{images|videos|trainings}/{jobId}`.

The view is a pure projection of the private job, written in the same commit as every transition. So a
listener never sees anything that was not true at one moment, and no writer has to read a view before changing
it. Only the fields that a transition changes are written, so that the marks that users keep on it stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mediaforge.domain.jobs.job import (
    Edition,
    Job,
    JobError,
    JobStatus,
    Output,
    ReplacedModel,
    WaitingFor,
)
from mediaforge.domain.library.batches import counts_as
from mediaforge.domain.library.search import terms_of


@dataclass(frozen=True, slots=True)
class ViewCredits:
    """`estimated` is what was held at submission; `charged` what was captured in the end."""

    estimated: int
    """Credits that were held at submission."""
    charged: int
    """Credits that were charged in the end; 0 before."""


@dataclass(frozen=True, slots=True)
class View:
    status: JobStatus
    """How far the job is."""
    created_at: datetime
    """When it was accepted."""
    modified: datetime
    """When it was last changed."""
    completed_at: datetime | None
    """When it became final."""
    request_data: Mapping[str, Any]
    """The request as it was sent, in camelCase."""
    file_uid: str
    """The id of the job."""
    user_id: str
    """Who asked for it."""
    account_id: str
    """Who pays: `user_{uid}` or `team_{teamId}`."""
    generated: bool
    """True once it is completed."""
    progress: float
    """0 to 1. With most image models it stays at 0 until they are completed."""
    waiting_for: WaitingFor | None
    """Why a queued job does not run: `capacity` (jobs before it, or the tier's `jobsAtOnce`),
    `schedule` (its `scheduledAt`), `resume` (a fuse: an administrator has to act), `batch` (its batch
    is paused)."""
    generation_data: Output | None
    """What was made; set once it is completed."""
    error: JobError | None
    """Why it failed; set once it is `failed`."""
    credits: ViewCredits
    attempts: int
    """How often the work was begun. It may go back by one when a provider asks to come later."""
    model: str
    """The model that is used. Filter by this field, not by `generation_data.model`."""
    team_id: str | None = None
    """The team that pays; null where the user pays."""
    batch_id: str | None = None
    """The batch that the job runs a row of; null for a single job."""
    row: int | None = None
    """The index of the row; missing for a single job."""
    brand_id: str | None = None
    """The brand that was asked for, or that the training makes."""
    retry_of: str | None = None
    """The job that this one repeats."""
    reused_from: str | None = None
    """The job whose result it shows again, in copies, where its request has `reuse`."""
    replaced_model: ReplacedModel | None = None
    """The model that was agreed, where its owner had shut it down when the job was run; `model` is the one
    that took its place. `credits.charged` is by the smaller price of both, `credits.estimated` by what was
    agreed."""
    pack: Edition | None = None
    """The reference pack that is used, in the version of the submission."""
    template: Edition | None = None
    """The template that filled the request, in the version of the submission."""
    request_id: str | None = None
    """The `requestId` of the request."""
    width: int | None = None
    """Pixels of each picture, or of the video."""
    height: int | None = None
    """Pixels."""
    count: int = 1
    """How many were asked for."""
    missing: int | None = None
    """How many of `count` could not be made, once it is `completed`; null where none is missing."""
    seed: int | None = None
    """The seed; of several pictures the first one's."""
    search_terms: tuple[str, ...] = ()
    """The words that it is found by, each once and at most 60: those of `title`, `name`, `prompt` and
    `styleId`, in lower case and without accents. Of scripts that have no spaces they are pairs of
    characters."""
    favourite: bool = False
    """Whether its users marked it as a favourite (`markGeneration`)."""
    tags: tuple[str, ...] = ()
    """The tags that its users gave it, in lower case (`markGeneration`)."""
    cover: int = 0
    """Which of several pictures its users chose to be shown first (`markGeneration`)."""


@dataclass(frozen=True, slots=True)
class RowRun:
    """The fields of a batch's row that show its job (`domain.library.batches.Row`)."""

    status: JobStatus
    job_id: str
    path: str
    credits: ViewCredits
    generation_data: Output | None
    error: JobError | None
    modified: datetime
    counts_as: int


def row_of(job: Job) -> RowRun:
    view = view_of(job)
    return RowRun(
        status=view.status,
        job_id=job.id,
        path=f"generations/{job.user_id}/{job.kind.plural}/{job.id}",
        credits=view.credits,
        generation_data=view.generation_data,
        error=view.error,
        modified=view.modified,
        counts_as=counts_as(view.status),
    )


WRITTEN_ONCE = frozenset({"request_id", "width", "height", "count", "seed", "search_terms"})
"""Fields that a new view is written with, and that never change. A view of the last release lacks them."""
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
        row=job.row,
        brand_id=job.brand_id,
        retry_of=job.retry_of,
        reused_from=job.reused_from,
        replaced_model=job.replaced,
        pack=job.pack,
        template=job.template,
        request_id=job.request_data.get("requestId"),
        width=job.width_px or None,
        height=job.height_px or None,
        count=job.count,
        missing=_missing(job),
        seed=job.seed,
        search_terms=terms_of(job.wanted),
    )


def _missing(job: Job) -> int | None:
    delivered = job.output.delivered if job.output is not None else job.count
    return job.count - delivered or None
