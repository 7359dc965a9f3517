"""Reference images: their colours borrowed, their light and dark followed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageFilter, ImageOps

from .canvas import Canvas
from .palette import Rgb, luma

# Opens a given picture: upright, with no edge longer than the given number of pixels. Raises ValueError where
# it cannot be read. The caller brings this function because the painter must not decode a stranger's bytes.
Picture = Callable[[int], Image.Image]

STUDIED_EDGE_PX = 256


def open_references(
    palette_from: Sequence[Picture], composition_from: Sequence[Picture]
) -> tuple[list[Image.Image], list[Image.Image]]:
    """Both kinds of references, opened and made small. An error numbers them from 0, palette references
    first."""
    opened = [
        _open(picture, index) for index, picture in enumerate([*palette_from, *composition_from])
    ]
    return opened[: len(palette_from)], opened[len(palette_from) :]


def _open(picture: Picture, index: int) -> Image.Image:
    """A small opaque copy, the right way up."""
    try:
        return on_white(picture(STUDIED_EDGE_PX))
    except ValueError as error:
        raise ValueError(f"Reference {index + 1} is not an image") from error


@dataclass(frozen=True)
class Edited:
    """A picture that is painted over, in the size of the new one, and a small copy of it to study."""

    picture: Image.Image
    small: Image.Image


def open_edited(given: Picture, size: tuple[int, int]) -> Edited:
    """Raises ValueError where it cannot be read."""
    try:
        opened = on_white(given(max(size) * 2))
    except ValueError as error:
        raise ValueError("the picture to edit is not an image") from error
    picture = ImageOps.fit(opened, size, Image.Resampling.LANCZOS)
    small = picture.copy()
    small.thumbnail((STUDIED_EDGE_PX, STUDIED_EDGE_PX))
    return Edited(picture, small)


def on_white(picture: Image.Image) -> Image.Image:
    """The picture without transparency, as it looks on paper."""
    if picture.mode == "RGB":
        return picture
    paper = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    return Image.alpha_composite(paper, picture.convert("RGBA")).convert("RGB")


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
