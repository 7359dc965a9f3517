"""What the real services refuse of a request: fields that they do not know, and values that the model does
not have (`models.toml`).

Fields are compared with the SDK's own types. What the SDK sends on the wire and has no type for (Veo's
`instances` and `parameters`) has one here, which `tests/providers/test_strict_servers.py` compares with what
the SDK makes of all of its options.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Annotated, Any, Literal, TypeVar

from google.genai import types
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from protocols.models import KnownModel

Json = dict[str, Any]
_M = TypeVar("_M", bound=BaseModel)
_INT32 = range(-(2**31), 2**31)
_UINT32 = range(2**32)
_TASKS = (
    "text_to_video", "image_to_video", "reference_to_video", "edit", "extend", "upscale"
)  # fmt: skip
# Those that work on a video, beside which there may be pictures:
# https://docs.oxen.ai/inference-api/reference/models/gemini-omni-1-1-flash
_TASKS_ON_A_VIDEO = ("edit", "extend", "upscale")
# Of an interaction, as the SDK's `ThinkingLevel` names them.
_THINKING_LEVELS = ("minimal", "low", "medium", "high")
_ADDRESSES = ("gs://", "https://", "http://")
# https://docs.cloud.google.com/pubsub/docs/pubsub-basics#resource_names
_TOPIC = re.compile(
    r"projects/(?:\d+|[a-z][a-z0-9:.-]+)/topics/(?!goog)[A-Za-z][\w.~+%-]{2,254}", re.ASCII
)


class RefusedError(Exception):
    """The service's answer is INVALID_ARGUMENT, with this message; `unknown` is the path of a field that it
    does not know, if that is why."""

    def __init__(self, message: str, unknown: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.unknown = unknown


# ---- generateContent -----------------------------------------------------------------------------


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


class _ImageConfig(_Strict):
    """`ImageConfig` of the SDK as it is on the wire, where two of its fields are in
    `image_output_options`."""

    aspect_ratio: str | None = None
    image_size: str | None = None
    person_generation: str | None = None
    prominent_people: str | None = None
    image_output_options: types.ImageConfigImageOutputOptions | None = None


def _one_of(kind: type[Enum]) -> BeforeValidator:
    """Only the names that the SDK has: its own type takes any word for one, with a warning."""

    def check(value: object) -> object:
        if value is not None and not (isinstance(value, str) and value in kind.__members__):
            raise ValueError(value)
        return value

    return BeforeValidator(check)


class _ThinkingConfig(types.ThinkingConfig):
    thinking_level: Annotated[types.ThinkingLevel | None, _one_of(types.ThinkingLevel)] = None


class _GenerationConfig(types.GenerationConfig):
    image_config: _ImageConfig | None = None
    thinking_config: _ThinkingConfig | None = None


class _Content(_Strict):
    contents: list[types.Content]
    generation_config: _GenerationConfig | None = None
    system_instruction: types.Content | None = None
    safety_settings: list[types.SafetySetting] | None = None
    output_config: types.GenerationOutputConfig | None = None
    labels: dict[str, str] | None = None
    service_tier: str | None = None
    tools: list[types.Tool] | None = None
    tool_config: types.ToolConfig | None = None
    cached_content: str | None = None
    continuation_token: str | None = None


def check_content(body: Json, model: KnownModel, *, with_key: bool = False) -> None:
    """`body` has snake_case keys. `with_key`: the Gemini API is asked, which reads no files in Storage and
    stores nothing. Raises RefusedError."""
    read = _read(_Content, body)
    parts = [part for content in read.contents for part in content.parts or ()]
    if not any(part.text or part.inline_data or part.file_data for part in parts):
        raise RefusedError("Unable to submit request because it must have a text parameter.")
    if with_key and read.output_config is not None:
        raise _unknown("output_config")
    if with_key and read.labels is not None:
        raise _unknown("labels")
    _check_seed(body.get("generation_config", {}).get("seed"), _INT32)
    asked = read.generation_config.candidate_count if read.generation_config else None
    if asked and not 1 <= asked <= model.candidates_max:  # 0 is the default, on the wire
        # Word for word: googleapis/js-genai#1609.
        raise RefusedError("Multiple candidates is not enabled for this model")
    pictures = [part for part in parts if part.inline_data or part.file_data]
    _check_count("images", len(pictures), model.references_max)
    for part in pictures:
        _check_part(part, model, with_key=with_key)
    if model.does == "image":
        _check_image_config(read.generation_config, model)


def _check_part(part: types.Part, model: KnownModel, *, with_key: bool) -> None:
    blob, file = part.inline_data, part.file_data
    said = blob.mime_type if blob else file.mime_type if file else None
    if said not in model.reference_types:
        raise RefusedError(f"Unsupported MIME type: {said}")
    if blob is not None and not _is_picture(blob.data or b""):
        raise RefusedError("Provided image is not valid.")
    uri = file.file_uri if file else None
    if file is not None and not (uri or "").startswith(_ADDRESSES):
        raise RefusedError(f"Invalid file URI: {uri}")
    if with_key and (uri or "").startswith("gs://"):
        raise RefusedError(f"Unsupported file URI type: {uri}. File URIs must be of the Files API.")


def _check_image_config(config: _GenerationConfig | None, model: KnownModel) -> None:
    image = config.image_config if config else None
    if image is None:
        return
    _check_listed("aspect_ratio", image.aspect_ratio, model.ratios)
    _check_listed("image_size", image.image_size, model.sizes)
    options = image.image_output_options
    kind = options.mime_type if options else None
    _check_listed("mime_type", kind, ("image/png", "image/jpeg"))


# ---- Veo -----------------------------------------------------------------------------------------


class VeoImage(_Strict):
    gcs_uri: str | None = None
    bytes_base64_encoded: bytes | None = None
    mime_type: str | None = None


class VeoReference(_Strict):
    image: VeoImage
    reference_type: str | None = None


class VeoMask(VeoImage):
    mask_mode: str | None = None


class VeoInstance(_Strict):
    prompt: str | None = None
    image: VeoImage | None = None
    video: VeoImage | None = None
    last_frame: VeoImage | None = None
    reference_images: list[VeoReference] | None = None
    mask: VeoMask | None = None


class VeoParameters(_Strict):
    sample_count: int | None = None
    storage_uri: str | None = None
    fps: int | None = None
    duration_seconds: int | None = None
    seed: int | None = None
    aspect_ratio: str | None = None
    resolution: str | None = None
    person_generation: str | None = None
    pubsub_topic: str | None = None
    negative_prompt: str | None = None
    enhance_prompt: bool | None = None
    generate_audio: bool | None = None
    compression_quality: Literal["OPTIMIZED", "LOSSLESS"] | None = None
    resize_mode: Literal["CROP", "PAD"] | None = None


class VeoBody(_Strict):
    instances: list[VeoInstance]
    parameters: VeoParameters = VeoParameters()
    labels: dict[str, str] | None = None


def check_veo(body: Json, model: KnownModel) -> None:
    """Raises RefusedError."""
    read = _read(VeoBody, body)
    if len(read.instances) != 1:
        raise RefusedError("Exactly one instance is expected.")
    instance, asked = read.instances[0], read.parameters
    if not (instance.prompt or instance.image or instance.video):
        raise RefusedError("Either prompt, image or video has to be set.")
    _check_pictures(instance, asked, model)
    _check_parameters(asked, model, extends=instance.video is not None)


def _check_parameters(asked: VeoParameters, model: KnownModel, *, extends: bool) -> None:
    _check_seed(asked.seed, _UINT32)
    _check_listed("aspectRatio", asked.aspect_ratio, model.ratios)
    _check_listed("resolution", asked.resolution, model.sizes)
    lengths_s = (model.extends_by_s,) if extends else model.lengths_s
    _check_listed("durationSeconds", asked.duration_seconds, lengths_s)
    _check_listed("fps", asked.fps, model.fps)
    people = asked.person_generation and asked.person_generation.lower()
    _check_listed("personGeneration", people, ("dont_allow", "allow_adult", "allow_all"))
    if asked.sample_count is not None and not 1 <= asked.sample_count <= model.videos_max:
        raise RefusedError(f"sampleCount must be between 1 and {model.videos_max}.")
    if asked.storage_uri is not None and not asked.storage_uri.startswith("gs://"):
        raise RefusedError("storageUri must be a Cloud Storage URI.")
    if asked.pubsub_topic is not None and not _TOPIC.fullmatch(asked.pubsub_topic):
        raise RefusedError("pubsubTopic must have the form projects/{project}/topics/{topic}.")


def _check_pictures(instance: VeoInstance, asked: VeoParameters, model: KnownModel) -> None:
    references = instance.reference_images or []
    _check_count("reference images", len(references), model.references_max)
    if references and (instance.image or instance.last_frame or instance.video):
        raise RefusedError("Image, video and reference images cannot be combined.")
    if instance.image and instance.video:
        raise RefusedError("Image and video cannot be combined.")
    if instance.last_frame and not instance.image:
        raise RefusedError("A last frame needs an image that the video begins with.")
    for reference in references:
        use = (reference.reference_type or "").upper()
        _check_listed("referenceType", use, model.reference_uses)
    length_s = asked.duration_seconds
    if references and length_s is not None and length_s != model.references_length_s:
        raise RefusedError(
            f"With reference images durationSeconds must be {model.references_length_s}."
        )
    frames = [instance.image, instance.last_frame, *(each.image for each in references)]
    for picture in frames:
        if picture is not None:
            _check_veo_image(picture, model)
    if instance.video is not None:
        _check_film(instance.video, instance, asked, model)


def _check_film(
    film: VeoImage, instance: VeoInstance, asked: VeoParameters, model: KnownModel
) -> None:
    """The video to extend: an MP4 of 720p or 1080p, which is gone on with in the same size."""
    if model.extends_by_s is None:
        raise RefusedError("Video extension is not supported by this model.")
    _check_one_source(film)
    if film.mime_type != "video/mp4":
        raise RefusedError(f"Unsupported mimeType: {film.mime_type}")
    if instance.last_frame:
        raise RefusedError("Video and last frame cannot be combined.")
    _check_listed("resolution", asked.resolution, model.extends_sizes)


def _check_veo_image(picture: VeoImage, model: KnownModel) -> None:
    _check_one_source(picture)
    if picture.mime_type not in model.reference_types:
        raise RefusedError(f"Unsupported mimeType: {picture.mime_type}")
    if picture.bytes_base64_encoded is not None and not _is_picture(picture.bytes_base64_encoded):
        raise RefusedError("The image could not be decoded.")


def _check_one_source(picture: VeoImage) -> None:
    if (picture.gcs_uri is None) == (picture.bytes_base64_encoded is None):
        raise RefusedError("Exactly one of gcsUri and bytesBase64Encoded has to be set.")
    if picture.gcs_uri is not None and not picture.gcs_uri.startswith("gs://"):
        raise RefusedError("gcsUri must be a Cloud Storage URI.")


# ---- Omni ----------------------------------------------------------------------------------------


def check_interaction(body: Json, model: KnownModel) -> None:
    """Raises RefusedError."""
    from google.genai._gaos.types.interactions import (  # noqa: PLC0415 - loads 350 modules
        CreateModelInteraction,
    )

    read = _read(CreateModelInteraction, body)
    for path in _unknown_in(read):
        raise _unknown(path)
    if body.get("background") and not body.get("store"):
        raise RefusedError("background=true requires store=true.")
    wanted = body.get("response_format")
    if not isinstance(wanted, Mapping) or wanted.get("type") != "video":
        raise RefusedError("response_format has to be a video.")
    _check_delivery(wanted)
    _check_listed("aspect_ratio", wanted.get("aspect_ratio"), model.ratios)
    _check_listed("resolution", wanted.get("resolution"), model.sizes)
    _check_seed(body.get("generation_config", {}).get("seed"), _INT32)
    _check_task(body, model, _length_s(wanted, model))


def _check_delivery(wanted: Mapping[str, Any]) -> None:
    _check_listed("delivery", wanted.get("delivery"), ("uri", "inline"))
    if wanted.get("delivery") == "uri" and not str(wanted.get("gcs_uri", "")).startswith("gs://"):
        raise RefusedError("delivery=uri requires gcs_uri, a Cloud Storage URI.")


def _length_s(wanted: Mapping[str, Any], model: KnownModel) -> int | None:
    said = wanted.get("duration")
    if said is None:
        return None
    found = re.fullmatch(r"(\d+)s", str(said))
    length_s = int(found[1]) if found else None
    if length_s not in model.lengths_s:
        raise RefusedError(f"duration {said} is not supported.")
    return length_s


def _check_task(body: Json, model: KnownModel, length_s: int | None) -> None:
    content = [part for step in body["input"] for part in step.get("content", ())]
    pictures = [part for part in content if part.get("type") == "image"]
    for picture in pictures:
        if picture.get("mime_type") not in model.reference_types:
            raise RefusedError(f"Unsupported MIME type: {picture.get('mime_type')}")
        if "data" not in picture and not str(picture.get("uri", "")).startswith(_ADDRESSES):
            raise RefusedError(f"Invalid image URI: {picture.get('uri')}")
    films = [part for part in content if part.get("type") == "video"]
    config = body.get("generation_config", {})
    _check_listed("thinking_level", config.get("thinking_level"), _THINKING_LEVELS)
    task = config.get("video_config", {}).get("task")
    _check_listed("task", task, _TASKS)
    goes_on = bool(body.get("previous_interaction_id"))  # whose result is the video
    if task in _TASKS_ON_A_VIDEO and not goes_on and len(films) != 1:
        raise RefusedError(f"The task {task} needs exactly one video.")
    if task in ("text_to_video", "image_to_video") and films:
        raise RefusedError(f"The task {task} takes no video.")
    if task in ("image_to_video", "reference_to_video") and not pictures:
        raise RefusedError(f"The task {task} needs an image.")
    if task == "text_to_video" and pictures:
        raise RefusedError("The task text_to_video takes no image.")
    is_framed = task == "image_to_video"
    _check_count("images", len(pictures), model.frames_max if is_framed else model.references_max)
    longest_s = model.frames_length_s_max
    if is_framed and length_s and longest_s and length_s > longest_s:
        raise RefusedError(f"With frames the duration is at most {longest_s}s.")


# ---- what they share -----------------------------------------------------------------------------


def _read(kind: type[_M], body: Json) -> _M:
    """The body as that type. Raises RefusedError for a field that the type does not have, or of another
    type."""
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        wrong = error.errors()
        for each in wrong:
            if each["type"] == "extra_forbidden":
                raise _unknown(_path(each["loc"])) from None
        raise RefusedError(f"Invalid value at '{_path(wrong[0]['loc'])}'") from None


def _unknown_in(value: object, path: str = "") -> Iterator[str]:
    """The paths of fields that the SDK's types for interactions have kept without knowing them, and of parts
    whose type they do not know."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _unknown_in(each, f"{path}[{index}]")
    if not isinstance(value, BaseModel):
        return
    if type(value).__name__.startswith("Unknown"):
        yield path
    yield from (f"{path}.{name}" for name in value.model_extra or ())
    for name, each in vars(value).items():  # as attributes the deprecated ones would warn
        yield from _unknown_in(each, f"{path}.{name}")


def _unknown(path: str) -> RefusedError:
    place, _, name = path.strip(".").rpartition(".")
    at = f" at '{place}'" if place else ""
    message = f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.'
    return RefusedError(message, unknown=path.strip("."))


def _path(loc: Iterable[int | str]) -> str:
    return "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in loc).strip(".")


def _check_listed(name: str, value: object, listed: Iterable[object]) -> None:
    known = list(listed)
    if value is not None and value not in known:
        said = ", ".join(map(str, known))
        raise RefusedError(f"{name} {value} is not supported; supported are {said}.")


def _check_count(what: str, count: int, count_max: int) -> None:
    if count > count_max:
        raise RefusedError(f"At most {count_max} {what} are supported, and there are {count}.")


def _check_seed(seed: object, allowed: range) -> None:
    if seed is not None and seed not in allowed:
        raise RefusedError(f"Invalid value at 'seed': {seed}")


def _is_picture(content: bytes) -> bool:
    return content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")) or content[8:12] in (
        b"WEBP", b"heic", b"heif", b"mif1"
    )  # fmt: skip
