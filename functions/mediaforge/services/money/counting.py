"""Counts a call that costs nothing, in its caller's own account."""

from collections.abc import Callable
from datetime import datetime

from mediaforge.domain.catalogue import Tier
from mediaforge.domain.money.accounts import Account, user_account_id
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.money import ledger
from mediaforge.services.money.opening import open_for

Count = Callable[[], None]
"""Counts a call. To be called between the last read and the first write."""


def counted(
    backend: Backend,
    tx: Transaction,
    caller: Caller,
    now: datetime,
    admit: Callable[[Account, Tier, datetime], Account],
) -> Count:
    """Counts the call in the caller's own account, whatever team it is about. Reads only: the function that
    it returns writes. To be called once it is known that something changes: a call that changes nothing is
    not counted."""
    opening = open_for(backend, tx, user_account_id(caller.uid), caller, now)
    admitted = admit(opening.account, backend.catalogue.tier_of(opening.account.tier), now)
    posted, entries = ledger.post(tx, admitted, opening.postings, caller.uid, now)

    def write() -> None:
        ledger.write(tx, posted, entries)
        opening.write(tx)

    return write
