"""Accounts on their first use."""

from datetime import datetime

from mediaforge.contract import documents as at
from mediaforge.domain import accounts
from mediaforge.domain.accounts import Account
from mediaforge.domain.credits import EntryType, Posting
from mediaforge.domain.errors import NotFoundError
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend

WELCOME = "welcome:grant"


def find_or_open(
    backend: Backend, tx: Transaction, account_id: str, now: datetime
) -> tuple[Account, list[Posting]]:
    """The account and what has to be posted to it first. Reads only. An operator's word is taken for a
    user's id, but a team has to be there: raises NotFoundError."""
    found = tx.get(at.account(account_id))
    if found is not None:
        return found, []
    owner, _, owner_id = account_id.partition("_")
    if owner == "team" and tx.get(at.team(owner_id)) is None:
        raise NotFoundError(f"There is no account {account_id}.")
    return open_account(backend, account_id, now)


def open_account(backend: Backend, account_id: str, now: datetime) -> tuple[Account, list[Posting]]:
    """An account on its first use, and the grant that comes with it. A team gets none: teams cost
    nothing to make, and each would be a hundred credits."""
    defaults = backend.catalogue.defaults
    account = accounts.open_account(account_id, defaults.tier, now)
    if not account_id.startswith("user_") or not defaults.welcome_credits:
        return account, []
    return account, [Posting(WELCOME, EntryType.GRANT, defaults.welcome_credits, reason="welcome")]
