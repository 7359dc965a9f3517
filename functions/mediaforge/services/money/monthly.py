"""What each tier grants a month. The run at the beginning of the month grants it, so does setting a tier, and
so does the first use of an account that neither has reached.

An account notes how much of a month it has had; what its tier gives beyond that is due. So a tier raised in
mid-month brings the difference, and a tier that goes down and up again brings nothing twice. The run grants
nothing to an account that nobody has used since its last grant, and its user loses nothing: each month since
then is due when they come back.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.credits import CREDITS_MAX, EntryType, Posting, sum_of
from mediaforge.domain.errors import BusyError
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.money.quotas import month_of
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.backend import Backend
from mediaforge.services.money import ledger
from mediaforge.services.rounds import RUN_S_MAX, by_time

ACTOR = "monthly"
_PAGE = 200
_GRANTED_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class _Due:
    """The few fields of an account that say that its month has come."""

    id: str
    month_due_at: datetime | None = None


def grant_monthly(backend: Backend) -> int:
    """Grants the month, and says how many accounts got their grant. Reads only accounts whose month has come
    and that were used since their last grant. The commit of a grant takes its account off this list, so the
    next run reaches the accounts that this one does not."""
    now = backend.clock.now()
    ends_at = now + timedelta(seconds=RUN_S_MAX)
    come = (("month_due_at", "<=", now),)
    due = by_time(backend, _Due, Query(at.ACCOUNTS, come, ("month_due_at",), _PAGE))
    granted = 0
    while backend.clock.now() < ends_at and (page := list(islice(due, _PAGE))):
        with ThreadPoolExecutor(_GRANTED_AT_ONCE) as pool:
            granted += sum(pool.map(partial(_tried, backend, now), [each.id for each in page]))
    if granted:
        log.info("month.granted", month=month_of(now), accounts=granted)
    return granted


def grant_due(
    backend: Backend, tx: Transaction, account: Account, now: datetime, given: int = 0
) -> tuple[Account, list[Posting]]:
    """The account as it is used at `now`, with its tier's months marked as granted, and what has to be posted
    for them. `given`: credits that the same commit posts before these. Reads only."""
    tier, month = backend.catalogue.tier_of(account.tier), month_of(now)
    level = tier.monthly_credits
    if account.granted_month > month:
        return account, []
    had = _had(tx, account, account.granted_month) if level and account.granted_month else 0
    months = accounts.months_due(account.granted_month, had, month) if level else []
    room, postings = CREDITS_MAX - sum_of(account.balance) - given, list[Posting]()
    for each in months:
        had_of_it = had if each == account.granted_month else _had(tx, account, each)
        amount = min(accounts.due_of_month(level, had_of_it), room)
        if amount > 0:
            entry_id = accounts.month_entry_id(each, level, had_of_it)
            reason = f"{tier.title}, {each}"
            postings.append(Posting(entry_id, EntryType.GRANT, amount, reason=reason))
            room -= amount
    return accounts.with_month(account, month, level, had), postings


def _had(tx: Transaction, account: Account, month: str) -> int:
    """The credits that the account was granted of that month. Where the account does not say, because it was
    written by hand or by an earlier version, its entry is looked up. To peek is enough, since an entry is
    never written without its account."""
    if account.granted_month == month and account.granted_credits is not None:
        return account.granted_credits
    entry = tx.peek(at.entry(account.id, accounts.month_entry_id(month)))
    return entry.amount if entry else 0


def _tried(backend: Backend, now: datetime, account_id: str) -> bool:
    try:
        return _grant(backend, account_id, now)
    except BusyError as error:
        log.warning("grant.postponed", account_id=account_id, cause=str(error))
    except Exception as error:
        log.bug("grant.broke", error, account_id=account_id)
    return False


def _grant(backend: Backend, account_id: str, now: datetime) -> bool:
    """Grants one account's month and clears its `month_due_at`: if nobody uses the account from now on, this
    was the last grant by a run."""

    def work(tx: Transaction) -> bool:
        account = tx.get(at.account(account_id))
        if account is None or account.month_due_at is None or account.month_due_at > now:
            return False
        if account.erasing_at is not None:
            tx.put(at.account(account_id), replace(account, month_due_at=None))
            return False
        due, postings = grant_due(backend, tx, account, now)
        due = replace(due, month_due_at=None, modified=now)
        after, entries = ledger.post(tx, due, postings, ACTOR, now)
        ledger.write(tx, after, entries)
        return bool(entries)

    return backend.documents.transact(work)
