"""Settles final jobs: closes their holds, frees their slots, gives back the usage of what was not begun, and
lets the next jobs in.

All final jobs of an account are settled together, in one transaction. The first call settles the jobs of
those that come at the same time, so that the calls for a busy account do not all wait to write its document.
Called by the trigger (fast) and by the sweep (guarantee), any number of times, in any order.

An account may have been deleted by hand, and opened anew when its user came back. Jobs of the deleted account
are closed without a posting, and take nothing from the new one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain import credits
from mediaforge.domain.credits import Posting
from mediaforge.domain.errors import BusyError
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.library.webhooks import Notice
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.money.quotas import Demand
from mediaforge.domain.people import teams
from mediaforge.domain.people.teams import Former, Member
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services import tasks
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.clean import clean_up
from mediaforge.services.jobs.dispatch import Taken, deliver, drop_waiting, take_waiting
from mediaforge.services.jobs.outbox import notices_of_jobs, write_notices
from mediaforge.services.jobs.transitions import write
from mediaforge.services.money import ledger
from mediaforge.services.money.fuse import has_blown, report_blown
from mediaforge.services.money.ledger import NewEntry
from mediaforge.services.people.members import readable

ACTOR = "settle"
# Jobs that one commit settles at most. A job takes up to eight writes: itself, its two entries, the entry
# that pays what is owed, its member of a team, and the next job with its view and, of a training, its brand;
# and a notice for each webhook of the account.
# The limit of a commit is far off, but a commit that fails is done anew as a whole.
_JOBS_MAX = 20

# In whose day a job was counted: a member's of its team, or that of one who has left the team since.
_Spender = Member | Former


@dataclass(frozen=True, slots=True)
class _Settled:
    """`orphans` are those of `jobs` whose account is gone, or another by now: nothing was posted for them.
    `notices` tell of them. `blows_fuse`: the next waiting job would have brought the account over what its
    tier allows an hour."""

    jobs: Sequence[Job] = ()
    orphans: Sequence[Job] = ()
    dispatched: Sequence[Job] = ()
    notices: Sequence[Notice] = ()
    blows_fuse: bool = False


def settle_account(backend: Backend, account_id: str) -> int:
    """Settles the account's final jobs. Returns how many this call settled; 0 when there was nothing to
    do."""
    total = 0
    while True:
        settled = _settle_or_isolate(backend, account_id)
        total += settled
        if settled < _JOBS_MAX:
            return total


def _settle_or_isolate(backend: Backend, account_id: str) -> int:
    try:
        return _settle(backend, account_id, lambda tx: tx.find(Job, _unsettled(account_id)))
    except BusyError:
        raise
    except Exception as error:
        # One job that contradicts itself must not keep the others from being paid.
        log.bug("settle.broke", error, account_id=account_id)
        return _settle_each(backend, account_id)


def _settle_each(backend: Backend, account_id: str) -> int:
    settled = 0
    seen: set[str] = set()
    # A job that cannot be settled is found again, so the page grows by the number of jobs that were seen.
    while fresh := [
        i for i in backend.documents.find_ids(_unsettled(account_id, len(seen))) if i not in seen
    ]:
        seen.update(fresh)
        for job_id in fresh:
            try:
                settled += _settle(backend, account_id, lambda tx, i=job_id: _only(tx, i))  # type: ignore[misc]
            except BusyError:
                raise
            except Exception as error:
                log.bug("settle.broke", error, account_id=account_id, job_id=job_id)
    # Less than a page, so that `settle_account` does not go on with the jobs that cannot be settled.
    return min(settled, _JOBS_MAX - 1)


def _unsettled(account_id: str, known: int = 0) -> Query:
    return Query(
        at.JOBS,
        where=(("account_id", "==", account_id), ("awaits_settle", "==", True)),
        order_by=("completed_at",),
        limit=_JOBS_MAX + known,
    )


def _only(tx: Transaction, job_id: str) -> list[Job]:
    job = tx.get(at.job(job_id))
    return [job] if job is not None and job.awaits_settle else []


def _settle(backend: Backend, account_id: str, find: Callable[[Transaction], Sequence[Job]]) -> int:
    def decide(tx: Transaction, looks_up: bool) -> _Settled:
        now = backend.clock.now()
        tx.prefetch(at.account(account_id))  # beside the next query: both are written
        ended = find(tx)
        if not ended:
            return _Settled()
        account = tx.get(at.account(account_id))
        ours = [job for job in ended if accounts.is_the_one(account, job)]
        books = _close(backend, tx, account, ours, now, looks_up=looks_up) if account else None
        taken = list(books.taken.jobs) if books else []
        if len(ours) < len(ended):
            known = {before.id for before, _ in taken}
            dropped = drop_waiting(backend, tx, account_id, account, now)
            taken += [pair for pair in dropped if pair[0].id not in known]
        settled = [states.settle(job, now, backend.timing) for job in ended]
        for before, after in (*zip(ended, settled, strict=True), *taken):
            write(tx, before, after)
        notices = notices_of_jobs(backend, account, ours)
        write_notices(tx, notices)
        if books:
            replace(books.taken, jobs=()).write(tx)
            _write_books(tx, books, now)
        return _Settled(
            settled,
            orphans=[job for job in ended if job not in ours],
            dispatched=books.taken.dispatched if books else [],
            notices=notices,
            blows_fuse=bool(account and books and has_blown(account, books.account)),
        )

    done = backend.documents.transact(ledger.looking_up_late(decide))
    if done.blows_fuse:
        report_blown(account_id)
    deliver(backend, done.dispatched)
    tasks.send_notices(backend, done.notices)
    _clean_up(backend, [job for job in done.jobs if job.clean_at is not None])
    orphan_ids = {job.id for job in done.orphans}
    for job in done.jobs:
        with log.of_request(job.asked_as):
            if job.id in orphan_ids:
                _report_orphan(job)
            else:
                _report(backend, job)
    return len(done.jobs)


@dataclass(frozen=True, slots=True)
class _Books:
    """The new entries, the members who get some of their day back, and the account after its jobs are settled
    and its free slots are given to what waits next."""

    entries: Sequence[NewEntry]
    members: Mapping[str, _Spender]
    taken: Taken

    @property
    def account(self) -> Account:
        return self.taken.account


def _close(
    backend: Backend,
    tx: Transaction,
    account: Account,
    ours: Sequence[Job],
    now: datetime,
    *,
    looks_up: bool,
) -> _Books:
    """Closes the holds of `ours`, frees their slots and gives these to the next jobs. Reads only."""
    postings = [p for job in ours for p in _postings(job)]
    account, entries = ledger.post(tx, account, postings, ACTOR, now, looks_up=looks_up)
    for job in ours:
        account = _free(account, job, now)
    taken = take_waiting(backend, tx, account, now)
    return _Books(entries, members_given_back(tx, ours, now), taken)


def _write_books(tx: Transaction, books: _Books, now: datetime) -> None:
    for path, member in books.members.items():
        tx.put(at.Ref(path, type(member)), member)
    ledger.write(tx, replace(books.account, modified=now), books.entries)


def _clean_up(backend: Backend, left: Sequence[Job]) -> None:
    """Clears away what the jobs left behind. Where that fails, the sweep does it later."""
    try:
        clean_up(backend, left)
    except BusyError as busy:
        log.warning("cleaning.postponed", cause=str(busy))
    except Exception as error:
        log.bug("cleaning.broke", error, job_ids=[job.id for job in left])


def _postings(job: Job) -> list[Posting]:
    return credits.close(job.id, job.estimated_credits, job.charged_credits, job.batch_id, job.kind)


def _free(account: Account, job: Job, now: datetime) -> Account:
    freed = accounts.free_slot(account, job) if job.is_dispatched else account
    return accounts.give_back(freed, _unused(job), job.quota_at, now)


def members_given_back(
    tx: Transaction, ended: Sequence[Job], now: datetime
) -> dict[str, Member | Former]:
    """The members of a team who get some of their day back, by the path of their document."""
    found: dict[str, _Spender] = {}
    for job in ended:
        if job.team_id is None or states.has_spent(job):
            continue
        path, spender = _spender(tx, job.team_id, job.counted_by or job.user_id)
        spender = found.get(path, spender)
        if spender is not None:
            found[path] = teams.give_back(spender, _unused(job), job.quota_at, now)
    return found


def _spender(tx: Transaction, team_id: str, uid: str) -> tuple[str, _Spender | None]:
    """The path of the document that counts the user's day, and what is in it. A user who has left the team
    has a day, too: it waits for their return. A member whom an operator wrote wrongly by hand gets nothing
    back, and does not keep the job's hold open."""
    member, former = at.member(team_id, uid), at.former(team_id, uid)
    if (found := readable(tx.get, member)) is not None:
        return member.path, found
    return former.path, readable(tx.get, former)


def _unused(job: Job) -> Demand:
    """What the day's quota gets back. A job that was begun gives nothing back, however it ended: its provider
    may bill for it, and only the quota keeps a user from repeating that without end."""
    if states.was_begun(job):
        return Demand(job.kind, 0, 0)
    return Demand(job.kind, job.count, job.estimated_credits)


def _report_orphan(job: Job) -> None:
    """Written once for each job: it is settled now, and is not found again."""
    log.warning(
        "settle.orphaned", job_id=job.id, account_id=job.account_id, status=job.status.value
    )


def _cost_ct(backend: Backend, job: Job) -> float | None:
    """What the job has cost us, as today's catalogue reckons it: what was delivered, or else every start that
    may have been billed. None where nobody has said what its model costs."""
    model = backend.catalogue.models.get(job.model)
    if model is None or not job.bills:
        return None if model is None else 0.0
    length_s = job.video.duration_s if job.video else None
    one_ct = model.cost_ct_of(job.size_name, length_s, job.references_used)
    delivered = job.output.delivered if job.output is not None else 0
    assets = delivered + max(0, job.may_have_billed - bool(delivered)) * job.count
    return None if one_ct is None else round(one_ct * assets, 4)


# Of the analytics line. A field is added under the same number; one that changes its meaning is a new one.
_LINE_SCHEMA = 1


def _report(backend: Backend, job: Job) -> None:
    """The analytics line: who, model, times, outcome, money. No prompt. docs/analytics.md says what each
    field means, and ops/analytics reads them."""
    assert job.completed_at is not None
    begun_at = job.begun_at or job.started_at
    log.info(
        "generation",
        schema=_LINE_SCHEMA,
        job_id=job.id,
        request_id=job.asked_as,
        account_id=job.account_id,
        user_id=job.user_id,
        team_id=job.team_id,
        batch_id=job.batch_id,
        brand_id=job.brand_id,
        pack_id=job.pack.id if job.pack else None,
        template_id=job.template.id if job.template else None,
        retry_of=job.retry_of,
        reused_from=job.reused_from,
        kind=job.kind.value,
        model=job.model,
        provider=job.provider,
        size=job.size_name or None,
        lane=job.lane.value if job.lane else None,
        status=job.status.value,
        error_code=job.error.code if job.error else None,
        count=job.count,
        delivered=job.output.delivered if job.output is not None else 0,
        credits=job.charged_credits,
        cost_ct=_cost_ct(backend, job),
        attempts=job.attempts,
        snoozes=job.snoozes,
        may_have_billed=job.may_have_billed,
        accepted_at=job.created_at.isoformat(),
        latency_ms=_ms(job.created_at, job.completed_at),
        wait_ms=_ms(job.created_at, job.slot_at),
        queue_ms=_ms(job.slot_at, begun_at),
        work_ms=_ms(begun_at, job.completed_at),
    )


def _ms(since: datetime | None, until: datetime | None) -> int | None:
    """None where one of them did not happen, or they happened in another order: a job of a batch may lose its
    slot and get another one."""
    if since is None or until is None or until < since:
        return None
    return round((until - since).total_seconds() * 1000)
