"""A service that takes a connection and never says a word costs nobody more than the limit: each real adapter
gives up within it, with the error that says "ask again"."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore

from mediaforge.adapters.clock import SystemClock
from mediaforge.adapters.cloud_tasks import CloudTasks
from mediaforge.adapters.firestore import FirestoreDocuments
from mediaforge.adapters.storage import CloudStorage
from mediaforge.contract import documents as at
from mediaforge.domain.credits import Entry
from mediaforge.domain.errors import BusyError
from mediaforge.ports.documents import Query, Transaction
from mediaforge.ports.tasks import Task
from protocols.server import serving
from tests.support.admin_app import admin_app

LIMIT_S = 1.0
# The machine may be busy. The SDKs' own limits are from one minute to five.
SLACK_S = 8.0


@pytest.fixture
def address() -> Iterator[str]:
    """Of a server whose machine answers the handshake, and nobody anything else."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=64)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def assert_given_up(call: Callable[[], object]) -> None:
    began_s = time.monotonic()
    with pytest.raises(BusyError):
        call()
    assert LIMIT_S / 2 <= time.monotonic() - began_s < LIMIT_S + SLACK_S


# ---- Firestore -----------------------------------------------------------------------------------

ENTRY, LEDGER = at.entry("user_ann", "welcome:grant"), Query(at.ledger("user_ann"))


@pytest.fixture
def documents(monkeypatch: pytest.MonkeyPatch, address: str) -> Iterator[FirestoreDocuments]:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", address)
    client = firestore.Client(project="demo-mediaforge", credentials=AnonymousCredentials())
    yield FirestoreDocuments(client, limit_s=LIMIT_S)
    client.close()


def delete_blindly(tx: Transaction) -> None:
    """Reads nothing, so that the commit is what hangs."""
    tx.delete(ENTRY)


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda documents: documents.get(ENTRY), id="get"),
        pytest.param(lambda documents: documents.find(Entry, LEDGER), id="find"),
        pytest.param(lambda documents: documents.find_ids(LEDGER), id="find-ids"),
        pytest.param(lambda documents: documents.sum("amount", LEDGER), id="sum"),
        pytest.param(lambda documents: documents.transact(delete_blindly), id="commit"),
        pytest.param(
            lambda documents: documents.transact(lambda tx: tx.get(ENTRY)), id="get-in-a-unit"
        ),
        pytest.param(
            lambda documents: documents.transact(lambda tx: tx.find(Entry, LEDGER)),
            id="find-in-a-unit",
        ),
    ],
)
def test_a_silent_firestore_is_given_up(
    documents: FirestoreDocuments, call: Callable[[Any], object]
) -> None:
    assert_given_up(lambda: call(documents))


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(lambda tx: tx.get(ENTRY), id="get"),
        pytest.param(lambda tx: tx.find(Entry, LEDGER), id="find"),
        pytest.param(lambda tx: (tx.prefetch(ENTRY), tx.find(Entry, LEDGER)), id="find-beside"),
        pytest.param(lambda tx: (tx.prefetch(ENTRY), tx.put(ENTRY, None)), id="put"),
    ],
)
def test_a_unit_of_work_itself_hears_that_a_read_was_given_up(
    documents: FirestoreDocuments, read: Callable[[Transaction], object]
) -> None:
    """And not in the SDK's words: whoever goes on where something cannot be read would go on without it."""
    heard: list[type[Exception]] = []

    def work(tx: Transaction) -> None:
        try:
            read(tx)
        except Exception as error:
            heard.append(type(error))
            raise

    with pytest.raises(BusyError):
        documents.transact(work)
    assert heard == [BusyError]


# ---- Storage -------------------------------------------------------------------------------------


@pytest.fixture(params=["emulated", "real"])
def media(
    monkeypatch: pytest.MonkeyPatch, address: str, request: pytest.FixtureRequest
) -> Iterator[CloudStorage]:
    """Copies are made in another way on the emulator."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://{address}")
    if request.param == "emulated":
        monkeypatch.setenv("FIREBASE_STORAGE_EMULATOR_HOST", address)
    else:
        monkeypatch.delenv("FIREBASE_STORAGE_EMULATOR_HOST", raising=False)
    with admin_app() as app:
        yield CloudStorage("bucket", limit_s=LIMIT_S, app=app, iam=f"http://{address}")


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda media: media.save("a.png", b"a", "image/png", "t"), id="save"),
        pytest.param(lambda media: media.save("a", bytes(9_000_000), "b/c", "t"), id="save-9mb"),
        pytest.param(lambda media: media.copy("gs://b/a", "a", "image/png", "t"), id="copy"),
        pytest.param(lambda media: media.load("a.png"), id="load"),
        pytest.param(lambda media: media.exists("a.png"), id="exists"),
        pytest.param(lambda media: media.list("a"), id="list"),
        pytest.param(lambda media: media.delete({"a.png": 1}), id="delete"),
        pytest.param(
            lambda media: media.upload_address("a.png", "image/png", 9, 60), id="upload-address"
        ),
    ],
)
def test_a_silent_storage_is_given_up(media: CloudStorage, call: Callable[[Any], object]) -> None:
    assert_given_up(lambda: call(media))


# ---- Cloud Tasks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["emulated", "real"])
def test_a_silent_cloud_tasks_is_given_up(
    monkeypatch: pytest.MonkeyPatch, address: str, host: str
) -> None:
    if host == "emulated":
        monkeypatch.setenv("CLOUD_TASKS_EMULATOR_HOST", address)
    else:
        # The SDK's address of the real one is fixed: a proxy that hangs stands for it.
        monkeypatch.delenv("CLOUD_TASKS_EMULATOR_HOST", raising=False)
        monkeypatch.setenv("HTTPS_PROXY", f"http://{address}")
    with admin_app() as app:
        tasks = CloudTasks("us-central1", SystemClock(), 300, LIMIT_S, app)
        assert_given_up(
            lambda: tasks.enqueue(Task("runLamps", "j-1", {"jobId": "j", "delivery": 1}))
        )


@pytest.mark.parametrize("status", [429, 503])
def test_a_cloud_tasks_that_asks_for_more_time_than_there_is_is_given_up(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    def refuse(_: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response(f"{status} No", [("Retry-After", "60"), ("Content-Length", "2")])
        return [b"{}"]

    with serving(refuse) as origin, admin_app() as app:
        monkeypatch.setenv("CLOUD_TASKS_EMULATOR_HOST", origin.removeprefix("http://"))
        tasks = CloudTasks("us-central1", SystemClock(), 300, LIMIT_S, app)
        began_s = time.monotonic()
        with pytest.raises(BusyError):
            tasks.enqueue(Task("runLamps", "j-1", {"jobId": "j", "delivery": 1}))
        assert time.monotonic() - began_s < LIMIT_S + SLACK_S


def test_whoever_gets_no_token_to_enqueue_with_is_to_ask_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CLOUD_TASKS_EMULATOR_HOST", raising=False)
    with admin_app(has_token=False) as app, pytest.raises(BusyError):
        CloudTasks("us-central1", SystemClock(), 300, LIMIT_S, app).enqueue(
            Task("runLamps", "j-1", {"jobId": "j", "delivery": 1})
        )
