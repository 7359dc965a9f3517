"""Thumbnails: size, aspect, transparency, and refusal of what is no image."""

import io
import tracemalloc

import pytest
from PIL import Image

from mediaforge.providers.thumbnail import thumbnail_webp
from tests.support.camera import BROKEN_CAMERA_JPEGS


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    assert image.format == "WEBP"
    return image


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1024, 1024), (512, 512)), ((2048, 256), (512, 64)), ((100, 400), (100, 400))],
)
def test_longer_edge_is_bounded_and_aspect_is_kept(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert opened(thumbnail_webp(encoded(Image.new("RGB", size, "teal")))).size == expected


def test_edge_can_be_chosen() -> None:
    content = encoded(Image.new("RGB", (600, 300)), "JPEG")
    assert opened(thumbnail_webp(content, edge_px_max=64)).size == (64, 32)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGBA", "CMYK"])
def test_every_common_mode_is_accepted(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert opened(thumbnail_webp(encoded(Image.new(mode, (80, 40)), kind))).size == (80, 40)


def test_transparency_is_kept() -> None:
    clear = Image.new("RGBA", (80, 80), (255, 0, 0, 0))
    assert opened(thumbnail_webp(encoded(clear))).convert("RGBA").getpixel((40, 40))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("content", [b"", b"not an image", encoded(Image.new("L", (9, 9)))[:40]])
def test_bytes_that_are_no_image_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="not an image"):
        thumbnail_webp(content)


def test_what_would_fill_the_memory_is_refused_before_it_is_decoded() -> None:
    """177 megapixels in 22 KB: the worker used 1.9 of its 2 GiB on one."""
    bomb = encoded(Image.new("1", (13300, 13300)))
    tracemalloc.start()
    with pytest.raises(ValueError, match="50 megapixels"):
        thumbnail_webp(bomb)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 10_000_000


def test_only_the_formats_that_are_named_are_opened() -> None:
    for kind in ("TIFF", "ICO", "PPM"):
        with pytest.raises(ValueError, match="not an image"):
            thumbnail_webp(encoded(Image.new("RGB", (64, 64)), kind))


@pytest.mark.parametrize("content", BROKEN_CAMERA_JPEGS.values(), ids=BROKEN_CAMERA_JPEGS.keys())
def test_broken_exif_is_refused_whatever_pillow_says_of_it(content: bytes) -> None:
    with pytest.raises(ValueError, match="not an image"):
        thumbnail_webp(content)
