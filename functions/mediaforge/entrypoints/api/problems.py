"""Refusals as problem documents (RFC 9457)."""

import json
import math
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Response

from mediaforge.domain.errors import BusyError, RequestError

# By the callable protocol's code, except for the reasons below.
_STATUSES = {
    "INVALID_ARGUMENT": 422,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "FAILED_PRECONDITION": 409,
    "RESOURCE_EXHAUSTED": 429,
    "UNAVAILABLE": 503,
    "INTERNAL": 500,
}
_STATUSES_OF_REASONS = {"insufficient-credits": 402, "request-too-large": 413}
STATUSES = sorted({400, 405, 415, *_STATUSES.values(), *_STATUSES_OF_REASONS.values()})
"""Every status of a problem document."""
_INSTANCE_CHARS_MAX = 200


def status_of(code: str, reason: str) -> int:
    """The HTTP status that a refusal is answered with."""
    return _STATUSES_OF_REASONS.get(reason, _STATUSES[code])


class DoorError(Exception):
    """A request that no operation has seen: no route, no method, a body that cannot be read."""

    def __init__(self, status: int, reason: str, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status, self.reason, self.detail = status, reason, detail
        self.headers = headers


def refused(refusal: RequestError, path: str, request_id: str, now: datetime) -> Response:
    status = status_of(refusal.code, refusal.reason)
    answer = problem(
        status, refusal.reason, refusal.message, path, request_id, details=refusal.details
    )
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if (wait_s := _wait_s(refusal.details, now)) is not None:
        answer.headers["Retry-After"] = str(wait_s)
    return answer


def _wait_s(details: Mapping[str, Any], now: datetime) -> int | None:
    """How long the caller has to wait: a limit of the minute says it, one of the day says its end."""
    resets_at: str | None = details.get("resetsAt")
    if resets_at is None:
        return details.get("retryAfterSeconds")
    return max(1, math.ceil((datetime.fromisoformat(resets_at) - now).total_seconds()))


def turned_away(refusal: DoorError, path: str, request_id: str) -> Response:
    answer = problem(refusal.status, refusal.reason, refusal.detail, path, request_id)
    answer.headers.update({name.replace("_", "-"): v for name, v in refusal.headers.items()})
    return answer


def busy(error: BusyError, path: str, request_id: str) -> Response:
    detail = "MediaForge is busy. Send the same request again in a moment."
    wait_s = math.ceil(error.retry_after_s or 1)
    answer = problem(503, "busy", detail, path, request_id, {"retryAfterSeconds": wait_s})
    answer.headers["Retry-After"] = str(wait_s)
    return answer


def broken(path: str, request_id: str) -> Response:
    detail = "Something broke on our side; it has been reported."
    return problem(500, "internal", detail, path, request_id)


def problem(
    status: int,
    reason: str,
    detail: str,
    path: str,
    request_id: str,
    details: Mapping[str, Any] | None = None,
) -> Response:
    # `status` is the HTTP status here: that of the job or the batch has another name.
    told = {("state" if name == "status" else name): v for name, v in (details or {}).items()}
    body = {
        **told,
        "type": f"urn:mediaforge:problem:{reason}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": path[:_INSTANCE_CHARS_MAX],
        "reason": reason,
        "requestId": request_id,
    }
    return Response(json.dumps(body), status, content_type="application/problem+json")
