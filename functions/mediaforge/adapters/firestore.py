"""The Documents port on Firestore. One client for each process, whoever calls."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from google.api_core import exceptions
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from mediaforge.contract.documents import Ref, dump, load
from mediaforge.domain.errors import BusyError
from mediaforge.ports import Query, Transaction

D = TypeVar("D")
T = TypeVar("T")
P = ParamSpec("P")

# The SDK retries an aborted commit at once, five times. A dozen writers on one account need longer,
# and a read that met a lock, or a document created meanwhile, is not retried by the SDK at all.
_PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
_MET_ANOTHER_WRITER = (exceptions.Aborted, exceptions.AlreadyExists)
_BUSY = (
    *_MET_ANOTHER_WRITER,
    exceptions.DeadlineExceeded,
    exceptions.InternalServerError,
    exceptions.ResourceExhausted,
    exceptions.RetryError,
    exceptions.ServiceUnavailable,
    exceptions.Cancelled,
    exceptions.Unknown,
)


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
    """Documents read and written through this process, as they are billed: for the bench."""

    reads: int = 0
    writes: int = 0
    transactions: int = 0


class _FirestoreTransaction:
    def __init__(
        self, client: firestore.Client, transaction: firestore.Transaction
    ) -> None:
        self._client = client
        self._transaction = transaction
        self.reads = 0
        self.writes = 0
        self._read: dict[str, dict[str, Any] | None] = {}

    def prefetch(self, *refs: Ref[Any]) -> None:
        wanted = [self._client.document(ref.path) for ref in refs if ref.path not in self._read]
        if not wanted:
            return
        for snapshot in self._client.get_all(wanted, transaction=self._transaction):
            self._read[snapshot.reference.path] = snapshot.to_dict()
        self.reads += len(wanted)

    def get(self, ref: Ref[D]) -> D | None:
        self.prefetch(ref)
        fields = self._read[ref.path]
        return None if fields is None else load(ref.type, fields)

    def find(self, kind: type[D], query: Query) -> list[D]:
        found = list(_compile(self._client, query).stream(transaction=self._transaction))
        self.reads += max(1, len(found))
        return [load(kind, snapshot.to_dict() or {}) for snapshot in found]

    def create(self, ref: Ref[D], value: D) -> None:
        self._transaction.create(self._client.document(ref.path), dump(value))
        self.writes += 1

    def put(self, ref: Ref[D], value: D) -> None:
        fields = dump(value)
        # Named fields are replaced whole; one that a newer version of us added stays.
        self._transaction.set(self._client.document(ref.path), fields, merge=list(fields))
        self.writes += 1


class FirestoreDocuments:
    def __init__(self, client: firestore.Client) -> None:
        self._client = client
        self.usage = Usage()

    @_as_busy
    def get(self, ref: Ref[D]) -> D | None:
        snapshot = self._client.document(ref.path).get()
        self.usage.reads += 1
        fields = snapshot.to_dict()
        return None if fields is None else load(ref.type, fields)

    @_as_busy
    def find(self, kind: type[D], query: Query) -> list[D]:
        found = list(_compile(self._client, query).stream())
        self.usage.reads += max(1, len(found))
        return [load(kind, snapshot.to_dict() or {}) for snapshot in found]

    @_as_busy
    def transact(self, work: Callable[[Transaction], T]) -> T:
        for pause_s in _PAUSES_S:
            try:
                return self._attempt(work)
            except _MET_ANOTHER_WRITER:
                time.sleep(random.uniform(pause_s / 2, pause_s))  # noqa: S311 - jitter, not a secret
        return self._attempt(work)

    def _attempt(self, work: Callable[[Transaction], T]) -> T:
        done: list[_FirestoreTransaction] = []

        @firestore.transactional
        def body(transaction: firestore.Transaction) -> T:
            done.append(_FirestoreTransaction(self._client, transaction))
            return work(done[-1])

        try:
            result: T = body(self._client.transaction())
        except ValueError as error:
            # The SDK's own words for "every try was aborted"; a ValueError of ours has others.
            if "Failed to commit transaction" not in str(error):
                raise
            raise exceptions.Aborted(str(error)) from error
        finally:
            self.usage.transactions += len(done)
            self.usage.reads += sum(each.reads for each in done)
        self.usage.writes += done[-1].writes
        return result


def _compile(client: firestore.Client, query: Query) -> Any:
    compiled: Any = client.collection(query.collection)
    for name, operator, value in query.where:
        compiled = compiled.where(filter=FieldFilter(name, operator, value))
    for key in query.order_by:
        descending = key.startswith("-")
        direction = firestore.Query.DESCENDING if descending else firestore.Query.ASCENDING
        compiled = compiled.order_by(key.lstrip("-"), direction=direction)
    return compiled if query.limit is None else compiled.limit(query.limit)
