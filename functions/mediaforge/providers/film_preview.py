"""The preview of a video. `preview` runs this module as a program, in a process of its own:
`python -m mediaforge.providers.film_preview FORMAT BYTES`. The program asks the worker for pieces of the
video, which the worker has in memory already, and writes what it found.

The process is there for its memory limit. libav has a hundred video decoders, and a few kilobytes can make
some of them take memory that no setting of libav limits: an index of millions of samples, sixteen large
frames to look back on. A limit on the process holds for all of it. Set in the worker, the limit would hit the
worker's other threads, too, some of which end the process when they reach it.
"""

import io
import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mediaforge.ports.media import Preview
from mediaforge.providers.thumbnail import QUALITY, THUMBNAIL_EDGE_PX_MAX

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream
    from PIL import Image

# The poster is the first frame of this time that is not black, since many videos fade in from black.
POSTER_WITHIN_S = 1.0
# Twice the pixels of 4K. libav refuses larger frames before it decodes them, whatever the container says of
# their size.
FRAME_PIXELS_MAX = 16_000_000
# Four times what any video that is made here has in its first second. Packets are counted and not frames,
# since many frames can be decoded that are never shown.
POSTER_PACKETS_MAX = 240
BLACK_LEVEL_MAX = 20
# Memory that a worker of one gigabyte has left while it holds the largest video that is allowed. A video in
# 4K takes two thirds of it.
MEMORY_BYTES_MAX = 440_000_000
CPU_S_MAX = 60
REFUSED_EXIT = 65  # sysexits.h: EX_DATAERR
_PIECE_BYTES = 262_144
_STATM = Path("/proc/self/statm")


def film_preview(film: IO[bytes], kind: str) -> Preview:
    """`kind` is libav's name of the format. Raises ValueError for bytes that are no video of that format."""
    import av  # noqa: PLC0415 - a worker does not load it: it starts another process

    limits = {"max_pixels": str(FRAME_PIXELS_MAX)}
    try:
        # The limits are set here, too: libav may decode some of a stream to find out what it is.
        with av.open(film, "r", format=kind, options=limits) as container:
            return _preview_stream(container, limits)
    except (av.FFmpegError, IndexError) as error:
        raise ValueError("not a video that can be read") from error


def _preview_stream(container: "InputContainer", limits: dict[str, str]) -> Preview:
    """Raises IndexError where there is no video stream, ValueError where its codec is unknown or it has no
    frame."""
    stream = container.streams.video[0]
    if getattr(stream, "codec_context", None) is None:  # PyAV's types hide that it may be None
        raise ValueError("not a video whose codec is known")
    stream.codec_context.options = limits
    stream.codec_context.thread_count = 1  # each thread would hold frames of its own
    poster = _poster(_opening(container, stream))
    rate = stream.average_rate
    return Preview(
        thumbnail=_small(poster),
        fps=float(rate) if rate else None,
        duration_s=_duration_s(container, stream),
    )


def _opening(container: "InputContainer", stream: "VideoStream") -> Iterator["VideoFrame"]:
    """The frames of the first second, or of the first POSTER_PACKETS_MAX packets, if those are fewer."""
    for packet in islice(container.demux(stream), POSTER_PACKETS_MAX):
        for frame in packet.decode():
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
    """The length as the stream tells it; in WebM only the file tells it."""
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    # libav's own unit for a whole file is the microsecond.
    return container.duration / 1_000_000 if container.duration is not None else None


# ---- the program ---------------------------------------------------------------------------------


def main(kind: str, film_bytes: int) -> int:
    _limit_this_process()
    film = io.BufferedReader(_AskedFilm(film_bytes), _PIECE_BYTES)
    try:
        found = film_preview(film, kind)
    except (ValueError, MemoryError):
        return REFUSED_EXIT
    said = {"fps": found.fps, "duration_s": found.duration_s}
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + found.thumbnail)
    return 0


class _AskedFilm(io.RawIOBase):
    """A file that the worker holds: writes a line `AT LENGTH`, and reads as many bytes as the answer."""

    def __init__(self, film_bytes: int) -> None:
        self._film_bytes = film_bytes
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begins = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._film_bytes}
        self._at = max(0, begins[whence] + offset)
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        piece = memoryview(buffer)[: max(0, self._film_bytes - self._at)]
        if piece:
            sys.stdout.buffer.write(b"%d %d\n" % (self._at, len(piece)))
            sys.stdout.buffer.flush()
            content = sys.stdin.buffer.read(len(piece))
            if len(content) != len(piece):
                raise EOFError("the worker has gone")
            piece[:] = content
            self._at += len(piece)
        return len(piece)


def _limit_this_process() -> None:
    """Limits memory and processor time. Memory is limited only where the system tells what is mapped already,
    which macOS does not."""
    import resource  # noqa: PLC0415 - workers need none of these; loaded first, so not counted as the video's

    import av  # noqa: F401, PLC0415
    from PIL import WebPImagePlugin  # noqa: F401, PLC0415

    limits = {resource.RLIMIT_CORE: 0, resource.RLIMIT_CPU: CPU_S_MAX}
    if _STATM.exists():
        mapped = int(_STATM.read_text().split()[0]) * resource.getpagesize()
        limits[resource.RLIMIT_AS] = mapped + MEMORY_BYTES_MAX
    for of, ours in limits.items():
        _, hard = resource.getrlimit(of)
        most = ours if hard == resource.RLIM_INFINITY else min(ours, hard)
        resource.setrlimit(of, (most, most))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
