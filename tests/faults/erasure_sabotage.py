"""The safeguards of an erasure, each taken away through the Documents port."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from mediaforge.contract import documents as at
from mediaforge.contract.documents import Ref
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.money.purchases import Purchase
from mediaforge.ports.documents import Documents, Query
from tests.faults.sabotage import Disguise, SabotagedDocuments

D = TypeVar("D")
Seen = Callable[[Account], Account]


@dataclass
class _SeesAccounts(SabotagedDocuments):
    """Where an account is read, it is another one."""

    as_seen: Seen = lambda account: account

    def get(self, ref: Ref[D]) -> D | None:
        return _changed(self.inner.get(ref), self.as_seen)  # type: ignore[no-any-return]


@dataclass
class _Accounts(Disguise):
    as_seen: Seen = lambda account: account

    def get(self, ref: Ref[D]) -> D | None:
        return _changed(super().get(ref), self.as_seen)  # type: ignore[no-any-return]


def _changed(found: Any, seen: Seen) -> Any:
    return seen(found) if isinstance(found, Account) else found


def _is_erasing(documents: Any) -> bool:
    """Whether it is a task of an erasure, or the call that asks for one, that reads and writes here."""
    return str(documents.process.name).startswith("erase ")


def blind_to_the_mark(documents: Documents) -> Documents:
    """Nobody but the erasure itself sees the mark."""
    if _is_erasing(documents):
        return documents

    def unmarked(account: Account) -> Account:
        return replace(account, erasing_at=None, erased_id=None)

    return SabotagedDocuments(documents, lambda tx: _Accounts(tx, unmarked))


class _SeesNothingOpen(_Accounts):
    def find(self, kind: type[D], query: Query) -> list[D]:
        is_of_work = query.collection in (at.JOBS, at.BATCHES) and kind is not object
        is_asked = any(name == "due_at" for name, _, _ in query.where)
        return [] if is_of_work and is_asked else super().find(kind, query)


@dataclass
class _FindsNoWork(_SeesAccounts):
    def find_ids(self, query: Query) -> list[str]:
        return [] if query.collection in (at.JOBS, at.BATCHES) else self.inner.find_ids(query)


def books_move_early(documents: Documents) -> Documents:
    """The erasure sees no job and no batch, and takes the account to be at rest."""
    if not _is_erasing(documents):
        return documents

    def at_rest(account: Account) -> Account:
        if account.erasing_at is None:
            return account
        return replace(account, held=0, active=0, asking=0, tracks={})

    return _FindsNoWork(documents, lambda tx: _SeesNothingOpen(tx, at_rest), at_rest)


class _FindsNoPurchases(Disguise):
    def find(self, kind: type[D], query: Query) -> list[D]:
        return [] if kind is Purchase else super().find(kind, query)


def payments_keep_their_account(documents: Documents) -> Documents:
    """The books move, and the payments go on naming the account from before."""
    return SabotagedDocuments(documents, _FindsNoPurchases)


class _CountsAlike(Disguise):
    def count(self, query: Query) -> int:
        return 0 if "/ledger" in query.collection else super().count(query)

    def find(self, kind: type[D], query: Query) -> list[D]:
        """Copies of a page are short of its last entry: one that came beside them."""
        found = super().find(kind, query)
        return found[:-1] if "/ledger" in query.collection else found


def entries_are_not_counted(documents: Documents) -> Documents:
    """The books move whether or not every entry was copied."""
    return SabotagedDocuments(documents, _CountsAlike) if _is_erasing(documents) else documents


class _LeavesNoMarkers(Disguise):
    def create(self, ref: Ref[D], value: D) -> None:
        if not ref.path.startswith("gifts/"):
            super().create(ref, value)


def no_markers_at_the_erasure(documents: Documents) -> Documents:
    """Only the gift itself leaves markers, of whom the token of that moment named."""
    return SabotagedDocuments(documents, _LeavesNoMarkers) if _is_erasing(documents) else documents


class _DeletesNoTransactions(Disguise):
    """As if each deletion were of another document: none is made."""

    def delete(self, ref: Ref[Any]) -> None:
        if not ref.path.startswith("generations/"):
            super().delete(ref)


def views_are_left(documents: Documents) -> Documents:
    """The erasure empties the jobs, and leaves what shows them."""
    return (
        SabotagedDocuments(documents, _DeletesNoTransactions)
        if _is_erasing(documents)
        else documents
    )


# What is taken away, and what is found then.
SABOTAGES: Mapping[str, tuple[Callable[[Documents], Documents], str]] = {
    "fill blind to the mark": (blind_to_the_mark, "under the mark, found it accepted"),
    "books move early": (books_move_early, "expected"),
    "payments keep their account": (payments_keep_their_account, "expected nothing of"),
    "entries are not counted": (entries_are_not_counted, "expected ["),
    "no markers at the erasure": (no_markers_at_the_erasure, "expected no second welcome"),
    "views are left": (views_are_left, "expected nothing of"),
}
