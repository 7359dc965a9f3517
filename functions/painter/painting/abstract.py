"""Pictures of no thing: ribbons, discs or strata, in one harmonious set of colours."""

import math
import random

from PIL import Image, ImageChops

from .canvas import Canvas, Point, Shape, Stencil, noise, ramp, smooth
from .palette import Rgb, mix, rgb, saturate

# Ground first, then inks from light to dark.
_INKS: dict[str, tuple[str, ...]] = {
    "joy": ("fbf0d9 ffcf3f ff8a3d f2545b ee7fa8 2fa8a0 2b5d9e",
            "fff3e0 ffd166 f78154 ef476f 8ac6a4 118ab2 4b3f8f"),
    "calm": ("f2eee3 d8e2d4 a9c8c0 f0c9b0 7da3a8 4f7a86 35505f",
             "f5efe8 e6d5c9 c8b6c6 9fb4c7 7f93b2 59698c 3a4462"),
    "gloom": ("c9c6bf a6a8a8 7d858c 8a6f6a 55606b 3a434e 1e242c",
              "bdb8b0 98959c 6e6f80 7a5c5c 4a4d60 31344a 191b2a"),
    "fire": ("ffe8c2 ffc145 ff8c2b ef4b23 c1272d 7a1528 2b0a1a",
             "f7e0c0 fbb13c f2762e d83a2b 8f1d3f 4a1746 1d0d2b"),
    "": (
        "f3ead7 f2c14e f08a4b d1495b 7fb7be 2e6f95 1f3557",
        "efe7dc e9c46a f4a261 e76f51 8ab8a0 2a9d8f 264653",
        "f4ecdf e8c7a8 d98f73 b8566b 9a8fc0 5b5f97 2b2d52",
        "eef0e2 cfdb8c 8fb98b e8a94c 3f8a8c 1f5c70 16324f",
    ),
}  # fmt: skip


def paint_abstract(canvas: Canvas) -> None:
    dice = canvas.dice("abstract")
    ground, inks = choose_inks(canvas, dice)
    canvas.image.paste(
        ramp((ground, mix(ground, inks[0], 0.25), mix(ground, inks[1], 0.22)), canvas.image.size)
    )
    moods = {
        "joy": (_paint_ribbons,),
        "calm": (_paint_strata, _paint_discs),
        "fire": (_paint_ribbons,),
    }
    dice.choice(moods.get(canvas.scene.mood, (_paint_ribbons, _paint_discs, _paint_strata)))(
        canvas, inks
    )


def choose_inks(canvas: Canvas, dice: random.Random) -> tuple[Rgb, list[Rgb]]:
    code = dice.choice(_INKS.get(canvas.scene.mood, _INKS[""]))
    ground, *inks = (rgb(f"#{part}") for part in code.split())
    named = [rgb(colour) for _, colour in canvas.scene.colours]
    if named:
        inks = [
            named[i % len(named)] if i % 2 == 0 else mix(ink, named[0], 0.3)
            for i, ink in enumerate(inks)
        ]
    if canvas.scene.time == "night":
        ground, inks = (
            mix(inks[-1], (8, 8, 20), 0.6),
            [saturate(ink, 1.1) for ink in reversed(inks)],
        )
    return ground, inks


def _paint_ribbons(canvas: Canvas, inks: list[Rgb]) -> None:
    """Broad bands that sweep out of one corner, cross the focal point and fan open."""
    dice = canvas.dice("ribbons")
    w, h, side = canvas.width, canvas.height, canvas.side
    focus = (canvas.focus, h * dice.uniform(0.36, 0.5))
    _paint_disc(canvas, focus[0], focus[1], canvas.unit * 0.19, inks[0], inks[1])
    count = 13
    order = list(range(count))
    dice.shuffle(order)
    for i in order:
        t = i / (count - 1)
        start = (w * (0.5 - side * 0.62), h * (0.95 - 0.28 * t + dice.uniform(-0.04, 0.04)))
        bend = (w * (0.5 - side * 0.2), h * (0.86 - 0.5 * t + dice.uniform(-0.08, 0.08)))
        knot = (focus[0] + dice.uniform(-0.05, 0.05) * w, focus[1] + h * (0.16 - 0.26 * t))
        end = (w * (0.5 + side * 0.66), h * (1.1 - 1.35 * t))
        wide = canvas.unit * dice.uniform(0.025, 0.085)
        _paint_ribbon(canvas, [start, bend, knot, end], wide, inks[(i * 5 + i // 3) % len(inks)])
    _scatter_dots(canvas, dice, inks, focus)


def _paint_ribbon(canvas: Canvas, spine: list[Point], wide: float, ink: Rgb) -> None:
    curve = smooth(spine, closed=False, steps=16)
    left, right = [], []
    for i, (x, y) in enumerate(curve):
        (ax, ay), (bx, by) = curve[max(0, i - 1)], curve[min(len(curve) - 1, i + 1)]
        length = math.hypot(bx - ax, by - ay) or 1.0
        swell = wide * (0.35 + 0.65 * math.sin(math.pi * min(1.0, i / len(curve) * 1.15)) ** 2) / 2
        nx, ny = -(by - ay) / length * swell, (bx - ax) / length * swell
        left.append((x + nx, y + ny))
        right.append((x - nx, y - ny))
    stencil = Stencil(canvas)
    stencil.polygon([*left, *reversed(right)])
    shape = stencil.cut()
    shadow = Image.new("L", shape.mask.size)
    shadow.paste(shape.mask, (round(wide * 0.1), round(wide * 0.14)))
    canvas.lay(Shape(shadow, 0, 0), mix(ink, (20, 16, 40), 0.7), strength=0.22)
    canvas.lay(shape, mix(ink, (255, 250, 235), 0.16), mix(ink, (30, 20, 60), 0.16), 0.95)
    canvas.rim(shape, mix(ink, (255, 255, 245), 0.55), 0, max(1, wide * 0.05), 0.55)


def _scatter_dots(canvas: Canvas, dice: random.Random, inks: list[Rgb], focus: Point) -> None:
    for _ in range(34):
        angle, far = dice.uniform(0, math.tau), canvas.unit * (0.14 + 0.5 * dice.random())
        x, y = focus[0] + math.cos(angle) * far, focus[1] + math.sin(angle) * far
        radius = canvas.unit * 0.016 * dice.uniform(0.2, 1.0)
        _paint_disc(canvas, x, y, radius, dice.choice(inks))


def _paint_disc(
    canvas: Canvas,
    x: float,
    y: float,
    radius: float,
    top: Rgb,
    bottom: Rgb | None = None,
    strength: float = 1.0,
) -> None:
    if (
        x + radius < 0
        or y + radius < 0
        or x - radius >= canvas.width
        or y - radius >= canvas.height
    ):
        return
    stencil = Stencil(canvas, (x - radius, y - radius, x + radius, y + radius))
    stencil.ellipse(x, y, radius)
    canvas.lay(stencil.cut(), top, bottom, strength)


def _paint_discs(canvas: Canvas, inks: list[Rgb]) -> None:
    """Quartered rings after Delaunay, one large and a few that answer it, joined by arcs."""
    dice = canvas.dice("discs")
    h = canvas.height
    spots = [(canvas.focus, h * 0.44, 0.36), (canvas.width - canvas.focus * 0.9, h * 0.7, 0.22),
             (canvas.width - canvas.focus, h * 0.2, 0.14),
             (canvas.focus + canvas.side * canvas.unit * 0.22, h * 0.88, 0.2)]  # fmt: skip
    for number, (x, y, size) in enumerate(spots):
        _paint_rings(canvas, dice, x, y, canvas.unit * size * dice.uniform(0.85, 1.1), inks, number)
    _scatter_dots(canvas, dice, inks, (canvas.focus, h * 0.44))


def _paint_rings(
    canvas: Canvas,
    dice: random.Random,
    x: float,
    y: float,
    radius: float,
    inks: list[Rgb],
    number: int,
) -> None:
    rings = 6 if number == 0 else 4
    turn = dice.uniform(0, math.tau)
    for ring in range(rings):
        r = radius * (1 - ring / rings)
        for quarter in range(4):
            stencil = Stencil(canvas, (x - r, y - r, x + r, y + r))
            start = turn + quarter * math.tau / 4
            wedge = [
                (
                    x + math.cos(start + math.tau / 4 * k / 12) * r,
                    y + math.sin(start + math.tau / 4 * k / 12) * r,
                )
                for k in range(13)
            ]
            stencil.polygon([(x, y), *wedge])
            ink = inks[(ring * 3 + quarter * 2 + number) % len(inks)]
            canvas.lay(
                stencil.cut(), mix(ink, (255, 250, 235), 0.12), mix(ink, (30, 20, 60), 0.14), 0.96
            )


def _paint_strata(canvas: Canvas, inks: list[Rgb]) -> None:
    """Layered waves of paper under a low disc: the abstract cousin of hills."""
    dice = canvas.dice("strata")
    w, h = canvas.width, canvas.height
    _paint_disc(canvas, canvas.focus, h * 0.34, canvas.unit * 0.2, inks[1], inks[2])
    layers = 8
    for layer in range(layers):
        y = h * (0.34 + 0.68 * layer / layers)
        swell = canvas.unit * dice.uniform(0.05, 0.12)
        phase = dice.uniform(0, math.tau)
        line = smooth(
            [(w * i / 6, y + math.sin(phase + i * 1.1) * swell) for i in range(-1, 8)], closed=False
        )
        stencil = Stencil(canvas, (0, y - swell * 1.6, w, h))
        stencil.polygon([*line, (w * 1.2, h + 4), (-w * 0.2, h + 4)])
        shape = stencil.cut()
        ink = (
            inks[(layer * 2 + layer // 3) % len(inks)]
            if layer < layers - 2
            else inks[layer - layers]
        )
        canvas.lay(shape, mix(ink, (255, 250, 235), 0.2), mix(ink, (24, 18, 50), 0.2))
        grain = noise(canvas.dice(f"strata {layer}"), shape.mask.size, (3, 30), 2).point(
            [70 if v > 165 else 0 for v in range(256)]
        )
        canvas.image.paste(Image.new("RGB", shape.mask.size, mix(ink, (255, 255, 255), 0.5)),
                           (shape.left, shape.top),
                           ImageChops.multiply(grain, shape.mask))  # fmt: skip
        canvas.rim(shape, mix(ink, (255, 255, 240), 0.6), 0, max(1, canvas.unit * 0.004), 0.6)
