"""Webhooks: addresses that an account has registered, where it is told of the ends of its jobs and batches.
Pure: the documents and their states; the protocol is in docs/decisions/0050-webhooks.md.

What another service reports to us is a hint or a payment's event, and no webhook in this sense.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus

from mediaforge.domain.jobs.job import JobStatus
from mediaforge.domain.library.batches import BatchStatus
from mediaforge.domain.names import digest_of

# Seconds from an attempt that failed to the next one; after the last of them it is the last one again.
_WAITS_S = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800)
# A wait is as long as it says, or up to a fifth shorter or longer: what failed together does not come back
# together.
_JITTER = 0.2
_GIVEN_UP_AFTER = timedelta(days=1)
# A notice whose every attempt breaks, as where somebody has spoilt its webhook by hand, ends without one.
_LEFT_ALONE_AFTER = _GIVEN_UP_AFTER + timedelta(hours=1)
_DISABLED_AFTER = timedelta(days=3)
# Attempts in a row that fail before a webhook rests, and how long it rests then, growing with each further
# one. An address that never answers is not to keep the workers from all others.
_RESTS_FROM = 10
_REST_S = 30
_REST_S_MAX = 300
# A worker that has begun an attempt has this long for it, look-up of the name included.
ATTEMPT_S = 90
# The clock of Cloud Tasks and ours differ; a task this little early is on time.
_EARLY = timedelta(seconds=1)
_KEPT = timedelta(days=30)
OVERLAP = timedelta(hours=24)
"""How long a secret goes on signing after a rotation."""
OLD_SECRETS_MAX = 4
URL_CHARS_MAX = 2048


class WebhookEvent(StrEnum):
    JOB_COMPLETED = "job.completed"
    JOB_FAILED = "job.failed"
    JOB_CANCELLED = "job.cancelled"
    BATCH_COMPLETED = "batch.completed"
    BATCH_CANCELLED = "batch.cancelled"


class WebhookStatus(StrEnum):
    ENABLED = "enabled"
    DISABLED = "disabled"


class NoticeStatus(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Webhook:
    """`webhooks/{webhookId}`. Its secrets are elsewhere."""

    id: str
    """The id of the webhook."""
    url: str
    """Where it is told."""
    events: Sequence[WebhookEvent]
    """What it is told of."""
    status: WebhookStatus
    """`enabled`; `disabled` once its receiver has answered 410, or has accepted nothing for three days, or
    whoever registered it may no longer act for the team. Nothing is sent then; register it again."""
    account_id: str
    """Whose jobs and batches it is told of: `user_{uid}` or `team_{teamId}`."""
    created_by: str
    """Who registered it."""
    created_at: datetime
    """When it was registered."""
    modified: datetime
    """When it was last changed."""
    request_hash: str
    """Internal. The same for two requests that are the same."""
    user_id: str | None = None
    """Whose it is; null where it is a team's."""
    team_id: str | None = None
    """The team whose it is; null where it is a user's."""
    last_error: str | None = None
    """Why its last attempt failed, or why it is disabled, in a sentence; null while all is well."""
    disabled_at: datetime | None = None
    """When it was disabled."""
    failing_since: datetime | None = None
    """Since then no attempt was accepted; null while all is well."""
    failures: int = 0
    """Internal. Attempts in a row that failed."""
    rests_until: datetime | None = None
    """Internal. Nothing is sent before: too many attempts in a row have failed."""


@dataclass(frozen=True, slots=True)
class OldSecret:
    """A secret that was rotated, and signs beside the present one until `until`."""

    secret: str
    until: datetime


@dataclass(frozen=True, slots=True)
class WebhookSecrets:
    """`webhook_secrets/{webhookId}`: what signs. No client reads it. `old` are in the order in which they
    were rotated."""

    id: str
    secret: str
    old: Sequence[OldSecret] = ()

    def signing_at(self, now: datetime) -> list[str]:
        """The present secret, and those that still sign beside it."""
        return [self.secret, *(each.secret for each in self.old if now < each.until)]


@dataclass(frozen=True, slots=True)
class Notice:
    """`webhooks/{webhookId}/deliveries/{deliveryId}`: one event, for one webhook. It has no content: that is
    made of what `path` is at each attempt."""

    id: str
    """The id of the delivery, and the `webhook-id` of each of its attempts."""
    webhook_id: str
    """The webhook."""
    event: WebhookEvent
    """What has happened."""
    path: str
    """The document of the job or the batch that it tells of."""
    status: NoticeStatus
    """`pending` until it is `delivered`; `failed` where it was given up, after a day or at the answer 410;
    `dropped` where it was not sent any more: the webhook was disabled, or what it tells of was deleted."""
    occurred_at: datetime
    """When the job or the batch ended."""
    created_at: datetime
    """When it was written."""
    modified: datetime
    """When it was last changed."""
    next_at: datetime
    """Internal. No attempt is made before."""
    forget_at: datetime
    """Internal. The document may be deleted from then on."""
    due_at: datetime | None = None
    """Internal. Set while it is `pending`: the moment by which somebody should have tried it."""
    attempts: int = 0
    """How often it was sent, or begun to be."""
    response_status: int | None = None
    """The HTTP status of the last answer; null where there was none."""
    error: str | None = None
    """Why the last attempt failed, or why it was dropped, in a sentence."""
    delivered_at: datetime | None = None
    """When it was accepted."""


_OF_JOBS = {
    JobStatus.COMPLETED: WebhookEvent.JOB_COMPLETED,
    JobStatus.FAILED: WebhookEvent.JOB_FAILED,
    JobStatus.CANCELLED: WebhookEvent.JOB_CANCELLED,
}
_OF_BATCHES = {
    BatchStatus.COMPLETED: WebhookEvent.BATCH_COMPLETED,
    BatchStatus.CANCELLED: WebhookEvent.BATCH_CANCELLED,
}


# ---- notices -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class End:
    """The end of a job or a batch. `occurred_at` tells the second end of a batch that was run again from its
    first."""

    event: WebhookEvent
    subject_id: str
    path: str
    occurred_at: datetime

    @classmethod
    def of_job(cls, job_id: str, status: JobStatus, path: str, at: datetime) -> "End":
        return cls(_OF_JOBS[status], job_id, path, at)

    @classmethod
    def of_batch(cls, batch_id: str, status: BatchStatus, at: datetime) -> "End":
        return cls(_OF_BATCHES[status], batch_id, f"batches/{batch_id}", at)


def notices_of(
    wanted: Mapping[str, Sequence[str]], ends: Sequence[End], now: datetime, due_at: datetime
) -> list[Notice]:
    """A notice of each end for each webhook that wants to be told of it. `wanted` are the events of each
    webhook. Made again of the same, it has the same id."""
    return [
        Notice(
            id=_id_of(webhook_id, end),
            webhook_id=webhook_id,
            event=end.event,
            path=end.path,
            status=NoticeStatus.PENDING,
            occurred_at=end.occurred_at,
            created_at=now,
            modified=now,
            next_at=now,
            forget_at=now + _KEPT,
            due_at=due_at,
        )
        for webhook_id, events in wanted.items()
        for end in ends
        if end.event.value in events
    ]


def _id_of(webhook_id: str, end: End) -> str:
    at = end.occurred_at.isoformat()
    return digest_of(webhook_id, end.event.value, end.subject_id, at)[:32]


def is_early(notice: Notice, now: datetime) -> bool:
    """Whether the next attempt is not due yet, or another worker may be at it."""
    return now < notice.next_at - _EARLY


def begin(notice: Notice, now: datetime, return_s: float) -> Notice:
    """The notice with one more attempt, counted before it is made."""
    until = now + timedelta(seconds=ATTEMPT_S)
    due_at = until + timedelta(seconds=return_s)
    return replace(notice, attempts=notice.attempts + 1, next_at=until, due_at=due_at, modified=now)


def deliver(notice: Notice, response_status: int, now: datetime) -> Notice:
    return replace(
        notice,
        status=NoticeStatus.DELIVERED,
        response_status=response_status,
        error=None,
        delivered_at=now,
        due_at=None,
        modified=now,
    )


def fail(
    notice: Notice,
    error: str,
    response_status: int | None,
    now: datetime,
    chance: float,
    return_s: float,
) -> Notice:
    """The notice after an attempt that failed; `failed` where its day is over, or where the receiver wants no
    more of it. `chance` is uniform in [0, 1); `return_s` is how late a task may be."""
    spread = 1 - _JITTER + 2 * _JITTER * chance
    wait_s = _WAITS_S[min(notice.attempts, len(_WAITS_S)) - 1] * spread
    tried = replace(notice, error=error, response_status=response_status, modified=now)
    if response_status == HTTPStatus.GONE:
        return replace(tried, status=NoticeStatus.FAILED, due_at=None)
    return _wait(tried, now + timedelta(seconds=wait_s), return_s)


def put_off(
    notice: Notice, webhook: Webhook, now: datetime, chance: float, return_s: float
) -> Notice:
    """The notice while its webhook rests: it waits, without an attempt."""
    assert webhook.rests_until is not None
    later = webhook.rests_until + timedelta(seconds=chance * _REST_S)
    return _wait(replace(notice, error=webhook.last_error, modified=now), later, return_s)


def _wait(notice: Notice, until: datetime, return_s: float) -> Notice:
    if until > notice.created_at + _GIVEN_UP_AFTER:
        return replace(notice, status=NoticeStatus.FAILED, due_at=None)
    return replace(notice, next_at=until, due_at=until + timedelta(seconds=return_s))


def drop(notice: Notice, error: str, now: datetime) -> Notice:
    return replace(notice, status=NoticeStatus.DROPPED, error=error, due_at=None, modified=now)


def send_again(notice: Notice, now: datetime, pickup_s: float) -> Notice:
    """The notice that was forgotten, whose task is made once more now; `failed` where its day is over."""
    if now > notice.created_at + _LEFT_ALONE_AFTER:
        return replace(notice, status=NoticeStatus.FAILED, due_at=None, modified=now)
    return replace(notice, due_at=now + timedelta(seconds=pickup_s), modified=now)


# ---- webhooks ----------------------------------------------------------------------------------------


def accepted(webhook: Webhook, now: datetime) -> Webhook:
    """The webhook after an attempt that was accepted: the same where all was well before."""
    if webhook.failing_since is None:
        return webhook
    return replace(
        webhook, last_error=None, failing_since=None, failures=0, rests_until=None, modified=now
    )


def refused(webhook: Webhook, error: str, now: datetime) -> Webhook:
    """The webhook after an attempt that failed."""
    failures = webhook.failures + 1
    rest_s = min(_REST_S_MAX, _REST_S * (failures - _RESTS_FROM + 1))
    return replace(
        webhook,
        last_error=error,
        failing_since=webhook.failing_since or now,
        failures=failures,
        rests_until=now + timedelta(seconds=rest_s) if rest_s > 0 else None,
        modified=now,
    )


def rests(webhook: Webhook, now: datetime) -> bool:
    return webhook.rests_until is not None and now < webhook.rests_until


def is_failing_steadily(webhook: Webhook, now: datetime) -> bool:
    """Whether nothing was accepted for so long that a notice which is given up now disables the webhook."""
    return webhook.failing_since is not None and now >= webhook.failing_since + _DISABLED_AFTER


def disable(webhook: Webhook, error: str, now: datetime) -> Webhook:
    return replace(
        webhook,
        status=WebhookStatus.DISABLED,
        last_error=error,
        disabled_at=now,
        modified=now,
    )


# ---- secrets -----------------------------------------------------------------------------------------


def new_secret(*unguessable: str) -> str:
    """A secret as the Standard Webhooks have it, made of ids that nobody can guess."""
    digest = hashlib.sha256("".join(unguessable).encode()).digest()
    return f"whsec_{base64.b64encode(digest).decode()}"


def rotate(secrets: WebhookSecrets, secret: str, now: datetime) -> WebhookSecrets | None:
    """The secrets with a new one; the one before signs beside it for a day, and so do earlier ones to their
    end. None where too many are left."""
    left = [each for each in secrets.old if now < each.until]
    if len(left) >= OLD_SECRETS_MAX:
        return None
    return replace(secrets, secret=secret, old=(*left, OldSecret(secrets.secret, now + OVERLAP)))
