"""A job whose model its owner has shut down goes on, once, with the model that its alias names."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.services.jobs.succession import heir_of
from tests.support.provider_world import (
    REFERENCES,
    Ends,
    ProviderWorld,
    catalogue_with,
    provider_world,
)

_GONE = """
[models.veo-gone]
title = "Shut down before its day"
kind = "video"
provider = "veo"
queue = "runVertexVideo"
price_credits = 12
references_max = 3
sizes = "video"
size_names = ["720p", "1080p"]
price_credits_by_size = { "1080p" = 10 }
retires = 2026-12-24
video = { durations_s = [8, 2, 12], fps = [24], takes_first_frame = true }

[aliases.veo-gone]
model = "gemini-omni-1.2-flash"
note = "veo-gone is not offered any more; gemini-omni-1.2-flash is used."

[models.image-gone]
title = "Shut down before its day"
kind = "image"
provider = "vertex"
queue = "runVertexImage"
price_credits = 8
count_max = 4
sizes = "wide"
size_names = ["1K", "512"]
retires = 2026-12-24

[aliases.image-gone]
model = "image-gone-too"
note = "image-gone is not offered any more; image-gone-too is used."

[models.image-gone-too]
title = "Shut down before its day"
kind = "image"
provider = "vertex"
queue = "runVertexImage"
price_credits = 8
count_max = 4
sizes = "wide"
size_names = ["1K"]
retires = 2026-12-24

[aliases.image-gone-too]
model = "gemini-nano-banana-2.1"
note = "image-gone-too is not offered any more; gemini-nano-banana-2.1 is used."

[models.image-cheap]
title = "Sold for less than its heir, and for more than that costs"
kind = "image"
provider = "vertex"
queue = "runVertexImage"
price_credits = 4
count_max = 4
references_max = 6
sizes = "wide"
size_names = ["1K"]
retires = 2026-12-24

[aliases.image-cheap]
model = "gemini-nano-banana-2.1"
note = "image-cheap is not offered any more; gemini-nano-banana-2.1 is used."
"""
CATALOGUE = catalogue_with(_GONE, "veo-gone", "image-gone", "image-gone-too", "image-cheap")
FILM, IMAGE = Ends(held=8 * 12), Ends(held=8)
FRAME = {"path": "references/ann/0.png"}


@pytest.fixture
def world() -> Iterator[ProviderWorld]:
    with provider_world() as world:
        world.backend = replace(world.backend, catalogue=CATALOGUE)
        yield world


def _view(world: ProviderWorld, job_id: str, kind: str) -> dict[str, Any]:
    found = world.documents.get(at.as_stored(at.Ref(f"generations/ann/{kind}/{job_id}", dict)))
    assert found is not None
    return found


def test_the_job_goes_on_with_the_heir_at_the_heir_s_price(world: ProviderWorld) -> None:
    job = world.film("waves", "veo-gone")
    assert world.end_of(job) == FILM.completed(submits=2, charged=8 * 9)
    assert [r.model for r in world.servers.models.of("predictLongRunning", "interactions")] == [
        "veo-gone",
        "gemini-omni-1.2-flash",
    ]


def test_the_view_says_so(world: ProviderWorld) -> None:
    job = world.film("waves", "veo-gone")
    assert _view(world, job.id, "videos")["replaced_model"] is None
    world.end_of(job)
    view = _view(world, job.id, "videos")
    assert view["model"] == view["generation_data"]["model"] == "gemini-omni-1.2-flash"
    assert view["replaced_model"] == {
        "model": "veo-gone",
        "note": "veo-gone is not offered any more; gemini-omni-1.2-flash is used.",
    }
    assert view["credits"] == {"estimated": 96, "charged": 72}


def test_it_goes_this_way_once(world: ProviderWorld) -> None:
    job = world.draw("a lighthouse", "image-gone")
    assert world.end_of(job) == IMAGE.refused("model-retired", submits=2)
    assert world.job(job.id).replaced is not None
    assert world.job(job.id).model == "image-gone-too"


def test_an_heir_that_was_asked_for_itself_is_found_at_once(world: ProviderWorld) -> None:
    job = world.draw("a lighthouse", "image-gone-too")
    assert world.end_of(job) == IMAGE.completed(submits=2, charged=5)


def test_a_dearer_heir_works_for_what_was_agreed_where_that_covers_its_cost(
    world: ProviderWorld,
) -> None:
    job = world.draw("a lighthouse", "image-cheap")
    assert world.end_of(job) == Ends(held=4).completed(submits=2, charged=4)


def test_a_dearer_heir_does_nothing_for_less_than_it_costs(world: ProviderWorld) -> None:
    job = world.draw("a lighthouse", "image-cheap", references=REFERENCES)
    assert heir_of(world.backend, world.job(job.id)) is None
    assert world.end_of(job) == Ends(held=4).refused("model-retired")


@pytest.mark.parametrize(
    "fields",
    [
        {"durationSeconds": 2},  # no length of the heir's
        {"resolution": "1080p"},  # dearer than what was agreed
        {"durationSeconds": 12, "firstFrame": FRAME},  # with frames the heir is shorter
    ],
    ids=str,
)
def test_what_the_heir_does_not_make_for_as_much_fails_for_free(
    world: ProviderWorld, fields: dict[str, Any]
) -> None:
    job = world.film("waves", "veo-gone", **fields)
    ended = world.end_of(job)
    assert (ended.status, ended.code, ended.submits) == ("failed", "model-retired", 1)
    assert (ended.charged, ended.released) == (0, job.estimated_credits)


def test_a_size_that_the_heir_has_not_fails_for_free(world: ProviderWorld) -> None:
    job = world.draw("a lighthouse", "image-gone", width=512, height=512)
    assert heir_of(world.backend, world.job(job.id)) is None
    assert world.end_of(job) == IMAGE.refused("model-retired")


def test_a_worker_that_dies_after_the_decision_leaves_a_job_that_goes_on(
    world: ProviderWorld,
) -> None:
    """What was decided is recorded before the heir is asked: a lost task is delivered again."""
    job = world.film("waves", "veo-gone")
    world.deliver(job.id)
    replaced = world.job(job.id)
    assert (replaced.model, replaced.attempts, replaced.may_have_billed) == (
        "gemini-omni-1.2-flash", 0, 0
    )  # fmt: skip
    world.tasks.queued.clear()
    assert world.end_of(job) == FILM.completed(submits=2, charged=8 * 9)
