"""Whether every promise was kept, judged from plain documents and from the record of what was done.

Imports nothing of the product: its arithmetic is done here once more, in its own words. A finding is a
sentence that names the document, what was expected and what was found.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Any

from tests.faults.batched import check_batches
from tests.faults.billing import Billing, check_billing
from tests.faults.debts import check_debts, check_payments, kept, moved
from tests.faults.deletions import (
    as_they_were,
    check_deleted,
    check_gone,
    gone_batches,
    gone_jobs,
)
from tests.faults.deliveries import check_deliveries
from tests.faults.directed import check_directions
from tests.faults.drawers import check_blocks, check_memberships
from tests.faults.given import check_given, given_by_itself
from tests.faults.history import check_history
from tests.faults.hours import check_hours
from tests.faults.operations import check_operations, is_held_up, is_unfinished
from tests.faults.record import Answer, Call, Fields, Record
from tests.faults.witness import check_addresses
from tests.support.promises import assert_promises

Contents = Mapping[str, Fields]

FINAL = {"completed", "failed", "cancelled"}
ATTEMPTS_MAX = 5
_SKEW = timedelta(seconds=1)
# The trigger takes seconds, the sweep a minute or two; with both in trouble, it may be minutes.
_SETTLED_WITHIN = timedelta(minutes=15)
# What a job needs at most from its slot to its end, where it is tried several times.
_LITTLE = timedelta(minutes=15)


def judge(contents: Contents, files: Set[str], record: Record) -> list[str]:
    """Nothing where every promise was kept."""
    stored, gone, deleted = _of(contents, "jobs"), gone_jobs(record), as_they_were(record)
    jobs = {**stored, **deleted}
    present = {job_id: job for job_id, job in jobs.items() if job_id not in gone}
    shown = {job_id: job for job_id, job in present.items() if job_id not in deleted}
    return [
        *_check_at_rest(contents, stored),
        *_check_answers(jobs, record),
        *_check_repeats(jobs),
        *_check_money(contents, present, record),
        *_check_files(shown, files),
        *check_billing(contents, present, record),
        *_check_gifts(contents, record),
        *check_payments(contents, record),
        *check_debts(record),
        *check_given(contents, record),
        *_check_failures(contents, shown),
        *check_deleted(contents, deleted, files),
        *_check_cancels(jobs, record),
        *_check_expired(present, record),
        *_check_calls(jobs, record),
        *_check_slots_of_calls(record, gone),
        *check_operations(jobs, record),
        *check_deliveries(present, record, deleted.keys()),
        *check_directions(contents, record),
        *check_batches(contents, record),
        *check_memberships(contents, record),
        *check_blocks(record),
        *check_addresses(contents, record),
        *_check_stored(contents, record),
        *check_hours(present, record),
        *check_history(record),
        *_check_promises(contents, files, gone, gone_batches(record)),
        *check_gone(contents, jobs, files, gone),
        *record.surprises,
        *(f"{errand}: was never answered" for errand in record.unanswered),
    ]


def _of(contents: Contents, collection: str) -> dict[str, Fields]:
    """The documents of a collection, by id."""
    prefix = f"{collection}/"
    return {
        path.removeprefix(prefix): fields
        for path, fields in contents.items()
        if path.startswith(prefix) and "/" not in path.removeprefix(prefix)
    }


# ---- everything has ended -------------------------------------------------------------------------


def _check_at_rest(contents: Contents, jobs: Mapping[str, Fields]) -> Iterator[str]:
    for job_id, job in jobs.items():
        if job["status"] not in FINAL:
            yield f"jobs/{job_id}: expected to be final, found {job['status']}"
        if job.get("settled_at") is None:
            yield f"jobs/{job_id}: expected to be settled, found that it is not"
        elif job["settled_at"] - job["completed_at"] > _SETTLED_WITHIN:
            took = job["settled_at"] - job["completed_at"]
            yield f"jobs/{job_id}: expected to be settled within {_SETTLED_WITHIN}, found {took}"
        for name in ("waiting_for", "lease", "due_at", "clean_at", "not_before"):
            if job.get(name) is not None:
                yield f"jobs/{job_id}: expected no {name}, found {job[name]}"
    for account_id, account in _of(contents, "accounts").items():
        for name in ("active", "held", "due_at", "tracks"):
            if account.get(name):
                yield f"accounts/{account_id}: expected no {name}, found {account[name]}"


# ---- answers -------------------------------------------------------------------------------------


def _check_answers(jobs: Mapping[str, Fields], record: Record) -> Iterator[str]:
    created_at = _created_at(record)
    accepted: dict[tuple[str, str], str] = _named_jobs(jobs)
    for answer in record.answers:
        if answer.job_id is not None:
            yield from _check_accepted(answer, jobs, accepted)
        elif answer.request_id is not None:
            job_id = accepted.get((answer.uid, answer.request_id))
            if job_id is not None and created_at[job_id] < answer.sent_at:
                yield (
                    f"jobs/{job_id}: expected to be the answer to {answer.request_id}, sent again, "
                    f"found that it was refused: {answer.refused}"
                )


def _created_at(record: Record) -> dict[str, datetime]:
    created_at: dict[str, datetime] = {}
    for commit in record.commits:
        for path in commit.writes:
            if path.startswith("jobs/"):
                created_at.setdefault(path.removeprefix("jobs/"), commit.at)
    return created_at


def _named_jobs(jobs: Mapping[str, Fields]) -> dict[tuple[str, str], str]:
    """The job of each name that its sender gave it."""
    return {(job["user_id"], name): job_id for job_id, job in jobs.items() if (name := _name(job))}


def _name(job: Fields) -> str | None:
    if job.get("retry_of") is not None:
        return f"retry of {job['retry_of']}"
    name: str | None = job["request_data"].get("requestId")
    return name


def _check_accepted(
    answer: Answer, jobs: Mapping[str, Fields], accepted: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    job = jobs.get(answer.job_id or "")
    if job is None:
        yield f"jobs/{answer.job_id}: was acknowledged, found no such job"
    elif (job["user_id"], job["account_id"]) != (answer.uid, answer.account_id):
        yield f"jobs/{answer.job_id}: expected to be of {answer.account_id}, found {job['account_id']}"
    if answer.request_id is not None and accepted.get((answer.uid, answer.request_id)) != (
        answer.job_id
    ):
        known = accepted.get((answer.uid, answer.request_id))
        yield f"jobs/{known}: expected to be the answer to {answer.request_id}, found {answer.job_id}"


def _check_repeats(jobs: Mapping[str, Fields]) -> Iterator[str]:
    named = defaultdict(list)
    for job_id, job in jobs.items():
        if name := _name(job):
            named[job["user_id"], name].append(job_id)
    for (uid, name), ids in named.items():
        if len(ids) > 1:
            yield f"jobs/{ids[0]}: expected one job of {uid} for {name}, found {len(ids)}"


# ---- money ---------------------------------------------------------------------------------------


def _check_money(contents: Contents, jobs: Mapping[str, Fields], record: Record) -> Iterator[str]:
    """Entries are counted by what they say, not by how they are called."""
    moved: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for _, entry in _entries(contents):
        if entry.get("job_id") is not None:
            moved[entry["job_id"]][entry["type"]].append(entry["amount"])
    for job_id in sorted(moved.keys() - jobs.keys()):
        yield f"jobs/{job_id}: has entries, found no such job"
    billing = Billing(record)
    for job_id, job in jobs.items():
        yield from _check_job_money(job_id, job, moved[job_id], billing.price_of_cancel(job))


def _entries(contents: Contents) -> Iterator[tuple[str, Fields]]:
    """Every entry with its account's id."""
    for path, fields in contents.items():
        if path.startswith("accounts/") and "/ledger/" in path:
            yield path.split("/")[1], fields


def _check_job_money(
    job_id: str,
    job: Fields,
    moved: Mapping[str, list[int]],
    cancel_credits: int,
) -> Iterator[str]:
    """Captured is what was delivered, or what a cancel costs. A row's job has no hold of its own."""
    price, delivered = job["price_credits"], _delivered(job)
    held, bought = price * job["count"], price * len(delivered) + cancel_credits
    amounts_of = {
        "hold": 0 if job.get("batch_id") else held,
        "capture": bought,
        "release": held - bought,
    }
    expected = {kind: [amount] if amount else [] for kind, amount in amounts_of.items()}
    for kind, amounts in expected.items():
        found = moved.get(kind, [])
        if found != amounts:
            yield f"jobs/{job_id}: expected {kind} {amounts}, found {found}"
    if job.get("charged_credits", 0) != sum(expected["capture"]):
        yield f"jobs/{job_id}: expected to be charged {expected['capture']}, found {job}"


def _check_files(jobs: Mapping[str, Fields], files: Set[str]) -> Iterator[str]:
    for job_id, job in jobs.items():
        for path in _delivered(job):
            if path not in files:
                yield f"jobs/{job_id}: expected the file {path}, found none"


def _delivered(job: Fields) -> Sequence[str]:
    if job["status"] != "completed":
        return ()
    paths: Sequence[str] = job["output"]["storage_paths"]
    return paths


def _check_gifts(contents: Contents, record: Record) -> Iterator[str]:
    """What an account was given: its welcome, each month's, and each gift and purchase, once; of a payment
    that went back, what is left of it. The first two are looked at more closely in `given`."""
    granted: dict[str, int] = defaultdict(int)
    for account_id, entry in _entries(contents):
        if entry["type"] in ("grant", "adjust"):
            granted[account_id] += moved(entry)
    given: dict[str, int] = defaultdict(int)
    for (account_id, _), amount in record.grants.items():
        given[account_id] += amount
    for payment in record.payments.values():
        given[payment.account_id] += kept(payment)
    by_itself = given_by_itself(contents)
    for account_id in _of(contents, "accounts"):
        expected = given[account_id] + by_itself.get(account_id, 0)
        if granted[account_id] != expected:
            yield (
                f"accounts/{account_id}: expected to be granted {expected} credits, "
                f"found {granted[account_id]}"
            )


# ---- how jobs ended ------------------------------------------------------------------------------


def _check_failures(contents: Contents, jobs: Mapping[str, Fields]) -> Iterator[str]:
    for job_id, job in jobs.items():
        path = f"generations/{job['user_id']}/{job['kind']}s/{job_id}"
        view = contents.get(path)
        if view is None or view["status"] != job["status"]:
            yield f"{path}: expected to be {job['status']}, found {view and view['status']}"
        elif (view.get("error") is not None) != (job["status"] == "failed"):
            yield f"{path}: is {job['status']}, found the error {view.get('error')}"
        gave_up = job["status"] == "failed" and job["error"]["retryable"]
        if gave_up != (f"dead_letters/{job_id}" in contents):
            expected = "a" if gave_up else "no"
            yield f"dead_letters/{job_id}: expected {expected} letter, found otherwise"


def _check_cancels(jobs: Mapping[str, Fields], record: Record) -> Iterator[str]:
    statuses = {job_id: job["status"] for job_id, job in jobs.items()}
    for job_id in record.cancelled:
        if statuses.get(job_id) != "cancelled":
            yield f"jobs/{job_id}: expected to be cancelled, found {statuses.get(job_id)}"
    for job_id in record.refused_cancels:
        if statuses.get(job_id) not in ("completed", "failed"):
            yield f"jobs/{job_id}: its cancel was refused, found {statuses.get(job_id)}"


def _check_expired(jobs: Mapping[str, Fields], record: Record) -> Iterator[str]:
    """No job runs out of time but one whose every task was lost, whose operation went on for too long, or
    that got its slot too late, or never: such a one kept it, or work of a higher priority did."""
    for job_id, job in jobs.items():
        error = job.get("error")
        if not error or error["code"] != "expired" or job_id in record.lost_queues:
            continue
        moment = job["completed_at"]
        own = any(
            operation.job_id == job_id and is_unfinished(operation, moment)
            for operation in record.operations.values()
        )
        if not own and not _waited_too_long(job, jobs, record):
            yield f"jobs/{job_id}: expected to be run in time, found that it expired"


def _waited_too_long(job: Fields, jobs: Mapping[str, Fields], record: Record) -> bool:
    """Whether little was left of the job's time when it got its slot, and its account had a reason: a slot
    was kept, or a higher priority, for which all lower ones wait, was served until then."""
    until = (job["is_dispatched"] and job.get("slot_at")) or job["completed_at"]
    if job["expires_at"] - until > _LITTLE:
        return False
    is_outranked = any(
        other["account_id"] == job["account_id"]
        and other["priority"] > job["priority"]
        and (slot_at := other.get("slot_at")) is not None
        and until - _LITTLE <= slot_at <= until
        for other in jobs.values()
    )
    return is_outranked or is_held_up(job["account_id"], until, record)


# ---- calls of the provider -----------------------------------------------------------------------


def _check_calls(jobs: Mapping[str, Fields], record: Record) -> Iterator[str]:
    claims, leases = _claims(record)
    of_job: dict[str, list[Call]] = defaultdict(list)
    for call in record.calls:
        of_job[call.job_id].append(call)
    for job_id, calls in of_job.items():
        yield from _check_attempts(job_id, calls, claims)
        yield from _check_alone(job_id, calls, leases)
    yield from _check_deliveries(jobs, record)


def _check_deliveries(jobs: Mapping[str, Fields], record: Record) -> Iterator[str]:
    """A completed job has all that the call delivered whose worker completed it."""
    offered = {(call.job_id, call.process): call.offered for call in record.calls}
    completed_by = {
        path.removeprefix("jobs/"): commit.process
        for commit in reversed(record.commits)
        for path, fields in commit.writes.items()
        if path.startswith("jobs/") and fields and fields["status"] == "completed"
    }
    for job_id, job in jobs.items():
        if job["status"] == "completed":
            expected = offered.get((job_id, completed_by.get(job_id, "")))
            if len(_delivered(job)) != expected:
                yield f"jobs/{job_id}: expected {expected} assets, found {job['output']}"


_Worker = tuple[str, str]  # a job and who works on it


def _claims(record: Record) -> tuple[dict[_Worker, int], dict[_Worker, tuple[datetime, datetime]]]:
    """The attempt that each has claimed, the last one where the answer to its claim was lost and it claimed
    anew; and from when to when their lease was, as they last wrote it."""
    claims: dict[_Worker, int] = {}
    leases: dict[_Worker, tuple[datetime, datetime]] = {}
    for commit in record.commits:
        for path, fields in commit.writes.items():
            if path.startswith("jobs/") and fields and fields["lease"]:
                key = (path.removeprefix("jobs/"), fields["lease"]["owner"])
                claims[key] = fields["attempts"]
                since, _ = leases.get(key, (commit.at, commit.at))
                leases[key] = since, fields["lease"]["until"]
    return claims, leases


def _check_attempts(
    job_id: str, calls: Sequence[Call], claims: Mapping[_Worker, int]
) -> Iterator[str]:
    """A claim is good for one call; a question needs none. Its number is another's, too, only where the
    provider had said "slow down": that call cost nothing, and gave its attempt back."""
    owners = [call.owner for call in calls]
    for call in calls:
        has_claimed = claims.get((job_id, call.owner)) == call.attempt
        if call.asks is None and not has_claimed:
            yield f"jobs/{job_id}: expected a claim of attempt {call.attempt} by {call.owner}, found none"
        if owners.count(call.owner) > 1:
            yield f"jobs/{job_id}: expected one call by {call.owner}, found {owners}"
    paid = [call.attempt for call in calls if call.costs_money]
    if len(paid) > ATTEMPTS_MAX:
        yield f"jobs/{job_id}: expected at most {ATTEMPTS_MAX} paid calls, found {len(paid)}"
    if len(set(paid)) != len(paid) or not set(paid) <= set(range(1, ATTEMPTS_MAX + 1)):
        yield f"jobs/{job_id}: expected one paid call for each attempt, found attempts {paid}"


def _check_alone(
    job_id: str, calls: Sequence[Call], leases: Mapping[_Worker, tuple[datetime, datetime]]
) -> Iterator[str]:
    """Two workers who both lived and both believed in their lease never worked at the same time: from the
    call of one who began something; of one who asked, from when it took a lease to fetch the answer."""
    work = []
    for call in calls:
        if (job_id, call.owner) in leases:
            since, until = leases[job_id, call.owner]
            work.append((max(since, call.started_at), min(_end(call), until), until, call.owner))
    work.sort()
    for number, (_, until, _, owner) in enumerate(work):
        for since, _, other_until, other in work[number + 1 :]:
            if since < min(until, other_until) - _SKEW:
                yield (
                    f"jobs/{job_id}: expected one worker at a time, found {other} at "
                    f"{since} beside {owner}, whose lease held until {until}"
                )


def _end(call: Call) -> datetime:
    assert call.ended_at is not None
    return call.ended_at


def _check_slots_of_calls(record: Record, gone: Set[str]) -> Iterator[str]:
    """How many different unsettled jobs of an account are with the provider at once. Those of one that was
    deleted are in nobody's slots."""
    settled_at = _settled_at(record)
    steps: dict[str, list[tuple[datetime, int, str]]] = defaultdict(list)
    for call in record.calls:
        end = min(_end(call), settled_at.get(call.job_id, _end(call)))
        if end > call.started_at and call.job_id not in gone:
            steps[call.account_id].append((call.started_at, 1, call.job_id))
            steps[call.account_id].append((end, -1, call.job_id))
    for account_id, moments in steps.items():
        slots, most = _slots_at_most(account_id, record), _most_at_once(moments)
        if most > slots:
            yield (
                f"accounts/{account_id}: expected at most {slots} jobs with the provider at once, "
                f"found {most}"
            )


def _slots_at_most(account_id: str, record: Record) -> int:
    """What the best tier allows that the account ever had."""
    path = f"accounts/{account_id}"
    accounts = [account for commit in record.commits if (account := commit.writes.get(path))]
    return max(record.slots[account["tier"]] for account in accounts)


def _settled_at(record: Record) -> dict[str, datetime]:
    """By the first commit that says so: what still ran at the provider may be stopped after it."""
    return {
        path.removeprefix("jobs/"): commit.at
        for commit in reversed(record.commits)
        for path, fields in commit.writes.items()
        if path.startswith("jobs/") and fields and fields["settled_at"] is not None
    }


def _most_at_once(moments: list[tuple[datetime, int, str]]) -> int:
    running: dict[str, int] = defaultdict(int)
    most = 0
    for _, step, job_id in sorted(moments):
        running[job_id] += step
        if not running[job_id]:
            del running[job_id]
        most = max(most, len(running))
    return most


# ---- the database, and the promises as they are checked elsewhere ---------------------------------


def _check_stored(contents: Contents, record: Record) -> Iterator[str]:
    """What was committed last is what is there: no write was lost, and none came from elsewhere."""
    for path in sorted(contents.keys() ^ record.last.keys()):
        where = "stored, but by no commit" if path in contents else "committed, but not stored"
        yield f"{path}: found that it is {where}"
    for path in sorted(contents.keys() & record.last.keys()):
        for name, value in record.last[path].items():
            if contents[path].get(name) != value:
                yield f"{path}: expected {name} to be {value}, found {contents[path].get(name)}"


def _check_promises(
    contents: Contents, files: Set[str], gone: Set[str], gone_batches: Set[str]
) -> Iterator[str]:
    """Of jobs and batches whose account was deleted, none of these is promised."""
    exists: Callable[[str], Any] = files.__contains__
    without = {f"jobs/{job_id}" for job_id in gone} | {f"batches/{each}" for each in gone_batches}
    kept = {path: f for path, f in contents.items() if path not in without}
    try:
        assert_promises(kept, exists)
    except (AssertionError, KeyError) as error:
        yield f"promises: {error!r}"
