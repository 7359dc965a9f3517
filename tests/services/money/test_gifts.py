"""The welcome credits: once per identity, whoever verifies, so many a day."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import CreateTeam, DirectCreative, parse
from mediaforge.domain.credits import CREDITS_MAX
from mediaforge.domain.errors import InsufficientCreditsError, RequestError
from mediaforge.domain.money.gifts import Welcome, WelcomePolicy, marker_id
from mediaforge.domain.sign_ins import Identity
from mediaforge.services.backend import Caller
from mediaforge.services.directing.direct import direct
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.library.catalog import describe_catalogue
from mediaforge.services.people.teams import create_team
from tests.support.faults import Killed, Steps, mortal
from tests.support.world import ADMIN, WELCOME, World, at_once, image_request, user

MAIL = "ann@example.com"
NOBODY = user("ann", "anonymous")
UNVERIFIED = user("ann", "password")
VERIFIED = user("ann", "password", email=MAIL)


def capped(a_day: int) -> World:
    world = World()
    world.backend = replace(world.backend, welcome=replace(WELCOME, credits_a_day_max=a_day))
    return world


def refusal(world: World, caller: Caller, **fields: Any) -> InsufficientCreditsError:
    with pytest.raises(InsufficientCreditsError) as refused:
        world.submit(caller=caller, **fields)
    return refused.value


def gifts(world: World) -> list[str]:
    """The accounts that had one."""
    paths = world.documents.paths()
    return sorted(path.split("/")[1] for path in paths if path.endswith("/welcome:grant"))


def markers(world: World) -> set[str]:
    return {path.removeprefix("gifts/") for path in world.documents.paths() if "gifts/" in path}


def names_of(world: World, *identities: tuple[str, str]) -> set[str]:
    key = world.documents.get(at.gift_key())
    assert key is not None
    return {marker_id(key, Identity(*identity)) for identity in identities}


# ---- who gets them -------------------------------------------------------------------------------


@pytest.mark.parametrize("caller", [NOBODY, UNVERIFIED, user("ann", "github.com"), Caller("ann")])
def test_who_is_not_verified_gets_none_and_is_told_what_to_do(caller: Caller) -> None:
    world = World()
    refused = refusal(world, caller)
    assert refused.details == {"required": 2, "available": 0, "welcome": "verify"}
    assert "Verify your e-mail" in refused.message
    assert world.documents.paths() == []


@pytest.mark.parametrize(
    "caller",
    [
        VERIFIED,
        user("ann", "custom"),
        user("ann", "phone", phone="+15550100"),
        user("ann", "google.com"),
        user("ann", "anonymous", subjects=[("google.com", "17")]),
    ],
)
def test_who_is_verified_gets_them_once(caller: Caller) -> None:
    world = World()
    for _ in range(3):
        world.submit(caller=caller)
    assert (world.account().available, world.account().held) == (94, 6)
    assert world.account().welcome is Welcome.GIVEN
    assert gifts(world) == ["user_ann"]


def test_an_anonymous_user_gets_them_once_verified() -> None:
    world = World()
    refusal(world, NOBODY)
    refusal(world, UNVERIFIED)
    world.submit(caller=VERIFIED)
    assert world.account().available == 98


def test_who_bought_credits_before_gets_them_once_verified() -> None:
    world = World()
    world.grant(10)
    world.submit(caller=NOBODY)
    assert (world.account().available, world.account().welcome) == (8, Welcome.NOT_YET)
    world.submit(caller=VERIFIED)
    assert (world.account().available, world.account().held) == (106, 4)


def test_a_member_s_submission_for_a_team_brings_neither_of_them_any() -> None:
    world = World()
    team_id = world.found_team(available=10)
    world.control_team(ADMIN, team_id, "setMember", uid="bob", role="editor")
    world.submit(caller=user("bob"), teamId=team_id)
    assert world.account(f"team_{team_id}").available == 8
    assert world.documents.get(at.account("user_bob")) is None


def test_what_an_operator_opens_is_no_gift() -> None:
    world = World()
    world.grant(1)
    world.control_account("setTier", accountId="user_bob", tier="free")
    assert gifts(world) == []
    assert markers(world) == set()


def test_teams_bring_their_maker_one_gift_and_an_unverified_one_none() -> None:
    world = World()
    for number in range(3):
        create_team(world.backend, VERIFIED, parse(CreateTeam, {"name": f"t{number}"}))
        create_team(world.backend, user("bob", "anonymous"), parse(CreateTeam, {"name": "b"}))
    assert (world.account().available, world.account("user_bob").available) == (100, 0)


def test_a_direction_is_paid_with_the_gift_or_refused_with_the_reason() -> None:
    world = World()
    request = parse(DirectCreative, {"brief": "a lamp"})
    with pytest.raises(InsufficientCreditsError) as refused:
        direct(world.backend, NOBODY, request)
    assert refused.value.details["welcome"] == "verify"
    direct(world.backend, VERIFIED, request)
    assert world.account().available == 99


def test_a_project_without_welcome_credits_promises_none() -> None:
    world = World()
    defaults = world.backend.catalogue.defaults.model_copy(update={"welcome_credits": 0})
    catalogue = world.backend.catalogue.model_copy(update={"defaults": defaults})
    world.backend = replace(world.backend, catalogue=catalogue)
    assert refusal(world, NOBODY).details == {"required": 2, "available": 0}
    assert refusal(world, VERIFIED).details == {"required": 2, "available": 0}


def test_a_project_says_itself_which_sign_ins_count() -> None:
    world = World()
    world.backend = replace(world.backend, welcome=WelcomePolicy(("github.com",), 1_000))
    refusal(world, VERIFIED)
    world.submit(caller=user("ann", "github.com"))
    assert world.account().available == 98


def test_the_catalogue_says_what_a_new_account_gets_and_for_which_sign_ins() -> None:
    world = World()
    said = describe_catalogue(world.backend).welcome.on_the_wire()
    assert said == {
        "credits": 100,
        "signIns": ["custom", "email", "phone", "google.com"],
        "tier": "free",
    }
    world.submit(caller=VERIFIED)
    account = world.account()
    assert (account.available + account.held, account.tier) == (said["credits"], said["tier"])


# ---- once per identity ---------------------------------------------------------------------------


def test_every_identity_is_marked_with_the_month_and_nothing_else() -> None:
    world = World()
    known: dict[str, Any] = {"phone": "+15550100", "subjects": [("google.com", "17")]}
    world.submit(caller=user("ann", "password", email="Ann+x@Example.com", **known))
    expected = [("uid", "ann"), ("email", MAIL), ("phone", "+15550100"), ("google.com", "17")]
    assert markers(world) == names_of(world, *expected)
    assert {frozenset(world.contents()[f"gifts/{m}"].items()) for m in markers(world)} == {
        frozenset({("month", "2026-11")})
    }


@pytest.mark.parametrize(
    "again",
    [
        user("bob", "password", email="ANN@example.com"),
        user("bob", "password", email="ann+2@example.com"),
        user("bob", "phone", phone="+15550100"),
        user("bob", "google.com", subjects=[("google.com", "17")]),
    ],
)
def test_another_account_of_the_same_person_gets_none_and_says_so_no_more(again: Caller) -> None:
    world = World()
    known: dict[str, Any] = {"phone": "+15550100", "subjects": [("google.com", "17")]}
    world.submit(caller=user("ann", "password", email=MAIL, **known))
    world.grant(10, "user_bob")
    world.submit(caller=again)
    assert (world.account("user_bob").available, gifts(world)) == (8, ["user_ann"])
    assert world.account("user_bob").welcome is Welcome.HAD
    world.submit(caller=again, count=4)
    assert refusal(world, again).details == {"required": 2, "available": 0}


def test_who_was_erased_and_returns_gets_no_second_gift() -> None:
    world = World()
    world.submit(caller=VERIFIED)
    world.run_until_quiet()
    for path in world.documents.paths():
        if path.startswith(("accounts/", "jobs/", "generations/")):
            world.documents.overwrite(path, None)
    assert refusal(world, VERIFIED).details == {"required": 2, "available": 0}
    assert refusal(world, user("ann2", "password", email=MAIL)).available == 0
    assert gifts(world) == []


def test_what_is_linked_after_the_gift_brings_none_elsewhere() -> None:
    world = World()
    phone: dict[str, Any] = {"phone": "+15550100"}
    world.submit(caller=VERIFIED)
    world.submit(caller=user("ann", "password", email=MAIL, **phone))
    assert refusal(world, user("bob", "phone", **phone)).available == 0
    assert gifts(world) == ["user_ann"]


def test_an_account_that_had_its_gift_is_asked_nothing_more_and_reads_nothing_more() -> None:
    world = World()
    world.submit(caller=VERIFIED)
    reads = world.documents.reads
    world.submit(caller=VERIFIED)
    told = world.documents.reads - reads
    world.overwrite("accounts/user_ann", marked_identities="")
    reads = world.documents.reads
    world.submit(caller=VERIFIED)
    assert world.documents.reads - reads == told + 3  # the key and two markers


def test_an_account_that_was_welcomed_by_an_earlier_version_is_marked_and_given_nothing() -> None:
    world = World()
    world.submit(caller=VERIFIED)
    for path in world.documents.paths():
        if path.startswith(("gifts/", "system/", "welcome_days/")):
            world.documents.overwrite(path, None)
    world.overwrite("accounts/user_ann", welcome="", marked_identities="")
    world.submit(caller=VERIFIED)
    assert (world.account().available, world.account().welcome) == (96, Welcome.GIVEN)
    assert markers(world) == names_of(world, ("uid", "ann"), ("email", MAIL))
    assert refusal(world, user("bob", "password", email=MAIL)).available == 0


def test_accounts_of_one_person_at_once_get_one_gift() -> None:
    world = World()
    callers = [user(f"u{number}", "password", email=MAIL) for number in range(8)]

    def try_it(caller: Caller) -> bool:
        try:
            return bool(world.submit(caller=caller))
        except InsufficientCreditsError:
            return False

    accepted = at_once(*[lambda c=caller: try_it(c) for caller in callers])
    assert sum(accepted) == 1
    assert len(gifts(world)) == 1
    assert world.contents()["welcome_days/2026-11-20_4"] == {"credits": 100}


def test_a_second_account_that_comes_between_look_and_commit_takes_the_gift_alone() -> None:
    world = World()
    other = user("bob", "password", email=MAIL)
    world.documents.meanwhile = [lambda: world.submit(caller=other)]
    assert refusal(world, VERIFIED).available == 0
    assert gifts(world) == ["user_bob"]


def test_without_the_key_everything_is_forgotten() -> None:
    world = World()
    world.submit(caller=VERIFIED)
    world.documents.overwrite("system/gift_key", None)
    world.submit(caller=user("bob", "password", email=MAIL))
    assert gifts(world) == ["user_ann", "user_bob"]


def test_the_first_gifts_of_all_at_once_agree_on_one_key() -> None:
    world = World()
    at_once(*[lambda n=n: world.submit(caller=user(f"u{n}")) for n in range(6)])
    assert markers(world) == names_of(world, *[("uid", f"u{n}") for n in range(6)])


def test_a_kill_at_any_step_leaves_one_gift_that_is_marked_or_none() -> None:
    world, steps = World(), Steps()
    submit_job(mortal(world.backend, steps), VERIFIED, image_request())
    for die_at in range(1, len(steps.passed) + 1):
        world = World()
        with pytest.raises(Killed):
            submit_job(mortal(world.backend, Steps(die_at)), VERIFIED, image_request())
        assert len(gifts(world)) == (len(markers(world)) == 2)
        world.submit(caller=VERIFIED)
        assert gifts(world) == ["user_ann"]
        world.run_until_quiet()
        world.assert_promises()


# ---- so many a day -------------------------------------------------------------------------------


def test_past_the_day_s_credits_there_is_no_gift_until_tomorrow_and_nobody_is_marked() -> None:
    world = capped(200)
    for number in range(2):
        world.submit(caller=user(f"u{number}"))
    refused = refusal(world, VERIFIED)
    assert refused.details == {"required": 2, "available": 0, "welcome": "tomorrow"}
    assert len(markers(world)) == 2
    world.clock.advance(86_400)
    world.submit(caller=VERIFIED)
    assert world.account().available == 98


def test_however_many_come_at_once_the_day_s_credits_are_not_passed() -> None:
    world = capped(300)

    def try_it(number: int) -> bool:
        try:
            return bool(world.submit(caller=user(f"u{number}")))
        except RequestError:
            return False

    attempts: list[Callable[[], bool]] = [lambda n=n: try_it(n) for n in range(9)]  # type: ignore[misc]
    assert sum(at_once(*attempts)) == 3
    assert len(gifts(world)) == 3
    assert world.contents()["welcome_days/2026-11-20_0"] == {"credits": 300}


@pytest.mark.parametrize("seed", range(3))
def test_nobody_is_sent_away_while_a_part_of_the_day_s_credits_is_left(seed: int) -> None:
    world = capped(8_000)
    world.backend = replace(world.backend, chance=Random(seed).random)
    for number in range(80):
        world.submit(caller=user(f"u{number}"))
    assert len(gifts(world)) == 80
    assert refusal(world, VERIFIED).details["welcome"] == "tomorrow"


def test_who_has_credits_is_served_without_a_gift_and_gets_it_another_day() -> None:
    world = capped(0)
    world.grant(10)
    world.submit(caller=VERIFIED)
    assert (world.account().available, world.account().welcome) == (8, Welcome.NOT_YET)
    world.backend = replace(world.backend, welcome=WELCOME)
    world.submit(caller=VERIFIED)
    assert world.account().available == 106


@pytest.mark.parametrize(("available", "gets"), [(CREDITS_MAX - 100, 100), (CREDITS_MAX - 99, 0)])
def test_an_account_that_is_full_gets_its_gift_later(available: int, gets: int) -> None:
    world = World()
    world.grant(1)
    world.overwrite("accounts/user_ann", available=available)
    world.submit(caller=VERIFIED)
    assert world.account().available == available + gets - 2


def test_an_operator_s_account_is_not_welcomed_by_what_it_does_to_others() -> None:
    world = World()
    world.grant(5, "user_ann")
    assert world.documents.get(at.account(f"user_{ADMIN.uid}")) is None
