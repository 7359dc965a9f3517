"""Ledger arithmetic. A job's money has two phases: a hold, closed once by a capture and a release.

Amounts are whole credits (1 credit = 1 US cent). An entry's amount is positive and its type says the effect;
only `adjust` may be negative or 0. What is taken back after it was spent is owed. Whatever raises `available`
pays the debt first, so `available` is 0 while something is owed.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from mediaforge.domain.errors import InsufficientCreditsError

CREDITS_MAX = 1_000_000_000
"""The largest amount one entry may carry, and the largest balance: far inside a 64-bit integer."""
PURCHASE_CREDITS_MAX = CREDITS_MAX // 1000


class EntryType(StrEnum):
    GRANT = "grant"
    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"
    ADJUST = "adjust"


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account can spend (`available`), what its unfinished jobs have reserved (`held`), and what
    was taken back from it after it was spent (`owed`)."""

    available: int
    held: int
    owed: int = 0


@dataclass(frozen=True, slots=True)
class Posting:
    """An entry before it is written: its id makes the second posting of the same fact a no-op.

    `is_settled_fact`: it has happened outside and cannot be refused (a refund, a won dispute). What it
    takes beyond `available` is owed, and what it gives back has no upper bound. `owed` is the change of
    the debt, which `book` works out."""

    entry_id: str
    type: EntryType
    amount: int
    job_id: str | None = None
    reason: str | None = None
    session_id: str | None = None
    payment_intent: str | None = None
    batch_id: str | None = None
    kind: str | None = None
    is_settled_fact: bool = False
    owed: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One immutable line of `accounts/{accountId}/ledger`. Never updated; corrected by `adjust`."""

    type: EntryType
    """`grant` adds to `available`; `hold` moves from `available` to `held`; `capture` takes from
    `held`; `release` moves back from `held` to `available`; `adjust` corrects `available`."""
    amount: int
    """Credits. Positive, except in an `adjust`."""
    available_after: int
    """The account's `available` after this entry."""
    held_after: int
    """The account's `held` after this entry."""
    created_at: datetime
    """When it was written."""
    actor: str
    """Who caused it: a user id, or a part of the backend."""
    job_id: str | None = None
    """The job that it is about. A job's entries are `{jobId}:hold`, `{jobId}:capture` and
    `{jobId}:release`."""
    kind: str | None = None
    """What that job makes: `image`, `video` or `training`. Its view is at
    `generations/{actor of its hold}/{kind}s/{job_id}`."""
    batch_id: str | None = None
    """The batch that it is about, or that its job runs a row of. `{batchId}:hold` holds for all rows,
    `{batchId}:hold:{n}` for those that are retried or edited, and `{batchId}:release` and
    `{batchId}:release:{n}` give back what was held for rows that did not run."""
    reason: str | None = None
    """Why, where a person or a rule gave a reason."""
    owed: int | None = None
    """The change of the account's debt, where there is one."""
    owed_after: int = 0
    """The account's `owed` after this entry."""
    session_id: str | None = None
    """The checkout session of a purchase."""
    payment_intent: str | None = None
    """The payment of a purchase."""


_EFFECTS = {
    EntryType.GRANT: (1, 0),
    EntryType.HOLD: (-1, 1),
    EntryType.CAPTURE: (0, -1),
    EntryType.RELEASE: (1, -1),
    EntryType.ADJUST: (1, 0),
}


def effect(entry_type: EntryType, amount: int) -> tuple[int, int]:
    """The change of (available, held), in credits."""
    on_available, on_held = _EFFECTS[entry_type]
    return on_available * amount, on_held * amount


def book(balance: Balance, posting: Posting) -> list[Posting]:
    """The postings to write for `posting` on this balance: `posting` itself, with the debt that it leaves,
    and `{entryId}:owed` where it raises `available` while something is owed. Raises as `apply` does."""
    own = _owing(balance, posting)
    after = apply(balance, own)
    paid = min(after.owed, after.available) if after.available > balance.available else 0
    return [own, _pay_owed(own, paid)] if paid else [own]


def _owing(balance: Balance, posting: Posting) -> Posting:
    missing = -posting.amount - balance.available
    if not posting.is_settled_fact or missing <= 0:
        return posting
    return replace(posting, amount=-balance.available, owed=missing)


def _pay_owed(posting: Posting, amount: int) -> Posting:
    return replace(
        posting,
        entry_id=f"{posting.entry_id}:owed",
        type=EntryType.ADJUST,
        amount=-amount,
        reason="owed",
        is_settled_fact=False,
        owed=-amount,
    )


def apply(balance: Balance, posting: Posting) -> Balance:
    """The balance after exactly this posting: the debts that it makes or pays are worked out by `book`.

    Raises InsufficientCreditsError when available would fall below 0; ValueError for an amount that no caller
    may produce (a bug: money is never guessed right).
    """
    if posting.amount <= 0 and posting.type is not EntryType.ADJUST:
        raise ValueError(f"{posting.entry_id}: a {posting.type} needs a positive amount")
    on_available, on_held = effect(posting.type, posting.amount)
    after = Balance(
        balance.available + on_available, balance.held + on_held, balance.owed + posting.owed
    )
    if after.available < 0:
        raise InsufficientCreditsError(-on_available, balance.available, owed=balance.owed)
    if after.held < 0:
        raise ValueError(f"{posting.entry_id}: closes more than the {balance.held} credits held")
    if after.owed < 0:
        raise ValueError(f"{posting.entry_id}: pays more than the {balance.owed} credits owed")
    if _has_upper_bound(posting) and sum_of(after) > CREDITS_MAX:
        raise ValueError(f"{posting.entry_id}: a balance above {CREDITS_MAX} credits")
    return after


def _has_upper_bound(posting: Posting) -> bool:
    gives = posting.type in (EntryType.GRANT, EntryType.ADJUST) and posting.amount > 0
    return gives and not posting.is_settled_fact


def sum_of(balance: Balance) -> int:
    """What the account would have if every hold were released. No grant may bring this sum above
    CREDITS_MAX, so that a release always fits."""
    return balance.available + balance.held


def hold(job_id: str, amount: int, kind: str | None = None) -> Posting:
    return Posting(f"{job_id}:hold", EntryType.HOLD, amount, job_id, kind=kind)


def hold_for_batch(entry_id: str, batch_id: str, amount: int) -> Posting:
    return Posting(entry_id, EntryType.HOLD, amount, batch_id=batch_id)


def release_of_batch(entry_id: str, batch_id: str, amount: int) -> Posting:
    """Gives back the parts of a batch's hold that are of rows without a job."""
    return Posting(entry_id, EntryType.RELEASE, amount, batch_id=batch_id)


def close(
    job_id: str, held: int, charged: int, batch_id: str | None = None, kind: str | None = None
) -> list[Posting]:
    """The postings that end a job's hold, or its part of its batch's: what was delivered is captured, the
    rest released."""
    if not 0 <= charged <= held:
        raise ValueError(f"{job_id}: cannot charge {charged} of {held} held credits")
    ends = ((EntryType.CAPTURE, charged), (EntryType.RELEASE, held - charged))
    return [
        Posting(f"{job_id}:{end}", end, amount, job_id, batch_id=batch_id, kind=kind)
        for end, amount in ends
        if amount
    ]
