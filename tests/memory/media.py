"""A bucket of Cloud Storage, in memory."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from urllib.parse import quote

from mediaforge.domain.errors import FileChangedError, FileTooLargeError
from mediaforge.domain.library.uploads import StoredFile
from mediaforge.ports.media import Head, Opened, UploadAddress

CHUNK_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Grant:
    """What an address is good for. `upload` is None for an address that is for reading; `generation` is the
    only writing of the file that it gives, where there is one."""

    path: str
    ends_s: float
    upload: UploadAddress | None = None
    bytes_max: int = 0
    generation: int | None = None


@dataclass
class MemoryMedia:
    """Files in a dict. A file that a test has put into `files` directly has generation 1, was stored just
    now, opens to nobody, and has no type. `put` and `get` do what the server behind the signed addresses
    would do; `class_a` and `class_b` count operations as Cloud Storage bills them, `loads` and `heads` those
    that read a file."""

    files: dict[str, bytes] = field(default_factory=dict)
    bucket: str = "memory"
    load_bytes_max: int = 256_000_000
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    now_s: Callable[[], float] = time.monotonic
    class_a: int = 0
    class_b: int = 0
    loads: int = 0
    heads: int = 0
    _grants: dict[str, _Grant] = field(default_factory=dict)
    _written: dict[str, int] = field(default_factory=dict)
    _opened: dict[str, Opened] = field(default_factory=dict)
    _said: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    _last: int = 1
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def save(
        self,
        path: str,
        content: bytes,
        content_type: str,
        token: str,
        over: int = 0,
    ) -> str:
        with self._lock:
            if self._generation(path) != over:
                raise FileChangedError(path)
            self._last += 1
            self.class_a += 1
            self.files[path], self._written[path] = content, self._last
            self._opened[path] = Opened(frozenset({token}), (self._last, 1))
            self._said[path] = content_type, self.now()
        return self.address(path, token)

    @contextmanager
    def writing(self, path: str, content_type: str, token: str, over: int = 0) -> Iterator[BytesIO]:
        file = BytesIO()
        yield file
        self.save(path, file.getvalue(), content_type, token, over)

    def address(self, path: str, token: str) -> str:
        return f"memory://{path}?token={token}"

    def answer(self, address: str) -> bytes | None:
        """The content that a GET of the address is answered with; None where the file does not open to its
        token."""
        path, _, token = address.removeprefix("memory://").partition("?token=")
        with self._lock:
            opened = self._whom(path)
            return self.files[path] if opened is not None and token in opened.tokens else None

    def opened(self, path: str) -> Opened | None:
        with self._lock:
            self.class_b += 1
            return self._whom(path)

    def _whom(self, path: str) -> Opened | None:
        if path not in self.files:
            return None
        return self._opened.get(path, Opened(frozenset(), (self._generation(path), 1)))

    def open_to(self, path: str, tokens: Set[str], version: tuple[int, int]) -> None:
        with self._lock:
            opened = self._whom(path)
            if opened is None or opened.version != version:
                raise FileChangedError(path)
            self.class_a += 1
            generation, changes = version
            self._opened[path] = Opened(frozenset(tokens), (generation, changes + 1))

    def _generation(self, path: str) -> int:
        return self._written.get(path, 1) if path in self.files else 0

    def uri(self, path: str) -> str:
        return f"gs://{self.bucket}/{path}"

    def copy(self, uri: str, path: str, content_type: str, token: str, over: int = 0) -> str | None:
        content = self.files.get(uri.removeprefix(f"gs://{self.bucket}/"))
        return None if content is None else self.save(path, content, content_type, token, over)

    def replace(
        self, path: str, content: bytes, content_type: str, over: int, token: str | None = None
    ) -> int:
        with self._lock:
            before = self._whom(path)
            if self._generation(path) != over:
                raise FileChangedError(path)
            self._last += 1
            self.class_a += 1
            self.files[path], self._written[path] = content, self._last
            kept = before.tokens if before is not None else frozenset()
            tokens = kept if token is None else frozenset({token})
            self._opened[path] = Opened(tokens, (self._last, 1))
            self._said[path] = content_type, self.now()
            return self._last

    def load(self, path: str, generation: int | None = None) -> bytes | None:
        with self._lock:
            self.class_b += 1
            self.loads += 1
            content = self.files.get(path)
            if generation is not None and self._generation(path) != generation:
                return None
        if content is not None and len(content) > self.load_bytes_max:
            raise FileTooLargeError(path)
        return content

    def head(self, uri: str, bytes_max: int) -> Head | None:
        path = uri.removeprefix(f"gs://{self.bucket}/")
        with self._lock:
            self.class_b += 1
            self.heads += 1
            content = self.files.get(path)
            generation = self._generation(path)
        return None if content is None else Head(content[:bytes_max], generation)

    def chunks(self, path: str) -> Iterator[bytes] | None:
        self.class_b += 1
        content = self.files.get(path)
        if content is None:
            return None
        return (content[at : at + CHUNK_BYTES] for at in range(0, len(content), CHUNK_BYTES))

    def exists(self, path: str) -> bool:
        self.class_b += 1
        return path in self.files

    def list(self, prefix: str) -> dict[str, int]:
        with self._lock:
            self.class_a += 1
            found = sorted(path for path in self.files if path.startswith(prefix))
            return {path: self._generation(path) for path in found}

    def stored(self, prefix: str, start: str = "") -> Iterator[StoredFile]:
        found = {path: g for path, g in self.list(prefix).items() if path >= start}
        for path, generation in found.items():
            content_type, stored_at = self._said.get(path, ("", self.now()))
            yield StoredFile(path, generation, len(self.files[path]), content_type, stored_at)

    def delete(self, files: Mapping[str, int]) -> None:
        with self._lock:
            for path, generation in files.items():
                if path in self.files and self._generation(path) == generation:
                    del self.files[path]
                    self._written.pop(path, None)
                    self._opened.pop(path, None)
                    self._said.pop(path, None)

    def upload_address(
        self, path: str, content_type: str, bytes_max: int, valid_s: int
    ) -> UploadAddress:
        headers = {
            "Content-Type": content_type,
            "x-goog-content-length-range": f"0,{bytes_max}",
        }
        upload = UploadAddress(self._new_address(path), headers)
        self._grants[upload.url] = _Grant(path, self.now_s() + valid_s, upload, bytes_max)
        return upload

    def read_address(self, path: str, valid_s: int, generation: int | None = None) -> str:
        address = self._new_address(path)
        self._grants[address] = _Grant(path, self.now_s() + valid_s, generation=generation)
        return address

    @property
    def origins(self) -> tuple[str, ...]:
        """What its addresses begin with."""
        return (f"memory://{self.bucket}",)

    def _new_address(self, path: str) -> str:
        return f"{self.origins[0]}/{quote(path)}?signature={secrets.token_hex(16)}"

    def put(self, url: str, headers: Mapping[str, str], content: bytes) -> bool:
        """Whether the file was taken."""
        grant = self._grants.get(url)
        if grant is None or grant.upload is None or self.now_s() >= grant.ends_s:
            return False
        if dict(headers) != grant.upload.headers or len(content) > grant.bytes_max:
            return False
        with self._lock:
            self._last += 1
            self.files[grant.path], self._written[grant.path] = content, self._last
        return True

    def get(self, url: str) -> bytes | None:
        """None where there is no file, and where the address is not good for reading it."""
        grant = self._grants.get(url)
        if grant is None or grant.upload is not None or self.now_s() >= grant.ends_s:
            return None
        if grant.generation not in (None, self._generation(grant.path)):
            return None
        return self.files.get(grant.path)
