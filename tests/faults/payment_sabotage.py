"""The safeguards of payments and debts, each taken away: through the Documents port, or by reading an event
for something else than it says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from mediaforge.contract.documents import Ref
from mediaforge.domain.credits import Entry
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.money.purchases import (
    ChargeRefunded,
    Paid,
    Purchase,
    Refund,
    Refunded,
    RefundState,
)
from mediaforge.ports.documents import Documents, Written
from tests.faults.sabotage import Disguise, SabotagedDocuments

D = TypeVar("D")


def named_by_the_event(event: Mapping[str, Any], fact: Any) -> Any:
    """A purchase is called by the event that tells of it."""
    if isinstance(fact, Paid):
        return replace(fact, session_id=event["id"], payment_intent=None)
    return fact


def both_families_added(_: Mapping[str, Any], fact: Any) -> Any:
    """What a charge says of its refunds is a refund of its own."""
    if isinstance(fact, ChargeRefunded):
        name = f"{fact.charge_id}_{fact.cents}"
        return Refunded(fact.payment_id, name, Refund(fact.cents, RefundState.MADE))
    return fact


class _Forgetful(Disguise):
    def put(self, ref: Ref[D], value: D) -> Written:
        if isinstance(value, Purchase) and value.paid_at is None:
            return Written(ref.path)
        return super().put(ref, value)


def without_early_facts(documents: Documents) -> Documents:
    """What is told of a payment that is not known yet is not kept."""
    return SabotagedDocuments(documents, _Forgetful)


@dataclass
class _Blind(Disguise):
    """The purchase is read beside the unit of work, so that its commit does not look whether it changed."""

    documents: Documents

    def get(self, ref: Ref[D]) -> D | None:
        return self.documents.get(ref) if ref.type is Purchase else super().get(ref)


def with_facts_written_blindly(documents: Documents) -> Documents:
    return SabotagedDocuments(documents, lambda tx: _Blind(tx, documents))


class _Clipped(Disguise):
    def create(self, ref: Ref[D], value: D) -> None:
        super().create(ref, _without_debt(value))

    def put(self, ref: Ref[D], value: D) -> Written:
        return super().put(ref, _without_debt(value))


def _without_debt(value: Any) -> Any:
    if isinstance(value, Account):
        return replace(value, owed=0)
    return replace(value, owed=None, owed_after=0) if isinstance(value, Entry) else value


def with_take_backs_clipped(documents: Documents) -> Documents:
    """What cannot be taken back is forgotten."""
    return SabotagedDocuments(documents, _Clipped)


@dataclass
class _Generous(Disguise):
    """Writes an account as it would be had its releases paid nothing."""

    unpaid: int = field(default=0)

    def create(self, ref: Ref[D], value: D) -> None:
        if isinstance(value, Entry) and ref.path.endswith(":release:owed"):
            self.unpaid -= value.amount
        else:
            super().create(ref, value)

    def put(self, ref: Ref[D], value: D) -> Written:
        return super().put(ref, self._unpaid(value))

    def _unpaid(self, value: Any) -> Any:
        if not isinstance(value, Account):
            return value
        available, owed = value.available + self.unpaid, value.owed + self.unpaid
        return replace(value, available=available, owed=owed)


def with_releases_that_pay_nothing(documents: Documents) -> Documents:
    return SabotagedDocuments(documents, _Generous)


SABOTAGES: dict[str, tuple[dict[str, Callable[..., Any]], str]] = {
    "purchases named by the event": ({"misread": named_by_the_event}, "credits in the books"),
    "early facts dropped": ({"sabotage": without_early_facts}, "credits in the books"),
    "facts written blindly": ({"sabotage": with_facts_written_blindly}, "credits in the books"),
    "both families added": ({"misread": both_families_added}, "credits in the books"),
    "take-backs clipped": ({"sabotage": with_take_backs_clipped}, "credits in the books"),
    "releases that pay nothing": ({"sabotage": with_releases_that_pay_nothing}, "can be spent"),
}
"""What each takes away from a run, and what has to be found then."""
