"""Watercolour: soft washes with darker rims, pigment settled in the paper, a ragged border."""

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from .canvas import Canvas, noise
from .palette import PAPER
from .paper import edges, multiply, paper_relief, soft_light, wander

# Water thins the darks most: a night in watercolour is blue, never black.
_LIFTED = [round(255 * (v / 255) ** 0.62) for v in range(256)]


def paint_in_watercolor(canvas: Canvas) -> Image.Image:
    unit = canvas.unit
    washed = _wash(canvas.image)
    washed = wander(washed, canvas.dice("wet edge"), unit * 0.035, unit * 0.0055)
    rims = edges(washed, max(1.2, unit * 0.0022), 3.4)
    picture = multiply(washed, rims.point([255 - round(v * 0.42) for v in range(256)]))
    picture = _bloom(canvas, picture)
    picture = soft_light(picture, paper_relief(canvas.dice("paper"), picture.size, 0.4))
    return _on_sheet(canvas, picture)


def _wash(source: Image.Image) -> Image.Image:
    """Thin the colours towards paper, and flatten small changes of tone into washes."""
    half = source.resize(
        (max(2, source.width // 2), max(2, source.height // 2)), Image.Resampling.BOX
    )
    flat = half.filter(ImageFilter.MedianFilter(5))
    flat = flat.resize(source.size, Image.Resampling.BICUBIC)
    crisp = Image.blend(flat, source.filter(ImageFilter.GaussianBlur(0.8)), 0.3)
    bright = ImageOps.autocontrast(crisp.point(_LIFTED * 3), cutoff=1)
    vivid = ImageEnhance.Color(bright).enhance(1.35)
    return Image.blend(vivid, Image.new("RGB", source.size, PAPER), 0.16)


def _bloom(canvas: Canvas, picture: Image.Image) -> Image.Image:
    """Where water ran back: paler clouds, and granules of pigment in the darks."""
    pale = noise(canvas.dice("bloom"), picture.size, (4, 4), 5).point(
        [max(0, min(90, round((v - 120) * 0.8))) for v in range(256)]
    )
    thinned = Image.composite(Image.new("RGB", picture.size, PAPER), picture, pale)
    granules = noise(
        canvas.dice("granules"), picture.size, (picture.width // 6, picture.height // 6), 2
    )
    return multiply(thinned, granules.point([min(255, 218 + round(v * 0.2)) for v in range(256)]))


def _on_sheet(canvas: Canvas, picture: Image.Image) -> Image.Image:
    """The painted area ends short of the sheet in a hand-drawn, slightly darker edge."""
    width, height = picture.size
    margin = canvas.unit * 0.03
    area = Image.new("L", picture.size)
    ImageDraw.Draw(area).rectangle((margin, margin, width - margin, height - margin), fill=255)
    area = area.filter(ImageFilter.GaussianBlur(canvas.unit * 0.012))
    ragged = noise(canvas.dice("rag"), picture.size, (max(4, width // 90), max(4, height // 90)), 5)
    torn = ImageChops.add(area, ragged.point([96 + v // 4 for v in range(256)]), 2, 0).point(
        [max(0, min(255, (v - 118) * 22)) for v in range(256)]
    )
    rim = ImageChops.subtract(
        torn, torn.filter(ImageFilter.GaussianBlur(canvas.unit * 0.005)), 0.7, 0
    )
    paper = soft_light(
        Image.new("RGB", picture.size, (250, 246, 236)),
        paper_relief(canvas.dice("sheet"), picture.size, 0.3),
    )
    deep = multiply(picture, rim.point([255 - round(v * 0.3) for v in range(256)]))
    return Image.composite(deep, paper, torn)
