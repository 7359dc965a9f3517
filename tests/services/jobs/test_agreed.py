"""A job is run as it was agreed, whatever has left the catalogue or the project since it was submitted."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from mediaforge.contract.requests import GenerateVideo, parse
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.ports.provider import Finished, ProviderRequest
from mediaforge.services.jobs.control import retry_job
from mediaforge.services.jobs.submit import submit_job
from tests.support.operations import LongProvider
from tests.support.world import ANN, InstantProvider, World, logged


class AttentiveProvider(InstantProvider):
    """Keeps what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[ProviderRequest] = []

    def start(self, request: ProviderRequest) -> Finished:
        self.requests.append(request)
        return super().start(request)


@pytest.fixture
def provider() -> AttentiveProvider:
    return AttentiveProvider()


@pytest.fixture
def world(provider: AttentiveProvider) -> World:
    return World(provider=provider)


def change(world: World, **tables: Mapping[str, Any]) -> None:
    """The next deploy's catalogue."""
    catalogue = world.backend.catalogue.model_copy(update=tables)
    world.backend = replace(world.backend, catalogue=catalogue)


def of_an_earlier_version(world: World, job: Job) -> None:
    """As it was written before jobs kept the words of their style."""
    world.forget(f"jobs/{job.id}", "style", "negative_prompt")


def words(provider: AttentiveProvider) -> list[tuple[str, str]]:
    return [(request.style, request.negative_prompt) for request in provider.requests]


PHOTOGRAPHIC = (
    "photograph, natural light, shallow depth of field",
    "people, illustration, drawing",
)


# ---- styles ------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_gone", [True, False], ids=["gone", "with-other-words"])
def test_a_style_is_the_one_that_was_agreed(
    world: World, provider: AttentiveProvider, is_gone: bool
) -> None:
    job = world.submit(styleId="photographic", negativePrompt="people").job
    ink = world.backend.catalogue.styles["ink"]
    change(world, styles={} if is_gone else {"photographic": ink})

    world.run_until_quiet()

    assert words(provider) == [PHOTOGRAPHIC]
    assert (world.job(job.id).status, world.account().available) == (JobStatus.COMPLETED, 98)


def test_a_film_s_style_is_the_one_that_was_agreed() -> None:
    provider = LongProvider()
    world = World(provider=provider)
    world.set_tier("pro")
    payload = {"prompt": "waves", "styleId": "photographic", "negativePrompt": "people"}
    submit_job(world.backend, ANN, parse(GenerateVideo, payload))
    change(world, styles={})

    world.run_until_quiet()

    (request,) = provider.requests
    assert (request.style, request.negative_prompt) == PHOTOGRAPHIC


def test_a_job_of_an_earlier_version_has_its_style_as_long_as_there_is_one(
    world: World, provider: AttentiveProvider
) -> None:
    job = world.submit(styleId="photographic", negativePrompt="people").job
    plain = world.submit(negativePrompt="people").job
    of_an_earlier_version(world, job)
    of_an_earlier_version(world, plain)

    world.run_until_quiet()

    assert words(provider) == [PHOTOGRAPHIC, ("", "people")]


def test_a_job_of_an_earlier_version_whose_style_is_gone_is_refused_and_not_made_without(
    world: World, provider: AttentiveProvider
) -> None:
    job = world.submit(styleId="ink").job
    of_an_earlier_version(world, job)
    change(world, styles={})

    world.run_until_quiet()

    ended = world.job(job.id)
    assert ended.error is not None
    assert (ended.status, ended.error.code) == (JobStatus.FAILED, "style-missing")
    assert "ink" in ended.error.message
    assert (provider.requests, world.account().available, world.account().held) == ([], 100, 0)


# ---- models and providers ----------------------------------------------------------------------


def test_a_model_that_has_left_the_catalogue_still_makes_what_it_was_asked_for(
    world: World, provider: AttentiveProvider
) -> None:
    job = world.submit(model="local-image", aspectRatio="16:9", count=2).job
    models = {n: m for n, m in world.backend.catalogue.models.items() if n != "local-image"}
    change(world, models=models)

    world.run_until_quiet()

    (request,) = provider.requests
    assert (request.model, request.width_px, request.height_px) == ("local-image", 1376, 768)
    assert (world.job(job.id).charged_credits, world.account().available) == (4, 96)


def test_a_provider_that_is_set_up_no_longer_costs_nothing_and_is_reported(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    job = world.submit().job
    world.backend = replace(world.backend, providers={})

    world.run_until_quiet()

    ended = world.job(job.id)
    assert ended.error is not None
    assert (ended.status, ended.error.code, ended.attempts) == (
        JobStatus.FAILED,
        "provider-missing",
        1,
    )
    assert (world.account().available, world.account().held) == (100, 0)
    (line,) = logged(capsys, "provider.missing")
    assert (line["severity"], line["provider"], line["model"]) == ("ERROR", "local", "local-image")


@pytest.mark.parametrize("comes_back", [True, False], ids=["back", "gone"])
def test_what_runs_at_a_provider_that_is_set_up_no_longer_is_waited_for_as_long_as_it_may_take(
    comes_back: bool,
) -> None:
    provider = LongProvider()
    world = World(provider=provider)
    world.set_tier("pro")
    job = submit_job(world.backend, ANN, parse(GenerateVideo, {"prompt": "waves"})).job
    world.deliver_all()
    there = world.backend
    world.backend = replace(there, providers={})
    world.clock.advance(60)
    world.deliver_all()
    assert world.job(job.id).handle is not None
    if comes_back:
        world.backend = there

    world.run_until_quiet()

    ended = world.job(job.id)
    code = ended.error and ended.error.code
    if comes_back:
        assert (ended.status, code, provider.starts) == (
            JobStatus.COMPLETED,
            None,
            [f"{job.id}/1"],
        )
    else:
        assert (ended.status, code) == (JobStatus.FAILED, "provider-missing")
        assert (world.account().held, world.account().available) == (0, 100)


# ---- what was answered stays answered ----------------------------------------------------------


def test_a_retry_that_is_sent_again_is_answered_though_its_style_has_left(world: World) -> None:
    first = world.finish("[[blocked]]", styleId="ink")
    retried = retry_job(world.backend, ANN, first.id)
    change(world, styles={})

    assert retry_job(world.backend, ANN, first.id).id == retried.id
