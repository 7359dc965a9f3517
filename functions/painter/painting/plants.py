"""Trees, forests, flowers, grass and cacti."""

import math
import random

from .canvas import Canvas, Point, Stencil, smooth
from .mountains import SNOW, depth_colour
from .palette import Rgb, mix, rgb


def _is_snowy(canvas: Canvas) -> bool:
    return canvas.scene.weather == "snow" or canvas.scene.season == "winter"


def add_pine(stencil: Stencil, dice: random.Random, x: float, base: float, high: float) -> None:
    """Tiers of drooping boughs, each ragged, over a thin trunk."""
    half = high * dice.uniform(0.19, 0.26)
    stencil.polygon([(x - high * 0.012, base), (x, base - high * 0.9), (x + high * 0.012, base)])
    tiers = 12
    for tier in range(tiers):
        t = tier / tiers
        top = base - high * (1 - t * 0.86)
        reach = half * (0.14 + 0.86 * (t + 1 / tiers)) * dice.uniform(0.82, 1.12)
        drop = high * 0.2
        left, right = reach * dice.uniform(0.85, 1.1), reach * dice.uniform(0.85, 1.1)
        stencil.polygon([(x, top), (x + right * 0.5, top + drop * 0.55), (x + right, top + drop),
                         (x + right * 0.55, top + drop * 0.88),
                         (x + right * 0.2, top + drop * 0.98), (x, top + drop * 0.86),
                         (x - left * 0.25, top + drop),
                         (x - left * 0.55, top + drop * 0.86), (x - left, top + drop),
                         (x - left * 0.5, top + drop * 0.55)])  # fmt: skip


def paint_pine_row(
    canvas: Canvas, base: float, high: float, nearness: float, name: str, gap: float = 0.0
) -> None:
    """A row of pines; `gap` is the share of the width left open around the focal point."""
    dice = canvas.dice(name)
    stencil = Stencil(canvas, (0, base - high * 1.35, canvas.width, canvas.height))
    x = -high * 0.1
    while x < canvas.width + high * 0.2:
        size = high * dice.uniform(0.62, 1.25)
        clear = abs(x - canvas.focus) < gap * canvas.width / 2
        if not clear:
            add_pine(stencil, dice, x, base + dice.uniform(0, high * 0.05), size)
        x += high * dice.uniform(0.1, 0.3) * (1.0 + 0.8 * nearness)
    stencil.polygon([(0, base - high * 0.02), (canvas.width, base - high * 0.02),
                     (canvas.width, canvas.height),
                     (0, canvas.height)])  # fmt: skip
    shape = stencil.cut()
    colour = depth_colour(canvas, nearness)
    if _is_snowy(canvas):
        colour = mix(canvas.palette.haze, canvas.palette.shade, 0.25 + 0.65 * nearness)
    canvas.lay(shape, colour, mix(colour, canvas.palette.haze, 0.6 * (1 - nearness)))
    if _is_snowy(canvas):
        snow = mix(colour, mix(SNOW, canvas.palette.sky[2], 0.22), 0.4 + 0.35 * nearness)
        canvas.rim(shape, snow, 0, max(2, high * 0.022), 0.85)
    else:
        lean = 1 if canvas.light_at[0] < canvas.width / 2 else -1
        canvas.rim(
            shape, mix(colour, canvas.palette.light, 0.4), lean * high * 0.014, high * 0.008, 0.6
        )


def paint_framing_pines(canvas: Canvas, high: float) -> None:
    """Two dark pines at the edge away from the focal point close the picture and give it depth."""
    dice = canvas.dice("framing pines")
    edge = 0.0 if canvas.side > 0 else float(canvas.width)
    stencil = Stencil(canvas)
    for inward, share in ((-0.02, 1.0), (0.12, 0.62)):
        x = edge + canvas.side * canvas.unit * inward
        add_pine(stencil, dice, x, canvas.height * 1.04, high * share * dice.uniform(0.9, 1.1))
    shape = stencil.cut()
    colour = mix(canvas.palette.haze, canvas.palette.shade, 0.86)
    canvas.lay(shape, colour, canvas.palette.shade)
    if _is_snowy(canvas):
        canvas.rim(shape, mix(colour, SNOW, 0.6), 0, high * 0.014, 0.85)


def leaf_colour(canvas: Canvas) -> Rgb:
    scene = canvas.scene
    named = scene.colour_of("tree")
    if named:
        return rgb(named)
    if scene.japan or scene.season == "spring":
        return rgb("#f0a9bb")
    if scene.season == "autumn":
        return rgb("#d9772b")
    return mix(canvas.palette.land, rgb("#4d8a4b"), 0.5)


def paint_tree(canvas: Canvas, x: float, base: float, high: float, name: str = "tree") -> None:
    """A trunk that forks, with foliage in three tones: shadow, body, and what the sun touches."""
    dice = canvas.dice(name)
    tips: list[Point] = []
    stencil = Stencil(canvas, (x - high, base - high * 1.2, x + high, base + 2))
    _branch(stencil, dice, (x, base), -math.pi / 2, high * 0.34, high * 0.055, 4, tips)
    wood = mix(canvas.palette.shade, (70, 48, 40), 0.4)
    shape = stencil.cut()
    canvas.lay(shape, wood)
    if _is_snowy(canvas) and canvas.scene.season != "spring":
        canvas.rim(shape, SNOW, 0, high * 0.012, 0.9)
        return
    _paint_foliage(canvas, dice, tips, high)


def _branch(
    stencil: Stencil,
    dice: random.Random,
    at: Point,
    angle: float,
    length: float,
    width: float,
    left: int,
    tips: list[Point],
) -> None:
    end = (at[0] + math.cos(angle) * length, at[1] + math.sin(angle) * length)
    bend = ((at[0] + end[0]) / 2 + dice.uniform(-0.1, 0.1) * length, (at[1] + end[1]) / 2)
    stencil.stroke(smooth([at, bend, end], closed=False, steps=4), width)
    tips.append(end) if left < 3 else None
    if left == 0:
        return
    for turn in (-1, 1, 0) if left > 2 else (-1, 1):
        swing = turn * dice.uniform(0.35, 0.7) + dice.uniform(-0.15, 0.15)
        _branch(
            stencil,
            dice,
            end,
            angle + swing,
            length * dice.uniform(0.62, 0.8),
            width * 0.62,
            left - 1,
            tips,
        )


def _paint_foliage(canvas: Canvas, dice: random.Random, tips: list[Point], high: float) -> None:
    leaf = leaf_colour(canvas)
    leaf = mix(leaf, canvas.palette.shade, {"night": 0.5, "dusk": 0.3}.get(canvas.scene.time, 0.05))
    lean = 1 if canvas.light_at[0] > tips[0][0] else -1
    tones = (
        (0.0, mix(leaf, canvas.palette.shade, 0.42)),
        (0.35, leaf),
        (0.75, mix(leaf, canvas.palette.light, 0.42)),
    )
    for lift, colour in tones:
        stencil = Stencil(
            canvas, (tips[0][0] - high * 1.2, 0, tips[0][0] + high * 1.2, canvas.height)
        )
        for tip_x, tip_y in tips:
            for _ in range(7):
                r = high * dice.uniform(0.018, 0.05) * (1 - 0.45 * lift)
                dx, dy = dice.gauss(0, 0.06) * high, dice.gauss(0, 0.05) * high
                stencil.ellipse(
                    tip_x + dx + lean * lift * high * 0.05,
                    tip_y + dy - lift * high * 0.045,
                    r,
                    r * 0.8,
                )
        canvas.lay(stencil.cut(), colour, strength=0.94)


def paint_copse(canvas: Canvas, line: list[Point], nearness: float) -> None:
    """A few small trees along a fold of land, in clumps; they say how far away it is."""
    dice = canvas.dice(f"copse {nearness:.2f}")
    high = canvas.unit * (0.03 + 0.06 * nearness)
    stencil = Stencil(canvas, (0, min(y for _, y in line) - high * 2, canvas.width, canvas.height))
    snowy = _is_snowy(canvas) or canvas.scene.has("pine")
    for _ in range(max(2, round(4 * canvas.width / canvas.unit))):
        middle = dice.randrange(len(line))
        for _ in range(dice.randint(2, 5)):
            x, y = line[min(len(line) - 1, max(0, middle + dice.randint(-2, 2)))]
            x += dice.uniform(-1, 1) * high
            tall = high * dice.uniform(0.6, 1.2)
            if snowy:
                add_pine(stencil, dice, x, y + high * 0.1, tall * 1.4)
            else:
                stencil.ellipse(x, y - tall * 0.42, tall * 0.36, tall * 0.5)
                stencil.stroke([(x, y - tall * 0.3), (x, y + high * 0.1)], tall * 0.07)
    shape = stencil.cut()
    colour = mix(
        depth_colour(canvas, min(1.0, nearness + 0.2)),
        leaf_colour(canvas),
        0.25 if not snowy else 0.0,
    )
    canvas.lay(shape, colour, mix(colour, canvas.palette.shade, 0.3))
    lean = 1 if canvas.light_at[0] < canvas.width / 2 else -1
    canvas.rim(
        shape,
        SNOW if _is_snowy(canvas) else mix(colour, canvas.palette.light, 0.5),
        lean * high * 0.1,
        high * 0.1,
        0.6,
    )


def flower_colours(canvas: Canvas) -> list[Rgb]:
    named = canvas.scene.colour_of("flower", "garden")
    if named:
        return [rgb(named), mix(rgb(named), (255, 255, 255), 0.4), canvas.palette.accent]
    accent = canvas.palette.accent
    return [accent, rgb("#f3d24f"), rgb("#e98aa8"), rgb("#f6efe0"), rgb("#7a62b8")]


def paint_meadow(canvas: Canvas, top: float) -> None:
    """Rows of grass and flowers, small and crowded far away, tall and sparse near by."""
    rows = 9
    for row in range(rows):
        near = ((row + 1) / rows) ** 1.5
        y = top + (canvas.height * 1.03 - top) * near
        _paint_grass_row(canvas, y, canvas.unit * (0.02 + 0.13 * near), near, row)
        _paint_flower_row(canvas, y, canvas.unit * (0.004 + 0.026 * near), near, row)


def _paint_grass_row(canvas: Canvas, y: float, high: float, near: float, row: int) -> None:
    dice = canvas.dice(f"grass {row}")
    stencil = Stencil(canvas, (0, y - high * 1.6, canvas.width, y + high * 1.6))
    step = max(canvas.unit * 0.005, high * 0.11)
    x = -high
    while x < canvas.width + high:
        lean, tall = dice.uniform(-0.4, 0.4) * high, high * dice.uniform(0.5, 1.15)
        stencil.polygon([(x - step * 0.5, y + high), (x + lean * 0.5, y - tall * 0.5),
                         (x + lean, y - tall),
                         (x + step * 0.6 + lean * 0.3, y - tall * 0.3),
                         (x + step, y + high)])  # fmt: skip
        x += step
    colour = mix(depth_colour(canvas, 0.25 + 0.6 * near), canvas.palette.land, 0.35)
    shape = stencil.cut()
    canvas.lay(
        shape,
        mix(colour, canvas.palette.light, 0.22),
        mix(colour, canvas.palette.shade, 0.18 + 0.2 * near),
    )


def _paint_flower_row(canvas: Canvas, y: float, size: float, near: float, row: int) -> None:
    dice = canvas.dice(f"flowers {row}")
    count = round(34 * (1.15 - 0.75 * near) * canvas.width / canvas.unit)
    for colour in flower_colours(canvas):
        stencil = Stencil(canvas, (0, y - size * 12, canvas.width, y + size * 4))
        hearts = Stencil(canvas, (0, y - size * 12, canvas.width, y + size * 4))
        for _ in range(max(1, count // 4)):
            x = dice.uniform(0, canvas.width)
            _add_flower(
                stencil,
                hearts,
                dice,
                x,
                y - size * dice.uniform(1.5, 6),
                size * dice.uniform(0.6, 1.2),
            )
        canvas.lay(stencil.cut(), mix(canvas.palette.haze, colour, 0.55 + 0.45 * near))
        if near > 0.25:
            canvas.lay(hearts.cut(), mix(colour, canvas.palette.shade, 0.6))


def _add_flower(
    petals: Stencil, hearts: Stencil, dice: random.Random, x: float, y: float, size: float
) -> None:
    turn, count = dice.uniform(0, math.tau), 5
    for i in range(count):
        angle = turn + math.tau * i / count
        petals.ellipse(
            x + math.cos(angle) * size * 0.6,
            y + math.sin(angle) * size * 0.42,
            size * 0.52,
            size * 0.4,
        )
    hearts.ellipse(x, y, size * 0.26, size * 0.2)


def paint_cactus(canvas: Canvas, x: float, base: float, high: float) -> None:
    stencil = Stencil(canvas, (x - high * 0.5, base - high * 1.1, x + high * 0.5, base + 4))
    w = high * 0.13
    stencil.stroke([(x, base), (x, base - high * 0.94)], w)
    stencil.ellipse(x, base - high * 0.94, w / 2)
    for side, at, up in ((-1, 0.42, 0.34), (1, 0.55, 0.27)):
        reach = high * 0.2
        arm = [(x, base - high * at), (x + side * reach * 0.75, base - high * at),
               (x + side * reach, base - high * (at + 0.09)),
               (x + side * reach, base - high * (at + up))]  # fmt: skip
        stencil.stroke(smooth(arm, closed=False), w * 0.72)
        stencil.ellipse(*arm[-1], w * 0.36)
    shape = stencil.cut()
    colour = mix(canvas.palette.shade, rgb("#3f6b4a"), 0.45)
    canvas.lay(shape, colour)
    away = 1 if canvas.light_at[0] < x else -1
    canvas.rim(shape, mix(colour, canvas.palette.light, 0.55), away * high * 0.03, 0, 0.8)
