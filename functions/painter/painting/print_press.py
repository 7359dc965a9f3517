"""Flat media: a screen-printed poster, and pixel art."""

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from .canvas import Canvas, noise
from .paper import fine_grain, paper_relief, soft_light

SHEET = (244, 236, 219)
INKS = 14
PIXEL_COLOURS = 28


def print_poster(canvas: Canvas) -> Image.Image:
    """A few flat inks, a little out of register; paper shows at the border and through them."""
    flat = _separate(canvas.image, INKS)
    shift = max(1, round(canvas.unit * 0.0014))
    red, green, blue = flat.split()
    printed = Image.merge(
        "RGB", (ImageChops.offset(red, shift, 0), green, ImageChops.offset(blue, 0, -shift))
    )
    worn = noise(
        canvas.dice("ink wear"), printed.size, (printed.width // 4, printed.height // 4), 3
    )
    printed = Image.composite(
        Image.new("RGB", printed.size, SHEET),
        printed,
        worn.point([min(80, max(0, (v - 225) * 5)) for v in range(256)]),
    )
    printed = soft_light(printed, fine_grain(canvas.dice("ink grain"), printed.size, 0.14))
    return _with_border(canvas, printed)


def _separate(picture: Image.Image, inks: int) -> Image.Image:
    """Tones gathered into few inks; the scene's own grain breaks the line where two meet."""
    vivid = ImageEnhance.Color(ImageOps.autocontrast(picture, cutoff=0.5)).enhance(1.05)
    calm = vivid.filter(ImageFilter.MedianFilter(3))
    small = calm.resize((max(2, calm.width // 4), max(2, calm.height // 4)), Image.Resampling.BOX)
    chart = small.quantize(inks, method=Image.Quantize.MEDIANCUT, kmeans=2)
    return calm.quantize(palette=chart, dither=Image.Dither.NONE).convert("RGB")


def _with_border(canvas: Canvas, picture: Image.Image) -> Image.Image:
    margin = canvas.unit * 0.035
    area = Image.new("L", picture.size)
    ImageDraw.Draw(area).rectangle(
        (margin, margin, picture.width - margin - 1, picture.height - margin - 1), fill=255
    )
    sheet = soft_light(
        Image.new("RGB", picture.size, SHEET),
        paper_relief(canvas.dice("sheet"), picture.size, 0.25),
    )
    return Image.composite(picture, sheet, area)


def draw_in_pixels(canvas: Canvas) -> Image.Image:
    """Large square pixels in a small set of colours, with an ordered dither between them."""
    cell = max(2.0, canvas.unit / 150)
    size = (max(8, round(canvas.width / cell)), max(8, round(canvas.height / cell)))
    small = canvas.image.resize(size, Image.Resampling.BOX).filter(
        ImageFilter.UnsharpMask(1, 90, 0)
    )
    chart = small.quantize(PIXEL_COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=2)
    dithered = ImageChops.add(small, Image.merge("RGB", [_bayer(size)] * 3), 1, -8)
    drawn = dithered.quantize(palette=chart, dither=Image.Dither.NONE).convert("RGB")
    return drawn.resize(canvas.image.size, Image.Resampling.NEAREST)


def _bayer(size: tuple[int, int]) -> Image.Image:
    order = (0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5)
    tile = Image.new("L", (4, 4))
    tile.putdata([round(step * 1.1) for step in order])
    sheet = Image.new("L", size)
    for y in range(0, size[1], 4):
        for x in range(0, size[0], 4):
            sheet.paste(tile, (x, y))
    return sheet
