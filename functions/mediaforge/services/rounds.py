"""A run of a round: page by page behind its mark, which says what is done, until all is or the run has taken
its time. So each has its turn, however many come before it, and wherever the platform ends a run."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.rounds import Round
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.backend import Backend

R = TypeVar("R", bound=Round)
T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)

# A scheduled function has 540 s; what is begun by then is small.
RUN_S_MAX = 360


class Visitor(Protocol[T_contra]):
    """What is done with each page."""

    @property
    def has_missed(self) -> bool:
        """Whether this run could not look at something."""
        ...

    def visit(self, page: Sequence[T_contra]) -> bool:
        """Whether there was time for all."""
        ...

    def leave_out(self, thing: T_contra) -> None:
        """Says that it is left for the next round."""
        ...


@dataclass
class RoundRun(Generic[R]):
    """One run of a round: until when, how far it has come, and what of that is written."""

    backend: Backend
    ref: at.Ref[R]
    known: R | None
    mark: R
    ends_at: datetime
    had_missed: bool

    @property
    def is_out_of_time(self) -> bool:
        return self.backend.clock.now() >= self.ends_at

    def walk(self, things: Iterator[tuple[T, R]], visitor: Visitor[T], page_max: int) -> bool:
        """Goes over `things`, each with the mark behind it; whether this came to their end.

        What a run died over the next one begins with, one by one. What two have died over is left for the
        next round: it must not keep all behind it from their turn."""
        alone, is_first = page_max if self.mark.runs else 0, True
        while page := list(islice(things, 1 if alone > 0 else page_max)):
            alone -= 1
            if self.is_out_of_time and not is_first:
                log.warning("round.unfinished", document=self.ref.path)
                return False
            if self.mark.runs > 1:
                visitor.leave_out(page[0][0])
                self.had_missed = True
            elif not self._is_visited([thing for thing, _ in page], visitor, is_first=is_first):
                return False
            if not self._move(replace(page[-1][1], runs=0), visitor):
                return False
            is_first = False
        return True

    def end(self, visitor: Visitor[T]) -> None:
        self._move(replace(self.mark, runs=0, is_over=True), visitor)

    def _is_visited(self, page: Sequence[T], visitor: Visitor[T], *, is_first: bool) -> bool:
        """Whether to go on behind it. What takes longer than is left is begun again by the next run; but what
        takes a whole run is not, for it would hold up all behind it, for ever."""
        # Only now, with a page: a run that was not even told one has died over nothing.
        if not self._move(replace(self.mark, runs=self.mark.runs + 1), visitor):
            return False
        if visitor.visit(page) or is_first:
            return True
        self._move(replace(self.mark, runs=0), visitor)
        return False

    def _move(self, mark: R, visitor: Visitor[T]) -> bool:
        """False where another run has moved on meanwhile: then the round is that one's."""
        moved = replace(mark, has_missed=self.had_missed or visitor.has_missed)

        def work(tx: Transaction) -> bool:
            # It may be `moved` by ourselves, of whose commit the answer was lost.
            if tx.get(self.ref) not in (self.known, moved):
                return False
            tx.put(self.ref, moved)
            return True

        if not self.backend.documents.transact(work):
            return False
        self.known = self.mark = moved
        return True


def begin_run(
    backend: Backend, ref: at.Ref[R], begin: Callable[[R | None, datetime], R]
) -> RoundRun[R]:
    """A run of the round that is under way, or of the next."""
    now, known = backend.clock.now(), backend.documents.get(ref)
    mark = begin(known, now)
    return RoundRun(backend, ref, known, mark, now + timedelta(seconds=RUN_S_MAX), mark.has_missed)


class Dated(Protocol):
    """As little of a document as says whose turn it is: its id, and what it is found by."""

    @property
    def id(self) -> str: ...


S = TypeVar("S", bound=Dated)


def by_time(
    backend: Backend, kind: type[S], query: Query, moment: datetime | None = None, after: str = ""
) -> Iterator[S]:
    """What `query` finds, a page at a time, in the order of the one moment that it orders by: behind the
    document `after` of `moment`. What is moved on meanwhile comes again, until there is no whole page any
    more."""
    (name,) = query.order_by
    if after:
        query = replace(query, after=after, behind=(moment,))
    while page := backend.documents.find(kind, query):
        yield from page
        if len(page) < (query.limit or 0):
            return
        last: Any = page[-1]
        query = replace(query, after=last.id, behind=(getattr(last, name),))
