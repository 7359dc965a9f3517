"""One safeguard of a direction taken away, through the Documents port: to see that the verdict misses it.
Each is applied to the documents of one process."""

import re
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from mediaforge.contract.documents import Ref
from mediaforge.domain.credits import Entry, EntryType
from mediaforge.domain.directing.directions import DirectionRecord, DirectionStatus, hold_of
from mediaforge.domain.money.accounts import Account
from mediaforge.ports.documents import Documents, Query, Written
from tests.faults.sabotage import Disguise, SabotagedDocuments

D = TypeVar("D")
# Not the month's entries, which end with a level.
_NUMBERED = re.compile(r"(/ledger/[^/]+:(?:hold|capture|release)):\d+")
_ENDS = (EntryType.CAPTURE, EntryType.RELEASE)


# ---- 12: charged when it has answered ------------------------------------------------------------


@dataclass
class _ChargedAfter(Disguise):
    """What would be held is kept in mind, and written with the end."""

    asked: dict[str, DirectionRecord]
    _is_dropped: bool = False
    _ends: DirectionRecord | None = None
    _before: Account | None = None

    def get(self, ref: Ref[D]) -> D | None:
        value: Any = super().get(ref)
        if ref.path in self.asked:
            self._ends = value = self.asked[ref.path]
        elif isinstance(value, Account) and self._ends and self._ends.account_id == value.id:
            price, self._before = self._ends.price_credits, value
            available, held = value.available - price, value.held + price
            value = replace(value, available=available, held=held, asking=value.asking + 1)
        return value  # type: ignore[no-any-return]

    def create(self, ref: Ref[D], value: D) -> None:
        if isinstance(value, Entry) and value.type in _ENDS:
            self._write_hold(ref.path, value)
        if not self._is_dropped:
            super().create(ref, value)

    def _write_hold(self, path: str, end: Entry) -> None:
        """Of a direction, beside its end."""
        if self._ends is None or self._before is None:
            return
        price = self._ends.price_credits
        hold = replace(
            end,
            type=EntryType.HOLD,
            available_after=self._before.available - price,
            held_after=self._before.held + price,
        )
        folder = path.rpartition("/")[0]
        self.inner.create(Ref(f"{folder}/{hold_of(self._ends).entry_id}", Entry), hold)

    def put(self, ref: Ref[D], value: D) -> Written:
        if isinstance(value, DirectionRecord) and value.is_asking:
            self.asked[ref.path] = value
            self._is_dropped = True
        elif ref.path in self.asked:
            del self.asked[ref.path]
        return Written(ref.path) if self._is_dropped else super().put(ref, value)


def charged_after(documents: Documents) -> Documents:
    """Nothing is written before the director is asked; its hold comes with its capture or release."""
    asked: dict[str, DirectionRecord] = {}
    return SabotagedDocuments(documents, lambda tx: _ChargedAfter(tx, asked))


# ---- 13: nobody is due to close it ---------------------------------------------------------------


class _NeverDue(Disguise):
    def put(self, ref: Ref[D], value: D) -> Written:
        if isinstance(value, DirectionRecord):
            value = replace(value, due_at=None)
        return super().put(ref, value)


def without_due_at(documents: Documents) -> Documents:
    """A direction under way is written without the moment at which the sweep closes it."""
    return SabotagedDocuments(documents, _NeverDue)


# ---- 14: the second caller asks, too -------------------------------------------------------------


@dataclass
class _Joining(SabotagedDocuments):
    """Sees every direction that is under way as closed, until it holds for one itself."""

    is_caller: bool = field(default=True)

    def get(self, ref: Ref[D]) -> D | None:
        return self.as_closed(super().get(ref))  # type: ignore[no-any-return]

    def find_ids(self, query: Query) -> list[str]:
        self.is_caller = False  # the sweep
        return super().find_ids(query)

    def as_closed(self, value: Any) -> Any:
        is_open = isinstance(value, DirectionRecord) and value.is_asking
        return (
            replace(value, status=DirectionStatus.CLOSED) if is_open and self.is_caller else value
        )


@dataclass
class _JoiningTransaction(Disguise):
    documents: _Joining

    def get(self, ref: Ref[D]) -> D | None:
        return self.documents.as_closed(super().get(ref))  # type: ignore[no-any-return]

    def put(self, ref: Ref[D], value: D) -> Written:
        if isinstance(value, DirectionRecord) and value.is_asking:
            self.documents.is_caller = False
        return super().put(ref, value)


def joining(documents: Documents) -> Documents:
    """Who finds the direction under way asks as well."""
    joined = _Joining(documents, lambda tx: tx)
    joined.disguise = lambda tx: _JoiningTransaction(tx, joined)
    return joined


# ---- 15: entries without a number ----------------------------------------------------------------


class _Unnumbered(Disguise):
    def prefetch(self, *refs: Ref[Any]) -> None:
        super().prefetch(*map(_without_number, refs))

    def get(self, ref: Ref[D]) -> D | None:
        return super().get(_without_number(ref))

    def create(self, ref: Ref[D], value: D) -> None:
        super().create(_without_number(ref), value)


def _without_number(ref: Ref[D]) -> Ref[D]:
    return Ref(_NUMBERED.sub(r"\1", ref.path), ref.type)


def without_numbers(documents: Documents) -> Documents:
    """The entries of a direction are named by it and their type alone."""
    return SabotagedDocuments(documents, _Unnumbered)
