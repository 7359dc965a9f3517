"""Tells a webhook of what has ended. A notice was written with that end (`services/jobs/outbox.py`); its
attempts come by tasks, and the sweep finds those that were lost. Everything here may come twice, late, out of
order or never: a receiver is told at least once, each time under the same `webhook-id`.

An attempt is counted before it is made, so whatever happens to its worker, the next one comes later and the
last one comes."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.answers import BatchView, Generation, Message
from mediaforge.domain.errors import AddressRefusedError, UnansweredError
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library import webhooks
from mediaforge.domain.library.webhooks import (
    Notice,
    NoticeStatus,
    Webhook,
    WebhookSecrets,
    WebhookStatus,
)
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.ports.documents import Transaction
from mediaforge.services import tasks
from mediaforge.services.backend import Backend
from mediaforge.services.people.members import readable

_USER_AGENT = "MediaForge-Webhooks/1"
_NOBODY = "The webhook was deleted."
_DISABLED = "The webhook is disabled."
_BLOCKED = "Its account is blocked, or who registered it."
_NOTHING = "What it tells of was deleted."
_NOT_ALLOWED = "Who registered it is no editor or owner of the team any more. Register it again."
_GONE = "The receiver answered 410: it wants to be told no more. Register it again."
_NEVER = "The receiver has accepted nothing for three days. Register it again. The last error: {}"


def deliver_notice(backend: Backend, webhook_id: str, notice_id: str) -> str:
    """Makes one attempt, if one is due. Says what came of it."""
    attempt = backend.documents.transact(lambda tx: _begin(backend, tx, webhook_id, notice_id))
    if isinstance(attempt, Notice):
        return _after(backend, attempt)
    if isinstance(attempt, str):
        return attempt
    body = _body_of(backend, attempt.notice)
    if body is None:
        return attempt.end(lambda notice, now: webhooks.drop(notice, _NOTHING, now))
    return attempt.make(body)


def look_after_notice(backend: Backend, path: str) -> str:
    """Has the next attempt made of a notice whose task was lost, or whose worker has died. Says what was
    done."""
    webhook_id, notice_id = at.names_of_notice(path)
    ref = at.notice(webhook_id, notice_id)

    def work(tx: Transaction) -> Notice | None:
        now, notice = backend.clock.now(), tx.get(ref)
        if notice is None or notice.due_at is None or notice.due_at > now:
            return None
        again = webhooks.send_again(notice, now, backend.timing.pickup_s)
        tx.put(ref, again)
        return again

    again = backend.documents.transact(work)
    if again is None:
        return "moved-meanwhile"
    if again.status is not NoticeStatus.PENDING:
        return "given-up"
    tasks.send_notices(backend, [again])
    return "sent-again"


def _begin(
    backend: Backend, tx: Transaction, webhook_id: str, notice_id: str
) -> "_Attempt | Notice | str":
    """The attempt that begins; the notice, where it goes on without one; or why there is nothing to do."""
    now, return_s = backend.clock.now(), backend.timing.return_s
    ref = at.notice(webhook_id, notice_id)
    tx.prefetch(ref, at.webhook(webhook_id), at.webhook_secrets(webhook_id))
    notice = tx.get(ref)
    if notice is None or notice.status is not NoticeStatus.PENDING:
        return "not-waiting"
    if webhooks.is_early(notice, now):
        return "early"
    # Peeked at: who deletes or rotates at this very moment may see one more attempt as it was.
    webhook = tx.peek(at.webhook(webhook_id))
    secrets = tx.peek(at.webhook_secrets(webhook_id))
    # A webhook of the same name may have been registered anew, by other rights: it is told of nothing older.
    if webhook is None or secrets is None or notice.created_at < webhook.created_at:
        return _written(tx, webhooks.drop(notice, _NOBODY, now))
    if _is_blocked(tx, webhook):
        return _written(tx, webhooks.drop(notice, _BLOCKED, now))
    if webhook.status is WebhookStatus.DISABLED:
        return _written(tx, webhooks.drop(notice, _DISABLED, now))
    if not _may_still_be_told(tx, webhook):
        dropped = webhooks.drop(notice, _DISABLED, now)
        _write_disabled(tx, webhooks.disable(webhook, _NOT_ALLOWED, now))
        return _written(tx, dropped)
    if webhooks.rests(webhook, now):
        return _written(tx, webhooks.put_off(notice, webhook, now, backend.chance(), return_s))
    begun = webhooks.begin(notice, now, return_s)
    tx.put(ref, begun)
    return _Attempt(backend, begun, webhook, secrets)


def _may_still_be_told(tx: Transaction, webhook: Webhook) -> bool:
    """Whoever has left a team, or only reads there by now, is not told of it at an address of theirs."""
    if webhook.team_id is None:
        return True
    member = readable(tx.peek, at.member(webhook.team_id, webhook.created_by))
    return member is not None and member.role.may_submit


def _is_blocked(tx: Transaction, webhook: Webhook) -> bool:
    """Whether the account that it is of is blocked, or whoever registered it."""
    ids = dict.fromkeys((webhook.account_id, user_account_id(webhook.created_by)))
    found = [tx.peek(at.account(account_id)) for account_id in ids]
    return any(account is not None and accounts.is_shut(account) for account in found)


def _written(tx: Transaction, notice: Notice) -> Notice:
    tx.put(at.notice(notice.webhook_id, notice.id), notice)
    return notice


def _write_disabled(tx: Transaction, webhook: Webhook) -> None:
    """Writes the webhook, and takes it out of its account: nothing is written for it any more."""
    account = tx.get(at.account(webhook.account_id))
    tx.put(at.webhook(webhook.id), webhook)
    if account is not None and webhook.id in account.webhooks:
        tx.put(at.account(account.id), accounts.remove_webhook(account, webhook.id))


def _after(backend: Backend, notice: Notice) -> str:
    """What follows from a notice that was written: a task for its next attempt, if there is to be one."""
    if notice.status is NoticeStatus.PENDING:
        tasks.send_notices(backend, [notice], notice.next_at)
    log.info(
        "webhook.told" if notice.status is NoticeStatus.DELIVERED else "webhook.not_told",
        webhook_id=notice.webhook_id,
        delivery_id=notice.id,
        status=notice.status.value,
        attempts=notice.attempts,
        response_status=notice.response_status or 0,
    )
    return notice.status.value


def _body_of(backend: Backend, notice: Notice) -> bytes | None:
    """The message, as what it tells of is now. None where that was deleted."""
    folder, _, rest = notice.path.partition("/")
    data: Generation | BatchView | None
    if folder == at.BATCHES:
        batch = backend.documents.get(at.batch(rest))
        data = BatchView.of(batch) if batch is not None else None
    else:
        uid, plural, job_id = rest.split("/")
        kind = next(each for each in JobKind if each.plural == plural)
        view = backend.documents.get(at.view_of(uid, kind, job_id))
        data = Generation.of(view, kind) if view is not None else None
    if data is None:
        return None
    message = Message(type=notice.event, timestamp=notice.occurred_at, data=data)
    return json.dumps(message.on_the_wire(), separators=(",", ":"), ensure_ascii=False).encode()


_Ended = Callable[[Notice, datetime], Notice]


@dataclass(frozen=True, slots=True)
class _Answered:
    """How an attempt went: the status of the answer, if there was one, and what was wrong with it."""

    status: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class _Attempt:
    """An attempt that has begun, with what it was decided on."""

    backend: Backend
    notice: Notice
    webhook: Webhook
    secrets: WebhookSecrets

    def make(self, body: bytes) -> str:
        """Sends it once, and notes what came of it."""
        answered, chance = self._send(body), self.backend.chance()
        if answered.error is None:
            assert answered.status is not None
            status = answered.status
            return self.end(lambda notice, now: webhooks.deliver(notice, status, now))
        error, return_s = answered.error, self.backend.timing.return_s
        return self.end(
            lambda notice, now: webhooks.fail(notice, error, answered.status, now, chance, return_s)
        )

    def _send(self, body: bytes) -> _Answered:
        now = self.backend.clock.now()
        signed = self.backend.sign(self.secrets.signing_at(now), self.notice.id, now, body)
        headers = {"Content-Type": "application/json", "User-Agent": _USER_AGENT, **signed}
        try:
            status = self.backend.outside.send(self.webhook.url, headers, body)
        except AddressRefusedError as refusal:
            return _Answered(None, f"The address {refusal.message}.")
        except UnansweredError as error:
            return _Answered(None, error.message)
        return _Answered(status, _wrong_with(status))

    def end(self, ended: _Ended) -> str:
        """Notes the end of the attempt in the notice and in its webhook, unless another one has followed."""

        def work(tx: Transaction) -> Notice | None:
            now, notice = self.backend.clock.now(), self.notice
            found = tx.get(at.notice(notice.webhook_id, notice.id))
            if found is None or (found.status, found.attempts) != (notice.status, notice.attempts):
                return None
            after = ended(found, now)
            # Peeked at: it is written where something follows for it, and guarded then.
            webhook = tx.peek(at.webhook(notice.webhook_id))
            if webhook is not None and webhook.status is WebhookStatus.ENABLED:
                _write_changed(tx, webhook, _told(webhook, after, now))
            return _written(tx, after)

        after = self.backend.documents.transact(work)
        return "overtaken" if after is None else _after(self.backend, after)


def _told(webhook: Webhook, notice: Notice, now: datetime) -> Webhook:
    """The webhook after an attempt at the notice."""
    if notice.status is NoticeStatus.DELIVERED:
        return webhooks.accepted(webhook, now)
    if notice.status is NoticeStatus.DROPPED:
        return webhook
    assert notice.error is not None
    after = webhooks.refused(webhook, notice.error, now)
    if notice.response_status == HTTPStatus.GONE:
        return webhooks.disable(after, _GONE, now)
    if notice.status is NoticeStatus.FAILED and webhooks.is_failing_steadily(after, now):
        return webhooks.disable(after, _NEVER.format(notice.error), now)
    return after


def _write_changed(tx: Transaction, before: Webhook, after: Webhook) -> None:
    if after == before:
        return
    if after.status is WebhookStatus.DISABLED:
        _write_disabled(tx, after)
    else:
        tx.put(at.webhook(after.id), after)


def _wrong_with(status: int) -> str | None:
    """What is wrong with an answer of that status; None where it accepts the message."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return f"The receiver answered {status}, a redirect, which is not followed."
    return f"The receiver answered {status}."
