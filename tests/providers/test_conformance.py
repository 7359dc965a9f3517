"""What every provider does alike: one suite over all of them, through the whole life of a job. Each speaks
to a server of its own protocol; what is peculiar to one is in its own tests.

A fault is named by what it is, and each provider's server has a word for it. Whatever happens, every credit
that was held is captured or released (`end_of` checks that), and no more than two starts are made that may
have been billed.
"""

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from types import ModuleType

import pytest

from mediaforge import providers, roster
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.ports.provider import Finished, ProviderRequest, Running
from mediaforge.providers.local.provider import LocalProvider
from tests.support.provider_world import (
    CALL_S,
    PATIENT_S,
    End,
    ProviderWorld,
    Servers,
    provider_world,
)
from tests.support.provider_world import providers as speaking_to

FOR_EVER = 99_999
BILLED_STARTS_MAX = 2
UNTOLD = "zanzibar"


@dataclass(frozen=True)
class Subject:
    """A provider, and how a job of its is begun. `words` are its server's words for the faults; `lacks` says
    why there is none. `attempts_when_broken`: how often it is begun where each start breaks off."""

    begin: Callable[[ProviderWorld, str], Job]
    held: int
    words: Mapping[str, str]
    lacks: Mapping[str, str] = field(default_factory=dict)
    attempts_when_broken: int = BILLED_STARTS_MAX
    can_be_stopped: bool = True

    def prompt(self, what: str, times: int = 1) -> str:
        """Words that have the fault happen so often, with one that no log may have."""
        word = self.words[what].format(times=times)
        return f"a lighthouse in {UNTOLD} {word}"


def draws(model: str) -> Callable[[ProviderWorld, str], Job]:
    return lambda world, prompt: world.draw(prompt, model)


def films(model: str) -> Callable[[ProviderWorld, str], Job]:
    return lambda world, prompt: world.film(prompt, model)


STARTS = {
    "none": "",
    "throttled": "#throttle:{times}",
    "away": "#overloaded:{times}",
    "broken": "#server-error:{times}",
    "refused": "#bad-request",
    "denied": "#forbidden",
    "lost": "#reset:{times}",
    "slow": "#slow:{times}",
    "nonsense": "#not-json:{times}",
}
POLLED = STARTS | {
    "unasked": "#poll-error:{times}",
    "pending": "#pending:{times}",
    "gone": "#operation-lost",
}
QUEUED = POLLED | {"unasked": "#status-error:{times}", "gone": "#gone"}
AT_ONCE = "it answers at once"
NO_NETWORK = "it has no network"
NEVER_ASKED = dict.fromkeys(("unasked", "pending", "gone"), AT_ONCE)

SUBJECTS = {
    "local": Subject(
        draws("local-image"),
        2,
        {
            "none": "",
            "throttled": "[[throttle:{times}]]",
            "away": "[[fail:transient:{times}]]",
            "refused": "[[fail:permanent]]",
            "blocked": "[[blocked]]",
        },
        NEVER_ASKED | dict.fromkeys(("broken", "denied", "lost", "slow", "nonsense"), NO_NETWORK),
    ),
    "vertex": Subject(
        draws("gemini-3.1-flash-image"), 8, STARTS | {"blocked": "#prompt-blocked"}, NEVER_ASKED
    ),
    "veo": Subject(
        films("veo-3.1-fast-generate-001"),
        96,
        POLLED | {"blocked": "#veo-filtered"},
        can_be_stopped=False,
    ),
    "omni": Subject(films("gemini-omni-1.2-flash"), 72, POLLED | {"blocked": "#prohibited"}),
    "vertex-training": Subject(
        lambda world, name: world.train(name.replace("a lighthouse", "Acme")),
        300,
        # A start that failed is looked for by its label: it is known to have begun nothing.
        QUEUED | {"away": "#server-error:{times}", "blocked": "#rejected"},
        attempts_when_broken=5,
    ),
    "runpod": Subject(
        draws("runpod-image"), 3, QUEUED | {"denied": "#no-funds", "blocked": "#rejected"}
    ),
    "fal": Subject(draws("flux-2-pro"), 4, QUEUED | {"denied": "#locked", "blocked": "#blocked"}),
}
FAULTS = {*QUEUED, "blocked"}


@dataclass
class Counted:
    """The built-in renderer, and how often it was asked to begin: it has no server that counts."""

    inner: LocalProvider
    starts: int = 0

    def start(self, request: ProviderRequest) -> Finished | Running:
        self.starts += 1
        return self.inner.start(request)

    def poll(self, request: ProviderRequest, handle: str) -> Finished | Running:
        return self.inner.poll(request, handle)

    def cancel(self, handle: str) -> None:
        self.inner.cancel(handle)


@dataclass
class Bench:
    world: ProviderWorld
    local: Counted

    def end_of(self, name: str, what: str, times: int = 1) -> End:
        job = self.begin(name, what, times)
        end = self.world.end_of(job)
        ended = self.world.job(job.id)
        assert ended.may_have_billed <= BILLED_STARTS_MAX
        assert end.submits + self.local.starts <= ended.attempts + ended.snoozes
        assert end.charged + end.released == SUBJECTS[name].held
        assert list(self.world.media.list("scratch/")) == []
        return end

    def begin(self, name: str, what: str, times: int = 1) -> Job:
        subject = SUBJECTS[name]
        if subject.lacks.get("broken") == NO_NETWORK:  # its tags work on the emulators only
            self.world.backend = replace(self.world.backend, is_emulated=True)
        return subject.begin(self.world, subject.prompt(what, times))

    def submits(self, end: End) -> int:
        return end.submits + self.local.starts


@pytest.fixture
def bench(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Iterator[Bench]:
    params = getattr(getattr(request.node, "callspec", None), "params", {})
    with provider_world(CALL_S if params.get("what") == "slow" else PATIENT_S) as world:
        local = Counted(LocalProvider(world.clock.now))
        world.backend = replace(
            world.backend, providers={**world.backend.providers, "local": local}
        )
        yield Bench(world, local)
    told = capsys.readouterr()
    assert UNTOLD not in told.out + told.err


def who(what: str) -> pytest.MarkDecorator:
    """Every provider that can meet the fault."""
    return pytest.mark.parametrize(
        "name", [name for name, subject in SUBJECTS.items() if what in subject.words]
    )


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(providers.__path__, f"{providers.__name__}."):
        yield import_module(found.name)


def _classes(module: ModuleType) -> Iterator[type]:
    """The providers that the module defines: what has a provider's three methods."""
    for each in vars(module).values():
        is_its_own = isinstance(each, type) and each.__module__ == module.__name__
        if is_its_own and all(hasattr(each, name) for name in ("start", "poll", "cancel")):
            yield each


def test_every_provider_that_has_a_file_is_known_to_the_roster_and_is_here() -> None:
    here = {type(each) for each in (LocalProvider(), *speaking_to(Servers()).values())}
    by_file = set()
    for module in _modules():
        if hasattr(module, "set_up"):
            by_file.add(module.__name__.rpartition(".")[2].replace("_", "-"))
        for found in _classes(module):
            known = hasattr(module, "set_up") or vars(roster).get(found.__name__) is found
            assert known, f"{found}: it has no set_up, and roster.py does not know it"
            assert found in here, f"{found}: tests/support/provider_world.py makes none"
    assert set(SUBJECTS) == {*roster.PROVIDERS, *by_file}


def test_every_provider_has_each_fault_or_a_reason() -> None:
    for name, subject in SUBJECTS.items():
        assert subject.words.keys() | subject.lacks.keys() == FAULTS, name
        assert not subject.words.keys() & subject.lacks.keys(), name


@who("none")
def test_it_begins_once_finishes_and_is_paid_for(bench: Bench, name: str) -> None:
    end = bench.end_of(name, "none")
    assert (end.status, end.attempts, bench.submits(end)) == ("completed", 1, 1)
    assert (end.charged, end.released) == (SUBJECTS[name].held, 0)


@who("throttled")
def test_told_to_slow_down_it_spends_no_attempt(bench: Bench, name: str) -> None:
    end = bench.end_of(name, "throttled", 3)
    assert (end.status, end.attempts, end.snoozes) == ("completed", 1, 3)
    assert bench.submits(end) == 4


@who("away")
def test_away_before_the_work_it_is_tried_again(bench: Bench, name: str) -> None:
    end = bench.end_of(name, "away", 2)
    assert (end.status, end.attempts, bench.submits(end)) == ("completed", 3, 3)


@who("away")
def test_away_for_ever_it_ends_after_five_attempts_for_free(bench: Bench, name: str) -> None:
    end = bench.end_of(name, "away", 9)
    assert (end.status, end.code) == ("failed", "provider-unavailable")
    assert (end.attempts, bench.submits(end), end.charged, end.is_dead) == (5, 5, 0, True)


@who("broken")
def test_broken_amid_the_work_it_is_begun_twice_at_most(bench: Bench, name: str) -> None:
    end = bench.end_of(name, "broken", 9)
    assert (end.status, end.charged, end.is_dead) == ("failed", 0, True)
    assert end.attempts == end.submits == SUBJECTS[name].attempts_when_broken


@who("refused")
def test_a_request_that_it_refuses_is_final_and_free(bench: Bench, name: str) -> None:
    end = bench.end_of(name, "refused")
    assert (end.status, end.code, end.attempts) == ("failed", "provider-rejected", 1)
    assert (bench.submits(end), end.charged, end.is_dead) == (1, 0, False)


@who("denied")
def test_an_installation_that_it_refuses_is_told_to_its_operator(
    bench: Bench, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    end = bench.end_of(name, "denied")
    assert (end.status, end.code, end.attempts) == ("failed", "provider-not-allowed", 1)
    assert (end.submits, end.charged) == (1, 0)
    told = capsys.readouterr()
    assert "provider.misconfigured" in told.out + told.err


@who("blocked")
def test_what_its_safety_filter_refuses_is_final_and_free_for_the_user(
    bench: Bench, name: str
) -> None:
    end = bench.end_of(name, "blocked")
    assert (end.status, end.attempts, bench.submits(end), end.charged) == ("failed", 1, 1, 0)


@pytest.mark.parametrize("what", ["lost", "slow", "nonsense"])
@who("lost")
def test_an_answer_that_does_not_arrive_is_made_up_for_once(
    bench: Bench, name: str, what: str
) -> None:
    """By a second start where the first cannot be found again."""
    end = bench.end_of(name, what)
    assert (end.status, end.released) == ("completed", 0)
    assert end.submits == end.attempts <= BILLED_STARTS_MAX


@who("lost")
def test_answers_that_never_arrive_cost_two_starts_at_most(bench: Bench, name: str) -> None:
    end = bench.end_of(name, "lost", 99)
    assert end.submits == end.attempts <= BILLED_STARTS_MAX


@who("pending")
def test_work_that_takes_its_time_is_asked_about_and_begun_once(bench: Bench, name: str) -> None:
    end = bench.end_of(name, "pending", 9)
    assert (end.status, end.attempts, end.submits) == ("completed", 1, 1)
    assert bench.world.servers.questions >= 10


@who("unasked")
def test_a_question_that_fails_is_asked_again_and_nothing_is_begun_anew(
    bench: Bench, name: str
) -> None:
    end = bench.end_of(name, "unasked", 5)
    assert (end.status, end.attempts, end.submits) == ("completed", 1, 1)
    assert bench.world.servers.questions >= 6


@who("gone")
def test_work_that_is_gone_is_begun_twice_at_most(bench: Bench, name: str) -> None:
    """Once where the second attempt finds what the first has begun: it is as gone as it was."""
    end = bench.end_of(name, "gone")
    assert (end.status, end.attempts, end.charged) == ("failed", 2, 0)
    assert 1 <= end.submits <= end.attempts


@who("pending")
def test_work_that_never_ends_is_given_up_and_told_to_stop(bench: Bench, name: str) -> None:
    end = bench.end_of(name, "pending", FOR_EVER)
    assert (end.status, end.code) == ("failed", "provider-overrun")
    assert (end.attempts, end.submits, end.charged) == (2, 2, 0)
    assert bool(bench.world.servers.cancels) is SUBJECTS[name].can_be_stopped


@who("pending")
def test_a_job_that_is_cancelled_while_it_runs_is_stopped_and_paid_for_where_the_bill_goes_on(
    bench: Bench, name: str
) -> None:
    world, job = bench.world, bench.begin(name, "pending", FOR_EVER)
    world.deliver_all()
    assert world.job(job.id).handle is not None
    world.cancel(job.id, acceptCharge=True)
    end = world.end_of(job)

    stops_bill = world.backend.catalogue.models[job.model].cancel_stops_bill
    assert (end.status, end.submits) == (JobStatus.CANCELLED.value, 1)
    assert end.charged == (0 if stops_bill else SUBJECTS[name].held)
    assert bool(world.servers.cancels) is SUBJECTS[name].can_be_stopped
    assert world.job(job.id).handle is None
