"""Credits that were paid for, and go back with the money: one unit of work for each event of a payment."""

from dataclasses import dataclass, replace
from datetime import datetime

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.requests import is_account_id
from mediaforge.domain.credits import CREDITS_MAX, sum_of
from mediaforge.domain.errors import NotFoundError
from mediaforge.domain.money import purchases
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.money.purchases import Fact, Paid, Purchase
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend
from mediaforge.services.money import ledger
from mediaforge.services.money.ledger import NewEntry
from mediaforge.services.money.opening import find_or_open

ACTOR = "stripe"


@dataclass(frozen=True, slots=True)
class Noted:
    """The payment with the fact in it, and the account where it is known. `entries` are new."""

    purchase: Purchase
    account: Account | None = None
    entries: tuple[NewEntry, ...] = ()


def note_payment(backend: Backend, fact: Fact) -> Noted:
    """Keeps the fact, and posts what it changes; told again it changes nothing.

    A fact that comes before its purchase waits for it. What cannot be booked is kept `unclaimed`, with an
    alarm line: a payment is never lost, and nothing that Stripe could send again would mend it.
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
    if purchase.paid_at is None:
        return Noted(purchase)
    if purchase.unclaimed == purchases.ENTRY_EXISTS:
        # Its document and the books contradict each other. A difference to what the document says was taken
        # would be taken twice, so its facts are kept and nothing is posted until somebody has put it right.
        return Noted(purchase)
    if purchase.account_id is None or purchase.credits is None or purchase.credits < 1:
        return Noted(replace(purchase, unclaimed="unreadable"))
    account = _find(backend, tx, purchase, purchase.account_id, now)
    if account is None:
        return Noted(replace(purchase, unclaimed="no-account"))
    is_granted = purchase.granted_at is not None
    if not is_granted and sum_of(account.balance) + purchase.credits > CREDITS_MAX:
        return Noted(replace(purchase, unclaimed="balance-too-large"), account)
    moves = purchases.postings(purchase, fact, had_grant=_had_grant(tx, account, fact))
    posted, entries = ledger.post(tx, account, moves, ACTOR, now)
    if {move.entry_id for move in moves} - {new.id for new in entries}:
        # Credits moved under such a name before: a document was deleted or written by hand. What is not in
        # the books by these names may be there by others, so nothing is posted.
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
    """A purchase may open an account; what comes after it does not: one that is gone by then was taken
    away, and another of its name has not had these credits. An operator may have mistyped its id."""
    if not is_account_id(account_id):
        return None
    if purchase.granted_at is not None:
        account = tx.get(at.account(account_id))
        is_another = account is not None and account.opened_at != purchase.account_opened_at
        return None if is_another else account
    try:
        return find_or_open(backend, tx, account_id, now)
    except NotFoundError:
        return None


def _had_grant(tx: Transaction, account: Account, fact: Fact) -> bool:
    """Whether this very event was booked by the first version, which named the grant by the event. Sent
    again, it makes the purchase known, so that what goes back of it can be taken back."""
    if not isinstance(fact, Paid) or fact.event_id is None:
        return False
    known = tx.peek(at.entry(account.id, f"{fact.event_id}:grant"))  # none is written any more
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
        # Stripe makes a payment for each session. Were one paid by another's, its credits are in no document.
        other = {**about, "session_id": fact.session_id}
        log.error("purchase.unclaimed", why="another-session", fields=[], **other)
    if purchase.unclaimed is not None:
        fields = list(fact.unreadable) if isinstance(fact, Paid) else []
        log.error("purchase.unclaimed", why=purchase.unclaimed, fields=fields, **about)
