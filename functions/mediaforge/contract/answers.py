"""The answers of the callables: one model for each, made by the operation that was asked for."""

from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from datetime import date, datetime
from functools import cache, reduce
from operator import or_
from typing import Any, Literal, Self, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.alias_generators import to_camel

from mediaforge.contract import documents as at
from mediaforge.contract.views import View
from mediaforge.domain.directing.directions import DirectionRecord
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library.batches import Batch, BatchStatus, Row
from mediaforge.domain.library.exports import Export, ExportStatus
from mediaforge.domain.library.shares import ShareInvite, ShareRole
from mediaforge.domain.library.webhooks import Notice, Webhook, WebhookEvent
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.money.quotas import Usage
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
    """The price of a job."""

    estimated: int
    """Credits that are held. What is not delivered is released in the end."""


class Charged(Answer):
    """What was charged."""

    charged: int
    """Credits."""


class Submitted(Answer):
    """A job that was accepted."""

    job_id: str
    """The id of the job."""
    file_uid: str
    """The same as `jobId`."""
    user_id: str
    """The caller."""
    status: JobStatus
    """`queued`. After a `retry` it is the new job's present status."""
    path: str
    """The document to listen to: `generations/{userId}/{images|videos|trainings}/{jobId}`."""
    credits: Estimated
    brand_id: str | None = None
    """The brand that a training makes; the same as `jobId`."""
    retry_of: str | None = None
    """The job that this one repeats."""
    notes: tuple[str, ...] = ()
    """In what the job differs from the request: a retired model that was replaced, for example."""

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
            path=at.view_path(job),
            credits=Estimated(estimated=job.estimated_credits),
            brand_id=job.brand_id if job.kind is JobKind.TRAINING else None,
            retry_of=job.retry_of or None,
            notes=notes,
        )


class JobCancelled(Answer):
    """The job after `cancel`."""

    job_id: str
    """The id of the job."""
    status: JobStatus
    """`cancelled`."""
    credits: Charged

    @classmethod
    def of(cls, job: Job) -> Self:
        charged = Charged(charged=job.charged_credits)
        return cls(job_id=job.id, status=job.status, credits=charged)


# ---- batches ---------------------------------------------------------------------------------------


class BatchSubmitted(Answer):
    """A batch that was accepted."""

    batch_id: str
    """The id of the batch."""
    status: BatchStatus
    """`queued`."""
    rows: int
    """How many rows it has."""
    path: str
    """The document to listen to: `batches/{batchId}`. Its rows are in `batches/{batchId}/rows/{index}`."""
    credits: Estimated
    notes: tuple[str, ...] = ()
    """In what the rows differ from the request: a retired model that was replaced, for example."""

    @classmethod
    def of(cls, batch: Batch, notes: tuple[str, ...] = ()) -> Self:
        """A repeat of a submission gets the first answer again, whatever became of the batch."""
        return cls(
            batch_id=batch.id,
            status=BatchStatus.QUEUED,
            rows=batch.counts.total,
            path=f"batches/{batch.id}",
            credits=Estimated(estimated=batch.credits.estimated),
            notes=notes,
        )


class RowCounts(Answer):
    """The rows of a batch by their status."""

    total: int
    """All rows."""
    queued: int
    """Rows that have not begun."""
    processing: int
    """Rows that have begun."""
    completed: int
    """Rows that were made."""
    failed: int
    """Rows that failed."""
    cancelled: int
    """Rows that were cancelled."""


class BatchControlled(Answer):
    """The batch after the call."""

    batch_id: str
    """The id of the batch."""
    status: BatchStatus
    """Its status."""
    counts: RowCounts

    @classmethod
    def of(cls, batch: Batch) -> Self:
        counts = RowCounts(**asdict(batch.counts))
        return cls(batch_id=batch.id, status=batch.status, counts=counts)


class BatchInvited(BatchControlled):
    """The batch, and a code that shares it. Only this answer has the code."""

    invite_id: str
    """The id of the invitation's document."""
    code: str
    """What the other user has to send with `join`."""
    role: ShareRole
    """What the batch is shared for."""
    expires_at: datetime
    """From then on the code lets nobody in."""

    @classmethod
    def by(cls, batch: Batch, invite_id: str, code: str, invite: ShareInvite) -> Self:
        return cls(
            **dict(BatchControlled.of(batch)),
            invite_id=invite_id,
            code=code,
            role=invite.role,
            expires_at=invite.expires_at,
        )


class EstimatedRequest(Answer):
    """A request that would be accepted, but for limits and the balance."""

    credits: int
    """What would be held for it."""
    model: str
    """The model that would be used."""
    kind: JobKind
    """What it makes."""
    reusable: bool = False
    """Whether the account has a result of the same request, with which `reuse` would answer."""


class WrongRequest(Answer):
    """A request that would be refused."""

    field_errors: tuple[Mapping[str, str], ...]
    """What is wrong, as in `invalid-request`: each `field` and `message`."""


class Suggestion(Answer):
    """A change of some requests that would cost less."""

    message: str
    """A sentence in English for a person."""
    saves_credits: int
    """Credits that it saves, over all of `rows`."""
    change: Mapping[str, Any] | None
    """Fields to set in each of `rows`; one that is null is to be taken away. Null: leave these requests
    out."""
    rows: tuple[int, ...]
    """The indexes of the requests, from 0."""


class CreditsEstimated(Answer):
    """What requests would cost."""

    credits: int
    """All of them together; those that would be refused count nothing."""
    items: tuple[EstimatedRequest | WrongRequest, ...]
    """One for each request, in their order."""
    suggestions: tuple[Suggestion, ...]
    """What would save most comes first."""


# ---- documents -------------------------------------------------------------------------------------


DOCUMENT_OF: dict[type[Any], type[Any]] = {}
"""The documents that answers show, by the model of the answer. What a field means is said in the document."""


@cache
def _on_the_wire(document: type[Any], *left_out: str) -> Any:
    """The model of an answer that has all fields of the document but those that are left out, and always
    sends them. One model for all fields of a type: it is described once."""
    hints = get_type_hints(document)
    names = [each.name for each in fields(document) if each.name not in left_out]
    shown: Mapping[str, Any] = {name: (_wired(hints[name]), ...) for name in names}
    model = create_model(f"Sent{document.__name__}", __base__=Answer, **shown)
    DOCUMENT_OF[model] = document
    return model


def _wired(hint: Any) -> Any:
    """The type of a field of a document on the wire."""
    if is_dataclass(hint):
        return _on_the_wire(hint)  # type: ignore[arg-type] # a class, never an instance
    options = get_args(hint)
    return reduce(or_, map(_wired, options)) if any(map(is_dataclass, options)) else hint


class Generation(_on_the_wire(View)):  # type: ignore[misc] # the fields of a view
    """A job with all fields of its document, in camelCase."""

    path: str
    """The document: `generations/{userId}/{images|videos|trainings}/{jobId}`."""

    @classmethod
    def of(cls, view: View, kind: JobKind) -> Self:
        path = at.view_of(view.user_id, kind, view.file_uid).path
        return cls(path=path, **asdict(view))


_INTERNAL_OF_BATCH = (
    *("request_hash", "expires_at", "is_scheduled", "account_opened_at"),
    *("entries", "controls", "due_at"),
)


class BatchView(_on_the_wire(Batch, *_INTERNAL_OF_BATCH)):  # type: ignore[misc] # as above
    """A batch with all fields of its document that are promised, in camelCase."""

    path: str
    """The document: `batches/{batchId}`."""

    @classmethod
    def of(cls, batch: Batch) -> Self:
        return cls(path=f"batches/{batch.id}", **_without(batch, *_INTERNAL_OF_BATCH))


_INTERNAL_OF_ROW = ("wish", "is_waiting")


class RowView(_on_the_wire(Row, *_INTERNAL_OF_ROW)):  # type: ignore[misc] # as above
    """A row of a batch with all fields of its document that are promised, in camelCase."""

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(**_without(row, *_INTERNAL_OF_ROW))


class RowsListed(Answer):
    """The rows of a batch."""

    items: tuple[RowView, ...]
    """All of them, in their order."""


_INTERNAL_OF_EXPORT = ("request_hash", "forget_at", "attempts")


class ExportView(_on_the_wire(Export, *_INTERNAL_OF_EXPORT)):  # type: ignore[misc] # as above
    """An export with all fields of its document that are promised, in camelCase."""

    @classmethod
    def of(cls, export: Export) -> Self:
        return cls(**_without(export, *_INTERNAL_OF_EXPORT))


def _without(document: Any, *names: str) -> dict[str, Any]:
    return {name: field for name, field in asdict(document).items() if name not in names}


# ---- webhooks --------------------------------------------------------------------------------------

_INTERNAL_OF_WEBHOOK = ("id", "request_hash", "failures", "rests_until")
_INTERNAL_OF_NOTICE = ("id", "next_at", "forget_at", "due_at")


class WebhookItem(_on_the_wire(Webhook, *_INTERNAL_OF_WEBHOOK)):  # type: ignore[misc] # as above
    """A webhook, without its secret."""

    webhook_id: str
    """The id of the webhook."""

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        return cls(webhook_id=webhook.id, **_without(webhook, *_INTERNAL_OF_WEBHOOK))


class DeliveryItem(_on_the_wire(Notice, *_INTERNAL_OF_NOTICE)):  # type: ignore[misc] # as above
    """What a webhook was told, or is to be told."""

    delivery_id: str
    """The id of the delivery, and the `webhook-id` of each of its attempts."""

    @classmethod
    def of(cls, notice: Notice) -> Self:
        return cls(delivery_id=notice.id, **_without(notice, *_INTERNAL_OF_NOTICE))


class Message(Answer):
    """What a webhook is sent: the body of the request, in JSON."""

    type: WebhookEvent
    """What has happened."""
    timestamp: datetime
    """When the job or the batch ended."""
    data: Generation | BatchView
    """The job or the batch, as it is at this attempt."""


class ExportAsked(Answer):
    """An export that was accepted."""

    export_id: str
    """The id of the export."""
    status: ExportStatus
    """`queued`."""
    path: str
    """The document to listen to: `exports/{uid}/files/{exportId}`."""

    @classmethod
    def of(cls, export: Export) -> Self:
        """A repeat of a request gets the first answer again, whatever became of the export."""
        return cls(
            export_id=export.id,
            status=ExportStatus.QUEUED,
            path=f"exports/{export.user_id}/files/{export.id}",
        )


# ---- the creative director -------------------------------------------------------------------------


class Concept(Answer):
    """An idea. It can be sent as it is, as a payload of `generateImage` or `generateVideo`."""

    title: str
    """A name for the user."""
    kind: Literal["image", "video"]
    """Which of the two callables it is for."""
    prompt: str
    """The prompt."""
    aspect_ratio: str
    """A ratio that the model has."""
    model: str
    """A model that the caller's tier has."""
    estimated_credits: int
    """What it costs, unchanged, at the prices of the moment."""
    negative_prompt: str = ""
    """What the result must not show."""
    brand_id: str | None = None
    """The brand that the ideas were asked for."""
    team_id: str | None = None
    """The team of that brand, which may be used in the team's work only."""


class Directed(Answer):
    """The director's ideas."""

    concepts: tuple[Concept, ...]
    """As many as were asked for."""
    rationale: str
    """A few sentences that say why these."""
    director: str
    """The model that answered."""
    credits: Charged

    @classmethod
    def of(cls, record: DirectionRecord) -> Self:
        concepts = (
            Concept(**asdict(each), brand_id=record.brand_id, team_id=record.team_id)
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
    """An account's credits."""

    account_id: str
    """The account."""
    available: int
    """Credits that can be spent."""
    held: int
    """Credits that are reserved for unfinished work."""
    owed: int = 0
    """Credits that were taken back after they were spent. Incoming credits pay them first."""

    @classmethod
    def of(cls, account: Account) -> Self:
        return cls(
            account_id=account.id,
            available=account.available,
            held=account.held,
            owed=account.owed,
        )


class AccountShown(Balance):
    """An account: what it can spend, and what it may do."""

    tier: str
    """One of `getCatalog().tiers`."""
    active: int
    """How many of its jobs run or are about to."""
    day: str
    """The UTC day that `usage` counts."""
    usage: Mapping[str, int]
    """What was asked for on that day: `images`, `videos`, `trainings`, `credits`."""

    @classmethod
    def at_moment(cls, account: Account, day: str) -> Self:
        """The usage of any other day than `day` is over."""
        usage = account.usage if account.usage.day == day else Usage(day)
        return cls(
            **dict(Balance.of(account)),
            tier=account.tier,
            active=account.active,
            day=day,
            usage=usage.named(),
        )


class AccountControlled(Balance):
    """The account after the action."""

    tier: str
    """Its tier."""
    fuse: Literal["whole", "blown"]
    """`blown`: nothing of the account begins until an administrator resets the fuse."""
    blocked: bool = False
    """Whether its requests are refused."""

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
    """Always `whole`."""


# ---- teams -----------------------------------------------------------------------------------------


class TeamCreated(Answer):
    """The team that was made."""

    team_id: str
    """The id of the team."""
    account_id: str
    """The account that pays where `teamId` is given."""
    path: str
    """The team's document."""


class TeamChanged(Answer):
    """The team that was changed."""

    team_id: str
    """The id of the team."""


class MemberChanged(TeamChanged):
    """A member who has joined, or who was changed."""

    role: Role
    """The member's role now."""


class MemberInvited(TeamChanged):
    """An invitation. Only this answer has its code."""

    invite_id: str
    """The id of the invitation's document."""
    code: str
    """What the new member has to send with `accept`."""
    role: Role
    """The role that the new member gets."""
    expires_at: datetime
    """From then on the code lets nobody in."""


# ---- API keys --------------------------------------------------------------------------------------


class KeyCreated(Answer):
    """The key that was made. Only this answer has it."""

    key_id: str
    """The id of the key."""
    key: str
    """What requests send as `Authorization: Bearer …`. Keep it secret, and out of pages and apps."""
    prefix: str
    """How it begins: by this the key can be told from others, and the document has it, too."""


class KeyRevoked(Answer):
    """The key that was revoked."""

    key_id: str
    """The id of the key."""


# ---- the catalogue ---------------------------------------------------------------------------------


class Limits(Answer):
    """Limits of requests."""

    prompt_characters_max: int
    """The longest prompt."""
    schedule_days_max: int
    """How far ahead `scheduledAt` may be."""


class UploadLimits(Answer):
    """Where uploads go, and how large they may be."""

    bucket: str
    """The bucket of this project."""
    prefix: str
    """The folder, with `{uid}` for the user's id."""
    extensions: tuple[str, ...]
    """The endings that a file's name may have, in any case."""
    content_types: tuple[str, ...]
    """The content types that a file may have."""
    bytes_max: int
    """The largest file."""
    files_per_user_max: int
    """How many files a user may keep."""
    bytes_per_user_max: int
    """How many bytes a user may keep, of all files together."""


class WelcomeGift(Answer):
    """What a new user's account gets with its first request; until then the user has no account document."""

    credits: int
    """Credits, once per person."""
    sign_ins: tuple[str, ...]
    """The ways to sign in that count as verified; nobody else gets the credits. `email` and `phone`
    are a verified address and a number."""
    tier: str
    """The tier of the new account."""


class EdgesPx(Answer):
    """A size in pixels."""

    width: int
    """Pixels."""
    height: int
    """Pixels."""


class FreeSizePx(Answer):
    """The range within which `width` and `height` are free."""

    min: int
    """Pixels."""
    max: int
    """Pixels."""


class ExtendingOffer(Answer):
    """How a model goes on with a video."""

    adds_seconds: tuple[int, ...]
    """By how much, the default first."""
    source_seconds_max: int
    """How long the video may be that it goes on with."""
    sizes: tuple[str, ...]
    """The names of the sizes that the video may have."""


class VideoOffer(Answer):
    """What a video model can do. The first of each list is the default."""

    durations_seconds: tuple[int, ...]
    """The lengths."""
    fps: tuple[int, ...]
    """The frame rates."""
    has_audio: bool
    """Whether it can make sound."""
    always_has_audio: bool = False
    """Whether `generateAudio: false` is refused."""
    takes_first_frame: bool
    """Whether `firstFrame` may be given."""
    takes_last_frame: bool
    """Whether `lastFrame` may be given."""
    takes_last_frame_alone: bool
    """Whether `lastFrame` may be given without `firstFrame`."""
    takes_frames_with_references: bool
    """Whether frames and `references` may be given together."""
    references_duration_seconds: int | None
    """The only length of a video with `references`; null where there is no such rule."""
    frames_duration_seconds_max: int | None = None
    """The longest video with frames; missing where there is no such rule."""
    extends: ExtendingOffer | None = None
    """There if `extendOf` may be given."""


class ModelOffer(Answer):
    """A model."""

    id: str
    """The value of `model` in requests."""
    title: str
    """A name for the user."""
    kind: str
    """`image`, `video`, `training`, or `text` for the creative director."""
    available: bool
    """False: this project has no provider for the model, and requests that name it are refused."""
    price_credits: int
    """The price of an image, of a second of video, of a training, or of an answer."""
    price_credits_by_size: Mapping[str, int]
    """The price of a size that costs another."""
    count_max: int
    """The largest `count`."""
    references_max: int
    """How many `references` it takes."""
    references_min: int = 0
    """How many `references` a request needs: the model works on pictures."""
    reference_ratio_max: int | None = None
    """There for a model that makes its reference larger: its longer edge may be so many times the shorter
    one, which may be no longer than that of the size."""
    prompt_characters_max: int | None = None
    """How many characters of a prompt it reads, with its style and what it says of the references; missing
    where `limits.promptCharactersMax` is all."""
    prompt_characters_max_with_pictures: int | None = None
    """How many beside references, frames or a picture to edit; missing where they are as many."""
    negative_prompt_characters_max: int | None = None
    """How many characters of a negative prompt it reads, with that of the style; missing where there is no
    such rule."""
    takes_brands: bool
    """Whether `brandId` may be given."""
    edits_pictures: bool = False
    """Whether `editOf` may be given."""
    backgrounds: tuple[str, ...] = ("opaque",)
    """The values of `background`, the default first; missing where pictures are `opaque`."""
    cancel_stops_bill: bool
    """False: to cancel a job that was begun costs what is held for it."""
    preview_sizes: tuple[str, ...] = ()
    """The sizes that the model's owner gives no guarantee for; missing where there are none."""
    retires: date | None = None
    """The day from which the model's owner may shut it down; missing where none is known."""
    heir: str | None = None
    """The model that takes its place then. Jobs that find this one gone are run by that one, if it makes
    exactly what was agreed, and the agreed price covers its cost. They pay the smaller price."""
    warning: str | None = None
    """A sentence for people about that day, where it is near or past."""
    video: VideoOffer | None = None
    """There for video models only."""


class SizedModelOffer(ModelOffer):
    """A model whose results have a size. `aspectRatios` are those of the first of its `sizes`."""

    default_aspect_ratio: str
    """The ratio of a request that names none."""
    aspect_ratios: Mapping[str, EdgesPx]
    """The pixels of each ratio."""
    sizes: Mapping[str, Mapping[str, EdgesPx]]
    """For each size, the default first, the pixels of each ratio."""
    free_size_px: FreeSizePx | None
    """null: only the listed sizes."""


class AliasOffer(Answer):
    """A retired model name that still works."""

    model: str
    """The model that is used instead."""
    note: str
    """What the answer's `notes` say then."""


class StyleOffer(Answer):
    """A style."""

    id: str
    """The value of `styleId`."""
    title: str
    """A name for the user."""


_A_DAY: Mapping[str, Any] = {
    f"{kind.plural}_a_day": (
        int | None,
        Field(description=f"How many {kind.plural} may be asked for on a UTC day."),
    )
    for kind in JobKind
}
_LimitsByKind = create_model("_LimitsByKind", __base__=Answer, **_A_DAY)


class TierOffer(_LimitsByKind):  # type: ignore[valid-type,misc] # a limit for each kind of job
    """A tier: what an account may do. A limit that is null does not exist."""

    id: str
    """The tier, as `accounts/{accountId}` names it."""
    title: str
    """A name for the user."""
    jobs_at_once: int
    """How many jobs run at once. The others wait."""
    submissions_a_minute: int
    """How many requests are accepted a minute."""
    batch_rows_max: int
    """How many rows a batch may have."""
    credits_an_hour_max: int
    """The account's fuse blows where more than this would begin in an hour."""
    monthly_credits: int
    """Credits that the account gets each month."""
    directions_a_day: int | None
    """How many briefs the creative director is asked about."""
    direction_refusals_a_day: int | None
    """How many briefs the creative director may refuse."""
    teams_a_day: int
    """How many teams a user may make."""
    priorities: tuple[str, ...]
    """The values that `priority` may have."""
    models: tuple[str, ...]
    """The models that may be used."""


class PurchaseOffer(Answer):
    """Credits that can be bought together, by `createCheckout`."""

    credits: int
    """How many."""
    price_cents: int
    """What all of them cost, in cents of `currency`, without the taxes that the page may add."""
    currency: str
    """The currency, as ISO 4217 has it, in small letters: `usd`."""


class Catalog(Answer):
    """All that a client needs to draw its form."""

    defaults: Mapping[str, str]
    """For each kind, the model of a request that names none."""
    limits: Limits
    uploads: UploadLimits
    welcome: WelcomeGift
    models: tuple[SizedModelOffer | ModelOffer, ...]
    """Every model, also those that are not available here."""
    aliases: Mapping[str, AliasOffer]
    """Retired names of models, which still work."""
    styles: tuple[StyleOffer, ...]
    """Every style."""
    tiers: tuple[TierOffer, ...]
    """What each tier may do."""
    purchases: tuple[PurchaseOffer, ...] = ()
    """The credits that can be bought; absent where nothing is sold."""
