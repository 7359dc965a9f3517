"""Taking samples of ours and of the floor by turns, so that the machine's noise meets both."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

WARM_UP_SHARE = 0.2
BLOCK_ROUNDS = 5

# Runs one sample, given its number, and answers what it measured in milliseconds.
Measure = Callable[[int], float]


@dataclass(frozen=True)
class Samples:
    """Measured values, all of one unit."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.values, n=20, method="inclusive")[-1]

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.values, n=100, method="inclusive")[-1]


@dataclass(frozen=True)
class Pair:
    """Ours beside the floor, measured in the same minutes."""

    ours: Samples
    floor: Samples

    @property
    def ratio(self) -> float:
        return self.ours.median / self.floor.median


def by_turns(at_once: int, count: int, *measures: Measure) -> list[Samples]:
    """At least `count` samples of each, `at_once` at a time, in blocks ABCABC. A fifth more come
    first, to warm up, and are dropped. The numbers that each gets start at 0."""
    block = 1 if at_once == 1 else at_once * BLOCK_ROUNDS
    dropped = math.ceil(count * WARM_UP_SHARE / block) * block
    total = dropped + math.ceil(count / block) * block
    values: list[list[float]] = [[] for _ in measures]
    with ThreadPoolExecutor(at_once) as threads:
        for first in range(0, total, block):
            for measure, measured in zip(measures, values, strict=True):
                measured.extend(threads.map(measure, range(first, first + block)))
    return [Samples(measured[dropped:]) for measured in values]
