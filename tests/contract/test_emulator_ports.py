"""The real adapters, on the emulators, keep the contract of their ports."""

import json
import os
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.request import Request, urlopen

import httpx
import pytest
from firebase_admin import auth, firestore
from google.cloud.firestore import Client

from mediaforge import bootstrap, config
from mediaforge.adapters.clock import SystemClock
from mediaforge.adapters.cloud_tasks import CloudTasks
from mediaforge.adapters.firestore import FirestoreDocuments
from mediaforge.adapters.sign_ins import FirebaseSignIns
from mediaforge.adapters.storage import CloudStorage
from tests.contract.documents_contract import DocumentsContract
from tests.contract.media_contract import (
    BYTES_MAX,
    HOUR_S,
    MediaContract,
    Stranger,
    http_get,
    http_put,
    opened,
)
from tests.contract.sign_ins_contract import SignInsContract
from tests.contract.tasks_contract import TasksContract

DELIVERY_LIMIT_S = 120.0


# ---- Firestore ---------------------------------------------------------------------------------


@dataclass
class FirestoreStore:
    client: Client
    documents: FirestoreDocuments
    collection: str

    def write_raw(self, path: str, fields: Mapping[str, Any]) -> None:
        self.client.document(path).set(dict(fields), merge=True)

    def read_raw(self, path: str) -> Mapping[str, Any] | None:
        fields: Mapping[str, Any] | None = self.client.document(path).get().to_dict()
        return fields


@pytest.fixture(scope="module")
def client(suite: object) -> Client:
    bootstrap.initialize_firebase()
    client: Client = firestore.client()
    return client


@pytest.fixture
def store(client: Client) -> FirestoreStore:
    return FirestoreStore(
        client, FirestoreDocuments(client, patience_s=2), f"lamps-{uuid.uuid4().hex}"
    )


# ---- Cloud Tasks -------------------------------------------------------------------------------


@dataclass
class Worker:
    """What a queue delivered to this machine."""

    delivered: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def receive(self, job_id: str) -> None:
        with self.changed:
            self.delivered.append(job_id)
            self.changed.notify_all()


@dataclass
class EmulatorQueue:
    tasks: CloudTasks
    name: str
    worker: Worker

    def deliveries(self, until: str) -> list[str]:
        with self.worker.changed:
            arrived = self.worker.changed.wait_for(
                lambda: until in self.worker.delivered, DELIVERY_LIMIT_S
            )
            assert arrived, f"{until} is not among {self.worker.delivered}"
            return list(self.worker.delivered)


@pytest.fixture
def worker_url() -> Iterator[tuple[Worker, str]]:
    worker = Worker()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            worker.receive(body["data"].get("jobId") or body["data"]["teamId"])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Nothing: the tests look at what was delivered."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield worker, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def queue(suite: object, worker_url: tuple[Worker, str]) -> EmulatorQueue:
    worker, url = worker_url
    name = f"runLamps{uuid.uuid4().hex}"
    # One at a time, so that tasks arrive in the order in which they were queued.
    settings = {"defaultUri": url, "rateLimits": {"maxConcurrentDispatches": 1}}
    create_queue(name, settings)
    bootstrap.initialize_firebase()
    tasks = CloudTasks(config.REGION, SystemClock(), dispatch_deadline_s=30)
    return EmulatorQueue(tasks, name, worker)


def create_queue(name: str, settings: Mapping[str, Any]) -> None:
    host, project = os.environ["CLOUD_TASKS_EMULATOR_HOST"], os.environ["GCLOUD_PROJECT"]
    request = Request(
        f"http://{host}/projects/{project}/locations/{config.REGION}/queues/{name}",
        data=json.dumps(settings).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urlopen(request, timeout=60) as response:  # noqa: S310
        assert response.status == 200


# ---- Cloud Storage -----------------------------------------------------------------------------


@pytest.fixture
def media(suite: object) -> CloudStorage:
    bootstrap.initialize_firebase()
    return CloudStorage(config.read_config().bucket)


@pytest.fixture
def small_media(suite: object) -> CloudStorage:
    bootstrap.initialize_firebase()
    return CloudStorage(config.read_config().bucket, load_bytes_max=BYTES_MAX)


@pytest.fixture
def stranger() -> Stranger:
    def wait(_: float) -> None:
        raise AssertionError("no address of the emulator ends")

    return Stranger(http_put, http_get, wait)


class TestFirestoreDocuments(DocumentsContract):
    def test_reads_and_writes_are_counted_as_they_are_billed(self, store: FirestoreStore) -> None:
        store.write_raw(f"{store.collection}/a", {"name": "a"})
        self.names(store)
        assert (store.documents.usage.reads, store.documents.usage.writes) == (2, 0)

    def test_to_guard_a_document_is_one_write(self, store: FirestoreStore) -> None:
        self.decide(store, "get", lambda: None)
        assert store.documents.usage.writes == 2
        self.decide(store, "peek", lambda: None)
        assert store.documents.usage.writes == 3


class TestCloudTasks(TasksContract):
    pass


class TestCloudStorage(MediaContract):
    writes_blindly = (
        "the Storage emulator knows no generation to be matched: test_storage_protocol has it"
    )
    trusts_strangers = "the Storage emulator looks at no signature: test_storage_protocol has it"

    def test_an_upload_address_is_good_for_one_put(
        self, media: CloudStorage, stranger: Stranger, path: str
    ) -> None:
        address = media.upload_address(path, "image/png", BYTES_MAX, HOUR_S)
        assert stranger.upload(address, b"picture")
        assert not stranger.upload(address, b"again")
        assert media.load(path) == b"picture"

    def test_the_address_opens_the_file(self, media: CloudStorage, path: str) -> None:
        address = media.save(path, b"picture", "image/png", "a-token")
        with urlopen(address, timeout=60) as response:  # noqa: S310 - the emulator on this machine
            assert response.read() == b"picture"
            assert response.headers["Content-Type"] == "image/png"

    def test_the_address_opens_it_until_the_file_opens_to_others(
        self, media: CloudStorage, path: str
    ) -> None:
        old = media.save(path, b"picture", "image/png", "a-token")
        new = media.address(path, "b-token")
        media.open_to(path, {"a-token", "b-token"}, opened(media, path).version)
        assert [status(old), status(new)] == [200, 200]
        media.open_to(path, {"b-token"}, opened(media, path).version)
        assert [status(old), status(new)] == [403, 200]


def status(address: str) -> int:
    return httpx.get(address, timeout=60, trust_env=False).status_code


# ---- Firebase Authentication -------------------------------------------------------------------


@dataclass
class EmulatedRecords:
    sign_ins: FirebaseSignIns = field(default_factory=FirebaseSignIns)

    def sign_up(self, email: str) -> str:
        created = auth.create_user(email=email, email_verified=True)
        uid: str = created.uid
        return uid


class TestFirebaseSignIns(SignInsContract):
    @pytest.fixture
    def records(self, client: object) -> Iterator[EmulatedRecords]:
        yield EmulatedRecords()
        for user in auth.list_users().iterate_all():
            if user.email and user.email.endswith("keeper@mediaforge.test"):
                auth.delete_user(user.uid)
