"""What the real services have said to others, through our adapters; and what their owners ask themselves, at
our servers."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from google.auth.credentials import AnonymousCredentials
from google.genai import types
from google.oauth2.credentials import Credentials

from mediaforge.domain.errors import ProviderError
from mediaforge.ports.provider import Asset, Finished, Running
from mediaforge.providers.vertex.client import VertexSettings, client
from mediaforge.providers.vertex.image import VertexImages
from mediaforge.providers.vertex.omni import OmniVideos
from mediaforge.providers.vertex.training import TrainingSettings, VertexTraining
from mediaforge.providers.vertex.veo import VeoVideos
from protocols.server import serving
from tests.providers.conftest import Vertex
from tests.support.provider_requests import image, reference, training, video

RECORDED = Path(__file__).parent / "recorded"
ANSWERS = sorted(path for path in RECORDED.glob("*.json") if path.name != "requests.json")
REQUESTS = json.loads((RECORDED / "requests.json").read_text(encoding="utf-8"))
VEO = "projects/demo/locations/us-central1/publishers/google/models/veo/operations/1"
OMNI = "projects/demo/locations/global/interactions/1"


@contextmanager
def saying(status: int, answer: Any) -> Iterator[str]:
    """A service that answers this to everything."""

    def app(environ: WSGIEnvironment, start: StartResponse) -> Iterator[bytes]:
        start(f"{status} Said", [("Content-Type", "application/json")])
        return iter([json.dumps(answer).encode()])

    with serving(app) as origin:
        yield origin


def _settings(origin: str) -> VertexSettings:
    return VertexSettings("demo", "global", lambda: Credentials("token"), origin)


def _train(origin: str) -> object:
    settings = TrainingSettings(
        project="demo",
        location="us-central1",
        credentials=AnonymousCredentials,
        endpoint=origin,
        image_uri="trainers/lora:1",
        service_account="",
        output_uri="gs://memory/brands",
    )
    references = [reference(b"x", path=f"references/ann/{n}.png") for n in range(5)]
    return VertexTraining(settings).start(training("Acme", references=references))


ASKS: dict[str, Callable[[str], object]] = {
    "image": lambda origin: VertexImages(_settings(origin)).start(image("a cat")),
    "veo-poll": lambda origin: VeoVideos(_settings(origin)).poll(video(), VEO),
    "omni-poll": lambda origin: OmniVideos(_settings(origin)).poll(video(), OMNI),
    "training": _train,
}


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: path.stem)
def test_a_recorded_answer_means_what_it_says(path: Path) -> None:
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["address"].startswith("https://")
    with saying(told["status"], told["answer"]) as origin:
        assert _meaning(lambda: ASKS[told["asked"]](origin)) == told["means"]


def _meaning(ask: Callable[[], object]) -> str:
    try:
        answer = ask()
    except ProviderError as error:
        return error.code
    assert isinstance(answer, Finished)
    (asset,) = answer.assets
    assert isinstance(asset, Asset)
    return "video" if asset.content[4:12] == b"ftypisom" else "no video"


@pytest.mark.parametrize("asked", REQUESTS, ids=lambda asked: f"{asked['call']}-{asked['model']}")
def test_what_the_owners_ask_themselves_is_taken(vertex: Vertex, asked: dict[str, Any]) -> None:
    assert asked["address"].startswith("https://")
    if asked["call"] == "image":
        drawn = client(vertex.settings, vertex.settings.image_bytes_max).models.generate_content(
            model=asked["model"],
            contents="a cat",
            config=types.GenerateContentConfig.model_validate(asked["config"]),
        )
        assert drawn.usage_metadata is not None
        assert any(part.inline_data for part in drawn.parts or ())
        return
    started = client(vertex.of_veo).models.generate_videos(
        model=asked["model"],
        source=types.GenerateVideosSource.model_validate(asked["source"]),
        config=types.GenerateVideosConfig.model_validate(asked["config"]),
    )
    assert started.name
    assert isinstance(VeoVideos(vertex.of_veo).poll(video(), started.name), Finished | Running)
