"""What an administrator sees at a glance, and what they decide about a dead letter: the callables. The
operators' command does the same through the same services."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Annotated, Literal

from pydantic import Field

from mediaforge.contract.answers import Answer
from mediaforge.contract.requests import WHOLE, AccountId, DocumentId, Name, Payload
from mediaforge.domain.credits import EntryType
from mediaforge.domain.errors import NotFoundError
from mediaforge.domain.jobs.job import Job
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.money.blocks import refuse_blocked_caller
from mediaforge.services.money.grant import check_admin
from mediaforge.services.operate import dead_letters
from mediaforge.services.operate.audit import audited
from mediaforge.services.operate.dead_letters import Chosen
from mediaforge.services.operate.health import check_health
from mediaforge.services.operate.looking import (
    held_up_accounts,
    last_of_ledger,
    see_account,
    see_breakers,
    see_fuses,
)
from mediaforge.services.operate.unsettled import (
    Trouble,
    count_unsettled,
    stuck_jobs,
    unsettled_jobs,
    users_of,
)

_LOOKED_AT_MAX = 300


class Inspect(Payload):
    """Says what an operator has to know: what is not in order, the jobs that are stuck, the dead letters, the
    queues, the fuses and the breakers. For administrators (custom claim `admin`)."""

    limit: Annotated[int, Field(ge=1, le=100), WHOLE] = 20
    """The most jobs, dead letters, and entries of the account's ledger, that are listed."""
    account_id: AccountId | None = None
    """The account to look at, beside all else."""


class CheckShown(Answer):
    """One thing that a job needs."""

    check: str
    """What was looked at."""
    is_fine: bool
    """Whether it is in order."""
    found: str
    """What was found."""
    runbook: str
    """The section of docs/runbook.md that says what to do."""


class StuckJob(Answer):
    """A job that does not get on."""

    job_id: str
    """The job."""
    trouble: Trouble
    """`overdue`: nobody has touched it in time; `slow`: it has a slot, and nobody has begun it; `fuse`: it
    waits until a fuse is reset."""
    why: str
    """Why it is where it is, in a sentence."""
    account_id: str
    """Who pays for it."""
    queue: str
    """The queue that its tasks go into."""
    created_at: datetime
    """When it was accepted."""


class LetterShown(Answer):
    """A job that spent its attempts or its time. What its user wrote is not among it."""

    job_id: str
    """The job."""
    account_id: str
    """Who pays for it."""
    model: str
    """The model."""
    code: str
    """Why it failed."""
    message: str
    """The same, in a sentence."""
    attempts: int
    """How often it was tried."""
    may_have_billed: int
    """How many of its starts may have cost us something."""
    created_at: datetime
    """When it failed."""


class QueueShown(Answer):
    """A queue with jobs that have a slot and were not begun yet."""

    queue: str
    """Its name."""
    jobs: int
    """How many such jobs it has, among the unsettled jobs that are due first."""
    oldest_at: datetime
    """Since when the oldest of them has its slot."""


class FuseShown(Answer):
    """A fuse: of the project, of the free lane, or of an account that something waits for."""

    of: str
    """`project`, `free`, or the id of the account."""
    blown_at: datetime | None
    """Since when it stops new work; null where it does not."""
    started: int | None
    """Credits that were begun in the hour; null for an account."""
    limit: int | None
    """What may be begun in an hour; null for an account."""


class BreakerShown(Answer):
    """A model whose last call failed."""

    model: str
    """The model."""
    is_open: bool
    """Whether its jobs wait."""
    failures: int
    """Failures in a row."""
    open_until: datetime | None
    """When the next call is let through; null where nothing keeps it."""


class EntryShown(Answer):
    """A line of an account's ledger."""

    type: EntryType
    """What it does."""
    amount: int
    """Credits; below 0 for a correction that takes some."""
    available_after: int
    """What could be spent then."""
    held_after: int
    """What was held then."""
    job_id: str | None
    """The job that it is of."""
    batch_id: str | None
    """The batch that it is of."""
    actor: str
    """Who caused it: a user id, or a part of the backend."""
    reason: str | None
    """Why, where somebody has said so."""
    created_at: datetime
    """When it was booked."""


class AccountInspected(Answer):
    """An account, as its own users see it and with what holds it up."""

    account_id: str
    """The account."""
    tier: str
    """Its tier."""
    available: int
    """Credits that can be spent."""
    held: int
    """Credits that are reserved for what is open."""
    owed: int
    """Credits that were taken back after they were spent."""
    active: int
    """Its slots that are in use."""
    open_jobs: tuple[str, ...]
    """Its jobs that are not settled yet, those that are due first."""
    fuse_blown_at: datetime | None
    """Since when its own fuse stops new work; null where it does not."""
    blocked_at: datetime | None
    """Since when it is blocked; null where it is not."""
    blocked_reason: str | None
    """Why it is blocked."""
    erasing_at: datetime | None
    """Since when its user is being erased; null where nobody is."""
    created_at: datetime
    """When it was opened."""
    ledger: tuple[EntryShown, ...]
    """Its last entries, newest first."""


class Inspected(Answer):
    """What an operator has to know."""

    is_fine: bool
    """Whether all checks are in order."""
    checks: tuple[CheckShown, ...]
    """All that a job needs."""
    unsettled: int
    """How many jobs are not settled yet."""
    stuck: tuple[StuckJob, ...]
    """Those of them that do not get on."""
    letters: int
    """How many dead letters there are."""
    dead_letters: tuple[LetterShown, ...]
    """The oldest of them."""
    queues: tuple[QueueShown, ...]
    """The queues in which jobs wait for a worker."""
    fuses: tuple[FuseShown, ...]
    """The fuses over all accounts, and those of accounts that have blown and hold something up."""
    breakers: tuple[BreakerShown, ...]
    """The models whose last call failed."""
    account: AccountInspected | None = None
    """The account that was asked for. Left out where none was, or where there is none of that id."""


def inspect(backend: Backend, caller: Caller, request: Inspect) -> Inspected:
    """Raises NotAdminError, AccountBlockedError."""
    check_admin(caller)
    refuse_blocked_caller(backend.documents, caller)
    health = check_health(backend)
    found = list(islice(dead_letters.letters(backend, Chosen()), request.limit))
    return Inspected(
        is_fine=health.is_fine,
        checks=tuple(
            CheckShown(
                check=each.check, is_fine=each.is_fine, found=each.found, runbook=each.section
            )
            for each in health.findings
        ),
        unsettled=count_unsettled(backend),
        stuck=_stuck(backend, request.limit),
        letters=dead_letters.count_letters(backend),
        dead_letters=tuple(
            LetterShown(
                job_id=each.job_id,
                account_id=each.account_id,
                model=each.model,
                code=each.error_code,
                message=each.error_message,
                attempts=each.attempts,
                may_have_billed=each.may_have_billed,
                created_at=each.created_at,
            )
            for each in found
        ),
        queues=_queues(unsettled_jobs(backend, _LOOKED_AT_MAX)),
        fuses=_fuses(backend),
        breakers=tuple(
            BreakerShown(
                model=each.model,
                is_open=each.is_open,
                failures=each.breaker.failures,
                open_until=each.breaker.open_until,
            )
            for each in see_breakers(backend)
        ),
        account=_account(backend, request),
    )


def _account(backend: Backend, request: Inspect) -> AccountInspected | None:
    if request.account_id is None:
        return None
    try:
        seen = see_account(backend, request.account_id)
    except NotFoundError:
        return None
    account, entries = seen.account, last_of_ledger(backend, request.account_id, request.limit)
    return AccountInspected(
        account_id=account.id,
        tier=account.tier,
        available=account.available,
        held=account.held,
        owed=account.owed,
        active=account.active,
        open_jobs=tuple(job.id for job in seen.jobs),
        fuse_blown_at=account.fuse_blown_at,
        blocked_at=account.blocked_at,
        blocked_reason=account.blocked_reason or None,
        erasing_at=account.erasing_at,
        created_at=account.created_at,
        ledger=tuple(
            EntryShown(
                type=each.type,
                amount=each.amount,
                available_after=each.available_after,
                held_after=each.held_after,
                job_id=each.job_id,
                batch_id=each.batch_id,
                actor=each.actor,
                reason=each.reason,
                created_at=each.created_at,
            )
            for each in entries
        ),
    )


def _stuck(backend: Backend, limit: int) -> tuple[StuckJob, ...]:
    return tuple(
        StuckJob(
            job_id=each.job.id,
            trouble=each.trouble,
            why=each.why,
            account_id=each.job.account_id,
            queue=each.job.queue,
            created_at=each.job.created_at,
        )
        for each in stuck_jobs(backend, _LOOKED_AT_MAX)[:limit]
    )


def _queues(jobs: Sequence[Job]) -> tuple[QueueShown, ...]:
    since: dict[str, list[datetime]] = {}
    for job in jobs:
        if job.is_dispatched and not job.attempts and not job.status.is_final:
            since.setdefault(job.queue, []).append(job.slot_at or job.created_at)
    return tuple(
        QueueShown(queue=name, jobs=len(moments), oldest_at=min(moments))
        for name, moments in sorted(since.items())
    )


def _fuses(backend: Backend) -> tuple[FuseShown, ...]:
    over_all = [
        FuseShown(of=each.of, blown_at=each.fuse.blown_at, started=each.started, limit=each.limit)
        for each in see_fuses(backend)
    ]
    of_accounts = [
        FuseShown(of=each.id, blown_at=each.fuse_blown_at, started=None, limit=None)
        for each in held_up_accounts(backend, _LOOKED_AT_MAX)
    ]
    return (*over_all, *of_accounts)


# ---- what is decided about a letter ------------------------------------------------------------------


class _LetterCall(Payload):
    job_id: DocumentId
    """The job of the dead letter."""
    reason: Name | None = None
    """Why; it is kept in the audit."""


class ReplayLetter(_LetterCall):
    """Repeats the job for its user, as their own retry would, and deletes the letter. Sent again, it answers
    the same. What was repeated three times is refused (`illegal-state`)."""

    action: Literal["replay"]


class PurgeLetter(_LetterCall):
    """Deletes the letter. The job and the ledger stay as they are."""

    action: Literal["purge"]


ControlDeadLetter = ReplayLetter | PurgeLetter
LETTER_ACTIONS: dict[str, type[ControlDeadLetter]] = {
    "replay": ReplayLetter,
    "purge": PurgeLetter,
}


class DeadLetterControlled(Answer):
    """What came of it."""

    job_id: str
    """The job of the letter, which is gone."""
    replayed_as: str | None = None
    """The new job. Left out for a purge, and for a row of a batch, which gets its job with its slot."""
    was_repeated: bool = False
    """The job had been repeated before, by its user or by an earlier call."""


def control_dead_letter(
    backend: Backend, caller: Caller, request: ControlDeadLetter
) -> DeadLetterControlled:
    """Replays or purges the dead letter of a job that spent its attempts or its time. For administrators
    (custom claim `admin`)."""
    check_admin(caller)
    refuse_blocked_caller(backend.documents, caller)
    job_id, name = request.job_id, f"dead-letters {request.action}"
    about = users_of(backend, [job_id])
    with audited(backend, caller, name, job_id, request.reason or "", about) as note:
        if isinstance(request, PurgeLetter):
            dead_letters.purge(backend, caller, job_id)
            note.did(job_id)
            return DeadLetterControlled(job_id=job_id)
        done = dead_letters.replay(backend, caller, job_id)
        note.did(job_id, done.job_id or f"row {done.row} of {done.batch_id}")
        return DeadLetterControlled(
            job_id=job_id, replayed_as=done.job_id, was_repeated=done.was_repeated
        )
