"""What must hold for what costs us money: a start that may have been billed is counted before the provider
is asked, made twice at the most where the model bills, paid for by whoever cancels what bills on, and counts
in the usage of its day.

Counted here once more, from what workers claimed and from what the provider told them: a claim may have
been billed from its commit on, until its worker has recorded that the provider did nothing for it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from tests.faults.load import BILLING, BILLS_ON
from tests.faults.record import Call, Fields, Record

Contents = Mapping[str, Fields]

BILLED_STARTS_MAX = 2
_SKEW = timedelta(seconds=1)
# A "slow down" to a question says nothing of what was begun.
_FREE_STARTS = {"throttled", "turned away", "rejected"}
_FREE_ENDS = {"rejected"}
_KINDS = ("image", "video")


@dataclass(frozen=True)
class Billing:
    """The starts of each job that may have been billed: how many, from which commit on."""

    record: Record

    @cached_property
    def counts(self) -> Mapping[str, list[tuple[int, int]]]:
        """By job: (the number of a commit, the count after it)."""
        calls = {(call.job_id, call.process): call for call in self.record.calls}
        jobs: dict[str, Fields] = {}
        counts: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, commit in enumerate(self.record.commits):
            for path, job in commit.writes.items():
                if not path.startswith("jobs/") or job is None:
                    continue
                before = jobs.get(path)
                step = _step(before, job, commit.process, calls)
                jobs[path] = job
                count = counts[job["id"]][-1][1] if counts[job["id"]] else 0
                counts[job["id"]].append((number, count + step))
        return counts

    def now(self, job_id: str) -> int:
        """In the end."""
        return self.counts[job_id][-1][1] if job_id in self.counts else 0

    def at(self, job_id: str, number: int) -> int:
        """After that commit, which wrote the job."""
        return dict(self.counts[job_id])[number]

    def has_spent(self, job_id: str, number: int | None = None) -> bool:
        """Whether a start of it may have been billed, in the end or after that commit, or its provider was
        asked for nothing."""
        count = self.now(job_id) if number is None else self.at(job_id, number)
        return count > 0 or job_id in self.asked

    @cached_property
    def asked(self) -> frozenset[str]:
        return frozenset(call.job_id for call in self.record.calls)

    def between(self, job_id: str, first: datetime, last: datetime) -> int:
        """The most that it was in that time."""
        most = 0
        for number, count in self.counts.get(job_id, ()):
            at = self.record.commits[number].at
            if at <= first:
                most = count
            elif at <= last:
                most = max(most, count)
        return most

    def price_of_cancel(self, job: Fields) -> int:
        """What a job that was cancelled has cost: what was held for it, if it bills on. A cancel changes
        nothing of the count, so the last one is that of the cancel."""
        bills_on = job["status"] == "cancelled" and job["model"] in BILLS_ON
        return int(job["price_credits"] * job["count"]) if bills_on and self.now(job["id"]) else 0


def _step(
    before: Fields | None, job: Fields, process: str, calls: Mapping[tuple[str, str], Call]
) -> int:
    held, lease = before and before["lease"], job["lease"]
    if lease and (not held or held["owner"] != lease["owner"]):
        assert before is not None
        return 0 if before["handle"] else 1
    call = calls.get((job["id"], process))
    if before is None or call is None or lease:
        return 0
    if call.asks is not None:
        has_ended = before["handle"] == call.asks and job["handle"] is None
        return -1 if has_ended and call.outcome in _FREE_ENDS else 0
    is_own = held is not None and held["owner"] == call.owner
    return -1 if is_own and call.outcome in _FREE_STARTS else 0


def check_billing(contents: Contents, jobs: Mapping[str, Fields], record: Record) -> Iterator[str]:
    billing = Billing(record)
    for job_id, job in jobs.items():
        yield from _check_count(job_id, job, billing)
        yield from _check_accepted(job_id, job, billing)
        yield from _check_letter(job_id, job, contents, billing)
    yield from _check_starts(jobs, record)
    yield from _check_answers(jobs, billing)
    yield from _check_usage(contents, jobs, billing)


def _check_count(job_id: str, job: Fields, billing: Billing) -> Iterator[str]:
    expected, found = billing.now(job_id), job["may_have_billed"]
    if found != expected:
        yield f"jobs/{job_id}: expected {expected} starts that may have been billed, found {found}"
    if job["model"] in BILLING and expected > BILLED_STARTS_MAX:
        yield (
            f"jobs/{job_id}: expected at most {BILLED_STARTS_MAX} starts that may have been billed, "
            f"found {expected}"
        )


def _check_starts(jobs: Mapping[str, Fields], record: Record) -> Iterator[str]:
    """The same, by what the provider was asked for."""
    begun: dict[str, int] = defaultdict(int)
    for call in record.calls:
        if call.asks is None and call.outcome not in _FREE_STARTS:
            begun[call.job_id] += 1
    for job_id, number in begun.items():
        job = jobs.get(job_id)
        if job is not None and job["model"] in BILLING and number > BILLED_STARTS_MAX:
            yield (
                f"jobs/{job_id}: expected to be begun {BILLED_STARTS_MAX} times at the most, "
                f"found {number} calls"
            )


# ---- cancelled at its price ----------------------------------------------------------------------


def _check_accepted(job_id: str, job: Fields, billing: Billing) -> Iterator[str]:
    is_charged = job["status"] == "cancelled" and job["charged_credits"] > 0
    if is_charged and job_id not in billing.record.accepted:
        yield f"jobs/{job_id}: was charged for its cancel, found that nobody had accepted that"


def _check_answers(jobs: Mapping[str, Fields], billing: Billing) -> Iterator[str]:
    """Of a job whose account was deleted meanwhile the answer was right, and is no more."""
    for told in billing.record.cancel_prices:
        job = jobs.get(told.job_id)
        if job is None:
            continue
        name, held = f"jobs/{told.job_id}", job["price_credits"] * job["count"]
        if told.credits != held or job["model"] not in BILLS_ON:
            yield f"{name}: expected a cancel at {held} or for nothing, found {told.credits} named"
        if not billing.between(told.job_id, told.sent_at - _SKEW, told.at + _SKEW):
            yield f"{name}: expected to be cancelled for nothing, found {told.credits} named"
    for job_id, charged in billing.record.charged:
        found = jobs[job_id]["charged_credits"] if job_id in jobs else charged
        if charged != found:
            yield f"jobs/{job_id}: expected to be charged {charged} as was answered, found {found}"


def _check_letter(job_id: str, job: Fields, contents: Contents, billing: Billing) -> Iterator[str]:
    """Who reads the letter is told what it may have cost."""
    letter, count = contents.get(f"dead_letters/{job_id}"), billing.now(job_id)
    if not letter:
        return
    if letter["may_have_billed"] != count:
        yield f"dead_letters/{job_id}: expected {count} billed, found {letter['may_have_billed']}"
    is_given_up = job["model"] in BILLING and count >= BILLED_STARTS_MAX
    says_so = "may have been billed" in letter["error_message"]
    if says_so != (is_given_up and letter["error_code"] != "expired"):
        yield f"dead_letters/{job_id}: has {count} billed, found the message {letter['error_message']}"


# ---- the usage of a day --------------------------------------------------------------------------


def _check_usage(contents: Contents, jobs: Mapping[str, Fields], billing: Billing) -> Iterator[str]:
    accepted_on = _accepted_on(billing.record)
    dropped = _dropped_rows(billing.record, accepted_on)
    jobs = {job_id: _as_counted(job) for job_id, job in jobs.items()} | dropped
    for path, fields in contents.items():
        collection, owner, *rest = path.split("/")
        if collection == "accounts" and not rest:
            own = [job for job in jobs.values() if job["account_id"] == owner]
        elif collection == "teams" and len(rest) == 2 and rest[0] == "members":
            own = [
                job
                for job in jobs.values()
                if (job.get("team_id"), job.get("counted_by") or job["user_id"]) == (owner, rest[1])
            ]
        else:
            continue
        usage = fields["usage"]
        if any(_is_at_midnight(job, accepted_on) for job in own):
            continue  # by the clock of one process it was the one day, and by another's the other
        is_member = collection == "teams"
        counted = [job for job in own if _counts_in(job, usage["day"], billing, is_member)]
        images, videos = (
            sum(job["count"] for job in counted if job["kind"] == kind) for kind in _KINDS
        )
        credits_ = sum(job["count"] * job["price_credits"] for job in counted)
        if (usage["images"], usage["videos"], usage["credits"]) != (images, videos, credits_):
            yield (
                f"{path}: expected {images} images and {videos} videos for {credits_} credits to be "
                f"used on {usage['day']}, found {usage}"
            )


def _counts_in(job: Fields, day: str, billing: Billing, is_member: bool) -> bool:
    """Given back is only what never began, on the day on which it was asked for; to a member of a team only
    what no provider was asked for."""
    job_id = job["id"]
    was_begun = job["status"] == "completed" or billing.now(job_id) > 0
    was_begun |= is_member and billing.has_spent(job_id)
    settled_at = job.get("settled_at")
    is_given_back = not was_begun and settled_at is not None and _day(settled_at) == day
    return _day(job["created_at"]) == day and not is_given_back


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()


def _accepted_on(record: Record) -> dict[str, str]:
    """The day of the commit that made each job: its process may have stood still over midnight since it
    looked at its clock."""
    days: dict[str, str] = {}
    for commit in record.commits:
        for path in commit.writes:
            if path.startswith("jobs/"):
                days.setdefault(path.removeprefix("jobs/"), _day(commit.at))
    return days


def _as_counted(job: Fields) -> Fields:
    """A row's job counts on the day on which the row was accepted."""
    return {**job, "created_at": job["counted_at"]} if job.get("counted_at") else job


def _dropped_rows(record: Record, accepted_on: dict[str, str]) -> dict[str, Fields]:
    """Rows that were given up before they had a job, each as a job that never began. Notes on which days rows
    were accepted."""
    waiting: dict[str, tuple[str, Fields]] = {}
    dropped: dict[str, Fields] = {}
    for number, commit in enumerate(record.commits):
        for path, row in commit.writes.items():
            if path.startswith("jobs/") and row and row["batch_id"]:
                of_row = f"batches/{row['batch_id']}/rows/{row['row']}"
                if of_row in waiting and of_row in commit.writes:
                    accepted_on[row["id"]] = waiting[of_row][0]
        for path, row in commit.writes.items():
            if "/rows/" not in path or row is None:
                continue
            day, before = waiting.pop(path, ("", None))
            if before is not None and (row["is_waiting"] or row["status"] == "cancelled"):
                name = f"{path} {number}"
                accepted_on[name] = day
                dropped[name] = _never_begun(name, before, commit.at)
            if row["is_waiting"]:
                waiting[path] = _day(commit.at), row
    return dropped


def _never_begun(name: str, row: Fields, at: datetime) -> Fields:
    wish, owner = row["wish"], {key: row[key] for key in ("account_id", "team_id", "user_id")}
    counted = {key: wish.get(key) for key in ("count", "price_credits", "counted_by")}
    moments = {"created_at": wish["counted_at"], "settled_at": at}
    kind = {"kind": row["kind"]}
    return {**owner, **counted, **moments, **kind, "id": name, "status": "cancelled"}


def _is_at_midnight(job: Fields, accepted_on: Mapping[str, str]) -> bool:
    if accepted_on.get(job["id"]) != _day(job["created_at"]):
        return True
    moments = [moment for moment in (job["created_at"], job.get("settled_at")) if moment]
    return any(_day(moment - _SKEW) != _day(moment + _SKEW) for moment in moments)
