"""Rounds: work of a nightly run over all documents or files, in as many runs as that takes."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

R = TypeVar("R", bound="Round")

# A round begins daily: it looks back a day at least, and an hour more.
LOOKBACK = timedelta(hours=25)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER = timedelta(hours=1)
# How far back a round looks to make up for what earlier rounds could not look at.
_MADE_UP_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Round:
    """How far a round has come. Its subclasses say where. `runs` counts the runs that began with
    the next page and did not get past it. What is older than `since` was seen by an earlier round.
    `has_missed`: something could not be looked at. Without `began_at` the document is of an
    earlier version, and no round is known."""

    began_at: datetime | None = None
    since: datetime = BEGINNING
    runs: int = 0
    has_missed: bool = False
    is_over: bool = True


def begin_round(known: R | None, anew: R, now: datetime) -> R:
    """The round that is under way, or the next one, which begins at `anew`. The next one
    looks at all that came since the one before began. If that one missed something, it also
    looks at what that one looked at."""
    if known is not None and not known.is_over:
        return known
    since = now - LOOKBACK
    if known is not None and known.began_at is not None:
        since = min(since, known.began_at - _CLOCKS_DIFFER)
        if known.has_missed:
            since = min(since, max(known.since, now - _MADE_UP_FOR))
    return replace(anew, began_at=now, since=since, is_over=False)
