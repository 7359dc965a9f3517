"""Stripe Checkout: `POST /v1/checkout/sessions`, the page on which a session is paid for, and the event that
tells of it.

Source: docs.stripe.com/api (authentication, versioning, idempotent requests, errors, checkout sessions),
and the parameters as the types of Stripe's own package have them: a parameter that they do not have, or a
value that they do not allow, is refused as Stripe refuses it.

`Journal.faults` says what goes wrong with the next requests, one word each: `reset` and `slow` (the session
is made, and the caller does not hear of it), `server-error` (and its answer is repeated to the same key),
`throttle`, `in-use` (409), `no-rights` (403), `not-json`, `no-url`, `other-metadata`.
"""

import json
import re
import socket
import struct
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from types import UnionType
from typing import (
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)
from urllib.parse import parse_qsl

import httpx
import stripe
from flask import Flask, Response, jsonify, redirect, request
from stripe.params.checkout import SessionCreateParams
from typing_extensions import is_typeddict
from werkzeug.wrappers import Response as AnyResponse

Json = dict[str, Any]

COMPLETED = "checkout.session.completed"
_DAY_S = 24 * 3600
_KEY_CHARS_MAX = 255
_PART = re.compile(r"\[([^\[\]]*)\]")
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_METADATA_MAX, _METADATA_KEY_CHARS_MAX, _METADATA_CHARS_MAX = 50, 40, 500
_CENTS_MIN = 50
_WEBHOOK_TRIES = 3


class RefusedError(Exception):
    """A request that Stripe would refuse."""

    def __init__(self, status: int, message: str, **about: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"type": "invalid_request_error", "message": message, **about}


@dataclass
class Journal:
    """What reached the server. `requests` are the parameters of each session that was asked for, with its
    key; `webhooks` are the statuses with which events were answered."""

    requests: list[tuple[str, Json]] = field(default_factory=list)
    sessions: dict[str, Json] = field(default_factory=dict)
    answered: dict[str, tuple[str, int, Json]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    webhooks: list[int] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)


@dataclass(frozen=True)
class Webhook:
    """Where events are posted, and what signs them."""

    url: str
    secret: str


def create_app(
    journal: Journal | None = None,
    *,
    api_key: str = "sk_test_protocolsOnly",
    webhook: Webhook | None = None,
    slow_s: float = 3.0,
) -> Flask:
    server = _Server(journal or Journal(), api_key, webhook, slow_s)
    app = Flask(__name__)
    app.post("/v1/checkout/sessions")(server.create)
    app.get("/c/pay/<session_id>")(server.show)
    app.post("/c/pay/<session_id>")(server.pay)
    return app


@dataclass
class _Server:
    journal: Journal
    api_key: str
    webhook: Webhook | None
    slow_s: float

    # ---- the API ---------------------------------------------------------------------------------

    def create(self) -> Response:
        try:
            self._admit()
            return self._create()
        except RefusedError as refusal:
            return _answer(refusal.status, {"error": refusal.error})

    def _admit(self) -> None:
        """Checks what the API asks of every request."""
        sent = request.headers.get("Authorization", "")
        if not sent.startswith("Bearer "):
            raise RefusedError(401, "You did not provide an API key.")
        if sent.removeprefix("Bearer ") != self.api_key:
            raise RefusedError(401, "Invalid API Key provided: sk_test_****.")
        if request.headers.get("Stripe-Version") != stripe.api_version:
            raise RefusedError(400, "Invalid Stripe API version.")
        if request.mimetype != "application/x-www-form-urlencoded":
            raise RefusedError(415, "The body must be application/x-www-form-urlencoded.")
        key = request.headers.get("Idempotency-Key", "")
        if not 0 < len(key) <= _KEY_CHARS_MAX:
            raise RefusedError(
                400, "Idempotency-Key must be given, and have at most 255 characters."
            )

    def _create(self) -> Response:
        key, body = request.headers["Idempotency-Key"], request.get_data(as_text=True)
        with self.journal.lock:
            fault = self.journal.faults.pop(0) if self.journal.faults else ""
            if refusal := _refused_unread(fault):
                return refusal
            known = self.journal.answered.get(key)
            if known is not None:
                repeated = _repeated(known, body)
                return self._spoilt(fault, known[2]) or repeated
            params = _read_params(body)
            self.journal.requests.append((key, params))
            status, answer = 200, self._new_session(params)
            if fault == "server-error":
                status, answer = 500, {"error": {"type": "api_error", "message": "An error."}}
            self.journal.answered[key] = (body, status, answer)
        return self._spoilt(fault, answer) or _answer(status, answer)

    def _new_session(self, params: Json) -> Json:
        session_id, now_s = f"cs_test_{uuid.uuid4().hex}", int(time.time())
        [item] = params["line_items"]
        total = item["price_data"]["unit_amount"] * item["quantity"]
        session = {
            "id": session_id,
            "object": "checkout.session",
            "amount_subtotal": total,
            "amount_total": total,
            "cancel_url": params.get("cancel_url"),
            "client_reference_id": params.get("client_reference_id"),
            "created": now_s,
            "currency": item["price_data"]["currency"],
            "expires_at": now_s + _DAY_S,
            "livemode": False,
            "metadata": params.get("metadata", {}),
            "mode": params["mode"],
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "success_url": params["success_url"],
            "url": f"{request.host_url}c/pay/{session_id}",
        }
        self.journal.sessions[session_id] = session
        return session

    def _spoilt(self, fault: str, answer: Json) -> Response | None:
        """The answer as the fault changes it, if it does; the session is made all the same."""
        if fault == "reset":
            return _reset()
        if fault == "slow":
            time.sleep(self.slow_s)
        if fault == "not-json":
            return Response("<html>Bad gateway</html>", 200)
        if fault == "no-url":
            return _answer(200, {**answer, "url": None})
        if fault == "other-metadata":
            return _answer(200, {**answer, "metadata": {"account_id": "user_eve"}})
        return None

    # ---- the page, which a person sees -----------------------------------------------------------

    def show(self, session_id: str) -> Response:
        session = self.journal.sessions.get(session_id)
        if session is None:
            return Response("Something went wrong: there is no such page.", 404)
        if session["status"] != "open":
            return _page("<p>You’re all done here. This was paid.</p>")
        price = f"{session['amount_total'] / 100:.2f} {session['currency'].upper()}"
        return _page(
            f"<p>{escape(session['metadata'].get('credits', ''))} credits, {price}</p>"
            "<form method=post><button>Pay</button></form>"
            f"<p><a href='{escape(session['cancel_url'] or '')}'>Back</a></p>"
        )

    def pay(self, session_id: str) -> AnyResponse:
        """Pays the session. The form's `events` is how many events tell of it; where there are several, each
        is posted twice: Stripe may do both. An endpoint is asked again until it answers with a success."""
        with self.journal.lock:
            session = self.journal.sessions.get(session_id)
            if session is None or session["status"] != "open":
                return Response("This page cannot be paid any more.", 409)
            paid = {"status": "complete", "payment_status": "paid", "url": None}
            intent = f"pi_{session_id.removeprefix('cs_test_')}"
            session.update(paid, payment_intent=intent)
        events = int(request.form.get("events", "1"))
        for body in [_event(session) for _ in range(events)]:
            for _ in range(2 if events > 1 else 1):
                self._tell(body)
        back = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session_id)
        return redirect(back, 303)

    def _tell(self, body: str) -> None:
        if self.webhook is None:
            return
        for _ in range(_WEBHOOK_TRIES):
            header = stripe.WebhookSignature.generate_signature_header(
                body, self.webhook.secret, int(time.time())
            )
            headers = {"Stripe-Signature": header, "Content-Type": "application/json"}
            try:
                answer = httpx.post(
                    self.webhook.url, content=body, headers=headers, timeout=60, trust_env=False
                )
            except httpx.HTTPError:
                continue
            self.journal.webhooks.append(answer.status_code)
            if answer.is_success:
                return


def _event(session: Json) -> str:
    return json.dumps(
        {
            "id": f"evt_{uuid.uuid4().hex}",
            "object": "event",
            "api_version": stripe.api_version,
            "created": int(time.time()),
            "data": {"object": session},
            "livemode": False,
            "type": COMPLETED,
        }
    )


def _answer(status: int, body: Json, headers: Mapping[str, str] | None = None) -> Response:
    answer = jsonify(body)
    answer.status_code = status
    answer.headers.update({"Request-Id": f"req_{uuid.uuid4().hex[:14]}", **(headers or {})})
    return answer


def _page(content: str) -> Response:
    return Response(f"<!doctype html><title>Payment</title>{content}", content_type="text/html")


def _reset() -> Response:
    """Ends the connection in the middle. The response that is returned reaches nobody."""
    connection = request.environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)


def _refused_unread(fault: str) -> Response | None:
    """The refusals that come before a request is executed: nothing is kept under its key."""
    refusals: dict[str, tuple[int, Json]] = {
        "throttle": (429, {"code": "rate_limit", "message": "Request rate limit exceeded."}),
        "in-use": (409, {"type": "idempotency_error", "code": "idempotency_key_in_use"}),
        "no-rights": (403, {"message": "The provided key does not have the required permissions."}),
    }
    if fault not in refusals:
        return None
    status, error = refusals[fault]
    return _answer(status, {"error": {"type": "invalid_request_error", "message": "", **error}})


def _repeated(known: tuple[str, int, Json], body: str) -> Response:
    first, status, answer = known
    if body != first:
        message = "Keys for idempotent requests can only be used with the same parameters."
        raise RefusedError(400, message, type="idempotency_error")
    return _answer(status, answer, {"Idempotent-Replayed": "true"})


# ---- parameters ----------------------------------------------------------------------------------

# Options of the package's own, which its types of a session have beside the parameters.
_OPTIONS = stripe.RequestOptions.__annotations__.keys()


def _fields_of(kind: Any) -> Json:
    """The type of each field. The options' types cannot be read outside of the package."""
    written = {n: a for n, a in kind.__annotations__.items() if n not in _OPTIONS}
    fields = type("Fields", (), {"__annotations__": written})
    return get_type_hints(fields, vars(sys.modules[kind.__module__]), include_extras=True)


def _read_params(body: str) -> Json:
    """The parameters of a new session. Raises RefusedError."""
    params = _read_fields(_unfold(body), _fields_of(SessionCreateParams), "")
    for name in ("mode", "line_items", "success_url"):
        if name not in params:
            raise _missing(name)
    metadata = params.get("metadata", {})
    is_kept = len(metadata) <= _METADATA_MAX and all(
        len(name) <= _METADATA_KEY_CHARS_MAX and 0 < len(value) <= _METADATA_CHARS_MAX
        for name, value in metadata.items()
    )
    if not is_kept:
        raise RefusedError(400, "Metadata values have at most 500 characters.", param="metadata")
    for number, item in enumerate(params["line_items"]):
        _check_item(item, f"line_items[{number}]")
    return params


def _check_item(item: Json, name: str) -> None:
    """What the types do not say of an item with a price of its own."""
    for part in ("quantity", "price_data"):
        if part not in item:
            raise _missing(f"{name}[{part}]")
    for part in ("unit_amount", "product_data"):
        if part not in item["price_data"]:
            raise _missing(f"{name}[price_data][{part}]")
    if item["price_data"]["unit_amount"] * item["quantity"] < _CENTS_MIN:
        raise RefusedError(400, "The total is too small.", code="amount_too_small")


def _unfold(body: str) -> Json:
    """`a[b][0]=c` as `{"a": {"b": {"0": "c"}}}`. Raises RefusedError."""
    whole: Json = {}
    for name, value in parse_qsl(body, keep_blank_values=True, strict_parsing=True):
        first, bracket, _ = name.partition("[")
        *parts, last = [first, *_PART.findall(name)]
        if bracket and f"{first}{''.join(f'[{each}]' for each in _PART.findall(name))}" != name:
            raise RefusedError(400, f"Invalid parameter: {name}", param=name)
        within = whole
        for part in parts:
            within = within.setdefault(part, {})
        if last in within:
            raise RefusedError(400, f"Received twice: {name}", param=name)
        within[last] = value
    return whole


def _read_fields(sent: Json, known: Mapping[str, Any], name: str) -> Json:
    read = {}
    for key, value in sent.items():
        field_name = f"{name}[{key}]" if name else key
        if key not in known:
            message = f"Received unknown parameter: {field_name}"
            raise RefusedError(400, message, code="parameter_unknown", param=field_name)
        read[key] = _read(value, known[key], field_name)
    for key, kind in known.items():
        if name and key not in sent and get_origin(kind) is not NotRequired:
            raise _missing(f"{name}[{key}]")
    return read


def _read(value: Any, kind: Any, name: str) -> Any:
    """The value that the form's text stands for. Raises RefusedError where it is not of that kind."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (NotRequired, Required):
        return _read(value, parts[0], name)
    if origin in (Union, UnionType):
        # Where names are listed the types add any text, for names that will come: none is known here.
        listed = [part for part in parts if get_origin(part) is Literal] or parts
        return _read_any(value, listed, name)
    if is_typeddict(kind) and isinstance(value, dict):
        return _read_fields(value, _fields_of(kind), name)
    if origin is list and isinstance(value, dict):
        if list(value) != [str(number) for number in range(len(value))]:
            raise RefusedError(400, "Invalid array", param=name)
        return [_read(each, parts[0], f"{name}[{number}]") for number, each in value.items()]
    if origin is dict and isinstance(value, dict):
        return {key: _read(each, parts[1], f"{name}[{key}]") for key, each in value.items()}
    if isinstance(value, str) and _is_of(value, kind, origin, parts):
        return _MEANT.get(kind, str)(value)
    raise RefusedError(400, f"Invalid value for {name}", param=name)


def _read_any(value: Any, kinds: Any, name: str) -> Any:
    for kind in kinds:
        try:
            return _read(value, kind, name)
        except RefusedError as error:
            refusal = error
    raise refusal


_MEANT: Mapping[Any, Any] = {int: int, bool: lambda text: text == "true"}


def _is_of(text: str, kind: Any, origin: Any, parts: tuple[Any, ...]) -> bool:
    if origin is Literal:
        return text in parts
    if kind is bool:
        return text in ("true", "false")
    return kind is str or (kind is int and _WHOLE.fullmatch(text) is not None)


def _missing(name: str) -> RefusedError:
    message = f"Missing required param: {name}."
    return RefusedError(400, message, code="parameter_missing", param=name)
