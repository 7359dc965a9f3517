"""The script of `clients/sheets` against the real API over a world in memory, served at an address."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from flask import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from mediaforge import bootstrap
from mediaforge.contract.requests import CreateApiKey, parse
from mediaforge.entrypoints import api
from mediaforge.services.backend import Caller
from mediaforge.services.people.keys import create_key
from tests.support.spreadsheet import Google, Spreadsheet, google
from tests.support.world import ANN, World


@pytest.fixture(scope="session")
def script(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Google]:
    with google(tmp_path_factory.mktemp("script")) as running:
        yield running


WEB = "https://pictures.example/"


class Quiet(WSGIRequestHandler):
    def log(self, *args: Any) -> None:
        pass


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    idempotency_key: str | None
    body: bytes


class Served:
    """One world after the other, at one address. `answers` are given in place of the next ones."""

    def __init__(self) -> None:
        self.world = World()
        self.answers: list[Response | None] = []
        self.asked: list[Asked] = []
        self.server = make_server("127.0.0.1", 0, self._answer, request_handler=Quiet)
        self.address = f"http://127.0.0.1:{self.server.server_port}/v1"

    def _answer(self, environ: Any, start_response: Any) -> Any:
        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.asked.append(
            Asked(environ["REQUEST_METHOD"], environ.get("HTTP_IDEMPOTENCY_KEY"), sent)
        )
        environ["wsgi.input"] = BytesIO(sent)
        request = Request(environ)
        answer = self.answers.pop(0) if self.answers else None
        answer = answer or api.answer(request)
        # In memory pictures have addresses that are none of the web's.
        answer.data = answer.data.replace(b"memory://", WEB.encode())
        return answer(environ, start_response)

    def instead(self, status: int, body: Any, after: int = 0, **headers: str) -> None:
        """The answer to the next request, which the API does not see; `after` so many that it does."""
        self.answers += [None] * after
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append(Response(json.dumps(body), status, named, mimetype="application/json"))

    def key(self, caller: Caller = ANN, **fields: Any) -> str:
        asked = {"name": "sheets", "scopes": ["read", "generate"], **fields}
        _, key = create_key(self.world.backend, caller, parse(CreateApiKey, asked))
        return key


@pytest.fixture(scope="session")
def server() -> Iterator[Served]:
    served = Served()
    thread = threading.Thread(target=served.server.serve_forever, args=(0.05,))
    thread.start()
    yield served
    served.server.shutdown()
    thread.join()
    served.server.server_close()


@pytest.fixture
def served(server: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    monkeypatch.setattr(bootstrap, "backend", lambda: server.world.backend)
    server.world, server.answers, server.asked = World(), [], []
    return server


@pytest.fixture
def spreadsheet(served: Served, script: Google) -> Spreadsheet:
    """Of Ann, who has entered her key, in the tier whose batches have up to a hundred rows."""
    served.world.set_tier("pro")
    return entered(served, script)


def entered(served: Served, script: Google, **more: Any) -> Spreadsheet:
    """A spreadsheet whose user has entered the address and a key."""
    made = Spreadsheet(script, **more)
    said = made.call("saveSettings", served.address, served.key()).returned
    assert said.startswith("Saved. ")
    return made
