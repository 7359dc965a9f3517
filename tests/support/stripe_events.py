"""Events as Stripe sends them, cut down to what tells something about a payment and some that does not."""

from collections.abc import Mapping
from typing import Any

Event = dict[str, Any]

COMPLETED = "checkout.session.completed"
ARRIVED_LATE = "checkout.session.async_payment_succeeded"


def event_of(kind: str, of: Mapping[str, Any], event_id: str = "evt_1", **changes: Any) -> Event:
    return {
        "id": event_id,
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": 1_795_000_000,
        "livemode": True,
        "type": kind,
        "data": {"object": of},
        "request": {"id": None, "idempotency_key": None},
        **changes,
    }


def session_of(
    payment: str, bought: int | str | None = 500, account_id: str | None = None, **changes: Any
) -> Event:
    """A checkout session; `payment` is what its ids have in common with its payment's."""
    metadata = {
        **({} if account_id is None else {"account_id": account_id}),
        **({} if bought is None else {"credits": str(bought)}),
    }
    return {
        "id": f"cs_test_{payment}",
        "object": "checkout.session",
        "mode": "payment",
        "livemode": True,
        "payment_intent": f"pi_{payment}",
        "payment_status": "paid",
        "client_reference_id": None,
        "amount_subtotal": 500,
        "amount_total": 500,
        "currency": "usd",
        "metadata": metadata,
        "customer_details": {"email": "ann@example.com", "name": "Ann", "tax_ids": []},
        **changes,
    }


def refund_of(payment: str, name: str, cents: int, status: str = "succeeded") -> Event:
    return {
        "id": f"re_{name}",
        "object": "refund",
        "amount": cents,
        "charge": f"ch_{payment}",
        "currency": "usd",
        "metadata": {},
        "payment_intent": f"pi_{payment}",
        "reason": "requested_by_customer",
        "status": status,
    }


def charge_of(payment: str, cents_refunded: int, cents: int = 500) -> Event:
    """A charge, as `charge.refunded` has it: without its refunds since 2022."""
    return {
        "id": f"ch_{payment}",
        "object": "charge",
        "amount": cents,
        "amount_captured": cents,
        "amount_refunded": cents_refunded,
        "currency": "usd",
        "payment_intent": f"pi_{payment}",
        "refunded": cents_refunded == cents,
        "status": "succeeded",
    }


def dispute_of(payment: str, cents: int, status: str, moves: int) -> Event:
    """A dispute with `moves` balance transactions: the first takes the money away, the second gives it
    back."""
    balance = [
        {"id": f"txn_{payment}_{n}", "object": "balance_transaction", "amount": (-1, 1)[n] * cents}
        for n in range(moves)
    ]
    return {
        "id": f"du_{payment}",
        "object": "dispute",
        "amount": cents,
        "balance_transactions": balance,
        "charge": f"ch_{payment}",
        "currency": "usd",
        "payment_intent": f"pi_{payment}",
        "reason": "fraudulent",
        "status": status,
    }
