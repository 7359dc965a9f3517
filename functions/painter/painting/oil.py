"""Oil on canvas: three layers of strokes that follow the forms, large to small, in raised paint."""

import math
import random
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from .canvas import Canvas, Point, noise
from .palette import Rgb
from .paper import soft_light, weave_relief

BRISTLES = ((-0.7, 0.93), (-0.36, 1.05), (0.0, 0.96), (0.36, 1.06), (0.72, 0.95))
FLAT_SLOPE = 3


@dataclass(frozen=True)
class _Study:
    """The picture in small, read point by point: colours, detail, the way forms run."""

    scale: float
    width: int
    height: int
    colours: bytes
    missing: bytes
    slope_x: bytes
    slope_y: bytes
    drift: bytes

    def cell(self, x: float, y: float) -> int:
        column = min(self.width - 1, max(0, int(x / self.scale)))
        return min(self.height - 1, max(0, int(y / self.scale))) * self.width + column

    def colour(self, cell: int) -> Rgb:
        red, green, blue = self.colours[3 * cell : 3 * cell + 3]
        return red, green, blue

    def direction(self, cell: int) -> float:
        """Along the form where there is one; elsewhere along a slow, mostly level drift."""
        dx, dy = self.slope_x[cell] - 128, self.slope_y[cell] - 128
        if abs(dx) + abs(dy) > FLAT_SLOPE:
            return math.atan2(dy, dx) + math.pi / 2
        return (self.drift[cell] / 255 - 0.5) * 2.2


def paint_in_oil(canvas: Canvas) -> Image.Image:
    source = canvas.image
    ground = source.filter(ImageFilter.GaussianBlur(canvas.unit * 0.012))
    picture = Image.blend(ground, Image.new("RGB", source.size, (150, 98, 66)), 0.1)
    relief = Image.new("L", source.size, 128)
    for layer, radius in enumerate((0.02, 0.0095, 0.005)):
        _paint_layer(canvas, picture, relief, canvas.unit * radius, layer)
    picture = Image.blend(picture, source, 0.28)
    return _raise_paint(canvas, picture, relief)


def _study(canvas: Canvas, picture: Image.Image, radius: float, layer: int) -> _Study:
    scale = max(2.0, radius * 0.6)
    size = (max(4, round(canvas.width / scale)), max(4, round(canvas.height / scale)))
    colours = canvas.image.resize(size, Image.Resampling.BOX)
    missing = ImageChops.difference(colours, picture.resize(size, Image.Resampling.BOX)).convert(
        "L"
    )
    grey = colours.convert("L").filter(ImageFilter.GaussianBlur(2))
    return _Study(
        scale=scale,
        width=size[0],
        height=size[1],
        colours=colours.tobytes(),
        missing=missing.tobytes(),
        slope_x=ImageChops.subtract(
            ImageChops.offset(grey, -1, 0), ImageChops.offset(grey, 1, 0), 1, 128
        ).tobytes(),
        slope_y=ImageChops.subtract(
            ImageChops.offset(grey, 0, -1), ImageChops.offset(grey, 0, 1), 1, 128
        ).tobytes(),
        drift=noise(canvas.dice(f"drift {layer}"), size, (3, 3), 2).tobytes(),
    )


def _paint_layer(
    canvas: Canvas, picture: Image.Image, relief: Image.Image, radius: float, layer: int
) -> None:
    study = _study(canvas, picture, radius, layer)
    dice = canvas.dice(f"strokes {layer}")
    tolerance = (-1, 9, 15)[layer]
    pen, height_pen = ImageDraw.Draw(picture), ImageDraw.Draw(relief)
    for x, y in _places(dice, canvas, radius * (1.5, 1.35, 1.5)[layer]):
        if study.missing[study.cell(x, y)] > tolerance:
            _paint_stroke(pen, height_pen, study, dice, (x, y), radius)


def _places(dice: random.Random, canvas: Canvas, step: float) -> list[Point]:
    columns, rows = math.ceil(canvas.width / step), math.ceil(canvas.height / step)
    places = [
        ((c + dice.random()) * step, (r + dice.random()) * step)
        for r in range(rows)
        for c in range(columns)
    ]
    dice.shuffle(places)
    return places


def _paint_stroke(
    pen: ImageDraw.ImageDraw,
    height_pen: ImageDraw.ImageDraw,
    study: _Study,
    dice: random.Random,
    at: Point,
    radius: float,
) -> None:
    cell = study.cell(*at)
    angle = study.direction(cell)
    red, green, blue = study.colour(cell)
    reach = radius * dice.uniform(1.6, 2.9)
    cos, sin = math.cos(angle), math.sin(angle)
    bow = dice.uniform(-0.25, 0.25) * radius
    lift = dice.uniform(0.93, 1.08)
    width = max(1, round(radius * 0.42))
    for across, tone in BRISTLES:
        off, light = across * radius, tone * lift
        path = [(at[0] + cos * t * reach - sin * (off + bow * (1 - abs(t))),
                 at[1] + sin * t * reach + cos * (off + bow * (1 - abs(t))))
                for t in (-1.0 + 0.2 * abs(across), 0.0, 1.0 - 0.35 * abs(across))]  # fmt: skip
        pen.line(
            path,
            fill=(
                min(255, round(red * light)),
                min(255, round(green * light)),
                min(255, round(blue * light)),
            ),
            width=width,
        )
        height_pen.line(path, fill=round(128 + (tone - 1) * 560 + (lift - 1) * 260), width=width)


def _raise_paint(canvas: Canvas, picture: Image.Image, relief: Image.Image) -> Image.Image:
    bumps = relief.filter(ImageFilter.GaussianBlur(max(0.6, canvas.unit * 0.0009))).filter(
        ImageFilter.EMBOSS
    )
    bumps = bumps.point([round(128 + max(-70, min(70, (v - 128) * 0.95))) for v in range(256)])
    lit = soft_light(picture, bumps)
    return soft_light(
        lit, weave_relief(canvas.dice("weave"), picture.size, round(canvas.unit * 0.003), 0.42)
    )
