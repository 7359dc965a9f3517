"""Calls that wait for each other's answers, made at the same time."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

# A worker has one processor, and Storage's client ten connections.
_AT_ONCE = 8


def side_by_side(act: Callable[[A], B], each: Iterable[A]) -> list[B]:
    """What `act` answers for each, in their order. Raises what it raised for the first of them."""
    items = list(each)
    if len(items) <= 1:
        return [act(item) for item in items]
    with ThreadPoolExecutor(min(_AT_ONCE, len(items))) as pool:
        return list(pool.map(act, items))
