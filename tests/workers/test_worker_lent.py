"""A job that came with addresses: the worker's own client, on a Storage that looks at every signature."""

import base64
import io
import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from PIL import Image

from mediaforge.adapters.storage import CloudStorage
from mediaforge_worker.job import LORA_FILE, Worker
from mediaforge_worker.lent import PICTURE_BYTES_MAX
from mediaforge_worker.settings import Settings
from protocols.server import serving
from protocols.storage import StorageServer
from tests.support.admin_app import admin_app
from tests.workers.jobs import image_job, video_job

STEM = "scratch/job1/1/file"
RED = "references/ann/red.png"
BRAND = "gs://bucket/brands/b1"
HOUR_S = 3600


class NoKey:
    """The worker's other files, which a lent job has no business with."""

    bucket = "other"

    def save(self, path: str, content: bytes, content_type: str) -> str:
        raise AssertionError(path)

    def load(self, name: str) -> bytes | None:
        raise AssertionError(name)

    def download(self, name: str, target: Path) -> bool:
        raise AssertionError(name)


@dataclass
class Cloud:
    """A bucket, what its owner lends of it, and what the wire says instead of it, once each."""

    storage: StorageServer = field(default_factory=StorageServer)
    origin: str = ""
    media: CloudStorage | None = None
    instead: list[Callable[[StartResponse], Iterable[bytes]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        is_strangers = "X-Goog-Signature" in environ["QUERY_STRING"]
        if is_strangers:
            self.asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        if is_strangers and self.instead:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            return self.instead.pop(0)(start)
        return self.storage(environ, start)

    def lend(self, **changes: Any) -> dict[str, Any]:
        """A job of pictures with all that it needs; each path of `changes` gets its address."""
        job = image_job(output_path=STEM, **changes)
        for reference in job.get("references", []):
            reference["address"] = self.read(reference["path"])
        if "lora_uri" in job:
            path = f"{job['lora_uri'].removeprefix('gs://bucket/')}/{LORA_FILE}"
            job.setdefault("lora_address", self.read(path))
        return {"uploads": self.uploads(job), **job}

    def read(self, path: str) -> str:
        assert self.media is not None
        return self.media.read_address(path, HOUR_S)

    def uploads(self, job: dict[str, Any], bytes_max: int = 1_000_000) -> list[dict[str, Any]]:
        assert self.media is not None
        is_film = job["media_type"] == "video"
        extension, kind = ("mp4", "video/mp4") if is_film else ("png", "image/png")
        count = job.get("count", 1)
        names = [f"_{index}" for index in range(count)] if count > 1 else [""]
        lent = [
            self.media.upload_address(f"{STEM}{name}.{extension}", kind, bytes_max, HOUR_S)
            for name in names
        ]
        return [{"address": one.url, "headers": dict(one.headers)} for one in lent]

    def worker(self, **settings: Any) -> Worker:
        known: dict[str, Any] = {"pipeline": "local", "progress_every_s": 0, "storage_limit_s": 30}
        return Worker(Settings(storage_emulator=self.origin, **(known | settings)), NoKey())

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        return self.worker().run({"id": "j1", "input": job})

    def put(self, path: str, content: bytes) -> None:
        assert self.media is not None
        self.media.save(path, content, "image/png", "a-token")


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    cloud = Cloud()
    with serving(cloud) as cloud.origin, admin_app() as app:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", cloud.origin)
        monkeypatch.delenv("FIREBASE_STORAGE_EMULATOR_HOST", raising=False)
        cloud.media = CloudStorage("bucket", app=app, iam=cloud.origin)
        yield cloud


def picture(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), colour).save(buffer, "PNG")
    return buffer.getvalue()


def answering(status: str, *headers: tuple[str, str]) -> Callable[[StartResponse], list[bytes]]:
    def answer(start: StartResponse) -> list[bytes]:
        start(status, [("Content-Length", "0"), *headers])
        return []

    return answer


# ---- what it does with them --------------------------------------------------------------------------


def test_the_files_go_where_their_addresses_say_and_nowhere_else(cloud: Cloud) -> None:
    answer = cloud.run(cloud.lend(count=2))
    paths = [f"{STEM}_0.png", f"{STEM}_1.png"]
    assert answer == {
        "storage_paths": paths,
        "content_type": "image/png",
        "seed": 7,
        "model": "local-image",
    }
    assert sorted(cloud.storage.objects) == paths
    assert {one.metadata["contentType"] for one in cloud.storage.objects.values()} == {"image/png"}
    assert cloud.storage.objects[paths[0]].content != cloud.storage.objects[paths[1]].content


def test_a_film_goes_where_its_address_says(cloud: Cloud) -> None:
    job = video_job(output_path=STEM)
    answer = cloud.run({**job, "uploads": cloud.uploads(job)})
    assert answer["storage_paths"] == [f"{STEM}.mp4"]
    assert cloud.storage.objects[f"{STEM}.mp4"].content[4:8] == b"ftyp"


def test_a_job_that_is_done_again_writes_over_what_it_wrote(cloud: Cloud) -> None:
    """RunPod gives the job of a worker that it lost to another one, with the same addresses."""
    job = cloud.lend()
    assert cloud.run(job) == cloud.run(job)
    assert cloud.storage.objects.keys() == {f"{STEM}.png"}


def test_references_are_read_by_their_addresses(cloud: Cloud) -> None:
    cloud.put(RED, picture("red"))
    cloud.run(cloud.lend())
    plain = cloud.storage.objects[f"{STEM}.png"].content
    cloud.run(cloud.lend(references=[{"path": RED, "mode": "style_only"}]))
    assert cloud.storage.objects[f"{STEM}.png"].content != plain


@pytest.mark.parametrize(
    "name", ["a b", "a?b", "a#b", "a%2Fb", "a+b&c=d", "~a\u00e4", "\U0001f3a8"]
)
def test_a_file_is_read_whatever_its_name(cloud: Cloud, name: str) -> None:
    """The path is signed as it is sent, so whoever sends it must not spell it anew."""
    path = f"references/ann/{name}.png"
    cloud.put(path, picture("red"))
    answer = cloud.run(cloud.lend(references=[{"path": path, "mode": "style_only"}]))
    assert answer["storage_paths"] == [f"{STEM}.png"]


def test_frames_are_read_by_their_addresses(cloud: Cloud) -> None:
    cloud.put(RED, picture("red"))
    job = video_job(output_path=STEM, first_frame={"path": RED, "address": cloud.read(RED)})
    answer = cloud.run({**job, "uploads": cloud.uploads(job)})
    assert answer["storage_paths"] == [f"{STEM}.mp4"]
    assert f"GET /bucket/{RED}" in cloud.asked


def test_a_file_that_is_not_there_ends_the_job(cloud: Cloud) -> None:
    for changes, code in (
        ({"references": [{"path": RED}]}, "reference-missing"),
        ({"lora_uri": BRAND}, "lora-missing"),
    ):
        error = cloud.run(cloud.lend(**changes))["error"]
        assert (error["code"], error["kind"]) == (code, "rejected")


def test_who_lends_only_what_is_read_gets_the_files_themselves(cloud: Cloud) -> None:
    cloud.put(RED, picture("red"))
    answer = cloud.run(cloud.lend(references=[{"path": RED}], uploads=[]))
    assert base64.b64decode(answer["files"][0]["base64"]).startswith(b"\x89PNG")
    assert "storage_error" not in answer


def test_weights_are_fetched_once_for_all_signatures_of_their_file(cloud: Cloud) -> None:
    for brand in ("b1", "b2"):
        cloud.put(f"brands/{brand}/{LORA_FILE}", brand.encode())
    own = cloud.worker()
    for brand in ("b1", "b1", "b2"):
        own.run({"id": "j", "input": cloud.lend(lora_uri=f"gs://bucket/brands/{brand}")})
    read = [one for one in cloud.asked if one.startswith("GET")]
    assert read == [f"GET /bucket/brands/{brand}/{LORA_FILE}" for brand in ("b1", "b2")]


def test_weights_of_another_file_are_not_taken_for_a_brands(cloud: Cloud) -> None:
    """Whatever the request calls them: the next customer of that brand would get them."""
    for brand in ("b1", "b2"):
        cloud.put(f"brands/{brand}/{LORA_FILE}", brand.encode())
    own = cloud.worker()
    other = cloud.read(f"brands/b2/{LORA_FILE}")
    own.run({"id": "j", "input": cloud.lend(lora_uri=BRAND, lora_address=other)})
    own.run({"id": "j", "input": cloud.lend(lora_uri=BRAND)})
    assert f"GET /bucket/brands/b1/{LORA_FILE}" in cloud.asked


# ---- what goes wrong ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda job: job["uploads"][0].update(headers={"Content-Type": "text/html"}), "403"),
        (lambda job: job["uploads"][0].update(headers={}), "403"),
        (
            lambda job: job["uploads"][0].update(
                address=job["uploads"][0]["address"].replace("job1", "job2")
            ),
            "403",
        ),
    ],
)
def test_what_an_address_is_not_good_for_comes_back_in_the_answer(
    cloud: Cloud, spoil: Callable[[dict[str, Any]], None], reason: str
) -> None:
    job = cloud.lend()
    spoil(job)
    answer = cloud.run(job)
    assert answer["storage_error"] == f"Cloud Storage: {reason}"
    assert len(answer["files"]) == 1
    assert cloud.storage.objects == {}


def test_a_file_that_is_larger_than_agreed_comes_back_in_the_answer(cloud: Cloud) -> None:
    job = cloud.lend()
    answer = cloud.run({**job, "uploads": cloud.uploads(job, bytes_max=100)})
    assert answer["storage_error"] == "Cloud Storage: 400"
    assert len(answer["files"]) == 1


def test_a_storage_that_has_no_time_is_asked_again(cloud: Cloud) -> None:
    cloud.instead += [answering("503 Busy"), answering("429 Slow down")]
    assert cloud.run(cloud.lend())["storage_paths"] == [f"{STEM}.png"]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_nobody_is_followed_elsewhere(cloud: Cloud, status: str) -> None:
    heard = threading.Event()

    def elsewhere(_: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        heard.set()
        start("200 OK", [])
        return [picture("red")]

    with serving(elsewhere) as origin:
        away = answering(status, ("Location", f"{origin}/secret"))
        cloud.instead.append(away)
        error = cloud.run(cloud.lend(references=[{"path": RED}]))["error"]
        assert (error["code"], error["kind"]) == ("storage-unavailable", "unavailable")
        cloud.instead.append(away)
        assert "files" in cloud.run(cloud.lend())
    assert not heard.is_set()


def test_a_reference_that_does_not_end_is_not_read_to_its_end(cloud: Cloud) -> None:
    read = 0

    def endless(start: StartResponse) -> Iterator[bytes]:
        nonlocal read
        start("200 OK", [])
        while read < 10 * PICTURE_BYTES_MAX:
            read += 4_000_000
            yield bytes(4_000_000)

    cloud.instead.append(endless)
    error = cloud.run(cloud.lend(references=[{"path": RED}]))["error"]
    assert error["code"] == "storage-unavailable"
    assert read < 2 * PICTURE_BYTES_MAX


def test_an_address_elsewhere_is_refused_before_anybody_is_asked(cloud: Cloud) -> None:
    job = cloud.lend(references=[{"path": RED}])
    job["references"][0]["address"] = "http://169.254.169.254/computeMetadata/v1/token"
    error = cloud.run(job)["error"]
    assert (error["code"], error["kind"]) == ("invalid-input", "rejected")
    assert cloud.asked == []


def test_no_document_is_told_of_a_lent_job(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a Firestore at hand, which nobody answers for; one is asked where the job is not lent."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:9")  # the SDK reads no other
    own = cloud.worker(firestore_emulator="127.0.0.1:9", project="demo")
    assert "storage_paths" in own.run({"id": "j", "input": cloud.lend()})
    assert "error" in own.run({"id": "j", "input": {**cloud.lend(), "count": 9}})
    assert "report" not in capsys.readouterr().out
    own.run({"id": "j", "input": image_job(use_cloud_storage=False)})
    assert "report.failed" in capsys.readouterr().out


def test_no_address_is_logged_or_told(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever happens, and however talkative the libraries are."""
    caplog.set_level(logging.DEBUG)
    cloud.put(RED, picture("red"))
    told = [cloud.run(cloud.lend(references=[{"path": RED}]))]
    for job in (cloud.lend(), cloud.lend(count=9), cloud.lend(references=[{"path": "no.png"}])):
        job["uploads"][0]["headers"] = {"Content-Type": "text/html"}
        told.append(cloud.run(job))
    nowhere = cloud.lend(references=[{"path": RED}])
    cloud.instead += [answering("302 Found", ("Location", "http://127.0.0.1:9/x"))]
    told.append(cloud.run(nowhere))
    gone = Worker(Settings(storage_emulator=CLOSED, pipeline="local", storage_limit_s=1), NoKey())
    closed = {"address": f"{CLOSED}/bucket/a.png?X-Goog-Signature=5ec2e7"}
    told.append(gone.run({"id": "j", "input": image_job(uploads=[closed])}))
    read = [{"path": "a.png", **closed}]
    told.append(gone.run({"id": "j", "input": image_job(uploads=[closed], references=read)}))
    # The server's own log is the test's.
    logged = [one.getMessage() for one in caplog.records if one.name != "werkzeug"]
    said = json.dumps([told, logged]) + capsys.readouterr().out
    assert "Signature" not in said
    assert "5ec2e7" not in said


CLOSED = "http://127.0.0.1:9"  # the discard port: nobody listens there
