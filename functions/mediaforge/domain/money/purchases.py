"""A payment as a set of facts that only grows, and how many credits it gives. Pure.

Stripe reports one payment in many events, of two families (`charge.refunded`, `refund.*`), in any order and
any number of times. So nothing is counted per event: each event tells a fact, and the credits to take back
are a function of the known facts. A ledger entry is the difference that a new fact makes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from mediaforge.domain.credits import EntryType, Posting

FORGOTTEN_AFTER = timedelta(days=30)
"""How long facts are kept about a payment that is not known to be a purchase: most belong to other sales."""


ENTRY_EXISTS = "entry-exists"
"""`unclaimed` has this value if the next entry of the purchase is in the ledger already: its document was
deleted, restored or changed by hand. Only an operator removes it."""


ACCOUNT_ERASED = "account-erased"
"""`unclaimed` has this value if whoever paid was erased before the credits could be booked. The account is
not named any more. An operator gives the money back at Stripe, where the payment is known."""


class RefundState(StrEnum):
    """The state only moves forward. `made`: from the refund's creation to the
    money's arrival; `returned`: it failed."""

    MADE = "made"
    RETURNED = "returned"


class DisputeState(StrEnum):
    """Where the money is, not what the bank thinks of the dispute. The state only moves forward."""

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

    `charge_refunded_cents` is the largest amount that Stripe reported. `taken_credits` is how many
    credits the ledger has taken back. `paid_at` is set once a paid session is known, `granted_at` once
    its credits are booked. `unclaimed` says why they are not booked. To have them booked, an operator
    corrects `account_id` and `credits` and has Stripe send any event of the payment again. For
    `entry-exists` the operator also removes `unclaimed` and sets `granted_at`, `account_opened_at` and
    `taken_credits` to what the ledger says. `account-erased` stays.
    `expires_at` is set while no session is known. `account_opened_at` tells which account of that id has the
    credits: an account that was deleted may be opened anew."""

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
    """A checkout session was paid for. `unreadable` names the fields of our metadata that cannot be read.
    `event_id` is the event that told it; it is only needed to find grants that the first version booked."""

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
    """How much of a charge was ever refunded. Stripe does not subtract refunds that failed."""

    payment_id: str
    charge_id: str
    cents: int

    @property
    def name(self) -> str:
        return f"{self.charge_id}:{self.cents}"


Fact = Paid | Refunded | Disputed | ChargeRefunded


def learn(purchase: Purchase, fact: Fact, now: datetime) -> Purchase:
    """The purchase with one more fact; `purchase` itself if the fact was known already."""
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
    """Sets the fields of a paid session once. They stay as they are afterwards: two events tell of the same
    session, and an operator may have corrected the purchase."""
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
    # A refund's amount never changes. Should Stripe report another, the first stands, because it is booked.
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


# ---- what the facts come to ----------------------------------------------------------------------


def cents_back(purchase: Purchase) -> int:
    """How many cents the buyer has back, as both families of events tell it."""
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
    """How many of the purchase's credits go back with the money: the same share, and never more than were
    bought. Where the amount paid is unknown, a credit counts as a cent."""
    bought = purchase.credits or 0
    total = purchase.cents_total or bought
    return bought * min(total, cents_back(purchase)) // total if total else 0


def postings(purchase: Purchase, fact: Fact, *, had_grant: bool = False) -> list[Posting]:
    """The postings that the ledger lacks of `purchase`, now that `fact` is known; none where the fact changes
    nothing. `had_grant`: the grant was booked already, under another entry id."""
    if purchase.granted_at is None:
        return _first_postings(purchase)[1 if had_grant else 0 :]
    difference = purchase.taken_credits - credits_taken(purchase)
    if not difference:
        return []
    return [_move(purchase, f"{fact.name}:{'returned' if difference > 0 else 'taken'}", difference)]


def _first_postings(purchase: Purchase) -> list[Posting]:
    """The grant, then what went back before the grant was booked."""
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
