"""A street café: awning, lit windows, tables on the pavement."""

import random

from .buildings import local
from .canvas import Canvas, Stencil
from .palette import Rgb, mix, rgb


def paint_cafe(canvas: Canvas) -> None:
    """A corner house with a striped awning over glowing windows, tables before it."""
    side = canvas.side
    base = canvas.horizon + (canvas.height - canvas.horizon) * 0.28
    wide = min(canvas.unit * 0.62, canvas.width * 0.6)
    high = min(canvas.unit * 0.8, base * 0.95)
    left = canvas.width - wide if side > 0 else 0.0
    front = local(
        canvas, mix(rgb(canvas.scene.colour_of("cafe") or "#2f5d57"), canvas.palette.shade, 0.2)
    )
    stone = local(canvas, (228, 212, 184))
    _box(canvas, left, base - high, left + wide, base, stone, mix(stone, canvas.palette.shade, 0.3))
    _paint_upper_windows(canvas, left, base - high, wide, high * 0.52)
    _box(
        canvas,
        left,
        base - high * 0.44,
        left + wide,
        base,
        front,
        mix(front, canvas.palette.shade, 0.4),
    )
    panes = 5
    for i in range(panes):
        x0 = left + wide * (i + 0.14) / panes
        _box(
            canvas,
            x0,
            base - high * 0.29,
            x0 + wide * 0.74 / panes,
            base - high * 0.07,
            (255, 214, 140),
            (250, 170, 90),
        )
    canvas.glow(left + wide / 2, base - high * 0.16, wide * 0.62, (255, 190, 110), 0.5)
    _paint_awning(canvas, left, base - high * 0.42, wide, high * 0.15)
    # The lamps' light falls out over the pavement.
    canvas.glow(left + wide / 2, base + canvas.unit * 0.05, wide * 0.7, (255, 170, 90), 0.45)
    for i, share in enumerate((0.12, 0.42, 0.74)):
        _paint_table(
            canvas,
            left + wide * share,
            base + canvas.unit * (0.05 + 0.02 * (i % 2)),
            canvas.unit * 0.1,
        )


def _box(
    canvas: Canvas,
    left: float,
    top: float,
    right: float,
    bottom: float,
    upper: Rgb,
    lower: Rgb | None = None,
) -> None:
    stencil = Stencil(canvas, (left, top, right, bottom))
    stencil.polygon([(left, top), (right, top), (right, bottom), (left, bottom)])
    canvas.lay(stencil.cut(), upper, lower)


def _paint_upper_windows(canvas: Canvas, left: float, top: float, wide: float, high: float) -> None:
    dice = canvas.dice("upper windows")
    frame = local(canvas, (250, 244, 230))
    for row in range(2):
        for column in range(4):
            x0, y0 = left + wide * (column + 0.3) / 4, top + high * (row + 0.18) / 2
            w, h = wide * 0.1, high * 0.32
            _box(canvas, x0 - w * 0.12, y0 - w * 0.12, x0 + w * 1.12, y0 + h + w * 0.12, frame)
            glass = (
                canvas.palette.window
                if dice.random() < 0.3
                else mix(canvas.palette.sky[1], canvas.palette.shade, 0.5)
            )
            _box(canvas, x0, y0, x0 + w, y0 + h, glass, mix(glass, canvas.palette.shade, 0.3))
            _box(
                canvas,
                x0 - w * 0.2,
                y0 + h * 0.76,
                x0 + w * 1.2,
                y0 + h * 1.04,
                mix(canvas.palette.shade, frame, 0.12),
            )
            _paint_flower_box(canvas, dice, x0 - w * 0.25, y0 + h * 0.76, w * 1.5)


def _paint_flower_box(
    canvas: Canvas, dice: random.Random, left: float, y: float, wide: float
) -> None:
    for colour, count, r in (
        ((74, 104, 70), 16, 0.1),
        (canvas.palette.accent, 9, 0.065),
        ((246, 214, 206), 5, 0.05),
    ):
        stencil = Stencil(
            canvas, (left - wide * 0.2, y - wide * 0.3, left + wide * 1.2, y + wide * 0.35)
        )
        for _ in range(count):
            stencil.ellipse(
                left + dice.random() * wide,
                y + dice.gauss(0, 0.07) * wide,
                wide * r * dice.uniform(0.6, 1.2),
            )
        canvas.lay(stencil.cut(), local(canvas, colour))


def _paint_awning(canvas: Canvas, left: float, top: float, wide: float, high: float) -> None:
    red = local(canvas, canvas.palette.accent)
    cream = local(canvas, (250, 240, 220))
    stripes = 10
    for i in range(stripes):
        x0, x1 = left + wide * i / stripes, left + wide * (i + 1) / stripes
        flare0, flare1 = (wide * 0.05 * (2 * k / stripes - 1) for k in (i, i + 1))
        stencil = Stencil(canvas, (x0 - wide * 0.1, top, x1 + wide * 0.1, top + high * 1.3))
        stencil.polygon(
            [(x0, top), (x1, top), (x1 + flare1, top + high), (x0 + flare0, top + high)]
        )
        stencil.ellipse((x0 + x1 + flare0 + flare1) / 2, top + high, (x1 - x0) * 0.52, high * 0.2)
        colour = red if i % 2 else cream
        canvas.lay(stencil.cut(), colour, mix(colour, canvas.palette.shade, 0.3))


def _paint_table(canvas: Canvas, x: float, base: float, high: float) -> None:
    stencil = Stencil(canvas, (x - high, base - high * 1.2, x + high, base + high * 0.2))
    stencil.ellipse(x, base - high * 0.7, high * 0.36, high * 0.075)
    stencil.stroke([(x, base - high * 0.7), (x, base)], high * 0.05)
    stencil.ellipse(x, base, high * 0.18, high * 0.04)
    for side in (-1, 1):
        seat = x + side * high * 0.62
        stencil.ellipse(seat, base - high * 0.42, high * 0.19, high * 0.045)
        stencil.stroke(
            [
                (seat + side * high * 0.17, base - high * 0.42),
                (seat + side * high * 0.23, base - high),
            ],
            high * 0.045,
        )
        for leg in (-0.15, 0.15):
            stencil.stroke(
                [(seat + leg * high, base - high * 0.42), (seat + leg * 1.3 * high, base)],
                high * 0.035,
            )
    shape = stencil.cut()
    dark = mix(canvas.palette.shade, local(canvas, (60, 42, 38)), 0.5)
    canvas.lay(shape, dark)
    canvas.rim(shape, (255, 206, 140), 0, high * 0.03, 0.7)
