"""A team from its making to the last one leaving: joined with a code, paid for together, seen by all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from google.api_core.exceptions import PermissionDenied

from tests.emulator.conftest import Inside, NewUser, cancel, grant, in_an_hour, refusal, submit
from tools.client import CallError, Client


@dataclass(frozen=True)
class Team:
    """A team with credits, and one client for each role."""

    id: str
    owner: Client
    editor: Client
    viewer: Client

    @property
    def account_id(self) -> str:
        return f"team_{self.id}"


def control(user: Client, team_id: str, action: str, **fields: Any) -> dict[str, Any]:
    answer: dict[str, Any] = user.call(
        "controlTeam", {"teamId": team_id, "action": action, **fields}
    )
    return answer


def make_team(owner: Client) -> str:
    return str(owner.call("createTeam", {"name": "Lighthouse"})["teamId"])


def invite(owner: Client, team_id: str, role: str) -> str:
    return str(control(owner, team_id, "invite", role=role)["code"])


def join(owner: Client, team_id: str, user: Client, role: str) -> Client:
    control(user, team_id, "accept", code=invite(owner, team_id, role))
    return user


@pytest.fixture(scope="module")
def team(new_user: NewUser, admin: Client) -> Team:
    """For tests that leave its members as they are."""
    owner = new_user()
    team_id = make_team(owner)
    editor = join(owner, team_id, new_user(), "editor")
    viewer = join(owner, team_id, new_user(), "viewer")
    grant(admin, f"team_{team_id}", 200)
    return Team(team_id, owner, editor, viewer)


@pytest.fixture
def own_team(new_user: NewUser) -> tuple[Client, str]:
    """An owner with a new team."""
    owner = new_user()
    return owner, make_team(owner)


def owners_of(inside: Inside, team_id: str) -> set[str]:
    members = inside.database.collection(f"teams/{team_id}/members").stream()
    return {member.id for member in members if (member.to_dict() or {})["role"] == "owner"}


# ---- made and joined -----------------------------------------------------------------------------


def test_a_team_begins_with_its_maker_as_owner_and_no_credits(
    own_team: tuple[Client, str], inside: Inside
) -> None:
    owner, team_id = own_team
    assert (owner.get(f"teams/{team_id}") or {})["name"] == "Lighthouse"
    assert owners_of(inside, team_id) == {owner.uid}
    account = owner.get(f"accounts/team_{team_id}") or {}
    assert (account["available"], account["held"]) == (0, 0)


def test_a_team_made_again_with_its_request_id_is_the_same_team(ann: Client) -> None:
    request = {"name": "Once", "requestId": "the team"}
    with ThreadPoolExecutor(3) as pool:
        teams = list(pool.map(lambda _: ann.call("createTeam", request), range(3)))
    assert len({team["teamId"] for team in teams}) == 1


def test_whoever_has_the_code_joins_with_its_role(team: Team) -> None:
    mine = team.viewer.find("members", "uid", team.viewer.uid)
    assert [(member["role"], member["invited_by"]) for member in mine] == [
        ("viewer", team.owner.uid)
    ]


def test_a_code_works_once(own_team: tuple[Client, str], new_user: NewUser) -> None:
    owner, team_id = own_team
    code = invite(owner, team_id, "editor")
    bob, eve = new_user(), new_user()
    control(bob, team_id, "accept", code=code)
    accept = {"teamId": team_id, "action": "accept", "code": code}
    assert bob.call("controlTeam", accept)["role"] == "editor"
    assert refusal(eve, "controlTeam", accept).reason == "not-found"


def test_one_code_accepted_by_ten_at_once_makes_one_member(
    own_team: tuple[Client, str], new_user: NewUser, inside: Inside
) -> None:
    owner, team_id = own_team
    accept = {"teamId": team_id, "action": "accept", "code": invite(owner, team_id, "editor")}

    def try_to_join(user: Client) -> str | None:
        try:
            user.call("controlTeam", accept)
        except CallError as refused:
            return refused.reason
        return "joined"

    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(try_to_join, [new_user() for _ in range(10)]))
    assert sorted(map(str, outcomes)) == ["joined"] + ["not-found"] * 9
    assert (
        len(inside.belongings(f"teams/{team_id}")) == 3
    )  # the team and two members, no invitation


def test_a_revoked_invitation_lets_nobody_in(own_team: tuple[Client, str], ann: Client) -> None:
    owner, team_id = own_team
    invited = control(owner, team_id, "invite", role="owner")
    control(owner, team_id, "revokeInvite", inviteId=invited["inviteId"])
    accept = {"teamId": team_id, "action": "accept", "code": invited["code"]}
    assert refusal(ann, "controlTeam", accept).reason == "not-found"


def test_the_code_is_not_kept(own_team: tuple[Client, str], inside: Inside) -> None:
    owner, team_id = own_team
    code = invite(owner, team_id, "viewer")
    assert code not in repr(inside.belongings(f"teams/{team_id}"))


# ---- paid for together, seen by all --------------------------------------------------------------


def test_the_team_pays_and_not_its_member(team: Team, inside: Inside) -> None:
    before = inside.get(f"accounts/{team.account_id}")["available"]
    job = submit(team.editor, "ours", teamId=team.id)
    inside.wait_until_settled(job["jobId"])
    assert inside.get(f"accounts/{team.account_id}")["available"] == before - 2
    own = inside.belongings(f"accounts/user_{team.editor.uid}")
    entries = [fields for path, fields in own.items() if "/ledger/" in path]
    assert [(entry["type"], entry["reason"]) for entry in entries] == [("grant", "welcome")]
    inside.assert_promises_of_account(team.account_id)


def test_a_teammate_sees_each_status_and_the_picture(team: Team) -> None:
    job = submit(team.editor, "[[sleep:1]] seen by all", teamId=team.id)
    seen: list[str] = []
    view = team.viewer.wait_until_final(
        job["path"], tell=lambda state: seen.append(state["status"])
    )
    assert (view["status"], view["team_id"]) == ("completed", team.id)
    assert seen[0] in ("queued", "processing")
    assert httpx.get(view["generation_data"]["image_urls"][0], timeout=180).status_code == 200
    assert team.owner.get(job["path"]) == view
    listed = team.owner.find("images", "team_id", team.id)
    assert job["jobId"] in {image["file_uid"] for image in listed}


def test_an_outsider_sees_nothing_of_a_team(team: Team, ann: Client) -> None:
    job = submit(team.editor, "not for Ann", teamId=team.id, scheduledAt=in_an_hour())
    cancel(team.editor, job["jobId"])
    reads: list[Callable[[], object]] = [
        lambda: ann.get(job["path"]),
        lambda: ann.get(f"teams/{team.id}"),
        lambda: ann.get(f"accounts/{team.account_id}"),
        lambda: ann.find("images", "team_id", team.id),
        lambda: team.owner.find("images", "team_id", "another"),
    ]
    for read in reads:
        with pytest.raises(PermissionDenied):
            read()


def test_an_owner_cancels_a_members_job(team: Team, inside: Inside) -> None:
    job = submit(team.editor, "too dear", teamId=team.id, scheduledAt=in_an_hour())
    by_viewer = refusal(team.viewer, "controlJob", {"jobId": job["jobId"], "action": "cancel"})
    assert by_viewer.reason == "not-owner"
    cancel(team.owner, job["jobId"])
    inside.wait_until_settled(job["jobId"])
    assert (team.editor.get(job["path"]) or {})["status"] == "cancelled"
    inside.assert_promises_of_account(team.account_id)


def test_a_member_at_their_own_daily_limit_is_refused_and_others_are_not(
    own_team: tuple[Client, str], new_user: NewUser, admin: Client, inside: Inside
) -> None:
    owner, team_id = own_team
    grant(admin, f"team_{team_id}", 50)
    editor = join(owner, team_id, new_user(), "editor")
    control(owner, team_id, "setMember", uid=editor.uid, limits={"imagesADay": 3})
    later = {"teamId": team_id, "scheduledAt": in_an_hour()}
    own = submit(editor, "two", count=2, **later)
    refused = refusal(editor, "generateImage", {"prompt": "two more", "count": 2, **later})
    assert (refused.status, refused.reason) == ("RESOURCE_EXHAUSTED", "quota-exceeded")
    numbers = {name: refused.details[name] for name in ("limit", "used", "of", "limitOf")}
    assert numbers == {"limit": 3, "used": 2, "of": "images", "limitOf": "member"}
    assert refused.details["resetsAt"].endswith("T00:00:00Z")
    submit(owner, "two more", count=2, **later)
    # What was cancelled before it ran is given back.
    cancel(editor, own["jobId"])
    inside.wait_until_settled(own["jobId"])
    submit(editor, "three", count=3, **later)


# ---- changed and left ----------------------------------------------------------------------------


def test_a_removal_takes_effect_with_the_next_call_and_the_next_read(
    own_team: tuple[Client, str], new_user: NewUser, admin: Client
) -> None:
    owner, team_id = own_team
    grant(admin, f"team_{team_id}", 10)
    editor = join(owner, team_id, new_user(), "editor")
    job = submit(owner, "ours", teamId=team_id, scheduledAt=in_an_hour())
    assert editor.get(job["path"])
    control(owner, team_id, "remove", uid=editor.uid)
    refused = refusal(editor, "generateImage", {"prompt": "one more", "teamId": team_id})
    assert (refused.status, refused.reason) == ("PERMISSION_DENIED", "not-a-member")
    reads: list[Callable[[], object]] = [
        lambda: editor.get(job["path"]),
        lambda: editor.get(f"accounts/team_{team_id}"),
        lambda: editor.find("images", "team_id", team_id),
    ]
    for read in reads:
        with pytest.raises(PermissionDenied):
            read()
    assert editor.get(f"teams/{team_id}/members/{editor.uid}") is None
    cancel(owner, job["jobId"])


def test_a_lowered_role_takes_effect_with_the_next_call(
    own_team: tuple[Client, str], new_user: NewUser
) -> None:
    owner, team_id = own_team
    second = join(owner, team_id, new_user(), "owner")
    assert control(owner, team_id, "setMember", uid=second.uid, role="viewer")["role"] == "viewer"
    payload = {"teamId": team_id, "action": "remove", "uid": owner.uid}
    assert refusal(second, "controlTeam", payload).reason == "not-owner"
    submission = {"prompt": "x", "teamId": team_id}
    assert refusal(second, "generateImage", submission).reason == "role-not-allowed"


def test_what_a_member_began_is_paid_for_though_they_left_meanwhile(
    own_team: tuple[Client, str], new_user: NewUser, admin: Client, inside: Inside
) -> None:
    owner, team_id = own_team
    grant(admin, f"team_{team_id}", 10)
    editor = join(owner, team_id, new_user(), "editor")
    job = submit(editor, "[[sleep:1]][[partial:1]] goodbye", count=2, teamId=team_id)
    control(editor, team_id, "remove", uid=editor.uid)
    inside.wait_until_settled(job["jobId"])
    assert (editor.get(job["path"]) or {})["status"] == "completed"
    inside.assert_promises_of_account(f"team_{team_id}")
    assert set(inside.belongings(f"teams/{team_id}/members/{editor.uid}")) == set()


def test_a_code_of_before_a_removal_lets_nobody_in_and_limits_come_back_with_a_new_one(
    own_team: tuple[Client, str], new_user: NewUser, admin: Client
) -> None:
    owner, team_id = own_team
    grant(admin, f"team_{team_id}", 10)
    editor = join(owner, team_id, new_user(), "editor")
    control(owner, team_id, "setMember", uid=editor.uid, limits={"imagesADay": 1})
    kept = {"teamId": team_id, "action": "accept", "code": invite(owner, team_id, "owner")}
    job = submit(editor, "the one of the day", teamId=team_id)
    control(owner, team_id, "remove", uid=editor.uid)
    for user in (editor, new_user()):
        assert refusal(user, "controlTeam", kept).reason == "not-found"
    with pytest.raises(PermissionDenied):
        owner.get(f"teams/{team_id}/former/{editor.uid}")
    join(owner, team_id, editor, "editor")
    refused = refusal(editor, "generateImage", {"prompt": "one more", "teamId": team_id})
    assert (refused.reason, refused.details["limitOf"]) == ("quota-exceeded", "member")
    owner.wait_until_final(job["path"])


def test_an_invitation_for_somebody_lets_in_nobody_else(
    own_team: tuple[Client, str], new_user: NewUser, ann: Client
) -> None:
    owner, team_id = own_team
    bob = new_user()
    code = str(control(owner, team_id, "invite", role="viewer", boundTo=bob.uid)["code"])
    accept = {"teamId": team_id, "action": "accept", "code": code}
    assert refusal(ann, "controlTeam", accept).reason == "not-found"
    assert bob.call("controlTeam", accept)["role"] == "viewer"


def test_an_administrator_mends_a_team_and_cancels_its_jobs(
    own_team: tuple[Client, str], new_user: NewUser, admin: Client, inside: Inside
) -> None:
    owner, team_id = own_team
    grant(admin, f"team_{team_id}", 10)
    editor = join(owner, team_id, new_user(), "editor")
    job = submit(editor, "later", teamId=team_id, scheduledAt=in_an_hour())
    assert control(admin, team_id, "setMember", uid=editor.uid, role="owner")["role"] == "owner"
    control(admin, team_id, "remove", uid=owner.uid)
    assert owners_of(inside, team_id) == {editor.uid}
    cancel(admin, job["jobId"])
    inside.wait_until_settled(job["jobId"])
    assert inside.get(f"jobs/{job['jobId']}")["cancelled_by"] == admin.uid
    inside.assert_promises_of_account(f"team_{team_id}")


def test_the_last_owner_neither_leaves_nor_steps_down(own_team: tuple[Client, str]) -> None:
    owner, team_id = own_team
    for change in ({"action": "remove"}, {"action": "setMember", "role": "editor"}):
        refused = refusal(owner, "controlTeam", {"teamId": team_id, "uid": owner.uid, **change})
        assert (refused.status, refused.reason) == ("FAILED_PRECONDITION", "illegal-state")


def test_two_owners_who_remove_each_other_leave_one(new_user: NewUser, inside: Inside) -> None:
    pair = [new_user(), new_user()]
    for first, second in (pair, pair[::-1]):
        team_id = make_team(first)
        join(first, team_id, second, "owner")

        def remove(who: int, team_id: str = team_id) -> str | None:
            payload = {"teamId": team_id, "action": "remove", "uid": pair[1 - who].uid}
            try:
                pair[who].call("controlTeam", payload)
            except CallError as refused:
                return refused.reason
            return "removed"

        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(remove, (0, 1)))
        assert sorted(map(str, outcomes)) == ["not-a-member", "removed"]
        assert len(owners_of(inside, team_id)) == 1


def test_two_owners_who_leave_at_once_leave_one(
    own_team: tuple[Client, str], new_user: NewUser, inside: Inside
) -> None:
    owner, team_id = own_team
    second = join(owner, team_id, new_user(), "owner")

    def leave(user: Client) -> str | None:
        payload = {"teamId": team_id, "action": "remove", "uid": user.uid}
        try:
            user.call("controlTeam", payload)
        except CallError as refused:
            return refused.reason
        return "left"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(leave, (owner, second)))
    assert sorted(map(str, outcomes)) == ["illegal-state", "left"]
    assert len(owners_of(inside, team_id)) == 1
