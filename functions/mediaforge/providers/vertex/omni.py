"""Videos by Gemini Omni on Vertex AI: an interaction in the background that writes to Storage.

https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/gemini/omni-flash-preview
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mediaforge.domain.errors import LostError, ProviderError, UnavailableError
from mediaforge.ports.provider import (
    Asset,
    Finished,
    ProviderRequest,
    ReferenceImage,
    Running,
    StoredAsset,
)
from mediaforge.providers.vertex.client import VertexSettings, client, settings_of
from mediaforge.providers.vertex.errors import our_errors, while_asking
from mediaforge.providers.vertex.safety import blocked, is_filtered

if TYPE_CHECKING:
    from google.genai._gaos.types.interactions import Interaction

POLL_IN_S = 10.0
_LOCATION = "global"  # the only one that has interactions
_CONTENT_TYPE = "video/mp4"


class OmniVideos:
    """`list_uris` answers the `gs://` addresses that begin with a prefix; without it a video that the
    API forgets to name is lost. An interaction makes one video: `count` is the catalogue's to limit."""

    def __init__(
        self,
        settings: VertexSettings,
        list_uris: Callable[[str], Sequence[str]] | None = None,
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
            "store": True,  # else there is nothing to ask for
            "generation_config": {"video_config": {"task": _task(request)}, "seed": request.seed},
            "input": [{"type": "user_input", "content": _content(request)}],
            "response_format": {
                "type": "video",
                "aspect_ratio": request.aspect_ratio,
                "duration": f"{request.video.duration_s}s",
                "resolution": request.video.resolution,
                "delivery": "uri",
                "gcs_uri": _folder(request),
            },
        }
        with our_errors():
            started: Interaction = client(self._settings).interactions.create(
                **body, timeout=self._settings.submit_timeout_s
            )
        if not started.id:
            raise UnavailableError("empty-answer", "The model answered nothing.")
        name = f"projects/{self._settings.project}/locations/{_LOCATION}/interactions/{started.id}"
        return Running(name, self._poll_in_s)

    def poll(self, request: ProviderRequest, handle: str) -> Finished | Running:
        settings, name = settings_of(handle, self._settings), handle.rpartition("/")[2]
        with while_asking():
            found: Interaction = client(settings).interactions.get(
                name, timeout=settings.poll_timeout_s
            )
        if found.status in ("queued", "in_progress"):
            return Running(handle, self._poll_in_s)
        assets = _named(found)
        if not assets and found.status == "completed":
            assets = self._unnamed(request)
        if not assets:
            raise _failure(found)
        return Finished(assets)

    def cancel(self, handle: str) -> None:
        settings, name = settings_of(handle, self._settings), handle.rpartition("/")[2]
        try:
            with while_asking():
                client(settings).interactions.cancel(name, timeout=settings.poll_timeout_s)
        except LostError:
            return  # it has ended already

    def _unnamed(self, request: ProviderRequest) -> list[Asset | StoredAsset]:
        """A known fault: the interaction is completed and names no output, which lies in the folder.

        https://discuss.ai.google.dev/t/183928
        """
        uris = self._list_uris(_folder(request)) if self._list_uris else ()
        return [StoredAsset(uri, "mp4", _CONTENT_TYPE) for uri in uris if uri.endswith(".mp4")]


def _folder(request: ProviderRequest) -> str:
    return f"{request.scratch_uri.rstrip('/')}/"


def _task(request: ProviderRequest) -> str:
    assert request.video is not None
    if request.video.first_frame:
        return "image_to_video"
    return "reference_to_video" if request.references else "text_to_video"


def _content(request: ProviderRequest) -> list[dict[str, str]]:
    """The words, then the pictures. There is no field for what to leave out, so it is said."""
    assert request.video is not None
    lines = [request.prompt]
    lines += [f"Style: {request.style}."] if request.style else []
    lines += [f"Leave out: {request.negative_prompt}."] if request.negative_prompt else []
    frames = [frame for frame in (request.video.first_frame, request.video.last_frame) if frame]
    pictures = [_picture(image) for image in (*frames, *request.references)]
    return [{"type": "text", "text": "\n".join(lines)}, *pictures]


def _picture(image: ReferenceImage) -> dict[str, str]:
    return {"type": "image", "mime_type": image.content_type, "uri": image.uri}


def _named(found: "Interaction") -> list[Asset | StoredAsset]:
    video = found.output_video
    return [StoredAsset(video.uri, "mp4", _CONTENT_TYPE)] if video and video.uri else []


def _failure(found: "Interaction") -> ProviderError:
    """What an end without a video means: filtered, or lost (failed, cancelled, incomplete, over budget,
    or asking for something that nobody is there to do)."""
    message = " ".join(f"{error.code} {error.message}" for error in found.errors or ())
    if is_filtered(message):
        return blocked("video", message=message)
    if found.status == "completed":
        return LostError("nothing-delivered", "The model ended without a video.")
    return LostError("provider-failed", "The model failed while it made the video.")
