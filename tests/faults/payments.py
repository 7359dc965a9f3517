"""Those who pay by Stripe, and want it back: sessions told of in several events, refunds of parts that
fail in the end or not, disputes won and lost; each event in any order, several times, as late as it likes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from mediaforge.domain.errors import InsufficientCreditsError
from mediaforge.services.backend import Backend
from tests.faults import calls
from tests.faults.chance import Chance
from tests.faults.clients import Clients, Errand
from tests.faults.load import Holder
from tests.faults.platform import Outcome
from tests.faults.record import Payment
from tests.support.stripe_events import (
    ARRIVED_LATE,
    COMPLETED,
    Event,
    charge_of,
    dispute_of,
    event_of,
    refund_of,
    session_of,
)

Misread = Callable[[Mapping[str, Any], Any], Any]

_PAYMENTS_MAX = 3
_CREDITS = (4, 120)
_REFUNDS_MAX = 4
_EMPTIED = 4
# Within so many seconds everything happens, and so late an event may be.
_WITHIN_S = 1500
_LATE_S = 600
_BACKLOG_S = 2500


@dataclass
class Payments:
    """`misread` takes a safeguard away from whoever reads the events."""

    clients: Clients
    misread: Misread

    @property
    def _chance(self) -> Chance:
        return self.clients.platform.stage.chance

    def begin(self, holders: Sequence[Holder]) -> None:
        for holder in holders:
            for number in range(self._chance.whole(1, _PAYMENTS_MAX, "payments", holder.name)):
                self._pay(holder, f"{self._chance.seed}x{holder.name.replace('-', 'x')}x{number}")
            for number in range(_EMPTIED):
                at_s = self._chance.between(0, _WITHIN_S, "emptied", holder.name, number)
                self.clients.at(at_s, partial(self._empty, holder, f"{holder.name}-{number}"))
        self._sell_something_else()

    def _pay(self, holder: Holder, name: str) -> None:
        bought = self._chance.whole(*_CREDITS, "credits", name)
        cents = self._chance.whole(1, 2 * bought, "cents", name)
        account_id = self.clients.account_ids[holder.name]
        begun_s = self._chance.between(0, _WITHIN_S, "paid", name)
        session = session_of(name, bought, account_id, amount_total=cents)
        if self._chance.happens(0.3, "arrives late", name):
            unpaid = {**session, "payment_status": "unpaid"}
            self._tell(event_of(COMPLETED, unpaid, f"evt_{name}_a"), begun_s)
            self._tell(event_of(ARRIVED_LATE, session, f"evt_{name}_b"), begun_s)
        else:
            self._tell(event_of(COMPLETED, session, f"evt_{name}_a"), begun_s)
        if self._chance.happens(0.5, "another event of it", name):
            self._tell(event_of(COMPLETED, session, f"evt_{name}_c"), begun_s)
        back = self._refund(name, cents, begun_s)
        back += self._dispute(name, cents - back, begun_s)
        payments = self.clients.platform.stage.record.payments
        payments[f"pi_{name}"] = Payment(account_id, bought, cents, back)

    def _refund(self, name: str, total: int, begun_s: float) -> int:
        """How many cents are with the buyer in the end, told by both families of events, or by one."""
        families = self._chance.one_of(("both", "refund", "charge"), "families", name)
        out: dict[str, int] = {}
        for number in range(self._chance.whole(0, _REFUNDS_MAX, "refunds", name)):
            about = f"{name}_{number}"
            at_s = begun_s + self._chance.between(0, _WITHIN_S, "refund", about)
            # Of a refund that failed, only its own family of events tells.
            if out and families != "charge" and self._chance.happens(0.4, "fails", about):
                failed = self._chance.one_of(sorted(out), "which", about)
                refund = refund_of(name, failed, out.pop(failed), "failed")
                self._tell(event_of("refund.failed", refund, f"evt_{about}_f"), at_s)
                continue
            cents = self._chance.whole(1, total, "part", about)
            if sum(out.values()) + cents > total:
                continue
            out[about] = cents
            if families != "charge":
                made = event_of("refund.created", refund_of(name, about, cents), f"evt_{about}_r")
                self._tell(made, at_s)
            if families != "refund":
                charge = charge_of(name, sum(out.values()), total)
                self._tell(event_of("charge.refunded", charge, f"evt_{about}_c"), at_s)
        return sum(out.values())

    def _dispute(self, name: str, cents: int, begun_s: float) -> int:
        """How many cents it has taken away in the end."""
        end = self._chance.one_of(("none", "none", "inquiry", "lost", "won"), "dispute", name)
        if not cents or end == "none":
            return 0
        steps = [("created", "warning_needs_response", 0)]
        if end != "inquiry":
            steps.append(("funds_withdrawn", "needs_response", 1))
            steps.append(("closed", end, 1))
        if end == "won":
            steps.append(("funds_reinstated", "won", 2))
        for what, status, moves in steps:
            dispute = dispute_of(name, cents, status, moves)
            event = event_of(f"charge.dispute.{what}", dispute, f"evt_{name}_{what}")
            self._tell(event, begun_s + self._chance.between(0, _WITHIN_S, what, name))
        return cents if end == "lost" else 0

    def _empty(self, holder: Holder, name: str) -> None:
        """Nothing is left that could be taken back: jobs alone do not spend that fast."""
        record = self.clients.platform.stage.record
        account_id = self.clients.account_ids[holder.name]
        available = record.last.get(f"accounts/{account_id}", {}).get("available", 0)

        def note(_: datetime, outcome: Outcome[None]) -> None:
            if outcome.refusal is None:
                record.grants[account_id, f"emptied {name}"] = -available
            elif not isinstance(outcome.refusal, InsufficientCreditsError):
                record.surprises.append(f"emptying {name} was refused: {outcome.refusal}")

        if available:
            take = partial(_take, account_id, available, f"emptied {name}")
            self.clients.do(Errand("correction", name, take, note), 0)

    def _sell_something_else(self) -> None:
        """What the same account of Stripe sells beside credits, and takes back."""
        name = f"{self._chance.seed}xelse"
        session = session_of(name, None, client_reference_id="somebody")
        self._tell(event_of(COMPLETED, session, f"evt_{name}"), 0)
        self._tell(event_of("refund.created", refund_of(name, name, 500), f"evt_{name}_r"), 60)

    def _tell(self, event: Event, happened_s: float) -> None:
        """Delivered once or several times, each until it is answered."""

        def note(_: datetime, outcome: Outcome[None]) -> None:
            if outcome.refusal:
                record = self.clients.platform.stage.record
                record.surprises.append(f"{event['id']} was refused: {outcome.refusal}")

        errand = Errand("event", event["id"], lambda b: calls.hear(b, event, self.misread), note)
        for number in range(self._chance.whole(1, 2, "deliveries", event["id"])):
            self.clients.do(errand, self._arrives_s(event, happened_s, number))

    def _arrives_s(self, event: Event, happened_s: float, number: int) -> float:
        """Of some payments everything comes at once and in any order, after a while in which nothing did."""
        payment = event["data"]["object"]["payment_intent"]
        if number == 0 and self._chance.happens(0.5, "backlog", payment):
            began_s = self._chance.between(0, _BACKLOG_S, "backlog", payment)
            return began_s + self._chance.between(0, 0.5, "in the backlog", event["id"])
        return happened_s + self._chance.between(0, _LATE_S, "late", event["id"], number)


def _take(account_id: str, amount: int, name: str, backend: Backend) -> None:
    calls.take(backend, account_id, amount, name)
