"""HTTP endpoints for other services: Stripe, which signs its events, and providers, whose hints name a job
and its token. Neither has an ID token."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from flask import Request, Response

from mediaforge import bootstrap, config, log
from mediaforge.domain.errors import (
    BusyError,
    InvalidRequestError,
    RateLimitedError,
    RequestError,
    RequestTooLargeError,
    UnauthenticatedError,
)
from mediaforge.entrypoints import doors

if TYPE_CHECKING:
    from mediaforge.services.backend import Backend
    from mediaforge.services.money.purchases import Noted

_JOB_ID = re.compile(r"[A-Za-z0-9-]{1,128}")
# Far larger than any event about a payment.
_EVENT_BYTES_MAX = 1024 * 1024


def stripe(request: Request) -> Response:
    """What Stripe reports of payments. It answers 200 once the facts of the event are kept, and to an event
    that does not concern us. After any other answer Stripe sends the event again, for days, and then gives
    up. So an event that would be answered the same again gets 200, too: one that Stripe signed and nobody can
    read gets 200, and an alarm."""
    if request.method != "POST":
        doors.ignore_body(request)
        refusal = _answer(405, "invalid-request", "must be a POST")
        refusal.headers["Allow"] = "POST"
        return refusal
    try:
        doors.admit(request)
        body = doors.read_body(request, _EVENT_BYTES_MAX)
        return _receive(body, request.headers.get("Stripe-Signature"))
    except (RateLimitedError, RequestTooLargeError) as refusal:
        return _refused_unread(refusal)
    except UnauthenticatedError as refusal:
        doors.count_refusal(request)
        complain_of_a_stranger(refusal.reason)
        return _answer(400, refusal.reason, refusal.message)
    except RequestError as refusal:
        complain_of_a_stranger(refusal.reason)
        return _answer(400, refusal.reason, refusal.message)
    except BusyError as busy:
        log.warning("purchase.postponed", cause=str(busy))
        return _answer(503, "busy", "send it again")
    except Exception as broken:
        log.bug("purchase.broke", broken)
        return _answer(500, "internal", "send it again")


def job(request: Request) -> Response:
    """A provider's hint. Its body is not read, and its answer does not tell whether the hint was of use."""
    from mediaforge.services.jobs.hook import hint

    doors.ignore_body(request)
    job_id, token = request.args.get("job", ""), request.args.get("token", "")
    if request.method != "POST" or not _JOB_ID.fullmatch(job_id):
        return _answer(400, "invalid-request", "must be a POST that names a job")
    try:
        doors.admit(request)
        hint(bootstrap.backend(), job_id, token)
    except RateLimitedError as refusal:
        return _refused_unread(refusal)
    except BusyError as busy:
        log.warning("hint.postponed", cause=str(busy))
        return _answer(503, "busy", "send it again")
    except Exception as broken:
        log.bug("hint.broke", broken)
        return _answer(500, "internal", "send it again")
    return _json(200, {"received": True})


def _refused_unread(refusal: RateLimitedError | RequestTooLargeError) -> Response:
    """The answer to a request that was refused before its body was read. The refusal says for how long, or
    above which size; a rate-limited request may be accepted when it is sent again later."""
    log.info("request.refused", reason=refusal.reason)
    if isinstance(refusal, RequestTooLargeError):
        return _answer(413, refusal.reason, refusal.message)
    answer = _answer(429, refusal.reason, refusal.message)
    answer.headers["Retry-After"] = str(refusal.details["retryAfterSeconds"])
    return answer


def _receive(body: bytes, signature: str | None) -> Response:
    from mediaforge.contract.stripe_events import (
        check_signature,
        is_signing_secret,
        reads_like_stripes,
    )

    secret, now = config.stripe_webhook_secret(), datetime.now(UTC)
    if not is_signing_secret(secret):
        complain_of_the_secret()
        return _answer(503, "not-set-up", "nothing is sold here")
    try:
        check_signature(body, signature, secret, now)  # before a stranger has the backend built
    except UnauthenticatedError:
        if reads_like_stripes(signature, now):
            complain_of_a_signature()
        raise
    return hear(bootstrap.backend(), body)


def hear(backend: Backend, body: bytes) -> Response:
    """Notes an event whose signature is right, and returns the answer to it."""
    from mediaforge.contract.stripe_events import read_fact
    from mediaforge.services.money.purchases import note_payment

    try:
        fact = read_fact(body, takes_test_mode=backend.is_emulated)
    except InvalidRequestError as unreadable:
        fields = _fields(unreadable)
        log.error("purchase.unreadable", fields=fields)
        return _json(200, {"received": True, "unreadable": fields})
    if fact is None:
        return _json(200, {"received": True})
    return _json(200, {"received": True, **_told(note_payment(backend, fact))})


@cache
def complain_of_the_secret() -> None:
    """Logged once a process, so that a stranger who posts here cannot fill the log."""
    log.error("purchase.not_set_up", why="STRIPE_WEBHOOK_SECRET is no signing secret of Stripe's")


@cache
def complain_of_a_signature() -> None:
    """Logged once a process, too. A stranger may have sent the request. But if our secret is that of another
    endpoint, every purchase is refused like this, and nothing else reports it."""
    log.error("purchase.unsigned", why="a signature does not fit STRIPE_WEBHOOK_SECRET")


@cache
def complain_of_a_stranger(reason: str) -> None:
    """Logged once a process, too: anybody can send an unsigned request."""
    log.warning("purchase.refused", reason=reason)


def _told(noted: Noted) -> dict[str, object]:
    if noted.purchase.unclaimed is not None:
        return {"unclaimed": noted.purchase.unclaimed}
    if noted.account is None:
        return {}
    account = noted.account
    owed = {"owed": account.owed} if account.owed else {}
    return {"accountId": account.id, "available": account.available, **owed}


def _fields(refusal: RequestError) -> list[str]:
    return [error["field"] for error in refusal.details.get("fieldErrors", [])]


def _answer(status: int, reason: str, message: str) -> Response:
    return _json(status, {"reason": reason, "message": message})


def _json(status: int, body: dict[str, object]) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
