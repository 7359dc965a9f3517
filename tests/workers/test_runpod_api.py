"""The container's process behind RunPod's own local API: what a caller gets for what it sends."""

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from PIL import Image

from mediaforge.adapters.storage import CloudStorage
from protocols.server import serving
from protocols.storage import StorageServer
from tests.support.admin_app import admin_app
from tests.workers.jobs import image_job, video_job, without
from tests.workers.runpod_server import RunPodApi, free_port, running_api

POISON = "poisoned-prompt-3f9a"
CLOSED = "127.0.0.1:9"  # the discard port: nobody listens there


def output_of(job: dict[str, Any]) -> dict[str, Any]:
    assert job["status"] == "COMPLETED", job
    output: dict[str, Any] = job["output"]
    return output


def error_of(job: dict[str, Any]) -> dict[str, Any]:
    assert job["status"] == "FAILED", job
    assert "output" not in job
    error: dict[str, Any] = json.loads(job["error"])
    assert set(error) == {"code", "message", "kind"}
    return error


def contents(output: dict[str, Any]) -> list[bytes]:
    return [base64.b64decode(file["base64"]) for file in output["files"]]


def test_without_a_key_the_files_come_back_and_the_reason_with_them(api: RunPodApi) -> None:
    output = output_of(api.run_sync(**image_job(count=2, width=96)))
    assert output["storage_error"] == "FIREBASE_SERVICE_ACCOUNT_KEY is not set"
    assert (output["seed"], output["model"]) == (7, "local-image")
    pictures = contents(output)
    assert len(set(pictures)) == 2
    for content in pictures:
        with Image.open(io.BytesIO(content)) as image:
            assert (image.format, image.size) == ("PNG", (96, 64))


def test_a_seed_makes_the_same_picture_again(api: RunPodApi) -> None:
    first, second = (
        contents(output_of(api.run_sync(**image_job(use_cloud_storage=False)))) for _ in range(2)
    )
    assert first == second


def test_a_film_has_the_length_and_size_that_were_asked_for(api: RunPodApi) -> None:
    wanted = video_job(use_cloud_storage=False, width=96, duration_seconds=2)
    output = output_of(api.run_sync(**wanted))
    assert output["files"][0]["content_type"] == "video/mp4"
    with av.open(io.BytesIO(contents(output)[0]), "r") as film:
        video = film.streams.video[0]
        assert (video.width, video.height) == (96, 64)
        assert sum(1 for _ in film.decode(video=0)) == 8


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        (without(image_job(), "prompt"), "prompt: "),
        (image_job(width="64"), "width: "),
        (image_job(surprise=True), "surprise: "),
        ({}, "user_id: "),
    ],
)
def test_a_refusal_names_the_field(api: RunPodApi, payload: dict[str, Any], named: str) -> None:
    error = error_of(api.run_sync(**payload))
    assert (error["code"], error["kind"]) == ("invalid-input", "rejected")
    assert error["message"].startswith(named)


def test_a_job_can_be_left_and_asked_for(api: RunPodApi) -> None:
    started = api.post("/run", {"input": image_job(use_cloud_storage=False)})
    assert started["status"] == "IN_PROGRESS"
    assert len(contents(output_of(api.post(f"/status/{started['id']}")))) == 1


@pytest.fixture(scope="module")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@pytest.fixture(scope="module")
def cut_off(
    image: Path, private_key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunPodApi]:
    """A worker with a key that nobody knows, and with no Google to be reached."""
    key = {
        "type": "service_account",
        "project_id": "nobodys",
        "client_email": "worker@nobodys.iam.gserviceaccount.com",
        "private_key": private_key,
        "token_uri": f"http://{CLOSED}/token",
    }
    environment = {
        "FIREBASE_SERVICE_ACCOUNT_KEY": json.dumps(key),
        "FIREBASE_STORAGE_BUCKET": "nobodys.appspot.com",
        "FIRESTORE_EMULATOR_HOST": CLOSED,
    }
    with running_api(image, environment, tmp_path_factory.mktemp("cut_off") / "log") as api:
        yield api


def test_where_nothing_of_google_answers_the_job_is_done_all_the_same(
    cut_off: RunPodApi, private_key: str
) -> None:
    output = output_of(cut_off.run_sync(**image_job(prompt=f"a fox {POISON}")))
    assert output["storage_error"].startswith("Cloud Storage: ")
    assert len(contents(output)) == 1

    log = cut_off.log.read_text(encoding="utf-8")
    events = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {"report.failed", "storage.failed"} <= {event["message"] for event in events}
    key_line = private_key.splitlines()[1]
    for secret in (POISON, key_line):
        assert secret not in log
        assert secret not in json.dumps(output)


def test_references_that_cannot_be_fetched_are_the_workers_trouble(cut_off: RunPodApi) -> None:
    wanted = image_job(references=[{"path": "references/ann/a.png", "mode": "style_only"}])
    error = error_of(cut_off.run_sync(**wanted))
    assert (error["code"], error["kind"]) == ("storage-unavailable", "unavailable")


def test_a_bucket_that_is_not_there_is_told_without_a_key(image: Path, tmp_path: Path) -> None:
    environment = {
        "STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{free_port()}",
        "FIREBASE_STORAGE_BUCKET": "b",
        "PIPELINE": "local",
    }
    with running_api(image, environment, tmp_path / "log") as api:
        output = output_of(api.run_sync(**image_job()))
    assert output["storage_error"].startswith("Cloud Storage: ")
    assert len(contents(output)) == 1


def test_a_container_without_a_key_does_a_lent_job(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the backend's are: by V4 signatures, on a Storage that looks at them."""
    storage, path = StorageServer(), "scratch/job1/1/file.png"
    with serving(storage) as origin, admin_app() as app:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", origin)
        monkeypatch.delenv("FIREBASE_STORAGE_EMULATOR_HOST", raising=False)
        media = CloudStorage("bucket", app=app, iam=origin)
        lent = media.upload_address(path, "image/png", 1_000_000, 3600)
        upload = {"address": lent.url, "headers": dict(lent.headers)}
        with running_api(image, {"STORAGE_EMULATOR_HOST": origin}, tmp_path / "log") as api:
            output = output_of(api.run_sync(**image_job(output_path=path[:-4], uploads=[upload])))
            log = api.log.read_text(encoding="utf-8")
    assert output["storage_paths"] == [path]
    assert storage.objects[path].content.startswith(b"\x89PNG")
    assert "Signature" not in log + json.dumps(output)
