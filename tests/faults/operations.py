"""What must hold for long operations: what was begun at the provider is asked about, and paid for, by the
job it was begun for; and where nobody waits for it any more, the provider is told to stop.

What cannot be promised is excused, and counted: an operation whose worker was cut off before it had
recorded the handle, a provider that would not hear until its time was up.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.faults.record import Call, Commit, Fields, Operation, Record

_FINAL = {"completed", "failed", "cancelled"}
_ATTEMPTS_MAX = 5
_SKEW = timedelta(seconds=1)
_DELIVERING = {"delivers", "delivers a part"}

# What a provider has finished is asked about every five minutes, if its tasks arrive.
_ASKED_WITHIN = timedelta(minutes=15)

States = Sequence[tuple[Commit, Fields]]


def check_operations(jobs: Mapping[str, Fields], record: Record) -> Iterator[str]:
    states = _states(record)
    yield from _check_submits(record)
    yield from _check_questions(states, record)
    yield from _check_completed(jobs, states, record)
    yield from _check_kept_handles(jobs, record)
    for operation in record.operations.values():
        yield from _check_stops(operation, states[operation.job_id])
        flaw = _flaw(operation, states[operation.job_id], record)
        if flaw is not None and flaw.excuse is None:
            yield f"jobs/{operation.job_id}: {flaw.finding}"


def excused_operations(record: Record) -> Counter[str]:
    """How many operations were left to themselves, by what the harness did to them."""
    states = _states(record)
    flaws = [_flaw(each, states[each.job_id], record) for each in record.operations.values()]
    return Counter(flaw.excuse for flaw in flaws if flaw is not None and flaw.excuse)


def _states(record: Record) -> dict[str, list[tuple[Commit, Fields]]]:
    """Each job as it was after each of its commits."""
    states: dict[str, list[tuple[Commit, Fields]]] = defaultdict(list)
    for commit in record.commits:
        for path, fields in commit.writes.items():
            if path.startswith("jobs/") and fields is not None:
                states[path.removeprefix("jobs/")].append((commit, fields))
    return states


def _at(states: States, moment: datetime) -> Fields:
    """The job as it was at a moment at which it existed."""
    return [fields for commit, fields in states if commit.at <= moment][-1]


# ---- begun once ------------------------------------------------------------------------------------


def _check_submits(record: Record) -> Iterator[str]:
    attempts: dict[str, list[int]] = defaultdict(list)
    begun_by = Counter(operation.process for operation in record.operations.values())
    for operation in record.operations.values():
        attempts[operation.job_id].append(operation.attempt)
    for job_id, numbers in attempts.items():
        if len(set(numbers)) < len(numbers):
            yield f"jobs/{job_id}: expected one submit for each attempt, found attempts {numbers}"
        if len(numbers) > _ATTEMPTS_MAX:
            yield f"jobs/{job_id}: expected at most {_ATTEMPTS_MAX} submits, found {len(numbers)}"
    for process, number in begun_by.items():
        if number > 1:
            yield f"{process}: expected to submit once, found {number} operations"


# ---- asked about -----------------------------------------------------------------------------------


def _check_questions(states: Mapping[str, States], record: Record) -> Iterator[str]:
    for call in record.calls:
        if call.asks is not None:
            yield from _check_question(call, states[call.job_id], record)


def _check_question(call: Call, states: States, record: Record) -> Iterator[str]:
    """A worker asks for what its job has begun. What it hears is recorded only where nobody has changed the
    job meanwhile: somebody else may have heard it before, or have ended the job."""
    name = f"jobs/{call.job_id}"
    operation = record.operations.get(call.asks or "")
    if operation is None or operation.job_id != call.job_id:
        yield f"{name}: expected a question about what was begun for it, found {call.asks}"
    elif operation.attempt != call.attempt:
        yield f"{name}: expected a question about attempt {call.attempt}, found {call.asks}"
    before = [fields["handle"] for commit, fields in states if commit.at <= call.started_at]
    if call.asks not in before:
        yield f"{name}: expected a question about one of {before}, found one about {call.asks}"
    since = [commit.process for commit, _ in states if commit.at > call.started_at]
    if call.process in since[1:] and call.process != since[0]:
        yield f"{name}: expected {call.process} to be too late behind {since[0]}, found its answer"


# ---- finished --------------------------------------------------------------------------------------


def _check_completed(
    jobs: Mapping[str, Fields], states: Mapping[str, States], record: Record
) -> Iterator[str]:
    """A job that began operations is completed by what its last one delivered, to whoever asked."""
    asked = {(call.job_id, call.process): call.asks for call in record.calls}
    for job_id in sorted({operation.job_id for operation in record.operations.values()}):
        job = jobs.get(job_id)
        if job is None or job["status"] != "completed":
            continue
        process = next(c.process for c, f in states[job_id] if f["status"] == "completed")
        asks = asked.get((job_id, process))
        operation = record.operations.get(asks or "")
        if operation is None or not _has_delivered(operation, job_id, job):
            yield f"jobs/{job_id}: expected {process} to have its operation's end, found {asks}"


def _has_delivered(operation: Operation, job_id: str, job: Fields) -> bool:
    return (
        (operation.job_id, operation.attempt) == (job_id, job["attempts"])
        and operation.end in _DELIVERING
        and operation.over_at is not None
    )


# ---- stopped ---------------------------------------------------------------------------------------


def _check_kept_handles(jobs: Mapping[str, Fields], record: Record) -> Iterator[str]:
    """A handle names something that was begun for its job; and no completed job has one."""
    for job_id, job in jobs.items():
        if job.get("handle") is None:
            continue
        operation = record.operations.get(job["handle"])
        if operation is None or operation.job_id != job_id or job["status"] == "completed":
            yield f"jobs/{job_id}: expected no handle, found {job['handle']}"


def _check_stops(operation: Operation, states: States) -> Iterator[str]:
    """Nothing is stopped that its job waits for, and has the time to."""
    for told in operation.told:
        job = _at(states, told.at)
        waits = job["status"] not in _FINAL and job["handle"] == operation.handle
        if waits and told.at < job["handle_ends_at"] - _SKEW:
            yield (
                f"jobs/{operation.job_id}: expected {operation.handle} to be left running, found "
                f"that {told.process} stopped it at {told.at}"
            )


@dataclass(frozen=True)
class _Flaw:
    """An operation that was left to itself. `excuse` is why it could not be otherwise, if that is known."""

    finding: str
    excuse: str | None


def _flaw(operation: Operation, states: States, record: Record) -> _Flaw | None:
    if not any(fields["handle"] == operation.handle for _, fields in states):
        return _flaw_of_unrecorded(operation, record)
    final = next(((c, f) for c, f in states if f["status"] in _FINAL), None)
    if final is not None and final[1]["handle"] == operation.handle:
        return _flaw_of_left(operation, states)
    return _flaw_of_given_up(operation)


def _flaw_of_unrecorded(operation: Operation, record: Record) -> _Flaw | None:
    """Nobody will ever ask for it. Who began it knows, and stops it, unless it was cut off."""
    if operation.stopped_at is not None:
        return None
    excuse = "stop not heard" if operation.told else None
    if operation.process in record.cut_off:
        excuse = "record lost"
    finding = f"expected {operation.handle} to be recorded or stopped, found neither"
    return _Flaw(finding, excuse)


def _flaw_of_given_up(operation: Operation) -> _Flaw | None:
    """Its job went on without it: it had ended, or was told to."""
    if operation.over_at is not None or operation.stopped_at is not None:
        return None
    excuse = "stop not heard" if operation.told else None
    return _Flaw(
        f"expected {operation.handle} to end before it is given up, found it running", excuse
    )


def _flaw_of_left(operation: Operation, states: States) -> _Flaw | None:
    """Its job ended without it. It is told to stop until it has heard, and only then is the handle taken
    away. Whatever message is lost, the sweep sees to it."""
    _, last = states[-1]
    if last["handle"] is not None:
        return _Flaw(f"expected no handle of what is over, found {operation.handle}", None)
    if operation.stopped_at is not None:
        return None
    finding = f"expected {operation.handle} to be stopped, found it told {operation.told}"
    is_over = bool(operation.told) and operation.told[-1].at >= _time_is_up(last)
    return _Flaw(finding, "stop not heard" if is_over else None)


def _time_is_up(job: Fields) -> datetime:
    ends_at: datetime = job["handle_ends_at"]
    return ends_at - _SKEW


# ---- whom they hold up ---------------------------------------------------------------------------


def is_held_up(account_id: str, moment: datetime, record: Record) -> bool:
    """Whether a slot of the account was kept."""
    return bool(kept_slots(account_id, moment, record))


def kept_slots(account_id: str, moment: datetime, record: Record) -> Set[str]:
    """The jobs of the account that kept a slot then: by an operation that went on, or since their every task
    was lost."""
    long = {
        operation.job_id
        for operation in record.operations.values()
        if operation.account_id == account_id and is_unfinished(operation, moment)
    }
    lost = {job_id for job_id in record.lost_queues if _has_slot(job_id, moment, record)}
    return long | {i for i in lost if record.last[f"jobs/{i}"]["account_id"] == account_id}


def _has_slot(job_id: str, moment: datetime, record: Record) -> bool:
    """Whether it had the slot then that it got last."""
    job = record.last.get(f"jobs/{job_id}")
    if job is None or job["slot_at"] is None or job["slot_at"] > moment:
        return False
    return job["settled_at"] is None or job["settled_at"] >= moment - _ASKED_WITHIN


def is_unfinished(operation: Operation, moment: datetime) -> bool:
    """Whether it was going on then, or had ended too late to be asked about."""
    is_late = operation.ready_at is None or operation.ready_at > moment - _ASKED_WITHIN
    return operation.submitted_at < moment and is_late
