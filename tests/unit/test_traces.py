"""One name leads from a request to all that was logged of it: in the callable, the worker and the trigger."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Request, Response
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from mediaforge import bootstrap, log
from mediaforge.entrypoints import callables
from mediaforge.entrypoints.callable_protocol import speaks_contract
from mediaforge.entrypoints.traces import trace_of
from tests.support.world import World, logged

TRACE = "105445aa7843bc8bf206b12000100000"
FIELD = "logging.googleapis.com/trace"


@pytest.mark.parametrize(
    ("headers", "trace"),
    [
        ({"X-Cloud-Trace-Context": f"{TRACE}/1;o=1"}, TRACE),
        ({"X-Cloud-Trace-Context": TRACE}, TRACE),
        ({"Traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}, TRACE),
        ({"X-Cloud-Trace-Context": "no trace", "Traceparent": f"00-{TRACE}-00-01"}, TRACE),
        ({"X-Cloud-Trace-Context": f"{TRACE}0/1"}, None),
        ({"X-Cloud-Trace-Context": "x" * 10_000}, None),
        ({"Traceparent": TRACE}, None),
        ({"Traceparent": f"00-{'0' * 32}-00f067aa0ba902b7-01"}, None),
        ({}, None),
    ],
)
def test_a_request_s_trace_is_read_from_google_s_header_or_the_w3c_s(
    headers: dict[str, str], trace: str | None
) -> None:
    assert trace_of(Headers(headers)) == trace


def named(request_id: str | None, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    with log.of_request(request_id):
        log.info("toy.made")
    (line,) = logged(capsys, "toy.made")
    return line


def test_a_line_of_a_trace_stands_beside_the_request_s_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GCLOUD_PROJECT", "demo")
    line = named(TRACE, capsys)
    assert (line["request_id"], line[FIELD]) == (TRACE, f"projects/demo/traces/{TRACE}")


@pytest.mark.parametrize("name", ["mine-1", TRACE[:-1], TRACE.upper()])
def test_a_name_of_the_caller_s_is_no_trace(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GCLOUD_PROJECT", "demo")
    line = named(name, capsys)
    assert (line["request_id"], FIELD in line) == (name, False)


@pytest.mark.parametrize("other", ["mine-1", None])
def test_what_is_done_for_another_request_on_the_way_carries_that_one_s_name_alone(
    other: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GCLOUD_PROJECT", "demo")
    with log.of_request(TRACE):
        line = named(other, capsys)
        assert (line.get("request_id"), FIELD in line) == (other, False)
        assert log.request_id() == TRACE


def test_a_request_without_a_name_leaves_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert {"request_id", FIELD} & set(named(None, capsys)) == set()


def test_a_callable_s_events_carry_its_trace_and_those_after_it_do_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def answer(_: Request) -> Response:
        log.info("toy.made")
        return Response()

    headers = Headers({"X-Cloud-Trace-Context": f"{TRACE}/1;o=1"})
    asked = EnvironBuilder(method="POST", json={"data": {}}, headers=headers).get_environ()
    speaks_contract(answer)(Request(asked))
    (line,) = logged(capsys, "toy.made")
    assert line["request_id"] == TRACE
    assert log.request_id() is None


def test_one_name_finds_what_accepted_ran_and_settled_a_job(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    monkeypatch.setattr(bootstrap, "backend", lambda: world.backend)
    token = {"firebase": {"sign_in_provider": "custom"}}
    call: Any = SimpleNamespace(
        auth=SimpleNamespace(uid="ann", token=token), data={"prompt": "[[fail:transient:1]]"}
    )
    with log.of_request(TRACE):
        job_id = callables.handler("generateImage")(call)["jobId"]
    world.submit("of another request")
    world.run_until_quiet()
    lines = [json.loads(each) for each in "".join(capsys.readouterr()).splitlines()]
    found = [line for line in lines if line.get("request_id") == TRACE]
    assert {line.get("job_id", job_id) for line in found} == {job_id}
    steps = [line["message"] for line in found]
    assert steps[0] == "job.accepted"
    assert steps.count("job.claimed") == steps.count("attempt.recorded") == 2
    assert steps[-1] == "generation"
