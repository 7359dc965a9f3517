"""Animals, as outlines in a unit square: x to the right, y from 0 (top) to 1 (ground)."""

from .buildings import local
from .canvas import Canvas, Point, Stencil, smooth
from .figures import lay_outline, light_rim, outline, paint_shadow
from .palette import mix, rgb

# A point given twice is a sharp corner. All animals look to the right.
FOX: list[Point] = [
    (0.86, 0.31), (0.86, 0.31), (0.72, 0.22), (0.66, 0.17), (0.665, 0.0), (0.665, 0.0),
    (0.57, 0.13), (0.53, 0.02),
    (0.53, 0.02), (0.46, 0.19), (0.43, 0.31), (0.34, 0.47), (0.2, 0.66), (0.16, 0.8),
    (0.02, 0.74), (-0.16, 0.84),
    (-0.22, 0.98), (-0.22, 0.98), (-0.02, 1.0), (0.3, 1.0), (0.5, 1.0), (0.7, 1.0), (0.72, 0.97),
    (0.62, 0.93),
    (0.63, 0.7), (0.66, 0.52), (0.64, 0.42), (0.7, 0.38), (0.8, 0.35),
]  # fmt: skip


FOX_BIB: list[Point] = [(0.82, 0.34), (0.68, 0.31), (0.6, 0.36), (0.56, 0.5), (0.58, 0.66),
                        (0.63, 0.66), (0.65, 0.5), (0.64, 0.42), (0.7, 0.38)]  # fmt: skip


FOX_TAIL_TIP: list[Point] = [
    (-0.06, 0.79),
    (-0.16, 0.84),
    (-0.22, 0.98),
    (-0.22, 0.98),
    (-0.08, 0.99),
    (-0.1, 0.9),
]


WOLF: list[Point] = [
    (0.82, 0.0), (0.82, 0.0), (0.72, 0.1), (0.62, 0.15), (0.52, 0.12), (0.52, 0.12), (0.5, 0.24),
    (0.42, 0.34),
    (0.28, 0.5), (0.16, 0.7), (0.13, 0.84), (-0.04, 0.9), (-0.2, 1.0), (-0.2, 1.0), (0.2, 1.0),
    (0.45, 1.0), (0.68, 1.0),
    (0.68, 0.96), (0.6, 0.93), (0.62, 0.7), (0.68, 0.5), (0.68, 0.34), (0.76, 0.22), (0.82, 0.1),
    (0.87, 0.04), (0.87, 0.04),
]  # fmt: skip


CAT: list[Point] = [
    (0.36, 0.0), (0.36, 0.0), (0.44, 0.08), (0.56, 0.08), (0.64, 0.0), (0.64, 0.0), (0.67, 0.16),
    (0.64, 0.28), (0.6, 0.34),
    (0.68, 0.5), (0.75, 0.72), (0.74, 0.92), (0.66, 1.0), (0.34, 1.0), (0.26, 0.92), (0.25, 0.72),
    (0.32, 0.5), (0.4, 0.34),
    (0.36, 0.28), (0.33, 0.16),
]  # fmt: skip


DEER: list[Point] = [
    (0.98, 0.33), (0.98, 0.33), (0.9, 0.27), (0.82, 0.24), (0.74, 0.22), (0.74, 0.22),
    (0.78, 0.29), (0.72, 0.4), (0.62, 0.5),
    (0.4, 0.52), (0.2, 0.52), (0.12, 0.5), (0.13, 0.58), (0.11, 0.66), (0.13, 0.78), (0.1, 1.0),
    (0.1, 1.0), (0.15, 1.0),
    (0.2, 0.8), (0.22, 0.71), (0.3, 0.69), (0.5, 0.72), (0.56, 0.72), (0.57, 0.84), (0.57, 1.0),
    (0.57, 1.0), (0.62, 1.0),
    (0.64, 0.84), (0.68, 0.68), (0.76, 0.55), (0.83, 0.41), (0.93, 0.38),
]  # fmt: skip


WHALE: list[Point] = [
    (1.0, 0.5), (0.94, 0.36), (0.7, 0.24), (0.42, 0.3), (0.18, 0.42), (0.06, 0.34), (-0.06, 0.22),
    (-0.06, 0.22), (-0.02, 0.42),
    (-0.12, 0.56), (-0.12, 0.56), (0.06, 0.52), (0.24, 0.58), (0.46, 0.7), (0.7, 0.74), (0.9, 0.66),
]  # fmt: skip


FISH: list[Point] = [(1.0, 0.5), (0.8, 0.36), (0.5, 0.32), (0.2, 0.46), (0.0, 0.3), (0.0, 0.3),
                     (0.05, 0.5), (0.0, 0.7), (0.0, 0.7), (0.2, 0.54), (0.5, 0.68),
                     (0.8, 0.64)]  # fmt: skip


def paint_fox(canvas: Canvas, x: float, base: float, size: float) -> None:
    facing = -canvas.side
    coat = local(canvas, rgb(canvas.scene.colour_of("fox") or "#d9662a"))
    if canvas.scene.time == "night":
        coat = mix(coat, rgb("#d9662a"), 0.55)
    paint_shadow(canvas, x, base, size)
    body = lay_outline(
        canvas, outline(FOX, x, base, size, facing), coat, mix(coat, canvas.palette.shade, 0.45)
    )
    white = local(canvas, (248, 240, 226))
    for part in (FOX_BIB, FOX_TAIL_TIP):
        lay_outline(canvas, outline(part, x, base, size, facing), white, mix(white, coat, 0.3))
    light_rim(canvas, body, coat, x, size)
    dots = Stencil(canvas, (x - size, base - size * 1.1, x + size, base))
    for px, py, r in ((0.855, 0.315, 0.018), (0.7, 0.26, 0.015)):
        dots.ellipse(x + facing * (px - 0.4) * size, base + (py - 1) * size, r * size)
    canvas.lay(dots.cut(), (26, 20, 24))


def paint_wolf(canvas: Canvas, x: float, base: float, size: float) -> None:
    coat = mix(
        canvas.palette.shade, local(canvas, rgb(canvas.scene.colour_of("wolf") or "#6d6a72")), 0.5
    )
    paint_shadow(canvas, x, base, size)
    body = lay_outline(
        canvas,
        outline(WOLF, x, base, size, -canvas.side),
        coat,
        mix(coat, canvas.palette.shade, 0.5),
    )
    light_rim(canvas, body, coat, x, size)


def paint_cat(canvas: Canvas, x: float, base: float, size: float) -> None:
    coat = mix(canvas.palette.shade, rgb(canvas.scene.colour_of("cat") or "#23212b"), 0.7)
    paint_shadow(canvas, x, base, size)
    tail = Stencil(canvas, (x - size, base - size, x + size, base + 3))
    tail.stroke(smooth([(x + size * 0.18, base - size * 0.06),
                        (x + size * 0.42, base - size * 0.04), (x + size * 0.5, base - size * 0.2),
                        (x + size * 0.44, base - size * 0.36)], closed=False),
                        size * 0.07)  # fmt: skip
    canvas.lay(tail.cut(), coat)
    body = lay_outline(
        canvas,
        outline(CAT, x, base, size, 1, (0.5, 1.0)),
        coat,
        mix(coat, canvas.palette.shade, 0.4),
    )
    light_rim(canvas, body, coat, x, size, 0.8)


def paint_deer(canvas: Canvas, x: float, base: float, size: float) -> None:
    facing = -canvas.side
    coat = mix(
        canvas.palette.shade, local(canvas, rgb(canvas.scene.colour_of("deer") or "#b0713c")), 0.82
    )
    paint_shadow(canvas, x, base, size)
    body = lay_outline(
        canvas, outline(DEER, x, base, size, facing), coat, mix(coat, canvas.palette.shade, 0.4)
    )
    antlers = Stencil(canvas, (x - size, base - size * 1.2, x + size, base))
    for lean in (0.0, 0.07):
        beam = [
            (0.79 + lean / 2, 0.25),
            (0.72 + lean, 0.14),
            (0.7 + lean, 0.04),
            (0.76 + lean, -0.05),
        ]
        antlers.stroke(_open_outline(beam, x, base, size, facing), size * 0.016)
        for tine in (
            [(0.715 + lean, 0.12), (0.8 + lean, 0.07)],
            [(0.7 + lean, 0.05), (0.64 + lean, -0.03)],
        ):
            antlers.stroke(_open_outline(tine, x, base, size, facing), size * 0.013)
    canvas.lay(antlers.cut(), coat)
    light_rim(canvas, body, coat, x, size)


def _open_outline(
    points: list[Point], x: float, base: float, size: float, facing: int
) -> list[Point]:
    return smooth(
        [(x + facing * (px - 0.4) * size, base + (py - 1) * size) for px, py in points],
        closed=False,
    )


def paint_birds(canvas: Canvas, count: int) -> None:
    dice = canvas.dice("birds")
    x0, y0 = (
        canvas.focus - canvas.side * canvas.width * 0.22,
        canvas.horizon * dice.uniform(0.25, 0.42),
    )
    stencil = Stencil(canvas, (0, 0, canvas.width, canvas.horizon))
    for i in range(count):
        size = canvas.unit * dice.uniform(0.012, 0.026)
        x = x0 + canvas.side * canvas.unit * (0.05 * i + dice.uniform(-0.02, 0.02))
        y = y0 + canvas.unit * (dice.uniform(-0.05, 0.05) + 0.012 * i)
        lift = dice.uniform(0.25, 0.6)
        wing = smooth([(x - size, y - size * lift * 0.6), (x - size * 0.45, y - size * lift),
                       (x, y), (x + size * 0.45, y - size * lift),
                       (x + size, y - size * lift * 0.6)], closed=False)  # fmt: skip
        stencil.stroke(wing, size * 0.13)
    canvas.lay(stencil.cut(), mix(canvas.palette.shade, canvas.palette.sky[1], 0.2))


def paint_whale(canvas: Canvas, x: float, base: float, size: float) -> None:
    back = mix(
        local(canvas, rgb(canvas.scene.colour_of("whale") or "#3f5f78")), canvas.palette.shade, 0.25
    )
    points = outline(WHALE, x, base, size, -canvas.side, (0.45, 0.5))
    body = lay_outline(canvas, points, back, mix(back, (222, 230, 232), 0.45))
    canvas.rim(body, mix(back, canvas.palette.light, 0.6), 0, size * 0.015, 0.7)


def paint_fluke(canvas: Canvas, x: float, base: float, size: float) -> None:
    """A diving whale: all we see is the tail, and the water it throws."""
    back = mix(
        local(canvas, rgb(canvas.scene.colour_of("whale") or "#35506a")), canvas.palette.shade, 0.35
    )
    half = [(-0.13, 1.03), (-0.055, 0.66), (-0.05, 0.5), (-0.16, 0.4), (-0.4, 0.27),
            (-0.58, 0.02), (-0.58, 0.02), (-0.36, 0.08),
            (-0.14, 0.12), (0.0, 0.22), (0.0, 0.22)]  # fmt: skip
    tail = [*half, *((-px, py) for px, py in reversed(half))]
    lean = [(px + (1 - py) * 0.12 * canvas.side, py) for px, py in tail]
    body = lay_outline(
        canvas,
        outline(lean, x, base, size, 1, (0.0, 1.0)),
        back,
        mix(back, canvas.palette.shade, 0.4),
    )
    light_rim(canvas, body, back, x, size)
    dice = canvas.dice("splash")
    stencil = Stencil(canvas, (x - size, base - size * 0.4, x + size, base + size * 0.2))
    for _ in range(60):
        dx = dice.gauss(0, 0.2) * size
        up = abs(dice.gauss(0, 0.1)) * size * max(0.1, 1 - abs(dx) / (size * 0.5))
        stencil.ellipse(
            x + dx, base - up, size * dice.uniform(0.008, 0.03), size * dice.uniform(0.006, 0.018)
        )
    canvas.lay(stencil.cut(), mix(canvas.palette.sky[3], (255, 255, 255), 0.6), strength=0.9)
