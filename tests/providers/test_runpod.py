"""RunPod over real HTTP: what is sent, what comes of it, and how the end is heard of."""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from threading import Event
from typing import Any

import av
import httpx
import pytest
from flask import Flask, Response, request
from PIL import Image

from mediaforge.domain.catalogue import parse
from mediaforge.domain.errors import (
    BusyError,
    LostError,
    MediaForgeError,
    NotAllowedError,
    ProviderError,
    RejectedError,
    SigningError,
    UnavailableError,
)
from mediaforge.ports.media import UploadAddress
from mediaforge.ports.provider import (
    Asset,
    Finished,
    ProviderRequest,
    Running,
    StoredAsset,
    TrainedBrand,
    VideoSpec,
    WorkerSpec,
)
from mediaforge.providers.runpod.answer import delivered
from mediaforge.providers.runpod.provider import RunPodProvider, RunPodSettings
from protocols.runpod import Journal, Json, create_app
from protocols.server import serving
from tests.memory.media import MemoryMedia
from tests.support.provider_requests import image, reference, video

ENDPOINTS = {"image": "images1", "video": "videos1"}
SHIPPED = Path(__file__).parents[2] / "functions" / "catalogue.toml"


@dataclass
class Bed:
    """A provider, the RunPod it talks to, and the bucket of which its workers are lent addresses."""

    provider: RunPodProvider
    settings: RunPodSettings
    media: MemoryMedia
    journal: Journal = field(default_factory=Journal)

    @property
    def files(self) -> dict[str, bytes]:
        return self.media.files

    def other(self, **settings: Any) -> RunPodProvider:
        """A provider of the same RunPod with other settings."""
        return RunPodProvider(replace(self.settings, **settings), self.media)

    def upload(self, *paths: str) -> None:
        """Pictures that the worker is to find."""
        self.media.files.update(dict.fromkeys(paths, b"a picture"))

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
    journal, media = Journal(), MemoryMedia(bucket="bucket")
    app = create_app(media, journal, ends_after_s=ends_after_s, webhook_pause_s=0.01)
    with serving(app) as origin:
        settings = RunPodSettings(ENDPOINTS, api_key, f"{origin}/v2")
        yield Bed(RunPodProvider(settings, media), settings, media, journal)


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


def without_addresses(sent: Any) -> Any:
    if isinstance(sent, list):
        return [without_addresses(one) for one in sent]
    if not isinstance(sent, dict):
        return sent
    lent = {"address", "lora_address", "uploads"}
    return {name: without_addresses(one) for name, one in sent.items() if name not in lent}


def test_the_worker_is_told_all_of_an_image(runpod: Bed) -> None:
    asked = image(
        "a lighthouse",
        negative_prompt="fog",
        style="oil on canvas",
        count=2,
        references=[reference(b"", "style_and_composition", "references/ann/7.png")],
    )
    runpod.provider.start(asked)
    sent = runpod.sent()["input"]
    assert without_addresses(sent) == {
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
    told = without_addresses(sent)
    assert {name: told[name] for name in told if name not in {"prompt", "references"}} == {
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


def test_weights_go_with_what_they_are_for_and_how_they_are_called(runpod: Bed) -> None:
    brand = TrainedBrand(
        "b1", "Acme", "gs://bucket/brands/b1/", base_model="maker/model", trigger="mfqxz"
    )
    runpod.provider.start(image(brand=brand, worker=WorkerSpec(60, 600, lora_scale=0.8)))
    sent = runpod.sent()["input"]
    named = {name: sent[name] for name in ("lora_base", "lora_trigger", "lora_scale")}
    assert named == {"lora_base": "maker/model", "lora_trigger": "mfqxz", "lora_scale": 0.8}


def test_a_brand_of_an_earlier_version_names_no_base_and_no_trigger(runpod: Bed) -> None:
    runpod.provider.start(image(brand=TrainedBrand("b1", "Acme", "gs://bucket/brands/b1/")))
    sent = runpod.sent()["input"]
    assert sent["lora_scale"] == 1.0
    assert not {"lora_base", "lora_trigger"} & set(sent)


@pytest.mark.parametrize("model_uri", [None, "local://brands/b1", "gs://bucket2/brands/b1"])
def test_a_brand_without_weights_goes_by_its_pictures(runpod: Bed, model_uri: str | None) -> None:
    """As of the built-in mock of a training too: what it made is no file. No other bucket's can be lent."""
    brand = TrainedBrand("b1", "Acme", model_uri, [reference(b"", path="references/ann/b.png")])
    runpod.upload("references/ann/b.png")
    runpod.finish(image(brand=brand))
    assert "lora_uri" not in runpod.sent()["input"]
    assert [r["path"] for r in runpod.sent()["input"]["references"]] == ["references/ann/b.png"]


def test_the_worker_is_sent_no_more_pictures_than_it_takes(runpod: Bed) -> None:
    own = [reference(b"", path=f"references/ann/{n}.png") for n in range(2)]
    brand = [reference(b"", path=f"references/ann/b{n}.png") for n in range(20)]
    runpod.upload(*(one.path for one in (*own, *brand)))
    runpod.finish(image(references=own, brand=TrainedBrand("b1", "Acme", None, brand)))
    assert [r["path"] for r in runpod.sent()["input"]["references"]] == [
        f"references/ann/{name}.png" for name in ("0", "1", "b0", "b1", "b2", "b3")
    ]


# ---- what is lent ---------------------------------------------------------------------------


def test_the_worker_is_lent_one_place_for_each_file_and_nothing_else(runpod: Bed) -> None:
    runpod.provider.start(image(count=2))
    uploads = runpod.sent()["input"]["uploads"]
    assert [runpod.media.put(one["address"], one["headers"], b"mine") for one in uploads] == [
        True
    ] * 2
    assert runpod.files == {f"scratch/job1/1/file_{index}.png": b"mine" for index in range(2)}
    assert [one["headers"]["Content-Type"] for one in uploads] == ["image/png"] * 2


def test_a_video_has_a_place_of_its_type(runpod: Bed) -> None:
    runpod.provider.start(video())
    (upload,) = runpod.sent()["input"]["uploads"]
    assert upload["headers"]["Content-Type"] == "video/mp4"
    assert runpod.media.put(upload["address"], upload["headers"], b"mine")
    assert runpod.files == {"scratch/job1/1/file.mp4": b"mine"}


def test_the_worker_is_lent_what_it_is_to_read(runpod: Bed) -> None:
    pictures = [f"references/ann/{name}.png" for name in ("first", "last", "other")]
    weights = "brands/b1/model/pytorch_lora_weights.safetensors"
    runpod.upload(*pictures, weights)
    first, last, other = (reference(b"", path=path) for path in pictures)
    spec = VideoSpec(8, 24, "720p", True, first_frame=first, last_frame=last)
    brand = TrainedBrand("b1", "Acme", "gs://bucket/brands/b1/model/")
    runpod.provider.start(video(video=spec, references=[other], brand=brand))
    sent = runpod.sent()["input"]
    read = [sent["first_frame"]["address"], sent["last_frame"]["address"]]
    read += [sent["references"][0]["address"], sent["lora_address"]]
    assert [runpod.media.get(address) for address in read] == [b"a picture"] * 4
    assert all(path in address for path, address in zip([*pictures, weights], read, strict=True))


def test_weights_that_are_one_file_are_lent_as_they_are(runpod: Bed) -> None:
    runpod.upload("brands/b1.safetensors")
    brand = TrainedBrand("b1", "Acme", "gs://bucket/brands/b1.safetensors")
    runpod.provider.start(image(brand=brand))
    assert runpod.media.get(runpod.sent()["input"]["lora_address"]) == b"a picture"


def test_what_is_lent_is_lent_for_as_long_as_runpod_may_keep_the_job(runpod: Bed) -> None:
    now_s = 0.0
    runpod.media.now_s = lambda: now_s
    runpod.upload("references/ann/1.png")
    runpod.other(ttl_s=7_200).start(image(references=[reference(b"")]))
    address = runpod.sent()["input"]["references"][0]["address"]
    now_s = 7_200
    assert runpod.media.get(address) == b"a picture"
    now_s = 9_000
    assert runpod.media.get(address) is None


class Unlent(MemoryMedia):
    """A bucket of which nothing can be lent."""

    def __init__(self, error: MediaForgeError) -> None:
        super().__init__(bucket="bucket")
        self._error = error

    def upload_address(self, *_: Any) -> UploadAddress:
        raise self._error


def test_a_project_that_may_not_sign_is_its_operators_to_mend(
    runpod: Bed, capsys: pytest.CaptureFixture[str]
) -> None:
    provider = RunPodProvider(runpod.settings, Unlent(SigningError("signBlob 403")))
    with pytest.raises(NotAllowedError, match="provider-misconfigured") as raised:
        provider.start(image())
    assert not raised.value.may_have_billed
    assert runpod.journal.requests == []
    logged = capsys.readouterr()
    assert "provider.misconfigured" in logged.out + logged.err
    assert not raised.value.was_asked
    assert "signBlob 403" in logged.out + logged.err


def test_who_cannot_sign_for_now_comes_back_and_has_paid_nothing(runpod: Bed) -> None:
    provider = RunPodProvider(runpod.settings, Unlent(BusyError("IAM: 503")))
    with pytest.raises(UnavailableError, match="storage-busy") as raised:
        provider.start(image())
    assert not raised.value.may_have_billed
    assert runpod.journal.requests == []


def test_an_input_that_the_worker_does_not_take_fails_the_job(runpod: Bed) -> None:
    with pytest.raises(RejectedError, match="invalid-input"):
        runpod.finish(image(count=5))


def test_the_limits_are_sent_in_milliseconds(runpod: Bed) -> None:
    runpod.other(execution_s=60, ttl_s=600).start(image())
    assert runpod.sent()["policy"] == {"executionTimeout": 60_000, "ttl": 600_000}


def test_the_catalogue_limits_a_job_by_its_model(runpod: Bed) -> None:
    now_s = 0.0
    runpod.media.now_s = lambda: now_s
    runpod.upload("references/ann/1.png")
    spec = WorkerSpec(execution_s=1_800, ttl_s=10_000)
    runpod.provider.start(image(worker=spec, references=[reference(b"")]))
    assert runpod.sent()["policy"] == {"executionTimeout": 1_800_000, "ttl": 10_000_000}
    now_s = 10_000.0
    address = runpod.sent()["input"]["references"][0]["address"]
    assert runpod.media.get(address) == b"a picture"


@pytest.mark.parametrize("is_low", [True, False])
def test_a_job_of_low_priority_starts_no_worker(runpod: Bed, is_low: bool) -> None:
    runpod.provider.start(image(worker=WorkerSpec(60, 600, is_low_priority=is_low)))
    assert runpod.sent()["policy"].get("lowPriority", False) is is_low


def test_steps_and_guidance_are_sent_where_the_catalogue_says_them(runpod: Bed) -> None:
    runpod.finish(image(worker=WorkerSpec(60, 600, steps=4, guidance_scale=0.0)))
    sent = runpod.sent()["input"]
    assert (sent["steps"], sent["guidance_scale"]) == (4, 0.0)
    runpod.journal.requests.clear()
    runpod.finish(image(worker=WorkerSpec(60, 600)))
    assert not {"steps", "guidance_scale"} & set(runpod.sent()["input"])


def test_a_model_with_an_endpoint_of_its_own_goes_to_no_other(runpod: Bed) -> None:
    own = WorkerSpec(60, 600, has_own_endpoint=True)
    with pytest.raises(NotAllowedError, match="provider-not-found"):
        runpod.provider.start(image(model="runpod-sdxl", worker=own))
    assert runpod.journal.requests == []
    both = runpod.other(endpoints={**ENDPOINTS, "runpod-sdxl": "videos1"})
    assert both.start(image(model="runpod-sdxl", worker=own)).handle.startswith("videos1/")
    assert both.start(image(model="runpod-image")).handle.startswith("images1/")


@pytest.mark.parametrize(("execution_s", "ttl_s"), [(4, 60), (60, 60), (60, 7 * 24 * 3600 + 1)])
def test_limits_that_runpod_does_not_take_are_no_settings(execution_s: int, ttl_s: int) -> None:
    with pytest.raises(ValueError, match="RunPod takes"):
        RunPodSettings({}, lambda: "", execution_s=execution_s, ttl_s=ttl_s)


def test_a_job_may_wait_and_run_as_long_as_runpod_keeps_it() -> None:
    """Both count the time in RunPod's queue: a shorter limit of ours would end what only waits its turn."""
    shipped = parse(SHIPPED.read_text(encoding="utf-8"))
    ours = [model for model in shipped.models.values() if model.provider == "runpod"]
    assert [model.kind for model in ours] == ["image", "image", "video"]
    assert all(model.worker and model.run_s_max >= model.worker.ttl_s for model in ours)


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
    with pytest.raises(RejectedError, match="provider-misconfigured"):
        runpod.other(endpoints={"image": endpoint}).start(image())
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
    elsewhere = runpod.other(endpoints={})
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


# ---- what a worker that is not ours any more may say ----------------------------------------


def said_by_the_worker(runpod: Bed, output: Any, **asked: Any) -> Finished | Running:
    """What comes of a job that has ended with this `output`."""
    handle = runpod.provider.start(image(**asked)).handle
    work = next(iter(runpod.journal.jobs.values()))
    work.status, work.output = "COMPLETED", output
    return runpod.provider.poll(image(**asked), handle)


@pytest.mark.parametrize(
    "path",
    [
        "generating/ann/image/job1.png",
        "generating/bob/image/job2.png",
        "references/bob/secret.png",
        "scratch/job1/2/file.png",
        "scratch/job2/1/file.png",
        "scratch/job10/1/file.png",
        "scratch/job1/1/../../job2/1/file.png",
        "scratch/job1/1/file/../../../job2/1/file.png",
        "scratch/job1/1/file_0_thumb.png",
        "scratch/job1/1/file_0.png",
        "scratch/job1/1/file.html",
        "scratch/job1/1/other.png",
        "x/scratch/job1/1/file.png",
        "scratch/job1/1/file.png\n",
        "gs://bucket/scratch/job1/1/file.png",
        "https://evil.test/file.png",
        "http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token",
        "file:///etc/passwd",
        "",
        None,
        7,
        {"path": "scratch/job1/1/file.png"},
        ["scratch/job1/1/file.png"],
    ],
)
def test_a_path_that_was_not_lent_to_the_attempt_is_not_delivered(runpod: Bed, path: Any) -> None:
    runpod.upload(
        "generating/bob/image/job2.png", "references/bob/secret.png", "scratch/job2/1/file.png"
    )
    output = {"storage_paths": [path], "content_type": "image/png"}
    with pytest.raises(LostError, match="output-not-ours"):
        said_by_the_worker(runpod, output)


@pytest.mark.parametrize(
    "output",
    [
        {"files": [{"url": "https://evil.test/file.png", "content_type": "image/png"}]},
        {"files": [{"base64": "https://evil.test/file.png", "content_type": "image/png"}]},
        {"files": [{"base64": "data:image/png;base64,iVBO", "content_type": "image/png"}]},
        {"files": [{"base64": "\ud800", "content_type": "image/png"}]},
        {"files": [{"base64": ["aGk="], "content_type": "image/png"}]},
        {"files": [{"base64": "aGk=", "content_type": "text/html"}]},
        {"files": [{"base64": "aGk=", "content_type": ["image/png"]}]},
        {"files": [{"base64": "aGk="}]},
        {"files": ["aGk="]},
        {"files": {"base64": "aGk="}},
        {"image_urls": ["https://evil.test/file.png"]},
        {"storage_paths": "scratch/job1/1/file.png"},
        {"storage_paths": ["scratch/job1/1/file.png"], "content_type": "text/html"},
        {"storage_paths": ["scratch/job1/1/file.png"], "content_type": "image/svg+xml"},
        {"status": "COMPLETED", "charged": 0},
        ["scratch/job1/1/file.png"],
        "https://evil.test/file.png",
        None,
    ],
)
def test_what_is_neither_a_lent_path_nor_the_file_itself_is_not_looked_for(
    runpod: Bed, output: Any
) -> None:
    with pytest.raises(LostError, match="nothing-delivered"):
        said_by_the_worker(runpod, output)


def test_no_more_files_are_unpacked_than_were_asked_for(runpod: Bed) -> None:
    file = {"base64": "aGk=", "content_type": "image/png"}
    finished = said_by_the_worker(runpod, {"files": [file] * 10_000}, count=2)
    assert isinstance(finished, Finished)
    assert len(list(finished.assets)) == 2


POISON = "your credits are void, pay at https://evil.test"


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (
            {"code": "out-of-memory", "message": POISON, "kind": "unavailable"},
            "out-of-memory",
            "The worker's memory is too small for this.",
        ),
        (
            {"code": "reference-unreadable", "message": POISON, "kind": "rejected"},
            "reference-unreadable",
            "A reference or frame is not an image that can be read.",
        ),
        (
            {"code": "of-somebody-s-own", "message": POISON, "kind": "rejected"},
            "provider-rejected",
            "The worker refused the request.",
        ),
        (
            {"code": "a-" * 500_000 + "a", "message": POISON, "kind": "unavailable"},
            "provider-failed",
            "The worker failed.",
        ),
        ({"code": POISON, "message": POISON, "kind": "rejected"}, "provider-rejected", None),
        ({"code": ["a"], "message": POISON, "kind": ["rejected"]}, "provider-failed", None),
        ("\ud800", "provider-failed", "The worker failed."),
        ("[" * 10_000, "provider-failed", "The worker failed."),
        (POISON, "provider-failed", "The worker failed."),
        ([POISON], "provider-failed", "The worker failed."),
    ],
)
def test_no_word_of_a_worker_reaches_its_user_or_the_log(
    runpod: Bed,
    capsys: pytest.CaptureFixture[str],
    error: Any,
    code: str,
    message: str | None,
) -> None:
    with pytest.raises(ProviderError) as raised:
        said_by_the_worker(runpod, {"error": error})
    assert raised.value.code == code
    assert message in {None, raised.value.message}
    logged = capsys.readouterr()
    assert "evil" not in raised.value.message + logged.out + logged.err


@pytest.mark.parametrize("progress", [-1, 2, 1e400, float("nan"), True, "0.5", [0.5], None])
def test_a_progress_that_is_none_is_not_passed_on(runpod: Bed, progress: Any) -> None:
    handle = runpod.provider.start(image("a lighthouse #pending:99")).handle
    work = next(iter(runpod.journal.jobs.values()))
    work.status, work.output, work.statuses = "IN_REPAIR", {"progress": progress}, -100
    answer = runpod.provider.poll(image(), handle)
    assert isinstance(answer, Running)
    assert answer.progress is None


def test_an_answer_that_nobody_can_unpack_is_asked_for_again() -> None:
    deep = b"[" * 1_000_000
    app = Flask(__name__)
    app.get("/v2/images1/status/1")(lambda: Response(deep, content_type="application/json"))
    with serving(app) as origin:
        settings = RunPodSettings(ENDPOINTS, lambda: "key", f"{origin}/v2")
        with pytest.raises(UnavailableError):
            RunPodProvider(settings, MemoryMedia()).poll(image(), "images1/1")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_followed_elsewhere_with_our_key_or_what_is_lent(status: int) -> None:
    heard: list[str] = []
    app, elsewhere = Flask(__name__), Flask(__name__)

    @elsewhere.before_request
    def hear() -> Response:
        heard.append(request.path)
        return Response("{}", content_type="application/json")

    with serving(elsewhere) as there:

        @app.before_request
        def away() -> Response:
            return Response(status=status, headers={"Location": f"{there}{request.path}"})

        with serving(app) as origin:
            settings = RunPodSettings(ENDPOINTS, lambda: "key", f"{origin}/v2")
            provider = RunPodProvider(settings, MemoryMedia(bucket="bucket"))
            with pytest.raises(UnavailableError):
                provider.start(image())
            with pytest.raises(UnavailableError):
                provider.poll(image(), "images1/1")
    assert heard == []


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
