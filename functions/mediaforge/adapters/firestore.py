"""The Documents port on Firestore: optimistic, without locks. All callers of a process share one client.

A unit of work reads everything as of one moment. Its writes are one atomic commit. The commit requires that
every document that the unit got, or read and writes, still has the version that was read, and that every new
document does not exist. After a conflict the unit reads and decides again. Firestore's own transactions lock
what they read: each of ten submissions of one account would hold a lock that the nine others wait for.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from google.api_core import exceptions, retry
from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.auth.exceptions import GoogleAuthError
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from mediaforge.adapters.readable import Found, find_readable
from mediaforge.contract.documents import REMOVED, Ref, changes, dump, dump_new, load, patched
from mediaforge.domain.errors import BusyError
from mediaforge.ports.documents import Query, Transaction, Written

D = TypeVar("D")
T = TypeVar("T")
P = ParamSpec("P")
Snapshots = list[firestore.DocumentSnapshot[Any]]

# How long a unit of work goes on that always meets another writer. Of the writers that meet on one account
# one wins at a time, and each loser draws a new pause. The limit is a time and not a number of tries: how
# many submissions of a herd win before this one says nothing about whether it gets through.
PATIENCE_S = 20.0
# Limit of one request with all its repeats. The SDK's own limits are one minute for a commit and five for a
# read, which is longer than any caller waits for an answer.
LIMIT_S = 20.0
_PAUSE_BASE_S = 0.01
_PAUSE_CAP_S = 0.5
# No document of ours has this field, so that deleting it changes nothing: `_guard` writes that.
_NO_FIELD = "guarded"
_CONFLICTS = (
    exceptions.Aborted,
    exceptions.AlreadyExists,
    exceptions.FailedPrecondition,
)
_BUSY = (
    exceptions.Aborted,
    exceptions.Cancelled,
    exceptions.DeadlineExceeded,
    exceptions.InternalServerError,
    exceptions.ResourceExhausted,
    exceptions.RetryError,
    exceptions.ServiceUnavailable,
    exceptions.Unknown,
    GoogleAuthError,
)


def _patience(limit_s: float) -> dict[str, Any]:
    """Options of every request. A request that ran out of time is not repeated: `limit_s` is for all
    tries."""
    passing = (exceptions.InternalServerError, exceptions.ServiceUnavailable)
    repeats = retry.Retry(
        predicate=retry.if_exception_type(*passing), initial=0.1, maximum=2.0, timeout=limit_s
    )
    return {"timeout": limit_s, "retry": repeats}


class _MetAnotherWriter(Exception):  # noqa: N818 - a signal from commit to transact, never seen outside
    """`missing` are the paths of documents that should have been there."""

    def __init__(self, missing: Set[str] = frozenset()) -> None:
        super().__init__()
        self.missing = missing


def _as_busy(call: Callable[P, T]) -> Callable[P, T]:
    @wraps(call)
    def checked(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return call(*args, **kwargs)
        except _BUSY as error:
            raise BusyError(f"Firestore: {type(error).__name__}") from error

    return checked


@dataclass
class Usage:
    """Documents read and written through this process, as they are billed; tries include conflicts."""

    reads: int = 0
    writes: int = 0
    tries: int = 0


class _UnitOfWork:
    """`gone` are the paths of documents that earlier tries wanted to patch and did not find."""

    def __init__(
        self,
        client: firestore.Client,
        usage: Usage,
        after: Written | None,
        gone: Set[str],
        patience: Mapping[str, Any],
    ) -> None:
        self._client = client
        self._usage = usage
        self._patience = patience
        self._gone = gone
        self._patched: list[str] = []
        self._batch = client.batch()
        self._puts: dict[int, tuple[Written, dict[str, Any]]] = {}
        self._read: dict[str, firestore.DocumentSnapshot[Any]] = {}
        self._wanted: dict[str, None] = {}
        self._got: set[str] = set()
        if after is not None and after.version is not None:
            self._read[after.path] = after.version
        self._read_at: datetime | None = None

    def prefetch(self, *refs: Ref[Any]) -> None:
        """They are read together with the first of them that is asked for, or at the same time as the next
        query."""
        self._no_write_yet()
        self._wanted |= {ref.path: None for ref in refs if ref.path not in self._read}

    def get(self, ref: Ref[D]) -> D | None:
        self._got.add(ref.path)
        return self.peek(ref)

    def peek(self, ref: Ref[D]) -> D | None:
        self.prefetch(ref)
        self._take(self._fetch())
        fields = self._read[ref.path].to_dict()
        return None if fields is None else load(ref.type, fields, ref.id)

    @_as_busy
    def _fetch(self) -> Snapshots:
        """Reads the prefetched documents in one round trip."""
        if not self._wanted:
            return []
        wanted = [self._client.document(path) for path in self._wanted]
        found = list(self._client.get_all(wanted, read_time=self._read_at, **self._patience))
        self._wanted = {}
        self._usage.reads += len(wanted)
        return found

    def _take(self, snapshots: Snapshots) -> None:
        self._read |= {snapshot.reference.path: snapshot for snapshot in snapshots}
        self._stay_at(snapshots)

    def seen(self, ref: Ref[Any]) -> Written:
        return Written(ref.path, self._read[ref.path])

    @_as_busy
    def find(self, kind: type[D], query: Query) -> list[D]:
        self._no_write_yet()

        def page(query: Query) -> list[Found]:
            asked = _compile(self._client, query)
            found, beside = self._beside(
                lambda: list(asked.stream(read_time=self._read_at, **self._patience))
            )
            self._take(beside)
            self._take(found)  # after `beside`: the caller gets the query's values
            self._usage.reads += max(1, len(found))
            return [_found(snapshot) for snapshot in found]

        return find_readable(kind, query, page)

    def _beside(self, query: Callable[[], Snapshots]) -> tuple[Snapshots, Snapshots]:
        """The query's answer and the prefetched documents, read at the same time, each as of its own moment.
        A unit of work that uses both writes the documents on which it decides, so its commit fails where the
        two do not fit together."""
        if not self._wanted:
            return query(), []
        with ThreadPoolExecutor(1) as other:
            wanted = other.submit(self._fetch)
            return query(), wanted.result()

    def count(self, query: Query) -> int:
        return self._aggregate(_compile(self._client, query).count())

    def sum(self, field: str, query: Query) -> int:
        return self._aggregate(_compile(self._client, query).sum(field))

    @_as_busy
    def _aggregate(self, asked: Any) -> int:
        self._no_write_yet()
        [[answer]] = asked.get(read_time=self._read_at, **self._patience)
        self._stay_at([answer])
        self._usage.reads += 1  # at least: Firestore bills one for each thousand index entries
        return int(answer.value)

    def _stay_at(self, answers: Sequence[Any]) -> None:
        """Makes later reads as of the moment of the first answer, so that all of them fit together. A refusal
        rests on reads alone: no commit would detect that they do not."""
        if self._read_at is None and answers:
            self._read_at = max(_moment(answer.read_time) for answer in answers)

    def create(self, ref: Ref[D], value: D) -> None:
        self._batch.create(self._client.document(ref.path), dump_new(value))

    def put(self, ref: Ref[D], value: D) -> Written:
        self._take(self._fetch())
        document = self._client.document(ref.path)
        read = self._read.get(ref.path)
        written, position = Written(ref.path), len(self._batch)
        if read is not None and read.exists:
            unchanged = self._client.write_option(last_update_time=read.update_time)
            before = read.to_dict() or {}
            differing = changes(before, value)
            self._batch.update(document, _by_path(differing), option=unchanged)
            fields = patched(before, differing)
        else:
            fields = dump(value)
            (self._batch.set if read is None else self._batch.create)(document, fields)
        self._puts[position] = written, fields
        return written

    def patch(self, ref: Ref[Any], fields: Mapping[str, Any]) -> None:
        if not self.is_gone(ref):
            # The update fails where the document does not exist, or was got and has changed since.
            read, option = self._read.get(ref.path), None
            if read is not None and read.exists and ref.path in self._got:
                option = self._client.write_option(last_update_time=read.update_time)
            self._batch.update(self._client.document(ref.path), dict(fields), option=option)
            self._patched.append(ref.path)

    def is_gone(self, ref: Ref[Any]) -> bool:
        return ref.path in self._gone

    def delete(self, ref: Ref[Any]) -> None:
        self._take(self._fetch())
        read = self._read.get(ref.path)
        option = None
        if read is not None and read.exists:
            option = self._client.write_option(last_update_time=read.update_time)
        elif ref.path in self._got:
            option = self._client.write_option(exists=False)
        self._batch.delete(self._client.document(ref.path), option=option)

    def _no_write_yet(self) -> None:
        if len(self._batch):
            raise AssertionError("a unit of work reads before it writes")

    def commit(self) -> None:
        if len(self._batch):
            for path in sorted(self._got):
                self._guard(path)
        writes = len(self._batch)
        if writes:
            try:
                results = self._batch.commit(**self._patience)
            except exceptions.NotFound as error:
                raise _MetAnotherWriter(self._missing()) from error
            except _CONFLICTS as error:
                raise _MetAnotherWriter from error
            self._usage.writes += writes
            self._note_versions(results)

    def _guard(self, path: str) -> None:
        """Lets the commit fail where a document that was got, and is not written, has changed since. In
        Firestore a write that changes nothing makes no new version and no event."""
        document, read = self._client.document(path), self._read.get(path)
        if document in self._batch or read is None:  # its own write guards it; or its read failed
            return
        if read.exists:
            unchanged = self._client.write_option(last_update_time=read.update_time)
            self._batch.update(document, {_NO_FIELD: firestore.DELETE_FIELD}, option=unchanged)
        else:
            self._batch.delete(document, option=self._client.write_option(exists=False))

    def _missing(self) -> Set[str]:
        """The paths of the documents to be patched that do not exist. Firestore's error tells them in words
        only, and does not name all. A document that was read and is gone is noticed when it is read again."""
        if not self._patched:
            return frozenset()
        wanted = [self._client.document(path) for path in self._patched]
        self._usage.reads += len(wanted)
        found = self._client.get_all(wanted, field_paths=[], **self._patience)
        return {snapshot.reference.path for snapshot in found if not snapshot.exists}

    def _note_versions(self, results: Sequence[Any]) -> None:
        for position, (written, fields) in self._puts.items():
            moment = results[position].update_time
            document = self._client.document(written.path)
            written.version = firestore.DocumentSnapshot(
                document, fields, True, moment, create_time=None, update_time=moment
            )


def _moment(read_time: Any) -> datetime:
    """The SDK gives snapshots of a query over a group the message itself, and no datetime."""
    if isinstance(read_time, datetime):
        return read_time
    moment: datetime = DatetimeWithNanoseconds.from_timestamp_pb(read_time)
    return moment


class FirestoreDocuments:
    """`patience_s` is how long a unit of work goes on that always meets another writer; `limit_s` is how long
    one request may take."""

    def __init__(
        self, client: firestore.Client, patience_s: float = PATIENCE_S, limit_s: float = LIMIT_S
    ) -> None:
        self._client = client
        self._patience_s = patience_s
        self._patience = _patience(limit_s)
        self.usage = Usage()

    @_as_busy
    def get(self, ref: Ref[D]) -> D | None:
        snapshot = self._client.document(ref.path).get(**self._patience)
        self.usage.reads += 1
        fields = snapshot.to_dict()
        return None if fields is None else load(ref.type, fields, ref.id)

    @_as_busy
    def find(self, kind: type[D], query: Query) -> list[D]:
        def page(query: Query) -> list[Found]:
            found = list(_compile(self._client, query).stream(**self._patience))
            self.usage.reads += max(1, len(found))
            return [_found(snapshot) for snapshot in found]

        return find_readable(kind, query, page)

    @_as_busy
    def find_ids(self, query: Query) -> list[str]:
        found = list(_compile(self._client, query).select([]).stream(**self._patience))
        self.usage.reads += max(1, len(found))
        return [snapshot.reference.path if query.is_group else snapshot.id for snapshot in found]

    @_as_busy
    def sum(self, field: str, query: Query) -> int:
        answer: Any = _compile(self._client, query).sum(field).get(**self._patience)
        self.usage.reads += 1  # at least: Firestore bills one for each thousand index entries
        return int(answer[0][0].value)

    @_as_busy
    def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
        give_up_at = time.monotonic() + self._patience_s
        ceiling_s, gone = _PAUSE_BASE_S, set[str]()
        while True:
            try:
                return self._try(work, after, gone)
            except _MetAnotherWriter as error:
                gone |= error.missing
                if time.monotonic() > give_up_at:
                    raise BusyError("Firestore: too many writers met on one document") from error
            time.sleep(random.uniform(0, ceiling_s))  # noqa: S311 - jitter, not a secret
            after, ceiling_s = None, min(_PAUSE_CAP_S, 2 * ceiling_s)

    def _try(self, work: Callable[[Transaction], T], after: Written | None, gone: Set[str]) -> T:
        self.usage.tries += 1
        unit = _UnitOfWork(self._client, self.usage, after, gone, self._patience)
        result = work(unit)
        unit.commit()
        return result


def _by_path(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as Firestore's `update` takes them: a dot in a name separates a map from the field in it."""
    return {path: firestore.DELETE_FIELD if v is REMOVED else v for path, v in fields.items()}


def _found(snapshot: firestore.DocumentSnapshot[Any]) -> Found:
    return snapshot.reference.path, snapshot.to_dict() or {}


def _compile(client: firestore.Client, query: Query) -> Any:
    of_group = client.collection_group if query.is_group else client.collection
    compiled: Any = of_group(query.collection)
    for name, operator, value in query.where:
        compiled = compiled.where(filter=FieldFilter(name, operator, value))
    for key in query.order_by:
        descending = key.startswith("-")
        direction = firestore.Query.DESCENDING if descending else firestore.Query.ASCENDING
        compiled = compiled.order_by(key.lstrip("-"), direction=direction)
    if query.after:
        is_down = bool(query.order_by) and query.order_by[-1].startswith("-")
        direction = firestore.Query.DESCENDING if is_down else firestore.Query.ASCENDING
        compiled = compiled.order_by("__name__", direction=direction)
        last = {key.lstrip("-"): v for key, v in zip(query.order_by, query.behind, strict=True)}
        within = () if query.is_group else (query.collection,)
        document = client.document(*within, query.after)
        compiled = compiled.start_after({**last, "__name__": document})
    return compiled if query.limit is None else compiled.limit(query.limit)
