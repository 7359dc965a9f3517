"""While a model's provider is out of order its jobs wait: no attempt is spent, and nobody is asked."""

from dataclasses import replace

import pytest

from mediaforge.domain.breakers import FAILURES_MAX, OPEN_S_MIN
from mediaforge.domain.errors import UnavailableError
from mediaforge.domain.jobs import Job, JobStatus
from mediaforge.services.breakers import SharedBreakers
from tests.support.operations import LongProvider
from tests.support.world import World, logged

MODEL = "local-image"


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
        mine.note_failure(MODEL)

    assert theirs.open_s(MODEL) == OPEN_S_MIN
    assert theirs.open_s("another") == 0


def test_it_says_in_the_log_that_it_opened_and_closed(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    breakers = world.backend.breakers
    for _ in range(FAILURES_MAX):
        breakers.note_failure(MODEL)
    assert [line["model"] for line in logged(capsys, "breaker.opened")] == [MODEL]
    breakers.note_success(MODEL)
    assert [line["model"] for line in logged(capsys, "breaker.closed")] == [MODEL]


def test_success_costs_no_write_while_nothing_has_failed(world: World) -> None:
    world.backend.breakers.note_success(MODEL)
    assert f"breakers/{MODEL}" not in world.documents.paths()


def test_what_is_already_running_is_asked_about_all_the_same(
    world: World, provider: LongProvider
) -> None:
    provider.polls = 1
    job = world.submit().job
    world.deliver_all()
    for _ in range(FAILURES_MAX):
        world.backend.breakers.note_failure(MODEL)
    world.clock.advance(10)
    world.deliver_all()

    assert provider.asked == [f"{job.id}/1"]
