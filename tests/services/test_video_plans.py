"""What a video may be asked for, as its model says; what is wrong names its field and costs nothing."""

from typing import Any

import pytest

from mediaforge.contract.requests import GenerateVideo, parse
from mediaforge.domain.errors import InvalidRequestError, ModelNotInTierError
from mediaforge.domain.jobs import Job, JobKind, VideoChoice
from mediaforge.services.submit import submit_job
from tests.support.operations import LongProvider
from tests.support.world import ANN, World

VEO = "veo-3.1-fast-generate-001"
REFERENCE = {"path": "references/ann/a.png", "mode": "style_only"}
FRAME = {"path": "references/ann/f.png"}


@pytest.fixture
def world() -> World:
    world = World(provider=LongProvider())
    providers = dict.fromkeys(("local", "veo", "runpod"), world.provider)
    object.__setattr__(world.backend, "providers", providers)
    world.set_tier("pro")
    world.grant(5000)
    return world


def film(world: World, **fields: Any) -> Job:
    payload = {"prompt": "waves", **fields}
    return submit_job(world.backend, ANN, parse(GenerateVideo, payload)).job


def test_without_a_wish_the_model_s_first_is_taken(world: World) -> None:
    job = film(world)

    assert (job.kind, job.model, job.queue) == (JobKind.VIDEO, "local-video", "runLocalVideo")
    assert job.video == VideoChoice(duration_s=4, fps=24, has_audio=True)
    assert (job.width_px, job.height_px, job.size_name) == (1280, 720, "720p")


def test_every_wish_is_kept(world: World) -> None:
    job = film(
        world,
        durationSeconds=7,
        fps=12,
        resolution="360p",
        aspectRatio="9:16",
        generateAudio=False,
        firstFrame=FRAME,
        lastFrame=FRAME,
        seed=9,
    )

    path = FRAME["path"]
    assert job.video == VideoChoice(7, 12, False, first_frame=path, last_frame=path)
    assert (job.width_px, job.height_px, job.aspect_ratio, job.seed) == (360, 640, "9:16", 9)


@pytest.mark.parametrize(
    ("fields", "price"),
    [
        ({"durationSeconds": 3}, 3),
        ({"model": VEO, "durationSeconds": 4}, 48),
        ({"model": VEO, "durationSeconds": 8, "resolution": "1080p"}, 120),
        ({"model": VEO, "resolution": "4k"}, 288),
    ],
)
def test_a_second_has_its_price_by_size(world: World, fields: dict[str, Any], price: int) -> None:
    assert film(world, **fields).estimated_credits == price


WRONG = [
    ({"durationSeconds": 11}, "durationSeconds"),
    ({"model": VEO, "durationSeconds": 5}, "durationSeconds"),
    ({"model": VEO, "durationSeconds": 4, "references": [REFERENCE]}, "durationSeconds"),
    ({"fps": 23}, "fps"),
    ({"resolution": "4k"}, "resolution"),
    ({"resolution": "720p", "width": 640, "height": 360}, "resolution"),
    ({"model": "runpod-video", "generateAudio": True}, "generateAudio"),
    ({"model": "runpod-video", "lastFrame": FRAME}, "lastFrame"),
    ({"model": VEO, "firstFrame": FRAME, "references": [REFERENCE]}, "firstFrame"),
    ({"firstFrame": {"path": "references/bob/f.png"}}, "firstFrame.path"),
    ({"model": VEO, "references": [REFERENCE] * 4}, "references"),
    ({"model": VEO, "brandId": "b"}, "brandId"),
    ({"model": "local-image"}, "model"),
    ({"model": "gemini-3.8-flash"}, "model"),
    ({"aspectRatio": "1:1"}, "aspectRatio"),
    ({"width": 100, "height": 5000}, "height"),
    ({"model": VEO, "width": 640, "height": 640}, "width"),
    ({"styleId": "nobody"}, "styleId"),
    ({"estimatedCredits": 3}, "estimatedCredits"),
]


@pytest.mark.parametrize(
    ("fields", "named"), WRONG, ids=[f"{named}-{n}" for n, (_, named) in enumerate(WRONG)]
)
def test_what_a_model_does_not_do_names_the_field_and_leaves_nothing(
    world: World, fields: dict[str, Any], named: str
) -> None:
    before = world.contents()
    with pytest.raises(InvalidRequestError) as refused:
        film(world, **fields)

    assert named in [error["field"] for error in refused.value.details["fieldErrors"]]
    assert world.contents() == before


def test_references_give_a_model_that_needs_it_their_length(world: World) -> None:
    world.media.files[REFERENCE["path"]] = b"mine"
    job = film(world, model=VEO, references=[REFERENCE])

    assert job.video is not None
    assert job.video.duration_s == 8


def test_a_retired_name_resolves_and_says_so(world: World) -> None:
    request = parse(GenerateVideo, {"prompt": "waves", "model": "veo-3.1-fast-generate-preview"})
    submission = submit_job(world.backend, ANN, request)

    assert submission.job.model == VEO
    assert "shut down" in submission.notes[0]


def test_the_free_tier_has_no_video() -> None:
    with pytest.raises(ModelNotInTierError):
        film(World())
