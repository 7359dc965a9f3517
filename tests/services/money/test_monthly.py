"""The month's grant: once a month for each account, by the tier it has then."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.domain.credits import CREDITS_MAX, EntryType
from mediaforge.services.backend import Caller
from mediaforge.services.money.monthly import grant_monthly
from tests.support.world import START, World, at_once, logged, user

BOB = user("bob")
DECEMBER, JANUARY = datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def world_with(**tiers: str) -> World:
    """A world in November whose users have these tiers, 100 credits and this month's grant."""
    world = World()
    for uid, tier in tiers.items():
        world.set_tier(tier, user(uid))
    return world


def months(world: World, account_id: str = "user_ann") -> list[str]:
    return sorted(e for e in world.entries(account_id) if e.startswith("20"))


def test_a_new_month_grants_what_the_tier_says() -> None:
    world = world_with(ann="pro", bob="studio")
    world.clock.moment = DECEMBER
    assert grant_monthly(world.backend) == 2
    assert world.account("user_ann").available == 1_100
    assert world.account("user_bob").available == 5_100


def test_a_grant_leaves_an_entry_that_names_the_month() -> None:
    world = world_with(ann="pro")
    world.clock.moment = DECEMBER
    grant_monthly(world.backend)
    entry = world.entries()["2026-12:grant"]
    assert (entry.type, entry.amount, entry.actor, entry.reason) == (
        "grant",
        1_000,
        "monthly",
        "Pro, 2026-12",
    )
    assert (entry.available_after, entry.created_at) == (1_100, DECEMBER)


def test_a_grant_changes_nothing_else_of_the_account() -> None:
    world = world_with(ann="pro")
    for _ in range(12):
        world.submit()
    before = world.account()
    world.clock.moment = DECEMBER
    grant_monthly(world.backend)
    assert world.account() == replace(
        before,
        available=before.available + 1_000,
        granted_month="2026-12",
        month_due_at=None,
        modified=DECEMBER,
    )


def test_a_month_is_granted_once_however_often_it_is_asked_for() -> None:
    world = world_with(ann="pro")
    world.clock.moment = DECEMBER
    grant_monthly(world.backend)
    contents = world.contents()
    for _ in range(3):
        world.clock.advance(86_400)
        assert grant_monthly(world.backend) == 0
    assert world.contents() == contents


def test_runs_at_once_grant_once() -> None:
    world = world_with(ann="pro", bob="studio")
    world.clock.moment = DECEMBER
    assert sum(at_once(*[lambda: grant_monthly(world.backend)] * 4)) == 2
    assert (world.account("user_ann").available, world.account("user_bob").available) == (
        1_100,
        5_100,
    )


def test_an_account_has_had_the_month_in_which_it_was_opened() -> None:
    world = world_with(ann="pro")
    contents = world.contents()
    assert grant_monthly(world.backend) == 0
    assert world.contents() == contents


@pytest.mark.parametrize(
    ("moments", "granted"),
    [
        ([DECEMBER, JANUARY], ["2026-12:grant", "2027-01:grant"]),
        (
            [JANUARY],
            ["2026-12:grant", "2027-01:grant"],
        ),  # what nobody granted in time is made up for
        ([datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)], []),
        ([JANUARY, DECEMBER], ["2026-12:grant", "2027-01:grant"]),  # a clock that is behind
    ],
)
def test_each_month_is_granted_in_its_time(moments: list[datetime], granted: list[str]) -> None:
    world = world_with(ann="pro")
    for moment in moments:
        world.clock.moment = moment
        grant_monthly(world.backend)
        world.submit()
    assert months(world) == granted


def test_accounts_of_a_tier_without_a_monthly_grant_are_neither_read_nor_written() -> None:
    world = world_with(ann="free", bob="free", carl="free")
    contents, reads = world.contents(), world.documents.reads
    world.clock.moment = DECEMBER
    assert grant_monthly(world.backend) == 0
    assert world.documents.reads - reads == 1  # a query that finds nothing
    assert world.contents() == contents


def test_a_tier_that_left_the_catalogue_gets_what_the_default_tier_gets() -> None:
    world = world_with(ann="gold")
    world.clock.moment = DECEMBER
    assert grant_monthly(world.backend) == 0
    assert world.account().available == 100


def raise_to(world: World, tier: str) -> None:
    world.control_account("setTier", accountId="user_ann", tier=tier)


def test_a_raised_tier_brings_its_month_at_once() -> None:
    world = world_with(ann="free")
    raise_to(world, "pro")
    assert (world.account().available, months(world)) == (1_100, ["2026-11:grant"])
    assert grant_monthly(world.backend) == 0


def test_a_tier_raised_in_mid_month_brings_the_difference_once() -> None:
    world = world_with(ann="free")
    raise_to(world, "pro")
    for _ in range(2):
        raise_to(world, "studio")
        grant_monthly(world.backend)
    assert world.account().available == 100 + 5_000
    entries = world.entries()
    assert {e: entries[e].amount for e in months(world)} == {
        "2026-11:grant": 1_000,
        "2026-11:grant:5000": 4_000,
    }


def test_no_changing_of_tiers_brings_more_in_a_month_than_the_highest_does() -> None:
    world = world_with(ann="free")
    for tier in ("pro", "studio", "free", "pro", "free", "studio"):
        raise_to(world, tier)
        grant_monthly(world.backend)
    assert world.account().available == 100 + 5_000
    world.clock.moment = DECEMBER
    raise_to(world, "pro")  # it was studio as December began
    raise_to(world, "studio")
    assert world.account().available == 100 + 5_000 + 5_000


def test_tiers_raised_and_runs_at_once_bring_the_difference_once() -> None:
    world = world_with(ann="pro")
    at_once(
        *[lambda: raise_to(world, "studio")] * 3,
        *[lambda: grant_monthly(world.backend)] * 3,
    )
    assert world.account().available == 100 + 4_000


@pytest.mark.parametrize(
    ("entry", "brings"),
    [
        ("2026-11:grant", 4_000),  # granted as pro by a version that kept no amount
        (None, 5_000),
    ],
)
def test_an_account_of_an_earlier_version_is_asked_for_its_entry(
    entry: str | None, brings: int
) -> None:
    world = world_with(ann="pro")
    world.overwrite("accounts/user_ann", granted_credits=None)
    if entry is not None:
        world.overwrite(f"accounts/user_ann/ledger/{entry}", **entry_fields(world, 1_000))
    raise_to(world, "studio")
    assert world.account().available == 100 + brings
    assert world.account().granted_credits == 5_000


def entry_fields(world: World, amount: int) -> dict[str, Any]:
    (known,) = world.entries().values()
    return at.dump(replace(known, type=EntryType.GRANT, amount=amount))


def test_a_month_that_was_had_is_not_granted_again_to_an_account_rewritten_by_hand() -> None:
    world = world_with(ann="free")
    raise_to(world, "pro")
    world.documents.overwrite("accounts/user_ann", {"tier": "studio", "available": 1_100})
    world.submit("a lighthouse", Caller("ann"))
    assert world.account().available == 5_098
    world.documents.overwrite("accounts/user_ann", {"tier": "studio", "available": 5_098})
    world.submit("a lighthouse", Caller("ann"))
    assert world.account().available == 5_096


def test_a_team_is_granted_its_month_like_a_user() -> None:
    world = World()
    account_id = f"team_{world.found_team(available=0)}"
    world.control_account("setTier", accountId=account_id, tier="pro")
    grant_monthly(world.backend)
    assert world.account(account_id).available == 1_000


@pytest.mark.parametrize(
    ("available", "granted"),
    [
        (CREDITS_MAX - 1_002, ["2026-12:grant"]),
        (CREDITS_MAX - 7, ["2026-12:grant"]),
        (CREDITS_MAX - 2, []),
    ],
)
def test_a_grant_fills_an_account_to_the_largest_balance_at_most(
    available: int, granted: list[str]
) -> None:
    world = world_with(ann="pro")
    world.submit()  # with 2 credits held
    world.overwrite("accounts/user_ann", available=available)
    world.clock.moment = DECEMBER
    grant_monthly(world.backend)
    assert world.account().available == min(available + 1_000, CREDITS_MAX - 2)
    assert world.account().granted_month == "2026-12"
    assert months(world) == granted


def test_a_submission_that_comes_before_the_run_brings_the_month() -> None:
    world = world_with(ann="pro")
    world.clock.moment = DECEMBER
    world.documents.meanwhile = [world.submit]
    assert grant_monthly(world.backend) == 0
    assert months(world) == ["2026-12:grant"]
    assert (world.account().available, world.account().held) == (1_098, 2)


def test_a_run_that_one_of_a_later_month_overtakes_grants_nothing_more() -> None:
    world = world_with(ann="pro")

    def next_month() -> None:
        world.clock.moment = JANUARY
        grant_monthly(world.backend)

    world.clock.moment = DECEMBER
    world.documents.meanwhile = [next_month]
    assert grant_monthly(world.backend) == 0
    assert months(world) == ["2026-12:grant", "2027-01:grant"]
    assert (world.account().available, world.account().granted_month) == (2_100, "2027-01")


def test_grants_and_submissions_at_once_all_count() -> None:
    world = world_with(ann="pro")
    world.clock.moment = DECEMBER
    actions: list[Callable[[], object]] = [
        *[lambda: grant_monthly(world.backend)] * 2,
        *[world.submit] * 5,
    ]
    at_once(*actions)
    assert (world.account().available, world.account().held) == (1_090, 10)


def many_accounts(world: World, number: int) -> None:
    world.set_tier("pro")
    fields = world.contents()["accounts/user_ann"]
    for index in range(number - 1):
        world.overwrite(f"accounts/user_{index:04}", **fields)


def test_more_accounts_than_one_page_are_granted_by_one_run() -> None:
    world = World()
    many_accounts(world, 450)
    world.clock.moment = DECEMBER
    assert grant_monthly(world.backend) == 450


def test_one_account_that_cannot_be_granted_stops_no_other_and_is_reported(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = world_with(ann="pro", bob="pro", carl="pro")
    world.overwrite("accounts/user_bob", held="much")
    world.clock.moment = DECEMBER
    assert grant_monthly(world.backend) == 2
    assert world.account("user_carl").available == 1_100
    assert {entry["account_id"] for entry in logged(capsys, "grant.broke")} == {"user_bob"}


def test_a_page_of_accounts_that_cannot_be_granted_hides_no_other() -> None:
    world = World()
    many_accounts(world, 250)
    for index in range(249):
        world.overwrite(f"accounts/user_{index:04}", held="much", granted_month="2026-01")
    world.clock.moment = DECEMBER
    assert grant_monthly(world.backend) == 1
    assert world.account().granted_month == "2026-12"


def test_what_a_run_granted_is_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    world = world_with(ann="pro")
    world.clock.moment = DECEMBER
    grant_monthly(world.backend)
    (entry,) = logged(capsys, "month.granted")
    assert (entry["month"], entry["accounts"]) == ("2026-12", 1)
    grant_monthly(world.backend)
    assert logged(capsys, "month.granted") == []


def test_an_account_written_by_hand_gets_its_month_with_its_first_submission() -> None:
    world = World()
    world.documents.overwrite("accounts/user_ann", {"id": "user_ann", "tier": "pro"})
    world.submit("a lighthouse", Caller("ann"))
    assert (world.account().available, months(world)) == (998, ["2026-11:grant"])
    assert world.account().created_at < START


# ---- who is not here ---------------------------------------------------------------------------------


def test_who_did_not_come_for_a_month_is_neither_read_nor_written() -> None:
    world = world_with(ann="pro")
    world.clock.moment = DECEMBER
    assert grant_monthly(world.backend) == 1
    contents, reads = world.contents(), world.documents.reads
    world.clock.moment = JANUARY
    assert grant_monthly(world.backend) == 0
    assert world.documents.reads - reads == 1
    assert world.contents() == contents


def test_who_comes_back_gets_each_month_that_they_did_not_come_for() -> None:
    world = world_with(ann="pro")
    for moment in (DECEMBER, JANUARY, datetime(2027, 2, 1, tzinfo=UTC)):
        world.clock.moment = moment
        grant_monthly(world.backend)
    world.clock.moment = datetime(2027, 3, 20, tzinfo=UTC)
    for _ in range(2):
        world.submit()
    assert months(world) == [
        f"{month}:grant" for month in ("2026-12", "2027-01", "2027-02", "2027-03")
    ]
    assert (world.account().available, world.account().held) == (4_096, 4)
    world.clock.moment = datetime(2027, 4, 1, tzinfo=UTC)
    assert grant_monthly(world.backend) == 1  # as to whoever is here


def test_what_a_month_was_had_of_by_hand_is_not_made_up_for() -> None:
    """Somebody has moved the account's mark back; its entries stay."""
    world = world_with(ann="pro")
    world.clock.moment = DECEMBER
    grant_monthly(world.backend)
    world.overwrite("accounts/user_ann", granted_month="2026-11")
    world.clock.moment = JANUARY
    world.submit()
    assert world.account().available == 100 + 2_000 - 2


def test_a_tier_that_is_lowered_brings_first_what_it_owes() -> None:
    world = world_with(ann="pro")
    world.clock.moment = datetime(2027, 1, 20, tzinfo=UTC)
    raise_to(world, "free")
    assert months(world) == ["2026-12:grant", "2027-01:grant"]
    assert grant_monthly(world.backend) == 0


def test_months_in_a_tier_that_grants_nothing_are_not_made_up_for() -> None:
    world = world_with(ann="pro")
    raise_to(world, "free")
    world.clock.moment = datetime(2027, 10, 20, tzinfo=UTC)
    raise_to(world, "pro")
    assert months(world) == ["2027-10:grant"]
    assert world.account().available == 1_100


def test_months_in_a_tier_that_grants_nothing_are_not_made_up_for_though_it_was_set_by_hand() -> (
    None
):
    world = world_with(ann="pro")
    world.overwrite("accounts/user_ann", tier="free")
    world.clock.moment = DECEMBER
    assert grant_monthly(world.backend) == 0
    assert world.account().month_due_at is None
    world.clock.moment = datetime(2027, 10, 20, tzinfo=UTC)
    world.submit()
    world.overwrite("accounts/user_ann", tier="pro")
    world.clock.moment = datetime(2027, 11, 20, tzinfo=UTC)
    world.submit()
    assert months(world) == ["2027-11:grant"]


def test_what_an_earlier_version_wrote_is_granted_with_its_next_use() -> None:
    world = world_with(ann="pro")
    fields = {**world.contents()["accounts/user_ann"]}
    del fields["month_due_at"]
    world.documents.overwrite("accounts/user_ann", None)
    world.documents.overwrite("accounts/user_ann", fields)
    world.clock.moment = JANUARY
    assert grant_monthly(world.backend) == 0
    world.submit()
    assert months(world) == ["2026-12:grant", "2027-01:grant"]


@pytest.mark.parametrize("granted_month", ["soon", "0001-01", "2026-13"])
def test_what_somebody_wrote_that_is_no_month_makes_nothing_up(granted_month: str) -> None:
    world = world_with(ann="pro")
    world.overwrite("accounts/user_ann", granted_month=granted_month)
    world.clock.moment = DECEMBER
    world.submit()
    assert set(months(world)) <= {"2026-12:grant"}


def test_a_run_that_has_taken_its_time_leaves_the_rest_to_the_next() -> None:
    world = World()
    many_accounts(world, 450)
    world.clock.moment = DECEMBER
    granted = []
    for run in (1, 2, 3):
        late = DECEMBER + timedelta(seconds=400 * run)  # once the first of its page is granted
        world.documents.on_commit = lambda _, late=late: setattr(world.clock, "moment", late)  # type: ignore[misc]
        granted.append(grant_monthly(world.backend))
    assert granted == [200, 200, 50]
