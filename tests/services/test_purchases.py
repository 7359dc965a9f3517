"""Credits that were paid for: in the ledger once, however often the same event is delivered."""

from collections.abc import Callable

import pytest

from mediaforge.contract.stripe_events import Purchase
from mediaforge.domain.accounts import Account
from mediaforge.domain.credits import CREDITS_MAX
from mediaforge.domain.errors import InvalidRequestError, NotFoundError, RequestIdReusedError
from mediaforge.services.grant import credit_purchase
from tests.support.world import World, at_once


def buy(
    world: World, amount: int = 500, account_id: str = "user_ann", event_id: str = "evt_1"
) -> Account:
    return credit_purchase(world.backend, Purchase(event_id, account_id, amount))


def test_a_purchase_raises_the_balance_and_leaves_an_entry_named_by_its_event() -> None:
    world = World()
    world.submit()
    account = buy(world)
    assert (account.available, account.held) == (598, 2)
    assert world.account() == account
    entry = world.entries()["evt_1:grant"]
    assert (entry.type, entry.amount, entry.actor, entry.reason) == (
        "grant",
        500,
        "stripe",
        "purchase",
    )
    assert (entry.available_after, entry.held_after, entry.job_id) == (598, 2, None)


def test_an_event_delivered_again_changes_nothing() -> None:
    world = World()
    buy(world)
    contents = world.contents()
    world.clock.advance(86_400)
    assert buy(world).available == 500
    assert world.contents() == contents


def test_an_event_delivered_again_after_the_credits_were_spent_is_answered_with_what_is_left() -> (
    None
):
    world = World()
    buy(world, 2)
    world.submit(count=4)
    assert buy(world, 2).available == 94


def test_an_event_delivered_many_times_at_once_counts_once() -> None:
    world = World()
    at_once(*[lambda: buy(world)] * 8)
    assert world.account().available == 500
    assert sorted(world.entries()) == ["evt_1:grant"]


def test_two_purchases_of_the_same_amount_both_count() -> None:
    world = World()
    buy(world, event_id="evt_1")
    buy(world, event_id="evt_2")
    assert world.account().available == 1_000


def test_the_same_event_with_another_amount_is_refused() -> None:
    world = World()
    buy(world, 500)
    contents = world.contents()
    with pytest.raises(RequestIdReusedError):
        buy(world, 501)
    assert world.contents() == contents


def test_a_first_purchase_opens_a_user_s_account_and_the_welcome_comes_with_its_user() -> None:
    world = World()
    account = buy(world)
    assert (account.tier, account.available) == ("free", 500)
    assert sorted(world.entries()) == ["evt_1:grant"]
    world.submit()
    assert world.account().available == 598


def test_a_team_s_purchase_is_the_team_s() -> None:
    world = World()
    account_id = f"team_{world.found_team(available=0)}"
    assert buy(world, account_id=account_id).available == 500
    assert list(world.entries(account_id)) == ["evt_1:grant"]
    assert world.account("user_ann").available == 100


def test_a_team_that_nobody_made_is_not_found_and_left_without_a_trace() -> None:
    world = World()
    with pytest.raises(NotFoundError):
        buy(world, account_id="team_t1")
    assert world.documents.paths() == []


def test_a_purchase_beyond_the_largest_balance_is_refused() -> None:
    world = World()
    world.submit()
    world.overwrite("accounts/user_ann", available=CREDITS_MAX - 501)
    contents = world.contents()
    with pytest.raises(InvalidRequestError):  # with the 2 held it would be one too many
        buy(world, 500)
    assert world.contents() == contents
    assert buy(world, 499).available == CREDITS_MAX - 2


def test_a_purchase_and_submissions_at_once_all_count() -> None:
    world = World()
    world.submit()
    actions: list[Callable[[], object]] = [lambda: buy(world), *[world.submit] * 5]
    at_once(*actions)
    assert (world.account().available, world.account().held) == (600 - 12, 12)


def test_a_purchase_that_meets_a_submission_counts_on_top_of_it() -> None:
    world = World()
    world.submit()
    world.documents.meanwhile = [world.submit]
    assert (buy(world).available, world.account().held) == (596, 4)
