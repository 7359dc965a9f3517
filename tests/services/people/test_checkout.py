"""Buying credits: which page is opened for whom, and that the page alone gives nothing."""

from dataclasses import replace
from typing import Any

import pytest

from mediaforge.contract.requests import parse
from mediaforge.domain.errors import (
    AccountBlockedError,
    BusyError,
    InvalidRequestError,
    NotAMemberError,
    RateLimitedError,
    RequestError,
    RequestIdReusedError,
    RoleNotAllowedError,
)
from mediaforge.domain.money.purchases import Paid
from mediaforge.ports.checkout import Order
from mediaforge.services.backend import Caller
from mediaforge.services.money.purchases import note_payment
from mediaforge.services.people.checkout import CreateCheckout, create_checkout
from tests.services.jobs.test_job_cost import MeteredDocuments
from tests.support.world import ANN, CATALOGUE, World, user

BOB = user("bob")


@pytest.fixture
def world() -> World:
    return World()


def buy(world: World, caller: Caller = ANN, credits: int = 500, **fields: Any) -> str:  # noqa: A002
    request = parse(CreateCheckout, {"credits": credits, **fields})
    return create_checkout(world.backend, caller, request).url


def ordered(world: World) -> Order:
    """The one order that there is."""
    (order,) = world.checkout.orders.values()
    return order


@pytest.mark.parametrize("offer", CATALOGUE.purchases.offers, ids=str)
def test_an_order_has_the_catalogue_s_price_and_is_for_the_caller(offer: Any, world: World) -> None:
    assert buy(world, credits=offer.credits) == "https://pay.example.com/0"
    order = ordered(world)
    assert order == Order(
        key=order.key,
        account_id="user_ann",
        user_id="ann",
        credits=offer.credits,
        price_cents=offer.price_cents,
        currency="usd",
    )


def test_the_page_gives_nothing_and_its_payment_gives_the_credits_once(world: World) -> None:
    buy(world, credits=2_000)
    assert world.account().available == 100  # the welcome credits: it is the user's first call
    order = ordered(world)
    paid = Paid("cs_1", "pi_1", order.account_id, order.credits, order.price_cents)
    note_payment(world.backend, paid)
    note_payment(world.backend, paid)
    assert world.account().available == 2_100
    world.assert_promises()


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({}, "credits"),
        ({"credits": 501}, "credits"),
        ({"credits": 0}, "credits"),
        ({"credits": -500}, "credits"),
        ({"credits": "500"}, "credits"),
        ({"credits": 500.5}, "credits"),
        ({"credits": True}, "credits"),
        ({"credits": 500, "priceCents": 1}, "priceCents"),
        ({"credits": 500, "currency": "jpy"}, "currency"),
        ({"credits": 500, "accountId": "user_bob"}, "accountId"),
        ({"credits": 500, "successUrl": "https://evil.example"}, "successUrl"),
        ({"credits": 500, "metadata": {"credits": "9"}}, "metadata"),
        ({"credits": 500, "teamId": "a/b"}, "teamId"),
        ({"credits": 500, "requestId": ""}, "requestId"),
    ],
    ids=str,
)
def test_what_a_client_may_not_say_is_refused_by_its_name_and_costs_nothing(
    payload: dict[str, Any], field: str
) -> None:
    documents = MeteredDocuments()
    world = World(documents=documents)
    with pytest.raises(InvalidRequestError) as refused:
        create_checkout(world.backend, ANN, parse(CreateCheckout, payload))
    assert [error["field"] for error in refused.value.details["fieldErrors"]] == [field]
    assert not world.checkout.orders
    assert set(documents.counts()) == {0}


def test_where_nothing_is_sold_that_is_said(world: World) -> None:
    world.backend = replace(world.backend, checkout=None)
    with pytest.raises(InvalidRequestError, match="nothing is sold here"):
        buy(world)


# ---- whose -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["owner", "editor"])
def test_who_may_spend_a_team_s_credits_may_buy_it_some(role: str, world: World) -> None:
    team_id = world.found_team(bob=role)
    buy(world, BOB, teamId=team_id)
    assert (ordered(world).account_id, ordered(world).user_id) == (f"team_{team_id}", "bob")


@pytest.mark.parametrize(
    ("member", "error"), [("viewer", RoleNotAllowedError), (None, NotAMemberError)]
)
def test_who_only_reads_buys_nothing_for_a_team_which_would_owe_what_they_take_back(
    member: str | None, error: type[RequestError], world: World
) -> None:
    team_id = world.found_team(bob=member) if member else world.found_team()
    with pytest.raises(error):
        buy(world, BOB, teamId=team_id)
    assert not world.checkout.orders


def test_a_team_that_does_not_exist_is_bought_nothing(world: World) -> None:
    with pytest.raises(NotAMemberError):
        buy(world, teamId="nobody")


def block(world: World, account_id: str) -> None:
    world.control_account("block", accountId=account_id, reason="abuse")


def test_the_blocked_buy_nothing_for_themselves_or_a_team(world: World) -> None:
    team_id = world.found_team(bob="owner")
    block(world, "user_bob")
    with pytest.raises(AccountBlockedError):
        buy(world, BOB)
    with pytest.raises(AccountBlockedError):
        buy(world, BOB, teamId=team_id)
    assert not world.checkout.orders


def test_a_blocked_team_is_bought_nothing_and_its_members_buy_for_themselves(world: World) -> None:
    team_id = world.found_team(bob="owner")
    world.grant(1, f"team_{team_id}")
    block(world, f"team_{team_id}")
    with pytest.raises(AccountBlockedError):
        buy(world, BOB, teamId=team_id)
    buy(world, BOB)
    assert ordered(world).account_id == "user_bob"


def test_a_block_that_comes_before_the_commit_is_heeded(world: World) -> None:
    world.set_tier("free")
    world.documents.meanwhile = [lambda: block(world, "user_ann")]
    with pytest.raises(AccountBlockedError):
        buy(world)
    assert not world.checkout.orders


def test_a_removal_that_comes_before_the_commit_is_heeded(world: World) -> None:
    team_id = world.found_team(bob="editor")
    world.documents.meanwhile = [
        lambda: world.control_team(ANN, team_id, "remove", uid="bob"),
    ]
    with pytest.raises(NotAMemberError):
        buy(world, BOB, teamId=team_id)
    assert not world.checkout.orders


# ---- twice -------------------------------------------------------------------------------------------


def test_a_request_sent_again_is_one_order(world: World) -> None:
    first = buy(world, requestId="r")
    assert buy(world, requestId="r") == first
    assert len(world.checkout.orders) == 1


def test_without_a_name_each_request_is_an_order_of_its_own(world: World) -> None:
    assert buy(world) != buy(world)


def test_users_do_not_meet_at_a_name(world: World) -> None:
    assert buy(world, requestId="r") != buy(world, BOB, requestId="r")


def test_a_name_that_another_order_has_is_refused(world: World) -> None:
    team_id = world.found_team()
    buy(world, requestId="r")
    with pytest.raises(RequestIdReusedError):
        buy(world, requestId="r", credits=2_000)
    with pytest.raises(RequestIdReusedError):
        buy(world, requestId="r", teamId=team_id)


def test_a_page_that_cannot_be_opened_now_is_opened_later_by_the_same_request(
    world: World,
) -> None:
    world.checkout.errors = [BusyError("Stripe: APIConnectionError")]
    with pytest.raises(BusyError):
        buy(world, requestId="r")
    assert buy(world, requestId="r") == "https://pay.example.com/0"


def test_each_call_counts_as_a_submission_in_the_minute(world: World) -> None:
    limit = CATALOGUE.tiers["free"].submissions_a_minute
    for _ in range(limit):
        buy(world, requestId="r")
    with pytest.raises(RateLimitedError):
        buy(world, requestId="r")


def test_what_it_costs() -> None:
    """One account read and written, after the first call of a user."""
    documents = MeteredDocuments()
    world = World(documents=documents)
    buy(world)
    begun = documents.counts()
    buy(world)
    assert [now - then for now, then in zip(documents.counts(), begun, strict=True)] == [1, 1, 0]
