"""Around what `@https_fn.on_call` makes: whatever a caller sends, it is answered as the contract says.

The SDK answers INTERNAL to JSON that is no object, logs a token it cannot read and the values of fields
it does not know, and refuses without a `reason`.
"""

import base64
import json
from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any

from flask import Request, Response
from werkzeug.exceptions import RequestEntityTooLarge

DEPTH_MAX = 64
# The largest valid request is a quarter of it. It is read before anybody is known, several at once,
# and what JSON makes of it may be sixty times as large.
BODY_BYTES_MAX = 1024 * 1024
_NO_PAYLOAD = b'{"data":"not a callable request"}'
_UNREADABLE = "Bearer unreadable"
_JWT_PARTS = 3
_REASONS = {400: "invalid-request", 401: "unauthenticated"}
_MESSAGES = {
    400: 'must be a POST of application/json with the body {"data": {…}}',
    401: "The ID token is not valid, or has expired. Get a new one and send the request again.",
}

Handler = Callable[[Request], Response]


def speaks_contract(declared: Callable[..., Any]) -> Handler:
    """The outermost decorator of every callable."""
    answer: Handler = declared

    @wraps(declared)
    def receive(request: Request) -> Response:
        return _with_reason(answer(_readable(request)))

    return receive


def _readable(request: Request) -> Request:
    """The request, with what the SDK would stumble over replaced by what it refuses cleanly."""
    environ: dict[str, Any] = {}
    if "Authorization" in request.headers and not _is_token(request.headers["Authorization"]):
        environ["HTTP_AUTHORIZATION"] = _UNREADABLE
    if request.method == "POST" and not _is_callable_body(body_of(request)):
        environ |= {
            "wsgi.input": BytesIO(_NO_PAYLOAD),
            "CONTENT_LENGTH": str(len(_NO_PAYLOAD)),
            "CONTENT_TYPE": "application/json",
        }
    elif environ:
        environ["wsgi.input"] = BytesIO(body_of(request))
    if not environ:
        return request
    kept = {name: v for name, v in request.environ.items() if name != "werkzeug.request"}
    return Request({**kept, **environ})


def body_of(request: Request) -> bytes:
    """What was sent, and nothing where that is too much: what is not read costs nothing."""
    request.max_content_length = BODY_BYTES_MAX
    try:
        return request.get_data()
    except RequestEntityTooLarge:
        return b""


def _is_callable_body(content: bytes) -> bool:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and set(body) == {"data"} and _depth_is_sane(body)


def _depth_is_sane(body: object) -> bool:
    """Checked without recursion: the SDK parses the body again, deeper in the stack than we are."""
    level: list[object] = [body]
    for _ in range(DEPTH_MAX):
        inner: list[object] = []
        for value in level:
            inner += (
                value.values()
                if isinstance(value, dict)
                else value
                if isinstance(value, list)
                else ()
            )
        if not inner:
            return True
        level = inner
    return False


def _is_token(authorization: str) -> bool:
    """Whether the SDK can take it apart; what it cannot, an API key say, it would write to the log."""
    scheme, _, token = authorization.partition(" ")
    parts = token.split(".")
    return scheme == "Bearer" and len(parts) == _JWT_PARTS and all(map(_is_json_object, parts[:2]))


def _is_json_object(part: str) -> bool:
    try:
        decoded = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        return isinstance(json.loads(decoded), dict)
    except (ValueError, RecursionError):
        return False


def _with_reason(response: Response) -> Response:
    """A refusal of the SDK's own, with the details that ours have."""
    reason = _REASONS.get(response.status_code)
    body = response.get_json(silent=True) if reason else None
    if not isinstance(body, dict) or "details" in body.get("error", {"details": None}):
        return response
    message = _MESSAGES[response.status_code]
    details: dict[str, Any] = {"reason": reason}
    if reason == "invalid-request":
        details["fieldErrors"] = [{"field": "", "message": message}]
    body["error"] |= {"message": message, "details": details}
    response.set_data(json.dumps(body))
    return response
