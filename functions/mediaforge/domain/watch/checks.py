"""The nightly check of the books: its rounds over all accounts, and how far back each of them looks."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# At least so far back: the check runs daily.
LOOKBACK = timedelta(hours=25)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER = timedelta(hours=1)
# So long it is made up for that an account could not be read: all others are looked at as far back.
_MADE_UP_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class CheckRound:
    """`system/check_round`: how far the nightly check has come in its round over all accounts, in the order
    of their ids: up to `after`. `runs` have begun with what follows, and none has come to the end of that.
    What was settled before `since` an earlier round has seen. `has_unread`: of an account that could not be
    read. What an earlier version wrote tells of no round."""

    after: str = ""
    runs: int = 0
    began_at: datetime | None = None
    since: datetime = BEGINNING
    has_unread: bool = False
    is_over: bool = True


def begin_round(known: CheckRound | None, now: datetime) -> CheckRound:
    """The round that is under way, or the next. That looks at what was settled since the one before began;
    where that one could not read all, at what that one looked at, too."""
    if known is not None and not known.is_over:
        return known
    since = now - LOOKBACK
    if known is not None and known.began_at is not None:
        since = min(since, known.began_at - _CLOCKS_DIFFER)
        if known.has_unread:
            since = min(since, max(known.since, now - _MADE_UP_FOR))
    return CheckRound(began_at=now, since=since, is_over=False)
