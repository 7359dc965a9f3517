"""docs/mobile.md is true to the contract: what its code names exists, and its listeners see what it says."""

from __future__ import annotations

import queue
import re
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx
import pytest
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from mediaforge.contract.lists import CLIENT_LISTS
from mediaforge.contract.refusals import REFUSALS
from mediaforge.domain.jobs.job import JobStatus
from mediaforge.domain.library.uploads import CONTENT_TYPES, UploadStatus
from mediaforge.entrypoints.operations import OPERATIONS
from tests.support.pictures import picture
from tools.client import Addresses, Client, sign_in
from tools.contract_docs import contents
from tools.contract_docs.shapes import shape_of
from tools.setup import ROOT

MOBILE = (ROOT / "docs" / "mobile.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(swift|kotlin|dart)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LANGUAGES = ("swift", "kotlin", "dart")
ID = re.compile(r"\\\(\w+\)|\$\w+")  # how Swift, and how Kotlin and Dart, put a value into a text
OPEN = ["queued", "processing"]
WAITS_S = 300


def names() -> set[str]:
    """Every name of the contract that code may hold: fields, statuses, reasons, callables."""
    models = [
        *contents.request_models(),
        *contents.answer_models(),
        *contents.refusal_models(),
        *contents.document_models(),
    ]
    fields = {
        each.name for model in (*models, *contents.parts(models)) for each in shape_of(model).fields
    }
    values = {each.value for each in (*JobStatus, *UploadStatus)}
    return {*fields, *values, *REFUSALS, *OPERATIONS, *CONTENT_TYPES, "reason", "us-central1", ""}


def paths() -> set[str]:
    """The paths of the contract, with `{}` for each id."""
    listed = {each.collection for each in CLIENT_LISTS}
    known = {each.path for each in (*contents.DOCUMENTS, *contents.FILES)} | listed
    return {re.sub(r"\{\w+\}", "{}", path) for path in known}


def is_known(text: str) -> bool:
    if "/" in text and text not in names():
        # One of a kind of file: its name is one id.
        plain = re.sub(r"\{\}\.\w+$", "{}", ID.sub("{}", text))
        return plain in paths()
    return all(part in names() for part in text.split("."))


def blocks(language: str) -> str:
    return "".join(code for tag, code in BLOCK.findall(MOBILE) if tag == language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_code_names_is_in_the_contract(language: str) -> None:
    texts = re.findall(r'"([^"\n]*)"', blocks(language))
    assert len(texts) > 20
    assert [text for text in texts if not is_known(text)] == []


def test_what_is_not_in_the_contract_is_found() -> None:
    assert not is_known("state")
    assert not is_known("uploads/$uid/$fileId.jpg")
    assert not is_known("error.reasons")


def test_the_reasons_are_the_contract_s() -> None:
    (table,) = re.findall(r"^\| `reason` \|.*?\n\n", MOBILE, re.MULTILINE | re.DOTALL)
    rows = [line.split("|")[1] for line in table.splitlines()[2:] if line]
    named = [reason for cell in rows for reason in re.findall(r"`([a-z-]+)`", cell)]
    assert named
    assert set(named) <= set(REFUSALS)


# ---- the same listeners, with the Python SDK ------------------------------------------------------------


@contextmanager
def listened(reference: Any) -> Iterator[queue.SimpleQueue[list[dict[str, Any]]]]:
    """Each snapshot that a listener of a document or a query is told: the documents that are there."""
    told: queue.SimpleQueue[list[dict[str, Any]]] = queue.SimpleQueue()
    watch = reference.on_snapshot(
        lambda snapshots, _changes, _time: told.put(
            [each.to_dict() | {"path": each.reference.path} for each in snapshots if each.exists]
        )
    )
    try:
        yield told
    finally:
        watch.unsubscribe()


@pytest.fixture
def ann(addresses: Addresses) -> Iterator[Client]:
    with closing(sign_in(addresses, f"phone-{uuid.uuid4().hex}@mediaforge.test")) as user:
        yield user


@pytest.fixture
def database(addresses: Addresses) -> Iterator[firestore.Client]:
    with closing(firestore.Client(project=addresses.project)) as client:
        yield client


def ask(user: Client, request_id: str) -> dict[str, Any]:
    wish = {"prompt": "a lighthouse [[sleep:1]]", "width": 64, "height": 64}
    answer: dict[str, Any] = user.call("generateImage", {**wish, "requestId": request_id})
    return answer


def test_a_restart_sends_again_and_finds_what_is_open(
    addresses: Addresses, ann: Client, database: firestore.Client
) -> None:
    request_id = uuid.uuid4().hex
    job = ask(ann, request_id)
    assert ask(ann, request_id)["jobId"] == job["jobId"]  # the first answer was lost with the app

    images = database.collection(f"generations/{ann.uid}/images")
    opened = images.where(filter=FieldFilter("status", "in", OPEN))
    newest_first = opened.order_by("created_at", direction=firestore.Query.DESCENDING)
    with listened(newest_first) as told:
        assert [each["path"] for each in told.get(timeout=WAITS_S)] == [job["path"]]
        while told.get(timeout=WAITS_S):  # until the job has left the list
            pass
    with listened(database.document(job["path"])) as told:
        (view,) = told.get(timeout=WAITS_S)
    assert view["status"] == "completed"


def test_a_job_s_statuses_end_with_its_final_one(
    addresses: Addresses, ann: Client, database: firestore.Client
) -> None:
    job = ask(ann, uuid.uuid4().hex)
    seen: list[str] = []
    with listened(database.document(job["path"])) as told:
        while not seen or seen[-1] in OPEN:
            (view,) = told.get(timeout=WAITS_S)
            seen.append(view["status"])
    order = [*OPEN, "completed"]
    assert seen[-1] == "completed"
    assert list(dict.fromkeys(seen)) == [status for status in order if status in seen]


@pytest.mark.parametrize(("content", "end"), [(picture("JPEG"), "ready"), (b"none", "refused")])
def test_an_upload_is_ready_or_refused_with_a_message(
    addresses: Addresses, ann: Client, database: firestore.Client, content: bytes, end: str
) -> None:
    file_id = str(uuid.uuid4())
    path = f"references/{ann.uid}/{file_id}.jpg"
    with listened(database.document(f"references/{ann.uid}/files/{file_id}")) as told:
        httpx.post(
            f"http://{addresses.storage_host}/v0/b/{addresses.bucket}/o",
            params={"name": path},
            content=content,
            headers={"Authorization": f"Firebase {ann.token}", "Content-Type": "image/jpeg"},
            timeout=180,
            trust_env=False,
        ).raise_for_status()
        upload: dict[str, Any] = {}
        while upload.get("status") in {None, "processing"}:
            upload = next(iter(told.get(timeout=WAITS_S)), {})
    assert (upload["status"], upload.get("error") is None) == (end, end == "ready")
    assert end == "ready" or upload["error"]["message"]
