"""The answers of the callables: one model for each, made by the operation that was asked for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, create_model
from pydantic.alias_generators import to_camel

from mediaforge.contract.documents import view_path
from mediaforge.domain.directing.directions import DirectionRecord
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.people.teams import Role


class Answer(BaseModel):
    """An answer is sent in camelCase. A field that has its default value is left out; a field without a
    default is always there, even if it is null."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        defer_build=True,  # builds the schema at the first answer, not in each cold start
    )

    def on_the_wire(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


# ---- jobs ------------------------------------------------------------------------------------------


class Estimated(Answer):
    estimated: int


class Charged(Answer):
    charged: int


class Submitted(Answer):
    """A job that was accepted. `brandId`: the brand that a training makes. `notes`: in what
    the job differs from the request."""

    job_id: str
    file_uid: str
    user_id: str
    status: JobStatus
    path: str
    credits: Estimated
    brand_id: str | None = None
    retry_of: str | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, job: Job, notes: tuple[str, ...] = (), status: JobStatus = JobStatus.QUEUED
    ) -> Self:
        """A repeat of a submission gets the first answer again, whatever became of the job."""
        return cls(
            job_id=job.id,
            file_uid=job.id,
            user_id=job.user_id,
            status=status,
            path=view_path(job),
            credits=Estimated(estimated=job.estimated_credits),
            brand_id=job.brand_id if job.kind is JobKind.TRAINING else None,
            retry_of=job.retry_of or None,
            notes=notes,
        )


class JobCancelled(Answer):
    job_id: str
    status: JobStatus
    credits: Charged

    @classmethod
    def of(cls, job: Job) -> Self:
        charged = Charged(charged=job.charged_credits)
        return cls(job_id=job.id, status=job.status, credits=charged)


# ---- the creative director -------------------------------------------------------------------------


class Concept(Answer):
    """A concept can be sent as it is, as a payload of `generateImage` or `generateVideo`. `teamId` is set for
    a team's brand, which may be used in the team's work only."""

    title: str
    kind: str
    prompt: str
    aspect_ratio: str
    model: str
    estimated_credits: int
    negative_prompt: str = ""
    brand_id: str | None = None
    team_id: str | None = None


class Directed(Answer):
    concepts: tuple[Concept, ...]
    rationale: str
    director: str
    credits: Charged

    @classmethod
    def of(cls, record: DirectionRecord) -> Self:
        concepts = (
            Concept(
                title=each.title,
                kind=each.kind,
                prompt=each.prompt,
                aspect_ratio=each.aspect_ratio,
                model=each.model,
                estimated_credits=each.estimated_credits,
                negative_prompt=each.negative_prompt,
                brand_id=record.brand_id,
                team_id=record.team_id,
            )
            for each in record.concepts
        )
        return cls(
            concepts=tuple(concepts),
            rationale=record.rationale,
            director=record.director,
            credits=Charged(charged=record.charged_credits),
        )


# ---- accounts --------------------------------------------------------------------------------------


class Balance(Answer):
    """An account's credits. `owed` was taken back after it was spent; incoming credits pay it first."""

    account_id: str
    available: int
    held: int
    owed: int = 0

    @classmethod
    def of(cls, account: Account) -> Self:
        return cls(
            account_id=account.id,
            available=account.available,
            held=account.held,
            owed=account.owed,
        )


class AccountControlled(Balance):
    tier: str
    fuse: Literal["whole", "blown"]
    blocked: bool = False

    @classmethod
    def of(cls, account: Account) -> Self:
        return cls(
            **dict(Balance.of(account)),
            tier=account.tier,
            fuse="whole" if account.fuse_blown_at is None else "blown",
            blocked=account.blocked_at is not None,
        )


class FuseReset(Answer):
    """The fuse of the project, or of a lane."""

    fuse: Literal["whole"]


# ---- teams -----------------------------------------------------------------------------------------


class TeamCreated(Answer):
    team_id: str
    account_id: str
    path: str


class TeamChanged(Answer):
    team_id: str


class MemberChanged(TeamChanged):
    """A member who has joined, or who was changed."""

    role: Role


class MemberInvited(TeamChanged):
    """`code` is what a joining user has to know. Only this answer has it."""

    invite_id: str
    code: str
    role: Role
    expires_at: datetime


# ---- the catalogue ---------------------------------------------------------------------------------


class Limits(Answer):
    prompt_characters_max: int
    schedule_days_max: int


class UploadLimits(Answer):
    bucket: str
    prefix: str
    extensions: tuple[str, ...]
    content_types: tuple[str, ...]
    bytes_max: int
    files_per_user_max: int
    bytes_per_user_max: int


class WelcomeGift(Answer):
    """What a new user's account gets with its first request; until then the user has no account document.
    `credits` come once the user is verified by one of `signIns`. `tier` is the account's tier."""

    credits: int
    sign_ins: tuple[str, ...]
    tier: str


class EdgesPx(Answer):
    width: int
    height: int


class FreeSizePx(Answer):
    min: int
    max: int


class VideoOffer(Answer):
    """The first of each list is the default."""

    durations_seconds: tuple[int, ...]
    fps: tuple[int, ...]
    has_audio: bool
    takes_first_frame: bool
    takes_last_frame: bool
    takes_last_frame_alone: bool
    takes_frames_with_references: bool
    references_duration_seconds: int | None


class ModelOffer(Answer):
    """A model that is not `available` has no provider in this project."""

    id: str
    title: str
    kind: str
    available: bool
    price_credits: int
    price_credits_by_size: Mapping[str, int]
    count_max: int
    references_max: int
    takes_brands: bool
    cancel_stops_bill: bool
    video: VideoOffer | None = None


class SizedModelOffer(ModelOffer):
    """`aspectRatios` are those of the first of the model's `sizes`."""

    default_aspect_ratio: str
    aspect_ratios: Mapping[str, EdgesPx]
    sizes: Mapping[str, Mapping[str, EdgesPx]]
    free_size_px: FreeSizePx | None


class AliasOffer(Answer):
    model: str
    note: str


class StyleOffer(Answer):
    id: str
    title: str


_A_DAY: Mapping[str, Any] = {f"{kind.plural}_a_day": (int | None, ...) for kind in JobKind}
_LimitsByKind = create_model("_LimitsByKind", __base__=Answer, **_A_DAY)


class TierOffer(_LimitsByKind):  # type: ignore[valid-type,misc] # a limit for each kind of job
    """A limit that is null does not exist."""

    id: str
    title: str
    jobs_at_once: int
    submissions_a_minute: int
    batch_rows_max: int
    credits_an_hour_max: int
    monthly_credits: int
    directions_a_day: int | None
    direction_refusals_a_day: int | None
    teams_a_day: int
    priorities: tuple[str, ...]
    models: tuple[str, ...]


class Catalog(Answer):
    """All that a client needs to draw its form. `defaults`: for each kind, the
    model of a request that names none."""

    defaults: Mapping[str, str]
    limits: Limits
    uploads: UploadLimits
    welcome: WelcomeGift
    models: tuple[SizedModelOffer | ModelOffer, ...]
    aliases: Mapping[str, AliasOffer]
    styles: tuple[StyleOffer, ...]
    tiers: tuple[TierOffer, ...]
