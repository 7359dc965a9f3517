"""Outputs as large as the real ones, made once a process: what `#large` delivers."""

import io
import struct
from functools import cache
from threading import Lock

import av
from PIL import Image

_FPS = 24
_FRAMES = 48
_MB = 1_000_000
_making = Lock()


def large_png(edge_px: int, noise: float) -> bytes:
    """A square PNG of noise; `noise` is the standard deviation of its colours. 1.5 makes 25 MB of 4096
    pixels, as a detailed 4K picture has; 2.6 makes 7.4 MB of 2048 pixels, which are 10 MB in base64."""
    with _making:  # `cache` alone would let four threads make the file four times
        return _png(edge_px, noise)


def large_film(width_px: int, height_px: int, size_mb: int) -> bytes:
    """Two seconds of H.264 as MP4. The first second is black, and a preview has to look through all of it. A
    box that players skip makes the file as large as a whole video."""
    with _making:
        return _film(width_px, height_px, size_mb)


@cache
def _png(edge_px: int, noise: float) -> bytes:
    buffer = io.BytesIO()
    _noise(edge_px, edge_px, noise).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


@cache
def _film(width_px: int, height_px: int, size_mb: int) -> bytes:
    buffer = io.BytesIO()
    pictures = Image.new("RGB", (width_px, height_px)), _noise(width_px, height_px, 20)
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=_FPS, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width_px, height_px, "yuv420p"
        for number in range(_FRAMES):
            picture = pictures[number * len(pictures) // _FRAMES]
            frame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]  # as shipped
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return _padded(buffer.getvalue(), size_mb * _MB)


def _noise(width_px: int, height_px: int, sigma: float) -> Image.Image:
    bands = [Image.effect_noise((width_px, height_px), sigma) for _ in "RGB"]
    return Image.merge("RGB", bands)


def _padded(mp4: bytes, size_bytes: int) -> bytes:
    """With a `free` box at its end (ISO/IEC 14496-12, 8.1.2)."""
    free = max(size_bytes - len(mp4), 8)
    return mp4 + struct.pack(">I4s", free, b"free") + bytes(free - 8)
