"""What all figures share (outline, shadow, rim of light), and people."""

from .buildings import lit_side, local
from .canvas import Canvas, Point, Shape, Stencil, smooth
from .palette import Rgb, mix, rgb


def outline(
    points: list[Point],
    x: float,
    base: float,
    size: float,
    facing: int = 1,
    anchor: Point = (0.4, 1.0),
) -> list[Point]:
    """A figure's outline on the canvas, its anchor at (x, base), turned to the side it faces."""
    placed = [
        (x + facing * (px - anchor[0]) * size, base + (py - anchor[1]) * size) for px, py in points
    ]
    return smooth(placed)


def lay_outline(
    canvas: Canvas, points: list[Point], top: Rgb, bottom: Rgb | None = None, strength: float = 1.0
) -> Shape:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    stencil = Stencil(canvas, (min(xs) - 2, min(ys) - 2, max(xs) + 2, max(ys) + 2))
    stencil.polygon(points)
    shape = stencil.cut()
    canvas.lay(shape, top, bottom, strength)
    return shape


def light_rim(
    canvas: Canvas, shape: Shape, colour: Rgb, x: float, size: float, strength: float = 0.7
) -> None:
    canvas.rim(
        shape,
        mix(colour, canvas.palette.light, 0.65),
        -lit_side(canvas, x) * size * 0.016,
        size * 0.01,
        strength,
    )


def paint_shadow(canvas: Canvas, x: float, base: float, size: float) -> None:
    """The cast shadow that keeps a figure on the ground."""
    away = -lit_side(canvas, x)
    stencil = Stencil(canvas, (x - size, base - size * 0.1, x + size, base + size * 0.12))
    stencil.ellipse(x + away * size * 0.22, base, size * 0.5, size * 0.045)
    canvas.lay(stencil.cut(), canvas.palette.shade, strength=0.42)


def paint_person(canvas: Canvas, x: float, base: float, size: float) -> None:
    """A walker in a long coat, seen from behind; under an umbrella when it rains."""
    coat = mix(
        canvas.palette.shade,
        local(canvas, rgb(canvas.scene.colour_of("person") or "#8a3b3b")),
        0.45,
    )
    paint_shadow(canvas, x, base, size * 0.5)
    stencil = Stencil(canvas, (x - size * 0.4, base - size * 1.2, x + size * 0.4, base + 3))
    stencil.polygon([(x - size * 0.075, base), (x - size * 0.055, base - size * 0.42),
                     (x + size * 0.055, base - size * 0.42),
                     (x + size * 0.07, base), (x + size * 0.025, base),
                     (x + size * 0.005, base - size * 0.2), (x - size * 0.03, base)])  # fmt: skip
    stencil.polygon(smooth([(x - size * 0.11, base - size * 0.26),
                            (x - size * 0.11, base - size * 0.26),
                            (x - size * 0.085, base - size * 0.6),
                            (x - size * 0.1, base - size * 0.78), (x, base - size * 0.84),
                            (x + size * 0.1, base - size * 0.78),
                            (x + size * 0.085, base - size * 0.6),
                            (x + size * 0.11, base - size * 0.26),
                            (x + size * 0.11, base - size * 0.26)]))  # fmt: skip
    stencil.ellipse(x, base - size * 0.91, size * 0.062, size * 0.075)
    body = stencil.cut()
    canvas.lay(body, coat, mix(coat, canvas.palette.shade, 0.5))
    light_rim(canvas, body, coat, x, size)
    if canvas.scene.weather in ("rain", "storm"):
        _paint_umbrella(canvas, x, base - size * 0.98, size)


def _paint_umbrella(canvas: Canvas, x: float, y: float, size: float) -> None:
    red = mix(canvas.palette.accent, (214, 48, 49), 0.5)
    stencil = Stencil(canvas, (x - size * 0.4, y - size * 0.32, x + size * 0.4, y + size * 0.1))
    stencil.ellipse(x, y + size * 0.04, size * 0.33, size * 0.26)
    for i in range(-2, 3):
        stencil.ellipse(x + i * size * 0.132, y + size * 0.08, size * 0.068, size * 0.07, ink=0)
    stencil.polygon(
        [
            (x - size, y + size * 0.06),
            (x + size, y + size * 0.06),
            (x + size, y + size * 0.4),
            (x - size, y + size * 0.4),
        ],
        ink=0,
    )
    shape = stencil.cut()
    canvas.lay(shape, red, mix(red, canvas.palette.shade, 0.4))
    canvas.rim(
        shape, mix(red, (255, 255, 255), 0.5), -lit_side(canvas, x) * size * 0.02, size * 0.02, 0.7
    )
