"""The fuses that are not an account's own: the project's, for all that was started in an hour, and that of a
lane, for what its tiers started. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from mediaforge.domain.lanes import Lane


@dataclass(frozen=True, slots=True)
class Fuse:
    """What was started before `reset_at` is not counted again."""

    blown_at: datetime | None = None
    reset_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProjectFuse:
    """`fuses/project`: blown when all accounts together start too much in an hour; in `lanes` those of the
    lanes that have one of their own. An operator resets each through `controlAccount`, or here: by deleting
    the document, or with `blown_at` set to null and `reset_at` to now."""

    blown_at: datetime | None = None
    reset_at: datetime | None = None
    lanes: Mapping[str, Fuse] = field(default_factory=dict)


def part_of(fuse: ProjectFuse, lane: Lane | None) -> Fuse:
    """The lane's fuse; the whole project's for no lane."""
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
    """The operator has looked: what was started until now is forgotten."""
    return with_part(fuse, lane, Fuse(reset_at=now))


def stops(fuse: ProjectFuse, lane: Lane) -> bool:
    """Whether nothing of that lane begins."""
    return fuse.blown_at is not None or part_of(fuse, lane).blown_at is not None


def counted(started: Mapping[Lane, int], free_credits_max: int) -> int:
    """What counts in the project's fuse. Of free work no more than its own fuse lets through: what it starts
    beyond that stops free work, and is no reason to stop who pays."""
    return started.get(Lane.PAID, 0) + min(started.get(Lane.FREE, 0), free_credits_max)
