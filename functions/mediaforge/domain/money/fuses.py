"""The fuses above the accounts' own: the project's, which counts all that was started in an hour, and a
lane's, which counts what accounts of that lane started. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from mediaforge.domain.lanes import Lane


@dataclass(frozen=True, slots=True)
class Fuse:
    """One fuse. Starts before `reset_at` no longer count."""

    blown_at: datetime | None = None
    reset_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProjectFuse:
    """`fuses/project`: blown when all accounts together start too much in an hour. `lanes` has the fuses of
    the lanes that have one. An operator resets each through `controlAccount`, or in this document: by
    deleting it, or by setting `blown_at` to null and `reset_at` to now."""

    blown_at: datetime | None = None
    reset_at: datetime | None = None
    lanes: Mapping[str, Fuse] = field(default_factory=dict)


def part_of(fuse: ProjectFuse, lane: Lane | None) -> Fuse:
    """The lane's fuse; for None the whole project's."""
    if lane is None:
        return Fuse(fuse.blown_at, fuse.reset_at)
    return fuse.lanes.get(lane.value, Fuse())


def with_part(fuse: ProjectFuse, lane: Lane | None, part: Fuse) -> ProjectFuse:
    if lane is None:
        return replace(fuse, blown_at=part.blown_at, reset_at=part.reset_at)
    return replace(fuse, lanes={**fuse.lanes, lane.value: part})


def blow(fuse: ProjectFuse, lane: Lane | None, now: datetime) -> ProjectFuse:
    return with_part(fuse, lane, replace(part_of(fuse, lane), blown_at=now))


def reset(fuse: ProjectFuse, lane: Lane | None, now: datetime) -> ProjectFuse:
    """An operator has reset the fuse: what was started until now no longer counts."""
    return with_part(fuse, lane, Fuse(reset_at=now))


def stops(fuse: ProjectFuse, lane: Lane) -> bool:
    """Whether a fuse lets nothing of that lane begin."""
    return fuse.blown_at is not None or part_of(fuse, lane).blown_at is not None


def counted(started: Mapping[Lane, int], free_credits_max: int) -> int:
    """The credits that count in the project's fuse. Free work counts up to the limit of the free lane's own
    fuse at most: free work beyond that must not stop paying accounts."""
    return started.get(Lane.PAID, 0) + min(started.get(Lane.FREE, 0), free_credits_max)
