"""What a code is worth once a membership has ended, and what waits for whoever comes back: limits and the day
behind them. The traces are those of a model that searched for a way in."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from mediaforge.contract.documents import dump, former, load, team
from mediaforge.contract.requests import TEAM_ACTIONS, parse_action
from mediaforge.domain.errors import (
    IllegalStateError,
    InvalidRequestError,
    NotFoundError,
    QuotaExceededError,
    RequestError,
)
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.money.quotas import DailyLimits, Usage
from mediaforge.domain.people.teams import Former, Invite, Member, Role, Team
from mediaforge.services.backend import Caller
from mediaforge.services.people.teams import NewInvite
from tests.support.world import ADMIN, ANN, START, World, user

BOB, CARL, EVE = user("bob"), user("carl"), user("eve")
BOB_S_OTHER = user("bob-2")
NO_WAY_IN = "There is no such invitation for you, or it has ended."


def invite(
    world: World, team_id: str, role: str = "editor", caller: Caller = ANN, **fields: Any
) -> str:
    made: NewInvite = world.control_team(caller, team_id, "invite", role=role, **fields)
    return made.code


def accept(world: World, caller: Caller, team_id: str, code: str) -> Member:
    joined: Member = world.control_team(caller, team_id, "accept", code=code)
    return joined


def remove(world: World, caller: Caller, team_id: str, uid: str) -> None:
    world.control_team(caller, team_id, "remove", uid=uid)


def assert_no_way_in(world: World, caller: Caller, team_id: str, code: str) -> None:
    assert_refused(world, NotFoundError, lambda: accept(world, caller, team_id, code), NO_WAY_IN)


def assert_refused(
    world: World, refusal: type[RequestError], act: Callable[[], object], said: str
) -> None:
    """And nothing is written."""
    contents = world.contents()
    with pytest.raises(refusal, match=said):
        act()
    assert world.contents() == contents


def former_of(world: World, team_id: str, uid: str) -> Former | None:
    return world.documents.get(former(team_id, uid))


def team_of(world: World, team_id: str) -> Team:
    found = world.documents.get(team(team_id))
    assert found is not None
    return found


# ---- what a removal voids ------------------------------------------------------------------------


def test_a_code_kept_in_the_drawer_lets_nobody_who_was_removed_in_again() -> None:
    # e has c1, c2 · joins by c1 · removed · c2: was in again, as an owner.
    world = World()
    team_id = world.found_team()
    first, kept = invite(world, team_id), invite(world, team_id, "owner")
    accept(world, BOB, team_id, first)
    assert accept(world, BOB, team_id, kept).role is Role.EDITOR  # sent while in: not used up
    remove(world, ANN, team_id, "bob")
    assert_no_way_in(world, BOB, team_id, kept)
    assert world.member(team_id, "bob") is None


def test_nor_in_by_another_account_of_theirs() -> None:
    # Only the uid refused: the same with his other account.
    world = World()
    team_id = world.found_team()
    first, kept = invite(world, team_id), invite(world, team_id, "owner")
    accept(world, BOB, team_id, first)
    remove(world, ANN, team_id, "bob")
    assert_no_way_in(world, BOB_S_OTHER, team_id, kept)


def test_a_code_that_another_owner_made_is_void_as_well() -> None:
    world = World()
    team_id = world.found_team(carl="owner", bob="owner")
    kept = invite(world, team_id, "owner", CARL)
    remove(world, ANN, team_id, "bob")
    assert_no_way_in(world, BOB, team_id, kept)
    assert_no_way_in(world, BOB_S_OTHER, team_id, kept)


def test_who_has_left_by_themselves_can_still_be_removed_and_so_can_their_codes() -> None:
    world = World()
    team_id = world.found_team()
    first, kept = invite(world, team_id), invite(world, team_id)
    accept(world, BOB, team_id, first)
    remove(world, BOB, team_id, "bob")
    remove(world, ANN, team_id, "bob")
    assert_no_way_in(world, BOB, team_id, kept)
    assert_no_way_in(world, BOB_S_OTHER, team_id, kept)


def test_an_invitation_made_after_a_removal_holds_at_the_very_same_moment() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    remove(world, ANN, team_id, "bob")
    code = invite(world, team_id, "viewer")
    assert accept(world, BOB, team_id, code).role is Role.VIEWER
    assert former_of(world, team_id, "bob") is None


@pytest.mark.parametrize("behind_s", [0, 1, 3600])
def test_a_clock_that_is_behind_saves_no_code_and_voids_none(behind_s: float) -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    world.clock.advance(7200)
    kept = invite(world, team_id)
    world.clock.advance(-behind_s)  # the removal is decided by another machine
    remove(world, ANN, team_id, "bob")
    world.clock.advance(-behind_s)
    fresh = invite(world, team_id)
    assert_no_way_in(world, BOB, team_id, kept)
    assert accept(world, CARL, team_id, fresh).role is Role.EDITOR


def test_a_code_accepted_while_its_holder_is_removed_lets_nobody_in() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    kept = invite(world, team_id, "owner")
    world.documents.meanwhile = [partial(remove, world, ANN, team_id, "bob")]
    with pytest.raises(NotFoundError):
        accept(world, BOB_S_OTHER, team_id, kept)
    assert world.member(team_id, "bob-2") is None


def test_a_code_made_while_its_holder_to_be_is_removed_counts_as_made_after() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    world.documents.meanwhile = [partial(remove, world, ANN, team_id, "bob")]
    code = invite(world, team_id)
    assert accept(world, CARL, team_id, code).role is Role.EDITOR


def test_who_leaves_takes_no_invitation_from_anybody_else() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    code = invite(world, team_id)
    remove(world, BOB, team_id, "bob")
    assert accept(world, CARL, team_id, code).role is Role.EDITOR


def test_who_left_comes_back_by_no_code_of_before() -> None:
    world = World()
    team_id = world.found_team(bob="viewer")
    kept = invite(world, team_id, "owner")
    remove(world, BOB, team_id, "bob")
    assert_no_way_in(world, BOB, team_id, kept)
    assert accept(world, BOB, team_id, invite(world, team_id)).role is Role.EDITOR


def test_who_is_made_less_by_an_owner_is_not_made_more_by_a_code_of_before() -> None:
    world = World()
    team_id = world.found_team(bob="owner")
    kept = invite(world, team_id, "owner")
    world.control_team(ANN, team_id, "setMember", uid="bob", role="viewer")
    assert_no_way_in(world, BOB_S_OTHER, team_id, kept)


def test_who_is_made_more_voids_nothing() -> None:
    world = World()
    team_id = world.found_team(bob="viewer")
    code = invite(world, team_id)
    world.control_team(ANN, team_id, "setMember", uid="bob", role="owner")
    assert accept(world, CARL, team_id, code).role is Role.EDITOR


def test_an_invitation_of_an_earlier_version_holds_until_somebody_is_removed() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    code = invite(world, team_id)
    path = f"teams/{team_id}"
    known = {n: v for n, v in world.contents()[path].items() if n != "codes_void_before"}
    world.documents.overwrite(path, known)
    remove(world, ANN, team_id, "bob")
    assert_no_way_in(world, EVE, team_id, code)


def test_a_removal_asked_for_again_changes_nothing_until_there_is_something_new_to_void() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    remove(world, ANN, team_id, "bob")
    contents = world.contents()
    world.clock.advance(60)
    remove(world, ANN, team_id, "bob")
    assert world.contents() == contents
    made_since = invite(world, team_id)
    remove(world, ANN, team_id, "bob")
    assert_no_way_in(world, BOB_S_OTHER, team_id, made_since)


def test_what_names_somebody_who_has_left_is_void_with_their_removal_after_another_s_too() -> None:
    world = World()
    team_id = world.found_team(bob="editor", carl="editor")
    remove(world, BOB, team_id, "bob")
    for_bob = invite(world, team_id, boundTo="bob")
    remove(world, ANN, team_id, "carl")
    remove(world, ANN, team_id, "bob")
    assert_no_way_in(world, BOB, team_id, for_bob)


def test_a_removal_is_noted_in_the_team_and_a_leave_with_who_left() -> None:
    world = World()
    team_id = world.found_team(bob="editor", carl="editor")
    world.clock.advance(60)
    now = world.clock.now()
    remove(world, BOB, team_id, "bob")
    assert (team_of(world, team_id).codes_void_before, team_of(world, team_id).address_epoch) == (
        None,
        1,
    )
    assert former_of(world, team_id, "bob") == Former(now, uid="bob")
    world.clock.advance(60)
    remove(world, ANN, team_id, "carl")
    removed_at = world.clock.now()
    after = team_of(world, team_id)
    assert (after.codes_void_before, after.address_epoch) == (removed_at, 2)
    world.clock.advance(60)
    remove(world, ANN, team_id, "bob")  # who saw nothing since: no address has to end for it
    after = team_of(world, team_id)
    assert (after.codes_void_before, after.address_epoch) == (world.clock.now(), 2)
    assert former_of(world, team_id, "bob") == Former(world.clock.now(), uid="bob")


# ---- an invitation for one person ----------------------------------------------------------------

BOB_BY_MAIL = user("b7", email="bob@example.com")
ANOTHER_BY_MAIL = user("b8", email="bob@example.org")
UNVERIFIED = user("b9")  # has typed bob@example.com: that is nothing that is certain of anybody


@pytest.mark.parametrize(
    ("bound_to", "caller"),
    [
        ("bob", BOB),
        ("bob", Caller("bob")),
        ("bob@example.com", BOB_BY_MAIL),
        ("Bob@Example.COM", BOB_BY_MAIL),
        ("bob+work@example.com", user("b7", email="Bob+Work@example.com")),
    ],
)
def test_an_invitation_for_somebody_lets_them_in(bound_to: str, caller: Caller) -> None:
    world = World()
    team_id = world.found_team()
    code = invite(world, team_id, boundTo=bound_to)
    assert accept(world, caller, team_id, code).uid == caller.uid


@pytest.mark.parametrize("bound_to", ["bob", "bob@example.com"])
@pytest.mark.parametrize("caller", [EVE, ANOTHER_BY_MAIL, UNVERIFIED, ADMIN])
def test_an_invitation_for_somebody_lets_nobody_else_in_and_is_not_used_up(
    bound_to: str, caller: Caller
) -> None:
    world = World()
    team_id = world.found_team()
    code = invite(world, team_id, boundTo=bound_to)
    assert_no_way_in(world, caller, team_id, code)
    named = BOB if bound_to == "bob" else BOB_BY_MAIL
    assert accept(world, named, team_id, code).role is Role.EDITOR


def test_an_invitation_for_a_uid_outlives_the_removal_of_others() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    code = invite(world, team_id, boundTo="carl")
    remove(world, ANN, team_id, "bob")
    assert_no_way_in(world, BOB, team_id, code)
    assert accept(world, CARL, team_id, code).role is Role.EDITOR


def test_one_for_an_address_does_not_since_another_account_of_theirs_may_have_it() -> None:
    # bob has two for his address · joins by one · removed · the other, from his next account: an owner.
    world = World()
    team_id = world.found_team()
    first, kept = (invite(world, team_id, "owner", boundTo="bob@example.com") for _ in range(2))
    accept(world, user("bob", email="bob@example.com"), team_id, first)
    remove(world, ANN, team_id, "bob")
    assert_no_way_in(world, BOB_BY_MAIL, team_id, kept)
    again = invite(world, team_id, boundTo="bob@example.com")
    assert accept(world, BOB_BY_MAIL, team_id, again).role is Role.EDITOR


def test_nor_does_it_outlive_a_role_that_was_lowered() -> None:
    world = World()
    team_id = world.found_team(bob="owner")
    kept = invite(world, team_id, "owner", boundTo="bob@example.com")
    world.control_team(ANN, team_id, "setMember", uid="bob", role="viewer")
    assert_no_way_in(world, BOB_BY_MAIL, team_id, kept)


def test_one_for_an_address_lets_in_no_other_address_of_the_same_mailbox() -> None:
    world = World()
    team_id = world.found_team()
    code = invite(world, team_id, boundTo="bob@example.com")
    assert_no_way_in(world, user("bob2", email="bob+2@example.com"), team_id, code)


@pytest.mark.parametrize("goes", ["removed", "leaves", "leaves and is removed"])
def test_an_invitation_for_somebody_does_not_outlive_their_own_membership(goes: str) -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    before = invite(world, team_id, boundTo="bob")
    remove(world, ANN if goes == "removed" else BOB, team_id, "bob")
    between = invite(world, team_id, boundTo="bob")
    if goes == "leaves and is removed":
        remove(world, ANN, team_id, "bob")
        assert_no_way_in(world, BOB, team_id, between)
    assert_no_way_in(world, BOB, team_id, before)


def test_an_owner_who_is_removed_has_invited_no_second_account_of_theirs() -> None:
    world = World()
    team_id = world.found_team(bob="owner")
    code = invite(world, team_id, "owner", BOB, boundTo="bob-2")
    remove(world, ANN, team_id, "bob")
    assert_no_way_in(world, BOB_S_OTHER, team_id, code)


@pytest.mark.parametrize("bound_to", [None, "bob-2"])
def test_nor_has_an_owner_who_is_blocked(bound_to: str | None) -> None:
    world = World()
    team_id = world.found_team(bob="owner")
    bound = {"boundTo": bound_to} if bound_to else {}
    code, other = invite(world, team_id, "owner", BOB, **bound), invite(world, team_id, "owner")
    world.control_account("block", accountId="user_bob", reason="card testing")
    assert_no_way_in(world, BOB_S_OTHER, team_id, code)
    assert accept(world, EVE, team_id, other).role is Role.OWNER
    world.control_account("unblock", accountId="user_bob")
    assert accept(world, BOB_S_OTHER, team_id, code).role is Role.OWNER


def test_one_for_an_address_lets_in_none_whose_signs_only_become_its_letters() -> None:
    """The sign of the kelvin is a k in lower case."""
    world = World()
    team_id = world.found_team()
    code = invite(world, team_id, "owner", boundTo="kim@corp.com")
    assert_no_way_in(world, user("eve", email="\u212aim@corp.com"), team_id, code)
    assert accept(world, user("kim", email="Kim@Corp.com"), team_id, code).role is Role.OWNER


def test_of_an_address_only_a_hash_is_kept_that_is_another_with_each_code() -> None:
    world = World()
    team_id = world.found_team()
    for _ in range(2):
        invite(world, team_id, boundTo="bob@example.com")
    contents = world.contents()
    bound = [contents[path]["bound_to"] for path in contents if "/invites/" in path]
    assert len(set(bound)) == 2
    assert "bob@" not in str(contents)
    assert "example" not in str(contents)


WRONG_NAMES = ["", "@", "bob@", "@example.com", "bob smith@example.com", "a/b", "..", "__bob__"]
WRONG_NAMES += ["x" * 129, "x" * 250 + "@e.com", "\ud800"]


@pytest.mark.parametrize("bound_to", WRONG_NAMES, ids=lambda name: ascii(name)[:20])
def test_what_names_nobody_is_refused_with_its_field(bound_to: str) -> None:
    payload = {"teamId": "t1", "action": "invite", "role": "editor", "boundTo": bound_to}
    with pytest.raises(InvalidRequestError) as refused:
        parse_action(TEAM_ACTIONS, payload)
    assert [error["field"] for error in refused.value.details["fieldErrors"]] == ["boundTo"]


# ---- how many ------------------------------------------------------------------------------------


def test_a_team_has_a_hundred_open_invitations_at_most() -> None:
    world = World()
    world.set_tier("studio")
    team_id = world.found_team(bob="editor")
    for _ in range(99):
        invite(world, team_id)
    last: NewInvite = world.control_team(ANN, team_id, "invite", role="viewer")
    more = partial(invite, world, team_id)
    assert_refused(world, IllegalStateError, more, "at most 100 open invitations")
    world.control_team(ANN, team_id, "revokeInvite", inviteId=last.id)
    more()


@pytest.mark.parametrize("how", ["expired", "void"])
def test_what_lets_nobody_in_any_more_is_in_nobody_s_way(how: str) -> None:
    world = World()
    world.set_tier("studio")
    team_id = world.found_team(bob="editor")
    for _ in range(100):
        invite(world, team_id)
    if how == "expired":
        world.clock.advance(7 * 86_400)
    else:
        remove(world, ANN, team_id, "bob")
    code = invite(world, team_id)
    assert accept(world, user("carl"), team_id, code).uid == "carl"


def test_what_outlives_a_removal_still_counts() -> None:
    world = World()
    world.set_tier("studio")
    team_id = world.found_team(bob="editor", carl="editor")
    for number in range(50):
        invite(world, team_id, boundTo=f"u{number}")
        invite(world, team_id)
    remove(world, ANN, team_id, "bob")
    world.clock.advance(1)
    for number in range(49):
        invite(world, team_id, boundTo=f"u{number}")
    last: NewInvite = world.control_team(ANN, team_id, "invite", role="viewer")
    more = partial(invite, world, team_id)
    assert_refused(world, IllegalStateError, more, "at most 100 open invitations")
    world.control_team(ANN, team_id, "revokeInvite", inviteId=last.id)
    more()
    world.clock.advance(7 * 86_400)
    for _ in range(100):
        more()


def test_of_invitations_no_more_are_read_than_may_be_open() -> None:
    # Those that name a uid were all read, expired ones too, for a week after each removal.
    world = World()
    world.set_tier("studio")
    team_id = world.found_team(bob="editor", carl="editor")

    def reads_of_one_more() -> int:
        before = world.documents.reads
        invite(world, team_id, boundTo="u")
        return world.documents.reads - before

    remove(world, ANN, team_id, "carl")
    world.clock.advance(1)
    few = reads_of_one_more()
    for _ in range(3):
        for number in range(98):
            invite(world, team_id, boundTo=f"u{number}")
        world.clock.advance(7 * 86_400)
    remove(world, ANN, team_id, "bob")
    world.clock.advance(1)
    assert reads_of_one_more() == few


# ---- limits and usage stay with the uid ----------------------------------------------------------


def limited_to_one(world: World, team_id: str) -> None:
    world.control_team(ANN, team_id, "setMember", uid="bob", limits={"imagesADay": 1})


@pytest.mark.parametrize("who", [BOB, ANN], ids=["leaves", "is removed"])
def test_whoever_leaves_and_comes_back_has_the_same_limits_and_the_same_day(who: Caller) -> None:
    # Limits in the member: submit · leaves · c2 · submit.
    world = World()
    team_id = world.found_team(bob="editor")
    limited_to_one(world, team_id)
    world.submit(caller=BOB, teamId=team_id)
    remove(world, who, team_id, "bob")
    used = Usage("2026-11-20", {JobKind.IMAGE: 1}, credits=2)
    gone = former_of(world, team_id, "bob")
    assert gone is not None
    assert (gone.limits, gone.usage) == (DailyLimits({JobKind.IMAGE: 1}), used)
    member = accept(world, BOB, team_id, invite(world, team_id))
    assert (member.limits, member.usage) == (DailyLimits({JobKind.IMAGE: 1}), used)
    with pytest.raises(QuotaExceededError):
        world.submit(caller=BOB, teamId=team_id)
    world.clock.advance(86_400)
    world.submit(caller=BOB, teamId=team_id)


def test_limits_come_back_after_any_number_of_times() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    limited_to_one(world, team_id)
    for _ in range(3):
        remove(world, BOB, team_id, "bob")
        remove(world, ANN, team_id, "bob")
        accept(world, BOB, team_id, invite(world, team_id))
    member = world.member(team_id, "bob")
    assert member is not None
    assert member.limits == DailyLimits({JobKind.IMAGE: 1})


def test_a_submission_in_the_middle_of_a_leave_is_counted_with_what_waits() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    limited_to_one(world, team_id)
    world.documents.meanwhile = [lambda: world.submit(caller=BOB, teamId=team_id)]
    remove(world, BOB, team_id, "bob")
    gone = former_of(world, team_id, "bob")
    assert gone is not None
    assert gone.usage.of(JobKind.IMAGE) == 1


def test_what_was_never_begun_is_given_back_also_to_who_has_left() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    limited_to_one(world, team_id)
    later = (START + timedelta(hours=2)).isoformat()
    job_id = world.submit(caller=BOB, teamId=team_id, scheduledAt=later).job.id
    remove(world, BOB, team_id, "bob")
    world.cancel(job_id, BOB)
    world.settle(f"team_{team_id}")
    gone = former_of(world, team_id, "bob")
    assert gone is not None
    assert gone.usage == Usage("2026-11-20")
    accept(world, BOB, team_id, invite(world, team_id))
    world.submit(caller=BOB, teamId=team_id)
    world.run_until_quiet()
    world.assert_promises()


def test_who_is_back_gets_what_is_given_back_once() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    later = (START + timedelta(hours=2)).isoformat()
    job_id = world.submit(caller=BOB, teamId=team_id, scheduledAt=later).job.id
    remove(world, BOB, team_id, "bob")
    world.cancel(job_id, BOB)
    code = invite(world, team_id)
    world.documents.meanwhile = [partial(accept, world, BOB, team_id, code)]
    world.settle(f"team_{team_id}")
    member = world.member(team_id, "bob")
    assert member is not None
    assert member.usage == Usage("2026-11-20")
    assert former_of(world, team_id, "bob") is None


def test_who_was_never_limited_comes_back_as_they_were() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    remove(world, BOB, team_id, "bob")
    member = accept(world, BOB, team_id, invite(world, team_id))
    assert member.limits == DailyLimits()


# ---- as documents --------------------------------------------------------------------------------


def test_documents_of_an_earlier_version_are_read() -> None:
    by_an_earlier = {
        "role": "editor",
        "created_by": "ann",
        "created_at": START,
        "expires_at": START,
    }
    assert load(Invite, by_an_earlier, "i1").bound_to is None
    plain = {"name": "Lights", "created_by": "ann", "created_at": START, "modified": START}
    assert load(Team, plain, "t1").codes_void_before is None


def test_what_waits_for_somebody_is_read_back_as_it_was_written() -> None:
    gone = Former(
        START,
        DailyLimits({JobKind.IMAGE: 3}),
        Usage("2026-11-20", {JobKind.IMAGE: 1, JobKind.VIDEO: 2}, 3),
    )
    assert load(Former, dump(gone), "bob") == gone
