"""What the media share: paper, canvas weave, grain, wandering edges, contours."""

import random

from PIL import Image, ImageChops, ImageFilter

from .canvas import noise


def fine_grain(dice: random.Random, size: tuple[int, int], strength: float) -> Image.Image:
    """Grey around 128 with single-pixel noise; for `soft_light`."""
    raw = Image.frombytes("L", size, dice.randbytes(size[0] * size[1]))
    return raw.point([round(128 + (v - 128) * strength) for v in range(256)])


def paper_relief(dice: random.Random, size: tuple[int, int], strength: float) -> Image.Image:
    """The bumps of rough paper under a light from the upper left, grey around 128."""
    bumps = Image.blend(
        noise(dice, size, (size[0] // 5, size[1] // 5), 1),
        noise(dice, size, (size[0] // 22, size[1] // 22), 2),
        0.35,
    )
    relief = bumps.filter(ImageFilter.EMBOSS)
    return relief.point(
        [round(128 + max(-90, min(90, (v - 128) * 2.4)) * strength) for v in range(256)]
    )


def weave_relief(
    dice: random.Random, size: tuple[int, int], pitch_px: int, strength: float
) -> Image.Image:
    """Canvas: a tile of crossed threads, made uneven by noise."""
    pitch = max(3, pitch_px)
    tile = Image.new("L", (pitch * 2, pitch * 2))
    over, under = Image.new("L", (pitch, pitch), 170), Image.new("L", (pitch, pitch), 92)
    for at, thread in (
        ((0, 0), over),
        ((pitch, 0), under),
        ((0, pitch), under),
        ((pitch, pitch), over),
    ):
        tile.paste(thread, at)
    strip = Image.new("L", (size[0], pitch * 2))
    for x in range(0, size[0], pitch * 2):
        strip.paste(tile, (x, 0))
    cloth = Image.new("L", size)
    for y in range(0, size[1], pitch * 2):
        cloth.paste(strip, (0, y))
    cloth = cloth.filter(ImageFilter.BoxBlur(pitch * 0.45))
    worn = noise(dice, size, (size[0] // 8, size[1] // 8), 2)
    return Image.blend(cloth, worn, 0.3).point(
        [round(128 + (v - 131) * strength) for v in range(256)]
    )


def soft_light(picture: Image.Image, relief: Image.Image) -> Image.Image:
    return ImageChops.soft_light(picture, Image.merge("RGB", [relief] * 3))


def multiply(picture: Image.Image, grey: Image.Image) -> Image.Image:
    return ImageChops.multiply(picture, Image.merge("RGB", [grey] * 3))


def wander(
    picture: Image.Image, dice: random.Random, cell_px: float, reach_px: float
) -> Image.Image:
    """Bend the picture over a grid of randomly moved knots, so that straight edges wobble."""
    width, height = picture.size
    columns, rows = max(2, round(width / cell_px)), max(2, round(height / cell_px))
    knots = [
        [
            (
                width * c / columns + dice.uniform(-1, 1) * reach_px,
                height * r / rows + dice.uniform(-1, 1) * reach_px,
            )
            for c in range(columns + 1)
        ]
        for r in range(rows + 1)
    ]
    xs = [round(width * c / columns) for c in range(columns + 1)]
    ys = [round(height * r / rows) for r in range(rows + 1)]
    mesh = [
        (
            (xs[c], ys[r], xs[c + 1], ys[r + 1]),
            (*knots[r][c], *knots[r + 1][c], *knots[r + 1][c + 1], *knots[r][c + 1]),
        )
        for r in range(rows)
        for c in range(columns)
    ]
    edged = picture.transform(picture.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)
    # Outside the picture Pillow reads black; the unmoved picture shows there instead.
    inside = Image.new("L", picture.size, 255).transform(
        picture.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR
    )
    return Image.composite(edged, picture, inside.point([0] * 255 + [255]))


def edges(picture: Image.Image, blur_px: float, gain: float) -> Image.Image:
    """Where the picture changes, white on black."""
    grey = picture.convert("L").filter(ImageFilter.GaussianBlur(blur_px))
    wide = grey.filter(ImageFilter.GaussianBlur(max(1.0, blur_px * 1.6)))
    return ImageChops.difference(grey, wide).point([min(255, round(v * gain)) for v in range(256)])
