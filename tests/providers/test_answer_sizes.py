"""What answers is somebody else's machine: its answer is counted as it comes, and nothing in it unfolded."""

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from google.auth.credentials import AnonymousCredentials
from google.oauth2.credentials import Credentials

from mediaforge.domain.errors import LostError, ProviderError, RejectedError, UnavailableError
from mediaforge.ports.provider import Provider, Running
from mediaforge.providers.runpod.provider import RunPodProvider, RunPodSettings
from mediaforge.providers.vertex.client import VertexSettings
from mediaforge.providers.vertex.director import GeminiDirector
from mediaforge.providers.vertex.image import VertexImages
from mediaforge.providers.vertex.omni import OmniVideos
from mediaforge.providers.vertex.training import TrainingSettings, VertexTraining
from mediaforge.providers.vertex.veo import VeoVideos
from protocols.server import serving
from tests.memory.media import MemoryMedia
from tests.providers.test_director import brief
from tests.support.provider_requests import image, training, video

INTERACTION = "projects/demo/locations/global/interactions/1"
NAME = "projects/demo/locations/us-central1/publishers/google/models/veo/operations/1"
BYTES_MAX = {"runpod": 20_000_000, "vertex": 300_000}
HANDLES = {"runpod": "abc/1", "vertex": NAME}
RUNS = json.dumps({"status": "IN_PROGRESS", "name": NAME, "done": False}).encode()


@contextmanager
def answering(name: str, content: bytes, encodings: Sequence[str] = ()) -> Iterator[Provider]:
    """A provider whose service says the same to everything."""
    with saying(content, encodings) as origin:
        yield runpod(origin) if name == "runpod" else vertex(origin)


@contextmanager
def saying(
    content: bytes,
    encodings: Sequence[str] = (),
    content_type: str = "application/json",
    asked_for: str = "identity",
) -> Iterator[str]:

    def app(environ: WSGIEnvironment, start: StartResponse) -> Iterator[bytes]:
        assert environ["HTTP_ACCEPT_ENCODING"] == asked_for
        said = [("Content-Encoding", ", ".join(encodings))] if encodings else []
        start("200 OK", [("Content-Type", content_type), *said])
        return iter([content])

    with serving(app) as origin:
        yield origin


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


@pytest.mark.parametrize("name", HANDLES)
def test_an_answer_of_more_values_than_any_has_is_not_read(name: str) -> None:
    """`[],` is three bytes, and sixty in Python: 20 MB of them were half of a worker."""
    for count, is_read in ((90_000, True), (100_000, False)):
        content = RUNS[:-1] + b', "more": [' + b"0," * count + b"0]}"
        assert len(content) < BYTES_MAX[name]
        with answering(name, content) as provider:
            assert answer_of(provider, name) == ("runs" if is_read else "provider-unavailable")


def settings(origin: str) -> VertexSettings:
    return VertexSettings("demo", "us-central1", lambda: Credentials("token"), origin)


CALLS: dict[str, tuple[Callable[[VertexSettings], object], int]] = {
    "image": (lambda given: VertexImages(given).start(image("a cat")), 70_000_000),
    "director": (lambda given: GeminiDirector(given).direct(brief(), "gemini"), 1_000_000),
    "veo-start": (lambda given: VeoVideos(given).start(video()), 1_000_000),
    "veo-poll": (lambda given: VeoVideos(given).poll(video(), NAME), 90_000_000),
    "omni-start": (lambda given: OmniVideos(given).start(video()), 90_000_000),
    "omni-poll": (lambda given: OmniVideos(given).poll(video(), INTERACTION), 90_000_000),
    "omni-cancel": (lambda given: OmniVideos(given).cancel(INTERACTION), 90_000_000),
}


@pytest.mark.parametrize("call", CALLS)
def test_each_call_s_answer_has_a_limit_of_its_own(call: str) -> None:
    """128 MB were meant for four pictures, and each of four calls at once could bring them."""
    ask, bytes_max = CALLS[call]
    with saying(b"{" + b" " * bytes_max) as origin, pytest.raises(UnavailableError) as raised:
        ask(settings(origin))
    assert "larger than any may be" in str(raised.value.__cause__)


def test_the_largest_picture_is_within_its_limit() -> None:
    """4096 pixels square of noise, which no PNG makes smaller, in base64."""
    assert settings("").image_bytes_max > 4096 * 4096 * 3 * 4 / 3


# Codecs that Python knows: of bytes that are no UTF-16, that raises by itself, and that unfold.
@pytest.mark.parametrize("charset", ["utf-16", "undefined", "idna", "zip", "bz2", "nonsense"])
@pytest.mark.parametrize("call", ["director", "veo-poll", "omni-poll"])
def test_an_answer_is_utf_8_whatever_charset_it_says(call: str, charset: str) -> None:
    content_type = f"application/json; charset={charset}"
    with saying(RUNS, content_type=content_type) as origin:
        if call == "veo-poll":
            assert VeoVideos(settings(origin)).poll(video(), NAME) == Running(NAME, 10.0)
        else:
            with suppress(ProviderError):  # it is no answer of theirs
                CALLS[call][0](settings(origin))


# ---- what was started ----------------------------------------------------------------------------

PLACE = "projects/demo/locations/us-central1"
ODD_NAMES = [
    "a" * 513,
    f"{PLACE}/operations/{'a' * 512}",
    f"{PLACE}/operations/1/../../..",
    f"{PLACE}/operations/1?alt=media",
    f"{PLACE}/operations/1\n",
    "projects/demo/locations/evil.example#/operations/1",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_that_no_operation_has_is_no_handle(name: str) -> None:
    """It becomes a field of the job's document, which has a megabyte, a host, and a path."""
    content = json.dumps({"name": name}).encode()
    with saying(content) as origin, pytest.raises(UnavailableError, match="provider-unavailable"):
        VeoVideos(settings(origin)).start(video())


def test_the_longest_name_is_one() -> None:
    name = f"{PLACE}/operations/".ljust(512, "a")
    with saying(json.dumps({"name": name}).encode()) as origin:
        assert VeoVideos(settings(origin)).start(video()) == Running(name, 10.0)


@pytest.mark.parametrize("given", ["a" * 512, "../operations/1", "1?a=b", "", "1\n"])
def test_an_id_that_no_interaction_has_is_no_handle(given: str) -> None:
    content = json.dumps({"id": given, "status": "in_progress"}).encode()
    with saying(content) as origin, pytest.raises(UnavailableError, match="provider-unavailable"):
        OmniVideos(settings(origin)).start(video())


def told_of_trainings(content: bytes) -> AbstractContextManager[str]:
    """Another client's: what it may unfold and how much of it, is not ours to say."""
    return saying(content, asked_for="gzip, deflate")


def trainings(origin: str) -> VertexTraining:
    given = TrainingSettings(
        "demo", "us-central1", AnonymousCredentials, "trainers/lora:1", "", "gs://m/b", origin
    )
    return VertexTraining(given)


@pytest.mark.parametrize("name", ["a" * 513, f"{PLACE}/customJobs/1/../../.."])
def test_a_name_that_no_training_has_is_no_handle(name: str) -> None:
    found = {"customJobs": [{"name": name, "state": "JOB_STATE_RUNNING"}]}
    content = json.dumps(found).encode()
    with (
        told_of_trainings(content) as origin,
        pytest.raises(UnavailableError, match="provider-unavailable"),
    ):
        trainings(origin).start(training())


def test_an_address_that_fills_a_document_is_no_result() -> None:
    spec = {"baseOutputDirectory": {"outputUriPrefix": "gs://" + "a" * 1_000_000}}
    content = json.dumps({"state": "JOB_STATE_SUCCEEDED", "jobSpec": spec}).encode()
    with told_of_trainings(content) as origin, pytest.raises(LostError, match="nothing-delivered"):
        trainings(origin).poll(training(), f"{PLACE}/customJobs/1")


def test_an_exit_status_that_is_no_number_is_none() -> None:
    error = {"code": 3, "message": f"non-zero status of {'9' * 5000}"}
    content = json.dumps({"state": "JOB_STATE_FAILED", "error": error}).encode()
    with (
        told_of_trainings(content) as origin,
        pytest.raises(RejectedError, match="training-rejected"),
    ):
        trainings(origin).poll(training(), f"{PLACE}/customJobs/1")
