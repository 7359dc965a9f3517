"""The requests. Strict: no coercion, no unknown field, and every error names its field."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    create_model,
    field_validator,
)
from pydantic.alias_generators import to_camel

from mediaforge.contract.sentences import sentence
from mediaforge.domain.credits import CREDITS_MAX
from mediaforge.domain.errors import FieldError, InvalidRequestError
from mediaforge.domain.jobs.job import Priority
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library import templates
from mediaforge.domain.library.exports import ExportFormat
from mediaforge.domain.library.packs import REFERENCES_MAX
from mediaforge.domain.library.shares import ShareRole
from mediaforge.domain.people.keys import Scope
from mediaforge.domain.people.teams import Role

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

PROMPT_CHARS_MAX = 4000
TRAINING_REFERENCES_MAX = 50
_UID_CHARS_MAX = 128
SEED_MAX = 2**31 - 1
_RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$", re.ASCII
)


def _storable(text: str) -> str:
    # JSON can spell half a surrogate pair; neither Firestore nor a provider can take it.
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("is not valid Unicode (a lone surrogate)") from error
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("is blank")
    return text


def _not_zero(amount: int) -> int:
    if amount == 0:
        raise ValueError("must not be 0")
    return amount


def _not_reserved(name: str) -> str:
    if name in (".", "..") or name.startswith("__"):
        raise ValueError("names nobody")
    return name


def _of_somebody(account_id: str) -> str:
    _not_reserved(account_id.partition("_")[2])
    return account_id


def _a_person(name: str) -> str:
    user, at, host = name.rpartition("@")
    is_uid = not at and "/" not in name and len(name) <= _UID_CHARS_MAX
    is_email = bool(user and host) and not any(map(str.isspace, name))
    if not is_uid and not is_email:
        raise ValueError("must be a user id or an e-mail address")
    return _not_reserved(name)


class SentMoment(datetime):
    """A moment, and the text that it was sent as: the same moment can be written in several ways."""

    text = ""


def _as_written(sent: object, read: ValidatorFunctionWrapHandler) -> SentMoment:
    # Without this pydantic would take a number, and a number in a string, for seconds since 1970.
    if not isinstance(sent, str) or not _RFC_3339.match(sent):
        raise ValueError("must be an RFC 3339 date and time with an offset")
    found = read(sent)
    moment = SentMoment.combine(found, found.timetz())
    moment.text = sent
    return moment


def _without_point(value: object) -> object:
    # JSON has one kind of number, and some SDKs write 2 as 2.0.
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_without_point)
Text = Annotated[str, AfterValidator(_storable)]
Name = Annotated[
    str, Field(min_length=1, max_length=128), AfterValidator(_storable), AfterValidator(_not_blank)
]
Prompt = Annotated[
    str,
    Field(min_length=1, max_length=PROMPT_CHARS_MAX),
    AfterValidator(_storable),
    AfterValidator(_not_blank),
]
Moment = Annotated[AwareDatetime, Field(strict=False), WrapValidator(_as_written)]
# Firestore reserves names that begin and end with two underscores.
DOCUMENT_ID = r"^[A-Za-z0-9-][A-Za-z0-9_-]{0,127}$"
DocumentId = Annotated[str, Field(pattern=DOCUMENT_ID)]
AccountId = Annotated[
    str,
    Field(pattern=r"^(user|team)_[^/]{1,128}$"),
    AfterValidator(_storable),
    AfterValidator(_of_somebody),
]
# A uid is part of a path, so it has no slash, and is no name that Firestore refuses.
Uid = Annotated[
    str, Field(pattern=r"^[^/]{1,128}$"), AfterValidator(_storable), AfterValidator(_not_reserved)
]
# An e-mail address that can receive mail has at most 254 characters.
UidOrEmail = Annotated[
    str, Field(min_length=1, max_length=254), AfterValidator(_storable), AfterValidator(_a_person)
]
VariableName = Annotated[str, Field(pattern=rf"^{templates.NAME}$")]
DailyLimit = Annotated[int, Field(ge=0, le=CREDITS_MAX), WHOLE] | None


class Payload(BaseModel):
    """A request's payload: strict, in camelCase, without unknown fields."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        defer_build=True,  # builds the schema at the first request, not in each cold start
    )


class Reference(Payload):
    """A picture that guides the model."""

    path: Annotated[str, Field(min_length=1, max_length=1024), AfterValidator(_storable)]
    """An upload of the caller's (`references/{uid}/{fileId}.{png|jpg|jpeg|webp}`), or a generated
    picture (`generating/{uid}/image/…`) that the caller may see: their own, or one that was made for
    a team of theirs."""
    mode: Literal["style_only", "style_and_composition"]
    """What the model takes from the picture: its style, or its composition, too."""


class Frame(Payload):
    """A picture that a video begins or ends with."""

    path: Annotated[str, Field(min_length=1, max_length=1024), AfterValidator(_storable)]
    """The same kinds of path as that of a reference: an upload, or a generated picture."""


class PictureToEdit(Payload):
    """A picture that is changed as the prompt says."""

    path: Annotated[str, Field(min_length=1, max_length=1024), AfterValidator(_storable)]
    """The same kinds of path as that of a reference: an upload, or a generated picture."""


class VideoToExtend(Payload):
    """A video that is gone on with."""

    path: Annotated[str, Field(min_length=1, max_length=1024), AfterValidator(_storable)]
    """A generated video (`generating/{uid}/video/…`) that the caller may see: their own, or one that was made
    for a team of theirs. It has to be an MP4."""


References = Annotated[tuple[Reference, ...], Field(strict=False)]
Variables = Annotated[
    dict[VariableName, Annotated[Text, Field(max_length=PROMPT_CHARS_MAX)]], Field(max_length=50)
]


class Submittable(Payload):
    """The fields of every request for a job."""

    makes: ClassVar[JobKind]
    references_max: ClassVar[int] = REFERENCES_MAX
    team_id: DocumentId | None = None
    """The team that pays. The caller has to be an editor or an owner of it. Without it the caller
    pays."""
    request_id: Name | None = None
    """The caller's own name for this request. Sent again with the same content it gets the same
    answer and is charged once; with other content it is refused with `request-id-reused`."""
    references: References = ()
    """Pictures to go by."""
    reference_pack_id: DocumentId | None = None
    """A reference pack that the caller may read: their own, one that is shared with a team of theirs, or a
    public one. Its pictures come behind the `references` of the request; one that the request names, too, is
    used once, as the request says."""


class Generation(Submittable):
    """The fields of every request with a prompt. `estimatedCredits`, `title` and `kind` exist so
    that a concept of the creative director can be sent as it is."""

    template_id: DocumentId | None = None
    """A template that the caller may read: their own, one that is shared with a team of theirs, or a public
    one. Its prompt, its `defaults` and its pack are used where the request has none of its own."""
    variables: Variables = Field(default_factory=dict)
    """The values of the placeholders in the prompt, by their names. One that has no placeholder is passed
    over. A name begins with a letter, and has up to 64 letters, digits, `-` and `_`."""
    prompt: Annotated[Prompt | None, Field(validate_default=True)] = None
    """What to make. It may be left out where `templateId` names a template that has one. `{{name}}` stands
    for the variable of that name, `{{name=default}}` for one that may be left out; a placeholder that stays
    unfilled is refused with `variable-missing`, also if the request has no `variables`. All other braces are
    part of the prompt. The limits hold for the prompt as it was sent, and again once it is filled."""
    title: Name | None = None
    """Changes nothing. It is there so that a concept can be sent as it is."""
    estimated_credits: Annotated[int, Field(ge=0, le=CREDITS_MAX), WHOLE] | None = None
    """The price that the user was told. If the request costs more by now, it is refused with
    `invalid-request`."""
    max_credits: Annotated[int, Field(ge=0, le=CREDITS_MAX), WHOLE] | None = None
    """The most that the request may cost. Beyond it the request is refused with `over-budget`, and so is a
    `retry` of its job."""
    negative_prompt: Annotated[Text, Field(max_length=PROMPT_CHARS_MAX)] | None = None
    """What the result must not show."""
    model: Name | None = None
    """One of `getCatalog().models`. Without it: `getCatalog().defaults` of the kind."""
    aspect_ratio: Annotated[str, Field(pattern=r"^[1-9][0-9]?:[1-9][0-9]?$")] | None = None
    """A ratio like `16:9`, one of the model's `aspectRatios`. Without it: the model's
    `defaultAspectRatio`. Not together with `width` and `height`."""
    width: Annotated[int, Field(ge=1, le=16_384), WHOLE] | None = None
    """Pixels. `width` and `height` go together, and have to be a size in the model's `sizes`, or
    within its `freeSizePx`."""
    height: Annotated[int | None, Field(ge=1, le=16_384, validate_default=True), WHOLE] = None
    """Pixels."""
    seed: Annotated[int, Field(ge=0, le=SEED_MAX), WHOLE] | None = None
    """The same request with the same seed makes the same result, if the model can do that. It is
    the first picture's: of several, the one numbered n (from 0, as in `generation_data.image_urls`)
    is made from `seed` + n, and after the largest seed comes 0. Where some of `count` could not be
    made, the others move up and keep their seeds. Without `seed` one is chosen:
    `generation_data.seed` says it."""
    style_id: Name | None = None
    """One of `getCatalog().styles`."""
    references: Annotated[References, Field(max_length=REFERENCES_MAX)] = ()
    """Pictures that guide the model; together with those of the pack at most six, and at most the model's
    `referencesMax`."""
    brand_id: DocumentId | None = None
    """A brand that is `ready`: the caller's own, or with `teamId` one of that team. The model's
    `takesBrands` has to be true."""
    reuse: bool = False
    """Answer with a result that the account has already, for 0 credits, if there is one of the same request:
    the same once it is filled, with the same versions of its template and its pack and, if `seed` is given,
    the same seed. The job then delivers copies, at once whatever `scheduledAt` says, and its view names the
    earlier job in `reused_from`. If there is none, it is made and paid for."""
    priority: Annotated[Priority, Field(strict=False)] = Priority.NORMAL
    """The order among the waiting jobs of one account. The tier's `priorities` says which may be
    used."""
    scheduled_at: Moment | None = None
    """The job does not begin before this moment, at most `getCatalog().limits.scheduleDaysMax` days
    ahead."""

    @field_validator("prompt")
    @classmethod
    def _of_its_own_or_of_the_template(cls, prompt: str | None, info: ValidationInfo) -> str | None:
        if prompt is None and "template_id" in info.data and info.data["template_id"] is None:
            raise ValueError("is missing")
        return prompt

    @field_validator("width")
    @classmethod
    def _one_way_to_say_the_size(cls, width: int | None, info: ValidationInfo) -> int | None:
        if width is not None and info.data.get("aspect_ratio") is not None:
            raise ValueError("give aspectRatio, or width and height, not both")
        return width

    @field_validator("height")
    @classmethod
    def _both_edges(cls, height: int | None, info: ValidationInfo) -> int | None:
        if "width" in info.data and (height is None) != (info.data["width"] is None):
            raise ValueError("width and height go together")
        return height


class SeveralAtOnce(Generation):
    """A request for `count` assets, each at the model's price."""

    count: Annotated[int, Field(ge=1, le=4), WHOLE] = 1
    """How many to make, each at the model's price; at most the model's `countMax`."""


class GenerateImage(SeveralAtOnce):
    """Asks for one to four pictures, which are made by one job."""

    makes = JobKind.IMAGE
    kind: Literal["image"] | None = None
    """Changes nothing. It is there so that a concept can be sent as it is."""
    edit_of: PictureToEdit | None = None
    """The picture to change, if the model's `editsPictures` is true: the prompt says what to change, and the
    rest is kept. The picture itself stays as it is. It counts among the model's `referencesMax`. Without
    `aspectRatio`, or `width` and `height`, the result has the ratio of the model that is next to the
    picture's."""
    background: Literal["opaque", "transparent"] | None = None
    """What is behind the subject, one of the model's `backgrounds`; a `transparent` one comes as PNG or WebP.
    Without it: the first of them."""


class GenerateVideo(Generation):
    """Asks for a video, which is made by one job."""

    makes = JobKind.VIDEO
    kind: Literal["video"] | None = None
    """Changes nothing. It is there so that a concept can be sent as it is."""
    duration_seconds: Annotated[int, Field(ge=1, le=60), WHOLE] | None = None
    """One of the model's `video.durationsSeconds`. Without it: the first of them, or
    `video.referencesDurationSeconds` where the request has references."""
    resolution: Annotated[str, Field(pattern=r"^[0-9]{1,4}[pk]$")] | None = None
    """The name of one of the model's `sizes`. Without it: the first."""
    fps: Annotated[int, Field(ge=1, le=60), WHOLE] | None = None
    """Frames a second, one of the model's `video.fps`. Without it: the first."""
    generate_audio: bool | None = None
    """Whether the video has sound. Without it: what the model can do."""
    first_frame: Frame | None = None
    """The picture that the video begins with, if the model's `video.takesFirstFrame` is true."""
    last_frame: Frame | None = None
    """The picture that the video ends with, if the model's `video.takesLastFrame` is true. Most
    models take it together with `firstFrame` only."""
    extend_of: VideoToExtend | None = None
    """The video to go on with, if the model has `video.extends`; without `references` and frames.
    `durationSeconds` is how much is added, and what is paid for: one of `video.extends.addsSeconds`. Ratio,
    size and frame rate are those of the video. Some models deliver the whole, others what was added alone:
    `generation_data.duration_seconds` says it."""


class TrainBrand(Submittable):
    """Asks for a brand: a style that is learned from at least five pictures. Its state is in
    `brands/{brandId}`; once it is `ready`, requests may name it with `brandId`."""

    makes = JobKind.TRAINING
    references_max = TRAINING_REFERENCES_MAX
    name: Name
    """What the brand is called."""
    references: Annotated[References, Field(max_length=TRAINING_REFERENCES_MAX)] = ()
    """The pictures to learn from: at least five different ones, together with those of the pack; at most
    50."""


SUBMITTABLE: Mapping[JobKind, type[Submittable]] = {
    request.makes: request for request in (GenerateImage, GenerateVideo, TrainBrand)
}


def _plain(value: Any) -> Any:
    """A value that a model of its own is to check later: its texts can be stored, and each whole number is
    written in one way, as in all other fields."""
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, dict):
        return {_storable(name): _plain(each) for name, each in value.items()}
    return list(map(_plain, value)) if isinstance(value, list) else _without_point(value)


ROW_TITLE = "fields of generateImage or generateVideo"
# The fields of a generation request, of which each row of a batch is made.
RowFields = Annotated[
    dict[str, Any],
    AfterValidator(_plain),
    WithJsonSchema({"type": "object", "title": ROW_TITLE}),
]


class SubmitBatch(Payload):
    """Asks for up to a hundred pictures and videos at once. All rows are checked before anything is
    held: either all of them are accepted, or none is. Each then runs as a job of its own. The whole payload
    has at most a megabyte (`request-too-large`)."""

    name: Name
    """What the batch is called."""
    rows: Annotated[tuple[RowFields, ...], Field(strict=False, min_length=1, max_length=100)]
    """Requests of `generateImage`, or with `kind: "video"` of `generateVideo`, without `teamId`, `priority`,
    `scheduledAt` and `requestId`: those are the batch's. They run in this order. At most the tier's
    `batchRowsMax`."""
    template_id: DocumentId | None = None
    """The template of rows that name none. Each row may have `variables` of its own."""
    defaults: RowFields = {}
    """Fields that rows may have. A row that leaves one out gets it from here."""
    priority: Annotated[Priority, Field(strict=False)] = Priority.NORMAL
    """The order among what waits of one account. Batches and single jobs of one priority take turns."""
    scheduled_at: Moment | None = None
    """No row begins before this moment, at most `getCatalog().limits.scheduleDaysMax` days ahead."""
    team_id: DocumentId | None = None
    """The team that pays. The caller has to be an editor or an owner of it. Without it the caller
    pays."""
    max_credits: Annotated[int, Field(ge=0, le=CREDITS_MAX), WHOLE] | None = None
    """The most that the batch may come to. Beyond it the batch is refused with `over-budget`, and so is a
    `retryFailed` or `editRow` that would bring it beyond."""
    request_id: Name | None = None
    """The caller's own name for this batch: sent again with the same content it is the same batch, and is
    charged once."""


class EstimateCredits(Payload):
    """Says what requests would cost, what is wrong with them, and what would cost less. Nothing is held and
    nothing is counted."""

    requests: Annotated[tuple[RowFields, ...], Field(strict=False, min_length=1, max_length=100)]
    """Requests, as the rows of a batch are."""
    team_id: DocumentId | None = None
    """The team that would pay."""


class _BatchCall(Payload):
    batch_id: DocumentId
    """The batch."""
    request_id: Name | None = None
    """The caller's own name for this call: sent again it changes nothing, and answers how the batch is. The
    last 20 of a batch are remembered."""


class PauseBatch(_BatchCall):
    """No row that has not begun begins until a `resume`. Rows that have begun go on to their end."""

    action: Literal["pause"]


class ResumeBatch(_BatchCall):
    """Ends a pause: the rows have their turn again."""

    action: Literal["resume"]


class CancelBatch(_BatchCall):
    """Ends the batch for ever. Rows that have not begun are cancelled, and their credits are free at once.
    Rows that have begun end within seconds; those whose model bills on whatever happens run to their end."""

    action: Literal["cancel"]


class RetryFailed(_BatchCall):
    """Runs every row that is `failed` once more, at today's price and quota: all of them, or none."""

    action: Literal["retryFailed"]


class SetBatchPriority(_BatchCall):
    """Changes the order of what has not got its slot yet."""

    action: Literal["setPriority"]
    priority: Annotated[Priority, Field(strict=False)]
    """The new priority."""


class EditRow(_BatchCall):
    """Changes a row: one that waits runs once, with the change; one that is `failed` runs once more."""

    action: Literal["editRow"]
    row: Annotated[int, Field(ge=0, le=99), WHOLE]
    """The index of the row, from 0."""
    changes: RowFields
    """Fields of the row's request, with their new values. A field that is null is taken away."""


class InviteToBatch(_BatchCall):
    """Makes a code that shares the batch with one user, who need not be known. Only this answer has it: sent
    again under the same `requestId`, it is not said again. It lets one user in, once, for a week, and ends
    with the right of its maker to control the batch. Whoever controls the batch revokes it by deleting its
    document."""

    action: Literal["invite"]
    role: Annotated[ShareRole, Field(strict=False)]
    """What the batch is shared for."""


class JoinBatch(_BatchCall):
    """Shares the batch with the caller, by a code. Sent again it changes nothing. The code is not used up by
    who reads the batch already."""

    action: Literal["join"]
    code: Name
    """The code that the answer to `invite` had."""


class ExportBatch(Payload):
    """Asks for one file of a batch, or of some jobs, to take away. A worker makes it; the document says
    when it is there, and it is deleted seven days later. Costs no credits. Counts as a submission in the
    minute, and in `usage.exports` of the day."""

    batch_id: DocumentId | None = None
    """The batch, all of its rows. Either this or `jobIds` is asked for."""
    job_ids: (
        Annotated[tuple[DocumentId, ...], Field(strict=False, min_length=1, max_length=100)] | None
    ) = None
    """The jobs, in this order; one that is named twice is exported once. The batch or the jobs have to
    be the caller's own, or those of a team that the caller is a member of."""
    format: Annotated[ExportFormat, Field(strict=False)]
    """`csv`: a line for each row, for a spreadsheet; a text that would be a formula there begins with `'`.
    `json`: the rows as they are on the wire. `zip`: all pictures and videos, and both of these files."""
    request_id: Name | None = None
    """The caller's own name for this export: sent again with the same content it is the same export."""


class ExportAccount(Payload):
    """Makes a ZIP of all that is the caller's: their documents as `documents.jsonl`, one a line with its
    path, and their uploads, pictures and videos below `files/`. What would make it larger than 2 GB is named
    in `left-out.txt`. The answer comes at once; listen to the export's document for the file, which is there
    for seven days. Counts as an export in the day."""

    request_id: Name | None = None
    """The caller's own name for this export: sent again it is the same export."""


class DirectCreative(Payload):
    """Asks the creative director for ideas. The answer comes with the call, after some seconds. A
    brief that the director refuses is free."""

    request_id: Name | None = None
    """The caller's own name for this request. Sent again with the same content it gets the same
    concepts and is charged once."""
    brief: Prompt
    """What the ideas are for, in plain words."""
    count: Annotated[int, Field(ge=1, le=10), WHOLE] = 3
    """How many concepts to make."""
    kind: Literal["image", "video"] | None = None
    """What the concepts are of. Without it the director may mix both."""
    brand_id: DocumentId | None = None
    """A brand that is `ready`: the caller's own, or one of a team that the caller may submit for."""


class ControlJob(Payload):
    """Cancels a job, or repeats a failed or cancelled one as a new job. Its user may do this; for a
    job of a team, an owner of the team may cancel it, too."""

    job_id: DocumentId
    """The job."""
    action: Literal["cancel", "retry"]
    """`cancel` ends the job at once; cancelling it again answers the same. `retry` submits the same
    request again as a new job, which names the old one in `retry_of`."""
    accept_charge: bool = False
    """Cancel the job even if the cancel is charged. Without it such a cancel is refused with
    `cancel-is-charged`, which says the price. Goes with `cancel` only."""

    @field_validator("accept_charge")
    @classmethod
    def _goes_with_cancel(cls, accept_charge: bool, info: ValidationInfo) -> bool:
        if accept_charge and info.data.get("action") == "retry":
            raise ValueError("goes with cancel only")
        return accept_charge


class GrantCredits(Payload):
    """Gives credits to an account. For administrators (custom claim `admin`)."""

    account_id: AccountId
    """The account. It is opened if it does not exist yet."""
    amount: Annotated[int, Field(ge=1, le=CREDITS_MAX // 1000), WHOLE]
    """Credits to give."""
    reason: Name
    """Why, as the ledger shows it to the account's users."""
    request_id: Name
    """The administrator's own name for this grant: sent again, it is given once."""


class SetTier(Payload):
    """Sets the account's tier."""

    account_id: AccountId
    """The account. It is opened if it does not exist yet."""
    action: Literal["setTier"]
    tier: Name
    """One of `getCatalog().tiers`."""


class Adjust(Payload):
    """Corrects the account's balance, up or down."""

    account_id: AccountId
    """The account. It is opened if it does not exist yet."""
    action: Literal["adjust"]
    amount: Annotated[
        int, Field(ge=-CREDITS_MAX, le=CREDITS_MAX // 1000), AfterValidator(_not_zero), WHOLE
    ]
    """Credits to add; below 0, credits to take. Not 0."""
    reason: Name
    """Why, as the ledger shows it to the account's users."""
    request_id: Name
    """The administrator's own name for this correction: sent again, it is made once."""


class ResetFuse(Payload):
    """Resets the account's fuse. Without `accountId`, resets the project's; with `lane`, that
    lane's."""

    account_id: AccountId | None = None
    """The account whose fuse is reset. Not together with `lane`."""
    lane: Literal["free"] | None = None
    """`free` is the fuse over all accounts of the free tier together."""
    action: Literal["resetFuse"]

    @field_validator("lane")
    @classmethod
    def _names_one_fuse(cls, lane: str | None, info: ValidationInfo) -> str | None:
        if lane is not None and info.data.get("account_id") is not None:
            raise ValueError("give accountId or lane, not both")
        return lane


class Block(Payload):
    """Refuses every request of the account's user, or for its team, until the account is unblocked."""

    account_id: AccountId
    """The account. It is opened if it does not exist yet."""
    action: Literal["block"]
    reason: Name
    """Why. The blocked may read it in their account."""


class Unblock(Payload):
    """Lets the account's user or team send requests again."""

    account_id: AccountId
    """The account."""
    action: Literal["unblock"]
    reason: Name | None = None
    """Why. It is not stored."""


class CreateTeam(Payload):
    """Makes a team, with an account of its own. The caller is its first owner. How many a user may
    make a day is the tier's `teamsADay`."""

    name: Name
    """What the team is called."""
    request_id: Name | None = None
    """The caller's own name for this request: sent again, it is the same team."""


class InviteMember(Payload):
    """Makes an invitation, for owners of the team. The answer has a code that lets one user in,
    once, for a week."""

    team_id: DocumentId
    """The team."""
    action: Literal["invite"]
    role: Annotated[Role, Field(strict=False)]
    """The role that the new member gets."""
    bound_to: UidOrEmail | None = None
    """The only person that the invitation lets in: a user id, or an e-mail address that their
    sign-in has verified. A text with an `@` is taken for an address. Without it, anybody who has
    the code may join."""


class RevokeInvite(Payload):
    """Ends an open invitation, for owners of the team."""

    team_id: DocumentId
    """The team."""
    action: Literal["revokeInvite"]
    invite_id: DocumentId
    """The invitation: the id of its document."""


class AcceptInvite(Payload):
    """Joins the team by a code."""

    team_id: DocumentId
    """The team."""
    action: Literal["accept"]
    code: Name
    """The code that the answer to `invite` had."""


_A_DAY: Mapping[str, Any] = {
    f"{kind.plural}_a_day": (
        DailyLimit,
        Field(None, description=f"How many {kind.plural} the member may ask for."),
    )
    for kind in JobKind
}
_LimitsByKind = create_model("_LimitsByKind", __base__=Payload, **_A_DAY)


class MemberLimits(_LimitsByKind):  # type: ignore[valid-type,misc] # a field for each kind
    """The most that one member may ask for on one UTC day. A limit that is not given does not exist. In the
    member's document, `imagesADay` is `limits.images`, and so on: `limits.videos`, `limits.trainings`,
    `limits.credits`."""

    credits_a_day: DailyLimit = None
    """Credits that the member may spend."""

    def by_kind(self) -> dict[JobKind, int]:
        found = {kind: getattr(self, f"{kind.plural}_a_day") for kind in JobKind}
        return {kind: limit for kind, limit in found.items() if limit is not None}


class SetMember(Payload):
    """Sets a member's role, or their limits, or both; for owners of the team and administrators.
    Only an administrator can add a user who is no member yet."""

    team_id: DocumentId
    """The team."""
    action: Literal["setMember"]
    uid: Uid
    """The member."""
    role: Annotated[Role, Field(strict=False)] | None = None
    """The new role. A lower role ends every open invitation that names no user id."""
    limits: Annotated[MemberLimits | None, Field(validate_default=True)] = None
    """The new limits. They replace all earlier ones."""

    @field_validator("limits")
    @classmethod
    def _one_of_both(cls, limits: MemberLimits | None, info: ValidationInfo) -> MemberLimits | None:
        if limits is None and "role" in info.data and info.data["role"] is None:
            raise ValueError("give role, limits, or both")
        return limits


class RemoveMember(Payload):
    """Removes a member, for owners of the team and administrators; any member may leave. It takes
    effect with the next request, and ends every open invitation that names no user id."""

    team_id: DocumentId
    """The team."""
    action: Literal["remove"]
    uid: Uid
    """The member."""


class CreateApiKey(Payload):
    """Makes an API key, with which a server or a spreadsheet asks as the caller. Only this answer has the
    key. Counts as a submission in the minute. An account may have so many keys at a time
    (`illegal-state`, with `limit`)."""

    name: Name
    """What the key is called."""
    scopes: Annotated[
        tuple[Annotated[Scope, Field(strict=False)], ...],
        Field(strict=False, min_length=1, max_length=3),
    ] = (Scope.GENERATE, Scope.READ)
    """What the key may be used for: `read` looks at jobs, batches, prices and the balance, `generate` asks
    for what costs credits and controls it, `manage` makes and ends webhooks."""
    team_id: DocumentId | None = None
    """The team that the key is for: it pays, and the key sees nothing else. The caller has to be a member,
    and the key may do what the caller's role allows at the time."""
    expires_at: Moment | None = None
    """From then on the key is refused. Without it: when it is revoked."""
    credits_a_day: DailyLimit = None
    """The most credits that jobs and batches asked for with the key may come to on one UTC day, whatever
    becomes of them. Beyond it they are refused with `quota-exceeded`. Without it the key has no limit of its
    own."""


class RevokeApiKey(Payload):
    """Ends one of the caller's API keys: its next request is refused."""

    key_id: DocumentId
    """The key."""


ControlAccount = SetTier | Adjust | ResetFuse | Block | Unblock
ACCOUNT_ACTIONS: Mapping[str, type[ControlAccount]] = {
    "setTier": SetTier,
    "adjust": Adjust,
    "resetFuse": ResetFuse,
    "block": Block,
    "unblock": Unblock,
}
ControlTeam = InviteMember | RevokeInvite | AcceptInvite | SetMember | RemoveMember
TEAM_ACTIONS: Mapping[str, type[ControlTeam]] = {
    "invite": InviteMember,
    "revokeInvite": RevokeInvite,
    "accept": AcceptInvite,
    "setMember": SetMember,
    "remove": RemoveMember,
}


ControlBatch = PauseBatch | ResumeBatch | CancelBatch | RetryFailed | SetBatchPriority | EditRow
BATCH_ACTIONS: Mapping[str, type[ControlBatch]] = {
    "pause": PauseBatch,
    "resume": ResumeBatch,
    "setPriority": SetBatchPriority,
    "editRow": EditRow,
    "retryFailed": RetryFailed,
    "cancel": CancelBatch,
}
ShareBatch = InviteToBatch | JoinBatch
SHARING_ACTIONS: Mapping[str, type[ShareBatch]] = {
    "invite": InviteToBatch,
    "join": JoinBatch,
}


class GetCatalog(Payload):
    """Says what there is: models, prices, sizes, styles, tiers, limits. Needs no sign-in."""


_P = TypeVar("_P", bound=BaseModel)
_NO_OBJECT = "the payload must be a JSON object"
# Fields of an object, or items of a list. pydantic makes an error for each wrong one: a hundred thousand took
# four seconds and a hundred megabytes.
_MEMBERS_MAX = 100
_NAME_CHARS_MAX = 200  # longest part of a field's name that an error shows


def parse(model: type[_P], payload: object, name: str = "this request") -> _P:
    """`payload` as `model`. `name` is what the errors call it. Raises InvalidRequestError with one FieldError
    for each error."""
    if not isinstance(payload, dict):
        raise InvalidRequestError.of("", _NO_OBJECT)
    if crowd := _find_crowd(payload):
        raise InvalidRequestError([crowd])
    # The JavaScript SDK sends null for undefined, so a field that is null counts as not given.
    known = {field.alias for field in model.model_fields.values()}
    given = {name: v for name, v in payload.items() if v is not None or name not in known}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        details = _own(error.errors(include_url=False, include_input=False))
        raise InvalidRequestError([_field_error(each, model, name) for each in details]) from None


def _own(details: "Sequence[ErrorDetails]") -> "Sequence[ErrorDetails]":
    """Without what only follows from another error: pydantic counts the items of a list that are right, and
    says of a list with a wrong one that it is too short."""
    around = {each["loc"][:n] for each in details for n in range(len(each["loc"]))}
    return [each for each in details if each["type"] != "too_short" or each["loc"] not in around]


def _find_crowd(value: object, field: str = "") -> FieldError | None:
    """An error for the first object or list with more members than any valid request has. It is found
    before pydantic looks at the members."""
    if not isinstance(value, dict | list):
        return None
    if len(value) > _MEMBERS_MAX:
        members = "fields" if isinstance(value, dict) else "items"
        message = f"has {len(value)} {members}, and no request has more than {_MEMBERS_MAX}"
        return FieldError(_storable_name(field), message)
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    named = (_find_crowd(each, _name_within(field, key)[:_NAME_CHARS_MAX]) for key, each in inner)
    return next((crowd for crowd in named if crowd), None)


def parse_action(models: Mapping[str, type[_P]], payload: object, name: str = "this request") -> _P:
    """`payload` as the model of its `action`."""
    if not isinstance(payload, dict):
        raise InvalidRequestError.of("", _NO_OBJECT)
    action = payload.get("action")
    if not isinstance(action, str) or action not in models:
        raise InvalidRequestError.of("action", f"must be one of {', '.join(models)}")
    return parse(models[action], payload, name)


def _field_error(error: "ErrorDetails", model: type[BaseModel], name: str) -> FieldError:
    owner, field = "", ""
    for part in _place(error, model):
        owner, field = field, _name_within(field, part)
    return FieldError(_storable_name(field), sentence(error, owner or name, model))


def _place(error: "ErrorDetails", model: type[BaseModel]) -> Iterator[int | str]:
    """Where the error is. Of a field that was left out and has a default, pydantic says our own name."""
    first, *within = error["loc"] or ("",)
    own = None if error["type"] == "extra_forbidden" else model.model_fields.get(str(first))
    yield first if own is None or own.alias is None else own.alias
    yield from within


def _name_within(field: str, part: int | str) -> str:
    """The field's name as the caller wrote it: `references[2].path`."""
    if part == "[key]":  # pydantic's mark of an error in the name itself
        return field
    if isinstance(part, int):
        return f"{field}[{part}]"
    return f"{field}.{part}" if field else part


def _storable_name(field: str) -> str:
    # The name comes from the caller, and the answer shows it to them.
    return field.encode("utf-8", "replace").decode()


def is_document_id(text: str) -> bool:
    """Whether the text can name a document that requests may name."""
    return re.fullmatch(DOCUMENT_ID, text) is not None


def is_account_id(text: str) -> bool:
    """Whether the text can name an account. It may come from a document that an operator wrote by hand."""
    try:
        _account_id().validate_python(text, strict=True)
    except ValidationError:
        return False
    return True


@cache
def _account_id() -> TypeAdapter[str]:
    """Built at its first use: at import it would slow each cold start."""
    return TypeAdapter(AccountId)


def as_sent(request: BaseModel) -> dict[str, Any]:
    """The request as the caller wrote it: in camelCase, only the fields that were given."""
    given = {to_camel(name): getattr(request, name) for name in request.model_fields_set}
    texts = {name: each.text for name, each in given.items() if isinstance(each, SentMoment)}
    return in_one_spelling(request) | texts


def in_one_spelling(request: BaseModel) -> dict[str, Any]:
    """As `as_sent`, with the fractions of moments written in one way, so that requests that differ only in
    those are the same. The offset of a moment stays as it was sent."""
    return request.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
