"""While a model's provider is out of order its jobs wait: no attempt is spent, and nobody is asked."""

from dataclasses import dataclass, replace

import pytest

from mediaforge.contract import documents as at
from mediaforge.domain.errors import (
    BusyError,
    FileTooLargeError,
    NotAllowedError,
    NothingMadeError,
    ProviderError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.domain.jobs.breakers import FAILURES_MAX, OPEN_S_MIN, TRIAL_SLACK_S
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.ports.provider import ProviderRequest, Running
from mediaforge.services.jobs.breakers import SharedBreakers
from mediaforge.services.jobs.run import run_job
from tests.memory.media import MemoryMedia
from tests.support.operations import LongProvider
from tests.support.pictures import PICTURE
from tests.support.world import World, logged

MODEL = "local-image"
CALL_S = 100.0
TRIAL_S = CALL_S + TRIAL_SLACK_S


@pytest.fixture
def provider() -> LongProvider:
    return LongProvider(polls=0)


@pytest.fixture
def world(provider: LongProvider) -> World:
    """With a model that may be out of order, as those of a network are."""
    world = World(provider=provider)
    models = dict(world.backend.catalogue.models)
    models[MODEL] = models[MODEL].model_copy(update={"has_breaker": True})
    catalogue = world.backend.catalogue.model_copy(update={"models": models})
    world.backend = replace(world.backend, catalogue=catalogue)
    world.set_tier("pro")
    return world


def out_of_order(times: int) -> list[UnavailableError]:
    return [UnavailableError("provider-unavailable", "503") for _ in range(times)]


def submit(world: World, number: int) -> list[Job]:
    return [world.submit(f"lighthouse {n}").job for n in range(number)]


def test_after_failures_in_a_row_jobs_wait_and_spend_no_attempt(
    world: World, provider: LongProvider
) -> None:
    provider.refusals[:] = out_of_order(FAILURES_MAX)
    jobs = submit(world, FAILURES_MAX + 3)
    world.deliver_all()

    waiting = [world.job(job.id) for job in jobs[FAILURES_MAX:]]
    assert {(job.status, job.attempts) for job in waiting} == {(JobStatus.QUEUED, 0)}
    assert all(job.not_before and job.not_before >= world.at(OPEN_S_MIN) for job in waiting)
    assert len(provider.requests) == FAILURES_MAX


def test_all_are_completed_when_the_provider_is_well_again(
    world: World, provider: LongProvider
) -> None:
    provider.refusals[:] = out_of_order(FAILURES_MAX)
    jobs = submit(world, 10)
    world.run_until_quiet()
    world.assert_promises()

    done = [world.job(job.id) for job in jobs]
    assert {job.status for job in done} == {JobStatus.COMPLETED}
    assert max(job.attempts for job in done) == 2
    assert f"breakers/{MODEL}" not in world.documents.paths()


def test_other_processes_learn_of_it(world: World) -> None:
    mine, theirs = (SharedBreakers(world.documents, world.clock) for _ in range(2))
    for _ in range(FAILURES_MAX):
        mine.note_failure(MODEL, world.clock.now())

    assert theirs.admit(MODEL, CALL_S, "ann") == OPEN_S_MIN
    assert theirs.admit("another", CALL_S, "ann") == 0


def test_it_says_in_the_log_that_it_opened_and_closed(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    breakers = world.backend.breakers
    for _ in range(FAILURES_MAX):
        breakers.note_failure(MODEL, world.clock.now())
    assert [line["model"] for line in logged(capsys, "breaker.opened")] == [MODEL]
    world.clock.advance(OPEN_S_MIN)
    breakers.note_success(MODEL, world.clock.now())
    assert [line["model"] for line in logged(capsys, "breaker.closed")] == [MODEL]


def test_success_costs_no_write_while_nothing_has_failed(world: World) -> None:
    world.backend.breakers.note_success(MODEL, world.clock.now())
    assert f"breakers/{MODEL}" not in world.documents.paths()


def test_what_is_already_running_is_asked_about_all_the_same(
    world: World, provider: LongProvider
) -> None:
    provider.polls = 1
    job = world.submit().job
    world.deliver_all()
    for _ in range(FAILURES_MAX):
        world.backend.breakers.note_failure(MODEL, world.clock.now())
    world.clock.advance(10)
    world.deliver_all()

    assert provider.asked == [f"{job.id}/1"]


def test_one_job_tries_after_an_outage_and_the_others_wait_for_it(
    world: World, provider: LongProvider
) -> None:
    for _ in range(FAILURES_MAX):
        world.backend.breakers.note_failure(MODEL, world.clock.now())
    world.clock.advance(OPEN_S_MIN)
    jobs = submit(world, 3)
    provider.meanwhile.append(lambda: [world.deliver(job.id) for job in jobs[1:]])
    world.deliver_all()

    assert [request.job_id for request in provider.requests] == [jobs[0].id]
    world.run_until_quiet()
    assert {world.job(job.id).attempts for job in jobs} == {1}


@pytest.fixture
def broken_down(world: World) -> World:
    """With a model that was out of order until now."""
    for _ in range(FAILURES_MAX):
        world.backend.breakers.note_failure(MODEL, world.clock.now())
    world.clock.advance(OPEN_S_MIN)
    return world


def test_a_job_that_asks_nobody_uses_up_no_try(broken_down: World, provider: LongProvider) -> None:
    gone = {"path": "references/ann/gone.png", "mode": "style_only"}
    hopeless, other = broken_down.submit(references=[gone]).job, broken_down.submit().job
    broken_down.deliver(hopeless.id)
    broken_down.deliver(other.id)

    assert broken_down.job(hopeless.id).status is JobStatus.FAILED
    assert [request.job_id for request in provider.requests] == [other.id]


@pytest.mark.parametrize("kind", [NotAllowedError, UnavailableError])
def test_what_was_wrong_before_anybody_was_asked_changes_nothing(
    broken_down: World, provider: LongProvider, kind: type[ProviderError]
) -> None:
    before = broken_down.documents.get(at.breaker(MODEL))
    provider.refusals.append(kind("provider-misconfigured", "no signature", was_asked=False))
    broken_down.deliver(broken_down.submit().job.id)
    assert before is not None
    assert broken_down.documents.get(at.breaker(MODEL)) == before


@pytest.mark.parametrize("broken", [BusyError("too many writers"), RuntimeError("odd")])
def test_a_claim_that_is_not_committed_uses_up_no_try(
    broken_down: World, provider: LongProvider, broken: Exception
) -> None:
    job, other = submit(broken_down, 2)

    def meet_others() -> None:
        raise broken

    # The breaker's own unit of work comes first.
    broken_down.documents.meanwhile = [lambda: None, meet_others]
    with pytest.raises(type(broken)):
        run_job(broken_down.backend, job.id)
    broken_down.deliver(other.id)
    assert [request.job_id for request in provider.requests] == [other.id]


class Loading(LongProvider):
    """Reads its references before it asks anybody."""

    def start(self, request: ProviderRequest) -> Running:
        for reference in request.references:
            reference.load()
        return super().start(request)


@dataclass
class Unloadable(MemoryMedia):
    """Files whose first bytes can be read, and not all of them."""

    trouble: Exception | None = None

    def load(self, path: str, generation: int | None = None) -> bytes | None:
        if self.trouble is not None:
            raise self.trouble
        return None


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (BusyError("Storage: 503"), JobStatus.PROCESSING),
        (FileTooLargeError("too large"), JobStatus.FAILED),
        (None, JobStatus.FAILED),
    ],
    ids=["busy", "large", "gone"],
)
def test_whose_reference_cannot_be_read_uses_up_no_try_and_was_not_billed(
    broken_down: World, trouble: Exception | None, status: JobStatus
) -> None:
    path, loading = "references/ann/a.png", Loading(polls=0)
    media = Unloadable(files={path: PICTURE}, trouble=trouble)
    broken_down.backend = replace(broken_down.backend, media=media, providers={"local": loading})
    job = broken_down.submit(references=[{"path": path, "mode": "style_only"}]).job
    other = broken_down.submit().job
    broken_down.deliver(job.id)
    after = broken_down.job(job.id)
    assert (after.status, after.may_have_billed, after.was_asked) == (status, 0, False)
    broken_down.deliver(other.id)
    assert [request.job_id for request in loading.requests] == [other.id]


def test_a_start_that_breaks_uses_up_no_try_and_stays_counted(
    broken_down: World, provider: LongProvider
) -> None:
    def break_down() -> None:
        raise RuntimeError("a bug of ours")

    job, other = submit(broken_down, 2)
    provider.meanwhile.append(break_down)
    broken_down.deliver(job.id)
    assert broken_down.job(job.id).may_have_billed == 1
    broken_down.deliver(other.id)
    assert broken_down.job(other.id).attempts == 1


def test_a_job_whose_view_is_gone_uses_up_no_try(
    broken_down: World, provider: LongProvider
) -> None:
    forgotten, other = submit(broken_down, 2)
    broken_down.documents.overwrite(at.view_path(forgotten), None)
    assert broken_down.deliver(forgotten.id) == "forgotten"
    broken_down.deliver(other.id)
    assert [request.job_id for request in provider.requests] == [other.id]


def test_a_try_that_nobody_hears_of_again_is_followed_by_another(world: World) -> None:
    breakers = world.backend.breakers
    for _ in range(FAILURES_MAX):
        breakers.note_failure(MODEL, world.clock.now())
    world.clock.advance(OPEN_S_MIN)

    assert (breakers.admit(MODEL, CALL_S, "ann"), breakers.admit(MODEL, CALL_S, "ann")) == (
        0,
        TRIAL_S,
    )
    world.clock.advance(TRIAL_S)
    assert breakers.admit(MODEL, CALL_S, "ann") == 0


def test_a_try_is_alone_for_as_long_as_its_model_may_take(
    world: World, provider: LongProvider
) -> None:
    models = dict(world.backend.catalogue.models)
    models[MODEL] = models[MODEL].model_copy(update={"start_s_max": 240})
    catalogue = world.backend.catalogue.model_copy(update={"models": models})
    world.backend = replace(world.backend, catalogue=catalogue)
    for _ in range(FAILURES_MAX):
        world.backend.breakers.note_failure(MODEL, world.clock.now())
    world.clock.advance(OPEN_S_MIN)
    tries, *others = submit(world, 3)

    def the_others_come() -> None:
        world.clock.advance(235)
        for job in others:
            world.deliver(job.id)

    provider.meanwhile.append(the_others_come)
    world.deliver(tries.id)
    assert [request.job_id for request in provider.requests] == [tries.id]


def test_a_failure_of_what_was_begun_before_an_outage_does_not_prolong_it(world: World) -> None:
    breakers, begun_at = world.backend.breakers, world.clock.now()
    for _ in range(FAILURES_MAX):
        breakers.note_failure(MODEL, begun_at)
    for late_s in (OPEN_S_MIN, 60, 120):
        world.clock.advance(late_s)
        breakers.note_failure(MODEL, begun_at)
    assert breakers.open_s(MODEL) == 0


def test_what_was_begun_before_an_outage_does_not_end_it(world: World) -> None:
    breakers = world.backend.breakers
    for _ in range(FAILURES_MAX):
        breakers.note_failure(MODEL, world.clock.now())
    begun_at = world.clock.now()
    breakers.note_success(MODEL, begun_at)
    assert breakers.admit(MODEL, CALL_S, "ann") == OPEN_S_MIN
    world.clock.advance(OPEN_S_MIN)
    breakers.note_success(MODEL, begun_at)
    assert breakers.admit(MODEL, CALL_S, "ann") == 0
    assert breakers.admit(MODEL, CALL_S, "ann") == TRIAL_S


@pytest.mark.parametrize(
    "answer",
    [
        RejectedError("content-blocked", "no"),
        ThrottledError("throttled", "slow down"),
        NothingMadeError("no-image", "not this time"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_answer_about_one_job_is_no_outage(
    world: World, provider: LongProvider, answer: ProviderError
) -> None:
    provider.refusals[:] = [answer] * FAILURES_MAX
    submit(world, FAILURES_MAX)
    world.deliver_all()

    assert len(provider.requests) == FAILURES_MAX
    assert world.backend.breakers.open_s(MODEL) == 0
