"""The real Storage adapter, through Google's SDK, against a server that knows generations, as Google's does
and the emulator does not: that a precondition is asked for, and what its 412 becomes."""

import time
from collections.abc import Iterable, Iterator
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from mediaforge.adapters.storage import CloudStorage
from tests.contract.media_contract import MediaContract
from tests.protocol.server import serving
from tests.protocol.storage import StorageServer
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
