"""One process of the platform, and what can happen to it wherever it touches the outside world."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import NoReturn

from mediaforge.domain.errors import BusyError
from tests.faults.chance import Chance
from tests.faults.record import Call, Record
from tests.faults.timeline import Timeline
from tests.support.faults import Killed


class RefusedError(BusyError):
    """A BusyError of ours, and not one that a store under us really had."""


_PAUSES_S = {"pause": (0.001, 0.3), "slow": (0.3, 20.0), "freeze": (61.0, 200.0)}


@dataclass(frozen=True)
class Rates:
    """How likely each fault is at each boundary that a process passes. The pauses are what lets others
    in between: a moment, seconds, longer than a lease. `commit_twice`: that a commit's answer is lost,
    `lose`: that a message is."""

    die: float = 0.01
    busy: float = 0.012
    freeze: float = 0.004
    slow: float = 0.02
    pause: float = 0.25
    commit_twice: float = 0.005
    lose: float = 0.05

    def fault_at(self, roll: float) -> str | None:
        for fault in ("die", "busy", "freeze", "slow", "pause"):
            roll -= getattr(self, fault)
            if roll < 0:
                return fault
        return None


NONE = Rates(die=0, busy=0, freeze=0, slow=0, pause=0, commit_twice=0, lose=0)
OUTAGE = Rates(die=0.05, busy=0.5, freeze=0, slow=0.1, pause=0.2)
_OUTAGES = 2
_OUTAGE_S = (20.0, 90.0)


@dataclass
class Stage:
    """What every process of a run shares. `outages` are the times when hardly anything answers."""

    timeline: Timeline
    chance: Chance
    record: Record
    rates: Rates
    outages: Sequence[tuple[datetime, datetime]] = ()
    lock: threading.Lock = field(default_factory=threading.Lock)

    def plan_outages(self, within_s: float) -> None:
        number = 0 if self.rates == NONE else _OUTAGES
        self.outages = [self._outage(n, within_s) for n in range(number)]

    def _outage(self, number: int, within_s: float) -> tuple[datetime, datetime]:
        start = self.timeline.clock.now() + timedelta(
            seconds=self.chance.between(0, within_s, "outage", number)
        )
        length_s = self.chance.between(*_OUTAGE_S, "outage's length", number)
        return start, start + timedelta(seconds=length_s)

    def rates_now(self) -> Rates:
        now = self.timeline.clock.now()
        return OUTAGE if any(start <= now < end for start, end in self.outages) else self.rates


@dataclass
class Process:
    """Where it dies, is refused or stands still depends on its name, the boundary and how often it
    passed it: on nothing that another process does."""

    name: str
    stage: Stage
    is_troubled: bool = True
    is_alive: bool = True
    last_id: str = ""
    call: Call | None = None
    _passed: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pass_by(self, boundary: str, *, may_pause: bool = True) -> None:
        """Raises Killed or BusyError, or stands still, or nothing."""
        rates = self.stage.rates_now() if self.is_troubled else NONE
        fault = rates.fault_at(self.roll(boundary))
        # A thread that the process started has its own, real time: it may fail, but not wait.
        is_thread = not self.stage.timeline.is_here
        if fault is None or (fault in _PAUSES_S and (is_thread or not may_pause)):
            return
        self.note(fault, boundary, is_traced=not is_thread)
        if fault in _PAUSES_S:
            low_s, high_s = _PAUSES_S[fault]
            length_s = low_s + (high_s - low_s) * self.roll(f"{boundary}: how long")
            self.stage.timeline.pause(length_s)
        elif fault == "busy":
            raise RefusedError(f"{self.name}: {boundary}")
        else:
            self.die()

    def die(self) -> NoReturn:
        self.end()
        raise Killed

    def end(self) -> None:
        self.is_alive = False
        self.end_call("lost")

    def end_call(self, outcome: str) -> None:
        """The provider's call is over: it said so, or its worker went on to something else, or died."""
        if self.call is not None and self.call.ended_at is None:
            self.call.ended_at, self.call.outcome = self.stage.timeline.clock.now(), outcome

    def happens(self, probability: float, what: str) -> bool:
        """One more kind of fault, which the caller brings about."""
        is_on = self.is_troubled and self.roll(what) < probability
        if is_on:
            self.note(what, "")
        return is_on

    def roll(self, about: str) -> float:
        with self._lock:
            self._passed[about] += 1
            return self.stage.chance.of(self.name, about, self._passed[about])

    def new_id(self) -> str:
        self._passed["id"] += 1
        about = f"{self.stage.chance.seed}|{self.name}|{self._passed['id']}"
        self.last_id = blake2b(about.encode(), digest_size=12).hexdigest()
        return self.last_id

    def note(self, fault: str, about: str, *, is_traced: bool = True) -> None:
        """Counts a fault. The trace has the order of turns, which a thread beside them has not."""
        with self.stage.lock:
            self.stage.record.faults[fault] += 1
        if is_traced:
            now = self.stage.timeline.clock.now()
            self.stage.record.trace.append(f"{now:%d %H:%M:%S.%f} {self.name} {fault} {about}")


@dataclass(frozen=True)
class Watch:
    """The clock of one machine, which is a little before or behind the others."""

    timeline: Timeline
    skew: timedelta

    def now(self) -> datetime:
        return self.timeline.clock.now() + self.skew

    def sleep(self, seconds: float) -> None:
        self.timeline.pause(seconds)
