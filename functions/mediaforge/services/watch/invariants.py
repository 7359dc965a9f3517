"""What must always hold between ledger, balances, jobs, what is shown of them, directions, files and teams,
checked against the documents.

Says which document is wrong, what was expected and what was found. An account at work can look wrong
between two reads, so a doubt about one that moved meanwhile is checked again before it is reported.
Balances are compared with all entries, which the database adds up; jobs one by one while they are
unfinished, and once after they were settled: a check costs what a day's work was, not a life's.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.views import view_of
from mediaforge.domain.directing.directions import DirectionRecord, DirectionStatus, end_of, hold_of
from mediaforge.domain.errors import BusyError, UnreadError
from mediaforge.domain.jobs.job import Job, JobStatus, WaitingFor
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.jobs.states import cancel_price_credits, further_credits, has_spent
from mediaforge.domain.library.brands import brand_of
from mediaforge.domain.money.accounts import Account, is_before_reset, is_held_from, is_the_one
from mediaforge.domain.money.credits import Entry, EntryType, Posting, effect
from mediaforge.domain.money.quotas import SPEND_WINDOW_S, slice_of
from mediaforge.domain.people.teams import Member, Role, Team
from mediaforge.domain.watch.checks import BEGINNING, LOOKBACK, CheckRound, begin_round
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.backend import Backend
from mediaforge.services.people.members import is_unreadable

D = TypeVar("D")

# A final job is settled within seconds by the trigger, within a minute or two by the sweep.
_UNSETTLED_S_MAX = 600
_READS_MAX = 5
_CHECKED_AT_ONCE = 8
_PAGE = 40  # a few seconds' work
# Documents that one round trip reads.
_READ_AT_ONCE = 100
_IN_TURN = (WaitingFor.CAPACITY, WaitingFor.RESUME)
# Of what is shown: the fields that have parts of their own, and those whose values may be told.
_PARTS = frozenset({"credits", "generation_data", "error"})
_TOLD = frozenset(
    {"status", "generated", "progress", "attempts", "credits.estimated", "credits.charged"}
)
_CLOCKS_DIFFER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Violation:
    document: str
    rule: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class _Books:
    """An account and what belongs to it, as read at about one moment. `sums` are of all entries, by
    type, and `owed` what they say of the debt; `jobs` the unfinished and those settled of late, with their
    `entries`; `orphans` those of an account of the same name that was deleted; `lost` the ids of jobs that
    recent entries name and nobody has; `asking` the directions under way, each with its hold, and
    `asking_elsewhere` those that were held from an account of the same name that was deleted; `ended` those
    asked of late that are over, each with the entry that closes its hold."""

    account: Account
    sums: Mapping[EntryType, int]
    owed: int
    jobs: Sequence[Job]
    orphans: Sequence[Job]
    entries: Mapping[str, Sequence[Entry]]
    lost: Collection[str]
    asking: Sequence[tuple[DirectionRecord, Entry | None]]
    asking_elsewhere: Sequence[DirectionRecord]
    ended: Sequence[tuple[DirectionRecord, Entry | None]]


def check_invariants(backend: Backend, lookback: timedelta = LOOKBACK) -> list[Violation]:
    """Every account and its jobs. Each violation is also an alert line in the log, as soon as it is found.
    Raises UnreadError where one could not be read for now, when all the others have been checked."""
    run, after = _Run(backend, max(BEGINNING, backend.clock.now() - lookback)), ""
    while page := _page(backend, after):
        run.check(page)
        after = page[-1]
    run.try_again()
    return run.result()


def check_in_turn(backend: Backend) -> list[Violation]:
    """The same, of the round that is under way, or the next, and noted as it goes: so each account has its
    turn, however many there are of those before it, and wherever the platform ends a run.

    What a run died over the next one begins with, account by account. The one that two have died over is left
    for the next round: it must not keep all behind it from their turn."""
    known = backend.documents.get(at.check_round())
    turn = _Turn(backend, known, begin_round(known, backend.clock.now()))
    run, had_unread = _Run(backend, turn.round.since), turn.round.has_unread
    one_by_one = _PAGE if turn.round.runs else 0
    while page := _page(backend, turn.round.after, 1 if one_by_one > 0 else _PAGE):
        one_by_one -= 1
        if turn.round.runs > 1:
            log.error("invariants.left_out", account_id=page[0])
        else:
            # Only now, with a page: a run that was not even told one has died over nobody.
            if not turn.moves(runs=turn.round.runs + 1):
                return run.result()
            run.check(page)
        if not turn.moves(after=page[-1], runs=0, has_unread=had_unread or bool(run.unread)):
            return run.result()
    run.try_again()
    turn.moves(is_over=True, has_unread=had_unread or bool(run.unread))
    return run.result()


def _page(backend: Backend, after: str, limit: int = _PAGE) -> Sequence[str]:
    """The ids of the accounts behind `after`."""
    return backend.documents.find_ids(Query(at.ACCOUNTS, limit=limit, after=after))


@dataclass
class _Turn:
    """How far a round has come, and what of that is written."""

    backend: Backend
    known: CheckRound | None
    round: CheckRound

    def moves(self, **changed: Any) -> bool:
        """False where another run has moved on meanwhile: then the round is that one's."""
        moved = replace(self.round, **changed)

        def work(tx: Transaction) -> bool:
            # It may be `moved` by ourselves, of whose commit the answer was lost.
            if tx.get(at.check_round()) not in (self.known, moved):
                return False
            tx.put(at.check_round(), moved)
            return True

        if not self.backend.documents.transact(work):
            return False
        self.known = self.round = moved
        return True


@dataclass
class _Run:
    """What one run has found of what was settled since, and whom it could not read for now."""

    backend: Backend
    since: datetime
    accounts: int = 0
    violations: list[Violation] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def check(self, account_ids: Sequence[str]) -> None:
        with ThreadPoolExecutor(_CHECKED_AT_ONCE) as pool:
            checked = pool.map(partial(_checked, self.backend, self.since), account_ids)
            for account_id, found in zip(account_ids, checked, strict=True):
                if isinstance(found, BusyError):
                    self.unread.append(account_id)
                else:
                    self.accounts += 1
                    self.violations += found

    def try_again(self) -> None:
        account_ids, self.unread = self.unread, []
        self.check(account_ids)

    def result(self) -> list[Violation]:
        if self.unread:
            log.error("invariants.unread", accounts=len(self.unread))
            raise UnreadError(f"{len(self.unread)} accounts could not be read for now")
        log.info("invariants.checked", accounts=self.accounts, violations=len(self.violations))
        return self.violations


def _checked(backend: Backend, since: datetime, account_id: str) -> list[Violation] | BusyError:
    """What is wrong with one account, once it is in the log."""
    try:
        violations = _try_to_check(backend, account_id, since)
    except BusyError as error:
        return error
    for violation in violations:
        log.error(
            "invariant.violated",
            document=violation.document,
            rule=violation.rule,
            expected=violation.expected,
            found=violation.found,
        )
    return violations


def _try_to_check(backend: Backend, account_id: str, since: datetime) -> list[Violation]:
    """An account that cannot be read is itself wrong, and hides no other."""
    try:
        return _check_account(backend, account_id, since)
    except BusyError:
        raise
    except Exception as error:
        log.bug("check.broke", error, account_id=account_id)
        path = at.account(account_id).path
        return [Violation(path, "it and its jobs can be read", "a document", type(error).__name__)]


def _check_account(backend: Backend, account_id: str, since: datetime) -> list[Violation]:
    """Reads again as long as the account moved while its entries and jobs were read. Of one that never rests
    that is wrong which was so each time."""
    account = backend.documents.get(at.account(account_id))
    lasting: list[Violation] | None = None
    for _ in range(_READS_MAX):
        if account is None:
            return []
        violations = list(_compare(backend, _read_books(backend, account, since)))
        after = backend.documents.get(at.account(account_id))
        if not violations or after == account:
            return violations
        lasting = [each for each in violations if lasting is None or each in lasting]
        account = after
    log.warning("invariants.skipped", account_id=account_id, why="the account never rested")
    return lasting or []


def _read_books(backend: Backend, account: Account, since: datetime) -> _Books:
    find, ledger = backend.documents.find, at.ledger(account.id)
    own = ("account_id", "==", account.id)
    unfinished = find(Job, Query(at.JOBS, (own, ("due_at", ">", BEGINNING))))
    settled = find(Job, Query(at.JOBS, (own, ("settled_at", ">", since))))
    jobs = {job.id: job for job in (*unfinished, *settled)}
    entries = defaultdict[str, list[Entry]](list)
    for entry in find(Entry, Query(ledger, (("created_at", ">", since),))):
        entries[entry.job_id or ""].append(entry)
    lacking = [i for i in jobs if not any(e.type is EntryType.HOLD for e in entries[i])]
    holds = _read_all(backend, [at.entry(account.id, f"{job_id}:hold") for job_id in lacking])
    for job_id, hold in zip(lacking, holds, strict=True):
        entries[job_id] += [hold] if hold else []
    named = sorted(entries.keys() - jobs.keys() - {""})
    named_jobs = _read_all(backend, [at.job(job_id) for job_id in named])
    asking = _find_asking(backend, account.id)
    held = [d for d in asking if is_held_from(account, d)]
    ended = _find_ended(backend, account, since)
    return _Books(
        account=account,
        sums={t: _sum_of(backend, ledger, t) for t in EntryType},
        owed=backend.documents.sum("owed", Query(ledger)),
        jobs=[job for job in jobs.values() if is_the_one(account, job)],
        orphans=[job for job in jobs.values() if not is_the_one(account, job)],
        entries=entries,
        lost=[i for i, job in zip(named, named_jobs, strict=True) if job is None],
        asking=_with_entries(backend, held, hold_of),
        asking_elsewhere=[d for d in asking if not is_held_from(account, d)],
        ended=_with_entries(backend, ended, end_of),
    )


def _read_all(backend: Backend, refs: Sequence[at.Ref[D]]) -> list[D | None]:
    """Each as `get` has it, many in one round trip."""
    found = list[D | None]()
    for some in _parts(refs):
        found += backend.documents.transact(partial(_read, some))
    return found


def _parts(all_: Sequence[D]) -> Iterator[Sequence[D]]:
    """Of so many each as one round trip reads."""
    for start in range(0, len(all_), _READ_AT_ONCE):
        yield all_[start : start + _READ_AT_ONCE]


def _read(refs: Sequence[at.Ref[D]], tx: Transaction) -> list[D | None]:
    tx.prefetch(*refs)
    return [tx.get(ref) for ref in refs]


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


def _compare(backend: Backend, books: _Books) -> Iterator[Violation]:
    now = backend.clock.now()
    yield from _check_balance(books.account, books.sums)
    yield from _check_owed(books.account, books.owed)
    yield from _check_held(books.account, books.jobs, [d for d, _ in books.asking])
    yield from _check_asking(books.account, books.asking)
    for direction in (*(d for d, _ in books.asking), *books.asking_elsewhere):
        yield from _check_ends(direction, now)
    for direction, entry in books.ended:
        yield from _check_closed(direction, entry)
    yield from _check_slots(books.account, books.jobs)
    yield from _check_spend(books.account, books.jobs, now)
    yield from _check_waiting(books.account, books.jobs)
    yield from _check_jobs_exist(books.account, books.lost)
    yield from _check_block(books.account, books.jobs)
    yield from _check_team(backend, books.account)
    for job in books.jobs:
        yield from _check_charged(job)
        yield from _check_started(job)
        yield from _check_hold(job, books.entries.get(job.id, ()))
        yield from _check_settled(job, now)
        yield from _check_files(backend, job)
    for job in books.orphans:
        yield from _check_settled(job, now)
    yield from _check_shown(backend, (*books.jobs, *books.orphans))


def _check_balance(account: Account, sums: Mapping[EntryType, int]) -> Iterator[Violation]:
    effects = [effect(entry_type, amount) for entry_type, amount in sums.items()]
    expected = (sum(a for a, _ in effects), sum(h for _, h in effects))
    found = (account.available, account.held)
    if expected != found:
        yield _violation(
            at.account(account.id), "available and held are the sum of the entries", expected, found
        )
    if min(found) < 0:
        yield _violation(at.account(account.id), "no balance is below 0", "0 or more", found)


def _check_owed(account: Account, expected: int) -> Iterator[Violation]:
    ref = at.account(account.id)
    if account.owed != expected or account.owed < 0:
        yield _violation(ref, "owed is what the entries say of it", expected, account.owed)
    if account.owed and account.available:
        rule = "nothing is available while something is owed"
        yield _violation(ref, rule, 0, account.available)


def _check_held(
    account: Account, jobs: Sequence[Job], asking: Sequence[DirectionRecord]
) -> Iterator[Violation]:
    expected = sum(job.estimated_credits for job in jobs if not job.is_settled)
    expected += sum(direction.price_credits for direction in asking)
    if account.held != expected:
        rule = "held is what the unfinished jobs and directions reserve"
        yield _violation(at.account(account.id), rule, expected, account.held)


def _check_asking(
    account: Account, asking: Sequence[tuple[DirectionRecord, Entry | None]]
) -> Iterator[Violation]:
    if account.asking != len(asking):
        rule = "asking counts the directions under way"
        yield _violation(at.account(account.id), rule, len(asking), account.asking)
    for direction, held in asking:
        ref = at.direction(direction.id)
        if held is None or held.amount != direction.price_credits:
            rule = "a direction is held for before it is asked"
            yield _violation(ref, rule, direction.price_credits, held.amount if held else "no hold")


def _check_closed(direction: DirectionRecord, entry: Entry | None) -> Iterator[Violation]:
    expected = end_of(direction)
    if entry is None or entry.amount != expected.amount:
        rule = "a direction that was answered is captured, and released otherwise"
        found = entry.amount if entry else f"no {expected.type.value}"
        yield _violation(at.direction(direction.id), rule, expected.amount, found)


def _check_ends(direction: DirectionRecord, now: datetime) -> Iterator[Violation]:
    ref, due_at = at.direction(direction.id), direction.due_at
    if due_at is None or (now - due_at).total_seconds() > _UNSETTLED_S_MAX:
        yield _violation(ref, "a direction ends in its time", "answered, refused, closed", due_at)


def _check_slots(account: Account, jobs: Sequence[Job]) -> Iterator[Violation]:
    expected = sum(1 for job in jobs if job.is_dispatched and not job.is_settled)
    if account.active != expected:
        yield _violation(
            at.account(account.id),
            "active counts the jobs that hold a slot",
            expected,
            account.active,
        )


def _check_spend(account: Account, jobs: Sequence[Job], now: datetime) -> Iterator[Violation]:
    """Of what got its slot within the hour, all is counted in it that has spent, or may yet; and of what is
    settled each further start. There may be more: directions count, too."""
    begun = Counter[str]()
    for job in jobs:
        for counted_at, amount in _counted(job):
            if not is_before_reset(account, counted_at):
                begun[slice_of(counted_at)] += amount
    oldest = int(slice_of(now - timedelta(seconds=SPEND_WINDOW_S)))
    for of_hour, expected in begun.items():
        found = account.spend.slices.get(of_hour, 0)
        if int(of_hour) > oldest and found < expected:
            rule = "what got a slot counts in its account's hour"
            yield _violation(at.account(account.id), rule, f"{expected} or more", found)


def _counted(job: Job) -> Iterator[tuple[datetime, int]]:
    """What of the job its account's hour has to know of, each with when it was begun."""
    if job.slot_at is not None and (has_spent(job) or not job.is_settled):
        yield job.slot_at, job.estimated_credits
        if job.is_settled and job.started_at is not None:
            yield job.started_at, further_credits(job)


def _check_started(job: Job) -> Iterator[Violation]:
    """Of a job that got its slot before this was counted, nothing is said."""
    expected = job.may_have_billed * job.estimated_credits
    if job.lane is not None and job.started_credits != expected:
        rule = "each start that may have been billed counts in the project's hour"
        yield _violation(at.job(job.id), rule, expected, job.started_credits)


def _check_waiting(account: Account, jobs: Sequence[Job]) -> Iterator[Violation]:
    """One that an earlier version left waiting for an operator is looked at by itself."""
    waiting = [
        job.id for job in jobs if job.waiting_for in _IN_TURN and job.due_at == job.expires_at
    ]
    if waiting and not account.has_waiting:
        rule = "due_at is set while a job waits for a slot"
        yield _violation(
            at.account(account.id), rule, "a moment", f"none, with {waiting[0]} waiting"
        )


def _check_jobs_exist(account: Account, lost: Collection[str]) -> Iterator[Violation]:
    for job_id in sorted(lost):
        yield _violation(
            at.account(account.id), "an entry's job exists", f"jobs/{job_id}", "no job"
        )


def _check_block(account: Account, jobs: Sequence[Job]) -> Iterator[Violation]:
    """What was just accepted or dispatched as the block came is no violation of it."""
    if account.blocked_at is None:
        return
    since = account.blocked_at + _CLOCKS_DIFFER
    for job in jobs:
        is_given_a_slot = job.is_dispatched and job.status is JobStatus.QUEUED
        if job.created_at > since or (is_given_a_slot and job.modified > since):
            rule = "of a blocked account nothing is accepted, and nothing gets a slot"
            yield _violation(
                at.job(job.id), rule, f"nothing after {account.blocked_at}", job.status
            )


def _check_team(backend: Backend, account: Account) -> Iterator[Violation]:
    of, _, team_id = account.id.partition("_")
    if of != "team" or backend.documents.get(at.team(team_id)) is None:
        return
    owners = Query(at.members(team_id), (("role", "==", Role.OWNER.value),), limit=1)
    if not backend.documents.find_ids(owners):
        yield _violation(at.team(team_id), "a team has an owner", "one or more", "none")
    uids = backend.documents.find_ids(Query(at.members(team_id)))
    for some in _parts([at.member(team_id, uid) for uid in uids]):
        for ref in backend.documents.transact(partial(_unreadable, some)):
            yield Violation(ref.path, "a member can be read", "a member", "something else")


def _unreadable(refs: Sequence[at.Ref[Member]], tx: Transaction) -> list[at.Ref[Member]]:
    tx.prefetch(*refs)
    return [ref for ref in refs if is_unreadable(tx, ref)]


def _check_charged(job: Job) -> Iterator[Violation]:
    """Of a cancelled job: what its user had to accept, since what was begun is billed on. One that was
    abandoned nobody was asked about."""
    expected = 0
    if job.status is JobStatus.CANCELLED and not job.is_abandoned:
        expected = cancel_price_credits(job)
    elif job.status is JobStatus.COMPLETED and job.output is not None:
        expected = job.output.delivered * job.price_credits
    if job.charged_credits != expected:
        rule = "a job is charged what was delivered, or what its user accepted to pay for"
        yield _violation(at.job(job.id), rule, expected, job.charged_credits)


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


def _check_files(backend: Backend, job: Job) -> Iterator[Violation]:
    if job.status is not JobStatus.COMPLETED or job.output is None:
        return
    copies = [each["path"] for each in brand_of(job).shown] if job.copies_references else []
    for path in (*job.output.storage_paths, *copies):
        if not backend.media.exists(path):
            yield _violation(at.job(job.id), "a completed job's files exist", path, "no such file")


# ---- what the public is shown ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Shown:
    """A document that shows what a job is, and how."""

    job: Job
    ref: at.Ref[Any]
    project: Callable[[Job], object]


def _check_shown(backend: Backend, jobs: Sequence[Job]) -> Iterator[Violation]:
    """A view, and a training's brand, show what their job is: nobody but us has any business with them. One
    that is gone was deleted, which its owner may. One read each, and more only where something is wrong."""
    shown = [each for job in jobs for each in _shown(job)]
    for some in _parts(shown):
        stored = _read_all(backend, [at.as_stored(each.ref) for each in some])
        for each, found in zip(some, stored, strict=True):
            yield from _check_projection(backend, each, found)


def _shown(job: Job) -> Iterator[_Shown]:
    yield _Shown(job, at.view(job), view_of)
    if job.kind is JobKind.TRAINING and job.brand_id is not None:
        yield _Shown(job, at.brand(job.brand_id), brand_of)


def _check_projection(
    backend: Backend, shown: _Shown, found: Mapping[str, Any] | None
) -> Iterator[Violation]:
    """A job at work may move between the two reads, though its account rests; then both are read anew. They
    are written in one commit, so where the job has not moved meanwhile they have to agree."""
    job, ref = shown.job, shown.ref
    rule = "what is shown is what the job is"
    for _ in range(_READS_MAX):
        try:
            fields = found and at.stored_fields(ref, found)
        except Exception as error:
            yield Violation(ref.path, rule, "a document", type(error).__name__)
            return
        if fields is None or not (differing := _differing(at.dump(shown.project(job)), fields)):
            return
        after = backend.documents.get(at.job(job.id))
        if after is None:
            return
        if after == job:
            told = [", ".join(each) for each in zip(*differing, strict=True)]
            yield Violation(ref.path, rule, *told)
            return
        job, found = after, backend.documents.get(at.as_stored(ref))
    log.warning("invariants.skipped", job_id=job.id, why="the job never rested")


def _differing(expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each field that is not as it should be, as expected and as found."""
    ours, theirs = _flat(expected), _flat(found)
    names = [n for n in sorted({*ours, *theirs}) if not at.is_same(ours.get(n), theirs.get(n))]
    told = {name if name in ours else _nearest(name, expected): name for name in names}
    return [(_told(of, ours.get(n)), _told(of, theirs.get(n), "else")) for of, n in told.items()]


def _nearest(name: str, expected: Mapping[str, Any]) -> str:
    """What a field is told as that is none of ours: its name may be a forger's words."""
    whole = name.partition(".")[0]
    return whole if whole in expected else "a field of nobody's"


def _flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        if name in _PARTS and isinstance(value, Mapping):
            flat |= {f"{name}.{part}": each for part, each in value.items()}
        else:
            flat[name] = value
    return flat


def _told(name: str, value: object, otherwise: str = "the job's") -> str:
    """What a user wrote and what opens a file is only named: the line goes into the log."""
    return f"{name}={value if name in _TOLD else otherwise}"


def _violation(
    ref: at.Ref[Account] | at.Ref[Job] | at.Ref[DirectionRecord] | at.Ref[Team],
    rule: str,
    expected: object,
    found: object,
) -> Violation:
    return Violation(ref.path, rule, str(expected), str(found))
