"""Shows a film that was made here: its frames and its sound, as `reel` takes them."""

import io
from collections.abc import Iterator

import av
from av.audio.resampler import AudioResampler
from PIL import Image

from .sound import SAMPLE_RATE_HZ

_SECOND_BYTES = 4 * SAMPLE_RATE_HZ  # stereo, 16 bits


def frames_of(film: bytes) -> Iterator[Image.Image]:
    """One at a time. Raises ValueError for bytes that are no video that can be read."""
    try:
        with av.open(io.BytesIO(film), "r", format="mp4") as container:
            for frame in container.decode(video=0):
                picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]  # PyAV gives no types
                yield picture
    except (av.FFmpegError, IndexError) as error:
        raise ValueError("the video to extend is not a video that can be read") from error


def sound_of(film: bytes) -> Iterator[bytes]:
    """A second at a time, as many as the pictures last; silence where there is no sound."""
    heard = _samples_of(film)
    held = b""
    for _ in range(_seconds_of(film)):
        while len(held) < _SECOND_BYTES and (more := next(heard, b"")):
            held += more
        yield held[:_SECOND_BYTES].ljust(_SECOND_BYTES, b"\0")
        held = held[_SECOND_BYTES:]


def _seconds_of(film: bytes) -> int:
    with av.open(io.BytesIO(film), "r", format="mp4") as container:
        stream = container.streams.video[0]
        rate = stream.average_rate
        return -(-stream.frames // round(rate)) if rate else 0


def _samples_of(film: bytes) -> Iterator[bytes]:
    with av.open(io.BytesIO(film), "r", format="mp4") as container:
        if not container.streams.audio:
            return
        resampler = AudioResampler(format="s16", layout="stereo", rate=SAMPLE_RATE_HZ)
        for frame in container.decode(audio=0):
            for each in resampler.resample(frame):
                yield bytes(each.planes[0])[: each.samples * 4]
