"""What is counted over time, and the limits on it: by the minute, by the day, by the hour. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce

from mediaforge.domain.errors import BusyError, QuotaExceededError, RateLimitedError
from mediaforge.domain.jobs.job import JobKind

RATE_WINDOW_S = 60
SPEND_WINDOW_S = 3600
_SPEND_SLICE_S = 300
_DIRECTION_S = 10  # about as long as a director takes


@dataclass(frozen=True, slots=True)
class Usage:
    """What was asked for on one UTC day. Of what is over its account gets back, the same day, what was never
    begun: what was begun may have been billed. A member gets back what has not *spent* either, so nothing
    that a provider was asked for (GLOSSARY.md). `directions` were asked of the creative director,
    `direction_refusals` are those it said no to."""

    day: str = ""
    images: int = 0
    videos: int = 0
    credits: int = 0
    trainings: int = 0
    directions: int = 0
    direction_refusals: int = 0
    teams: int = 0  # that a user has made


@dataclass(frozen=True, slots=True)
class DailyLimits:
    """The most that may be asked for on one UTC day. None is no limit."""

    images: int | None = None
    videos: int | None = None
    credits: int | None = None
    trainings: int | None = None


@dataclass(frozen=True, slots=True)
class DirectionLimits:
    """The most that the creative director may be asked on one UTC day, and say no to. None is no limit."""

    directions: int | None = None
    refusals: int | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """What one job of a submission asks for. `credits` is its estimate."""

    kind: JobKind
    count: int
    credits: int


@dataclass(frozen=True, slots=True)
class RateWindow:
    """Submissions of the last minute, counted by the second (since 1970) of their acceptance: a
    window that slides, so that no burst at a seam passes twice, in at most 60 small numbers."""

    seconds: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SpendWindow:
    """Credits begun in the last hour, by slices of five minutes (counted since 1970)."""

    slices: Mapping[str, int] = field(default_factory=dict)


def count_usage(
    usage: Usage, limits: DailyLimits, demands: Sequence[Demand], now: datetime, whose: str
) -> Usage:
    """The usage after all of `demands`. Raises QuotaExceededError; `whose` is "tier" or "member"."""
    today = _today(usage, now)
    after = reduce(_used_more, demands, today)
    for what in ("images", "videos", "trainings", "credits"):
        limit, used = getattr(limits, what), getattr(today, what)
        if limit is not None and getattr(after, what) > max(limit, used):
            raise QuotaExceededError(whose, what, limit, used, _next_midnight(now))
    return after


def give_back(usage: Usage, unused: Demand, submitted_at: datetime, now: datetime) -> Usage:
    """The usage without what was never begun, if it was counted today."""
    today = _today(usage, now)
    if not unused.count or day_of(submitted_at) != today.day:
        return usage
    return _used_more(today, Demand(unused.kind, -unused.count, -unused.credits))


def count_direction(usage: Usage, limits: DirectionLimits, asking: int, now: datetime) -> Usage:
    """The usage after one more direction, while `asking` others are under way. Raises QuotaExceededError;
    BusyError where the director may yet say no to so many of the others that none is left."""
    today = _today(usage, now)
    _check_limit("directions", limits.directions, today.directions, now)
    _check_limit("direction_refusals", limits.refusals, today.direction_refusals, now)
    if limits.refusals is not None and today.direction_refusals + asking >= limits.refusals:
        raise BusyError(f"{asking} directions are under way", retry_after_s=_DIRECTION_S)
    return replace(today, directions=today.directions + 1)


def count_refusal(usage: Usage, now: datetime) -> Usage:
    """The usage after the creative director has said no."""
    today = _today(usage, now)
    return replace(today, direction_refusals=today.direction_refusals + 1)


def give_back_direction(usage: Usage, asked_at: datetime, now: datetime) -> Usage:
    """The usage without one direction that cost nobody anything, if it was counted today."""
    today = _today(usage, now)
    if day_of(asked_at) != today.day:
        return usage
    return replace(today, directions=max(0, today.directions - 1))


def count_team(usage: Usage, limit: int, now: datetime) -> Usage:
    """The usage after one more team. Raises QuotaExceededError."""
    today = _today(usage, now)
    _check_limit("teams", limit, today.teams, now)
    return replace(today, teams=today.teams + 1)


def _check_limit(what: str, limit: int | None, used: int, now: datetime) -> None:
    if limit is not None and used >= limit:
        raise QuotaExceededError("tier", what, limit, used, _next_midnight(now))


def count_submission(rate: RateWindow, limit: int, now: datetime) -> RateWindow:
    """The window after one more; raises RateLimitedError when `limit` a minute would be passed."""
    second = int(now.timestamp())
    recent = {s: n for s, n in rate.seconds.items() if int(s) > second - RATE_WINDOW_S}
    if sum(recent.values()) >= limit:
        wait_s = min(map(int, recent)) + RATE_WINDOW_S - now.timestamp()
        raise RateLimitedError(limit, max(1, math.ceil(wait_s)))
    return RateWindow({**recent, str(second): recent.get(str(second), 0) + 1})


def count_spend(spend: SpendWindow, amount: int, now: datetime) -> SpendWindow:
    recent = _of_the_hour(spend, now)
    current = slice_of(now)
    return SpendWindow({**recent, current: recent.get(current, 0) + amount})


def slice_of(moment: datetime) -> str:
    """In which of the slices it falls."""
    return str(int(moment.timestamp() // _SPEND_SLICE_S))


def _of_the_hour(spend: SpendWindow, now: datetime) -> dict[str, int]:
    first = (now.timestamp() - SPEND_WINDOW_S) // _SPEND_SLICE_S
    return {s: n for s, n in spend.slices.items() if int(s) >= first}


def take_off_spend(spend: SpendWindow, amount: int, counted_at: datetime) -> SpendWindow:
    """The window without what was counted then and never began."""
    key = slice_of(counted_at)
    if key not in spend.slices:
        return spend
    return SpendWindow({**spend.slices, key: max(0, spend.slices[key] - amount)})


def spent(spend: SpendWindow, now: datetime) -> int:
    """Credits begun in the hour until now; what falls in a slice that reaches into it counts."""
    return sum(_of_the_hour(spend, now).values())


def day_of(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()


def month_of(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m")


def beginning_of(month: str) -> datetime:
    return datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)


def month_after(month: str) -> str:
    return month_of(beginning_of(month) + timedelta(days=31))


def _today(usage: Usage, now: datetime) -> Usage:
    # ISO days compare as text. A clock that is behind must not wipe what a later day has counted.
    return usage if usage.day >= day_of(now) else Usage(day_of(now))


def _used_more(usage: Usage, demand: Demand) -> Usage:
    used = replace(usage, credits=max(0, usage.credits + demand.credits))
    if demand.kind is JobKind.IMAGE:
        return replace(used, images=max(0, used.images + demand.count))
    if demand.kind is JobKind.VIDEO:
        return replace(used, videos=max(0, used.videos + demand.count))
    return replace(used, trainings=max(0, used.trainings + demand.count))


def _next_midnight(now: datetime) -> datetime:
    today: date = now.astimezone(UTC).date()
    return datetime.combine(today + timedelta(days=1), time(), UTC)
