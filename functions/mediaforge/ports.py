"""What the services need from the outside, as narrow Protocols. Implemented in `adapters`, `providers`.

Every write is safe to repeat, every call may raise BusyError; a crash may come between any two.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from mediaforge.contract.documents import Ref

D = TypeVar("D")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Query:
    """Documents of one collection. `where` are (field, operator, value) with `==`, `<=`, `>`, `in`;
    `order_by` fields, with a leading `-` for descending. `collection` may be a subcollection's path."""

    collection: str
    where: Sequence[tuple[str, str, Any]] = ()
    order_by: Sequence[str] = ()
    limit: int | None = None


@dataclass(slots=True)
class Written:
    """A document as a commit left it. `version` is the adapter's, and None until then."""

    path: str
    version: Any = None


class Transaction(Protocol):
    """A unit of work. All reads come before the first write; everything is committed at once, or
    nothing is. Optimistic: the commit fails, and the work is done anew, when a document that it read
    and writes has changed meanwhile. What a decision rests on therefore has to be written by it: here
    that is always the account or the job."""

    def prefetch(self, *refs: Ref[Any]) -> None:
        """Reads them in one round trip; `get` then answers from what was read."""
        ...

    def get(self, ref: Ref[D]) -> D | None: ...

    def find(self, kind: type[D], query: Query) -> list[D]:
        """What cannot be read is left out, with an error in the log, and does not count for the limit: it
        must not stop the others."""
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


@dataclass(frozen=True, slots=True)
class Task:
    """A delivery of a job to the task function `queue`. `id` makes a second enqueue a no-op."""

    queue: str
    id: str
    job_id: str
    not_before: datetime | None = None


class Tasks(Protocol):
    def enqueue(self, task: Task) -> None:
        """A task that exists already is not an error."""
        ...


class Media(Protocol):
    """Files under fixed names: saving again overwrites, deleting what is gone is not an error."""

    def save(self, path: str, content: bytes, content_type: str, token: str) -> str:
        """Stores the file and returns its address; `token` lets whoever knows it read the file."""
        ...

    def load(self, path: str) -> bytes | None: ...

    def exists(self, path: str) -> bool: ...

    def list(self, prefix: str) -> Sequence[str]:
        """Every path that begins with `prefix`."""
        ...

    def delete(self, paths: Iterable[str]) -> None: ...


class Clock(Protocol):
    def now(self) -> datetime:
        """UTC, aware."""
        ...


@dataclass(frozen=True, slots=True)
class ReferenceImage:
    """A reference with its bytes. `mode` is `style_only` or `style_and_composition`."""

    content: bytes
    mode: str


@dataclass(frozen=True, slots=True)
class ProviderRequest:
    """What a provider is asked for. `attempt` counts from 1; `snoozes` is how often it said to wait."""

    job_id: str
    model: str
    prompt: str
    negative_prompt: str
    style_id: str | None
    width_px: int
    height_px: int
    count: int
    seed: int
    attempt: int
    snoozes: int
    references: Sequence[ReferenceImage] = ()


@dataclass(frozen=True, slots=True)
class Asset:
    """One finished file."""

    content: bytes
    extension: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The provider is done. `assets` may be drawn lazily: one is in memory at a time."""

    assets: Iterable[Asset]


class Provider(Protocol):
    def start(self, request: ProviderRequest) -> Finished:
        """One call that may cost money. Raises RejectedError, ThrottledError or UnavailableError."""
        ...
