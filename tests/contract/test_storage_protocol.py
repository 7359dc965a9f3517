"""The real Storage adapter, through Google's SDK, against a server that knows generations, as Google's does
and the emulator does not: that a precondition is asked for, and what its 412 becomes."""

from collections.abc import Iterator

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
