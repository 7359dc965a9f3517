"""An account, and what decides whether it may submit and whether one of its jobs may start. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from mediaforge.domain.catalogue import Tier
from mediaforge.domain.credits import Balance
from mediaforge.domain.directing.directions import DirectionRecord, DirectionStatus
from mediaforge.domain.errors import AccountBlockedError
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.library.batches import Batch
from mediaforge.domain.library.webhooks import Webhook
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
from mediaforge.domain.money.tracks import Track

_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)
# Firestore stores moments in microseconds: this is the smallest difference between two of them.
_TICK = timedelta(microseconds=1)
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
_ERASED = "erased_"


@dataclass(frozen=True, slots=True)
class Account:
    """`accounts/{accountId}`. An operator may write one by hand: only its id has to be there."""

    id: str
    """`user_{uid}` or `team_{teamId}`."""
    tier: str = ""
    """What the account may do: one of `getCatalog().tiers`."""
    available: int = 0
    """Credits that can be spent."""
    held: int = 0
    """Credits that are reserved for unfinished jobs and directions."""
    owed: int = 0
    """Credits that were taken back after they were spent; above 0 only while `available` is 0.
    Incoming credits pay them first."""
    active: int = 0
    """How many jobs of the account run or are about to. At the tier's `jobsAtOnce` no further one begins."""
    asking: int = 0
    """Internal. Counts the directions that are under way."""
    due_at: datetime | None = None
    """Internal. Set while a job or a row waits for a slot: the moment by which somebody should have
    filled the free slots."""
    placed: int = 0
    """Internal. Counts how often a job was given a place. Each increment changes the account, so
    that a commit which takes waiting jobs at the same moment conflicts with it."""
    tracks: Mapping[str, Track] = field(default_factory=dict)
    """Internal. The batches with rows that may start now, by their ids."""
    turns: int = 0
    """Internal. Counts the slots that were given in turn, to number them."""
    single_turn: int = -1
    """Internal. The number of the slot that a single job got last."""
    usage: Usage = field(default_factory=Usage)
    """What was asked for on a UTC day."""
    rate: RateWindow = field(default_factory=RateWindow)
    """Internal. Counts the submissions of the last minute."""
    spend: SpendWindow = field(default_factory=SpendWindow)
    """Internal. Counts what has begun in the last hour. A job counts when it gets its slot; each
    further start of it that may have been billed counts once the job has ended. A direction counts
    before the director is asked."""
    fuse_blown_at: datetime | None = None
    """Internal. Set when the next job or direction would bring the hour over what the tier allows.
    Nothing begins until an operator resets the fuse. Whoever resets it by hand empties `spend`,
    too."""
    fuse_reset_at: datetime | None = None
    """Internal. When the fuse was last reset."""
    blocked_at: datetime | None = None
    """Since then every request of the user, or for the team, is refused with `account-blocked`.
    Jobs that wait do not begin; jobs that have begun go on to their end."""
    blocked_reason: str = ""
    """The reason that an administrator gave."""
    granted_month: str = ""
    """Internal. The last month (`2026-11`) for which the account got a grant."""
    granted_credits: int | None = None
    """Internal. The monthly amount that the account has reached in that month, by its tier. None
    where nobody wrote it down."""
    month_due_at: datetime | None = None
    """Internal. When the next monthly grant is due; set only on an account that was used since the
    last grant."""
    webhooks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Internal. The webhooks that are told of this account's jobs and batches, by their ids, with the
    events that each wants. Those that are disabled are not among them."""
    welcome: Welcome = Welcome.NOT_YET
    """Internal. What became of the welcome credits."""
    marked_identities: str = ""
    """Internal. Names the set of its user's identities that `welcome` was decided for."""
    created_at: datetime = _UNKNOWN
    """When the account was opened."""
    modified: datetime = _UNKNOWN
    """When it was last changed."""
    opened_at: datetime | None = None
    """Internal. Tells the account from an earlier one of the same id that was deleted. None where
    an earlier version or an operator opened the account."""
    erasing_at: datetime | None = None
    """Since then its user is being erased: every request of theirs is refused with
    `account-blocked`, until nothing of them is left, this document included."""
    erased_id: str | None = None
    """Internal. The name, drawn by chance, of the account that keeps the books of an erased user."""
    erase_due_at: datetime | None = None
    """Internal. The moment by which somebody should have gone on with the erasure."""
    signed_out_at: datetime | None = None
    """Internal. When the erased user's sign-in was deleted: no ID token is newer."""
    books_moved_at: datetime | None = None
    """Internal. Since then the books of the erased user are those of `erased_id`."""

    @property
    def balance(self) -> Balance:
        return Balance(self.available, self.held, self.owed)

    @property
    def has_waiting(self) -> bool:
        """Whether a job or a row may be waiting for a slot. It is never false while one waits."""
        return self.due_at is not None


class HeldUp(StrEnum):
    """Why a job or a direction of an account does not begin. FUSE: a fuse has blown and waits for an
    operator. SLOT: no slot is free, or other jobs of the account wait before it. SHARE: the account's share
    of the project's hour is used up."""

    FUSE = "fuse"
    SLOT = "slot"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an account may begin: by its tier, and beside all other accounts. `share_credits` is the most that
    it may begin in an hour. `is_stopped`: the fuse of its lane or of the project has blown."""

    tier: Tier
    share_credits: int
    is_stopped: bool = False


def user_account_id(uid: str) -> str:
    return f"user_{uid}"


def is_erased_id(account_id: str) -> bool:
    """Whether these are the books of somebody who was erased. No rule lets anybody read such an account, and
    no request may name one."""
    return account_id.startswith(_ERASED)


def team_account_id(team_id: str) -> str:
    return f"team_{team_id}"


def open_account(account_id: str, tier: str, now: datetime, month_credits: int = 0) -> Account:
    """An account before its first entry. The first month of the default tier, which gives `month_credits`,
    counts as granted: a newcomer gets the welcome credits, and no monthly grant."""
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
    """Whether this is the account that the job was accepted for, and not one of the same id that was opened
    after the first was deleted. A job without `account_opened_at` is of an earlier version, or its account
    had no `opened_at`: then the account has to be at least as old as the job."""
    if account is None:
        return False
    if job.account_opened_at is None and account.opened_at is not None:
        return account.opened_at <= job.created_at
    return account.opened_at == job.account_opened_at


def is_held_from(account: Account | None, direction: DirectionRecord) -> bool:
    """Whether the direction's hold is on this account, and not on an earlier one of the same id. The two
    `opened_at` have to be equal. No direction of a version that did not write it was ever under way, so None
    means that the account has none."""
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


def admit_export(account: Account, tier: Tier, now: datetime, limit: int) -> Account:
    """The account after its user has asked for one more export, of at most `limit` a day. Raises
    RateLimitedError or QuotaExceededError."""
    usage = quotas.count_export(account.usage, limit, now)
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
    """The account after one of its directions has ended. The question to the director stays counted."""
    usage = account.usage
    if direction.status is DirectionStatus.REFUSED:
        usage = quotas.count_refusal(usage, now)
    return replace(account, usage=usage, asking=max(0, account.asking - 1), modified=now)


def forget_direction(account: Account, direction: DirectionRecord, now: datetime) -> Account:
    """The account as if this direction had never been asked: the director was not
    asked, or its answer cost nothing."""
    assert direction.asked_at is not None
    usage = quotas.give_back_direction(account.usage, direction.asked_at, now)
    unspent = _take_off(account, direction.price_credits, direction.asked_at)
    return replace(unspent, usage=usage, modified=now)


def counted_at(account: Account, now: datetime) -> datetime:
    """The moment at which something that begins now is counted: after the last reset of the
    fuse. The caller has read that reset, so the reset came first, even if the clock it was
    written by is ahead of the caller's."""
    if account.fuse_reset_at is None:
        return now
    return max(now, account.fuse_reset_at + _TICK)


def is_stopped(account: Account, terms: Terms) -> bool:
    """Whether the account's own fuse, its lane's or the project's has blown."""
    return terms.is_stopped or account.fuse_blown_at is not None


def begin(
    account: Account, terms: Terms, amount: int, now: datetime
) -> tuple[Account, HeldUp | None]:
    """The account after something of `amount` credits has begun. Where it has to wait, the account and the
    reason: a fuse has blown (this very request may blow the account's own), or it would exceed the
    account's share of the project's hour.

    Something dearer than the whole hour's limit may begin in an empty hour; else it would never
    begin. An hour may already be over the tier's limit: because of such a job, because jobs were
    started twice, or because the tier was lowered. That does not blow the fuse: what comes next
    waits until the hour has moved on."""
    if is_stopped(account, terms):
        return account, HeldUp.FUSE
    return _count_begun(account, terms, amount, now)


def give_slot(
    account: Account, terms: Terms, amount: int, now: datetime, *, is_behind: bool
) -> tuple[Account, HeldUp | None]:
    """As `begin`, for a job, which takes a slot as well. `is_behind`: other
    jobs of the account wait before it."""
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
    """The account after a job of it that had a slot has ended. One start was counted with the slot. It is
    taken off if the job has spent nothing; else the starts after the first are counted now, as the
    project's hour has counted them already."""
    freed = replace(account, active=max(0, account.active - 1))
    if job.slot_at is None:
        return freed
    if not states.has_spent(job):
        return _take_off(freed, job.estimated_credits, job.slot_at)
    return _count_further_starts(freed, job)


def _take_off(account: Account, amount: int, counted_at: datetime) -> Account:
    """The account without what was counted at `counted_at`. If a reset has emptied the hour
    since, there is nothing to take off."""
    if is_before_reset(account, counted_at):
        return account
    return replace(account, spend=quotas.take_off_spend(account.spend, amount, counted_at))


def _count_further_starts(account: Account, job: Job) -> Account:
    """Counts the job's starts after the first at the moment of the last one,
    unless the fuse was reset since then."""
    amount = states.further_credits(job)
    if not amount or job.started_at is None or is_before_reset(account, job.started_at):
        return account
    return replace(account, spend=quotas.count_spend(account.spend, amount, job.started_at))


def is_before_reset(account: Account, counted_at: datetime) -> bool:
    """Whether a reset of the fuse has emptied the hour since `counted_at`."""
    return account.fuse_reset_at is not None and counted_at <= account.fuse_reset_at


def reset_fuse(account: Account, now: datetime) -> Account:
    """An operator has reset the fuse: the hour starts anew."""
    return replace(
        account, spend=SpendWindow(), fuse_blown_at=None, fuse_reset_at=now, modified=now
    )


def open_track(account: Account, batch: Batch, now: datetime) -> Account:
    """The account with a track for the batch: from now on its rows have their turn."""
    known = account.tracks.get(batch.id, Track(batch.priority.rank, batch.created_at))
    track = replace(known, priority=batch.priority.rank)
    return replace(account, tracks={**account.tracks, batch.id: track}, due_at=now)


def close_track(account: Account, batch_id: str) -> Account:
    """The account without the batch's track: no row of it gets a slot."""
    left = {each: track for each, track in account.tracks.items() if each != batch_id}
    return replace(account, tracks=left)


def add_webhook(account: Account, webhook: Webhook) -> Account:
    """The account whose ends the webhook is told of from now on."""
    events = tuple(event.value for event in webhook.events)
    return replace(account, webhooks={**account.webhooks, webhook.id: events})


def remove_webhook(account: Account, webhook_id: str) -> Account:
    left = {each: events for each, events in account.webhooks.items() if each != webhook_id}
    return replace(account, webhooks=left)


def check_may_act(account: Account | None) -> None:
    """Raises AccountBlockedError. An account that does not exist yet cannot be blocked."""
    if account is not None and is_shut(account):
        raise AccountBlockedError(account.id)


def is_shut(account: Account) -> bool:
    """Whether nothing is accepted and nothing begins: the account is blocked, or its user is being erased."""
    return account.blocked_at is not None or account.erasing_at is not None


def check_not_erased(account: Account) -> None:
    """Raises AccountBlockedError where the account's user is being erased. What an administrator gives to an
    account may be given to one that is blocked, but not to one that is about to go."""
    if account.erasing_at is not None or is_erased_id(account.id):
        raise AccountBlockedError(account.id)


def block(account: Account, reason: str, now: datetime) -> Account:
    """The blocked account. One that is blocked already keeps its first `blocked_at`."""
    if account.blocked_at is not None and account.blocked_reason == reason:
        return account
    blocked_at = account.blocked_at or now
    return replace(account, blocked_at=blocked_at, blocked_reason=reason, modified=now)


def unblock(account: Account, now: datetime) -> Account:
    """The account without its block. If jobs wait for a slot, it is due now."""
    if account.blocked_at is None:
        return account
    due_at = now if account.has_waiting else None
    return replace(account, blocked_at=None, blocked_reason="", due_at=due_at, modified=now)


def give_back(account: Account, unused: Demand, submitted_at: datetime, now: datetime) -> Account:
    """The account with the usage given back for what was never begun, if that was counted today."""
    return replace(account, usage=quotas.give_back(account.usage, unused, submitted_at, now))


def due_of_month(level: int, had: int) -> int:
    """Credits that a tier of `level` credits a month still owes an account that
    has had `had` of them this month."""
    return max(0, level - had)


def months_due(granted_month: str, had: int, month: str) -> list[str]:
    """The months up to `month` for which a grant may be due, for an account that had `had` credits in
    `granted_month`. If `had` is 0, its tier then granted nothing, so only `month` itself is due. The same
    holds if `granted_month` is no month, as an operator may have written it."""
    if not had or granted_month >= month or not _MONTH.fullmatch(granted_month):
        return [month]
    missed = [quotas.month_after(granted_month)]
    while missed[-1] < month:
        missed.append(quotas.month_after(missed[-1]))
    return missed


def with_month(account: Account, month: str, level: int, had: int) -> Account:
    """The account in `month`, after a tier of `level` credits a month has granted all that is
    due. `had` is the level that was reached in the month granted last. The next grant is due at
    the beginning of the next month."""
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
    """The id of a monthly grant's entry. The first of a month is named by the month alone. What a higher tier
    adds in the same month is named by its level, too, so that each level is granted once."""
    return f"{month}:grant:{level}" if had else f"{month}:grant"


def free_slots(account: Account, tier: Tier) -> int:
    """How many slots are free; 0 while the account is blocked, or its user is being erased."""
    if is_shut(account):
        return 0
    return max(0, tier.jobs_at_once - account.active)


# ---- erasure -------------------------------------------------------------------------------------


def begin_erasure(account: Account, chance: str, now: datetime, due_at: datetime) -> Account:
    """The account with the mark that its user is being erased; as it is where it has the mark. `chance` is
    unguessable: nothing else may tell whose the books were."""
    if account.erasing_at is not None:
        return account
    return replace(
        account,
        erasing_at=now,
        erased_id=f"{_ERASED}{chance}",
        erase_due_at=due_at,
        modified=now,
    )


def are_books_at_rest(account: Account) -> bool:
    """Whether nothing is held, running, asked or waiting for a slot."""
    return not (account.held or account.active or account.asking or account.tracks)


def move_books(account: Account, now: datetime) -> tuple[Account, Account]:
    """The account without its balance, and the one that has it from now on, with nothing that says whose it
    was."""
    assert account.erased_id is not None
    emptied = replace(account, available=0, held=0, owed=0, books_moved_at=now, modified=now)
    moved = Account(
        id=account.erased_id,
        tier=account.tier,
        available=account.available,
        held=account.held,
        owed=account.owed,
        granted_month=account.granted_month,
        welcome=account.welcome,
        created_at=account.created_at,
        modified=now,
        opened_at=account.opened_at,
    )
    return emptied, moved
