"""The job: the fields of its document and the values that they take."""

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
    BATCH = "batch"


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
    """Why a job failed, as its user reads it."""

    code: str
    """Kebab-case and stable."""
    message: str
    """A sentence in English for a person."""
    retryable: bool
    """Whether `controlJob` with `retry` may help."""


@dataclass(frozen=True, slots=True)
class Lease:
    """One worker's right to run the job until a moment; renewed while it works."""

    owner: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Output:
    """What was delivered: `generation_data` of the public view. The addresses of its files are in the field
    of its kind: `image_urls` or `video_url`; a training's weights have none."""

    storage_paths: tuple[str, ...]
    """The files in Storage. Keep these: a path stays, an address may be replaced."""
    image_urls: tuple[str, ...]
    """An address for each picture. It opens to everybody who has it."""
    thumbnail_urls: tuple[str, ...]
    """An address for the thumbnail of each picture, or of the video."""
    model: str
    """The model that made it."""
    provider: str
    """Who runs that model."""
    seed: int
    """The seed that was used; of several pictures the first one's."""
    video_url: str | None = None
    """The address of the video. It opens to everybody who has it."""
    fps: float | None = None
    """Frames a second of the video file."""
    duration_seconds: float | None = None
    """The length of the video file."""
    model_uri: str | None = None
    """Where a training's weights are, if it made any."""
    urls: tuple[str, ...] | None = None
    """Internal. The addresses of kinds that have no field of their own."""

    @property
    def delivered(self) -> int:
        """How many of the requested assets were delivered; a training with weights counts as one."""
        return len(self.storage_paths) or (1 if self.model_uri else 0)


@dataclass(frozen=True, slots=True)
class Edition:
    """The version of a pack or a template that a job uses."""

    id: str
    """The id of its document."""
    version: int
    """The `version` that the document had then."""


@dataclass(frozen=True, slots=True)
class ReplacedModel:
    """The model that a job was accepted for, and that was gone when the job was run."""

    model: str
    """Its name."""
    note: str
    """A sentence in English that says what is used instead."""


@dataclass(frozen=True, slots=True)
class VideoChoice:
    """The options of a video. The frames, and the video that it goes on with, are paths in our bucket. Of
    such a video `duration_s` is what is added."""

    duration_s: int
    fps: int
    has_audio: bool
    first_frame: str | None = None
    last_frame: str | None = None
    extend_of: str | None = None


@dataclass(frozen=True, slots=True)
class TrainingChoice:
    """What a training trains: an open model, and the word that is to call the brand in prompts."""

    base_model: str
    trigger: str


@dataclass(frozen=True, slots=True)
class Timing:
    """How long each step may take before the sweep looks at the job, in seconds, and the back-offs.

    `attempt_s`: the longest that a worker may work. `lease_s`: how long a lease lasts; a worker renews it
    well before. `pickup_s`: from dispatch to claim. `return_s`: how late a delayed task may be. `settle_s`:
    from final to settled. `waiting_s`: how often an account with jobs that wait for a slot, and a job that
    waits for an operator, are looked at. `token_s`: how long an ID token may be used after its user's sign-in
    was deleted, with what clocks differ.
    """

    attempt_s: float
    lease_s: float
    pickup_s: float
    return_s: float
    settle_s: float
    waiting_s: float
    retry: BackOff
    snooze: BackOff
    token_s: float = 3900.0


@dataclass(frozen=True, slots=True)
class Job:
    """`jobs/{jobId}`: the private truth. The public view is a projection of it.

    `style` and `negative_prompt` are the words of the catalogue's style, and all that the picture should not
    show, as agreed at submission: the catalogue may have changed when the job is run. None in a job of an
    earlier version. `account_opened_at` tells which account of that id the job is of: an account that was
    deleted by hand may be opened anew. None where the account had no such date.

    `estimated_credits` is what is held: every asset asked for, at the price of the day of the submission.
    `price_credits` is what each costs: that price, or the smaller one of the model that has taken the place.
    `handle` is the provider's id of the operation. The job has it exactly while the operation may be running,
    which is at most `run_s_max` seconds, until `handle_ends_at`. `handle_ends_at` stays afterwards, to say
    that an operation ran. `unanswered` counts the questions in a row about the operation that failed.
    `bills` and `cancel_stops_bill` are the model's, as agreed. `may_have_billed` counts the starts that may
    have cost us something. Each claim that is no question adds one before the provider is asked, and takes it
    back once the start is known to have cost nothing. `started_credits` is what these starts may have cost,
    as the fuse of the job's `lane` counts it. `started_at` is the last such claim; None: there was none.
    `begun_at` is the first one, also where its start is known to have cost nothing; None in a job of an
    earlier version, too.
    `failed_handles` are those of operations that have ended without a result: none is taken for another start
    of the job.
    `replaced`: the model that was agreed, where it was gone and another one has taken its place.
    `was_asked`: the provider was asked, in a start that is known to have cost nothing.
    `slot_at` is when the job got its slot and was counted in its account's hour. `lane` is that of
    the account's tier at that moment. Both are None in a job that got its slot by an earlier version.
    `queue` is the queue of the job's model in that lane; before the job has a slot, in the lane of
    the account's tier at submission.
    `limited_since`: since then the provider has answered every time that one of its limits is reached.
    `is_abandoned`: the job ended because its account, view or brand was deleted. It is `cancelled` then, and
    costs nothing, whatever was begun. `cancelled_by` is the uid of the user who cancelled it: its own user,
    an owner of the team that pays, or an administrator.
    `filled` is the request as its template and its variables fill it; None where they change nothing.
    `references` are those of the request, and behind them those of the `pack`.
    `edit_of` is the path of the picture to change. `is_transparent`: there is nothing behind its subject.
    `training` is None where the trainer chooses its model, and in a job of an earlier version.
    `copies_references`: the references of a training are copied for its brand before it is begun.
    False in a job of an earlier version.
    `asset_token` is the secret that the tokens of its files are made of. `address_epoch` is the
    `Team.address_epoch` that its addresses belong to: whoever left the team in that epoch or before has
    seen none of them. `turned_at` is since when they are shown, where they are not the first.
    `turning_epoch`: the view shows the new addresses of that epoch, and the files may
    still open to the old addresses, too.
    `awaits_settle`: the job is final, and its hold and its slot still have to be closed. `clean_at`: when
    what the job left behind, running or stored, is to be cleared away; None where there is nothing.
    `row` is the index of the row of its batch that the job runs. `counted_at`: on this moment's day a row was
    counted, which is before its job exists. None: on the day of `created_at`. `counted_by` is the uid of the
    member of the team in whose day it was counted, where that is not its user's: another editor ran the row
    again.
    `deleted_at`: since then what it made is deleted, and of what was asked only the numbers are left.
    `reused_from` is the job whose result this one delivers, in copies of its own. `reuse_key` is what a
    completed job is found by when the same is asked for again (`domain/jobs/reuse.py`).
    `asked_as` is what the logs call the request that it was accepted with; None where it has no such name.
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
    edit_of: str | None = None
    is_transparent: bool = False
    video: VideoChoice | None = None
    training: TrainingChoice | None = None
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
    replaced: ReplacedModel | None = None
    started_credits: int = 0
    started_at: datetime | None = None
    begun_at: datetime | None = None
    limited_since: datetime | None = None
    slot_at: datetime | None = None
    lane: Lane | None = None
    is_abandoned: bool = False
    cancelled_by: str | None = None
    lease: Lease | None = None
    handle: str | None = None
    handle_ends_at: datetime | None = None
    failed_handles: tuple[str, ...] = ()
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
    turned_at: datetime | None = None
    batch_id: str | None = None
    row: int | None = None
    counted_at: datetime | None = None
    counted_by: str | None = None
    brand_id: str | None = None
    references: tuple[Mapping[str, str], ...] = field(default=())
    copies_references: bool = False
    filled: Mapping[str, Any] | None = None
    pack: Edition | None = None
    template: Edition | None = None
    deleted_at: datetime | None = None
    reused_from: str | None = None
    reuse_key: str | None = None
    asked_as: str | None = None

    @property
    def wanted(self) -> Mapping[str, Any]:
        """The request that is run, without a template and without placeholders."""
        return self.request_data if self.filled is None else self.filled

    @property
    def references_used(self) -> int:
        """How many pictures the model is shown; one that is to be changed counts among the references."""
        return len(self.references) + (self.edit_of is not None)

    @property
    def is_settled(self) -> bool:
        return self.settled_at is not None

    @property
    def quota_at(self) -> datetime:
        """On this moment's day the job was counted."""
        return self.counted_at or self.created_at


WISH = (
    "kind",
    "model",
    "provider",
    "request_data",
    "request_hash",
    "retry_of",
    "account_opened_at",
    "batch_id",
    "row",
    "counted_at",
    "counted_by",
    "brand_id",
    "references",
    "copies_references",
    "filled",
    "pack",
    "template",
    "seed",
    "count",
    "width_px",
    "height_px",
    "aspect_ratio",
    "size_name",
    "style",
    "negative_prompt",
    "edit_of",
    "is_transparent",
    "video",
    "training",
    "price_credits",
    "estimated_credits",
    "run_s_max",
    "bills",
    "cancel_stops_bill",
    "reused_from",
    "asked_as",
)
"""What was agreed when the job was accepted. Until the job is deleted it changes only where the model is
gone: then `states.replace_model` names another one."""

RUN = (
    "queue",
    "modified",
    "expires_at",
    "not_before",
    "is_dispatched",
    "slot_at",
    "begun_at",
    "deliveries",
    "attempts",
    "snoozes",
    "may_have_billed",
    "was_asked",
    "replaced",
    "limited_since",
    "lease",
    "handle",
    "handle_ends_at",
    "failed_handles",
    "unanswered",
    "progress",
)
"""How far the job has come."""

END = (
    "output",
    "error",
    "charged_credits",
    "is_abandoned",
    "cancelled_by",
    "asset_token",
    "address_epoch",
    "turning_epoch",
    "turned_at",
    "deleted_at",
)
"""The result of the job, and the secret and the epochs of its files' addresses."""

PARTS: Mapping[str, tuple[str, ...]] = {"wish": WISH, "run": RUN, "end": END}
"""The maps of a job's document, and the fields in each. Fields that a query, a rule or a trigger uses stay on
top."""
