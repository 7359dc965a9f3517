"""The city: rows of roofs, lit windows, signs, the pavement."""

import random

from .buildings import local
from .canvas import Canvas, Point, Stencil
from .palette import Rgb, mix

SIGN_COLOURS: tuple[Rgb, ...] = (
    (255, 62, 132),
    (64, 224, 255),
    (255, 178, 64),
    (150, 110, 255),
    (90, 255, 170),
)


def paint_skyline(canvas: Canvas, base: float, layers: int = 3, tall: float = 1.0) -> None:
    old_town = canvas.scene.has("tower", "cafe")
    for layer in range(layers):
        nearness = (layer + 0.45) / layers
        high = canvas.horizon * tall * ((0.3 if old_town else 0.46) + 0.12 * layer)
        _paint_row(canvas, base, high, nearness, layer, old_town)


def _paint_row(
    canvas: Canvas, base: float, high: float, nearness: float, layer: int, old_town: bool
) -> None:
    dice = canvas.dice(f"row {layer}")
    blocks = list(_blocks(canvas, dice, high, nearness, layer))
    stencil = Stencil(canvas, (0, base - high * 1.7, canvas.width, base))
    for left, right, top in blocks:
        stencil.polygon(_roofline(dice, left, right, top, base, old_town))
    shape = stencil.cut()
    palette = canvas.palette
    stone = mix(palette.shade, palette.sky[1], 0.3 if canvas.scene.time != "day" else 0.55)
    if old_town:
        stone = local(canvas, mix((226, 212, 188), palette.sky[1], 0.15))
    colour = mix(palette.haze, stone, 0.22 + 0.72 * nearness)
    canvas.lay(
        shape, colour, mix(colour, palette.haze, 0.5 if canvas.scene.time == "night" else 0.42)
    )
    away = 1 if canvas.light_at[0] < canvas.width / 2 else -1
    canvas.rim(shape, mix(colour, palette.light, 0.4), away * canvas.unit * 0.006, 0, 0.6)
    if nearness > 0.3:
        _paint_windows(canvas, blocks, base, nearness, layer)
    if canvas.scene.medium == "neon" or (canvas.scene.time == "night" and nearness > 0.6):
        _paint_signs(canvas, blocks, base, nearness, layer)


def _blocks(
    canvas: Canvas, dice: random.Random, high: float, nearness: float, layer: int
) -> list[tuple[float, float, float]]:
    """Left, right and top of each building; the near rows open at the focal point like a street."""
    blocks, x = [], -canvas.unit * 0.05
    while x < canvas.width:
        wide = canvas.unit * dice.uniform(0.055, 0.13) * (0.75 + 0.6 * nearness)
        middle = (x + wide / 2 - canvas.focus) / canvas.width
        valley = (
            min(1.0, 0.32 + abs(middle) * 2.3)
            if layer > 0
            else 1.0 - 0.3 * min(1.0, abs(middle) * 1.5)
        )
        top = canvas.horizon - high * dice.uniform(0.55, 1.3) * valley
        blocks.append((x, x + wide, top))
        x += wide * dice.uniform(0.92, 1.12)
    return blocks


def _roofline(
    dice: random.Random, left: float, right: float, top: float, base: float, old_town: bool
) -> list[Point]:
    wide = right - left
    foot: list[Point] = [(right, base + 2), (left, base + 2)]
    if old_town:
        rise = wide * 0.32
        return [(left, top), (left + wide * 0.14, top - rise), (left + wide * 0.62, top - rise),
                (left + wide * 0.62, top - rise * 1.5),
                (left + wide * 0.74, top - rise * 1.5), (left + wide * 0.74, top - rise),
                (right - wide * 0.14, top - rise),
                (right, top), *foot]  # fmt: skip
    kind = dice.randrange(4)
    if kind == 0:
        return [(left, top), (right, top), *foot]
    if kind == 1:
        step = wide * 0.22
        return [(left, top + step), (left + step, top + step), (left + step, top),
                (right - step, top), (right - step, top + step),
                (right, top + step), *foot]  # fmt: skip
    if kind == 2:
        mast = left + wide * 0.5
        return [
            (left, top),
            (mast - wide * 0.03, top),
            (mast, top - wide * 0.9),
            (mast + wide * 0.03, top),
            (right, top),
            *foot,
        ]
    return [(left, top), (right, top + wide * 0.3), *foot]


def _paint_windows(
    canvas: Canvas,
    blocks: list[tuple[float, float, float]],
    base: float,
    nearness: float,
    layer: int,
) -> None:
    dice = canvas.dice(f"windows {layer}")
    box = (0, min(top for _, _, top in blocks), canvas.width, base)
    dark_hours = canvas.scene.time in ("night", "dusk") or canvas.scene.weather in ("rain", "storm")
    lit, dim = Stencil(canvas, box), Stencil(canvas, box)
    cell = max(3.0, canvas.unit * 0.0135 * (0.7 + 0.7 * nearness))
    for left, right, top in blocks:
        habit = dice.uniform(0.15, 0.55)
        y = top + cell
        while y < base - cell:
            x = left + cell * 0.7
            while x < right - cell:
                pane = [
                    (x, y),
                    (x + cell * 0.55, y),
                    (x + cell * 0.55, y + cell * 0.75),
                    (x, y + cell * 0.75),
                ]
                if dice.random() < habit * 0.8:
                    (lit if dark_hours and dice.random() < 0.75 else dim).polygon(
                        pane, ink=dice.randint(110, 255)
                    )
                x += cell * 1.15
            y += cell * 1.5
    canvas.lay(dim.cut(), mix(canvas.palette.shade, canvas.palette.sky[1], 0.3), strength=0.55)
    canvas.lay(lit.cut(), canvas.palette.window, strength=0.5 + 0.45 * nearness)


def _paint_signs(
    canvas: Canvas,
    blocks: list[tuple[float, float, float]],
    base: float,
    nearness: float,
    layer: int,
) -> None:
    dice = canvas.dice(f"signs {layer}")
    for left, right, top in blocks:
        if dice.random() > (0.85 if canvas.scene.medium == "neon" else 0.5):
            continue
        colour = dice.choice(SIGN_COLOURS[: 5 if canvas.scene.medium == "neon" else 3])
        x = dice.uniform(left, right)
        wide = canvas.unit * dice.uniform(0.01, 0.024) * (0.5 + nearness)
        high = (base - top) * dice.uniform(0.14, 0.4)
        y = top + (base - top) * dice.uniform(0.1, 0.5)
        _paint_sign(canvas, dice, x, y, wide, high, colour)


def _paint_sign(
    canvas: Canvas, dice: random.Random, x: float, y: float, wide: float, high: float, colour: Rgb
) -> None:
    canvas.glow(x, y + high / 2, max(high, wide) * 1.5, colour, 0.75)
    stencil = Stencil(canvas, (x - wide, y, x + wide, y + high))
    glyph = wide * 1.5
    for row in range(max(1, int(high / glyph))):
        top = y + row * glyph
        stencil.stroke([(x - wide * 0.7, top), (x + wide * 0.7, top)], wide * 0.3)
        if dice.random() < 0.7:
            stencil.stroke([(x, top), (x, top + glyph * 0.7)], wide * 0.3)
        if dice.random() < 0.6:
            stencil.stroke(
                [(x - wide * 0.6, top + glyph * 0.5), (x + wide * 0.6, top + glyph * 0.35)],
                wide * 0.3,
            )
    canvas.lay(stencil.cut(), mix(colour, (255, 255, 255), 0.5))


def paint_pavement(canvas: Canvas) -> None:
    """A dry street: slabs that darken towards us and lead to the focal point."""
    top = canvas.horizon
    ground = local(canvas, mix((196, 184, 168), canvas.palette.haze, 0.3))
    stencil = Stencil(canvas, (0, top, canvas.width, canvas.height))
    stencil.polygon(
        [(0, top), (canvas.width, top), (canvas.width, canvas.height), (0, canvas.height)]
    )
    canvas.lay(
        stencil.cut(), mix(ground, canvas.palette.haze, 0.4), mix(ground, canvas.palette.shade, 0.5)
    )
    lines = Stencil(canvas, (0, top, canvas.width, canvas.height))
    for i in range(-7, 12):
        far = canvas.focus + i * canvas.unit * 0.04
        near = canvas.focus + i * canvas.unit * 0.34
        lines.polygon(
            [(far, top), (near, canvas.height), (near + canvas.unit * 0.006, canvas.height)]
        )
    row, step = float(top), canvas.unit * 0.008
    while row < canvas.height:
        lines.stroke([(0, row), (canvas.width, row)], 0.6 + (row - top) * 0.008)
        row += step
        step *= 1.5
    canvas.lay(lines.cut(), mix(ground, canvas.palette.shade, 0.6), strength=0.3)
