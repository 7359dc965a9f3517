"""Mountain ranges and one great cone, each range paler the farther away it is."""

import math
import random
from itertools import pairwise

from PIL import Image, ImageChops

from .canvas import Canvas, Point, Shape, Stencil, noise, smooth
from .palette import Rgb, mix

SNOW: Rgb = (240, 244, 248)


def ridge(dice: random.Random, width: float, steps_log2: int, roughness: float) -> list[Point]:
    """A mountain line by midpoint displacement: x from 0 to width, heights from 0 to 1."""
    heights = [dice.random(), dice.random()]
    reach = 0.6
    for _ in range(steps_log2):
        between = [(a + b) / 2 + dice.uniform(-reach, reach) for a, b in pairwise(heights)]
        heights = [h for pair in zip(heights, between, strict=False) for h in pair] + [heights[-1]]
        reach *= roughness
    low, high = min(heights), max(heights)
    return [
        (width * i / (len(heights) - 1), (h - low) / max(0.001, high - low))
        for i, h in enumerate(heights)
    ]


def depth_colour(canvas: Canvas, nearness: float) -> Rgb:
    """Air between us and the land: 0 is all haze, 1 is the land's own deep shade."""
    palette = canvas.palette
    near = mix(palette.land, palette.shade, 0.55)
    return mix(palette.haze, mix(palette.land, near, nearness), 0.18 + 0.82 * nearness)


def below(line: list[Point], bottom: float) -> list[Point]:
    return [*line, (line[-1][0], bottom), (line[0][0], bottom)]


def paint_mountains(canvas: Canvas, base: float, layers: int = 3) -> None:
    for layer in range(layers):
        nearness = (layer + 0.4) / (layers + 0.6)
        height = canvas.horizon * (0.5 - 0.13 * layer) * (1.0 if layers > 2 else 0.8)
        _paint_range(canvas, base, height, nearness, f"range {layer}")


def _paint_range(canvas: Canvas, base: float, height: float, nearness: float, name: str) -> None:
    dice = canvas.dice(name)
    detail = 7 if canvas.width < 2.2 * canvas.unit else 8
    line = ridge(dice, canvas.width, detail, 0.52)
    pull = canvas.focus if nearness < 0.3 else canvas.width - canvas.focus
    points = [
        (x, base - height * (0.25 + 0.75 * h) * _lean(x, pull, canvas.width)) for x, h in line
    ]
    stencil = Stencil(canvas, (0, base - height, canvas.width, base))
    stencil.polygon(below(points, base + 2))
    shape = stencil.cut()
    colour = depth_colour(canvas, nearness)
    canvas.lay(shape, colour, mix(colour, canvas.palette.haze, 0.55))
    if canvas.scene.season == "winter" or canvas.scene.weather == "snow" or nearness < 0.3:
        _paint_snow_caps(canvas, shape, nearness, name)
    _paint_shaded_faces(
        canvas, points, base, mix(colour, canvas.palette.shade, 0.42), 0.75 - 0.35 * (1 - nearness)
    )


def _lean(x: float, towards: float, width: float) -> float:
    """Higher near the pull, so that a range has a summit and not a saw's edge."""
    return 0.5 + 0.5 * math.sqrt(max(0.0, 1 - abs(x - towards) / (width * 0.62)))


def _paint_snow_caps(canvas: Canvas, shape: Shape, nearness: float, name: str) -> None:
    size = shape.mask.size
    ragged = noise(canvas.dice(name + " snow"), size, (max(6, size[0] // 40), 4), 3)
    fall = Image.linear_gradient("L").resize(size, Image.Resampling.BILINEAR)
    level = ImageChops.add(ImageChops.invert(fall), ragged, 2, 0)
    threshold = 128 if canvas.scene.season == "winter" or canvas.scene.weather == "snow" else 158
    cap = level.point([min(255, max(0, (v - threshold) * 24)) for v in range(256)])
    white = mix(
        mix(SNOW, canvas.palette.light, 0.5),
        canvas.palette.sky[1],
        0.12 + 0.3 * (canvas.scene.time == "night"),
    )
    white = mix(canvas.palette.haze, white, 0.5 + 0.4 * nearness + 0.1)
    canvas.lay(Shape(ImageChops.multiply(shape.mask, cap), shape.left, shape.top), white)


def _paint_shaded_faces(
    canvas: Canvas, points: list[Point], base: float, shade: Rgb, strength: float
) -> None:
    """From each summit a broken line falls to the base; beyond it from the light lies shadow."""
    dice = canvas.dice(f"faces {points[0][1]:.3f}")
    away = 1 if canvas.light_at[0] < canvas.width / 2 else -1
    stencil = Stencil(canvas, (0, min(y for _, y in points), canvas.width, base))
    for i in _summits(points):
        stencil.polygon(_face(dice, points, i, base, away))
    canvas.lay(stencil.cut(), shade, mix(shade, canvas.palette.haze, 0.6), strength)


def _summits(points: list[Point], reach: int = 4) -> list[int]:
    found = []
    for i in range(1, len(points) - 1):
        window = points[max(0, i - reach) : i + reach + 1]
        if points[i][1] == min(y for _, y in window):
            found.append(i)
    return found


def _face(
    dice: random.Random, points: list[Point], summit: int, base: float, away: int
) -> list[Point]:
    x, y = points[summit]
    spine: list[Point] = [(x, y)]
    depth = (base - y) * dice.uniform(0.55, 1.0)
    steps = 7
    for step in range(1, steps + 1):
        zig = (1 if step % 2 else -1) * depth * 0.06
        spine.append((x + zig - away * depth * 0.08 * step / steps, y + depth * step / steps))
    index, edge = summit, []
    while 0 <= index + away < len(points) and points[index + away][1] >= points[index][1] - 1:
        index += away
        edge.append(points[index])
    return [*spine, *reversed(edge)]


def paint_fuji(canvas: Canvas, base: float) -> None:
    """One cone with long concave flanks and a white crown."""
    peak_x, high, spread = canvas.focus, canvas.horizon * 0.6, canvas.unit * 0.85
    top = base - high
    flank = [
        (1.0, 0.0),
        (0.66, 0.12),
        (0.4, 0.34),
        (0.22, 0.62),
        (0.08, 0.93),
        (0.042, 0.995),
        (0.02, 1.0),
    ]
    left = [(peak_x - spread * dx, base - high * h) for dx, h in flank]
    right = [(peak_x + spread * dx, base - high * h) for dx, h in reversed(flank)]
    stencil = Stencil(canvas, (peak_x - spread, top, peak_x + spread, base))
    stencil.polygon([*smooth([*left, *right], closed=False), (peak_x, base + 2)])
    shape = stencil.cut()
    colour = mix(depth_colour(canvas, 0.42), canvas.palette.sky[0], 0.35)
    canvas.lay(shape, colour, canvas.palette.haze)
    canvas.lay(
        _crown(canvas, shape, peak_x, top, high, spread), mix(SNOW, canvas.palette.light, 0.4)
    )
    _paint_flank_shade(canvas, shape, peak_x, top)


def _crown(canvas: Canvas, shape: Shape, x: float, top: float, high: float, spread: float) -> Shape:
    dice = canvas.dice("crown")
    count = 13
    hem = [
        (
            x + spread * 0.5 * (i / (count - 1) - 0.5),
            top + high * (0.21 if i % 2 else 0.34) * dice.uniform(0.8, 1.25),
        )
        for i in range(count)
    ]
    stencil = Stencil(canvas, shape.box)
    stencil.polygon([(hem[0][0], top - 5), *hem, (hem[-1][0], top - 5)])
    crown = stencil.cut()
    return Shape(
        ImageChops.multiply(shape.mask, crown.mask.resize(shape.mask.size)), shape.left, shape.top
    )


def _paint_flank_shade(canvas: Canvas, shape: Shape, x: float, top: float) -> None:
    """Gullies that fan out from the summit, thickest on the side away from the light."""
    dice = canvas.dice("gullies")
    bottom = shape.box[3]
    high = bottom - top
    away = 1 if canvas.light_at[0] < x else -1
    stencil = Stencil(canvas, shape.box)
    for i in range(26):
        turn = (i / 25 * 2 - 1) * 1.05
        shaded = turn * away > -0.1
        reach = high * dice.uniform(0.5, 1.0) * (1.0 if shaded else 0.45)
        wide = canvas.unit * (0.03 if shaded else 0.01) * dice.uniform(0.5, 1.2)
        foot_x = x + turn * reach * (0.35 + reach / high * 0.75)
        stencil.polygon([(x + turn * high * 0.05, top + high * 0.02),
                         (foot_x - wide, top + reach), (foot_x + wide, top + reach * 0.92)],
                        ink=dice.randint(120, 255))  # fmt: skip
    mask = ImageChops.multiply(shape.mask, stencil.cut().mask)
    canvas.lay(
        Shape(mask, shape.left, shape.top),
        mix(canvas.palette.sky[0], canvas.palette.shade, 0.25),
        canvas.palette.haze,
        0.42,
    )
