"""The last step: the medium's own look, then the exact size asked for."""

from collections.abc import Callable

from PIL import Image, ImageFilter

from .camera import light_in_neon, take_photo, vignette
from .canvas import Canvas, dice_from
from .ink import paint_in_ink
from .oil import paint_in_oil
from .paper import fine_grain, multiply, paper_relief, soft_light
from .print_press import draw_in_pixels, print_poster
from .watercolor import paint_in_watercolor

GRAIN_AFTER_ENLARGING = 0.1


def paint_in_gouache(canvas: Canvas) -> Image.Image:
    """The house style: matt opaque paint on toothy paper, every edge a little soft."""
    picture = soft_light(canvas.image, paper_relief(canvas.dice("tooth"), canvas.image.size, 0.1))
    picture = soft_light(picture, fine_grain(canvas.dice("pigment"), picture.size, 0.12))
    return multiply(picture, vignette(picture.size, 0.22))


_MEDIA: dict[str, Callable[[Canvas], Image.Image]] = {
    "gouache": paint_in_gouache,
    "oil": paint_in_oil,
    "watercolor": paint_in_watercolor,
    "ink": paint_in_ink,
    "neon": light_in_neon,
    "pixel": draw_in_pixels,
    "photo": take_photo,
    "poster": print_poster,
}


def finish(canvas: Canvas, size: tuple[int, int]) -> Image.Image:
    picture = _MEDIA[canvas.scene.medium](canvas)
    if canvas.scene.medium == "pixel":
        return picture.resize(size, Image.Resampling.NEAREST)
    enlarged = size[0] > picture.width
    picture = picture.resize(size, Image.Resampling.LANCZOS)
    if enlarged:
        # Enlarging takes the finest texture away: sharpen what is left and lay new grain over it.
        picture = picture.filter(ImageFilter.UnsharpMask(1.6, 60, 2))
        picture = soft_light(
            picture, fine_grain(dice_from(canvas.key, "enlarged"), size, GRAIN_AFTER_ENLARGING)
        )
    return picture
