"""One safeguard taken away, through the Documents port: to see that the harness would notice."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from mediaforge.contract.documents import Ref
from mediaforge.domain.accounts import Account
from mediaforge.domain.jobs import Job, Lease
from mediaforge.ports.documents import Documents, Query, Transaction, Written

D = TypeVar("D")
T = TypeVar("T")

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class SabotagedDocuments:
    """Units of work see their transaction through `disguise`."""

    inner: Documents
    disguise: Callable[[Transaction], Transaction]

    def get(self, ref: Ref[D]) -> D | None:
        return self.inner.get(ref)

    def find(self, kind: type[D], query: Query) -> list[D]:
        return self.inner.find(kind, query)

    def find_ids(self, query: Query) -> list[str]:
        return self.inner.find_ids(query)

    def sum(self, field: str, query: Query) -> int:
        return self.inner.sum(field, query)

    def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
        return self.inner.transact(lambda tx: work(self.disguise(tx)), after)


@dataclass
class _Disguise:
    """A transaction as it is; each sabotage changes one thing."""

    inner: Transaction

    def prefetch(self, *refs: Ref[Any]) -> None:
        self.inner.prefetch(*refs)

    def get(self, ref: Ref[D]) -> D | None:
        return self.inner.get(ref)

    def find(self, kind: type[D], query: Query) -> list[D]:
        return self.inner.find(kind, query)

    def create(self, ref: Ref[D], value: D) -> None:
        self.inner.create(ref, value)

    def put(self, ref: Ref[D], value: D) -> Written:
        return self.inner.put(ref, value)

    def update(self, ref: Ref[D], value: D) -> None:
        self.inner.update(ref, value)

    def is_gone(self, ref: Ref[Any]) -> bool:
        return self.inner.is_gone(ref)

    def delete(self, ref: Ref[Any]) -> None:
        self.inner.delete(ref)


class _ExpiredLeases(_Disguise):
    def get(self, ref: Ref[D]) -> D | None:
        value: Any = super().get(ref)
        if isinstance(value, Job) and value.lease is not None:
            return replace(value, lease=Lease(value.lease.owner, _LONG_AGO))  # type: ignore[return-value]
        return value  # type: ignore[no-any-return]


class _NoAttempts(_Disguise):
    def create(self, ref: Ref[D], value: D) -> None:
        super().create(ref, _without_attempts(value))

    def put(self, ref: Ref[D], value: D) -> Written:
        return super().put(ref, _without_attempts(value))


def _without_attempts(value: Any) -> Any:
    return replace(value, attempts=0) if isinstance(value, Job) else value


class _NoHandles(_Disguise):
    def put(self, ref: Ref[D], value: D) -> Written:
        return super().put(ref, _without_handle(value))


def _without_handle(value: Any) -> Any:
    return replace(value, handle=None) if isinstance(value, Job) else value


class _OneAccountOfAName(_Disguise):
    """Who reads does not see when an account was opened."""

    def get(self, ref: Ref[D]) -> D | None:
        found = super().get(ref)
        return None if found is None else _undated(found)

    def find(self, kind: type[D], query: Query) -> list[D]:
        return [_undated(value) for value in super().find(kind, query)]


def _undated(value: D) -> D:
    dated: Any = value
    if isinstance(dated, Job):
        dated = replace(dated, account_opened_at=None)
    elif isinstance(dated, Account):
        dated = replace(dated, opened_at=None)
    undated: D = dated
    return undated


class _NoSettleWithoutAccount(_Disguise):
    """Whoever settles needs the account."""

    settles = False

    def find(self, kind: type[D], query: Query) -> list[D]:
        self.settles |= ("awaits_settle", "==", True) in query.where
        return super().find(kind, query)

    def get(self, ref: Ref[D]) -> D | None:
        found = super().get(ref)
        if self.settles and ref.type is Account and found is None:
            raise AssertionError(f"no account {ref.path}")
        return found


class _BlindViews(_Disguise):
    """Views are written whether they are there or not."""

    def update(self, ref: Ref[D], value: D) -> None:
        self.inner.put(ref, value)


class _BlindToEntries(_Disguise):
    def prefetch(self, *refs: Ref[Any]) -> None:
        super().prefetch(*(ref for ref in refs if not _is_entry(ref)))

    def get(self, ref: Ref[D]) -> D | None:
        return None if _is_entry(ref) else super().get(ref)


class _UniqueEntries(_Disguise):
    """`number` makes this unit of work's entries others than anybody else's."""

    number = 0

    def prefetch(self, *refs: Ref[Any]) -> None:
        super().prefetch(*map(self._renamed, refs))

    def get(self, ref: Ref[D]) -> D | None:
        return super().get(self._renamed(ref))

    def create(self, ref: Ref[D], value: D) -> None:
        super().create(self._renamed(ref), value)

    def _renamed(self, ref: Ref[D]) -> Ref[D]:
        return Ref(f"{ref.path}~{self.number}", ref.type) if _is_entry(ref) else ref


def _is_entry(ref: Ref[Any]) -> bool:
    return "/ledger/" in ref.path


def without_leases(documents: Documents) -> Documents:
    """A lease that a unit of work reads has always expired."""
    return SabotagedDocuments(documents, _ExpiredLeases)


def without_attempts(documents: Documents) -> Documents:
    """The attempts of a job are written as none."""
    return SabotagedDocuments(documents, _NoAttempts)


def without_handles(documents: Documents) -> Documents:
    """The provider's handle of what was started is never written."""
    return SabotagedDocuments(documents, _NoHandles)


def with_one_account_of_a_name(documents: Documents) -> Documents:
    """`account_opened_at` is not compared: an account is the one of all jobs that name it."""
    return SabotagedDocuments(documents, _OneAccountOfAName)


def without_settling_orphans(documents: Documents) -> Documents:
    """A settle that finds no account breaks."""
    return SabotagedDocuments(documents, _NoSettleWithoutAccount)


def with_blind_views(documents: Documents) -> Documents:
    """Views and brands are written blindly."""
    return SabotagedDocuments(documents, _BlindViews)


def without_looking_up(documents: Documents) -> Documents:
    """Whoever looks an entry up before deciding finds none."""
    return SabotagedDocuments(documents, _BlindToEntries)


def with_entries_of_any_name() -> Callable[[Documents], Documents]:
    """Each unit of work names its entries anew, so that the same fact can be posted twice."""
    numbers = itertools.count()

    def disguise(tx: Transaction) -> Transaction:
        disguised = _UniqueEntries(tx)
        disguised.number = next(numbers)
        return disguised

    return lambda documents: SabotagedDocuments(documents, disguise)
