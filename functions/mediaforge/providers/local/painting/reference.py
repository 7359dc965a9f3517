"""Reference images: their colours borrowed, their light and dark followed."""

import io
import struct
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageFilter, ImageOps

from mediaforge.providers.media_type import FORMATS, PIXELS_MAX

from .canvas import Canvas
from .palette import Rgb, luma

STUDIED_EDGE_PX = 256
SHRINKABLE = ("RGB", "RGBA", "L")  # the others resize badly
# What Pillow's decoders raise on broken or hostile bytes; AttributeError where turned EXIF is written anew.
BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, AttributeError, EOFError, struct.error,
    Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip


def open_references(
    palette_from: Sequence[bytes], composition_from: Sequence[bytes]
) -> tuple[list[Image.Image], list[Image.Image]]:
    """Both kinds, decoded and made small; numbered through from 0, palette references first."""
    opened = [
        _open(content, index) for index, content in enumerate([*palette_from, *composition_from])
    ]
    return opened[: len(palette_from)], opened[len(palette_from) :]


def _open(content: bytes, index: int) -> Image.Image:
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            return _study(image)
    except BROKEN as error:
        raise ValueError(f"references[{index}] is not an image") from error


def _study(image: Image.Image) -> Image.Image:
    """A small opaque copy, the right way up."""
    if image.width * image.height > PIXELS_MAX:
        raise Image.DecompressionBombError(f"more than {PIXELS_MAX} pixels")
    image.draft("RGB", (STUDIED_EDGE_PX, STUDIED_EDGE_PX))
    if (
        image.mode in SHRINKABLE
    ):  # before anything is copied: a large one fills the memory by itself
        image.thumbnail((STUDIED_EDGE_PX, STUDIED_EDGE_PX))
    upright = ImageOps.exif_transpose(image).convert("RGBA")
    upright.thumbnail((STUDIED_EDGE_PX, STUDIED_EDGE_PX))
    paper = Image.new("RGBA", upright.size, (255, 255, 255, 255))
    return Image.alpha_composite(paper, upright).convert("RGB")


def palette_ramp(references: Sequence[Image.Image]) -> list[Rgb]:
    """The references' main colours from dark to light."""
    colours: list[Rgb] = []
    for reference in references:
        few = reference.quantize(7, method=Image.Quantize.MEDIANCUT).convert("RGB")
        counted = few.getcolors(256) or []
        colours.extend((c[0], c[1], c[2]) for _, c in counted if isinstance(c, tuple))
    return sorted(colours, key=lambda colour: (luma(colour), colour))


def borrow_palette(canvas: Canvas, references: Sequence[Image.Image]) -> None:
    """Map the picture's own tones onto the references' colours, keeping a fifth of its own."""
    if not references:
        return
    stops = palette_ramp(references)
    tones = ImageOps.autocontrast(canvas.image.convert("L"), cutoff=1)
    strip = Image.new("RGB", (len(stops), 1))
    strip.putdata(stops)
    table = strip.resize((256, 1), Image.Resampling.BILINEAR)
    mapped = Image.merge("RGB", [tones.point(list(band.tobytes())) for band in table.split()])
    canvas.image = Image.blend(canvas.image, mapped, 0.8)


def borrow_layout(canvas: Canvas, references: Sequence[Image.Image]) -> None:
    """Lay the references' light and dark, in five soft steps, under the painted scene."""
    for reference in references:
        layout = ImageOps.fit(ImageOps.autocontrast(reference.convert("L")), canvas.image.size)
        soft = layout.filter(ImageFilter.GaussianBlur(canvas.unit * 0.012)).point(
            [round(v / 63.75) * 60 + 8 for v in range(256)]
        )
        lit = ImageChops.overlay(canvas.image, Image.merge("RGB", [soft] * 3))
        canvas.image = Image.blend(canvas.image, lit, 0.85)
