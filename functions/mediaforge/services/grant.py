"""Credits given by an administrator."""

import hashlib

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.requests import GrantCredits
from mediaforge.domain.accounts import Account
from mediaforge.domain.credits import CREDITS_MAX, EntryType, Posting, sum_of
from mediaforge.domain.errors import (
    InvalidRequestError,
    NotAdminError,
    NotFoundError,
    RequestIdReusedError,
)
from mediaforge.ports import Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.ledger import post
from mediaforge.services.submit import open_account


def grant_credits(backend: Backend, caller: Caller, request: GrantCredits) -> Account:
    """The account after the grant; the same `requestId` again changes nothing.

    A user's account is made if it is their first; raises NotFoundError for a team without one.
    """
    if not caller.is_admin:
        raise NotAdminError("Only an administrator grants credits.")
    now = backend.clock.now()
    grant = Posting(
        _entry_id(request.request_id), EntryType.GRANT, request.amount, reason=request.reason
    )
    account_ref, entry_ref = (
        at.account(request.account_id),
        at.entry(request.account_id, grant.entry_id),
    )

    def work(tx: Transaction) -> Account:
        tx.prefetch(account_ref, entry_ref)
        found, entry = tx.get(account_ref), tx.get(entry_ref)
        if entry is not None and (entry.amount, entry.reason) != (grant.amount, grant.reason):
            raise RequestIdReusedError("This requestId was used with another amount or reason.")
        if found is None and not request.account_id.startswith("user_"):
            raise NotFoundError(f"There is no account {request.account_id}.")
        account, opening = (found, []) if found else open_account(backend, request.account_id, now)
        if entry is None and sum_of(account.balance) + request.amount > CREDITS_MAX:
            raise InvalidRequestError.of("amount", f"would bring the balance above {CREDITS_MAX}")
        posted = post(tx, account, [*opening, grant], caller.uid, now)
        if posted.entries:
            posted.write(tx)
        return posted.account

    account = backend.documents.transact(work)
    log.info("credits.granted", account_id=account.id, credits=request.amount, actor=caller.uid)
    return account


def _entry_id(request_id: str) -> str:
    # A requestId is free text; an entry id is part of a document's path.
    return f"{hashlib.sha256(request_id.encode()).hexdigest()[:24]}:grant"
