"""Answers a request of the HTTPS API: finds its route, lets its caller in, reads the payload, calls the
operation. Whatever was sent, the answer is JSON, and a refusal a problem document."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Request, Response
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from mediaforge import bootstrap, log
from mediaforge.contract.answers import Answer
from mediaforge.contract.requests import is_document_id
from mediaforge.domain.errors import (
    BusyError,
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
    RequestError,
    UnauthenticatedError,
)
from mediaforge.domain.library.uploads import BYTES_MAX
from mediaforge.domain.people import keys
from mediaforge.entrypoints import doors
from mediaforge.entrypoints.api import asked, problems, waiting
from mediaforge.entrypoints.api.lookups import SentFile
from mediaforge.entrypoints.api.pages import page
from mediaforge.entrypoints.api.problems import DoorError
from mediaforge.entrypoints.api.routes import ROUTES, Route
from mediaforge.entrypoints.mcp import door
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.gate import Allowance

# Hosting passes a path on as it is, and may have the whole API under this one.
_PREFIX = "/v1"
_PARAM = re.compile(r"\{(\w+)\}")


# Of these, a slash begins the id of one. With none behind it, nothing is named, and least of all the list.
_LISTS = {
    route.path
    for route in ROUTES
    if route.method == "GET" and any(each.path.startswith(f"{route.path}/{{") for each in ROUTES)
}
_MAP = Map(
    [
        Rule(
            _PARAM.sub(r"<\1>", route.path),
            methods=[route.method],
            endpoint=number,
            strict_slashes=route.path in _LISTS,
        )
        for number, route in enumerate(ROUTES)
    ],
    merge_slashes=False,
)


def serve(request: Request) -> Response:
    path, request_id = request.path, ""
    try:
        backend = bootstrap.backend()
        request_id = asked.request_id_of(request, backend.new_id())
        with log.of_request(request_id):
            answer = _Exchange(backend, request, request_id).answer()
    except BusyError as error:  # what was deployed is wrong
        doors.ignore_body(request)
        answer = problems.busy(error, path, request_id)
    if request_id:
        answer.headers["X-Request-Id"] = request_id
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


class _Exchange:
    """One request and its answer."""

    def __init__(self, backend: Backend, request: Request, request_id: str) -> None:
        self.backend, self.request, self.request_id = backend, request, request_id
        self.caller: Caller | None = None
        self.allowance: Allowance | None = None
        self.name = ""

    def answer(self) -> Response:
        try:
            answer = self._answered()
        except Exception as error:
            answer = self._refusal(error)
        if self.allowance is not None:
            answer.headers.update(_rate_headers(self.allowance))
        return answer

    def _answered(self) -> Response:
        if self.request.method in ("GET", "HEAD") and (found := page(_path(self.request))):
            doors.admit(self.request)
            doors.ignore_body(self.request)
            return found
        if door.is_asked(self.request):
            return self._assistant_answered()
        try:
            route, path = _route(self.request)
            self.name = f"{route.method} {route.path}"
            doors.admit(self.request)
            if not route.operation.is_open:
                keys.check_scope(self._let_in().scopes, route.operation.scope)
            _refuse_strange_ids(path)
        except Exception:
            doors.ignore_body(self.request)
            raise
        return self._carried_out(route, path)

    def _assistant_answered(self) -> Response:
        try:
            self.name = "POST /mcp"
            door.check(self.request)
            doors.admit(self.request)
            caller = self._let_in()
        except Exception:
            doors.ignore_body(self.request)
            raise
        return door.answer(self.backend, caller, self.request, self._count)

    def _let_in(self) -> Caller:
        admitted = asked.admit(self.backend, self.request)
        self.caller = replace(admitted.caller, asked_as=self.request_id)
        self.allowance = admitted.allowance
        return self.caller

    def _carried_out(self, route: Route, path: Mapping[str, str]) -> Response:
        caller = self.caller or Caller("")
        if route.takes_file and not asked.is_json(self.request):
            content = asked.file_of(self.request, BYTES_MAX)
            sent = SentFile(content, self.request.headers.get("Idempotency-Key"))
            return self._sent(route, route.operation.act(self.backend, caller, sent))
        payload = self._payload(route, path)
        for id_ in path.values():
            if route.sees is not None:
                route.sees(self.backend, caller, id_)
        operation = (
            route.operations[_kind_in(payload)] if len(route.operations) > 1 else route.operation
        )
        answer = operation.act(self.backend, caller, operation.read(payload))
        return self._sent(route, answer)

    def _payload(self, route: Route, path: Mapping[str, str]) -> dict[str, Any]:
        model = route.requests[0]
        if not route.has_body:
            payload = asked.query_of(self.request, path, model, route.fixed)
        else:
            payload = asked.payload_of(self.request, path, route.bytes_max, route.fixed)
            name = self.request.headers.get("Idempotency-Key")
            if name is not None and "request_id" in model.model_fields:
                _fill(payload, "requestId", name, "is another one than Idempotency-Key")
        team_id = self.caller.team_id if self.caller else None
        if team_id is not None and "team_id" in model.model_fields:
            _fill(payload, "teamId", team_id, "is another team than the API key's")
        return payload

    def _sent(self, route: Route, answer: Answer) -> Response:
        said = answer.on_the_wire()
        status = next((each for each, holds in route.other.items() if holds(answer)), route.status)
        headers = {}
        if route.location:
            headers["Location"] = _seen_from(self.request, route.location.format_map(said))
        if route.may_wait and (wait_s := asked.wait_s_of(self.request)):
            headers["Preference-Applied"] = f"wait={wait_s}"
            if (done := waiting.finished(self.backend, said["path"], wait_s)) is not None:
                said, status = done.on_the_wire(), 200
        log.info("request.answered", route=self.name, status=status)
        return Response(json.dumps(said), status, headers, content_type="application/json")

    def _refusal(self, error: Exception) -> Response:
        path = self.request.path
        match error:
            case RequestError():
                self._count(error)
                log.info("request.refused", route=self.name, reason=error.reason)
                return problems.refused(error, path, self.request_id, self.backend.clock.now())
            case DoorError():
                return problems.turned_away(error, path, self.request_id)
            case BusyError():
                log.warning("request.postponed", route=self.name, cause=str(error))
                return problems.busy(error, path, self.request_id)
            case _:
                log.bug("request.broke", error, route=self.name)
                return problems.broken(path, self.request_id)

    def _count(self, refusal: RequestError) -> None:
        """A refusal at the gate is not counted: whoever asks while it is shut does not keep it shut."""
        if isinstance(refusal, RateLimitedError) and refusal.at_the_gate:
            return
        if isinstance(refusal, UnauthenticatedError):
            doors.count_refusal(self.request)
        elif self.caller is not None and not refusal.is_cheap:
            self.backend.gate.count_user_refusal(self.caller.gate_name)


def _path(request: Request) -> str:
    path: str = request.path
    return path.removeprefix(_PREFIX) if path.startswith(f"{_PREFIX}/") else path


def _seen_from(request: Request, path: str) -> str:
    """The path of the API, relative to the request's own: under which address the API is reached (with the
    function's name before it, or on a domain of its own) is nothing that the request tells."""
    return ("../" * (_path(request).count("/") - 1) or "./") + path.removeprefix("/")


def _route(request: Request) -> tuple[Route, Mapping[str, str]]:
    """Raises DoorError."""
    try:
        number, ids = _MAP.bind("").match(_path(request), method=request.method)
    except MethodNotAllowed as error:
        allowed = ", ".join(sorted(error.valid_methods or ()))
        raise DoorError(405, "invalid-request", f"Use {allowed}.", Allow=allowed) from None
    except NotFound:
        if page(_path(request)):
            raise DoorError(405, "invalid-request", "Use GET.", Allow="GET, HEAD") from None
        raise DoorError(404, "not-found", "There is no such route. See GET /docs.") from None
    return ROUTES[number], ids


def _refuse_strange_ids(path: Mapping[str, str]) -> None:
    """What cannot be an id names nothing."""
    for id_ in path.values():
        if not is_document_id(id_):
            raise NotFoundError(f"There is nothing of the id {id_[:80]!r}.")


def _kind_in(payload: Mapping[str, Any]) -> str:
    kind = payload.get("kind") or "image"
    if kind not in ("image", "video"):
        raise InvalidRequestError.of("kind", "must be image or video")
    return str(kind)


def _fill(payload: dict[str, Any], name: str, value: str, message: str) -> None:
    """Raises InvalidRequestError where the payload says otherwise."""
    if payload.get(name) is None:
        payload[name] = value
    if payload[name] != value:
        raise InvalidRequestError.of(name, message)


def _rate_headers(allowance: Allowance) -> dict[str, str]:
    """As the IETF's draft of RateLimit header fields has them; `t` is when all of the limit is there
    again."""
    return {
        "RateLimit-Policy": f'"requests";q={allowance.limit};w=60',
        "RateLimit": f'"requests";r={allowance.left};t={allowance.full_in_s}',
    }
