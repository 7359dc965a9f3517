"""Writes frames and sound to an MP4 that browsers begin to play at once: H.264, AAC, the index in front."""

import tempfile
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from .sound import SAMPLE_RATE_HZ

AUDIO_RATE_HZ = 48_000
AUDIO_BITS_A_SECOND = 96_000
# One thread, and no lookahead beyond a second, keep the memory small. `cpu-independent` makes the same bytes
# on every machine, and every time: the fastest code for some processors (AVX-512) rounds differently, and not
# always in the same way.
X264 = {
    "preset": "veryfast",
    "crf": "22",
    "threads": "1",
    "profile": "high",
    "x264-params": "cpu-independent=1",
}
BT709 = 1
LIMITED_RANGE = 1
# The index comes first; names of encoders and times are left out, so that the bytes are always the same.
MP4 = {"movflags": "+faststart", "fflags": "+bitexact", "brand": "isom"}


def write_mp4(
    frames: Iterable[Image.Image],
    *,
    frame_px: tuple[int, int],
    fps: int,
    sound: Iterator[bytes] | None,
) -> bytes:
    """`frames` are RGB with even edges. `sound` gives one second at a time: stereo, interleaved 16-bit
    samples at `SAMPLE_RATE_HZ`; None makes a silent video without a sound track."""
    # A named file is needed: to move the index to the front, libav opens the file again by its name.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        with av.open(str(path), "w", format="mp4", options=MP4) as container:
            _write(container, frames, frame_px, fps, sound)
        return path.read_bytes()


def _write(
    container: OutputContainer,
    frames: Iterable[Image.Image],
    frame_px: tuple[int, int],
    fps: int,
    sound: Iterator[bytes] | None,
) -> None:
    picture = _video_stream(container, frame_px, fps)
    track = _Track(container) if sound else None
    for index, frame in enumerate(frames):
        # Pictures and sound are written by turns, so that neither has to wait in memory for the other.
        if track and sound and index % fps == 0:
            track.write(next(sound, b""))
        container.mux(picture.encode(_video_frame(frame, index, fps)))
    container.mux(picture.encode())
    if track:
        track.close()


def _video_stream(container: OutputContainer, frame_px: tuple[int, int], fps: int) -> VideoStream:
    stream = container.add_stream("libx264", rate=fps, options=X264)
    stream.width, stream.height = frame_px
    stream.pix_fmt = "yuv420p"
    stream.time_base = Fraction(1, fps)
    context = stream.codec_context
    context.gop_size = 2 * fps
    context.color_primaries = context.color_trc = context.colorspace = BT709
    context.color_range = LIMITED_RANGE
    context.flags |= Flags.bitexact
    return stream


def _video_frame(picture: Image.Image, index: int, fps: int) -> VideoFrame:
    # PyAV's stub gives this one function no types.
    rgb: VideoFrame = VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
    frame = rgb.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
    frame.pts, frame.time_base = index, Fraction(1, fps)
    return frame


class _Track:
    """The sound's stream: resampled to a rate that players expect, in frames of the encoder's size."""

    def __init__(self, container: OutputContainer) -> None:
        self._container = container
        self._stream: AudioStream = container.add_stream("aac", rate=AUDIO_RATE_HZ, layout="stereo")
        self._stream.codec_context.bit_rate = AUDIO_BITS_A_SECOND
        self._stream.codec_context.flags |= Flags.bitexact
        self._resampler = AudioResampler(format="fltp", layout="stereo", rate=AUDIO_RATE_HZ)
        self._samples = 0

    def write(self, second: bytes) -> None:
        if not second:
            return
        frame = AudioFrame(format="s16", layout="stereo", samples=len(second) // 4)
        frame.planes[0].update(second)
        frame.sample_rate = SAMPLE_RATE_HZ
        frame.pts, frame.time_base = self._samples, Fraction(1, SAMPLE_RATE_HZ)
        self._samples += frame.samples
        self._encode(self._resampler.resample(frame))

    def close(self) -> None:
        self._encode(self._resampler.resample(None))
        self._container.mux(self._stream.encode())

    def _encode(self, frames: Iterable[AudioFrame]) -> None:
        for frame in frames:
            self._container.mux(self._stream.encode(frame))
