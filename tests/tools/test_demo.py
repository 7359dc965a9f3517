"""What the demo submits for what it is asked, and what it says: how long each step took. The catalogue is the
shipped one, told by a server that knows nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from flask import Flask, request

from mediaforge.services.library.catalog import describe_catalogue
from protocols.server import serving
from tests.support.provider_world import provider_world
from tools.client import Addresses, Client
from tools.demo import AskedError, Stopwatch, asked_for

PROMPT = "a lighthouse"


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """A server that tells the catalogue with every provider set up but the built-in renderer."""
    app = Flask(__name__)
    with provider_world() as world:
        told = describe_catalogue(world.backend).on_the_wire()

    @app.post("/getCatalog")
    def _tell() -> dict[str, object]:
        return {"result": told}

    @app.post("/v0/b/bucket/o")
    def _keep() -> dict[str, object]:
        return {"name": request.args["name"]}

    with serving(app) as origin:
        yield origin


@pytest.fixture
def client(origin: str) -> Iterator[Client]:
    host = origin.removeprefix("http://")
    with closing(Client(Addresses("demo", origin, host, host, "bucket"), "ann")) as client:
        yield client


@pytest.mark.parametrize(
    ("model", "kind"), [("flux-2-pro", "image"), ("gemini-omni-1.2-flash", "video")]
)
def test_a_model_that_is_named_is_asked_for_with_the_kind_that_it_makes(
    client: Client, monkeypatch: pytest.MonkeyPatch, model: str, kind: str
) -> None:
    monkeypatch.setenv("MODEL", model)
    asked = asked_for(client, "image", PROMPT)

    assert asked.kind == kind
    assert asked.payload() == {"prompt": PROMPT, "model": model}


def test_a_model_that_works_on_a_picture_is_given_one(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL", "seedvr2-upscale")

    assert asked_for(client, "image", PROMPT).payload() == {
        "prompt": PROMPT,
        "model": "seedvr2-upscale",
        "references": [{"path": "references/ann/demo-0.jpg", "mode": "style_and_composition"}],
    }


def test_without_a_model_the_kind_s_default_is_asked_for(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODEL", raising=False)
    asked = asked_for(client, "video", PROMPT)

    assert (asked.kind, asked.payload()) == ("video", {"prompt": PROMPT})


@pytest.mark.parametrize("model", ["flux-3-pro", "gemini-3.8-flash", "vertex-lora"])
def test_a_model_that_makes_neither_is_answered_by_those_that_do(
    client: Client, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setenv("MODEL", model)
    with pytest.raises(AskedError) as refused:
        asked_for(client, "image", PROMPT)

    begins, _, known = str(refused.value).partition("; there are ")
    assert begins == f"MODEL is {model!r}"
    assert {"flux-2-pro", "gemini-omni-1.2-flash"} <= set(known.split(", "))
    assert model not in known.split(", ")


def test_a_model_that_is_not_set_up_says_how_it_would_be(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL", "local-image")
    with pytest.raises(
        AskedError, match=r"^local-image is not set up here: start with MEDIAFORGE_"
    ):
        asked_for(client, "image", PROMPT)


def test_each_line_has_the_seconds_of_its_step_and_the_last_one_those_of_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    moments = iter([10.0, 18.0, 18.5, 40.0])
    watch = Stopwatch(lambda: next(moments))

    watch.say("the emulators are ready")
    watch.say("queued")
    watch.say_total()

    assert capsys.readouterr().out.splitlines() == [
        "   8.0 s  the emulators are ready",
        "   0.5 s  queued",
        "  30.0 s  in all",
    ]
