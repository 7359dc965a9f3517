"""The welcome credits of a call's own user: given once per identity, in the commit that uses them first.

A marker for each identity is created with the gift, so that of two accounts of one person that come at the
same moment one commit fails. Markers outlive the account: who is erased and returns has had the gift.
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
    """The account after it, and what has to be posted and written in the same commit. `withheld`: why
    there is none for now."""

    account: Account
    postings: Sequence[Posting] = ()
    marks: "Marks | None" = None
    day: tuple[at.Ref[WelcomeDay], WelcomeDay] | None = None
    withheld: Withheld | None = None

    def write(self, tx: Transaction) -> None:
        """All but the account and its entry, which the ledger writes."""
        if self.marks is not None:
            self.marks.write(tx)
        if self.day is not None:
            tx.put(*self.day)


@dataclass(frozen=True, slots=True)
class Marks:
    """The markers of somebody's identities, as far as they are `missing`. `was_given`: at least one was
    there. `new_key` is there for the first gift of all."""

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
    """Reads only. Once it is decided for an account no more is read, until a token says of an identity that
    had not been marked: what is linked after the gift must not bring another one elsewhere."""
    amount = backend.catalogue.defaults.welcome_credits
    if account.id != user_account_id(caller.uid):
        return Gift(account)
    if account.welcome is not Welcome.NOT_YET:
        return _kept_up(backend, tx, account, caller, now)
    # Given before accounts said so. It is never written without the account.
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
    """What is to be marked of these identities. Reads only; whoever writes it fails where somebody else has
    marked one of them, or made the key, meanwhile. What is there already never changes."""
    known = tx.peek(at.gift_key())
    key = known or GiftKey(backend.new_id() + backend.new_id())
    refs = [at.gift(marker_id(key, identity)) for identity in identities]
    tx.prefetch(*refs)
    missing = [ref for ref in refs if tx.peek(ref) is None]
    return Marks(missing, len(missing) < len(refs), month_of(now), None if known else key)


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
    """A part of the day after this gift; None where all of the day's credits are given away already. A part
    that is full stays so; the one that is drawn is written."""
    shares = backend.welcome.shares(amount)
    drawn = int(backend.chance() * len(shares))
    parts = [(at.welcome_day(day_of(now), part), share) for part, share in enumerate(shares)]

    def after(ref: at.Ref[WelcomeDay], share: int) -> tuple[at.Ref[WelcomeDay], WelcomeDay] | None:
        given = (tx.peek(ref) or WelcomeDay()).credits + amount
        return (ref, WelcomeDay(given)) if given <= share else None

    if counted := after(*parts[drawn]):
        return counted
    # Parts that are drawn fill up unevenly: nobody is sent away while another has room.
    others = parts[drawn + 1 :] + parts[:drawn]
    tx.prefetch(*(ref for ref, _ in others))
    return next((counted for part in others if (counted := after(*part))), None)
