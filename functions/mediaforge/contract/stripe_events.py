"""Payments as Stripe's webhook reports them: who signed an event, and which fact it tells.

Stripe's SDK is not used: every cold start would load it for the twenty lines that check a signature, and it
does not validate what it reads.
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
from mediaforge.domain.credits import PURCHASE_CREDITS_MAX
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

CENTS_MAX = 10**15
# https://docs.stripe.com/checkout/fulfillment: a session that a coupon has paid for is delivered, too.
_FULFILLED = ("paid", "no_payment_required")
# https://docs.stripe.com/refunds#failed-refunds: the money came back to the seller, or never left.
_RETURNED = ("failed", "canceled")
_V1 = re.compile(rb"[0-9a-f]{64}")
_DIGITS = re.compile(r"[0-9]{1,12}")
_SIGNING_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_-]{32,}")


# ---- who signed it -------------------------------------------------------------------------------


def is_signing_secret(text: str) -> bool:
    """Whether the text can be one of Stripe's signing secrets. A deploy asks for some text, and an operator
    who sells nothing types any word: somebody who guessed that word could sign purchases."""
    return _SIGNING_SECRET.fullmatch(text) is not None


def check_signature(
    body: bytes, header: str | None, secret: str, now: datetime, tolerance_s: int = 300
) -> None:
    """Returns if `header` (`Stripe-Signature`) proves that somebody who knows `secret` sent `body` just now.

    `body` has to be the raw bytes: JSON that was parsed and written again has another signature. Raises
    UnauthenticatedError, whose message quotes neither. https://docs.stripe.com/webhooks#verify-manually
    """
    if not secret.strip():
        raise UnauthenticatedError("There is no signing secret to check Stripe-Signature with.")
    sent_at_s, signatures = _read_header(header or "")
    expected = _signature(body, sent_at_s, secret)
    if not any(hmac.compare_digest(expected, signature) for signature in signatures):
        raise UnauthenticatedError("No v1 signature in Stripe-Signature fits the body.")
    # A timestamp in the future is refused like an old one: the event could be replayed until then.
    if abs(now.timestamp() - sent_at_s) > tolerance_s:
        raise UnauthenticatedError(
            f"The timestamp in Stripe-Signature is more than {tolerance_s} s from now."
        )


def reads_like_stripes(header: str | None, now: datetime, tolerance_s: int = 300) -> bool:
    """Whether the header has the form of Stripe's, and a fresh timestamp. If its signature does not match,
    the secret may be that of another endpoint."""
    try:
        sent_at_s, signatures = _read_header(header or "")
    except UnauthenticatedError:
        return False
    is_fresh = abs(now.timestamp() - sent_at_s) <= tolerance_s
    return is_fresh and any(_V1.fullmatch(signature) for signature in signatures)


def _read_header(header: str) -> tuple[int, list[bytes]]:
    """The signing time, in seconds since 1970, and the v1 signatures: several
    while a secret is being rolled."""
    parts = [part.partition("=") for part in header.split(",")]
    timestamp = next((value for name, _, value in parts if name == "t"), "")
    # compare_digest raises TypeError for a text that is not ASCII; no signature has such characters.
    signatures = [value.encode("ascii", "replace") for name, _, value in parts if name == "v1"]
    if not signatures or not _DIGITS.fullmatch(timestamp):
        raise UnauthenticatedError("Stripe-Signature must be given and read t=…,v1=….")
    return int(timestamp), signatures


def _signature(body: bytes, sent_at_s: int, secret: str) -> bytes:
    return hmac.new(secret.encode(), b"%d." % sent_at_s + body, sha256).hexdigest().encode()


# ---- what it tells -------------------------------------------------------------------------------


class _FromStripe(BaseModel):
    # Unknown fields are no error here, other than in our callers' requests:
    # Stripe may add fields at any time.
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, defer_build=True)


# The id becomes part of a document's path and of an entry's id; Firestore reserves names like `__this__`.
_StripeId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_]{0,199}$")]


def _id_of(value: object) -> object:
    """The id of a Stripe object. Stripe sends the id alone, or the whole object
    where an endpoint has it expanded."""
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
    # Set if the event is of a connected account. An endpoint may get such events, but its sales are not ours.
    account: Any = None


_O = TypeVar("_O", bound=_FromStripe)


class _Data(_FromStripe, Generic[_O]):
    object: _O


class _About(_FromStripe, Generic[_O]):
    """An event, parsed for its object. Errors name the field's whole path."""

    data: _Data[_O]


class _Anything(_FromStripe):
    """A session that may not be ours: any content is valid."""

    metadata: Any = None
    mode: Any = "payment"


class _Session(_FromStripe):
    """A session of ours: the fields that identify it and say whether it is paid."""

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
    """`balance_transactions` has none, one or two items: the money was taken, and then given back."""

    amount: _Cents
    balance_transactions: list[Any] | None = None


_SESSION_EVENTS = ("checkout.session.completed", "checkout.session.async_payment_succeeded")
_REFUND_EVENTS = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
_DISPUTE_EVENTS = "charge.dispute."
# How often the money has moved, as the event's name tells it, even if its object lists fewer transactions.
_MOVES_AT_LEAST = {"charge.dispute.funds_withdrawn": 1, "charge.dispute.funds_reinstated": 2}


def read_fact(body: bytes, *, takes_test_mode: bool) -> Fact | None:
    """The fact about a payment that the event in `body` tells; None if it tells none. Raises
    InvalidRequestError and no other error.

    A session without `metadata.credits` sells something else: nothing more of it is read. A paid session of
    ours that cannot be read in full is still a fact, with its `unreadable` fields left out.
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
        # `loads` would guess at UTF-16 for bytes, and would let half a surrogate pair through.
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise InvalidRequestError.of("", "the body must be JSON in UTF-8") from None


def _read_session(event: _Event, payload: object) -> Paid | None:
    anything = parse(_About[_Anything], payload).data.object
    metadata = anything.metadata
    if anything.mode != "payment" or not isinstance(metadata, dict) or "credits" not in metadata:
        return None
    session = parse(_About[_Session], payload).data.object
    # A session completes before a slow payment (a bank debit) arrives. The
    # payment's arrival has its own event.
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
    """The name of the field that says who gets the credits, and the account; None if it names no account. The
    client that opens a session may set `client_reference_id` to the uid: then the account is that user's."""
    if "account_id" in metadata:
        return "metadata.account_id", _read_as(_ACCOUNT_ID, metadata["account_id"])
    uid = client_reference_id
    account_id = user_account_id(uid) if isinstance(uid, str) else None
    return "client_reference_id", _read_as(_ACCOUNT_ID, account_id)


def _read_credits(value: object) -> int | None:
    # Values of Stripe's metadata are strings, so a number was not written by Stripe.
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
    """None while no money has moved, as in an inquiry, or in a dispute that was prevented."""
    dispute = parse(_About[_Dispute], payload).data.object
    moves = max(len(dispute.balance_transactions or ()), _MOVES_AT_LEAST.get(event_type, 0))
    if dispute.payment_intent is None or not moves:
        return None
    state = DisputeState.WITHDRAWN if moves == 1 else DisputeState.REINSTATED
    return Disputed(dispute.payment_intent, dispute.id, Dispute(dispute.amount, state))
