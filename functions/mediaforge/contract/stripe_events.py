"""Payments as Stripe's webhook tells of them: who signed an event, and the fact that it tells.

Stripe's SDK stays out of the functions: it would be loaded at a cold start for the twenty lines that
check a signature, and does not validate what it reads.
"""

import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from mediaforge.contract.requests import AccountId, Text, parse
from mediaforge.domain.credits import CREDITS_MAX
from mediaforge.domain.errors import InvalidRequestError, UnauthenticatedError
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.domain.money.purchases import (
    ChargeRefunded,
    Dispute,
    Disputed,
    DisputeState,
    Fact,
    Paid,
    Refund,
    Refunded,
    RefundState,
)

PURCHASE_CREDITS_MAX = CREDITS_MAX // 1000
CENTS_MAX = 10**15
# https://docs.stripe.com/checkout/fulfillment: whatever a coupon has paid for is delivered as well.
_FULFILLED = ("paid", "no_payment_required")
# https://docs.stripe.com/refunds#failed-refunds: the money came back to the seller, or never left.
_RETURNED = ("failed", "canceled")
_V1 = re.compile(rb"[0-9a-f]{64}")
_DIGITS = re.compile(r"[0-9]{1,12}")
_SIGNING_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_-]{32,}")


# ---- who signed it -------------------------------------------------------------------------------


def is_signing_secret(text: str) -> bool:
    """Whether it can be one of Stripe's. A deploy asks for some text, and whoever sells nothing types a
    word: who guesses that could sign purchases."""
    return _SIGNING_SECRET.fullmatch(text) is not None


def check_signature(
    body: bytes, header: str | None, secret: str, now: datetime, tolerance_s: int = 300
) -> None:
    """Returns if `header` (`Stripe-Signature`) proves that who knows `secret` sent `body` just now.

    The body is the raw one: read and written anew it has another signature. Raises
    UnauthenticatedError, which quotes neither. https://docs.stripe.com/webhooks#verify-manually
    """
    if not secret.strip():
        raise UnauthenticatedError("There is no signing secret to check Stripe-Signature with.")
    sent_at_s, signatures = _read_header(header or "")
    expected = _signature(body, sent_at_s, secret)
    if not any(hmac.compare_digest(expected, signature) for signature in signatures):
        raise UnauthenticatedError("No v1 signature in Stripe-Signature fits the body.")
    # A moment ahead is refused like an old one: until it came, the event could be played again.
    if abs(now.timestamp() - sent_at_s) > tolerance_s:
        raise UnauthenticatedError(
            f"The timestamp in Stripe-Signature is more than {tolerance_s} s from now."
        )


def reads_like_stripes(header: str | None, now: datetime, tolerance_s: int = 300) -> bool:
    """Whether the header is of the form that Stripe's have, and of just now. Where its signature does not fit
    all the same, the secret may be that of another endpoint."""
    try:
        sent_at_s, signatures = _read_header(header or "")
    except UnauthenticatedError:
        return False
    is_fresh = abs(now.timestamp() - sent_at_s) <= tolerance_s
    return is_fresh and any(_V1.fullmatch(signature) for signature in signatures)


def _read_header(header: str) -> tuple[int, list[bytes]]:
    """When it was signed, in seconds since 1970, and its v1 signatures: several while a secret is rolled."""
    parts = [part.partition("=") for part in header.split(",")]
    timestamp = next((value for name, _, value in parts if name == "t"), "")
    # compare_digest raises TypeError for a text that is not ASCII, which is no signature anyway.
    signatures = [value.encode("ascii", "replace") for name, _, value in parts if name == "v1"]
    if not signatures or not _DIGITS.fullmatch(timestamp):
        raise UnauthenticatedError("Stripe-Signature must be given and read t=…,v1=….")
    return int(timestamp), signatures


def _signature(body: bytes, sent_at_s: int, secret: str) -> bytes:
    return hmac.new(secret.encode(), b"%d." % sent_at_s + body, sha256).hexdigest().encode()


# ---- what it tells -------------------------------------------------------------------------------


class _FromStripe(BaseModel):
    # Unknown fields are no error, as they are from our callers: Stripe adds some at any time.
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, defer_build=True)


# It becomes part of a document's path and of an entry's id, and Firestore keeps names like `__this__`.
_StripeId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_]{0,199}$")]


def _id_of(value: object) -> object:
    """Stripe sends the id; whoever has it expanded on its way sends the object, with its id."""
    return value.get("id", value) if isinstance(value, dict) else value


_PaymentIntentId = Annotated[_StripeId | None, BeforeValidator(_id_of)]
_Cents = Annotated[int, Field(ge=0, le=CENTS_MAX)]
_CENTS: TypeAdapter[int] = TypeAdapter(_Cents)
_CREDITS: TypeAdapter[int] = TypeAdapter(Annotated[int, Field(ge=1, le=PURCHASE_CREDITS_MAX)])
_ACCOUNT_ID: TypeAdapter[str] = TypeAdapter(AccountId)


class _Event(_FromStripe):
    id: Annotated[str, Field(pattern=r"^evt_[A-Za-z0-9_]{1,128}$")]
    type: Text
    livemode: bool = False
    # Of a connected account, where the endpoint listens to those as well: what they sell is not ours.
    account: Any = None


_O = TypeVar("_O", bound=_FromStripe)


class _Data(_FromStripe, Generic[_O]):
    object: _O


class _About(_FromStripe, Generic[_O]):
    """An event, read for what its object says: an error then names the field's whole path."""

    data: _Data[_O]


class _Anything(_FromStripe):
    """A session before we know whether it is ours: nothing of it can be wrong."""

    metadata: Any = None
    mode: Any = "payment"


class _Session(_FromStripe):
    """One of ours: what says which it is, and whether it is paid."""

    id: _StripeId
    payment_status: Text
    payment_intent: _PaymentIntentId = None
    client_reference_id: Any = None
    amount_total: Any = None


class _OfPayment(_FromStripe):
    id: _StripeId
    payment_intent: _PaymentIntentId = None


class _Charge(_OfPayment):
    amount_refunded: _Cents


class _Refund(_OfPayment):
    amount: _Cents
    status: Text | None = None


class _Dispute(_OfPayment):
    """`balance_transactions` are none, one or two: the money taken, and given back."""

    amount: _Cents
    balance_transactions: list[Any] | None = None


_SESSION_EVENTS = ("checkout.session.completed", "checkout.session.async_payment_succeeded")
_REFUND_EVENTS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
_DISPUTE_EVENTS = "charge.dispute."
# What an event's name says of the money, whatever its object has been left out of.
_MOVES_AT_LEAST = {"charge.dispute.funds_withdrawn": 1, "charge.dispute.funds_reinstated": 2}


def read_fact(body: bytes, *, takes_test_mode: bool) -> Fact | None:
    """The fact that the event in `body` tells of a payment, None if it tells none; raises
    InvalidRequestError and no other.

    Of a session without `metadata.credits` nothing is looked at, whatever it says: it sells something else.
    A paid one of ours that cannot be read is a fact all the same, with what is `unreadable` left out.
    """
    payload = _read_json(body)
    event = parse(_Event, payload)
    if event.account is not None or not (event.livemode or takes_test_mode):
        return None
    if event.type in _SESSION_EVENTS:
        return _read_session(event, payload)
    if event.type == "charge.refunded":
        return _read_charge(payload)
    if event.type in _REFUND_EVENTS:
        return _read_refund(payload)
    if event.type.startswith(_DISPUTE_EVENTS):
        return _read_dispute(event.type, payload)
    return None


def _read_json(body: bytes) -> object:
    try:
        # From bytes, `loads` would guess at UTF-16 and let half a surrogate pair through.
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise InvalidRequestError.of("", "the body must be JSON in UTF-8") from None


def _read_session(event: _Event, payload: object) -> Paid | None:
    anything = parse(_About[_Anything], payload).data.object
    metadata = anything.metadata
    if anything.mode != "payment" or not isinstance(metadata, dict) or "credits" not in metadata:
        return None
    session = parse(_About[_Session], payload).data.object
    # A session completes before a slow payment (a bank debit) arrives, which has an event of its own.
    if event.type == _SESSION_EVENTS[0] and session.payment_status not in _FULFILLED:
        return None
    account_field, account_id = _read_account(metadata, session.client_reference_id)
    bought = _read_credits(metadata["credits"])
    read = {"metadata.credits": bought, account_field: account_id}
    return Paid(
        session_id=session.id,
        payment_intent=session.payment_intent,
        account_id=account_id,
        credits=bought,
        cents_total=_read_as(_CENTS, session.amount_total),
        unreadable=tuple(name for name, value in read.items() if value is None),
        event_id=event.id,
    )


def _read_account(
    metadata: Mapping[str, Any], client_reference_id: object
) -> tuple[str, str | None]:
    """The field that says who gets the credits, and the account, None where it names none. Whoever opens a
    session may set `client_reference_id` to the uid; read as that user's account."""
    if "account_id" in metadata:
        return "metadata.account_id", _read_as(_ACCOUNT_ID, metadata["account_id"])
    uid = client_reference_id
    account_id = user_account_id(uid) if isinstance(uid, str) else None
    return "client_reference_id", _read_as(_ACCOUNT_ID, account_id)


def _read_credits(value: object) -> int | None:
    # Stripe's metadata are strings; a number was not written by Stripe.
    is_written = isinstance(value, str) and _DIGITS.fullmatch(value)
    return _read_as(_CREDITS, int(str(value))) if is_written else None


_T = TypeVar("_T")


def _read_as(kind: TypeAdapter[_T], value: object) -> _T | None:
    try:
        return kind.validate_python(value, strict=True)
    except ValidationError:
        return None


def _read_charge(payload: object) -> ChargeRefunded | None:
    charge = parse(_About[_Charge], payload).data.object
    if charge.payment_intent is None:
        return None
    return ChargeRefunded(charge.payment_intent, charge.id, charge.amount_refunded)


def _read_refund(payload: object) -> Refunded | None:
    refund = parse(_About[_Refund], payload).data.object
    if refund.payment_intent is None:
        return None
    state = RefundState.RETURNED if refund.status in _RETURNED else RefundState.MADE
    return Refunded(refund.payment_intent, refund.id, Refund(refund.amount, state))


def _read_dispute(event_type: str, payload: object) -> Disputed | None:
    """None while no money has moved: an inquiry, and a dispute that was prevented."""
    dispute = parse(_About[_Dispute], payload).data.object
    moves = max(len(dispute.balance_transactions or ()), _MOVES_AT_LEAST.get(event_type, 0))
    if dispute.payment_intent is None or not moves:
        return None
    state = DisputeState.WITHDRAWN if moves == 1 else DisputeState.REINSTATED
    return Disputed(dispute.payment_intent, dispute.id, Dispute(dispute.amount, state))
