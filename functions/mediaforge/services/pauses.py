"""Pauses between one look and the next, for a request that waits for something."""

from collections.abc import Iterator, Sequence
from itertools import chain, repeat


def pauses_s(wait_s: float, first_s: Sequence[float], then_s: float) -> Iterator[float]:
    """Pauses that come to `wait_s`: those of `first_s`, and then `then_s` each."""
    for pause_s in chain(first_s, repeat(then_s)):
        if wait_s <= 0:
            return
        yield min(pause_s, wait_s)
        wait_s -= pause_s
