"""Everything above the horizon: the gradient, sun and moon, stars, clouds, aurora, rainbow."""

import math
from itertools import pairwise

from PIL import Image, ImageChops, ImageFilter

from .canvas import Canvas, Shape, Stencil, noise, ramp, smooth
from .palette import Rgb, mix, rgb


def paint_sky(canvas: Canvas) -> None:
    scene = canvas.scene
    _paint_air(canvas)
    if (scene.time == "night" or scene.has("stars")) and scene.weather not in ("rain", "storm"):
        paint_stars(canvas, canvas.horizon)
    if scene.has("aurora"):
        _paint_aurora(canvas)
    paint_light(canvas)
    if scene.has("rainbow"):
        _paint_rainbow(canvas)
    _paint_clouds(canvas)


def _paint_air(canvas: Canvas) -> None:
    below = max(1, canvas.height - canvas.horizon)
    air = ramp(canvas.palette.sky, (canvas.width, canvas.horizon))
    canvas.image.paste(air, (0, 0))
    canvas.image.paste(
        canvas.palette.sky[3], (0, canvas.horizon, canvas.width, canvas.horizon + below)
    )
    # Broad, slow shifts of tone keep the gradient from looking computed.
    drift = noise(canvas.dice("air"), canvas.image.size, (2, 4), 2).point(
        [round(v * 0.16) for v in range(256)]
    )
    canvas.image.paste(canvas.palette.sky[1], (0, 0), drift)


def paint_stars(canvas: Canvas, depth_px: float) -> None:
    dice = canvas.dice("stars")
    stencil = Stencil(canvas)
    count = round(150 * (canvas.width * depth_px) / canvas.unit**2) + 20
    for _ in range(count):
        y = depth_px * dice.random() ** 1.3
        size = canvas.unit * 0.0011 * (1 + 1.9 * dice.random() ** 5)
        stencil.ellipse(dice.uniform(0, canvas.width), y, size, ink=dice.randint(90, 255))
    canvas.lay(stencil.cut(), mix(canvas.palette.light, (255, 255, 255), 0.4))


def light_radius_px(canvas: Canvas) -> float:
    if canvas.scene.big & {"moon", "sun"}:
        return canvas.unit * 0.235
    return canvas.unit * (0.066 if canvas.has_moon else 0.074)


def shows_light(canvas: Canvas) -> bool:
    scene = canvas.scene
    if scene.has("sun", "moon"):
        return True
    return scene.weather not in ("rain", "storm", "fog") and not scene.has("clouds")


def paint_light(canvas: Canvas) -> None:
    x, y = canvas.light_at
    radius = light_radius_px(canvas)
    light = canvas.palette.light
    warmth = {"day": 0.3, "night": 0.3}.get(canvas.scene.time, 0.62)
    canvas.glow(
        x,
        y,
        canvas.unit * (0.62 + radius / canvas.unit),
        mix(canvas.palette.sky[3], light, 0.3),
        warmth,
    )
    if not shows_light(canvas):
        return
    canvas.glow(x, y, radius * 2.4, light, 0.5)
    if canvas.scene.japan and not canvas.has_moon:
        light = rgb("#d8402f")
    paint_disc(canvas, x, y, radius, light)


def paint_disc(canvas: Canvas, x: float, y: float, radius: float, light: Rgb) -> None:
    box = (x - radius - 2, y - radius - 2, x + radius + 2, y + radius + 2)
    stencil = Stencil(canvas, box)
    stencil.ellipse(x, y, radius)
    disc = stencil.cut()
    canvas.lay(disc, light, mix(light, canvas.palette.sky[3], 0.28))
    if canvas.has_moon:
        grey = mix(light, canvas.palette.sky[1], 0.2)
        canvas.dapple(disc, grey, (4, 4), 160, "moon seas", 50)
        canvas.rim(disc, mix(light, canvas.palette.sky[1], 0.3), -radius * 0.1, -radius * 0.07, 0.5)


def _paint_clouds(canvas: Canvas) -> None:
    scene = canvas.scene
    dice = canvas.dice("clouds")
    amount = {"storm": 0.72, "rain": 0.6, "fog": 0.4, "snow": 0.35}.get(scene.weather, 0.0)
    amount = max(amount, 0.55 if scene.has("clouds") else dice.uniform(0.2, 0.38))
    if scene.time == "night" and amount < 0.4:
        amount *= 0.5
    _paint_cloud_field(canvas, amount)
    if scene.weather not in ("fog", "snow"):
        _paint_cloud_bands(canvas, round(3 + amount * 7))


def _paint_cloud_field(canvas: Canvas, amount: float) -> None:
    size = (canvas.width, canvas.horizon)
    across = max(2, round(3 * canvas.width / canvas.unit))
    # The noise is a little larger than the sky, so that its moved copy below covers the sky at every side.
    pad = round(canvas.unit * 0.02) + 1
    field = noise(
        canvas.dice("cloud field"), (size[0] + 2 * pad, size[1] + 2 * pad), (across, 6), 5
    )
    puffs = field.crop((pad, pad, pad + size[0], pad + size[1]))
    threshold = 215 - amount * 165
    cover = puffs.point([min(225, max(0, round((v - threshold) * 3.6))) for v in range(256)])
    # The side of a cloud that faces the light is lighter: the difference of the field and a moved copy of it.
    dx = (pad - 1) * (1 if canvas.light_at[0] > canvas.width / 2 else -1)
    dy = round(canvas.unit * 0.016)
    moved = field.crop((pad + dx, pad + dy, pad + dx + size[0], pad + dy + size[1]))
    lit = ImageChops.subtract(puffs, moved, 0.5, 118)
    dark, bright = (
        mix(canvas.palette.sky[1], canvas.palette.sky[0], 0.35),
        mix(canvas.palette.sky[3], canvas.palette.light, 0.5),
    )
    if canvas.scene.time == "night":
        bright = mix(bright, canvas.palette.sky[1], 0.6)
    body = Image.composite(Image.new("RGB", size, bright), Image.new("RGB", size, dark), lit)
    fade = (
        Image.linear_gradient("L")
        .resize(size)
        .point([round(min(255 - v * 0.5, (255 - v) * 4)) for v in range(256)])
    )
    canvas.image.paste(body, (0, 0), ImageChops.multiply(cover, fade))


def _paint_cloud_bands(canvas: Canvas, count: int) -> None:
    """Long thin strata near the horizon, which lead the eye across."""
    dice = canvas.dice("cloud bands")
    for _ in range(count):
        y = canvas.horizon * dice.uniform(0.35, 0.96)
        x = dice.uniform(-0.1, 1.1) * canvas.width
        length, thick = (
            canvas.unit * dice.uniform(0.18, 0.6),
            canvas.unit * dice.uniform(0.004, 0.014),
        )
        near_light = math.exp(-((y - canvas.light_at[1]) ** 2) / (canvas.unit * 0.25) ** 2)
        colour = mix(
            canvas.palette.sky[1],
            mix(canvas.palette.sky[3], canvas.palette.light, 0.35),
            0.25 + 0.6 * near_light,
        )
        stencil = Stencil(canvas, (x - length, y - thick * 3, x + length, y + thick * 3))
        for part in range(3):
            shift = (part - 1) * length * 0.35
            stencil.ellipse(
                x + shift, y + dice.uniform(-1, 1) * thick, length * dice.uniform(0.3, 0.6), thick
            )
        canvas.lay(stencil.cut(), colour, strength=dice.uniform(0.35, 0.7))


def _paint_rainbow(canvas: Canvas) -> None:
    x, y = canvas.width - canvas.light_at[0], canvas.horizon * 1.05
    radius, band = canvas.unit * 0.62, canvas.unit * 0.015
    for i, code in enumerate(["#d9534a", "#ee9b45", "#f3d45c", "#6fb56a", "#4b8fca", "#7b62b3"]):
        stencil = Stencil(canvas, (0, 0, canvas.width, canvas.horizon))
        stencil.ellipse(x, y, radius - i * band)
        stencil.ellipse(x, y, radius - (i + 1) * band, ink=0)
        canvas.lay(stencil.cut(), rgb(code), strength=0.5)


def _paint_aurora(canvas: Canvas) -> None:
    """Two curtains: a wavy lower edge, smeared upward into rays, added as light."""
    for index, code in enumerate(("#4fe3a1", "#8a6cf0")):
        dice = canvas.dice(f"aurora {index}")
        count = 7
        edge = smooth(
            [
                (
                    canvas.width * i / (count - 1),
                    canvas.horizon * (0.62 - index * 0.14 + dice.uniform(-0.14, 0.12)),
                )
                for i in range(count)
            ],
            closed=False,
        )
        high = canvas.horizon * 0.42
        stencil = Stencil(canvas, (0, 0, canvas.width, canvas.horizon))
        for (x0, y0), (x1, y1) in pairwise(edge):
            for t in (0.0, 0.5):
                x, y = x0 + (x1 - x0) * t, y0 + (y1 - y0) * t
                reach = high * dice.uniform(0.5, 1.0)
                stencil.polygon(
                    [(x, y), (x1 + 4, y1), (x1 + 4, y1 - reach), (x, y - reach)],
                    ink=dice.randint(90, 220),
                )
        _screen(canvas, stencil.cut(), rgb(code))


def _screen(canvas: Canvas, shape: Shape, colour: Rgb) -> None:
    small = shape.mask.resize((max(1, shape.mask.width // 4), max(1, shape.mask.height // 4)))
    soft = small.filter(ImageFilter.GaussianBlur(canvas.unit * 0.006)).resize(shape.mask.size)
    light = Image.composite(Image.new("RGB", soft.size, colour), Image.new("RGB", soft.size), soft)
    canvas.image.paste(
        ImageChops.screen(canvas.image.crop(shape.box), light), (shape.left, shape.top)
    )
