"""Sea and lake: the world above, turned over, broken into bands, with the light's path on it."""

import random

from PIL import Image, ImageOps

from .canvas import Canvas, Stencil, ramp, smooth
from .palette import mix
from .sky import light_radius_px, shows_light


def paint_water(canvas: Canvas, top: int, bottom: int, *, open_sky: bool = True) -> None:
    """`open_sky` says that sun or moon stands over the water, so that its path lies on it."""
    height = bottom - top
    if height < 2:
        return
    canvas.image.paste(_reflection(canvas, top, height), (0, top))
    if is_rough(canvas):
        _paint_swell(canvas, top, height)
    else:
        _paint_ripples(canvas, top, height)
    if open_sky and shows_light(canvas):
        _paint_light_path(canvas, top, height)


def is_rough(canvas: Canvas) -> bool:
    return canvas.scene.weather == "storm" or canvas.scene.mood == "fire"


def _reflection(canvas: Canvas, top: int, height: int) -> Image.Image:
    seen = min(top, round(height * 1.25))
    mirror = ImageOps.flip(canvas.image.crop((0, top - seen, canvas.width, top)))
    mirror = mirror.resize((canvas.width, height), Image.Resampling.BILINEAR)
    palette = canvas.palette
    body = ramp(
        (
            mix(palette.water, palette.sky[3], 0.35),
            palette.water,
            mix(palette.water, palette.shade, 0.5),
        ),
        mirror.size,
    )
    share = 0.72 if is_rough(canvas) else (0.4 if canvas.scene.stage == "lake" else 0.55)
    if canvas.scene.colour_of("sea", "lake"):
        share = max(share, 0.68)
    return _in_bands(canvas, Image.blend(mirror, body, share))


def _in_bands(canvas: Canvas, mirror: Image.Image) -> Image.Image:
    """Shift each row a little, more so the nearer: cheap, and it reads as moving water."""
    dice = canvas.dice("bands")
    width, height = mirror.size
    broken = mirror.copy()
    y, drift = 0, 0.0
    while y < height:
        near = y / height
        thick = max(1, round(canvas.unit * (0.002 + 0.009 * near) * dice.uniform(0.6, 1.4)))
        drift = drift * 0.6 + dice.uniform(-1, 1) * canvas.unit * (0.003 + 0.014 * near)
        row = mirror.crop((0, y, width, min(height, y + thick)))
        shift = round(drift)
        broken.paste(row, (shift, y))
        y += thick
    return broken


def _paint_ripples(canvas: Canvas, top: int, height: int) -> None:
    palette = canvas.palette
    bright = mix(palette.water, mix(palette.sky[3], palette.light, 0.3), 0.5)
    dark = mix(palette.water, palette.shade, 0.6)
    crowd = canvas.width / canvas.unit
    for colour, name, count in ((dark, "troughs", 110), (bright, "crests", 95)):
        dice = canvas.dice(name)
        stencil = Stencil(canvas, (0, top, canvas.width, top + height))
        for _ in range(round(count * crowd)):
            _add_ripple(stencil, dice, canvas, top, height)
        canvas.lay(stencil.cut(), colour, strength=0.5)


def _add_ripple(
    stencil: Stencil, dice: random.Random, canvas: Canvas, top: int, height: int
) -> None:
    near = dice.random() ** 0.8
    x, y = dice.uniform(0, canvas.width), top + height * near
    length = canvas.unit * (0.012 + 0.085 * near) * dice.uniform(0.5, 1.5)
    thick = canvas.unit * (0.0009 + 0.005 * near) * (1.7 if is_rough(canvas) else 1.0)
    lift = thick * dice.uniform(-1.5, 1.5)
    add_dash(stencil, x, y, length, thick, lift)


def add_dash(
    stencil: Stencil, x: float, y: float, length: float, thick: float, lift: float = 0.0
) -> None:
    """A lens of paint, pointed at both ends."""
    half = length / 2
    stencil.polygon([(x - half, y + lift), (x - half * 0.3, y - thick),
                     (x + half * 0.3, y - thick), (x + half, y - lift),
                     (x + half * 0.35, y + thick), (x - half * 0.35, y + thick)])  # fmt: skip


def _paint_swell(canvas: Canvas, top: int, height: int) -> None:
    """Rows of peaked waves that grow towards us, each with torn foam along its crest."""
    palette = canvas.palette
    for row in range(8):
        dice = canvas.dice(f"swell {row}")
        near = ((row + 0.6) / 8) ** 1.4
        high = canvas.unit * (0.012 + 0.085 * near)
        line = _swell_line(dice, canvas, top + height * near, high)
        stencil = Stencil(canvas, (0, top + height * near - high * 2, canvas.width, canvas.height))
        stencil.polygon(
            [
                *line,
                (canvas.width * 1.1, canvas.height + 4),
                (-canvas.width * 0.1, canvas.height + 4),
            ]
        )
        shape = stencil.cut()
        body = mix(
            mix(palette.water, palette.sky[3], 0.3 * (1 - near)), palette.shade, 0.12 + 0.3 * near
        )
        canvas.lay(shape, mix(body, palette.sky[3], 0.2), mix(body, palette.shade, 0.45), 0.95)
        foam = mix(palette.sky[3], (255, 255, 255), 0.5)
        canvas.rim(
            shape, mix(body, foam, 0.75), canvas.side * high * 0.05, max(1.5, high * 0.07), 0.85
        )
        canvas.rim(shape, mix(body, foam, 0.3), canvas.side * high * 0.25, high * 0.3, 0.35)


def _swell_line(
    dice: random.Random, canvas: Canvas, y: float, high: float
) -> list[tuple[float, float]]:
    """Troughs are round and crests sharp, as in water; a crest leans with the wind."""
    points: list[tuple[float, float]] = []
    x = -canvas.width * 0.1
    while x < canvas.width * 1.15:
        length = high * dice.uniform(3.2, 6.5)
        crest = (x + length * (0.5 + 0.07 * canvas.side), y - high * dice.uniform(0.5, 1.4))
        points += [(x, y + high * 0.15), crest, crest]
        x += length
    return smooth(points, closed=False)


def _paint_light_path(canvas: Canvas, top: int, height: int) -> None:
    dice = canvas.dice("light path")
    x, radius = canvas.light_at[0], light_radius_px(canvas)
    if canvas.scene.time == "day":
        radius *= 0.8
    canvas.glow(
        x, top, canvas.unit * 0.3, mix(canvas.palette.sky[3], canvas.palette.light, 0.4), 0.35
    )
    stencil = Stencil(canvas, (0, top, canvas.width, top + height))
    for _ in range(150):
        near = dice.random() ** 1.2
        spread = radius * (0.55 + 1.0 * near)
        at = x + dice.gauss(0, 0.42) * spread
        length = canvas.unit * (0.015 + 0.07 * near) * dice.uniform(0.5, 1.4)
        add_dash(stencil, at, top + height * near, length, canvas.unit * (0.0012 + 0.0042 * near))
    canvas.lay(stencil.cut(), mix(canvas.palette.light, canvas.palette.sky[3], 0.2), strength=0.86)
