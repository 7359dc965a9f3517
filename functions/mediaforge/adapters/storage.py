"""The Media port on Cloud Storage for Firebase."""

import os
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError
from requests import exceptions as transport

from mediaforge.domain.errors import BusyError, FileChangedError
from mediaforge.domain.uploads import StoredFile

if TYPE_CHECKING:
    from firebase_admin import App
    from google.cloud.storage import Blob, Bucket

T = TypeVar("T")

LIMIT_S = 60.0
_BUSY = (
    exceptions.ServerError,
    exceptions.TooManyRequests,
    exceptions.RetryError,
    GoogleAuthError,
    transport.RequestException,
)


class CloudStorage:
    """`limit_s`: after so long without an answer a call is given up; one that answers bit by bit may take
    longer, as the reading of a large file does; to send one may take that long. The emulator knows no
    generation to be matched: there a write is blind.
    `app` is the Admin SDK's, None its default one."""

    def __init__(self, bucket: str, limit_s: float = LIMIT_S, app: "App | None" = None) -> None:
        self._name = bucket
        self._app = app
        self._limit_s = limit_s
        host = os.environ.get("FIREBASE_STORAGE_EMULATOR_HOST")
        self._is_emulated = host is not None
        self._origin = f"http://{host}" if host else "https://firebasestorage.googleapis.com"

    @cached_property
    def _bucket(self) -> "Bucket":
        # Loaded by the functions that touch files, not by every callable.
        from firebase_admin import storage  # noqa: PLC0415

        return storage.bucket(self._name, app=self._app)

    @cached_property
    def _patience(self) -> dict[str, Any]:
        """The time limit of each try, and until when another may begin. The SDK's own are a minute and
        two: with the first alone, what hangs would be asked again until the second is over."""
        from google.cloud.storage.retry import DEFAULT_RETRY  # noqa: PLC0415

        half_s = self._limit_s / 2
        return {"timeout": half_s, "retry": DEFAULT_RETRY.with_timeout(half_s)}

    @property
    def _patience_to_send(self) -> dict[str, Any]:
        """A try's limit counts for all bytes of a file together: half of it would be too little for a large
        one on a slow line. Where it was used up, no other try begins."""
        return {**self._patience, "timeout": self._limit_s}

    def save(self, path: str, content: bytes, content_type: str, token: str, over: int = 0) -> str:
        blob = self._addressed(path, token)
        self._call(
            lambda: blob.upload_from_string(
                content,
                content_type=content_type,
                if_generation_match=over,
                **self._patience_to_send,
            )
        )
        return self._address(path, token)

    def uri(self, path: str) -> str:
        return f"gs://{self._name}/{path}"

    def copy(self, uri: str, path: str, content_type: str, token: str, over: int = 0) -> str | None:
        source_bucket, _, source_path = uri.removeprefix("gs://").partition("/")
        blob = self._addressed(path, token)
        blob.content_type = content_type
        source = self._bucket.client.bucket(source_bucket).blob(source_path)
        copy = self._copy_through_here if self._is_emulated else self._rewrite
        try:
            self._call(lambda: copy(source, blob, over))
        except exceptions.NotFound:
            return None
        return self._address(path, token)

    def _rewrite(self, source: "Blob", target: "Blob", over: int) -> None:
        """Within Storage; a large file takes several calls."""
        expects: dict[str, Any] = {"if_generation_match": over, **self._patience}
        token, _, _ = target.rewrite(source, **expects)
        while token is not None:
            token, _, _ = target.rewrite(source, token=token, **expects)

    def _copy_through_here(self, source: "Blob", target: "Blob", over: int) -> None:
        # The emulator knows `rewriteTo`, but not under the path at which the SDK asks for it.
        content = source.download_as_bytes(**self._patience)
        target.upload_from_string(
            content,
            content_type=target.content_type,
            if_generation_match=over,
            **self._patience_to_send,
        )

    def _addressed(self, path: str, token: str) -> "Blob":
        blob = self._bucket.blob(path)
        # Firebase's own download token: an unguessable address for the owner's <img>, no signing call.
        blob.metadata = {"firebaseStorageDownloadTokens": token}
        blob.cache_control = "private, max-age=31536000, immutable"
        return blob

    def _address(self, path: str, token: str) -> str:
        return f"{self._origin}/v0/b/{self._name}/o/{quote(path, safe='')}?alt=media&token={token}"

    def load(self, path: str) -> bytes | None:
        blob = self._bucket.blob(path)
        try:
            content: bytes = self._call(
                lambda: blob.download_as_bytes(raw_download=True, **self._patience)
            )
        except exceptions.NotFound:
            return None
        return content

    def head(self, uri: str, bytes_max: int) -> bytes | None:
        bucket, _, path = uri.removeprefix("gs://").partition("/")
        blob = self._bucket.client.bucket(bucket).blob(path)
        try:
            content: bytes = self._call(
                lambda: blob.download_as_bytes(
                    end=bytes_max - 1, raw_download=True, **self._patience
                )
            )
        except exceptions.NotFound:
            return None
        except exceptions.RequestRangeNotSatisfiable:
            return b""  # there is not even a first byte
        return content[:bytes_max]

    def exists(self, path: str) -> bool:
        blob = self._bucket.blob(path)
        return bool(self._call(lambda: blob.exists(**self._patience)))

    def list(self, prefix: str) -> dict[str, int]:
        return self._call(
            lambda: {
                blob.name: int(blob.generation)
                for blob in self._bucket.list_blobs(prefix=prefix, **self._patience)
            }
        )

    def stored(self, prefix: str) -> Iterator[StoredFile]:
        pages = self._bucket.list_blobs(prefix=prefix, **self._patience).pages
        while (page := self._call(lambda: next(pages, None))) is not None:
            for blob in page:
                yield StoredFile(
                    path=blob.name,
                    generation=int(blob.generation),
                    size_bytes=int(blob.size),
                    content_type=blob.content_type or "",
                    stored_at=blob.time_created,
                )

    def delete(self, files: Mapping[str, int]) -> None:
        for path, generation in files.items():
            self._delete(path, generation)

    def _delete(self, path: str, generation: int) -> None:
        blob = self._bucket.blob(path)
        try:
            self._call(lambda: blob.delete(if_generation_match=generation, **self._patience))
        except (exceptions.NotFound, FileChangedError):
            return

    def _call(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except exceptions.PreconditionFailed as error:
            raise FileChangedError("Storage has another generation of this file") from error
        except _BUSY as error:
            raise BusyError(f"Storage: {type(error).__name__}") from error
