"""The one way in which a picture that somebody sent is decoded, so that every reader has the same guard: the
built-in renderer, the previews, the providers and the GPU container. Knows nothing of MediaForge."""

import io
import warnings
from itertools import product

from PIL import ExifTags, Image

from mediaforge.providers.parts import decodable

# Named, so that no decoder that starts another program can be reached with a caller's bytes. Those alone that
# the contract names: Pillow fills up the rows of a BMP pixel by pixel, ten seconds long out of one KB.
FORMATS = ("PNG", "JPEG", "WEBP")
# Looked at before anything is decoded: a picture of 92 bytes can fill gigabytes. What is decoded takes four
# bytes a pixel; the decoder of WebP needs four times that, and has no way to decode less.
PIXELS_MAX = 50_000_000
WEBP_PIXELS_MAX = 25_000_000
# The decoder of a JPEG that comes in several scans keeps all of them: eight bytes a pixel of four inks.
CMYK_PIXELS_MAX = 40_000_000
# Of longer Exif only the pixels are taken: in a JPEG a part has 64 KB, and a PNG may hold it in hexadecimal.
# From what it holds in one number Pillow makes an object each.
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
# At least so much at a time, in both directions: of a picture of few rows, whole rows would be all of it, and
# a second copy of the large one is never made.
_TILE_PX = 1024


def open_picture(content: bytes, edge_px_max: int | None = None) -> Image.Image:
    """The first frame, upright, RGB or RGBA; no edge longer than `edge_px_max`, where one is given.

    Raises ValueError for bytes that are no whole picture of a format that is opened, or a too large one."""
    try:
        with Image.open(io.BytesIO(decodable(content)), formats=FORMATS) as source:
            _refuse_too_large(source)
            return _upright(_converted(source, edge_px_max), edge_px_max)
    except MemoryError:
        raise  # says something of us, not of the bytes
    except Exception as error:
        # Whatever it is: on hostile bytes Pillow's decoders raise what no list of ours would name.
        pixels = f"{PIXELS_MAX // 1_000_000} megapixels ({WEBP_PIXELS_MAX // 1_000_000} as WebP)"
        cmyk = f"{CMYK_PIXELS_MAX // 1_000_000} in CMYK"
        raise ValueError(
            f"not an image that can be read, or more than {pixels}, or {cmyk}, or of too many scans or parts"
        ) from error


def _refuse_too_large(source: Image.Image) -> None:
    pixels_max = WEBP_PIXELS_MAX if source.format == "WEBP" else PIXELS_MAX
    if source.mode == "CMYK":
        pixels_max = CMYK_PIXELS_MAX
    if source.width * source.height > pixels_max:
        raise ValueError(f"more than {pixels_max} pixels")


def _converted(source: Image.Image, edge_px_max: int | None) -> Image.Image:
    """With what it says of itself, but for a transparency that is in its pixels now."""
    if edge_px_max is not None:
        source.draft("RGB", (edge_px_max, edge_px_max))
    mode = "RGBA" if source.has_transparency_data else "RGB"
    factor = max(source.size) // (2 * edge_px_max) if edge_px_max else 1
    picture = _reduced(source, mode, factor) if factor > 1 else source.convert(mode)
    picture.info = {
        key: value
        for key, value in source.info.items()
        if key != "transparency" and not (key in _EXIF and len(value) > EXIF_BYTES_MAX)
    }
    return picture


def _reduced(source: Image.Image, mode: str, factor: int) -> Image.Image:
    """Each square of `factor` pixels one. Converted first: palettes and 16-bit greys have no mean."""
    width, height = source.size
    small = Image.new(mode, (-(-width // factor), -(-height // factor)))
    edge = factor * -(-_TILE_PX // factor)
    for top, left in product(range(0, height, edge), range(0, width, edge)):
        tile = source.crop((left, top, min(left + edge, width), min(top + edge, height)))
        small.paste(tile.convert(mode).reduce(factor), (left // factor, top // factor))
    return small


# Once for each odd entry of a file's Exif, of which there may be a hundred thousand.
warnings.filterwarnings("ignore", module=r"PIL\.")


def _upright(picture: Image.Image, edge_px_max: int | None) -> Image.Image:
    if edge_px_max is not None:
        picture.thumbnail((edge_px_max, edge_px_max), Image.Resampling.LANCZOS)
    # Not by ImageOps, which writes the Exif anew, and copies all of it for each of its entries.
    turn = _TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    upright = picture if turn is None else picture.transpose(turn)
    # Of what else it says of itself, only how its colours are meant: the rest may be private.
    upright.info = {key: upright.info[key] for key in ("icc_profile",) if key in upright.info}
    return upright
