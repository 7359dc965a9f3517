"""Arguments and results of the tools of `POST /mcp`. What starts work takes fields of the callables'
requests; the descriptions here are for a language model, which reads them with every conversation."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from mediaforge.contract.answers import Answer, RowCounts
from mediaforge.contract.requests import (
    WHOLE,
    DocumentId,
    GenerateImage,
    GenerateVideo,
    Name,
    Payload,
    Prompt,
    SubmitBatch,
)

WAIT_S_MAX = 25
"""SDKs give a call up after 60 seconds, and some programs around them earlier."""
_WAIT_S = 20

# With the prefix that the door writes before it, it is still a `Name`.
_RequestId = Annotated[Name, Field(max_length=100)]
_REQUEST_ID = (
    "A name of your own for this request, new for each new wish. Sent again it answers the same work and "
    "charges nothing more: so a call whose answer was lost can be repeated."
)
_OF_BOTH = {
    "negative_prompt": "What must not be seen.",
    "model": "A model's id from list_models. Leave it out for the default.",
    "aspect_ratio": "Like 16:9; one of the model's aspectRatios.",
    "seed": "The same request with the same seed gives the same result, where the model can do that.",
    "style_id": "A style's id from list_models.",
    "brand_id": "A trained brand of this account.",
    "references": "Pictures to go by: a path is the `path` of a file from get_job, or of an upload.",
    "max_credits": "Refuse (over-budget) rather than cost more than this.",
}


def _chosen(source: type[Payload], described: Mapping[str, str], **own: Any) -> dict[str, Any]:
    """Fields of a request, with their types and defaults, and with descriptions."""
    chosen = {}
    for name, description in described.items():
        field = source.model_fields[name]
        said = Field(description=description)
        chosen[name] = (Annotated[(field.annotation, *field.metadata, said)], field.default)
    return {**chosen, **own}


def _own(annotation: Any, description: str, default: Any = None) -> tuple[Any, Any]:
    return Annotated[annotation, Field(description=description)], default


GenerateImageTool = create_model(
    "GenerateImageTool",
    __base__=Payload,
    **_chosen(
        GenerateImage,
        {
            "count": "How many pictures, each at the model's price.",
            **_OF_BOTH,
            "edit_of": "A picture to change: the prompt says what. For models with editsPictures.",
            "background": "One of the model's backgrounds.",
        },
        prompt=_own(Prompt, "What to make, in plain words.", ...),
        request_id=_own(_RequestId | None, _REQUEST_ID),
    ),
)
GenerateVideoTool = create_model(
    "GenerateVideoTool",
    __base__=Payload,
    **_chosen(
        GenerateVideo,
        {
            **_OF_BOTH,
            "duration_seconds": "One of the model's durationsSeconds; each second costs.",
            "resolution": "One of the model's resolutions, like 720p.",
            "generate_audio": "Whether it has sound.",
            "first_frame": "The picture that it begins with.",
            "last_frame": "The picture that it ends with.",
            "extend_of": "A video to go on with, by one of the model's addsSeconds.",
        },
        prompt=_own(Prompt, "What happens in the video, in plain words.", ...),
        request_id=_own(_RequestId | None, _REQUEST_ID),
    ),
)
SubmitBatchTool = create_model(
    "SubmitBatchTool",
    __base__=Payload,
    **_chosen(
        SubmitBatch,
        {
            "name": "What the batch is called.",
            "rows": "1 to 100 objects, each with the arguments of generate_image, or with kind: video those "
            "of generate_video; without requestId.",
            "defaults": "Fields for rows that leave them out.",
        },
        max_credits=_own(
            SubmitBatch.model_fields["max_credits"].annotation,
            "The most that all rows together may cost; beyond it nothing is started.",
            ...,
        ),
        request_id=_own(_RequestId | None, _REQUEST_ID),
    ),
)


class GetJobTool(Payload):
    job_id: DocumentId | None = Field(None, description="A job. Give jobId or batchId.")
    batch_id: DocumentId | None = Field(None, description="A batch.")
    wait_seconds: Annotated[int, Field(ge=0, le=WAIT_S_MAX), WHOLE] = Field(
        _WAIT_S, description="How long to wait for the end before answering; 0 answers at once."
    )
    preview: bool = Field(True, description="Whether to see small pictures of the results.")


class ListModelsTool(Payload):
    kind: Literal["image", "video"] | None = Field(None, description="Only these.")


# ---- results ---------------------------------------------------------------------------------------


class _Result(Answer):
    next: str
    """What to do now."""
    notes: tuple[str, ...] = ()
    """In what the work differs from the request."""


class Cost(Answer):
    """Credits."""

    estimated: int
    """Held until the end: the most that it costs."""
    charged: int | None = None
    """What it did cost, once it is done."""


class Started(_Result):
    """A job that was started, or found again by its requestId."""

    job_id: str
    status: str
    done: bool
    credits: Cost
    repeated: bool
    """True: this requestId was known, and nothing new was started."""


class BatchStarted(_Result):
    """A batch that was started, or found again by its requestId."""

    batch_id: str
    status: str
    done: bool
    rows: int
    credits: Cost
    repeated: bool


class MadeFile(Answer):
    """A picture or a video."""

    url: str
    """Opens for everybody who has it."""
    path: str
    """Names the file in `references`."""
    mime_type: str
    thumbnail_url: str | None = None
    width: int | None = None
    height: int | None = None
    row: int | None = None
    """Of a batch: the row that it was made for."""


class Failure(Answer):
    code: str
    message: str
    retryable: bool


class BatchRow(Answer):
    row: int
    status: str
    job_id: str | None = None


class Seen(_Result):
    """How far a job or a batch is."""

    status: str
    done: bool
    progress: float
    """0 to 1."""
    credits: Cost
    job_id: str | None = None
    batch_id: str | None = None
    kind: str | None = None
    files: tuple[MadeFile, ...] = ()
    more_files: int | None = None
    """How many are not listed. Each row's job has its own."""
    error: Failure | None = None
    counts: RowCounts | None = None
    rows: tuple[BatchRow, ...] = ()


class ModelSeen(Answer):
    id: str
    title: str
    kind: str
    credits: int
    """The price of a picture, or of a second of video."""
    credits_by_size: Mapping[str, int] | None = None
    available: bool
    """Whether this account can use it."""
    is_default: bool | None = None
    aspect_ratios: tuple[str, ...] = ()
    count_max: int | None = None
    references_max: int
    references_min: int = 0
    """How many references a request needs."""
    edits_pictures: bool | None = None
    backgrounds: tuple[str, ...] = ("opaque",)
    durations_seconds: tuple[int, ...] = ()
    adds_seconds: tuple[int, ...] = ()
    """By how many seconds it can extend a video."""
    resolutions: tuple[str, ...] = ()


class StyleSeen(Answer):
    id: str
    title: str


class ModelsSeen(_Result):
    """The balance, and what can be made for which price."""

    balance: int
    """Credits that can be spent."""
    held: int
    """Credits that are reserved for unfinished work."""
    models: tuple[ModelSeen, ...]
    styles: tuple[StyleSeen, ...] = ()
