"""RunPod over real HTTP: what is sent, what comes of it, and how the end is heard of."""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from threading import Event

import av
import httpx
import pytest
from flask import Flask, Response, request
from PIL import Image

from mediaforge.domain.catalogue import parse
from mediaforge.domain.errors import LostError, RejectedError
from mediaforge.ports.provider import (
    Asset,
    Finished,
    ProviderRequest,
    Running,
    StoredAsset,
    TrainedBrand,
    VideoSpec,
)
from mediaforge.providers.runpod.answer import delivered
from mediaforge.providers.runpod.provider import RunPodProvider, RunPodSettings
from tests.protocol.runpod import Journal, Json, create_app
from tests.protocol.server import serving
from tests.support.provider_requests import image, reference, video

ENDPOINTS = {"image": "images1", "video": "videos1"}
SHIPPED = Path(__file__).parents[2] / "functions" / "catalogue.toml"


@dataclass
class Bed:
    """A provider and the RunPod it talks to. `files` is what the worker stored, by path."""

    provider: RunPodProvider
    settings: RunPodSettings
    journal: Journal = field(default_factory=Journal)
    files: dict[str, bytes] = field(default_factory=dict)

    def sent(self) -> Json:
        """The body of the first submission."""
        return next(body for _, path, body in self.journal.requests if path.endswith("/run"))

    def finish(self, request: ProviderRequest) -> Finished:
        handle = self.provider.start(request).handle
        return until_finished(self.provider, request, handle)


def until_finished(provider: RunPodProvider, request: ProviderRequest, handle: str) -> Finished:
    for _ in range(20):
        answer = provider.poll(request, handle)
        if isinstance(answer, Finished):
            return answer
    raise AssertionError("it never ended")


@contextmanager
def bed(
    api_key: Callable[[], str] = lambda: "runpod-key",
    ends_after_s: float | None = None,
) -> Iterator[Bed]:
    journal, files = Journal(), dict[str, bytes]()
    app = create_app(
        lambda path, content, _: files.update({path: content}),
        journal,
        ends_after_s=ends_after_s,
        webhook_pause_s=0.01,
    )
    with serving(app) as origin:
        settings = RunPodSettings(ENDPOINTS, api_key, f"{origin}/v2")
        yield Bed(RunPodProvider(settings), settings, journal, files)


@pytest.fixture(scope="module")
def shared_bed() -> Iterator[Bed]:
    with bed() as running:
        yield running


@pytest.fixture
def runpod(shared_bed: Bed) -> Bed:
    """As new, though the server behind it is the module's: stopping one takes half a second."""
    shared_bed.journal.clear()
    shared_bed.files.clear()
    return shared_bed


# ---- what is sent ---------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "endpoint"), [(image(), "images1"), (video(), "videos1")])
def test_each_kind_goes_to_its_own_endpoint(
    runpod: Bed, asked: ProviderRequest, endpoint: str
) -> None:
    assert runpod.provider.start(asked).handle.startswith(f"{endpoint}/")


def test_the_worker_is_told_all_of_an_image(runpod: Bed) -> None:
    asked = image(
        "a lighthouse",
        negative_prompt="fog",
        style="oil on canvas",
        count=2,
        references=[reference(b"", "style_and_composition", "references/ann/7.png")],
    )
    runpod.provider.start(asked)
    assert runpod.sent()["input"] == {
        "user_id": "ann",
        "file_uid": "job1",
        "media_type": "image",
        "use_cloud_storage": True,
        "prompt": "a lighthouse",
        "negative_prompt": "fog",
        "model": "local-image",
        "width": 1024,
        "height": 1024,
        "count": 2,
        "seed": 1,
        "style": "oil on canvas",
        "references": [{"path": "references/ann/7.png", "mode": "style_and_composition"}],
        "output_path": "scratch/job1/1/file",
    }


def test_the_worker_is_told_what_a_video_has_besides(runpod: Bed) -> None:
    first = reference(b"", path="references/ann/first.png")
    runpod.provider.start(video(video=VideoSpec(8, 24, "720p", True, first_frame=first)))
    sent = runpod.sent()["input"]
    assert {name: sent[name] for name in sent if name not in {"prompt", "references"}} == {
        "user_id": "ann",
        "file_uid": "job1",
        "media_type": "video",
        "use_cloud_storage": True,
        "negative_prompt": "",
        "model": "local-video",
        "width": 1280,
        "height": 720,
        "count": 1,
        "seed": 1,
        "style": "",
        "output_path": "scratch/job1/1/file",
        "duration_seconds": 8,
        "fps": 24,
        "resolution": "720p",
        "generate_audio": True,
        "first_frame": {"path": "references/ann/first.png"},
    }


def test_a_trained_brand_goes_by_its_weights(runpod: Bed) -> None:
    brand = TrainedBrand("b1", "Acme", "gs://bucket/brands/b1/model/", [reference(b"")])
    runpod.provider.start(image(brand=brand))
    assert runpod.sent()["input"]["lora_uri"] == "gs://bucket/brands/b1/model/"
    assert runpod.sent()["input"]["references"] == []


@pytest.mark.parametrize("model_uri", [None, "local://brands/b1"])
def test_a_brand_without_weights_goes_by_its_pictures(runpod: Bed, model_uri: str | None) -> None:
    """As of the built-in mock of a training too: what it made is no file."""
    brand = TrainedBrand("b1", "Acme", model_uri, [reference(b"", path="references/ann/b.png")])
    runpod.finish(image(brand=brand))
    assert "lora_uri" not in runpod.sent()["input"]
    assert [r["path"] for r in runpod.sent()["input"]["references"]] == ["references/ann/b.png"]


def test_the_worker_is_sent_no_more_pictures_than_it_takes(runpod: Bed) -> None:
    own = [reference(b"", path=f"references/ann/{n}.png") for n in range(2)]
    brand = [reference(b"", path=f"references/ann/b{n}.png") for n in range(20)]
    runpod.finish(image(references=own, brand=TrainedBrand("b1", "Acme", None, brand)))
    assert [r["path"] for r in runpod.sent()["input"]["references"]] == [
        f"references/ann/{name}.png" for name in ("0", "1", "b0", "b1", "b2", "b3")
    ]


def test_an_input_that_the_worker_does_not_take_fails_the_job(runpod: Bed) -> None:
    with pytest.raises(RejectedError, match="invalid-input: count"):
        runpod.finish(image(count=5))


def test_the_limits_are_sent_in_milliseconds(runpod: Bed) -> None:
    settings = replace(runpod.settings, execution_s=60, ttl_s=600)
    RunPodProvider(settings).start(image())
    assert runpod.sent()["policy"] == {"executionTimeout": 60_000, "ttl": 600_000}


@pytest.mark.parametrize(("execution_s", "ttl_s"), [(4, 60), (60, 60), (60, 7 * 24 * 3600 + 1)])
def test_limits_that_runpod_does_not_take_are_no_settings(execution_s: int, ttl_s: int) -> None:
    with pytest.raises(ValueError, match="RunPod takes"):
        RunPodSettings({}, lambda: "", execution_s=execution_s, ttl_s=ttl_s)


def test_a_job_may_wait_and_run_as_long_as_runpod_keeps_it() -> None:
    """Both count the time in RunPod's queue: a shorter limit of ours would end what only waits its turn."""
    shipped = parse(SHIPPED.read_text(encoding="utf-8"))
    ours = [model for model in shipped.models.values() if model.provider == "runpod"]
    assert [model.kind for model in ours] == ["image", "video"]
    assert all(model.run_s_max >= RunPodSettings({}, lambda: "").ttl_s for model in ours)


def test_a_webhook_is_named_only_where_there_is_one(runpod: Bed) -> None:
    runpod.provider.start(image())
    assert "webhook" not in runpod.sent()
    runpod.journal.requests.clear()
    runpod.provider.start(image(webhook_url="http://127.0.0.1:1/hook"))
    assert runpod.sent()["webhook"] == "http://127.0.0.1:1/hook"


def test_a_kind_without_an_endpoint_is_refused_and_nothing_is_sent(runpod: Bed) -> None:
    with pytest.raises(RejectedError, match="provider-not-found"):
        runpod.provider.start(image(kind="training"))
    assert runpod.journal.requests == []


@pytest.mark.parametrize("endpoint", ["images1/", "https://api.runpod.ai/v2/images1", "images1\n"])
def test_an_endpoint_that_is_no_id_is_refused_and_nothing_is_sent(
    runpod: Bed, endpoint: str
) -> None:
    """The job would be made, and its handle could not be read again. The settings take it, so that the
    other providers go on."""
    settings = replace(runpod.settings, endpoints={"image": endpoint})
    with pytest.raises(RejectedError, match="provider-misconfigured"):
        RunPodProvider(settings).start(image())
    assert runpod.journal.requests == []


def test_a_payload_over_ten_megabytes_is_refused_and_nothing_is_sent(runpod: Bed) -> None:
    with pytest.raises(RejectedError, match="request-too-large"):
        runpod.provider.start(image("x" * 10_000_001))
    assert runpod.journal.requests == []


def test_the_key_is_read_at_every_call_and_may_end_with_a_newline() -> None:
    keys = iter(["runpod-key\n", "rotated"])
    with bed(lambda: next(keys)) as runpod:
        runpod.provider.start(image())
        with pytest.raises(RejectedError, match="provider-not-allowed"):
            runpod.provider.start(image())
        assert runpod.journal.submits == {"job1": 1}


# ---- while it runs --------------------------------------------------------------------------


def test_the_worker_s_progress_is_passed_on(runpod: Bed) -> None:
    asked = image("a lighthouse #pending:5")
    handle = runpod.provider.start(asked).handle
    seen = [runpod.provider.poll(asked, handle) for _ in range(3)]
    assert [each.progress for each in seen if isinstance(each, Running)] == [None, 0.2, 0.4]


def test_a_state_that_is_new_to_us_is_no_end(runpod: Bed) -> None:
    asked = image("a lighthouse #new-state")
    running = runpod.provider.start(asked)
    assert runpod.provider.poll(asked, running.handle) == running


@pytest.mark.parametrize(
    ("asked", "poll_in_s"),
    [(image(), 5), (video(), 10), (image(webhook_url="http://127.0.0.1:1/hook"), 20)],
)
def test_who_is_called_asks_less_often(
    runpod: Bed, asked: ProviderRequest, poll_in_s: float
) -> None:
    assert runpod.provider.start(asked).poll_in_s == poll_in_s


def test_another_process_with_the_handle_alone_gets_the_result(runpod: Bed) -> None:
    handle = runpod.provider.start(image()).handle
    elsewhere = RunPodProvider(replace(runpod.settings, endpoints={}))
    assert list(until_finished(elsewhere, image(), handle).assets)
    assert runpod.journal.submits == {"job1": 1}


# ---- what is delivered ----------------------------------------------------------------------


def test_a_stored_image_is_delivered_by_its_address(runpod: Bed) -> None:
    finished = runpod.finish(image())
    path = "scratch/job1/1/file.png"
    assert finished.assets == [StoredAsset(f"gs://bucket/{path}", "png", "image/png")]
    assert Image.open(BytesIO(runpod.files[path])).format == "PNG"


def test_several_images_are_numbered(runpod: Bed) -> None:
    assets = list(runpod.finish(image(count=3)).assets)
    assert [asset.uri for asset in assets if isinstance(asset, StoredAsset)] == [
        f"gs://bucket/scratch/job1/1/file_{index}.png" for index in range(3)
    ]


def test_a_video_is_as_long_as_was_asked_for(runpod: Bed) -> None:
    finished = runpod.finish(video())
    path = "scratch/job1/1/file.mp4"
    assert finished.assets == [StoredAsset(f"gs://bucket/{path}", "mp4", "video/mp4")]
    with av.open(BytesIO(runpod.files[path]), "r") as film:
        assert film.duration is not None
        assert film.duration / av.time_base == pytest.approx(4, abs=0.1)


def test_two_attempts_of_a_job_store_nothing_under_the_same_name(runpod: Bed) -> None:
    """A worker whose `/run` was never answered may be done after the one that took its place."""
    runpod.finish(image(count=2, attempt=2, scratch_uri="gs://bucket/scratch/job1/2/"))
    delivered = set(runpod.files)
    runpod.finish(image(count=2, attempt=1, scratch_uri="gs://bucket/scratch/job1/1/"))
    assert delivered == {"scratch/job1/2/file_0.png", "scratch/job1/2/file_1.png"}
    late = {"scratch/job1/1/file_0.png", "scratch/job1/1/file_1.png"}
    assert set(runpod.files) - delivered == late


def test_fewer_than_asked_for_are_delivered_as_they_are(runpod: Bed) -> None:
    assert len(list(runpod.finish(image("a lighthouse #deliver:1", count=3)).assets)) == 1


def test_a_file_that_is_named_twice_is_delivered_once(runpod: Bed) -> None:
    assert len(list(runpod.finish(image("a lighthouse #twice", count=2)).assets)) == 2


def test_a_worker_that_could_not_store_sends_the_files_themselves(runpod: Bed) -> None:
    assets = list(runpod.finish(image("a lighthouse #base64", count=2)).assets)
    assert runpod.files == {}
    assert [(a.extension, a.content_type) for a in assets] == [("png", "image/png")] * 2
    assert all(
        Image.open(BytesIO(a.content)).format == "PNG" for a in assets if isinstance(a, Asset)
    )


@pytest.mark.parametrize("word", ["#foreign", "#foreign-bucket"])
def test_somebody_else_s_file_is_not_delivered(runpod: Bed, word: str) -> None:
    with pytest.raises(LostError, match="output-not-ours"):
        runpod.finish(image(f"a lighthouse {word}"))


@pytest.mark.parametrize(
    "path",
    [
        "generating/ann/image/job1.png",
        "scratch/job1/2/file.png",
        "scratch/job10/1/file.png",
        "scratch/job1/1/file/../../../job2/1/file.png",
        "scratch/job1/1/file_0_thumb.png",
        "scratch/job1/1/other.png",
        "x/scratch/job1/1/file.png",
        "scratch/job1/1/file.png\n",
    ],
)
def test_a_path_that_only_looks_like_the_job_s_is_not_delivered(runpod: Bed, path: str) -> None:
    handle = runpod.provider.start(image()).handle
    work = next(iter(runpod.journal.jobs.values()))
    work.status = "COMPLETED"
    work.output = {"bucket": "bucket", "storage_paths": [path], "content_type": "image/png"}
    with pytest.raises(LostError, match="output-not-ours"):
        runpod.provider.poll(image(), handle)


# ---- cancel ---------------------------------------------------------------------------------


def test_what_is_cancelled_is_lost(runpod: Bed) -> None:
    handle = runpod.provider.start(image()).handle
    runpod.provider.cancel(handle)
    with pytest.raises(LostError, match="provider-cancelled"):
        runpod.provider.poll(image(), handle)


def test_cancelling_what_has_ended_is_no_error(runpod: Bed) -> None:
    handle = runpod.provider.start(image()).handle
    until_finished(runpod.provider, image(), handle)
    runpod.provider.cancel(handle)
    assert isinstance(runpod.provider.poll(image(), handle), Finished)


@pytest.mark.parametrize("word", ["#cancel-bad-request", "#cancel-conflict"])
def test_cancelling_what_runpod_says_has_ended_is_no_error(runpod: Bed, word: str) -> None:
    asked = image(f"a lighthouse {word}")
    handle = runpod.provider.start(asked).handle
    until_finished(runpod.provider, asked, handle)
    runpod.provider.cancel(handle)
    assert isinstance(runpod.provider.poll(asked, handle), Finished)


def test_cancelling_what_has_expired_is_no_error(runpod: Bed) -> None:
    handle = runpod.provider.start(image()).handle
    runpod.journal.expire()
    runpod.provider.cancel(handle)
    assert runpod.journal.requests[-1][:2] == ("POST", f"/v2/images1/cancel/{handle[8:]}")


# ---- the webhook ----------------------------------------------------------------------------


@contextmanager
def receiving(*answers: int) -> Iterator[tuple[str, list[Json], Event]]:
    """A receiver's address, what it got, and the moment at which it has given every answer."""
    received: list[Json] = []
    is_done = Event()
    app = Flask(__name__)

    @app.post("/hook")
    def hook() -> Response:
        received.append(request.get_json())
        if len(received) >= len(answers):
            is_done.set()
        return Response(status=answers[min(len(received), len(answers)) - 1])

    with serving(app) as origin:
        yield f"{origin}/hook", received, is_done


def test_the_end_is_told_to_the_webhook_without_a_question() -> None:
    with bed(ends_after_s=0.05) as runpod, receiving(200) as (url, received, is_done):
        handle = runpod.provider.start(image(webhook_url=url)).handle
        assert is_done.wait(60)
        assert isinstance(runpod.provider.poll(image(), handle), Finished)
    assert [(each["id"], each["status"]) for each in received] == [(handle[8:], "COMPLETED")]


def test_a_webhook_that_is_not_answered_well_is_called_three_times() -> None:
    with bed(ends_after_s=0.05) as runpod, receiving(500, 500, 500) as (url, received, is_done):
        runpod.provider.start(image(webhook_url=url))
        assert is_done.wait(60)
        ends_at = time.monotonic() + 60
        while len(runpod.journal.webhooks) < 3 and time.monotonic() < ends_at:
            time.sleep(0.01)
    assert (len(received), runpod.journal.webhooks) == (3, [500] * 3)


def test_the_endpoint_s_health_counts_its_jobs(runpod: Bed) -> None:
    runpod.provider.start(image())
    health = httpx.get(
        f"{runpod.settings.base_url}/images1/health",
        headers={"Authorization": "Bearer runpod-key"},
    ).json()
    assert health["jobs"]["inQueue"] == 1


def test_what_an_image_is_its_bytes_tell_and_not_its_name() -> None:
    buffer = BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG")
    sent = {"base64": base64.b64encode(buffer.getvalue()).decode(), "content_type": "image/png"}
    (asset,) = delivered(image(), "images1/1", {"output": {"files": [sent]}})
    assert (asset.extension, asset.content_type) == ("jpg", "image/jpeg")
