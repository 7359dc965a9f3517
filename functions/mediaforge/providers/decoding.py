"""The one place where a picture from outside is decoded, so that every reader has the same guard: the
built-in renderer, the previews, the providers and the GPU container. This module knows nothing of
MediaForge."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

from PIL import ExifTags, Image

from mediaforge.providers.parts import decodable

# The formats are named so that a caller's bytes cannot reach a decoder that starts another program. They are
# only those of the contract: others cost too much. From one KB of BMP, Pillow fills up rows pixel by pixel
# for ten seconds.
FORMATS = ("PNG", "JPEG", "WEBP")
# The pixels are checked before anything is decoded: a picture of 92 bytes can fill gigabytes. A decoded
# picture takes four bytes a pixel. The decoder of WebP needs four times that, and cannot decode at a smaller
# size.
PIXELS_MAX = 50_000_000
WEBP_PIXELS_MAX = 25_000_000
# For a JPEG in several scans the decoder keeps all coefficients: in CMYK, with four inks, eight bytes a
# pixel.
CMYK_PIXELS_MAX = 40_000_000
# Longer Exif is dropped, and only the picture's pixels are used. One part of Exif has 64 KB in a JPEG; a PNG
# may hold it in hexadecimal, which is twice that. Pillow makes an object of each number in it.
EXIF_BYTES_MAX = 131_072
_EXIF = ("exif", "Raw profile type exif")
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_GREY_16 = "I;16"
# Edge of the tiles in which a picture is reduced, at least. Tiles have a limit in both directions: in a
# picture of few rows, whole rows would be a second copy of all of it, which is never to be in memory.
_TILE_PX = 1024


class TooManyPixelsError(ValueError):
    """The picture has more pixels than are decoded."""


def open_picture(content: bytes, edge_px_max: int | None = None) -> Image.Image:
    """The first frame, upright, RGB or RGBA; no edge longer than `edge_px_max`, where one is given.

    Raises ValueError for bytes that are no whole picture of a format that is opened, or a too large one:
    TooManyPixelsError where only that is wrong."""
    with opened_picture(content) as source:
        return _upright(_converted(source, edge_px_max), edge_px_max)


@contextmanager
def opened_picture(content: bytes) -> Iterator[Image.Image]:
    """The picture as its file has it: nothing but its header is read yet. Raises as `open_picture` does, also
    for whatever goes wrong inside the block."""
    try:
        with Image.open(io.BytesIO(decodable(content)), formats=FORMATS) as source:
            _refuse_too_large(source)
            yield source
    except MemoryError:
        raise  # our memory is too small now: that says nothing of the bytes
    except Exception as error:
        # Every exception is caught: on hostile bytes Pillow's decoders raise more than any list could name.
        pixels = f"{PIXELS_MAX // 1_000_000} megapixels ({WEBP_PIXELS_MAX // 1_000_000} as WebP)"
        cmyk = f"{CMYK_PIXELS_MAX // 1_000_000} in CMYK"
        is_large = isinstance(error, TooManyPixelsError | Image.DecompressionBombError)
        kind = TooManyPixelsError if is_large else ValueError
        raise kind(
            f"not an image that can be read, or more than {pixels}, or {cmyk}, or of too many scans or parts"
        ) from error


def _refuse_too_large(source: Image.Image) -> None:
    pixels_max = WEBP_PIXELS_MAX if source.format == "WEBP" else PIXELS_MAX
    if source.mode == "CMYK":
        pixels_max = CMYK_PIXELS_MAX
    if source.width * source.height > pixels_max:
        raise TooManyPixelsError(f"more than {pixels_max} pixels")


def turn_of(picture: Image.Image) -> Image.Transpose | None:
    """How the picture has to be turned to be upright; None where it is."""
    if picture.format == "PNG":
        picture.load()  # its Exif may be behind its pixels
    for key in _EXIF:
        if len(picture.info.get(key, "")) > EXIF_BYTES_MAX:
            del picture.info[key]
    return _TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1))


def _converted(source: Image.Image, edge_px_max: int | None) -> Image.Image:
    """The picture as RGB or RGBA, with its `info`, except for a `transparency`, which is in its pixels
    now."""
    if edge_px_max is not None:
        source.draft("RGB", (edge_px_max, edge_px_max))
    mode = "RGBA" if source.has_transparency_data and source.mode != _GREY_16 else "RGB"
    factor = max(source.size) // (2 * edge_px_max) if edge_px_max else 1
    picture = _reduced(source, mode, factor) if factor > 1 else _in_mode(source, mode)
    picture.info = {key: value for key, value in source.info.items() if key != "transparency"}
    return picture


def _in_mode(picture: Image.Image, mode: str) -> Image.Image:
    """Of a grey of 16 bits the upper eight: Pillow would make all that is not almost black white."""
    if picture.mode != _GREY_16:
        return picture.convert(mode)
    return picture.convert("I").point(lambda grey: grey * (1 / 256)).convert("L").convert(mode)


def _reduced(source: Image.Image, mode: str, factor: int) -> Image.Image:
    """Makes one pixel of each square of `factor` by `factor`. Tiles are converted first: the entries of a
    palette and 16-bit greys have no mean."""
    width, height = source.size
    small = Image.new(mode, (-(-width // factor), -(-height // factor)))
    edge = factor * -(-_TILE_PX // factor)
    for top, left in product(range(0, height, edge), range(0, width, edge)):
        tile = source.crop((left, top, min(left + edge, width), min(top + edge, height)))
        small.paste(_in_mode(tile, mode).reduce(factor), (left // factor, top // factor))
    return small


# Pillow warns once for each odd entry of a file's Exif, of which there may be a hundred thousand.
warnings.filterwarnings("ignore", module=r"PIL\.")


def _upright(picture: Image.Image, edge_px_max: int | None) -> Image.Image:
    if edge_px_max is not None:
        picture.thumbnail((edge_px_max, edge_px_max), Image.Resampling.LANCZOS)
    # ImageOps.exif_transpose is not used: it writes the Exif anew, and copies all of it for each of its
    # entries.
    turn = turn_of(picture)
    upright = picture if turn is None else picture.transpose(turn)
    # Only the colour profile of the picture's `info` is kept: the rest may be private. That of another kind
    # of colours says nothing of these.
    profile = upright.info.get("icc_profile") or b""
    upright.info = {"icc_profile": profile} if profile_kind(profile) == b"RGB " else {}
    return upright


def profile_kind(profile: bytes) -> bytes:
    """The kind of colours that a profile is about: `RGB `, `CMYK`, `GRAY`."""
    return profile[16:20]
