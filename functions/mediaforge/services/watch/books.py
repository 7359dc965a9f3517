"""What must always hold between ledger, balances, jobs, what is shown of them, batches, directions, files and
teams, as comparisons of documents that the caller has read. Pure."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mediaforge.contract import documents as at
from mediaforge.contract.views import MARKS, WRITTEN_ONCE, row_of, view_of
from mediaforge.domain.credits import Entry, EntryType, effect
from mediaforge.domain.directing.directions import DirectionRecord, end_of
from mediaforge.domain.jobs.job import Job, JobStatus, WaitingFor
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.jobs.states import cancel_price_credits, further_credits, has_spent
from mediaforge.domain.library.batches import Batch, BatchStatus, Counts, Row
from mediaforge.domain.library.brands import brand_of
from mediaforge.domain.money.accounts import Account, is_before_reset
from mediaforge.domain.money.quotas import SPEND_WINDOW_S, slice_of
from mediaforge.domain.people.teams import Team

# A final job is settled within seconds by the trigger, within a minute or two by the sweep.
_UNSETTLED_S_MAX = 600
_IN_TURN = (WaitingFor.CAPACITY, WaitingFor.RESUME)
# Fields of a view or a brand: those that are compared part by part, and those whose values may be logged.
_PARTS = frozenset({"credits", "generation_data", "error"})
_TOLD = frozenset(
    {"status", "generated", "progress", "attempts", "credits.estimated", "credits.charged"}
)
_CLOCKS_DIFFER = timedelta(minutes=1)
_SHOWN = "what is shown is what the job is"

UNSEEN = "due_at is set while a job waits for a slot"
"""A finding: the sweep never sees such an account. A release that cannot read newer documents leaves one."""


@dataclass(frozen=True, slots=True)
class Violation:
    document: str
    rule: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class TeamBooks:
    """The team whose account is checked. `unreadable`: the paths of its members that cannot be read."""

    id: str
    has_owner: bool
    unreadable: Sequence[str]


@dataclass(frozen=True, slots=True)
class BatchBooks:
    """A batch that has not come to rest, or did so of late. `waiting` are its rows without a job.
    `open_credits` is what its holds come to, less what was captured and released of them. `counts` and
    `charged` are those of its rows, and None where the batch has not come to rest: then they change
    without their account."""

    batch: Batch
    open_credits: int
    waiting: Sequence[Row] = ()
    counts: Counts | None = None
    charged: int | None = None

    @property
    def waiting_credits(self) -> int:
        return sum(row.credits.estimated for row in self.waiting)

    @property
    def may_start(self) -> bool:
        """Whether rows that wait have their turn."""
        is_open = self.batch.status in (BatchStatus.QUEUED, BatchStatus.RUNNING)
        return is_open and not self.batch.is_scheduled


@dataclass(frozen=True, slots=True)
class Books:
    """An account and what belongs to it, as read at about one moment.

    `sums` are those of all entries, by type; `owed` is what all entries say of the debt.
    `jobs` are the unfinished jobs and those that were settled of late, `entries` their entries, by job.
    `orphans` are jobs of an account of the same name that was deleted.
    `lost` are the ids of jobs that recent entries name and that do not exist.
    `asking` are the directions under way, each with its hold; `asking_elsewhere` those that were held from
    an account of the same name that was deleted.
    `ended` are directions that were asked of late and are over, each with the entry that closes its hold.
    `batches` are those that have not come to rest, and those that did of late; `batches_elsewhere` were held
    for by an account of the same name that was deleted.
    `missing_files` are the paths at which a file is missing, by job.
    `team` is the team whose account this is; None for a user's account, or where the team is gone."""

    account: Account
    sums: Mapping[EntryType, int] = field(default_factory=dict)
    owed: int = 0
    jobs: Sequence[Job] = ()
    orphans: Sequence[Job] = ()
    entries: Mapping[str, Sequence[Entry]] = field(default_factory=dict)
    lost: Collection[str] = ()
    asking: Sequence[tuple[DirectionRecord, Entry | None]] = ()
    asking_elsewhere: Sequence[DirectionRecord] = ()
    ended: Sequence[tuple[DirectionRecord, Entry | None]] = ()
    batches: Sequence[BatchBooks] = ()
    batches_elsewhere: Sequence[Batch] = ()
    missing_files: Mapping[str, Sequence[str]] = field(default_factory=dict)
    team: TeamBooks | None = None


def compare(books: Books, now: datetime) -> Iterator[Violation]:
    """All violations, but for those of the documents that show the jobs."""
    yield from check_erasure(books.account, now)
    yield from _check_balance(books.account, books.sums)
    yield from _check_owed(books.account, books.owed)
    yield from _check_held(books)
    yield from _check_asking(books.account, books.asking)
    for direction in (*(d for d, _ in books.asking), *books.asking_elsewhere):
        yield from _check_ends(direction, now)
    for direction, entry in books.ended:
        yield from _check_closed(direction, entry)
    yield from _check_slots(books.account, books.jobs)
    yield from _check_spend(books.account, books.jobs, now)
    yield from _check_waiting(books.account, books.jobs)
    yield from _check_tracks(books.account, books.batches)
    for each in books.batches:
        yield from _check_batch(each, books.jobs)
    for batch in (*(each.batch for each in books.batches), *books.batches_elsewhere):
        yield from _check_batch_ends(batch, now)
    yield from _check_jobs_exist(books.account, books.lost)
    yield from _check_block(books.account, books.jobs)
    if books.team is not None:
        yield from _check_team(books.team)
    for job in books.jobs:
        yield from _check_charged(job)
        yield from _check_started(job)
        yield from _check_hold(job, books.entries.get(job.id, ()))
        yield from _check_settled(job, now)
        yield from _check_files(job, books.missing_files.get(job.id, ()))
    for job in books.orphans:
        yield from _check_settled(job, now)


def check_erasure(account: Account, now: datetime) -> Iterator[Violation]:
    due_at = account.erase_due_at
    if account.erasing_at is None:
        return
    if due_at is None or (now - due_at).total_seconds() > _UNSETTLED_S_MAX:
        rule = "an erasure is gone on with in its time"
        yield _violation(at.account(account.id), rule, "a moment to come", due_at)


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


def _check_held(books: Books) -> Iterator[Violation]:
    expected = sum(job.estimated_credits for job in books.jobs if not job.is_settled)
    expected += sum(direction.price_credits for direction, _ in books.asking)
    expected += sum(each.waiting_credits for each in books.batches)
    if books.account.held != expected:
        rule = "held is what the unfinished jobs, waiting rows and directions reserve"
        yield _violation(at.account(books.account.id), rule, expected, books.account.held)


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
    """The account's hour counts each job that got its slot within it and has spent, or may yet; of a settled
    job it counts each further start, too. It may come to more than that, since directions count in it."""
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
    """The amounts of the job that its account's hour has to count, each with the moment at which it was
    begun."""
    if job.slot_at is not None and (has_spent(job) or not job.is_settled):
        yield job.slot_at, job.estimated_credits
        if job.is_settled and job.started_at is not None:
            yield job.started_at, further_credits(job)


def _check_started(job: Job) -> Iterator[Violation]:
    """A job that got its slot before starts were counted has no `lane`, and is not checked."""
    expected = job.may_have_billed * job.estimated_credits
    if job.lane is not None and job.started_credits != expected:
        rule = "each start that may have been billed counts in the project's hour"
        yield _violation(at.job(job.id), rule, expected, job.started_credits)


def _check_waiting(account: Account, jobs: Sequence[Job]) -> Iterator[Violation]:
    """A job that an earlier version left waiting for an operator is not checked: it is due by itself, so its
    account need not be."""
    waiting = [
        job.id for job in jobs if job.waiting_for in _IN_TURN and job.due_at == job.expires_at
    ]
    if waiting and not account.has_waiting:
        yield _violation(
            at.account(account.id), UNSEEN, "a moment", f"none, with {waiting[0]} waiting"
        )


def _check_tracks(account: Account, batches: Sequence[BatchBooks]) -> Iterator[Violation]:
    ref = at.account(account.id)
    may_start = {each.batch.id for each in batches if each.may_start}
    wants_slots = {each.batch.id for each in batches if each.may_start and each.waiting}
    if not wants_slots <= account.tracks.keys() <= may_start:
        rule = "each batch with rows that may start has a track, and no other has one"
        yield _violation(ref, rule, sorted(wants_slots), sorted(account.tracks))
    if account.tracks and not account.has_waiting:
        yield _violation(
            ref, UNSEEN, "a moment", f"none, with rows of {min(account.tracks)} waiting"
        )


def _check_batch(books: BatchBooks, jobs: Sequence[Job]) -> Iterator[Violation]:
    batch, ref = books.batch, at.batch(books.batch.id)
    own = [job for job in jobs if job.batch_id == batch.id and not job.is_settled]
    expected = books.waiting_credits + sum(job.estimated_credits for job in own)
    if books.open_credits != expected:
        rule = "the holds of a batch are open for its waiting rows and its unsettled jobs"
        yield _violation(ref, rule, expected, books.open_credits)
    if books.counts is None:
        return
    if not batch.status.has_ended or not books.counts.are_final or books.waiting:
        yield _violation(ref, "a batch comes to rest with its last row", "all final", books.counts)
    found = (batch.counts, batch.credits.charged)
    if found != (books.counts, books.charged):
        rule = "a batch at rest counts its rows, and what they were charged"
        yield _violation(ref, rule, (books.counts, books.charged), found)


def _check_batch_ends(batch: Batch, now: datetime) -> Iterator[Violation]:
    ref, due_at = at.batch(batch.id), batch.due_at
    if due_at is not None and (now - due_at).total_seconds() > _UNSETTLED_S_MAX:
        yield _violation(ref, "a batch is looked at in its time", due_at, "nobody has looked")
    if batch.status.has_ended or (now - batch.expires_at).total_seconds() <= _UNSETTLED_S_MAX:
        return
    yield _violation(ref, "a batch ends in its time", str(batch.expires_at), batch.status)


def _check_jobs_exist(account: Account, lost: Collection[str]) -> Iterator[Violation]:
    for job_id in sorted(lost):
        yield _violation(
            at.account(account.id), "an entry's job exists", f"jobs/{job_id}", "no job"
        )


def _check_block(account: Account, jobs: Sequence[Job]) -> Iterator[Violation]:
    """A job that was accepted or dispatched just as the block came is no violation of it."""
    shut_at = account.blocked_at or account.erasing_at
    if shut_at is None:
        return
    since = shut_at + _CLOCKS_DIFFER
    for job in jobs:
        is_given_a_slot = job.is_dispatched and job.status is JobStatus.QUEUED
        if job.created_at > since or (is_given_a_slot and job.modified > since):
            rule = "of a blocked account nothing is accepted, and nothing gets a slot"
            yield _violation(at.job(job.id), rule, f"nothing after {shut_at}", job.status)


def _check_team(team: TeamBooks) -> Iterator[Violation]:
    if not team.has_owner:
        yield _violation(at.team(team.id), "a team has an owner", "one or more", "none")
    for path in team.unreadable:
        yield Violation(path, "a member can be read", "a member", "something else")


def _check_charged(job: Job) -> Iterator[Violation]:
    """A cancelled job is charged what its user had to accept, where what was begun is billed on. An abandoned
    job is charged nothing, since its user was not asked. What a deleted job delivered is not known any
    more."""
    if job.deleted_at is not None:
        return
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
    # A row's job has its batch's, and what costs nothing has none.
    own = [job.estimated_credits] if job.batch_id is None and job.estimated_credits else []
    if held != own:
        rule = "a job has one hold, of what was estimated"
        yield _violation(at.job(job.id), rule, own, held)
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


def files_of(job: Job) -> Sequence[str]:
    """The paths at which a file of the job has to exist."""
    if job.status is not JobStatus.COMPLETED or job.output is None:
        return ()
    copies = [each["path"] for each in brand_of(job).shown] if job.copies_references else []
    return (*job.output.storage_paths, *copies)


def _check_files(job: Job, missing: Sequence[str]) -> Iterator[Violation]:
    for path in missing:
        yield _violation(at.job(job.id), "a completed job's files exist", path, "no such file")


# ---- what the public is shown ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """A document that shows what a job is: its view, the brand of a training, or the row of a batch.
    `project` makes its fields of the job. But for a user's marks, only the backend may write it. `is_row`:
    the document has other fields, too, and shows another job once the row is run again."""

    job: Job
    ref: at.Ref[Any]
    project: Callable[[Job], object]
    is_row: bool = False


def shown_of(job: Job) -> Iterator[Shown]:
    yield Shown(job, at.view(job), view_of)
    if job.kind is JobKind.TRAINING and job.brand_id is not None:
        yield Shown(job, at.brand(job.brand_id), brand_of)
    if job.batch_id is not None and job.row is not None:
        yield Shown(job, at.row(job.batch_id, job.row), row_of, is_row=True)


def compare_shown(shown: Shown, found: Mapping[str, Any] | None) -> Violation | None:
    """What is wrong with the document as it was `found`. One that is gone is no violation: its owner may
    delete it."""
    if found is None:
        return None
    try:
        fields = at.stored_fields(shown.ref, found)
    except Exception as error:
        return Violation(shown.ref.path, _SHOWN, "a document", type(error).__name__)
    ours = at.dump(shown.project(shown.job))
    if shown.is_row:
        if shown.job.status.is_final and fields.get("job_id") != shown.job.id:
            return None
        fields = {name: field for name, field in fields.items() if name in ours}
    passed_over = {*MARKS, *(name for name in WRITTEN_ONCE if name not in found)}
    differing = _differing(_without(ours, passed_over), _without(fields, passed_over))
    if not differing:
        return None
    expected, other = (", ".join(each) for each in zip(*differing, strict=True))
    return Violation(shown.ref.path, _SHOWN, expected, other)


def _differing(expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each field whose value is wrong, as the log tells of what was expected and of what was found."""
    ours, theirs = _flat(expected), _flat(found)
    names = [n for n in sorted({*ours, *theirs}) if not at.is_same(ours.get(n), theirs.get(n))]
    told = {name if name in ours else _nearest(name, expected): name for name in names}
    return [(_told(of, ours.get(n)), _told(of, theirs.get(n), "else")) for of, n in told.items()]


def _without(fields: Mapping[str, Any], names: Collection[str]) -> Mapping[str, Any]:
    return {name: field for name, field in fields.items() if name not in names}


def _nearest(name: str, expected: Mapping[str, Any]) -> str:
    """The name by which the log tells of a field that is none of ours: its own name may be a forger's
    words."""
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
    """A field as the log tells of it. A value that a user wrote, or that opens a file, is left out."""
    return f"{name}={value if name in _TOLD else otherwise}"


def _violation(
    ref: at.Ref[Account] | at.Ref[Job] | at.Ref[Batch] | at.Ref[DirectionRecord] | at.Ref[Team],
    rule: str,
    expected: object,
    found: object,
) -> Violation:
    return Violation(ref.path, rule, str(expected), str(found))
