"""What falls or hangs between us and the scene."""

from PIL import Image, ImageChops

from .canvas import Canvas, Shape, Stencil, noise
from .palette import mix


def paint_weather(canvas: Canvas) -> None:
    weather = canvas.scene.weather
    if weather in ("rain", "storm"):
        _paint_rain(canvas)
    if weather == "storm":
        _paint_lightning(canvas)
    # In ink a white flake would come out as a black ring.
    if weather == "snow" and canvas.scene.medium != "ink":
        _paint_snow(canvas)
    if weather == "fog":
        # A second, thinner bank of mist in front of the subject, at its feet.
        paint_mist(canvas, canvas.horizon + canvas.unit * 0.16, 0.24, 0.6)


def paint_mist(canvas: Canvas, y: float, thick: float, strength: float) -> None:
    """A bank of mist centred on y, torn by noise."""
    high = max(4, round(canvas.unit * thick))
    top = round(y - high / 2)
    fall = (
        Image.linear_gradient("L")
        .resize((canvas.width, high))
        .point([round(strength * (255 - abs(255 - 2 * v))) for v in range(256)])
    )
    torn = noise(canvas.dice(f"mist {thick}"), (canvas.width, high), (4, 6), 3).point(
        [110 + round(v * 0.57) for v in range(256)]
    )
    mask = ImageChops.multiply(fall, torn)
    canvas.image.paste(mix(canvas.palette.haze, canvas.palette.sky[3], 0.4), (0, top), mask)


def _paint_rain(canvas: Canvas) -> None:
    dice = canvas.dice("rain")
    slant = 0.16 * canvas.side
    for near, count in ((0.3, 260), (0.65, 130), (1.0, 45)):
        stencil = Stencil(canvas)
        for _ in range(round(count * canvas.width * canvas.height / canvas.unit**2)):
            x, y = dice.uniform(-0.1, 1.1) * canvas.width, dice.uniform(-0.1, 1) * canvas.height
            length = canvas.unit * (0.02 + 0.06 * near) * dice.uniform(0.6, 1.3)
            stencil.stroke(
                [(x, y), (x + slant * length, y + length)],
                canvas.unit * 0.0012 * near,
                ink=dice.randint(90, 230),
            )
        canvas.lay(
            stencil.cut(),
            mix(canvas.palette.sky[3], (255, 255, 255), 0.45),
            strength=0.22 + 0.2 * near,
        )


def _paint_snow(canvas: Canvas) -> None:
    dice = canvas.dice("snow")
    for near, count in ((0.2, 260), (0.5, 110), (1.0, 26)):
        stencil = Stencil(canvas)
        for _ in range(round(count * canvas.width * canvas.height / canvas.unit**2)):
            radius = canvas.unit * (0.0012 + 0.005 * near) * dice.uniform(0.6, 1.3)
            stencil.ellipse(
                dice.uniform(0, canvas.width), dice.uniform(0, canvas.height), radius, radius * 0.9
            )
        canvas.lay(stencil.cut(), (250, 250, 252), strength=0.85 - 0.3 * near)


def _paint_lightning(canvas: Canvas) -> None:
    dice = canvas.dice("lightning")
    x, y = canvas.width - canvas.focus, 0.0
    points = [(x, y)]
    while y < canvas.horizon:
        x += dice.uniform(-0.04, 0.04) * canvas.unit
        y += canvas.unit * dice.uniform(0.02, 0.06)
        points.append((x, min(y, float(canvas.horizon))))
    stencil = Stencil(canvas, (0, 0, canvas.width, canvas.horizon))
    stencil.stroke(points, canvas.unit * 0.004)
    fork = points[len(points) // 2 :]
    stencil.stroke(
        [
            (points[0][0] + (px - points[0][0]) * 1.0 + (py - fork[0][1]) * 0.35, py)
            for px, py in fork
        ],
        canvas.unit * 0.002,
    )
    shape: Shape = stencil.cut()
    canvas.glow(
        points[len(points) // 2][0], canvas.horizon * 0.5, canvas.unit * 0.5, (190, 200, 255), 0.4
    )
    canvas.lay(shape, (246, 246, 255))
