"""Previews: a thumbnail, the size, and what a video's own stream says of its rate and length."""

import io
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest
from PIL import Image

from mediaforge.domain.errors import BusyError
from mediaforge.domain.media_type import video_type
from mediaforge.ports.media import Preview
from mediaforge.providers.preview import preview
from painter.filming import film
from protocols.large import large_film
from tests.support import bombs

FUNCTIONS = Path(__file__).parents[2] / "functions"
STATM = Path("/proc/self/statm")
# What a worker of a gigabyte can spare, while it holds the largest film that there may be.
SPARE_MIB = 500


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def video(
    colours: list[str],
    *,
    kind: str = "mp4",
    codec: str = "libx264",
    size: tuple[int, int] = (640, 360),
    rate: int = 10,
) -> bytes:
    """Ten frames a second, or as many as are said, one for each colour."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for index, colour in enumerate(colours):
            frame = av.VideoFrame.from_image(Image.new("RGB", size, colour))  # type: ignore[no-untyped-call]
            frame.pts, frame.time_base = index, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return buffer.getvalue()


def thumbnail(found: Preview) -> Image.Image:
    image = Image.open(io.BytesIO(found.thumbnail))
    assert image.format == "WEBP"
    return image.convert("RGB")


def brightest_band(found: Preview) -> str:
    image = thumbnail(found)
    pixel = image.getpixel((image.width // 2, image.height // 2))
    assert isinstance(pixel, tuple)
    return "rgb"[max(range(3), key=lambda band: pixel[band])]


# Images


def test_an_image_has_no_rate_and_no_length() -> None:
    found = preview(encoded(Image.new("RGB", (1024, 512), "teal")), "image/png")
    assert (found.fps, found.duration_s) == (None, None)
    assert thumbnail(found).size == (512, 256)


def test_an_image_lying_on_its_side_is_shown_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(Image.new("RGB", (800, 400)), "JPEG", exif=exif)
    found = preview(content, "image/jpeg")
    assert thumbnail(found).size == (256, 512)


def test_an_image_does_not_load_libav() -> None:
    program = (
        "import sys; from mediaforge.providers.preview import preview;"
        "assert 'PIL' not in sys.modules; preview(sys.stdin.buffer.read(), 'image/png');"
        "assert 'av' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        input=encoded(Image.new("RGB", (8, 8))),
        env={**os.environ, "PYTHONPATH": str(FUNCTIONS)},
    )


# Videos


@pytest.mark.parametrize(
    ("kind", "codec", "content_type"),
    [
        ("mp4", "libx264", "video/mp4"),
        ("mp4", "libx264", 'video/mp4; codecs="avc1.64001F"'),
        ("mov", "libx264", "video/quicktime"),
        ("webm", "libvpx-vp9", "video/webm"),
    ],
)
def test_a_video_has_the_rate_and_length_of_its_stream(
    kind: str, codec: str, content_type: str
) -> None:
    found = preview(video(["red"] * 15, kind=kind, codec=codec), content_type)
    assert found.fps == 10
    assert found.duration_s == pytest.approx(1.5, abs=0.01)
    assert thumbnail(found).size == (512, 288)


def test_the_built_in_camera_s_film_has_a_preview() -> None:
    content = film("a fox", seed=1, width=64, height=64, duration_s=2, fps=5, with_audio=True)
    found = preview(content, "video/mp4")
    assert (found.fps, found.duration_s) == (5, 2)


def test_the_poster_is_the_first_frame() -> None:
    assert brightest_band(preview(video(["red"] * 3 + ["blue"] * 5), "video/mp4")) == "r"


def test_a_fade_from_black_is_left_out_of_the_poster() -> None:
    assert brightest_band(preview(video(["black"] * 5 + ["lime"] * 9), "video/mp4")) == "g"


def test_what_stays_black_for_a_second_has_a_black_poster() -> None:
    found = preview(video(["black"] * 15 + ["lime"] * 5), "video/mp4")
    assert thumbnail(found).convert("L").getextrema()[1] <= 20  # type: ignore[operator]


# Refusals


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a video",
        video(["red"])[:300],
        pytest.param(video(["red"]).replace(b"avc1", b"none"), id="unknown-codec"),
    ],
)
def test_bytes_that_are_no_video_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="not a video"):
        preview(content, "video/mp4")


def test_a_film_of_huge_frames_is_refused_before_they_are_decoded() -> None:
    """16.8 megapixels each; 4K has 8.3."""
    with pytest.raises(ValueError, match="not a video"):
        preview(video(["red"], size=(4096, 4096)), "video/mp4")


def test_a_film_of_ten_thousand_frames_a_second_is_looked_into_only_so_far() -> None:
    """The first of them that is not black comes too late to be seen."""
    found = preview(video(["black"] * 240 + ["lime"] * 5, rate=10_000, size=(64, 64)), "video/mp4")
    assert thumbnail(found).convert("L").getextrema()[1] <= 20  # type: ignore[operator]


def hidden(packet: bytes) -> bytes:
    """The VP8 frame in it is decoded, and never shown (RFC 6386, 9.1)."""
    return bytes([packet[0] & ~0x10]) + packet[1:]


def film_with_hidden_frames(count: int) -> bytes:
    """A black one, so many that are not shown, and one in lime, all in a third of a second."""
    black, lime = (
        av.open(io.BytesIO(video([colour] * 3, kind="webm", codec="libvpx")), "r")
        for colour in ("black", "lime")
    )
    first, second, *_ = (bytes(packet) for packet in black.demux(video=0))
    last, *_ = (bytes(packet) for packet in lime.demux(video=0))
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="webm") as container:
        stream = container.add_stream_from_template(black.streams.video[0])
        for index, content in enumerate([first, *[hidden(second)] * count, last]):
            packet = av.Packet(content)
            packet.stream, packet.pts, packet.dts = stream, index, index
            packet.time_base, packet.is_keyframe = Fraction(1, 1000), content in (first, last)
            container.mux(packet)
    return buffer.getvalue()


@pytest.mark.parametrize(("count", "is_seen"), [(200, True), (300, False)])
def test_frames_that_are_never_shown_are_counted_too(count: int, is_seen: bool) -> None:
    found = preview(film_with_hidden_frames(count), "video/webm")
    assert (thumbnail(found).convert("L").getextrema()[1] > 20) is is_seen  # type: ignore[operator]


def test_sound_without_pictures_is_refused() -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        # Silence: a frame is born with what lay in memory, which can hang the encoder.
        frame.planes[0].update(bytes(4 * 1024))
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(ValueError, match="not a video"):
        preview(buffer.getvalue(), "video/mp4")


@pytest.mark.parametrize(
    "content", [b"ffconcat version 1.0\nfile film.mp4\n", b"#EXTM3U\n#EXTINF:1,\nfilm.mp4\n"]
)
def test_a_list_of_other_files_is_no_video(content: bytes) -> None:
    for content_type in ("video/mp4", "video/webm", "video/x-mpegurl"):
        with pytest.raises(ValueError, match="video"):
            preview(content, content_type)


def test_bytes_that_are_no_image_are_refused() -> None:
    with pytest.raises(ValueError, match="not an image"):
        preview(b"not an image", "image/png")


# Memory


LOOKING = """
import re, resource, sys
from pathlib import Path
from mediaforge.providers.preview import preview
try:
    preview(sys.stdin.buffer.read(), sys.argv[1])
    print("seen")
except ValueError as error:
    print(error)
# What it has itself is not asked of `resource`, which goes on from what started it.
mine = re.search("VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1]
print(mine, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def looked_into(content: bytes) -> tuple[str, float, float]:
    """What a worker made of it, and the most memory that it had, and what it started, in MiB."""
    known = video_type(content)
    assert known is not None
    said = subprocess.run(
        [sys.executable, "-c", LOOKING, known[1]],
        check=True,
        input=content,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(FUNCTIONS)},
    ).stdout.decode()
    outcome, peaks_kib = said.splitlines()
    mine, its = map(int, peaks_kib.split())
    return outcome, mine / 1024, its / 1024


def film_of_one_png(edge_px: int) -> bytes:
    """What it is, libav finds out by decoding it."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mov") as container:
        stream = container.add_stream("png", rate=24)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "rgba64be"
        packet = av.Packet(bombs.png(edge_px, bombs.RGBA_16))
        packet.stream, packet.pts, packet.dts = stream, 0, 0
        container.mux(packet)
    return buffer.getvalue()


def film_with_an_index_of(samples: int) -> bytes:
    """Of one byte each, all in one chunk (ISO/IEC 14496-12, 8.7)."""
    content = bytearray(video(["red"]))
    for name, numbers in (
        (b"stsz", (1, samples)),
        (b"stsc", (1, 1, samples, 1)),
    ):
        at = content.index(name) + 8
        struct.pack_into(f">{len(numbers)}I", content, at, *numbers)
    return bytes(content)


def film_that_looks_back(size: tuple[int, int], frames: int) -> bytes:
    """Each of its frames may be shown again until the last: H.264 lets 16 be kept."""
    buffer = io.BytesIO()
    options = {
        "preset": "ultrafast",
        "x264-params": "ref=16:bframes=0:rc-lookahead=0:sync-lookahead=0:threads=1",
    }
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=240, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv444p10le"
        frame = av.VideoFrame.from_image(Image.new("RGB", size)).reformat(format=stream.pix_fmt)  # type: ignore[no-untyped-call]
        for index in range(frames):
            frame.pts, frame.time_base = index, Fraction(1, 240)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return buffer.getvalue()


@pytest.mark.skipif(not STATM.exists(), reason="only there a process is told what it has mapped")
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(lambda: film_of_one_png(16_000), id="png"),
        pytest.param(lambda: film_with_an_index_of(80_000_000), id="index"),
        pytest.param(lambda: film_that_looks_back((2992, 2992), 17), id="references"),
    ],
)
def test_a_film_that_would_fill_the_memory_is_refused(content: Callable[[], bytes]) -> None:
    """The first two took 2 and 4 GiB of a worker that has one, out of 2 MB and 47 KB; one like the
    last, of 15 megapixels, took 2 and was delivered."""
    outcome, own_mib, look_mib = looked_into(content())

    assert outcome == "not a video that can be read"
    assert own_mib + look_mib < SPARE_MIB


@pytest.mark.skipif(not STATM.exists(), reason="only there a process is told what it has mapped")
def test_a_large_film_is_looked_into_where_it_lies() -> None:
    """4K, and as long as one may be: a second copy of it would not fit beside the first."""
    outcome, own_mib, look_mib = looked_into(large_film(3840, 2160, 250))

    assert outcome == "seen"
    assert own_mib < 300
    assert look_mib < SPARE_MIB


def test_who_looks_into_a_film_is_told_no_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A decoder that a film has taken over has nothing to send home."""
    seen = tmp_path / "seen"
    spy = f"import os, pathlib; pathlib.Path({str(seen)!r}).write_text(str(dict(os.environ)))"
    (tmp_path / "sitecustomize.py").write_text(spy, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("RUNPOD_API_KEY", "a-secret")

    preview(video(["red"]), "video/mp4")

    assert "MALLOC_ARENA_MAX" in seen.read_text(encoding="utf-8")
    assert "a-secret" not in seen.read_text(encoding="utf-8")


def test_a_look_that_fails_by_itself_is_no_fault_of_the_film(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "av.py").write_text("raise RuntimeError", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(RuntimeError, match="has failed: 1"):
        preview(video(["red"]), "video/mp4")


def test_that_there_is_no_process_to_be_had_says_nothing_of_the_film(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))
    with pytest.raises(BusyError):
        preview(video(["red"]), "video/mp4")


def test_limits_that_are_lower_already_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(video(["red"]))
    program = """
import pathlib, resource, sys
from mediaforge.providers.preview import preview
resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
print(preview(pathlib.Path(sys.argv[1]).read_bytes(), "video/mp4").fps)
"""
    command = [sys.executable, "-c", program, str(tmp_path / "film.mp4")]
    said = subprocess.check_output(command, env={"PYTHONPATH": str(FUNCTIONS)}, text=True)
    assert float(said) > 0
