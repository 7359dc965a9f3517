"""Stopping the work at any write: ports that die before or after their n-th effect."""

import threading
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from mediaforge.contract.documents import Ref
from mediaforge.domain.library.uploads import StoredFile
from mediaforge.ports.documents import Documents, Query, Transaction, Written
from mediaforge.ports.media import Head, Media, Opened
from mediaforge.ports.outside import Fetched, Outside
from mediaforge.ports.tasks import Task, Tasks
from mediaforge.services.backend import Backend

D = TypeVar("D")
T = TypeVar("T")


class Killed(BaseException):
    """Stands for the end of the process: only the test catches it."""


def _raise_killed() -> None:
    raise Killed


@dataclass
class Steps:
    """Counts the moments at which a process can die; dies at `die_at` (from 1), or never at 0."""

    die_at: int = 0
    die: Callable[[], None] = _raise_killed
    passed: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pass_by(self, moment: str) -> None:
        with self._lock:
            self.passed.append(moment)
            is_the_end = len(self.passed) == self.die_at
        if is_the_end:
            self.die()


@dataclass
class MortalDocuments:
    inner: Documents
    steps: Steps

    def get(self, ref: Ref[D]) -> D | None:
        return self.inner.get(ref)

    def find(self, kind: type[D], query: Query) -> list[D]:
        return self.inner.find(kind, query)

    def find_ids(self, query: Query) -> list[str]:
        return self.inner.find_ids(query)

    def sum(self, field: str, query: Query) -> int:
        return self.inner.sum(field, query)

    def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
        self.steps.pass_by("before a commit")
        result = self.inner.transact(work, after)
        self.steps.pass_by("after a commit")
        return result


@dataclass
class UnheardDocuments(MortalDocuments):
    """Documents where the answer to commit `number` is lost below our adapter: the SDK sends the commit
    again, which conflicts with its own first arrival, and the work is done anew."""

    number: int = 0

    def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
        result = super().transact(work, after)
        is_unheard = self.steps.passed.count("after a commit") == self.number
        return self.inner.transact(work) if is_unheard else result


@dataclass
class MortalTasks:
    inner: Tasks
    steps: Steps

    def enqueue(self, task: Task) -> None:
        self.steps.pass_by("before a task")
        self.inner.enqueue(task)
        self.steps.pass_by("after a task")


@dataclass
class MortalOutside:
    inner: Outside
    steps: Steps

    def check(self, url: str) -> None:
        self.inner.check(url)

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.steps.pass_by("before a message")
        status = self.inner.send(url, headers, body)
        self.steps.pass_by("after a message")
        return status

    def fetch(self, url: str, bytes_max: int) -> Fetched:
        return self.inner.fetch(url, bytes_max)


@dataclass
class MortalMedia:
    inner: Media
    steps: Steps

    def save(self, path: str, content: bytes, content_type: str, token: str, over: int = 0) -> str:
        self.steps.pass_by("before a save")
        address = self.inner.save(path, content, content_type, token, over)
        self.steps.pass_by("after a save")
        return address

    def uri(self, path: str) -> str:
        return self.inner.uri(path)

    def copy(self, uri: str, path: str, content_type: str, token: str, over: int = 0) -> str | None:
        self.steps.pass_by("before a copy")
        address = self.inner.copy(uri, path, content_type, token, over)
        self.steps.pass_by("after a copy")
        return address

    def replace(
        self, path: str, content: bytes, content_type: str, over: int, token: str | None = None
    ) -> int:
        self.steps.pass_by("before a replacement")
        generation = self.inner.replace(path, content, content_type, over, token)
        self.steps.pass_by("after a replacement")
        return generation

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
        self.steps.pass_by("before a look")
        return self.inner.opened(path)

    def open_to(self, path: str, tokens: Set[str], version: tuple[int, int]) -> None:
        self.steps.pass_by("before an opening")
        self.inner.open_to(path, tokens, version)
        self.steps.pass_by("after an opening")

    def delete(self, files: Mapping[str, int]) -> None:
        self.steps.pass_by("before a delete")
        self.inner.delete(files)
        self.steps.pass_by("after a delete")


def mortal(backend: Backend, steps: Steps) -> Backend:
    """The same backend, in a process that dies at the chosen step."""
    changed: dict[str, Any] = {
        "documents": MortalDocuments(backend.documents, steps),
        "tasks": MortalTasks(backend.tasks, steps),
        "media": MortalMedia(backend.media, steps),
        "outside": MortalOutside(backend.outside, steps),
    }
    return replace(backend, **changed)
