"""What answers is somebody else's machine: its answer is counted as it comes, and nothing in it unfolded."""

import gzip
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from google.oauth2.credentials import Credentials

from mediaforge.adapters.memory import MemoryMedia
from mediaforge.domain.errors import UnavailableError
from mediaforge.ports.provider import Provider, Running
from mediaforge.providers.runpod.provider import RunPodProvider, RunPodSettings
from mediaforge.providers.vertex.client import VertexSettings
from mediaforge.providers.vertex.veo import VeoVideos
from tests.protocol.server import serving
from tests.support.provider_requests import video

NAME = "projects/demo/locations/us-central1/publishers/google/models/veo/operations/1"
BYTES_MAX = {"runpod": 20_000_000, "vertex": 100_000}
HANDLES = {"runpod": "abc/1", "vertex": NAME}
RUNS = json.dumps({"status": "IN_PROGRESS", "name": NAME, "done": False}).encode()


@contextmanager
def answering(name: str, content: bytes, encodings: Sequence[str] = ()) -> Iterator[Provider]:
    """A provider whose service says the same to everything."""

    def app(environ: WSGIEnvironment, start: StartResponse) -> Iterator[bytes]:
        assert environ["HTTP_ACCEPT_ENCODING"] == "identity"
        said = [("Content-Encoding", ", ".join(encodings))] if encodings else []
        start("200 OK", [("Content-Type", "application/json"), *said])
        return iter([content])

    with serving(app) as origin:
        yield runpod(origin) if name == "runpod" else vertex(origin)


def runpod(origin: str) -> Provider:
    return RunPodProvider(RunPodSettings({"video": "abc"}, lambda: "key", origin), MemoryMedia())


def vertex(origin: str) -> Provider:
    settings = VertexSettings(
        "demo",
        "us-central1",
        lambda: Credentials("token"),
        origin,
        film_bytes_max=BYTES_MAX["vertex"],
    )
    return VeoVideos(settings)


@pytest.mark.parametrize("name", HANDLES)
def test_the_largest_answer_is_read_and_one_byte_more_is_not(name: str) -> None:
    for more, is_read in ((0, True), (1, False)):
        content = RUNS + b" " * (BYTES_MAX[name] - len(RUNS) + more)
        with answering(name, content) as provider:
            assert answer_of(provider, name) == ("runs" if is_read else "provider-unavailable")


@pytest.mark.parametrize("name", HANDLES)
@pytest.mark.parametrize("encodings", [("gzip",), ("gzip", "gzip")])
def test_an_answer_that_is_folded_is_not_unfolded(name: str, encodings: Sequence[str]) -> None:
    content = RUNS
    for _ in encodings:
        content = gzip.compress(content)
    with answering(name, content, encodings) as provider:
        assert answer_of(provider, name) == "provider-unavailable"


def answer_of(provider: Provider, name: str) -> str:
    try:
        assert isinstance(provider.poll(video("waves"), HANDLES[name]), Running)
    except UnavailableError as error:
        return error.code
    return "runs"


@pytest.mark.parametrize(("length", "is_taken"), [(256, True), (257, False)])
def test_an_id_that_is_longer_than_any_is_no_id(length: int, is_taken: bool) -> None:
    content = json.dumps({"id": "a" * length}).encode()
    with answering("runpod", content) as provider:
        if is_taken:
            assert provider.start(video()) == Running("abc/" + "a" * length, 10.0)
        else:
            with pytest.raises(UnavailableError, match="provider-unavailable"):
                provider.start(video())
