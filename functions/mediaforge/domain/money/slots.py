"""An account's slots: which of its jobs get one, and what the others wait for. A job may have a document
already, or be created by the very commit that gives it its slot. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job, Timing, WaitingFor
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import Account, HeldUp, Terms

# The queue for a job's tasks, in the lane of its account's tier.
QueueOf = Callable[[Job], str]

# What the user is told. A slot and the share come back by themselves.
_REASONS = {
    HeldUp.FUSE: WaitingFor.RESUME,
    HeldUp.SLOT: WaitingFor.CAPACITY,
    HeldUp.SHARE: WaitingFor.CAPACITY,
}


@dataclass(frozen=True, slots=True)
class Filled:
    """An account after its free slots were given to jobs, and the jobs that were looked at, as (before,
    after): jobs that got a slot, jobs that are held up, and orphans, which have ended."""

    account: Account
    jobs: Sequence[tuple[Job, Job]] = ()
    held_up: HeldUp | None = None

    @property
    def changed(self) -> list[tuple[Job, Job]]:
        return [(before, after) for before, after in self.jobs if after != before]

    @property
    def dispatched(self) -> list[Job]:
        return [after for _, after in self.jobs if after.is_dispatched]


def fill(
    account: Account,
    line: Sequence[Job],
    terms: Terms,
    now: datetime,
    timing: Timing,
    queue_of: QueueOf,
    *,
    is_behind: bool = False,
) -> Filled:
    """Gives a slot to each job of `line`, from its beginning, until one is held up. The jobs behind that
    one wait for the same reason, however little they cost. `is_behind`: other jobs wait before all of
    them. The account's fuse may blow."""
    moment = accounts.counted_at(account, now)
    jobs, held_up = [], None
    for job in line:
        if held_up is None:
            account, held_up = accounts.give_slot(
                account, terms, job.estimated_credits, moment, is_behind=is_behind
            )
        if held_up is None:
            after = states.dispatch(job, moment, timing, terms.tier.lane, queue_of(job))
        else:
            after = states.wait(job, now, _REASONS[held_up], job.expires_at)
        jobs.append((job, after))
    return Filled(account, jobs, held_up)


def place(
    account: Account, job: Job, terms: Terms, now: datetime, timing: Timing, queue_of: QueueOf
) -> tuple[Account, Job]:
    """The account, and the new job with a slot or with a reason to wait: for its scheduled
    time, for an operator, or for a slot. The task that starts a scheduled job goes to the
    queue that the job would use now."""
    account = replace(account, placed=account.placed + 1)
    job = replace(job, queue=queue_of(job))
    if states.is_early(job, now):
        return account, states.wait_for_its_time(job, now, timing)
    filled = fill(account, [job], terms, now, timing, queue_of, is_behind=account.has_waiting)
    [(_, placed)] = filled.jobs
    if filled.held_up is None:
        return filled.account, placed
    due_at = account.due_at or recheck_at(now, timing)
    return replace(filled.account, due_at=due_at), placed


def recheck_at(now: datetime, timing: Timing) -> datetime:
    """When an account with jobs that wait for a slot is looked at again. The moment is kept on the account
    and not on each job: there may be a thousand of them."""
    return now + timedelta(seconds=timing.waiting_s)
