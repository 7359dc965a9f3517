"""Firestore, in memory."""

import operator as operators
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeVar

from mediaforge.adapters.readable import Found, find_readable
from mediaforge.contract.documents import Ref, changes, dump, dump_new, load, patched
from mediaforge.domain.errors import BusyError
from mediaforge.ports.documents import Query, Transaction, Written
from tests.memory.indexes import Indexes, shape_of

D = TypeVar("D")
T = TypeVar("T")
_TRIES_MAX = 50
_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operators.eq,
    "<=": operators.le,
    ">=": operators.ge,
    ">": operators.gt,
}


class _Conflict(Exception):  # noqa: N818 - a signal between commit and transact, never seen outside
    """`missing` are the paths of documents that should have been there."""

    def __init__(self, missing: Set[str]) -> None:
        super().__init__()
        self.missing = missing


@dataclass(frozen=True, slots=True)
class _Write:
    """`fields` None deletes. `is_new`: the document must not exist; `is_patch`: it must, and keeps its other
    fields."""

    path: str
    fields: dict[str, Any] | None
    is_new: bool = False
    is_patch: bool = False


class _MemoryTransaction:
    """Optimistic, and with no more guards than on Firestore: the commit fails if a document that was got, or
    was read and is written, has changed; a document that was only peeked at or found is not checked again."""

    def __init__(self, documents: "MemoryDocuments", after: Written | None, gone: Set[str]) -> None:
        self._documents = documents
        self._gone = gone
        self._then = documents.everything()
        self._read: dict[str, tuple[dict[str, Any] | None, int]] = {}
        self._got: set[str] = set()
        self._puts: list[Written] = []
        if after is not None and after.version is not None:
            self._read[after.path] = after.version
        self._writes: list[_Write] = []

    def prefetch(self, *refs: Ref[Any]) -> None:
        self._no_write_yet()
        for ref in refs:
            if ref.path not in self._read:
                self._documents.reads += 1
                self._read[ref.path] = self._then.get(ref.path, (None, 0))

    def get(self, ref: Ref[D]) -> D | None:
        self._got.add(ref.path)
        return self.peek(ref)

    def peek(self, ref: Ref[D]) -> D | None:
        self.prefetch(ref)
        fields, _ = self._read[ref.path]
        return None if fields is None else load(ref.type, deepcopy(fields), ref.id)

    def seen(self, ref: Ref[Any]) -> Written:
        return Written(ref.path, self._read[ref.path])

    def find(self, kind: type[D], query: Query) -> list[D]:
        self._no_write_yet()

        def page(query: Query) -> list[Found]:
            found = self._found(query)
            self._documents.reads += max(1, len(found))
            for path, _ in found:
                self._read.setdefault(path, self._then[path])
            return deepcopy(found)

        return find_readable(kind, query, page)

    def count(self, query: Query) -> int:
        return len(self._aggregated(query))

    def sum(self, field: str, query: Query) -> int:
        return _sum(field, self._aggregated(query, field))

    def _aggregated(self, query: Query, adds_up: str = "") -> list[Found]:
        self._no_write_yet()
        self._documents.reads += 1
        return self._found(query, adds_up)

    def _found(self, query: Query, adds_up: str = "") -> list[Found]:
        self._documents.check_indexed(query, adds_up)
        return _select(query, {path: fields for path, (fields, _) in self._then.items()})

    def create(self, ref: Ref[D], value: D) -> None:
        self._writes.append(_Write(ref.path, _encodable(dump_new(value)), is_new=True))

    def put(self, ref: Ref[D], value: D) -> Written:
        before, _ = self._read.get(ref.path, (None, 0))
        fields = dump(value) if before is None else changes(before, value)
        is_patch = before is not None
        self._writes.append(_Write(ref.path, _encodable(fields), is_patch=is_patch))
        self._puts.append(Written(ref.path))
        return self._puts[-1]

    def patch(self, ref: Ref[Any], fields: Mapping[str, Any]) -> None:
        if not self.is_gone(ref):
            self._writes.append(_Write(ref.path, _encodable(dict(fields)), is_patch=True))

    def is_gone(self, ref: Ref[Any]) -> bool:
        return ref.path in self._gone

    def delete(self, ref: Ref[Any]) -> None:
        self._writes.append(_Write(ref.path, None))

    def commit(self) -> None:
        versions = {path: version for path, (_, version) in self._read.items()}
        guarded = self._got & versions.keys() - {write.path for write in self._writes}
        left = self._documents.commit(versions, self._writes, guarded if self._writes else ())
        for written in self._puts:
            written.version = left[written.path]

    def _no_write_yet(self) -> None:
        if self._writes:
            raise AssertionError(
                "a transaction reads before it writes; Firestore refuses otherwise"
            )


class MemoryDocuments:
    """Documents in a dict. `writes` and `reads` count as Firestore would bill them. Like a project, and
    unlike the emulator, it refuses a query that `indexes` do not serve; with `indexes` None it answers every
    query."""

    def __init__(self, indexes: Indexes | None = None) -> None:
        self._indexes = indexes
        self._lock = threading.RLock()
        self._fields: dict[str, dict[str, Any]] = {}
        self._versions: dict[str, int] = {}
        self.reads = 0
        self.writes = 0
        self.on_commit: Callable[[list[str]], None] = lambda _: None

    def get(self, ref: Ref[D]) -> D | None:
        fields, _ = self.snapshot(ref.path)
        return None if fields is None else load(ref.type, deepcopy(fields), ref.id)

    def find(self, kind: type[D], query: Query) -> list[D]:
        return find_readable(kind, query, lambda page: deepcopy(self.select(page)))

    def find_ids(self, query: Query) -> list[str]:
        return [path.rsplit("/", 1)[-1] for path, _ in self.select(query)]

    def sum(self, field: str, query: Query) -> int:
        self.check_indexed(query, field)
        self.reads += 1
        with self._lock:
            return _sum(field, _select(query, self._fields))

    def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
        gone = set[str]()
        for number in range(_TRIES_MAX):
            transaction = _MemoryTransaction(self, after if number == 0 else None, gone)
            result = work(transaction)
            try:
                transaction.commit()
            except _Conflict as conflict:
                gone |= conflict.missing
                continue
            return result
        raise BusyError("too many writers met on one document")

    def snapshot(self, path: str) -> tuple[dict[str, Any] | None, int]:
        self.reads += 1
        return self.peek(path)

    def peek(self, path: str) -> tuple[dict[str, Any] | None, int]:
        """The document's fields and version, without counting a read."""
        with self._lock:
            return self._fields.get(path), self._versions.get(path, 0)

    def paths(self) -> list[str]:
        with self._lock:
            return list(self._fields)

    def check_indexed(self, query: Query, adds_up: str = "") -> None:
        shape = shape_of(query, adds_up)
        if self._indexes is not None and self._indexes.serving(shape) is None:
            raise AssertionError(f"The query requires an index: {shape}")

    def select(self, query: Query) -> list[Found]:
        self.check_indexed(query)
        with self._lock:
            found = _select(query, self._fields)
        self.reads += max(1, len(found))
        return found

    def everything(self) -> dict[str, tuple[dict[str, Any], int]]:
        """Each document's fields and version, as of one moment, without counting reads."""
        with self._lock:
            return {path: (fields, self._versions[path]) for path, fields in self._fields.items()}

    def overwrite(self, path: str, fields: dict[str, Any] | None) -> None:
        """Writes or deletes without any check of versions."""
        self.commit({}, [_Write(path, fields)])

    def commit(
        self, read: dict[str, int], writes: list[_Write], guarded: Collection[str] = ()
    ) -> dict[str, Any]:
        """The fields and version with which each written document was left. `guarded` are the documents that
        must not have changed since they were read; each costs a write that changes nothing."""
        if len({write.path for write in writes}) < len(writes):
            raise AssertionError(
                "a commit writes a document once; to Firestore the second is a conflict"
            )
        with self._lock:
            checked = {*guarded, *(w.path for w in writes if w.path in read)}
            stale = any(self._version(path) != read[path] for path in checked)
            taken = any(w.is_new and w.path in self._fields for w in writes)
            unread = {w.path for w in writes if w.is_patch and w.path not in read}
            missing = unread - self._fields.keys()
            if stale or taken or missing:
                self.reads += len(unread) if missing else 0
                raise _Conflict(missing)
            for write in writes:
                self._apply(write)
            self.writes += len(writes) + len(guarded)
            left = {w.path: (self._fields.get(w.path), self._version(w.path)) for w in writes}
        if writes:
            self.on_commit([write.path for write in writes])
        return left

    def _version(self, path: str) -> int:
        # The counter of versions outlives a deleted document, so that a new one under its name has another
        # version.
        return self._versions.get(path, 0) if path in self._fields else 0

    def _apply(self, write: _Write) -> None:
        if write.fields is None:
            self._fields.pop(write.path, None)
            return
        before = self._fields.get(write.path)
        after = patched(before or {}, write.fields) if write.is_patch else write.fields
        if before != after:  # as in Firestore: a write that changes nothing is no new version
            self._fields[write.path] = after
            self._versions[write.path] = self._versions.get(write.path, 0) + 1


def _encodable(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields unchanged. Raises ValueError for an integer of more than 64 bits, at the call, as
    Firestore's client does, which encodes fields at once."""
    _check_integers(fields)
    return fields


def _check_integers(value: Any) -> None:
    if isinstance(value, Mapping):
        for item in value.values():
            _check_integers(item)
    elif isinstance(value, list):
        for item in value:
            _check_integers(item)
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError(f"Value out of range: {value}")


def _select(query: Query, documents: Mapping[str, dict[str, Any]]) -> list[Found]:
    found = [(path, fields) for path, fields in documents.items() if _matches(query, path, fields)]
    # Documents that are equal in all keys are ordered by id, in the direction of the last key.
    is_last_down = bool(query.order_by) and query.order_by[-1].startswith("-")
    found.sort(key=lambda item: item[0], reverse=is_last_down)
    for key in reversed(query.order_by):
        name = key.lstrip("-")
        # Firestore leaves out documents without a field that the query orders by; the field may be null.
        found = [item for item in found if name in item[1]]
        found.sort(key=lambda item, name=name: _rank(item[1][name]), reverse=key.startswith("-"))  # type: ignore[misc]
    if query.after:
        found = [item for item in found if _is_behind(query, *item)]
    return found[: query.limit]


def _sum(field: str, found: Iterable[Found]) -> int:
    return sum(fields[field] for _, fields in found if _kind(fields.get(field)) == "number")


def _is_behind(query: Query, path: str, fields: Mapping[str, Any]) -> bool:
    """Whether the document comes behind the document of `after` in the query's order."""
    own = [(fields[key.lstrip("-")], key.startswith("-")) for key in query.order_by]
    own.append((path, own[-1][1] if own else False))
    there = [*query.behind, f"{query.collection}/{query.after}"]
    for (mine, is_down), other in zip(own, there, strict=True):
        if mine != other:
            return (_rank(mine) < _rank(other)) is is_down
    return False


def _rank(value: Any) -> tuple[bool, Any]:
    """A key for sorting by which null comes before all values."""
    return value is not None, value


def _matches(query: Query, path: str, fields: dict[str, Any]) -> bool:
    collection, _, _ = path.rpartition("/")
    return collection == query.collection and all(
        name in fields and _holds(fields[name], operator, value)
        for name, operator, value in query.where
    )


def _holds(found: Any, operator: str, value: Any) -> bool:
    if operator == "in":
        return any(_holds(found, "==", each) for each in value)
    if operator == "array_contains":
        return isinstance(found, list) and any(_holds(each, "==", value) for each in found)
    return _kind(found) == _kind(value) and bool(_COMPARED[operator](found, value))


def _kind(value: Any) -> str:
    """The type within which Firestore compares: numbers are one type, and True is not a number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if is_number else type(value).__name__
