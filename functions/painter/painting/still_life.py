"""A table by a window: turned vessels and fruit, lit from one side."""

from PIL import Image, ImageChops

from .canvas import Canvas, Point, Shape, Stencil, ramp, smooth
from .palette import Rgb, mix, rgb

# Half-profiles from the foot up: (half width, height), both shares of the object's height.
PROFILES: dict[str, list[Point]] = {
    "vase": [(0.16, 0), (0.2, 0.02), (0.3, 0.22), (0.33, 0.42), (0.22, 0.68), (0.11, 0.84),
             (0.12, 0.94), (0.17, 1.0)],
    "bottle": [(0.17, 0), (0.18, 0.02), (0.18, 0.3), (0.18, 0.52), (0.13, 0.64), (0.06, 0.72),
               (0.055, 0.92), (0.065, 0.94), (0.065, 1.0)],
    "cup": [(0.3, 0), (0.33, 0.02), (0.4, 0.2), (0.44, 0.55), (0.45, 0.98), (0.45, 1.0)],
    "fruit": [(0.1, 0), (0.3, 0.04), (0.5, 0.3), (0.52, 0.55), (0.4, 0.88), (0.2, 0.97),
              (0.04, 0.9)],
}  # fmt: skip
SIZES = {"vase": 0.5, "bottle": 0.56, "cup": 0.2, "fruit": 0.15}
GLAZES = {"vase": "#3f7b80", "bottle": "#35604a", "cup": "#efe3cb", "fruit": "#d9542f"}


def paint_still_life(canvas: Canvas) -> None:
    _paint_wall(canvas)
    _paint_table(canvas)
    dice = canvas.dice("still life")
    wanted = [name for name in canvas.scene.subjects if name in PROFILES]
    company = [name for name in ("vase", "fruit", "cup", "fruit") if name not in wanted]
    things = (wanted + company)[:4] if wanted else ["vase", "fruit", "cup", "fruit"]
    base = canvas.horizon + (canvas.height - canvas.horizon) * 0.36
    spots = (0.0, -0.3, 0.24, -0.14)
    order = sorted(range(len(things)), key=lambda i: (i == 0, i))
    for i in order:
        size = canvas.unit * SIZES[things[i]] * (1.25 if i == 0 else 0.9) * dice.uniform(0.92, 1.08)
        x = canvas.focus + canvas.side * spots[i] * canvas.unit
        paint_vessel(
            canvas, things[i], x, base + canvas.unit * (0.07 if i == 0 else 0.03 * (i % 2)), size
        )


def _paint_wall(canvas: Canvas) -> None:
    palette = canvas.palette
    wall = mix(palette.sky[2], palette.haze, 0.5)
    tones = (mix(wall, palette.shade, 0.35), mix(wall, palette.shade, 0.1), wall)
    canvas.image.paste(ramp(tones, canvas.image.size))
    light = Stencil(canvas)
    x, w, h = canvas.width * (0.5 - canvas.side * 0.3), canvas.unit * 0.17, canvas.horizon
    for i in range(2):
        for j in range(2):
            left, top = x + (i - 1) * w * 1.12, h * (0.1 + 0.38 * j)
            lean = canvas.side * h * 0.12
            light.polygon([(left + lean * j, top), (left + w + lean * j, top),
                           (left + w + lean * (j + 1), top + h * 0.34),
                           (left + lean * (j + 1), top + h * 0.34)])  # fmt: skip
    canvas.lay(light.cut(), mix(wall, palette.light, 0.75), strength=0.7)


def _paint_table(canvas: Canvas) -> None:
    top = canvas.horizon
    cloth = mix(canvas.palette.land, canvas.palette.light, 0.3)
    stencil = Stencil(canvas, (0, top, canvas.width, canvas.height))
    stencil.polygon(
        [(0, top), (canvas.width, top), (canvas.width, canvas.height), (0, canvas.height)]
    )
    table = stencil.cut()
    canvas.lay(table, mix(cloth, canvas.palette.light, 0.3), mix(cloth, canvas.palette.shade, 0.35))
    canvas.dapple(table, mix(cloth, canvas.palette.shade, 0.2), (3, 22), 165, "wood")


def paint_vessel(canvas: Canvas, kind: str, x: float, base: float, high: float) -> None:
    colour = rgb(canvas.scene.colour_of(kind) or GLAZES[kind])
    _paint_cast_shadow(canvas, x, base, high)
    right = smooth([(x + w * high, base - h * high) for w, h in PROFILES[kind]], closed=False)
    stencil = Stencil(
        canvas, (x - high * 0.7, base - high * 1.05, x + high * 0.7, base + high * 0.06)
    )
    if kind == "cup":
        side = canvas.side
        stencil.ellipse(x + side * high * 0.5, base - high * 0.52, high * 0.26, high * 0.28)
        stencil.ellipse(x + side * high * 0.5, base - high * 0.52, high * 0.16, high * 0.18, ink=0)
    stencil.polygon([*right, *((2 * x - px, py) for px, py in reversed(right))])
    stencil.ellipse(x, base, PROFILES[kind][0][0] * high, high * 0.03)
    body = stencil.cut()
    canvas.lay(body, colour, mix(colour, canvas.palette.shade, 0.22))
    _turn(canvas, body, colour)
    _paint_mouth(canvas, kind, x, base, high, colour)


def _turn(canvas: Canvas, body: Shape, colour: Rgb) -> None:
    """Roundness: shade grows away from the light, a soft highlight stands a third in."""
    size = body.mask.size
    across = Image.linear_gradient("L").rotate(90).resize(size)
    if canvas.side > 0:
        across = across.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        across = ImageChops.invert(across)
    else:
        across = across.point(list(range(256)))
    away = across if canvas.side < 0 else ImageChops.invert(across)
    dark = ImageChops.multiply(
        away.point([min(230, max(0, round((v - 110) * 1.9))) for v in range(256)]), body.mask
    )
    canvas.lay(Shape(dark, body.left, body.top), mix(colour, canvas.palette.shade, 0.75))
    shine = away.point([max(0, 200 - abs(v - 80) * 7) for v in range(256)])
    canvas.lay(
        Shape(ImageChops.multiply(shine, body.mask), body.left, body.top),
        mix(colour, (255, 255, 255), 0.7),
        strength=0.6,
    )


def _paint_mouth(
    canvas: Canvas, kind: str, x: float, base: float, high: float, colour: Rgb
) -> None:
    top = base - high
    stencil = Stencil(canvas, (x - high * 0.6, top - high * 0.4, x + high * 0.6, top + high * 0.2))
    if kind == "fruit":
        stencil.stroke(
            smooth(
                [
                    (x, top + high * 0.1),
                    (x + high * 0.03, top - high * 0.05),
                    (x + high * 0.1, top - high * 0.14),
                ],
                closed=False,
            ),
            high * 0.045,
        )
        canvas.lay(stencil.cut(), mix(canvas.palette.shade, (90, 60, 40), 0.5))
        return
    half = PROFILES[kind][-1][0] * high
    stencil.ellipse(x, top, half, half * 0.2)
    canvas.lay(stencil.cut(), mix(colour, (255, 255, 255), 0.35))
    hole = Stencil(canvas, (x - half, top - half, x + half, top + half))
    hole.ellipse(x, top + half * 0.02, half * 0.86, half * 0.15)
    canvas.lay(
        hole.cut(), (74, 44, 30) if kind == "cup" else mix(colour, canvas.palette.shade, 0.8)
    )


def _paint_cast_shadow(canvas: Canvas, x: float, base: float, high: float) -> None:
    stencil = Stencil(
        canvas, (x - high * 1.4, base - high * 0.1, x + high * 1.4, base + high * 0.12)
    )
    stencil.ellipse(x + canvas.side * high * 0.38, base + high * 0.005, high * 0.6, high * 0.055)
    canvas.lay(stencil.cut(), canvas.palette.shade, strength=0.45)
