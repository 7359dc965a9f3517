"""Registers webhooks, rotates their secrets and deletes them. They are listed by `webhook_lists.py`;
what they are told, and how, is in `webhook_notices.py`.

A webhook is its user's, or a team's: then the editors and owners of the team register and control it. Its
secrets are in a document that no client reads. Which webhooks want to be told of what is written in the
account, too: so whatever ends sees it without a further read."""

from datetime import datetime
from functools import partial
from typing import Annotated

from pydantic import Field, field_validator

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.answers import Answer
from mediaforge.contract.requests import DocumentId, Name, Payload, Text
from mediaforge.domain.catalogue import Tier
from mediaforge.domain.errors import (
    AddressRefusedError,
    IllegalStateError,
    InvalidRequestError,
    NotAMemberError,
    NotFoundError,
    RequestIdReusedError,
    UnansweredError,
)
from mediaforge.domain.library import webhooks
from mediaforge.domain.library.webhooks import (
    OLD_SECRETS_MAX,
    URL_CHARS_MAX,
    Webhook,
    WebhookEvent,
    WebhookSecrets,
    WebhookStatus,
)
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import Account, team_account_id, user_account_id
from mediaforge.domain.names import digest_of
from mediaforge.ports.documents import Query, Read, Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.plans import hash_of
from mediaforge.services.money.blocks import refuse_blocked, refuse_blocked_caller
from mediaforge.services.money.counting import counted
from mediaforge.services.money.opening import find_or_open
from mediaforge.services.people.members import check_may_submit

Url = Annotated[Text, Field(min_length=1, max_length=URL_CHARS_MAX)]
Events = Annotated[
    tuple[Annotated[WebhookEvent, Field(strict=False)], ...],
    Field(strict=False, min_length=1, max_length=len(WebhookEvent)),
]


class CreateWebhook(Payload):
    """Registers an address that is told when jobs and batches of an account end. Each message is signed as
    the Standard Webhooks have it. Counts as a submission in the minute."""

    url: Url
    """The address: `https`, on port 443 or 8443, in a network that is open to everybody. It is looked up now,
    and again each time. Redirects are not followed."""
    events: Events | None = None
    """What it is told of. Without it: everything."""
    team_id: DocumentId | None = None
    """The team whose jobs and batches it is told of; for its editors and owners. Without it: what the
    caller's own account pays for."""
    request_id: Name | None = None
    """The caller's own name for this webhook: sent again with the same content it is the same webhook, and
    the answer has its secret once more, unless that was rotated."""

    @field_validator("events")
    @classmethod
    def _each_once(cls, events: tuple[WebhookEvent, ...] | None) -> tuple[WebhookEvent, ...] | None:
        return events and tuple(each for each in WebhookEvent if each in events)


class OneWebhook(Payload):
    """Names a webhook: the caller's own, or one of a team that the caller is an editor or an owner of."""

    webhook_id: DocumentId
    """The webhook."""


class RotateWebhook(OneWebhook):
    """Gives a webhook a new secret. The one before signs beside it for 24 hours: until then each message has
    both signatures. Counts as a submission in the minute."""


class DeleteWebhook(OneWebhook):
    """Deletes a webhook. Nothing is sent to it any more, nor what waits to be sent."""


class WebhookCreated(Answer):
    """A webhook that was registered."""

    webhook_id: str
    """The id of the webhook."""
    url: str
    """Where it is told."""
    events: tuple[WebhookEvent, ...]
    """What it is told of."""
    status: WebhookStatus
    """`enabled`."""
    secret: str | None = None
    """What its messages are signed with: keep it where no browser sees it. It is shown this once; left out
    where the request was sent again and the secret was rotated meanwhile."""


class WebhookRotated(Answer):
    """A webhook with a new secret."""

    webhook_id: str
    """The webhook."""
    secret: str
    """What its messages are signed with from now on. It is shown this once."""
    until: datetime
    """Until then they are also signed with the secret before."""


class WebhookDeleted(Answer):
    """A webhook that was deleted."""

    webhook_id: str
    """The webhook."""


# ---- registering -------------------------------------------------------------------------------------


def create_webhook(backend: Backend, caller: Caller, request: CreateWebhook) -> WebhookCreated:
    """Raises RequestErrors with nothing written."""
    named = request.request_id and digest_of(caller.uid, "webhook", request.request_id)[:24]
    webhook_id, hash_ = named or backend.new_id(), hash_of("createWebhook", request)
    secret = _new_secret(backend)
    refuse_blocked_caller(backend.documents, caller)
    if request.team_id is not None:
        _check_role(backend.documents.get, caller, request.team_id)
    # What was registered once is answered, wherever its address leads by now.
    if not named or backend.documents.get(at.webhook(webhook_id)) is None:
        _check_address(backend, caller, request.url)

    def work(tx: Transaction) -> tuple[Webhook, WebhookSecrets | None]:
        now, own = backend.clock.now(), user_account_id(caller.uid)
        tx.prefetch(at.account(own), at.webhook(webhook_id), at.webhook_secrets(webhook_id))
        refuse_blocked(tx.get, own)
        if (known := tx.get(at.webhook(webhook_id))) is not None:
            if not caller.sees(known.team_id):
                raise RequestIdReusedError("This requestId was used for something else.")
            if known.request_hash != hash_:
                raise RequestIdReusedError(
                    "This requestId was used with another payload.", webhookId=known.id
                )
            return known, tx.peek(at.webhook_secrets(webhook_id))
        account_id = account_of(tx, caller, request.team_id)
        _check_number(backend, tx, account_id)
        webhook = Webhook(
            id=webhook_id,
            url=request.url,
            events=request.events or tuple(WebhookEvent),
            status=WebhookStatus.ENABLED,
            account_id=account_id,
            created_by=caller.uid,
            created_at=now,
            modified=now,
            request_hash=hash_,
            user_id=None if request.team_id else caller.uid,
            team_id=request.team_id,
        )
        secrets = WebhookSecrets(webhook_id, secret)
        _write_with_account(backend, tx, caller, webhook, now)
        tx.create(at.webhook(webhook_id), webhook)
        tx.create(at.webhook_secrets(webhook_id), secrets)
        return webhook, secrets

    webhook, secrets = backend.documents.transact(work)
    log.info("webhook.registered", webhook_id=webhook.id, account_id=webhook.account_id)
    is_as_made = secrets is not None and not secrets.old
    return WebhookCreated(
        webhook_id=webhook.id,
        url=webhook.url,
        events=tuple(webhook.events),
        status=webhook.status,
        secret=secrets.secret if secrets is not None and is_as_made else None,
    )


def _new_secret(backend: Backend) -> str:
    return webhooks.new_secret(*(backend.new_id() for _ in range(3)))


def _check_address(backend: Backend, caller: Caller, url: str) -> None:
    """Raises InvalidRequestError."""
    try:
        backend.outside.check(url)
    except (AddressRefusedError, UnansweredError) as refusal:
        backend.gate.count_user_refusal(caller.gate_name)  # a name was looked up
        raise InvalidRequestError.of("url", refusal.message) from None


def account_of(tx: Transaction, caller: Caller, team_id: str | None) -> str:
    """The account whose ends the caller may be told of. Raises NotAMemberError, RoleNotAllowedError,
    AccountBlockedError."""
    if team_id is None:
        return user_account_id(caller.uid)
    _check_role(tx.get, caller, team_id)
    account_id = team_account_id(team_id)
    refuse_blocked(tx.get, account_id)
    return account_id


def _check_role(read: Read, caller: Caller, team_id: str) -> None:
    """Raises NotAMemberError, RoleNotAllowedError."""
    check_may_submit(read, caller, team_id, "look after the team's webhooks")


def _check_number(backend: Backend, tx: Transaction, account_id: str) -> None:
    """Raises IllegalStateError. The caller's commit writes the account, as does each that registers one."""
    limit = backend.catalogue.limits.webhooks_max
    if tx.count(of_account(account_id)) >= limit:
        raise IllegalStateError(
            f"An account has at most {limit} webhooks. Delete some of them first.", limit=limit
        )


def of_account(account_id: str) -> Query:
    return Query(at.WEBHOOKS, where=(("account_id", "==", account_id),))


def _write_with_account(
    backend: Backend, tx: Transaction, caller: Caller, webhook: Webhook, now: datetime
) -> None:
    """Counts the call in the caller's own account, and notes the webhook in the account that it is of."""
    if webhook.team_id is None:
        counted(backend, tx, caller, now, partial(_admit_own, webhook))()
        return
    count = counted(backend, tx, caller, now, accounts.admit_change)
    shared = find_or_open(backend, tx, webhook.account_id, now)
    count()
    tx.put(at.account(shared.id), accounts.add_webhook(shared, webhook))


def _admit_own(webhook: Webhook, account: Account, tier: Tier, now: datetime) -> Account:
    return accounts.add_webhook(accounts.admit_change(account, tier, now), webhook)


# ---- what becomes of one -----------------------------------------------------------------------------


def rotate_webhook(backend: Backend, caller: Caller, request: RotateWebhook) -> WebhookRotated:
    """Raises NotFoundError, RoleNotAllowedError, IllegalStateError, RateLimitedError."""
    secret, webhook_id = _new_secret(backend), request.webhook_id

    def work(tx: Transaction) -> datetime:
        now = backend.clock.now()
        controlled(tx.get, caller, webhook_id)
        secrets = tx.get(at.webhook_secrets(webhook_id))
        if secrets is None:
            raise NotFoundError(f"There is no webhook {webhook_id}.")
        rotated = webhooks.rotate(secrets, secret, now)
        if rotated is None:
            raise IllegalStateError(
                f"The secret was rotated {OLD_SECRETS_MAX} times in a day. Come back later.",
                limit=OLD_SECRETS_MAX,
            )
        if not caller.is_admin:
            counted(backend, tx, caller, now, accounts.admit_change)()
        tx.put(at.webhook_secrets(webhook_id), rotated)
        return rotated.old[-1].until

    until = backend.documents.transact(work)
    log.info("webhook.rotated", webhook_id=webhook_id, user_id=caller.uid)
    return WebhookRotated(webhook_id=webhook_id, secret=secret, until=until)


def delete_webhook(backend: Backend, caller: Caller, request: DeleteWebhook) -> WebhookDeleted:
    """Raises NotFoundError, RoleNotAllowedError. What waits to be sent is dropped when its attempt comes."""
    webhook_id = request.webhook_id

    def work(tx: Transaction) -> None:
        webhook = controlled(tx.get, caller, webhook_id)
        account = tx.get(at.account(webhook.account_id))
        if account is not None and webhook_id in account.webhooks:
            tx.put(at.account(account.id), accounts.remove_webhook(account, webhook_id))
        tx.delete(at.webhook_secrets(webhook_id))
        tx.delete(at.webhook(webhook_id))

    backend.documents.transact(work)
    log.info("webhook.deleted", webhook_id=webhook_id, user_id=caller.uid)
    return WebhookDeleted(webhook_id=webhook_id)


def controlled(read: Read, caller: Caller, webhook_id: str) -> Webhook:
    """The webhook, which the caller may look after; an administrator looks after each. Raises NotFoundError,
    also for one that is somebody else's; RoleNotAllowedError, AccountBlockedError."""
    refuse_blocked(read, user_account_id(caller.uid))
    webhook = read(at.webhook(webhook_id))
    if webhook is None or not (_is_of(webhook, caller) or caller.is_admin):
        raise NotFoundError(f"There is no webhook {webhook_id}.")
    if caller.is_admin:
        return webhook
    if webhook.team_id is not None:
        try:
            _check_role(read, caller, webhook.team_id)
        except NotAMemberError:
            raise NotFoundError(f"There is no webhook {webhook_id}.") from None
        refuse_blocked(read, webhook.account_id)
    return webhook


def _is_of(webhook: Webhook, caller: Caller) -> bool:
    return webhook.team_id is not None or webhook.user_id == caller.uid
