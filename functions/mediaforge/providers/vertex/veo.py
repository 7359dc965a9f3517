"""Videos by Veo on Vertex AI: a long operation that writes to Storage, is started once and asked about by
name.

https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/veo-video-generation
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mediaforge.domain.errors import LostError, ProviderError, UnavailableError
from mediaforge.ports.provider import (
    Asset,
    Finished,
    ProviderRequest,
    ReferenceImage,
    Running,
    StoredAsset,
    VideoSpec,
)
from mediaforge.providers.operator import Asked
from mediaforge.providers.vertex.client import (
    VertexSettings,
    client,
    is_handle,
    settings_of,
    within,
)
from mediaforge.providers.vertex.delivery import (
    VIDEO_TYPE,
    ListUris,
    folder_of,
    is_in_storage,
    unnamed_videos,
)
from mediaforge.providers.vertex.errors import while_asking, while_starting
from mediaforge.providers.vertex.failures import operation_error
from mediaforge.providers.vertex.pictures import blaming_pictures
from mediaforge.providers.vertex.refusals import MESSAGE_CHARS_MAX, code_of, written
from mediaforge.providers.vertex.safety import blocked

if TYPE_CHECKING:
    from google.genai.types import (
        GeneratedVideo,
        GenerateVideosConfig,
        GenerateVideosResponse,
        GenerateVideosSource,
        Image,
        Video,
        VideoGenerationReferenceImage,
    )

POLL_IN_S = 10.0  # Google's samples ask every ten seconds; a clip takes one to six minutes
REFERENCES_MAX = 3


class VeoVideos:
    """`list_uris` is as for `OmniVideos`: without it a video is lost whose address in the answer is not in
    Storage."""

    def __init__(
        self,
        settings: VertexSettings,
        list_uris: ListUris | None = None,
        poll_in_s: float = POLL_IN_S,
    ) -> None:
        self._settings = settings
        self._list_uris = list_uris
        self._poll_in_s = poll_in_s

    def start(self, request: ProviderRequest) -> Running:
        source, config = _source(request), self._config(request, _spec(request))
        asked = Asked("veo", request.model, request.limited_s)
        with blaming_pictures(request), while_starting(asked):
            operation = client(self._settings).models.generate_videos(
                model=request.model, source=source, config=config
            )
        if not operation.name or not is_handle(operation.name):
            raise UnavailableError("provider-unavailable", "The provider's answer is unreadable.")
        return Running(operation.name, self._poll_in_s)

    def poll(self, request: ProviderRequest, handle: str) -> Finished | Running:
        from google.genai.types import GenerateVideosOperation, GetOperationConfig  # noqa: PLC0415

        limit = GetOperationConfig(http_options=within(self._settings.poll_timeout_s))
        settings, asked = settings_of(handle, self._settings), Asked("veo", request.model)
        with while_asking(asked):
            operation = client(settings, settings.film_bytes_max).operations.get(
                GenerateVideosOperation.model_validate({"name": handle}), config=limit
            )
        if not operation.done:
            return Running(handle, self._poll_in_s)
        if operation.error:
            raise _failure(operation.error, asked)
        return Finished(self._delivered(request, operation.response))

    def _delivered(
        self, request: ProviderRequest, response: "GenerateVideosResponse | None"
    ) -> list[Asset | StoredAsset]:
        """Every video that passed the filter. Raises what it means where there is none."""
        assets = list(_assets(response.generated_videos or [])) if response else []
        if assets:
            return assets
        if response and (response.rai_media_filtered_count or response.rai_media_filtered_reasons):
            raise blocked("video", message=" ".join(response.rai_media_filtered_reasons or []))
        if unnamed := unnamed_videos(self._list_uris, request):
            return unnamed
        raise LostError("nothing-delivered", "The model ended without a video.")

    def cancel(self, handle: str) -> None:
        """The API cannot cancel these operations. The operation runs to its end, and is billed; its video
        stays in the scratch folder, which is emptied at the job's `clean_at`."""

    def _config(self, request: ProviderRequest, video: VideoSpec) -> "GenerateVideosConfig":
        from google.genai import types  # noqa: PLC0415

        return types.GenerateVideosConfig(
            number_of_videos=request.count,
            output_gcs_uri=folder_of(request),
            # No fps: Veo 3.1 has one frame rate, 24, and no field for it.
            # What is added to a video has the one length that there is, and no field.
            duration_seconds=None if video.extend_of else video.duration_s,
            aspect_ratio=request.aspect_ratio,
            resolution=video.resolution,
            generate_audio=video.has_audio,
            negative_prompt=request.negative_prompt or None,
            seed=request.seed,
            last_frame=_image(video.last_frame),
            reference_images=_references(request) or None,
            http_options=within(self._settings.submit_timeout_s),
        )


def _spec(request: ProviderRequest) -> VideoSpec:
    assert request.video is not None, "a video's request has a video"
    return request.video


# ---- the question --------------------------------------------------------------------------------


def _source(request: ProviderRequest) -> "GenerateVideosSource":
    from google.genai.types import GenerateVideosSource  # noqa: PLC0415

    words = f"{request.prompt}\nStyle: {request.style}." if request.style else request.prompt
    spec = _spec(request)
    return GenerateVideosSource(
        prompt=words, image=_image(spec.first_frame), video=_film(spec.extend_of)
    )


def _film(film: ReferenceImage | None) -> "Video | None":
    """https://docs.cloud.google.com/vertex-ai/generative-ai/docs/video/extend-a-veo-video"""
    from google.genai.types import Video  # noqa: PLC0415

    return Video(uri=film.uri, mime_type=film.content_type) if film else None


def _image(frame: ReferenceImage | None) -> "Image | None":
    from google.genai.types import Image  # noqa: PLC0415

    return Image(gcs_uri=frame.uri, mime_type=frame.content_type) if frame else None


def _references(request: ProviderRequest) -> "list[VideoGenerationReferenceImage]":
    """Veo 3.1 has one type of references, assets: what they show appears in the video, whatever the
    reference's mode. Only `veo-2.0-generate-exp` takes a style from a picture.

    https://docs.cloud.google.com/vertex-ai/generative-ai/docs/video/use-reference-images-to-guide-video-generation
    """
    from google.genai.types import (  # noqa: PLC0415
        VideoGenerationReferenceImage,
        VideoGenerationReferenceType,
    )

    return [
        VideoGenerationReferenceImage(
            image=_image(reference), reference_type=VideoGenerationReferenceType.ASSET
        )
        for reference in request.references[:REFERENCES_MAX]
    ]


# ---- the answer ----------------------------------------------------------------------------------


def _assets(videos: "list[GeneratedVideo]") -> Iterator[Asset | StoredAsset]:
    """The videos of an answer, as MP4, whatever type the answer names: the worker looks at the bytes
    later."""
    for generated in videos:
        video = generated.video
        if video and video.uri and is_in_storage(video.uri):
            yield StoredAsset(video.uri, "mp4", VIDEO_TYPE)
        elif video and video.video_bytes:
            yield Asset(video.video_bytes, "mp4", VIDEO_TYPE)


def _failure(error: Mapping[str, object], asked: Asked) -> ProviderError:
    """What a failed operation means: its error is `{"code": 3, "message": "…"}`, with a number of
    google.rpc."""
    message = written(error.get("message"), MESSAGE_CHARS_MAX)
    return operation_error(code_of(error.get("code")), message, asked)
