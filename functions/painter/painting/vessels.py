"""Sailing boats, and balloons."""

import math

from .buildings import local
from .canvas import Canvas, Point, Shape, Stencil, smooth
from .figures import lay_outline, light_rim
from .palette import Rgb, mix, rgb

HULL: list[Point] = [(-0.5, -0.17), (-0.5, -0.17), (0.0, -0.12), (0.58, -0.2), (0.58, -0.2),
                     (0.46, 0.0), (0.4, 0.02), (-0.38, 0.02), (-0.46, -0.06)]  # fmt: skip


MAIN_SAIL: list[Point] = [(0.02, -1.12), (0.02, -1.12), (-0.12, -0.8), (-0.34, -0.42),
                          (-0.48, -0.27), (-0.48, -0.27), (-0.2, -0.25), (0.02, -0.26),
                          (0.02, -0.26)]  # fmt: skip


JIB: list[Point] = [(0.06, -1.02), (0.06, -1.02), (0.16, -0.7), (0.36, -0.4), (0.54, -0.26),
                    (0.54, -0.26), (0.3, -0.24), (0.07, -0.27), (0.07, -0.27)]  # fmt: skip


def paint_boat(canvas: Canvas, x: float, base: float, size: float) -> None:
    facing = -canvas.side
    code = canvas.scene.colour_of("boat")
    hull = local(canvas, rgb(code or "#8c3b34"))
    hull = mix(hull, rgb(code), 0.45) if code else hull
    sail = mix(local(canvas, (250, 240, 220)), canvas.palette.light, 0.4)
    if canvas.scene.weather != "storm":
        _paint_boat_reflection(canvas, x, base, size, facing, hull, sail)
    mast = Stencil(canvas, (x - size * 0.1, base - size * 1.2, x + size * 0.1, base))
    mast.stroke(
        [
            (x + facing * size * 0.035, base - size * 0.1),
            (x + facing * size * 0.035, base - size * 1.16),
        ],
        size * 0.014,
    )
    canvas.lay(mast.cut(), canvas.palette.shade)
    for part, tone in ((MAIN_SAIL, 0.0), (JIB, 0.16)):
        shape = lay_outline(
            canvas,
            _afloat(part, x, base, size, facing),
            mix(sail, canvas.palette.shade, tone),
            mix(sail, hull, 0.22 + tone),
        )
        light_rim(canvas, shape, sail, x, size * 0.6, 0.6)
    body = lay_outline(
        canvas, _afloat(HULL, x, base, size, facing), hull, mix(hull, canvas.palette.shade, 0.55)
    )
    canvas.rim(body, mix(hull, canvas.palette.light, 0.6), 0, size * 0.02, 0.8)


def _afloat(
    points: list[Point], x: float, base: float, size: float, facing: int, squash: float = 1.0
) -> list[Point]:
    return smooth([(x + facing * px * size, base + py * size * squash) for px, py in points])


def _paint_boat_reflection(
    canvas: Canvas, x: float, base: float, size: float, facing: int, hull: Rgb, sail: Rgb
) -> None:
    """The boat upside down in the water, cut into bands."""
    dice = canvas.dice("boat reflection")
    for part, colour in ((MAIN_SAIL, sail), (JIB, sail), (HULL, hull)):
        points = _afloat(part, x, base + size * 0.01, size, facing, -0.72)
        bottom = max(y for _, y in points)
        stencil = Stencil(canvas, (x - size * 0.7, base, x + size * 0.7, bottom))
        stencil.polygon(points)
        shape = stencil.cut()
        y = 0
        while y < shape.mask.height:
            thick = max(2, round(size * dice.uniform(0.012, 0.04)))
            band = shape.mask.crop((0, y, shape.mask.width, y + thick))
            fade = 1 - y / max(1, shape.mask.height)
            moved = Shape(band, shape.left + round(dice.uniform(-0.03, 0.03) * size), shape.top + y)
            canvas.lay(moved, mix(colour, canvas.palette.water, 0.35), strength=0.2 + 0.45 * fade)
            y += thick


def paint_balloon(canvas: Canvas, x: float, y: float, size: float, name: str) -> None:
    """Gores of two colours narrowing to a basket."""
    dice = canvas.dice(name)
    first = local(
        canvas,
        rgb(canvas.scene.colour_of("balloon"))
        if canvas.scene.colour_of("balloon")
        else canvas.palette.accent,
    )
    second = local(
        canvas, dice.choice([(250, 240, 216), mix(canvas.palette.accent, (60, 60, 120), 0.6)])
    )
    for gore in range(9, 0, -2):
        wide = size * 0.5 * math.sin(math.pi / 2 * gore / 9)
        stencil = Stencil(canvas, (x - size * 0.6, y - size * 0.6, x + size * 0.6, y + size * 0.7))
        stencil.polygon(smooth([(x, y - size * 0.5), (x + wide * 0.72, y - size * 0.36),
                                (x + wide, y - size * 0.02), (x + wide * 0.62, y + size * 0.36),
                                (x + wide * 0.2, y + size * 0.56),
                                (x - wide * 0.2, y + size * 0.56),
                                (x - wide * 0.62, y + size * 0.36),
                                (x - wide, y - size * 0.02),
                                (x - wide * 0.72, y - size * 0.36)]))  # fmt: skip
        shape = stencil.cut()
        colour = first if gore % 4 == 1 else second
        canvas.lay(shape, colour, mix(colour, canvas.palette.shade, 0.35))
        if gore == 9:
            light_rim(canvas, shape, colour, x, size * 1.6)
    basket = Stencil(canvas, (x - size * 0.2, y + size * 0.5, x + size * 0.2, y + size * 0.85))
    basket.polygon(
        [
            (x - size * 0.075, y + size * 0.68),
            (x + size * 0.075, y + size * 0.68),
            (x + size * 0.06, y + size * 0.8),
            (x - size * 0.06, y + size * 0.8),
        ]
    )
    for side in (-1, 1):
        basket.stroke(
            [(x + side * size * 0.09, y + size * 0.55), (x + side * size * 0.065, y + size * 0.68)],
            size * 0.01,
        )
    canvas.lay(basket.cut(), mix(canvas.palette.shade, (120, 80, 50), 0.5))
