"""The one way in which a picture is decoded: what it refuses, what it makes, and what it needs of memory."""

import io
import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from mediaforge.providers.decoding import EXIF_BYTES_MAX, open_picture
from painter.painting.reference import on_white
from tests.support import bombs
from tests.support.camera import DAMAGED_CAMERA_JPEGS

ROOT = Path(__file__).parents[2]
FUNCTIONS = ROOT / "functions"
STATUS = Path("/proc/self/status")
# The smallest workers that open pictures have a gigabyte, and hold more than the picture.
WORKER_MIB = 1024
# Python and Pillow themselves.
EMPTY_MIB = 60
EDGE_PX_MAX = 7071  # squares of up to 50 megapixels
WEBP_EDGE_PX_MAX = 5000
# As long as a JPEG gets: so flat that its decoder cannot make it smaller, and whole rows of it are all of it.
STRIPE_PX, CMYK_STRIPE_PX = (65_000, 769), (65_000, 615)

OPENING = """
import sys
from pathlib import Path
from mediaforge.providers.decoding import open_picture
content = sys.stdin.buffer.read()
try:
    print(*open_picture(content, 512).size)
except ValueError as error:
    print(error)
print(*[line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")])
"""


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def opened_elsewhere(content: bytes) -> tuple[str, float]:
    """What a process of its own made of it, and the most memory that it had, in MiB."""
    said = subprocess.run(
        [sys.executable, "-c", OPENING],
        check=True,
        input=content,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(FUNCTIONS)},
    ).stdout.decode()
    outcome, peak_kib = said.splitlines()
    return outcome, int(peak_kib) / 1024


# ---- memory ------------------------------------------------------------------------------------


@pytest.mark.skipif(not STATUS.exists(), reason="/proc says what a process has had of memory")
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(bombs.png(13_300, bombs.PALETTE, 2_000_000), id="palette"),
        pytest.param(bombs.png(13_300, bombs.GREY_16), id="grey-16"),
        pytest.param(bombs.png(13_300, bombs.RGBA_16), id="rgba-16"),
        pytest.param(bombs.webp(16_383), id="webp"),
        pytest.param(bombs.webp(WEBP_EDGE_PX_MAX + 1), id="webp-just-too-large"),
        pytest.param(bombs.jpeg("CMYK", STRIPE_PX), id="jpeg-cmyk"),
    ],
)
def test_what_would_fill_the_memory_is_refused_before_it_is_decoded(content: bytes) -> None:
    """A palette of 177 megapixels took 1.9 of a worker's 2 GiB; a WebP of 268 is 40 bytes."""
    outcome, peak_mib = opened_elsewhere(content)

    assert outcome == (
        "not an image that can be read, or more than 50 megapixels (25 as WebP), or 40 in CMYK, "
        "or of too many scans or parts"
    )
    assert peak_mib < EMPTY_MIB


@pytest.mark.skipif(not STATUS.exists(), reason="/proc says what a process has had of memory")
@pytest.mark.parametrize(
    ("content", "made"),
    [
        pytest.param(bombs.png(EDGE_PX_MAX, bombs.PALETTE), "512 512", id="palette"),
        pytest.param(bombs.png(EDGE_PX_MAX, bombs.GREY_16), "512 512", id="grey-16"),
        pytest.param(bombs.png(EDGE_PX_MAX, bombs.RGBA_16), "512 512", id="rgba-16"),
        pytest.param(bombs.webp(WEBP_EDGE_PX_MAX), "512 512", id="webp"),
        pytest.param(bombs.jpeg("RGB", STRIPE_PX, subsampling=0), "512 6", id="jpeg"),
        pytest.param(bombs.jpeg("CMYK", CMYK_STRIPE_PX), "512 5", id="jpeg-cmyk"),
    ],
)
def test_the_largest_that_is_opened_leaves_most_of_a_worker_s_memory_free(
    content: bytes, made: str
) -> None:
    outcome, peak_mib = opened_elsewhere(content)

    assert outcome == made
    assert peak_mib < WORKER_MIB / 2


# ---- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", id="heic"),
        pytest.param(encoded(Image.new("RGB", (64, 64)), "TIFF"), id="tiff"),
        pytest.param(encoded(Image.new("RGB", (64, 64)), "GIF"), id="gif"),
        pytest.param(encoded(Image.new("RGB", (64, 64)), "BMP"), id="bmp"),
        pytest.param(b'<svg xmlns="http://www.w3.org/2000/svg"/>', id="svg"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", id="eps"),
        pytest.param(bombs.png_without_palette(), id="png-without-palette"),
        pytest.param(encoded(Image.effect_noise((64, 64), 50), "PNG")[:-900], id="cut-png"),
        pytest.param(encoded(Image.effect_noise((64, 64), 50), "JPEG")[:-400], id="cut-jpeg"),
        pytest.param(encoded(Image.effect_noise((64, 64), 50), "WEBP")[:-200], id="cut-webp"),
    ],
)
@pytest.mark.parametrize("edge_px_max", [None, 16])
def test_what_is_no_whole_picture_of_a_named_format_is_refused(
    content: bytes, edge_px_max: int | None
) -> None:
    with pytest.raises(ValueError, match="not an image"):
        open_picture(content, edge_px_max)


def test_nothing_else_decodes_pictures() -> None:
    """Or it would have no guard."""
    opens = re.compile(r"\bImage\.open\(|\bcv2\b|\bimageio\b|\bimread\b")
    workers = [(ROOT / "workers" / name).glob("m*/**/*.py") for name in ("runpod", "trainer")]
    sources = [*FUNCTIONS.glob("m*/**/*.py"), *workers[0], *workers[1]]
    assert len(sources) > 100
    found = [path.name for path in sources if opens.search(path.read_text(encoding="utf-8"))]
    assert found == ["decoding.py"]


# ---- what is made ------------------------------------------------------------------------------


def halves(mode: str = "RGB", size: tuple[int, int] = (400, 200)) -> Image.Image:
    """The left one red, the right one blue."""
    picture = Image.new("RGB", size, "blue")
    picture.paste("red", (0, 0, size[0] // 2, size[1]))
    return picture.convert(mode)


@pytest.mark.parametrize(
    ("edge_px_max", "size"), [(None, (400, 200)), (300, (300, 150)), (100, (100, 50)), (8, (8, 4))]
)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "CMYK"])
def test_a_picture_keeps_its_colours_at_every_size(
    mode: str, edge_px_max: int | None, size: tuple[int, int]
) -> None:
    """As it is, by fewer than two pixels for one, and by whole squares of them."""
    kind = "JPEG" if mode == "CMYK" else "PNG"
    picture = open_picture(encoded(halves(mode), kind), edge_px_max)

    assert picture.size == size
    assert_is_red(picture, size[0] // 5, size[1] // 2)
    assert_is_red(picture, size[0] - 1 - size[0] // 5, size[1] // 2, is_it=False)


def assert_is_red(picture: Image.Image, x: int, y: int, *, is_it: bool = True) -> None:
    """Or blue."""
    pixel = picture.convert("RGB").getpixel((x, y))
    assert isinstance(pixel, tuple)
    red, blue = (pixel[0], pixel[2]) if is_it else (pixel[2], pixel[0])
    assert (red > 220, blue < 40) == (True, True)


@pytest.mark.parametrize(("edge_px_max", "size"), [(None, (200, 400)), (100, (50, 100))])
def test_what_lies_on_its_side_is_upright_and_says_nothing_more(
    edge_px_max: int | None, size: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    picture = open_picture(encoded(halves(), exif=exif), edge_px_max)

    assert picture.size == size
    assert_is_red(picture, size[0] // 2, size[1] // 8)
    assert picture.info == {}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(10))
def test_every_way_up_is_the_one_that_pillow_knows(orientation: int, kind: str) -> None:
    exif, lying = Image.Exif(), halves()
    exif[0x0112] = orientation
    lying.paste("green", (0, 0, 50, 50))
    content = encoded(lying, kind, exif=exif)

    with Image.open(io.BytesIO(content)) as source:
        expected = ImageOps.exif_transpose(source).convert("RGB")
    picture = open_picture(content).convert("RGB")

    assert (picture.size, picture.tobytes()) == (expected.size, expected.tobytes())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_of_exif_nothing_is_written_anew(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow copies all of it for each entry: 30,000 of them, in 9 MB, took 20 seconds."""
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(halves(), kind, exif=exif)
    monkeypatch.delattr(Image.Exif, "tobytes")

    assert open_picture(content).size == (200, 400)


@pytest.mark.parametrize("content", DAMAGED_CAMERA_JPEGS.values(), ids=DAMAGED_CAMERA_JPEGS.keys())
def test_exif_that_is_damaged_elsewhere_says_which_way_is_up(content: bytes) -> None:
    assert open_picture(content).size == (4, 8)


@pytest.mark.parametrize(
    ("comment_bytes", "size"), [(EXIF_BYTES_MAX - 200, (200, 400)), (EXIF_BYTES_MAX, (400, 200))]
)
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_exif_longer_than_any_camera_s_is_not_read(
    kind: str, comment_bytes: int, size: tuple[int, int]
) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "x" * comment_bytes

    assert open_picture(encoded(halves(), kind, exif=exif)).size == size


@pytest.mark.parametrize("edge_px_max", [None, 50])
def test_a_transparent_colour_of_a_palette_is_transparent_at_every_size(
    edge_px_max: int | None,
) -> None:
    palette = Image.new("P", (400, 200), 1)
    palette.putpalette([255, 0, 0, 0, 0, 255])
    picture = open_picture(encoded(palette, transparency=1), edge_px_max)

    assert picture.mode == "RGBA"
    assert picture.getchannel("A").getextrema() == (0, 0)
    assert on_white(picture).getpixel((5, 5)) == (255, 255, 255)


def test_of_odd_exif_nothing_is_said_in_the_log(tmp_path: Path) -> None:
    """A line for each entry: three uploads of 131 KB wrote 65,400."""
    entries = b"".join(struct.pack("<HHII", 300 + n, 1, 1 << 20, 0) for n in range(50))
    exif = b"II*\0" + struct.pack("<IH", 8, 50) + entries + bytes(4)
    plain = encoded(Image.new("RGB", (8, 8)), "PNG")
    (tmp_path / "odd.png").write_bytes(plain[:33] + bombs.chunk(b"eXIf", exif) + plain[33:])
    program = """
import pathlib, sys
from mediaforge.providers.decoding import open_picture
print(open_picture(pathlib.Path(sys.argv[1]).read_bytes()).size)
"""
    command = [sys.executable, "-c", program, str(tmp_path / "odd.png")]
    looked = subprocess.run(
        command, env={"PYTHONPATH": str(FUNCTIONS)}, capture_output=True, text=True, check=True
    )
    assert (looked.stdout, looked.stderr) == ("(8, 8)\n", "")
