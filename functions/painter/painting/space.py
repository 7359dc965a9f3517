"""Space: nebula, stars, a ringed planet, a rocket."""

from PIL import Image, ImageChops

from .buildings import lit_side
from .canvas import Canvas, Shape, Stencil, noise, ramp, smooth
from .mountains import below, ridge
from .palette import mix, rgb
from .sky import paint_stars


def paint_space(canvas: Canvas) -> None:
    canvas.image.paste(
        ramp(
            tuple(mix(c, canvas.palette.shade, 0.45) for c in canvas.palette.sky), canvas.image.size
        )
    )
    _paint_nebula(canvas)
    paint_stars(canvas, canvas.height)
    radius = canvas.unit * 0.24
    paint_planet(canvas, canvas.width - canvas.focus, canvas.height * 0.36, radius)
    _paint_ground(canvas)


def _paint_nebula(canvas: Canvas) -> None:
    size = canvas.image.size
    glow = mix(canvas.palette.accent, canvas.palette.sky[3], 0.3)
    for name, colour, threshold in (("veil", canvas.palette.sky[3], 120), ("core", glow, 165)):
        cloud = noise(canvas.dice(name), size, (3, 3), 5).point(
            [min(200, max(0, (v - threshold) * 3)) for v in range(256)]
        )
        light = Image.composite(
            Image.new("RGB", size, mix(colour, canvas.palette.shade, 0.25)),
            Image.new("RGB", size),
            cloud,
        )
        canvas.image = ImageChops.screen(canvas.image, light)


def paint_planet(canvas: Canvas, x: float, y: float, radius: float) -> None:
    """A banded ball lit from one side, with a ring that passes behind and before it."""
    named = canvas.scene.colour_of("planet", "space")
    colour = rgb(named) if named else mix(canvas.palette.accent, canvas.palette.light, 0.25)
    canvas.glow(x, y, radius * 2.1, colour, 0.4)
    _paint_ring(canvas, x, y, radius, behind=True)
    stencil = Stencil(canvas, (x - radius, y - radius, x + radius, y + radius))
    stencil.ellipse(x, y, radius)
    ball = stencil.cut()
    canvas.lay(
        ball, mix(colour, canvas.palette.light, 0.35), mix(colour, canvas.palette.shade, 0.3)
    )
    bands = noise(canvas.dice("bands"), ball.mask.size, (2, 9), 3).point(
        [min(255, max(0, (v - 120) * 5)) for v in range(256)]
    )
    canvas.lay(
        Shape(ImageChops.multiply(ball.mask, bands), ball.left, ball.top),
        mix(colour, canvas.palette.shade, 0.35),
        strength=0.7,
    )
    _shade_ball(canvas, ball, x, y, radius)
    _paint_ring(canvas, x, y, radius, behind=False)


def _shade_ball(canvas: Canvas, ball: Shape, x: float, y: float, radius: float) -> None:
    dark = Image.radial_gradient("L").point(
        [min(255, max(0, round((v - 90) * 2.2))) for v in range(256)]
    )
    wide = round(radius * 3)
    dark = dark.resize((wide, wide))
    mask = Image.new("L", ball.mask.size, 255)
    mask.paste(
        dark,
        (
            round(x - ball.left - canvas.side * radius * -0.45 - wide / 2),
            round(y - ball.top - radius * 0.4 - wide / 2),
        ),
    )
    canvas.lay(
        Shape(ImageChops.multiply(mask, ball.mask), ball.left, ball.top),
        mix(canvas.palette.shade, (0, 0, 0), 0.4),
        strength=0.9,
    )


def _paint_ring(canvas: Canvas, x: float, y: float, radius: float, *, behind: bool) -> None:
    stencil = Stencil(canvas, (x - radius * 2.2, y - radius, x + radius * 2.2, y + radius))
    for outer, inner, ink in ((2.05, 1.72, 200), (1.66, 1.42, 140)):
        stencil.ellipse(x, y, radius * outer, radius * outer * 0.22, ink=ink)
        stencil.ellipse(x, y, radius * inner, radius * inner * 0.22, ink=0)
    cut = (y, y + radius) if behind else (y - radius, y)
    stencil.polygon(
        [
            (x - radius * 3, cut[0]),
            (x + radius * 3, cut[0]),
            (x + radius * 3, cut[1]),
            (x - radius * 3, cut[1]),
        ],
        ink=0,
    )
    canvas.lay(stencil.cut(), mix(canvas.palette.light, canvas.palette.accent, 0.25), strength=0.85)


def _paint_ground(canvas: Canvas) -> None:
    for layer, nearness in enumerate((0.3, 0.9)):
        dice = canvas.dice(f"moon ground {layer}")
        y = canvas.horizon + canvas.unit * 0.05 * layer
        line = [
            (x, y - canvas.unit * (0.08 - 0.03 * layer) * h)
            for x, h in ridge(dice, canvas.width, 6, 0.5)
        ]
        stencil = Stencil(canvas, (0, y - canvas.unit * 0.1, canvas.width, canvas.height))
        stencil.polygon(below(line, canvas.height + 2))
        shape = stencil.cut()
        colour = mix(
            mix(canvas.palette.sky[2], canvas.palette.accent, 0.2), canvas.palette.shade, nearness
        )
        canvas.lay(shape, colour, canvas.palette.shade)
        canvas.rim(shape, mix(colour, canvas.palette.light, 0.4), 0, canvas.unit * 0.005, 0.6)


def paint_rocket(canvas: Canvas, x: float, base: float, size: float) -> None:
    """A finned rocket on its flame, climbing."""
    flame = Stencil(canvas, (x - size * 0.3, base - size * 0.1, x + size * 0.3, base + size * 0.7))
    flame.polygon(smooth([(x - size * 0.07, base - size * 0.04),
                          (x + size * 0.07, base - size * 0.04),
                          (x + size * 0.1, base + size * 0.15),
                          (x, base + size * 0.6), (x, base + size * 0.6),
                          (x - size * 0.1, base + size * 0.15)]))  # fmt: skip
    canvas.glow(x, base + size * 0.15, size * 0.5, (255, 170, 80), 0.8)
    canvas.lay(flame.cut(), (255, 240, 190), (255, 130, 50))
    fins = Stencil(canvas, (x - size * 0.4, base - size, x + size * 0.4, base + size * 0.1))
    for side in (-1, 1):
        fins.polygon([(x + side * size * 0.1, base - size * 0.35),
                      (x + side * size * 0.26, base - size * 0.05),
                      (x + side * size * 0.24, base + size * 0.05),
                      (x + side * size * 0.09, base - size * 0.05)])  # fmt: skip
    canvas.lay(fins.cut(), mix(canvas.palette.accent, (200, 50, 40), 0.5))
    hull = Stencil(canvas, (x - size * 0.2, base - size * 1.05, x + size * 0.2, base))
    hull.polygon(smooth([(x, base - size), (x, base - size),
                         (x + size * 0.12, base - size * 0.66),
                         (x + size * 0.12, base - size * 0.3),
                         (x + size * 0.08, base - size * 0.02),
                         (x - size * 0.08, base - size * 0.02),
                         (x - size * 0.12, base - size * 0.3),
                         (x - size * 0.12, base - size * 0.66)]))  # fmt: skip
    body = hull.cut()
    canvas.lay(body, (244, 240, 230), (190, 190, 204))
    canvas.rim(body, (120, 120, 146), lit_side(canvas, x) * size * 0.06, 0, 0.7)
    port = Stencil(canvas, (x - size * 0.1, base - size * 0.8, x + size * 0.1, base - size * 0.4))
    port.ellipse(x, base - size * 0.6, size * 0.05)
    canvas.lay(port.cut(), mix(canvas.palette.sky[1], canvas.palette.shade, 0.4))
