"""What is counted over time, and the limits on it: by the minute, by the day, by the hour. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from typing import Any

from pydantic import SerializerFunctionWrapHandler, model_serializer, model_validator

from mediaforge.domain.errors import BusyError, QuotaExceededError, RateLimitedError
from mediaforge.domain.jobs.kinds import JobKind

RATE_WINDOW_S = 60
SPEND_WINDOW_S = 3600
_SPEND_SLICE_S = 300
_DIRECTION_S = 10  # seconds that a direction usually takes


@dataclass(frozen=True, slots=True)
class Usage:
    """What was asked for on one UTC day. An account gets back, on the same day, what has ended and
    was never begun, so that no worker has taken it: what was begun may have been billed. A member gets
    back only what nothing was spent on either, so nothing for which a provider was asked."""

    day: str = ""
    """The UTC day (`2026-11-29`) that is counted. On another day all counts are 0."""
    # None of them is 0: a kind that nobody asked for is not in it. Stored, each kind has its field.
    counts: Mapping[JobKind, int] = field(default_factory=dict)
    """How many {kinds} were asked for."""
    credits: int = 0
    """Credits that were asked for."""
    directions: int = 0
    """Briefs that the creative director was asked about."""
    direction_refusals: int = 0
    """Briefs that the creative director refused."""
    teams: int = 0  # teams that the user has made
    """Teams that the user has made."""
    exports: int = 0
    """Exports that the user has asked for."""

    def __post_init__(self) -> None:
        counted = {kind: count for kind, count in self.counts.items() if count}
        object.__setattr__(self, "counts", counted)

    def of(self, kind: JobKind) -> int:
        return self.counts.get(kind, 0)

    def named(self) -> dict[str, int]:
        """Everything that has a limit, by the name under which it is stored."""
        return {kind.plural: self.of(kind) for kind in JobKind} | {"credits": self.credits}

    @model_validator(mode="before")
    @classmethod
    def _from_stored(cls, stored: object) -> object:
        return _counts_gathered(stored)

    @model_serializer(mode="wrap")
    def _to_store(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _counts_spread(dump(self), self.named())


@dataclass(frozen=True, slots=True)
class DailyLimits:
    """The most that may be asked for on one UTC day. None, or a missing kind, means no limit."""

    counts: Mapping[JobKind, int] = field(default_factory=dict)
    """How many {kinds} may be asked for."""
    credits: int | None = None
    """Credits that may be spent."""

    def of(self, kind: JobKind) -> int | None:
        return self.counts.get(kind)

    def named(self) -> dict[str, int | None]:
        """The limits by the names that `Usage.named` has."""
        return {kind.plural: self.of(kind) for kind in JobKind} | {"credits": self.credits}

    @model_validator(mode="before")
    @classmethod
    def _from_stored(cls, stored: object) -> object:
        return _counts_gathered(stored)

    @model_serializer(mode="wrap")
    def _to_store(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _counts_spread(dump(self), self.named())


def _counts_gathered(stored: object) -> object:
    """Collects the counts of a stored document, where each is a field of its
    own, named by its kind: `images`."""
    if not isinstance(stored, Mapping):
        return stored
    counts = {kind: stored.get(kind.plural) for kind in JobKind}
    return {**stored, "counts": {kind: n for kind, n in counts.items() if n is not None}}


def _counts_spread(fields: Mapping[str, Any], named: Mapping[str, int | None]) -> dict[str, Any]:
    return {**{name: field for name, field in fields.items() if name != "counts"}, **named}


@dataclass(frozen=True, slots=True)
class DirectionLimits:
    """The most questions to the creative director, and the most refusals by
    it, on one UTC day. None: no limit."""

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
    """Submissions of the last minute, counted by the second (since 1970) of their
    acceptance. The window slides, so that a burst across a minute's boundary cannot pass
    twice; it holds at most 60 small numbers."""

    seconds: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SpendWindow:
    """Credits begun in the last hour, by slices of five minutes (counted since 1970)."""

    slices: Mapping[str, int] = field(default_factory=dict)


def count_usage(
    usage: Usage, limits: DailyLimits, demands: Sequence[Demand], now: datetime, whose: str
) -> Usage:
    """The usage after all of `demands`. Raises QuotaExceededError. `whose`
    limits they are: "tier", "member" or "key"."""
    today = _today(usage, now)
    after = reduce(_used_more, demands, today)
    used, asked = today.named(), after.named()
    for what, limit in limits.named().items():
        if limit is not None and asked[what] > max(limit, used[what]):
            raise QuotaExceededError(whose, what, limit, used[what], _next_midnight(now))
    return after


def give_back(usage: Usage, unused: Demand, submitted_at: datetime, now: datetime) -> Usage:
    """The usage without a job that was never begun, if the job was counted today."""
    today = _today(usage, now)
    if not unused.count or day_of(submitted_at) != today.day:
        return usage
    return _used_more(today, Demand(unused.kind, -unused.count, -unused.credits))


def count_direction(usage: Usage, limits: DirectionLimits, asking: int, now: datetime) -> Usage:
    """The usage after one more direction, while `asking` others are under way. Raises QuotaExceededError.
    Raises BusyError if refusals of those under way could use up what is left of the day's refusals."""
    today = _today(usage, now)
    _check_limit("directions", limits.directions, today.directions, now)
    _check_limit("direction_refusals", limits.refusals, today.direction_refusals, now)
    if limits.refusals is not None and today.direction_refusals + asking >= limits.refusals:
        raise BusyError(f"{asking} directions are under way", retry_after_s=_DIRECTION_S)
    return replace(today, directions=today.directions + 1)


def count_refusal(usage: Usage, now: datetime) -> Usage:
    """The usage after the creative director has refused a brief."""
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


def count_export(usage: Usage, limit: int, now: datetime) -> Usage:
    """The usage after one more export. Raises QuotaExceededError."""
    today = _today(usage, now)
    _check_limit("exports", limit, today.exports, now)
    return replace(today, exports=today.exports + 1)


def _check_limit(what: str, limit: int | None, used: int, now: datetime) -> None:
    if limit is not None and used >= limit:
        raise QuotaExceededError("tier", what, limit, used, _next_midnight(now))


def count_submission(rate: RateWindow, limit: int, now: datetime) -> RateWindow:
    """The window after one more submission. Raises RateLimitedError if it would exceed `limit` a minute."""
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
    """The key of the five-minute slice that the moment falls in."""
    return str(int(moment.timestamp() // _SPEND_SLICE_S))


def _of_the_hour(spend: SpendWindow, now: datetime) -> dict[str, int]:
    first = (now.timestamp() - SPEND_WINDOW_S) // _SPEND_SLICE_S
    return {s: n for s, n in spend.slices.items() if int(s) >= first}


def take_off_spend(spend: SpendWindow, amount: int, counted_at: datetime) -> SpendWindow:
    """The window without what was counted at `counted_at` and never began."""
    key = slice_of(counted_at)
    if key not in spend.slices:
        return spend
    return SpendWindow({**spend.slices, key: max(0, spend.slices[key] - amount)})


def spent(spend: SpendWindow, now: datetime) -> int:
    """Credits begun in the hour until now. A slice that is partly within the hour counts whole."""
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
    # ISO days compare as text. A clock that is behind must not wipe the counts of a later day.
    return usage if usage.day >= day_of(now) else Usage(day_of(now))


def _used_more(usage: Usage, demand: Demand) -> Usage:
    counted = max(0, usage.of(demand.kind) + demand.count)
    held = max(0, usage.credits + demand.credits)
    return replace(usage, counts={**usage.counts, demand.kind: counted}, credits=held)


def _next_midnight(now: datetime) -> datetime:
    today: date = now.astimezone(UTC).date()
    return datetime.combine(today + timedelta(days=1), time(), UTC)
