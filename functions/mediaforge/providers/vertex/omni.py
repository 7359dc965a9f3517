"""Videos by Gemini Omni on Vertex AI: an interaction in the background that writes to Storage.

https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/gemini/omni-flash-preview
"""

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mediaforge.domain.errors import LostError, ProviderError, RejectedError, UnavailableError
from mediaforge.ports.provider import (
    Asset,
    Finished,
    ProviderRequest,
    ReferenceImage,
    Running,
    StoredAsset,
)
from mediaforge.providers.encoding import decoded
from mediaforge.providers.operator import Asked
from mediaforge.providers.vertex.client import VertexSettings, client, is_handle, settings_of
from mediaforge.providers.vertex.delivery import (
    VIDEO_TYPE,
    ListUris,
    folder_of,
    is_in_storage,
    unnamed_videos,
)
from mediaforge.providers.vertex.errors import while_asking, while_ending, while_starting
from mediaforge.providers.vertex.failures import operation_error
from mediaforge.providers.vertex.pictures import blaming_pictures
from mediaforge.providers.vertex.refusals import MESSAGE_CHARS_MAX, code_of, written
from mediaforge.providers.vertex.words import use_of

if TYPE_CHECKING:
    from google.genai import Client
    from google.genai._gaos.types.interactions import Interaction

POLL_IN_S = 10.0
_LOCATION = "global"  # the only one that has interactions
_ERRORS_MAX = 20
_WAITS_FOR_US = "requires_action"
_ENDED = ("completed", "failed", "cancelled", "incomplete", "budget_exceeded", _WAITS_FOR_US)


class OmniVideos:
    """`list_uris` returns the `gs://` addresses that begin with a prefix; without it a video that the API
    forgets to name is lost. An interaction makes one video, so the catalogue has to limit `count` to 1."""

    def __init__(
        self,
        settings: VertexSettings,
        list_uris: ListUris | None = None,
        poll_in_s: float = POLL_IN_S,
    ) -> None:
        self._settings = replace(settings, location=_LOCATION)
        self._list_uris = list_uris
        self._poll_in_s = poll_in_s

    def start(self, request: ProviderRequest) -> Running:
        assert request.video is not None, "a video's request has a video"
        body: dict[str, Any] = {
            "model": request.model,
            "background": True,
            "store": True,  # else it could not be asked for later
            "generation_config": {"video_config": {"task": _task(request)}, "seed": request.seed},
            "input": [{"type": "user_input", "content": _content(request)}],
            "response_format": {
                "type": "video",
                "aspect_ratio": request.aspect_ratio,
                "duration": f"{request.video.duration_s}s",
                "resolution": request.video.resolution,
                "delivery": "uri",
                "gcs_uri": folder_of(request),
            },
        }
        asked = Asked("omni", request.model, request.limited_s)
        with blaming_pictures(request), while_starting(asked):
            started = self._client(self._settings).interactions.create(
                **body, timeout=self._settings.submit_timeout_s
            )
            _checked(started)
        name = f"projects/{self._settings.project}/locations/{_LOCATION}/interactions/{started.id}"
        if not isinstance(started.id, str) or "/" in started.id or not is_handle(name):
            raise _unreadable()
        return Running(name, self._poll_in_s)

    def poll(self, request: ProviderRequest, handle: str) -> Finished | Running:
        settings, name = settings_of(handle, self._settings), handle.rpartition("/")[2]
        who = Asked("omni", request.model)
        with while_asking(who):
            asked = self._client(settings).interactions.get(name, timeout=settings.poll_timeout_s)
            found = _checked(asked)
        if found.status not in _ENDED:
            # An unknown or missing status counts as running: if the interaction still ran, a second one
            # beside it would be paid for, too. The job's own time limit ends one that never ends.
            return Running(handle, self._poll_in_s)
        assets = _named(found)
        if not assets and found.status == "completed":
            assets = unnamed_videos(self._list_uris, request)
        if assets:
            return Finished(assets)
        if found.status == _WAITS_FOR_US:
            with suppress(RejectedError):
                self.cancel(handle)
        raise _failure(found, who)

    def cancel(self, handle: str) -> None:
        settings, name = settings_of(handle, self._settings), handle.rpartition("/")[2]
        with while_ending(Asked("omni", "")):
            self._client(settings).interactions.cancel(name, timeout=settings.poll_timeout_s)

    def _client(self, settings: VertexSettings) -> "Client":
        """The client for answers as large as a video. Each answer may hold the whole interaction, with the
        pictures that were sent and the video. If it were cut off, the interaction would be started, or
        cancelled, once more."""
        return client(settings, settings.film_bytes_max)


def _task(request: ProviderRequest) -> str:
    assert request.video is not None
    if request.video.first_frame:
        return "image_to_video"
    return "reference_to_video" if request.references else "text_to_video"


def _content(request: ProviderRequest) -> list[dict[str, str]]:
    """The words, then the pictures. The API has no field for what a picture is for, for what to leave out, or
    for a silent video, so the words say these."""
    video = request.video
    assert video is not None
    frames = [(video.first_frame, "first"), (video.last_frame, "last")]
    shown = [(frame, f"is the {which} frame of the video.") for frame, which in frames if frame]
    lines = [request.prompt]
    lines += [f"Style: {request.style}."] if request.style else []
    lines += [f"Image {number} {what}" for number, (_, what) in enumerate(shown, start=1)]
    lines += [
        use_of(number, reference.mode)
        for number, reference in enumerate(request.references, start=len(shown) + 1)
    ]
    lines += [f"Leave out: {request.negative_prompt}."] if request.negative_prompt else []
    lines += [] if video.has_audio else ["No sound."]
    pictures = [_picture(image) for image in (*(frame for frame, _ in shown), *request.references)]
    return [{"type": "text", "text": "\n".join(lines)}, *pictures]


def _picture(image: ReferenceImage) -> dict[str, str]:
    return {"type": "image", "mime_type": image.content_type, "uri": image.uri}


def _checked(answer: object) -> "Interaction":
    """Raises UnavailableError for an answer that is not an interaction: the SDK passes on any JSON
    unchecked."""
    from google.genai._gaos.types.interactions import Interaction  # noqa: PLC0415 - as in `vertex`

    if not isinstance(answer, Interaction):
        raise _unreadable()
    return answer


def _unreadable() -> UnavailableError:
    return UnavailableError("provider-unavailable", "The provider's answer is unreadable.")


def _named(found: "Interaction") -> list[Asset | StoredAsset]:
    """The video at its address in Storage, or else the video's bytes: the API may send them though it was
    asked to store them."""
    video = found.output_video
    uri = getattr(video, "uri", None)
    if is_in_storage(uri):
        return [StoredAsset(str(uri), "mp4", VIDEO_TYPE)]
    content = decoded(getattr(video, "data", None))
    return [Asset(content, "mp4", VIDEO_TYPE)] if content else []


def _failure(found: "Interaction", asked: Asked) -> ProviderError:
    """What an end without a video means: refused, or lost (failed, cancelled, incomplete, over budget, or
    waiting for an action that nobody will take)."""
    # The SDK has checked neither the list nor what is in it.
    errors: object = found.errors
    said = errors[:_ERRORS_MAX] if isinstance(errors, list) else []
    codes = [getattr(error, "code", "") for error in said]
    words = [written(getattr(error, "message", error), MESSAGE_CHARS_MAX) for error in said]
    if said:
        known = next(filter(None, map(code_of, codes)), "")
        return operation_error(known, " ".join([*map(written, codes), *words]), asked)
    if found.status != "completed":
        return LostError("provider-failed", "The model failed while it made the video.")
    if found.output_text:
        return RejectedError(
            "model-refused",
            "The model answered without a video: it will not make this.",
            may_have_billed=True,
        )
    return LostError("nothing-delivered", "The model ended without a video.")
