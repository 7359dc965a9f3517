"""The bucket, used with the worker's own key: loads references and weights, and saves finished files."""

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from mediaforge_worker.naming import download_token, download_url
from mediaforge_worker.settings import Settings

if TYPE_CHECKING:
    from google.cloud.storage import Client

T = TypeVar("T")
_CONNECT_S, _READ_S = 10, 60


class StorageError(Exception):
    """Cloud Storage cannot be used. The message names the failure, and holds no secret."""


class Files(Protocol):
    """Loads and saves a job's files. A file that is read is named by its path, or by its address where it has
    one. Every method raises StorageError when it fails."""

    @property
    def bucket(self) -> str | None:
        """None where only the caller, who made the job's addresses, knows it."""
        ...

    def save(self, path: str, content: bytes, content_type: str) -> str | None:
        """Stores the file, over an existing one, and returns its download address, if it has one."""
        ...

    def load(self, name: str) -> bytes | None:
        """None when there is no such file."""
        ...

    def download(self, name: str, target: Path) -> bool:
        """A `gs://` file of any bucket the key may read, or one by its address; False when there is none."""
        ...


class CloudStorage:
    """It is made without a request: a wrong key shows at the first use, in the same way as a dead network."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def bucket(self) -> str:
        if not self._settings.bucket:
            raise StorageError("FIREBASE_STORAGE_BUCKET is not set")
        return self._settings.bucket

    def save(self, path: str, content: bytes, content_type: str) -> str:
        token = download_token(self._secret, path)

        def save() -> None:
            blob = self._client.bucket(self.bucket).blob(path)
            blob.metadata = {"firebaseStorageDownloadTokens": token}
            blob.cache_control = "private, max-age=31536000, immutable"
            blob.upload_from_string(content, content_type=content_type, **self._patience)

        self._guarded(save)
        return download_url(self._settings.storage_emulator, self.bucket, path, token)

    def load(self, name: str) -> bytes | None:
        def load() -> bytes:
            content: bytes = (
                self._client.bucket(self.bucket).blob(name).download_as_bytes(**self._patience)
            )
            return content

        return self._guarded(_none_if_missing(load))

    def download(self, name: str, target: Path) -> bool:
        bucket, _, path = name.removeprefix("gs://").partition("/")

        def download() -> bool:
            blob = self._client.bucket(bucket).blob(path)
            blob.download_to_filename(str(target), **self._patience)
            return True

        return bool(self._guarded(_none_if_missing(download)))

    @property
    def _secret(self) -> str:
        key = self._settings.service_account
        return str(key["private_key"]) if key else "emulator"

    @cached_property
    def _client(self) -> "Client":
        from google.auth.credentials import AnonymousCredentials  # noqa: PLC0415
        from google.cloud.storage import Client  # noqa: PLC0415
        from google.oauth2 import service_account  # noqa: PLC0415

        # Otherwise the SDK asks for the bucket's metadata in a thread of its own, for traces that are not
        # used.
        os.environ.setdefault("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")
        settings = self._settings
        if settings.storage_emulator:
            return Client(project=settings.project, credentials=AnonymousCredentials())
        if settings.service_account is None:
            raise StorageError(settings.key_problem or "there is no key")
        credentials = service_account.Credentials.from_service_account_info(
            dict(settings.service_account)
        )
        return Client(project=settings.project, credentials=credentials)

    @property
    def _patience(self) -> dict[str, Any]:
        from google.cloud.storage.retry import DEFAULT_RETRY  # noqa: PLC0415

        limit_s = self._settings.storage_limit_s
        return {
            "timeout": (min(_CONNECT_S, limit_s), _READ_S),
            "retry": DEFAULT_RETRY.with_timeout(limit_s),
        }

    def _guarded(self, call: Callable[[], T]) -> T:
        """Turns every exception into a StorageError: whatever goes wrong with the bucket, the job has its
        files and must go on."""
        try:
            return call()
        except StorageError:
            raise
        except Exception as error:
            # Only the error's name is told: the libraries' messages quote addresses, and parts of a key.
            raise StorageError(f"Cloud Storage: {type(error).__name__}") from error


def _none_if_missing(call: Callable[[], T]) -> Callable[[], T | None]:
    def checked() -> T | None:
        from google.api_core.exceptions import NotFound  # noqa: PLC0415

        try:
            return call()
        except NotFound:
            return None

    return checked
