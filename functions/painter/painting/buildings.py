"""Single buildings: lighthouse, house, castle, tower, torii."""

from .canvas import Canvas, Point, Shape, Stencil, smooth
from .palette import Rgb, mix, rgb


def lit_side(canvas: Canvas, x: float) -> int:
    """+1 when the light stands to the right of x."""
    return 1 if canvas.light_at[0] > x else -1


def local(canvas: Canvas, colour: Rgb) -> Rgb:
    """A thing's own colour as it looks at the scene's time of day."""
    share = {"day": 0.0, "dawn": 0.14, "dusk": 0.3, "night": 0.42}[canvas.scene.time]
    return mix(colour, mix(canvas.palette.shade, canvas.palette.sky[1], 0.35), share)


def _shade_half(canvas: Canvas, shape: Shape, x: float, strength: float = 0.5) -> None:
    """Darken the half of an upright body that is turned away from the light."""
    left, top, right, bottom = shape.box
    stencil = Stencil(canvas, shape.box)
    away = -lit_side(canvas, x)
    edge = right if away > 0 else left
    stencil.polygon([(x, top), (edge, top), (edge, bottom), (x, bottom)])
    mask = stencil.cut().mask.resize(shape.mask.size)
    mask.paste(0, (0, 0), shape.mask.point([255 - v for v in range(256)]))
    canvas.lay(Shape(mask, shape.left, shape.top), canvas.palette.shade, strength=strength)


def paint_lighthouse(canvas: Canvas, x: float, base: float, high: float) -> None:
    foot, neck = high * 0.105, high * 0.062
    top = base - high * 0.78
    if canvas.scene.time in ("dusk", "night") or canvas.scene.weather in ("storm", "fog"):
        _paint_beams(canvas, x, top - high * 0.07, high)
    _paint_keepers_house(canvas, x - lit_side(canvas, x) * high * 0.2, base, high)
    stencil = Stencil(canvas, (x - high * 0.2, base - high * 1.05, x + high * 0.2, base + 3))
    tower = smooth([(x - foot, base), (x - foot, base), (x - neck * 1.15, base - high * 0.4),
                    (x - neck, top), (x - neck, top)],
                   closed=False)  # fmt: skip
    stencil.polygon([*tower, *((2 * x - px, py) for px, py in reversed(tower))])
    body = stencil.cut()
    canvas.lay(body, local(canvas, (246, 240, 228)))
    stripe = rgb(canvas.scene.colour_of("lighthouse") or "#c8402f")
    _paint_stripes(canvas, body, x, top, base, local(canvas, stripe))
    _shade_half(canvas, body, x, 0.36)
    canvas.rim(
        body,
        mix(canvas.palette.light, canvas.palette.sky[3], 0.3),
        -lit_side(canvas, x) * high * 0.014,
        0,
        0.75,
    )
    _paint_lantern(canvas, x, top, high)


def _paint_stripes(
    canvas: Canvas, body: Shape, x: float, top: float, base: float, colour: Rgb
) -> None:
    stencil = Stencil(canvas, body.box)
    step = (base - top) / 5
    for i in (0, 2, 4):
        y = top + i * step
        stencil.polygon(
            [
                (x - step * 2, y),
                (x + step * 2, y),
                (x + step * 2, y + step),
                (x - step * 2, y + step),
            ]
        )
    mask = stencil.cut().mask.resize(body.mask.size)
    mask.paste(0, (0, 0), body.mask.point([255 - v for v in range(256)]))
    canvas.lay(Shape(mask, body.left, body.top), colour)


def _paint_lantern(canvas: Canvas, x: float, top: float, high: float) -> None:
    dark = mix(canvas.palette.shade, local(canvas, (60, 40, 44)), 0.4)
    room, wide = high * 0.12, high * 0.048
    stencil = Stencil(
        canvas, (x - high * 0.12, top - high * 0.28, x + high * 0.12, top + high * 0.04)
    )
    stencil.polygon([(x - wide * 2.1, top), (x + wide * 2.1, top),
                     (x + wide * 1.6, top + high * 0.025),
                     (x - wide * 1.6, top + high * 0.025)])  # fmt: skip
    roof = [
        (x - wide * 1.35, top - room),
        (x - wide * 0.7, top - room - high * 0.05),
        (x, top - room - high * 0.075),
    ]
    stencil.polygon([*roof, *((2 * x - px, py) for px, py in reversed(roof))])
    stencil.stroke([(x, top - room - high * 0.06), (x, top - room - high * 0.13)], high * 0.008)
    canvas.lay(stencil.cut(), dark)
    glass = Stencil(canvas, (x - wide, top - room, x + wide, top))
    glass.polygon(
        [(x - wide, top - room), (x + wide, top - room), (x + wide, top), (x - wide, top)]
    )
    canvas.lay(glass.cut(), (255, 240, 190))
    bars = Stencil(canvas, (x - wide, top - room, x + wide, top))
    for dx in (-1, 0, 1):
        bars.stroke([(x + dx * wide * 0.9, top - room), (x + dx * wide * 0.9, top)], high * 0.006)
    canvas.lay(bars.cut(), dark)
    strength = 0.9 if canvas.scene.time in ("dusk", "night") else 0.35
    canvas.glow(x, top - room / 2, high * 0.3, (255, 226, 150), strength)


def _paint_beams(canvas: Canvas, x: float, y: float, high: float) -> None:
    reach = canvas.unit * 1.5
    for side, strength in ((lit_side(canvas, x), 0.3), (-lit_side(canvas, x), 0.2)):
        for spread, share in ((0.1, 0.5), (0.06, 0.6), (0.028, 0.8)):
            stencil = Stencil(canvas, (x - reach, y - reach * 0.4, x + reach, y + reach * 0.4))
            far_x, far_y = x + side * reach, y - reach * 0.06
            stencil.polygon([(x, y - high * 0.012), (far_x, far_y - reach * spread),
                             (far_x, far_y + reach * spread),
                             (x, y + high * 0.012)])  # fmt: skip
            canvas.lay(stencil.cut(), (255, 232, 170), strength=strength * share)


def _paint_keepers_house(canvas: Canvas, x: float, base: float, high: float) -> None:
    paint_house(canvas, x, base, high * 0.24, walls=local(canvas, (236, 226, 208)))


def paint_house(
    canvas: Canvas, x: float, base: float, high: float, walls: Rgb | None = None
) -> None:
    """A gable, a long roof, a chimney with a thread of smoke, lit windows."""
    side = lit_side(canvas, x)
    walls = walls or local(canvas, rgb(canvas.scene.colour_of("house") or "#e8dcc4"))
    roof = local(canvas, mix(canvas.palette.accent, (120, 60, 50), 0.4))
    wide, eave, top = high * 1.05, base - high * 0.52, base - high
    gable = [(x + side * wide * 0.5, base + 2), (x + side * wide * 0.5, eave),
             (x + side * wide * 0.2, top),
             (x - side * wide * 0.1, eave), (x - side * wide * 0.1, base + 2)]  # fmt: skip
    long_wall = [(x - side * wide * 0.1, base + 2), (x - side * wide * 0.1, eave),
                 (x - side * wide * 0.7, eave),
                 (x - side * wide * 0.7, base + 2)]  # fmt: skip
    slope = [(x + side * wide * 0.22, top - high * 0.04),
             (x - side * wide * 0.42, top - high * 0.04),
             (x - side * wide * 0.78, eave + high * 0.05),
             (x - side * wide * 0.12, eave + high * 0.05)]  # fmt: skip
    edge = [(x + side * wide * 0.22, top - high * 0.04),
            (x + side * wide * 0.6, eave + high * 0.07),
            (x + side * wide * 0.52, eave + high * 0.07),
            (x + side * wide * 0.2, top + high * 0.05)]  # fmt: skip
    chimney = [(x - side * wide * 0.3, top + high * 0.1), (x - side * wide * 0.3, top - high * 0.2),
               (x - side * wide * 0.18, top - high * 0.2),
               (x - side * wide * 0.18, top + high * 0.1)]  # fmt: skip
    shade = mix(walls, canvas.palette.shade, 0.45)
    tiles = (232, 238, 244) if canvas.scene.weather == "snow" else roof
    eaves = mix(roof, canvas.palette.shade, 0.3)
    parts = ((chimney, shade), (long_wall, shade), (gable, walls), (slope, tiles), (edge, eaves))
    for part, colour in parts:
        _lay_polygon(canvas, part, colour)
    _paint_windows(canvas, x, base, high, side)


def _lay_polygon(canvas: Canvas, points: list[Point], colour: Rgb) -> None:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    stencil = Stencil(canvas, (min(xs), min(ys), max(xs), max(ys)))
    stencil.polygon(points)
    canvas.lay(stencil.cut(), colour)


def _paint_windows(canvas: Canvas, x: float, base: float, high: float, side: int) -> None:
    lit = canvas.scene.time in ("dusk", "night") or canvas.scene.weather in (
        "snow",
        "rain",
        "storm",
    )
    colour = canvas.palette.window if lit else mix(canvas.palette.shade, canvas.palette.sky[1], 0.3)
    w, h = high * 0.1, high * 0.16
    for at in (0.2, -0.3, -0.52):
        left, top = x + side * high * at - w / 2, base - high * 0.4
        _lay_polygon(
            canvas, [(left, top), (left + w, top), (left + w, top + h), (left, top + h)], colour
        )
        if lit:
            canvas.glow(left + w / 2, top + h / 2, high * 0.35, canvas.palette.window, 0.35)


def paint_castle(canvas: Canvas, x: float, base: float, high: float) -> None:
    stone = mix(local(canvas, (150, 132, 124)), canvas.palette.haze, 0.1)
    stencil = Stencil(canvas, (x - high, base - high * 1.2, x + high, base + 3))
    towers = (
        (-0.46, 0.5, 0.15),
        (-0.2, 0.72, 0.13),
        (0.06, 0.95, 0.16),
        (0.33, 0.6, 0.13),
        (0.52, 0.44, 0.14),
    )
    stencil.polygon([(x - high * 0.5, base + 3), (x - high * 0.5, base - high * 0.3),
                     (x + high * 0.55, base - high * 0.3),
                     (x + high * 0.55, base + 3)])  # fmt: skip
    roofs = Stencil(canvas, (x - high, base - high * 1.5, x + high, base))
    for dx, tall, wide in towers:
        left, right, top = (
            x + high * (dx - wide / 2),
            x + high * (dx + wide / 2),
            base - high * tall,
        )
        stencil.polygon([(left, base + 3), (left, top), (right, top), (right, base + 3)])
        roofs.polygon(
            [
                (left - high * 0.025, top),
                ((left + right) / 2, top - high * wide * 2),
                (right + high * 0.025, top),
            ]
        )
    body, caps = stencil.cut(), roofs.cut()
    canvas.lay(body, stone, mix(stone, canvas.palette.haze, 0.4))
    canvas.rim(
        body, mix(stone, canvas.palette.light, 0.6), -lit_side(canvas, x) * high * 0.02, 0, 0.8
    )
    canvas.lay(caps, local(canvas, mix(canvas.palette.accent, (80, 50, 80), 0.4)))
    if canvas.scene.time in ("dusk", "night"):
        for dx, tall, _ in towers:
            canvas.glow(
                x + high * dx, base - high * (tall - 0.1), high * 0.05, canvas.palette.window, 1.0
            )


def paint_tower(canvas: Canvas, x: float, base: float, high: float) -> None:
    """The iron tower of Paris: two curved legs, three platforms, an open lattice."""
    profile = [(0.19, 0.0), (0.125, 0.16), (0.085, 0.3), (0.048, 0.5), (0.022, 0.75), (0.008, 0.96)]
    right = smooth([(x + high * dx, base - high * h) for dx, h in profile], closed=False)
    stencil = Stencil(canvas, (x - high * 0.25, base - high * 1.05, x + high * 0.25, base + 2))
    stencil.polygon([*((2 * x - px, py) for px, py in right), *reversed(right)])
    stencil.ellipse(x, base + high * 0.01, high * 0.115, high * 0.13, ink=0)
    stencil.polygon(
        [
            (x - high * 0.05, base - high * 0.19),
            (x, base - high * 0.3),
            (x + high * 0.05, base - high * 0.19),
        ],
        ink=0,
    )
    stencil.polygon(
        [
            (x - high * 0.022, base - high * 0.36),
            (x, base - high * 0.56),
            (x + high * 0.022, base - high * 0.36),
        ],
        ink=0,
    )
    for h, wide in ((0.165, 0.15), (0.33, 0.085), (0.95, 0.02)):
        stencil.stroke(
            [(x - high * wide, base - high * h), (x + high * wide, base - high * h)], high * 0.022
        )
    stencil.stroke([(x, base - high * 0.94), (x, base - high * 1.03)], high * 0.006)
    colour = mix(canvas.palette.haze, mix(canvas.palette.shade, (96, 72, 66), 0.5), 0.55)
    shape = stencil.cut()
    canvas.lay(shape, colour, mix(colour, canvas.palette.haze, 0.35))


def paint_torii(canvas: Canvas, x: float, base: float, high: float) -> None:
    red = local(canvas, rgb(canvas.scene.colour_of("torii") or "#cf3f2c"))
    half = high * 0.45
    posts = Stencil(canvas, (x - high, base - high * 1.1, x + high, base + 3))
    for side in (-1, 1):
        posts.polygon([(x + side * half * 1.04 - high * 0.045, base + 2),
                       (x + side * half * 0.94 - high * 0.035, base - high * 0.85),
                       (x + side * half * 0.94 + high * 0.035, base - high * 0.85),
                       (x + side * half * 1.04 + high * 0.045, base + 2)])  # fmt: skip
    posts.stroke(
        [(x - half * 1.2, base - high * 0.66), (x + half * 1.2, base - high * 0.66)], high * 0.06
    )
    posts.stroke([(x, base - high * 0.68), (x, base - high * 0.86)], high * 0.05)
    body = posts.cut()
    canvas.lay(body, red)
    canvas.rim(
        body, mix(red, canvas.palette.light, 0.5), -lit_side(canvas, x) * high * 0.015, 0, 0.7
    )
    lintel = Stencil(canvas, (x - high, base - high * 1.1, x + high, base - high * 0.7))
    lintel.polygon(smooth([(x - half * 1.6, base - high * 1.02),
                           (x - half * 1.6, base - high * 1.02), (x, base - high * 0.94),
                           (x + half * 1.6, base - high * 1.02),
                           (x + half * 1.6, base - high * 1.02),
                           (x + half * 1.45, base - high * 0.87),
                           (x + half * 1.45, base - high * 0.87), (x, base - high * 0.82),
                           (x - half * 1.45, base - high * 0.87),
                           (x - half * 1.45, base - high * 0.87)]))  # fmt: skip
    canvas.lay(lintel.cut(), mix(red, canvas.palette.shade, 0.35))
