"""The port of payments, on Stripe Checkout. Stripe's own package is loaded with the first order: it takes
a second, and no other function needs it.

What the buyer gets is decided here and kept in the session's metadata, which only holders of our key can
write; `contract/stripe_events.py` reads it from the event of the payment.
"""

import re
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from mediaforge import log
from mediaforge.domain.errors import BusyError, RequestIdReusedError
from mediaforge.ports.checkout import Order

if TYPE_CHECKING:
    import stripe
    from stripe.checkout import SessionService
    from stripe.params.checkout import SessionCreateParams

# How long one try may be silent. The package makes two: a caller waits for both.
LIMIT_S = 10.0
_RETRIES = 1
_KEY = re.compile(r"(sk|rk)_(?P<mode>live|test)_[A-Za-z0-9_]{8,}")
# Of this installation, whoever asks: its key, its rights, what its account may sell, a wrong price.
_REFUSALS = (400, 401, 402, 403, 404)
# Where the studio says what became of the purchase.
_BACK = "/account?purchase="


class StripeCheckout:
    """`read_key` returns Stripe's key when the first order comes. `studio_origin` is where the page sends
    buyers back to, and they are sent nowhere else. Only the emulators take `test` keys, and no others: their
    purchases are free, and outside the emulators they would bring no credits. `origin` is a local server that
    speaks Stripe's protocol; None means Stripe."""

    def __init__(
        self,
        read_key: Callable[[], str],
        studio_origin: str,
        *,
        takes_test_mode: bool,
        origin: str | None = None,
        limit_s: float = LIMIT_S,
    ) -> None:
        self._read_key = read_key
        self._studio_origin = studio_origin
        self._mode = "test" if takes_test_mode else "live"
        self._origin = origin
        self._limit_s = limit_s

    def open(self, order: Order) -> str:
        import stripe  # noqa: PLC0415 - see above

        params = self._params(order)
        try:
            session = self._sessions.create(params, {"idempotency_key": order.key})
        except stripe.IdempotencyError:
            raise RequestIdReusedError("This requestId was used for another purchase.") from None
        except stripe.StripeError as error:
            if error.http_status in _REFUSALS:
                _complain(error)
            # Its words may quote the request. A 500 is repeated by Stripe to the same key, for a day.
            raise BusyError(f"Stripe: {type(error).__name__}") from None
        # Who pays is given what the metadata say: no page is shown that says anything else.
        if session.url is None or session.to_dict().get("metadata") != params.get("metadata"):
            log.error("checkout.misconfigured", why="the session is not the one that was asked for")
            raise BusyError("Stripe: another session than the one asked for")
        return session.url

    def _params(self, order: Order) -> "SessionCreateParams":
        return {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": order.currency,
                        "unit_amount": order.price_cents,
                        "product_data": {"name": f"{order.credits:,} credits"},
                    },
                }
            ],
            "metadata": {
                "account_id": order.account_id,
                "credits": str(order.credits),
                "user_id": order.user_id,
            },
            # The price is the catalogue's, and what goes back is counted in its cents.
            "adaptive_pricing": {"enabled": False},
            "success_url": f"{self._studio_origin}{_BACK}paid",
            "cancel_url": f"{self._studio_origin}{_BACK}cancelled",
        }

    @cached_property
    def _sessions(self) -> "SessionService":
        """Raises BusyError where the key is none that may be used here."""
        import stripe  # noqa: PLC0415 - see above

        key = self._read_key()
        known = _KEY.fullmatch(key)
        if known is None or known["mode"] != self._mode:
            log.error("checkout.misconfigured", why=f"STRIPE_API_KEY is no {self._mode} key")
            raise BusyError("STRIPE_API_KEY is no key that can be used here")
        stripe.enable_telemetry = False
        client = stripe.StripeClient(
            key,
            base_addresses={"api": self._origin} if self._origin else {},
            max_network_retries=_RETRIES,
            http_client=stripe.RequestsClient(timeout=self._limit_s),
        )
        return client.v1.checkout.sessions


def _complain(error: "stripe.StripeError") -> None:
    """An alarm for whoever runs this. What Stripe says in words may quote a key, and stays out."""
    log.error(
        "checkout.misconfigured",
        why=type(error).__name__,
        status=error.http_status,
        code=error.code,
        param=getattr(error, "param", None),
        stripe_request=error.request_id,
    )
