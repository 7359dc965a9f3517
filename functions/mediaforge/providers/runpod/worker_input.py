"""What our worker is sent, in its own names: the `input` of `/run`."""

from collections.abc import Sequence
from typing import Any

from mediaforge.ports.provider import ProviderRequest, ReferenceImage


def worker_input(request: ProviderRequest) -> dict[str, Any]:
    """Paths are in our bucket; to `output_path` it adds the
    extension, and `_0`, `_1` … before it where more than one is asked for."""
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
        "output_path": request.output_path,
        **_video_input(request),
        **_brand_input(request),
    }


def _references(request: ProviderRequest) -> Sequence[ReferenceImage]:
    """The request's own; with those of a brand that has no weights to load."""
    brand = request.brand
    if brand is None or brand.model_uri:
        return request.references
    return [*request.references, *brand.references]


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
    brand = request.brand
    return {"lora_uri": brand.model_uri} if brand and brand.model_uri else {}
