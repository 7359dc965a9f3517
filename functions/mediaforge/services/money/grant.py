"""Credits given and corrected by an administrator."""

import hashlib

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.requests import Adjust, GrantCredits
from mediaforge.domain.credits import CREDITS_MAX, EntryType, Posting, sum_of
from mediaforge.domain.errors import (
    InvalidRequestError,
    NotAdminError,
    RequestIdReusedError,
)
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import Account
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.money import ledger
from mediaforge.services.money.blocks import refuse_blocked_caller
from mediaforge.services.money.opening import find_or_open


def grant_credits(backend: Backend, caller: Caller, request: GrantCredits) -> Account:
    """The account after the grant; the same `requestId` again changes nothing.

    Opens the account of a user who has none. Raises NotFoundError for a team that does not exist.
    """
    check_admin(caller)
    refuse_blocked_caller(backend.documents, caller)
    entry_id = f"{_named(request.request_id)}:grant"
    grant = Posting(entry_id, EntryType.GRANT, request.amount, reason=request.reason)
    return _give(backend, request.account_id, grant, caller.uid)


def adjust_credits(backend: Backend, caller: Caller, request: Adjust) -> Account:
    """The account after a correction, up or down. Raises InsufficientCreditsError where it would fall below
    0: an account owes only what was really taken back, and only Stripe tells of that."""
    check_admin(caller)
    entry_id = f"{_named(request.request_id)}:adjust"
    adjust = Posting(entry_id, EntryType.ADJUST, request.amount, reason=request.reason)
    return _give(backend, request.account_id, adjust, caller.uid)


def check_admin(caller: Caller) -> None:
    if not caller.is_admin:
        raise NotAdminError("Only an administrator does this.")


def _give(backend: Backend, account_id: str, posting: Posting, actor: str) -> Account:
    now = backend.clock.now()
    account_ref, entry_ref = at.account(account_id), at.entry(account_id, posting.entry_id)

    def work(tx: Transaction) -> tuple[Account, bool]:
        tx.prefetch(account_ref, entry_ref)
        entry = tx.get(entry_ref)
        if entry is not None and (entry.amount, entry.reason) != (posting.amount, posting.reason):
            raise RequestIdReusedError("This requestId was used with another amount or reason.")
        account = find_or_open(backend, tx, account_id, now)
        accounts.check_not_erased(account)
        if entry is None and sum_of(account.balance) + posting.amount > CREDITS_MAX:
            raise InvalidRequestError.of("amount", f"would bring the balance above {CREDITS_MAX}")
        after, entries = ledger.post(tx, account, [posting], actor, now)
        if entries:
            ledger.write(tx, after, entries)
        return after, bool(entries)

    account, is_new = backend.documents.transact(work)
    if is_new:
        log.info(
            f"credits.{'granted' if posting.type is EntryType.GRANT else 'adjusted'}",
            account_id=account.id,
            credits=posting.amount,
            actor=actor,
        )
    return account


def _named(request_id: str) -> str:
    # Hashed, since a requestId is free text and an entry id is part of a document's path.
    return hashlib.sha256(request_id.encode()).hexdigest()[:24]
