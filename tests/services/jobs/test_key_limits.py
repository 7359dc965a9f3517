"""What an API key may ask for on one day: counted in the commit that accepts, for jobs and batches alike."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import CreateApiKey, RevokeApiKey, parse
from mediaforge.domain.errors import (
    OverBudgetError,
    QuotaExceededError,
    RequestIdReusedError,
    UnauthenticatedError,
)
from mediaforge.domain.people.keys import KeyRecord
from mediaforge.services.backend import Caller
from mediaforge.services.people.keys import caller_with, create_key, revoke_key
from tests.support.world import ANN, World, user


def with_key(world: World, caller: Caller = ANN, **fields: Any) -> Caller:
    """Who calls with a new key of theirs."""
    _, key = create_key(world.backend, caller, parse(CreateApiKey, {"name": "k", **fields}))
    return caller_with(world.backend, key)


def record_of(world: World, caller: Caller) -> KeyRecord:
    record = world.documents.get(at.key_record(caller.key_id or ""))
    assert record is not None
    return record


@pytest.fixture
def world() -> World:
    world = World()
    world.set_tier("studio")
    return world


def test_a_key_has_a_limit_of_its_own(world: World) -> None:
    first = with_key(world, creditsADay=4)
    other = with_key(world, creditsADay=4)
    world.submit(caller=first)
    world.submit(caller=first)
    with pytest.raises(QuotaExceededError) as refused:
        world.submit(caller=first)
    assert refused.value.details == {
        "limit": 4,
        "used": 4,
        "of": "credits",
        "limitOf": "key",
        "resetsAt": "2026-11-21T00:00:00Z",
    }
    assert "The API key allows 4 credits a day" in refused.value.message
    world.submit(caller=other)
    world.submit(caller=ANN)
    assert record_of(world, first).usage.credits == 4
    world.run_until_quiet()
    world.assert_promises()


def test_rows_count_and_so_does_what_is_run_again(world: World) -> None:
    caller = with_key(world, creditsADay=7)
    world.submit_batch([{"prompt": "[[blocked]]"}, {"prompt": "[[blocked]]"}], caller=caller)
    with pytest.raises(QuotaExceededError):
        world.submit_batch(2, caller=caller)
    world.run_until_quiet()
    (batch,) = world.batches()
    with pytest.raises(QuotaExceededError):
        world.control_batch(batch.id, "retryFailed", caller=caller)
    world.control_batch(batch.id, "editRow", caller=caller, row=0, changes={"prompt": "a fox"})
    assert record_of(world, caller).usage.credits == 6


def test_what_was_cancelled_stays_counted(world: World) -> None:
    caller = with_key(world, creditsADay=2)
    world.cancel(world.submit(caller=caller).job.id)
    world.run_until_quiet()
    with pytest.raises(QuotaExceededError):
        world.submit(caller=caller)


def test_the_next_day_begins_anew(world: World) -> None:
    caller = with_key(world, creditsADay=2)
    world.submit(caller=caller)
    world.clock.advance(12 * 3600)
    world.submit(caller=caller)
    assert record_of(world, caller).usage.credits == 2


def test_a_repeat_is_not_counted_again(world: World) -> None:
    caller = with_key(world, creditsADay=2)
    first = world.submit(caller=caller, requestId="r1")
    again = world.submit(caller=caller, requestId="r1")
    assert (again.job.id, again.is_replay) == (first.job.id, True)
    with pytest.raises(RequestIdReusedError):
        world.submit("another", caller=caller, requestId="r1")


def test_a_key_without_a_limit_is_neither_read_nor_written(world: World) -> None:
    caller = with_key(world)
    before = world.row(f"api_key_records/{caller.key_id}")
    world.submit(caller=caller)
    assert world.row(f"api_key_records/{caller.key_id}") == before


def test_the_account_s_own_limits_are_told_first_by_nobody_s_key(world: World) -> None:
    caller = with_key(world, creditsADay=0)
    with pytest.raises(QuotaExceededError) as refused:
        world.submit(caller=caller)
    assert refused.value.details["limitOf"] == "key"


def test_a_team_s_key_counts(world: World) -> None:
    team_id = world.found_team(bob="editor")
    caller = with_key(world, user("bob"), teamId=team_id, creditsADay=2)
    world.submit(caller=caller, teamId=team_id)
    with pytest.raises(QuotaExceededError):
        world.submit(caller=caller, teamId=team_id)
    world.submit(caller=user("bob"), teamId=team_id)


def test_two_submissions_at_once_do_not_pass_together(world: World) -> None:
    caller = with_key(world, creditsADay=2)
    others: list[Any] = []
    world.documents.meanwhile = [lambda: others.append(world.submit(caller=caller))]
    with pytest.raises(QuotaExceededError):
        world.submit(caller=caller)
    assert len(others) == 1
    assert [job.id for job in world.jobs()] == [others[0].job.id]
    assert record_of(world, caller).usage.credits == 2
    world.run_until_quiet()
    world.assert_promises()


def deleted(world: World, caller: Caller) -> None:
    world.documents.overwrite(f"api_key_records/{caller.key_id}", None)


def revoked(world: World, caller: Caller) -> None:
    revoke_key(world.backend, ANN, parse(RevokeApiKey, {"keyId": caller.key_id}))


@pytest.mark.parametrize("end", [revoked, deleted])
def test_a_key_that_ends_meanwhile_spends_nothing(
    world: World, end: Callable[[World, Caller], None]
) -> None:
    caller = with_key(world, creditsADay=100)
    world.documents.meanwhile = [lambda: end(world, caller)]
    with pytest.raises(UnauthenticatedError):
        world.submit(caller=caller)
    assert not world.jobs()


def test_of_requests_at_once_one_notes_the_use(world: World) -> None:
    """Otherwise each of them would write the same two documents, and wait for all others."""
    _, key = create_key(world.backend, ANN, parse(CreateApiKey, {"name": "k"}))
    world.documents.meanwhile = [lambda: caller_with(world.backend, key)]
    before = world.documents.writes
    caller_with(world.backend, key)
    assert world.documents.writes == before + 2


def test_the_note_of_a_use_leaves_the_count(world: World) -> None:
    caller = with_key(world, creditsADay=2)
    world.submit(caller=caller)
    record = record_of(world, caller)
    assert record.last_used_at is not None
    world.clock.advance(7200)
    _, key = create_key(world.backend, ANN, parse(CreateApiKey, {"name": "k", "creditsADay": 2}))
    again = caller_with(world.backend, key)
    world.submit(caller=again)
    world.clock.advance(7200)
    caller_with(world.backend, key)
    assert record_of(world, again).usage.credits == 2
    assert record_of(world, again).last_used_at == world.clock.now()


# ---- the most that one request may cost ------------------------------------------------------------


def test_a_request_that_costs_more_than_it_may_is_over_budget(world: World) -> None:
    with pytest.raises(OverBudgetError) as refused:
        world.submit(count=3, maxCredits=5)
    assert refused.value.details == {"required": 6, "maxCredits": 5}
    assert not world.jobs()
    assert world.submit(count=3, maxCredits=6).job.estimated_credits == 6


def test_a_reused_result_is_within_every_budget(world: World) -> None:
    world.finish("a fox")
    assert world.submit("a fox", reuse=True, maxCredits=0).job.estimated_credits == 0
    with pytest.raises(OverBudgetError):
        world.submit("another fox", reuse=True, maxCredits=0)


def test_what_was_accepted_stays_accepted_when_it_gets_dearer(world: World) -> None:
    first = world.submit(requestId="r1", maxCredits=2)
    dearer = dict(world.backend.catalogue.models)
    name = first.job.model
    dearer[name] = dearer[name].model_copy(update={"price_credits": 9})
    catalogue = world.backend.catalogue.model_copy(update={"models": dearer})
    world.backend = replace(world.backend, catalogue=catalogue)
    assert world.submit(requestId="r1", maxCredits=2).job.id == first.job.id
    with pytest.raises(OverBudgetError):
        world.submit(requestId="r2", maxCredits=2)


def test_a_row_may_have_a_budget(world: World) -> None:
    with pytest.raises(OverBudgetError) as refused:
        world.submit_batch([{"prompt": "a"}, {"prompt": "b", "maxCredits": 1}])
    assert refused.value.message.startswith("rows[1]: ")
