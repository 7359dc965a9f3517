"""What requests would cost, and what would really cost less."""

from collections.abc import Mapping
from typing import Any

import pytest

from mediaforge.contract.answers import CreditsEstimated
from mediaforge.contract.requests import EstimateCredits, parse
from mediaforge.domain.errors import RequestError
from mediaforge.services.library.estimates import estimate_credits
from tests.services.jobs.test_submit import world_with_vertex
from tests.support.world import ANN, World


@pytest.fixture
def world() -> World:
    world = world_with_vertex()
    world.set_tier("pro")
    return world


def estimate(world: World, *requests: Mapping[str, Any], **fields: Any) -> CreditsEstimated:
    sent = parse(EstimateCredits, {"requests": list(requests), **fields})
    return estimate_credits(world.backend, ANN, sent)


def test_requests_are_priced_and_nothing_is_written(world: World) -> None:
    before = world.contents()
    answer = estimate(world, {"prompt": "x", "count": 2}, {"prompt": "y", "kind": "video"})
    wire = answer.on_the_wire()
    assert [item["kind"] for item in wire["items"]] == ["image", "video"]
    assert wire["credits"] == sum(item["credits"] for item in wire["items"])
    assert world.contents() == before


def test_what_is_wrong_with_one_request_is_told_beside_the_price_of_the_others(
    world: World,
) -> None:
    answer = estimate(world, {"prompt": ""}, {"prompt": "x"}, {"prompt": "x", "brandId": "none"})
    wrong, priced, unknown = answer.on_the_wire()["items"]
    assert wrong["fieldErrors"][0]["field"] == "prompt"
    assert priced["credits"] == answer.credits
    assert "brandId" in unknown["fieldErrors"][0]["message"] or unknown["fieldErrors"]


def test_every_suggestion_saves_what_it_says(world: World) -> None:
    requests: list[dict[str, Any]] = [
        {"prompt": "x", "model": "gemini-3-pro-image", "count": 2},
        {"prompt": "y", "model": "gemini-3-pro-image", "width": 2048, "height": 2048},
        {"prompt": "v", "kind": "video"},
        {"prompt": "z"},
        {"prompt": "z", "title": "the same"},
    ]
    answer = estimate(world, *requests)
    assert answer.suggestions
    for suggestion in answer.suggestions:
        changed = [
            each
            if index not in suggestion.rows
            else {**each, **suggestion.change}
            if suggestion.change is not None
            else None
            for index, each in enumerate(requests)
        ]
        after = estimate(world, *(each for each in changed if each is not None))
        assert answer.credits - after.credits == suggestion.saves_credits > 0
        assert all("credits" in item for item in after.on_the_wire()["items"])
    assert any(each.rows == (4,) and each.change is None for each in answer.suggestions)
    saved = [each.saves_credits for each in answer.suggestions]
    assert saved == sorted(saved, reverse=True)


def test_a_stranger_to_a_team_is_told_nothing(world: World) -> None:
    with pytest.raises(RequestError) as refused:
        estimate(world, {"prompt": "x"}, teamId="nobodys")
    assert refused.value.reason == "not-a-member"
