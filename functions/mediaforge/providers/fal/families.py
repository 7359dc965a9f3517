"""What each model's endpoints at fal.ai call the things that we ask for. This is data: a model of another
family is an entry here, and one in the catalogue.

Sources: the pages fal.ai/models/<endpoint>/api and fal.ai/models/<endpoint>/llms.txt; the types of all
endpoints in github.com/fal-ai/fal-js, libs/client/src/types/endpoints.ts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mediaforge.domain.errors import RejectedError
from mediaforge.domain.jobs.prompts import whole_prompt
from mediaforge.ports.provider import ProviderRequest, ReferenceImage, VideoSpec

Lend = Callable[[ReferenceImage], str]
"""Makes an address at which fal.ai may read the picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint, and its names of what is asked for; None for what it has no field for. `size` is an
    object of `width` and `height`, `references` a list of addresses, `picture` a single one. The first of
    `references` is the picture to edit, where there is one: these endpoints take a prompt for what to change.
    `is_pinned`: the picture is lent as it was looked at, and not as its user has written it since: its shape
    says what the request costs us. Resolutions are called as our sizes are. `duration` is a number of
    seconds, in some endpoints as a text. `fixed` is sent as it is."""

    id: str
    prompt: str | None = "prompt"
    prompt_chars_max: int | None = None
    negative: str | None = None
    negative_chars_max: int | None = None
    size: str | None = None
    ratio: str | None = None
    resolution: str | None = None
    duration: str | None = None
    duration_is_text: bool = False
    audio: str | None = None
    count: str | None = None
    seed: str | None = None
    references: str | None = None
    picture: str | None = None
    is_pinned: bool = False
    first_frame: str | None = None
    last_frame: str | None = None
    fixed: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Family:
    """A model's endpoint for requests of words alone, and the one for requests with pictures; None where it
    does not take such requests."""

    words: Endpoint | None
    pictures: Endpoint | None


_SEEDREAM: dict[str, Any] = {
    "size": "image_size",
    "count": "num_images",
    "seed": "seed",
}
_QWEN: dict[str, Any] = {
    "size": "image_size",
    "count": "num_images",
    "seed": "seed",
    "negative": "negative_prompt",
    "negative_chars_max": 500,
    # Else a language model rewrites what the user has asked for.
    "fixed": {"output_format": "png", "enable_prompt_expansion": False},
}
_KLING: dict[str, Any] = {
    "prompt_chars_max": 2500,
    "negative": "negative_prompt",
    "negative_chars_max": 2500,
    "duration": "duration",
    "duration_is_text": True,
    "audio": "generate_audio",
}
_WAN: dict[str, Any] = {
    "prompt_chars_max": 5000,
    "negative": "negative_prompt",
    "negative_chars_max": 500,
    "duration": "duration",
    "resolution": "resolution",
    "seed": "seed",
    "fixed": {"enable_prompt_expansion": False},
}

FAMILIES: Mapping[str, Family] = {
    "flux-2-pro": Family(
        Endpoint(
            id="fal-ai/flux-2-pro",
            size="image_size",
            seed="seed",
            fixed={"output_format": "png"},
        ),
        None,
    ),
    "seedream-4.5": Family(
        Endpoint(id="fal-ai/bytedance/seedream/v4.5/text-to-image", **_SEEDREAM),
        Endpoint(
            id="fal-ai/bytedance/seedream/v4.5/edit",
            references="image_urls",
            **_SEEDREAM,
        ),
    ),
    "qwen-image-2": Family(
        Endpoint(id="fal-ai/qwen-image-2/text-to-image", **_QWEN),
        Endpoint(
            id="fal-ai/qwen-image-2/edit", prompt_chars_max=800, references="image_urls", **_QWEN
        ),
    ),
    "seedvr2-upscale": Family(
        None,
        Endpoint(
            id="fal-ai/seedvr/upscale/image",
            prompt=None,
            picture="image_url",
            is_pinned=True,
            resolution="target_resolution",
            seed="seed",
            fixed={"upscale_mode": "target", "output_format": "png"},
        ),
    ),
    "bria-rmbg-2": Family(
        None,
        Endpoint(id="fal-ai/bria/background/remove", prompt=None, picture="image_url"),
    ),
    "kling-3-standard": Family(
        Endpoint(id="fal-ai/kling-video/v3/standard/text-to-video", ratio="aspect_ratio", **_KLING),
        Endpoint(
            id="fal-ai/kling-video/v3/standard/image-to-video",
            first_frame="start_image_url",
            last_frame="end_image_url",
            **_KLING,
        ),
    ),
    "wan-2.7": Family(
        Endpoint(id="fal-ai/wan/v2.7/text-to-video", ratio="aspect_ratio", **_WAN),
        Endpoint(
            id="fal-ai/wan/v2.7/image-to-video",
            first_frame="image_url",
            last_frame="end_image_url",
            **_WAN,
        ),
    ),
}


def endpoint_of(request: ProviderRequest) -> Endpoint | None:
    """None for a model that has no family here. Raises RejectedError where the family has no endpoint for
    such a request: the catalogue says what a model takes, so this is for an entry that says too much."""
    family = FAMILIES.get(request.model)
    if family is None:
        return None
    endpoint = family.pictures if _has_pictures(request) else family.words
    if endpoint is not None:
        return endpoint
    if family.words is None:
        raise RejectedError(
            "reference-needed", "The model needs a picture to work on.", was_asked=False
        )
    raise RejectedError("references-not-taken", "The model takes no pictures.", was_asked=False)


def arguments(endpoint: Endpoint, request: ProviderRequest, lend: Lend) -> dict[str, Any]:
    """The body of the submission. Raises RejectedError for words that are too many for the endpoint: to cut
    them off would make something else than what was asked for. The catalogue says how many fit, so this is
    for an entry that says too much, and for jobs that were accepted under another."""
    body: dict[str, Any] = dict(endpoint.fixed)
    if endpoint.prompt:
        body[endpoint.prompt] = _within(
            "prompt", _prompt(endpoint, request), endpoint.prompt_chars_max
        )
    if endpoint.negative and request.negative_prompt:
        most = endpoint.negative_chars_max
        body[endpoint.negative] = _within("negative prompt", request.negative_prompt, most)
    asked = {
        endpoint.size: {"width": request.width_px, "height": request.height_px},
        endpoint.ratio: request.aspect_ratio,
        endpoint.resolution: request.size,
        endpoint.count: request.count,
        endpoint.seed: request.seed,
    }
    body |= {name: value for name, value in asked.items() if name is not None}
    body |= _pictures(endpoint, request, lend)
    return body | (_film(endpoint, request.video, lend) if request.video else {})


def can_be_found(endpoint: Endpoint, body: Mapping[str, Any]) -> bool:
    """Whether a request with this body is told from others by its body: it has a seed, and no address, which
    would be another each time."""
    lent = (endpoint.references, endpoint.picture, endpoint.first_frame, endpoint.last_frame)
    return endpoint.seed in body and not any(name in body for name in lent if name)


def _has_pictures(request: ProviderRequest) -> bool:
    video = request.video
    has_frames = video is not None and (video.first_frame or video.last_frame)
    return bool(request.references or request.edit_of or has_frames)


def _prompt(endpoint: Endpoint, request: ProviderRequest) -> str:
    return whole_prompt(
        request.prompt,
        request.style,
        "" if endpoint.negative else request.negative_prompt,
        [each.mode for each in request.references] if endpoint.references else (),
        edits=request.edit_of is not None,
    )


def _pictures(endpoint: Endpoint, request: ProviderRequest, lend: Lend) -> dict[str, Any]:
    if endpoint.references:
        edited = [request.edit_of] if request.edit_of else []
        return {endpoint.references: [lend(each) for each in (*edited, *request.references)]}
    if endpoint.picture:
        return {endpoint.picture: lend(request.references[0])}
    return {}


def _film(endpoint: Endpoint, video: VideoSpec, lend: Lend) -> dict[str, Any]:
    if not endpoint.audio and not video.has_audio:
        raise RejectedError("silence-not-made", "Its videos always have sound.", was_asked=False)
    length: object = str(video.duration_s) if endpoint.duration_is_text else video.duration_s
    frames = {endpoint.first_frame: video.first_frame, endpoint.last_frame: video.last_frame}
    asked = {endpoint.duration: length, endpoint.audio: video.has_audio}
    return {name: value for name, value in asked.items() if name is not None} | {
        name: lend(frame) for name, frame in frames.items() if name is not None and frame
    }


def _within(what: str, text: str, chars_max: int | None) -> str:
    if chars_max is None or len(text) <= chars_max:
        return text
    message = (
        f"The {what} has {len(text)} characters with its style, and the model takes {chars_max}."
    )
    raise RejectedError("words-too-many", message, was_asked=False)
