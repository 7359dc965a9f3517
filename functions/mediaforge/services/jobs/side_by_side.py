"""Makes calls at the same time that would otherwise wait for each other's answers."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

# Calls at a time: a worker has one processor, and the client of Storage ten connections.
_AT_ONCE = 8


def side_by_side(act: Callable[[A], B], each: Iterable[A]) -> list[B]:
    """What `act` answers for each, in their order. Raises the error of the first for which `act` raised."""
    items = list(each)
    if len(items) <= 1:
        return [act(item) for item in items]
    with ThreadPoolExecutor(min(_AT_ONCE, len(items))) as pool:
        return list(pool.map(act, items))
