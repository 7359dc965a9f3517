"""A quiet bed of sound: a slow chord that fits the scene's mood, and its weather or water."""

import array
import math
import random
import sys
from collections.abc import Iterator
from typing import TypeAlias

from .script import Script

# Low, so that a second of sound is quickly computed; no tone in it is higher than a third of this.
SAMPLE_RATE_HZ = 16_000
FADE_S = 1.2
CHORD_LEVEL, BED_LEVEL = 0.1, 0.11
ROOTS_HZ = (110.0, 123.47, 130.81, 146.83, 98.0)
# Ratios to the root: open fifths and ninths, with a major or a minor third.
BRIGHT = (1.0, 1.5, 2.0, 2.5, 3.0, 4.5)
DARK = (1.0, 1.5, 2.0, 2.4, 3.0, 3.6)


# `array.array` takes a type argument in annotations only, so this is a string.
Samples: TypeAlias = "array.array[int]"


def make_sound(script: Script, duration_s: int) -> Iterator[bytes]:
    """A second at a time: stereo, interleaved, 16 bits, little-endian, at `SAMPLE_RATE_HZ`."""
    chord = _Chord(script)
    bed = _Bed(script)
    for second in range(duration_s):
        times = [second + i / SAMPLE_RATE_HZ for i in range(SAMPLE_RATE_HZ)]
        left, right = chord.play(times)
        noise_left, noise_right = bed.play(times)
        loud = [_fade(time_s, duration_s) * 32_767 for time_s in times]
        samples = array.array("h", bytes(4 * SAMPLE_RATE_HZ))
        samples[0::2] = _mix(left, noise_left, loud)
        samples[1::2] = _mix(right, noise_right, loud)
        if sys.byteorder == "big":
            samples.byteswap()
        yield samples.tobytes()


def _fade(time_s: float, duration_s: int) -> float:
    reach = min(FADE_S, duration_s / 3)
    edge = min(1.0, time_s / reach, (duration_s - time_s) / reach)
    return edge * edge * (3 - 2 * edge)


def _mix(chord: list[float], bed: list[float], loud: list[float]) -> Samples:
    both = zip(chord, bed, loud, strict=True)
    return array.array("h", [round(max(-1.0, min(1.0, a + b)) * gain) for a, b, gain in both])


class _Chord:
    """Soft tones that swell one after the other, a little apart in the two ears."""

    def __init__(self, script: Script) -> None:
        dice = script.dice("chord")
        scene = script.scene
        is_dark = scene.mood == "gloom" or scene.weather in ("storm", "rain", "fog")
        root = dice.choice(ROOTS_HZ)
        self._tones = [
            (
                root * ratio,
                1 / (1 + 0.7 * number),
                dice.uniform(0.07, 0.16),
                dice.uniform(0, math.tau),
            )
            for number, ratio in enumerate(DARK if is_dark or scene.time == "night" else BRIGHT)
        ]

    def play(self, times: list[float]) -> tuple[list[float], list[float]]:
        left, right = [0.0] * len(times), [0.0] * len(times)
        for pitch_hz, level, swell_hz, phase in self._tones:
            beat, swell = math.tau * pitch_hz, math.tau * swell_hz
            # Swells are slow: their level is computed once a hundredth of a second.
            block = SAMPLE_RATE_HZ // 100
            for start in range(0, len(times), block):
                loud = CHORD_LEVEL * level * (0.6 + 0.4 * math.sin(swell * times[start] + phase))
                for i in range(start, start + block):
                    angle = beat * times[i] + phase
                    left[i] += loud * math.sin(angle)
                    right[i] += loud * math.sin(angle * 1.0007)
        return left, right


class _Bed:
    """Filtered noise: waves come and go, rain is bright and even, wind is low and slow."""

    def __init__(self, script: Script) -> None:
        scene = script.scene
        self._dice: random.Random = script.dice("bed")
        # How dull (0 to 1), how loud, how deep it swells and how often a second.
        if scene.weather in ("rain", "storm"):
            self._dull, self._loud, self._depth, self._swell_hz = 0.55, 0.55, 0.15, 0.13
        elif scene.stage in ("sea", "lake"):
            self._dull, self._loud, self._depth, self._swell_hz = 0.9, 1.5, 0.75, 0.14
        elif scene.stage in ("space", "table", "abstract"):
            self._dull, self._loud, self._depth, self._swell_hz = 0.985, 1.5, 0.3, 0.07
        else:
            self._dull, self._loud, self._depth, self._swell_hz = 0.965, 1.9, 0.55, 0.11
        self._held = [0.0, 0.0]

    def play(self, times: list[float]) -> tuple[list[float], list[float]]:
        left, right = (self._filtered(ear, len(times)) for ear in (0, 1))
        beat = math.tau * self._swell_hz
        swell = [
            BED_LEVEL * self._loud * (1 - self._depth * (0.5 + 0.5 * math.cos(beat * t)))
            for t in times
        ]
        return (
            [a * b for a, b in zip(left, swell, strict=True)],
            [a * b for a, b in zip(right, swell, strict=True)],
        )

    def _filtered(self, ear: int, count: int) -> list[float]:
        held, dull = self._held[ear], self._dull
        sharp = 1 - dull
        out = []
        for byte in self._dice.randbytes(count):
            held = dull * held + sharp * (byte / 127.5 - 1)
            out.append(held)
        self._held[ear] = held
        return out
