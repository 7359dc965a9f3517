"""Accounts on their first use, and the credits that are due to an account when its user calls."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from mediaforge.contract import documents as at
from mediaforge.domain.credits import Posting
from mediaforge.domain.errors import InsufficientCreditsError, NotFoundError
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import Account
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.money.gifts import Gift, welcome
from mediaforge.services.money.monthly import grant_due


@dataclass(frozen=True, slots=True)
class Opening:
    """An account that may be new, and what is due to it. `postings` come before the call's own postings, and
    the commit that posts them has to call `write`, too. `has_key`: the caller calls with an API key."""

    account: Account
    postings: Sequence[Posting]
    gift: Gift
    has_key: bool

    def write(self, tx: Transaction) -> None:
        self.gift.write(tx)

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """A caller who is refused for want of credits is told how to get the welcome credits."""
        try:
            yield
        except InsufficientCreditsError as error:
            if self.gift.withheld is None:
                raise
            raise InsufficientCreditsError(
                error.required,
                error.available,
                self.gift.withheld,
                error.owed,
                has_key=self.has_key,
            ) from None


def open_for(
    backend: Backend, tx: Transaction, account_id: str, caller: Caller, now: datetime
) -> Opening:
    """The account that pays for what `caller` asks for. It gets the welcome credits where it is the caller's
    own and they have not had them, and the month's credits where the monthly run has not reached it yet.
    Reads only."""
    found = tx.get(at.account(account_id)) or open_account(backend, account_id, now)
    gift = welcome(backend, tx, found, caller, now)
    given = sum(posting.amount for posting in gift.postings)
    account, month = grant_due(backend, tx, gift.account, now, given)
    has_key = caller.key_id is not None
    return Opening(account, [*gift.postings, *month], gift, has_key)


def find_or_open(backend: Backend, tx: Transaction, account_id: str, now: datetime) -> Account:
    """The account of that id, opened where there is none. A user's id is taken as it is written, but a team
    has to exist: raises NotFoundError. The account's user has not signed in here, so there are no welcome
    credits: those come with the first call of their own."""
    found = tx.get(at.account(account_id))
    if found is not None:
        return found
    owner, _, owner_id = account_id.partition("_")
    if owner == "team" and tx.get(at.team(owner_id)) is None:
        raise NotFoundError(f"There is no account {account_id}.")
    return open_account(backend, account_id, now)


def open_account(backend: Backend, account_id: str, now: datetime) -> Account:
    """An account before its first use: it has nothing yet."""
    tier = backend.catalogue.defaults.tier
    month_credits = backend.catalogue.tiers[tier].monthly_credits
    return accounts.open_account(account_id, tier, now, month_credits)
