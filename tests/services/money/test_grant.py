"""Credits given by an administrator, once for each requestId."""

from collections.abc import Callable
from functools import partial

import pytest

from mediaforge.contract.requests import GrantCredits, parse
from mediaforge.domain.credits import CREDITS_MAX
from mediaforge.domain.errors import (
    InvalidRequestError,
    NotAdminError,
    NotFoundError,
    RequestError,
    RequestIdReusedError,
)
from mediaforge.services.money.grant import grant_credits
from tests.support.world import ADMIN, ANN, World, at_once


def request(amount: int = 50, account_id: str = "user_ann", reason: str = "gift") -> GrantCredits:
    payload = {"accountId": account_id, "amount": amount, "reason": reason, "requestId": "r1"}
    return parse(GrantCredits, payload)


def test_a_grant_raises_the_balance_and_leaves_an_entry_with_who_and_why() -> None:
    world = World()
    world.submit()
    account = grant_credits(world.backend, ADMIN, request())
    assert (account.available, account.held) == (148, 2)
    assert world.account() == account
    (entry,) = [e for e in world.entries().values() if e.reason == "gift"]
    assert (entry.type, entry.amount, entry.actor) == ("grant", 50, "root")
    assert (entry.available_after, entry.held_after) == (148, 2)


def test_a_first_grant_opens_a_user_s_account_and_the_welcome_comes_with_its_user() -> None:
    world = World()
    assert grant_credits(world.backend, ADMIN, request()).available == 50
    assert world.account().tier == "free"
    world.submit()
    assert world.account().available == 148


def test_a_grant_sent_again_changes_nothing() -> None:
    world = World()
    grant_credits(world.backend, ADMIN, request())
    contents = world.contents()
    world.clock.advance(3600)
    assert grant_credits(world.backend, ADMIN, request()).available == 50
    assert world.contents() == contents


def test_a_grant_sent_many_times_at_once_counts_once() -> None:
    world = World()
    at_once(*[lambda: grant_credits(world.backend, ADMIN, request())] * 8)
    assert world.account().available == 50
    assert len(world.entries()) == 1


def test_grants_and_submissions_at_once_all_count() -> None:
    world = World()
    world.set_tier("pro")
    actions: list[Callable[[], object]] = [
        *[partial(world.grant, 10, request_id=f"g{number}") for number in range(5)],
        *[world.submit] * 5,
    ]
    at_once(*actions)
    assert (world.account().available, world.account().held) == (100 + 50 - 10, 10)


@pytest.mark.parametrize(
    "changed", [request(amount=51), request(reason="prize")], ids=["amount", "reason"]
)
def test_a_request_id_used_for_another_grant_is_refused(changed: GrantCredits) -> None:
    world = World()
    grant_credits(world.backend, ADMIN, request())
    contents = world.contents()
    with pytest.raises(RequestIdReusedError):
        grant_credits(world.backend, ADMIN, changed)
    assert world.contents() == contents


def test_only_an_administrator_grants() -> None:
    world = World()
    with pytest.raises(NotAdminError):
        grant_credits(world.backend, ANN, request())
    assert world.documents.paths() == []


def test_a_team_without_an_account_is_not_found() -> None:
    world = World()
    with pytest.raises(NotFoundError):
        grant_credits(world.backend, ADMIN, request(account_id="team_t1"))
    assert world.documents.paths() == []


def test_a_grant_beyond_the_largest_balance_is_refused() -> None:
    world = World()
    world.grant(1)
    world.overwrite("accounts/user_ann", available=CREDITS_MAX - 10)
    with pytest.raises(InvalidRequestError) as refused:
        grant_credits(world.backend, ADMIN, request(amount=11))
    assert [e["field"] for e in refused.value.details["fieldErrors"]] == ["amount"]
    assert world.account().available == CREDITS_MAX - 10


def test_a_job_of_an_account_filled_meanwhile_is_settled() -> None:
    world = World()
    world.submit("[[blocked]]")
    world.overwrite("accounts/user_ann", available=CREDITS_MAX - 2)
    try:
        world.grant(2)
    except RequestError:
        assert world.account().available == CREDITS_MAX - 2
    world.deliver_all()
    assert world.settle()
    assert world.account().held == 0
