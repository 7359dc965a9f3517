"""`post` is the one way money moves. It looks up whether an entry exists before it decides anything. With
`looking_up_late` it looks only where a commit has found an entry, and before a refusal is said."""

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
    """A unit of work that runs `decide(tx, looks_up)`. The entries and the job that it creates mostly do not
    exist yet, so its first try does not look them up. Where one exists after all, the commit fails, since a
    created document must not exist, and every further try looks them up.

    A try that refuses is repeated with the look-up before the refusal is said: the same request may have been
    done before, and the balance may be too low because of that. `may_be_repeated` is False where nobody can
    have done the same before: then the refusal stands.

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
    """Applies each posting whose entry does not exist yet. Returns the account after them, and the new
    entries. Reads only: `write` writes.

    A posting that raises `available` pays what is owed first, by an entry `{entryId}:owed`. That entry is
    written together with the posting's own and never without it, so whoever finds the one has found both.

    The look-up comes before the balance is checked: a hold that emptied the account, posted again, finds
    its entry and changes nothing. Checked against the balance first, it would be refused.
    Without `looks_up` no entry is taken to exist (`looking_up_late`).
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
    """Raises RequestIdReusedError where the ledger has `hold` already, though its job or direction does not
    exist: it held for one that somebody has deleted since. It may be closed by now, and would pay for
    nothing."""
    if all(new.id != hold.entry_id for new in entries):
        raise RequestIdReusedError(
            "This requestId was used before, and what came of it is deleted."
        )


def write(tx: Transaction, account: Account, entries: Sequence[NewEntry]) -> None:
    """Writes the account, with whatever else has changed in it since `post`, and its new entries."""
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
        kind=posting.kind,
        batch_id=posting.batch_id,
        reason=posting.reason,
        owed=posting.owed or None,
        owed_after=account.owed,
        session_id=posting.session_id,
        payment_intent=posting.payment_intent,
    )
