"""Accounts on their first use."""

from datetime import datetime

from mediaforge.domain import accounts
from mediaforge.domain.accounts import Account
from mediaforge.domain.credits import EntryType, Posting
from mediaforge.services.backend import Backend

WELCOME = "welcome:grant"


def open_account(backend: Backend, account_id: str, now: datetime) -> tuple[Account, list[Posting]]:
    """An account on its first use, and the grant that comes with it. A team gets none: teams cost
    nothing to make, and each would be a hundred credits."""
    defaults = backend.catalogue.defaults
    account = accounts.open_account(account_id, defaults.tier, now)
    if not account_id.startswith("user_") or not defaults.welcome_credits:
        return account, []
    return account, [Posting(WELCOME, EntryType.GRANT, defaults.welcome_credits, reason="welcome")]
