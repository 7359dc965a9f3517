"""An account and what decides whether it may submit, and whether a job of it may start. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from mediaforge.domain.catalogue import Tier
from mediaforge.domain.credits import Balance
from mediaforge.domain.directing.directions import DirectionRecord, DirectionStatus
from mediaforge.domain.errors import AccountBlockedError
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.money import quotas
from mediaforge.domain.money.gifts import Welcome
from mediaforge.domain.money.quotas import (
    DailyLimits,
    Demand,
    DirectionLimits,
    RateWindow,
    SpendWindow,
    Usage,
)

_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)
# The smallest difference between two moments that a document can tell.
_TICK = timedelta(microseconds=1)
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Account:
    """`accounts/{accountId}`. An operator may write one by hand: only its id has to be there.
    `opened_at` tells it from another of its name that was deleted before; None where it was opened by an
    earlier version, or by hand.

    `owed` is what was taken back after it was spent; above 0 only while `available` is 0.
    `asking` counts the directions that are under way.

    `active` counts jobs that hold a slot. `due_at` is set while a job waits for a slot: the moment by
    which somebody should have filled the free ones. `placed` counts how often a job was given its place:
    each time changes the account, so that whoever takes waiting jobs at that moment meets it.
    `spend` counts what has begun: each job when it gets its slot, and once it has ended each further start
    of it that may have been billed; each direction before it is asked.
    `fuse_blown_at` is set once the next one would bring the hour over what the tier allows; nothing begins
    until an operator clears it, at `fuse_reset_at` (by hand: with `spend` emptied, too). `granted_month`
    is the last month (`2026-11`) whose grant it got, `granted_credits` the tier's amount that it has reached
    in it (None where nobody wrote it down). `month_due_at` is when the next grant is due, of an account that
    was used since the last. `marked_identities` names the set of its user's identities that `welcome` was
    decided for.
    `blocked_at`: since then whatever is asked for by its user, or for its team, is refused, for the
    `blocked_reason` that an administrator gave and they may read. Nothing that waits gets a slot; what has
    one goes on to its end.
    `modified` is moved by every commit that changes the account: the nightly check finds it by that.
    """

    id: str
    tier: str = ""
    available: int = 0
    held: int = 0
    owed: int = 0
    active: int = 0
    asking: int = 0
    due_at: datetime | None = None
    placed: int = 0
    usage: Usage = field(default_factory=Usage)
    rate: RateWindow = field(default_factory=RateWindow)
    spend: SpendWindow = field(default_factory=SpendWindow)
    fuse_blown_at: datetime | None = None
    fuse_reset_at: datetime | None = None
    blocked_at: datetime | None = None
    blocked_reason: str = ""
    granted_month: str = ""
    granted_credits: int | None = None
    month_due_at: datetime | None = None
    welcome: Welcome = Welcome.NOT_YET
    marked_identities: str = ""
    created_at: datetime = _UNKNOWN
    modified: datetime = _UNKNOWN
    opened_at: datetime | None = None

    @property
    def balance(self) -> Balance:
        return Balance(self.available, self.held, self.owed)

    @property
    def has_waiting(self) -> bool:
        """Whether a job may be waiting for a slot: never false while one is."""
        return self.due_at is not None


class HeldUp(StrEnum):
    """Why something of an account does not begin: a fuse waits for an operator, there is no slot for it (none
    is free, or others wait for one before it), or the account's share of the hour is used up."""

    FUSE = "fuse"
    SLOT = "slot"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Terms:
    """What may begin of an account, by its tier and beside all others. `is_stopped`: the fuse of its lane or
    the project's has blown."""

    tier: Tier
    share_credits: int
    is_stopped: bool = False


def user_account_id(uid: str) -> str:
    return f"user_{uid}"


def team_account_id(team_id: str) -> str:
    return f"team_{team_id}"


def open_account(account_id: str, tier: str, now: datetime, month_credits: int = 0) -> Account:
    """An account before its first entry. Its first month of the tier that all begin with, which gives
    `month_credits`, counts as had: who has just come is welcomed, and not paid."""
    return Account(
        id=account_id,
        tier=tier,
        usage=Usage(quotas.day_of(now)),
        granted_month=quotas.month_of(now),
        granted_credits=month_credits,
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


def is_held_from(account: Account | None, direction: DirectionRecord) -> bool:
    """The same of a direction that is under way. Each says which account it is of: those of earlier versions
    were never under way, and an account that does not say is the one where the direction does not, either."""
    return account is not None and account.opened_at == direction.account_opened_at


def with_balance(account: Account, balance: Balance, now: datetime) -> Account:
    available, held, owed = balance.available, balance.held, balance.owed
    return replace(account, available=available, held=held, owed=owed, modified=now)


def admit(account: Account, tier: Tier, demands: Sequence[Demand], now: datetime) -> Account:
    """The account after one more submission, of all of `demands`.

    Raises RateLimitedError or QuotaExceededError, with the numbers and when to come back.
    """
    usage = quotas.count_usage(account.usage, DailyLimits(tier.a_day), demands, now, whose="tier")
    rate = quotas.count_submission(account.rate, tier.submissions_a_minute, now)
    return replace(account, rate=rate, usage=usage, modified=now)


def admit_change(account: Account, tier: Tier, now: datetime) -> Account:
    """The account after its user has changed a team once more, which counts in the minute like a submission.

    Raises RateLimitedError.
    """
    rate = quotas.count_submission(account.rate, tier.submissions_a_minute, now)
    return replace(account, rate=rate, modified=now)


def admit_team(account: Account, tier: Tier, now: datetime) -> Account:
    """The account after its user has made one more team. Raises RateLimitedError or QuotaExceededError."""
    usage = quotas.count_team(account.usage, tier.teams_a_day, now)
    return replace(admit_change(account, tier, now), usage=usage)


def admit_direction(account: Account, tier: Tier, now: datetime) -> Account:
    """The account with one more direction under way.

    Raises RateLimitedError, QuotaExceededError or BusyError.
    """
    limits = DirectionLimits(tier.directions_a_day, tier.direction_refusals_a_day)
    usage = quotas.count_direction(account.usage, limits, account.asking, now)
    rate = quotas.count_submission(account.rate, tier.submissions_a_minute, now)
    asking = account.asking + 1
    return replace(account, rate=rate, usage=usage, asking=asking, modified=now)


def end_direction(account: Account, direction: DirectionRecord, now: datetime) -> Account:
    """The account after a direction of it has ended. What was asked stays counted."""
    usage = account.usage
    if direction.status is DirectionStatus.REFUSED:
        usage = quotas.count_refusal(usage, now)
    return replace(account, usage=usage, asking=max(0, account.asking - 1), modified=now)


def forget_direction(account: Account, direction: DirectionRecord, now: datetime) -> Account:
    """The account as if the director had not been asked: it was not, or has cost nobody anything."""
    assert direction.asked_at is not None
    usage = quotas.give_back_direction(account.usage, direction.asked_at, now)
    unspent = _take_off(account, direction.price_credits, direction.asked_at)
    return replace(unspent, usage=usage, modified=now)


def counted_at(account: Account, now: datetime) -> datetime:
    """When what begins now is counted: behind the last reset of the fuse, which was before it, since whoever
    asks has read it; though by its own clock it may be later."""
    if account.fuse_reset_at is None:
        return now
    return max(now, account.fuse_reset_at + _TICK)


def is_stopped(account: Account, terms: Terms) -> bool:
    """Whether a fuse has blown: its own, its lane's or the project's."""
    return terms.is_stopped or account.fuse_blown_at is not None


def begin(
    account: Account, terms: Terms, amount: int, now: datetime
) -> tuple[Account, HeldUp | None]:
    """The account after something of `amount` credits has begun; or, where that has to wait, why: a fuse has
    blown, which the account's own may do with this, or it would pass its share of the project's hour.

    Something that is dearer than the whole hour begins in an empty hour: else it never would. An hour may be
    over the tier's limit already: by that, by jobs that were begun twice, or since the tier was lowered. None
    of it is a reason to blow the fuse; what comes next waits until the hour has moved on."""
    if is_stopped(account, terms):
        return account, HeldUp.FUSE
    return _count_begun(account, terms, amount, now)


def give_slot(
    account: Account, terms: Terms, amount: int, now: datetime, *, is_behind: bool
) -> tuple[Account, HeldUp | None]:
    """The same of a job, which takes a slot. `is_behind`: others wait for one before it."""
    if is_stopped(account, terms):
        return account, HeldUp.FUSE
    if is_behind or not free_slots(account, terms.tier):
        return account, HeldUp.SLOT
    begun, held_up = _count_begun(account, terms, amount, now)
    return (replace(begun, active=begun.active + 1) if held_up is None else begun), held_up


def _count_begun(
    account: Account, terms: Terms, amount: int, now: datetime
) -> tuple[Account, HeldUp | None]:
    spent, limit = quotas.spent(account.spend, now), terms.tier.credits_an_hour_max
    if spent > limit:
        return account, HeldUp.SHARE
    if spent and spent + amount > limit:
        return replace(account, fuse_blown_at=now, modified=now), HeldUp.FUSE
    if spent and spent + amount > terms.share_credits:
        return account, HeldUp.SHARE
    return replace(account, spend=quotas.count_spend(account.spend, amount, now)), None


def free_slot(account: Account, job: Job) -> Account:
    """The account when a job of it that had a slot has ended. With the slot one start was counted: taken off
    where there was none; those beyond it are counted now, as the project's hour has counted them."""
    freed = replace(account, active=max(0, account.active - 1))
    if job.slot_at is None:
        return freed
    if not states.has_spent(job):
        return _take_off(freed, job.estimated_credits, job.slot_at)
    return _count_further_starts(freed, job)


def _take_off(account: Account, amount: int, counted_at: datetime) -> Account:
    """Without what was counted then. What a reset has forgotten is not taken off what came after."""
    if is_before_reset(account, counted_at):
        return account
    return replace(account, spend=quotas.take_off_spend(account.spend, amount, counted_at))


def _count_further_starts(account: Account, job: Job) -> Account:
    """As begun with the last of them, unless a reset has forgotten that."""
    amount = states.further_credits(job)
    if not amount or job.started_at is None or is_before_reset(account, job.started_at):
        return account
    return replace(account, spend=quotas.count_spend(account.spend, amount, job.started_at))


def is_before_reset(account: Account, counted_at: datetime) -> bool:
    """Whether a reset of the fuse has emptied the hour since."""
    return account.fuse_reset_at is not None and counted_at <= account.fuse_reset_at


def reset_fuse(account: Account, now: datetime) -> Account:
    """The operator has looked: the hour starts anew."""
    return replace(
        account, spend=SpendWindow(), fuse_blown_at=None, fuse_reset_at=now, modified=now
    )


def check_may_act(account: Account | None) -> None:
    """Raises AccountBlockedError. Who has no account yet was never blocked."""
    if account is not None and account.blocked_at is not None:
        raise AccountBlockedError(account.id)


def block(account: Account, reason: str, now: datetime) -> Account:
    """Blocked again it stays blocked since the first time."""
    if account.blocked_at is not None and account.blocked_reason == reason:
        return account
    blocked_at = account.blocked_at or now
    return replace(account, blocked_at=blocked_at, blocked_reason=reason, modified=now)


def unblock(account: Account, now: datetime) -> Account:
    """What waits for a slot is looked at now."""
    if account.blocked_at is None:
        return account
    due_at = now if account.has_waiting else None
    return replace(account, blocked_at=None, blocked_reason="", due_at=due_at, modified=now)


def give_back(account: Account, unused: Demand, submitted_at: datetime, now: datetime) -> Account:
    """Usage of what was never begun, if it was counted today."""
    return replace(account, usage=quotas.give_back(account.usage, unused, submitted_at, now))


def due_of_month(level: int, had: int) -> int:
    """What a tier that gives `level` credits a month owes an account that had so many of this month."""
    return max(0, level - had)


def months_due(granted_month: str, had: int, month: str) -> list[str]:
    """The months of which something may be due in `month` to an account that had `had` of `granted_month`.
    Who had nothing then was of no tier that gives something: nothing is made up for. Nor of what an operator
    wrote that is no month."""
    if not had or granted_month >= month or not _MONTH.fullmatch(granted_month):
        return [month]
    missed = [quotas.month_after(granted_month)]
    while missed[-1] < month:
        missed.append(quotas.month_after(missed[-1]))
    return missed


def with_month(account: Account, month: str, level: int, had: int) -> Account:
    """The account as it is used in a month of which a tier that gives `level` has brought all that is due.
    `had` was the level that it had reached in the last one granted. The next is due as soon as it begins."""
    if not level and account.granted_month in ("", month):
        return replace(account, month_due_at=None)
    reached = max(level, had if account.granted_month == month else 0)
    return replace(
        account,
        granted_month=month,
        granted_credits=reached,
        month_due_at=quotas.beginning_of(quotas.month_after(month)) if level else None,
    )


def month_entry_id(month: str, level: int = 0, had: int = 0) -> str:
    """The first entry of a month is named by it; what a higher tier brings after, also by the level that is
    reached, so that each is reached once."""
    return f"{month}:grant:{level}" if had else f"{month}:grant"


def free_slots(account: Account, tier: Tier) -> int:
    """None while the account is blocked."""
    if account.blocked_at is not None:
        return 0
    return max(0, tier.jobs_at_once - account.active)
