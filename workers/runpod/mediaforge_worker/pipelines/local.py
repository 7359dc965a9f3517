"""The built-in renderer, MediaForge's own painter: no GPU, no model, no network."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from mediaforge.providers.decoding import open_picture
from mediaforge_worker.errors import rejected
from mediaforge_worker.pipelines import OnProgress, Rendered, RenderRequest, VideoWish

if TYPE_CHECKING:
    from painter.painting import Picture


class LocalPipeline:
    """It takes no weights: `lora`, `steps` and `guidance_scale` change nothing."""

    def model(self, media_type: str) -> str:
        return f"local-{media_type}"

    def fits(self, media_type: str, base_model: str) -> bool:  # noqa: ARG002 - the protocol's
        return True

    def render(self, request: RenderRequest, on_progress: OnProgress) -> Iterator[Rendered]:
        on_progress(0.0)
        if request.video is not None:
            yield _film(request, request.video)
            on_progress(1.0)
            return
        for index in range(request.count):
            painted = _paint(request, index)
            on_progress((index + 1) / request.count)
            yield painted


def _paint(request: RenderRequest, index: int) -> Rendered:
    from painter.painting import paint  # noqa: PLC0415 - Pillow, only where it paints

    try:
        content = paint(
            request.prompt,
            seed=request.seed_of(index),
            width=request.width_px,
            height=request.height_px,
            style=request.style,
            negative_prompt=request.negative_prompt,
            palette_from=_pictures(*request.style_only, *request.style_and_composition),
            composition_from=_pictures(*request.style_and_composition),
        )
    except ValueError:
        raise _unreadable() from None
    return Rendered(content, "png", "image/png")


def _film(request: RenderRequest, video: VideoWish) -> Rendered:
    from painter.filming import film  # noqa: PLC0415 - PyAV, only where it films

    try:
        content = film(
            request.prompt,
            seed=request.seed,
            width=request.width_px,
            height=request.height_px,
            duration_s=video.duration_s,
            fps=video.fps,
            style=request.style,
            negative_prompt=request.negative_prompt,
            with_audio=video.has_audio,
            palette_from=_pictures(*request.style_only, *request.style_and_composition),
            composition_from=_pictures(*request.style_and_composition),
            first_frame=_picture(video.first_frame),
            last_frame=_picture(video.last_frame),
        )
    except ValueError:
        raise _unreadable() from None
    return Rendered(content, "mp4", "video/mp4")


def _pictures(*contents: bytes) -> "list[Picture]":
    return [partial(open_picture, content) for content in contents]


def _picture(content: bytes | None) -> "Picture | None":
    return None if content is None else partial(open_picture, content)


def _unreadable() -> Exception:
    return rejected(
        "reference-unreadable", "A reference or frame is not an image that can be read."
    )
