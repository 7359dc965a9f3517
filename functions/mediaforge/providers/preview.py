"""What a finished file looks like to whoever lists it: a small picture, its size, its length."""

import io
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from mediaforge.ports.media import Preview
from mediaforge.providers.thumbnail import QUALITY, THUMBNAIL_EDGE_PX_MAX, thumbnail_webp

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from PIL import Image

# Named, because libav would otherwise guess, and some of what it knows are playlists: lists of other
# files, and of addresses to read them from.
VIDEO_FORMATS = {"video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm"}
# A poster from the first second; a fade from black is not what a film looks like.
POSTER_WITHIN_S = 1.0
# 4K has half as many, and no film that is made here a quarter of the frames in its first second. libav itself
# refuses the pixels, before it decodes them, whatever the container says of them.
FRAME_PIXELS_MAX = 16_000_000
POSTER_FRAMES_MAX = 240
BLACK_LEVEL_MAX = 20


def preview(content: bytes, content_type: str) -> Preview:
    """The preview of an image or a video. Raises ValueError for bytes that are neither."""
    if content_type.startswith("video/"):
        return _preview_video(content, content_type)
    return Preview(thumbnail_webp(content))


def _preview_video(content: bytes, content_type: str) -> Preview:
    import av  # noqa: PLC0415 - as above; an image has no need of it at all

    kind = VIDEO_FORMATS.get(content_type.partition(";")[0].strip())
    if kind is None:
        raise ValueError(f"{content_type} is not a kind of video that can be read")
    try:
        with av.open(io.BytesIO(content), "r", format=kind) as container:
            return _preview_stream(container)
    except (av.FFmpegError, IndexError) as error:
        raise ValueError("not a video that can be read") from error


def _preview_stream(container: "InputContainer") -> Preview:
    """IndexError when there is no video stream, ValueError when nobody can decode it or it has no frame."""
    stream = container.streams.video[0]
    if getattr(stream, "codec_context", None) is None:  # PyAV's types do not tell of it
        raise ValueError("not a video whose codec is known")
    stream.codec_context.options = {"max_pixels": str(FRAME_PIXELS_MAX)}
    poster = _poster(_opening(container, stream))
    rate = stream.average_rate
    return Preview(
        thumbnail=_small(poster),
        fps=float(rate) if rate else None,
        duration_s=_duration_s(container, stream),
    )


def _opening(container: "InputContainer", stream: "VideoStream") -> Iterator["VideoFrame"]:
    """The frames of the first second, or as many as one may have."""
    for frame in islice(container.decode(stream), POSTER_FRAMES_MAX):
        if frame.pts is not None and frame.time > POSTER_WITHIN_S:
            return
        yield frame


def _poster(frames: Iterator["VideoFrame"]) -> "Image.Image":
    """The first frame that is not black, else the first."""
    first: Image.Image | None = None
    for frame in frames:
        picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]  # PyAV gives no types
        if not _is_black(picture):
            return picture
        first = first or picture
    if first is None:
        raise ValueError("not a video that can be read")
    return first


def _is_black(picture: "Image.Image") -> bool:
    _, lightest = picture.convert("L").reduce(8).getextrema()
    assert isinstance(lightest, int | float)
    return lightest <= BLACK_LEVEL_MAX


def _small(poster: "Image.Image") -> bytes:
    poster.thumbnail((THUMBNAIL_EDGE_PX_MAX, THUMBNAIL_EDGE_PX_MAX))
    buffer = io.BytesIO()
    poster.save(buffer, "WEBP", quality=QUALITY, method=4)
    return buffer.getvalue()


def _duration_s(container: "InputContainer", stream: "VideoStream") -> float | None:
    """As the stream says; in WebM only the file does."""
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    # libav's own unit for a whole file is the microsecond.
    return container.duration / 1_000_000 if container.duration is not None else None
