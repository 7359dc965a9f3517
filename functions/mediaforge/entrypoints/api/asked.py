"""What a request says: who asks, and for what. Nothing here decides."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Request
from pydantic import BaseModel
from werkzeug.exceptions import HTTPException

from mediaforge.domain.errors import BusyError, InvalidRequestError, UnauthenticatedError
from mediaforge.entrypoints import callers, doors
from mediaforge.entrypoints.api.problems import DoorError
from mediaforge.entrypoints.callable_protocol import is_token
from mediaforge.entrypoints.traces import trace_of
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.gate import Allowance
from mediaforge.services.people.keys import caller_with

_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?([0-9]{1,6})\"?(?:$|[,;\s])", re.IGNORECASE)
_WAIT_S_MAX = 60
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_JSON = "application/json"
# What a form has beside its file: names, and the boundaries between its parts.
_FORM_BYTES_MAX = 16 * 1024
_NO_CREDENTIALS = (
    "Send an API key, or an ID token, as Authorization: Bearer … "
    "The callable createApiKey makes a key; see docs/api.md."
)


def request_id_of(request: Request, new_id: str) -> str:
    """The caller's own `X-Request-Id`, if it can be logged; else the trace that Google has made of it."""
    sent = request.headers.get("X-Request-Id", "")
    return sent if _REQUEST_ID.fullmatch(sent) else trace_of(request.headers) or new_id


def wait_s_of(request: Request) -> int:
    """How long `Prefer: wait=…` asks to wait for the result; 0 where it does not."""
    found = _WAIT.search(request.headers.get("Prefer", ""))
    return min(int(found[1]), _WAIT_S_MAX) if found else 0


# ---- who asks --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Admitted:
    """A caller who was let in, and how many requests are left to them; None where they are not counted."""

    caller: Caller
    allowance: Allowance | None


def admit(backend: Backend, request: Request) -> Admitted:
    """Raises UnauthenticatedError, RateLimitedError, BusyError."""
    credential = _credential(request)
    if credential.startswith("mf_"):
        caller = caller_with(backend, credential)
        return Admitted(caller, backend.gate.admit_user(caller.gate_name))
    caller = _caller_of_token(credential)
    return Admitted(caller, None if caller.is_admin else backend.gate.admit_user(caller.uid))


def _credential(request: Request) -> str:
    key = request.headers.get("X-API-Key", "").strip()
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else ""
    if key and token and key != token:
        raise UnauthenticatedError("Authorization and X-API-Key differ: send one of them.")
    if not (key or token):
        raise UnauthenticatedError(_NO_CREDENTIALS)
    return key or token


def _caller_of_token(token: str) -> Caller:
    from firebase_admin import auth

    refusal = UnauthenticatedError(
        "This is no API key, which begins with mf_, and as an ID token it is not valid, or has expired. "
        "Get a new one and send the request again."
    )
    if not is_token(f"Bearer {token}"):
        raise refusal
    try:
        claims = auth.verify_id_token(token)
    except auth.CertificateFetchError:
        raise BusyError("Google's certificates could not be read") from None
    except (ValueError, RecursionError, auth.InvalidIdTokenError):
        # What `is_token` could just read is too deep for a reader that is called from further within.
        raise refusal from None
    return callers.of_token(claims.get("uid"), claims)


# ---- for what --------------------------------------------------------------------------------------


def payload_of(
    request: Request, path: Mapping[str, str], bytes_max: int, fixed: Mapping[str, Any]
) -> dict[str, Any]:
    """The payload of the operation: the JSON of the body, and above it what the path names and what the route
    stands for. Raises RequestTooLargeError, DoorError, InvalidRequestError."""
    body = doors.read_flat_body(request, bytes_max)
    sent = _json_of(request, body) if body else {}
    named = {**path, **fixed}
    if twice := sorted(sent.keys() & named.keys()):
        raise InvalidRequestError.of(twice[0], "is named by the path")
    return {**sent, **named}


def is_json(request: Request) -> bool:
    return request.mimetype == _JSON


def file_of(request: Request, bytes_max: int) -> bytes:
    """The file that is the body, or the part `file` of a form. Raises RequestTooLargeError, DoorError,
    InvalidRequestError."""
    if request.mimetype == "multipart/form-data":
        return _part_of(request, bytes_max)
    if not request.mimetype.startswith("image/") and request.mimetype != "application/octet-stream":
        detail = "Send the picture as the body (image/png, image/jpeg, image/webp), or a form with `file`."
        raise DoorError(415, "invalid-request", detail)
    content = doors.read_body(request, bytes_max)
    if not content:
        raise InvalidRequestError.of("file", "is empty")
    return content


def _part_of(request: Request, bytes_max: int) -> bytes:
    body = doors.read_body(request, bytes_max + _FORM_BYTES_MAX)
    form = Request(
        {**request.environ, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    )
    try:
        part = form.files.get("file")
        content: bytes = part.read() if part is not None else b""
    except HTTPException:
        part = None
    finally:
        form.close()
    if part is None:
        raise InvalidRequestError.of("file", "is missing from the form")
    if not content:
        raise InvalidRequestError.of("file", "is empty")
    return content


def _json_of(request: Request, body: bytes) -> dict[str, Any]:
    if not is_json(request):
        raise DoorError(415, "invalid-request", f"Send the body as {_JSON}.", Accept=_JSON)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise DoorError(415, "invalid-request", "Send the body without a Content-Encoding.")
    try:
        sent = parsed(body)
    except ValueError:
        sent = None
    if not isinstance(sent, dict):
        raise DoorError(400, "invalid-request", "The body has to be one JSON object, in UTF-8.")
    return sent


def parsed(body: bytes) -> Any:
    """The JSON of a body whose depth was checked. Raises ValueError for anything else."""
    # A NUL byte means another encoding, in which the check of the depth does not see brackets.
    if b"\0" in body:
        raise ValueError("another encoding than UTF-8")
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("too deep") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def query_of(
    request: Request, path: Mapping[str, str], model: type[BaseModel], fixed: Mapping[str, Any]
) -> dict[str, Any]:
    """The payload of an operation that reads: what the path and the query name. Numbers and truth values of a
    query are texts, and are read as the field's type. Raises InvalidRequestError."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    payload: dict[str, Any] = {}
    for name, values in request.args.lists():
        if len(values) > 1:
            raise InvalidRequestError.of(name, "is given more than once")
        kinds = str(fields[name].annotation) if name in fields else ""
        payload[name] = _read(values[0], kinds)
    if twice := sorted(payload.keys() & {*path, *fixed}):
        raise InvalidRequestError.of(twice[0], "is named by the path")
    return {**payload, **path, **fixed}


def _read(text: str, kinds: str) -> Any:
    if "bool" in kinds and text in ("true", "false"):
        return text == "true"
    if "int" in kinds and re.fullmatch(r"-?[0-9]{1,9}", text):
        return int(text)
    return text
