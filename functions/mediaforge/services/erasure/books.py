"""Moves the books of an erased user to an account that says nothing of them.

The entries are copied, any number of times, without what names the user. Then one commit takes the balance
from the one account to the other: if an entry has come meanwhile, the account has changed, and the commit
fails. Only then the old entries are deleted. So at every moment the entries of one of the two accounts add
up, and that is the one that has the balance."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from mediaforge.contract import documents as at
from mediaforge.domain.money import accounts, purchases
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.money.purchases import Purchase
from mediaforge.domain.rounds import BEGINNING
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.erasure.erasing import Erasing
from mediaforge.services.library.belongings import PAGE

# Copies that are tried in one task, each after an entry has come beside it.
_TRIES_MAX = 3
NOBODY = "erased"
"""The `actor` of an entry whose user was erased."""
Entries = Mapping[at.Ref[dict[str, Any]], Mapping[str, Any]]


def move_books(erasing: Erasing) -> bool:
    """Moves them where nothing of the account is open any more. Says whether they have moved."""
    for _ in range(_TRIES_MAX):
        account = erasing.check_now()
        if account.books_moved_at is None:
            if not accounts.are_books_at_rest(account):
                return False
            _copy(erasing)
        if account.books_moved_at is not None or erasing.commit(
            lambda tx, found: _switch(erasing, tx, found)
        ):
            _clear(erasing)
            return True
    return False


def _copy(erasing: Erasing) -> None:
    after = ""
    while True:
        erasing.check_now()
        copied = erasing.commit(lambda tx, _, a=after: _copy_page(erasing, tx, a))  # type: ignore[misc]
        if len(copied) < PAGE:
            return
        after = copied[-1]


def _copy_page(erasing: Erasing, tx: Transaction, after: str) -> list[str]:
    page = Query(at.ledger(erasing.account_id), limit=PAGE, after=after)
    entries = tx.find(dict[str, Any], page)
    for entry in entries:
        target = at.as_stored(at.entry(erasing.erased_id, entry["id"]))
        tx.put(target, anonymous(entry, erasing.uid))
    return [entry["id"] for entry in entries]


def anonymous(entry: Mapping[str, Any], uid: str) -> dict[str, Any]:
    """The fields of an entry without what names the user: they may be its actor, and a reason is free text of
    an administrator."""
    kept = {name: field for name, field in entry.items() if name not in ("id", "reason")}
    return {**kept, "actor": NOBODY if entry.get("actor") == uid else entry.get("actor")}


def entries_of(tx: Transaction, account_id: str, names: Iterable[str]) -> Entries:
    """Those of these names that exist. Reads only. To peek is enough: an entry is changed by `unname` alone,
    and deleted by nobody while its team's books are there."""
    refs = [at.as_stored(at.entry(account_id, name)) for name in names]
    tx.prefetch(*refs)
    return {ref: entry for ref in refs if (entry := tx.peek(ref)) is not None}


def unname(tx: Transaction, entries: Entries, uid: str) -> None:
    """Entries of a team's books stay in their place: only the actor goes, where it is this user."""
    for ref, entry in entries.items():
        if entry.get("actor") == uid:
            tx.patch(ref, {"actor": NOBODY})


def _switch(erasing: Erasing, tx: Transaction, account: Account) -> bool:
    """That every entry is copied is known by their number: an entry is written with its account, which is
    got, and none is ever deleted before this commit. The same holds for jobs, rows and directions that
    reserve something."""
    if account.books_moved_at is not None:
        return True  # our own commit stood, and its answer was lost
    own = (("account_id", "==", account.id), ("due_at", ">", BEGINNING))
    is_open = tx.find(dict[str, Any], Query(at.JOBS, own, limit=1)) or tx.find(
        dict[str, Any], Query(at.BATCHES, own, limit=1)
    )
    number = tx.count(Query(at.ledger(account.id)))
    copied = tx.count(Query(at.ledger(erasing.erased_id)))
    if is_open or not accounts.are_books_at_rest(account) or number != copied:
        return False
    emptied, moved = accounts.move_books(account, erasing.backend.clock.now())
    tx.create(at.account(moved.id), moved)
    tx.put(at.account(account.id), emptied)
    return True


def _clear(erasing: Erasing) -> None:
    """Deletes the old entries, and has the payments name the new account."""
    erasing.delete_all(Query(at.ledger(erasing.account_id), limit=PAGE))
    while erasing.commit(lambda tx, _: _readdress(erasing, tx)) == PAGE:
        erasing.check_now()


def _readdress(erasing: Erasing, tx: Transaction) -> int:
    own = (("account_id", "==", erasing.account_id),)
    found = tx.find(Purchase, Query(at.PURCHASES, own, limit=PAGE))
    for purchase in found:
        after = replace(purchase, account_id=erasing.erased_id)
        if purchase.granted_at is None:  # it was paid, and never booked
            after = replace(purchase, account_id=None, unclaimed=purchases.ACCOUNT_ERASED)
        tx.put(at.purchase(purchase.id), after)
    return len(found)
