"""A provider's request with the fields a test names; the others are what is usual."""

from dataclasses import replace
from typing import Any

from mediaforge.ports.provider import ProviderRequest, ReferenceImage, VideoSpec

_IMAGE = ProviderRequest(
    job_id="job1",
    user_id="ann",
    kind="image",
    model="local-image",
    prompt="a lighthouse",
    negative_prompt="",
    style_id=None,
    style="",
    aspect_ratio="1:1",
    width_px=1024,
    height_px=1024,
    size="1K",
    count=1,
    seed=1,
    attempt=1,
    snoozes=0,
    scratch_uri="gs://bucket/scratch/job1/1",
)
_VIDEO = replace(
    _IMAGE,
    kind="video",
    model="local-video",
    aspect_ratio="16:9",
    width_px=1280,
    height_px=720,
    size="720p",
    video=VideoSpec(duration_s=4, fps=24, resolution="720p", has_audio=False),
)


def image(prompt: str = "a lighthouse", **fields: Any) -> ProviderRequest:
    return replace(_IMAGE, prompt=prompt, **fields)


def video(prompt: str = "a lighthouse", **fields: Any) -> ProviderRequest:
    return replace(_VIDEO, prompt=prompt, **fields)


def training(name: str = "Acme", **fields: Any) -> ProviderRequest:
    return replace(_IMAGE, kind="training", model="local-training", prompt="", name=name, **fields)


def reference(
    content: bytes, mode: str = "style_only", path: str = "references/ann/1.png"
) -> ReferenceImage:
    return ReferenceImage(path, f"gs://bucket/{path}", "image/png", mode, lambda: content)
