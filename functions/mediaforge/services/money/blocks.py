"""Accounts that an administrator has blocked: whatever is asked for by their user, or for their team, is
refused from the next request on, also where the same request was accepted before."""

from mediaforge.contract import documents as at
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.ports.documents import Documents, Reader
from mediaforge.services.backend import Caller


def refuse_blocked(reader: Reader, *account_ids: str) -> None:
    """Raises AccountBlockedError. An account that is written by the same commit is guarded by it; of another
    it is enough that a request that comes after the block reads it."""
    for account_id in dict.fromkeys(account_ids):
        accounts.check_may_act(reader.get(at.account(account_id)))


def refuse_blocked_caller(documents: Documents, caller: Caller) -> None:
    """Before anything else is looked at, where what follows may end without a unit of work of its own."""
    refuse_blocked(documents, user_account_id(caller.uid))
