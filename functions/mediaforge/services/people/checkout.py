"""Buying credits. This opens the page on which they are paid for, and grants nothing: Stripe's event of the
payment does (`services/money/purchases.py`)."""

from typing import Annotated

from pydantic import Field

from mediaforge import log
from mediaforge.contract.answers import Answer
from mediaforge.contract.requests import WHOLE, DocumentId, Name, Payload
from mediaforge.domain.catalogue import Offer
from mediaforge.domain.credits import PURCHASE_CREDITS_MAX
from mediaforge.domain.errors import InvalidRequestError
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import team_account_id, user_account_id
from mediaforge.domain.names import digest_of
from mediaforge.ports.checkout import Checkout, Order
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.money.blocks import refuse_blocked
from mediaforge.services.money.counting import counted
from mediaforge.services.people.members import check_may_submit


class CreateCheckout(Payload):
    """Opens a page on which credits are paid for. They come once the payment has arrived: listen to the
    account's document. Counts as a submission in the minute."""

    credits: Annotated[int, Field(ge=1, le=PURCHASE_CREDITS_MAX), WHOLE]
    """How many: those of one of `getCatalog().purchases`, at its price. Where that list is absent, nothing is
    sold."""
    team_id: DocumentId | None = None
    """The team that gets the credits; for its editors and owners. Without it: the caller."""
    request_id: Name | None = None
    """The caller's own name for this purchase. Sent again within a day it is the same page, which can be paid
    once; with other content it is refused with `request-id-reused`."""


class CheckoutCreated(Answer):
    """A page on which credits are paid for."""

    url: str
    """The address of the page, for the browser to go to. It can be paid for a day. From there the buyer comes
    back to the studio: to `/account?purchase=paid`, or to `/account?purchase=cancelled`."""


def create_checkout(backend: Backend, caller: Caller, request: CreateCheckout) -> CheckoutCreated:
    """Raises RequestErrors, and BusyError where the page cannot be opened now."""
    checkout, offer = _sold(backend, request)
    own = user_account_id(caller.uid)
    account_id = team_account_id(request.team_id) if request.team_id else own
    order = Order(
        key=digest_of(caller.uid, "checkout", request.request_id or backend.new_id()),
        account_id=account_id,
        user_id=caller.uid,
        credits=offer.credits,
        price_cents=offer.price_cents,
        currency=backend.catalogue.purchases.currency,
    )

    def count(tx: Transaction) -> None:
        refuse_blocked(tx.get, own)
        if request.team_id is not None:
            check_may_submit(tx.get, caller, request.team_id, "buy credits for the team")
            refuse_blocked(tx.get, account_id)
        counted(backend, tx, caller, backend.clock.now(), accounts.admit_change)()

    backend.documents.transact(count)
    url = checkout.open(order)
    log.info(
        "checkout.opened", account_id=account_id, user_id=caller.uid, credits_bought=offer.credits
    )
    return CheckoutCreated(url=url)


def _sold(backend: Backend, request: CreateCheckout) -> tuple[Checkout, Offer]:
    """Raises InvalidRequestError."""
    if backend.checkout is None:
        raise InvalidRequestError.of("credits", "cannot be bought: nothing is sold here")
    offers = {offer.credits: offer for offer in backend.catalogue.purchases.offers}
    if request.credits not in offers:
        sold = ", ".join(map(str, offers))
        raise InvalidRequestError.of("credits", f"are not sold in this number; there are {sold}")
    return backend.checkout, offers[request.credits]
