"""The memory adapters keep the contract of their ports."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from mediaforge.domain.sign_ins import identities_of
from tests.contract.documents_contract import NOON, DocumentsContract
from tests.contract.media_contract import BYTES_MAX, MediaContract, Stranger
from tests.contract.sign_ins_contract import SignInsContract
from tests.contract.tasks_contract import TasksContract
from tests.memory.documents import MemoryDocuments
from tests.memory.media import MemoryMedia
from tests.memory.sign_ins import MemorySignIns
from tests.memory.tasks import MemoryTasks


@dataclass
class MemoryStore:
    documents: MemoryDocuments = field(default_factory=MemoryDocuments)
    collection: str = "lamps"

    def write_raw(self, path: str, fields: Mapping[str, Any]) -> None:
        known = self.documents.peek(path)[0] or {}
        self.documents.overwrite(path, {**known, **fields})

    def read_raw(self, path: str) -> Mapping[str, Any] | None:
        return self.documents.snapshot(path)[0]


@dataclass
class MemoryQueue:
    """Delivers what is due, as `World` does."""

    tasks: MemoryTasks = field(default_factory=MemoryTasks)
    name: str = "runLamps"
    delivered: list[str] = field(default_factory=list)

    def deliveries(self, until: str) -> list[str]:
        due = [t for t in self.tasks.queued if t.not_before is None or t.not_before <= NOON]
        for task in due:
            assert task.queue == self.name
            self.tasks.queued.remove(task)
            self.delivered.append(task.body["jobId"])
        while self.tasks.of_teams:
            self.delivered.append(self.tasks.of_teams.pop(0).body["teamId"])
        assert until in self.delivered
        return list(self.delivered)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def queue() -> MemoryQueue:
    return MemoryQueue()


@dataclass
class Clock:
    now_s: float = 0

    def wait(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def media(clock: Clock) -> MemoryMedia:
    return MemoryMedia(now_s=lambda: clock.now_s)


@pytest.fixture
def small_media() -> MemoryMedia:
    return MemoryMedia(load_bytes_max=BYTES_MAX)


@pytest.fixture
def stranger(media: MemoryMedia, clock: Clock) -> Stranger:
    return Stranger(media.put, media.get, clock.wait)


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Threads take turns every few instructions, so that what is not locked shows."""
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval_s)


class TestMemoryDocuments(DocumentsContract):
    @pytest.mark.usefixtures("eager_threads")
    def test_what_a_query_found_is_taken_by_one_only_however_the_threads_interleave(self) -> None:
        for _ in range(30):
            self.test_what_a_query_found_is_taken_by_one_only(MemoryStore())


class TestMemoryTasks(TasksContract):
    pass


class TestMemoryMedia(MediaContract):
    pass


@dataclass
class MemoryRecords:
    sign_ins: MemorySignIns = field(default_factory=MemorySignIns)

    def sign_up(self, email: str) -> str:
        uid = f"u{len(self.sign_ins.records)}"
        self.sign_ins.records[uid] = identities_of(uid, email=email)
        return uid


class TestMemorySignIns(SignInsContract):
    @pytest.fixture
    def records(self) -> MemoryRecords:
        return MemoryRecords()
