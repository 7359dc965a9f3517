"""The verdict's part on batches, judged commit by commit: what a listener could have seen of a batch and its
rows at any moment, that no row begins behind a pause or a cancel, how often each was run, whose turn it was,
and what each call was answered. Counted here once more, from what was committed. Imports nothing of the
product."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.faults.operations import kept_slots
from tests.faults.record import BatchAnswer, BatchCall, Commit, Fields, Record

Contents = Mapping[str, Fields]

_FINAL = {"completed", "failed", "cancelled"}
_OPEN = {"queued", "running"}
_COUNTED = ("queued", "processing", "completed", "failed", "cancelled")
_RERUNS = {"retryFailed", "editRow"}
_STEERED = {"pause", "resume", "cancel"}
# So long a batch may go on saying that it runs when its last row has ended: the sweep looks every minute.
_TALLIED_WITHIN = timedelta(minutes=15)

_Tally = tuple[int, ...]
"""How many rows have each status of `_COUNTED`."""


def check_batches(contents: Contents, record: Record) -> Iterator[str]:
    walk = _Walk()
    for number, commit in enumerate(record.commits):
        for finding in walk.take(number, commit):
            yield f"{finding} (committed by {commit.process} at {commit.at})"
    yield from _check_at_rest(contents, walk, record)
    yield from _check_holds(contents, walk)
    yield from _check_runs(walk, record)
    yield from _check_submitted(walk, record)
    yield from _check_repeated(record)
    yield from _check_answers(walk, record)
    yield from _check_in_time(walk, record)


# ---- whose turn it is ----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Slot:
    """A slot that was given: on which track (None: to a single job), and to which row of it, where the row
    waited without a job."""

    track: str | None
    priority: int
    index: int | None


@dataclass
class _Turns:
    """What waits, the tracks of each account, and who got a slot of the same priority while a batch waited:
    by account and track, since that track got its last slot.

    Nobody passes the same batch twice, but for two whose turn is forgotten: a track that was closed comes
    anew, and jobs that a pause took back have none where no row of their batch waits. A batch has no more of
    those than it had slots, and each gets its slot once."""

    jobs: dict[str, bool] = field(default_factory=dict)
    rows: dict[str, dict[str, Fields]] = field(default_factory=lambda: defaultdict(dict))
    tracks: dict[str, Set[str]] = field(default_factory=dict)
    passed: dict[str, dict[str, set[str | None]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )

    def take(self, commit: Commit) -> Iterator[str]:
        given = self._given(commit)
        for path, fields in commit.writes.items():
            if path.startswith("jobs/") and fields is not None:
                self.jobs[path] = fields["is_dispatched"]
            elif "/rows/" in path:
                self.rows[path.split("/")[1]].pop(path, None)
                if fields is not None and fields["is_waiting"]:
                    self.rows[fields["batch_id"]][path] = fields
        for path, account in commit.writes.items():
            match path.split("/"):
                case ["accounts", account_id]:
                    tracks = account["tracks"] if account is not None else {}
                    yield from self._check(account_id, tracks, given[account_id])
                    self._note(account_id, tracks.keys())

    def _note(self, account_id: str, tracks: Set[str]) -> None:
        for closed in self.tracks.get(account_id, set()) - tracks:
            for passed in self.passed[account_id].values():
                passed.discard(closed)
        self.tracks[account_id] = set(tracks)

    def _given(self, commit: Commit) -> dict[str, list[_Slot]]:
        given: dict[str, list[_Slot]] = defaultdict(list)
        for path, job in commit.writes.items():
            if not path.startswith("jobs/") or job is None:
                continue
            if job["is_dispatched"] and not self.jobs.get(path):
                index = job["row"] if path not in self.jobs else None
                given[job["account_id"]].append(_Slot(job["batch_id"], job["priority"], index))
        return given

    def _check(
        self, account_id: str, tracks: Mapping[str, Fields], given: Sequence[_Slot]
    ) -> Iterator[str]:
        first, passed_of = self._first_rows(tracks), self.passed[account_id]
        known = self.tracks.get(account_id, set())
        for slot in given:
            higher = [each for each in first if tracks[each]["priority"] > slot.priority]
            if higher:
                yield f"batches/{higher[0]}: expected to go before {slot}"
            left = first.get(slot.track or "")
            if left is not None and slot.index is not None and left < slot.index:
                yield f"batches/{slot.track}: expected row {left} to begin before row {slot.index}"
            if slot.index is not None and slot.track not in known:
                yield f"batches/{slot.track}: expected a track of row {slot.index}, found none"
            passed_of.pop(slot.track or "", None)
        for waiting in first.keys() - {slot.track for slot in given}:
            for slot in given:
                has_turn = slot.track is None or slot.track in known
                if not has_turn or slot.priority != tracks[waiting]["priority"]:
                    continue
                if slot.track in passed_of[waiting]:
                    yield f"batches/{waiting}: expected its turn, found {slot} before it again"
                passed_of[waiting].add(slot.track)

    def _first_rows(self, tracks: Mapping[str, Fields]) -> dict[str, int]:
        """The first row that goes on waiting on each track."""
        return {
            batch_id: min(row["index"] for row in rows.values())
            for batch_id in tracks
            if (rows := self.rows.get(batch_id))
        }


# ---- every commit --------------------------------------------------------------------------------


@dataclass
class _Seen:
    """A batch as the commits so far left it. `tallies` are those of its rows, from the one that its counts
    were last found to be of. `states` is each status it had, with the number of the commit, and `overs`
    whether all its rows are final, likewise. `ended_at` is since when they are, and None while one is not.
    `is_gone`: its account was deleted by hand. `lacks_rows`: a row was; what is counted of it by others is
    not known, so that such a batch never has ended before its time is over, and counts one row more. `left`
    are the rows that were not final when it was cancelled."""

    batch: Fields | None = None
    rows: dict[str, Fields] = field(default_factory=dict)
    tallies: list[_Tally] = field(default_factory=list)
    states: list[tuple[int, str]] = field(default_factory=list)
    overs: list[tuple[int, bool]] = field(default_factory=list)
    ended_at: datetime | None = None
    is_gone: bool = False
    lacks_rows: bool = False
    left: list[Fields] = field(default_factory=list)

    def tally(self) -> _Tally:
        found = Counter(row["status"] for row in self.rows.values())
        return tuple(found[status] for status in _COUNTED)

    def had_ended(self, first: int, last: int) -> bool:
        """Whether all its rows were final before the commit `first`, and until the one before `last`. Of a
        row that was deleted by hand nobody knows that."""
        if self.lacks_rows:
            return False
        before = [is_over for number, is_over in self.overs if number < first][-1:]
        return before == [True] and not any(first <= number < last for number, _ in self.overs)


@dataclass
class _Walk:
    """Through all commits. `live` are the unfinished jobs of each row, `claimed` those that a worker has
    claimed, `rerun` the rows that each process has made to run once more."""

    batches: dict[str, _Seen] = field(default_factory=lambda: defaultdict(_Seen))
    jobs: dict[str, Fields] = field(default_factory=dict)
    live: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    claimed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    rerun: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    turns: _Turns = field(default_factory=_Turns)

    def take(self, number: int, commit: Commit) -> Iterator[str]:
        self._note_left(commit)
        steps: dict[str, Counter[str]] = defaultdict(Counter)
        jobs = dict[str, Fields | None]()
        for path, fields in commit.writes.items():
            match path.split("/"):
                case ["batches", batch_id]:
                    _ = steps[batch_id]
                    yield from self._take_batch(number, commit, batch_id, fields)
                case ["batches", batch_id, "rows", _]:
                    self._take_row(commit, batch_id, path, fields, steps[batch_id])
                case ["jobs", _] if fields is not None and fields["batch_id"]:
                    jobs[path] = self.jobs.get(path)
                    self._take_job(path, fields)
                case ["accounts", account_id] if fields is None:
                    self._forget(account_id)
        for batch_id, step in steps.items():
            yield from self._check_batch(number, commit, batch_id, step)
        for path, before in jobs.items():
            yield from self._check_job(path, before, self.jobs[path])
        for path, fields in commit.writes.items():
            if fields is not None and path.startswith("accounts/") and path.count("/") == 1:
                yield from self._check_tracks(path, fields)
        yield from self.turns.take(commit)

    # ---- what is written ---------------------------------------------------------------------------

    def _note_left(self, commit: Commit) -> None:
        for path, fields in commit.writes.items():
            match path.split("/"):
                case ["batches", batch_id] if fields and fields["status"] == "cancelled":
                    seen = self.batches[batch_id]
                    if seen.batch is not None and seen.batch["status"] != "cancelled":
                        rows = seen.rows.values()
                        seen.left = [row for row in rows if row["status"] not in _FINAL]

    def _take_batch(
        self, number: int, commit: Commit, batch_id: str, fields: Fields | None
    ) -> Iterator[str]:
        seen, path = self.batches[batch_id], f"batches/{batch_id}"
        before, seen.batch = seen.batch, fields
        if fields is None:
            seen.is_gone = True
            return
        if before is None:
            yield from _check_accepted(commit, batch_id, fields)
        elif before["status"] == "cancelled" != fields["status"]:
            yield f"{path}: expected to be cancelled for ever, found {fields['status']}"
        if not seen.states or seen.states[-1][1] != fields["status"]:
            seen.states.append((number, fields["status"]))

    def _take_row(
        self,
        commit: Commit,
        batch_id: str,
        path: str,
        fields: Fields | None,
        step: Counter[str],
    ) -> None:
        seen = self.batches[batch_id]
        before = seen.rows.pop(path, None)
        if before is not None:
            step[before["status"]] -= 1
        if fields is None:
            seen.lacks_rows = True
            return
        seen.rows[path] = fields
        step[fields["status"]] += 1
        if before is not None and _runs_again(before, fields):
            self.rerun[commit.process].add(path)

    def _take_job(self, path: str, job: Fields) -> None:
        row = f"batches/{job['batch_id']}/rows/{job['row']}"
        self.jobs[path] = job
        (self.live[row].discard if job["status"] in _FINAL else self.live[row].add)(job["id"])
        if job["attempts"] or job["snoozes"]:
            self.claimed[row].add(job["id"])

    def _forget(self, account_id: str) -> None:
        for seen in self.batches.values():
            if seen.batch is not None and seen.batch["account_id"] == account_id:
                seen.is_gone = True

    # ---- what a listener could see -----------------------------------------------------------------

    def _check_batch(
        self, number: int, commit: Commit, batch_id: str, step: Counter[str]
    ) -> Iterator[str]:
        seen, path = self.batches[batch_id], f"batches/{batch_id}"
        tally, batch = seen.tally(), seen.batch
        if not seen.tallies or seen.tallies[-1] != tally:
            seen.tallies.append(tally)
        is_over = not tally[0] and not tally[1]
        if not seen.overs or seen.overs[-1][1] != is_over:
            seen.overs.append((number, is_over))
            seen.ended_at = commit.at if is_over else None
        if batch is None or seen.is_gone:
            return
        has_ended = is_over and batch["status"] in ("completed", "cancelled")
        if batch["status"] == "completed" and not is_over:
            yield f"{path}: expected to be completed with its last row, found rows {tally}"
        if batch["due_at"] is None and not has_ended:
            yield f"{path}: expected to be due until its end, found {batch['status']}, rows {tally}"
        if path in commit.writes and not seen.lacks_rows:
            yield from _check_counts(path, batch, seen, step)
        for row_path, row in seen.rows.items():
            if row_path in commit.writes:
                yield from self._check_row(row_path, row)

    def _check_row(self, path: str, row: Fields) -> Iterator[str]:
        """It has one live job at most, and that is its own."""
        live = self.live[path]
        if row["is_waiting"] and live:
            yield f"{path}: expected no live job of a row that waits, found {sorted(live)}"
        elif live - {row["job_id"]}:
            yield f"{path}: expected one live job, {row['job_id']}, found {sorted(live)}"
        if row["is_waiting"] and (row["status"], row["job_id"]) != ("queued", None):
            yield f"{path}: expected to wait as queued without a job, found {row['status']}"

    def _check_job(self, path: str, before: Fields | None, job: Fields) -> Iterator[str]:
        row_path = f"batches/{job['batch_id']}/rows/{job['row']}"
        seen = self.batches[job["batch_id"]]
        row, batch = seen.rows.get(row_path), seen.batch
        if row is not None and row["job_id"] == job["id"] and row["status"] != job["status"]:
            yield f"{row_path}: expected to show its job {job['status']}, found {row['status']}"
        if row is not None and row["job_id"] != job["id"] and job["status"] not in _FINAL:
            yield f"{path}: expected to be the job of {row_path}, found {row['job_id']}"
        if batch is None or batch["status"] in _OPEN:
            return
        if job["status"] == "processing" and (before or job)["status"] == "queued":
            yield f"{row_path}: expected not to begin in a batch that is {batch['status']}"
        if job["is_dispatched"] and not (before and before["is_dispatched"]):
            yield f"{row_path}: expected to get no slot in a batch that is {batch['status']}"

    def _check_tracks(self, path: str, account: Fields) -> Iterator[str]:
        """A track is of a batch that may start now."""
        for batch_id in account["tracks"]:
            seen = self.batches[batch_id]
            batch = None if seen.is_gone else seen.batch
            if batch is None or batch["status"] not in _OPEN or batch["is_scheduled"]:
                found = batch and (batch["status"], batch["is_scheduled"])
                yield f"{path}: expected no track of batches/{batch_id}, found one, it is {found}"
        if account["tracks"] and account["due_at"] is None:
            yield f"{path}: expected to be due while a track is open, found that it is not"


def _runs_again(before: Fields, row: Fields) -> bool:
    """Whether the row waits once more, or for something else. Nothing else is written while it waits."""
    return bool(row["is_waiting"] and row["modified"] != before["modified"])


def _check_accepted(commit: Commit, batch_id: str, batch: Fields) -> Iterator[str]:
    """All rows, and one hold of what they come to, in one commit."""
    prefix = f"batches/{batch_id}/rows/"
    rows = [fields for path, fields in commit.writes.items() if path.startswith(prefix) and fields]
    held = [
        fields["amount"]
        for path, fields in commit.writes.items()
        if "/ledger/" in path and fields and fields["type"] == "hold"
    ]
    total = sum(row["credits"]["estimated"] for row in rows)
    if len(rows) != batch["counts"]["total"] or held != [total]:
        yield f"batches/{batch_id}: expected to be accepted whole, found {len(rows)} rows, held {held}"


def _check_counts(path: str, batch: Fields, seen: _Seen, step: Counter[str]) -> Iterator[str]:
    """They add up, and are those of one moment, no older than the one that they were of before. A commit that
    changes rows, too, has counted before that, and adds what it changes."""
    counts = batch["counts"]
    found = tuple(counts[status] for status in _COUNTED)
    if sum(found) != counts["total"] or min(found) < 0:
        yield f"{path}: expected counts that add up to {counts['total']}, found {counts}"
    before = tuple(n - step[status] for n, status in zip(found, _COUNTED, strict=True))
    for known in (before, found):
        if known in seen.tallies:
            seen.tallies = seen.tallies[seen.tallies.index(known) :]
            return
    yield f"{path}: expected the counts of one moment since the last, found {counts} of {seen.tallies}"


# ---- in the end ----------------------------------------------------------------------------------


def _check_at_rest(contents: Contents, walk: _Walk, record: Record) -> Iterator[str]:
    for batch_id, seen in walk.batches.items():
        path = f"batches/{batch_id}"
        for row_path, row in seen.rows.items():
            if row["status"] not in _FINAL or row["is_waiting"]:
                yield f"{row_path}: expected to be final, found {row['status']}"
        batch = contents.get(path)
        if batch is None:
            continue
        if batch["status"] not in ("completed", "cancelled") or batch.get("due_at"):
            yield f"{path}: expected to have ended, found {batch['status']}, {batch.get('due_at')}"
        elif not seen.is_gone and not seen.lacks_rows:
            yield from _check_ended(path, batch, seen)
            yield from _check_why_cancelled(path, seen, record)


def _check_ended(path: str, batch: Fields, seen: _Seen) -> Iterator[str]:
    found = tuple(batch["counts"][status] for status in _COUNTED)
    if found != seen.tally():
        yield f"{path}: expected to count {seen.tally()}, found {found}"
    charged = sum(row["credits"]["charged"] for row in seen.rows.values())
    if batch["credits"]["charged"] != charged:
        yield f"{path}: expected {charged} credits charged, found {batch['credits']}"
    if batch["status"] == "completed" and seen.ended_at is not None:
        took = batch["completed_at"] - seen.ended_at
        if took > _TALLIED_WITHIN:
            yield f"{path}: expected to be completed with its last row, found {took} after it"


def _check_why_cancelled(path: str, seen: _Seen, record: Record) -> Iterator[str]:
    """By who asked for it; because it was left paused until its time was over; or since each row that was
    left kept its slot, or waited for slots that were all kept."""
    for (_, before), (number, status) in zip(seen.states, seen.states[1:], strict=False):
        commit, account_id = record.commits[number], (seen.batch or {})["account_id"]
        if status != "cancelled" or before == "paused" or commit.process.startswith("cancelBatch "):
            continue
        kept = kept_slots(account_id, commit.at, record)
        are_all = len(kept) >= record.slots[_tier(account_id, number, record)]
        free = [row for row in seen.left if row["job_id"] not in kept]
        if free and not are_all:
            yield f"{path}: expected its rows to run in time, found it cancelled by {commit.process}"


def _tier(account_id: str, number: int, record: Record) -> str:
    """The account's tier when there had been so many commits."""
    path = f"accounts/{account_id}"
    written = (commit.writes.get(path) for commit in reversed(record.commits[: number + 1]))
    return str(next(account["tier"] for account in written if account is not None))


def _check_holds(contents: Contents, walk: _Walk) -> Iterator[str]:
    moved: dict[str, Counter[str]] = defaultdict(Counter)
    for path, entry in contents.items():
        if "/ledger/" in path and entry.get("batch_id"):
            moved[entry["batch_id"]][entry["type"]] += entry["amount"]
    for batch_id, seen in walk.batches.items():
        amounts = moved.pop(batch_id, Counter[str]())
        is_closed = 0 < amounts["hold"] == amounts["capture"] + amounts["release"]
        if not seen.is_gone and not is_closed:
            yield f"batches/{batch_id}: expected its holds to be closed, found {dict(amounts)}"
    for batch_id in moved:
        yield f"batches/{batch_id}: has entries, found no such batch"


# ---- how often, and for whom ---------------------------------------------------------------------


def _check_runs(walk: _Walk, record: Record) -> Iterator[str]:
    """A row runs once, and once more for each errand that asked for it: for one with a name once, for one
    without as often as it was sent."""
    calls = {call.process: call for call in record.batch_calls}
    named: dict[tuple[str, str], set[str]] = defaultdict(set)
    allowed = Counter[str]()
    for process, rows in walk.rerun.items():
        call = calls.get(process)
        for row in rows:
            if call is None or call.kind not in _RERUNS or row.split("/")[1] != call.batch_id:
                yield f"{row}: expected to run again only when asked, found that by {process}"
                continue
            allowed[row] += 1
            if call.is_named:
                named[f"{call.kind} {call.name}", row].add(process)
    for (errand, row), processes in named.items():
        if len(processes) > 1:
            yield f"{row}: expected {errand} to be done once, found it by {sorted(processes)}"
    for row, jobs in walk.claimed.items():
        if len(jobs) > 1 + allowed[row]:
            yield f"{row}: expected to be run {1 + allowed[row]} times at most, found {len(jobs)}"


# ---- what was answered ---------------------------------------------------------------------------


def _check_submitted(walk: _Walk, record: Record) -> Iterator[str]:
    """Under one name it is one batch for ever."""
    told: dict[tuple[str, str], set[str]] = defaultdict(set)
    for answer in record.batch_answers:
        if answer.kind != "submitBatch" or answer.batch_id is None:
            continue
        if not walk.batches[answer.batch_id].states:
            yield f"batches/{answer.batch_id}: was acknowledged, found no such batch"
        if answer.request_id is not None:
            told[answer.uid, answer.request_id].add(answer.batch_id)
    for (uid, name), ids in told.items():
        if len(ids) > 1:
            yield f"batches/{min(ids)}: expected one batch of {uid} for {name}, found {sorted(ids)}"


def _check_repeated(record: Record) -> Iterator[str]:
    """A control call with a name changes its batch once, however often it is sent."""
    named = {call.process: call for call in record.batch_calls if call.is_named and call.batch_id}
    changed: dict[BatchCall, list[str]] = defaultdict(list)
    first: dict[tuple[str, str], BatchCall] = {}
    for commit in record.commits:
        call = named.get(commit.process)
        if call is not None and f"batches/{call.batch_id}" in commit.writes:
            changed[first.setdefault((call.kind, call.name), call)].append(commit.process)
    for call, processes in changed.items():
        if len(processes) > 1:
            yield (
                f"batches/{call.batch_id}: expected {call.kind} {call.name} to change it once, "
                f"found {processes}"
            )


def _check_answers(walk: _Walk, record: Record) -> Iterator[str]:
    calls: dict[tuple[str, str], list[BatchCall]] = defaultdict(list)
    for call in record.batch_calls:
        calls[call.kind, call.name].append(call)
    for answer in record.batch_answers:
        if answer.batch_id is not None and answer.kind != "submitBatch":
            of_errand = calls[answer.kind, answer.name]
            yield from _check_done(answer, of_errand, walk.batches[answer.batch_id], walk)


def _check_done(
    answer: BatchAnswer, calls: Sequence[BatchCall], seen: _Seen, walk: _Walk
) -> Iterator[str]:
    """What was answered was done, at some moment from the first try to the answer."""
    path, first = f"batches/{answer.batch_id}", min(call.commits for call in calls)
    before = [status for number, status in seen.states if number < first][-1:]
    within = [status for number, status in seen.states if first <= number < answer.commits]
    had = [*before, *within]
    if answer.kind == "pause" and "paused" not in had:
        yield f"{path}: expected to be paused by {answer.name}, found {had}"
    if answer.kind == "cancel" and had[-1:] != ["cancelled"]:
        yield f"{path}: expected to be cancelled by {answer.name}, found {had}"
    if answer.kind == "resume" and set(had) == {"paused"}:
        yield f"{path}: expected to be resumed by {answer.name}, found {had}"
    if answer.kind in _RERUNS and not any(walk.rerun.get(call.process) for call in calls):
        yield f"{path}: expected rows to be run by {answer.kind} {answer.name}, found none"


def _check_in_time(walk: _Walk, record: Record) -> Iterator[str]:
    """A batch whose rows had all ended before the call was sent is neither paused, resumed nor cancelled."""
    steering = {c.process: c for c in record.batch_calls if c.kind in _STEERED}
    for number, commit in enumerate(record.commits):
        call = steering.get(commit.process)
        path = f"batches/{call.batch_id}" if call else ""
        if call is None or call.batch_id is None or path not in commit.writes:
            continue
        if walk.batches[call.batch_id].had_ended(call.commits, number):
            yield f"{path}: expected to be refused, since every row had ended, found {call.kind} done"
