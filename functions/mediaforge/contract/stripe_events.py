"""Purchases as Stripe's webhook tells of them: who signed an event, and what it buys.

Stripe's SDK stays out of the functions: it would be loaded at a cold start for the twenty lines that
check a signature, and does not validate what it reads.
"""

import hmac
import json
import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from mediaforge.contract.requests import AccountId, Text, parse
from mediaforge.domain.accounts import user_account_id
from mediaforge.domain.credits import CREDITS_MAX
from mediaforge.domain.errors import InvalidRequestError, UnauthenticatedError

PURCHASE_CREDITS_MAX = CREDITS_MAX // 1000
# https://docs.stripe.com/checkout/fulfillment: whatever a coupon has paid for is delivered as well.
_FULFILLED = ("paid", "no_payment_required")
_DIGITS = re.compile(r"[0-9]{1,12}")


# ---- who signed it -------------------------------------------------------------------------------


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


# ---- what it buys --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Purchase:
    """Credits that were paid for. `event_id` is the same however often Stripe delivers the event."""

    event_id: str
    account_id: str
    credits: int


def _from_digits(value: object) -> int:
    # Stripe's metadata are strings; a number was not written by Stripe.
    if not isinstance(value, str) or not _DIGITS.fullmatch(value):
        raise ValueError("must be a string of up to 12 digits")
    return int(value)


def _account_of_uid(value: object) -> object:
    return user_account_id(value) if isinstance(value, str) else value


_Credits = Annotated[int, Field(ge=1, le=PURCHASE_CREDITS_MAX)]


class _FromStripe(BaseModel):
    # Unknown fields are no error, as they are from our callers: Stripe adds some at any time.
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, defer_build=True)


class _Event(_FromStripe):
    id: Annotated[str, Field(pattern=r"^evt_[A-Za-z0-9_]{1,128}$")]
    type: Text


_O = TypeVar("_O", bound=_FromStripe)


class _Data(_FromStripe, Generic[_O]):
    object: _O


class _About(_FromStripe, Generic[_O]):
    """An event, read for one thing that its object says: an error then names the field's whole path."""

    data: _Data[_O]


class _Payment(_FromStripe):
    payment_status: Text


class _Metadata(_FromStripe):
    account_id: AccountId | None = None
    credits: Annotated[_Credits, BeforeValidator(_from_digits)] | None = None


class _Order(_FromStripe):
    metadata: _Metadata | None = None


class _Buyer(_FromStripe):
    """Whoever opens a session sets `client_reference_id` to the uid; read as that user's account."""

    client_reference_id: Annotated[AccountId, BeforeValidator(_account_of_uid)] | None = None


class _Total(_FromStripe):
    """`amount_total` is in the currency's smallest unit: a US cent, which is a credit."""

    currency: Literal["usd"]
    amount_total: _Credits


def read_purchase(body: bytes) -> Purchase | None:
    """What the event in `body` buys, None if it buys nothing; raises InvalidRequestError and no other.

    Only what is used is checked: where the metadata say the credits, the currency does not matter.
    """
    payload = _read_json(body)
    event = parse(_Event, payload)
    if not _is_paid(event.type, payload):
        return None
    metadata = parse(_About[_Order], payload).data.object.metadata or _Metadata()
    return Purchase(
        event_id=event.id,
        account_id=metadata.account_id or _buyer_s_account_id(payload),
        credits=metadata.credits or parse(_About[_Total], payload).data.object.amount_total,
    )


def _read_json(body: bytes) -> object:
    try:
        # From bytes, `loads` would guess at UTF-16 and let half a surrogate pair through.
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise InvalidRequestError.of("", "the body must be JSON in UTF-8") from None


def _is_paid(event_type: str, payload: object) -> bool:
    """A session completes before a slow payment (a bank debit) arrives, which has an event of its own."""
    if event_type == "checkout.session.completed":
        return parse(_About[_Payment], payload).data.object.payment_status in _FULFILLED
    return event_type == "checkout.session.async_payment_succeeded"


def _buyer_s_account_id(payload: object) -> str:
    account_id = parse(_About[_Buyer], payload).data.object.client_reference_id
    if account_id is None:
        raise InvalidRequestError.of(
            "data.object.client_reference_id", "is not given, and neither is metadata.account_id"
        )
    return account_id
