"""An account and what decides whether it may submit, and whether a job of it may start. Pure."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from mediaforge.domain import quotas
from mediaforge.domain.catalogue import Tier
from mediaforge.domain.credits import Balance
from mediaforge.domain.jobs import Job
from mediaforge.domain.quotas import DailyLimits, Demand, RateWindow, SpendWindow, Usage

_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Account:
    """`accounts/{accountId}`. An operator may write one by hand: only its id has to be there.
    `opened_at` tells it from another of its name that was deleted before; None where it was opened by an
    earlier version, or by hand.

    `active` counts jobs that hold a slot. `due_at` is set while a job waits for a slot: the moment by
    which somebody should have filled the free ones. `placed` counts how often a job was given its place:
    each time changes the account, so that whoever takes waiting jobs at that moment meets it.
    `fuse_blown_at` is set once the account has spent
    more in an hour than its tier allows; new jobs wait until an operator clears it. `granted_month`
    is the last month (`2026-11`) whose grant it got.
    """

    id: str
    tier: str = ""
    available: int = 0
    held: int = 0
    active: int = 0
    due_at: datetime | None = None
    placed: int = 0
    usage: Usage = field(default_factory=Usage)
    rate: RateWindow = field(default_factory=RateWindow)
    spend: SpendWindow = field(default_factory=SpendWindow)
    fuse_blown_at: datetime | None = None
    granted_month: str = ""
    created_at: datetime = _UNKNOWN
    modified: datetime = _UNKNOWN
    opened_at: datetime | None = None

    @property
    def balance(self) -> Balance:
        return Balance(self.available, self.held)

    @property
    def has_waiting(self) -> bool:
        """Whether a job may be waiting for a slot: never false while one is."""
        return self.due_at is not None


def user_account_id(uid: str) -> str:
    return f"user_{uid}"


def team_account_id(team_id: str) -> str:
    return f"team_{team_id}"


def open_account(account_id: str, tier: str, now: datetime) -> Account:
    """An account before its first entry. What it is given on opening is its first month's grant."""
    return Account(
        id=account_id,
        tier=tier,
        usage=Usage(quotas.day_of(now)),
        granted_month=quotas.month_of(now),
        created_at=now,
        modified=now,
        opened_at=now,
    )


def is_the_one(account: Account | None, job: Job) -> bool:
    """Whether this is the account that the job was accepted for, and not another of its name, opened after
    that one was deleted. A job that does not say is of an earlier version: the account was there, or not."""
    if account is None:
        return False
    if job.account_opened_at is None and account.opened_at is not None:
        return account.opened_at <= job.created_at
    return account.opened_at == job.account_opened_at


def with_balance(account: Account, balance: Balance, now: datetime) -> Account:
    return replace(account, available=balance.available, held=balance.held, modified=now)


def admit(account: Account, tier: Tier, demand: Demand, now: datetime) -> Account:
    """The account after one more submission; its fuse may have blown with it.

    Raises RateLimitedError or QuotaExceededError, with the numbers and when to come back.
    """
    limits = DailyLimits(images=tier.images_a_day, videos=tier.videos_a_day)
    usage = quotas.count_usage(account.usage, limits, demand, now, whose="tier")
    rate = quotas.count_submission(account.rate, tier.submissions_a_minute, now)
    counted = replace(account, rate=rate, usage=usage, modified=now)
    return _spend(counted, tier, demand.credits, now)


def admit_call(account: Account, tier: Tier, price_credits: int, now: datetime) -> Account:
    """The account after one more call that is answered at once. Raises RateLimitedError."""
    rate = quotas.count_submission(account.rate, tier.submissions_a_minute, now)
    return _spend(replace(account, rate=rate, modified=now), tier, price_credits, now)


def _spend(account: Account, tier: Tier, amount: int, now: datetime) -> Account:
    spend = quotas.count_spend(account.spend, amount, now)
    blows = account.fuse_blown_at is None and quotas.spent(spend) > tier.credits_an_hour_max
    return replace(account, spend=spend, fuse_blown_at=now if blows else account.fuse_blown_at)


def reset_fuse(account: Account, now: datetime) -> Account:
    """The operator has looked: the hour starts anew."""
    return replace(account, spend=SpendWindow(), fuse_blown_at=None, modified=now)


def give_back(account: Account, unused: Demand, submitted_at: datetime, now: datetime) -> Account:
    """Usage of what was not delivered, if it was counted today. The spend stays counted: a provider
    that was asked may cost us whatever it delivered."""
    return replace(account, usage=quotas.give_back(account.usage, unused, submitted_at, now))


def free_slots(account: Account, tier: Tier) -> int:
    return max(0, tier.jobs_at_once - account.active)
