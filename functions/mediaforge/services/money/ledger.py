"""The one way money moves: `post`. It looks an entry up before it decides anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mediaforge.contract import documents as at
from mediaforge.domain.errors import RequestIdReusedError
from mediaforge.domain.money import credits
from mediaforge.domain.money.accounts import Account, with_balance
from mediaforge.domain.money.credits import Entry, Posting
from mediaforge.ports.documents import Transaction


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to be written with its account."""

    id: str
    entry: Entry


def post(
    tx: Transaction, account: Account, postings: Sequence[Posting], actor: str, now: datetime
) -> tuple[Account, list[NewEntry]]:
    """The account with each posting applied whose entry is not there yet. Reads only: `write` writes.

    What raises `available` pays what is owed first, by an entry `{entryId}:owed`. It is written with its
    own entry and only with it, so that finding the one is finding both.

    The look-up comes before the balance is asked: a hold that emptied the account, posted again, finds
    its entry and changes nothing, where asking the balance first would refuse it.
    Raises InsufficientCreditsError, with nothing written.
    """
    refs = {p.entry_id: at.entry(account.id, p.entry_id) for p in postings}
    tx.prefetch(*refs.values())
    entries = []
    for posting in postings:
        if tx.get(refs[posting.entry_id]) is not None:
            continue
        for booked in credits.book(account.balance, posting):
            account = with_balance(account, credits.apply(account.balance, booked), now)
            entries.append(NewEntry(booked.entry_id, _entry(booked, account, actor, now)))
    return account, entries


def check_held(entries: Sequence[NewEntry], hold: Posting) -> None:
    """Raises RequestIdReusedError where `hold`, of something that does not exist yet, was found in the books:
    it was of what somebody has deleted since. It may be closed by now, and would pay for nothing."""
    if all(new.id != hold.entry_id for new in entries):
        raise RequestIdReusedError(
            "This requestId was used before, and what came of it is deleted."
        )


def write(tx: Transaction, account: Account, entries: Sequence[NewEntry]) -> None:
    """The account, whatever else has changed in it since `post`, and its new entries."""
    for new in entries:
        tx.create(at.entry(account.id, new.id), new.entry)
    tx.put(at.account(account.id), account)


def _entry(posting: Posting, account: Account, actor: str, now: datetime) -> Entry:
    return Entry(
        type=posting.type,
        amount=posting.amount,
        available_after=account.available,
        held_after=account.held,
        created_at=now,
        actor=actor,
        job_id=posting.job_id,
        reason=posting.reason,
        owed=posting.owed or None,
        owed_after=account.owed,
        session_id=posting.session_id,
        payment_intent=posting.payment_intent,
    )
