"""What must always hold between ledger, balances, jobs and files, checked against the documents.

Says which document is wrong, what was expected and what was found. An account at work can look wrong
between two reads, so a doubt about one that moved meanwhile is checked again before it is reported.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.accounts import Account
from mediaforge.domain.credits import Entry, EntryType, effect
from mediaforge.domain.errors import BusyError
from mediaforge.domain.jobs import Job, JobStatus, WaitingFor
from mediaforge.ports import Query
from mediaforge.services.backend import Backend

# A final job is settled within seconds by the trigger, within a minute or two by the sweep.
_UNSETTLED_S_MAX = 600
_READS_MAX = 5
# Files are looked for once, soon after they were made; a look costs a request each.
_FILES_CHECKED_H = 25


@dataclass(frozen=True, slots=True)
class Violation:
    document: str
    rule: str
    expected: str
    found: str


def check_invariants(backend: Backend) -> list[Violation]:
    """Every account and its jobs. Each violation is also an alert line in the log."""
    violations: list[Violation] = []
    for account_id in backend.documents.find_ids(Query(at.ACCOUNTS)):
        violations += _try_to_check(backend, account_id)
    for violation in violations:
        log.error(
            "invariant.violated",
            document=violation.document,
            rule=violation.rule,
            expected=violation.expected,
            found=violation.found,
        )
    log.info("invariants.checked", violations=len(violations))
    return violations


def _try_to_check(backend: Backend, account_id: str) -> list[Violation]:
    """An account that cannot be read is itself wrong, and hides no other."""
    try:
        return _check_account(backend, account_id)
    except BusyError:
        raise
    except Exception as error:
        log.bug("check.broke", error, account_id=account_id)
        path = at.account(account_id).path
        return [Violation(path, "it and its jobs can be read", "a document", type(error).__name__)]


def _check_account(backend: Backend, account_id: str) -> list[Violation]:
    """Reads again as long as the account moved while its entries and jobs were read."""
    account = backend.documents.get(at.account(account_id))
    for _ in range(_READS_MAX):
        if account is None:
            return []
        entries = backend.documents.find(Entry, Query(at.ledger(account_id)))
        own = (("account_id", "==", account_id),)
        jobs = backend.documents.find(Job, Query(at.JOBS, where=own))
        violations = list(_compare(backend, account, entries, jobs))
        after = backend.documents.get(at.account(account_id))
        if not violations or after == account:
            return violations
        account = after
    log.warning("invariants.skipped", account_id=account_id, why="the account never rested")
    return []


def _compare(
    backend: Backend, account: Account, entries: Sequence[Entry], jobs: Sequence[Job]
) -> Iterator[Violation]:
    now = backend.clock.now()
    yield from _check_balance(account, entries)
    yield from _check_slots(account, jobs)
    yield from _check_waiting(account, jobs)
    of_job = defaultdict[str | None, list[Entry]](list)
    for entry in entries:
        of_job[entry.job_id].append(entry)
    yield from _check_jobs_exist(account, of_job.keys() - {None, *(job.id for job in jobs)})
    for job in jobs:
        yield from _check_hold(job, of_job[job.id])
        yield from _check_settled(job, now)
        yield from _check_files(backend, job, now)


def _check_balance(account: Account, entries: Sequence[Entry]) -> Iterator[Violation]:
    effects = [effect(e.type, e.amount) for e in entries]
    expected = (sum(a for a, _ in effects), sum(h for _, h in effects))
    found = (account.available, account.held)
    if expected != found:
        yield _violation(
            at.account(account.id), "available and held are the sum of the entries", expected, found
        )
    if min(found) < 0:
        yield _violation(at.account(account.id), "no balance is below 0", "0 or more", found)


def _check_slots(account: Account, jobs: Sequence[Job]) -> Iterator[Violation]:
    expected = sum(1 for job in jobs if job.is_dispatched and not job.is_settled)
    if account.active != expected:
        yield _violation(
            at.account(account.id),
            "active counts the jobs that hold a slot",
            expected,
            account.active,
        )


def _check_waiting(account: Account, jobs: Sequence[Job]) -> Iterator[Violation]:
    waiting = [job.id for job in jobs if job.waiting_for is WaitingFor.CAPACITY]
    if waiting and not account.has_waiting:
        rule = "has_waiting is true while a job waits for a slot"
        yield _violation(at.account(account.id), rule, "true", f"false, with {waiting[0]} waiting")


def _check_jobs_exist(account: Account, lost: set[str | None]) -> Iterator[Violation]:
    for job_id in sorted(map(str, lost)):
        yield _violation(
            at.account(account.id), "an entry's job exists", f"jobs/{job_id}", "no job"
        )


def _check_hold(job: Job, entries: Sequence[Entry]) -> Iterator[Violation]:
    held = [e.amount for e in entries if e.type is EntryType.HOLD]
    captured = sum(e.amount for e in entries if e.type is EntryType.CAPTURE)
    released = sum(e.amount for e in entries if e.type is EntryType.RELEASE)
    if held != [job.estimated_credits]:
        yield _violation(
            at.job(job.id),
            "a job has one hold, of what was estimated",
            [job.estimated_credits],
            held,
        )
    expected = (
        (job.charged_credits, job.estimated_credits - job.charged_credits)
        if job.is_settled
        else (0, 0)
    )
    if (captured, released) != expected:
        yield _violation(
            at.job(job.id),
            "captured and released close the hold once",
            expected,
            (captured, released),
        )


def _check_settled(job: Job, now: datetime) -> Iterator[Violation]:
    if not job.status.is_final and (now - job.expires_at).total_seconds() > _UNSETTLED_S_MAX:
        yield _violation(at.job(job.id), "a job ends in its time", str(job.expires_at), job.status)
    if job.completed_at is None or job.is_settled:
        return
    age_s = (now - job.completed_at).total_seconds()
    if age_s > _UNSETTLED_S_MAX:
        yield _violation(
            at.job(job.id),
            "a final job is settled",
            f"within {_UNSETTLED_S_MAX} s",
            f"{age_s:.0f} s",
        )


def _check_files(backend: Backend, job: Job, now: datetime) -> Iterator[Violation]:
    if job.status is not JobStatus.COMPLETED or job.output is None or job.completed_at is None:
        return
    if now - job.completed_at > timedelta(hours=_FILES_CHECKED_H):
        return
    for path in job.output.storage_paths:
        if not backend.media.exists(path):
            yield _violation(at.job(job.id), "a completed job's files exist", path, "no such file")


def _violation(
    ref: at.Ref[Account] | at.Ref[Job], rule: str, expected: object, found: object
) -> Violation:
    return Violation(ref.path, rule, str(expected), str(found))
