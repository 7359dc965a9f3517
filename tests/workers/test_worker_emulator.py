"""Uploads and reports against the emulators: the worker's own clients, over the wire."""

import io
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.cloud import firestore, storage
from PIL import Image

from mediaforge import bootstrap
from mediaforge.adapters.storage import CloudStorage
from mediaforge_worker.report import FirestoreReport
from tests.workers.jobs import image_job, video_job
from tests.workers.runpod_server import RunPodApi, running_api
from tools.firebase import BUCKET
from tools.suite import Suite

USER = "runpod-worker-user"


@pytest.fixture(scope="module")
def worker(
    suite: Suite, image: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunPodApi]:
    environment = {**suite.environment(), "FIREBASE_STORAGE_BUCKET": BUCKET}
    log = tmp_path_factory.mktemp("emulator") / "log"
    with running_api(image, environment, log) as api:
        yield api


@pytest.fixture(scope="module")
def bucket(suite: Suite) -> Any:
    return storage.Client().bucket(BUCKET)


@pytest.fixture
def documents(suite: Suite) -> Iterator[firestore.Client]:
    """What the tests write is taken away: other tests look for documents without a job."""
    with closing(firestore.Client()) as client:
        yield client
        for folder in client.document(f"generations/{USER}").collections():
            for document in folder.list_documents():
                document.delete()


def given(documents: firestore.Client, file_uid: str, **fields: Any) -> Any:
    """The first document, as the function that calls RunPod makes it."""
    kind = "videos" if file_uid.startswith("video") else "images"
    document = documents.document(f"generations/{USER}/{kind}/{file_uid}")
    first = {"status": "queued", "created_at": datetime.now(UTC), "request_data": {"prompt": "x"}}
    document.set({**first, "file_uid": file_uid, "user_id": USER, **fields})
    return document


def fields_of(document: Any) -> dict[str, Any]:
    fields: dict[str, Any] = document.get().to_dict()
    return fields


def run(worker: RunPodApi, **changes: Any) -> dict[str, Any]:
    job = worker.run_sync(**image_job(**{"user_id": USER, **changes}))
    assert job["status"] == "COMPLETED", job
    output: dict[str, Any] = job["output"]
    return output


def test_files_lie_under_their_fixed_names_and_a_repeat_overwrites_them(
    worker: RunPodApi, bucket: Any, documents: firestore.Client
) -> None:
    given(documents, "f1")
    for _ in range(2):
        output = run(worker, file_uid="f1", count=2)
    stem = f"generating/{USER}/image/f1"
    assert output["bucket"] == BUCKET
    assert output["storage_paths"] == [f"{stem}_0.png", f"{stem}_1.png"]
    assert sorted(blob.name for blob in bucket.list_blobs(prefix=stem)) == output["storage_paths"]
    assert bucket.get_blob(f"{stem}_0.png").content_type == "image/png"


def test_a_document_of_nobodys_account_is_completed_with_an_address_that_works(
    worker: RunPodApi, documents: firestore.Client
) -> None:
    document = given(documents, "f2")
    run(worker, file_uid="f2")
    done = fields_of(document)
    assert (done["status"], done["generated"], done["progress"]) == ("completed", True, 1.0)
    assert done["completed_at"] == done["modified"] > done["created_at"]
    assert done["request_data"] == {"prompt": "x"}
    data = done["generation_data"]
    assert data["storage_paths"] == [f"generating/{USER}/image/f2.png"]
    answer = httpx.get(data["image_urls"][0], trust_env=False, timeout=180)
    assert answer.status_code == 200
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.size == (64, 64)
    assert httpx.get(
        data["image_urls"][0].partition("&token")[0], trust_env=False, timeout=180
    ).is_error


def test_a_video_is_told_with_its_rate_and_length(
    worker: RunPodApi, documents: firestore.Client
) -> None:
    document = given(documents, "video1")
    output = run(worker, **video_job(user_id=USER, file_uid="video1"))
    assert output["storage_paths"] == [f"generating/{USER}/video/video1.mp4"]
    data = fields_of(document)["generation_data"]
    assert (data["fps"], data["duration_seconds"]) == (4, 1)
    assert httpx.get(data["video_url"], trust_env=False, timeout=180).content[4:8] == b"ftyp"


def test_a_backends_document_is_left_alone(worker: RunPodApi, documents: firestore.Client) -> None:
    document = given(documents, "f3", account_id="user_x", status="processing", progress=0.1)
    before = fields_of(document)
    run(worker, file_uid="f3", count=2)
    assert fields_of(document) == before


def test_a_lent_job_goes_where_its_addresses_say_and_tells_no_document(
    worker: RunPodApi, bucket: Any, documents: firestore.Client
) -> None:
    """As the backend lends it on the emulators; this worker has a key of them all, and uses none of it."""
    bootstrap.initialize_firebase()
    media, document = CloudStorage(BUCKET), given(documents, "f12")
    before, stem = fields_of(document), "scratch/f12/1/file"
    reference = f"references/{USER}/lent.png"
    bucket.blob(reference).upload_from_string(picture("red"), content_type="image/png")
    output = run(
        worker,
        file_uid="f12",
        count=2,
        output_path=stem,
        uploads=[upload(media, f"{stem}_{index}.png") for index in range(2)],
        references=[{"path": reference, "address": media.read_address(reference, 3600)}],
    )
    assert output["storage_paths"] == [f"{stem}_0.png", f"{stem}_1.png"]
    assert "storage_error" not in output
    for path in output["storage_paths"]:
        with Image.open(io.BytesIO(bucket.blob(path).download_as_bytes())) as image:
            assert image.size == (64, 64)
    assert fields_of(document) == before


def upload(media: CloudStorage, path: str) -> dict[str, Any]:
    address = media.upload_address(path, "image/png", 1_000_000, 3600)
    return {"address": address.url, "headers": dict(address.headers)}


def picture(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_a_final_document_never_changes(
    worker: RunPodApi, documents: firestore.Client, status: str
) -> None:
    for owner in ({}, {"account_id": "user_x"}):
        document = given(documents, "f4", status=status, **owner)
        before = fields_of(document)
        run(worker, file_uid="f4")
        assert fields_of(document) == before


def test_a_refused_request_ends_a_document_of_nobodys_account(
    worker: RunPodApi, documents: firestore.Client
) -> None:
    document, owned = given(documents, "f5"), given(documents, "f6", account_id="user_x")
    for file_uid in ("f5", "f6"):
        job = worker.run_sync(**image_job(user_id=USER, file_uid=file_uid, count=9))
        assert job["status"] == "FAILED"
    failed = fields_of(document)
    assert failed["status"] == "failed"
    assert (failed["error"]["code"], failed["error"]["retryable"]) == ("invalid-input", False)
    assert fields_of(owned)["status"] == "queued"


def test_a_document_that_is_not_there_is_not_made(
    worker: RunPodApi, documents: firestore.Client
) -> None:
    run(worker, file_uid="f7")
    assert not documents.document(f"generations/{USER}/images/f7").get().exists


class Overtaken:
    """A client between whose look at a document and whose write somebody else comes, once."""

    def __init__(self, client: firestore.Client, theirs: dict[str, Any]) -> None:
        self._client = client
        self._theirs: dict[str, Any] | None = theirs

    def document(self, path: str) -> Any:
        document: Any = self._client.document(path)
        look, theirs = document.get, self._theirs

        def look_and_be_overtaken(**options: Any) -> Any:
            found = look(**options)
            if theirs is not None:
                self._client.document(path).update(theirs)
            return found

        self._theirs = None
        document.get = look_and_be_overtaken
        return document

    def write_option(self, **options: Any) -> Any:
        return self._client.write_option(**options)


def test_who_ends_the_job_between_the_look_and_the_write_is_not_overwritten(
    documents: firestore.Client,
) -> None:
    document = given(documents, "f10", status="processing")
    client: Any = Overtaken(documents, {"status": "cancelled"})
    FirestoreReport(client, f"generations/{USER}/images/f10", "j").complete({"image_urls": []})
    assert fields_of(document)["status"] == "cancelled"
    assert "generation_data" not in fields_of(document)


def test_a_report_that_is_overtaken_by_something_else_is_written_all_the_same(
    documents: firestore.Client,
) -> None:
    document = given(documents, "f11", status="processing")
    client: Any = Overtaken(documents, {"note": "theirs"})
    FirestoreReport(client, f"generations/{USER}/images/f11", "j").complete({"image_urls": []})
    done = fields_of(document)
    assert (done["status"], done["note"]) == ("completed", "theirs")


def test_references_come_out_of_the_bucket(
    worker: RunPodApi, bucket: Any, documents: firestore.Client
) -> None:
    path = f"references/{USER}/a.png"
    bucket.blob(path).upload_from_string(picture("red"), content_type="image/png")
    borrowed = run(
        worker, file_uid="f8", references=[{"path": path, "mode": "style_only"}], prompt="a fox"
    )
    plain = run(worker, file_uid="f9", prompt="a fox")
    first, second = (
        bucket.blob(one["storage_paths"][0]).download_as_bytes() for one in (borrowed, plain)
    )
    assert first != second
    job = worker.run_sync(
        **image_job(user_id=USER, references=[{"path": f"references/{USER}/no.png"}])
    )
    assert "reference-missing" in job["error"]
