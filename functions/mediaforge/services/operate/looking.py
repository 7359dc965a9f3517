"""What an operator looks at beside jobs: accounts and their ledgers, fuses, breakers, teams, webhooks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mediaforge.contract import documents as at
from mediaforge.domain.credits import Entry
from mediaforge.domain.errors import NotFoundError
from mediaforge.domain.jobs.breakers import Breaker
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.lanes import Lane
from mediaforge.domain.library.exports import Export
from mediaforge.domain.library.webhooks import Webhook
from mediaforge.domain.money import fuses
from mediaforge.domain.money.accounts import Account, team_account_id, user_account_id
from mediaforge.domain.money.fuses import Fuse, ProjectFuse
from mediaforge.domain.money.quotas import SPEND_WINDOW_S
from mediaforge.domain.people.teams import Member, Team
from mediaforge.domain.rounds import BEGINNING
from mediaforge.ports.documents import Query
from mediaforge.services.backend import Backend
from mediaforge.services.money.fuse import started_credits
from mediaforge.services.operate.unsettled import jobs_of_account

_MEMBERS_MAX = 500


# ---- accounts ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AccountSeen:
    account: Account
    jobs: Sequence[Job]
    """Those that are not settled yet."""


def see_account(backend: Backend, account_id: str, jobs_max: int = 20) -> AccountSeen:
    """Raises NotFoundError."""
    account = backend.documents.get(at.account(account_id))
    if account is None:
        raise NotFoundError(f"There is no account {account_id}.")
    return AccountSeen(account, jobs_of_account(backend, account_id, jobs_max))


def last_of_ledger(backend: Backend, account_id: str, limit: int) -> Sequence[Entry]:
    """The last entries, newest first."""
    query = Query(at.ledger(account_id), order_by=("-created_at",), limit=limit)
    return backend.documents.find(Entry, query)


# ---- users ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UserSeen:
    """A user as the backend knows them: `account` is None for one who has never asked for anything, and for
    one who has been erased. `exports` are their files to take away, newest first."""

    uid: str
    account: Account | None
    exports: Sequence[Export]


def see_user(backend: Backend, uid: str, exports_max: int = 20) -> UserSeen:
    """An erased user and one who never was look the same."""
    query = Query(at.exports(uid), order_by=("-created_at",), limit=exports_max)
    account = backend.documents.get(at.account(user_account_id(uid)))
    return UserSeen(uid, account, backend.documents.find(Export, query))


# ---- fuses ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FuseSeen:
    """A fuse: the project's, or a lane's. `started` are the credits that were begun in the last hour, or
    since the last reset; above `limit` it blows."""

    of: str
    fuse: Fuse
    started: int
    limit: int


def see_fuses(backend: Backend) -> Sequence[FuseSeen]:
    known = backend.documents.get(at.project_fuse()) or ProjectFuse()
    limits, now = backend.catalogue.limits, backend.clock.now()
    seen = []
    for of, lane, limit in (
        ("project", None, limits.project_credits_an_hour_max),
        ("free", Lane.FREE, limits.free_credits_an_hour_max),
    ):
        fuse = fuses.part_of(known, lane)
        since = max(now - timedelta(seconds=SPEND_WINDOW_S), fuse.reset_at or BEGINNING)
        seen.append(FuseSeen(of, fuse, started_credits(backend, since, lane), limit))
    return seen


def held_up_accounts(backend: Backend, limit: int) -> Sequence[Account]:
    """The accounts whose own fuse has blown and for which something waits, among the first `limit` for which
    something waits. A blown fuse that nothing waits for holds nobody up."""
    waiting = Query(at.ACCOUNTS, (("due_at", ">", BEGINNING),), ("due_at",), limit)
    found = backend.documents.find(Account, waiting)
    return [account for account in found if account.fuse_blown_at is not None]


# ---- breakers ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BreakerSeen:
    model: str
    breaker: Breaker
    is_open: bool


def see_breakers(backend: Backend) -> Sequence[BreakerSeen]:
    """Of each model whose last call failed. No document is a closed breaker."""
    now = backend.clock.now()
    models = backend.documents.find_ids(Query(at.BREAKERS))
    found = [(model, backend.documents.get(at.breaker(model))) for model in sorted(models)]
    return [
        BreakerSeen(model, breaker, is_open=is_breaker_open(breaker, now))
        for model, breaker in found
        if breaker is not None
    ]


def is_breaker_open(breaker: Breaker, now: datetime) -> bool:
    """A breaker that has tripped stays open until a trial has succeeded."""
    return breaker.trips > 0 or (breaker.open_until is not None and breaker.open_until > now)


# ---- teams ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TeamSeen:
    team: Team
    members: Sequence[Member]
    account: Account | None


def see_team(backend: Backend, team_id: str) -> TeamSeen:
    """Raises NotFoundError."""
    team = backend.documents.get(at.team(team_id))
    if team is None:
        raise NotFoundError(f"There is no team {team_id}.")
    members = backend.documents.find(Member, Query(at.members(team_id), limit=_MEMBERS_MAX))
    return TeamSeen(team, members, backend.documents.get(at.account(team_account_id(team_id))))


# ---- webhooks ------------------------------------------------------------------------------------


def failing_webhooks(backend: Backend, limit: int) -> Sequence[Webhook]:
    """The webhooks that accept nothing, those that have failed longest first. One that was disabled for it is
    among them."""
    query = Query(at.WEBHOOKS, (("failing_since", ">", BEGINNING),), ("failing_since",), limit)
    return backend.documents.find(Webhook, query)
