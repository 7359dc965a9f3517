"""Under water: shafts of light, seabed, kelp and coral, and what swims."""

import math

from PIL import Image, ImageChops

from .animals import FISH, paint_whale
from .canvas import Canvas, Shape, Stencil, ramp, smooth
from .figures import outline
from .mountains import below, ridge
from .palette import Rgb, mix, rgb


def paint_underwater(canvas: Canvas) -> None:
    named = canvas.scene.colour_of("underwater", "sea")
    blue = rgb(named) if named else mix(canvas.palette.sky[0], (20, 120, 150), 0.6)
    tones = (
        mix(blue, (235, 255, 245), 0.68),
        mix(blue, (180, 240, 235), 0.3),
        blue,
        mix(blue, (4, 20, 48), 0.6),
    )
    canvas.image.paste(ramp(tones, canvas.image.size))
    _paint_shafts(canvas, tones[0])
    for layer in range(3):
        _paint_seabed(canvas, layer, tones)
    if canvas.scene.has("whale"):
        paint_whale(canvas, canvas.focus, canvas.height * 0.42, canvas.unit * 0.62)
    if canvas.scene.has("jellyfish"):
        _paint_jellyfish(canvas, canvas.focus, canvas.height * 0.4, canvas.unit * 0.3)
    _paint_shoal(canvas, tones)
    _paint_bubbles(canvas, tones[0])


def _paint_shafts(canvas: Canvas, light: Rgb) -> None:
    dice = canvas.dice("shafts")
    x0 = canvas.light_at[0]
    for _ in range(9):
        at, spread = x0 + dice.gauss(0, 0.18) * canvas.width, canvas.unit * dice.uniform(0.03, 0.1)
        lean = (at - x0) * 0.9 + dice.uniform(-0.05, 0.05) * canvas.width
        reach = canvas.height * dice.uniform(0.55, 0.95)
        stencil = Stencil(canvas)
        stencil.polygon(
            [
                (at, -2),
                (at + spread * 0.5, -2),
                (at + lean + spread * 1.7, reach),
                (at + lean, reach),
            ]
        )
        shape = stencil.cut()
        fade = (
            Image.linear_gradient("L").resize(shape.mask.size).point([255 - v for v in range(256)])
        )
        canvas.lay(
            Shape(ImageChops.multiply(shape.mask, fade), 0, 0),
            light,
            strength=dice.uniform(0.12, 0.3),
        )


def _paint_seabed(canvas: Canvas, layer: int, tones: tuple[Rgb, Rgb, Rgb, Rgb]) -> None:
    dice = canvas.dice(f"seabed {layer}")
    nearness = (layer + 1) / 3
    y = canvas.height * (0.74 + 0.11 * layer)
    colour = mix(tones[2], mix(tones[3], (2, 10, 26), 0.5), nearness)
    stencil = Stencil(canvas, (0, y - canvas.unit * 0.6, canvas.width, canvas.height))
    line = [(x, y - canvas.unit * 0.12 * h) for x, h in ridge(dice, canvas.width, 6, 0.55)]
    stencil.polygon(below(line, canvas.height + 2))
    for _ in range(round((5 + 4 * layer) * canvas.width / canvas.unit)):
        x = dice.uniform(0, canvas.width)
        if abs(x - canvas.focus) > canvas.width * 0.16 or layer == 0:
            _add_kelp(
                stencil,
                dice.uniform(0, 9),
                x,
                y,
                canvas.unit * dice.uniform(0.12, 0.34) * (0.6 + 0.6 * nearness),
            )
    shape = stencil.cut()
    canvas.lay(shape, colour, mix(colour, tones[3], 0.5))
    if layer == 2:
        _paint_corals(canvas, y)


def _add_kelp(stencil: Stencil, phase: float, x: float, base: float, high: float) -> None:
    spine = [
        (x + math.sin(phase + t * 0.9) * high * 0.07 * t / 4, base - high * t / 8) for t in range(9)
    ]
    stencil.stroke(smooth(spine, closed=False, steps=3), high * 0.03)
    for i, (px, py) in enumerate(spine[1:]):
        side = 1 if i % 2 else -1
        stencil.polygon(smooth([(px, py), (px + side * high * 0.07, py - high * 0.07),
                                (px + side * high * 0.05, py - high * 0.17),
                                (px + side * high * 0.015, py - high * 0.08)],
                                steps=3))  # fmt: skip


def _paint_corals(canvas: Canvas, y: float) -> None:
    dice = canvas.dice("corals")
    for colour in (
        canvas.palette.accent,
        mix(canvas.palette.accent, (240, 120, 160), 0.6),
        (240, 190, 120),
    ):
        x, high = dice.uniform(0.05, 0.95) * canvas.width, canvas.unit * dice.uniform(0.08, 0.15)
        stencil = Stencil(canvas, (x - high * 2, y - high * 1.6, x + high * 2, canvas.height))
        for i in range(11):
            angle = -math.pi / 2 + (i - 5) * 0.24
            tip = (
                x + math.cos(angle) * high * dice.uniform(0.7, 1.1),
                y + math.sin(angle) * high * dice.uniform(0.8, 1.2),
            )
            stencil.stroke(
                smooth(
                    [(x, y + high * 0.3), (x + (tip[0] - x) * 0.3, y - high * 0.3), tip],
                    closed=False,
                    steps=4,
                ),
                high * 0.1,
            )
            stencil.ellipse(*tip, high * 0.075)
        canvas.lay(
            stencil.cut(),
            mix(colour, canvas.palette.water, 0.25),
            mix(colour, canvas.palette.shade, 0.55),
        )


def _paint_jellyfish(canvas: Canvas, x: float, y: float, size: float) -> None:
    colour = mix(canvas.palette.accent, (255, 220, 240), 0.5)
    canvas.glow(x, y, size * 1.3, colour, 0.5)
    arms = Stencil(canvas, (x - size, y - size, x + size, y + size * 2))
    for i in range(-4, 5):
        wave = [
            (x + i * size * 0.09 + math.sin(i * 2.1 + t) * size * 0.05 * t / 2, y + size * 0.24 * t)
            for t in range(6)
        ]
        arms.stroke(smooth(wave, closed=False, steps=4), size * 0.018)
    canvas.lay(arms.cut(), colour, strength=0.7)
    bell = Stencil(canvas, (x - size, y - size, x + size, y + size * 0.3))
    bell.polygon(smooth([(x - size * 0.46, y + size * 0.1), (x - size * 0.4, y - size * 0.26),
                         (x, y - size * 0.5), (x + size * 0.4, y - size * 0.26),
                         (x + size * 0.46, y + size * 0.1), (x + size * 0.2, y + size * 0.02),
                         (x, y + size * 0.08), (x - size * 0.2, y + size * 0.02)]))  # fmt: skip
    canvas.lay(bell.cut(), mix(colour, (255, 255, 255), 0.3), colour, 0.85)


def _paint_shoal(canvas: Canvas, tones: tuple[Rgb, Rgb, Rgb, Rgb]) -> None:
    dice = canvas.dice("shoal")
    leader = canvas.scene.has("fish")
    named = canvas.scene.colour_of("fish")
    colour = rgb(named) if named else canvas.palette.accent
    for i in range(16 if leader else 11):
        near = i / 16
        x = canvas.focus + dice.gauss(0, 0.16) * canvas.width
        y = canvas.height * (0.4 + dice.gauss(0, 0.1))
        size = canvas.unit * (0.035 + (0.1 if leader else 0.035) * near) * dice.uniform(0.7, 1.2)
        stencil = Stencil(canvas, (x - size, y - size, x + size, y + size))
        stencil.polygon(outline(FISH, x, y, size, -canvas.side, (0.5, 0.5)))
        tone = mix(tones[2], colour if leader else tones[3], 0.3 + 0.7 * near)
        canvas.lay(stencil.cut(), mix(tone, tones[0], 0.3), mix(tone, tones[3], 0.3))


def _paint_bubbles(canvas: Canvas, light: Rgb) -> None:
    dice = canvas.dice("bubbles")
    stencil = Stencil(canvas)
    for _ in range(40):
        x, y, r = (
            dice.uniform(0, canvas.width),
            dice.uniform(0, canvas.height),
            canvas.unit * 0.006 * dice.random() ** 2 + 1,
        )
        stencil.ellipse(x, y, r)
        stencil.ellipse(x, y, r * 0.7, ink=40)
    canvas.lay(stencil.cut(), light, strength=0.5)
