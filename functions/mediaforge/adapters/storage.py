"""The Media port on Cloud Storage for Firebase."""

import os
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError
from requests import exceptions as transport

from mediaforge.domain.errors import BusyError

if TYPE_CHECKING:
    from google.cloud.storage import Blob, Bucket

_BUSY = (
    exceptions.ServerError,
    exceptions.TooManyRequests,
    exceptions.RetryError,
    GoogleAuthError,
    transport.ConnectionError,
    transport.Timeout,
)
_TIMEOUT_S = 60


class CloudStorage:
    def __init__(self, bucket: str) -> None:
        self._name = bucket
        host = os.environ.get("FIREBASE_STORAGE_EMULATOR_HOST")
        self._is_emulated = host is not None
        self._origin = f"http://{host}" if host else "https://firebasestorage.googleapis.com"

    @cached_property
    def _bucket(self) -> "Bucket":
        # Loaded by the functions that touch files, not by every callable.
        from firebase_admin import storage  # noqa: PLC0415

        return storage.bucket(self._name)

    def save(self, path: str, content: bytes, content_type: str, token: str) -> str:
        blob = self._addressed(path, token)
        try:
            blob.upload_from_string(content, content_type=content_type, timeout=_TIMEOUT_S)
        except _BUSY as error:
            raise BusyError(f"Storage: {type(error).__name__}") from error
        return self._address(path, token)

    def uri(self, path: str) -> str:
        return f"gs://{self._name}/{path}"

    def copy(self, uri: str, path: str, content_type: str, token: str) -> str | None:
        source_bucket, _, source_path = uri.removeprefix("gs://").partition("/")
        blob = self._addressed(path, token)
        blob.content_type = content_type
        source = self._bucket.client.bucket(source_bucket).blob(source_path)
        try:
            (_copy_through_here if self._is_emulated else _rewrite)(source, blob)
        except exceptions.NotFound:
            return None
        except _BUSY as error:
            raise BusyError(f"Storage: {type(error).__name__}") from error
        return self._address(path, token)

    def _addressed(self, path: str, token: str) -> "Blob":
        blob = self._bucket.blob(path)
        # Firebase's own download token: an unguessable address for the owner's <img>, no signing call.
        blob.metadata = {"firebaseStorageDownloadTokens": token}
        blob.cache_control = "private, max-age=31536000, immutable"
        return blob

    def _address(self, path: str, token: str) -> str:
        return f"{self._origin}/v0/b/{self._name}/o/{quote(path, safe='')}?alt=media&token={token}"

    def load(self, path: str) -> bytes | None:
        try:
            content: bytes = self._bucket.blob(path).download_as_bytes(timeout=_TIMEOUT_S)
        except exceptions.NotFound:
            return None
        except _BUSY as error:
            raise BusyError(f"Storage: {type(error).__name__}") from error
        return content

    def exists(self, path: str) -> bool:
        try:
            return bool(self._bucket.blob(path).exists(timeout=_TIMEOUT_S))
        except _BUSY as error:
            raise BusyError(f"Storage: {type(error).__name__}") from error

    def list(self, prefix: str) -> list[str]:
        try:
            return [
                blob.name for blob in self._bucket.list_blobs(prefix=prefix, timeout=_TIMEOUT_S)
            ]
        except _BUSY as error:
            raise BusyError(f"Storage: {type(error).__name__}") from error

    def delete(self, paths: Iterable[str]) -> None:
        for path in paths:
            try:
                self._bucket.blob(path).delete(timeout=_TIMEOUT_S)
            except exceptions.NotFound:
                continue
            except _BUSY as error:
                raise BusyError(f"Storage: {type(error).__name__}") from error


def _rewrite(source: "Blob", target: "Blob") -> None:
    """Within Storage; a large file takes several calls."""
    token, _, _ = target.rewrite(source, timeout=_TIMEOUT_S)
    while token is not None:
        token, _, _ = target.rewrite(source, token=token, timeout=_TIMEOUT_S)


def _copy_through_here(source: "Blob", target: "Blob") -> None:
    # The emulator knows `rewriteTo`, but not under the path at which the SDK asks for it.
    content = source.download_as_bytes(timeout=_TIMEOUT_S)
    target.upload_from_string(content, content_type=target.content_type, timeout=_TIMEOUT_S)
