"""The envelopes of the Model Context Protocol. Pure: a parsed body and headers in, a call or an error out.

A client of the modern era says its version in each request's `_meta`, and repeats in headers what the request
is; one of the legacy era begins with `initialize`. No session is kept in either, so each request is read by
itself. Whatever was sent, its type is checked before anything is looked up by it.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

MODERN = "2026-07-28"
LEGACY = ("2025-11-25", "2025-06-18", "2025-03-26")
SERVER: Mapping[str, Any] = {"name": "mediaforge", "title": "MediaForge", "version": "0.1.0"}
_TTL_MS = 60 * 60 * 1000

PARSE_ERROR, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS = -32700, -32600, -32601, -32602
HEADER_MISMATCH, UNSUPPORTED_VERSION = -32020, -32022

_META = "io.modelcontextprotocol/"
_NAMED = {"tools/call": "name", "resources/read": "uri", "prompts/get": "name"}
_ID_CHARS_MAX, _ID_MAX = 256, 2**63
_ENCODED, _ENDS = "=?base64?", "?="


class Headers(Protocol):
    """Of a request; case does not matter."""

    def get(self, name: str, /) -> str | None: ...


class ProtocolError(Exception):
    """An error of JSON-RPC, with the status of its answer. `id_` is None where it could not be read."""

    def __init__(
        self, code: int, message: str, status: int = 400, id_: str | int | None = None, **data: Any
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.id_, self.data = code, message, status, id_, data

    def envelope(self) -> dict[str, Any]:
        error = {"code": self.code, "message": self.message}
        return {
            "jsonrpc": "2.0",
            "id": self.id_,
            "error": {**error, "data": self.data} if self.data else error,
        }


@dataclass(frozen=True, slots=True)
class Call:
    """What a client asks for. `id_` is None for a notification, which gets no answer."""

    id_: str | int | None
    method: str
    params: Mapping[str, Any]
    version: str

    @property
    def is_modern(self) -> bool:
        return self.version == MODERN

    @property
    def takes_links(self) -> bool:
        """Whether the version knows links to resources."""
        return self.version != LEGACY[-1]

    def envelope(self, result: Mapping[str, Any]) -> dict[str, Any]:
        if self.is_modern:
            result = {"resultType": "complete", **result, "_meta": {f"{_META}serverInfo": SERVER}}
        return {"jsonrpc": "2.0", "id": self.id_, "result": result}

    def cacheable(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """What a tool list says depends on the key."""
        if not self.is_modern:
            return {**result}
        return {**result, "ttlMs": _TTL_MS, "cacheScope": "private"}

    def refusal(self, code: int, message: str, status: int = 200) -> ProtocolError:
        return ProtocolError(code, message, status, self.id_)


def read(message: object, headers: Headers) -> Call:
    """The call that `message` is. Raises ProtocolError."""
    if not isinstance(message, dict):
        raise ProtocolError(INVALID_REQUEST, "The body has to be one JSON-RPC message, no batch.")
    id_ = _id_of(message)
    if message.get("jsonrpc") != "2.0":
        raise ProtocolError(INVALID_REQUEST, 'jsonrpc has to be "2.0".', id_=id_)
    if "method" not in message and ("result" in message or "error" in message):
        return Call(None, "", {}, LEGACY[0])  # an answer to something that was never asked
    method, params = message.get("method"), message.get("params", {})
    if not isinstance(method, str):
        raise ProtocolError(INVALID_REQUEST, "method has to be a text.", id_=id_)
    params = {} if params is None else params
    if not isinstance(params, dict):
        raise ProtocolError(INVALID_PARAMS, "params has to be an object.", id_=id_)
    meta = params.get("_meta")
    meta = {} if meta is None else meta
    if not isinstance(meta, dict):
        raise ProtocolError(INVALID_PARAMS, "_meta has to be an object.", id_=id_)
    call = Call(id_, method, params, _version_of(method, meta, headers, id_))
    if call.is_modern and id_ is not None:
        _check_modern(call, meta, headers)
    return call


def _id_of(message: Mapping[str, Any]) -> str | int | None:
    """None for a notification, which has none. Raises ProtocolError."""
    if "id" not in message:
        return None
    id_ = message["id"]
    if isinstance(id_, float) and id_.is_integer():
        id_ = int(id_)
    if isinstance(id_, str) and len(id_) <= _ID_CHARS_MAX:
        return id_
    if isinstance(id_, int) and not isinstance(id_, bool) and abs(id_) < _ID_MAX:
        return id_
    raise ProtocolError(INVALID_REQUEST, "id has to be a short text or a whole number.")


def _version_of(
    method: str, meta: Mapping[str, Any], headers: Headers, id_: str | int | None
) -> str:
    said, header = meta.get(f"{_META}protocolVersion"), headers.get("MCP-Protocol-Version")
    if said is None:
        if method == "initialize":
            return LEGACY[0]
        if header is None:
            return LEGACY[-1]  # as the protocol wants it
        if header in LEGACY:
            return header
        if header != MODERN:
            raise _unsupported(header, id_)
        message = f"_meta needs {_META}protocolVersion."
        raise ProtocolError(INVALID_PARAMS, message, id_=id_)
    if not isinstance(said, str):
        message = f"{_META}protocolVersion has to be a text."
        raise ProtocolError(INVALID_PARAMS, message, id_=id_)
    if header != said:
        message = "MCP-Protocol-Version and the version in _meta differ."
        raise ProtocolError(HEADER_MISMATCH, message, id_=id_)
    if said != MODERN:
        raise _unsupported(said, id_)
    return said


def _unsupported(version: str, id_: str | int | None) -> ProtocolError:
    return ProtocolError(
        UNSUPPORTED_VERSION,
        "Unsupported protocol version",
        id_=id_,
        supported=[MODERN, *LEGACY],
        requested=version[:_ID_CHARS_MAX],
    )


def _check_modern(call: Call, meta: Mapping[str, Any], headers: Headers) -> None:
    """Raises ProtocolError where the headers are not what the body is, or `_meta` lacks something."""
    if not isinstance(meta.get(f"{_META}clientCapabilities"), dict):
        raise call.refusal(INVALID_PARAMS, f"_meta needs {_META}clientCapabilities.", 400)
    if headers.get("Mcp-Method") != call.method:
        raise call.refusal(HEADER_MISMATCH, "Mcp-Method is not the method of the body.", 400)
    field = _NAMED.get(call.method)
    if field is None:
        return
    name = call.params.get(field)
    if not isinstance(name, str):
        raise call.refusal(INVALID_PARAMS, f"params.{field} has to be a text.", 400)
    if _decoded(headers.get("Mcp-Name")) != name:
        raise call.refusal(HEADER_MISMATCH, f"Mcp-Name is not params.{field} of the body.", 400)


def _decoded(header: str | None) -> str | None:
    if header is None or not (header.startswith(_ENCODED) and header.endswith(_ENDS)):
        return header
    try:
        return base64.b64decode(header[len(_ENCODED) : -len(_ENDS)], validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def initialized(call: Call, instructions: str) -> dict[str, Any]:
    """The answer to `initialize`. Raises ProtocolError."""
    asked = call.params.get("protocolVersion")
    if not isinstance(asked, str):
        raise call.refusal(INVALID_PARAMS, "params.protocolVersion has to be a text.")
    return {
        "protocolVersion": asked if asked in LEGACY else LEGACY[0],
        "capabilities": {"tools": {}},
        "serverInfo": SERVER,
        "instructions": instructions,
    }


def discovered(call: Call, instructions: str) -> dict[str, Any]:
    """The answer to `server/discover`."""
    return call.cacheable(
        {
            "supportedVersions": [MODERN],
            "capabilities": {"tools": {}},
            "instructions": instructions,
        }
    )
