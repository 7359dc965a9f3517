"""The welcome credits of the user who calls: given once per identity, in the commit that uses them first.

A marker for each identity is created with the gift: where two accounts of one person come at the same moment,
the commit of one fails. Markers outlive the account: a user who is erased and returns has had the gift.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mediaforge.contract import documents as at
from mediaforge.domain.credits import CREDITS_MAX, EntryType, Posting, sum_of
from mediaforge.domain.money.accounts import Account, user_account_id
from mediaforge.domain.money.gifts import (
    GiftKey,
    GiftMarker,
    Welcome,
    WelcomeDay,
    Withheld,
    fingerprint,
    marker_id,
)
from mediaforge.domain.money.quotas import day_of, month_of
from mediaforge.domain.sign_ins import Identity
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend, Caller

ENTRY_ID = "welcome:grant"


@dataclass(frozen=True, slots=True)
class Gift:
    """The account after the gift, and what has to be posted and written in the same commit. `withheld`: why
    there is no gift for now."""

    account: Account
    postings: Sequence[Posting] = ()
    marks: "Marks | None" = None
    day: tuple[at.Ref[WelcomeDay], WelcomeDay] | None = None
    withheld: Withheld | None = None

    def write(self, tx: Transaction) -> None:
        """Writes all but the account and its entry, which the ledger writes."""
        if self.marks is not None:
            self.marks.write(tx)
        if self.day is not None:
            tx.put(*self.day)


@dataclass(frozen=True, slots=True)
class Marks:
    """The markers that a caller's identities lack (`missing`). `was_given`: at least one identity has its
    marker. `new_key` is set for the first gift of all, which makes the key."""

    missing: Sequence[at.Ref[GiftMarker]]
    was_given: bool
    month: str
    new_key: GiftKey | None = None

    def write(self, tx: Transaction) -> None:
        if self.new_key is not None and self.missing:
            tx.create(at.gift_key(), self.new_key)
        for ref in self.missing:
            tx.create(ref, GiftMarker(self.month))


def welcome(
    backend: Backend, tx: Transaction, account: Account, caller: Caller, now: datetime
) -> Gift:
    """The gift that the caller's own account gets now, if any. Reads only.

    Once the gift of an account is decided, nothing more is read until a token names an identity that has not
    been marked. That one is marked, too: an identity that is linked after the gift must not bring another
    gift to another account."""
    amount = backend.catalogue.defaults.welcome_credits
    if account.id != user_account_id(caller.uid):
        return Gift(account)
    if account.welcome is not Welcome.NOT_YET:
        return _kept_up(backend, tx, account, caller, now)
    # An earlier version gave it, and its accounts did not say so. To peek is enough: this entry is never
    # written without the account.
    if tx.peek(at.entry(account.id, ENTRY_ID)) is not None:
        return _kept_up(backend, tx, replace(account, welcome=Welcome.GIVEN), caller, now)
    if not amount or sum_of(account.balance) + amount > CREDITS_MAX:
        return Gift(account)
    if not backend.welcome.counts(caller.sign_in):
        return Gift(account, withheld=Withheld.VERIFY)
    marks = find_marks(backend, tx, caller.sign_in.identities, now)
    if marks.was_given:
        return Gift(_decided(account, Welcome.HAD, caller), marks=marks)
    day = _counted_day(backend, tx, amount, now)
    if day is None:
        return Gift(account, withheld=Withheld.TOMORROW)
    posting = Posting(ENTRY_ID, EntryType.GRANT, amount, reason="welcome")
    return Gift(_decided(account, Welcome.GIVEN, caller), [posting], marks, day)


def find_marks(
    backend: Backend, tx: Transaction, identities: Sequence[Identity], now: datetime
) -> Marks:
    """The markers that these identities lack. Reads only. The commit that writes them fails where another has
    marked one of the identities, or made the key, meanwhile. To peek is enough, since a marker that exists
    never changes."""
    known = tx.peek(at.gift_key())
    key = known or GiftKey(backend.new_id() + backend.new_id())
    refs = [at.gift(marker_id(key, identity)) for identity in identities]
    tx.prefetch(*refs)
    missing = [ref for ref in refs if tx.peek(ref) is None]
    return Marks(missing, len(missing) < len(refs), month_of(now), None if known else key)


def find_marks_of_erased(
    backend: Backend,
    tx: Transaction,
    account: Account,
    identities: Sequence[Identity],
    now: datetime,
) -> Marks:
    """The markers that an erasure leaves: that this user was erased, and where the account has had the
    welcome credits, or an earlier one of the same person, those of all of the user's identities. Reads
    only."""
    uid = account.id.removeprefix(user_account_id(""))
    # As in `welcome`: an earlier version gave the gift, and its accounts did not say so.
    had_gift = account.welcome is not Welcome.NOT_YET or (
        tx.peek(at.entry(account.id, ENTRY_ID)) is not None
    )
    marked = [Identity("uid", uid), *identities] if had_gift else []
    return find_marks(backend, tx, [*dict.fromkeys(marked), _erased(uid)], now)


def was_erased(tx: Transaction, uid: str) -> bool:
    """Whether a user of this id was erased, ever. To peek is enough: the marker is created together with the
    mark in the user's account, which the caller gets, and stays."""
    key = tx.peek(at.gift_key())
    return key is not None and tx.peek(at.gift(marker_id(key, _erased(uid)))) is not None


def _erased(uid: str) -> Identity:
    """No provider has this name."""
    return Identity("erased uid", uid)


def _kept_up(
    backend: Backend, tx: Transaction, account: Account, caller: Caller, now: datetime
) -> Gift:
    identities = caller.sign_in.identities
    if not identities or account.marked_identities == fingerprint(identities):
        return Gift(account)
    marks = find_marks(backend, tx, identities, now)
    return Gift(_decided(account, account.welcome, caller), marks=marks)


def _decided(account: Account, outcome: Welcome, caller: Caller) -> Account:
    marked = fingerprint(caller.sign_in.identities)
    return replace(account, welcome=outcome, marked_identities=marked)


def _counted_day(
    backend: Backend, tx: Transaction, amount: int, now: datetime
) -> tuple[at.Ref[WelcomeDay], WelcomeDay] | None:
    """One part of the day's welcome credits after this gift; None where all of the day's are given away. To
    peek is enough: a part that is full stays full, and the part that is drawn is written."""
    shares = backend.welcome.shares(amount)
    drawn = int(backend.chance() * len(shares))
    parts = [(at.welcome_day(day_of(now), part), share) for part, share in enumerate(shares)]

    def after(ref: at.Ref[WelcomeDay], share: int) -> tuple[at.Ref[WelcomeDay], WelcomeDay] | None:
        given = (tx.peek(ref) or WelcomeDay()).credits + amount
        return (ref, WelcomeDay(given)) if given <= share else None

    if counted := after(*parts[drawn]):
        return counted
    # Parts are drawn by chance and fill up unevenly: no user is sent away while another part has room.
    others = parts[drawn + 1 :] + parts[:drawn]
    tx.prefetch(*(ref for ref, _ in others))
    return next((counted for part in others if (counted := after(*part))), None)
