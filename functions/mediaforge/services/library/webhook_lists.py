"""Lists webhooks, and what each of them was told."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from mediaforge.contract import documents as at
from mediaforge.contract.answers import Answer, DeliveryItem, WebhookItem
from mediaforge.contract.requests import WHOLE, DocumentId, Payload, Text
from mediaforge.domain.errors import InvalidRequestError
from mediaforge.domain.library.webhooks import Notice, Webhook
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.library.webhooks import OneWebhook, account_of, controlled, of_account
from mediaforge.services.money.blocks import refuse_blocked

PAGE_MAX = 100
_NO_CURSOR = "is none that this list has answered"


class ListWebhooks(Payload):
    """Lists the webhooks of the caller's own account, or of a team, newest first."""

    team_id: DocumentId | None = None
    """The team; for its editors and owners. Without it: the caller's own."""


class ListDeliveries(OneWebhook):
    """Lists what a webhook was told, or is to be told, newest first. Each is kept for thirty days."""

    limit: Annotated[int, Field(ge=1, le=PAGE_MAX), WHOLE] = 20
    """The most items of a page."""
    cursor: Annotated[Text, Field(max_length=1000)] | None = None
    """The `cursor` of the page before this one."""


class WebhooksListed(Answer):
    """The webhooks of an account."""

    items: tuple[WebhookItem, ...]
    """Newest first."""


class DeliveriesListed(Answer):
    """A page of what a webhook was told."""

    items: tuple[DeliveryItem, ...]
    """Newest first."""
    cursor: str | None = None
    """For the next page; left out where nothing more can be found."""


def list_webhooks(backend: Backend, caller: Caller, request: ListWebhooks) -> WebhooksListed:
    """Raises NotAMemberError, RoleNotAllowedError."""

    def work(tx: Transaction) -> Sequence[Webhook]:
        refuse_blocked(tx.peek, user_account_id(caller.uid))  # nothing is written here
        account_id = account_of(tx, caller, request.team_id)
        return tx.find(Webhook, of_account(account_id))

    found = backend.documents.transact(work)
    newest_first = sorted(found, key=lambda each: (each.created_at, each.id), reverse=True)
    return WebhooksListed(items=tuple(map(WebhookItem.of, newest_first)))


def list_deliveries(backend: Backend, caller: Caller, request: ListDeliveries) -> DeliveriesListed:
    """Raises NotFoundError, RoleNotAllowedError; InvalidRequestError for a cursor that is none."""
    webhook = controlled(backend.documents.get, caller, request.webhook_id)
    page = _page(request.webhook_id, request.limit + 1, _place_of(request.cursor))
    found = backend.documents.find(Notice, page)  # one more says whether there is a next page
    # What is older was for an earlier webhook of the same name.
    found = [notice for notice in found if notice.created_at >= webhook.created_at]
    items = found[: request.limit]
    cursor = _cursor_of(items[-1]) if len(found) > len(items) else None
    return DeliveriesListed(items=tuple(map(DeliveryItem.of, items)), cursor=cursor)


def _page(webhook_id: str, limit: int, place: tuple[datetime, str] | None) -> Query:
    after = place[1] if place else ""
    behind = place[:1] if place else ()
    return Query(at.notices(webhook_id), (), ("-created_at",), limit, after, behind)


def _cursor_of(last: Notice) -> str:
    place = f"{last.created_at.isoformat()}|{last.id}"
    return base64.urlsafe_b64encode(place.encode()).decode()


def _place_of(cursor: str | None) -> tuple[datetime, str] | None:
    """Where the page before has ended. Raises InvalidRequestError. A cursor is no secret, and not signed: it
    can only name a place in what its caller may list anyway."""
    if cursor is None:
        return None
    try:
        said, _, notice_id = (
            base64.b64decode(cursor, altchars=b"-_", validate=True).decode().partition("|")
        )
        moment = datetime.fromisoformat(said)
        place = moment.astimezone(UTC), notice_id  # before the year 1 and after 9999 there is none
    except (binascii.Error, ValueError, OverflowError):
        raise InvalidRequestError.of("cursor", _NO_CURSOR) from None
    if moment.tzinfo is None or not notice_id.isalnum():
        raise InvalidRequestError.of("cursor", _NO_CURSOR)
    return place
