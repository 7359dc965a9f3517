"""What takes most of an hour at a provider takes moments of ours: driven by deliveries alone, on a clock
that the test moves, through processes that die."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from mediaforge.domain.jobs.job import Job
from mediaforge.providers.vertex.veo import POLL_IN_S
from mediaforge.services.jobs.run import run_job
from mediaforge.services.watch.sweep import sweep_jobs
from tests.support.faults import Killed, Steps, mortal
from tests.support.provider_world import REFERENCES, End, Ends, ProviderWorld, provider_world

VEO = "veo-3.1-fast-generate-001"
FILM, TRAINING = Ends(held=96), Ends(held=300)
SWEEP_S = 60
# What a delivery passes, with the provider's call after the second: claim, record, next task.
CLAIMED, ANSWERED, RECORDED = 2, 3, 4
# What a training's first delivery passes before that call, besides: the copies of its brand's pictures.
COPIES = 2 * len(REFERENCES)


@dataclass
class Platform:
    """Delivers what is due, and sweeps once a minute. `deaths` says, by the number of a delivery, at which
    of its steps the process dies; its task is then lost, too. `busy_s` is how long functions ran."""

    world: ProviderWorld
    deaths: Mapping[int, int] = field(default_factory=dict)
    deliveries: int = 0
    busy_s: float = 0.0
    longest_s: float = 0.0
    died_at: list[str] = field(default_factory=list)

    def run(self, job: Job, tick_s: float) -> float:
        """Until the job is settled; how many seconds have passed on the world's clock."""
        world, passed_s = self.world, 0.0
        while True:
            self._deliver_due()
            world.settle_all()
            if world.job(job.id).is_settled:
                return passed_s
            assert passed_s < 4 * 3600, "it never ended"
            world.clock.advance(tick_s)
            passed_s += tick_s
            if passed_s % SWEEP_S == 0:
                sweep_jobs(world.backend)

    def _deliver_due(self) -> None:
        world, now = self.world, self.world.clock.now()
        for task in [t for t in world.tasks.queued if t.not_before is None or t.not_before <= now]:
            world.tasks.queued.remove(task)
            self._deliver(task.body["jobId"])
        assert world.clock.now() == now, "a delivery has moved the clock"

    def _deliver(self, job_id: str) -> None:
        self.deliveries += 1
        steps = Steps(die_at=self.deaths.get(self.deliveries, 0))
        began_s = time.monotonic()
        try:
            run_job(mortal(self.world.backend, steps), job_id)
        except Killed:
            self.died_at.append(steps.passed[-1])
        took_s = time.monotonic() - began_s
        self.busy_s += took_s
        self.longest_s = max(self.longest_s, took_s)


@pytest.fixture
def world() -> Iterator[ProviderWorld]:
    with provider_world() as running:
        yield running


def film(world: ProviderWorld) -> Job:
    """Six minutes, in questions of ten seconds."""
    return world.film("waves #pending:36", VEO)


def train(world: ProviderWorld) -> Job:
    """45 minutes, in questions of a minute."""
    return world.train("Acme #pending:45")


Begin = Callable[[ProviderWorld], Job]
# The work, how often it is asked about, its end, the questions it takes, and for how long it runs.
WORK = [
    pytest.param(film, POLL_IN_S, FILM.completed(), 37, 6, id="a film of six minutes"),
    pytest.param(train, 60.0, TRAINING.completed(), 46, 45, id="a training of 45 minutes"),
]
KILLS = {
    "nobody dies": {},
    "right after it was begun and recorded": {1: RECORDED},
    "while a question is on its way": {20: CLAIMED},
    "between a question's answer and its record": {20: ANSWERED},
    "twice": {1: RECORDED, 20: ANSWERED},
}


@pytest.mark.parametrize("deaths", KILLS.values(), ids=KILLS)
@pytest.mark.parametrize(("begin", "tick_s", "end", "questions", "minutes"), WORK)
def test_long_work_is_begun_once_and_ends_whoever_dies(
    world: ProviderWorld,
    begin: Begin,
    tick_s: float,
    end: End,
    questions: int,
    minutes: int,
    deaths: Mapping[int, int],
) -> None:
    copies = COPIES if begin is train else 0
    at_steps = {n: step + (copies if n == 1 else 0) for n, step in deaths.items()}
    platform, job = Platform(world, at_steps), begin(world)
    passed_s = platform.run(job, tick_s)

    assert world.end_of(job) == end
    assert len(platform.died_at) == len(deaths)
    assert world.servers.submits == 1
    # One delivery begins and each other one asks once; one that died before its question has none.
    unasked = sum(step == CLAIMED for step in deaths.values())
    assert world.servers.questions == questions
    assert platform.deliveries == 1 + questions + unasked
    # The last question comes after the end; each death costs what it takes to be noticed: a lease, a sweep.
    late_s = passed_s - minutes * 60
    assert tick_s <= late_s <= tick_s + len(deaths) * 2 * SWEEP_S


@pytest.mark.parametrize(("begin", "tick_s", "end", "questions", "minutes"), WORK)
def test_no_function_waits_for_long_work(
    world: ProviderWorld, begin: Begin, tick_s: float, end: End, questions: int, minutes: int
) -> None:
    """A function that waited in it for the next question would take the time between two of them."""
    platform = Platform(world)
    passed_s = platform.run(begin(world), tick_s)

    assert platform.longest_s < tick_s
    assert platform.busy_s < passed_s / 20


# ---- killed when the provider has begun, and nobody has written it down --------------------------


def test_a_film_whose_beginning_was_not_recorded_is_begun_again_as_the_next_attempt(
    world: ProviderWorld,
) -> None:
    """Veo cannot be asked what it has begun for us. Each attempt may begin one, and there are five."""
    platform, job = Platform(world, {1: ANSWERED}), film(world)
    platform.run(job, POLL_IN_S)

    assert platform.died_at == ["before a commit"]
    assert world.end_of(job) == FILM.completed(attempts=2, submits=2)


def test_a_film_is_begun_twice_at_most_though_every_process_dies(
    world: ProviderWorld,
) -> None:
    platform = Platform(world, dict.fromkeys(range(1, 99), ANSWERED))
    job = film(world)
    platform.run(job, POLL_IN_S)

    assert world.end_of(job) == FILM.billed_out("worker-lost")


def test_a_training_whose_creation_was_not_recorded_is_found_by_its_label(
    world: ProviderWorld,
) -> None:
    platform, job = Platform(world, {1: COPIES + ANSWERED}), train(world)
    platform.run(job, 60)

    assert platform.died_at == ["before a commit"]
    assert world.end_of(job) == TRAINING.completed(attempts=2, submits=1)


# ---- killed at any step of the delivery that brings the result -----------------------------------


# What to ask about, which writes nothing; the lease of who saves; the copy and its poster; the record.
STEPS = ("commit", "commit", "copy", "save", "commit")
MOMENTS = [f"{when} a {step}" for step in STEPS for when in ("before", "after")]
BRIEF = {
    "veo": lambda world: world.film("waves", VEO),
    "omni": lambda world: world.film("waves", "gemini-omni-1.2-flash"),
    "runpod": lambda world: world.draw("a lighthouse #pending:0", "runpod-image"),
}


def deaths_at_the_end() -> Iterator[Any]:
    for name, begin in BRIEF.items():
        for step, moment in enumerate(MOMENTS, start=1):
            yield pytest.param(begin, step, id=f"{name} {step} {moment}")


@pytest.mark.parametrize(("begin", "step"), list(deaths_at_the_end()))
def test_a_result_is_taken_over_whenever_the_process_dies_that_found_it(
    world: ProviderWorld, begin: Begin, step: int
) -> None:
    platform, job = Platform(world, {2: step}), begin(world)
    platform.run(job, POLL_IN_S)

    assert platform.died_at == [MOMENTS[step - 1]]
    end = world.end_of(job)
    assert (end.status, end.submits, end.released) == ("completed", 1, 0)
    assert list(world.media.list("scratch/")) == []
