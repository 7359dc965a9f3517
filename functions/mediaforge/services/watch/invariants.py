"""The check of the books: of every account at once, or in rounds, each night of those whose turn it is.

A violation is an alarm line in the log as soon as it is found: which document is wrong, what was expected and
what was found. A night's check costs as much as the accounts that the day has changed, and a slice of all
accounts beside them.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.errors import BusyError, UnreadError
from mediaforge.domain.rounds import BEGINNING, LOOKBACK
from mediaforge.domain.watch import checks
from mediaforge.domain.watch.checks import CheckRound, begin_check
from mediaforge.ports.documents import Query
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.dispatch import dispatch_account
from mediaforge.services.rounds import begin_run, by_time
from mediaforge.services.watch.books import UNSEEN, Violation
from mediaforge.services.watch.reading import check_account

_CHECKED_AT_ONCE = 8
_PAGE = 40  # accounts from one mark to the next: a few seconds' work
_SLICE = 4  # the number of a round's last part, behind the four of `_turns`


def check_invariants(backend: Backend, lookback: timedelta = LOOKBACK) -> list[Violation]:
    """Checks every account and its jobs. Where an account could not be read for now, raises UnreadError after
    all the others have been checked."""
    check, after = _Check(backend, max(BEGINNING, backend.clock.now() - lookback)), ""
    while page := _page(backend, after):
        check.visit(page)
        after = page[-1]
    check.try_again()
    return check.result()


def check_in_turn(backend: Backend) -> list[Violation]:
    """Checks the accounts whose turn it is, in the round that is under way or in a new one. Where the time
    runs out within the slice, the round is over all the same: the slice goes on the night after. Raises
    UnreadError."""
    run = begin_run(backend, at.check_round(), begin_check)
    check = _Check(backend, run.mark.since)
    turns = _turns(backend, run.mark, backend.clock.now())
    if run.walk(turns, check, _PAGE) or run.mark.part == _SLICE:
        check.try_again()
        run.end(check)
    return check.result()


# ---- whose turn it is --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sighted:
    """The few fields of an account, a job, a direction or a batch that say whose turn it is."""

    id: str
    account_id: str = ""
    modified: datetime | None = None
    due_at: datetime | None = None


def _turns(backend: Backend, mark: CheckRound, now: datetime) -> Iterator[tuple[str, CheckRound]]:
    """Each account whose turn it is, with the mark behind it: the accounts that have changed; those with a
    job, a direction or a batch that is overdue, which need not have changed; and a slice of all accounts."""
    overdue = (("due_at", "<=", now - checks.OVERDUE),)
    parts = (
        Query(at.ACCOUNTS, (("modified", ">", mark.since),), ("modified",), _PAGE),
        Query(at.JOBS, overdue, ("due_at",), _PAGE),
        Query(at.DIRECTIONS, overdue, ("due_at",), _PAGE),
        Query(at.BATCHES, overdue, ("due_at",), _PAGE),
    )
    for part, query in enumerate(parts[mark.part :], mark.part):
        start = (mark.behind_at, mark.behind_id) if part == mark.part else (None, "")
        for found in by_time(backend, _Sighted, query, *start):
            moment = found.modified if query.collection == at.ACCOUNTS else found.due_at
            assert moment is not None  # the query has found the document by it
            mark = checks.behind(mark, part, moment, found.id)
            yield (found.account_id or found.id), mark
    yield from islice(_lap(backend, mark), checks.slice_size(mark))


def _lap(backend: Backend, mark: CheckRound) -> Iterator[tuple[str, CheckRound]]:
    """The accounts behind the last slice, to the end of the lap; those of a new lap where none are left."""
    page = _page(backend, mark.slice_after)
    if not page and mark.slice_after:
        mark = checks.end_lap(mark)
        page = _page(backend, "")
    while page:
        for number, account_id in enumerate(page, 1):
            mark = checks.behind_in_slice(mark, _SLICE, account_id)
            if number == len(page) < _PAGE:
                mark = checks.end_lap(mark)
            yield account_id, mark
        page = _page(backend, page[-1]) if len(page) == _PAGE else ()


def _page(backend: Backend, after: str) -> Sequence[str]:
    """The ids of the accounts behind `after`."""
    return backend.documents.find_ids(Query(at.ACCOUNTS, limit=_PAGE, after=after))


# ---- one run -----------------------------------------------------------------------------------------


@dataclass
class _Check:
    """One run of the check: its violations, the accounts that it has `met`, and those that it could not read
    for now. Of settled jobs it checks those that were settled after `since`."""

    backend: Backend
    since: datetime
    met: set[str] = field(default_factory=set)
    violations: list[Violation] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def has_missed(self) -> bool:
        return bool(self.unread)

    def visit(self, page: Sequence[str]) -> bool:
        """Checks the accounts of a page. An account may come for several reasons: it is checked once."""
        account_ids = [each for each in dict.fromkeys(page) if each not in self.met]
        self.met.update(account_ids)
        with ThreadPoolExecutor(_CHECKED_AT_ONCE) as pool:
            checked = pool.map(partial(_checked, self.backend, self.since), account_ids)
            for account_id, found in zip(account_ids, checked, strict=True):
                if isinstance(found, BusyError):
                    self.unread.append(account_id)
                    continue
                self.violations += found
                if any(violation.rule == UNSEEN for violation in found):
                    dispatch_account(self.backend, account_id)
        return True

    def leave_out(self, thing: str) -> None:
        log.error("invariants.left_out", account_id=thing)

    def try_again(self) -> None:
        account_ids, self.unread = self.unread, []
        self.met.difference_update(account_ids)
        self.visit(account_ids)

    def result(self) -> list[Violation]:
        if self.unread:
            log.error("invariants.unread", accounts=len(self.unread))
            raise UnreadError(f"{len(self.unread)} accounts could not be read for now")
        log.info("invariants.checked", accounts=len(self.met), violations=len(self.violations))
        return self.violations


def _checked(backend: Backend, since: datetime, account_id: str) -> list[Violation] | BusyError:
    """What is wrong with one account, after it was written into the log."""
    try:
        violations = check_account(backend, account_id, since)
    except BusyError as error:
        return error
    for violation in violations:
        log.error(
            "invariant.violated",
            document=violation.document,
            rule=violation.rule,
            expected=violation.expected,
            found=violation.found,
        )
    return violations
