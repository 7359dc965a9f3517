"""Accounts that an administrator has blocked. Whatever the user of such an account asks for, or anybody for
its team, is refused from the next request on, even where the same request was accepted before."""

from mediaforge.contract import documents as at
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.ports.documents import Documents, Read
from mediaforge.services.backend import Caller


def refuse_blocked(read: Read, account_id: str) -> None:
    """Raises AccountBlockedError. A unit of work that peeks at the account may miss a block that comes before
    its commit. For an account that the commit does not write that is good enough: every request that comes
    after the block reads it."""
    accounts.check_may_act(read(at.account(account_id)))


def refuse_blocked_caller(documents: Documents, caller: Caller) -> None:
    """To be called before anything else is looked at, where the call may end without a unit of work."""
    refuse_blocked(documents.get, user_account_id(caller.uid))
