"""What requests would cost, and what would really cost less."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from mediaforge.contract.answers import CreditsEstimated, Suggestion
from mediaforge.contract.requests import EstimateCredits, parse
from mediaforge.domain.errors import RateLimitedError, RequestError
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


def changed(
    requests: Sequence[Mapping[str, Any]], suggestion: Suggestion
) -> list[Mapping[str, Any]]:
    """The requests after the suggestion."""
    assert suggestion.change is not None
    return [
        {**each, **suggestion.change} if index in suggestion.rows else each
        for index, each in enumerate(requests)
    ]


def test_results_that_can_be_used_again_are_suggested_and_save_what_is_said(world: World) -> None:
    world.finish()
    world.finish("a mill", count=2)
    mill: dict[str, Any] = {"prompt": "a mill", "count": 2}
    requests = [{"prompt": "a lighthouse"}, mill, {"prompt": "new"}]
    before = world.contents()
    answer = estimate(world, *requests)
    assert world.contents() == before
    assert ["reusable" in item for item in answer.on_the_wire()["items"]] == [True, True, False]
    [suggestion] = [each for each in answer.suggestions if each.change == {"reuse": True}]
    assert (suggestion.rows, suggestion.saves_credits) == ((0, 1), 6)
    after = estimate(world, *changed(requests, suggestion))
    assert answer.credits - after.credits == 6
    assert [item["credits"] for item in after.on_the_wire()["items"]] == [0, 0, 2]
    # What is said is what is charged.
    batch = world.submit_batch(changed(requests, suggestion))
    world.run_until_quiet()
    assert world.batch(batch.id).credits.charged == after.credits


def test_each_other_change_of_what_may_be_used_again_saves_what_it_says(world: World) -> None:
    """A change may lead to what is there, and away from it."""
    world.finish("x", model="gemini-3-pro-image")
    requests: list[dict[str, Any]] = [
        {"prompt": "x", "model": "gemini-3-pro-image", "count": 2, "reuse": True},
        {"prompt": "x", "model": "gemini-3-pro-image", "reuse": True},
    ]
    answer = estimate(world, *requests)
    dear, free = (item["credits"] for item in answer.on_the_wire()["items"])
    assert (dear > 0, free) == (True, 0)
    fewer = next(each for each in answer.suggestions if each.change == {"count": 1})
    assert (fewer.rows, fewer.saves_credits) == ((0,), dear)
    for suggestion in answer.suggestions:
        after = estimate(world, *changed(requests, suggestion))
        assert answer.credits - after.credits == suggestion.saves_credits > 0


def test_a_price_of_nothing_that_was_told_is_wrong_once_the_result_is_gone(world: World) -> None:
    request = {"prompt": "x", "reuse": True, "estimatedCredits": 0}
    [item] = estimate(world, request).on_the_wire()["items"]
    assert item["fieldErrors"][0]["field"] == "estimatedCredits"


def test_many_looks_for_results_count_at_the_gate(world: World) -> None:
    requests = [{"prompt": f"x {n}"} for n in range(100)]
    for _ in range(world.backend.catalogue.limits.gate_a_minute.user_refusals // 2 - 1):
        estimate(world, *requests)
        world.backend.gate.admit_user(ANN.uid)
    estimate(world, *requests)
    with pytest.raises(RateLimitedError):
        world.backend.gate.admit_user(ANN.uid)
