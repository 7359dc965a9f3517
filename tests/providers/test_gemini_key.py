"""Images and concepts with a key of the Gemini API, in place of a project with Vertex AI."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mediaforge import config, roster
from mediaforge.domain.catalogue import parse
from mediaforge.domain.errors import NotAllowedError, ProviderError, RejectedError, ThrottledError
from mediaforge.ports.provider import Asset
from mediaforge.providers.vertex.client import VertexSettings
from mediaforge.providers.vertex.director import GeminiDirector
from mediaforge.providers.vertex.image import VertexImages
from protocols.vertex import GEMINI_KEY, paint
from tests.memory.media import MemoryMedia
from tests.providers.conftest import Vertex
from tests.providers.test_director import brief
from tests.support.provider_requests import image, reference
from tools.firebase import inherited_environment

MODEL = "gemini-nano-banana-2.1"
SHIPPED = parse(
    (Path(__file__).parents[2] / "functions" / "catalogue.toml").read_text(encoding="utf-8")
)


def with_key(vertex: Vertex, key: str = GEMINI_KEY) -> VertexSettings:
    return replace(vertex.settings, project="", location="", api_key=lambda: key)


def failure(settings: VertexSettings, prompt: str, **fields: Any) -> ProviderError:
    with pytest.raises(ProviderError) as raised:
        VertexImages(settings).start(image(prompt, **{"model": MODEL, **fields}))
    return raised.value


def test_an_image_is_one_call_with_the_key_and_no_token(vertex: Vertex) -> None:
    drawn = VertexImages(with_key(vertex)).start(image("a cat", model=MODEL, size="2K"))
    (asset,) = drawn.assets
    assert isinstance(asset, Asset)
    (received,) = vertex.journal.of("generateContent")
    assert received.path == f"/v1beta/models/{MODEL}:generateContent"
    assert (received.api_key, received.authorization) == (GEMINI_KEY, "")
    assert asset.content == paint(received.prompt, 1)


def test_references_are_sent_with_the_request(vertex: Vertex) -> None:
    shown = paint("a reference", 1)
    request = image("a cat", model=MODEL, references=[reference(shown)], count=2)
    assert len(list(VertexImages(with_key(vertex), stores_output=True).start(request).assets)) == 2
    for received in vertex.journal.of("generateContent"):
        (sent,) = [p for p in received.body["contents"][0]["parts"] if "inline_data" in p]
        assert sent["inline_data"] == {"data": shown, "mime_type": "image/png"}
        assert "output_config" not in received.body


@pytest.mark.parametrize("key", ["wrong", ""])
def test_a_key_that_does_not_open_is_the_operator_s_fault(vertex: Vertex, key: str) -> None:
    error = failure(with_key(vertex, key), "a cat")
    assert (type(error), error.code) == (NotAllowedError, "provider-not-allowed")
    assert not error.may_have_billed
    assert key not in error.message or not key


def test_what_it_refuses_means_what_it_means_on_vertex(vertex: Vertex) -> None:
    settings = with_key(vertex)
    assert failure(settings, "a cat", model="gemini-3.1-flash-image").code == "model-retired"
    assert isinstance(failure(settings, "a cat #throttle"), ThrottledError)
    assert isinstance(failure(settings, "a cat #bad-request"), RejectedError)
    assert failure(settings, "a cat #image-safety").code == "content-blocked"


def test_the_director_is_asked_with_the_key(vertex: Vertex) -> None:
    answer = GeminiDirector(with_key(vertex)).direct(brief("a cat"), "gemini-3.8-flash")
    assert answer.concepts
    (received,) = vertex.journal.of("generateContent")
    assert received.api_key == GEMINI_KEY


# ---- what is set up, and what is offered ----------------------------------------------------------


def _settings(monkeypatch: pytest.MonkeyPatch, **given: str) -> config.Config:
    for name in ("FIRESTORE_EMULATOR_HOST", "PROVIDERS_ORIGIN", "GEMINI_API", "GEMINI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"GCLOUD_PROJECT": "demo", **given}.items():
        monkeypatch.setenv(name, value)
    return config.read_config()


def test_a_project_with_the_param_asks_the_gemini_api_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = _settings(monkeypatch, GEMINI_API="true", GEMINI_API_KEY="a-key")
    assert set(roster.providers(settings, MemoryMedia())) == {"vertex"}
    assert set(roster.directors(settings)) == {"gemini-director"}
    assert [secret.name for secret in config.gemini_secrets()] == ["GEMINI_API_KEY"]


def test_a_project_without_it_asks_for_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(monkeypatch, GEMINI_API_KEY="a-key")
    assert {"vertex", "veo", "omni"} <= set(roster.providers(settings, MemoryMedia()))
    assert config.gemini_secrets() == []
    assert roster.offered(settings, SHIPPED) is SHIPPED


def test_the_emulators_use_a_key_that_is_set_and_nothing_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    emulated = {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:8080"}
    without = _settings(monkeypatch, **emulated)
    assert set(roster.providers(without, MemoryMedia())) == {"local"}
    with_one = _settings(monkeypatch, **emulated, GEMINI_API_KEY="a-key")
    assert set(roster.providers(with_one, MemoryMedia())) == {"local", "vertex"}


def test_no_suite_takes_a_key_from_the_environment_by_itself() -> None:
    """Tests start suites, and must not cost anybody anything."""
    assert inherited_environment({"GEMINI_API_KEY": "a-key", "HOME": "/"}) == {"HOME": "/"}


def test_only_the_models_that_are_there_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(monkeypatch, GEMINI_API="true", GEMINI_API_KEY="a-key")
    offered = roster.offered(settings, SHIPPED)
    images = {name for name, model in offered.models.items() if model.provider == "vertex"}
    assert images == {MODEL, "gemini-3-pro-image", "gemini-3.1-flash-lite-image"}
    # Whoever names the model that is not there gets what its alias says.
    assert offered.resolve("gemini-3.1-flash-image").id == MODEL
    assert "gemini-3.1-flash-image" not in offered.tiers["free"].models
