"""What a film looks like. Run as a program, it is the process of its own in which `preview` has a film looked
into: `python -m mediaforge.providers.film_preview FORMAT BYTES`. It asks for pieces of the film, since the
worker has it in memory already, and says what it found.

libav has a hundred decoders of films, and some of what a few kilobytes make them take of memory has no
setting: an index of millions of samples, sixteen large frames to look back on. The limit of a process
holds for all of it; set in the worker it would hit its other threads too, some of which end it over that.
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

# A poster from the first second; a fade from black is not what a film looks like.
POSTER_WITHIN_S = 1.0
# 4K has half as many. libav itself refuses the pixels, before it decodes them, whatever the container says of
# them.
FRAME_PIXELS_MAX = 16_000_000
# No film that is made here has a quarter of them in its first second. Not the frames are counted: many can be
# decoded that are never shown.
POSTER_PACKETS_MAX = 240
BLACK_LEVEL_MAX = 20
# What a worker of a gigabyte has left while it holds the largest film that there may be. One of 4K takes two
# thirds of it.
MEMORY_BYTES_MAX = 440_000_000
CPU_S_MAX = 60
REFUSED_EXIT = 65  # sysexits.h: EX_DATAERR
_PIECE_BYTES = 262_144
_STATM = Path("/proc/self/statm")


def film_preview(film: IO[bytes], kind: str) -> Preview:
    """`kind` is libav's name of its format. Raises ValueError for bytes that are no film of it."""
    import av  # noqa: PLC0415 - a worker has no need of it: it asks for another process

    limits = {"max_pixels": str(FRAME_PIXELS_MAX)}
    try:
        # Said here, too, as what a stream is may be found out by decoding some of it.
        with av.open(film, "r", format=kind, options=limits) as container:
            return _preview_stream(container, limits)
    except (av.FFmpegError, IndexError) as error:
        raise ValueError("not a video that can be read") from error


def _preview_stream(container: "InputContainer", limits: dict[str, str]) -> Preview:
    """IndexError when there is no video stream, ValueError when nobody can decode it or it has no frame."""
    stream = container.streams.video[0]
    if getattr(stream, "codec_context", None) is None:  # PyAV's types do not tell of it
        raise ValueError("not a video whose codec is known")
    stream.codec_context.options = limits
    stream.codec_context.thread_count = 1  # each has frames of its own
    poster = _poster(_opening(container, stream))
    rate = stream.average_rate
    return Preview(
        thumbnail=_small(poster),
        fps=float(rate) if rate else None,
        duration_s=_duration_s(container, stream),
    )


def _opening(container: "InputContainer", stream: "VideoStream") -> Iterator["VideoFrame"]:
    """The frames of the first second, or as many as so many packets have."""
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
    """As the stream says; in WebM only the file does."""
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
    """A file that is somewhere else: `AT LENGTH` out, so many bytes in."""

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
    """Of its memory only where it can be told what is mapped already: not on a developer's macOS."""
    import resource  # noqa: PLC0415 - no worker needs these, and what they map is not the film's

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
