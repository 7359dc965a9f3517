"""A team's roles, and what each of its members may ask for a day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mediaforge.contract.documents import dump, load
from mediaforge.domain.errors import QuotaExceededError
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.money.quotas import DailyLimits, Demand, Usage
from mediaforge.domain.people import teams
from mediaforge.domain.people.teams import Former, Invite, Member, Role, Team, Walk
from mediaforge.domain.sign_ins import Identity

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


@pytest.mark.parametrize("role", Role)
def test_each_role_is_below_those_that_may_do_more(role: Role) -> None:
    order = [Role.VIEWER, Role.EDITOR, Role.OWNER]
    below = [other for other in Role if other.is_below(role)]
    assert sorted(below) == sorted(order[: order.index(role)])


def test_there_are_three_roles() -> None:
    assert sorted(Role) == ["editor", "owner", "viewer"]


def test_a_submission_counts_for_its_member_and_changes_nothing_else_of_them() -> None:
    counted = teams.count_demands(BOB, [TWO_IMAGES], NOON)
    assert counted == replace(BOB, usage=Usage(TODAY, {JobKind.IMAGE: 2}, credits=4))


@pytest.mark.parametrize(
    ("limits", "of"),
    [(DailyLimits({JobKind.IMAGE: 3}), "images"), (DailyLimits(credits=7), "credits")],
)
def test_a_member_s_own_limit_refuses_what_passes_it(limits: DailyLimits, of: str) -> None:
    limited = teams.count_demands(replace(BOB, limits=limits), [TWO_IMAGES], NOON)
    with pytest.raises(QuotaExceededError) as exceeded:
        teams.count_demands(limited, [TWO_IMAGES], NOON)
    assert (exceeded.value.details["of"], exceeded.value.details["limitOf"]) == (of, "member")


def test_a_member_without_limits_of_their_own_has_none() -> None:
    busy = replace(
        BOB, usage=Usage(TODAY, {JobKind.IMAGE: 10**6, JobKind.VIDEO: 10**6}, credits=10**6)
    )
    assert teams.count_demands(busy, [TWO_IMAGES], NOON).usage.of(JobKind.IMAGE) == 10**6 + 2


def test_a_member_s_limit_is_of_the_day() -> None:
    full = replace(
        BOB,
        limits=DailyLimits({JobKind.IMAGE: 2}),
        usage=Usage(TODAY, {JobKind.IMAGE: 2}, credits=4),
    )
    tomorrow = NOON + timedelta(days=1)
    assert teams.count_demands(full, [TWO_IMAGES], tomorrow).usage == Usage(
        "2026-11-21", {JobKind.IMAGE: 2}, 4
    )


def test_what_was_not_delivered_is_given_back_to_its_member() -> None:
    used = teams.count_demands(BOB, [TWO_IMAGES], NOON)
    back = teams.give_back(used, Demand(JobKind.IMAGE, 1, 2), NOON, NOON)
    assert back == replace(BOB, usage=Usage(TODAY, {JobKind.IMAGE: 1}, credits=2))


def test_what_was_counted_yesterday_is_not_given_back_today() -> None:
    used = teams.count_demands(BOB, [TWO_IMAGES], NOON)
    assert teams.give_back(used, TWO_IMAGES, NOON, NOON + timedelta(days=1)) == used


def test_a_member_written_by_hand_needs_no_more_than_a_role() -> None:
    by_hand = load(Member, {"role": "editor"}, "bob")
    assert by_hand == Member(Role.EDITOR)
    assert teams.count_demands(by_hand, [TWO_IMAGES], NOON).usage.of(JobKind.IMAGE) == 2


def test_a_member_is_read_back_as_it_was_written() -> None:
    limits, usage = (
        DailyLimits({JobKind.IMAGE: 3}),
        Usage(TODAY, {JobKind.IMAGE: 1, JobKind.VIDEO: 2}, 3),
    )
    bob = replace(BOB, role=Role.VIEWER, limits=limits, usage=usage)
    assert load(Member, dump(bob), "bob") == bob


# ---- whose addresses have to end -----------------------------------------------------------------

TEAM = Team("t", "Lights", "ann", NOON, NOON)
LATER = NOON + timedelta(minutes=2)


def test_an_end_of_a_membership_is_looked_at_at_once() -> None:
    raised = teams.raise_epoch(TEAM, NOON)
    assert raised == replace(TEAM, address_epoch=1, due_at=NOON)
    assert not teams.is_rotating(TEAM)
    assert teams.is_rotating(raised)
    assert teams.begins_at_once(TEAM, raised, NOON)


@pytest.mark.parametrize("walk", [None, Walk(1, NOON, "job")])
def test_it_stops_no_rotation_that_is_under_way_and_calls_for_none(walk: Walk | None) -> None:
    walking = replace(TEAM, address_epoch=1, walk=walk, due_at=LATER)
    raised = teams.raise_epoch(walking, NOON)
    assert raised == replace(walking, address_epoch=2)
    assert not teams.begins_at_once(walking, raised, NOON)
    assert not teams.begins_at_once(walking, raised, LATER)


@pytest.mark.parametrize(("after_s", "waits_s"), [(0, 300), (299, 1), (300, 0), (900, 0)])
def test_a_walk_begins_so_long_after_the_last(after_s: int, waits_s: int) -> None:
    quiet = replace(TEAM, address_epoch=1, rotated_epoch=1, walk_began_at=NOON)
    now = NOON + timedelta(seconds=after_s)
    raised = teams.raise_epoch(quiet, now)
    assert raised.due_at == now + timedelta(seconds=waits_s)
    assert teams.begins_at_once(quiet, raised, now) is (waits_s == 0)
    assert teams.is_early(raised, now) is (waits_s > 0)
    assert not teams.is_early(replace(raised, walk=Walk(2, NOON, "job")), now)
    ended = teams.end_walk(replace(raised, address_epoch=3), 2, now)
    assert (ended.rotated_epoch, ended.due_at) == (2, now + timedelta(seconds=waits_s))


def test_a_membership_ended_in_a_rotation_of_an_earlier_version_is_due_at_once() -> None:
    rotating = replace(TEAM, address_epoch=1, due_at=None)
    assert teams.raise_epoch(rotating, NOON).due_at == NOON


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
    new = {"address_epoch", "rotated_epoch", "walk", "due_at", "walk_began_at"}
    fields = {name: value for name, value in dump(TEAM).items() if name not in new}
    assert load(Team, fields, "t") == TEAM


# ---- when, and for whom, a code is good ------------------------------------------------------------

SECOND = timedelta(seconds=1)
WEEK = timedelta(days=7)


def code_made(at: datetime, bound_to: str | None = None) -> Invite:
    return Invite(Role.EDITOR, "ann", at, at + WEEK, bound_to)


def removed(at: datetime) -> Team:
    return teams.void_codes(teams.changed(TEAM, at))


@pytest.mark.parametrize("seconds", [-3600, -1, 0, 1, 3600])
def test_a_change_is_later_than_the_one_before_whatever_the_clock_says(seconds: int) -> None:
    first = teams.changed(TEAM, NOON + SECOND)
    second = teams.changed(first, first.modified + timedelta(seconds=seconds))
    assert TEAM.modified < first.modified < second.modified
    assert second.changes == 2
    if seconds > 0:
        assert second.modified == first.modified + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("made_at", "bound_to", "is_good"),
    [
        (NOON, None, False),
        (NOON + SECOND, None, False),
        (NOON + 2 * SECOND, None, True),
        (NOON, "uid:bob", True),
        (NOON, "uid:eve", False),
        (NOON, "email:bob", False),
        (NOON + SECOND, "email:bob", False),
        (NOON + 2 * SECOND, "email:bob", True),
        (NOON + 2 * SECOND, "uid:eve", False),
    ],
)
def test_after_a_removal_only_what_names_the_uid_who_comes_or_was_made_since_is_good(
    made_at: datetime, bound_to: str | None, is_good: bool
) -> None:
    invite, team = code_made(made_at, bound_to), removed(NOON + SECOND)
    assert teams.lets_in(invite, team, None, {"uid:bob", "email:bob"}, NOON + 3 * SECOND) is is_good


@pytest.mark.parametrize("bound_to", [None, "uid:bob"])
@pytest.mark.parametrize(("ended_s", "is_good"), [(-1, True), (0, False), (1, False)])
def test_nothing_of_before_the_end_of_their_membership_lets_somebody_in(
    bound_to: str | None, ended_s: int, is_good: bool
) -> None:
    former = Former(NOON + ended_s * SECOND)
    invite = code_made(NOON, bound_to)
    assert teams.lets_in(invite, TEAM, former, {"uid:bob"}, NOON + 3 * SECOND) is is_good


@pytest.mark.parametrize(("after", "is_good"), [(WEEK - SECOND, True), (WEEK, False)])
def test_a_code_is_good_until_it_expires(after: timedelta, is_good: bool) -> None:
    assert teams.lets_in(code_made(NOON), TEAM, None, set(), NOON + after) is is_good


def test_a_uid_is_named_as_it_is_and_an_address_by_a_hash_with_the_code() -> None:
    assert teams.name_of(teams.person_of("Bob"), "c1") == "uid:Bob"
    names = {teams.name_of(teams.person_of("bob@example.com"), code) for code in ("c1", "c2")}
    assert len(names) == 2
    assert all(name.startswith("email:") and "bob" not in name for name in names)
    same = teams.name_of(Identity("email", "bob+x@example.com"), "c1")
    assert teams.name_of(teams.person_of(" BOB+x@Example.com"), "c1") == same


@pytest.mark.parametrize("other", ["bob+x@example.com", "b.ob@gmail.com", "strasse@example.com"])
def test_what_is_the_same_mailbox_for_a_gift_is_another_address_for_an_invitation(
    other: str,
) -> None:
    for named in ("bob@example.com", "bob@gmail.com", "straße@example.com"):
        assert teams.name_of(teams.person_of(named), "c1") != teams.name_of(
            teams.person_of(other), "c1"
        )


def test_a_removal_is_the_last_change_until_there_is_another() -> None:
    team = removed(NOON + SECOND)
    former = Former(team.modified)
    assert teams.is_last_change(team, former)
    assert not teams.is_last_change(teams.changed(team, NOON + 2 * SECOND), former)
    assert not teams.is_last_change(team, Former(NOON))
    assert not teams.is_last_change(TEAM, Former(TEAM.modified))  # left by themselves


def test_what_waits_for_somebody_comes_back_with_them() -> None:
    limits, usage = (
        DailyLimits({JobKind.IMAGE: 3}),
        Usage(TODAY, {JobKind.IMAGE: 1, JobKind.VIDEO: 2}, 3),
    )
    gone = teams.end_membership("bob", replace(BOB, limits=limits, usage=usage), NOON)
    assert gone == Former(NOON, limits, usage, "bob")
    later = NOON + SECOND
    back = teams.join("bob", Role.VIEWER, gone, later, "carl")
    assert back == Member(Role.VIEWER, "bob", later, "carl", limits, usage)
    assert teams.give_back(gone, TWO_IMAGES, NOON, NOON).usage.of(JobKind.IMAGE) == 0
