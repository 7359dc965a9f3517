"""Things in the air: where each of them is at a time, and how it is laid on a frame."""

import math
from dataclasses import dataclass

from PIL import Image

from painter.painting.palette import Rgb

from .camera import Box

# How far beyond the frame a particle goes before it comes back at the other side, as a share of the frame.
BEYOND = 0.08
LEVELS = 9
"""In how many steps a particle's light comes and goes."""


@dataclass(frozen=True, slots=True)
class Particle:
    """Places are shares of the frame, paces in frames' heights a second, rates in 1/s."""

    x: float
    y: float
    pace: tuple[float, float]
    sway: float
    rate: float
    phase: float
    nearness: float

    def at(self, time_s: float, aspect: float) -> tuple[float, float]:
        """Its place in shares of the frame. What leaves comes back at the other side."""
        swung = self.sway * math.sin(math.tau * self.rate * time_s + self.phase)
        x = self.x + (self.pace[0] * time_s + swung) / aspect
        y = self.y + self.pace[1] * time_s + 0.4 * swung
        return _come_back(x), _come_back(y)


def _come_back(place: float) -> float:
    return (place + BEYOND) % (1 + 2 * BEYOND) - BEYOND


@dataclass(frozen=True)
class Swarm:
    """Particles of one kind, each with its shape, a mask. `blinks` lets their light come and go.
    `anchored` ones belong to the plate and keep their place in it; the others hang before the camera."""

    particles: tuple[Particle, ...]
    colours: tuple[Rgb, ...]
    shapes: tuple[Image.Image, ...]
    """One for each particle; equal ones are the same object."""
    blinks: bool = False
    anchored: bool = False

    def fly_over(
        self, frame: Image.Image, view: Box, time_s: float, presence: float
    ) -> Image.Image:
        """Draws all of them. `view` is what the frame shows of the plate, in shares of it."""
        aspect = frame.width / frame.height
        for number, (particle, shape) in enumerate(zip(self.particles, self.shapes, strict=True)):
            x, y = (particle.x, particle.y) if self.anchored else particle.at(time_s, aspect)
            if self.anchored:
                x = (x - view[0]) / (view[2] - view[0])
                y = (y - view[1]) / (view[3] - view[1])
            light = presence * (_blink(particle, time_s) if self.blinks else 1.0)
            colour = self.colours[number % len(self.colours)]
            _stamp(frame, shape, (x * frame.width, y * frame.height), colour, light)
        return frame


def _blink(particle: Particle, time_s: float) -> float:
    wave = 0.5 + 0.5 * math.sin(math.tau * particle.rate * time_s + particle.phase)
    return wave * wave


def _stamp(
    frame: Image.Image, shape: Image.Image, at: tuple[float, float], colour: Rgb, light: float
) -> None:
    """Lay a shape centred on a place between pixels: whole ones would let slow things jerk."""
    level = round(light * LEVELS)
    if level == 0:
        return
    left, top = at[0] - shape.width / 2, at[1] - shape.height / 2
    if not (-shape.width < left < frame.width and -shape.height < top < frame.height):
        return
    dx, dy = left - math.floor(left), top - math.floor(top)
    mask = shape.transform(
        shape.size, Image.Transform.AFFINE, (1, 0, -dx, 0, 1, -dy), Image.Resampling.BILINEAR
    )
    if level < LEVELS:
        mask = mask.point([v * level // LEVELS for v in range(256)])
    frame.paste(colour, (math.floor(left), math.floor(top)), mask)
