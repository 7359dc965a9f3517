"""What a training may be asked for; what is wrong names its field and costs nothing."""

from typing import Any

import pytest

from mediaforge.contract.requests import TrainBrand, parse
from mediaforge.domain.errors import InvalidRequestError
from mediaforge.domain.jobs import Job
from mediaforge.services.submit import submit_job
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


@pytest.mark.parametrize("again", [[], [FIVE[0]]], ids=["five", "five-and-one-again"])
def test_five_pictures_are_enough(world: World, again: list[dict[str, Any]]) -> None:
    assert len(train(world, [*FIVE, *again]).references) == 5 + len(again)
