"""Plates: the pictures the camera moves over, painted once and somewhat larger than a frame."""

import math
import random
from dataclasses import dataclass

from PIL import Image, ImageOps

from painter.painting import (
    PAINTED_EDGE_PX_MIN,
    PAINTED_PIXELS_MAX,
    PAINTED_PIXELS_MIN,
)
from painter.painting.canvas import Canvas, Shape
from painter.painting.compose import compose
from painter.painting.cutout import STAGES_WITHOUT_SKY, ground_mask
from painter.painting.finish import finish
from painter.painting.palette import Rgb
from painter.painting.reference import (
    Picture,
    borrow_layout,
    borrow_palette,
    on_white,
)
from painter.painting.scene import WATER
from painter.painting.sky import paint_sky

from .script import Script

# So much larger than a frame is a plate, so that the smallest window of a move still has about one pixel of
# the plate for each pixel of the frame.
PLATE_SCALE = 1.25
# Media that keep every edge where it was painted; the others bend or redraw it, and the sky behind a
# bent edge would show as a seam.
MEDIA_WITH_DEPTH = ("gouache", "photo")
# The painter's names of layers that are left out of a plate, where they would stand still.
FALLING = ("rain", "snow", "lightning")


@dataclass(frozen=True)
class Plate:
    """`picture` is all of it. Where there is depth, `sky` is what lies behind, whole, and `ground`
    is white where the picture hides it. Shares are of the plate: `waterline` is where water begins,
    `skyline` where the sky ends, `light_at` where sun or moon stands."""

    picture: Image.Image
    sky: Image.Image | None = None
    ground: Image.Image | None = None
    waterline: float | None = None
    skyline: float | None = None
    light_at: tuple[float, float] = (0.5, 0.3)
    is_painted: bool = False

    def shows_sky(self, x: float, y: float) -> bool:
        """Whether a place, in shares of the plate, is sky. A guess where there is no depth."""
        if self.skyline is None:
            return True
        if self.ground is None:
            return y < self.skyline / 2
        at = (int(x * (self.ground.width - 1)), int(y * (self.ground.height - 1)))
        return self.ground.getpixel(at) == 0


def plate_size(frame_px: tuple[int, int]) -> tuple[int, int]:
    return round(frame_px[0] * PLATE_SCALE), round(frame_px[1] * PLATE_SCALE)


class _DryCanvas(Canvas):
    """A canvas on which rain, snow and lightning leave no mark: a video adds them later, in motion."""

    _layer = ""

    def dice(self, layer: str) -> random.Random:
        self._layer = layer
        return super().dice(layer)

    def lay(self, shape: Shape, top: Rgb, bottom: Rgb | None = None, strength: float = 1.0) -> None:
        if self._layer not in FALLING:
            super().lay(shape, top, bottom, strength)

    def glow(self, x: float, y: float, radius: float, colour: Rgb, strength: float = 1.0) -> None:
        if self._layer not in FALLING:
            super().glow(x, y, radius, colour, strength)


def paint_plate(script: Script, frame_px: tuple[int, int]) -> Plate:
    """The scene as `painting.paint` shows it, but without the caption, which would move with the plate."""
    size = plate_size(frame_px)
    scene = script.scene
    canvas = _DryCanvas(scene, script.palette, _painted_size(size), script.key)
    compose(canvas)
    has_sky = scene.stage not in STAGES_WITHOUT_SKY
    # No depth with borrowed colours: they are mapped by the tones of the whole picture. The sky alone has
    # other tones, so its colours would not fit.
    is_plain = not (script.palette_from or script.layout_from)
    sky = ground = None
    if has_sky and is_plain and scene.medium in MEDIA_WITH_DEPTH:
        behind = _DryCanvas(scene, script.palette, canvas.image.size, script.key)
        paint_sky(behind)
        ground = ground_mask(canvas, behind).resize(size, Image.Resampling.BILINEAR)
        sky = finish(behind, size)
    borrow_layout(canvas, script.layout_from)
    borrow_palette(canvas, script.palette_from)
    skyline = canvas.horizon / canvas.height
    return Plate(
        finish(canvas, size),
        sky,
        ground,
        waterline=_waterline(scene.stage, skyline),
        skyline=skyline if has_sky else None,
        light_at=(canvas.light_at[0] / canvas.width, canvas.light_at[1] / canvas.height),
        is_painted=True,
    )


def _waterline(stage: str, skyline: float) -> float | None:
    """Where water begins, as a share of the plate's height; 0 under water, where everything sways. None
    without water."""
    if stage == "underwater":
        return 0.0
    return skyline if stage in WATER else None


def _painted_size(size: tuple[int, int]) -> tuple[int, int]:
    """The size in which the plate is painted, within the painter's bounds: small ones are painted larger,
    large ones smaller."""
    width, height = size
    scale = max(
        1.0,
        math.sqrt(PAINTED_PIXELS_MIN / (width * height)),
        PAINTED_EDGE_PX_MIN / min(width, height),
    )
    scale = min(scale, math.sqrt(PAINTED_PIXELS_MAX / (width * height)))
    return max(2, round(width * scale)), max(2, round(height * scale))


def fit_plate(given: Picture, frame_px: tuple[int, int], name: str) -> Plate:
    """A given picture, cropped to the frame's aspect. Raises ValueError, which names it, where it cannot be
    read."""
    size = plate_size(frame_px)
    try:
        picture = on_white(given(max(size) * 2))
    except ValueError as error:
        raise ValueError(f"{name} is not an image") from error
    return Plate(ImageOps.fit(picture, size, Image.Resampling.LANCZOS))
