"""Makes calls at the same time that would otherwise wait for each other's answers."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

# Calls at a time: a worker has one processor, and the client of Storage ten connections.
AT_ONCE = 8


def side_by_side(act: Callable[[A], B], each: Iterable[A], at_once: int = AT_ONCE) -> list[B]:
    """What `act` answers for each, in their order. Raises the error of the first for which `act` raised."""
    items = list(each)
    if min(at_once, len(items)) <= 1:
        return [act(item) for item in items]
    with ThreadPoolExecutor(min(at_once, len(items))) as pool:
        return list(pool.map(act, items))
