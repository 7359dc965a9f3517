"""What our worker is sent, in its own names: the `input` of `/run`."""

from collections.abc import Sequence
from typing import Any

from mediaforge.ports.provider import ProviderRequest, ReferenceImage

_REFERENCES_MAX = 6  # it refuses a request with more
_WEIGHTS = "gs://"  # it has no other way to load them


def worker_input(request: ProviderRequest) -> dict[str, Any]:
    """Paths are in our bucket; to `output_path` it adds the extension, and `_0`, `_1` … before it where more
    than one is asked for. That is no path a user may read: what is stored there is neither recorded nor
    paid for yet."""
    return {
        "user_id": request.user_id,
        "file_uid": request.job_id,
        "media_type": request.kind,
        "use_cloud_storage": True,
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "model": request.model,
        "width": request.width_px,
        "height": request.height_px,
        "count": request.count,
        "seed": request.seed,
        "style": request.style,
        "references": [{"path": r.path, "mode": r.mode} for r in _references(request)],
        "output_path": output_place(request)[1],
        **_video_input(request),
        **_brand_input(request),
    }


def output_place(request: ProviderRequest) -> tuple[str, str]:
    """Our bucket, and the path in the attempt's own folder that each file's name begins with."""
    bucket, _, folder = request.scratch_uri.removeprefix("gs://").partition("/")
    return bucket, f"{folder.rstrip('/')}/file"


def _references(request: ProviderRequest) -> Sequence[ReferenceImage]:
    """The request's own; with those of a brand whose weights cannot be loaded, as far as there is room."""
    brand = request.brand
    more = brand.references if brand and _weights_uri(request) is None else ()
    return [*request.references, *more][:_REFERENCES_MAX]


def _video_input(request: ProviderRequest) -> dict[str, Any]:
    video = request.video
    if video is None:
        return {}
    frames = {"first_frame": video.first_frame, "last_frame": video.last_frame}
    return {
        "duration_seconds": video.duration_s,
        "fps": video.fps,
        "resolution": video.resolution,
        "generate_audio": video.has_audio,
        **{name: {"path": frame.path} for name, frame in frames.items() if frame},
    }


def _brand_input(request: ProviderRequest) -> dict[str, Any]:
    uri = _weights_uri(request)
    return {"lora_uri": uri} if uri else {}


def _weights_uri(request: ProviderRequest) -> str | None:
    """None too for what the built-in mock of a training made, which is no file (`local://…`)."""
    uri = request.brand.model_uri if request.brand else None
    return uri if uri and uri.startswith(_WEIGHTS) else None
