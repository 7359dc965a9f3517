"""What an administrator does to an account, and to the fuses over all of them."""

from dataclasses import replace

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.requests import (
    Adjust,
    Block,
    ControlAccount,
    GrantCredits,
    ResetFuse,
    SetTier,
    Unblock,
)
from mediaforge.domain.errors import BusyError, InvalidRequestError, NotFoundError
from mediaforge.domain.lanes import Lane
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import Account, user_account_id
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.dispatch import dispatch_account
from mediaforge.services.library.uploads import count_uploads
from mediaforge.services.money import ledger
from mediaforge.services.money.blocks import refuse_blocked_caller
from mediaforge.services.money.fuse import reset_project_fuse
from mediaforge.services.money.grant import adjust_credits, check_admin, grant_credits
from mediaforge.services.money.monthly import grant_due
from mediaforge.services.money.opening import find_or_open
from mediaforge.services.operate.audit import audited


def audited_grant(backend: Backend, caller: Caller, request: GrantCredits) -> Account:
    """As `grant_credits`, and the audit says so: the callable."""
    _check(backend, caller)
    account_id = request.account_id
    with audited(
        backend, caller, "accounts grant", account_id, request.reason, [account_id]
    ) as note:
        account = grant_credits(backend, caller, request)
        note.did(account_id, "grant")
    return account


def audited_control(backend: Backend, caller: Caller, request: ControlAccount) -> Account | None:
    """As `control_account`, and the audit says so: the callable. The operators' command writes its own
    entry, under its own name."""
    _check(backend, caller)
    account_id = request.account_id
    subject = account_id or (isinstance(request, ResetFuse) and request.lane) or "project"
    about = [account_id] if account_id else []
    name, reason = f"accounts {request.action}", request.reason or ""
    with audited(backend, caller, name, subject, reason, about) as note:
        account = control_account(backend, caller, request)
        note.did(subject, request.action)
    return account


def _check(backend: Backend, caller: Caller) -> None:
    """Nobody else's request is written down. Raises NotAdminError, AccountBlockedError."""
    check_admin(caller)
    refuse_blocked_caller(backend.documents, caller)


def control_account(backend: Backend, caller: Caller, request: ControlAccount) -> Account | None:
    """Does the action. Returns the account after it; None for the fuse of the project or of a lane. Raises
    NotAdminError, NotFoundError, InvalidRequestError, InsufficientCreditsError, AccountBlockedError."""
    _check(backend, caller)
    account = _control(backend, caller, request)
    subject = account.id if account else "project"
    log.info("account.controlled", account_id=subject, action=request.action, actor=caller.uid)
    return account


def _control(backend: Backend, caller: Caller, request: ControlAccount) -> Account | None:
    match request:
        case SetTier():
            return _set_tier(backend, caller, request)
        case Adjust():
            return adjust_credits(backend, caller, request)
        case ResetFuse(account_id=str(account_id)):
            return _reset_fuse(backend, account_id)
        case ResetFuse(lane=lane):
            reset_project_fuse(backend, Lane(lane) if lane else None)
            return None
        case Block():
            return _block(backend, caller, request)
        case Unblock():
            return _unblock(backend, request.account_id)


def _set_tier(backend: Backend, caller: Caller, request: SetTier) -> Account:
    """Sets the tier. First the account is granted what the old tier still owes it; then what the new tier
    gives this month, beyond what the account has had of it."""
    if request.tier not in backend.catalogue.tiers:
        known = ", ".join(backend.catalogue.tiers)
        raise InvalidRequestError.of("tier", f"there is no such tier; there are {known}")

    def work(tx: Transaction) -> Account:
        now = backend.clock.now()
        account = find_or_open(backend, tx, request.account_id, now)
        accounts.check_not_erased(account)
        account, owed = grant_due(backend, tx, account, now)
        changed = replace(account, tier=request.tier, modified=now)
        given = sum(posting.amount for posting in owed)
        changed, month = grant_due(backend, tx, changed, now, given)
        changed, entries = ledger.post(tx, changed, [*owed, *month], caller.uid, now)
        ledger.write(tx, changed, entries)
        return changed

    account = backend.documents.transact(work)
    dispatch_account(backend, account.id)
    return account


def _block(backend: Backend, caller: Caller, request: Block) -> Account:
    """Blocks the account. A user who was never here can be blocked before they come."""
    if request.account_id == user_account_id(caller.uid):
        raise InvalidRequestError.of("accountId", "is your own: nobody blocks themselves")

    def work(tx: Transaction) -> Account:
        now = backend.clock.now()
        account = find_or_open(backend, tx, request.account_id, now)
        blocked = accounts.block(account, request.reason, now)
        if blocked != account:
            tx.put(at.account(account.id), blocked)
        return blocked

    account = backend.documents.transact(work)
    _count_uploads_of(backend, account)
    return account


def _unblock(backend: Backend, account_id: str) -> Account:
    """Unblocks the account. Its waiting jobs can get slots again, at once or with the sweep."""

    def work(tx: Transaction) -> Account:
        account = tx.get(at.account(account_id))
        if account is None:
            raise NotFoundError(f"There is no account {account_id}.")
        unblocked = accounts.unblock(account, backend.clock.now())
        if unblocked != account:
            tx.put(at.account(account_id), unblocked)
        return unblocked

    account = backend.documents.transact(work)
    dispatch_account(backend, account.id)
    _count_uploads_of(backend, account)
    return account


def _count_uploads_of(backend: Backend, account: Account) -> None:
    """Counts the user's uploads anew. Uploads do not pass through the backend: only how many the user may
    keep stops them. Where the count fails, the administrator is not told, since the block stands all the
    same."""
    of, _, uid = account.id.partition("_")
    if of != "user":
        return
    try:
        count_uploads(backend, uid)
    except BusyError as busy:
        log.warning("uploads.not_counted", cause=str(busy))
    except Exception as error:
        log.bug("uploads.not_counted", error, account_id=account.id)


def _reset_fuse(backend: Backend, account_id: str) -> Account:
    def work(tx: Transaction) -> Account:
        account = tx.get(at.account(account_id))
        if account is None:
            raise NotFoundError(f"There is no account {account_id}.")
        whole = accounts.reset_fuse(account, backend.clock.now())
        tx.put(at.account(account_id), whole)
        return whole

    account = backend.documents.transact(work)
    dispatch_account(backend, account_id)
    return account
