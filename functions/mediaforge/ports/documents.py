"""The database: documents, queries, and transactions over them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from mediaforge.contract.documents import Ref

D = TypeVar("D")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Query:
    """Documents of one collection. `collection` may be a subcollection's path. `where` are conditions (field,
    operator, value); operators are `==`, `<=`, `>=`, `>`, `in`, `array_contains`. `order_by` are fields, with
    a leading `-` for descending order; documents that are equal in all of them are ordered by id, in the
    direction of the last field. With `after` the query goes on behind the document of that id; `behind` are
    that document's values of the `order_by` fields. The document need not exist any more.

    If `is_group`, `collection` is the last part of the paths of all collections that are asked together, and
    `after` is a document's whole path.

    Each query needs its index in `firestore.indexes.json`."""

    collection: str
    where: Sequence[tuple[str, str, Any]] = ()
    order_by: Sequence[str] = ()
    limit: int | None = None
    after: str = ""
    behind: Sequence[Any] = ()
    is_group: bool = False


@dataclass(slots=True)
class Written:
    """A document as a commit left it, or as a unit of work has read it. `version` belongs to the adapter, and
    is None before the commit."""

    path: str
    version: Any = None


class Read(Protocol):
    """`get` or `peek` of a unit of work, or `get` of the database."""

    def __call__(self, ref: Ref[D], /) -> D | None: ...


class Transaction(Protocol):
    """A unit of work. All reads come before the first write; everything is committed at once, or nothing is.
    It is optimistic: the commit fails, and the work is done anew, when a document that the work got, or that
    it read in any way and writes, has changed meanwhile. So the work has to `get` what a decision rests on; a
    document that it peeked at, found or counted may have changed by the commit. A unit of work that writes
    nothing guards nothing: a refusal rests on reads of one moment. A read that is not answered raises
    BusyError inside the work."""

    def prefetch(self, *refs: Ref[Any]) -> None:
        """Has these documents read in one round trip, which may run at the same time as the `find` that comes
        next. It is for documents that are written in any case. `get` and `peek` then answer from what was
        read."""
        ...

    def get(self, ref: Ref[D]) -> D | None:
        """Reads a document on which a decision rests, whether it exists or not. If the work does not write
        it, the commit guards it by one more write, which changes nothing."""
        ...

    def peek(self, ref: Ref[D]) -> D | None:
        """Reads a document without a guard: no write here rests on it, or it changes only together with a
        document that is got. A comment at the call says which."""
        ...

    def seen(self, ref: Ref[Any]) -> Written:
        """The document as it was read here, for a later unit of work that goes on from there."""
        ...

    def find(self, kind: type[D], query: Query) -> list[D]:
        """An unreadable document is left out, with an error in the log, and does not count for the limit, so
        that it does not hide the others. A document that was found is guarded where it is written. That there
        were no others is not guarded: whoever creates one has to change a document that is got here."""
        ...

    def count(self, query: Query) -> int:
        """How many documents there are, counted by the database as of the moment of all reads of this
        work."""
        ...

    def sum(self, field: str, query: Query) -> int:
        """As `Documents.sum`, as of the moment of all reads of this work."""
        ...

    def create(self, ref: Ref[D], value: D) -> None:
        """Fails the whole commit when the document exists."""
        ...

    def put(self, ref: Ref[D], value: D) -> Written:
        """Writes every field of `value`: over the document that was read, or as a new one where none was
        there. A document that was not read is overwritten, which is for projections of a document that was
        read only.

        A write that changes no field makes no new version: it is checked itself, but no other commit fails
        because of it. So a document on which others decide has to be changed."""
        ...

    def patch(self, ref: Ref[Any], fields: Mapping[str, Any]) -> None:
        """Writes these fields of an existing document, which need not be read, and leaves its others. It is
        for a projection that somebody may have deleted, and costs no read. If the document does not exist,
        nothing at all is committed and the work is done anew; from then on `is_gone` is true, and `patch`
        writes nothing."""
        ...

    def is_gone(self, ref: Ref[Any]) -> bool:
        """Whether an earlier try of this unit of work wanted to patch the document and found that it does not
        exist. False says nothing: no try has looked."""
        ...

    def delete(self, ref: Ref[Any]) -> None:
        """No error where the document is gone already, unless it was read here and existed then."""
        ...


class Documents(Protocol):
    """The database."""

    def get(self, ref: Ref[D]) -> D | None: ...

    def find(self, kind: type[D], query: Query) -> list[D]:
        """As in a transaction, but each query is as of its own moment."""
        ...

    def find_ids(self, query: Query) -> list[str]:
        """The ids of the documents, whatever their fields: an unreadable document is among them."""
        ...

    def sum(self, field: str, query: Query) -> int:
        """The sum of a whole-number field over the documents, added up by the database."""
        ...

    def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
        """Runs `work` until its commit meets no other writer. `work` may run several times, so it must have
        no effect but through the transaction. Raises BusyError when it met too many other writers.

        The document of `after` is not read again on the first try: `get` answers with what was written, or
        seen, before. If somebody has written the document since, the commit fails like any other and
        everything is read anew; so `work` has to write this document."""
        ...
