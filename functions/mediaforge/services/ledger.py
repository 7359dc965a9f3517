"""The one way money moves: `post`. It looks an entry up before it decides anything."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mediaforge.contract import documents as at
from mediaforge.domain import credits
from mediaforge.domain.accounts import Account, with_balance
from mediaforge.domain.credits import Entry, Posting
from mediaforge.ports import Transaction


@dataclass(frozen=True, slots=True)
class Posted:
    """The account after the postings, and the entries still to be written with it."""

    account: Account
    entries: tuple[tuple[str, Entry], ...]

    def write(self, tx: Transaction) -> None:
        for entry_id, entry in self.entries:
            tx.create(at.entry(self.account.id, entry_id), entry)
        tx.put(at.account(self.account.id), self.account)


def post(
    tx: Transaction, account: Account, postings: Sequence[Posting], actor: str, now: datetime
) -> Posted:
    """Applies each posting whose entry is not there yet. Reads only: `Posted.write` writes.

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
        balance = credits.apply(account.balance, posting)
        account = with_balance(account, balance, now)
        entries.append((posting.entry_id, _entry(posting, account, actor, now)))
    return Posted(account, tuple(entries))


def with_account(posted: Posted, account: Account) -> Posted:
    """`posted` with what else changed in the account (slots, usage); the balance stays as posted."""
    return replace(
        posted,
        account=replace(account, available=posted.account.available, held=posted.account.held),
    )


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
    )
