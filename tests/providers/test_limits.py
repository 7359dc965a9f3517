"""Every call of a provider has a limit that is below what its function may take, and an image's is what its
model needs at its size: what is given up too early may be billed, and is made again."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import yaml
from google.oauth2.credentials import Credentials

from mediaforge import config
from mediaforge.adapters import storage
from mediaforge.domain.catalogue import Model, parse
from mediaforge.domain.errors import CatalogueError, ProviderError, UnavailableError
from mediaforge.ports.provider import Asset
from mediaforge.providers.fal.provider import FalSettings
from mediaforge.providers.runpod.provider import RunPodSettings
from mediaforge.providers.vertex.client import VertexSettings
from mediaforge.providers.vertex.director import TRIES
from mediaforge.providers.vertex.image import VertexImages
from mediaforge.providers.vertex.omni import OmniVideos
from mediaforge.providers.vertex.training import TrainingSettings
from mediaforge.providers.vertex.veo import VeoVideos
from mediaforge.roster import RESULT_LIMIT_S
from protocols.server import serving
from tests.providers.conftest import SLOW_S, Vertex
from tests.support.pictures import picture
from tests.support.provider_requests import image, reference, video
from tests.support.provider_world import CATALOGUE, ProviderWorld, provider_world

PRO, FLASH = "gemini-3-pro-image", "gemini-3.1-flash-image"
FUNCTIONS = Path(__file__).parents[2] / "functions"
MANIFEST = yaml.safe_load(
    (Path(__file__).parents[1] / "deploy" / "manifest.yaml").read_text(encoding="utf-8")
)


def default_of(
    settings: type[VertexSettings | TrainingSettings | RunPodSettings | FalSettings], name: str
) -> float:
    defaults: dict[str, Any] = {field.name: field.default for field in fields(settings)}
    return float(defaults[name])


def timeout_s(function: str) -> int:
    return int(MANIFEST["endpoints"][function]["timeoutSeconds"])


# ---- below the function's own --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "calls_s"),
    [
        # All images of a job at once, and the rest is for saving them.
        ("runVertexImage", default_of(VertexSettings, "image_timeout_s")),
        ("runVertexVideo", default_of(VertexSettings, "submit_timeout_s")),
        # A question, and the end of what asks for something that nobody is there to do.
        ("runVertexVideo", 2 * default_of(VertexSettings, "poll_timeout_s")),
        # It is looked for, created, and looked for again.
        ("runVertexTraining", 3 * default_of(TrainingSettings, "call_s")),
        ("runRunPod", default_of(RunPodSettings, "call_s")),
        # It is looked for in the history, and submitted.
        ("runFal", 2 * default_of(FalSettings, "call_s")),
        # A question, its result, and four files.
        ("runFal", 2 * default_of(FalSettings, "call_s") + 4 * RESULT_LIMIT_S),
        ("creativeDirectorAgent", TRIES * default_of(VertexSettings, "text_timeout_s")),
    ],
)
def test_what_one_delivery_calls_ends_before_its_function_does(
    function: str, calls_s: float
) -> None:
    assert 0 < calls_s <= timeout_s(function) - 30


def test_four_images_that_came_at_the_last_moment_are_saved_though_storage_is_slow() -> None:
    """One after the other, each within Storage's own limit: a worker that is killed has paid for all."""
    most = max(model.count_max for model in CATALOGUE.models.values())
    left_s = timeout_s("runVertexImage") - config.START_TIMEOUT_S_MAX
    assert left_s >= most * storage.LIMIT_S


def test_the_catalogue_s_limits_are_within_the_worker_s() -> None:
    largest = parse_with("start_s_max = 270").start_s_max
    assert largest == config.START_TIMEOUT_S_MAX == timeout_s("runVertexImage") / 2
    with pytest.raises(CatalogueError, match=r"start_s_max"):
        parse_with("start_s_max = 271")
    with pytest.raises(CatalogueError, match="no scale 9K"):
        parse_with('start_s_max_by_size = { "9K" = 100 }')


def parse_with(line: str) -> Model:
    shipped = (FUNCTIONS / "catalogue.toml").read_text(encoding="utf-8")
    entry = f"[models.runpod-image]\n{line}\n"
    return parse(shipped.replace("[models.runpod-image]\n", entry)).models["runpod-image"]


@pytest.mark.parametrize(("asked", "taken"), [("", 270), ("100", 100), ("9999", 270), ("0", 10)])
def test_a_param_of_nonsense_is_limited_and_told(asked: str, taken: int) -> None:
    """In a process of its own: params are read from the environment once."""
    script = "from mediaforge import config; print(config.read_config().providers.vertex_image_timeout_s)"
    named = {"VERTEX_IMAGE_TIMEOUT_S": asked} if asked else {}
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=FUNCTIONS,
        env={"PATH": os.environ["PATH"], "GCLOUD_PROJECT": "demo", **named},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines()[-1] == str(taken)
    assert ("param.limited" in ran.stdout + ran.stderr) == (asked in ("9999", "0"))


# ---- and is kept, whatever the answer does -------------------------------------------------------

TRICKLE_S, LIMIT_S, SLACK_S = 30.0, 1.0, 10.0


def trickle(_: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
    """An answer that comes, and does not come to an end."""
    start_response("200 OK", [("Content-Type", "application/json")])
    began_s = time.monotonic()
    while time.monotonic() - began_s < TRICKLE_S:
        yield b" "
        time.sleep(0.1)


HANDLE = "projects/p/locations/global/{}/1"
CALLS: dict[str, Callable[[VertexSettings], object]] = {
    "image": lambda given: VertexImages(given).start(image("a cat", model=FLASH)),
    "veo-start": lambda given: VeoVideos(given).start(video("a wave")),
    "veo-poll": lambda given: VeoVideos(given).poll(
        video("a wave"), HANDLE.format("publishers/google/models/veo/operations")
    ),
    "omni-start": lambda given: OmniVideos(given).start(video("a wave")),
    "omni-poll": lambda given: OmniVideos(given).poll(
        video("a wave"), HANDLE.format("interactions")
    ),
    "omni-cancel": lambda given: OmniVideos(given).cancel(HANDLE.format("interactions")),
}


@pytest.mark.parametrize("call", CALLS)
def test_an_answer_that_comes_bit_by_bit_is_given_up_in_time(call: str) -> None:
    with serving(trickle) as origin:
        impatient = VertexSettings(
            "demo",
            "us-central1",
            lambda: Credentials("token"),
            origin,
            image_timeout_s=LIMIT_S,
            submit_timeout_s=LIMIT_S,
            poll_timeout_s=LIMIT_S,
        )
        began_s = time.monotonic()
        with pytest.raises(UnavailableError) as raised:
            CALLS[call](impatient)
        assert LIMIT_S / 2 < time.monotonic() - began_s < LIMIT_S + SLACK_S
    assert raised.value.code == "provider-unavailable"
    assert raised.value.may_have_billed


# ---- what each image is given --------------------------------------------------------------------


@pytest.fixture
def world() -> Iterator[ProviderWorld]:
    with provider_world() as running:
        yield running


@pytest.mark.parametrize(
    ("model", "edge_px", "limit_s"),
    [(FLASH, 1024, 180), (PRO, 1024, 200), (PRO, 2048, 240), (PRO, 4096, 270)],
)
def test_a_job_s_images_are_waited_for_as_long_as_their_model_takes_at_their_size(
    world: ProviderWorld, model: str, edge_px: int, limit_s: int
) -> None:
    patient = replace(images(world), image_timeout_s=270)
    world.backend = replace(world.backend, providers={"vertex": VertexImages(patient)})
    job = world.draw("a lighthouse", model, width=edge_px, height=edge_px, count=2)

    assert world.end_of(job).status == "completed"
    asked = world.servers.models.of("generateContent")
    assert [call.server_timeout_s for call in asked] == [str(limit_s)] * 2


def images(world: ProviderWorld) -> VertexSettings:
    provider = world.backend.providers["vertex"]
    assert isinstance(provider, VertexImages)
    return provider.settings


def test_the_param_is_the_longest_whatever_the_catalogue_says(vertex: Vertex) -> None:
    limited = VertexImages(replace(vertex.settings, image_timeout_s=100))
    limited.start(image("a cat", model=FLASH, start_s_max=180))
    limited.start(image("a dog", model=FLASH, start_s_max=60))
    asked = vertex.journal.of("generateContent")
    assert [call.server_timeout_s for call in asked] == ["100", "60"]


def test_an_image_that_takes_longer_than_two_minutes_is_no_fault() -> None:
    for model_id, model in CATALOGUE.models.items():
        if model.provider == "vertex" and model_id in (PRO, FLASH):
            assert all((model.start_limit_s(size) or 0) > 150 for size in model.size_names)


def test_the_second_calls_of_a_job_have_only_what_the_first_have_left(vertex: Vertex) -> None:
    provider = VertexImages(replace(vertex.settings, image_timeout_s=60))
    (asset,) = provider.start(
        image("a cat #file-refused", model=FLASH, references=[reference(picture())])
    ).assets
    assert isinstance(asset, Asset)
    first, second = vertex.journal.of("generateContent")
    assert first.server_timeout_s == "60"
    assert 50 < int(second.server_timeout_s) <= 60


def test_no_second_call_is_made_that_would_most_likely_be_given_up(vertex: Vertex) -> None:
    """The refusal took more than half of the time there was."""
    provider = VertexImages(replace(vertex.settings, image_timeout_s=SLOW_S * 1.9))
    with pytest.raises(ProviderError):  # refused, or on a busy machine given up
        provider.start(
            image("a cat #slow #file-refused", model=FLASH, references=[reference(picture())])
        )
    assert vertex.journal.submits("a cat") == 1
