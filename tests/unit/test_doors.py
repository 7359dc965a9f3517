"""What no limit counted: refusals, replays, strangers. Now each instance does, before it reads anything."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from firebase_functions.https_fn import HttpsError
from flask import Request, Response
from werkzeug.test import EnvironBuilder

from mediaforge import bootstrap
from mediaforge.domain.catalogue import GateLimits
from mediaforge.entrypoints import callables, doors, hooks, operations
from mediaforge.entrypoints.callable_protocol import speaks_contract
from mediaforge.services.gate import Gate
from mediaforge.services.library.uploads import note_stored
from tests.support.world import CATALOGUE, World, logged, user

WAIT_S = 10
REFUSALS = CATALOGUE.limits.gate_a_minute.user_refusals
X = {"prompt": "x", "width": 64, "height": 64}


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(bootstrap, "backend", lambda: world.backend)
    return world


def call(name: str, payload: Any, uid: str = "eve", **claims: Any) -> tuple[str, Any]:
    """The reason of the refusal, or "" and the answer."""
    token = {"firebase": {"sign_in_provider": "custom"}, **claims}
    asked: Any = SimpleNamespace(auth=SimpleNamespace(uid=uid, token=token), data=payload)
    try:
        return "", callables.handler(name)(asked)
    except HttpsError as refused:
        details: Any = refused.details
        return details["reason"], details


class NoDocuments:
    """Fails whoever reads or writes."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"documents.{name} was used")


ATTACKS: list[tuple[str, Any, str]] = [
    ("generateImage", {**X, "teamId": "lights"}, "not-a-member"),
    ("generateImage", {**X, "count": 4}, "insufficient-credits"),
    ("generateVideo", {"prompt": "x", "model": "local-video"}, "model-not-in-tier"),
    ("trainBrand", {"name": "x", "referencePackId": "none"}, "not-found"),
    ("creativeDirectorAgent", {"brief": "x", "brandId": "none"}, "not-found"),
    ("controlJob", {"jobId": "none", "action": "cancel"}, "not-found"),
    ("controlJob", {"jobId": "none", "action": "retry"}, "not-found"),
    ("controlTeam", {"teamId": "lights", "action": "accept", "code": "guess"}, "not-found"),
    ("controlTeam", {"teamId": "lights", "action": "invite", "role": "viewer"}, "not-a-member"),
    ("controlTeam", {"teamId": "lights", "action": "remove", "uid": "ann"}, "not-a-member"),
    ("grantCredits",
     {"accountId": "user_eve", "amount": 1, "reason": "x", "requestId": "x"}, "not-admin"),
    ("controlAccount", {"action": "resetFuse"}, "not-admin"),
    ("inspect", {}, "not-admin"),
    ("controlDeadLetter", {"jobId": "j", "action": "purge"}, "not-admin"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "payload", "reason"), ATTACKS, ids=[f"{name}-{r}" for name, _, r in ATTACKS]
)
def test_who_is_refused_again_and_again_is_answered_without_a_look(
    name: str, payload: Any, reason: str, world: World
) -> None:
    world.set_tier("free", user("eve"))
    world.overwrite("accounts/user_eve", available=1)
    for _ in range(REFUSALS):
        assert call(name, payload)[0] == reason
    documents = world.backend.documents
    world.backend = replace(world.backend, documents=NoDocuments())
    for _ in range(30):
        limited, details = call(name, payload)
        assert (limited, details["limit"]) == ("rate-limited", REFUSALS)
        assert 1 <= details["retryAfterSeconds"] <= 60
    world.backend = replace(world.backend, documents=documents)
    assert call(name, payload, uid="bob")[0] != "rate-limited"
    world.clock.advance(details["retryAfterSeconds"])
    assert call(name, payload)[0] == reason


def limit(world: World, **limits: int) -> None:
    """Other limits for this instance."""
    known = CATALOGUE.limits.gate_a_minute.model_dump()
    gate = Gate(GateLimits(**(known | limits)), world.clock)
    world.backend = replace(world.backend, gate=gate)


ASKED_AGAIN: list[tuple[str, Any]] = [
    ("generateImage", {**X, "requestId": "r"}),
    ("createTeam", {"name": "Lights", "requestId": "r"}),
    ("creativeDirectorAgent", {"brief": "a fox", "requestId": "r"}),
]


@pytest.mark.parametrize(("name", "payload"), ASKED_AGAIN)
def test_replays_are_requests_too(name: str, payload: Any, world: World) -> None:
    limit(world, user_requests=5)
    answers = [call(name, payload) for _ in range(5)]
    assert [reason for reason, _ in answers] == [""] * 5
    assert all(answer == answers[0][1] for _, answer in answers)
    reason, details = call(name, payload)
    assert (reason, details) == (
        "rate-limited",
        {"reason": "rate-limited", "limit": 5, "retryAfterSeconds": 12},
    )
    world.clock.advance(12)
    assert call(name, payload) == answers[0]


@pytest.mark.parametrize(("name", "payload"), ASKED_AGAIN)
def test_who_knocks_on_a_shut_gate_is_let_in_when_they_were_told_to_come_back(
    name: str, payload: Any, world: World
) -> None:
    """However often they knocked: what the gate refuses is no refusal of theirs."""
    limit(world, user_requests=5)
    for _ in range(5):
        call(name, payload)
    for _ in range(REFUSALS + 10):
        assert call(name, payload)[1]["retryAfterSeconds"] == 12
    world.clock.advance(12)
    assert call(name, payload)[0] == ""


def test_what_is_granted_is_a_request_too(world: World) -> None:
    """What changes nothing, forty times in a row, and whatever else nobody refuses."""
    limit(world, user_requests=40)
    team_id = call("createTeam", {"name": "Lights"})[1]["teamId"]
    revoke = {"teamId": team_id, "action": "revokeInvite", "inviteId": "gone"}
    answers = [call("controlTeam", revoke)[0] for _ in range(40)]
    assert answers == [""] * 39 + ["rate-limited"]


def test_a_payload_that_is_wrong_at_a_glance_is_a_request_and_no_more(world: World) -> None:
    """A form that is being filled in, or a sheet of a hundred rows."""
    for _ in range(REFUSALS + 1):
        assert call("generateImage", {"prompt": ""})[0] == "invalid-request"


def upload_no_pictures(world: World, number: int) -> list[dict[str, str]]:
    """Of Eve's, as references: each was looked at, refused and deleted."""
    paths = [f"references/eve/{i}.png" for i in range(number)]
    for path in paths:
        world.media.save(path, b"no picture", "image/png", "t", over=0)
        note_stored(world.backend, path, world.media.list(path)[path])
    return [{"path": path, "mode": "style_only"} for path in paths]


def test_a_reference_that_is_gone_is_a_refusal_and_few_are_looked_for(world: World) -> None:
    world.set_tier("pro", user("eve"))
    references = upload_no_pictures(world, 50)
    looked_at, world.media.class_b = world.media.class_b, 0
    assert looked_at
    training = {"name": "x", "references": references}
    for _ in range(REFUSALS):
        reason, details = call("trainBrand", training)
        assert (reason, len(details["paths"])) == ("reference-unreadable", 5)
    assert world.media.class_b == 5 * REFUSALS
    world.backend = replace(world.backend, documents=NoDocuments())
    assert call("trainBrand", training)[0] == "rate-limited"


def test_an_administrator_is_trusted(world: World) -> None:
    grant = {"accountId": "user_x", "amount": 1, "reason": "x"}
    limit(world, user_requests=5)
    for number in range(20):
        request = {**grant, "requestId": str(number)}
        assert call("grantCredits", request, uid="root", admin=True)[0] == ""


# ---- by address ----------------------------------------------------------------------------------


def from_address(
    forwarded: str | None, body: bytes = b'{"data":{}}', method: str = "POST"
) -> Request:
    headers = [] if forwarded is None else [("X-Forwarded-For", forwarded)]
    return Request(EnvironBuilder(method=method, data=body, headers=headers).get_environ())


ADDRESSES = [
    (None, None),
    ("", None),
    ("unknown", None),
    ("203.0.113.7", "203.0.113.7"),
    ("1.2.3.4, 203.0.113.7", "203.0.113.7"),  # the caller's own word, then Google's
    ("203.0.113.7,junk", None),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ("9.9.9.9,2001:db8:1:2::7", "2001:db8:1:2::/64"),
]  # fmt: skip


@pytest.mark.parametrize(("forwarded", "address"), ADDRESSES)
def test_an_address_is_the_last_that_google_says(
    forwarded: str | None, address: str | None
) -> None:
    assert doors.address_of(from_address(forwarded)) == address


def refusing(_: Request) -> Response:
    return Response('{"error":{"status":"UNAUTHENTICATED"}}', 401, content_type="application/json")


def granting(_: Request) -> Response:
    return Response('{"result":{}}', content_type="application/json")


def reason_of(response: Response) -> Any:
    error = response.get_json().get("error")
    return error and error["details"]["reason"]


def test_an_address_that_asks_too_often_is_answered_before_it_is_read(world: World) -> None:
    limit(world, address_requests=3)
    answer = speaks_contract(granting)
    asked = [reason_of(answer(from_address(f"{n}.1.1.1, 203.0.113.7"))) for n in range(5)]
    assert asked == [None, None, None, "rate-limited", "rate-limited"]
    assert reason_of(answer(from_address("203.0.113.8"))) is None
    response = answer(from_address("203.0.113.7"))
    assert (response.status_code, response.get_json()["error"]["status"]) == (
        429,
        "RESOURCE_EXHAUSTED",
    )
    assert response.get_json()["error"]["details"]["retryAfterSeconds"] == 20
    assert response.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"data":{}}', "unauthenticated"),
        (b"[" * 100, "request-too-large"),
        (b"x" * (doors.BODY_BYTES_MAX + 1), "request-too-large"),
    ],
    ids=["no-token", "deep", "long"],
)
def test_an_address_of_nobody_known_is_refused_sooner(
    body: bytes, reason: str, world: World
) -> None:
    limit(world, address_refusals=3)
    answer = speaks_contract(refusing)
    asked = [reason_of(answer(from_address("203.0.113.7", body))) for _ in range(5)]
    assert asked == [reason] * 3 + ["rate-limited"] * 2


def test_without_an_address_nobody_is_counted(world: World) -> None:
    """As on the emulators."""
    limit(world, address_requests=1, address_refusals=1)
    answer = speaks_contract(refusing)
    assert {reason_of(answer(from_address(None))) for _ in range(5)} == {"unauthenticated"}


def test_what_a_browser_asks_first_is_not_counted(world: World) -> None:
    limit(world, address_requests=1)
    answer = speaks_contract(granting)
    for _ in range(5):
        assert answer(from_address("203.0.113.7", b"", "OPTIONS")).status_code == 200


@pytest.mark.parametrize("hook", [hooks.stripe, hooks.job], ids=["stripe", "job"])
def test_a_hook_s_address_is_counted_and_told_when_to_come_back(
    hook: Callable[[Any], Any], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "whsec_" + "a" * 32)
    limit(world, address_requests=3)

    def post() -> Response:
        headers = [("X-Forwarded-For", "203.0.113.7")]
        query = {"job": "none", "token": "none"}
        builder = EnvironBuilder(method="POST", data=b"{}", headers=headers, query_string=query)
        response: Response = hook(Request(builder.get_environ()))
        return response

    assert [post().status_code for _ in range(4)][2:] != [429, 429]
    response = post()
    assert (response.status_code, response.get_json()["reason"]) == (429, "rate-limited")
    assert response.headers["Retry-After"] == "20"


def test_a_signature_that_is_wrong_is_a_refusal(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "whsec_" + "a" * 32)
    limit(world, address_refusals=3)
    statuses = [hooks.stripe(from_address("203.0.113.7")).status_code for _ in range(5)]
    assert statuses == [400, 400, 400, 429, 429]


def test_no_address_is_logged(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    limit(world, address_requests=1)
    for _ in range(3):
        speaks_contract(granting)(from_address("203.0.113.7"))
    assert len(logged(capsys, "request.refused")) == 2


# ---- a stranger takes no foreign turn ------------------------------------------------------------


@pytest.fixture
def taken(world: World) -> Iterator[str]:
    """A team whose turn in this process somebody has."""
    team_id = world.found_team(bob="editor", vic="viewer")
    with operations.submitting.alone(f"team_{team_id}"):
        yield team_id


@pytest.mark.parametrize(("uid", "reason"), [("eve", "not-a-member"), ("vic", "role-not-allowed")])
def test_who_may_not_submit_for_a_team_neither_waits_for_its_turn_nor_takes_it(
    uid: str, reason: str, taken: str
) -> None:
    reasons: list[str] = []
    payload = {**X, "teamId": taken}
    stranger = threading.Thread(
        target=lambda: reasons.append(call("generateImage", payload, uid)[0])
    )
    stranger.start()
    stranger.join(WAIT_S)
    assert reasons == [reason]


def test_who_may_submit_waits_for_the_team_s_turn(world: World) -> None:
    team_id = world.found_team(bob="editor")
    answers: list[str] = []
    payload = {**X, "teamId": team_id}
    member = threading.Thread(
        target=lambda: answers.append(call("generateImage", payload, "bob")[0])
    )
    with operations.submitting.alone(f"team_{team_id}"):
        member.start()
        member.join(0.05)
        assert answers == []
    member.join(WAIT_S)
    assert answers == [""]
