"""The built-in painter: makes a real picture of a prompt with Pillow alone, always the same bytes."""

import io
import math
import unicodedata
from collections.abc import Sequence

from PIL import Image

from .canvas import Canvas, dice_from
from .caption import write_caption
from .compose import compose
from .cutout import mask_of
from .finish import finish
from .palette import choose_palette
from .reference import (
    Picture,
    borrow_layout,
    borrow_palette,
    open_edited,
    open_references,
)
from .scene import read_scene

__all__ = ["Picture", "paint"]

PAINTED_PIXELS_MIN, PAINTED_PIXELS_MAX = 200_000, 1_050_000
PAINTED_EDGE_PX_MIN = 160
PAINTED_OVER = 0.45


def paint(
    prompt: str,
    *,
    seed: int,
    width: int,
    height: int,
    style: str | None = None,
    negative_prompt: str = "",
    palette_from: Sequence[Picture] = (),
    composition_from: Sequence[Picture] = (),
    edit_of: Picture | None = None,
    is_cut_out: bool = False,
) -> bytes:
    """A PNG of exactly width by height pixels; the same arguments always give the same bytes.

    `edit_of` is a picture that shows through what is painted of the prompt, in its own colours and light.
    `is_cut_out`: nothing is painted behind the subject. References are opened when they are needed. Raises
    ValueError, with its number, for one that cannot be read.
    """
    colours_from, layouts_from = open_references(palette_from, composition_from)
    edited = open_edited(edit_of, (width, height)) if edit_of is not None else None
    if edited is not None:
        colours_from, layouts_from = [edited.small, *colours_from], [edited.small, *layouts_from]
    scene = read_scene(prompt, style, negative_prompt)
    # Size and style are not in the key, so that the same words and seed have the same composition in every
    # medium.
    key = f"{' '.join(unicodedata.normalize('NFKC', prompt).casefold().split())}\x1f{seed}"
    palette = choose_palette(scene, dice_from(key, "palette"))
    canvas = Canvas(scene, palette, _painted_size(width, height), key)
    compose(canvas)
    cut_out = mask_of(canvas).resize((width, height)) if is_cut_out else None
    borrow_layout(canvas, layouts_from)
    borrow_palette(canvas, colours_from)
    picture = finish(canvas, (width, height))
    if edited is not None:
        picture = Image.blend(edited.picture, picture, PAINTED_OVER)
    write_caption(picture, prompt, scene.title)
    if cut_out is not None:
        picture.putalpha(cut_out)
    return _encode(picture)


def _painted_size(width: int, height: int) -> tuple[int, int]:
    """Small pictures are painted larger, for room, and large ones smaller, for time."""
    scale = max(
        1.0,
        math.sqrt(PAINTED_PIXELS_MIN / (width * height)),
        PAINTED_EDGE_PX_MIN / min(width, height),
    )
    scale = min(scale, math.sqrt(PAINTED_PIXELS_MAX / (width * height)))
    return max(2, round(width * scale)), max(2, round(height * scale))


def _encode(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=False, compress_level=3)
    return buffer.getvalue()
