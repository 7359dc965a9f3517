"""Chance that can be repeated: a decision is a hash of the seed and of what is decided about.

Not one stream of random numbers: there a decision depends on how many were made before it, and a
second thread that draws one changes all that follow.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Chance:
    def __init__(self, seed: int) -> None:
        self.seed = seed

    def of(self, *about: object) -> float:
        """Uniform in [0, 1), and always the same for the same thing."""
        text = "|".join(map(str, (self.seed, *about)))
        digest = blake2b(text.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64

    def happens(self, probability: float, *about: object) -> bool:
        return self.of(*about) < probability

    def between(self, low: float, high: float, *about: object) -> float:
        return low + (high - low) * self.of(*about)

    def whole(self, low: int, high: int, *about: object) -> int:
        """A whole number, both ends included."""
        return low + int((high - low + 1) * self.of(*about))

    def one_of(self, options: Sequence[T], *about: object) -> T:
        return options[int(len(options) * self.of(*about))]

    def weighted(self, weights: Mapping[T, float], *about: object) -> T:
        """One of the keys; each is as likely as its part of the sum."""
        left = sum(weights.values()) * self.of(*about)
        for option, weight in weights.items():
            left -= weight
            if left < 0:
                return option
        return list(weights)[-1]
