"""The real Storage adapter, through Google's SDK, against a server that knows generations and signatures, as
Google's does and the emulator does not: that a precondition is asked for, and what its 412 becomes; what an
address that was signed by IAM is good for."""

import gc
import gzip
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from google.oauth2 import service_account

from mediaforge.adapters.signing import signing_credentials
from mediaforge.adapters.storage import CloudStorage
from mediaforge.domain.errors import BusyError, FileChangedError, SigningError
from protocols.server import serving
from protocols.storage import StorageServer, Stored
from tests.contract.media_contract import (
    BYTES_MAX,
    HOUR_S,
    MediaContract,
    Stranger,
    begins,
    break_off,
    http_get,
    http_put,
)
from tests.support.admin_app import admin_app

ACCOUNT = "functions@demo-mediaforge.iam.gserviceaccount.com"  # of `admin_app`


@pytest.fixture
def server() -> StorageServer:
    return StorageServer()


@contextmanager
def storage(
    server: StorageServer, monkeypatch: pytest.MonkeyPatch, load_bytes_max: int = 256_000_000
) -> Iterator[CloudStorage]:
    with serving(server) as origin, admin_app() as app:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", origin)
        monkeypatch.delenv("FIREBASE_STORAGE_EMULATOR_HOST", raising=False)
        yield CloudStorage("bucket", app=app, iam=origin, load_bytes_max=load_bytes_max)


@pytest.fixture
def media(server: StorageServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudStorage]:
    with storage(server, monkeypatch) as media:
        yield media


@pytest.fixture
def small_media(server: StorageServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudStorage]:
    with storage(server, monkeypatch, BYTES_MAX) as media:
        yield media


@pytest.fixture
def stranger(server: StorageServer) -> Stranger:
    passed = timedelta()

    def wait(seconds: float) -> None:
        nonlocal passed
        passed += timedelta(seconds=seconds)

    server.now = lambda: datetime.now(UTC) + passed
    return Stranger(http_put, http_get, wait)


class TestCloudStorageOverItsProtocol(MediaContract):
    def test_an_address_of_one_writing_gives_no_later_one(
        self, media: CloudStorage, stranger: Stranger
    ) -> None:
        """The emulator keeps no writings apart, so this is no part of the contract's suite."""
        media.save("a.png", b"seen", "image/png", "t")
        generation = media.list("a.png")["a.png"]
        address = media.read_address("a.png", HOUR_S, generation)
        assert stranger.get(address) == b"seen"
        media.save("a.png", b"written over", "image/png", "t", generation)
        assert stranger.get(address) is None


# ---- who signs -----------------------------------------------------------------------------------


def test_addresses_are_signed_by_the_functions_own_account(
    media: CloudStorage, server: StorageServer
) -> None:
    address = media.read_address("a.png", HOUR_S)
    assert server.signer.asked_for == [ACCOUNT]
    assert parse_qs(urlsplit(address).query)["X-Goog-Credential"][0].startswith(f"{ACCOUNT}/")


def test_an_address_is_never_signed_for_longer_than_iam_keeps_its_key(media: CloudStorage) -> None:
    address = media.read_address("a.png", 7 * 24 * HOUR_S)
    assert parse_qs(urlsplit(address).query)["X-Goog-Expires"] == [str(12 * HOUR_S)]


def test_whom_iam_does_not_let_sign_is_the_operators_to_mend(
    media: CloudStorage, server: StorageServer
) -> None:
    server.signer.refusal = 403
    with pytest.raises(SigningError, match="signBlob 403"):
        media.read_address("a.png", HOUR_S)


def test_an_iam_that_has_no_time_is_asked_again_later(
    media: CloudStorage, server: StorageServer
) -> None:
    server.signer.is_busy = 1
    with pytest.raises(BusyError):
        media.read_address("a.png", HOUR_S)
    assert media.read_address("a.png", HOUR_S)


def test_credentials_of_a_key_sign_without_a_call() -> None:
    own = service_account.Credentials(None, ACCOUNT, "https://nowhere.test/token")
    assert signing_credentials(own, 1.0) is own


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


def test_an_upload_that_is_given_up_is_never_ended(
    media: CloudStorage, server: StorageServer
) -> None:
    """The SDK's file would end its upload, with what it has, once it is collected."""
    with pytest.raises(ZeroDivisionError):
        break_off(media, "a.zip")
    gc.collect()
    assert [path for path in server.asked if path.startswith("/upload/")]
    assert server.objects == {}


def test_a_file_that_changes_while_it_is_read_is_not_mixed_up(media: CloudStorage) -> None:
    media.save("a.mp4", bytes(9_000_000), "video/mp4", "t")
    chunks = media.chunks("a.mp4")
    assert chunks is not None
    next(chunks)
    media.save("a.mp4", bytes(9_000_000), "video/mp4", "t", media.list("a.mp4")["a.mp4"])
    with pytest.raises(FileChangedError):
        next(chunks)


def test_a_file_that_is_deleted_while_it_is_read_is_not_taken_for_a_short_one(
    media: CloudStorage,
) -> None:
    media.save("a.mp4", bytes(9_000_000), "video/mp4", "t")
    chunks = media.chunks("a.mp4")
    assert chunks is not None
    media.delete(media.list("a.mp4"))
    with pytest.raises(FileChangedError):
        next(chunks)


def test_nobody_asks_about_the_bucket_behind_our_back(
    media: CloudStorage, server: StorageServer
) -> None:
    """The SDK would, in a thread that goes on asking when the call is long answered."""
    for name in ("a", "b", "c"):
        media.save(f"{name}.png", b"x", "image/png", "t")
        assert media.load(f"{name}.png") == b"x"
    assert server.asked
    assert [path for path in server.asked if path.rstrip("/").endswith("/b/bucket")] == []


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
        assert begins(media, "a.png") == folded[:16]
