"""What a run is stored in: dicts, or the emulators through the real adapters, in a database that no
function of the suite listens to."""

import threading
from collections.abc import Iterator, Mapping, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore

from mediaforge.adapters.firestore import FirestoreDocuments
from mediaforge.domain.errors import FileChangedError
from mediaforge.domain.library.uploads import StoredFile
from mediaforge.ports.documents import Documents
from mediaforge.ports.media import Head, Media, Opened, Writer
from tests.memory.documents import MemoryDocuments
from tests.memory.indexes import DEPLOYED
from tests.memory.media import MemoryMedia
from tests.support.stored import row

Contents = Mapping[str, Mapping[str, Any]]


_SUBCOLLECTIONS = {
    *("ledger", "images", "videos", "members", "former", "invites", "rows", "shared_with")
}


class Stores(Protocol):
    @property
    def documents(self) -> Documents: ...

    @property
    def media(self) -> Media: ...

    def contents(self) -> Contents:
        """Every document by its path, as the database has it; a job's in one row."""
        ...

    def files(self) -> Set[str]:
        """The path of every file."""
        ...


@dataclass
class MemoryStores:
    documents: MemoryDocuments = field(default_factory=lambda: MemoryDocuments(DEPLOYED))
    media: MemoryMedia = field(default_factory=MemoryMedia)

    def contents(self) -> Contents:
        return {
            path: row(path, fields) for path, (fields, _) in self.documents.everything().items()
        }

    def files(self) -> Set[str]:
        return set(self.media.files)


@dataclass
class MatchedMedia:
    """The Storage emulator, which writes blindly, with the generations matched here: all who write are in
    this process."""

    inner: Media
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def save(self, path: str, content: bytes, content_type: str, token: str, over: int = 0) -> str:
        with self._lock:
            self._match(path, over)
            return self.inner.save(path, content, content_type, token, over)

    def copy(self, uri: str, path: str, content_type: str, token: str, over: int = 0) -> str | None:
        with self._lock:
            self._match(path, over)
            return self.inner.copy(uri, path, content_type, token, over)

    def _match(self, path: str, over: int) -> None:
        if self.inner.list(path).get(path, 0) != over:
            raise FileChangedError(path)

    def uri(self, path: str) -> str:
        return self.inner.uri(path)

    def replace(
        self, path: str, content: bytes, content_type: str, over: int, token: str | None = None
    ) -> int:
        with self._lock:
            self._match(path, over)
            return self.inner.replace(path, content, content_type, over, token)

    def writing(
        self, path: str, content_type: str, token: str, over: int = 0
    ) -> AbstractContextManager[Writer]:
        self._match(path, over)
        return self.inner.writing(path, content_type, token, over)

    def chunks(self, path: str) -> Iterator[bytes] | None:
        return self.inner.chunks(path)

    def load(self, path: str, generation: int | None = None) -> bytes | None:
        return self.inner.load(path, generation)

    def head(self, uri: str, bytes_max: int) -> Head | None:
        return self.inner.head(uri, bytes_max)

    def stored(self, prefix: str, start: str = "") -> Iterator[StoredFile]:
        return self.inner.stored(prefix, start)

    def exists(self, path: str) -> bool:
        return self.inner.exists(path)

    def list(self, prefix: str) -> Mapping[str, int]:
        return self.inner.list(prefix)

    def address(self, path: str, token: str) -> str:
        return self.inner.address(path, token)

    def opened(self, path: str) -> Opened | None:
        return self.inner.opened(path)

    def open_to(self, path: str, tokens: Set[str], version: tuple[int, int]) -> None:
        with self._lock:
            found = self.inner.opened(path)
            if found is None or found.version != version:
                raise FileChangedError(path)
            self.inner.open_to(path, tokens, version)

    def delete(self, files: Mapping[str, int]) -> None:
        with self._lock:
            for path, generation in files.items():
                if self.inner.list(path).get(path) == generation:
                    self.inner.delete({path: generation})


class FirestoreStores:
    """A database of its own, and the files of the users whose ids begin with `uids`; both are emptied."""

    def __init__(self, address: str, project: str, media: Media, uids: str) -> None:
        self._database = f"http://{address}/emulator/v1/projects/{project}/databases/(default)"
        self._files = f"generating/{uids}"
        self.media = MatchedMedia(media)
        self.empty()
        self._client = firestore.Client(project=project, credentials=AnonymousCredentials())
        self.documents = FirestoreDocuments(self._client)

    def contents(self) -> Contents:
        roots = {collection.id for collection in self._client.collections()}
        return {
            snapshot.reference.path: row(snapshot.reference.path, snapshot.to_dict() or {})
            for name in roots | _SUBCOLLECTIONS
            for snapshot in self._client.collection_group(name).stream()
        }

    def files(self) -> Set[str]:
        return set(self.media.list(self._files))

    def close(self) -> None:
        """Leaves nothing behind."""
        self.empty()
        self._client.close()

    def empty(self) -> None:
        url = f"{self._database}/documents"
        httpx.delete(url, timeout=60, trust_env=False).raise_for_status()
        self.media.delete(self.media.list(self._files))
