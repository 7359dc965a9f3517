"""What an administrator may do where its owners cannot or will not: mend a team, and cancel anybody's job."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from mediaforge.contract.documents import former
from mediaforge.contract.documents import team as team_ref
from mediaforge.contract.requests import ControlJob, parse
from mediaforge.domain.errors import (
    CancelIsChargedError,
    IllegalStateError,
    NotAMemberError,
    NotFoundError,
    NotOwnerError,
    RequestError,
)
from mediaforge.domain.jobs.job import JobStatus
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.money.quotas import DailyLimits
from mediaforge.domain.people.teams import Former, Role
from mediaforge.services.backend import Caller
from mediaforge.services.jobs.control import control_job
from mediaforge.services.watch.invariants import check_invariants
from tests.support.world import ADMIN, ANN, START, World, logged, user

BOB, CARL = user("bob"), user("carl")


def ownerless(world: World, **roles: Any) -> str:
    """A team whose only owner's membership was deleted by hand."""
    team_id = world.found_team(**roles)
    world.documents.overwrite(f"teams/{team_id}/members/ann", None)
    return team_id


def roles(world: World, team_id: str) -> dict[str, str]:
    folder = f"teams/{team_id}/members/"
    found = world.contents().items()
    return {p.removeprefix(folder): f["role"] for p, f in found if p.startswith(folder)}


def assert_refused(world: World, refusal: type[RequestError], act: Callable[[], object]) -> None:
    contents = world.contents()
    with pytest.raises(refusal):
        act()
    assert world.contents() == contents


# ---- teams -----------------------------------------------------------------------------------------


def test_a_team_without_an_owner_is_found_by_the_check() -> None:
    world = World()
    team_id = ownerless(world, bob="editor")
    (violation,) = check_invariants(world.backend)
    assert (violation.document, violation.rule) == (f"teams/{team_id}", "a team has an owner")


def test_an_administrator_makes_a_member_the_owner_of_a_team_without_one() -> None:
    world = World()
    team_id = ownerless(world, bob="editor", carl="viewer")
    member = world.control_team(ADMIN, team_id, "setMember", uid="bob", role="owner")
    assert member.role is Role.OWNER
    assert roles(world, team_id) == {"bob": "owner", "carl": "viewer"}
    world.control_team(BOB, team_id, "remove", uid="carl")
    assert check_invariants(world.backend) == []


def test_an_administrator_takes_the_ownership_from_whoever_is_gone() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    world.control_team(ADMIN, team_id, "setMember", uid="bob", role="owner")
    world.control_team(ADMIN, team_id, "remove", uid="ann")
    assert roles(world, team_id) == {"bob": "owner"}


def test_an_administrator_gives_a_team_that_nobody_is_left_in_to_somebody() -> None:
    world = World()
    team_id = ownerless(world)
    member = world.control_team(ADMIN, team_id, "setMember", uid="bob", role="owner")
    assert (member.uid, member.invited_by, member.joined_at) == ("bob", "root", START)
    assert roles(world, team_id) == {"bob": "owner"}


def test_whoever_is_brought_back_by_an_administrator_has_their_limits() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    world.control_team(ANN, team_id, "setMember", uid="bob", limits={"imagesADay": 1})
    world.control_team(BOB, team_id, "remove", uid="bob")
    member = world.control_team(ADMIN, team_id, "setMember", uid="bob", role="owner")
    assert member.limits == DailyLimits({JobKind.IMAGE: 1})
    assert world.documents.get(former(team_id, "bob")) is None


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("setMember", {"uid": "bob", "role": "viewer"}),
        ("setMember", {"uid": "carl", "role": "editor"}),
        ("setMember", {"uid": "eve", "role": "editor"}),
        ("remove", {"uid": "bob"}),
    ],
)
def test_an_administrator_leaves_no_team_without_an_owner(
    action: str, fields: dict[str, Any]
) -> None:
    world = World()
    team_id = ownerless(world, bob="editor", carl="viewer")
    assert_refused(
        world, IllegalStateError, lambda: world.control_team(ADMIN, team_id, action, **fields)
    )


@pytest.mark.parametrize(("action", "fields"), [("setMember", {"role": "editor"}), ("remove", {})])
def test_nor_takes_the_last_one_away(action: str, fields: dict[str, Any]) -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    assert_refused(
        world,
        IllegalStateError,
        lambda: world.control_team(ADMIN, team_id, action, uid="ann", **fields),
    )


def test_an_administrator_and_the_last_owner_at_the_same_moment_leave_one() -> None:
    world = World()
    team_id = world.found_team(bob="owner")
    world.documents.meanwhile = [lambda: world.control_team(BOB, team_id, "remove", uid="bob")]
    with pytest.raises(IllegalStateError):
        world.control_team(ADMIN, team_id, "remove", uid="ann")
    assert roles(world, team_id) == {"ann": "owner"}


def test_a_removal_by_an_administrator_voids_codes_as_an_owner_s_does() -> None:
    world = World()
    team_id = world.found_team(bob="owner")
    kept = world.control_team(ANN, team_id, "invite", role="owner").code
    world.control_team(ADMIN, team_id, "remove", uid="bob")
    with pytest.raises(NotFoundError):
        world.control_team(user("bob-2"), team_id, "accept", code=kept)


def test_an_administrator_may_be_no_more_than_a_viewer_of_the_team_that_they_mend() -> None:
    world = World()
    team_id = ownerless(world, bob="editor", root="viewer")
    world.control_team(ADMIN, team_id, "setMember", uid="bob", role="owner")
    world.control_team(ADMIN, team_id, "remove", uid="root")  # and leaves as anybody does
    assert roles(world, team_id) == {"bob": "owner"}


@pytest.mark.parametrize(("action", "fields"), [("setMember", {"role": "owner"}), ("remove", {})])
def test_a_team_that_never_was_is_not_found(action: str, fields: dict[str, Any]) -> None:
    world = World()
    assert_refused(
        world,
        NotFoundError,
        lambda: world.control_team(ADMIN, "nowhere", action, uid="bob", **fields),
    )


def test_limits_alone_make_nobody_a_member() -> None:
    world = World()
    team_id = world.found_team()
    assert_refused(
        world,
        NotFoundError,
        lambda: world.control_team(ADMIN, team_id, "setMember", uid="bob", limits={}),
    )


def test_an_owner_brings_nobody_in_without_an_invitation() -> None:
    world = World()
    team_id = world.found_team()
    assert_refused(
        world,
        NotFoundError,
        lambda: world.control_team(ANN, team_id, "setMember", uid="bob", role="editor"),
    )


@pytest.mark.parametrize(
    ("action", "fields"), [("invite", {"role": "owner"}), ("revokeInvite", {"inviteId": "i1"})]
)
def test_an_administrator_invites_nobody_into_a_team_of_others(
    action: str, fields: dict[str, Any]
) -> None:
    world = World()
    team_id = world.found_team()
    assert_refused(
        world, NotAMemberError, lambda: world.control_team(ADMIN, team_id, action, **fields)
    )


# ---- what was written, or deleted, by hand ---------------------------------------------------------


def test_a_membership_that_was_deleted_by_hand_an_administrator_ends_all_the_same() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    world.finish(teamId=team_id)
    kept = world.control_team(ANN, team_id, "invite", role="owner").code
    world.documents.overwrite(f"teams/{team_id}/members/bob", None)
    contents = world.contents()
    world.control_team(ANN, team_id, "remove", uid="bob")  # an owner sees nobody of that name
    assert world.contents() == contents
    world.clock.advance(60)
    world.control_team(ADMIN, team_id, "remove", uid="bob")
    team = world.documents.get(team_ref(team_id))
    assert team is not None
    assert (team.address_epoch, team.codes_void_before) == (1, world.clock.now())
    assert world.documents.get(former(team_id, "bob")) == Former(world.clock.now(), uid="bob")
    assert [task.body["teamId"] for task in world.tasks.of_teams] == [team_id]
    for caller in (BOB, user("bob-2")):
        with pytest.raises(NotFoundError):
            world.control_team(caller, team_id, "accept", code=kept)


@pytest.mark.parametrize("since", ["nothing", "an invitation"])
def test_also_of_who_was_removed_once_and_written_back_by_hand(since: str) -> None:
    """What is left of their first membership tells nothing of their second."""
    world = World()
    team_id = world.found_team(bob="editor")
    world.control_team(ANN, team_id, "remove", uid="bob")
    world.overwrite(f"teams/{team_id}/members/bob", role="editor", uid="bob")
    job = world.finish(teamId=team_id)
    (seen,) = world.view(job.id)["generation_data"]["image_urls"]
    kept = []
    if since == "an invitation":
        kept = [world.control_team(ANN, team_id, "invite", role="owner").code]
    world.documents.overwrite(f"teams/{team_id}/members/bob", None)
    world.clock.advance(300)
    world.control_team(ADMIN, team_id, "remove", uid="bob")
    world.deliver_all()
    team = world.documents.get(team_ref(team_id))
    assert team is not None
    assert (team.address_epoch, team.rotated_epoch) == (2, 2)
    assert world.media.answer(seen) is None
    for code in kept:
        with pytest.raises(NotFoundError):
            world.control_team(user("bob-2"), team_id, "accept", code=code)


@pytest.mark.parametrize("of", ["members", "former"])
def test_no_code_lets_in_whose_limits_cannot_be_read(of: str) -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    world.control_team(ANN, team_id, "setMember", uid="bob", limits={"imagesADay": 1})
    if of == "former":
        world.control_team(ANN, team_id, "remove", uid="bob")
    code = world.control_team(ANN, team_id, "invite", role="owner").code
    world.overwrite(f"teams/{team_id}/{of}/bob", limits={"images": "ten"})
    assert_refused(
        world, IllegalStateError, lambda: world.control_team(BOB, team_id, "accept", code=code)
    )
    # As they are told: then everything can be read again.
    world.control_team(ANN, team_id, "remove", uid="bob")
    again = world.control_team(ANN, team_id, "invite", role="editor").code
    assert world.control_team(BOB, team_id, "accept", code=again).role is Role.EDITOR
    assert world.documents.get(former(team_id, "bob")) is None


def test_an_invitation_that_cannot_be_read_lets_nobody_in_and_can_be_revoked() -> None:
    world = World()
    team_id = world.found_team()
    made = world.control_team(ANN, team_id, "invite", role="editor")
    path = f"teams/{team_id}/invites/{made.id}"
    world.overwrite(path, role="Editor")
    assert_refused(
        world, NotFoundError, lambda: world.control_team(BOB, team_id, "accept", code=made.code)
    )
    world.control_team(ANN, team_id, "revokeInvite", inviteId=made.id)
    assert path not in world.contents()


def test_what_is_left_of_a_membership_and_cannot_be_read_keeps_nobody_from_ending_it() -> None:
    world = World()
    team_id = world.found_team(bob="editor", carl="editor")
    for uid in ("bob", "carl"):
        world.overwrite(f"teams/{team_id}/former/{uid}", ended_at="yesterday")
    world.control_team(BOB, team_id, "remove", uid="bob")
    world.control_team(ANN, team_id, "setMember", uid="carl", role="viewer")
    world.control_team(ADMIN, team_id, "remove", uid="carl")
    team = world.documents.get(team_ref(team_id))
    assert team is not None
    assert world.documents.get(former(team_id, "carl")) == Former(team.modified, uid="carl")
    world.overwrite(f"teams/{team_id}/former/bob", ended_at="yesterday")
    world.control_team(ADMIN, team_id, "setMember", uid="bob", role="viewer")
    assert roles(world, team_id) == {"ann": "owner", "bob": "viewer"}
    assert world.documents.get(former(team_id, "bob")) is None


WRITTEN_WRONGLY: list[dict[str, Any]] = [{"role": "Editor"}, {"role": "owner", "limits": 3}]


def with_one_written_wrongly(world: World, fields: dict[str, Any], **roles: Any) -> str:
    team_id = world.found_team(**roles)
    world.overwrite(f"teams/{team_id}/members/bob", **fields)
    return team_id


@pytest.mark.parametrize("fields", WRITTEN_WRONGLY)
def test_a_member_who_cannot_be_read_is_nobody_s(fields: dict[str, Any]) -> None:
    world = World()
    team_id = with_one_written_wrongly(world, fields)
    job_id = world.submit(teamId=team_id).job.id
    for act in (
        lambda: world.submit(caller=BOB, teamId=team_id),
        lambda: world.control_team(BOB, team_id, "invite", role="viewer"),
        lambda: world.control_team(BOB, team_id, "remove", uid="ann"),
    ):
        assert_refused(world, NotAMemberError, act)
    assert_refused(world, NotOwnerError, lambda: world.cancel(job_id, BOB))


def test_what_they_invite_by_lets_nobody_in() -> None:
    world = World()
    team_id = world.found_team(bob="owner")
    code = world.control_team(BOB, team_id, "invite", role="editor").code
    world.overwrite(f"teams/{team_id}/members/bob", role="Owner")
    assert_refused(
        world, NotFoundError, lambda: world.control_team(CARL, team_id, "accept", code=code)
    )


@pytest.mark.parametrize("caller", [ANN, ADMIN])
@pytest.mark.parametrize("fields", WRITTEN_WRONGLY)
def test_a_member_who_cannot_be_read_is_replaced_by_a_role(
    caller: Caller, fields: dict[str, Any]
) -> None:
    world = World()
    team_id = with_one_written_wrongly(world, fields)
    kept = world.control_team(ANN, team_id, "invite", role="owner").code
    assert_refused(
        world,
        NotFoundError,
        lambda: world.control_team(caller, team_id, "setMember", uid="bob", limits={}),
    )
    world.control_team(caller, team_id, "setMember", uid="bob", role="editor")
    assert roles(world, team_id) == {"ann": "owner", "bob": "editor"}
    world.submit(caller=BOB, teamId=team_id)
    with pytest.raises(NotFoundError):  # or one of before would make them more
        world.control_team(user("bob-2"), team_id, "accept", code=kept)


@pytest.mark.parametrize("caller", [ANN, ADMIN])
@pytest.mark.parametrize("fields", WRITTEN_WRONGLY)
def test_a_member_who_cannot_be_read_is_removed(caller: Caller, fields: dict[str, Any]) -> None:
    world = World()
    team_id = with_one_written_wrongly(world, fields)
    world.control_team(caller, team_id, "remove", uid="bob")
    team = world.documents.get(team_ref(team_id))
    assert team is not None
    assert (team.address_epoch, team.codes_void_before) == (1, team.modified)
    assert roles(world, team_id) == {"ann": "owner"}
    assert world.documents.get(former(team_id, "bob")) == Former(team.modified, uid="bob")


@pytest.mark.parametrize("fields", WRITTEN_WRONGLY)
def test_the_check_names_a_member_who_cannot_be_read(fields: dict[str, Any]) -> None:
    world = World()
    team_id = with_one_written_wrongly(world, fields)
    (violation,) = check_invariants(world.backend)
    assert violation.document == f"teams/{team_id}/members/bob"
    assert violation.rule == "a member can be read"


def test_for_a_team_that_was_deleted_by_hand_nobody_spends() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    world.documents.overwrite(f"teams/{team_id}", None)
    for caller in (ANN, BOB):
        assert_refused(
            world,
            NotAMemberError,
            lambda caller=caller: world.submit(caller=caller, teamId=team_id),  # type: ignore[misc]
        )
    assert world.account(f"team_{team_id}").available == 100


@pytest.mark.parametrize("caller", [ADMIN, BOB], ids=["by an administrator", "by themselves"])
def test_whoever_is_left_in_a_team_that_was_deleted_by_hand_is_removed(caller: Caller) -> None:
    world = World()
    team_id = world.found_team(bob="editor", carl="editor")
    world.documents.overwrite(f"teams/{team_id}", None)
    world.clock.advance(5)
    world.control_team(caller, team_id, "remove", uid="bob")
    assert roles(world, team_id) == {"ann": "owner", "carl": "editor"}
    assert world.documents.get(former(team_id, "bob")) == Former(world.clock.now(), uid="bob")
    contents = world.contents()
    world.control_team(caller, team_id, "remove", uid="bob")  # asked again
    assert world.contents() == contents


def test_the_last_owner_of_it_goes_too_and_one_who_cannot_be_read() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    world.documents.overwrite(f"teams/{team_id}", None)
    world.overwrite(f"teams/{team_id}/members/bob", role="chef")
    world.control_team(ANN, team_id, "remove", uid="ann")
    world.control_team(ADMIN, team_id, "remove", uid="bob")
    assert roles(world, team_id) == {}
    assert world.tasks.of_teams == []


@pytest.mark.parametrize("caller", [ANN, user("eve")], ids=["its owner", "a stranger"])
def test_nobody_else_removes_anybody_of_it(caller: Caller) -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    world.documents.overwrite(f"teams/{team_id}", None)
    remove_bob = partial(world.control_team, caller, team_id, "remove", uid="bob")
    assert_refused(world, NotAMemberError, remove_bob)


# ---- jobs ------------------------------------------------------------------------------------------


def test_an_administrator_cancels_anybody_s_job_and_is_noted_as_who_did(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    jobs = [world.submit().job.id, world.submit(caller=BOB, teamId=team_id).job.id]
    capsys.readouterr()
    for job_id in jobs:
        assert world.cancel(job_id, ADMIN).status is JobStatus.CANCELLED
        assert world.job(job_id).cancelled_by == "root"
    assert [line["actor"] for line in logged(capsys, "job.cancelled")] == ["root", "root"]
    world.run_until_quiet()
    world.assert_promises()
    assert (world.account().available, world.account(f"team_{team_id}").available) == (100, 100)


def test_whoever_cancels_is_noted() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    own, shared = world.submit().job.id, world.submit(caller=BOB, teamId=team_id).job.id
    world.cancel(own)
    world.cancel(shared, ANN)
    assert (world.job(own).cancelled_by, world.job(shared).cancelled_by) == ("ann", "ann")


def test_a_cancel_asked_for_again_stays_whose_it_was() -> None:
    world = World()
    job_id = world.submit().job.id
    world.cancel(job_id)
    world.cancel(job_id, ADMIN)
    assert world.job(job_id).cancelled_by == "ann"


@pytest.mark.parametrize("is_team_s", [False, True])
def test_what_is_billed_on_an_administrator_too_has_to_accept(is_team_s: bool) -> None:
    world = World()
    team_id = world.found_team()
    job_id = world.submit(teamId=team_id if is_team_s else None).job.id
    world.overwrite(f"jobs/{job_id}", bills=True, cancel_stops_bill=False, may_have_billed=1)
    with pytest.raises(CancelIsChargedError):
        world.cancel(job_id, ADMIN)
    assert world.cancel(job_id, ADMIN, acceptCharge=True).charged_credits == 2
    world.settle_all()
    assert world.account(f"team_{team_id}" if is_team_s else "user_ann").available == 98


def test_a_job_that_ended_an_administrator_cancels_no_more() -> None:
    world = World()
    job = world.finish()
    assert_refused(world, IllegalStateError, lambda: world.cancel(job.id, ADMIN))


def test_a_retry_stays_its_user_s() -> None:
    world = World()
    job_id = world.submit().job.id
    world.cancel(job_id)
    retry = parse(ControlJob, {"jobId": job_id, "action": "retry"})
    assert_refused(world, NotOwnerError, lambda: control_job(world.backend, ADMIN, retry))


# ---- the check ---------------------------------------------------------------------------------------


def test_what_a_blocked_account_was_accepted_or_given_is_found_by_the_check() -> None:
    world = World()
    world.control_account("block", accountId="user_ann", reason="abuse")
    world.overwrite("accounts/user_ann", blocked_at=None)
    job_id = world.submit().job.id
    world.overwrite("accounts/user_ann", blocked_at=START - timedelta(hours=1))
    (violation,) = check_invariants(world.backend)
    assert violation.document == f"jobs/{job_id}"
    assert violation.rule == "of a blocked account nothing is accepted, and nothing gets a slot"


def test_a_team_that_was_deleted_by_hand_needs_no_owner() -> None:
    world = World()
    team_id = world.found_team()
    for path in [p for p in world.documents.paths() if p.startswith(f"teams/{team_id}")]:
        world.documents.overwrite(path, None)
    assert check_invariants(world.backend) == []
