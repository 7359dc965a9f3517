"""Images by the Gemini image models on Vertex AI: one `generateContent` an image, all at the same time.

A status of 200 says little: an answer counts only if there is an image in it.
https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/gemini-image-responsible-ai
"""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import inf
from typing import TYPE_CHECKING

from mediaforge import log
from mediaforge.domain.errors import (
    LostError,
    MediaForgeError,
    NothingMadeError,
    ProviderError,
    RejectedError,
    ThrottledError,
)
from mediaforge.domain.media_type import image_type
from mediaforge.ports.provider import Asset, Finished, ProviderRequest, ReferenceImage, StoredAsset
from mediaforge.providers.operator import Asked
from mediaforge.providers.vertex.client import VertexSettings, client, within
from mediaforge.providers.vertex.delivery import folder_of, is_in_storage
from mediaforge.providers.vertex.errors import while_starting
from mediaforge.providers.vertex.pictures import blaming_pictures
from mediaforge.providers.vertex.refusals import FileRefusedError
from mediaforge.providers.vertex.safety import blocked
from mediaforge.providers.vertex.words import KEEP, use_of

if TYPE_CHECKING:
    from google.genai.types import Candidate, GenerateContentConfig, GenerateContentResponse, Part

IMAGES_MAX = 14  # in one prompt; a brand may have more references, which are left out
_DEFAULT_SIZE = "1K"
# Larger references are made smaller before they are sent with the request. Vertex takes up to 7 MB a file
# (docs, "Image understanding"), and the model sees no more of a larger one.
_INLINE_BYTES_MAX = 2_000_000
_INLINE_EDGE_PX_MAX = 2048
_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
_FILTERED = {
    "SAFETY",
    "IMAGE_SAFETY",
    "PROHIBITED_CONTENT",
    "IMAGE_PROHIBITED_CONTENT",
    "RECITATION",
    "IMAGE_RECITATION",
    "BLOCKLIST",
    "SPII",
    "MODEL_ARMOR",
}

_Outcome = Asset | StoredAsset | Exception
_AsPart = Callable[[ReferenceImage, str], "Part"]


class VertexImages:
    """`stores_output` asks the API to write images to the request's `scratch_uri` instead of sending them.
    Both kinds of answer are understood, whatever was asked for."""

    def __init__(self, settings: VertexSettings, *, stores_output: bool = False) -> None:
        self.settings = settings
        self._stores_output = stores_output

    def start(self, request: ProviderRequest) -> Finished:
        """Makes one call an image, all at the same time. If the API could not fetch an image's references
        from Storage, a second call sends them with the request; the refused call was not billed. All calls
        share one time limit: a second call that would most likely run out of time is not made. The Gemini
        API reads nothing in Storage: there they are sent at once."""
        # Loaded before the clock runs: it takes seconds in the first request of an instance.
        import google.genai.types  # noqa: F401, PLC0415

        limit_s = self._limit_s(request)
        ends_at = time.monotonic() + limit_s
        as_part = _by_content if self.settings.api_key else _by_address
        outcomes = self._draw(request, range(request.count), as_part, limit_s)
        refused = [i for i, outcome in outcomes.items() if isinstance(outcome, FileRefusedError)]
        left_s = ends_at - time.monotonic()
        if refused and _images(request) and left_s > limit_s / 2:
            outcomes |= self._draw(request, refused, _by_content, left_s)
        delivered = [o for o in outcomes.values() if not isinstance(o, Exception)]
        failed = [o for o in outcomes.values() if isinstance(o, Exception)]
        if not delivered:
            with blaming_pictures(request):
                raise most_hopeful(failed)
        _log_bugs(failed)
        return Finished(delivered)

    def _limit_s(self, request: ProviderRequest) -> float:
        """The catalogue says how long a model needs for a size; the settings say how long we wait at most."""
        return min(request.start_s_max or inf, self.settings.image_timeout_s)

    def poll(self, request: ProviderRequest, handle: str) -> Finished:  # noqa: ARG002 - the port's
        raise LostError("operation-gone", "An image is made at once: there is nothing to ask for.")

    def cancel(self, handle: str) -> None:
        """An image is made while `start` waits, so nothing is left running."""

    def _draw(
        self, request: ProviderRequest, indexes: Sequence[int], as_part: _AsPart, limit_s: float
    ) -> dict[int, _Outcome]:
        """The outcome of each image. An exception is an outcome, too: it must not lose the other images,
        which are paid for."""
        try:
            parts = compose(request, as_part)
        except Exception as error:
            return dict.fromkeys(indexes, error)
        with ThreadPoolExecutor(len(indexes)) as pool:
            outcomes = pool.map(
                lambda index: self._draw_one(request, parts, index, limit_s), indexes
            )
            return dict(zip(indexes, outcomes, strict=True))

    def _draw_one(
        self, request: ProviderRequest, parts: "Sequence[Part]", index: int, limit_s: float
    ) -> _Outcome:
        from google.genai.types import Content  # noqa: PLC0415

        config = self._config(request, index, limit_s)
        try:
            with while_starting(_asked(request)):
                response = client(
                    self.settings, self.settings.image_bytes_max
                ).models.generate_content(
                    model=request.model,
                    contents=Content(role="user", parts=list(parts)),
                    config=config,
                )
                return _read(response)
        except Exception as error:
            return error

    def _config(
        self, request: ProviderRequest, index: int, limit_s: float
    ) -> "GenerateContentConfig":
        from google.genai import types  # noqa: PLC0415

        # Each image has a folder of its own, because the API does not document how it names files.
        folder = types.GenerationOutputConfig(output_uri_prefix=f"{folder_of(request)}{index}/")
        return types.GenerateContentConfig(
            response_modalities=["IMAGE"],
            seed=request.seed_of(index),
            image_config=types.ImageConfig(
                aspect_ratio=request.aspect_ratio,
                # Left out for the default size, because the smallest model has only that and no such field.
                image_size=None if request.size == _DEFAULT_SIZE else request.size,
            ),
            generation_output_config=folder
            if self._stores_output and not self.settings.api_key
            else None,
            # For an answer that is to be continued the SDK would make a second call, billed like the first.
            automatic_continuation=False,
            http_options=within(limit_s),
        )


def _asked(request: ProviderRequest) -> Asked:
    has_files = bool(_images(request))
    return Asked("vertex", request.model, request.limited_s, can_send_files=has_files)


def most_hopeful(errors: Sequence[Exception]) -> Exception:
    """The error of a request that brought no image at all, chosen out of the errors of its images. An error
    that is no ProviderError (our Storage was busy, or there is a bug) goes first, since nobody would see it
    otherwise. Then come errors after which another attempt may bring something: that one image was refused
    does not say that the others would be, since the filter looks at each, and each has a seed of its own. So
    the request is refused only if all its images were. Among several throttles one about a limit goes first,
    then the longest wait.

    The request may have been billed if any of the images may have been: then a throttle does not give the
    attempt back. The provider was asked if it was asked for any of them."""
    hopeful = max(errors, key=_hope)
    if isinstance(hopeful, ProviderError):
        known = [error for error in errors if isinstance(error, ProviderError)]
        hopeful.may_have_billed = any(error.may_have_billed for error in known)
        hopeful.was_asked = any(error.was_asked for error in known)
    return hopeful


def _hope(error: Exception) -> tuple[int, bool, float]:
    match error:
        case RejectedError():
            return 0, False, 0.0
        case ThrottledError():
            return 1, error.at_limit, error.retry_after_s or 0.0
        case ProviderError():
            return 2, False, 0.0
        case _:
            return 3, False, 0.0


def _log_bugs(errors: Iterable[Exception]) -> None:
    """Logs bugs that would go unseen, since the request succeeded with its other images."""
    for error in errors:
        if not isinstance(error, MediaForgeError):
            log.bug("image.broke", error)


# ---- the question --------------------------------------------------------------------------------


def compose(request: ProviderRequest, as_part: _AsPart) -> "Sequence[Part]":
    """The picture to edit and the references, each after its number, then the words, which say by number what
    each is for.

    https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/image-generation
    """
    from google.genai.types import Part  # noqa: PLC0415

    images = _images(request)
    parts = []
    for number, image in enumerate(images, start=1):
        parts += [Part(text=f"Image {number}:"), as_part(image, _name_of(request, number))]
    return [*parts, Part(text=_words(request, images))]


def _images(request: ProviderRequest) -> list[ReferenceImage]:
    edited = [request.edit_of] if request.edit_of else []
    of_brand = request.brand.references if request.brand else ()
    return [*edited, *request.references, *of_brand][:IMAGES_MAX]


def _name_of(request: ProviderRequest, number: int) -> str:
    """What the caller calls the image with this number."""
    if request.edit_of is None:
        return f"Reference {number}"
    return "The picture to edit" if number == 1 else f"Reference {number - 1}"


def _words(request: ProviderRequest, images: Sequence[ReferenceImage]) -> str:
    first = 2 if request.edit_of else 1
    own = first - 1 + len(request.references)
    lines = [f"Make one image: {request.prompt}"]
    if request.edit_of:
        lines = [f"Edit image 1: {request.prompt}", KEEP]
    if request.style:
        lines.append(f"Style: {request.style}.")
    shown = enumerate(images[first - 1 : own], start=first)
    lines += [use_of(number, image.mode) for number, image in shown]
    if request.brand:
        lines.append(_use_brand(request.brand.name, own + 1, len(images)))
    if request.negative_prompt:
        lines.append(f"Leave out of the image: {request.negative_prompt}.")
    return "\n".join(lines)


def _use_brand(name: str, first: int, last: int) -> str:
    if first > last:
        return f'It belongs to the brand "{name}".'
    which = f"image {first}" if first == last else f"images {first} to {last}"
    return (
        f'It belongs to the brand "{name}". Take only the style of {which}, which show the look of the '
        "brand: palette, light, texture and medium, not their subjects."
    )


def _by_address(image: ReferenceImage, _: str) -> "Part":
    from google.genai.types import Part  # noqa: PLC0415

    return Part.from_uri(file_uri=image.uri, mime_type=image.content_type)


def _by_content(image: ReferenceImage, name: str) -> "Part":
    from google.genai.types import Part  # noqa: PLC0415

    try:
        content, content_type = _fit(image.load(), image.content_type)
    except ValueError as error:
        raise RejectedError("reference-unreadable", f"{name} is {error}") from error
    return Part.from_bytes(data=content, mime_type=content_type)


def _fit(content: bytes, content_type: str) -> tuple[bytes, str]:
    """A reference small enough to be sent with the request, which is limited and in memory once for each
    image that is made. Raises ValueError for a large one that cannot be made smaller."""
    if len(content) <= _INLINE_BYTES_MAX:
        return content, content_type
    from mediaforge.providers.thumbnail import thumbnail_webp  # noqa: PLC0415 - Pillow

    return thumbnail_webp(content, edge_px_max=_INLINE_EDGE_PX_MAX), "image/webp"


# ---- the answer ----------------------------------------------------------------------------------


def _read(response: "GenerateContentResponse") -> Asset | StoredAsset:
    """The image in an answer. Raises what it means where there is none. Of several images the last one
    counts, since those before it are drafts; an image that is marked as a thought is a sketch and does not
    count."""
    for part in reversed(response.parts or ()):
        if part.thought:
            continue
        if part.inline_data and part.inline_data.data:
            content = part.inline_data.data
            return Asset(content, *(image_type(content) or _said_type(part.inline_data.mime_type)))
        uri = part.file_data.file_uri if part.file_data else None
        if part.file_data and uri and is_in_storage(uri):
            return StoredAsset(uri, *_said_type(part.file_data.mime_type))
    raise _absence(response)


def _said_type(content_type: str | None) -> tuple[str, str]:
    """Extension and content type; PNG for a type that is not known. The worker looks at the bytes later, and
    takes the type from them."""
    said = content_type if content_type in _EXTENSIONS else "image/png"
    return _EXTENSIONS[said], said


def _absence(response: "GenerateContentResponse") -> ProviderError:
    """What an answer without an image means."""
    feedback = response.prompt_feedback
    if feedback and feedback.block_reason:
        return blocked("prompt", feedback.block_reason.value, feedback.block_reason_message or "")
    if not response.candidates:
        return NothingMadeError("empty-answer", "The model answered nothing.")
    candidate = response.candidates[0]
    reason = candidate.finish_reason.value if candidate.finish_reason else ""
    if reason in _FILTERED:
        return blocked("image", reason, candidate.finish_message or "")
    if reason == "LANGUAGE" or (reason == "STOP" and _says_something(candidate)):
        return RejectedError(
            "model-refused",
            "The model answered without an image: it will not draw this.",
            may_have_billed=True,
        )
    if reason == "MAX_TOKENS":
        # We set no limit, so this is the model's own. What the model wrote is billed, and with the same seed
        # it would most likely write the same again: five attempts would pay five times for nothing.
        return RejectedError(
            "output-limit",
            "The model came to its limit before there was an image.",
            may_have_billed=True,
        )
    # STOP with nothing but thoughts, NO_IMAGE, IMAGE_OTHER, OTHER, MALFORMED_RESPONSE, CONTINUATION, and
    # reasons that are new to us.
    return NothingMadeError("no-image", "The model made no image this time.")


def _says_something(candidate: "Candidate") -> bool:
    """Whether the answer has text, say a reason, instead of an image; thoughts do not count."""
    parts = (candidate.content and candidate.content.parts) or ()
    return any(part.text and part.text.strip() and not part.thought for part in parts)
