"""What each tier is granted a month: by the run at its beginning, when a tier is raised, and by the first use
of an account that neither has reached.

An account has had so much of a month; what its tier gives beyond that is due. So a tier raised in mid-month
brings the difference, and one that goes down and up again brings nothing twice.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.errors import BusyError
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.money.credits import CREDITS_MAX, EntryType, Posting, sum_of
from mediaforge.domain.money.quotas import month_of
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.backend import Backend
from mediaforge.services.money import ledger

ACTOR = "monthly"
_PAGE = 200


def grant_monthly(backend: Backend) -> int:
    """How many accounts got their grant. Each gets what is due to it once, however often this runs; what a
    run does not reach, the next one does. Only accounts of a tier that grants something are looked at."""
    now = backend.clock.now()
    granting = [name for name, tier in backend.catalogue.tiers.items() if tier.monthly_credits]
    granted = sum(
        _tried(backend, account.id, now)
        for tier in granting
        for account in _accounts_of(backend, tier)
        if _may_be_due(backend, account, now)
    )
    if granted:
        log.info("month.granted", month=month_of(now), accounts=granted)
    return granted


def grant_due(
    backend: Backend, tx: Transaction, account: Account, now: datetime, given: int = 0
) -> tuple[Account, list[Posting]]:
    """The account with its tier's month marked as granted, and what has to be posted for it. `given` is
    posted before it in the same commit. Reads only."""
    tier, month = backend.catalogue.tier_of(account.tier), month_of(now)
    level = tier.monthly_credits
    if not level or account.granted_month > month:
        return account, []
    had = _had(tx, account, month)
    after = replace(account, granted_month=month, granted_credits=max(had, level))
    room = CREDITS_MAX - sum_of(account.balance) - given
    amount = min(accounts.due_of_month(level, had), room)
    if amount <= 0:
        return after, []
    entry_id = accounts.month_entry_id(month, level, had)
    return after, [Posting(entry_id, EntryType.GRANT, amount, reason=f"{tier.title}, {month}")]


def month_due(
    backend: Backend, tx: Transaction, account: Account, now: datetime, given: int = 0
) -> tuple[Account, list[Posting]]:
    """The same on an account's use: only where its last grant is of an earlier month."""
    if account.granted_month >= month_of(now):
        return account, []
    return grant_due(backend, tx, account, now, given)


def _had(tx: Transaction, account: Account, month: str) -> int:
    """What was granted of that month. An account that does not say, because it was written by hand or by an
    earlier version, is asked for its entry, which is never written without the account."""
    if account.granted_month == month and account.granted_credits is not None:
        return account.granted_credits
    entry = tx.peek(at.entry(account.id, accounts.month_entry_id(month)))
    return entry.amount if entry else 0


def _accounts_of(backend: Backend, tier: str) -> Iterator[Account]:
    """By their ids, which no account can be without."""
    own, last = (("tier", "==", tier),), ""
    while page := backend.documents.find(Account, Query(at.ACCOUNTS, own, (), _PAGE, last)):
        yield from page
        last = page[-1].id


def _may_be_due(backend: Backend, account: Account, now: datetime) -> bool:
    """As the account was read: it is asked again in the commit."""
    month, level = month_of(now), backend.catalogue.tier_of(account.tier).monthly_credits
    if account.granted_month != month:
        return account.granted_month < month
    return account.granted_credits is None or account.granted_credits < level


def _tried(backend: Backend, account_id: str, now: datetime) -> bool:
    try:
        return _grant(backend, account_id, now)
    except BusyError as error:
        log.warning("grant.postponed", account_id=account_id, cause=str(error))
    except Exception as error:
        log.bug("grant.broke", error, account_id=account_id)
    return False


def _grant(backend: Backend, account_id: str, now: datetime) -> bool:
    def work(tx: Transaction) -> bool:
        account = tx.get(at.account(account_id))
        if account is None:
            return False
        due, postings = grant_due(backend, tx, account, now)
        if due == account:
            return False
        after, entries = ledger.post(tx, due, postings, ACTOR, now)
        ledger.write(tx, after, entries)
        return bool(entries)

    return backend.documents.transact(work)
