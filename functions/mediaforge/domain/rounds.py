"""Rounds: what a nightly run does with all there is, in as many runs as that takes."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

R = TypeVar("R", bound="Round")

# At least so far back: a round begins daily.
LOOKBACK = timedelta(hours=25)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER = timedelta(hours=1)
# So long it is made up for that something could not be looked at.
_MADE_UP_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Round:
    """How far a round has come: where, its subclasses say. `runs` have begun with what follows, and none has
    come behind it. What is older than `since` an earlier round has seen. `has_missed`: of what could not be
    looked at. Where there is no `began_at`, an earlier version wrote it, and tells of no round."""

    began_at: datetime | None = None
    since: datetime = BEGINNING
    runs: int = 0
    has_missed: bool = False
    is_over: bool = True


def begin_round(known: R | None, anew: R, now: datetime) -> R:
    """The round that is under way, or the next, which begins at `anew`. That looks at all since the one
    before began; where that one has missed something, at what it looked at, too."""
    if known is not None and not known.is_over:
        return known
    since = now - LOOKBACK
    if known is not None and known.began_at is not None:
        since = min(since, known.began_at - _CLOCKS_DIFFER)
        if known.has_missed:
            since = min(since, max(known.since, now - _MADE_UP_FOR))
    return replace(anew, began_at=now, since=since, is_over=False)
