"""Media of light: a photograph, and neon."""

from PIL import Image, ImageChops, ImageFilter

from .canvas import Canvas
from .paper import edges, fine_grain, multiply, soft_light


def take_photo(canvas: Canvas) -> Image.Image:
    """Bloom round the lights, a shallow field, a film curve, a vignette and grain."""
    picture = _focus(canvas, canvas.image)
    picture = ImageChops.screen(picture, _bloom(canvas, picture, 168, 0.5))
    picture = _develop(picture)
    picture = multiply(picture, vignette(picture.size, 0.5))
    return soft_light(picture, fine_grain(canvas.dice("film"), picture.size, 0.3))


def _focus(canvas: Canvas, picture: Image.Image) -> Image.Image:
    """Sharp in a band about the ground, softer above and at our feet."""
    soft = _blur(picture, canvas.unit * 0.004)
    line = canvas.horizon / canvas.height
    falloff = Image.new("L", (1, 64))
    falloff.putdata(
        [min(255, round(max(0.0, abs(row / 63 - line) - 0.24) * 460)) for row in range(64)]
    )
    return Image.composite(soft, picture, falloff.resize(picture.size, Image.Resampling.BICUBIC))


def _blur(picture: Image.Image, radius_px: float) -> Image.Image:
    """A wide blur, done small: nobody can tell."""
    quarter = picture.resize(
        (max(1, picture.width // 4), max(1, picture.height // 4)), Image.Resampling.BOX
    )
    return quarter.filter(ImageFilter.GaussianBlur(max(0.5, radius_px / 4))).resize(
        picture.size, Image.Resampling.BICUBIC
    )


def _bloom(canvas: Canvas, picture: Image.Image, above: int, strength: float) -> Image.Image:
    bright = picture.point(
        [max(0, round((v - above) * 255 / (255 - above) * strength)) for v in range(256)] * 3
    )
    return _blur(bright, canvas.unit * 0.028)


def _develop(picture: Image.Image) -> Image.Image:
    """An S-curve a channel: warm lights, cool lifted shadows."""

    def curve(low: float, high: float, steep: float) -> list[int]:
        table = []
        for v in range(256):
            t = v / 255
            s = t * t * (3 - 2 * t)
            table.append(round(255 * (low + (high - low) * (t + (s - t) * steep))))
        return table

    return picture.point(
        curve(0.02, 1.0, 0.55) + curve(0.025, 0.985, 0.55) + curve(0.06, 0.94, 0.5)
    )


def vignette(size: tuple[int, int], strength: float) -> Image.Image:
    falloff = [round(255 * (1 - strength * max(0.0, v / 255 - 0.35) ** 1.6)) for v in range(256)]
    return Image.radial_gradient("L").point(falloff).resize(size, Image.Resampling.BICUBIC)


def light_in_neon(canvas: Canvas) -> Image.Image:
    """The scene goes dark; its contours become tubes of light in its own colours, which bleed."""
    source = canvas.image
    unit = canvas.unit
    dark = source.point([round(min(255, v * (0.62 + 0.5 * v / 255))) for v in range(256)] * 3)
    contour = edges(source, max(0.9, unit * 0.0011), 7).point(
        [max(0, min(255, round((v - 26) * 1.6))) for v in range(256)]
    )
    tubes = Image.composite(_electric(source), Image.new("RGB", source.size), contour)
    glow = ImageChops.add(_blur(tubes, unit * 0.006), _blur(tubes, unit * 0.024), 0.62)
    lit = ImageChops.screen(
        ImageChops.screen(dark, glow), tubes.point([round(v * 0.75) for v in range(256)] * 3)
    )
    lit = ImageChops.screen(lit, _bloom(canvas, lit, 150, 0.55))
    return multiply(lit, vignette(lit.size, 0.4))


def _electric(source: Image.Image) -> Image.Image:
    """The source's hues at full brightness and saturation."""
    soft = _blur(source, 8)
    hue, saturation, value = soft.convert("HSV").split()
    full = Image.merge(
        "HSV",
        (
            hue,
            saturation.point([min(255, 90 + round(v * 1.2)) for v in range(256)]),
            value.point([235] * 256),
        ),
    )
    return full.convert("RGB")
