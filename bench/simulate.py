"""`python -m bench simulate`: the peak hour of a million users, simulated.

What is simulated is what a job waits for: a slot of its account, its queue's rate, how many tasks run at
once, instances that have to start, and tasks that fail or are told to slow down. The numbers of queues are
those of `queues.throughput`. Firestore, the callables and the provider's own limits are not in it.

It is first compared with a herd that was measured on the emulators (bench/herd.py). If it misses that by more
than ERROR_MAX, nothing about a million users is said.
"""

from __future__ import annotations

import math
import random
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import simpy

from bench.herd import shuffled
from bench.report import Number
from bench.samples import Samples
from bench.scale import ERROR, HERD, PEAK_HOUR, QUEUE, Use, asked_a_second, catalogue, use
from mediaforge.domain.catalogue import Catalogue
from mediaforge.domain.jobs.job import Timing
from mediaforge.domain.jobs.queues import A_SECOND_MAX, AT_ONCE_MAX, Throughput, throughput
from mediaforge.domain.jobs.retries import BackOff, snooze_delay_s
from mediaforge.domain.jobs.states import ATTEMPTS_MAX
from mediaforge.domain.lanes import Lane

SEED = 1
ERROR_MAX = 0.10
SPAN_S = 600.0  # Of the peak hour so much is simulated, beginning with no instance.
# Of a normal distribution: how many deviations its 95th percentile is above its mean.
P95_DEVIATIONS = 1.645
# A queue that has nothing to hand out for less than this share of the time is what binds.
IDLE_MIN = 0.02
WAIT_S_MIN = 1.0

# Assumed of the million's hour: the shares of failures and of "slow down" (429), how long an instance takes
# to start, which share of the images paying accounts make, and how full a queue may be where it is to hold.
FAILED, SNOOZED = 0.01, 0.05
START_UP_S = 5.0
PAYING = 0.5
FILLED_MAX = 0.9

Steps = Generator[simpy.Event, Any, None]
Arrivals = Iterable[tuple[float, int]]  # seconds from the beginning, in order, and whose account


@dataclass(frozen=True)
class Times:
    """Log-normal times in seconds: most near the median, some much longer."""

    median_s: float
    p95_s: float

    def draw(self, chance: random.Random) -> float:
        deviation = math.log(self.p95_s / self.median_s) / P95_DEVIATIONS
        return self.median_s * math.exp(chance.gauss(0, deviation))


@dataclass(frozen=True)
class Faults:
    """Which share of a queue's tasks fail, to which share the provider says "slow down" (429), and when such
    a job comes back."""

    failed: float
    snoozed: float
    retry: BackOff
    snooze: BackOff


@dataclass(frozen=True)
class Bounds:
    """What bounds the jobs of one queue. `slots`: of each account; a slot is free `settle_s` after its job's
    end. `queue.at_once` is instances × `concurrency`; an instance is started when all others are full, and is
    ready `start_up_s` later. Before `released_s` nothing is handed out."""

    queue: Throughput
    slots: int
    work: Times
    settle_s: float = 0.0
    start_up_s: float = 0.0
    concurrency: int = 1
    faults: Faults | None = None
    released_s: float = 0.0


@dataclass
class Simulated:
    """What became of the jobs; times in seconds from the beginning. `waits`: from accepted to first handed
    out, infinite for a job that never was. `slot_s`: what jobs waited for slots, all together. `rate_s`,
    `workers_s`: for how long the queue had a task and waited for its rate, and for a worker."""

    waits: list[float] = field(default_factory=list)
    handed_out_at: list[float] = field(default_factory=list)
    final_at: list[float] = field(default_factory=list)
    failed: int = 0
    slot_s: float = 0.0
    rate_s: float = 0.0
    workers_s: float = 0.0
    ended_s: float = 0.0

    @property
    def a_second(self) -> float:
        """First hand-outs a second, between the first of them and the last, as the herd's."""
        span_s = self.handed_out_at[-1] - self.handed_out_at[0]
        return (len(self.handed_out_at) - 1) / span_s

    @property
    def unbegun(self) -> int:
        return len(self.waits) - len(self.handed_out_at)

    @property
    def binds(self) -> str:
        """What most of the waiting is for."""
        if self.rate_s + self.workers_s > (1 - IDLE_MIN) * self.ended_s:
            return "the queue's rate" if self.rate_s > self.workers_s else "tasks at once"
        if self.slot_s / len(self.waits) > WAIT_S_MIN:
            return "the account's slots"
        return "nothing"


def simulate(
    bounds: Bounds, arrivals: Arrivals, until_s: float | None = None, seed: int = SEED
) -> Simulated:
    """Lives through the jobs that arrive, to the end of the last one or until then."""
    running = _Running(bounds, seed)
    return running.run(arrivals, until_s)


class _Running:
    """simpy keeps the time and the lines; what is done in them is here."""

    def __init__(self, bounds: Bounds, seed: int) -> None:
        self._bounds = bounds
        self._env = simpy.Environment()
        self._chance = random.Random(seed)  # noqa: S311 - a simulation, no secret
        self._tasks = simpy.Store(self._env)
        self._workers = simpy.Resource(self._env, bounds.queue.at_once)
        self._instances = 0
        self._slots: dict[int, simpy.Resource] = {}
        self._found = Simulated()

    def run(self, arrivals: Arrivals, until_s: float | None) -> Simulated:
        self._env.process(self._accept(arrivals))
        self._env.process(self._hand_out())
        self._env.run(until_s)
        self._found.ended_s = self._env.now
        return self._found

    def _accept(self, arrivals: Arrivals) -> Steps:
        for at_s, account in arrivals:
            yield self._env.timeout(max(0.0, at_s - self._env.now))
            self._env.process(self._live(account))

    def _live(self, account: int) -> Steps:
        """One job: a slot, then tasks until it is final, then its settle."""
        accepted_s, number = self._env.now, len(self._found.waits)
        self._found.waits.append(math.inf)
        slots = self._slots.setdefault(account, simpy.Resource(self._env, self._bounds.slots))
        with slots.request() as slot:
            yield slot
            self._found.slot_s += self._env.now - accepted_s
            yield from self._work(number, accepted_s)
            yield self._env.timeout(self._bounds.settle_s)

    def _work(self, number: int, accepted_s: float) -> Steps:
        attempts = snoozes = 0
        while True:
            task = self._env.event()
            self._tasks.put(task)
            worker = yield task
            if math.isinf(self._found.waits[number]):
                self._found.waits[number] = self._env.now - accepted_s
                self._found.handed_out_at.append(self._env.now)
            yield self._env.timeout(self._start_up_s())
            faults, chance = self._bounds.faults, self._chance.random()
            is_snoozed = faults is not None and chance < faults.snoozed
            if not is_snoozed:
                yield self._env.timeout(self._bounds.work.draw(self._chance))
            self._workers.release(worker)
            if faults is None or chance >= faults.snoozed + faults.failed:
                break
            if is_snoozed:
                delay_s = snooze_delay_s(faults.snooze, snoozes, None, self._chance.random())
                snoozes += 1
            else:
                attempts += 1
                if attempts == ATTEMPTS_MAX:
                    self._found.failed += 1
                    break
                delay_s = faults.retry.delay_s(attempts, self._chance.random())
            yield self._env.timeout(delay_s)
        self._found.final_at.append(self._env.now)

    def _start_up_s(self) -> float:
        """How long the task just handed out waits for its instance. No instance ends: Cloud Run keeps them
        for longer than is simulated."""
        if self._workers.count <= self._instances * self._bounds.concurrency:
            return 0.0
        self._instances += 1
        return self._bounds.start_up_s

    def _hand_out(self) -> Steps:
        """The queue: hands out its tasks in order, evenly, and none while all workers are busy."""
        next_s, gap_s = self._bounds.released_s, 1 / self._bounds.queue.a_second
        while True:
            task = yield self._tasks.get()
            since_s = self._env.now
            yield self._env.timeout(max(0.0, next_s - since_s))
            rated_s = self._env.now
            worker = self._workers.request()
            yield worker
            self._found.rate_s += rated_s - since_s
            self._found.workers_s += self._env.now - rated_s
            next_s = self._env.now + gap_s
            task.succeed(worker)


@dataclass(frozen=True)
class Compared:
    """One number of a herd, as simulated and as measured."""

    name: str
    simulated: float
    measured: float

    @property
    def error(self) -> float:
        return abs(self.simulated / self.measured - 1)


def compare(results: Mapping[str, Any], known: Catalogue) -> list[Compared]:
    """The simulation beside the herd among these results (the `numbers` of results.json): the same accounts
    in the same order, accepted as fast as they were, through a queue that was released at the same moment."""
    number = results[HERD]
    herd = number["herd"]
    bounds = Bounds(
        queue=Throughput(number["configured_per_s"], number["dispatches_at_once"]),
        slots=known.tiers[number["tier"]].jobs_at_once,
        work=_times(herd["arrived_to_final"]),
        settle_s=herd["final_to_settled"]["median_ms"] / 1000,
        released_s=herd["released_s"],
    )
    accounts = shuffled(list(range(herd["accounts"])), herd["submitted"] // herd["accounts"])
    first_s = herd["accept"]["median_ms"] / 1000
    accepted = [
        (first_s + place / herd["accepted_per_s"], account)
        for place, account in enumerate(accounts)
    ]
    found = simulate(bounds, accepted)
    waits, measured = Samples(found.waits), herd["queue_time"]
    return [
        Compared("wait p50", waits.median, measured["median_ms"] / 1000),
        Compared("wait p95", waits.p95, measured["p95_ms"] / 1000),
        Compared("dispatched a second", found.a_second, herd["arrived_per_s"]),
        Compared("total", found.final_at[-1], herd["total_s"]),
    ]


def _times(measured: Mapping[str, float]) -> Times:
    return Times(measured["median_ms"] / 1000, measured["p95_ms"] / 1000)


def is_trusted(results: Mapping[str, Any], compared: Iterable[Compared]) -> bool:
    """Whether the herd was bound by its queue, and the simulation comes to the same."""
    return bool(results[HERD]["is_reached"]) and all(one.error <= ERROR_MAX for one in compared)


@dataclass(frozen=True)
class Provision:
    """What there is for a million users: so many queues, each behind a provider that takes so many tasks a
    minute, of which free work has its part."""

    title: str
    queues: int
    a_minute: int
    free_percent: int

    def of(self, lane: Lane, p95_s: int) -> Throughput:
        return throughput(self.a_minute, p95_s, lane, self.free_percent)


def provisions(known: Catalogue, asked: Mapping[Lane, float]) -> list[Provision]:
    """As the catalogue is, as much as one queue takes, and as many such queues as hold what is asked of each
    lane, in images a second."""
    queue, free = known.queues[QUEUE], known.limits.free_lane_percent
    shipped = Provision("the catalogue as it is", 1, queue.tasks_a_minute, free)
    most = Provision("as much as one queue may have", 1, _most(queue.p95_s, free), free)
    even = Provision("", 1, _most(queue.p95_s, 100), 100)
    return [
        shipped,
        most,
        _enough("so many of these queues", most, asked, queue.p95_s),
        _enough(
            "the same for free work as for paying work (`free_lane_percent = 100`)",
            even,
            asked,
            queue.p95_s,
        ),
    ]


def _most(p95_s: int, free_percent: int) -> int:
    """The most tasks a minute that may stand in the catalogue for one queue."""
    a_minute = A_SECOND_MAX * 60
    while True:
        paid = throughput(a_minute, p95_s, Lane.PAID, free_percent)
        if paid.at_once <= AT_ONCE_MAX and paid.a_second <= A_SECOND_MAX:
            return a_minute
        a_minute -= 1


def _enough(title: str, one: Provision, asked: Mapping[Lane, float], p95_s: int) -> Provision:
    needed = max(asked[lane] / one.of(lane, p95_s).a_second / FILLED_MAX for lane in Lane)
    return Provision(title, math.ceil(needed), one.a_minute, one.free_percent)


def peak_hour(known: Catalogue, used: Use, timing: Timing) -> list[dict[str, Any]]:
    """The rows of the table: what each provision comes to, for each lane. Users come at random and ask for
    all the images of their day at once. Queues of the same kind share the users evenly, so one of them is
    simulated."""
    a_second = asked_a_second(used)
    asked = {Lane.PAID: a_second * PAYING, Lane.FREE: a_second * (1 - PAYING)}
    tiers = {tier.lane: tier for tier in (known.tiers["free"], known.tiers["pro"])}
    p95_s = known.queues[QUEUE].p95_s
    rows = []
    for provision in provisions(known, asked):
        for lane in Lane:
            bounds = Bounds(
                queue=provision.of(lane, p95_s),
                slots=tiers[lane].jobs_at_once,
                work=Times(used.waiting_s, p95_s),
                settle_s=used.own_s,
                start_up_s=START_UP_S,
                faults=Faults(FAILED, SNOOZED, timing.retry, timing.snooze),
            )
            asked_of_one = asked[lane] / provision.queues
            found = simulate(bounds, _visits(asked_of_one, used.images_a_day), SPAN_S)
            at_once = provision.queues * bounds.queue.at_once
            rows.append(_row(provision, lane, asked[lane], found) | {"at_once": at_once})
    return rows


def _visits(images_a_second: float, images: int) -> Iterator[tuple[float, int]]:
    """Users who come at random, each once, and ask for so many images at once."""
    chance = random.Random(SEED)  # noqa: S311 - a simulation, no secret
    at_s, account = chance.expovariate(images_a_second / images), 0
    while at_s < SPAN_S:
        for _ in range(images):
            yield at_s, account
        at_s += chance.expovariate(images_a_second / images)
        account += 1


def _row(provision: Provision, lane: Lane, asked: float, found: Simulated) -> dict[str, Any]:
    waits = sorted(found.waits)
    return {
        "provision": provision.title,
        "queues": provision.queues,
        "a_minute": provision.a_minute,
        "free_percent": provision.free_percent,
        "lane": lane.value,
        "asked_per_s": round(asked, 1),
        "begun_per_s": round(provision.queues * len(found.handed_out_at) / SPAN_S, 1),
        "wait_p50_s": _percentile(waits, 50),
        "wait_p95_s": _percentile(waits, 95),
        "waiting": provision.queues * found.unbegun,
        "binds": found.binds,
    }


def _percentile(waits: list[float], percent: int) -> float | None:
    """Of sorted waits; None where that job had not begun."""
    wait_s = waits[math.ceil(len(waits) * percent / 100) - 1]
    return None if math.isinf(wait_s) else round(wait_s, 1)


def simulation_numbers(results: Mapping[str, Any], timing: Timing) -> list[Number]:
    """The errors against the herd among these results, and, only if the simulation is to be trusted, the peak
    hour."""
    known = catalogue()
    compared = compare(results, known)
    worst = max(one.error for one in compared)
    error = Number(
        key=ERROR,
        title="the simulation misses the herd by at most",
        ours=", ".join(f"{one.name} {one.simulated:.1f} ({one.measured:.1f})" for one in compared),
        floor="",
        value=round(worst, 3),
        unit="ratio",
        target_max=ERROR_MAX,
        facts={
            "compared": {
                one.name: {"simulated": round(one.simulated, 2), "measured": one.measured}
                for one in compared
            }
        },
    )
    if not is_trusted(results, compared):
        return [error]
    rows = peak_hour(known, use(), timing)
    holds = next(row for row in reversed(rows) if row["lane"] == Lane.FREE.value)
    hour = Number(
        key=PEAK_HOUR,
        title=f"a million users' peak hour on {holds['queues']} queues: a free image waits, p95",
        ours=f"{holds['wait_p95_s']} s",
        floor="",
        value=holds["wait_p95_s"],
        unit="seconds",
        facts={"rows": rows},
    )
    return [error, hour]
