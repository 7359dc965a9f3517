"""The one way money moves: `post`. It looks an entry up before it decides anything; or, `looking_up_late`,
before it says anything but yes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from mediaforge.contract import documents as at
from mediaforge.domain import credits
from mediaforge.domain.credits import Entry, Posting
from mediaforge.domain.errors import RequestError, RequestIdReusedError
from mediaforge.domain.money.accounts import Account, with_balance
from mediaforge.ports.documents import Transaction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to be written with its account."""

    id: str
    entry: Entry


def looking_up_late(
    decide: Callable[[Transaction, bool], T], *, may_be_repeated: bool = True
) -> Callable[[Transaction], T]:
    """The unit of work that is `decide(tx, looks_up)`. Mostly nothing of what it wants to create is there, so
    at first it does not look. Where an entry or a job is there after all the commit fails, since what is
    created must not exist, and from then on it looks. So it does before a refusal is said, unless nobody can
    have done the same before: the balance may be what it is because that has been done.

    `decide` raises before it writes."""
    looks_up = False

    def work(tx: Transaction) -> T:
        nonlocal looks_up
        if looks_up:
            return decide(tx, True)
        looks_up = True
        try:
            return decide(tx, False)
        except (RequestError, ValueError):
            if not may_be_repeated:
                raise
            return decide(tx, True)

    return work


def post(
    tx: Transaction,
    account: Account,
    postings: Sequence[Posting],
    actor: str,
    now: datetime,
    *,
    looks_up: bool = True,
) -> tuple[Account, list[NewEntry]]:
    """The account with each posting applied whose entry is not there yet. Reads only: `write` writes.

    What raises `available` pays what is owed first, by an entry `{entryId}:owed`. It is written with its
    own entry and only with it, so that finding the one is finding both.

    The look-up comes before the balance is asked: a hold that emptied the account, posted again, finds
    its entry and changes nothing, where asking the balance first would refuse it.
    Without `looks_up` none is taken to be there (`looking_up_late`).
    Raises InsufficientCreditsError, with nothing written.
    """
    refs = {p.entry_id: at.entry(account.id, p.entry_id) for p in postings}
    if looks_up:
        tx.prefetch(*refs.values())
    entries = []
    for posting in postings:
        if looks_up and tx.get(refs[posting.entry_id]) is not None:
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
