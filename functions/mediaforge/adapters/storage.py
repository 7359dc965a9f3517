"""The Media port on Cloud Storage for Firebase."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError
from requests import Response, request
from requests import exceptions as transport

from mediaforge.adapters import signing
from mediaforge.domain.errors import BusyError, FileChangedError, FileTooLargeError
from mediaforge.domain.library.uploads import StoredFile
from mediaforge.ports.media import Head, Opened, UploadAddress, Writer

if TYPE_CHECKING:
    from firebase_admin import App
    from google.auth.credentials import Signing
    from google.cloud.storage import Blob, Bucket

T = TypeVar("T")

LIMIT_S = 60.0
# The largest file that is loaded into memory: as large as a provider may store one for us, and far smaller
# than a function's memory.
LOAD_BYTES_MAX = 256_000_000
# What `writing` and `chunks` send and get at a time. Cloud Storage takes multiples of 256 KiB.
CHUNK_BYTES = 4 * 1024 * 1024
# IAM's signatures are valid for at least this long; after it IAM may have replaced the key that made them.
_SIGNED_S_MAX = 12 * 3600
_SIGNING_S = 10.0
# Firebase's field for a file's download tokens, separated by commas: whoever knows one can read the file.
_TOKENS = "firebaseStorageDownloadTokens"
_BUSY = (
    exceptions.ServerError,
    exceptions.TooManyRequests,
    exceptions.RetryError,
    GoogleAuthError,
    transport.RequestException,
)


class CloudStorage:
    """`limit_s`: a call is given up after so many seconds without an answer. A call that is answered bit by
    bit may take longer, as loading a large file does; sending a file may take `limit_s` as a whole. `app` is
    the Admin SDK's app, None means its default app; `iam` is the origin of the API that signs.

    The emulator matches no generations: there a write is blind, and a file is loaded as it is now. It checks
    no signatures either: an upload address there is a resumable session for one PUT, which fixes the file's
    path and type only, and a read address there is the one that reads any file."""

    def __init__(
        self,
        bucket: str,
        limit_s: float = LIMIT_S,
        app: "App | None" = None,
        iam: str = signing.IAM,
        load_bytes_max: int = LOAD_BYTES_MAX,
    ) -> None:
        self._name = bucket
        self._app = app
        self._limit_s = limit_s
        self._iam = iam
        self._load_bytes_max = load_bytes_max
        host = os.environ.get("FIREBASE_STORAGE_EMULATOR_HOST")
        self._is_emulated = host is not None
        self._origin = f"http://{host}" if host else "https://firebasestorage.googleapis.com"

    @cached_property
    def _bucket(self) -> "Bucket":
        # Loaded by the functions that touch files, not by every callable.
        from firebase_admin import storage  # noqa: PLC0415

        # The SDK would ask for the bucket's metadata in a thread of its own, for traces, and also without
        # them. That takes minutes where nobody answers, and a right that our accounts do not have.
        os.environ.setdefault("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")

        return storage.bucket(self._name, app=self._app)

    @cached_property
    def _patience(self) -> dict[str, Any]:
        """The time limit of each try, and for how long another try may begin. The SDK's own limits are one
        and two minutes. If only the first were set, a call that hangs would be repeated until the second is
        over."""
        from google.cloud.storage.retry import DEFAULT_RETRY  # noqa: PLC0415

        half_s = self._limit_s / 2
        return {"timeout": half_s, "retry": DEFAULT_RETRY.with_timeout(half_s)}

    @property
    def _patience_to_send(self) -> dict[str, Any]:
        """A try's limit is for all bytes of a file together: half of `limit_s` would be too little for a
        large file on a slow line. Once a try has used it up, no other try begins."""
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
        return self.address(path, token)

    def replace(
        self, path: str, content: bytes, content_type: str, over: int, token: str | None = None
    ) -> int:
        blob = self._bucket.blob(path)
        if over:
            before = self._call(lambda: self._bucket.get_blob(path, **self._patience))
            if before is None or int(before.generation) != over:
                raise FileChangedError("Storage has another generation of this file")
            blob.metadata = before.metadata
            blob.cache_control = before.cache_control
            blob.content_disposition = before.content_disposition
        if token is not None:
            blob.metadata = {_TOKENS: token}
        self._call(
            lambda: blob.upload_from_string(
                content,
                content_type=content_type,
                if_generation_match=over,
                **self._patience_to_send,
            )
        )
        return int(blob.generation)

    def writing(
        self, path: str, content_type: str, token: str, over: int = 0
    ) -> AbstractContextManager[Writer]:
        blob = self._addressed(path, token)
        if self._is_emulated:
            return self._spooled(blob, content_type)
        return self._sent_in_chunks(blob, content_type, over)

    @contextmanager
    def _sent_in_chunks(self, blob: "Blob", content_type: str, over: int) -> Iterator[Writer]:
        """A resumable upload. One that is not ended makes no file, and Storage drops it after a week."""
        file = blob.open(
            "wb",
            chunk_size=CHUNK_BYTES,
            content_type=content_type,
            if_generation_match=over,
            **self._patience,
        )
        try:
            yield _Sending(lambda content: self._call(lambda: file.write(content)))
            self._call(file.close)
        except BaseException:
            # Otherwise the SDK would end the upload once `file` is collected. Its own `terminate` leaves that
            # open where its call fails, and asks for another address than the upload's.
            file._buffer.close()
            raise

    @contextmanager
    def _spooled(self, blob: "Blob", content_type: str) -> Iterator[Writer]:
        """The emulator takes the first chunk of an upload for the whole file: so it is sent the whole file,
        which lies on the disk until then. It takes 130 MB at most."""
        with tempfile.TemporaryFile() as file:
            yield _Sending(file.write)
            size = file.tell()
            file.seek(0)
            self._call(
                lambda: blob.upload_from_file(
                    file, size=size, content_type=content_type, **self._patience_to_send
                )
            )

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
        return self.address(path, token)

    def _rewrite(self, source: "Blob", target: "Blob", over: int) -> None:
        """Copies within Storage; a large file takes several calls."""
        expects: dict[str, Any] = {"if_generation_match": over, **self._patience}
        token, _, _ = target.rewrite(source, **expects)
        while token is not None:
            token, _, _ = target.rewrite(source, token=token, **expects)

    def _copy_through_here(self, source: "Blob", target: "Blob", over: int) -> None:
        # The emulator has `rewriteTo`, but not under the path at which the SDK asks for it.
        content = source.download_as_bytes(**self._patience)
        target.upload_from_string(
            content,
            content_type=target.content_type,
            if_generation_match=over,
            **self._patience_to_send,
        )

    def _addressed(self, path: str, token: str) -> "Blob":
        blob = self._bucket.blob(path)
        # A download token makes an unguessable address for the owner's <img>, without a call that signs.
        blob.metadata = {_TOKENS: token}
        blob.cache_control = "private, max-age=31536000, immutable"
        return blob

    def address(self, path: str, token: str) -> str:
        return f"{self._object_url(path)}?alt=media&token={token}"

    def _object_url(self, path: str) -> str:
        return f"{self._origin}/v0/b/{self._name}/o/{quote(path, safe='')}"

    def opened(self, path: str) -> Opened | None:
        blob = self._call(lambda: self._bucket.get_blob(path, **self._patience))
        if blob is None:
            return None
        tokens = (blob.metadata or {}).get(_TOKENS) or ""
        version = (int(blob.generation), int(blob.metageneration))
        return Opened(frozenset(filter(None, tokens.split(","))), version)

    def open_to(self, path: str, tokens: Set[str], version: tuple[int, int]) -> None:
        if self._is_emulated:
            self._open_emulated(path, tokens)
            return
        blob = self._bucket.blob(path)
        blob.metadata = {_TOKENS: ",".join(sorted(tokens)) or None}
        generation, metageneration = version
        expects: dict[str, Any] = {
            "if_generation_match": generation,
            "if_metageneration_match": metageneration,
            **self._patience,
        }
        try:
            self._call(lambda: blob.patch(**expects))
        except exceptions.NotFound as error:
            raise FileChangedError("Storage has no such file any more") from error

    def _open_emulated(self, path: str, tokens: Set[str]) -> None:
        """The emulator adds the tokens in the metadata to those of the file; each other token has to be ended
        by a call of its own."""
        opened = self.opened(path)
        if opened is None:
            raise FileChangedError("Storage has no such file any more")
        added = {"metadata": {_TOKENS: ",".join(sorted(tokens))}}
        self._call(lambda: self._ask_emulator("PATCH", path, json=added))
        for token in opened.tokens - tokens:
            ended = {"delete_token": token}
            self._call(lambda ended=ended: self._ask_emulator("POST", path, params=ended))  # type: ignore[misc]

    def _ask_emulator(self, method: str, path: str, **what: Any) -> None:
        owner = {"Authorization": "Bearer owner"}
        answer: Response = request(
            method, self._object_url(path), headers=owner, timeout=self._limit_s, **what
        )
        answer.raise_for_status()

    def load(self, path: str, generation: int | None = None) -> bytes | None:
        blob = self._bucket.blob(path, generation=generation)
        content = _Bounded(self._load_bytes_max)
        try:
            self._call(lambda: blob.download_to_file(content, raw_download=True, **self._patience))
        except exceptions.NotFound:
            return None
        return content.getvalue()

    def chunks(self, path: str) -> Iterator[bytes] | None:
        blob = self._call(lambda: self._bucket.get_blob(path, **self._patience))
        return None if blob is None else self._chunks_of(blob)

    def _chunks_of(self, blob: "Blob") -> Iterator[bytes]:
        size, asked = int(blob.size), {"if_generation_match": blob.generation, **self._patience}
        for start in range(0, size, CHUNK_BYTES):
            end = min(start + CHUNK_BYTES, size) - 1
            yield self._chunk(blob, start, end, asked)

    def _chunk(self, blob: "Blob", start: int, end: int, asked: Mapping[str, Any]) -> bytes:
        try:
            content: bytes = self._call(
                lambda: blob.download_as_bytes(start=start, end=end, raw_download=True, **asked)
            )
        except exceptions.NotFound as error:
            raise FileChangedError("Storage has no such file any more") from error
        return content

    def head(self, uri: str, bytes_max: int) -> Head | None:
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
            return Head(b"", 0)  # there is not even a first byte
        return Head(content[:bytes_max], int(blob.generation or 0))

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

    def stored(self, prefix: str, start: str = "") -> Iterator[StoredFile]:
        asked = {"prefix": prefix, "start_offset": start or None}
        pages = self._bucket.list_blobs(**asked, **self._patience).pages
        while (page := self._call(lambda: next(pages, None))) is not None:
            for blob in page:
                if blob.name < start:
                    continue  # the emulator knows no `start_offset`
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

    def upload_address(
        self, path: str, content_type: str, bytes_max: int, valid_s: int
    ) -> UploadAddress:
        if self._is_emulated:
            return self._session_address(path, content_type)
        headers = {
            "Content-Type": content_type,
            "x-goog-content-length-range": f"0,{bytes_max}",
        }
        return UploadAddress(self._signed("PUT", path, valid_s, headers), headers)

    def read_address(self, path: str, valid_s: int, generation: int | None = None) -> str:
        if self._is_emulated:  # it keeps no generations apart
            file = f"{self._name}/o/{quote(path, safe='')}"
            return f"{self._origin}/download/storage/v1/b/{file}?alt=media"
        return self._signed("GET", path, valid_s, {}, generation)

    def _signed(
        self,
        method: str,
        path: str,
        valid_s: int,
        headers: Mapping[str, str],
        generation: int | None = None,
    ) -> str:
        """A V4 signed URL. Whoever uses it has to send exactly these `headers`."""
        blob = self._bucket.blob(path)
        address: str = self._call(
            lambda: blob.generate_signed_url(
                version="v4",
                method=method,
                expiration=timedelta(seconds=min(valid_s, _SIGNED_S_MAX)),
                headers=dict(headers),
                credentials=self._signing,
                generation=generation,
            )
        )
        return address

    @cached_property
    def _signing(self) -> "Signing":
        import firebase_admin  # noqa: PLC0415 - as in `_bucket`

        app = self._app or firebase_admin.get_app()
        limit_s = min(_SIGNING_S, self._limit_s)
        return signing.signing_credentials(app.credential.get_credential(), limit_s, self._iam)

    def _session_address(self, path: str, content_type: str) -> UploadAddress:
        blob = self._bucket.blob(path)
        url: str = self._call(
            lambda: blob.create_resumable_upload_session(
                content_type=content_type, checksum=None, **self._patience
            )
        )
        return UploadAddress(url, {"Content-Type": content_type})

    def _call(self, call: Callable[[], T]) -> T:
        try:
            return _in_one_tongue(call)
        except exceptions.PreconditionFailed as error:
            raise FileChangedError("Storage has another generation of this file") from error
        except _BUSY as error:
            raise BusyError(f"Storage: {type(error).__name__}") from error


def _in_one_tongue(call: Callable[[], T]) -> T:
    """A file that is written bit by bit says what Storage refuses in another class than all other calls."""
    from google.cloud.storage.exceptions import InvalidResponse  # noqa: PLC0415 - as in `_bucket`

    try:
        return call()
    except InvalidResponse as error:
        raise exceptions.from_http_response(error.response) from error


class _Sending:
    """A file that can only be written. It is flushed by its end alone."""

    def __init__(self, write: Callable[[bytes], int]) -> None:
        self._write = write

    def write(self, content: bytes, /) -> int:
        return self._write(content)

    def flush(self) -> None:
        """Nothing: Storage takes whole chunks."""


class _Bounded(BytesIO):
    """A buffer for at most `bytes_max` bytes of a file. Raises FileTooLargeError for more."""

    def __init__(self, bytes_max: int) -> None:
        super().__init__()
        self._bytes_max = bytes_max

    def write(self, content: Any) -> int:
        if self.tell() + len(content) > self._bytes_max:
            raise FileTooLargeError(f"Storage: a file of more than {self._bytes_max} bytes")
        return super().write(content)
