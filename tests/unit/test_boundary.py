"""What comes from outside is looked at first: how large it is, and what it would be part of a path of."""

import json
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
import stripe
from firebase_functions.https_fn import HttpsError
from flask import Request, Response
from werkzeug.test import EnvironBuilder

from mediaforge import bootstrap
from mediaforge.contract.requests import GenerateImage, parse
from mediaforge.domain.errors import InvalidRequestError
from mediaforge.entrypoints import callables, webhooks, workers
from mediaforge.entrypoints.callable_protocol import BODY_BYTES_MAX, speaks_contract
from tests.support.stripe_events import COMPLETED, event_of, session_of
from tests.support.world import World


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
        callables.generate_image(call)
    assert refused.value.details == {"reason": "unauthenticated"}


JOB_IDS = [1, "", "a/b", ".", "..", "__x__", "x" * 129, "\ud800", "a\n"]
TASKS: list[Any] = [None, [], {}, *({"jobId": job_id} for job_id in JOB_IDS)]


@pytest.mark.parametrize("data", TASKS, ids=lambda data: ascii(data)[:30])
def test_a_task_that_names_no_job_is_answered_and_not_delivered_again(data: Any) -> None:
    task: Any = SimpleNamespace(data=data)
    assert workers.run(task) == {"outcome": "refused"}


@pytest.mark.parametrize("data", [None, [], {}, *({"teamId": each} for each in JOB_IDS)])
def test_a_task_that_names_no_team_is_answered_and_not_delivered_again(data: Any) -> None:
    task: Any = SimpleNamespace(data=data)
    assert workers.rotate(task) == {"outcome": "refused"}


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


def posted(body: bytes, *, says_its_length: bool) -> Request:
    environ = EnvironBuilder(method="POST", data=body).get_environ()
    if not says_its_length:
        del environ["CONTENT_LENGTH"]
        environ |= {"wsgi.input": BytesIO(body), "wsgi.input_terminated": True}
    return Request(environ)


@pytest.mark.parametrize("says_its_length", [True, False], ids=["declared", "chunked"])
def test_a_body_beyond_the_limit_is_never_parsed(says_its_length: bool) -> None:
    """Nine megabytes of brackets were half a gigabyte of lists, before anybody was asked who they are."""
    parsed: list[Any] = []

    def answer(request: Request) -> Response:
        parsed.append(request.get_json(force=True))
        return Response()

    speaks_contract(answer)(posted(LARGE, says_its_length=says_its_length))
    speaks_contract(answer)(posted(b'{"data":[]}', says_its_length=says_its_length))
    assert parsed == [{"data": "not a callable request"}, {"data": []}]


@pytest.mark.parametrize("says_its_length", [True, False], ids=["declared", "chunked"])
def test_a_hook_s_body_beyond_the_limit_is_not_read(
    says_its_length: bool, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    """Signed or not: no event of Stripe's is as large."""
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", SECRET)
    bought = event_of(COMPLETED, session_of("1", 500, "user_ann"))
    event = json.dumps({**bought, "more": "x" * BODY_BYTES_MAX})
    sent_at_s = int(world.clock.now().timestamp())
    header = stripe.WebhookSignature.generate_signature_header(event, SECRET, sent_at_s)
    request = posted(event.encode(), says_its_length=says_its_length)
    request.environ["HTTP_STRIPE_SIGNATURE"] = header
    assert webhooks.stripe(request).status_code == 400
    assert world.contents() == {}


def test_of_a_hundred_thousand_errors_a_hundred_are_named() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        parse(GenerateImage, {"prompt": "a fox", "references": [1] * 100_000})
    errors = refused.value.details["fieldErrors"]
    assert [len(errors), errors[0]["field"], errors[-1]["field"]] == [101, "references[0]", ""]
    assert errors[-1]["message"].endswith(" more are wrong")
