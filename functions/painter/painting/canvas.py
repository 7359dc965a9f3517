"""The sheet a scene is drawn on: its light, its grain, and shapes laid on it with soft edges."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageOps

from .palette import Palette, Rgb
from .scene import Scene

Point = tuple[float, float]
Points = Sequence[Point]
FINENESS = 2
# Pillow's radial gradient reaches 255 in the corners of its square, and this at the edges' middles.
RADIAL_EDGE = 180


def dice_from(*parts: object) -> random.Random:
    """A die that falls the same way for the same words in every process."""
    text = "\x1f".join(str(part) for part in parts)
    digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    return random.Random(int.from_bytes(digest, "big"))


def _static(dice: random.Random, size: tuple[int, int], cells: tuple[int, int]) -> Image.Image:
    columns, rows = max(2, min(size[0], cells[0])), max(2, min(size[1], cells[1]))
    raw = Image.frombytes("L", (columns, rows), dice.randbytes(columns * rows))
    return raw.resize(size, Image.Resampling.BICUBIC)


def noise(
    dice: random.Random, size: tuple[int, int], cells: tuple[int, int], octaves: int = 3
) -> Image.Image:
    """Cloudy grey noise: coarse random cells with finer ones blended in, over all 256 levels."""
    half = (max(1, size[0] // 2), max(1, size[1] // 2))
    sheet = _static(dice, half, cells)
    for octave in range(1, octaves):
        finer = _static(dice, half, (cells[0] << octave, cells[1] << octave))
        sheet = Image.blend(sheet, finer, 0.36 * 0.62**octave)
    return ImageOps.autocontrast(sheet, cutoff=1).resize(size, Image.Resampling.BILINEAR)


def ramp(colours: Sequence[Rgb], size: tuple[int, int]) -> Image.Image:
    """A smooth vertical gradient through the colours."""
    strip = Image.new("RGB", (1, len(colours)))
    strip.putdata(list(colours))
    return strip.resize(size, Image.Resampling.BICUBIC)


def smooth(points: Points, *, closed: bool = True, steps: int = 6) -> list[Point]:
    """A Catmull-Rom curve through the points; a point given twice is a sharp corner."""
    count = len(points)
    last = count if closed else count - 1
    curve: list[Point] = []
    for i in range(last):
        p0, p1, p2, p3 = (points[_index(i + d, count, closed)] for d in (-1, 0, 1, 2))
        curve.extend(_between(p0, p1, p2, p3, step / steps) for step in range(steps))
    if not closed:
        curve.append(points[-1])
    return curve


def _index(i: int, count: int, closed: bool) -> int:
    return i % count if closed else min(count - 1, max(0, i))


def _between(p0: Point, p1: Point, p2: Point, p3: Point, t: float) -> Point:
    def along(a: float, b: float, c: float, d: float) -> float:
        return 0.5 * (
            2 * b
            + (c - a) * t
            + (2 * a - 5 * b + 4 * c - d) * t * t
            + (3 * b - a - 3 * c + d) * t**3
        )

    return along(p0[0], p1[0], p2[0], p3[0]), along(p0[1], p1[1], p2[1], p3[1])


@dataclass
class Shape:
    mask: Image.Image
    left: int
    top: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        return self.left, self.top, self.left + self.mask.width, self.top + self.mask.height


class Stencil:
    """A mask drawn at twice its size, so that its edges come out smooth."""

    def __init__(
        self, canvas: "Canvas", box: tuple[float, float, float, float] | None = None
    ) -> None:
        left, top, right, bottom = box or (0, 0, canvas.width, canvas.height)
        self._left = min(canvas.width - 1, max(0, int(left)))
        self._top = min(canvas.height - 1, max(0, int(top)))
        width = max(1, min(canvas.width, int(right) + 1) - self._left)
        height = max(1, min(canvas.height, int(bottom) + 1) - self._top)
        self._mask = Image.new("L", (width * FINENESS, height * FINENESS))
        self._pen = ImageDraw.Draw(self._mask)

    def _place(self, points: Points) -> list[Point]:
        return [((x - self._left) * FINENESS, (y - self._top) * FINENESS) for x, y in points]

    def polygon(self, points: Points, ink: int = 255) -> None:
        if len(points) > 2:
            self._pen.polygon(self._place(points), fill=ink)

    def ellipse(
        self, x: float, y: float, rx: float, ry: float | None = None, ink: int = 255
    ) -> None:
        ry = rx if ry is None else ry
        self._pen.ellipse(self._place([(x - rx, y - ry), (x + rx, y + ry)]), fill=ink)

    def stroke(self, points: Points, width: float, ink: int = 255) -> None:
        thick = max(1, round(width * FINENESS))
        self._pen.line(
            self._place(points), fill=ink, width=thick, joint="curve" if thick > 3 else None
        )

    def cut(self) -> Shape:
        return Shape(self._mask.reduce(FINENESS), self._left, self._top)


TALL_STAGES = ("mountain", "city", "forest", "desert")


class Canvas:
    """The picture so far, and what every layer asks: size, horizon, focus, light, colours, dice."""

    def __init__(self, scene: Scene, palette: Palette, size: tuple[int, int], key: str) -> None:
        self.scene, self.palette, self.key = scene, palette, key
        self.width, self.height = size
        self.unit = float(min(self.width, self.height * 1.15))
        self.image = Image.new("RGB", size, palette.sky[3])
        self.grain = Image.frombytes("L", size, self.dice("grain").randbytes(size[0] * size[1]))
        self._soft_grain = self.grain.point([round(level * 0.55) for level in range(256)])
        dice = self.dice("composition")
        self.side = dice.choice((-1, 1))
        self.focus = self.width * (0.5 + self.side * dice.uniform(0.15, 0.2))
        self.horizon = round(self.height * _horizon_share(scene, dice))
        self.light_at = self._place_light(dice)

    def dice(self, layer: str) -> random.Random:
        return dice_from(self.key, layer)

    def _place_light(self, dice: random.Random) -> Point:
        x = self.width * (0.5 - self.side * dice.uniform(0.1, 0.2))
        low = {"dawn": (0.1, 0.2), "dusk": (0.07, 0.16), "day": (0.5, 0.7), "night": (0.5, 0.66)}[
            self.scene.time
        ]
        if self.scene.big & {"moon", "sun"}:
            low = (0.3, 0.42)
        elif self.scene.stage in TALL_STAGES:
            # Behind ranges, roofs and trees a low sun would not be seen at all.
            low = (max(low[0], 0.5), max(low[1], 0.64))
        return x, self.horizon * (1 - dice.uniform(*low))

    @property
    def has_moon(self) -> bool:
        return self.scene.has("moon") or (self.scene.time == "night" and not self.scene.has("sun"))

    def lay(self, shape: Shape, top: Rgb, bottom: Rgb | None = None, strength: float = 1.0) -> None:
        """Fill a shape, from one colour to another with a grainy turn like a screen print's."""
        mask = (
            shape.mask
            if strength >= 1
            else shape.mask.point([round(v * strength) for v in range(256)])
        )
        ink = Image.new("RGB", mask.size, top)
        if bottom is not None and bottom != top:
            turn = Image.linear_gradient("L").resize(mask.size, Image.Resampling.BILINEAR)
            grainy = ImageChops.add(turn, self._soft_grain.crop(shape.box), 1, -70)
            ink.paste(bottom, (0, 0), grainy)
        self.image.paste(ink, (shape.left, shape.top), mask)

    def rim(self, shape: Shape, colour: Rgb, dx: float, dy: float, strength: float = 1.0) -> None:
        """Light the edges that face (-dx, -dy): the shape without its shifted self."""
        # A shape cut off by the picture's side has no edge there to light.
        is_cut_off = shape.left <= 0 or shape.box[2] >= self.width
        shifted = shape.mask.copy() if is_cut_off else Image.new("L", shape.mask.size)
        shifted.paste(shape.mask, (round(dx), round(dy)))
        edge = ImageChops.subtract(shape.mask, shifted)
        self.lay(Shape(edge, shape.left, shape.top), colour, strength=strength)

    def dapple(
        self,
        shape: Shape,
        colour: Rgb,
        cells: tuple[int, int],
        threshold: int,
        name: str,
        softness: int = 10,
    ) -> None:
        """Break a second colour over a shape in irregular patches."""
        patches = noise(self.dice(name), shape.mask.size, cells).point(_step(threshold, softness))
        self.lay(Shape(ImageChops.multiply(shape.mask, patches), shape.left, shape.top), colour)

    def glow(self, x: float, y: float, radius: float, colour: Rgb, strength: float = 1.0) -> None:
        """Add light that falls off with the distance."""
        r = max(2, round(radius))
        fall = Image.radial_gradient("L").point(
            [round(strength * 255 * max(0.0, 1 - v / RADIAL_EDGE) ** 2) for v in range(256)]
        )
        light = Image.composite(
            Image.new("RGB", (256, 256), colour), Image.new("RGB", (256, 256)), fall
        ).resize((2 * r, 2 * r), Image.Resampling.BILINEAR)
        corner = (round(x) - r, round(y) - r)
        box = (*corner, corner[0] + 2 * r, corner[1] + 2 * r)
        self.image.paste(ImageChops.screen(self.image.crop(box), light), corner)


def _step(threshold: int, softness: int) -> list[int]:
    return [
        min(255, max(0, round(128 + (level - threshold) * 128 / softness))) for level in range(256)
    ]


def _horizon_share(scene: Scene, dice: random.Random) -> float:
    low, high = {
        "sea": (0.55, 0.64), "lake": (0.55, 0.62), "city": (0.72, 0.78), "mountain": (0.7, 0.76),
        "desert": (0.6, 0.68),
        "forest": (0.68, 0.74), "garden": (0.45, 0.52), "hills": (0.55, 0.62),
        "table": (0.62, 0.68),
        "space": (0.84, 0.9), "underwater": (0.82, 0.88),
    }.get(scene.stage, (0.55, 0.65))  # fmt: skip
    return dice.uniform(low, high)
