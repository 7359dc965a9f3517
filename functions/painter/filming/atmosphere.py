"""Light that wanders over a frame, mist that drifts through it, lightning that lights it up."""

import math
from dataclasses import dataclass

from PIL import Image, ImageChops

from painter.painting.canvas import noise
from painter.painting.palette import mix

from .script import Script

# Light and mist have no edges: they are made this small and enlarged.
SMALL_HEIGHT_PX = 90
# Sheets of noise are this much larger than a frame, for the way they drift; then they come back.
SHEET_SCALE = 3
LIGHT_REACH = {"underwater": 30, "abstract": 22, "table": 14, "space": 12}
LIGHT_REACH_UNDER_SKY = 24
FLASH_S = 0.55
Small = tuple[int, int]


@dataclass(frozen=True)
class Drift:
    """A sheet of noise that drifts over the frame. `pace` is in heights of a frame a second, sideways and
    down."""

    sheet: Image.Image
    small: Small
    pace: tuple[float, float]

    def at(self, time_s: float) -> Image.Image:
        left, top = (
            _to_and_fro(pace * time_s * self.small[1], room - seen)
            for pace, room, seen in zip(self.pace, self.sheet.size, self.small, strict=True)
        )
        box = (left, top, left + self.small[0], top + self.small[1])
        return self.sheet.resize(self.small, Image.Resampling.BILINEAR, box=box)


def _to_and_fro(way: float, room: float) -> float:
    """Where in the sheet the frame is after drifting `way` from the middle: it turns round smoothly at the
    sides."""
    return room / 2 * (1 + math.sin(2 * way / room)) if room else 0.0


def _drift(
    script: Script, name: str, frame_px: Small, cells: int, pace: tuple[float, float]
) -> Drift:
    small = (max(2, round(SMALL_HEIGHT_PX * frame_px[0] / frame_px[1])), SMALL_HEIGHT_PX)
    size = (small[0] * SHEET_SCALE, small[1] * SHEET_SCALE)
    across = max(2, round(cells * size[0] / size[1]))
    return Drift(noise(script.dice(name), size, (across, cells), 3), small, pace)


class Light:
    """Cloud shadows under a sky, ripples of light under water, a slow breath elsewhere."""

    def __init__(self, script: Script, frame_px: Small, wind: float) -> None:
        stage = script.scene.stage
        self._reach = LIGHT_REACH.get(stage, LIGHT_REACH_UNDER_SKY)
        cells, pace = (12, 0.16) if stage == "underwater" else (5, 0.1)
        self._drift = _drift(script, "light", frame_px, cells, (wind * pace, pace / 3))
        self._flashes = _flashes(script)

    def fall_on(self, frame: Image.Image, time_s: float, presence: float) -> Image.Image:
        """Lights the frame. `presence` from 0 to 1 is how much of the light there is."""
        level = 128 + 110 * presence * self._flash(time_s)
        reach = self._reach * presence / 128
        table = [min(255, max(0, round(level + (v - 128) * reach))) for v in range(256)]
        light = self._drift.at(time_s).point(table)
        light = light.resize(frame.size, Image.Resampling.BILINEAR)
        return ImageChops.soft_light(frame, Image.merge("RGB", (light, light, light)))

    def _flash(self, time_s: float) -> float:
        """Lightning: up at once, flickering down. Rare and soft, since flicker makes some people ill."""
        since = [time_s - start for start in self._flashes if 0 <= time_s - start < FLASH_S]
        return max(((1 - age / FLASH_S) ** 2 for age in since), default=0.0)


def _flashes(script: Script) -> list[float]:
    """When lightning strikes, in seconds, for a minute: every three to six seconds."""
    if script.scene.weather != "storm":
        return []
    dice = script.dice("flashes")
    flashes, time_s = [], dice.uniform(0.8, 2.0)
    while time_s < 60:  # noqa: PLR2004 - no video is longer
        flashes.append(time_s)
        time_s += dice.uniform(3.0, 6.0)
    return flashes


class Mist:
    """Two banks of mist that drift at two paces, thickest at the horizon."""

    def __init__(
        self, script: Script, frame_px: Small, wind: float, centre: float, strength: float
    ) -> None:
        palette = script.palette
        self._colour = mix(palette.haze, palette.sky[3], 0.5)
        self._near = _drift(script, "near mist", frame_px, 4, (wind * 0.11, 0.012))
        self._far = _drift(script, "far mist", frame_px, 8, (wind * 0.05, 0.006))
        self._height = _bank(self._near.small, centre)
        self._strength = strength

    def lie_on(self, frame: Image.Image, time_s: float, presence: float) -> Image.Image:
        torn = ImageChops.multiply(_rounded(self._near.at(time_s)), _rounded(self._far.at(time_s)))
        strength = self._strength * presence
        mask = ImageChops.multiply(torn, self._height).point(
            [round(v * strength) for v in range(256)]
        )
        frame.paste(self._colour, (0, 0), mask.resize(frame.size, Image.Resampling.BILINEAR))
        return frame


def _rounded(sheet: Image.Image) -> Image.Image:
    """More contrast: thin places become clear, thick ones opaque."""
    return sheet.point([min(255, max(0, round((v - 40) * 1.45))) for v in range(256)])


def _bank(small: Small, centre: float) -> Image.Image:
    column = Image.new("L", (1, small[1]))
    column.putdata(
        [
            round(255 * math.exp(-(((row / small[1] - centre) / 0.34) ** 2)))
            for row in range(small[1])
        ]
    )
    return column.resize(small)


def mist_strength(script: Script, *, is_painted: bool) -> float:
    """How much mist the scene has, 0 for none. Over a given picture, only what was asked for."""
    scene = script.scene
    if scene.weather == "fog":
        return 0.6
    if not is_painted:
        return 0.0
    if scene.stage in ("abstract", "underwater", "table", "space"):
        return 0.0
    if scene.weather in ("rain", "storm", "snow") or scene.time == "dawn":
        return 0.4
    return 0.22 if scene.stage in ("mountain", "forest") else 0.0
