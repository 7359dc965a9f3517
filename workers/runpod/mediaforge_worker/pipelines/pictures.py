"""Pictures and videos as files: decodes a caller's bytes, makes pictures the size that was asked for,
encodes."""

import io
from collections.abc import Sequence

from PIL import Image, ImageOps

from mediaforge.providers.decoding import open_picture
from mediaforge_worker.errors import rejected


def opened(content: bytes) -> Image.Image:
    """RGB and upright. Raises WorkerError `reference-unreadable`."""
    try:
        return open_picture(content).convert("RGB")
    except ValueError:
        raise rejected(
            "reference-unreadable", "A reference or frame is not an image that can be read."
        ) from None


def fitted(image: Image.Image, size_px: tuple[int, int]) -> Image.Image:
    """The picture in exactly this size: scaled to cover it, then cropped around its middle."""
    return (
        image if image.size == size_px else ImageOps.fit(image, size_px, Image.Resampling.LANCZOS)
    )


def rounded_up(size_px: tuple[int, int], multiple: int) -> tuple[int, int]:
    """The size rounded up to a multiple of the model's blocks, in which it draws."""
    width, height = (-(-edge // multiple) * multiple for edge in size_px)
    return width, height


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()


def spread(drawn: int, wanted: int) -> list[int]:
    """Which of `drawn` frames to show at each of `wanted` moments: so the video keeps its length when the
    model draws fewer frames than the frame rate needs."""
    return [index * drawn // wanted for index in range(wanted)]


def shown(
    drawn: Sequence[Image.Image], wanted: int, size_px: tuple[int, int]
) -> Sequence[Image.Image]:
    """The `wanted` frames of a video, of exactly this size. A frame that is shown at several moments is one
    object: copies would fill the memory."""
    sized = [fitted(frame, size_px) for frame in drawn]
    return [sized[index] for index in spread(len(sized), wanted)]


def mp4(frames: Sequence[Image.Image], fps: int) -> bytes:
    """H.264 that every browser plays. RGB frames of one size with even edges."""
    from painter.filming.reel import write_mp4  # noqa: PLC0415 - PyAV, where it films

    return write_mp4(frames, frame_px=frames[0].size, fps=fps, sound=None)
