"""What comes from outside is looked at first: how large it is, and what it would be part of a path of."""

import gzip
import json
from collections.abc import Callable, Mapping
from functools import partial
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
import stripe
from firebase_functions import https_fn
from firebase_functions.https_fn import HttpsError
from flask import Flask, Request, Response
from werkzeug.test import EnvironBuilder

from mediaforge import bootstrap
from mediaforge.contract.requests import (
    ACCOUNT_ACTIONS,
    TEAM_ACTIONS,
    ControlJob,
    CreateTeam,
    DirectCreative,
    GenerateImage,
    GenerateVideo,
    GetCatalog,
    GrantCredits,
    TrainBrand,
    parse,
    parse_action,
)
from mediaforge.domain.errors import InvalidRequestError
from mediaforge.entrypoints import callables, callers, hooks, workers
from mediaforge.entrypoints.callable_protocol import speaks_contract
from mediaforge.entrypoints.doors import BODY_BYTES_MAX, DEPTH_MAX
from tests.support.stripe_events import COMPLETED, event_of, session_of
from tests.support.world import ANN, World, user


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(bootstrap, "backend", lambda: world.backend)
    return world


UIDS = [1, 1.5, True, ["ann"], {"uid": "ann"}, "\ud800", "a/b", ".", "..", "__x__", "x" * 129]


@pytest.mark.parametrize("uid", UIDS, ids=lambda uid: ascii(uid)[:20])
def test_a_user_id_that_is_no_name_is_refused_and_not_broken_on(uid: Any) -> None:
    """The emulators take any token."""
    call: Any = SimpleNamespace(auth=SimpleNamespace(uid=uid, token={}), data={"prompt": "a fox"})
    with pytest.raises(HttpsError) as refused:
        callables.handler("generateImage")(call)
    assert refused.value.details == {"reason": "unauthenticated"}


@pytest.mark.parametrize(
    ("claims", "known"),
    [
        ({"name": " Ann ", "picture": "https://p.test/a.png"}, ("Ann", "https://p.test/a.png")),
        ({"name": "x" * 300, "picture": "https://" + "p" * 2041}, ("x" * 200, None)),
        ({"name": 7, "picture": ["https://p.test"]}, (None, None)),
        ({"name": "\ud800", "picture": "https://\ud800"}, (None, None)),
        ({"name": " ", "picture": "javascript:alert(1)"}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_what_a_token_calls_its_user_is_known_if_it_can_be_stored(
    claims: dict[str, Any], known: tuple[str | None, str | None]
) -> None:
    caller = callers.of_token("ann", claims)
    assert (caller.name, caller.photo_url) == known


JOB_IDS = [1, "", "a/b", ".", "..", "__x__", "x" * 129, "\ud800", "a\n"]
TASKS: list[Any] = [None, [], {}, *({"jobId": job_id} for job_id in JOB_IDS)]


@pytest.mark.parametrize("data", TASKS, ids=lambda data: ascii(data)[:30])
def test_a_task_that_names_no_job_is_answered_and_not_delivered_again(data: Any) -> None:
    task: Any = SimpleNamespace(data=data)
    assert workers.run(task) == {"outcome": "refused"}


@pytest.mark.parametrize(
    "data",
    [None, [], {}, *({name: each} for name in ("teamId", "batchId") for each in JOB_IDS)],
)
def test_a_task_that_names_no_team_is_answered_and_not_delivered_again(data: Any) -> None:
    task: Any = SimpleNamespace(data=data)
    assert workers.rotate(task) == {"outcome": "refused"}


def test_a_task_of_a_job_that_the_last_release_enqueued_is_run(world: World) -> None:
    job = world.submit().job
    task: Any = SimpleNamespace(data={"jobId": job.id, "delivery": 1})
    assert workers.run(task) == {"outcome": "completed"}
    assert workers.run(task) == {"outcome": "final"}


def test_a_task_of_a_team_that_the_last_release_enqueued_is_done(world: World) -> None:
    team_id = world.found_team(bob="viewer")
    world.control_team(ANN, team_id, "remove", uid="bob")
    task: Any = SimpleNamespace(data={"teamId": team_id})
    assert workers.rotate(task) == {"outcome": "rotated"}
    assert workers.rotate(task) == {"outcome": "nothing-to-do"}


def test_a_task_of_a_batch_ends_its_shares(world: World) -> None:
    batch = world.submit_batch(1)
    world.join_batch(batch.id, user("bob"), world.invite_to(batch.id).code)
    world.overwrite(f"batches/{batch.id}/shared_with/bob", revoked_at=world.clock.now())
    task: Any = SimpleNamespace(data={"batchId": batch.id})
    assert workers.rotate(task) == {"outcome": "unshared"}
    assert workers.rotate(task) == {"outcome": "nothing-to-do"}


def test_a_task_of_a_team_that_is_not_there_is_forgotten() -> None:
    task: Any = SimpleNamespace(data={"teamId": "0123abcd"})
    assert workers.rotate(task) == {"outcome": "nothing-to-do"}


@pytest.mark.parametrize("delivery", [None, "x", 1.5, 10**40, [], -1])
def test_a_task_of_a_job_that_is_not_there_is_forgotten_whatever_delivery_it_says(
    delivery: Any,
) -> None:
    task: Any = SimpleNamespace(data={"jobId": "0123abcd", "delivery": delivery})
    assert workers.run(task) == {"outcome": "unknown"}


# ---- what is too large ---------------------------------------------------------------------------

SECRET = "whsec_" + "a" * 32
LARGE = b'{"data":[' + b"[]," * (BODY_BYTES_MAX // 3) + b"[]]}"


def posted(body: bytes, *, says_its_length: bool = True) -> Request:
    environ = EnvironBuilder(method="POST", data=body).get_environ()
    if not says_its_length:
        del environ["CONTENT_LENGTH"]
        environ |= {"wsgi.input": BytesIO(body), "wsgi.input_terminated": True}
    return Request(environ)


def answered(request: Request) -> tuple[Any, Response]:
    """What a function behind the door is given to parse, and the answer."""
    given: list[Any] = []

    def answer(request: Request) -> Response:
        given.append(request.get_json(force=True))
        return Response()

    response = speaks_contract(answer)(request)
    return given, response


def assert_too_large(request: Request) -> None:
    given, response = answered(request)
    error = response.get_json()["error"]
    assert given == []
    assert (response.status_code, error["status"]) == (400, "INVALID_ARGUMENT")
    limits = {"bytesMax": BODY_BYTES_MAX, "depthMax": DEPTH_MAX}
    assert error["details"] == {"reason": "request-too-large", **limits}
    assert response.headers["Access-Control-Allow-Origin"] == "*"  # or no page could read why


@pytest.mark.parametrize("says_its_length", [True, False], ids=["declared", "chunked"])
def test_a_body_beyond_the_limit_is_never_parsed(says_its_length: bool) -> None:
    """Nine megabytes of brackets were half a gigabyte of lists, before anybody was asked who they are."""
    assert_too_large(posted(LARGE, says_its_length=says_its_length))
    given, _ = answered(posted(b'{"data":[]}', says_its_length=says_its_length))
    assert given == [{"data": []}]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (LARGE, f"The request is too large: it may have at most {BODY_BYTES_MAX} bytes."),
        (b"[" * (DEPTH_MAX + 1), f"Lists and objects may be nested at most {DEPTH_MAX} deep."),
    ],
    ids=["long", "deep"],
)
def test_what_is_too_large_is_told_which_limit_it_is_beyond(body: bytes, message: str) -> None:
    _, response = answered(posted(body))
    assert response.get_json()["error"]["message"] == message


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"Authorization": "Bearer mf_test_AAAAAAAAAAAA_x"}, "API keys are for the HTTPS API."),
        ({"X-API-Key": "mf_test_AAAAAAAAAAAA_x"}, "API keys are for the HTTPS API."),
        ({"Authorization": "Bearer a.b.c"}, "The ID token is not valid"),
    ],
)
def test_who_calls_with_an_api_key_is_told_what_it_is_for(
    headers: dict[str, str], says: str
) -> None:
    call = https_fn.on_call()(callables.handler("generateImage"))
    asked = Flask(__name__).test_request_context(method="POST", json={"data": {}}, headers=headers)
    with asked:
        response = speaks_contract(call)(asked.request)
    error = response.get_json()["error"]
    assert (response.status_code, error["details"]) == (401, {"reason": "unauthenticated"})
    assert error["message"].startswith(says)


@pytest.mark.parametrize("says_its_length", [True, False], ids=["declared", "chunked"])
def test_the_limit_itself_is_within_it(says_its_length: bool) -> None:
    body = b'{"data":"%b"}' % (b"x" * (BODY_BYTES_MAX - len('{"data":""}')))
    given, _ = answered(posted(body, says_its_length=says_its_length))
    assert [len(each["data"]) for each in given] == [BODY_BYTES_MAX - len('{"data":""}')]
    longer = body[:-2] + b'x"}'
    assert_too_large(posted(longer, says_its_length=says_its_length))


def test_a_compressed_body_is_not_unpacked() -> None:
    """A kilobyte would be a gigabyte. No client of Firebase's compresses what it sends."""
    packed = gzip.compress(b'{"data":[' + b"[]," * 1_000_000 + b"[]]}")
    request = posted(packed)
    request.environ["HTTP_CONTENT_ENCODING"] = "gzip"
    given, _ = answered(request)
    assert given == [{"data": "not a callable request"}]


def nested(depth: int, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    return b'{"data":' + opening * (depth - 1) + b"1" + closing * (depth - 1) + b"}"


DEEP = [
    nested(DEPTH_MAX + 1),
    nested(DEPTH_MAX + 1, b'{"a":', b"}"),
    nested(100_000),
    b"[" * 100_000,
    b'{"data":["\\"",' + b"[" * 100 + b"]" * 101 + b"}",
]


@pytest.mark.parametrize("body", DEEP, ids=["list", "object", "very", "open", "after-a-quote"])
def test_a_body_that_is_nested_too_deeply_is_never_parsed(body: bytes) -> None:
    assert_too_large(posted(body))


FLAT = [
    nested(DEPTH_MAX),
    json.dumps({"data": "[" * 1000 + '"' + "{" * 1000 + "\\"}).encode(),
    b'{"data":[' + b"[]," * 1000 + b"[]]}",
]


@pytest.mark.parametrize("body", FLAT, ids=["deepest", "in-a-string", "side-by-side"])
def test_what_is_not_nested_too_deeply_goes_on(body: bytes) -> None:
    given, _ = answered(posted(body))
    assert given == [json.loads(body)]


NO_CALLS = [
    b'\\"' * (BODY_BYTES_MAX // 2),  # each quote a beginning: a search from each would take hours
    b'"' + b"a" * (BODY_BYTES_MAX - 1),
    b'"\\' * (BODY_BYTES_MAX // 2),
    '{"data":[]}'.encode("utf-16"),  # read by JSON, and its brackets are not where they seem
    '{"data":[]}'.encode("utf-32-le"),
    b"",
]


@pytest.mark.parametrize("body", NO_CALLS, ids=["quotes", "open", "escapes", "16", "32", "empty"])
def test_what_is_no_call_is_replaced_by_what_is_refused_cleanly(body: bytes) -> None:
    given, _ = answered(posted(body))
    assert given == [{"data": "not a callable request"}]


FOX = "\U0001f98a"  # twelve bytes, as a client escapes it
PATH = f"references/ann/{'ö' * 500}.png"
LARGEST: list[tuple[Any, Any]] = [
    (
        GenerateImage,
        {
            "prompt": FOX * 4000,
            "negativePrompt": FOX * 4000,
            **dict.fromkeys(("title", "model", "styleId", "requestId"), FOX * 128),
            "references": [{"path": PATH, "mode": "style_and_composition"}] * 6,
        },
    ),
    (
        TrainBrand,
        {
            "name": FOX * 128,
            "references": [{"path": PATH, "mode": "style_and_composition"}] * 50,
            "requestId": FOX * 128,
        },
    ),
]


@pytest.mark.parametrize(("model", "payload"), LARGEST)
def test_the_largest_valid_requests_fit(model: Any, payload: Any) -> None:
    assert parse(model, payload)
    body = json.dumps({"data": payload}).encode()
    given, _ = answered(posted(body))
    assert given == [{"data": payload}]
    assert len(body) > BODY_BYTES_MAX / 3  # it is no limit for nobody


@pytest.mark.parametrize("says_its_length", [True, False], ids=["declared", "chunked"])
def test_a_hook_s_body_beyond_the_limit_is_not_read(
    says_its_length: bool, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    """Signed or not: no event of Stripe's is as large."""
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", SECRET)
    bought = event_of(COMPLETED, session_of("1", 500, "user_ann"))
    event = json.dumps({**bought, "more": "x" * 1024 * 1024})
    sent_at_s = int(world.clock.now().timestamp())
    header = stripe.WebhookSignature.generate_signature_header(event, SECRET, sent_at_s)
    request = posted(event.encode(), says_its_length=says_its_length)
    request.environ["HTTP_STRIPE_SIGNATURE"] = header
    answer = hooks.stripe(request)
    assert (answer.status_code, answer.get_json()["reason"]) == (413, "request-too-large")
    assert world.contents() == {}


def test_of_a_hundred_errors_twenty_are_named() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        parse(GenerateImage, {"prompt": "a fox", "references": [1] * 100})
    errors = refused.value.details["fieldErrors"]
    assert [len(errors), errors[0]["field"], errors[-1]["field"]] == [21, "references[0]", ""]
    assert errors[-1]["message"] == "80 more are wrong"


CROWDS: list[tuple[Any, str]] = [
    ({"prompt": "a fox", "references": [1] * 101}, "references"),
    ({f"x{number}": None for number in range(101)}, ""),
    ({"references": [{}, {f"x{number}": 1 for number in range(101)}]}, "references[1]"),
    ({"firstFrame": {"path": [[]] * 101}}, "firstFrame.path"),
]


@pytest.mark.parametrize(("payload", "field"), CROWDS, ids=[field for _, field in CROWDS])
def test_what_has_more_members_than_any_request_is_counted_and_not_looked_at(
    payload: Any, field: str
) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        parse(GenerateImage, payload)
    (error,) = refused.value.details["fieldErrors"]
    assert error["field"] == field
    assert error["message"].startswith("has 101 ")


# ---- answers do not grow with the question -------------------------------------------------------

NAME = "n" * 5000
HOSTILE: list[Any] = [
    {f"{NAME}{number}": 1 for number in range(50)},
    {f"x{number}": None for number in range(20_000)},
    {"references": [{NAME: 1} for _ in range(40)]},
    {"references": [1] * 80_000},
    {"limits": {f"{NAME}{number}": 1 for number in range(50)}},
    {"action": "n" * 200_000},
    *(
        {field: value}
        for field in (
            "prompt", "model", "styleId", "teamId", "jobId", "accountId", "brief", "code", "uid", "role",
            "tier", "amount", "count", "scheduledAt", "priority", "aspectRatio", "requestId", "name", "kind",
        )
        for value in ("n" * 200_000, [NAME] * 40, {NAME: NAME})
    ),
]  # fmt: skip
PARSERS = [
    *(
        partial(parse, model)
        for model in (
            GenerateImage, GenerateVideo, TrainBrand, DirectCreative, ControlJob, GrantCredits, CreateTeam,
            GetCatalog,
        )
    ),
    partial(parse_action, ACCOUNT_ACTIONS),
    partial(parse_action, TEAM_ACTIONS),
    *(partial(parse, model) for model in (*ACCOUNT_ACTIONS.values(), *TEAM_ACTIONS.values())),
]  # fmt: skip


def _name(parser: partial[Any]) -> str:
    (of,) = parser.args
    return "|".join(of) if isinstance(of, Mapping) else str(of.__name__)


@pytest.mark.parametrize("parser", PARSERS, ids=_name)
def test_no_answer_grows_with_the_question(parser: Callable[[Any], Any]) -> None:
    """1.3 MB came back as 23.5 MB."""
    for payload in HOSTILE:
        with pytest.raises(InvalidRequestError) as refused:
            parser(payload)
        answer = json.dumps([refused.value.message, refused.value.details])
        assert len(answer) < 10_000


def test_a_refusal_of_a_service_does_not_grow_either(world: World) -> None:
    """Plans name what is wrong with each reference, which the parser has let through."""
    paths = [f"references/bob/{'x' * 1000}.png"] * 50
    payload = {"name": "x", "references": [{"path": p, "mode": "style_only"} for p in paths]}
    world.set_tier("pro")
    call: Any = SimpleNamespace(auth=SimpleNamespace(uid="ann", token={}), data=payload)
    with pytest.raises(HttpsError) as refused:
        callables.handler("trainBrand")(call)
    assert len(json.dumps([refused.value.message, refused.value.details])) < 10_000
    details: Any = refused.value.details
    assert details["reason"] == "invalid-request"
