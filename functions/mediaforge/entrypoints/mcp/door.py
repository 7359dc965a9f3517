"""The HTTP around the Model Context Protocol. Who asks, and how often, is decided as for every other route of
the HTTPS API; a refusal of that is a problem document, which the client's program reads. What a model can
mend is told in the result of its tool.

Nothing here loads the tools before the first caller was let in.
"""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from flask import Request, Response

from mediaforge import config, log
from mediaforge.domain.errors import BusyError, RequestError
from mediaforge.domain.people import keys
from mediaforge.entrypoints import doors
from mediaforge.entrypoints.api import asked
from mediaforge.entrypoints.api.problems import DoorError
from mediaforge.services.backend import Backend, Caller

if TYPE_CHECKING:
    from mediaforge.entrypoints.mcp.protocol import Call

_PATHS = ("/mcp", "/mcp/", "/v1/mcp", "/v1/mcp/")
_JSON = "application/json"
_NOTHING: Mapping[str, Any] = {}


def is_asked(request: Request) -> bool:
    return request.path in _PATHS


def check(request: Request) -> None:
    """Raises DoorError. A page that is not allowed to ask must not make its visitor's program ask."""
    origin = request.headers.get("Origin")
    if origin is not None and origin not in config.api_origins():
        raise DoorError(403, "invalid-request", "This origin may not call this route.")
    if request.method != "POST":
        raise DoorError(405, "invalid-request", "Use POST.", Allow="POST")
    if request.mimetype != _JSON:
        raise DoorError(415, "invalid-request", f"Send the body as {_JSON}.", Accept=_JSON)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise DoorError(415, "invalid-request", "Send the body without a Content-Encoding.")


def answer(
    backend: Backend, caller: Caller, request: Request, count: Callable[[RequestError], None]
) -> Response:
    """`count` counts a refusal at the gate. Raises RequestTooLargeError."""
    from mediaforge.entrypoints.mcp import protocol

    try:
        call = protocol.read(_parsed(doors.read_flat_body(request)), request.headers)
        if call.id_ is None:
            return Response(status=202)
        said = call.envelope(_result(backend, caller, call, count))
        status = 200
    except protocol.ProtocolError as error:
        said, status = error.envelope(), error.status
        log.info("mcp.refused", code=error.code, status=status)
    return Response(json.dumps(said), status, content_type=_JSON)


def _parsed(body: bytes) -> object:
    """Raises ProtocolError."""
    from mediaforge.entrypoints.mcp import protocol

    try:
        return asked.parsed(body)
    except ValueError:
        raise protocol.ProtocolError(
            protocol.PARSE_ERROR, "The body is no JSON in UTF-8."
        ) from None


def _result(
    backend: Backend, caller: Caller, call: "Call", count: Callable[[RequestError], None]
) -> Mapping[str, Any]:
    """Raises ProtocolError."""
    from mediaforge.entrypoints.mcp import protocol, tools

    if call.method == "tools/call":
        return _called(backend, caller, call, count)
    if call.method == "tools/list":
        if call.params.get("cursor") is not None:
            raise call.refusal(protocol.INVALID_PARAMS, "There is one page of tools.")
        return call.cacheable({"tools": tools.listed(caller)})
    if call.is_modern and call.method == "server/discover":
        return protocol.discovered(call, tools.INSTRUCTIONS)
    if not call.is_modern and call.method == "initialize":
        return protocol.initialized(call, tools.INSTRUCTIONS)
    if not call.is_modern and call.method == "ping":
        return _NOTHING
    status = 404 if call.is_modern else 200
    raise call.refusal(protocol.NO_METHOD, "There is no such method here.", status)


def _called(
    backend: Backend, caller: Caller, call: "Call", count: Callable[[RequestError], None]
) -> Mapping[str, Any]:
    """Raises ProtocolError."""
    from mediaforge.contract.requests import parse
    from mediaforge.entrypoints.mcp import protocol, results, tools

    name, arguments = call.params.get("name"), call.params.get("arguments")
    tool = tools.TOOLS.get(name) if isinstance(name, str) else None
    if tool is None:
        raise call.refusal(protocol.INVALID_PARAMS, "There is no such tool; see tools/list.")
    arguments = {} if arguments is None else arguments
    if not isinstance(arguments, dict):
        raise call.refusal(protocol.INVALID_PARAMS, "arguments has to be an object.")
    try:
        keys.check_scope(caller.scopes, tool.scope)
        told = tool.act(backend, caller, parse(tool.arguments, arguments, tool.name))
    except RequestError as refusal:
        count(refusal)
        log.info("mcp.tool_refused", tool=tool.name, reason=refusal.reason)
        return results.refused(refusal)
    except BusyError as error:
        log.warning("mcp.tool_postponed", tool=tool.name, cause=str(error))
        return results.busy(error)
    log.info("mcp.tool_answered", tool=tool.name)
    shown = results.links(told.files) if call.takes_links else []
    return results.succeeded(told.answer, [*shown, *results.previews(backend, told.previews)])
