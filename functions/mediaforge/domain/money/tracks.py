"""Turns: whose work gets an account's next slot. Each of its batches with rows that may start has a track,
and all single jobs together have one. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

W = TypeVar("W")

SINGLE_JOBS = ""
"""The name of the track of all single jobs. A batch's track has the batch's id."""

_NEVER = -1
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Track:
    """A batch of the account with rows that may start now."""

    priority: int
    """The rank of the batch's priority."""
    created_at: datetime
    """When the batch was accepted. Of two tracks that were never served the older one is first."""
    turn: int = _NEVER
    """The number of the slot that the track got last; -1 before its first."""


@dataclass(frozen=True, slots=True)
class Waiting(Generic[W]):
    """Something that waits for a slot, with its priority's rank."""

    priority: int
    work: W


@dataclass(frozen=True, slots=True)
class Line(Generic[W]):
    """What waits on one track, in its order, and the track's last turn."""

    turn: int
    since: datetime
    waiting: Sequence[Waiting[W]]


def in_turn(lines: Mapping[str, Line[W]], first_turn: int) -> Iterator[tuple[str, W]]:
    """Everything that waits, in the order in which it gets slots, each with the name of its track. Among the
    highest priority that waits, the track that was served longest ago is next. So with k tracks of one
    priority each of them waits for at most k - 1 slots that others get. A lower priority waits for all
    higher ones. `first_turn` is the number of the next slot."""
    left = {name: list(line.waiting) for name, line in lines.items() if line.waiting}
    turns = {name: line.turn for name, line in lines.items()}
    turn = first_turn
    while left:
        name = min(
            left,
            key=lambda each: (-left[each][0].priority, turns[each], lines[each].since, each),
        )
        yield name, left[name].pop(0).work
        if not left[name]:
            del left[name]
        turns[name], turn = turn, turn + 1


def line_of(track: Track | None, waiting: Sequence[Waiting[W]]) -> Line[W]:
    """The line of a batch whose `track` may be gone, since only jobs of it wait and no rows."""
    if track is None:
        return Line(_NEVER, _FIRST, waiting)
    return Line(track.turn, track.created_at, waiting)


def single_line(turn: int, waiting: Sequence[Waiting[W]]) -> Line[W]:
    return Line(turn, _FIRST, waiting)
