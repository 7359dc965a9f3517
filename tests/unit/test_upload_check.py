"""What becomes of an upload's bytes: what is kept is upright, of one frame, and has nothing in it but the
picture; what cannot be kept is refused in words that say what to do. The files are as phones and design tools
write them."""

import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageCms, ImageOps, ImageStat
from PIL.PngImagePlugin import PngInfo

from mediaforge.domain.library.uploads import UnreadableError
from mediaforge.ports.media import CheckedPicture
from mediaforge.providers.upload_check import checked_upload
from tests.support import bombs
from tests.support.camera import BROKEN_CAMERA_JPEGS, DAMAGED_CAMERA_JPEGS

FUNCTIONS = Path(__file__).parents[2] / "functions"
SECRET = b"Ann's phone 47.3769 8.5417"
RED, BLUE, TOLERATED = (255, 0, 0), (0, 0, 255), 6
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def halves(mode: str = "RGB", size: tuple[int, int] = (64, 32)) -> Image.Image:
    """The left one red, the right one blue, with a green corner at the top."""
    picture = Image.new("RGB", size, "blue")
    picture.paste("red", (0, 0, size[0] // 2, size[1]))
    picture.paste("lime", (0, 0, 8, 8))
    return picture.convert(mode)


def photo(size: tuple[int, int] = (160, 96)) -> Image.Image:
    """Soft, with a grain, as photos are."""
    red, green = Image.linear_gradient("L").resize(size), Image.radial_gradient("L").resize(size)
    colours = Image.merge("RGB", (red, green, Image.new("L", size, 90)))
    return Image.blend(colours, Image.effect_noise(size, 20).convert("RGB"), 0.2)


def exif(orientation: int | None = None) -> Image.Exif:
    """As a phone writes it: with place, maker and number."""
    told = Image.Exif()
    told[0x010F], told[0x0110], told[0xA431] = SECRET.decode(), "Model", "Serial"
    told.get_ifd(0x8825).update({1: "N", 2: (47.0, 22.0, 36.0), 3: "E", 4: (8.0, 32.0, 30.0)})
    told.get_ifd(0x8769)[0x927C] = SECRET  # the maker's note
    if orientation is not None:
        told[0x0112] = orientation
    return told


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean of the differences of all pixels."""
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


def assert_colour(picture: Image.Image, place: tuple[int, int], colour: tuple[int, ...]) -> None:
    found = picture.convert("RGB").getpixel(place)
    assert isinstance(found, tuple)
    assert all(abs(a - b) <= TOLERATED for a, b in zip(found, colour, strict=True)), found


def assert_is_all(checked: CheckedPicture) -> None:
    """Nothing is left to do: its own event changes nothing."""
    assert checked_upload(checked.content).content is checked.content


# ---- which way is up -----------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 90}),
        ("JPEG", {"quality": 75, "progressive": True, "subsampling": 1}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"quality": 80}),
    ],
)
def test_what_lies_on_its_side_is_kept_upright_without_a_visible_loss(
    kind: str, options: dict[str, object], orientation: int
) -> None:
    content = encoded(photo(), kind, exif=exif(orientation), **options)
    upright = ImageOps.exif_transpose(opened(content))

    checked = checked_upload(content)

    kept = opened(checked.content)
    assert (checked.width_px, checked.height_px) == kept.size == upright.size
    assert difference(kept, upright) < 1.5
    assert SECRET not in checked.content
    assert not kept.getexif()
    assert_is_all(checked)
    assert difference(opened(checked.thumbnail), upright) < 6


@pytest.mark.parametrize("content", DAMAGED_CAMERA_JPEGS.values(), ids=DAMAGED_CAMERA_JPEGS.keys())
def test_exif_that_is_damaged_elsewhere_says_which_way_is_up(content: bytes) -> None:
    checked = checked_upload(content)
    assert (checked.width_px, checked.height_px) == (4, 8)


@pytest.mark.parametrize("content", BROKEN_CAMERA_JPEGS.values(), ids=BROKEN_CAMERA_JPEGS.keys())
def test_exif_that_cannot_be_read_is_taken_out_of_a_whole_picture(content: bytes) -> None:
    assert b"Exif" not in checked_upload(content).content


def test_a_turned_jpeg_is_about_as_large_as_it_was() -> None:
    content = encoded(photo((640, 480)), "JPEG", quality=85, exif=exif(6))
    assert 0.8 < len(checked_upload(content).content) / len(content) < 1.2


# ---- what is taken out ---------------------------------------------------------------------------


def jpeg_with(*segments: bytes, behind: bytes = b"", **options: object) -> bytes:
    content = encoded(halves(), "JPEG", **options)
    return content[:2] + b"".join(segments) + content[2:] + behind


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(jpeg_with(exif=exif()), id="exif"),
        pytest.param(jpeg_with(exif=exif(1)), id="exif-upright"),
        pytest.param(
            jpeg_with(bombs.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET)), id="xmp"
        ),
        pytest.param(jpeg_with(bombs.segment(0xED, b"Photoshop 3.0\0" + SECRET)), id="iptc"),
        pytest.param(jpeg_with(bombs.segment(0xEB, b"JP" + SECRET)), id="content-credentials"),
        pytest.param(
            encoded(halves(), "MPO", save_all=True, append_images=[photo()], exif=exif()),
            id="several-pictures",
        ),
        pytest.param(jpeg_with(bombs.segment(0xE0, b"JFXX\0" + SECRET)), id="small-picture"),
        pytest.param(jpeg_with(comment=SECRET), id="comment"),
        pytest.param(jpeg_with(behind=b"\0\0\0\x18ftypmp42" + SECRET), id="film-behind"),
        pytest.param(jpeg_with(behind=jpeg_with(exif=exif())), id="picture-behind"),
    ],
)
def test_of_a_jpeg_only_the_picture_is_kept_with_the_pixels_as_they_were(content: bytes) -> None:
    checked = checked_upload(content)
    assert SECRET not in checked.content
    assert b"Exif" not in checked.content
    assert opened(checked.content).tobytes() == opened(content).tobytes()
    assert_is_all(checked)


def png_with(*chunks: bytes, behind: bytes = b"", mode: str = "RGB", **options: object) -> bytes:
    content = encoded(halves(mode), "PNG", **options)
    return content[:33] + b"".join(chunks) + content[33:] + behind


TEXTS = PngInfo()
TEXTS.add_text("Comment", SECRET.decode())
TEXTS.add_text("parameters", SECRET.decode(), zip=True)
TEXTS.add_itxt("XML:com.adobe.xmp", SECRET.decode())


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(png_with(exif=exif()), id="exif"),
        pytest.param(png_with(pnginfo=TEXTS), id="texts"),
        pytest.param(png_with(bombs.chunk(b"prVW", SECRET)), id="of-a-program"),
        pytest.param(png_with(behind=SECRET), id="behind"),
    ],
)
def test_of_a_png_only_the_picture_is_kept_with_the_pixels_as_they_were(content: bytes) -> None:
    checked = checked_upload(content)
    assert len(checked.content) < len(content)
    assert SECRET not in checked.content
    kept = opened(checked.content)
    assert (kept.mode, kept.info) == ("RGB", {})
    assert kept.tobytes() == opened(content).tobytes()
    assert_is_all(checked)


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 80}])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_of_a_webp_only_the_picture_is_kept_with_the_pixels_as_they_were(
    mode: str, options: dict[str, object]
) -> None:
    content = encoded(halves(mode), "WEBP", exif=exif(), xmp=SECRET, **options) + SECRET
    checked = checked_upload(content)
    assert SECRET not in checked.content
    assert opened(checked.content).tobytes() == opened(content).tobytes()
    assert_is_all(checked)


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_colour_profile_is_kept(kind: str, orientation: int) -> None:
    content = encoded(halves(), kind, icc_profile=SRGB, exif=exif(orientation))
    assert opened(checked_upload(content).content).info["icc_profile"] == SRGB


# ---- what stays as it is ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(encoded(halves(), "JPEG"), id="jpeg"),
        pytest.param(encoded(halves(), "JPEG", progressive=True), id="progressive"),
        pytest.param(encoded(halves("L"), "JPEG"), id="grey-jpeg"),
        pytest.param(encoded(halves(), "JPEG", icc_profile=SRGB), id="profile"),
        *(pytest.param(encoded(halves(mode)), id=f"png-{mode}") for mode in ("1", "L", "LA", "P")),
        pytest.param(encoded(halves("RGBA")), id="png-alpha"),
        pytest.param(encoded(Image.new("I;16", (9, 9), 40_000)), id="png-16"),
        pytest.param(encoded(halves("P"), transparency=0), id="png-palette-alpha"),
        pytest.param(encoded(halves(), "WEBP"), id="webp"),
        pytest.param(encoded(halves("RGBA"), "WEBP", lossless=True), id="webp-alpha"),
    ],
)
def test_a_file_with_nothing_but_the_picture_is_not_written_anew(content: bytes) -> None:
    checked = checked_upload(content)
    assert checked.content is content
    assert (checked.width_px, checked.height_px) == opened(content).size
    assert opened(checked.thumbnail).format == "WEBP"


@pytest.mark.parametrize("grey", [0, 0x4000, 0x8000, 0xFFFF])
def test_a_grey_of_16_bits_is_as_bright_in_its_thumbnail(grey: int) -> None:
    checked = checked_upload(encoded(Image.new("I;16", (40, 20), grey)))
    assert_colour(opened(checked.thumbnail), (9, 9), (grey >> 8,) * 3)


def test_colours_of_16_bits_are_kept_and_shown() -> None:
    rows = (b"\0" + struct.pack(">HHH", 0xFFFF, 0x8000, 0) * 8) * 8
    header = struct.pack(">IIBBBBB", 8, 8, 16, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"tIME", bytes(7)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    content = b"\x89PNG\r\n\x1a\n" + b"".join(bombs.chunk(*part) for part in parts)

    checked = checked_upload(content)

    assert checked.content == content.replace(bombs.chunk(b"tIME", bytes(7)), b"")
    assert_colour(opened(checked.thumbnail), (4, 4), (255, 128, 0))


def test_transparency_stays() -> None:
    clear = Image.new("RGBA", (40, 20), (255, 0, 0, 0))
    checked = checked_upload(encoded(clear, exif=exif(6)))
    assert opened(checked.content).getpixel((5, 5)) == (255, 0, 0, 0)
    assert opened(checked.thumbnail).getpixel((5, 5))[3] == 0  # type: ignore[index]


# ---- inks ----------------------------------------------------------------------------------------


def inks(transform: int = 0) -> bytes:
    """Red in CMYK, inverted as Photoshop writes it; with transform 2 as luminance, colours and black."""
    stored = (0, 255, 255, 0) if transform == 0 else (255 - 179, 255 - 171, 255 - 1, 0)
    content = encoded(Image.new("CMYK", (32, 16), stored), "JPEG", quality=100, subsampling=0)
    adobe = content.index(b"Adobe") + 11
    return content[:adobe] + bytes([transform]) + content[adobe + 1 :]


def without_adobe(content: bytes) -> bytes:
    at = content.index(b"\xff\xee")
    return content[:at] + content[at + 16 :]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(inks(), id="cmyk"),
        pytest.param(inks(2), id="ycck"),
        pytest.param(without_adobe(inks()), id="without-adobe"),
        pytest.param(
            encoded(
                Image.new("CMYK", (32, 16), (0, 255, 255, 0)),
                "JPEG",
                icc_profile=bytes(16) + b"CMYK" + bytes(200),
            ),
            id="broken-profile",
        ),
    ],
)
def test_a_picture_in_inks_is_kept_in_red_green_and_blue(content: bytes) -> None:
    """Not every model knows inks."""
    checked = checked_upload(content)
    kept = opened(checked.content)
    assert (kept.mode, kept.format, kept.info.get("icc_profile")) == ("RGB", "JPEG", None)
    assert_colour(kept, (9, 9), RED)
    assert_colour(opened(checked.thumbnail), (9, 9), RED)
    assert_is_all(checked)


def test_inks_look_as_their_profile_says() -> None:
    """A press whose full magenta and yellow are no more than a dark red."""
    content = encoded(
        Image.new("CMYK", (32, 16), (0, 255, 255, 0)),
        "JPEG",
        icc_profile=press_profile((30, 40, 25)),
    )
    # Lab 30, 40, 25 as sRGB.
    assert_colour(opened(checked_upload(content).content), (9, 9), (129, 36, 36))


def press_profile(lab: tuple[int, int, int]) -> bytes:
    """A profile for inks in which all that has no cyan looks like `lab`, and all else like nothing."""
    coded = bytes([round(lab[0] * 2.55), lab[1] + 128, lab[2] + 128])
    corners = b"".join(coded if corner < 8 else b"\0\x80\x80" for corner in range(16))
    straight = bytes(range(256))
    matrix = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 16)
    table = (
        b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + matrix + straight * 4 + corners + straight * 3
    )
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 2) + b"x\0" + bytes(79),
        b"cprt": b"text" + bytes(4) + b"x\0",
        b"wtpt": b"XYZ " + bytes(4) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D),
        b"A2B0": table,
    }
    at, index, body = 132 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        padded = content.ljust(-(-len(content) // 4) * 4, b"\0")
        index += name + struct.pack(">II", at + len(body), len(content))
        body += padded
    head = bytearray(128)
    head[0:4] = struct.pack(">I", at + len(body))
    head[8:12], head[12:16], head[16:20], head[20:24] = b"\2\x10\0\0", b"prtr", b"CMYK", b"Lab "
    head[24:36] = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    head[36:40] = b"acsp"
    head[68:80] = struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    return bytes(head) + struct.pack(">I", len(tags)) + index + body


# ---- animations ------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 90}])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_of_an_animation_in_webp_the_first_frame_is_kept(
    mode: str, options: dict[str, object]
) -> None:
    second = Image.new(mode, (64, 32), "green")
    content = encoded(
        photo((64, 32)).convert(mode),
        "WEBP",
        save_all=True,
        append_images=[second],
        duration=90,
        **options,
    )
    checked = checked_upload(content)
    kept = opened(checked.content)
    assert getattr(kept, "n_frames", 1) == 1
    assert difference(kept, opened(content)) < 2
    assert_is_all(checked)


def test_of_an_animation_in_png_the_first_picture_is_kept() -> None:
    second = Image.new("RGB", (64, 32), "green")
    content = encoded(halves(), "PNG", save_all=True, append_images=[second], duration=90)
    checked = checked_upload(content)
    kept = opened(checked.content)
    assert getattr(kept, "n_frames", 1) == 1
    assert kept.tobytes() == halves().tobytes()
    assert_is_all(checked)


# ---- what is refused -------------------------------------------------------------------------------

TIFF = "This is a TIFF picture, or a camera's raw file; export it as JPEG."
VIDEO = "This is a video; a reference is a picture: PNG, JPEG or WebP."
HEIC = b"\0\0\0\x24ftypheic\0\0\0\0mif1MiHEheic" + bytes(40)
AVIF = b"\0\0\0\x20ftypavif\0\0\0\0avifmif1miafMA1B" + bytes(40)
DAMAGED = "The picture is damaged or incomplete; export it anew, and upload it again."
TOO_MANY = "The picture has more than 50 megapixels (25 as WebP, 40 in CMYK); make it smaller."


@pytest.mark.parametrize(
    ("content", "cause", "says"),
    [
        (b"", "empty", "The file is empty; upload it again."),
        (HEIC, "heic", "This is an HEIC picture; export it as JPEG."),
        (HEIC.replace(b"ftypheic", b"ftypmif1"), "heic", "This is an HEIC picture; export it as JPEG."),
        (AVIF, "avif", "This is an AVIF picture; export it as JPEG."),
        (AVIF.replace(b"ftypavif", b"ftypmif1"), "avif", "This is an AVIF picture; export it as JPEG."),
        (encoded(halves(), "AVIF"), "avif", "This is an AVIF picture; export it as JPEG."),
        (encoded(halves(), "GIF"), "gif", "This is a GIF picture; export it as PNG."),
        (encoded(halves(), "BMP"), "bmp", "This is a BMP picture; export it as PNG."),
        (encoded(halves(), "TIFF"), "tiff", TIFF),
        (b"8BPS\0\1" + bytes(30), "psd", "This is a Photoshop file; export it as PNG or JPEG."),
        (encoded(halves(), "PDF"), "pdf", "This is a PDF document; export the picture as PNG or JPEG."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "svg", "This is an SVG drawing; export it as PNG."),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?><svg/>", "svg", "This is an SVG drawing; export it as PNG."),
        (b"\0\0\0\x18ftypmp42" + bytes(20), "video", VIDEO),
        (b"no picture", "no-picture", "This is no PNG, JPEG or WebP picture."),
        (encoded(photo(), "JPEG")[:-400], "damaged", DAMAGED),
        (encoded(photo())[:900], "damaged", DAMAGED),
        (encoded(photo(), "WEBP")[:-200], "damaged", DAMAGED),
        (encoded(photo(), "JPEG", exif=exif(6))[:-900], "damaged", DAMAGED),
        (b"\x89PNG\r\n\x1a\n", "damaged", DAMAGED),
        (b"\xff\xd8\xff", "damaged", DAMAGED),
        (b"RIFF\0\0\0\0WEBP", "damaged", DAMAGED),
        (bombs.thin_jpeg((1, 65_500), 12_000), "damaged", DAMAGED),
        (bombs.png(7_100, bombs.PALETTE), "too-many-pixels", TOO_MANY),
        (bombs.png(13_500, bombs.PALETTE), "too-many-pixels", TOO_MANY),
        (bombs.webp(16_383), "too-many-pixels", TOO_MANY),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_in_words_that_say_what_to_do(
    content: bytes, cause: str, says: str
) -> None:
    with pytest.raises(UnreadableError) as refused:
        checked_upload(content)
    assert (refused.value.cause, refused.value.says) == (cause, says)


# ---- memory ----------------------------------------------------------------------------------------

CHECKING = """
import sys
from mediaforge.providers.upload_check import checked_upload
checked = checked_upload(sys.stdin.buffer.read())
print(checked.width_px, checked.height_px)
print(*[line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="it says what a process has had")
@pytest.mark.parametrize(
    ("content", "edge_px"),
    [
        pytest.param(bombs.jpeg("RGB", (7_071, 7_071), subsampling=0, exif=exif(6)), 7_071, id="jpeg"),
        pytest.param(bombs.jpeg("CMYK", (6_324, 6_324), exif=exif(6)), 6_324, id="jpeg-cmyk"),
        pytest.param(bombs.png(7_071, bombs.RGBA_16), 7_071, id="png"),
    ],
)  # fmt: skip
def test_the_largest_that_is_turned_leaves_a_third_of_the_function_s_memory_free(
    content: bytes, edge_px: int
) -> None:
    said = subprocess.run(
        [sys.executable, "-c", CHECKING],
        check=True,
        input=content,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(FUNCTIONS)},
    ).stdout.decode()
    size, peak_kib = said.splitlines()
    assert size == f"{edge_px} {edge_px}"
    assert int(peak_kib) / 1024 < 680
