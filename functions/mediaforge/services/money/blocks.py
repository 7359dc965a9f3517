"""Accounts that an administrator has blocked: whatever is asked for by their user, or for their team, is
refused from the next request on, also where the same request was accepted before."""

from mediaforge.contract import documents as at
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.ports.documents import Documents, Read
from mediaforge.services.backend import Caller


def refuse_blocked(read: Read, account_id: str) -> None:
    """Raises AccountBlockedError. Whoever peeks at the account may pass a block that comes meanwhile: of one
    that the commit does not touch it is enough that a request that comes after the block reads it."""
    accounts.check_may_act(read(at.account(account_id)))


def refuse_blocked_caller(documents: Documents, caller: Caller) -> None:
    """Before anything else is looked at, where what follows may end without a unit of work of its own."""
    refuse_blocked(documents.get, user_account_id(caller.uid))
