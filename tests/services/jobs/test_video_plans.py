"""What a video may be asked for, as its model says; what is wrong names its field and costs nothing."""

from typing import Any

import pytest

from mediaforge.contract.requests import GenerateVideo, parse
from mediaforge.domain.errors import InvalidRequestError, ModelNotInTierError
from mediaforge.domain.jobs.job import Job, VideoChoice
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.services.jobs.submit import submit_job
from tests.support.operations import LongProvider
from tests.support.pictures import MINE
from tests.support.world import ANN, World

VEO, OMNI = "veo-3.1-fast-generate-001", "gemini-omni-1.2-flash"
REFERENCE = {"path": "references/ann/a.png", "mode": "style_only"}
FRAME = {"path": "references/ann/f.png"}


@pytest.fixture
def world() -> World:
    world = World(provider=LongProvider())
    providers = dict.fromkeys(("local", "veo", "omni", "runpod"), world.provider)
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
    ({"model": VEO, "lastFrame": FRAME}, "lastFrame"),
    ({"model": OMNI, "lastFrame": FRAME}, "lastFrame"),
    ({"model": OMNI, "durationSeconds": 16}, "durationSeconds"),
    ({"model": OMNI, "durationSeconds": 11, "firstFrame": FRAME}, "durationSeconds"),
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


@pytest.mark.parametrize("model", [VEO, OMNI])
def test_a_model_that_goes_from_frame_to_frame_takes_both_or_the_first(
    world: World, model: str
) -> None:
    path = FRAME["path"]
    both = film(world, model=model, firstFrame=FRAME, lastFrame=FRAME).video
    first = film(world, model=model, firstFrame=FRAME).video

    assert both is not None
    assert (both.first_frame, both.last_frame) == (path, path)
    assert first is not None
    assert (first.first_frame, first.last_frame) == (path, None)


def test_a_last_frame_alone_is_refused_with_what_it_needs(world: World) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        film(world, model=VEO, lastFrame=FRAME)
    (error,) = refused.value.details["fieldErrors"]
    assert error["field"] == "lastFrame"
    assert "firstFrame" in error["message"]


def test_the_built_in_film_maker_takes_a_last_frame_alone(world: World) -> None:
    video = film(world, lastFrame=FRAME).video

    assert video is not None
    assert (video.first_frame, video.last_frame) == (None, FRAME["path"])


def test_references_give_a_model_that_needs_it_their_length(world: World) -> None:
    world.media.files[REFERENCE["path"]] = MINE
    job = film(world, model=VEO, references=[REFERENCE])

    assert job.video is not None
    assert job.video.duration_s == 8


def test_a_retired_name_resolves_and_says_so(world: World) -> None:
    request = parse(GenerateVideo, {"prompt": "waves", "model": "veo-3.1-fast-generate-preview"})
    submission = submit_job(world.backend, ANN, request)

    assert submission.job.model == OMNI
    assert "shut down" in submission.notes[0]


def test_the_free_tier_has_no_video() -> None:
    with pytest.raises(ModelNotInTierError):
        film(World())
