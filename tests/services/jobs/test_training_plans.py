"""What a training may be asked for; what is wrong names its field and costs nothing."""

from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import TrainBrand, parse
from mediaforge.domain.errors import (
    InvalidRequestError,
    ModelNotInTierError,
    ReferenceUnreadableError,
)
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.library.uploads import Upload, UploadError, UploadStatus
from mediaforge.services.jobs.submit import submit_job
from tests.support.world import ANN, World


def picture(name: str) -> dict[str, str]:
    return {"path": f"references/ann/{name}.png", "mode": "style_only"}


FIVE = [picture(name) for name in "abcde"]


@pytest.fixture
def world() -> World:
    world = World()
    world.set_tier("pro")
    return world


def train(world: World, references: list[dict[str, str]]) -> Job:
    payload = {"name": "Acme", "references": references}
    return submit_job(world.backend, ANN, parse(TrainBrand, payload)).job


@pytest.mark.parametrize(
    "references",
    [
        [],
        FIVE[:4],
        [picture("a")] * 5,
        [*FIVE[:4], FIVE[0]],
        # Another mode makes no other picture of it.
        [*FIVE[:4], {**FIVE[0], "mode": "style_and_composition"}],
    ],
    ids=["none", "four", "one-five-times", "four-and-one-again", "again-in-another-mode"],
)
def test_fewer_than_five_pictures_are_refused_and_leave_nothing(
    world: World, references: list[dict[str, str]]
) -> None:
    before = world.contents()
    with pytest.raises(InvalidRequestError) as refused:
        train(world, references)

    (error,) = refused.value.details["fieldErrors"]
    assert error["field"] == "references"
    assert "at least 5 different" in error["message"]
    assert world.contents() == before


def refuse(world: World, name: str) -> None:
    """As an upload of Ann's that was no picture is left."""
    now, error = world.clock.now(), UploadError("reference-unreadable", "It is no picture.")
    path = f"references/ann/{name}.png"
    known = Upload(name, path, UploadStatus.REFUSED, 1, 10, "image/png", now, now, error)
    world.documents.transact(lambda tx: tx.put(at.upload("ann", name), known))


def test_whose_tier_trains_nothing_is_told_before_their_pictures_are_looked_at(
    world: World,
) -> None:
    # 52 reads, and 50 looks into the bucket, each time.
    for name in "abcde":
        refuse(world, name)
    with pytest.raises(ReferenceUnreadableError):
        train(world, FIVE)
    world.set_tier("free")
    reads = world.documents.reads
    with pytest.raises(ModelNotInTierError):
        train(world, FIVE)
    assert world.documents.reads - reads < 5


@pytest.mark.parametrize("again", [[], [FIVE[0]]], ids=["five", "five-and-one-again"])
def test_five_pictures_are_enough(world: World, again: list[dict[str, Any]]) -> None:
    assert len(train(world, [*FIVE, *again]).references) == 5 + len(again)
