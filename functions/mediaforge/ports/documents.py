"""The database: documents, queries, and transactions over them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from mediaforge.contract.documents import Ref

D = TypeVar("D")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Query:
    """Documents of one collection. `where` are (field, operator, value) with `==`, `<=`, `>=`, `>`, `in`,
    `array_contains`; `order_by` fields, with a leading `-` for descending; what is equal in them is in the
    order of ids, in the direction of the last. `collection` may be a subcollection's path. `after` goes on
    behind the document of that id, whose values of the `order_by` fields are `behind`; it need not be there
    any more.

    Whatever is asked for needs its index in `firestore.indexes.json`."""

    collection: str
    where: Sequence[tuple[str, str, Any]] = ()
    order_by: Sequence[str] = ()
    limit: int | None = None
    after: str = ""
    behind: Sequence[Any] = ()


@dataclass(slots=True)
class Written:
    """A document as a commit left it. `version` is the adapter's, and None until then."""

    path: str
    version: Any = None


class Read(Protocol):
    """`get` or `peek` of a unit of work, or `get` of the database."""

    def __call__(self, ref: Ref[D], /) -> D | None: ...


class Transaction(Protocol):
    """A unit of work. All reads come before the first write; everything is committed at once, or
    nothing is. Optimistic: the commit fails, and the work is done anew, when a document that it got, or
    that it read in any way and writes, has changed meanwhile. So what a decision rests on is got; what it
    peeked at, found or counted may be otherwise by then. Where nothing is written nothing is guarded: a
    refusal rests on reads of one moment. A read that is not answered raises BusyError to the work
    itself."""

    def prefetch(self, *refs: Ref[Any]) -> None:
        """Reads them in one round trip; `get` and `peek` then answer from what was read."""
        ...

    def get(self, ref: Ref[D]) -> D | None:
        """What a decision rests on, there or not. Where it is not written it is guarded by one more write,
        which changes nothing."""
        ...

    def peek(self, ref: Ref[D]) -> D | None:
        """What nothing rests on that is written here, or what changes only together with something that is
        got. Whoever peeks says which."""
        ...

    def find(self, kind: type[D], query: Query) -> list[D]:
        """What cannot be read is left out, with an error in the log, and does not count for the limit: it
        must not stop the others. What was found is guarded where it is written, and that there was no
        more is not: whoever makes one has to change a document that is got here."""
        ...

    def count(self, query: Query) -> int:
        """How many documents there are, counted by the database, as of the moment of all that is read
        here."""
        ...

    def sum(self, field: str, query: Query) -> int:
        """As `Documents.sum`, of the same moment."""
        ...

    def create(self, ref: Ref[D], value: D) -> None:
        """Fails the whole commit when the document exists."""
        ...

    def put(self, ref: Ref[D], value: D) -> Written:
        """Writes every field of `value`, over what was read, or anew where nothing was. A document
        that was not read is overwritten: only for a projection of one that was.

        A write that changes no field is no new version: it is checked itself, but nobody else's
        commit fails because of it. What others decide on has to be changed."""
        ...

    def update(self, ref: Ref[D], value: D) -> None:
        """Writes every field of `value` over a document that is there and was not read: for a projection
        that somebody may have deleted, at no read. Where it is not there, nothing at all is committed, and
        the work is done anew; from then on `is_gone` says so, and this writes nothing."""
        ...

    def is_gone(self, ref: Ref[Any]) -> bool:
        """Whether an earlier try of this unit of work would have updated the document and found that it is
        not there. False is no answer: nobody has looked."""
        ...

    def delete(self, ref: Ref[Any]) -> None:
        """What is gone already is not an error, unless it was read and was there."""
        ...


class Documents(Protocol):
    """The database."""

    def get(self, ref: Ref[D]) -> D | None: ...

    def find(self, kind: type[D], query: Query) -> list[D]:
        """As in a transaction, but each query of a moment of its own."""
        ...

    def find_ids(self, query: Query) -> list[str]:
        """Their ids, whatever is in them: one document that cannot be read does not hide the rest."""
        ...

    def sum(self, field: str, query: Query) -> int:
        """The sum of a whole-number field over the documents, added up by the database."""
        ...

    def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
        """Runs `work` until its commit meets no other writer; `work` may run several times, so it
        must have no effect but through the transaction. BusyError when it met too many.

        The document of `after` is not read again on the first try: `get` answers what was written. If
        somebody has written since, the commit fails like any other and all is read anew; so `work`
        has to write it."""
        ...
