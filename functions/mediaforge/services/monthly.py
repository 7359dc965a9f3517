"""What each tier is granted at the beginning of a month."""

from dataclasses import replace
from datetime import datetime

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.credits import CREDITS_MAX, EntryType, Posting, sum_of
from mediaforge.domain.errors import BusyError
from mediaforge.domain.quotas import month_of
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services import ledger
from mediaforge.services.backend import Backend

ACTOR = "monthly"
_PAGE = 200


def grant_monthly(backend: Backend) -> int:
    """How many accounts got their grant. Each gets one a month, however often this runs; what a run
    does not reach, the next one does."""
    now = backend.clock.now()
    granted = 0
    seen: set[str] = set()
    while fresh := _next_page(backend, now, seen):
        granted += sum(_tried(backend, account_id, now) for account_id in fresh)
    if granted:
        log.info("month.granted", month=month_of(now), accounts=granted)
    return granted


def _next_page(backend: Backend, now: datetime, seen: set[str]) -> list[str]:
    """Accounts whose last grant is of an earlier month: months compare as text."""
    earlier = (("granted_month", "<=", _month_before(now)),)
    query = Query(at.ACCOUNTS, earlier, ("granted_month",), _PAGE + len(seen))
    fresh = [one for one in backend.documents.find_ids(query) if one not in seen]
    seen.update(fresh)
    return fresh


def _month_before(now: datetime) -> str:
    year, month = (int(part) for part in month_of(now).split("-"))
    return f"{year}-{month - 1:02}" if month > 1 else f"{year - 1}-12"


def _tried(backend: Backend, account_id: str, now: datetime) -> bool:
    try:
        return _grant(backend, account_id, now)
    except BusyError as error:
        log.warning("grant.postponed", account_id=account_id, cause=str(error))
    except Exception as error:
        log.bug("grant.broke", error, account_id=account_id)
    return False


def _grant(backend: Backend, account_id: str, now: datetime) -> bool:
    month = month_of(now)

    def work(tx: Transaction) -> bool:
        account = tx.get(at.account(account_id))
        if account is None or account.granted_month >= month:
            return False
        tier = backend.catalogue.tier_of(account.tier)
        amount = min(tier.monthly_credits, CREDITS_MAX - sum_of(account.balance))
        grant = Posting(f"{month}:grant", EntryType.GRANT, amount, reason=f"{tier.title}, {month}")
        after, entries = ledger.post(tx, account, [grant] if amount > 0 else [], ACTOR, now)
        ledger.write(tx, replace(after, granted_month=month), entries)
        return bool(entries)

    return backend.documents.transact(work)
