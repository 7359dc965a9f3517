"""Accepts plans: what all of them demand is summed, counted at once, and held for by one entry. All of them
are accepted, or none is; a single job is one plan."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from mediaforge.contract import documents as at
from mediaforge.domain import credits
from mediaforge.domain.catalogue import Tier
from mediaforge.domain.credits import Posting
from mediaforge.domain.errors import RequestError
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import Account, team_account_id
from mediaforge.domain.money.quotas import Demand
from mediaforge.domain.people import teams
from mediaforge.domain.people.keys import KeyRecord
from mediaforge.domain.people.teams import Member
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.pictures import (
    documents_of,
    memberships_of,
    refuse_refused,
    refuse_unseen,
)
from mediaforge.services.jobs.plans import Plan, check_tier
from mediaforge.services.money import ledger
from mediaforge.services.money.blocks import refuse_blocked
from mediaforge.services.money.ledger import NewEntry
from mediaforge.services.money.opening import Opening, open_for
from mediaforge.services.people.keys import count_submission
from mediaforge.services.people.teams import spender


@dataclass(frozen=True, slots=True)
class Accepted:
    """The jobs, which have neither a slot nor a reason to wait yet, and the account after what they demand.
    The commit that creates the jobs has to call `write`."""

    jobs: Sequence[Job]
    account: Account
    entries: Sequence[NewEntry]
    opening: Opening
    member: tuple[at.Ref[Member], Member] | None
    key: tuple[at.Ref[KeyRecord], KeyRecord] | None

    def write(self, tx: Transaction, account: Account) -> None:
        """Writes `account`, with whatever else the commit has changed in it, and all that goes with it."""
        ledger.write(tx, account, self.entries)
        self.opening.write(tx)
        if self.member is not None:
            tx.put(*self.member)
        if self.key is not None:
            tx.put(*self.key)


@dataclass(frozen=True, slots=True)
class Instead:
    """What is given up for the new plans: jobs that were never begun, and the entries that give back what was
    held for them: none where that was nothing."""

    jobs: Sequence[Job]
    releases: Sequence[Posting]


@dataclass(frozen=True, slots=True)
class Given:
    """How plans are accepted. It is read whether their entries exist where it `looks_up`. `check` raises what
    the account's tier has against all plans together. They take the place of what is given up `instead`.
    `sees` may see the pictures, where that is somebody else than the caller."""

    looks_up: bool = True
    check: Callable[[Tier], None] = lambda _: None
    instead: Instead | None = None
    sees: Caller | None = None


def hold_of(name: str, plans: Sequence[Plan]) -> Posting:
    """The hold of what all of `plans` may cost. `name` is the id of what they are accepted as. Where they
    cost nothing, no entry is written."""
    kinds = {plan.job.kind for plan in plans}
    total = sum(plan.job.estimated_credits for plan in plans)
    return credits.hold(name, total, kinds.pop() if len(kinds) == 1 else None)


def refs_of(caller: Caller, plans: Sequence[Plan]) -> Iterator[at.Ref[Any]]:
    """The documents that are read in any case, to be prefetched."""
    account_id, team_id = _payer_of(plans)
    yield at.account(account_id)
    if team_id is not None:
        yield at.member(team_id, caller.uid)
        yield at.team(team_id)
    if caller.key_id is not None and caller.is_capped:
        yield at.key_record(caller.key_id)


def accept(
    backend: Backend,
    tx: Transaction,
    caller: Caller,
    plans: Sequence[Plan],
    hold: Posting,
    now: datetime,
    given: Given = Given(),
) -> Accepted:
    """Accepts all of `plans`, which one account pays for; `hold` holds for them. Reads only.

    Raises RequestErrors: for what one of the plans may not have, or for what all of them come to.
    """
    account_id, team_id = _payer_of(plans)
    drafts = [plan.job for plan in plans]
    demands = [demand_of(draft) for draft in drafts]
    instead = given.instead
    given_up = instead.jobs if instead is not None else ()
    member = (
        _counted_member(tx, team_id, caller, demands, given_up, now)
        if team_id is not None
        else None
    )
    key = count_submission(tx, caller, demands, now)
    opening = open_for(backend, tx, account_id, caller, now)
    tier = backend.catalogue.tier_of(opening.account.tier)
    given.check(tier)
    for plan in plans:
        with _within(plan.part):
            check_tier(backend, tier, plan.job)
    before = opening.account
    for job in given_up:
        before = accounts.give_back(before, demand_of(job), job.quota_at, now)
    admitted = accounts.admit(before, tier, demands, now)
    with opening.explaining():
        ours = [*(instead.releases if instead is not None else ()), hold]
        due = [*opening.postings, *(posting for posting in ours if posting.amount)]
        account, entries = ledger.post(tx, admitted, due, caller.uid, now, looks_up=given.looks_up)
    if hold.amount:
        ledger.check_held(entries, hold)
    _check_pictures(backend, tx, given.sees or caller, plans)
    epoch = _address_epoch(tx, team_id)
    jobs = [_dated(draft, account, epoch, now) for draft in drafts]
    return Accepted(jobs, account, entries, opening, member, key)


def _payer_of(plans: Sequence[Plan]) -> tuple[str, str | None]:
    """The account that pays for all of `plans`, and its team; None for a user's own account."""
    return plans[0].job.account_id, plans[0].job.team_id


def demand_of(job: Job) -> Demand:
    """What the job counts for in the limits of a day."""
    return Demand(job.kind, job.count, job.estimated_credits)


def _counted_member(
    tx: Transaction,
    team_id: str,
    caller: Caller,
    demands: Sequence[Demand],
    given_up: Sequence[Job],
    now: datetime,
) -> tuple[at.Ref[Member], Member]:
    """The member after this submission for their team. Only its members are told that a team is blocked."""
    member = spender(tx, team_id, caller)
    for job in given_up:
        if (job.counted_by or job.user_id) != caller.uid:
            continue  # it was counted in the day of somebody else
        member = teams.give_back(member, demand_of(job), job.quota_at, now)
    refuse_blocked(tx.get, team_account_id(team_id))
    member = teams.introduce(member, caller.name, caller.photo_url)
    return at.member(team_id, caller.uid), teams.count_demands(member, demands, now)


def _check_pictures(
    backend: Backend, tx: Transaction, caller: Caller, plans: Sequence[Plan]
) -> None:
    """This costs a read or two for each picture, so it comes after the refusals that cost none."""
    drafts = [plan.job for plan in plans]
    tx.prefetch(*(ref for draft in drafts for ref in documents_of(draft)))
    tx.prefetch(*(ref for draft in drafts for ref in memberships_of(tx, caller, draft)))
    exists = cache(backend.media.exists)  # several drafts may use the same files
    for plan in plans:
        with _within(plan.part):
            refuse_unseen(tx, caller, plan.job)
            refuse_refused(exists, tx, plan.job)


@contextmanager
def _within(part: str) -> Iterator[None]:
    """A refusal of a part of the request names that part."""
    try:
        yield
    except RequestError as refusal:
        if not part:
            raise
        raise refusal.within(part) from None


def _address_epoch(tx: Transaction, team_id: str | None) -> int:
    """The epoch of the team; 0 without a team. A peek is enough: where the epoch is raised before the commit,
    the job's addresses are turned once too often, since the member who left has never seen them."""
    team = tx.peek(at.team(team_id)) if team_id is not None else None
    return team.address_epoch if team is not None else 0


def _dated(draft: Job, account: Account, epoch: int, now: datetime) -> Job:
    """The job as it is accepted now, for this very account."""
    return replace(
        draft,
        created_at=now,
        modified=now,
        account_opened_at=account.opened_at,
        address_epoch=epoch,
        counted_at=now if draft.batch_id is not None else None,
    )
