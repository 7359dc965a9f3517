"""Hills, dunes, mesas and headlands, each paler the farther away it is."""

import random
from collections.abc import Callable

from PIL import ImageChops

from .canvas import Canvas, Point, Shape, Stencil, noise, smooth
from .mountains import SNOW, below, depth_colour
from .palette import Rgb, mix

Planter = Callable[[Canvas, list[Point], float], None]


def _paint_rock_faces(canvas: Canvas, shape: Shape, rock: Rgb) -> None:
    """Angular planes that lean with the slope, some turned to the light."""
    dice = canvas.dice("rock")
    left, top, right, bottom = shape.box
    size = (bottom - top) * 0.32
    for colour in (mix(rock, canvas.palette.light, 0.2), mix(rock, canvas.palette.shade, 0.5)):
        stencil = Stencil(canvas, shape.box)
        for _ in range(round((right - left) / size * 2.2)):
            x, y = dice.uniform(left, right), dice.uniform(top, bottom)
            lean, deep = size * dice.uniform(0.3, 1.1) * canvas.side, size * dice.uniform(0.2, 1.0)
            stencil.polygon(
                [
                    (x, y),
                    (x + lean, y - deep * 0.2),
                    (x + lean * 0.8, y + deep * 0.5),
                    (x + lean * 0.25, y + deep),
                ]
            )
        mask = ImageChops.multiply(stencil.cut().mask, shape.mask)
        canvas.lay(Shape(mask, left, top), colour, strength=0.65)


def paint_hills(
    canvas: Canvas, base: float, layers: int = 4, steep: float = 0.16, plant: Planter | None = None
) -> None:
    """Soft folds down to the bottom edge, with light on the crests that face the sun."""
    for layer in range(layers):
        nearness = (layer + 0.5) / layers
        dice = canvas.dice(f"hill {layer}")
        y = base + (canvas.height - base) * (layer / layers) ** 1.25
        swell = canvas.unit * steep * (0.5 + 0.5 * nearness)
        line = smooth(
            [(canvas.width * i / 5, y + dice.uniform(-0.5, 0.5) * swell) for i in range(-1, 7)],
            closed=False,
        )
        if plant and 0 < layer < layers - 1:
            plant(canvas, line, nearness)
        _paint_fold(canvas, line, nearness, f"fold {layer}")


def _paint_fold(canvas: Canvas, line: list[Point], nearness: float, name: str) -> None:
    stencil = Stencil(canvas, (0, min(y for _, y in line) - 12, canvas.width, canvas.height))
    stencil.polygon(below(line, canvas.height + 4))
    shape = stencil.cut()
    colour = depth_colour(canvas, nearness * 0.9)
    if canvas.scene.weather == "snow":
        colour = mix(colour, mix(SNOW, canvas.palette.sky[1], 0.3), 0.55)
    canvas.lay(
        shape,
        mix(colour, canvas.palette.light, 0.3 * (1 - nearness) + 0.12),
        mix(colour, canvas.palette.shade, 0.45),
    )
    canvas.dapple(
        shape,
        mix(colour, canvas.palette.shade, 0.12),
        (3, max(4, shape.mask.height // 14)),
        165,
        name,
        40,
    )
    canvas.rim(shape, mix(colour, canvas.palette.light, 0.5), 0, canvas.unit * 0.004, 0.5)


def paint_dunes(canvas: Canvas, base: float) -> None:
    """Each dune: a bright face to the light, a winding crest, a dark slip face behind it."""
    layers = 4
    for layer in range(layers):
        nearness = (layer + 0.6) / layers
        dice = canvas.dice(f"dune {layer}")
        y = base + (canvas.height - base) * (layer / layers) ** 1.15
        crest_x = canvas.width * (
            0.5 + (0.28 if layer % 2 else -0.22) * canvas.side + dice.uniform(-0.1, 0.1)
        )
        high = canvas.unit * (0.05 + 0.1 * nearness)
        _paint_dune(canvas, crest_x, y, high, nearness)


def _paint_dune(canvas: Canvas, crest_x: float, y: float, high: float, nearness: float) -> None:
    w = canvas.width
    line = smooth([(-w * 0.1, y), (crest_x - w * 0.25, y - high * 0.45), (crest_x, y - high),
                   (crest_x + w * 0.22, y - high * 0.25),
                   (w * 1.1, y + high * 0.15)], closed=False)  # fmt: skip
    stencil = Stencil(canvas, (0, y - high * 1.3, w, canvas.height))
    stencil.polygon(below(line, canvas.height + 4))
    lit = mix(depth_colour(canvas, nearness * 0.55), canvas.palette.light, 0.25)
    lit = mix(lit, canvas.palette.accent, 0.18)
    dune = stencil.cut()
    canvas.lay(dune, mix(lit, canvas.palette.light, 0.3), mix(lit, canvas.palette.shade, 0.36))
    _paint_slip_face(canvas, dune, (crest_x, y - high), mix(lit, canvas.palette.shade, 0.55))


def _paint_slip_face(canvas: Canvas, dune: Shape, crest: Point, shade: Rgb) -> None:
    """The crest line winds down towards us; all beyond it from the light lies in shadow."""
    x, top = crest
    away = 1 if canvas.light_at[0] < x else -1
    w, reach = canvas.unit, canvas.height - top
    spine = smooth([(x, top - 4), (x + away * w * 0.05, top + reach * 0.12),
                    (x - away * w * 0.07, top + reach * 0.34),
                    (x + away * w * 0.06, top + reach * 0.66),
                    (x - away * w * 0.12, canvas.height + 4)], closed=False)  # fmt: skip
    edge = x + away * canvas.width * 1.2
    stencil = Stencil(canvas, dune.box)
    stencil.polygon([*spine, (edge, canvas.height + 4), (edge, top - 4)])
    mask = ImageChops.multiply(dune.mask, stencil.cut().mask)
    canvas.lay(Shape(mask, dune.left, dune.top), shade, mix(shade, canvas.palette.haze, 0.25), 0.85)


def paint_mesas(canvas: Canvas, base: float) -> None:
    for layer, nearness in enumerate((0.18, 0.4, 0.62)):
        dice = canvas.dice(f"mesa {layer}")
        colour = mix(depth_colour(canvas, nearness), canvas.palette.accent, 0.3)
        count = max(1, round((4 - layer) * canvas.width / canvas.unit))
        stencil = Stencil(canvas, (0, 0, canvas.width, base))
        for index in range(count):
            x = canvas.width * (index + dice.uniform(0.1, 0.9)) / count
            wide = canvas.unit * dice.uniform(0.1, 0.24) * (1.2 - 0.3 * layer)
            high = canvas.horizon * dice.uniform(0.16, 0.44) * (1.15 - 0.3 * layer)
            stencil.polygon(_mesa(dice, x, base + 3, wide, high))
        shape = stencil.cut()
        canvas.lay(shape, colour, mix(colour, canvas.palette.haze, 0.5))
        _paint_strata(canvas, shape, mix(colour, canvas.palette.shade, 0.22), f"strata {layer}")
        away = 1 if canvas.light_at[0] < canvas.width / 2 else -1
        canvas.rim(
            shape, mix(colour, canvas.palette.light, 0.6), away * canvas.unit * 0.014, 2, 0.75
        )


def _mesa(dice: random.Random, x: float, base: float, width: float, high: float) -> list[Point]:
    def step(side: int) -> list[Point]:
        half, jog = width / 2, dice.uniform(0.75, 0.92)
        return [(x + side * half * 1.7, base), (x + side * half * 1.1, base - high * 0.45),
                (x + side * half, base - high * 0.5), (x + side * half * 0.96, base - high * jog),
                (x + side * half * 0.8, base - high * jog),
                (x + side * half * 0.76, base - high)]  # fmt: skip

    return [*step(-1), *reversed(step(1))]


def _paint_strata(canvas: Canvas, shape: Shape, colour: Rgb, name: str) -> None:
    bands = noise(canvas.dice(name), shape.mask.size, (2, 26), 2).point(
        [255 if v > 150 else 0 for v in range(256)]
    )
    canvas.lay(
        Shape(ImageChops.multiply(shape.mask, bands), shape.left, shape.top), colour, strength=0.35
    )


def paint_headland(canvas: Canvas, x: float, waterline: float, width: float, high: float) -> None:
    """Rocks that run out from the nearer edge of the picture to x."""
    dice = canvas.dice("headland")
    side = canvas.side
    edge = canvas.width if side > 0 else 0
    tip = x - side * width * 0.55
    line: list[Point] = [(tip - side * width * 0.12, waterline)]
    steps = 9
    for i in range(steps + 1):
        t = i / steps
        rise = min(1.0, (t * 2.2) ** 0.6) * (1.0 + 0.25 * t)
        line.append(
            (tip + (edge + side * 9 - tip) * t, waterline - high * rise * dice.uniform(0.86, 1.06))
        )
    left, right = min(px for px, _ in line), max(px for px, _ in line)
    stencil = Stencil(canvas, (left, waterline - high * 1.6, right, waterline))
    stencil.polygon([*line, (edge + side * 9, waterline + 2)])
    shape = stencil.cut()
    rock = mix(canvas.palette.shade, canvas.palette.land, 0.28)
    canvas.lay(shape, mix(rock, canvas.palette.haze, 0.12), rock)
    _paint_rock_faces(canvas, shape, rock)
    canvas.rim(shape, mix(rock, canvas.palette.light, 0.5), 0, canvas.unit * 0.005, 0.7)
