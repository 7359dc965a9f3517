"""Each refusal says why, with its numbers and when to come back, and leaves no document behind."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from mediaforge.contract.requests import GenerateImage, parse
from mediaforge.domain.errors import ModelNotInTierError
from mediaforge.services.jobs.submit import submit_job
from tests.emulator.conftest import (
    SMALL,
    Inside,
    NewUser,
    cancel,
    grant,
    in_an_hour,
    refusal,
    submit,
)
from tests.support.world import user
from tools.client import Client


def next_midnight() -> str:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), UTC).isoformat().replace("+00:00", "Z")


def details_of_refusal(
    inside: Inside, user: Client, name: str, payload: Any, status: str, *roots: str
) -> Mapping[str, Any]:
    """The details of a refusal with that status, which changed nothing of the user's, nor below `roots`."""
    before = inside.belongings_of(user, *roots)
    refused = refusal(user, name, payload)
    assert refused.status == status
    assert str(refused).partition(": ")[2], "a refusal has a message"
    assert inside.belongings_of(user, *roots) == before
    return refused.details


def make_team(owner: Client) -> str:
    return str(owner.call("createTeam", {"name": "Refusals"})["teamId"])


def join(owner: Client, team_id: str, user: Client, role: str) -> None:
    invitation = {"teamId": team_id, "action": "invite", "role": role}
    code = owner.call("controlTeam", invitation)["code"]
    user.call("controlTeam", {"teamId": team_id, "action": "accept", "code": code})


# ---- somebody who was never here -----------------------------------------------------------------

X = {"prompt": "x", **SMALL}
GRANT = {"accountId": "user_x", "amount": 1, "reason": "gift", "requestId": "r"}
FIRST: list[tuple[str, Any, str, str]] = [
    ("generateImage", {"prompt": ""}, "INVALID_ARGUMENT", "invalid-request"),
    ("generateImage", None, "INVALID_ARGUMENT", "invalid-request"),
    ("generateImage", {**X, "priority": "high"}, "PERMISSION_DENIED", "priority-not-in-tier"),
    ("generateImage", {**X, "teamId": "none"}, "PERMISSION_DENIED", "not-a-member"),
    ("generateImage", {**X, "brandId": "none"}, "NOT_FOUND", "not-found"),
    ("generateImage", {**X, "referencePackId": "none"}, "NOT_FOUND", "not-found"),
    ("controlJob", {"jobId": "none", "action": "cancel"}, "NOT_FOUND", "not-found"),
    ("controlJob", {"jobId": "none", "action": "retry"}, "NOT_FOUND", "not-found"),
    ("controlJob", {"jobId": "none", "action": "pause"}, "INVALID_ARGUMENT", "invalid-request"),
    ("createTeam", {"name": " "}, "INVALID_ARGUMENT", "invalid-request"),
    ("controlTeam", {"teamId": "t", "action": "dissolve"}, "INVALID_ARGUMENT", "invalid-request"),
    ("controlTeam", {"teamId": "t", "action": "accept", "code": "c"}, "NOT_FOUND", "not-found"),
    ("controlTeam", {"teamId": "t", "action": "invite", "role": "viewer"}, "PERMISSION_DENIED",
     "not-a-member"),
    ("grantCredits", GRANT, "PERMISSION_DENIED", "not-admin"),
    ("controlAccount", {"action": "resetFuse"}, "PERMISSION_DENIED", "not-admin"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "payload", "status", "reason"), FIRST)
def test_a_first_call_that_is_refused_leaves_no_document(
    name: str, payload: Any, status: str, reason: str, ann: Client, inside: Inside
) -> None:
    details = details_of_refusal(inside, ann, name, payload, status)
    assert details["reason"] == reason
    assert ("fieldErrors" in details) == (reason == "invalid-request")
    assert inside.belongings_of(ann) == {}


# ---- money, quotas and rates ---------------------------------------------------------------------


def test_too_few_credits_are_refused_with_both_numbers(
    ann: Client, admin: Client, inside: Inside
) -> None:
    make_team(ann)  # the first call of her own, which brings the welcome credits
    spent = {"action": "adjust", "amount": -97, "reason": "spent", "requestId": "spent"}
    admin.call("controlAccount", {"accountId": f"user_{ann.uid}", **spent})
    payload = {**X, "count": 2}
    details = details_of_refusal(inside, ann, "generateImage", payload, "FAILED_PRECONDITION")
    assert details == {"reason": "insufficient-credits", "required": 4, "available": 3}


def test_a_team_without_credits_is_refused_with_both_numbers(ann: Client, inside: Inside) -> None:
    team_id = make_team(ann)
    roots = (f"teams/{team_id}", f"accounts/team_{team_id}")
    payload = {**X, "teamId": team_id}
    details = details_of_refusal(
        inside, ann, "generateImage", payload, "FAILED_PRECONDITION", *roots
    )
    assert details == {"reason": "insufficient-credits", "required": 2, "available": 0}


def test_a_spent_day_is_refused_with_the_limit_and_when_it_resets(
    ann: Client, inside: Inside
) -> None:
    later = in_an_hour()
    jobs = [submit(ann, "x", count=4, scheduledAt=later) for _ in range(4)]
    jobs.append(submit(ann, "x", count=3, scheduledAt=later))
    payload = {**X, "count": 2, "scheduledAt": later}
    resets_at = next_midnight()
    details = details_of_refusal(inside, ann, "generateImage", payload, "RESOURCE_EXHAUSTED")
    assert details == {
        "reason": "quota-exceeded",
        "limit": 20,
        "used": 19,
        "of": "images",
        "limitOf": "tier",
        "resetsAt": resets_at,
    }
    jobs.append(submit(ann, "the last one fits", scheduledAt=later))
    for job in jobs:
        cancel(ann, job["jobId"])
    for job in jobs:
        inside.wait_until_settled(job["jobId"])
    inside.assert_promises_of(ann.uid)


@pytest.mark.parametrize("name", ["generateImage", "createTeam"])
def test_too_many_submissions_a_minute_are_refused_with_when_to_come_back(
    name: str, ann: Client, inside: Inside
) -> None:
    invitation = {"teamId": make_team(ann), "action": "invite", "role": "viewer"}
    for _ in range(29):
        ann.call("controlTeam", invitation)
    payload = {"generateImage": X, "createTeam": {"name": "one more"}}[name]
    details = details_of_refusal(inside, ann, name, payload, "RESOURCE_EXHAUSTED")
    assert (details["reason"], details["limit"]) == ("rate-limited", 30)
    assert 1 <= details["retryAfterSeconds"] <= 60


def test_a_model_that_the_tier_does_not_have_is_refused_with_those_it_has(
    ann: Client, inside: Inside
) -> None:
    """In this process: the emulators' only provider has one model, which is in every tier."""
    local = inside.backend.providers["local"]
    backend = replace(inside.backend, providers={"local": local, "vertex": local})
    request = parse(GenerateImage, {"prompt": "x", "model": "gemini-3-pro-image"})
    with pytest.raises(ModelNotInTierError) as refused:
        submit_job(backend, user(ann.uid), request)
    assert (refused.value.code, refused.value.reason) == ("PERMISSION_DENIED", "model-not-in-tier")
    assert refused.value.details["model"] == "gemini-3-pro-image"
    assert "local-image" in refused.value.details["models"]
    assert inside.belongings_of(ann) == {}


# ---- teams and roles -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def team(new_user: NewUser, admin: Client) -> tuple[str, dict[str, Client]]:
    """A team with credits, and one client for each role and for nobody's."""
    clients = {role: new_user() for role in ("owner", "editor", "viewer", "stranger")}
    team_id = make_team(clients["owner"])
    for role in ("editor", "viewer"):
        join(clients["owner"], team_id, clients[role], role)
    grant(admin, f"team_{team_id}", 10)
    return team_id, clients


INVITE = {"action": "invite", "role": "owner"}
REVOKE = {"action": "revokeInvite", "inviteId": "i"}
PROMOTE = {"action": "setMember", "uid": "whom", "role": "owner"}
REMOVE = {"action": "remove", "uid": "whom"}
STRANGER = {"reason": "not-a-member"}
NOT_OWNER = {"reason": "not-owner"}
TEAM_REFUSALS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("stranger", "generateImage", X, STRANGER),
    ("viewer", "generateImage", X, {"reason": "role-not-allowed", "role": "viewer"}),
    *[("stranger", "controlTeam", action, STRANGER) for action in (INVITE, REVOKE, PROMOTE, REMOVE)],
    *[(role, "controlTeam", action, NOT_OWNER) for action in (INVITE, REVOKE, PROMOTE, REMOVE)
      for role in ("viewer", "editor")],
]  # fmt: skip


@pytest.mark.parametrize(("role", "name", "payload", "expected"), TEAM_REFUSALS)
def test_what_a_role_may_not_do_is_refused(
    role: str,
    name: str,
    payload: dict[str, Any],
    expected: dict[str, Any],
    team: tuple[str, dict[str, Client]],
    inside: Inside,
) -> None:
    team_id, clients = team
    roots = (f"teams/{team_id}", f"accounts/team_{team_id}")
    whom = {"uid": clients["owner"].uid} if "uid" in payload else {}
    request = {**payload, **whom, "teamId": team_id}
    refused = details_of_refusal(inside, clients[role], name, request, "PERMISSION_DENIED", *roots)
    assert refused == expected


def test_a_member_who_is_not_there_is_not_found(
    team: tuple[str, dict[str, Client]], inside: Inside
) -> None:
    team_id, clients = team
    payload = {**PROMOTE, "teamId": team_id}
    roots = (f"teams/{team_id}",)
    owner = clients["owner"]
    details = details_of_refusal(inside, owner, "controlTeam", payload, "NOT_FOUND", *roots)
    assert details == {"reason": "not-found"}


# ---- jobs and names ------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["cancel", "retry"])
def test_somebody_elses_job_is_refused(action: str, new_user: NewUser, inside: Inside) -> None:
    ann, bob = new_user(), new_user()
    job = submit(ann, "mine", scheduledAt=in_an_hour())
    before = inside.belongings_of(ann)
    payload = {"jobId": job["jobId"], "action": action}
    details = details_of_refusal(inside, bob, "controlJob", payload, "PERMISSION_DENIED")
    assert details == {"reason": "not-owner"}
    assert inside.belongings_of(bob) == {}
    assert inside.belongings_of(ann) == before
    cancel(ann, job["jobId"])


@pytest.mark.parametrize(("action", "status"), [("retry", "queued"), ("cancel", "completed")])
def test_what_its_status_does_not_allow_is_refused_with_the_status(
    action: str, status: str, ann: Client, inside: Inside
) -> None:
    later = {"scheduledAt": in_an_hour()} if status == "queued" else {}
    job = submit(ann, "x", **later)
    if not later:
        inside.wait_until_settled(job["jobId"])
    payload = {"jobId": job["jobId"], "action": action}
    details = details_of_refusal(inside, ann, "controlJob", payload, "FAILED_PRECONDITION")
    assert details == {"reason": "illegal-state", "status": status}


def test_a_request_id_used_for_something_else_is_refused_with_its_job(
    ann: Client, inside: Inside
) -> None:
    job = submit(ann, "one", requestId="r", scheduledAt=in_an_hour())
    payload = {**X, "requestId": "r"}
    details = details_of_refusal(inside, ann, "generateImage", payload, "ALREADY_EXISTS")
    assert details == {"reason": "request-id-reused", "jobId": job["jobId"]}
    cancel(ann, job["jobId"])


def test_a_teams_request_id_used_for_another_name_is_refused_with_its_team(
    ann: Client, inside: Inside
) -> None:
    team_id = ann.call("createTeam", {"name": "one", "requestId": "r"})["teamId"]
    payload = {"name": "two", "requestId": "r"}
    roots = (f"teams/{team_id}",)
    details = details_of_refusal(inside, ann, "createTeam", payload, "ALREADY_EXISTS", *roots)
    assert details == {"reason": "request-id-reused", "teamId": team_id}
