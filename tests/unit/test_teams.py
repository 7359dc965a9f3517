"""A team's roles, and what each of its members may ask for a day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mediaforge.contract.documents import dump, load
from mediaforge.domain import teams
from mediaforge.domain.errors import QuotaExceededError
from mediaforge.domain.jobs import JobKind
from mediaforge.domain.quotas import DailyLimits, Demand, Usage
from mediaforge.domain.teams import Member, Role, Team, Walk

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TODAY = "2026-11-20"
TWO_IMAGES = Demand(JobKind.IMAGE, 2, 4)
BOB = Member(Role.EDITOR, "bob", joined_at=NOON, invited_by="ann")


@pytest.mark.parametrize(
    ("role", "may_submit", "may_manage"),
    [("owner", True, True), ("editor", True, False), ("viewer", False, False)],
)
def test_a_role_says_what_its_member_may_do(role: str, may_submit: bool, may_manage: bool) -> None:
    assert (Role(role).may_submit, Role(role).may_manage) == (may_submit, may_manage)


def test_there_are_three_roles() -> None:
    assert sorted(Role) == ["editor", "owner", "viewer"]


def test_a_submission_counts_for_its_member_and_changes_nothing_else_of_them() -> None:
    counted = teams.count_demand(BOB, TWO_IMAGES, NOON)
    assert counted == replace(BOB, usage=Usage(TODAY, images=2, credits=4))


@pytest.mark.parametrize(
    ("limits", "of"),
    [(DailyLimits(images=3), "images"), (DailyLimits(credits=7), "credits")],
)
def test_a_member_s_own_limit_refuses_what_passes_it(limits: DailyLimits, of: str) -> None:
    limited = teams.count_demand(replace(BOB, limits=limits), TWO_IMAGES, NOON)
    with pytest.raises(QuotaExceededError) as exceeded:
        teams.count_demand(limited, TWO_IMAGES, NOON)
    assert (exceeded.value.details["of"], exceeded.value.details["limitOf"]) == (of, "member")


def test_a_member_without_limits_of_their_own_has_none() -> None:
    busy = replace(BOB, usage=Usage(TODAY, images=10**6, videos=10**6, credits=10**6))
    assert teams.count_demand(busy, TWO_IMAGES, NOON).usage.images == 10**6 + 2


def test_a_member_s_limit_is_of_the_day() -> None:
    full = replace(BOB, limits=DailyLimits(images=2), usage=Usage(TODAY, images=2, credits=4))
    tomorrow = NOON + timedelta(days=1)
    assert teams.count_demand(full, TWO_IMAGES, tomorrow).usage == Usage("2026-11-21", 2, 0, 4)


def test_what_was_not_delivered_is_given_back_to_its_member() -> None:
    used = teams.count_demand(BOB, TWO_IMAGES, NOON)
    back = teams.give_back(used, Demand(JobKind.IMAGE, 1, 2), NOON, NOON)
    assert back == replace(BOB, usage=Usage(TODAY, images=1, credits=2))


def test_what_was_counted_yesterday_is_not_given_back_today() -> None:
    used = teams.count_demand(BOB, TWO_IMAGES, NOON)
    assert teams.give_back(used, TWO_IMAGES, NOON, NOON + timedelta(days=1)) == used


def test_a_member_written_by_hand_needs_no_more_than_a_role() -> None:
    by_hand = load(Member, {"role": "editor"}, "bob")
    assert by_hand == Member(Role.EDITOR)
    assert teams.count_demand(by_hand, TWO_IMAGES, NOON).usage.images == 2


def test_a_member_is_read_back_as_it_was_written() -> None:
    limits, usage = DailyLimits(images=3), Usage(TODAY, 1, 2, 3)
    bob = replace(BOB, role=Role.VIEWER, limits=limits, usage=usage)
    assert load(Member, dump(bob), "bob") == bob


# ---- whose addresses have to end -----------------------------------------------------------------

TEAM = Team("t", "Lights", "ann", NOON, NOON)
LATER = NOON + timedelta(minutes=2)


def test_an_end_of_a_membership_is_looked_at_at_once_and_stops_no_walk() -> None:
    walking = replace(TEAM, address_epoch=1, walk=Walk(1, NOON, "job"), due_at=LATER)
    raised = teams.raise_epoch(walking, NOON)
    assert raised == replace(walking, address_epoch=2, due_at=NOON)
    assert not teams.is_rotating(TEAM)
    assert teams.is_rotating(raised)


def test_a_walk_ends_what_was_seen_before_it_began_and_the_next_one_the_rest() -> None:
    raised = replace(TEAM, address_epoch=2, walk=Walk(1, NOON, "job"), due_at=NOON)
    assert teams.begun_at(raised) == 1
    first = teams.end_walk(raised, 1, LATER)
    assert first == replace(TEAM, address_epoch=2, rotated_epoch=1, due_at=LATER)
    assert teams.begun_at(first) == 2
    assert teams.end_walk(first, 2, LATER) == replace(TEAM, address_epoch=2, rotated_epoch=2)


def test_a_late_walk_takes_nothing_back() -> None:
    rotated = replace(TEAM, address_epoch=3, rotated_epoch=2)
    assert teams.end_walk(rotated, 1, LATER) == replace(rotated, due_at=LATER)


def test_a_team_of_an_earlier_version_has_lost_nobody() -> None:
    new = {"address_epoch", "rotated_epoch", "walk", "due_at"}
    fields = {name: value for name, value in dump(TEAM).items() if name not in new}
    assert load(Team, fields, "t") == TEAM
