"""What falls, rises or glints: rain, snow, petals, leaves, bubbles, fireflies, dust, stars, water."""

import math
import random
from collections.abc import Callable

from PIL import Image

from painter.painting.palette import Rgb, mix
from painter.painting.scene import tokens

from .particles import BEYOND, Particle, Swarm
from .plate import Plate
from .script import Script
from .shapes import dash, glow, petal, ring, streak

SPARKLING = frozenset(
    ["sparkle", "sparkles", "sparkling", "glitter", "glittering", "magic", "magical"]
)
NEARNESS_STEPS = 8


def _scatter(
    dice: random.Random,
    count: int,
    pace: Callable[[float], tuple[float, float]],
    sway: float,
    rate: tuple[float, float],
) -> tuple[Particle, ...]:
    """Particles everywhere in the frame, the far ones first, so that near ones are drawn over them."""
    nearnesses = sorted(dice.random() ** 2.2 for _ in range(count))
    return tuple(
        Particle(
            dice.uniform(-BEYOND, 1 + BEYOND),
            dice.uniform(-BEYOND, 1 + BEYOND),
            pace(near),
            sway * (0.4 + near),
            dice.uniform(*rate),
            dice.uniform(0, math.tau),
            near,
        )
        for near in nearnesses
    )


def _steps(
    particles: tuple[Particle, ...], make: Callable[[float], Image.Image]
) -> tuple[Image.Image, ...]:
    """A shape for each particle, made once for each step of nearness."""
    made = [make((step + 0.5) / NEARNESS_STEPS) for step in range(NEARNESS_STEPS)]
    return tuple(
        made[int(particle.nearness * (NEARNESS_STEPS - 1) + 0.5)] for particle in particles
    )


def choose_swarms(
    script: Script, plate: Plate, frame_px: tuple[int, int], wind: float
) -> list[Swarm]:
    """What the scene has in its air. Over a given picture only what the prompt asks for flies."""
    scene, high = script.scene, frame_px[1]
    crowd = min(2.5, frame_px[0] / frame_px[1] / (16 / 9) + 0.2)
    swarms = []
    if plate.is_painted:
        swarms = _usual(script, plate, high, crowd)
    if scene.weather in ("rain", "storm"):
        swarms.append(_rain(script, high, wind, crowd))
    elif scene.weather == "snow":
        swarms.append(_snow(script, high, wind, crowd))
    elif scene.season in ("spring", "autumn") and scene.stage not in ("space", "underwater"):
        swarms.append(_petals(script, high, wind, crowd))
    if not SPARKLING.isdisjoint(tokens(script.prompt)):
        swarms.append(_dust(script, high, crowd, is_bright=True))
    return swarms


def _usual(script: Script, plate: Plate, high: int, crowd: float) -> list[Swarm]:
    """What belongs to the place and the time of day, whether the prompt says so or not."""
    scene = script.scene
    swarms = []
    is_dry = scene.weather not in ("rain", "storm", "fog")
    if scene.time == "night" and is_dry and plate.skyline is not None:
        swarms.append(_twinkle(script, plate, high, plate.skyline, crowd))
    if plate.waterline and is_dry:
        swarms.append(_glints(script, high, plate.waterline, plate.light_at[0], crowd))
    if scene.stage == "space":
        swarms.append(_twinkle(script, plate, high, 1.0, crowd))
    elif scene.stage == "underwater":
        swarms.append(_bubbles(script, high, crowd))
    elif (
        scene.stage in ("garden", "forest", "hills") and scene.time in ("dusk", "night") and is_dry
    ):
        swarms.append(_fireflies(script, high, crowd))
    elif scene.stage in ("table", "abstract", "forest", "desert") and is_dry:
        swarms.append(_dust(script, high, crowd, is_bright=False))
    return swarms


def _rain(script: Script, high: int, wind: float, crowd: float) -> Swarm:
    slant = 0.13 * wind
    count = round((150 if script.scene.weather == "rain" else 240) * crowd)
    particles = _scatter(
        script.dice("rain"),
        count,
        lambda near: (slant * (1.1 + near), 1.1 + near),
        0.0,
        (0.1, 0.2),
    )
    shapes = _steps(
        particles,
        lambda near: streak(
            high * (0.03 + 0.075 * near),
            slant,
            max(0.6, high * (0.0009 + 0.0014 * near)),
            round(70 + 70 * near),
        ),
    )
    return Swarm(particles, (mix(script.palette.sky[3], (255, 255, 255), 0.5),), shapes)


def _snow(script: Script, high: int, wind: float, crowd: float) -> Swarm:
    particles = _scatter(
        script.dice("snow"),
        round(190 * crowd),
        lambda near: (wind * (0.015 + 0.05 * near), 0.055 + 0.16 * near),
        0.014,
        (0.08, 0.28),
    )
    shapes = _steps(
        particles,
        lambda near: glow(max(1.2, high * (0.0028 + 0.011 * near)), round(235 - 80 * near), 0.45),
    )
    return Swarm(particles, ((252, 252, 255),), shapes)


def _petals(script: Script, high: int, wind: float, crowd: float) -> Swarm:
    """Blossom in spring, leaves in autumn."""
    is_autumn = script.scene.season == "autumn"
    particles = _scatter(
        script.dice("petals"),
        round(34 * crowd),
        lambda near: (wind * (0.05 + 0.07 * near), 0.05 + 0.09 * near),
        0.03,
        (0.12, 0.35),
    )
    turns = script.dice("turns")
    shapes = tuple(
        petal(
            max(2.5, high * (0.008 + 0.016 * particle.nearness)),
            turns.uniform(0, math.tau),
            round(210 - 50 * particle.nearness),
        )
        for particle in particles
    )
    leaf = script.palette.accent
    colours: tuple[Rgb, ...] = ((250, 214, 222), (246, 190, 205), (255, 235, 236))
    if is_autumn:
        colours = (mix(leaf, (206, 120, 40), 0.5), (190, 84, 40), (222, 164, 66))
    return Swarm(particles, colours, shapes)


def _bubbles(script: Script, high: int, crowd: float) -> Swarm:
    particles = _scatter(
        script.dice("bubbles"),
        round(34 * crowd),
        lambda near: (0.0, -(0.05 + 0.1 * near)),
        0.008,
        (0.2, 0.5),
    )
    shapes = _steps(
        particles,
        lambda near: ring(max(1.0, high * (0.0018 + 0.007 * near)), round(150 - 40 * near)),
    )
    return Swarm(particles, ((226, 248, 246),), shapes)


def _dust(script: Script, high: int, crowd: float, *, is_bright: bool) -> Swarm:
    """Motes in a beam of light; many and bright where the prompt asks for sparkle."""
    particles = _scatter(
        script.dice("dust"),
        round((70 if is_bright else 26) * crowd),
        lambda near: (0.006 + 0.012 * near, -0.004 - 0.01 * near),
        0.016,
        (0.12, 0.5),
    )
    ink = 225 if is_bright else 95
    shapes = _steps(particles, lambda near: glow(max(1.2, high * (0.002 + 0.01 * near)), ink, 0.1))
    return Swarm(particles, (mix(script.palette.light, (255, 250, 235), 0.5),), shapes, blinks=True)


def _fireflies(script: Script, high: int, crowd: float) -> Swarm:
    particles = _scatter(
        script.dice("fireflies"),
        round(26 * crowd),
        lambda _near: (0.006, -0.008),
        0.05,
        (0.1, 0.3),
    )
    # Fireflies stay in the lower half of the frame, near the grass.
    low = tuple(
        Particle(p.x, 0.5 + 0.5 * p.y, (p.pace[0], 0.0), p.sway, p.rate, p.phase, p.nearness)
        for p in particles
    )
    shapes = _steps(low, lambda near: glow(max(2.0, high * (0.006 + 0.014 * near)), 240, 0.12))
    return Swarm(low, ((255, 226, 140), (230, 255, 160)), shapes, blinks=True)


def _twinkle(script: Script, plate: Plate, high: int, skyline: float, crowd: float) -> Swarm:
    """Stars that come and go between the painted ones, and keep their place among them."""
    dice = script.dice("twinkle")
    stars = (
        Particle(
            dice.random(),
            skyline * 0.8 * dice.random() ** 1.3,
            (0.0, 0.0),
            0.0,
            dice.uniform(0.15, 0.5),
            dice.uniform(0, math.tau),
            dice.random(),
        )
        for _ in range(round(46 * crowd))
    )
    particles = tuple(star for star in stars if plate.shows_sky(star.x, star.y))
    shapes = _steps(particles, lambda near: glow(max(1.2, high * (0.002 + 0.003 * near)), 235))
    return Swarm(
        particles,
        (mix(script.palette.light, (255, 255, 255), 0.6),),
        shapes,
        blinks=True,
        anchored=True,
    )


def _glints(script: Script, high: int, waterline: float, light_x: float, crowd: float) -> Swarm:
    """Sparks on the water, most of them where the light's path lies."""
    dice = script.dice("glints")
    particles = []
    for _ in range(round(120 * crowd)):
        near = dice.random() ** 1.3
        x = light_x + dice.gauss(0, 0.05 + 0.09 * near)
        y = waterline + (1 - waterline) * near
        rate, phase = dice.uniform(0.35, 0.9), dice.uniform(0, math.tau)
        particles.append(Particle(x, y, (0.0, 0.0), 0.0, rate, phase, near))
    shapes = _steps(
        tuple(particles),
        lambda near: dash(
            max(2.5, high * (0.01 + 0.04 * near)), max(1.2, high * (0.002 + 0.004 * near)), 225
        ),
    )
    colour = mix(script.palette.light, script.palette.sky[3], 0.2)
    return Swarm(tuple(particles), (colour,), shapes, blinks=True, anchored=True)
