"""Plans accepted together: what all of them demand is counted at once and held by one entry, or none is."""

from typing import Any

import pytest

from mediaforge.contract.requests import GenerateImage, GenerateVideo, TrainBrand, parse
from mediaforge.domain.errors import (
    InsufficientCreditsError,
    ModelNotInTierError,
    PriorityNotInTierError,
    QuotaExceededError,
    RequestError,
    RequestIdReusedError,
)
from mediaforge.domain.money.quotas import Usage
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Caller
from mediaforge.services.jobs.accept import Accepted, accept, hold_of
from mediaforge.services.jobs.plans import Origin, Plan, Submittable, plan, request_hash
from mediaforge.services.jobs.submit import payer_of
from tests.support.world import ANN, World, image_request, user

from .test_submit import world_with_vertex
from .test_training_plans import FIVE

BOB = user("bob")


def planned(world: World, caller: Caller, request: Submittable) -> Plan:
    origin = Origin(
        caller=caller,
        job_id=world.backend.new_id(),
        account_id=payer_of(caller, request),
        now=world.clock.now(),
        request_hash=request_hash(request),
    )
    return plan(world.backend, origin, request)


def accept_all(world: World, *requests: Submittable, caller: Caller = ANN) -> Accepted:
    """In one commit, held under the name `all`; the jobs are left to whoever would make them."""
    plans = [planned(world, caller, request) for request in requests]

    def work(tx: Transaction) -> Accepted:
        hold, now = hold_of("all", plans), world.clock.now()
        accepted = accept(world.backend, tx, caller, plans, hold, now)
        accepted.write(tx, accepted.account)
        return accepted

    return world.documents.transact(work)


def images(*counts: int, **fields: Any) -> list[GenerateImage]:
    return [image_request(count=count, **fields) for count in counts]


def test_what_plans_of_every_kind_demand_is_counted_once_and_held_by_one_entry() -> None:
    world = World()
    world.set_tier("pro")
    world.grant(10_000)
    video = parse(GenerateVideo, {"prompt": "waves"})
    training = parse(TrainBrand, {"name": "Acme", "references": FIVE})
    accepted = accept_all(world, *images(2, 3), video, training)
    total = sum(job.estimated_credits for job in accepted.jobs)
    account = world.account()
    assert account.usage == Usage("2026-11-20", images=5, videos=1, trainings=1, credits=total)
    assert (account.available, account.held) == (10_100 - total, total)
    assert sum(account.rate.seconds.values()) == 1
    holds = {name: entry.amount for name, entry in world.entries().items() if "hold" in name}
    assert holds == {"all:hold": total}


def test_accepted_jobs_are_of_the_moment_and_of_the_account_and_have_no_place_yet() -> None:
    world = World()
    jobs = accept_all(world, *images(1, 1)).jobs
    assert {job.created_at for job in jobs} == {world.clock.now()}
    assert {job.account_opened_at for job in jobs} == {world.account().opened_at}
    assert [(job.is_dispatched, job.waiting_for) for job in jobs] == [(False, None)] * 2
    assert world.account().active == 0


def test_for_a_team_all_of_it_counts_for_its_member() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    accept_all(world, *images(2, 3, teamId=team_id), caller=BOB)
    member = world.member(team_id, "bob")
    assert member is not None
    assert (member.usage.images, member.usage.credits) == (5, 10)
    assert world.account(f"team_{team_id}").held == 10


ONE_OF_THEM: dict[type[RequestError], dict[str, Any]] = {
    ModelNotInTierError: {"model": "gemini-3-pro-image"},
    PriorityNotInTierError: {"priority": "high"},
}


@pytest.mark.parametrize("refusal", ONE_OF_THEM)
def test_one_that_may_not_be_refuses_all(refusal: type[RequestError]) -> None:
    world = world_with_vertex()
    world.set_tier("free")
    before = world.contents()
    with pytest.raises(refusal):
        accept_all(world, *images(1), *images(1, **ONE_OF_THEM[refusal]), *images(1))
    assert world.contents() == before


def test_what_each_could_have_and_all_together_could_not_is_refused_with_the_sum() -> None:
    world = World()
    world.submit()  # two of a hundred credits, one of the day's twenty images
    before = world.contents()
    with pytest.raises(QuotaExceededError) as refused:
        accept_all(world, *images(4, 4, 4, 4, 4))
    assert (refused.value.details["limit"], refused.value.details["used"]) == (20, 1)
    assert world.contents() == before


def test_credits_that_are_enough_for_each_and_not_for_all_are_refused_with_the_sum() -> None:
    world = World()
    world.set_tier("pro")
    before = world.contents()
    with pytest.raises(InsufficientCreditsError) as refused:
        accept_all(world, *images(*[4] * 13))
    assert refused.value.details == {"required": 104, "available": 100}
    assert world.contents() == before


def test_a_name_whose_hold_was_closed_long_ago_is_not_accepted_again() -> None:
    world = World()
    accept_all(world, *images(1))
    before = world.contents()
    with pytest.raises(RequestIdReusedError):
        accept_all(world, *images(1))
    assert world.contents() == before
