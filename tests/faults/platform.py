"""The platform that the services run on, with everything that it does not promise: tasks and document
events that come twice, late, in another order or never; scheduled runs that are killed half-way."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Generic, TypeVar

from mediaforge.adapters.outside import sign
from mediaforge.domain.catalogue import Catalogue
from mediaforge.domain.errors import BusyError, RequestError
from mediaforge.domain.jobs.job import Timing
from mediaforge.domain.jobs.retries import BackOff
from mediaforge.domain.lanes import Lane
from mediaforge.domain.money.gifts import WelcomePolicy
from mediaforge.ports.director import Director
from mediaforge.ports.documents import Documents
from mediaforge.ports.media import Media, Preview
from mediaforge.ports.tasks import Task
from mediaforge.services.backend import Backend
from mediaforge.services.gate import Gate
from mediaforge.services.jobs.breakers import SharedBreakers
from mediaforge.services.money.fuse import FuseReading
from tests.faults import calls
from tests.faults.ports import FaultyDocuments, FaultyMedia, FaultySignIns, FaultyTasks
from tests.faults.process import Process, Stage, Watch
from tests.faults.provider import SimulatedProvider
from tests.faults.record import Call, Commit, Fields, Reading
from tests.faults.stores import Stores
from tests.faults.thieves import Rule, Thieves
from tests.faults.witness import Witness
from tests.memory.clock import ManualClock
from tests.memory.outside import MemoryOutside
from tests.memory.sign_ins import MemorySignIns
from tests.support.faults import Killed
from tests.support.pictures import taken_as_it_is

T = TypeVar("T")
# What an event of a view sets off.
Trigger = Callable[[Backend, Fields], None]

TIMING = Timing(
    attempt_s=300,
    lease_s=60,
    pickup_s=180,
    return_s=60,
    settle_s=60,
    waiting_s=300,
    retry=BackOff(base_s=5, cap_s=600),
    snooze=BackOff(base_s=10, cap_s=600),
    token_s=900,
)
# Less than a large run's newcomers would get on one day, in four parts.
WELCOME = WelcomePolicy(("custom", "email", "phone", "google.com"), credits_a_day_max=4_000)
_HEARTBEAT_S = TIMING.lease_s / 3
_SKEW_S = 0.25
_SWEEP_EVERY_S = 60
_MONTH_EVERY_S = 900
_SCHEDULE_RETRIES, _BEGUN_AGAIN_S = 3, 5
_TASK_TRIES_MAX = 10
_EVENT_TRIES_MAX = 5
_QUEUE_GONE = 0.006
_FATES = {"once": 0.80, "twice": 0.08, "late": 0.07}


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What came of a call: its answer, a refusal, or nothing that anybody heard of, and `why`."""

    value: T | None = None
    refusal: RequestError | None = None
    why: str | None = None

    @property
    def is_lost(self) -> bool:
        return self.why is not None


@dataclass
class Platform:
    """`sabotage` and `media_sabotage` may take a safeguard away from what the services are given, `rule`
    from what lets users read files."""

    stage: Stage
    stores: Stores
    catalogue: Catalogue
    sabotage: Callable[[Documents], Documents]
    directors: Callable[[Process], Mapping[str, Director]]
    media_sabotage: Callable[[Media], Media]
    rule: Rule
    thieves: Thieves = field(init=False)
    witness: Witness = field(init=False)
    _task_ids: set[str] = field(default_factory=set)
    sign_ins: MemorySignIns = field(default_factory=MemorySignIns)
    _enqueueing: threading.Lock = field(default_factory=threading.Lock)
    _counts: Counter[str] = field(default_factory=Counter)
    _is_fuse_blown: Callable[[Lane], bool] = field(init=False)
    _breakers: SharedBreakers = field(init=False)

    def __post_init__(self) -> None:
        # A process that stands still must not hold the locks of these, so they meet no trouble.
        self._is_fuse_blown = FuseReading(self.stores.documents, self.clock)
        self._breakers = SharedBreakers(self.stores.documents, self.clock)
        self.thieves = Thieves(self.stage, self.stores.media, self.rule, self._live_as_thief)
        self.witness = Witness(self.stage.record)

    @property
    def clock(self) -> ManualClock:
        return self.stage.timeline.clock

    # ---- processes -----------------------------------------------------------------------------

    def live(
        self, name: str, call: Callable[[Backend], T], *, is_troubled: bool = True
    ) -> Outcome[T]:
        """One process, from its start to its end, however that comes."""
        process = Process(self._numbered(name), self.stage, is_troubled)
        try:
            value = call(self._backend(process))
        except (Killed, BusyError) as error:
            self.stage.record.cut_off.add(process.name)
            return Outcome(why=f"{type(error).__name__} {error}")
        except RequestError as error:
            return Outcome(refusal=error)
        except Exception as error:
            self.stage.record.surprises.append(
                f"{process.name} broke: {type(error).__name__} {error}"
            )
            return Outcome(why="broke")
        finally:
            process.end()
        if process.happens(0.03, "answer lost"):
            return Outcome(why="the answer was lost")
        return Outcome(value)

    def _live_as_thief(
        self, name: str, call: Callable[[Backend], object]
    ) -> tuple[RequestError | None, bool]:
        outcome = self.live(name, call)
        return outcome.refusal, not outcome.is_lost

    def count(self, name: str) -> int:
        self._counts[name] += 1
        return self._counts[name]

    def _numbered(self, name: str) -> str:
        return f"{name} #{self.count(name)}"

    def _backend(self, process: Process) -> Backend:
        skew_s = _SKEW_S * (2 * process.roll("skew") - 1) if process.is_troubled else 0
        documents = FaultyDocuments(
            self.stores.documents, process, lambda writes: self._note_commit(process, writes)
        )
        clock = Watch(self.stage.timeline, timedelta(seconds=skew_s))
        return Backend(
            documents=self.sabotage(documents),
            tasks=FaultyTasks(self, process),
            media=FaultyMedia(
                self.media_sabotage(self.stores.media),
                process,
                lambda path, token: self._note_save(process, path, token),
                self._note_opening,
            ),
            clock=clock,
            catalogue=self.catalogue,
            timing=TIMING,
            welcome=WELCOME,
            providers={"local": SimulatedProvider(process, self._keep_lease, _HEARTBEAT_S)},
            directors=self.directors(process),
            preview=lambda content, _: Preview(b"thumb of " + content),
            check_upload=taken_as_it_is,
            outside=MemoryOutside(),
            sign=sign,
            checkout=None,
            sign_ins=FaultySignIns(self.sign_ins, process),
            chance=lambda: process.roll("jitter"),
            new_id=process.new_id,
            is_fuse_blown=lambda lane: self._read_fuse(process, lane),
            breakers=self._breakers,
            webhook_url=lambda _: None,
            gate=Gate(self.catalogue.limits.gate_a_minute, clock),
            is_emulated=True,
        )

    def _read_fuse(self, process: Process, lane: Lane) -> bool:
        is_blown = self._is_fuse_blown(lane)
        reading = Reading(self.clock.now(), lane.value, is_blown)
        self.stage.record.readings.setdefault(process.name, []).append(reading)
        return is_blown

    def _keep_lease(self, process: Process, call: Call, first_s: float) -> None:
        """The heart of `services.lease`, which beats in real seconds, once more in simulated ones."""
        job = self.stage.record.last[f"jobs/{call.job_id}"]

        def beat() -> None:
            if not process.is_alive or call.ended_at is not None:
                return
            renewed = self.live(
                f"heart of {process.name}",
                lambda backend: calls.renew_lease(backend, job, call.owner),
            )
            if renewed.is_lost or renewed.value:
                self.stage.timeline.after(_HEARTBEAT_S, beat)

        self.stage.timeline.after(first_s, beat)

    # ---- document events -----------------------------------------------------------------------

    def _note_commit(self, process: Process, writes: dict[str, Fields | None]) -> Commit:
        before = {path: self.stage.record.last.get(path) for path in writes}
        commit = self.stage.record.commit(self.clock.now(), process.name, writes)
        self.thieves.see_commit(writes)
        self.witness.see_commit(self.clock.now(), writes)
        for path, written in writes.items():
            if written is not None and calls.is_for_settle(path, before[path], written):
                self._emit(self._numbered(f"event of {path}"), "settle", calls.settle, written)
            if written is not None and calls.is_for_tally(path, before[path], written):
                hint = partial(calls.hint, changed_at=commit.at)
                self._emit(self._numbered(f"change of {path}"), "hint", hint, written)
        return commit

    def _note_save(self, process: Process, path: str, token: str) -> None:
        self.witness.see_opening(self.clock.now(), path, {token})
        self.thieves.see_save(process.name, path, token)

    def _note_opening(self, path: str) -> None:
        opened = self.stores.media.opened(path)
        tokens = opened.tokens if opened else frozenset()
        self.witness.see_opening(self.clock.now(), path, tokens)
        self.thieves.see_opening(path, tokens)

    def _emit(self, name: str, what: str, call: Trigger, view: Fields) -> None:
        for delay_s in self._arrivals_s(name):
            self.stage.timeline.after(delay_s, lambda: self._hear(name, what, call, view, tries=1))

    def _hear(self, name: str, what: str, call: Trigger, view: Fields, tries: int) -> None:
        outcome = self.live(f"{what} for {name}", lambda backend: call(backend, view))
        if outcome.is_lost and tries < _EVENT_TRIES_MAX:
            delay_s = self.stage.chance.between(1, 60, name, "again", tries)
            again = partial(self._hear, name, what, call, view, tries + 1)
            self.stage.timeline.after(delay_s, again)

    # ---- tasks ---------------------------------------------------------------------------------

    def enqueue(self, task: Task) -> None:
        """The Tasks port: a task of a known id is the same task. A process hands over several side by side,
        in threads that have no turn: so one at a time."""
        with self._enqueueing:
            self._enqueue(task)

    def _enqueue(self, task: Task) -> None:
        if task.id in self._task_ids:
            return
        self._task_ids.add(task.id)
        job_id = task.body.get("jobId")
        if job_id is not None:
            self.stage.record.sent.setdefault(job_id, set()).add(task.queue)
        if job_id is not None and self._is_queue_gone(job_id):
            self.stage.record.faults["queue gone"] += 1
            self.stage.record.lost_queues.add(job_id)
            return
        wait_s, arrivals_s = self._wait_s(task), self._arrivals_s(f"task {task.id}")
        for delay_s in arrivals_s:
            self.stage.timeline.after(wait_s + delay_s, lambda: self._deliver(task, tries=1))

    def _is_queue_gone(self, job_id: str) -> bool:
        loses = self.stage.rates.lose > 0
        return loses and self.stage.chance.happens(_QUEUE_GONE, "queue", job_id)

    def _wait_s(self, task: Task) -> float:
        """Until its time, or a little less: the queue's clock is another."""
        if task.not_before is None:
            return 0
        early_s = self.stage.chance.between(0, 0.5, "early", task.id)
        return max(0, (task.not_before - self.clock.now()).total_seconds() - early_s)

    def _deliver(self, task: Task, tries: int) -> None:
        name = f"{'erase' if 'erase' in task.body else 'run'} {calls.subject_of(task)}"
        outcome = self.live(name, lambda backend: calls.deliver(backend, task))
        if outcome.is_lost and tries < _TASK_TRIES_MAX:
            delay_s = self.stage.chance.between(2, 60, "task", task.id, "again", tries)
            self.stage.timeline.after(delay_s, lambda: self._deliver(task, tries + 1))

    def _arrivals_s(self, name: str) -> list[float]:
        """When a message arrives, each time that it does."""
        chance = self.stage.chance
        fate = chance.weighted({**_FATES, "never": self.stage.rates.lose}, "fate", name)
        soon_s = chance.between(0.02, 1.5, "soon", name)
        if fate != "once":
            self.stage.record.faults[f"message {fate}"] += 1
        if fate == "never":
            return []
        if fate == "late":
            return [chance.between(20, 600, "late", name)]
        if fate == "twice":
            return [soon_s, soon_s + chance.between(0, 30, "second", name) ** 2 / 30]
        return [soon_s]

    # ---- schedules -----------------------------------------------------------------------------

    def start_schedules(self, *, sweeps: bool) -> None:
        if sweeps:
            self.every(_SWEEP_EVERY_S, lambda: self._run("sweep", calls.sweep))
        self.every(_MONTH_EVERY_S, lambda: self._run("month", calls.grant_month))

    def _run(self, name: str, call: Callable[[Backend], None], tries: int = 1) -> None:
        """One that died is begun again, as Cloud Scheduler does by the retries in the manifest."""
        if self.live(name, call).is_lost and tries <= _SCHEDULE_RETRIES:
            self.stage.timeline.after(
                _BEGUN_AGAIN_S * tries, lambda: self._run(name, call, tries + 1), is_background=True
            )

    def every(self, seconds: float, action: Callable[[], object]) -> None:
        def run() -> None:
            self.stage.timeline.after(seconds, run, is_background=True)
            action()

        self.stage.timeline.after(seconds, run, is_background=True)
