"""Previews: a thumbnail, the size, and what a video's own stream says of its rate and length."""

import io
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import pytest
from PIL import Image

from mediaforge.ports.media import Preview
from mediaforge.providers.local.filming import film
from mediaforge.providers.preview import preview

FUNCTIONS = Path(__file__).parents[2] / "functions"


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
