"""A layer around the SDK's callables: whatever a caller sends, the answer is as our contract says.

By itself the SDK answers INTERNAL to JSON that is not an object, logs tokens that it cannot read and the
values of fields that it does not know, and refuses without a `reason`.
"""

import base64
import json
import re
from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any

from firebase_functions import https_fn
from firebase_functions.https_fn import CallableRequest
from flask import Request, Response

from mediaforge import config, log
from mediaforge.domain.errors import RequestError
from mediaforge.entrypoints import doors
from mediaforge.entrypoints.traces import trace_of

_NO_PAYLOAD = b'{"data":"not a callable request"}'
_UNREADABLE = "Bearer unreadable"
_JWT_PARTS = 3
_STATUSES = {"INVALID_ARGUMENT": 400, "RESOURCE_EXHAUSTED": 429}
_REASONS = {400: "invalid-request", 401: "unauthenticated"}
_MESSAGES = {
    400: 'must be a POST of application/json with the body {"data": {…}}',
    401: "The ID token is not valid, or has expired. Get a new one and send the request again.",
}
_API_KEY = re.compile(r"bearer\s+mf_", re.IGNORECASE)
_NO_KEYS = (
    "API keys are for the HTTPS API. A callable takes the ID token of a user who has signed in."
)
_APP_CHECKED = (
    "The App Check token or the ID token is missing, not valid, or has expired. "
    "Get new ones and send the request again."
)
_UNAUTHENTICATED = 401

Handler = Callable[[Request], Response]


def on_call(
    bytes_max: int = doors.BODY_BYTES_MAX, **given: Any
) -> Callable[[Callable[[CallableRequest[Any]], Any]], Handler]:
    """The SDK's `on_call`, with answers as our contract says. App Check is set on each function, because the
    SDK ignores what `set_global_options` says of it. `bytes_max` is the length of the largest body."""

    def declare(handler: Callable[[CallableRequest[Any]], Any]) -> Handler:
        is_checked = config.enforces_app_check()
        declared = https_fn.on_call(enforce_app_check=is_checked, **given)(handler)
        return speaks_contract(declared, bytes_max)

    return declare


def speaks_contract(declared: Callable[..., Any], bytes_max: int = doors.BODY_BYTES_MAX) -> Handler:
    """Wraps every callable: checks the request before the SDK reads it, and adds a `reason` to the SDK's
    refusals."""
    answer: Handler = declared

    @wraps(declared)
    def receive(request: Request) -> Response:
        with log.of_request(trace_of(request.headers)):
            return checked(request)

    def checked(request: Request) -> Response:
        if request.method != "POST":
            doors.ignore_body(request)
            return _with_reason(answer(_readable(request, b"")), request)
        try:
            doors.admit(request)
            body = doors.read_flat_body(request, bytes_max)
        except RequestError as refusal:
            return _refused(refusal, declared.__name__)
        response = _with_reason(answer(_readable(request, body)), request)
        if response.status_code == _UNAUTHENTICATED:
            doors.count_refusal(request)
        return response

    return receive


def _refused(refusal: RequestError, name: str) -> Response:
    """The answer to a request that must not reach the SDK, which would parse the body and look at its
    tokens."""
    log.info("request.refused", function=name, reason=refusal.reason)
    details = {"reason": refusal.reason, **refusal.details}
    error = {"status": refusal.code, "message": refusal.message, "details": details}
    return Response(
        json.dumps({"error": error}),
        _STATUSES[refusal.code],
        {"Access-Control-Allow-Origin": "*"},  # as the SDK sets it, for pages of any origin
        content_type="application/json",
    )


def _readable(request: Request, body: bytes) -> Request:
    """The request; a token or a body that the SDK would stumble over is replaced by one that it refuses
    cleanly."""
    environ: dict[str, Any] = {}
    if "Authorization" in request.headers and not is_token(request.headers["Authorization"]):
        environ["HTTP_AUTHORIZATION"] = _UNREADABLE
    if request.method == "POST" and not is_callable_body(body):
        environ |= {
            "wsgi.input": BytesIO(_NO_PAYLOAD),
            "CONTENT_LENGTH": str(len(_NO_PAYLOAD)),
            "CONTENT_TYPE": "application/json",
        }
    elif environ:
        environ["wsgi.input"] = BytesIO(body)
    if not environ:
        return request
    kept = {name: v for name, v in request.environ.items() if name != "werkzeug.request"}
    return Request({**kept, **environ})


def is_callable_body(content: bytes) -> bool:
    """Whether it is the JSON of a callable request. The caller has checked its depth already. A NUL byte
    means another encoding, in which that check does not see brackets."""
    try:
        body = None if b"\0" in content else json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and set(body) == {"data"}


def is_token(authorization: str) -> bool:
    """Whether the SDK can parse the token. It would log what it cannot parse, say an API key."""
    scheme, _, token = authorization.partition(" ")
    parts = token.split(".")
    return scheme == "Bearer" and len(parts) == _JWT_PARTS and all(map(_is_json_object, parts[:2]))


def _has_key(request: Request) -> bool:
    authorization = request.headers.get("Authorization", "")
    return "X-API-Key" in request.headers or _API_KEY.match(authorization) is not None


def _is_json_object(part: str) -> bool:
    try:
        decoded = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        return isinstance(json.loads(decoded), dict)
    except (ValueError, RecursionError):
        return False


def _with_reason(response: Response, request: Request) -> Response:
    """Adds to a refusal of the SDK the details that our own refusals have. `request` is what was sent."""
    reason = _REASONS.get(response.status_code)
    body = response.get_json(silent=True) if reason else None
    if not isinstance(body, dict) or "error" not in body:
        return response
    has_key = response.status_code == _UNAUTHENTICATED and _has_key(request)
    if "details" in body["error"] and not has_key:
        return response
    message = _MESSAGES[response.status_code]
    if response.status_code == _UNAUTHENTICATED and config.enforces_app_check():
        message = _APP_CHECKED
    if has_key:
        message = _NO_KEYS
    details: dict[str, Any] = {"reason": reason}
    if reason == "invalid-request":
        details["fieldErrors"] = [{"field": "", "message": message}]
    body["error"] |= {"message": message, "details": details}
    response.set_data(json.dumps(body))
    return response
