"""The real Storage adapter, through Google's SDK, against a server that knows generations, as Google's does
and the emulator does not: that a precondition is asked for, and what its 412 becomes."""

import gzip
import time
from collections.abc import Iterable, Iterator
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from mediaforge.adapters.storage import CloudStorage
from tests.contract.media_contract import MediaContract
from tests.protocol.server import serving
from tests.protocol.storage import StorageServer, Stored
from tests.support.admin_app import admin_app


@pytest.fixture
def media(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudStorage]:
    with serving(StorageServer()) as origin, admin_app() as app:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", origin)
        monkeypatch.delenv("FIREBASE_STORAGE_EMULATOR_HOST", raising=False)
        yield CloudStorage("bucket", app=app)


class TestCloudStorageOverItsProtocol(MediaContract):
    pass


LIMIT_S = 4.0


def test_a_large_file_may_take_the_whole_limit_to_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A try's limit is for all of its bytes: given up at half of it, what was paid for would be lost."""
    storage = StorageServer()

    def slow(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if "upload_id" in environ["QUERY_STRING"]:
            time.sleep(LIMIT_S * 0.6)  # before it takes any of it
        return storage(environ, start)

    monkeypatch.delenv("FIREBASE_STORAGE_EMULATOR_HOST", raising=False)
    with serving(slow) as origin, admin_app() as app:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", origin)
        media = CloudStorage("bucket", LIMIT_S, app)
        media.save("a.mp4", bytes(30_000_000), "video/mp4", "token")
    assert len(storage.objects["a.mp4"].content) == 30_000_000


def test_what_was_uploaded_as_compressed_is_not_unfolded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten megabytes of it may be ten gigabytes of picture."""
    storage, folded = StorageServer(), gzip.compress(bytes(10_000_000))
    metadata = {"name": "a.png", "contentType": "image/png", "contentEncoding": "gzip"}
    storage.objects["a.png"] = Stored("a.png", folded, 1, metadata, "2026-01-01T00:00:00Z")
    monkeypatch.delenv("FIREBASE_STORAGE_EMULATOR_HOST", raising=False)
    with serving(storage) as origin, admin_app() as app:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", origin)
        media = CloudStorage("bucket", app=app)
        assert media.load("a.png") == folded
        assert media.head(media.uri("a.png"), 16) == folded[:16]
