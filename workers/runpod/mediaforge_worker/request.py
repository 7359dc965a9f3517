"""A job's `input`, read strictly: no coercion, no unknown field, every refusal names its field."""

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from mediaforge_worker.errors import rejected

# The origins of addresses that are accepted. With any address accepted, a sender could have the worker ask
# machines that only the worker can reach.
CLOUD_STORAGE = ("https://storage.googleapis.com",)

# Twice what MediaForge takes from a user: the backend may add words of its own.
PROMPT_CHARS_MAX = 8_000
SEED_MAX = 2**31 - 1
IMAGE_SIZE_PX = (1024, 1024)
VIDEO_SIZE_PX = (1280, 720)
VIDEO_DURATION_S = 4
VIDEO_FPS = 24
_VIDEO_ONLY = (
    *("duration_seconds", "fps", "resolution", "generate_audio"),
    *("first_frame", "last_frame"),
)
_OF_WEIGHTS = ("lora_address", "lora_base", "lora_trigger")
_PROBLEMS_TOLD_MAX = 5
# Cloud Storage's own limit for a name, in UTF-8.
_PATH_BYTES_MAX = 1024
# Less, to leave room for the number and the extension that the worker adds.
_STEM_BYTES_MAX = 1000
_HEADER = re.compile(r"content-type|x-goog-[a-z0-9-]{1,64}", re.IGNORECASE)
_HEADER_VALUE = re.compile(r"[\x20-\x7e]{1,256}")


def _storable(text: str) -> str:
    # JSON can hold half of a surrogate pair, which neither Firestore nor a tokenizer accepts.
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("is not valid Unicode (a lone surrogate)") from error
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("is blank")
    return text


def _part_of_a_path(name: str) -> str:
    # Firestore refuses these as names of documents, and the dots would lead out of the user's folder.
    if name in (".", "..") or name.startswith("__"):
        raise ValueError("cannot be part of a path")
    return name


def _inside_the_bucket(path: str) -> str:
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise ValueError("must be a path inside the bucket, without empty or dotted parts")
    return path


def _of_cloud_storage(address: str, info: ValidationInfo) -> str:
    origins: Sequence[str] = (info.context or {}).get("origins", CLOUD_STORAGE)
    if not any(address.startswith(f"{origin}/") for origin in origins):
        raise ValueError("must be an https address of Cloud Storage")
    return address


def _of_the_signature(headers: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in headers.items():
        if not _HEADER.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise ValueError("must be Content-Type and x-goog- headers only")
    return headers


def _bytes_at_most(bytes_max: int) -> AfterValidator:
    def short_enough(path: str) -> str:
        if len(path.encode()) > bytes_max:
            raise ValueError(f"must have at most {bytes_max} bytes of UTF-8")
        return path

    return AfterValidator(short_enough)


Text = Annotated[str, AfterValidator(_storable)]
Name = Annotated[
    str,
    Field(min_length=1, max_length=128, pattern=r"^[^/\x00-\x1f]+$"),
    AfterValidator(_storable),
    AfterValidator(_part_of_a_path),
]
BucketPath = Annotated[
    str,
    Field(min_length=1, pattern=r"^[^\x00-\x1f\x7f]+$"),
    AfterValidator(_storable),
    AfterValidator(_inside_the_bucket),
    _bytes_at_most(_PATH_BYTES_MAX),
]


Address = Annotated[
    str,
    Field(max_length=8_000, pattern=r"^[\x21-\x7e]+$"),
    AfterValidator(_of_cloud_storage),
]


class _Input(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_nothing(cls, given: Any) -> Any:
        """JSON's null means "not given", so that a caller may send every field it knows of."""
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if value is not None}


class Upload(_Input):
    """Where one file is to be put, with exactly these headers."""

    address: Address = Field(repr=False)
    headers: Annotated[dict[str, str], Field(max_length=8), AfterValidator(_of_the_signature)] = (
        Field(default_factory=dict)
    )


class Reference(_Input):
    """An image in the bucket, and what is taken from it. At `address` it is read without a key."""

    path: BucketPath
    address: Address | None = Field(default=None, repr=False)
    mode: Literal["style_only", "style_and_composition"] = "style_only"


class Frame(_Input):
    """An image in the bucket that a video begins or ends with."""

    path: BucketPath
    address: Address | None = Field(default=None, repr=False)


class Identity(BaseModel):
    """The fields that name a job's document: enough to report a request whose other fields cannot be read."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    user_id: Name
    file_uid: Name
    media_type: Literal["image", "video"]

    @property
    def document_path(self) -> str:
        return f"generations/{self.user_id}/{self.media_type}s/{self.file_uid}"


class JobInput(_Input):
    """`input` of a job. Sizes are pixels; width and height go together. `output_path` is the path of the
    first file in the bucket, without its extension. `steps` and `guidance_scale` are for the GPU. `lora_base`
    is the model that the weights were trained on, `lora_trigger` the word that calls what they have learned,
    `lora_scale` how much of them is used, 1 for all. `uploads`
    has, for each file, the place where it is to be put. A job with any address is lent: then every file that
    it reads has an address, and the worker's key is not used."""

    user_id: Name
    file_uid: Name
    media_type: Literal["image", "video"]
    use_cloud_storage: bool
    prompt: Annotated[
        Text, Field(min_length=1, max_length=PROMPT_CHARS_MAX), AfterValidator(_not_blank)
    ]
    negative_prompt: Annotated[Text, Field(max_length=PROMPT_CHARS_MAX)] = ""
    model: Annotated[Text, Field(min_length=1, max_length=256)] | None = None
    width: Annotated[int, Field(ge=64, le=4096)] | None = None
    height: Annotated[int, Field(ge=64, le=4096)] | None = None
    count: Annotated[int, Field(ge=1, le=4)] = 1
    seed: Annotated[int, Field(ge=0, le=SEED_MAX)] = Field(
        default_factory=lambda: secrets.randbelow(SEED_MAX)
    )
    style: Annotated[Text, Field(max_length=1_000)] | None = None
    references: Annotated[tuple[Reference, ...], Field(max_length=6, strict=False)] = ()
    output_path: Annotated[BucketPath, _bytes_at_most(_STEM_BYTES_MAX)] | None = None
    uploads: Annotated[tuple[Upload, ...], Field(max_length=4, strict=False)] = ()
    duration_seconds: Annotated[int, Field(ge=1, le=60)] | None = None
    fps: Annotated[int, Field(ge=1, le=60)] | None = None
    resolution: Annotated[str, Field(pattern=r"^[0-9]{1,4}[pkK]$")] | None = None
    generate_audio: bool | None = None
    first_frame: Frame | None = None
    last_frame: Frame | None = None
    lora_uri: Annotated[str, Field(max_length=1_100, pattern=r"^gs://[^/\s]+/\S+$")] | None = None
    lora_address: Address | None = Field(default=None, repr=False)
    lora_base: Annotated[Text, Field(min_length=1, max_length=256)] | None = None
    lora_trigger: Annotated[Text, Field(min_length=1, max_length=64)] | None = None
    lora_scale: Annotated[float, Field(ge=0, le=2)] = 1.0
    steps: Annotated[int, Field(ge=1, le=150)] | None = None
    guidance_scale: Annotated[float, Field(ge=0, le=30)] | None = None

    @model_validator(mode="after")
    def _fields_go_together(self) -> "JobInput":
        if (self.width is None) != (self.height is None):
            raise ValueError("width: width and height go together")
        if self.media_type == "video":
            _check_video(self)
        else:
            _refuse_video_fields(self)
        _check_addresses(self)
        return self

    @property
    def identity(self) -> Identity:
        return Identity(user_id=self.user_id, file_uid=self.file_uid, media_type=self.media_type)

    @property
    def is_lent(self) -> bool:
        """Whether the job came with addresses, so that no key is needed."""
        return bool(self.uploads) or any(self.reads.values())

    @property
    def reads(self) -> Mapping[str, str | None]:
        """The address of each file that is to be read, by the name of its field."""
        frames = {"first_frame": self.first_frame, "last_frame": self.last_frame}
        named = {f"references[{index}]": one for index, one in enumerate(self.references)} | frames
        reads = {f"{name}.address": one.address for name, one in named.items() if one is not None}
        return reads if self.lora_uri is None else {**reads, "lora_address": self.lora_address}

    @property
    def is_video(self) -> bool:
        return self.media_type == "video"

    @property
    def size_px(self) -> tuple[int, int]:
        if self.width is None or self.height is None:
            return VIDEO_SIZE_PX if self.is_video else IMAGE_SIZE_PX
        return self.width, self.height


def _check_video(wanted: JobInput) -> None:
    if wanted.count != 1:
        raise ValueError("count: a job makes one video")
    # H.264 halves the colours in both directions.
    if any(edge % 2 for edge in wanted.size_px):
        raise ValueError("width: a video's width and height must be even")


def _refuse_video_fields(wanted: JobInput) -> None:
    for name in _VIDEO_ONLY:
        if getattr(wanted, name):
            raise ValueError(f"{name}: is for videos only")


def _check_addresses(wanted: JobInput) -> None:
    """A job has addresses for all its files or for none: no caller sends a job that needs the key for some of
    them."""
    if wanted.uploads and len(wanted.uploads) != wanted.count:
        raise ValueError("uploads: must be one for each file")
    for name in _OF_WEIGHTS:
        if wanted.lora_uri is None and getattr(wanted, name) is not None:
            raise ValueError(f"{name}: goes with lora_uri")
    for name, address in wanted.reads.items():
        if wanted.is_lent and address is None:
            raise ValueError(f"{name}: is missing, and other addresses are not")


def has_uploads(payload: object) -> bool:
    """Whether a request, which may be invalid otherwise, says where its files are to be put."""
    return isinstance(payload, dict) and bool(payload.get("uploads"))


def read_identity(payload: object) -> Identity | None:
    """The request's identity; None where that cannot be read."""
    try:
        return Identity.model_validate(payload)
    except ValidationError:
        return None


def read_input(payload: object, origins: Sequence[str] = CLOUD_STORAGE) -> JobInput:
    """Reads a job's input. Its addresses have to begin with one of `origins`. Raises WorkerError
    `invalid-input` (rejected), whose message names each wrong field and quotes no value."""
    if not isinstance(payload, dict):
        raise rejected("invalid-input", "input: must be an object.")
    try:
        return JobInput.model_validate(payload, context={"origins": origins})
    except ValidationError as error:
        raise rejected("invalid-input", _told(error)) from None


def _told(error: ValidationError) -> str:
    problems = [
        _problem(".".join(_spelled(part) for part in one["loc"]).replace(".[", "["), one["msg"])
        for one in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    more = len(problems) - _PROBLEMS_TOLD_MAX
    told = "; ".join(problems[:_PROBLEMS_TOLD_MAX])
    return f"{told}; and {more} more." if more > 0 else f"{told}."


def _spelled(part: str | int) -> str:
    # An unknown field is named as the caller wrote it, but cut, and without characters that would break a log
    # line.
    return f"[{part}]" if isinstance(part, int) else re.sub(r"[^\w.-]", "?", part)[:64]


def _problem(field: str, message: str) -> str:
    message = message.removeprefix("Value error, ")
    return f"{field}: {message[:1].lower()}{message[1:]}" if field else message
