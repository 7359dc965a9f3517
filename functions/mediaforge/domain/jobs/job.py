"""The job: what its document says, and the words of its fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.jobs.retries import BackOff
from mediaforge.domain.lanes import Lane


class JobStatus(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in _FINAL


_FINAL = frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED})


class WaitingFor(StrEnum):
    CAPACITY = "capacity"
    SCHEDULE = "schedule"
    RESUME = "resume"


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """Higher is dispatched first."""
        return list(Priority).index(self)

    @classmethod
    def of_rank(cls, rank: int) -> "Priority":
        return list(cls)[rank]


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job failed, as its user reads it. `code` is kebab-case and stable."""

    code: str
    message: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class Lease:
    """One worker's right to run the job until a moment; renewed while it works."""

    owner: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Output:
    """What was delivered: `generation_data` of the public view. The addresses of its files are in the field
    that its kind names (`kinds.Traits.urls`). Of a video `fps` and `duration_seconds` are the file's own; of
    a training `model_uri` is where its weights are, if it made any."""

    storage_paths: tuple[str, ...]
    image_urls: tuple[str, ...]
    thumbnail_urls: tuple[str, ...]
    model: str
    provider: str
    seed: int
    video_url: str | None = None
    fps: float | None = None
    duration_seconds: float | None = None
    model_uri: str | None = None
    urls: tuple[str, ...] | None = None

    @property
    def delivered(self) -> int:
        """How many of the assets asked for; a training delivers itself."""
        return len(self.storage_paths) or (1 if self.model_uri else 0)


@dataclass(frozen=True, slots=True)
class VideoChoice:
    """What was chosen for a video; the frames are paths in our bucket."""

    duration_s: int
    fps: int
    has_audio: bool
    first_frame: str | None = None
    last_frame: str | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """How long each step may take before the sweep looks at it, in seconds, and the back-offs.

    `attempt_s`: the longest a worker may work; `lease_s`: it renews well before; `pickup_s`: from
    dispatch to claim; `return_s`: how late a delayed task may be; `settle_s`: from final to settled;
    `waiting_s`: how often an account with jobs waiting for a slot, and a job that waits for an operator,
    are looked at.
    """

    attempt_s: float
    lease_s: float
    pickup_s: float
    return_s: float
    settle_s: float
    waiting_s: float
    retry: BackOff
    snooze: BackOff


@dataclass(frozen=True, slots=True)
class Job:
    """`jobs/{jobId}`: the private truth. The public view is a projection of it.

    `style` and `negative_prompt` are the words of the catalogue's style, and all that is to be left out, as
    they were agreed: when the job is run the catalogue may say something else. None in a job of an earlier
    version.
    `account_opened_at` says which account of that name it is of: one that was deleted by hand may be opened
    anew. None where the account did not say.

    `estimated_credits` is what is held: every asset asked for, at the price of the day of the
    submission. `handle` is the provider's, and there exactly while something may be running there, for
    `run_s_max` at the longest, which ends at `handle_ends_at`; that stays, to say that something ran.
    `unanswered` counts the questions about it that failed, one after the other.
    `bills` and `cancel_stops_bill` are the model's, as agreed. `may_have_billed` counts the starts that may
    have cost us something: each claim that is no question counts one before the provider is asked, and
    takes it back once it is known to have cost nothing; `started_credits` is what they may have come to, as
    the fuse of its `lane` counts it. `started_at` is the last of those claims; None: there never was one.
    `was_asked`: its provider was, of a start that is known to have cost nothing.
    `slot_at` is when it got its slot, and with it was counted in its account's hour; its `lane` is that of
    the account's tier at that moment. None of both in a job that an earlier version gave its slot. `queue` is
    its model's in that lane; before it has a slot, that of the account's tier when it was submitted.
    `limited_since`: since when every answer was that a limit of the provider's is reached.
    `is_abandoned`: ended because what it belongs to was deleted. That is `cancelled` too, and costs nothing,
    whatever was begun. `cancelled_by` is the uid of who cancelled it: its user, an owner of the team that
    pays, an administrator.
    `copies_references`: what a training learns from is copied before it is begun, for its brand. False in one
    of an earlier version.
    `asset_token` is what the tokens of its files are made of. `address_epoch`: which ends of memberships of
    its team (`Team.address_epoch`) its addresses know of: whoever went in one of them has seen none of these.
    `turning_epoch`: the view shows new addresses since that one, and the files still open to the old ones,
    too.
    `awaits_settle`: final, with its money and its slot still to be closed. `clean_at`: when what it has
    left behind, running or stored, is to be cleared away; None where there is nothing.
    """

    id: str
    kind: JobKind
    user_id: str
    account_id: str
    model: str
    provider: str
    queue: str
    request_data: Mapping[str, Any]
    request_hash: str
    seed: int
    price_credits: int
    estimated_credits: int
    asset_token: str
    created_at: datetime
    modified: datetime
    expires_at: datetime
    due_at: datetime | None
    count: int = 1
    width_px: int = 0
    height_px: int = 0
    aspect_ratio: str = ""
    size_name: str = ""
    style: str | None = None
    negative_prompt: str | None = None
    video: VideoChoice | None = None
    run_s_max: int = 3600
    bills: bool = True
    cancel_stops_bill: bool = False
    status: JobStatus = JobStatus.QUEUED
    priority: int = Priority.NORMAL.rank
    waiting_for: WaitingFor | None = None
    not_before: datetime | None = None
    is_dispatched: bool = False
    deliveries: int = 0
    attempts: int = 0
    snoozes: int = 0
    may_have_billed: int = 0
    was_asked: bool = False
    started_credits: int = 0
    started_at: datetime | None = None
    limited_since: datetime | None = None
    slot_at: datetime | None = None
    lane: Lane | None = None
    is_abandoned: bool = False
    cancelled_by: str | None = None
    lease: Lease | None = None
    handle: str | None = None
    handle_ends_at: datetime | None = None
    unanswered: int = 0
    progress: float = 0.0
    output: Output | None = None
    error: JobError | None = None
    charged_credits: int = 0
    completed_at: datetime | None = None
    awaits_settle: bool = False
    settled_at: datetime | None = None
    clean_at: datetime | None = None
    retry_of: str | None = None
    account_opened_at: datetime | None = None
    team_id: str | None = None
    address_epoch: int = 0
    turning_epoch: int | None = None
    batch_id: str | None = None
    brand_id: str | None = None
    references: tuple[Mapping[str, str], ...] = field(default=())
    copies_references: bool = False

    @property
    def is_settled(self) -> bool:
        return self.settled_at is not None


WISH = (
    "kind",
    "model",
    "provider",
    "request_data",
    "request_hash",
    "retry_of",
    "account_opened_at",
    "batch_id",
    "brand_id",
    "references",
    "copies_references",
    "seed",
    "count",
    "width_px",
    "height_px",
    "aspect_ratio",
    "size_name",
    "style",
    "negative_prompt",
    "video",
    "price_credits",
    "estimated_credits",
    "run_s_max",
    "bills",
    "cancel_stops_bill",
)
"""What was agreed when the job was accepted: it never changes."""

RUN = (
    "queue",
    "modified",
    "expires_at",
    "not_before",
    "is_dispatched",
    "slot_at",
    "deliveries",
    "attempts",
    "snoozes",
    "may_have_billed",
    "was_asked",
    "limited_since",
    "lease",
    "handle",
    "handle_ends_at",
    "unanswered",
    "progress",
)
"""How far it has come."""

END = (
    "output",
    "error",
    "charged_credits",
    "is_abandoned",
    "cancelled_by",
    "asset_token",
    "address_epoch",
    "turning_epoch",
)
"""What came of it, and what opens it."""

PARTS: Mapping[str, tuple[str, ...]] = {"wish": WISH, "run": RUN, "end": END}
"""The maps of a job's document, and which fields lie in each. On top is what somebody asks for: a query, a
rule, a trigger."""
