"""An assistant's program: it asks `POST /mcp` in one of both eras. And a world that goes on while somebody
waits, which can be served over HTTP to programs that we have not written."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Request
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import Client, TestResponse

from mediaforge.contract.requests import CreateApiKey, parse
from mediaforge.entrypoints import api
from mediaforge.ports.media import Preview
from mediaforge.services.backend import Caller
from mediaforge.services.library.tally import look_after
from mediaforge.services.people.keys import create_key
from tests.memory.clock import ManualClock
from tests.support.pictures import picture
from tests.support.world import ANN, START, World

MODERN = "2026-07-28"
ERAS = (MODERN, "2025-11-25")
THUMBNAIL = picture("WEBP", (48, 32))
_META = "io.modelcontextprotocol/"


@dataclass
class _GoingClock(ManualClock):
    """Whoever sleeps finds that the world has gone on."""

    world: list[World] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        for world in self.world:
            world.deliver_all()
            world.settle_all()
            for batch in world.batches():
                look_after(world.backend, batch.id)


def going_world() -> World:
    """A world that goes on while somebody waits, whose thumbnails are pictures."""
    clock = _GoingClock(START)
    world = World(clock=clock)
    clock.world.append(world)
    world.backend = replace(world.backend, preview=lambda *_: Preview(THUMBNAIL))
    world.set_tier("studio")
    return world


def key_of(world: World, caller: Caller = ANN, **fields: Any) -> str:
    _, key = create_key(world.backend, caller, parse(CreateApiKey, {"name": "k", **fields}))
    return key


def app(environ: Any, start_response: Any) -> Any:
    """The HTTPS API as a WSGI application."""
    return api.answer(Request(environ))(environ, start_response)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: Any) -> None:
        pass


@contextmanager
def served() -> Iterator[str]:
    """The HTTPS API at an address of this machine."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def modern(method: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """`params` as the modern era has them."""
    own = {f"{_META}protocolVersion": MODERN, f"{_META}clientCapabilities": {}}
    return {**(params or {}), "_meta": own}


class Assistant:
    """Asks with one key, in one era."""

    def __init__(self, key: str, version: str = MODERN) -> None:
        self.client, self.version = Client(app), version
        self.auth = {"Authorization": f"Bearer {key}"}

    def post(self, body: Any, **headers: str) -> TestResponse:
        """The body as it is, if it is bytes; else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Content-Type": "application/json", **self.auth, **named}
        return self.client.post("/mcp", data=data, headers=sent)

    def ask(
        self, method: str, params: Mapping[str, Any] | None = None, id_: Any = 1
    ) -> TestResponse:
        message = {"jsonrpc": "2.0", "id": id_, "method": method}
        if self.version != MODERN:
            return self.post({**message, "params": params or {}}, MCP_Protocol_Version=self.version)
        headers = {"MCP_Protocol_Version": MODERN, "Mcp_Method": method}
        if params and "name" in params:
            headers["Mcp_Name"] = params["name"]
        return self.post({**message, "params": modern(method, params)}, **headers)

    def result(self, method: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        answer = self.ask(method, params)
        assert answer.status_code == 200, answer.text
        said = answer.json
        assert said is not None
        assert said.keys() == {"jsonrpc", "id", "result"}, said
        result: dict[str, Any] = said["result"]
        return result

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The result of a tool, whatever it is."""
        return self.result("tools/call", {"name": tool, "arguments": arguments})

    def told(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structured content of a tool that has succeeded."""
        result = self.call(tool, **arguments)
        assert result["isError"] is False, result
        said: dict[str, Any] = result["structuredContent"]
        assert json.loads(result["content"][0]["text"]) == said
        return said

    def refused(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The error of a tool that the model can mend."""
        result = self.call(tool, **arguments)
        assert result["isError"] is True, result
        assert "structuredContent" not in result
        (block,) = result["content"]
        said: dict[str, Any] = json.loads(block["text"])
        assert said["next"]
        error: dict[str, Any] = said["error"]
        return error
