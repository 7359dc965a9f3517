"""The creative director: paid for when it has answered, once for a requestId, and never for a failure."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from mediaforge.contract import documents as at
from mediaforge.contract.concepts import ConceptAnswer
from mediaforge.contract.documents import DirectionRecord
from mediaforge.contract.requests import (
    DirectCreative,
    GenerateImage,
    GenerateVideo,
    TrainBrand,
    parse,
)
from mediaforge.domain.brands import Brand, BrandStatus
from mediaforge.domain.breakers import FAILURES_MAX, OPEN_S_MIN
from mediaforge.domain.errors import (
    BusyError,
    InsufficientCreditsError,
    InvalidRequestError,
    NotFoundError,
    NothingMadeError,
    ProviderError,
    RateLimitedError,
    RejectedError,
    RequestIdReusedError,
    RoleNotAllowedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.domain.jobs import Job
from mediaforge.entrypoints.callables import direction_answer
from mediaforge.ports.director import Brief, Direction, Director
from mediaforge.ports.documents import Query
from mediaforge.providers.local.director import LocalDirector
from mediaforge.services.backend import Caller
from mediaforge.services.direct import direct
from mediaforge.services.invariants import check_invariants
from mediaforge.services.plans import Submittable
from mediaforge.services.submit import submit_job
from tests.support.operations import LongProvider
from tests.support.world import ANN, World, user

BRIEF = "a calm campaign for a lighthouse hotel"
DIRECTOR = "local-director"
BOB, EVE = user("bob"), user("eve")


def ask(world: World, caller: Caller = ANN, **fields: Any) -> DirectionRecord:
    return direct(world.backend, caller, parse(DirectCreative, {"brief": BRIEF, **fields}))


def submit_concepts(world: World, caller: Caller, record: DirectionRecord) -> list[Job]:
    """Each concept of the answer, sent on as it is."""
    jobs = []
    for concept in direction_answer(record)["concepts"]:
        kind: type[Submittable] = GenerateImage if concept["kind"] == "image" else GenerateVideo
        jobs.append(submit_job(world.backend, caller, parse(kind, concept)).job)
        assert jobs[-1].estimated_credits == concept["estimatedCredits"]
    return jobs


class Failing:
    """A director that has no answer."""

    def __init__(self, error: ProviderError) -> None:
        self.error = error
        self.calls = 0

    def direct(self, brief: Brief, model: str) -> Direction:
        self.calls += 1
        raise self.error


class Interrupted:
    """A director that answers when something else has happened."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self.meanwhile = [meanwhile]

    def direct(self, brief: Brief, model: str) -> Direction:
        if self.meanwhile:
            self.meanwhile.pop()()
        return LocalDirector().direct(brief, model)


def with_director(world: World, director: Director) -> World:
    world.backend = replace(world.backend, directors={DIRECTOR: director})
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
    jobs = submit_concepts(world, ANN, ask(world, count=10))

    assert len(jobs) == 10
    assert {(job.account_id, job.brand_id, job.team_id) for job in jobs} == {
        ("user_ann", None, None)
    }


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


def test_the_same_request_id_for_another_brief_at_the_same_time_is_refused_and_pays_nothing() -> (
    None
):
    world = World()
    first: list[DirectionRecord] = []
    with_director(world, Interrupted(lambda: first.append(ask(world, requestId="r", count=5))))
    with pytest.raises(RequestIdReusedError):
        ask(world, requestId="r")

    assert ask(world, requestId="r", count=5) == first[0]
    assert world.account().available == 99
    assert check_invariants(world.backend) == []


def test_the_same_request_at_the_same_time_is_answered_the_same_and_charged_once() -> None:
    world = World()
    first: list[DirectionRecord] = []
    with_director(world, Interrupted(lambda: first.append(ask(world, requestId="r"))))

    assert [ask(world, requestId="r")] == first
    assert world.account().available == 99
    assert check_invariants(world.backend) == []


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
    world.set_tier("free")
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


@pytest.mark.parametrize("title", ["", " ", "\n\t", "x" * 121])
def test_a_title_that_no_generation_takes_is_no_answer(title: str) -> None:
    answer = {"prompt": "a", "kind": "image", "aspect_ratio": "1:1", "model": "local-image"}
    ConceptAnswer.model_validate({**answer, "title": "The hero"})
    with pytest.raises(ValidationError, match="title"):
        ConceptAnswer.model_validate({**answer, "title": title})


# ---- brands --------------------------------------------------------------------------------------


def trained(world: World, **fields: Any) -> str:
    """A brand of Ann's that is ready; its id."""
    references = [{"path": f"references/ann/{n}.png", "mode": "style_only"} for n in range(5)]
    world.media.files |= {reference["path"]: b"mine" for reference in references}
    payload = {"name": "Acme", "references": references, **fields}
    job = submit_job(world.backend, ANN, parse(TrainBrand, payload)).job
    world.run_until_quiet()
    brand = world.documents.get(at.brand(str(job.brand_id)))
    assert isinstance(brand, Brand)
    assert brand.status is BrandStatus.READY
    return brand.id


@pytest.fixture
def studio() -> World:
    """Ann may train, and what she begins is ended by time alone."""
    world = World(provider=LongProvider())
    world.set_tier("pro")
    world.grant(500)
    return world


def found_team(world: World, tier: str = "pro", **roles: str) -> str:
    team_id = world.found_team(ANN, 500, **roles)
    world.control_account("setTier", accountId=f"team_{team_id}", tier=tier)
    return team_id


def test_a_concept_for_a_brand_of_one_s_own_can_be_submitted_as_it_is(studio: World) -> None:
    brand_id = trained(studio)
    record = ask(studio, brandId=brand_id, count=4)

    assert (record.brand_id, record.team_id) == (brand_id, None)
    jobs = submit_concepts(studio, ANN, record)
    assert {(job.account_id, job.brand_id, job.team_id) for job in jobs} == {
        ("user_ann", brand_id, None)
    }


@pytest.mark.parametrize(
    "caller", [ANN, BOB, user("carl")], ids=["who-trained-it", "editor", "owner"]
)
def test_a_concept_for_a_team_s_brand_can_be_submitted_as_it_is_by_each_who_may(
    studio: World, caller: Caller
) -> None:
    team_id = found_team(studio, bob="editor", carl="owner")
    brand_id = trained(studio, teamId=team_id)
    record = ask(studio, caller, brandId=brand_id, count=4)

    assert (record.brand_id, record.team_id) == (brand_id, team_id)
    jobs = submit_concepts(studio, caller, record)
    assert {(job.user_id, job.account_id, job.brand_id, job.team_id) for job in jobs} == {
        (caller.uid, f"team_{team_id}", brand_id, team_id)
    }
    studio.run_until_quiet()
    assert check_invariants(studio.backend) == []


def test_concepts_for_a_team_s_brand_name_models_that_the_team_may_use(studio: World) -> None:
    team_id = found_team(studio)
    brand_id = trained(studio, teamId=team_id)
    assert {c.kind for c in ask(studio, brandId=brand_id, count=10).concepts} == {"image", "video"}

    studio.control_account("setTier", accountId=f"team_{team_id}", tier="free")
    record = ask(studio, brandId=brand_id, count=10)
    assert {concept.kind for concept in record.concepts} == {"image"}
    submit_concepts(studio, ANN, record)


def test_a_direction_for_a_team_s_brand_is_paid_for_by_who_asked(studio: World) -> None:
    team_id = found_team(studio, bob="editor")
    brand_id = trained(studio, teamId=team_id)
    available = studio.account(f"team_{team_id}").available
    ask(studio, BOB, brandId=brand_id)

    assert studio.account("user_bob").available == 99
    assert studio.account(f"team_{team_id}").available == available


def test_a_team_s_brand_is_not_there_for_whoever_is_not_in_the_team(studio: World) -> None:
    team_id = found_team(studio, bob="owner")
    brand_id = trained(studio, teamId=team_id)
    studio.control_team(BOB, team_id, "remove", uid="ann")
    for stranger in (EVE, ANN):
        with pytest.raises(NotFoundError, match="brandId"):
            ask(studio, stranger, brandId=brand_id)
    assert studio.documents.find(DirectionRecord, Query("directions")) == []


def test_a_viewer_of_a_team_is_told_that_viewers_submit_nothing(studio: World) -> None:
    team_id = found_team(studio, bob="viewer")
    brand_id = trained(studio, teamId=team_id)
    with pytest.raises(RoleNotAllowedError):
        ask(studio, BOB, brandId=brand_id)
    assert studio.account("user_bob").available == 100


def test_a_brand_of_somebody_else_s_is_not_there(studio: World) -> None:
    brand_id = trained(studio)
    with pytest.raises(NotFoundError, match="brandId"):
        ask(studio, BOB, brandId=brand_id)


# ---- out of order --------------------------------------------------------------------------------

OUTAGE = UnavailableError("provider-unavailable", "503")


def fail(world: World, times: int) -> None:
    for _ in range(times):
        with pytest.raises(BusyError):
            ask(world)


def test_a_director_that_is_out_of_order_is_not_asked_by_everybody() -> None:
    director = Failing(OUTAGE)
    world = with_director(World(), director)
    fail(world, FAILURES_MAX + 3)

    assert director.calls == FAILURES_MAX
    assert list(world.entries()) == ["welcome:grant"]
    with pytest.raises(BusyError) as busy:
        ask(world)
    assert busy.value.retry_after_s == OPEN_S_MIN


def test_after_a_while_one_call_tries_and_its_answer_opens_the_way_for_all() -> None:
    director = Failing(OUTAGE)
    world = with_director(World(), director)
    fail(world, FAILURES_MAX)
    world.clock.advance(OPEN_S_MIN)
    fail(world, 2)
    assert director.calls == FAILURES_MAX + 1

    with_director(world, LocalDirector())
    world.clock.advance(2 * OPEN_S_MIN)
    for _ in range(3):
        assert ask(world).director == "local-rules"
    assert f"breakers/{DIRECTOR}" not in world.documents.paths()


@pytest.mark.parametrize(
    "error",
    [
        RejectedError("content-blocked", "no"),
        ThrottledError("throttled", "slow down"),
        NothingMadeError("empty-answer", "nothing"),
    ],
    ids=["rejected", "throttled", "empty"],
)
def test_a_director_that_answers_something_is_in_order(error: ProviderError) -> None:
    world = with_director(World(), Failing(OUTAGE))
    fail(world, FAILURES_MAX - 1)
    with_director(world, Failing(error))
    with pytest.raises((BusyError, InvalidRequestError)):
        ask(world)

    assert f"breakers/{DIRECTOR}" not in world.documents.paths()


def test_a_director_without_a_breaker_is_always_asked() -> None:
    director = Failing(OUTAGE)
    world = with_director(World(), director)
    models = dict(world.backend.catalogue.models)
    models[DIRECTOR] = models[DIRECTOR].model_copy(update={"has_breaker": False})
    catalogue = world.backend.catalogue.model_copy(update={"models": models})
    world.backend = replace(world.backend, catalogue=catalogue)
    fail(world, FAILURES_MAX + 3)

    assert director.calls == FAILURES_MAX + 3
    assert f"breakers/{DIRECTOR}" not in world.documents.paths()
