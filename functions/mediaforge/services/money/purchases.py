"""Credits that were paid for, and that are taken back when the money goes back. Each event of a payment is
one unit of work."""

from dataclasses import dataclass, replace
from datetime import datetime

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.requests import is_account_id
from mediaforge.domain.credits import CREDITS_MAX, sum_of
from mediaforge.domain.errors import NotFoundError
from mediaforge.domain.money import accounts, purchases
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.money.purchases import Fact, Paid, Purchase
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend
from mediaforge.services.money import ledger
from mediaforge.services.money.gifts import was_erased
from mediaforge.services.money.ledger import NewEntry
from mediaforge.services.money.opening import find_or_open

ACTOR = "stripe"


@dataclass(frozen=True, slots=True)
class Noted:
    """The payment with the fact in it, its account where that is known, and the new `entries`."""

    purchase: Purchase
    account: Account | None = None
    entries: tuple[NewEntry, ...] = ()


def note_payment(backend: Backend, fact: Fact) -> Noted:
    """Keeps the fact, and posts what it changes. A fact that is told again changes nothing.

    A fact that comes before its purchase is kept until that comes. A purchase that cannot be booked is kept
    as `unclaimed`, with an alarm line: a payment is never lost, and an event that Stripe sends again would
    not mend it by itself.
    """

    def work(tx: Transaction) -> Noted:
        now = backend.clock.now()
        ref = at.purchase(fact.payment_id)
        before = tx.get(ref) or Purchase(fact.payment_id)
        noted = _book(backend, tx, purchases.learn(before, fact, now), fact, now)
        if noted.entries and noted.account is not None:
            ledger.write(tx, noted.account, noted.entries)
        if noted.purchase != before:
            tx.put(ref, noted.purchase)
        return noted

    noted = backend.documents.transact(work)
    _report(noted, fact)
    return noted


def _book(
    backend: Backend, tx: Transaction, purchase: Purchase, fact: Fact, now: datetime
) -> Noted:
    """Reads only."""
    # Where an entry exists already, the purchase's document and the ledger contradict each other. By what the
    # document says was taken, credits would be taken twice. So the facts are kept, and nothing is posted
    # until an operator has put the document right. Of who was erased they are kept for the operator alone.
    is_kept_only = purchase.unclaimed in (purchases.ENTRY_EXISTS, purchases.ACCOUNT_ERASED)
    if purchase.paid_at is None or is_kept_only:
        return Noted(purchase)
    bought = purchase.credits or 0
    if purchase.account_id is None or bought < 1:
        return Noted(replace(purchase, unclaimed="unreadable"))
    if _is_of_erased(tx, purchase, purchase.account_id):
        return _of_nobody(purchase)
    account = _find(backend, tx, purchase, purchase.account_id, now)
    if account is None:
        return Noted(replace(purchase, unclaimed="no-account"))
    is_granted = purchase.granted_at is not None
    if not is_granted and (account.erasing_at is not None or accounts.is_erased_id(account.id)):
        return _of_nobody(purchase)
    # The books of an erased user may have moved, though the purchase still names their account.
    purchase = replace(purchase, account_id=account.id)
    if not is_granted and sum_of(account.balance) + bought > CREDITS_MAX:
        return Noted(replace(purchase, unclaimed="balance-too-large"), account)
    moves = purchases.postings(purchase, fact, had_grant=_had_grant(tx, account, fact))
    posted, entries = ledger.post(tx, account, moves, ACTOR, now)
    if {move.entry_id for move in moves} - {new.id for new in entries}:
        # The ledger has an entry of such a name already: the purchase's document was deleted or written by
        # hand. What the ledger lacks under these names it may have under others, so nothing is posted.
        return Noted(replace(purchase, unclaimed=purchases.ENTRY_EXISTS), account)
    booked = replace(
        purchase,
        granted_at=purchase.granted_at or now,
        account_opened_at=posted.opened_at,
        taken_credits=purchases.credits_taken(purchase),
        unclaimed=None,
    )
    return Noted(booked, posted, tuple(entries))


def _find(
    backend: Backend, tx: Transaction, purchase: Purchase, account_id: str, now: datetime
) -> Account | None:
    """The account of the purchase; None where there is none, as for an id that an operator has mistyped. The
    grant may open the account; what comes after it does not: an account that is gone by then was deleted, and
    a new one of its name has not had these credits."""
    if not is_account_id(account_id) and not accounts.is_erased_id(account_id):
        return None
    if purchase.granted_at is not None:
        account = tx.get(at.account(account_id))
        if account is not None and account.books_moved_at is not None and account.erased_id:
            account = tx.get(at.account(account.erased_id))
        is_another = account is not None and account.opened_at != purchase.account_opened_at
        return None if is_another else account
    try:
        return find_or_open(backend, tx, account_id, now)
    except NotFoundError:
        return None


def _is_of_erased(tx: Transaction, purchase: Purchase, account_id: str) -> bool:
    """Whether the credits were not given yet, and whoever they are for is erased: no account is opened for
    somebody who is gone. Who has come back under the same id has an account, and gets them."""
    if purchase.granted_at is not None or not is_account_id(account_id):
        return False
    owner, _, uid = account_id.partition("_")
    is_gone = owner == "user" and tx.get(at.account(account_id)) is None
    return is_gone and was_erased(tx, uid)


def _of_nobody(purchase: Purchase) -> Noted:
    return Noted(replace(purchase, account_id=None, unclaimed=purchases.ACCOUNT_ERASED))


def _had_grant(tx: Transaction, account: Account, fact: Fact) -> bool:
    """Whether the first version booked this very event. It named the grant by the event. Sent again, the
    event makes the purchase known, so that credits can be taken back when money goes back."""
    if not isinstance(fact, Paid) or fact.event_id is None:
        return False
    # To peek is enough: no entry of such a name is written any more.
    known = tx.peek(at.entry(account.id, f"{fact.event_id}:grant"))
    return known is not None and known.actor == ACTOR


def _report(noted: Noted, fact: Fact) -> None:
    purchase = noted.purchase
    about = {
        "account_id": purchase.account_id,
        "session_id": purchase.session_id,
        "payment_intent": purchase.payment_intent,
    }
    if noted.entries and noted.account is not None:
        moved = {new.id: new.entry.amount for new in noted.entries}
        takes_back = any(entry_id.endswith(":taken") for entry_id in moved)
        tell = log.warning if takes_back else log.info
        tell("purchase.booked", entries=moved, owed=noted.account.owed, **about)
    if isinstance(fact, Paid) and fact.session_id != purchase.session_id:
        # Stripe makes a payment for each session. Should two sessions name one payment, the credits of the
        # second are in no document.
        other = {**about, "session_id": fact.session_id}
        log.error("purchase.unclaimed", why="another-session", fields=[], **other)
    if purchase.unclaimed is not None:
        fields = list(fact.unreadable) if isinstance(fact, Paid) else []
        log.error("purchase.unclaimed", why=purchase.unclaimed, fields=fields, **about)
