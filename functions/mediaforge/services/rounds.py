"""One run of a round. It visits things page by page and writes a mark behind each page, until the round is
done or the run is out of time. The next run goes on behind the mark, so everything has its turn, however much
comes before it and wherever the platform ends a run."""

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

# Seconds after which a run begins no further page. A scheduled function may take 540 s: the rest is for the
# page under way.
RUN_S_MAX = 360


class Visitor(Protocol[T_contra]):
    """Does the work of a run with each page."""

    @property
    def has_missed(self) -> bool:
        """Whether this run could not look at something."""
        ...

    def visit(self, page: Sequence[T_contra]) -> bool:
        """Visits one page. False where the time ran out before its end."""
        ...

    def leave_out(self, thing: T_contra) -> None:
        """Reports that `thing` is left for the next round."""
        ...


@dataclass
class RoundRun(Generic[R]):
    """One run of a round. It ends at `ends_at`; `mark` is how far it has come, and `known` the mark as the
    document has it."""

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
        """Visits `things`, each given with the mark behind it. True where it came to their end.

        Where the last run died over a page, this run visits the things of that page one at a time. A thing
        over which two runs have died is left for the next round: it must not hold up all behind it."""
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
        """Visits the page. True where the run goes on behind it. A page that needs more time than is left is
        begun again by the next run. The first page of a run is not, though the time ran out: a page that
        takes a whole run would hold up all behind it for ever."""
        # The run counts itself in the mark only once it has a page: a run that dies while it looks for its
        # first page has died over nothing.
        if not self._move(replace(self.mark, runs=self.mark.runs + 1), visitor):
            return False
        if visitor.visit(page) or is_first:
            return True
        self._move(replace(self.mark, runs=0), visitor)
        return False

    def _move(self, mark: R, visitor: Visitor[T]) -> bool:
        """Writes the mark. False where another run has moved it meanwhile: the round is that run's then."""
        moved = replace(mark, has_missed=self.had_missed or visitor.has_missed)

        def work(tx: Transaction) -> bool:
            # The document is `moved` already where our own commit wrote it and its answer was lost.
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
    """A run of the round that is under way, or of a new one where that is over."""
    now, known = backend.clock.now(), backend.documents.get(ref)
    mark = begin(known, now)
    return RoundRun(backend, ref, known, mark, now + timedelta(seconds=RUN_S_MAX), mark.has_missed)


class Dated(Protocol):
    """The few fields of a document that say whose turn it is: its id, and the moment that it is found by."""

    @property
    def id(self) -> str: ...


S = TypeVar("S", bound=Dated)


def by_time(
    backend: Backend, kind: type[S], query: Query, moment: datetime | None = None, after: str = ""
) -> Iterator[S]:
    """The documents that `query` finds, read a page at a time, in the order of the one moment that it orders
    by. They begin behind the document `after`, whose moment is `moment`. A document whose moment moves on
    meanwhile is found again; the first page that is not full is the last one."""
    (name,) = query.order_by
    if after:
        query = replace(query, after=after, behind=(moment,))
    while page := backend.documents.find(kind, query):
        yield from page
        if len(page) < (query.limit or 0):
            return
        last: Any = page[-1]
        query = replace(query, after=last.id, behind=(getattr(last, name),))
