"""What shows a job is changed where the job is, and nowhere else: whatever somebody keeps beside it stays."""

from collections.abc import Callable
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import GenerateImage, GenerateVideo, TrainBrand, parse
from mediaforge.contract.views import MARKS, view_of
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.library.brands import brand_of
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.watch.invariants import check_invariants
from tests.support.operations import LongProvider
from tests.support.pictures import PNG_HEAD
from tests.support.world import ANN, InstantProvider, World

MARKED: dict[str, Any] = {"favourite": True, "tags": ["sea"], "cover": 1}
UPLOADS = [f"references/ann/{number}.png" for number in range(5)]
VIDEO = parse(GenerateVideo, {"prompt": "waves"})
TRAINING = parse(
    TrainBrand,
    {"name": "Acme", "references": [{"path": path, "mode": "style_only"} for path in UPLOADS]},
)


def image(prompt: str) -> GenerateImage:
    return parse(GenerateImage, {"prompt": prompt})


def submitted(request: Any) -> tuple[World, Job]:
    world = World(provider=InstantProvider() if type(request) is GenerateImage else LongProvider())
    world.set_tier("pro")
    world.grant(1000)
    for path in UPLOADS:
        world.media.save(path, PNG_HEAD, "image/png", "t")
    return world, submit_job(world.backend, ANN, request).job


def live(world: World, _: Job) -> None:
    world.run_until_quiet()


def cancelled(world: World, job: Job) -> None:
    world.deliver(job.id)
    world.cancel(job.id)
    world.run_until_quiet()


LIVES: dict[str, tuple[Any, Callable[[World, Job], None]]] = {
    "completed": (image("a lighthouse"), live),
    "tried again": (image("[[fail:transient:2]]"), live),
    "told to slow down": (image("[[throttle:2]]"), live),
    "failed": (image("[[fail:always]]"), live),
    "cancelled": (image("[[throttle:2]]"), cancelled),
    "a video": (VIDEO, live),
    "a training": (TRAINING, live),
}


@pytest.mark.parametrize("life", LIVES)
def test_what_somebody_keeps_on_a_view_survives_the_job(life: str) -> None:
    request, play = LIVES[life]
    world, job = submitted(request)
    world.overwrite(at.view_path(job), **MARKED)
    if job.brand_id:
        world.overwrite(f"brands/{job.brand_id}", cover=2)

    play(world, job)

    after = world.job(job.id)
    assert after.is_settled
    assert world.view(job.id) == at.dump(view_of(after)) | MARKED
    if job.brand_id:
        assert world.contents()[f"brands/{job.brand_id}"] == at.dump(brand_of(after)) | {"cover": 2}
    assert MARKED.keys() == MARKS


def test_a_user_s_marks_on_a_view_are_no_violation() -> None:
    world = World()
    job = world.finish()
    world.overwrite(at.view_path(job), **MARKED)
    assert check_invariants(world.backend) == []


@pytest.mark.parametrize("life", LIVES)
def test_what_was_agreed_never_changes(life: str) -> None:
    request, play = LIVES[life]
    world, job = submitted(request)
    agreed = world.contents()[f"jobs/{job.id}"]["wish"]
    play(world, job)
    assert world.contents()[f"jobs/{job.id}"]["wish"] == agreed
