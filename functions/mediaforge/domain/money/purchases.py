"""A payment as a set of facts that only grows, and what it comes to in credits. Pure.

Stripe tells of one payment in many events, of two families (`charge.refunded`, `refund.*`), in any order and
any number of times. So nothing is counted by the event: each tells a fact, and how many credits are taken
back is a function of the facts known. An entry is the difference that a fact makes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from mediaforge.domain.credits import EntryType, Posting

FORGOTTEN_AFTER = timedelta(days=30)
"""How long facts are kept of a payment that nobody has told us to be a purchase: most are of other sales."""


ENTRY_EXISTS = "entry-exists"
"""Why a purchase is `unclaimed` whose next entry is in the books already: its document was deleted, put back
or changed by hand. It stays so until an operator takes it away."""


class RefundState(StrEnum):
    """Only moves on. `made` is everything up to the money's arrival, `returned` a refund that failed."""

    MADE = "made"
    RETURNED = "returned"


class DisputeState(StrEnum):
    """Only moves on: where the money is, not what the bank thinks of it."""

    WITHDRAWN = "withdrawn"
    REINSTATED = "reinstated"


@dataclass(frozen=True, slots=True)
class Refund:
    cents: int
    state: RefundState


@dataclass(frozen=True, slots=True)
class Dispute:
    cents: int
    state: DisputeState


@dataclass(frozen=True, slots=True)
class Purchase:
    """`purchases/{payment_intent}` (`{session_id}` where nothing was paid). Not for clients.

    `charge_refunded_cents` is the largest seen, `taken_credits` how many were taken back in the ledger.
    `paid_at` is set once a paid session is known, `granted_at` once its credits are in the books.
    `unclaimed` says why they are not: an operator who mends it (`account_id`, `credits`) and has Stripe send
    any event of the payment again has them booked; `entry-exists` they have to take away as well, with
    `granted_at`, `account_opened_at` and `taken_credits` as the books say. `expires_at` is set while no
    session is known. `account_opened_at` is which account of that name they are in: one that was deleted may
    be opened anew."""

    id: str
    account_id: str | None = None
    session_id: str | None = None
    payment_intent: str | None = None
    credits: int | None = None
    cents_total: int | None = None
    paid_at: datetime | None = None
    granted_at: datetime | None = None
    account_opened_at: datetime | None = None
    unclaimed: str | None = None
    refunds: Mapping[str, Refund] = field(default_factory=dict)
    disputes: Mapping[str, Dispute] = field(default_factory=dict)
    charge_refunded_cents: int = 0
    taken_credits: int = 0
    expires_at: datetime | None = None


# ---- facts ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paid:
    """A checkout session was paid for. `unreadable` names those of our fields that nobody can read. The
    event that told it (`event_id`) only matters for what the first version booked."""

    session_id: str
    payment_intent: str | None
    account_id: str | None
    credits: int | None
    cents_total: int | None
    unreadable: tuple[str, ...] = ()
    event_id: str | None = field(default=None, compare=False)

    @property
    def payment_id(self) -> str:
        return self.payment_intent or self.session_id

    @property
    def name(self) -> str:
        return self.session_id


@dataclass(frozen=True, slots=True)
class Refunded:
    payment_id: str
    name: str
    refund: Refund


@dataclass(frozen=True, slots=True)
class Disputed:
    payment_id: str
    name: str
    dispute: Dispute


@dataclass(frozen=True, slots=True)
class ChargeRefunded:
    """How much of a charge was ever refunded; what failed is not taken off."""

    payment_id: str
    charge_id: str
    cents: int

    @property
    def name(self) -> str:
        return f"{self.charge_id}:{self.cents}"


Fact = Paid | Refunded | Disputed | ChargeRefunded


def learn(purchase: Purchase, fact: Fact, now: datetime) -> Purchase:
    """The purchase with one fact more; itself where it was known."""
    known = _with(purchase, fact, now)
    if known == purchase:
        return purchase
    expires_at = None if known.paid_at else now + FORGOTTEN_AFTER
    return replace(known, expires_at=expires_at)


def _with(purchase: Purchase, fact: Fact, now: datetime) -> Purchase:
    match fact:
        case Paid():
            return _pay(purchase, fact, now)
        case Refunded(name=name, refund=refund):
            return replace(purchase, refunds=_with_refund(purchase.refunds, name, refund))
        case Disputed(name=name, dispute=dispute):
            return replace(purchase, disputes=_with_dispute(purchase.disputes, name, dispute))
        case ChargeRefunded(cents=cents):
            most = max(purchase.charge_refunded_cents, cents)
            return replace(purchase, charge_refunded_cents=most)


def _pay(purchase: Purchase, paid: Paid, now: datetime) -> Purchase:
    """What is known of it stays: two events tell of the same session, and an operator may have mended it."""
    if purchase.paid_at is not None:
        return purchase
    return replace(
        purchase,
        account_id=paid.account_id,
        session_id=paid.session_id,
        payment_intent=paid.payment_intent,
        credits=paid.credits,
        cents_total=paid.cents_total,
        paid_at=now,
    )


def _with_refund(known: Mapping[str, Refund], name: str, new: Refund) -> Mapping[str, Refund]:
    # The amount of a refund never changes; were it told otherwise, the first one stands, as in the books.
    old = known.get(name)
    if old is None:
        return {**known, name: new}
    moves_on = (old.state, new.state) == (RefundState.MADE, RefundState.RETURNED)
    return {**known, name: replace(old, state=new.state)} if moves_on else known


def _with_dispute(known: Mapping[str, Dispute], name: str, new: Dispute) -> Mapping[str, Dispute]:
    old = known.get(name)
    if old is None:
        return {**known, name: new}
    moves_on = (old.state, new.state) == (DisputeState.WITHDRAWN, DisputeState.REINSTATED)
    return {**known, name: replace(old, state=new.state)} if moves_on else known


# ---- what they come to ---------------------------------------------------------------------------


def cents_back(purchase: Purchase) -> int:
    """How many cents are back with the buyer, of what either family of events has told."""
    refunds = purchase.refunds.values()
    made = sum(refund.cents for refund in refunds if refund.state is RefundState.MADE)
    returned = sum(refund.cents for refund in refunds if refund.state is RefundState.RETURNED)
    disputed = sum(
        dispute.cents
        for dispute in purchase.disputes.values()
        if dispute.state is DisputeState.WITHDRAWN
    )
    return max(made, purchase.charge_refunded_cents - returned) + disputed


def credits_taken(purchase: Purchase) -> int:
    """How many of its credits go back with the money: the same share, and never more than were bought.
    Where nobody said what was paid, a credit is a cent."""
    bought = purchase.credits or 0
    total = purchase.cents_total or bought
    return bought * min(total, cents_back(purchase)) // total if total else 0


def postings(purchase: Purchase, fact: Fact, *, had_grant: bool = False) -> list[Posting]:
    """What the books lack of `purchase`, now that `fact` is known; nothing where it changes nothing.
    `had_grant`: its credits are in the books by another name."""
    if purchase.granted_at is None:
        return _first_postings(purchase)[1 if had_grant else 0 :]
    difference = purchase.taken_credits - credits_taken(purchase)
    if not difference:
        return []
    return [_move(purchase, f"{fact.name}:{'returned' if difference > 0 else 'taken'}", difference)]


def _first_postings(purchase: Purchase) -> list[Posting]:
    """The grant, and then what is known to have gone back before it."""
    if not purchase.credits:
        raise ValueError(f"purchases/{purchase.id}: has no credits to grant")
    grant = Posting(
        f"{purchase.session_id}:grant",
        EntryType.GRANT,
        purchase.credits,
        reason="purchase",
        session_id=purchase.session_id,
        payment_intent=purchase.payment_intent,
    )
    taken = credits_taken(purchase)
    return [grant, _move(purchase, f"{purchase.session_id}:taken", -taken)] if taken else [grant]


def _move(purchase: Purchase, entry_id: str, amount: int) -> Posting:
    return Posting(
        entry_id,
        EntryType.ADJUST,
        amount,
        reason="taken back" if amount < 0 else "returned",
        session_id=purchase.session_id,
        payment_intent=purchase.payment_intent,
        is_settled_fact=True,
    )
