"""Firestore, in memory."""

import operator as operators
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from mediaforge.adapters.readable import Found, find_readable
from mediaforge.contract.documents import Ref, changes, dump, dump_new, load, patched
from mediaforge.domain.errors import BusyError
from mediaforge.ports.documents import Query, Transaction, Written
from tests.memory.indexes import Indexes, Shape, shape_of

D = TypeVar("D")
T = TypeVar("T")
_Row = tuple[dict[str, Any], int]  # a document's fields and version
_Rows = Mapping[str, _Row]  # by path
_UNCHANGING = frozenset({str, int, float, bool, type(None), datetime})
_NUMBERS = frozenset({int, float})
_NO_INTEGERS = _UNCHANGING - {int}
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
        self._then = documents.collections()
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
                rows = self._then.get(_collection_of(ref.path), {})
                self._read[ref.path] = rows.get(ref.path, (None, 0))

    def get(self, ref: Ref[D]) -> D | None:
        self._got.add(ref.path)
        return self.peek(ref)

    def peek(self, ref: Ref[D]) -> D | None:
        self.prefetch(ref)
        fields, _ = self._read[ref.path]
        return None if fields is None else load(ref.type, _copied(fields), ref.id)

    def seen(self, ref: Ref[Any]) -> Written:
        return Written(ref.path, self._read[ref.path])

    def find(self, kind: type[D], query: Query) -> list[D]:
        self._no_write_yet()

        def page(query: Query) -> list[Found]:
            found = self._found(query)
            self._documents.reads += max(1, len(found))
            for path, _ in found:
                self._read.setdefault(path, self._then[_collection_of(path)][path])
            return [(path, _copied(fields)) for path, fields in found]

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
        return _select(query, self._then)

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
    """Documents in a dict for each collection, which a commit replaces and never changes: a transaction keeps
    those of its moment. `writes` and `reads` count as Firestore would bill them. Like a project, and unlike
    the emulator, it refuses a query that `indexes` do not serve; with `indexes` None it answers every
    query."""

    def __init__(self, indexes: Indexes | None = None) -> None:
        self._indexes = indexes
        self._served: set[Shape] = set()
        self._lock = threading.RLock()
        self._collections: dict[str, _Rows] = {}
        self._versions: dict[str, int] = {}
        self.reads = 0
        self.writes = 0
        self.on_commit: Callable[[list[str]], None] = lambda _: None

    def get(self, ref: Ref[D]) -> D | None:
        fields, _ = self.snapshot(ref.path)
        return None if fields is None else load(ref.type, _copied(fields), ref.id)

    def find(self, kind: type[D], query: Query) -> list[D]:
        return find_readable(
            kind,
            query,
            lambda page: [(path, _copied(fields)) for path, fields in self.select(page)],
        )

    def find_ids(self, query: Query) -> list[str]:
        found = [path for path, _ in self.select(query)]
        return found if query.is_group else [path.rsplit("/", 1)[-1] for path in found]

    def sum(self, field: str, query: Query) -> int:
        self.check_indexed(query, field)
        self.reads += 1
        with self._lock:
            return _sum(field, _select(query, self._collections))

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
            return self._collections.get(_collection_of(path), {}).get(path, (None, 0))

    def paths(self) -> list[str]:
        with self._lock:
            return [path for rows in self._collections.values() for path in rows]

    def check_indexed(self, query: Query, adds_up: str = "") -> None:
        if self._indexes is None:
            return
        shape = shape_of(query, adds_up)
        if shape in self._served:
            return
        if self._indexes.serving(shape) is None:
            raise AssertionError(f"The query requires an index: {shape}")
        self._served.add(shape)

    def select(self, query: Query) -> list[Found]:
        self.check_indexed(query)
        with self._lock:
            found = _select(query, self._collections)
        self.reads += max(1, len(found))
        return found

    def collections(self) -> Mapping[str, _Rows]:
        """What each collection holds, as of one moment, without counting reads."""
        with self._lock:
            return self._collections.copy()

    def everything(self) -> dict[str, _Row]:
        """Each document's fields and version, as of one moment, without counting reads."""
        return {path: row for rows in self.collections().values() for path, row in rows.items()}

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
            stale = any(self.peek(path)[1] != read[path] for path in checked)
            taken = any(w.is_new and self._has(w.path) for w in writes)
            unseen = {w.path for w in writes if w.is_patch and not read.get(w.path)}
            missing = {path for path in unseen if not self._has(path)}
            if stale or taken or missing:
                self.reads += len(unseen) if missing else 0
                raise _Conflict(missing)
            self._apply(writes)
            self.writes += len(writes) + len(guarded)
            left = {w.path: self.peek(w.path) for w in writes}
        if writes:
            self.on_commit([write.path for write in writes])
        return left

    def _has(self, path: str) -> bool:
        return path in self._collections.get(_collection_of(path), {})

    def _apply(self, writes: Iterable[_Write]) -> None:
        by_collection: dict[str, list[_Write]] = {}
        for write in writes:
            by_collection.setdefault(_collection_of(write.path), []).append(write)
        for name, its_writes in by_collection.items():
            rows = dict(self._collections.get(name, {}))
            for write in its_writes:
                self._apply_one(rows, write)
            self._collections[name] = rows

    def _apply_one(self, rows: dict[str, _Row], write: _Write) -> None:
        if write.fields is None:
            rows.pop(write.path, None)
            return
        before, _ = rows.get(write.path, (None, 0))
        after = patched(before or {}, write.fields) if write.is_patch else write.fields
        if before != after:  # as in Firestore: a write that changes nothing is no new version
            # The counter outlives a deleted document, so that a new one of its name is another version.
            self._versions[write.path] = self._versions.get(write.path, 0) + 1
            rows[write.path] = (after, self._versions[write.path])


def _collection_of(path: str) -> str:
    return path.rpartition("/")[0]


def _encodable(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields unchanged. Raises ValueError for an integer of more than 64 bits, at the call, as
    Firestore's client does, which encodes fields at once."""
    _check_integers(fields)
    return fields


def _check_integers(value: Any) -> None:
    if type(value) in _NO_INTEGERS:
        return
    if isinstance(value, Mapping):
        for item in value.values():
            _check_integers(item)
    elif isinstance(value, list):
        for item in value:
            _check_integers(item)
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError(f"Value out of range: {value}")


def _copied(value: Any) -> Any:
    """What the caller may change. Fields hold maps, lists, and values that nobody can change."""
    if isinstance(value, dict):
        return {
            name: item if type(item) in _UNCHANGING else _copied(item)
            for name, item in value.items()
        }
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _select(query: Query, collections: Mapping[str, _Rows]) -> list[Found]:
    rows = _rows_of(query, collections)
    found = [(path, fields) for path, (fields, _) in rows.items() if _matches(query, fields)]
    # What is equal in all else is in the order of ids, in the direction of the last key.
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


def _rows_of(query: Query, collections: Mapping[str, _Rows]) -> _Rows:
    if not query.is_group:
        return collections.get(query.collection, {})
    ending = f"/{query.collection}"
    named = [rows for path, rows in collections.items() if f"/{path}".endswith(ending)]
    return {path: row for rows in named for path, row in rows.items()}


def _sum(field: str, found: Iterable[Found]) -> int:
    values = (_at(fields, field) for _, fields in found)
    return sum(value for value in values if type(value) in _NUMBERS)


def _at(fields: Any, path: str) -> Any:
    """The value of a field, or of one within a map: `credits.charged`."""
    for name in path.split("."):
        fields = fields.get(name) if isinstance(fields, Mapping) else None
    return fields


def _is_behind(query: Query, path: str, fields: Mapping[str, Any]) -> bool:
    """Whether the document comes behind the document of `after` in the query's order."""
    own = [(fields[key.lstrip("-")], key.startswith("-")) for key in query.order_by]
    own.append((path, own[-1][1] if own else False))
    path_of_after = query.after if query.is_group else f"{query.collection}/{query.after}"
    there = [*query.behind, path_of_after]
    for (mine, is_down), other in zip(own, there, strict=True):
        if mine != other:
            return (_rank(mine) < _rank(other)) is is_down
    return False


def _rank(value: Any) -> tuple[bool, Any]:
    """A key for sorting by which null comes before all values."""
    return value is not None, value


def _matches(query: Query, fields: dict[str, Any]) -> bool:
    for path, operator, value in query.where:
        around, _, name = path.rpartition(".")  # of a field within a map
        holder = _at(fields, around) if around else fields
        if not isinstance(holder, dict) or name not in holder:
            return False
        found = holder[name]
        # First what most comparisons are.
        if operator == "==" and type(found) is type(value):
            if found != value:
                return False
        elif not _holds(found, operator, value):
            return False
    return True


def _holds(found: Any, operator: str, value: Any) -> bool:
    if operator == "in":
        return any(_holds(found, "==", each) for each in value)
    if operator == "array_contains":
        return isinstance(found, list) and any(_holds(each, "==", value) for each in found)
    return _are_compared(type(found), type(value)) and bool(_COMPARED[operator](found, value))


def _are_compared(kind: type[Any], other: type[Any]) -> bool:
    """Firestore compares within a type: numbers are one type, and True is not a number."""
    return kind is other or (kind in _NUMBERS and other in _NUMBERS)
