"""Ink: brushed contours and three grey washes on warm paper, with a red seal."""

import math

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from .canvas import Canvas, noise
from .palette import Rgb
from .paper import edges, paper_relief, soft_light, wander

SHEET: Rgb = (243, 235, 217)
BLACK: Rgb = (28, 27, 34)
SEAL: Rgb = (188, 44, 36)


def paint_in_ink(canvas: Canvas) -> Image.Image:
    unit = canvas.unit
    bent = wander(canvas.image, canvas.dice("hand"), unit * 0.05, unit * 0.003)
    tones = ImageOps.autocontrast(
        bent.convert("L").filter(ImageFilter.GaussianBlur(unit * 0.0025)), cutoff=2
    )
    wash = _washes(canvas, tones)
    lines = edges(bent, max(0.8, unit * 0.0011), 13).point(
        [max(0, min(255, round((v - 30) * 2.0))) for v in range(256)]
    )
    dry = noise(canvas.dice("dry brush"), bent.size, (bent.width // 5, bent.height // 5), 2)
    lines = ImageChops.multiply(lines, dry.point([min(255, 70 + v * 2) for v in range(256)]))
    ink = ImageChops.lighter(wash, lines)
    sheet = Image.new("RGB", bent.size, SHEET)
    picture = Image.composite(Image.new("RGB", bent.size, BLACK), sheet, ink)
    picture = _keep_reds(bent, picture)
    _stamp_seal(canvas, picture)
    return soft_light(picture, paper_relief(canvas.dice("rice paper"), picture.size, 0.18))


def _washes(canvas: Canvas, tones: Image.Image) -> Image.Image:
    """Darkness in soft steps, uneven as a loaded brush leaves it."""
    uneven = noise(canvas.dice("wash"), tones.size, (5, 5), 4)
    mixed = ImageChops.add(tones, uneven.point([round(v * 0.16) for v in range(256)]), 1, -20)
    steps = mixed.point([_darkness(v) for v in range(256)])
    return steps.filter(ImageFilter.GaussianBlur(max(0.8, canvas.unit * 0.0016)))


def _darkness(tone: int) -> int:
    """Five plateaus with short slopes between them."""
    step, within = divmod((255 - tone) / 255 * 5, 1)
    slope = min(1.0, max(0.0, (within - 0.7) / 0.3))
    return round(228 * math.pow((step + slope) / 5, 1.25))


def _keep_reds(source: Image.Image, picture: Image.Image) -> Image.Image:
    """Strong reds stay, as a second ink: they are what the eye goes to."""
    red, green, blue = source.split()
    excess = ImageChops.subtract(red, ImageChops.lighter(green, blue))
    mask = excess.point([max(0, min(215, (v - 92) * 5)) for v in range(256)]).filter(
        ImageFilter.GaussianBlur(1)
    )
    return Image.composite(Image.new("RGB", picture.size, SEAL), picture, mask)


def _stamp_seal(canvas: Canvas, picture: Image.Image) -> None:
    dice = canvas.dice("seal")
    edge = canvas.unit * 0.048
    x, y = canvas.width - edge * 2.0, canvas.height - edge * 2.1
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((x, y, x + edge, y + edge), edge * 0.12, fill=SEAL)
    for row in range(4):
        for column in range(3):
            if dice.random() < 0.62:
                left, top = x + edge * (0.16 + 0.25 * column), y + edge * (0.14 + 0.19 * row)
                tall = dice.random() < 0.5
                pen.rectangle(
                    (
                        left,
                        top,
                        left + edge * (0.07 if tall else 0.2),
                        top + edge * (0.17 if tall else 0.06),
                    ),
                    fill=SHEET,
                )
