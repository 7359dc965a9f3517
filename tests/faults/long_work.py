"""The long operations of the simulated provider: which jobs are one, how long each takes, how it ends,
and what can happen to a question about it or to the call that stops it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from tests.faults.chance import Chance
from tests.faults.process import Process
from tests.faults.record import Call, Operation, Told

_LONG = 0.25
_LENGTHS = {(20.0, 120.0): 0.55, (120.0, 600.0): 0.35, (600.0, 1800.0): 0.10}
_ENDS = {
    "delivers": 0.80,
    "delivers a part": 0.04,
    "delivers nothing": 0.03,
    "is lost": 0.06,
    "is rejected": 0.03,
    "never comes": 0.04,
}
_QUESTIONS = {
    "is answered": 0.87,
    "throttles": 0.03,
    "fails": 0.04,
    "breaks": 0.01,
    "loses its worker": 0.03,
    "stalls": 0.02,
}
_STOPS = {
    "is heard": 0.52,
    "fails": 0.16,
    "breaks": 0.16,
    "loses its worker": 0.16,
}
# It is asked soon at first, and then more seldom.
_SOON_S, _LATER_S = (10.0, 60.0), (60.0, 300.0)
_SOON = 4
_REACHED_MAX = 0.95


def is_long(chance: Chance, job_id: str) -> bool:
    """In every attempt the same."""
    return chance.happens(_LONG, "long", job_id)


def submit(process: Process, call: Call) -> Operation:
    """Whatever becomes of the answer, the provider works on it from now on."""
    record, chance, now = process.stage.record, process.stage.chance, _now(process)
    handle = f"{call.job_id}/{call.attempt}/{len(record.operations) + 1}"
    length_s = chance.between(*chance.weighted(_LENGTHS, "length", handle), "length", handle)
    end = chance.weighted(_ENDS, "end", handle)
    operation = Operation(
        handle=handle,
        job_id=call.job_id,
        account_id=call.account_id,
        attempt=call.attempt,
        process=process.name,
        submitted_at=now,
        ready_at=None if end == "never comes" else now + timedelta(seconds=length_s),
        end=end,
    )
    record.operations[handle] = operation
    if end != "delivers":
        process.note(f"operation {end}", handle)
    return operation


def fate_of_question(process: Process, operation: Operation) -> str:
    operation.asked += 1
    return _fate(process, "question", _QUESTIONS, operation.handle, operation.asked)


def fate_of_stop(process: Process, operation: Operation) -> str:
    """Only the first has any trouble."""
    first = {"is heard": 1.0} if operation.told else _STOPS
    return _fate(process, "stop", first, operation.handle, process.name)


def tell(process: Process, operation: Operation, *, is_heard: bool) -> None:
    operation.told.append(Told(_now(process), process.name, is_heard))


def poll_in_s(process: Process, operation: Operation) -> float:
    ends_s = _SOON_S if operation.asked < _SOON else _LATER_S
    return process.stage.chance.between(*ends_s, "ask in", operation.handle, operation.asked)


def progress(operation: Operation, now: datetime) -> float | None:
    """Nobody can say it of what never ends."""
    if operation.ready_at is None:
        return None
    part = (now - operation.submitted_at) / (operation.ready_at - operation.submitted_at)
    return min(part, _REACHED_MAX)


def _fate(process: Process, what: str, fates: Mapping[str, float], *about: object) -> str:
    """The first of them is no fault."""
    fate = process.stage.chance.weighted(fates, what, *about)
    if fate != next(iter(fates)):
        process.note(f"{what} {fate}", str(about[0]))
    return fate


def _now(process: Process) -> datetime:
    return process.stage.timeline.clock.now()
