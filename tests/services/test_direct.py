"""The creative director: paid for when it has answered, once for a requestId, and never for a failure."""

from dataclasses import replace
from typing import Any

import pytest

from mediaforge.contract.documents import DirectionRecord
from mediaforge.contract.requests import DirectCreative, GenerateImage, GenerateVideo, parse
from mediaforge.domain.errors import (
    BusyError,
    InsufficientCreditsError,
    InvalidRequestError,
    NotFoundError,
    ProviderError,
    RateLimitedError,
    RejectedError,
    RequestIdReusedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.ports.director import Brief, Direction
from mediaforge.services.direct import direct
from mediaforge.services.invariants import check_invariants
from mediaforge.services.plans import Submittable
from mediaforge.services.submit import submit_job
from tests.support.world import ANN, World

BRIEF = "a calm campaign for a lighthouse hotel"


def ask(world: World, **fields: Any) -> DirectionRecord:
    return direct(world.backend, ANN, parse(DirectCreative, {"brief": BRIEF, **fields}))


class Failing:
    """A director that has no answer."""

    def __init__(self, error: ProviderError) -> None:
        self.error = error
        self.calls = 0

    def direct(self, brief: Brief, model: str) -> Direction:
        self.calls += 1
        raise self.error


def with_director(world: World, director: Failing) -> World:
    world.backend = replace(world.backend, directors={"local-director": director})
    return world


def test_an_answer_is_charged_with_two_entries() -> None:
    world = World()
    record = ask(world, requestId="r")

    assert record.charged_credits == 1
    assert (world.account().available, world.account().held) == (99, 0)
    kinds = {entry_id: entry.type.value for entry_id, entry in world.entries().items()}
    assert kinds[f"{record.id}:hold"] == "hold"
    assert kinds[f"{record.id}:capture"] == "capture"
    assert check_invariants(world.backend) == []


def test_as_many_concepts_are_answered_as_were_asked_for_and_by_whom() -> None:
    record = ask(World(), count=7)

    assert len(record.concepts) == 7
    assert record.director == "local-rules"
    assert record.rationale


def test_each_concept_can_be_submitted_as_it_is() -> None:
    world = World()
    world.set_tier("pro")
    world.grant(5000)
    for concept in ask(world, count=10).concepts:
        payload = {
            "title": concept.title,
            "kind": concept.kind,
            "prompt": concept.prompt,
            "negativePrompt": concept.negative_prompt,
            "aspectRatio": concept.aspect_ratio,
            "model": concept.model,
            "estimatedCredits": concept.estimated_credits,
        }
        kind: type[Submittable] = GenerateImage if concept.kind == "image" else GenerateVideo
        job = submit_job(world.backend, ANN, parse(kind, payload)).job
        assert job.estimated_credits == concept.estimated_credits


def test_without_video_in_the_tier_no_concept_is_one() -> None:
    assert {concept.kind for concept in ask(World(), count=10).concepts} == {"image"}


def test_a_kind_that_the_tier_has_no_model_for_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="no model"):
        ask(World(), kind="video")


def test_the_same_request_id_is_answered_the_same_and_charged_once() -> None:
    world = World()
    first = ask(world, requestId="r")

    assert ask(world, requestId="r") == first
    assert world.account().available == 99


def test_the_same_request_id_for_another_brief_is_refused() -> None:
    world = World()
    ask(world, requestId="r")
    with pytest.raises(RequestIdReusedError):
        ask(world, requestId="r", count=5)


def test_a_direction_and_a_job_of_one_request_id_are_both_paid_for() -> None:
    world = World()
    ask(world, requestId="r")
    job = world.submit(requestId="r").job
    world.run_until_quiet()

    assert world.job(job.id).charged_credits == 2
    assert (world.account().available, world.account().held) == (97, 0)
    assert check_invariants(world.backend) == []


def test_who_cannot_pay_is_told_before_anybody_is_asked() -> None:
    director = Failing(UnavailableError("x", "x"))
    world = with_director(World(), director)
    world.control_account("adjust", accountId="user_ann", amount=-100, reason="r", requestId="r")
    with pytest.raises(InsufficientCreditsError):
        ask(world)
    assert director.calls == 0


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (RejectedError("director-unreadable", "no"), InvalidRequestError),
        (ThrottledError("throttled", "slow down"), BusyError),
        (UnavailableError("provider-unavailable", "503"), BusyError),
    ],
    ids=["rejected", "throttled", "unavailable"],
)
def test_a_director_without_an_answer_costs_nothing(
    error: ProviderError, raised: type[Exception]
) -> None:
    world = with_director(World(), Failing(error))
    with pytest.raises(raised):
        ask(world)

    assert world.account().available == 100
    assert list(world.entries()) == ["welcome:grant"]


def test_calls_count_as_submissions_of_the_minute() -> None:
    world = World()
    for _ in range(30):
        ask(world)
    with pytest.raises(RateLimitedError):
        ask(world)


def test_a_brand_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="brandId"):
        ask(World(), brandId="nobody")
