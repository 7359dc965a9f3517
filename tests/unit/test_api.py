"""The HTTPS API in memory: whatever is sent, the answer is JSON, and a refusal a problem document."""

from typing import Any

import pytest
from flask import Request
from werkzeug.test import Client, TestResponse

from mediaforge import bootstrap
from mediaforge.contract.requests import CreateApiKey, parse
from mediaforge.entrypoints import api
from mediaforge.services.people.keys import create_key
from tests.support.world import ANN, World


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(bootstrap, "backend", lambda: world.backend)
    return world


class Door:
    """Asks the API with one key."""

    def __init__(self, key: str | None) -> None:
        def app(environ: Any, start_response: Any) -> Any:
            return api.answer(Request(environ))(environ, start_response)

        self.client = Client(app)
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers={**self.headers, **_names(headers)})

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        content = {} if body is None else {"json": body}
        return self.client.post(path, headers={**self.headers, **_names(headers)}, **content)


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def key_of(world: World, caller: Any = ANN, **fields: Any) -> str:
    _, key = create_key(world.backend, caller, parse(CreateApiKey, {"name": "k", **fields}))
    return key


@pytest.fixture
def door(world: World) -> Door:
    return Door(key_of(world, scopes=["read", "generate", "manage"]))


def test_a_picture_is_asked_for_and_looked_at(world: World, door: Door) -> None:
    asked = door.post("/generate", {"prompt": "a fox"}, X_Request_Id="mine-1")
    assert asked.status_code == 202
    said = asked.json
    assert said is not None
    assert (said["success"], said["status"]) == (True, "queued")
    assert said["illustrationId"] == said["jobId"]
    assert asked.headers["Location"] == f"/jobs/{said['jobId']}"
    assert asked.headers["X-Request-Id"] == "mine-1"
    world.run_until_quiet()
    shown = door.get(asked.headers["Location"]).json
    assert shown is not None
    assert (shown["status"], shown["fileUid"]) == ("completed", said["jobId"])
    listed = door.get("/jobs?status=completed&limit=1").json
    assert listed is not None
    assert [each["fileUid"] for each in listed["items"]] == [said["jobId"]]
    world.assert_promises()
