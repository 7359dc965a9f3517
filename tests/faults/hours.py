"""The verdict's part on fuses and lanes: what gets a slot or is asked is counted in its account's hour once,
leaves it where it never began, and is counted again for each further start that may have been billed; nothing
begins behind a fuse that is blown, or beyond a share; what is blown had its cause; and what has a slot runs
in the queue of its lane. Counted here once more, from what was committed. Imports nothing of the product."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from tests.faults.billing import Billing
from tests.faults.record import Commit, Fields, Record

_HOUR = timedelta(hours=1)
_SLICE_S = 300
_SKEW = timedelta(seconds=1)
# How old what a process knows of the project's fuse may be.
_KEPT = timedelta(seconds=10)
# How long the sweep may take from its sum to its commit: it may stand still between the two.
_SUMMED = timedelta(minutes=10)
# Of these the director has said that it did nothing.
_FREE_ASKS = {"throttles"}
# Where the jobs of each lane run: all are the renderer's.
_QUEUES = {
    **{("image", "free"): "runLocalImageFree", ("image", "paid"): "runLocalImage"},
    ("video", "paid"): "runLocalVideo",
}


@dataclass
class _Hour:
    """What an account has begun: by job or ask, when it was counted and how much it is."""

    counted: dict[str, tuple[datetime, int]] = field(default_factory=dict)

    def since(self, moment: datetime) -> int:
        return sum(amount for at, amount in self.counted.values() if at > moment)

    def slices(self) -> Counter[str]:
        slices = Counter[str]()
        for at, amount in self.counted.values():
            slices[str(int(at.timestamp() // _SLICE_S))] += amount
        return slices


def check_hours(jobs: Mapping[str, Fields], record: Record) -> Iterator[str]:
    walk = _Walk(record)
    for number, commit in enumerate(record.commits):
        yield from walk.take(number, commit)
    yield from _check_tasks(record)
    yield from _check_started(jobs, record)
    yield from _check_readings(record)
    yield from _check_causes(record)


@dataclass
class _Walk:
    """Through all commits, with each document as it was before the next."""

    record: Record
    last: dict[str, Fields] = field(default_factory=dict)
    hours: dict[str, _Hour] = field(default_factory=lambda: defaultdict(_Hour))
    holders: dict[str, str] = field(default_factory=dict)

    @cached_property
    def billing(self) -> Billing:
        return Billing(self.record)

    def take(self, number: int, commit: Commit) -> Iterator[str]:
        for path, fields in commit.writes.items():
            if _is_account(path):
                self._reset(path, fields)
        for path, fields in commit.writes.items():
            if path.startswith("jobs/") and fields:
                yield from self._take_job(number, commit, path, fields)
            elif path.startswith("directions/") and fields:
                yield from self._take_direction(commit, path, fields)
        for path, fields in commit.writes.items():
            if _is_account(path) and fields:
                yield from self._check_account(commit, path, fields)
            if fields is None:
                self.last.pop(path, None)
            else:
                self.last[path] = fields

    def _reset(self, path: str, fields: Fields | None) -> None:
        """By an operator, or because the account was deleted."""
        before = self.last.get(path)
        if before and (
            fields is None or fields.get("fuse_reset_at") != before.get("fuse_reset_at")
        ):
            self.hours.pop(path, None)

    def _take_job(self, number: int, commit: Commit, path: str, job: Fields) -> Iterator[str]:
        """What a settle finds is counted. That a start has cost nothing a worker may find out after it, which
        takes nothing off any more."""
        before, account = self.last.get(path), f"accounts/{job['account_id']}"
        if job["is_dispatched"] and not (before and before["is_dispatched"]):
            yield from self._begin(commit, path, account, job["slot_at"], job["estimated_credits"])
            lane = self.record.lanes[self._tier(commit, account)]
            if job.get("lane") != lane:
                yield f"{path}: expected the lane {lane}, found {job['lane']}"
            queue = _QUEUES[job["kind"], lane]
            if job["queue"] != queue:
                yield f"{path}: expected to get a slot in {queue}, found {job['queue']}"
        elif before and before["is_dispatched"] and not job["is_dispatched"]:
            self.hours[account].counted.pop(path, None)  # taken back by a pause
        elif before and before["is_dispatched"] and before["queue"] != job["queue"]:
            yield f"{path}: expected to stay in {before['queue']}, found {job['queue']}"
        is_settled = job.get("settled_at") is not None and not (before and before.get("settled_at"))
        if is_settled and not self.billing.has_spent(job["id"], number):
            self.hours[account].counted.pop(path, None)
        elif is_settled and self._is_open(commit, job, account):
            further = max(0, self.billing.at(job["id"], number) - 1) * job["estimated_credits"]
            self.hours[account].counted[f"{path}:further"] = (job["started_at"], further)

    def _is_open(self, commit: Commit, job: Fields, account: str) -> bool:
        """Whether the hour that the job was last started in is still kept: its account is there, and nobody
        has reset its fuse since."""
        fields = commit.writes.get(account) or self.last.get(account)
        if not fields or fields.get("opened_at") != job.get("account_opened_at"):
            return False
        reset_at, started_at = fields.get("fuse_reset_at"), job.get("started_at")
        return started_at is not None and (reset_at is None or started_at > reset_at)

    def _take_direction(self, commit: Commit, path: str, direction: Fields) -> Iterator[str]:
        before, account = self.last.get(path), f"accounts/{direction['account_id']}"
        name = f"{path}:{direction['asks']}"
        if direction["status"] == "asking":
            if before is None or before["asks"] < direction["asks"]:
                self.holders[name] = commit.process
                price = direction["price_credits"]
                yield from self._begin(commit, name, account, direction["asked_at"], price)
        elif before and before["status"] == "asking" and self._was_free(commit, name):
            self.hours[account].counted.pop(name, None)

    def _was_free(self, commit: Commit, name: str) -> bool:
        """Whether whoever held for it has ended it without having asked, or was told to slow down."""
        if self.holders.get(name) != commit.process:
            return False
        asked = [ask.outcome for ask in self.record.asks if ask.process == commit.process]
        return not asked or asked[-1] in _FREE_ASKS

    def _begin(
        self, commit: Commit, name: str, account: str, at: datetime, amount: int
    ) -> Iterator[str]:
        before = self.last.get(account)
        if before and before.get("fuse_blown_at"):
            yield f"{name}: expected not to begin behind the blown fuse of {account}, found that it did"
        lane = self.record.lanes[self._tier(commit, account)]
        yield from self._check_asked(commit, name, lane, at)
        hour = self.hours[account]
        spent = hour.since(at - _HOUR)
        hour.counted[name] = (at, amount)
        most = min(self.record.hour_limits[self._tier(commit, account)], self.record.share)
        if spent and spent + amount > most:
            yield f"{name}: expected {account} to begin {most} an hour, found {spent + amount}"

    def _check_asked(self, commit: Commit, name: str, lane: str, at: datetime) -> Iterator[str]:
        """Whoever lets something begin has asked whether a fuse stops its lane, and was told: none. A commit
        may take its time, in which others of the process are told something else."""
        readings = self.record.readings.get(commit.process, ())
        told = [r for r in readings if r.lane == lane and r.at <= commit.at]
        told = [r for r in told if r.at >= at - _SKEW] or told[-1:]
        if all(reading.is_blown for reading in told):
            yield f"{name}: expected the fuses of its lane to be asked and whole, found {told}"

    def _tier(self, commit: Commit, account: str) -> str:
        fields = commit.writes.get(account) or self.last[account]
        return str(fields["tier"])

    def _check_account(self, commit: Commit, path: str, account: Fields) -> Iterator[str]:
        """Slice by slice, of those that are in the hour for sure."""
        expected, found = self.hours[path].slices(), account["spend"]["slices"]
        oldest = int((commit.at - _HOUR + _SKEW).timestamp() // _SLICE_S)
        for name in sorted(expected.keys() | found.keys()):
            if int(name) > oldest and expected[name] != found.get(name, 0):
                yield (
                    f"{path}: expected {expected[name]} begun in slice {name} at {commit.at}, "
                    f"found {found.get(name, 0)}"
                )


def _is_account(path: str) -> bool:
    return path.startswith("accounts/") and path.count("/") == 1


# ---- where tasks go ------------------------------------------------------------------------------


def _check_tasks(record: Record) -> Iterator[str]:
    """Into a queue that was committed with their job, and no other."""
    committed: dict[str, set[str]] = defaultdict(set)
    for commit in record.commits:
        for path, fields in commit.writes.items():
            if path.startswith("jobs/") and fields:
                committed[path].add(fields["queue"])
    for job_id, sent in record.sent.items():
        for queue in sorted(sent - committed[f"jobs/{job_id}"]):
            yield f"jobs/{job_id}: expected no task of it in {queue}, found one"


# ---- what counts in the project's hour -----------------------------------------------------------


def _check_started(jobs: Mapping[str, Fields], record: Record) -> Iterator[str]:
    billing = Billing(record)
    for job_id, job in jobs.items():
        expected = billing.now(job_id) * job["estimated_credits"]
        if job["started_credits"] != expected:
            yield f"jobs/{job_id}: expected {expected} credits started, found {job['started_credits']}"


def _check_readings(record: Record) -> Iterator[str]:
    """Who was told that no fuse stops its lane was told what held a moment before."""
    path = "fuses/project"
    states = [
        (commit.at, commit.writes[path]) for commit in record.commits if path in commit.writes
    ]
    for process, readings in record.readings.items():
        for reading in readings:
            held = _held(states, reading.at - _KEPT - _SKEW, reading.at)
            if not reading.is_blown and all(_stops(fuse, reading.lane) for fuse in held):
                yield f"{path}: {process} was told at {reading.at} that it is whole, found blown"


def _held(
    states: Sequence[tuple[datetime, Fields | None]], first: datetime, last: datetime
) -> list[Fields | None]:
    """As it was in that time."""
    before = [fuse for at, fuse in states if at <= first]
    return [before[-1] if before else None, *(fuse for at, fuse in states if first < at <= last)]


def _stops(fuse: Fields | None, lane: str) -> bool:
    if fuse is None:
        return False
    return bool(fuse.get("blown_at") or (fuse["lanes"].get(lane) or {}).get("blown_at"))


def _check_causes(record: Record) -> Iterator[str]:
    """Whatever blew had its cause: what was started in its hour, and a while before, is over its limit."""
    started: dict[str, Fields] = {}
    before: Fields | None = None
    for commit in record.commits:
        for path, fields in commit.writes.items():
            if path.startswith(("jobs/", "directions/")) and fields and fields.get("lane"):
                started[path] = fields
            if path == "fuses/project" and fields:
                for lane in (None, "free"):
                    if _blown_at(fields, lane) and not _blown_at(before, lane):
                        yield from _check_cause(commit, lane, started, record)
                before = fields


def _blown_at(fuse: Fields | None, lane: str | None) -> datetime | None:
    part = fuse if lane is None or fuse is None else fuse["lanes"].get(lane)
    moment: datetime | None = part.get("blown_at") if part else None
    return moment


def _check_cause(
    commit: Commit, lane: str | None, started: Mapping[str, Fields], record: Record
) -> Iterator[str]:
    since = commit.at - _HOUR - _SUMMED
    total = sum(
        fields["started_credits"]
        for fields in started.values()
        if (fields.get("started_at") or fields.get("asked_at") or since) > since
        and lane in (None, fields.get("lane"))
    )
    limit = record.fuse_limits[lane or "project"]
    if total <= limit:
        which = lane or "the project"
        yield f"fuses/project: expected {which} to have started over {limit}, found {total}"
