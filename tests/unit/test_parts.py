"""Of how many parts a picture's file may be: what is refused before a decoder sees it, and that what cameras
and encoders write is not."""

import base64
import io
import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mediaforge.providers.decoding import open_picture
from mediaforge.providers.parts import decodable
from tests.support.bombs import UPRIGHT_BY_A_QUARTER, chunk, segment, thin_jpeg
from tests.support.camera import camera_jpeg

EXIF = b"Exif\0\0"


def encoded(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(mode: str = "RGB", **options: object) -> bytes:
    return encoded(Image.effect_noise((64, 48), 50).convert(mode), "JPEG", **options)


def opening_with(added: bytes, content: bytes | None = None) -> bytes:
    """A JPEG with what is added before its first segment."""
    content = content or jpeg()
    return content[:2] + added + content[2:]


def png_with(added: bytes) -> bytes:
    """With what is added after its header."""
    content = encoded(Image.new("RGB", (64, 48), "teal"), "PNG")
    return content[:33] + added + content[33:]


def deflated(name: bytes) -> bytes:
    head = {b"iCCP": b"icc\0\0", b"zTXt": b"key\0\0", b"iTXt": b"key\0\1\0\0\0"}[name]
    return chunk(name, head + zlib.compress(bytes(1000)))


# ---- what is refused ---------------------------------------------------------------------------


FRAME = segment(0xC0, struct.pack(">BHHB", 8, 48, 64, 1) + b"\1\x11\0")
SCAN = segment(0xDA, b"\1\1\0\0\x3f\0")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(thin_jpeg((1, 65_500), 101), "101 scans", id="scans"),
        pytest.param(thin_jpeg((1, 65_500), 1_000), "1000 segments", id="scans-as-segments"),
        pytest.param(thin_jpeg((7_000, 7_000), 7), "7 scans, of 21437500 blocks", id="blocks"),
        pytest.param(
            thin_jpeg((33, 65_500), 100, (0x41, 0x11, 0x11, 0x11)),
            "100 scans, of 26201600 blocks",
            id="blocks-filled-up-across",
        ),
        pytest.param(
            thin_jpeg((65_500, 33), 100, (0x11, 0x11, 0x11, 0x14)),
            "100 scans, of 26201600 blocks",
            id="blocks-filled-up-down",
        ),
        *[
            pytest.param(thin_jpeg((64, 48), 2, frame=frame), f"segment {frame:x}", id=f"{frame:x}")
            for frame in (0xC3, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)
        ],
        pytest.param(opening_with(segment(0xCC, b"\0\0")), "segment cc", id="arithmetic-tables"),
        pytest.param(opening_with(segment(0xDE, FRAME[4:])), "segment de", id="layers"),
        pytest.param(opening_with(segment(0xF7, b"")), "segment f7", id="not-a-jpeg-s"),
        pytest.param(opening_with(FRAME), "2 frames", id="two-frames"),
        pytest.param(opening_with(SCAN), "wrong order", id="scan-before-frame"),
        pytest.param(opening_with(b"\xff\xd9"), "0 frames", id="ends-before-it-begins"),
        pytest.param(jpeg()[:200], "0 scans", id="no-scan"),
        pytest.param(opening_with(b"\xff\xe5\0\1"), "of 1 bytes", id="no-length"),
        pytest.param(opening_with(segment(0xE5, b"") * 1_000), "1000 segments", id="segments"),
        pytest.param(opening_with(segment(0xE1, EXIF) * 1_000), "1000 segments", id="exif"),
        pytest.param(
            jpeg()[:-2] + segment(0xFE, b"") * 1_000 + b"\xff\xd9", "1000 segments", id="after-scan"
        ),
        pytest.param(opening_with(b"\xff" * 65_537), "65537 bytes between", id="filling"),
        pytest.param(
            jpeg()[:-2] + b"\xff" * 131_072 + b"\xd9", "nothing but filling", id="filled-scan"
        ),
        pytest.param(
            opening_with(segment(0xFE, b"") + b"\xff\0" * 32_769), "65538 bytes", id="junk"
        ),
        pytest.param(opening_with(segment(0xDB, bytes(65) * 8)), "520 bytes of tab", id="tables"),
        *[
            pytest.param(png_with(deflated(name) * 101), "101 deflated", id=name.decode())
            for name in (b"iCCP", b"zTXt", b"iTXt")
        ],
        pytest.param(png_with(chunk(b"prVt", b"") * 1_001), "1002 others", id="png-others"),
        pytest.param(png_with(chunk(b"IDAT", b"") * 100_000), "100001 chunks", id="png-pixels"),
    ],
)
def test_what_costs_a_decoder_more_than_it_shows_is_refused(content: bytes, reason: str) -> None:
    """By the count of its parts: of no decoder anything was asked."""
    with pytest.raises(ValueError, match="too many scans or parts") as refused:
        open_picture(content, 512)

    assert reason in str(refused.value.__cause__)


@pytest.mark.parametrize(
    ("content", "size"),
    [
        pytest.param(thin_jpeg((1, 1_000), 100), (1, 512), id="scans"),
        pytest.param(
            thin_jpeg((32, 655), 100, (0x41, 0x11, 0x11, 0x11)), (25, 512), id="filled-up"
        ),
        pytest.param(opening_with(b"\xff" * 65_536), (64, 48), id="filling"),
        pytest.param(jpeg()[:-2] + b"\xff" * 131_071 + b"\xd9", (64, 48), id="filled-scan"),
        pytest.param(opening_with(segment(0xE5, b"") * 990), (64, 48), id="segments"),
        pytest.param(png_with(deflated(b"zTXt") * 100), (64, 48), id="png-deflated"),
        pytest.param(png_with(chunk(b"prVt", b"") * 999), (64, 48), id="png-others"),
        pytest.param(png_with(chunk(b"IDAT", b"") * 9_999), (64, 48), id="png-pixels"),
    ],
)
def test_what_is_of_as_many_parts_as_there_may_be_is_opened(
    content: bytes, size: tuple[int, int]
) -> None:
    assert open_picture(content, 512).size == size


# ---- what is not -------------------------------------------------------------------------------

# A red half and a blue one, in the scans that MozJPEG chose.
MOZJPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wCEAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNS"
    "Mj5aYVpQYEpRUk8BDg4OExETJhUVJk81LTVPT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09P"
    "T//CABEIABAAEAMBIgACEQEDEQH/xAAnAAEBAAAAAAAAAAAAAAAAAAAFBgEBAAAAAAAAAAAAAAAAAAAABf/aAAwDAQACEAMQAAAAnwnQ"
    "mHv/xAAUEAEAAAAAAAAAAAAAAAAAAAAg/9oACAEBAAE/AB//xAAYEQACAwAAAAAAAAAAAAAAAAAABkOCwv/aAAgBAgEBPwBTmro//8QA"
    "GBEAAgMAAAAAAAAAAAAAAAAAAAZDgsH/2gAIAQMBAT8AZorYf//Z"
)


def with_thumbnail() -> bytes:
    """As cameras write it: in their Exif, a whole JPEG with scans and an end of its own."""
    return opening_with(segment(0xE1, EXIF + UPRIGHT_BY_A_QUARTER + jpeg(progressive=True)))


def pictures(kind: str) -> bytes:
    """Three in one file."""
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "green", "blue")]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:])


def png_of_rows() -> bytes:
    """A chunk for each row."""
    header = struct.pack(">IIBBBBB", 64, 5_000, 8, 0, 0, 0, 0)
    deflate = zlib.compressobj()
    rows = [deflate.compress(bytes(65)) + deflate.flush(zlib.Z_SYNC_FLUSH) for _ in range(5_000)]
    data = b"".join(chunk(b"IDAT", each) for each in [*rows, deflate.flush()])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


REAL = {
    "baseline": jpeg(),
    "grey": jpeg("L"),
    "inks": jpeg("CMYK"),
    "progressive": jpeg(progressive=True),
    "progressive-inks": jpeg("CMYK", progressive=True),
    "progressive-full-colour": jpeg(progressive=True, subsampling=0, optimize=True),
    "mozjpeg": MOZJPEG,
    "restarts": jpeg(restart_marker_blocks=1),
    "progressive-restarts": jpeg(progressive=True, restart_marker_rows=1),
    "thumbnail": with_thumbnail(),
    "filled-up": opening_with(b"\xff" * 3_000),
    "large-profile": jpeg(icc_profile=bytes(2_000_000)),
    "depth-map": opening_with(segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(65_000)) * 150),
    "film-appended": jpeg() + b"\0\0\0\x18ftypmp42" + b"\xff\xda\xff\xc9" * 2_000,
    "several-pictures": pictures("MPO"),
    "another-after-it": jpeg() + jpeg(progressive=True),
    "png": png_with(b"".join(deflated(name) for name in (b"iCCP", b"zTXt", b"iTXt"))),
    "png-of-rows": png_of_rows(),
    "png-film": pictures("PNG"),
    "webp": encoded(Image.new("RGB", (64, 48)), "WEBP"),
    "webp-film": pictures("WEBP"),
}  # fmt: skip


@pytest.mark.parametrize("content", REAL.values(), ids=REAL.keys())
def test_what_cameras_and_encoders_write_is_opened_as_it_is(content: bytes) -> None:
    assert decodable(content) == content
    with Image.open(io.BytesIO(content)) as picture:
        size = picture.size
    assert open_picture(content).size in (size, size[::-1])


@pytest.mark.parametrize("kind", ["MPO", "PNG", "WEBP"])
def test_of_several_pictures_the_first_is_opened(kind: str) -> None:
    red, green, blue = open_picture(pictures(kind)).convert("RGB").resize((1, 1)).tobytes()
    assert (red > 250, green < 5, blue < 5) == (True, True, True)


def test_the_largest_that_pillow_writes_have_few_enough_blocks() -> None:
    """Of 50 megapixels in 10 scans, and of 40 in CMYK in 18: as their headers say, and not their pixels."""
    large = encoded(Image.new("RGB", (16, 16)), progressive=True, subsampling=0)
    inks = encoded(Image.new("CMYK", (16, 16)), progressive=True)
    for content, edge_px in ((large, 7_071), (inks, 6_324)):
        edge = struct.pack(">HH", edge_px, edge_px)
        assert decodable(content.replace(struct.pack(">HH", 16, 16), edge, 1)).count(edge) == 1


# ---- Exif --------------------------------------------------------------------------------------


def test_of_exif_in_parts_pillow_is_given_the_first() -> None:
    """It copies all of them for each: 4 MB in small parts took 18 seconds."""
    content = opening_with(segment(0xE1, EXIF + b"A" * 10) * 900, camera_jpeg())
    first = content.index(EXIF)

    given_to_pillow = decodable(content)

    assert [given_to_pillow.count(EXIF), given_to_pillow.index(EXIF)] == [1, first]
    assert len(given_to_pillow) == len(content)


def test_the_first_part_of_exif_says_which_way_is_up() -> None:
    content = camera_jpeg()
    after = content.index(b"\xff\xdb")
    more = segment(0xE1, EXIF + b"A" * 10) * 2

    assert open_picture(content[:after] + more + content[after:]).size == (4, 8)


# ---- any bytes ---------------------------------------------------------------------------------

MARKERS = st.sampled_from(sorted({*range(0xC0, 0xFF), 0x00, 0x01, 0xFF}))
SEGMENTS = st.builds(segment, MARKERS, st.binary(max_size=20)) | st.binary(max_size=6)
JPEGS = st.lists(SEGMENTS, max_size=20).map(lambda each: b"\xff\xd8\xff" + b"".join(each))
CHUNKS = st.builds(chunk, st.sampled_from([b"IDAT", b"iTXt", b"IEND", b"\0\0\0\0"]), st.binary())
PNGS = st.lists(CHUNKS | st.binary(max_size=12), max_size=20).map(
    lambda each: b"\x89PNG\r\n\x1a\n" + b"".join(each)
)


@given(st.binary() | JPEGS | PNGS)
def test_any_bytes_are_refused_or_as_long_as_they_were(content: bytes) -> None:
    assert_counted(content)


@given(st.sampled_from(sorted(REAL)), st.data())
def test_any_change_to_a_picture_is_refused_or_as_long_as_it_was(
    name: str, data: st.DataObject
) -> None:
    content = REAL[name]
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(start + 50, len(content))))
    assert_counted(content[:start] + data.draw(st.binary(max_size=50)) + content[end:])
    assert_counted(content[:start])


def assert_counted(content: bytes) -> None:
    """Whatever else is raised would be an error of ours."""
    with suppress(ValueError):
        assert len(decodable(content)) == len(content)
