"""The ports as a process in trouble meets them: wrappers around real ones that fail, stand still or die
before and after whatever has an effect, and note what was committed.

Between the reads of a unit of work and its commit others may commit: then the real commit underneath
conflicts and decides anew. That is how a unit of work is aborted here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mediaforge.contract.documents import Ref
from mediaforge.domain.errors import BusyError
from mediaforge.domain.library.uploads import StoredFile
from mediaforge.domain.sign_ins import Identity
from mediaforge.ports.documents import Documents, Query, Transaction, Written
from mediaforge.ports.media import Head, Media, Opened, Writer
from mediaforge.ports.sign_ins import SignIns
from mediaforge.ports.tasks import Task, Tasks
from tests.faults import calls
from tests.faults.process import Process, RefusedError
from tests.faults.record import Fields, plain

D = TypeVar("D")
T = TypeVar("T")


@dataclass
class Observed:
    """A unit of work that notes what it writes. What it has read once, it does not ask for again: then
    nothing can happen."""

    inner: Transaction
    process: Process
    writes: dict[str, Fields | None] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)

    def prefetch(self, *refs: Ref[Any]) -> None:
        if not self.read.issuperset(ref.path for ref in refs):
            self.process.pass_by(f"reading {_names(refs)}")
        _noting_real(self.process, lambda: self.inner.prefetch(*refs))
        self.read.update(ref.path for ref in refs)

    def get(self, ref: Ref[D]) -> D | None:
        self._pass_by(ref)
        return _noting_real(self.process, lambda: self.inner.get(ref))

    def peek(self, ref: Ref[D]) -> D | None:
        self._pass_by(ref)
        return _noting_real(self.process, lambda: self.inner.peek(ref))

    def _pass_by(self, ref: Ref[Any]) -> None:
        if ref.path not in self.read:
            self.process.pass_by(f"reading {ref.path}")
        self.read.add(ref.path)

    def find(self, kind: type[D], query: Query) -> list[D]:
        self.process.pass_by(f"searching {query.collection}")
        return _noting_real(self.process, lambda: self.inner.find(kind, query))

    def seen(self, ref: Ref[Any]) -> Written:
        return self.inner.seen(ref)

    def count(self, query: Query) -> int:
        self.process.pass_by(f"counting {query.collection}")
        return _noting_real(self.process, lambda: self.inner.count(query))

    def sum(self, field: str, query: Query) -> int:
        self.process.pass_by(f"adding up {query.collection}")
        return _noting_real(self.process, lambda: self.inner.sum(field, query))

    def create(self, ref: Ref[D], value: D) -> None:
        self.writes[ref.path] = plain(value)
        self.inner.create(ref, value)

    def put(self, ref: Ref[D], value: D) -> Written:
        self.writes[ref.path] = plain(value)
        return self.inner.put(ref, value)

    def patch(self, ref: Ref[Any], fields: Mapping[str, Any]) -> None:
        if not self.inner.is_gone(ref):
            known = self.process.stage.record.last.get(ref.path, {})
            self.writes[ref.path] = {**known, **fields}
        self.inner.patch(ref, fields)

    def is_gone(self, ref: Ref[Any]) -> bool:
        return self.inner.is_gone(ref)

    def delete(self, ref: Ref[Any]) -> None:
        self.writes[ref.path] = None
        self.inner.delete(ref)


@dataclass
class FaultyDocuments:
    inner: Documents
    process: Process
    on_commit: Callable[[dict[str, Fields | None]], object]

    def get(self, ref: Ref[D]) -> D | None:
        self.process.pass_by(f"reading {ref.path}")
        return self.inner.get(ref)

    def find(self, kind: type[D], query: Query) -> list[D]:
        self.process.pass_by(f"searching {query.collection}")
        return self.inner.find(kind, query)

    def find_ids(self, query: Query) -> list[str]:
        self.process.pass_by(f"searching {query.collection}")
        return self.inner.find_ids(query)

    def sum(self, field: str, query: Query) -> int:
        self.process.pass_by(f"adding up {query.collection}")
        return self.inner.sum(field, query)

    def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
        if self.process.is_troubled and not self.process.stage.timeline.is_here:
            # A lease's heart, which beats in real seconds. The provider beats it in simulated ones.
            raise BusyError("nothing is written beside the one who has the turn")
        self.process.end_call("dropped")  # a worker records when it is done with its provider
        result = self._transact(work, after)
        if self.process.happens(self.process.stage.rates.commit_twice, "committed twice"):
            # Applied, but its answer was lost below us: the SDK sends it again, it fails on its own
            # first coming, and the work is done anew.
            result = self._transact(work, None)
        return result

    def _transact(self, work: Callable[[Transaction], T], after: Written | None) -> T:
        tries: list[Observed] = []
        answers: list[BusyError] = []

        def observed(tx: Transaction) -> T:
            tries.append(Observed(tx, self.process))
            try:
                result = work(tries[-1])
            except BusyError as answer:
                answers.append(answer)  # what the work decided, or a fault of ours that it met
                raise
            self.process.pass_by(f"before committing {_names_of(tries[-1].writes)}")
            return result

        try:
            result = self.inner.transact(observed, after)
        except BusyError as error:
            if error not in answers:
                _note_real(self.process, error)
            raise
        writes = tries[-1].writes
        self.process.stage.record.faults["conflict"] += len(tries) - 1
        if writes:
            self.on_commit(writes)
        self.process.pass_by(f"after committing {_names_of(writes)}")
        return result


def _noting_real(process: Process, read: Callable[[], T]) -> T:
    try:
        return read()
    except BusyError as error:
        _note_real(process, error)
        raise


def _note_real(process: Process, error: BusyError) -> None:
    """An emulator on a busy machine may really fail. A run that met it is not the same run again."""
    if not isinstance(error, RefusedError):
        process.note("really busy", repr(error.__cause__ or error))


@dataclass
class FaultyTasks:
    inner: Tasks
    process: Process

    def enqueue(self, task: Task) -> None:
        subject = calls.subject_of(task)
        self.process.pass_by(f"before enqueueing {subject}")
        self.inner.enqueue(task)
        self.process.pass_by(f"after enqueueing {subject}")


@dataclass
class FaultySignIns:
    inner: SignIns
    process: Process

    def identities(self, uid: str) -> tuple[Identity, ...]:
        self.process.pass_by(f"looking up {uid}")
        return self.inner.identities(uid)

    def delete(self, uid: str) -> None:
        self.process.pass_by(f"before deleting the sign-in of {uid}")
        self.inner.delete(uid)
        self.process.pass_by(f"after deleting the sign-in of {uid}")


@dataclass
class FaultyMedia:
    """`on_save` hears of each file that was written, with its token, `on_opening` of each that was opened to
    others."""

    inner: Media
    process: Process
    on_save: Callable[[str, str], None]
    on_opening: Callable[[str], None]

    def save(self, path: str, content: bytes, content_type: str, token: str, over: int = 0) -> str:
        # Nobody stands still here: a second save of this process may be under way in real time. Others
        # get between two saves while the provider hands over the next asset.
        self.process.pass_by(f"before saving {path}", may_pause=False)
        address = self.inner.save(path, content, content_type, token, over)
        self.on_save(path, token)
        self.process.pass_by(f"after saving {path}", may_pause=False)
        return address

    def uri(self, path: str) -> str:
        return self.inner.uri(path)

    def copy(self, uri: str, path: str, content_type: str, token: str, over: int = 0) -> str | None:
        self.process.pass_by(f"before copying {path}")
        address = self.inner.copy(uri, path, content_type, token, over)
        if address is not None:
            self.on_save(path, token)
        self.process.pass_by(f"after copying {path}")
        return address

    def replace(
        self, path: str, content: bytes, content_type: str, over: int, token: str | None = None
    ) -> int:
        self.process.pass_by(f"before replacing {path}")
        generation = self.inner.replace(path, content, content_type, over, token)
        self.process.pass_by(f"after replacing {path}")
        return generation

    def writing(
        self, path: str, content_type: str, token: str, over: int = 0
    ) -> AbstractContextManager[Writer]:
        self.process.pass_by(f"before writing {path}")
        return self.inner.writing(path, content_type, token, over)

    def chunks(self, path: str) -> Iterator[bytes] | None:
        self.process.pass_by(f"reading {path}")
        return self.inner.chunks(path)

    def load(self, path: str, generation: int | None = None) -> bytes | None:
        self.process.pass_by(f"loading {path}")
        return self.inner.load(path, generation)

    def head(self, uri: str, bytes_max: int) -> Head | None:
        self.process.pass_by(f"looking into {uri}")
        return self.inner.head(uri, bytes_max)

    def exists(self, path: str) -> bool:
        self.process.pass_by(f"looking for {path}")
        return self.inner.exists(path)

    def list(self, prefix: str) -> Mapping[str, int]:
        self.process.pass_by(f"listing {prefix}")
        return self.inner.list(prefix)

    def address(self, path: str, token: str) -> str:
        return self.inner.address(path, token)

    def opened(self, path: str) -> Opened | None:
        self.process.pass_by(f"looking whom {path} opens to")
        return self.inner.opened(path)

    def open_to(self, path: str, tokens: Set[str], version: tuple[int, int]) -> None:
        self.process.pass_by(f"before opening {path}")
        self.inner.open_to(path, tokens, version)
        self.on_opening(path)
        self.process.pass_by(f"after opening {path}")

    def stored(self, prefix: str, start: str = "") -> Iterator[StoredFile]:
        self.process.pass_by(f"looking through {prefix}")
        return self.inner.stored(prefix, start)

    def delete(self, files: Mapping[str, int]) -> None:
        self.process.pass_by("before deleting files")
        self.inner.delete(files)
        self.process.pass_by("after deleting files")


def _names(refs: Iterable[Ref[Any]]) -> str:
    return _names_of(ref.path for ref in refs)


def _names_of(paths: Iterable[str]) -> str:
    return " ".join(paths)
