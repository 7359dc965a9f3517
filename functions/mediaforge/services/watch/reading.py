"""Reads the books of one account, and compares them.

An account at work can look wrong between two reads. So what looks wrong with an account that has changed
meanwhile is checked again before it is reported. Balances are compared with all entries, which the database
adds up. Jobs are compared one by one while they are unfinished, and once after they were settled.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.credits import Entry, EntryType, Posting
from mediaforge.domain.directing.directions import DirectionRecord, DirectionStatus, end_of, hold_of
from mediaforge.domain.errors import BusyError
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.library.batches import Batch
from mediaforge.domain.money.accounts import Account, is_erased_id, is_held_from, is_the_one
from mediaforge.domain.people.teams import Member, Role
from mediaforge.domain.rounds import BEGINNING
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.backend import Backend
from mediaforge.services.library.batch_rows import count_rows, open_credits, waiting_rows
from mediaforge.services.people.members import is_unreadable
from mediaforge.services.watch.books import (
    BatchBooks,
    Books,
    Shown,
    TeamBooks,
    Violation,
    check_erasure,
    compare,
    compare_shown,
    files_of,
    shown_of,
)

D = TypeVar("D")

_READS_MAX = 5
# Documents that one round trip reads.
_READ_AT_ONCE = 100


def check_account(backend: Backend, account_id: str, since: datetime) -> list[Violation]:
    """What is wrong with an account, and with what was settled after `since`. An account that cannot be read
    is itself a violation, and hides no other. Raises BusyError."""
    try:
        return _check_account(backend, account_id, since)
    except BusyError:
        raise
    except Exception as error:
        log.bug("check.broke", error, account_id=account_id)
        path = at.account(account_id).path
        return [Violation(path, "it and its jobs can be read", "a document", type(error).__name__)]


def _check_account(backend: Backend, account_id: str, since: datetime) -> list[Violation]:
    """Reads again as long as the account changes while its entries and jobs are read, `_READS_MAX` times at
    most. Of an account that never rests, only what was wrong each time is reported."""
    account = backend.documents.get(at.account(account_id))
    lasting: list[Violation] | None = None
    for _ in range(_READS_MAX):
        if account is None:
            return []
        if account.books_moved_at is not None:
            # Its user is being erased, and its entries are deleted. The account that has them is checked.
            return list(check_erasure(account, backend.clock.now()))
        books = _read_books(backend, account, since)
        violations = list(compare(books, backend.clock.now()))
        violations += _check_shown(backend, (*books.jobs, *books.orphans))
        if not violations:
            return []
        after = backend.documents.get(at.account(account_id))
        if after == account:
            return violations
        lasting = [each for each in violations if lasting is None or each in lasting]
        account = after
    log.warning("invariants.skipped", account_id=account_id, why="the account never rested")
    return lasting or []


def _read_books(backend: Backend, account: Account, since: datetime) -> Books:
    find, ledger = backend.documents.find, at.ledger(account.id)
    own = ("account_id", "==", account.id)
    unfinished = find(Job, Query(at.JOBS, (own, ("due_at", ">", BEGINNING))))
    batches = _find_batches(backend, account.id, since)
    settled = find(Job, Query(at.JOBS, (own, ("settled_at", ">", since))))
    jobs = {job.id: job for job in (*unfinished, *settled)}
    entries = defaultdict[str, list[Entry]](list)
    for entry in find(Entry, Query(ledger, (("created_at", ">", since),))):
        entries[entry.job_id or ""].append(entry)
    # A row's job has no hold of its own: it is its batch's.
    lacking = [
        i
        for i, job in jobs.items()
        if job.batch_id is None and not any(e.type is EntryType.HOLD for e in entries[i])
    ]
    holds = _read_all(backend, [at.entry(account.id, f"{job_id}:hold") for job_id in lacking])
    for job_id, hold in zip(lacking, holds, strict=True):
        entries[job_id] += [hold] if hold else []
    named = sorted(entries.keys() - jobs.keys() - {""})
    named_jobs = _read_all(backend, [at.job(job_id) for job_id in named])
    asking = _find_asking(backend, account.id)
    held = [d for d in asking if is_held_from(account, d)]
    ended = _find_ended(backend, account, since)
    own_batches = [b for b in batches if b.account_opened_at == account.opened_at]
    own_jobs = [job for job in jobs.values() if is_the_one(account, job)]
    return Books(
        account=account,
        sums={t: _sum_of(backend, ledger, t) for t in EntryType},
        owed=backend.documents.sum("owed", Query(ledger)),
        jobs=own_jobs,
        orphans=[job for job in jobs.values() if not is_the_one(account, job)],
        entries=entries,
        lost=_lost(account, named, named_jobs),
        asking=_with_entries(backend, held, hold_of),
        asking_elsewhere=[d for d in asking if not is_held_from(account, d)],
        ended=_with_entries(backend, ended, end_of),
        batches=[_read_batch(backend, batch) for batch in own_batches],
        batches_elsewhere=[b for b in batches if b.account_opened_at != account.opened_at],
        missing_files={job.id: _missing_files(backend, job) for job in own_jobs},
        team=_read_team(backend, account),
    )


def _lost(account: Account, named: Sequence[str], jobs: Sequence[Job | None]) -> list[str]:
    """The ids of jobs that should be there. Of who was erased no job is left."""
    if is_erased_id(account.id):
        return []
    return [job_id for job_id, job in zip(named, jobs, strict=True) if job is None]


def _read_all(backend: Backend, refs: Sequence[at.Ref[D]]) -> list[D | None]:
    """Each document as `get` has it, read many in one round trip."""
    found = list[D | None]()
    for some in _parts(refs):
        found += backend.documents.transact(partial(_read, some))
    return found


def _parts(all_: Sequence[D]) -> Iterator[Sequence[D]]:
    """Parts of `all_`, each of as many as one round trip reads."""
    for start in range(0, len(all_), _READ_AT_ONCE):
        yield all_[start : start + _READ_AT_ONCE]


def _read(refs: Sequence[at.Ref[D]], tx: Transaction) -> list[D | None]:
    tx.prefetch(*refs)
    return [tx.peek(ref) for ref in refs]


def _find_batches(backend: Backend, account_id: str, since: datetime) -> list[Batch]:
    """The account's batches that have not come to rest, and those that have ended of late."""
    find, own = backend.documents.find, ("account_id", "==", account_id)
    due = find(Batch, Query(at.BATCHES, (own, ("due_at", ">", BEGINNING))))
    ended = find(Batch, Query(at.BATCHES, (own, ("completed_at", ">", since))))
    return list({batch.id: batch for batch in (*ended, *due)}.values())


def _read_batch(backend: Backend, batch: Batch) -> BatchBooks:
    """The rows are counted, and not read, but for those that wait."""

    def read(tx: Transaction) -> BatchBooks:
        waiting, counted = waiting_rows(tx, batch), None
        if batch.due_at is None:
            counted = count_rows(tx, batch)
        return BatchBooks(batch, still_open, waiting, *(counted or (None, None)))

    still_open = open_credits(backend.documents, batch)
    return backend.documents.transact(read)


def _find_asking(backend: Backend, account_id: str) -> list[DirectionRecord]:
    asking = ("status", "==", DirectionStatus.ASKING.value)
    own = ("account_id", "==", account_id)
    return backend.documents.find(DirectionRecord, Query(at.DIRECTIONS, (own, asking)))


def _find_ended(backend: Backend, account: Account, since: datetime) -> list[DirectionRecord]:
    own, recent = ("account_id", "==", account.id), ("asked_at", ">", since)
    asked = backend.documents.find(DirectionRecord, Query(at.DIRECTIONS, (own, recent)))
    return [d for d in asked if not d.is_asking and is_held_from(account, d)]


def _with_entries(
    backend: Backend,
    directions: Sequence[DirectionRecord],
    posting_of: Callable[[DirectionRecord], Posting],
) -> list[tuple[DirectionRecord, Entry | None]]:
    refs = [at.entry(d.account_id, posting_of(d).entry_id) for d in directions]
    entries = _read_all(backend, refs)
    return list(zip(directions, entries, strict=True))


def _sum_of(backend: Backend, ledger: str, entry_type: EntryType) -> int:
    return backend.documents.sum("amount", Query(ledger, (("type", "==", entry_type.value),)))


def _missing_files(backend: Backend, job: Job) -> list[str]:
    return [path for path in files_of(job) if not backend.media.exists(path)]


def _read_team(backend: Backend, account: Account) -> TeamBooks | None:
    of, _, team_id = account.id.partition("_")
    if of != "team" or backend.documents.get(at.team(team_id)) is None:
        return None
    owners = Query(at.members(team_id), (("role", "==", Role.OWNER.value),), limit=1)
    has_owner = bool(backend.documents.find_ids(owners))
    uids = backend.documents.find_ids(Query(at.members(team_id)))
    unreadable = list[str]()
    for some in _parts([at.member(team_id, uid) for uid in uids]):
        unreadable += backend.documents.transact(partial(_unreadable, some))
    return TeamBooks(team_id, has_owner, unreadable)


def _unreadable(refs: Sequence[at.Ref[Member]], tx: Transaction) -> list[str]:
    tx.prefetch(*refs)
    return [ref.path for ref in refs if is_unreadable(tx.peek, ref)]


def _check_shown(backend: Backend, jobs: Sequence[Job]) -> Iterator[Violation]:
    """Checks the documents that show the jobs, with one read for each, and more only where something is
    wrong."""
    for some in _parts([each for job in jobs for each in shown_of(job)]):
        stored = _read_all(backend, [at.as_stored(each.ref) for each in some])
        for shown, found in zip(some, stored, strict=True):
            if violation := _wrongly_shown(backend, shown, found):
                yield violation


def _wrongly_shown(
    backend: Backend, shown: Shown, found: Mapping[str, Any] | None
) -> Violation | None:
    """What is wrong with a document that shows a job. A job at work may change between the reads of both,
    though its account does not; then both are read anew. Both are written in one commit, so they have to
    agree where the job has not changed meanwhile."""
    for _ in range(_READS_MAX):
        violation = compare_shown(shown, found)
        after = backend.documents.get(at.job(shown.job.id)) if violation else None
        if after is None:
            return None
        if after == shown.job:
            return violation
        shown, found = replace(shown, job=after), backend.documents.get(at.as_stored(shown.ref))
    log.warning("invariants.skipped", job_id=shown.job.id, why="the job never rested")
    return None
