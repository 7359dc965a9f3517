"""The shapes of particles, as small masks with smooth edges. Lengths are in pixels."""

import math
from collections.abc import Callable

from PIL import Image, ImageDraw

FINENESS = 4
# Pillow's radial gradient has this value at the middles of its square's sides.
RADIAL_EDGE = 180


def _shape(width: float, height: float, ink: int, draw: Callable[..., None]) -> Image.Image:
    """A mask of at least width by height pixels with an empty rim, drawn large and made small."""
    size = (math.ceil(width) + 4, math.ceil(height) + 4)
    large = Image.new("L", (size[0] * FINENESS, size[1] * FINENESS))
    draw(ImageDraw.Draw(large), size[0] * FINENESS / 2, size[1] * FINENESS / 2, ink)
    return large.reduce(FINENESS)


def streak(length: float, slant: float, thick: float, ink: int) -> Image.Image:
    def draw(pen: ImageDraw.ImageDraw, x: float, y: float, fill: int) -> None:
        dx, dy = slant * length * FINENESS / 2, length * FINENESS / 2
        pen.line((x - dx, y - dy, x + dx, y + dy), fill=fill, width=max(1, round(thick * FINENESS)))

    return _shape(abs(slant) * length + thick, length, ink, draw)


def petal(length: float, turn: float, ink: int) -> Image.Image:
    def draw(pen: ImageDraw.ImageDraw, x: float, y: float, fill: int) -> None:
        half = length * FINENESS / 2
        rim = [
            (half * math.cos(a / 8 * math.tau), half * 0.45 * math.sin(a / 8 * math.tau))
            for a in range(8)
        ]
        c, s = math.cos(turn), math.sin(turn)
        pen.polygon([(x + px * c - py * s, y + px * s + py * c) for px, py in rim], fill=fill)

    return _shape(length, length, ink, draw)


def dash(width: float, height: float, ink: int) -> Image.Image:
    """A flat lens of light."""

    def draw(pen: ImageDraw.ImageDraw, x: float, y: float, fill: int) -> None:
        half, high = width * FINENESS / 2, height * FINENESS / 2
        pen.polygon([(x - half, y), (x, y - high), (x + half, y), (x, y + high)], fill=fill)

    return _shape(width, height, ink, draw)


def ring(radius: float, ink: int) -> Image.Image:
    def draw(pen: ImageDraw.ImageDraw, x: float, y: float, fill: int) -> None:
        r = radius * FINENESS
        pen.ellipse((x - r, y - r, x + r, y + r), fill=fill)
        pen.ellipse((x - r * 0.74, y - r * 0.74, x + r * 0.74, y + r * 0.74), fill=fill // 4)

    return _shape(radius * 2, radius * 2, ink, draw)


def glow(radius: float, ink: int, core: float = 0.0) -> Image.Image:
    """Light that falls off to the rim; `core` is the bright middle's share of the radius."""
    edge = max(5, math.ceil(radius * 2) + 4)
    fall = [
        round(ink * min(1.0, max(0.0, (1 - v / RADIAL_EDGE) / (1 - core)) ** 2.2))
        for v in range(256)
    ]
    return Image.radial_gradient("L").point(fall).resize((edge, edge), Image.Resampling.BOX)
