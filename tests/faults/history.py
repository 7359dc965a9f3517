"""What must hold after every single commit, found by going through them once more."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from tests.faults.record import Commit, Fields, Record

_ORDER = {"queued": 0, "processing": 1, "completed": 2, "failed": 2, "cancelled": 2}
_FINAL = 2
_SKEW = timedelta(seconds=1)
# So long a slot may stay free while a job waits for it: the sweep looks every five minutes, if it lives.
_IDLE_MAX = timedelta(minutes=15)
_FUSES = "fuses/project"
_HOUR, _SLICE_S = timedelta(hours=1), 300
# (on available, on held) of one credit.
_EFFECTS = {
    "grant": (1, 0),
    "hold": (-1, 1),
    "capture": (0, -1),
    "release": (1, -1),
    "adjust": (1, 0),
}


def check_history(record: Record) -> list[str]:
    """A finding names the process that committed, and when."""
    history = _History(record)
    findings = [
        f"{finding} (committed by {commit.process} at {commit.at})"
        for commit in record.commits
        for finding in history.check(commit)
    ]
    return [*findings, *history.check_end()]


class _History:
    """The documents as they were after each commit, with what is asked of them often: by account the jobs
    that have a slot, those that wait for one, and since when somebody should have given them one."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._slots = record.slots
        self._documents: dict[str, Fields] = {}
        self._claimed_by: dict[str, str] = {}
        self._running: dict[str, set[str]] = defaultdict(set)
        self._waiting: dict[str, dict[str, tuple[int, datetime]]] = defaultdict(dict)
        # Rows that wait, by account and then by batch.
        self._rows: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._ran: dict[str, int] = defaultdict(int)
        self._idle_since: dict[str, datetime] = {}
        self._balances: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
        # Jobs and rows whose account was deleted, and what was deleted of theirs.
        self._orphans: set[str] = set()
        self._deleted: set[str] = set()
        # Batches of which a share was revoked.
        self._unshared: set[str] = set()

    def check(self, commit: Commit) -> Iterator[str]:
        given: dict[str, list[str]] = defaultdict(list)
        for path, after in commit.writes.items():
            before = self._documents.pop(path, None)
            if after is None:
                self._note_deleted(path)
                continue
            self._documents[path] = after
            if path == _FUSES:
                self._idle_since.clear()
            yield from self._check_write(commit, path, before, after)
            if path.startswith("jobs/") and _is_given_slot(before, after):
                given[after["account_id"]].append(path)
        for account_id in self._accounts(commit):
            yield from self._check_account(account_id)
            yield from self._check_turns(account_id, given[account_id])
            yield from self._check_idle(account_id, commit.at)

    def _check_write(
        self, commit: Commit, path: str, before: Fields | None, after: Fields
    ) -> Iterator[str]:
        if path.startswith("jobs/"):
            yield from self._check_job(commit, path, before, after)
        elif path in self._deleted:
            yield f"{path}: expected to stay deleted, found it written again"
        elif path.startswith("batches/"):
            self._note_row(path, after)
            if "/shared_with/" in path and after["revoked_at"] is not None:
                self._unshared.add(path.split("/")[1])
        elif path.startswith("generations/"):
            may_move = bool(after["team_id"]) or after["batch_id"] in self._unshared
            yield from _check_view(path, before, after, may_move=may_move)
        elif "/ledger/" in path:
            yield from self._check_entry(path, before, after)

    def check_end(self) -> Iterator[str]:
        for account_id in self._idle_since:
            yield f"accounts/{account_id}: expected its free slots to be filled, found them left free"

    # ---- a job and its view ------------------------------------------------------------------------

    def _check_job(
        self, commit: Commit, path: str, before: Fields | None, after: Fields
    ) -> Iterator[str]:
        is_orphan = path in self._orphans
        if not is_orphan:
            self._note_job(path, after)
        if before is not None:
            yield from _check_step(path, before, after)
            yield from _check_attempts(path, before, after)
            yield from self._check_lease(commit, path, before, after)
        if after["lease"]:
            self._claimed_by.setdefault(after["lease"]["owner"], commit.process)
        if is_orphan:
            return
        view_path = f"generations/{after['user_id']}/{after['kind']}s/{after['id']}"
        if after["deleted_at"] is not None:
            if commit.writes.get(view_path, self._documents.get(view_path)) is not None:
                yield f"{view_path}: expected to be deleted with its job, found it"
            return
        view = commit.writes.get(view_path) or self._documents.get(view_path)
        shown = view and (view["status"], view["waiting_for"], view["attempts"])
        if shown != (after["status"], after["waiting_for"], after["attempts"]):
            yield f"{view_path}: expected to show {after['status']}, found {shown}"

    def _note_job(self, path: str, job: Fields) -> None:
        running, waiting = self._running[job["account_id"]], self._waiting[job["account_id"]]
        (running.add if _has_slot(job) else running.discard)(path)
        if job["waiting_for"] in ("capacity", "resume"):
            waiting[path] = _turn(job)
        else:
            waiting.pop(path, None)

    def _note_row(self, path: str, row: Fields) -> None:
        if "/rows/" in path and path not in self._orphans:
            waiting = self._rows[row["account_id"]][row["batch_id"]]
            (waiting.add if row["is_waiting"] else waiting.discard)(path)

    def _check_lease(
        self, commit: Commit, path: str, before: Fields, after: Fields
    ) -> Iterator[str]:
        """As long as a lease holds, only its worker and that worker's heart write to it; but a cancel
        ends every lease."""
        old, new = before["lease"], after["lease"]
        is_over = not old or commit.at >= old["until"] - _SKEW
        if is_over or old == new or after["status"] == "cancelled":
            return
        worker = self._claimed_by.get(old["owner"], "nobody")
        if commit.process != worker and not commit.process.startswith(f"heart of {worker} "):
            yield f"{path}: expected {worker} to have it until {old['until']}, found {new}"

    # ---- what is deleted ---------------------------------------------------------------------------

    def _note_deleted(self, path: str) -> None:
        """With an account its books are closed; who comes back under its name begins anew."""
        is_shared = "/shared_with/" in path or "/invites/" in path  # who is let in again has one
        if path.startswith(("generations/", "dead_letters/", "batches/")) and not is_shared:
            self._deleted.add(path)
        collection, _, account_id = path.partition("/")
        if collection != "accounts" or "/" in account_id:
            return
        for job_path, job in self._documents.items():
            is_work = job_path.startswith("jobs/") or "/rows/" in job_path
            if is_work and job["account_id"] == account_id:
                self._orphans.add(job_path)
        for kept in (
            self._running,
            self._waiting,
            self._rows,
            self._ran,
            self._idle_since,
            self._balances,
        ):
            kept.pop(account_id, None)

    def _accounts(self, commit: Commit) -> list[str]:
        """The accounts that a commit touches: itself, an entry or a job. One that it deletes is none."""
        ids = set()
        for path, fields in commit.writes.items():
            if fields is None or path in self._orphans:
                continue
            if path.startswith("accounts/"):
                ids.add(path.split("/")[1])
            elif path.startswith("jobs/"):
                ids.add(fields["account_id"])
        return sorted(ids)

    # ---- an account --------------------------------------------------------------------------------

    def _check_entry(self, path: str, before: Fields | None, entry: Fields) -> Iterator[str]:
        if before is not None:
            yield f"{path}: expected to be written once, found it written again"
            return
        account_id = path.split("/")[1]
        available, held = self._balances[account_id]
        on_available, on_held = _EFFECTS[entry["type"]]
        available += on_available * entry["amount"]
        held += on_held * entry["amount"]
        self._balances[account_id] = available, held
        found = (entry["available_after"], entry["held_after"])
        if found != (available, held):
            yield f"{path}: expected {(available, held)} after it, found {found}"
        if min(available, held) < 0:
            yield f"{path}: expected no balance below 0, found {(available, held)}"

    def _check_account(self, account_id: str) -> Iterator[str]:
        account = self._documents.get(f"accounts/{account_id}")
        if account is None:
            yield f"accounts/{account_id}: expected an account, found none"
            return
        found = (account["available"], account["held"])
        if found != self._balances[account_id]:
            yield (
                f"accounts/{account_id}: expected the sum of its entries "
                f"{self._balances[account_id]}, found {found}"
            )
        running = len(self._running[account_id])
        if account["active"] != running:
            yield f"accounts/{account_id}: expected {running} active jobs, found {account['active']}"
        # Of a tier with fewer slots than before, the account keeps those that it uses.
        slots = self._slots[account["tier"]]
        if running > max(slots, self._ran[account_id]):
            yield f"accounts/{account_id}: expected at most {slots} dispatched jobs, found {running}"
        self._ran[account_id] = running

    # ---- whose turn it is --------------------------------------------------------------------------

    def _check_turns(self, account_id: str, dispatched: Sequence[str]) -> Iterator[str]:
        """Who is given a slot is before all who go on waiting for one."""
        waiting = self._waiting[account_id]
        has_rows = any(self._rows[account_id].values())
        if has_rows or any(
            self._documents[path].get("batch_id") for path in (*waiting, *dispatched)
        ):
            return  # where batches wait, they take turns: `batched` looks at that
        first = min(waiting, key=waiting.__getitem__, default=None)
        for path in dispatched:
            if first is not None and waiting[first] < _turn(self._documents[path]):
                yield f"{path}: expected to wait for {first}, found that it was dispatched before"

    def _check_idle(self, account_id: str, now: datetime) -> Iterator[str]:
        """Nobody waits for long while there is a slot, and nothing that holds its account up."""
        tier = self._documents[f"accounts/{account_id}"]["tier"]
        free = self._slots[tier] - len(self._running[account_id])
        since = self._idle_since.get(account_id, now)
        if now - since > _IDLE_MAX:
            yield f"accounts/{account_id}: expected its slots to be filled, found {free} free since {since}"
        if free > 0 and self._work(account_id) and not self._is_held_up(account_id, now):
            self._idle_since[account_id] = since
        else:
            self._idle_since.pop(account_id, None)

    def _is_held_up(self, account_id: str, now: datetime) -> bool:
        """By a fuse, by an hour that is over its tier's already, or since whose turn it is would bring it
        over its share of everybody's."""
        account, fuses = self._documents[f"accounts/{account_id}"], self._documents.get(_FUSES)
        part = fuses and fuses["lanes"].get(self._record.lanes[account["tier"]])
        if account["fuse_blown_at"] or (fuses and fuses["blown_at"]) or (part and part["blown_at"]):
            return True
        dearest = max(self._work(account_id))
        oldest = (now - _HOUR - _SKEW).timestamp() // _SLICE_S
        spent = sum(n for name, n in account["spend"]["slices"].items() if int(name) >= oldest)
        if spent > self._record.hour_limits[account["tier"]]:
            return True
        return bool(spent) and spent + dearest > self._record.share

    def _work(self, account_id: str) -> list[int]:
        """What might be first, by its credits: the first job that waits, and the rows of open tracks."""
        waiting = self._waiting[account_id]
        first = min(waiting, key=waiting.__getitem__, default=None)
        jobs = [int(self._documents[first]["estimated_credits"])] if first is not None else []
        tracks = self._documents[f"accounts/{account_id}"]["tracks"]
        rows = (path for batch_id in tracks for path in self._rows[account_id][batch_id])
        return [*jobs, *(int(self._documents[path]["credits"]["estimated"]) for path in rows)]


def _is_given_slot(before: Fields | None, after: Fields) -> bool:
    return bool(after["is_dispatched"]) and not (before and before["is_dispatched"])


def _turn(job: Fields) -> tuple[int, datetime]:
    """By priority, then by age."""
    return -job["priority"], job["created_at"]


def _has_slot(job: Fields) -> bool:
    return bool(job["is_dispatched"]) and job["settled_at"] is None


def _check_step(path: str, before: Fields, after: Fields) -> Iterator[str]:
    first, second = _ORDER[before["status"]], _ORDER[after["status"]]
    if second < first or (first == _FINAL and before["status"] != after["status"]):
        yield f"{path}: was {before['status']}, found {after['status']}"


def _check_attempts(path: str, before: Fields, after: Fields) -> Iterator[str]:
    """A claim takes an attempt, but to ask what became of the last one; a provider that said "slow down"
    gives it back; nothing else counts."""
    more = after["attempts"] - before["attempts"]
    snoozed = after["snoozes"] - before["snoozes"]
    old, new = before["lease"], after["lease"]
    claimed = bool(new) and (not old or old["owner"] != new["owner"]) and before["handle"] is None
    if more != claimed - snoozed:
        yield f"{path}: expected {claimed - snoozed} attempts more, found {more}"


def _check_view(
    path: str, before: Fields | None, after: Fields, *, may_move: bool
) -> Iterator[str]:
    """`may_move`: others than its user may have seen it, so that its addresses end with what they may."""
    if before is None:
        return
    yield from _check_step(path, before, after)
    changed = sorted(name for name in after if before.get(name) != after[name])
    if _ORDER[before["status"]] == _FINAL and changed:
        if may_move and _is_readdressed(before, after):
            return
        yield f"{path}: expected nothing to change after the end, found {changed}"


def _is_readdressed(before: Fields, after: Fields) -> bool:
    """Whether nothing has changed of a picture but where it is read, and when that was."""
    if before["generation_data"] is None or after["generation_data"] is None:
        return False
    where = ("image_urls", "thumbnail_urls", "video_url")
    moved = {
        **before["generation_data"],
        **{name: after["generation_data"][name] for name in where},
    }
    return {**before, "modified": after["modified"], "generation_data": moved} == after
