"""The HTTPS API in memory: whatever is sent, the answer is JSON, and a refusal a problem document."""

import base64
import json
import math
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import urljoin

import firebase_admin
import pytest
from flask import Request
from werkzeug.test import Client, TestResponse

from mediaforge import bootstrap
from mediaforge.contract.requests import CreateApiKey, RevokeApiKey, parse
from mediaforge.domain.errors import BusyError, IllegalStateError
from mediaforge.domain.library.uploads import BYTES_MAX
from mediaforge.entrypoints import api
from mediaforge.entrypoints.api.description import description
from mediaforge.entrypoints.api.examples import EXAMPLES, PICTURE_URL, USER_ID
from mediaforge.entrypoints.api.routes import ROUTES, Route
from mediaforge.ports.outside import Fetched
from mediaforge.providers.upload_check import checked_upload
from mediaforge.services.backend import Caller
from mediaforge.services.gate import Gate
from mediaforge.services.library.uploads import note_stored
from mediaforge.services.people.keys import create_key, revoke_key
from tests.support.pictures import PICTURE, picture
from tests.support.world import ANN, World, user

ALL = ["read", "generate", "manage"]


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

    def send(self, route: Route, id_: str = "nowhere") -> TestResponse:
        path = route.path.replace("{jobId}", id_).replace("{batchId}", id_)
        path = path.replace("{exportId}", id_).replace("{webhookId}", id_)
        if route.method == "GET":
            return self.get(path)
        if route.method == "DELETE":
            return self.client.delete(path, headers=self.headers)
        if route.takes_file:
            content = {"data": PICTURE, "content_type": "image/png"}
            return self.client.post(path, headers=self.headers, **content)
        return self.post(path, example(route.name, "eve"))


def example(name: str, uid: str, title: str | None = None) -> Any:
    """The body that the description shows for the route, of this user."""
    bodies = EXAMPLES[name]
    body = json.dumps(bodies[title or next(iter(bodies))])
    return json.loads(body.replace(USER_ID, uid))


def seen_from(path: str, answer: TestResponse) -> str:
    """Where the Location of the answer to a request for this path leads: a path of the API, which has a
    prefix of its own as it has in a cloud."""
    under = "/demo/us-central1/api"
    return urljoin(f"http://127.0.0.1{under}{path}", answer.headers["Location"]).partition(under)[2]


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(bootstrap, "backend", lambda: world.backend)
    return world


def door_of(world: World, caller: Caller = ANN, **fields: Any) -> Door:
    asked = parse(CreateApiKey, {"name": "k", "scopes": ALL, **fields})
    return Door(create_key(world.backend, caller, asked)[1])


@pytest.fixture
def door(world: World) -> Door:
    return door_of(world)


def assert_problem(answer: TestResponse, status: int, reason: str) -> dict[str, Any]:
    said: dict[str, Any] | None = answer.json
    assert said is not None
    assert answer.content_type == "application/problem+json"
    assert (answer.status_code, said["status"], said["reason"]) == (status, status, reason)
    assert said["requestId"] == answer.headers["X-Request-Id"]
    return said


# ---- what one gets ---------------------------------------------------------------------------------


def test_a_picture_is_asked_for_and_looked_at(world: World, door: Door) -> None:
    asked = door.post("/generate", {"prompt": "a fox"}, X_Request_Id="mine-1")
    said = asked.json
    assert said is not None
    assert asked.status_code == 202
    assert (said["success"], said["status"]) == (True, "queued")
    assert said["illustrationId"] == said["jobId"]
    assert said["credits"] == {"estimated": 2}
    assert {"fileUid": said["jobId"], "userId": "ann"}.items() <= said.items()
    place = seen_from("/generate", asked)
    assert place == f"/jobs/{said['jobId']}"
    assert asked.headers["X-Request-Id"] == "mine-1"
    world.run_until_quiet()
    shown = door.get(place).json
    assert shown is not None
    assert (shown["status"], shown["fileUid"]) == ("completed", said["jobId"])
    assert world.job(said["jobId"]).asked_as == "mine-1"
    listed = door.get("/v1/jobs?status=completed&limit=1").json
    assert listed is not None
    assert [each["fileUid"] for each in listed["items"]] == [said["jobId"]]
    world.assert_promises()


def test_a_video_is_asked_for_at_the_same_route(world: World, door: Door) -> None:
    world.set_tier("pro")
    said = door.post("/generate", {"prompt": "a fox runs", "kind": "video"}).json
    assert said is not None
    assert "/videos/" in said["path"]
    wrong = assert_problem(
        door.post("/generate", {"prompt": "x", "kind": "song"}), 422, "invalid-request"
    )
    assert wrong["fieldErrors"] == [{"field": "kind", "message": "must be image or video"}]


def test_a_style_goes_by_its_title_and_the_user_by_their_id(world: World, door: Door) -> None:
    style_id, style = next(iter(world.backend.catalogue.styles.items()))
    body = {"prompt": "a fox", "userId": "ann", "styleName": style.title.upper()}
    assert door.post("/generate", body).status_code == 202
    [job] = world.jobs()
    assert job.request_data == {"prompt": "a fox", "styleId": style_id}
    for field, value in {"userId": "bob", "styleName": "none such"}.items():
        said = assert_problem(
            door.post("/generate", {**body, field: value}), 422, "invalid-request"
        )
        assert [each["field"] for each in said["fieldErrors"]] == [field]


def test_an_idempotency_key_is_the_request_id(world: World, door: Door) -> None:
    first = door.post("/generate", {"prompt": "a fox"}, Idempotency_Key="one")
    again = door.post("/generate", {"prompt": "a fox"}, Idempotency_Key="one")
    assert first.json == again.json
    assert len(world.jobs()) == 1
    other = door.post("/generate", {"prompt": "a hare"}, Idempotency_Key="one")
    assert_problem(other, 409, "request-id-reused")
    both = door.post("/generate", {"prompt": "a fox", "requestId": "two"}, Idempotency_Key="one")
    assert_problem(both, 422, "invalid-request")


def test_who_waits_gets_the_finished_job(world: World, door: Door) -> None:
    world.clock.while_asleep = world.run_until_quiet
    done = door.post("/generate", {"prompt": "a fox"}, Prefer="respond-async, wait=10")
    said = done.json
    assert said is not None
    assert (done.status_code, said["status"]) == (200, "completed")
    assert done.headers["Preference-Applied"] == "wait=10"


def test_who_waits_too_short_gets_what_others_get(door: Door) -> None:
    asked = door.post("/generate", {"prompt": "a fox"}, Prefer="wait=1")
    assert asked.status_code == 202


@pytest.mark.parametrize(
    "problem", [BusyError("Firestore did not answer"), ValueError("unreadable")]
)
def test_what_was_accepted_is_answered_though_it_cannot_be_waited_for(
    world: World, door: Door, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    """Told to send it again, a caller without an Idempotency-Key would pay twice."""

    def broken(*_: Any) -> Any:
        raise problem

    def ends() -> None:
        monkeypatch.setattr(type(world.backend.documents), "get", broken)

    world.clock.while_asleep = ends
    asked = door.post("/generate", {"prompt": "a fox"}, Prefer="wait=5")
    said = asked.json
    assert said is not None
    assert (asked.status_code, said["jobId"]) == (202, world.jobs()[0].id)


def test_a_batch_is_sent_steered_and_read(world: World, door: Door) -> None:
    world.set_tier("pro")
    rows = [{"prompt": f"row {n}"} for n in range(3)]
    sent = door.post("/batches", {"name": "posters", "rows": rows})
    assert sent.status_code == 202
    path = seen_from("/batches", sent)
    paused = door.post(f"{path}/pause")
    assert paused.status_code == 200
    assert paused.json is not None
    assert paused.json["status"] == "paused"
    assert door.post(f"{path}/resume", {}).status_code == 200
    world.run_until_quiet()
    batch, read = door.get(path).json, door.get(f"{path}/rows").json
    assert batch is not None
    assert read is not None
    assert (batch["status"], batch["counts"]["completed"]) == ("completed", 3)
    assert "requestHash" not in batch
    assert [(row["index"], row["status"]) for row in read["items"]] == [
        (n, "completed") for n in range(3)
    ]
    exported = door.post(f"{path}/export", {"format": "csv"})
    assert exported.status_code == 202
    shown = door.get(seen_from(f"{path}/export", exported)).json
    assert shown is not None
    assert shown["status"] == "queued"


def test_the_account_the_models_and_the_health(world: World, door: Door) -> None:
    door.post("/generate", {"prompt": "a fox"})
    account = door.get("/account").json
    assert account is not None
    assert (account["accountId"], account["available"], account["held"]) == ("user_ann", 98, 2)
    assert account["usage"]["images"] == 1
    nobody = Door(None)
    models = nobody.get("/models").json
    assert models is not None
    assert models["models"]
    health = nobody.get("/health")
    assert (health.status_code, health.json and health.json["status"]) == (200, "ok")
    assert health.json
    assert set(health.json["checks"]) == {"firestore", "storage", "sweep", "fuse", "model"}
    assert set(health.json["checks"].values()) == {"ok"}


def test_a_reference_is_stored_and_looked_at(world: World, door: Door) -> None:
    def look() -> None:
        for path, generation in world.media.list("references/").items():
            note_stored(world.backend, path, generation)

    world.clock.while_asleep = look
    raw = {"data": PICTURE, "content_type": "image/png"}
    stored = door.client.post("/references", headers=door.headers, **raw)
    said = stored.json
    assert said is not None
    assert stored.status_code == 201
    assert said["path"].startswith("references/ann/")
    assert said["width"] > 0
    assert said["thumbnailUrl"]
    opened = world.media.opened(said["path"])
    assert opened is not None
    assert all(opened.tokens)
    asked = door.post(
        "/generate",
        {"prompt": "a fox", "references": [{"path": said["path"], "mode": "style_only"}]},
    )
    assert asked.status_code == 202


def test_a_reference_comes_in_a_form_too_and_late_if_nobody_looks_at_it(door: Door) -> None:
    form = {"file": (BytesIO(PICTURE), "a.png", "image/png")}
    stored = door.client.post("/references", headers=door.headers, data=form)
    assert stored.status_code == 202
    assert stored.json is not None
    assert set(stored.json) == {"path"}


def test_a_reference_under_one_name_is_one_file_whatever_it_has_in_it(
    world: World, door: Door
) -> None:
    for content in (PICTURE, b"\xff\xd8\xff" + b"a JPEG by its first bytes"):
        headers = {**door.headers, "Idempotency-Key": "one"}
        stored = door.client.post(
            "/references", headers=headers, data=content, content_type="image/png"
        )
        assert stored.status_code == 202
    assert len(world.media.list("references/")) == 1


def test_a_reference_that_was_stored_is_answered_though_nobody_can_look(
    world: World, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: Any) -> Any:
        raise BusyError("Firestore did not answer")

    def ends() -> None:
        monkeypatch.setattr(type(world.backend.documents), "get", silent)

    world.clock.while_asleep = ends
    stored = door.client.post(
        "/references", headers=door.headers, data=PICTURE, content_type="image/png"
    )
    assert stored.status_code == 202


def test_a_reference_that_is_there_is_answered_whatever_has_become_of_its_address(
    world: World, door: Door
) -> None:
    url = "https://example.com/fox.png"
    world.outside.pages[url] = Fetched(PICTURE, "image/png")
    first = door.post("/references", {"url": url}, Idempotency_Key="one")
    assert first.status_code == 202
    world.outside.pages.clear()
    again = door.post("/references", {"url": url}, Idempotency_Key="one")
    assert (again.status_code, again.json) == (202, first.json)


def test_a_reference_that_took_the_last_room_is_answered_again(world: World, door: Door) -> None:
    def send(key: str) -> TestResponse:
        headers = {**door.headers, "Idempotency-Key": key}
        return door.client.post(
            "/references", headers=headers, data=PICTURE, content_type="image/png"
        )

    def look() -> None:
        for path, generation in world.media.list("references/").items():
            note_stored(world.backend, path, generation)

    world.clock.while_asleep = look
    first = send("one")
    assert first.status_code == 201
    world.overwrite("references/ann", files=10**6)
    assert_problem(send("two"), 409, "illegal-state")
    again = send("one")
    assert (again.status_code, again.json) == (201, first.json)


def test_a_reference_that_was_refused_may_be_sent_again_as_a_picture(
    world: World, door: Door
) -> None:
    world.backend = replace(world.backend, check_upload=checked_upload)

    def send(content: bytes) -> TestResponse:
        headers = {**door.headers, "Idempotency-Key": "one"}
        return door.client.post(
            "/references", headers=headers, data=content, content_type="image/png"
        )

    def look() -> None:
        for path, generation in world.media.list("references/").items():
            note_stored(world.backend, path, generation)

    world.clock.while_asleep = look
    assert_problem(send(b"\xff\xd8\xff" + b"no picture"), 422, "reference-unreadable")
    world.clock.while_asleep = lambda: None
    good = picture()
    assert send(good).status_code == 202  # nobody has looked at this one yet
    world.clock.while_asleep = look
    assert send(good).status_code == 201


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"data": b"", "content_type": "image/png"}, 422),
        ({"data": b"GIF89a", "content_type": "image/png"}, 422),
        ({"data": b"{}", "content_type": "text/plain"}, 415),
        ({"json": {"url": "x", "n": ["y" * 1000] * 300}}, 413),
        ({"data": PICTURE + b" " * BYTES_MAX, "content_type": "image/png"}, 413),
        ({"data": b"--x--", "content_type": "multipart/form-data; boundary=x"}, 422),
        ({"data": b"junk", "content_type": "multipart/form-data"}, 422),
    ],
)
def test_what_is_no_picture_is_not_stored(
    world: World, door: Door, sent: dict[str, Any], status: int
) -> None:
    answer = door.client.post("/references", headers=door.headers, **sent)
    assert answer.status_code == status
    assert not world.media.list("references/")


# ---- who is let in ---------------------------------------------------------------------------------

CLOSED = [route for route in ROUTES if not route.operation.is_open]
WITH_IDS = [route for route in ROUTES if "{" in route.path]


@pytest.mark.parametrize("route", CLOSED, ids=lambda route: f"{route.method} {route.path}")
def test_without_a_valid_key_no_route_answers(world: World, route: Route) -> None:
    for key in (None, "mf_test_nobody", "no.such.token", "mf_test_AAAAAAAAAAAA_" + "0" * 38):
        refused = Door(key).send(route)
        assert_problem(refused, 401, "unauthenticated")
        assert refused.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("route", CLOSED, ids=lambda route: f"{route.method} {route.path}")
def test_a_key_without_the_scope_is_refused(world: World, route: Route) -> None:
    others = [each for each in ALL if each != route.operation.scope]
    said = assert_problem(door_of(world, scopes=others).send(route), 403, "scope-missing")
    assert said["scope"] == route.operation.scope


@pytest.mark.parametrize("route", WITH_IDS, ids=lambda route: f"{route.method} {route.path}")
def test_what_is_somebody_elses_is_as_if_it_were_not_there(world: World, route: Route) -> None:
    world.set_tier("pro")
    job = world.submit().job.id
    batch = world.submit_batch(2).id
    export = door_of(world).post(f"/batches/{batch}/export", {"format": "csv"}).json
    assert export is not None
    webhook = world.register().webhook_id
    id_ = {"jobId": job, "batchId": batch, "exportId": export["exportId"], "webhookId": webhook}[
        route.path.split("{")[1].split("}")[0]
    ]
    before = world.contents()
    bob = door_of(world, user("bob"))
    theirs, nothing = bob.send(route, id_), bob.send(route, "nowhere")
    said = [assert_problem(each, 404, "not-found") for each in (theirs, nothing)]
    assert said[0]["detail"].replace(id_, "nowhere") == said[1]["detail"]
    after = world.contents()
    assert {path: after[path] for path in before if "bob" not in path} == {
        path: each for path, each in before.items() if "bob" not in path
    }


@pytest.mark.parametrize("route", CLOSED, ids=lambda route: f"{route.method} {route.path}")
def test_a_viewers_key_changes_nothing_of_the_team(world: World, route: Route) -> None:
    team_id = world.found_team(available=100, eve="viewer")
    job = world.submit(teamId=team_id).job.id
    batch = world.submit_batch(2, teamId=team_id).id
    jobs = len(world.jobs())
    eve = door_of(world, user("eve"), teamId=team_id)
    answer = eve.send(route, batch if "{batchId}" in route.path else job)
    is_a_managers = "/webhooks" in route.path
    if route.method == "GET" and "{exportId}" not in route.path and not is_a_managers:
        assert answer.status_code == 200
    elif route.name not in (
        "estimateCredits",
        "exportWholeBatch",
        "storeReference",
        "joinBatch",  # it answers who reads the batch already
    ):
        assert answer.status_code in (403, 404)
    assert len(world.jobs()) == jobs
    assert world.batch(batch).status.value in ("queued", "running")


def test_a_key_of_a_team_pays_with_it_and_sees_nothing_else(world: World) -> None:
    team_id = world.found_team(available=100, bob="editor")
    own = world.submit(caller=user("bob")).job.id
    door = door_of(world, user("bob"), teamId=team_id)
    asked = door.post("/generate", {"prompt": "a fox"})
    assert asked.json is not None
    assert world.job(asked.json["jobId"]).account_id == f"team_{team_id}"
    assert_problem(
        door.post("/generate", {"prompt": "x", "teamId": "other"}), 422, "invalid-request"
    )
    assert_problem(door.get(f"/jobs/{own}"), 404, "not-found")
    listed = door.get("/jobs").json
    assert listed is not None
    assert [each["fileUid"] for each in listed["items"]] == [asked.json["jobId"]]
    account = door.get("/account").json
    assert account is not None
    assert account["accountId"] == f"team_{team_id}"


def test_a_key_of_a_team_takes_nothing_of_its_owners_away(world: World) -> None:
    bob = user("bob")
    team_id = world.found_team(available=100, bob="editor")
    own = world.submit(caller=bob).job.id
    batch = world.submit_batch(2, caller=bob).id
    world.run_until_quiet()
    team = door_of(world, bob, teamId=team_id)
    mine = door_of(world, bob)
    asked = mine.post("/exports", {"format": "csv", "jobIds": [own]})
    export = seen_from("/exports", asked)
    for body in ({"jobIds": [own]}, {"batchId": batch}):
        assert_problem(team.post("/exports", {"format": "csv", **body}), 404, "not-found")
    assert_problem(team.get(export), 404, "not-found")
    assert mine.get(export).status_code == 200
    [path] = world.job(own).output.storage_paths  # type: ignore[union-attr]
    reference = {"references": [{"path": path, "mode": "style_only"}]}
    with_it = {"prompt": "a fox", **reference}
    assert_problem(team.post("/generate", with_it), 422, "reference-missing")
    assert mine.post("/generate", with_it).status_code == 202


@pytest.mark.parametrize(
    ("route", "body", "id_"),
    [
        ("/generate", {"prompt": "a fox"}, "jobId"),
        ("/batches", {"name": "b", "rows": [{"prompt": "a fox"}]}, "batchId"),
        ("/webhooks", {"url": "https://example.com/hook"}, "webhookId"),
    ],
)
def test_a_key_of_a_team_is_not_told_of_what_its_owner_has_named_so(
    world: World, route: str, body: dict[str, Any], id_: str
) -> None:
    bob = user("bob")
    team_id = world.found_team(available=100, bob="editor")
    name = {"Idempotency_Key": "one-and-the-same"}
    own = door_of(world, bob).post(route, body, **name).json
    assert own is not None
    refused = door_of(world, bob, teamId=team_id).post(route, body, **name)
    assert_problem(refused, 409, "request-id-reused")
    assert own[id_] not in refused.text


def test_a_key_of_a_team_is_not_given_what_its_owner_has_uploaded(world: World) -> None:
    bob = user("bob")
    team_id = world.found_team(available=100, bob="editor")
    stored = []
    for door in (door_of(world, bob), door_of(world, bob, teamId=team_id)):
        headers = {**door.headers, "Idempotency-Key": "one-and-the-same"}
        answer = door.client.post(
            "/references", headers=headers, data=PICTURE, content_type="image/png"
        )
        assert answer.json is not None
        stored.append(answer.json["path"])
    assert len(set(stored)) == 2


def test_a_key_of_a_team_does_not_see_what_is_shared_with_its_owner(world: World) -> None:
    bob = user("bob")
    team_id = world.found_team(bob="editor")
    world.set_tier("pro")
    batch = world.submit_batch(2).id
    joining = f"/batches/{batch}/join"
    door = door_of(world, bob, teamId=team_id)
    invited = {"code": world.invite_to(batch, role="viewer").code}
    assert_problem(door.post(joining, invited), 404, "not-found")
    assert door_of(world, bob).post(joining, invited).status_code == 200
    assert_problem(door.post(joining, {"code": "any"}), 404, "not-found")


def test_what_a_key_is_refused_shuts_the_key_out_and_not_its_owner(world: World) -> None:
    door = door_of(world)
    limit = world.backend.catalogue.limits.gate_a_minute.user_refusals
    for _ in range(limit):
        assert_problem(door.get("/jobs/nowhere"), 404, "not-found")
    assert_problem(door.get("/jobs/nowhere"), 429, "rate-limited")
    assert door_of(world).get("/account").status_code == 200
    world.backend.gate.admit_user("ann")


def test_a_revoked_and_an_expired_key_are_refused_at_the_next_request(world: World) -> None:
    made, key = create_key(world.backend, ANN, parse(CreateApiKey, {"name": "k"}))
    door = Door(key)
    assert door.get("/account").status_code == 200
    revoke_key(world.backend, ANN, parse(RevokeApiKey, {"keyId": made.id}))
    assert_problem(door.get("/account"), 401, "unauthenticated")
    late = door_of(world, expiresAt=world.at(60).isoformat())
    assert late.get("/account").status_code == 200
    world.clock.advance(60)
    assert_problem(late.get("/account"), 401, "unauthenticated")


def test_a_user_has_so_many_keys_at_a_time(world: World) -> None:
    world.set_tier("studio")
    asked = parse(CreateApiKey, {"name": "k"})
    limit = world.backend.catalogue.limits.api_keys_max
    made = [create_key(world.backend, ANN, asked)[0] for _ in range(limit)]
    with pytest.raises(IllegalStateError):
        create_key(world.backend, ANN, asked)
    revoke_key(world.backend, ANN, parse(RevokeApiKey, {"keyId": made[0].id}))
    create_key(world.backend, ANN, asked)


def test_two_credentials_have_to_be_the_same(world: World, door: Door) -> None:
    key = door.headers["Authorization"].removeprefix("Bearer ")
    assert Door(None).get("/account", X_API_Key=key).status_code == 200
    assert door.get("/account", X_API_Key=key).status_code == 200
    assert_problem(door.get("/account", X_API_Key="other"), 401, "unauthenticated")


# ---- what is refused -------------------------------------------------------------------------------


def test_a_token_that_is_too_deep_to_be_read_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one reader bears the next one, which is called from further within, may not."""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo-project")
    app = firebase_admin.initialize_app(bootstrap._EmulatorCredential())
    try:
        for depth in range(sys.getrecursionlimit() - 200, sys.getrecursionlimit()):
            header = b'{"kid":' + b"[" * depth + b"]" * depth + b"}"
            parts = [base64.urlsafe_b64encode(each).decode() for each in (header, b"{}", b"x")]
            refused = Door(".".join(parts)).get("/account")
            assert_problem(refused, 401, "unauthenticated")
    finally:
        firebase_admin.delete_app(app)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"a"', "application/json", 400),
        (b'{"prompt": NaN}', "application/json", 400),
        ('{"prompt": "a fox"}'.encode("utf-16"), "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"prompt": "a fox"}', "text/plain", 415),
        (b"prompt=fox", "application/x-www-form-urlencoded", 415),
        (b'{"prompt": "' + b"x" * 300_000 + b'"}', "application/json", 413),
        (b"[" * 100, "application/json", 413),
        (b'{"prompt": ""}', "application/json", 422),
        (b"", "", 422),
        (b'{"prompt": "a", "n": ' + b"9" * 5000 + b"}", "application/json", 400),
    ],
)
def test_a_body_that_cannot_be_taken(
    world: World, door: Door, body: bytes, content_type: str, status: int
) -> None:
    answer = door.client.post(
        "/generate", data=body, content_type=content_type, headers=door.headers
    )
    said = answer.json
    assert said is not None
    assert (answer.status_code, said["status"]) == (status, status)
    assert not world.jobs()


def test_a_route_that_does_not_exist_and_a_method_that_it_does_not_have(door: Door) -> None:
    assert_problem(door.get("/nowhere"), 404, "not-found")
    assert_problem(door.get("/jobs/a/b/c"), 404, "not-found")
    assert_problem(door.get("/jobs/%2e%2e"), 404, "not-found")
    assert_problem(door.get("/jobs/"), 404, "not-found")
    assert_problem(door.get("/webhooks/"), 404, "not-found")
    assert_problem(door.post("/docs", {}), 405, "invalid-request")
    refused = door.client.delete("/generate", headers=door.headers)
    assert_problem(refused, 405, "invalid-request")
    assert refused.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("limit=1&limit=2", "limit"),
        ("status=done", "status"),
        ("cursor=none", "cursor"),
        ("colour=red", "colour"),
    ],
)
def test_a_query_that_is_wrong_names_the_field(door: Door, query: str, field: str) -> None:
    said = assert_problem(door.get(f"/jobs?{query}"), 422, "invalid-request")
    assert [each["field"] for each in said["fieldErrors"]] == [field]


def test_a_field_of_the_path_is_not_sent_twice(door: Door) -> None:
    refused = door.post("/jobs/a/cancel", {"action": "retry"})
    said = assert_problem(refused, 422, "invalid-request")
    assert said["fieldErrors"] == [{"field": "action", "message": "is named by the path"}]


def test_too_few_credits_are_402_with_the_numbers(world: World, door: Door) -> None:
    world.set_tier("pro")
    rows = [{"prompt": "x", "count": 4}] * 20
    said = assert_problem(
        door.post("/batches", {"name": "b", "rows": rows}), 402, "insufficient-credits"
    )
    assert (said["required"], said["available"]) == (160, 100)


def test_who_has_no_credits_and_a_key_is_not_told_to_refresh_a_token(world: World) -> None:
    said = assert_problem(
        door_of(world, user("new", "anonymous")).post("/generate", {"prompt": "a fox"}),
        402,
        "insufficient-credits",
    )
    assert said["welcome"] == "verify"
    assert "signed in with a verified" in said["detail"]
    assert "ID token" not in said["detail"]


def test_who_may_not_is_told_which_key_may(world: World) -> None:
    refused = door_of(world, scopes=["read"]).post("/generate", {"prompt": "a fox"})
    said = assert_problem(refused, 403, "scope-missing")
    assert said["detail"] == "The API key has not the scope generate. Make a key that has it."
    for key in (None, "mf_test_nobody"):
        said = assert_problem(Door(key).get("/account"), 401, "unauthenticated")
        assert "createApiKey" in said["detail"]


def test_a_picture_that_is_too_large_is_told_the_limit(world: World, door: Door) -> None:
    sent = {"data": PICTURE + b" " * BYTES_MAX, "content_type": "image/png"}
    answer = door.client.post("/references", headers=door.headers, **sent)
    said = assert_problem(answer, 413, "request-too-large")
    assert said["detail"] == f"The request is too large: it may have at most {BYTES_MAX} bytes."


def test_a_key_is_told_how_much_is_left_and_when_to_come_back(world: World) -> None:
    limits = world.backend.catalogue.limits.gate_a_minute.model_copy(update={"user_requests": 3})
    world.backend = replace(world.backend, gate=Gate(limits, world.clock))
    door = door_of(world)
    seen = [door.get("/account").headers["RateLimit"] for _ in range(3)]
    assert seen == ['"requests";r=2;t=20', '"requests";r=1;t=40', '"requests";r=0;t=60']
    refused = door.get("/account")
    assert_problem(refused, 429, "rate-limited")
    assert refused.headers["Retry-After"] == "20"
    assert door_of(world).get("/account").status_code == 200
    world.clock.advance(20)
    assert door.get("/account").headers["RateLimit-Policy"] == '"requests";q=3;w=60'


def test_a_limit_of_the_day_says_when_to_come_back(world: World) -> None:
    door = door_of(world, creditsADay=2)
    assert door.post("/generate", {"prompt": "a fox"}).status_code == 202
    refused = door.post("/generate", {"prompt": "a fox"})
    said = assert_problem(refused, 429, "quota-exceeded")
    left = datetime.fromisoformat(said["resetsAt"]) - world.clock.now()
    assert refused.headers["Retry-After"] == str(math.ceil(left.total_seconds()))


def test_names_that_nobody_knows_do_not_hold_every_thread(
    world: World, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, known = threading.Semaphore(0), threading.Event()

    def look_up(_: str) -> None:
        looks.release()
        known.wait(20)

    def register() -> TestResponse:
        return door.post("/webhooks", {"url": "https://example.com/hook"})

    monkeypatch.setattr(world.outside, "check", look_up)
    with ThreadPoolExecutor(3) as pool:
        try:
            held = [pool.submit(register) for _ in range(2)]
            assert all(looks.acquire(timeout=20) for _ in held)
            refused = pool.submit(register).result(timeout=10)
        finally:
            known.set()
    assert_problem(refused, 503, "busy")
    assert refused.headers["Retry-After"] == "10"
    assert [each.result().status_code for each in held] == [201, 201]


def test_a_database_that_does_not_answer_is_503(
    world: World, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: Any) -> Any:
        raise BusyError("Firestore did not answer")

    monkeypatch.setattr(type(world.backend.documents), "get", silent)
    monkeypatch.setattr(type(world.backend.documents), "transact", silent)
    refused = door.get("/account")
    assert_problem(refused, 503, "busy")
    assert refused.headers["Retry-After"] == "1"
    health = Door(None).get("/health")
    assert health.json is not None
    assert (health.status_code, health.json["status"]) == (503, "unavailable")
    assert health.json["checks"] == {"firestore": "unavailable", "storage": "ok"}


# ---- the description -------------------------------------------------------------------------------


def test_every_route_is_described_and_its_answers_are_models(world: World) -> None:
    said = Door(None).get("/openapi.json").json
    assert said is not None
    described = {(method, path) for path, each in said["paths"].items() for method in each}
    aside = {("post", "/mcp"), ("get", "/openapi.json"), ("get", "/docs")}
    assert described == {(route.method.lower(), route.path) for route in ROUTES} | aside
    names = [each["operationId"] for path in said["paths"].values() for each in path.values()]
    assert len(set(names)) == len(names)
    says = [each["summary"] for path in said["paths"].values() for each in path.values()]
    assert len(set(says)) == len(says)
    text = json.dumps(said)
    assert not [word for word in ("ge", "le", "gt", "lt", "min_length") if f'"{word}":' in text]


EXAMPLES_SENT = [
    (route, title) for route in ROUTES if route.has_body for title in EXAMPLES[route.name]
]


@pytest.mark.parametrize(
    ("route", "title"), EXAMPLES_SENT, ids=lambda each: getattr(each, "name", each)
)
def test_what_the_description_shows_is_not_refused_as_invalid(
    world: World, route: Route, title: str
) -> None:
    world.set_tier("studio")
    world.grant(1000, "user_ann", "plenty")
    world.outside.pages[PICTURE_URL] = Fetched(PICTURE, "image/png")
    job, batch = world.submit().job.id, world.submit_batch(2).id
    door = door_of(world)
    webhook = door.post("/webhooks", example("createWebhook", "ann")).json
    assert webhook is not None
    ids = {"jobId": job, "batchId": batch, "webhookId": webhook["webhookId"]}
    answer = door.post(route.path.format_map(ids), example(route.name, "ann", title))
    # A job that is made up; and nothing here has failed, or is paused.
    others = {"exportBatch": 404, "retryJob": 409, "retryFailedBatch": 409, "resumeBatch": 409}
    status = others.get(route.name, route.status)
    assert answer.status_code in (status, *route.other), answer.text
    shown = description()["paths"][route.path]["post"]["requestBody"]["content"]
    assert shown["application/json"]["examples"][title]["value"] == EXAMPLES[route.name][title]


LOCATED = [route for route in ROUTES if route.location]


@pytest.mark.parametrize("route", LOCATED, ids=lambda route: route.name)
@pytest.mark.parametrize("before", ["", "/v1"])
@pytest.mark.parametrize("behind", ["", "/"])
def test_a_location_leads_to_what_was_made(
    world: World, route: Route, before: str, behind: str
) -> None:
    world.set_tier("studio")
    world.grant(1000, "user_ann", "plenty")
    job, batch = world.submit().job.id, world.submit_batch(2).id
    door = door_of(world)
    door.post(f"/jobs/{job}/cancel")
    body = example(route.name, "ann")
    if route.name == "exportBatch":
        body["jobIds"] = [job]
    path = before + route.path.format_map({"jobId": job, "batchId": batch}) + behind
    answer = door.post(path, body)
    assert answer.status_code == 202
    there = seen_from(path, answer)
    assert there.startswith(f"{before}/")
    found = door.get(there)
    said = answer.json
    assert said is not None
    assert found.status_code == 200
    assert there.endswith(f"/{said.get('jobId') or said.get('exportId') or said.get('batchId')}")


def test_each_field_of_a_body_is_read_by_its_route() -> None:
    paths = description()["paths"]

    def fields(path: str) -> set[str]:
        schema = paths[path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        return set(schema["properties"])

    assert fields("/jobs/{jobId}/cancel") == {"acceptCharge"}
    assert fields("/jobs/{jobId}/retry") == set()
    assert fields("/batches/{batchId}/export") == {"format", "requestId"}


def test_types_made_of_the_description_can_be_used() -> None:
    """A generator of types takes a field with a default for one that is always there, and an object without
    fields for one that has none."""
    schemas = description()["components"]["schemas"]
    assert '"default":' not in json.dumps(description())
    rows = [f"#/components/schemas/Generate{kind}Row" for kind in ("Image", "Video")]
    for model, field in (
        ("SubmitBatch", "rows"),
        ("SubmitBatch", "defaults"),
        ("EstimateCredits", "requests"),
        ("EditRow", "changes"),
    ):
        written = schemas[model]["properties"][field]
        written = written.get("items", written)
        assert [each["$ref"] for each in written["anyOf"]] == rows
    for row in ("GenerateImageRow", "GenerateVideoRow"):
        assert "prompt" in schemas[row]["properties"]
        assert "requestId" not in schemas[row]["properties"]
        assert "required" not in schemas[row]


def test_the_page_loads_nothing_from_elsewhere(world: World) -> None:
    page = Door(None).get("/docs")
    assert page.content_type.startswith("text/html")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "http" not in page.text.replace("http-equiv", "")
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "start.js"):
        assert Door(None).get(f"/docs/{name}").status_code == 200
    assert Door(None).get("/docs/../serve.py").status_code == 404
