"""An account and what decides whether it may submit: rate, daily quota, slots. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from mediaforge.domain.catalogue import Tier
from mediaforge.domain.credits import Balance
from mediaforge.domain.errors import QuotaExceededError, RateLimitedError
from mediaforge.domain.jobs import JobKind

RATE_WINDOW_S = 60


@dataclass(frozen=True, slots=True)
class Usage:
    """What was asked for on one UTC day. What failed or was cancelled is given back the same day."""

    day: str
    images: int = 0
    videos: int = 0


@dataclass(frozen=True, slots=True)
class RateWindow:
    """Submissions of the last minute, counted by the second (since 1970) of their acceptance: a
    window that slides, so that no burst at a seam passes twice, in at most 60 small numbers."""

    seconds: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """`accounts/{accountId}`. `active` counts jobs that hold a slot. `has_waiting`: one may be waiting for a
    slot (never false while one is; true a little longer does no harm)."""

    id: str
    tier: str
    available: int
    held: int
    active: int
    has_waiting: bool
    usage: Usage
    rate: RateWindow
    created_at: datetime
    modified: datetime

    @property
    def balance(self) -> Balance:
        return Balance(self.available, self.held)


def user_account_id(uid: str) -> str:
    return f"user_{uid}"


def open_account(account_id: str, tier: str, now: datetime) -> Account:
    """An account before its first entry."""
    return Account(
        id=account_id,
        tier=tier,
        available=0,
        held=0,
        active=0,
        has_waiting=False,
        usage=Usage(_day(now)),
        rate=RateWindow(),
        created_at=now,
        modified=now,
    )


def with_balance(account: Account, balance: Balance, now: datetime) -> Account:
    return replace(account, available=balance.available, held=balance.held, modified=now)


def admit(account: Account, tier: Tier, kind: JobKind, count: int, now: datetime) -> Account:
    """The account after one more submission of `count` assets.

    Raises RateLimitedError or QuotaExceededError, with the numbers and when to come back.
    """
    usage = _used_more(_usage_today(account, now), kind, count)
    _check_quota(account, tier, kind, count, now)
    return replace(account, rate=_rate_after(account.rate, tier, now), usage=usage, modified=now)


def give_back(
    account: Account, kind: JobKind, count: int, submitted_at: datetime, now: datetime
) -> Account:
    """Usage of assets that were not delivered, if it was counted today."""
    usage = _usage_today(account, now)
    if not count or _day(submitted_at) != usage.day:
        return account
    return replace(account, usage=_used_more(usage, kind, -count))


def free_slots(account: Account, tier: Tier) -> int:
    return max(0, tier.jobs_at_once - account.active)


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()


def _usage_today(account: Account, now: datetime) -> Usage:
    # ISO days compare as text. A clock that is behind must not wipe what a later day has counted.
    return account.usage if account.usage.day >= _day(now) else Usage(_day(now))


def _used_more(usage: Usage, kind: JobKind, count: int) -> Usage:
    if kind is JobKind.IMAGE:
        return replace(usage, images=max(0, usage.images + count))
    if kind is JobKind.VIDEO:
        return replace(usage, videos=max(0, usage.videos + count))
    return usage


def _check_quota(account: Account, tier: Tier, kind: JobKind, count: int, now: datetime) -> None:
    usage = _usage_today(account, now)
    limits = {
        JobKind.IMAGE: ("images", usage.images, tier.images_a_day),
        JobKind.VIDEO: ("videos", usage.videos, tier.videos_a_day),
    }
    if kind not in limits:
        return
    what, used, limit = limits[kind]
    if limit is not None and used + count > limit:
        raise QuotaExceededError(what, limit, used, _next_midnight(now))


def _next_midnight(now: datetime) -> datetime:
    today: date = now.astimezone(UTC).date()
    return datetime.combine(today + timedelta(days=1), time(), UTC)


def _rate_after(rate: RateWindow, tier: Tier, now: datetime) -> RateWindow:
    second, limit = int(now.timestamp()), tier.submissions_a_minute
    recent = {s: n for s, n in rate.seconds.items() if int(s) > second - RATE_WINDOW_S}
    if sum(recent.values()) >= limit:
        wait_s = min(map(int, recent)) + RATE_WINDOW_S - now.timestamp()
        raise RateLimitedError(limit, max(1, math.ceil(wait_s)))
    return RateWindow({**recent, str(second): recent.get(str(second), 0) + 1})
