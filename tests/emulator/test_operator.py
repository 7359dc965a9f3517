"""What an operator does: tiers, corrections, fuses; and what the beginning of a month brings."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mediaforge.contract.requests import GenerateImage, parse
from mediaforge.ports.documents import Query
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.money.fuse import FuseReading
from mediaforge.services.money.monthly import grant_monthly
from tests.emulator.conftest import Inside, cancel, grant, refusal, submit
from tests.memory.clock import ManualClock
from tests.support.world import user
from tools.client import Client

# Holds its slot without a worker, which comes back every second or two to be told to slow down.
HOLDS_A_SLOT = "[[throttle:50]]"


def control(admin: Client, account_id: str, action: str, **fields: Any) -> dict[str, Any]:
    answer: dict[str, Any] = admin.call(
        "controlAccount", {"accountId": account_id, "action": action, **fields}
    )
    return answer


def adjust(admin: Client, user: Client, amount: int, request_id: str) -> dict[str, Any]:
    named = {"reason": "correction", "requestId": request_id}
    return control(admin, f"user_{user.uid}", "adjust", amount=amount, **named)


# ---- tiers ---------------------------------------------------------------------------------------


def test_a_new_tier_starts_the_jobs_that_waited_for_the_old_one(
    ann: Client, admin: Client, inside: Inside
) -> None:
    holding = [submit(ann, HOLDS_A_SLOT)["jobId"] for _ in range(2)]
    waiting = [submit(ann, "waits")["jobId"] for _ in range(3)]
    views = [f"generations/{ann.uid}/images/{job_id}" for job_id in waiting]
    assert [(ann.get(view) or {})["waiting_for"] for view in views] == ["capacity"] * 3
    assert control(admin, f"user_{ann.uid}", "setTier", tier="pro")["tier"] == "pro"
    for job_id in waiting:
        assert inside.wait_until_settled(job_id)["status"] == "completed"
    assert inside.get(f"accounts/user_{ann.uid}")["active"] == 2
    for job_id in holding:
        cancel(ann, job_id)
        inside.wait_until_settled(job_id)
    inside.assert_promises_of(ann.uid)


def test_a_user_who_never_came_gets_an_account_with_the_tier(
    ann: Client, admin: Client, inside: Inside
) -> None:
    account_id = f"user_{ann.uid}"
    answer = control(admin, account_id, "setTier", tier="studio")
    expected = {"accountId": account_id, "available": 5_000, "held": 0}  # the tier's month
    assert answer == {**expected, "tier": "studio", "fuse": "whole"}
    inside.assert_promises_of(ann.uid)


def test_a_tier_that_is_not_in_the_catalogue_is_refused(
    ann: Client, admin: Client, inside: Inside
) -> None:
    payload = {"accountId": f"user_{ann.uid}", "action": "setTier", "tier": "gold"}
    refused = refusal(admin, "controlAccount", payload)
    assert [error["field"] for error in refused.details["fieldErrors"]] == ["tier"]
    assert inside.belongings_of(ann) == {}


# ---- blocks --------------------------------------------------------------------------------------


def test_whoever_is_blocked_is_refused_with_the_next_request_and_what_waits_does_not_begin(
    ann: Client, admin: Client, inside: Inside
) -> None:
    account_id = f"user_{ann.uid}"
    holding = [submit(ann, HOLDS_A_SLOT)["jobId"] for _ in range(2)]
    waiting = submit(ann, "waits")["jobId"]
    assert control(admin, account_id, "block", reason="card testing")["blocked"] is True
    requests: list[tuple[str, dict[str, Any]]] = [
        ("generateImage", {"prompt": "one more"}),
        ("creativeDirectorAgent", {"brief": "a fox"}),
        ("controlJob", {"jobId": waiting, "action": "cancel"}),
        ("createTeam", {"name": "another"}),
    ]
    for name, payload in requests:
        refused = refusal(ann, name, payload)
        assert (refused.status, refused.reason) == ("PERMISSION_DENIED", "account-blocked")
    for job_id in holding:
        cancel(admin, job_id)
        assert inside.wait_until_settled(job_id)["cancelled_by"] == admin.uid
    view = ann.get(f"generations/{ann.uid}/images/{waiting}") or {}
    assert (view["status"], view["waiting_for"]) == ("queued", "capacity")
    assert (ann.get(f"accounts/{account_id}") or {})["blocked_reason"] == "card testing"
    assert "blocked" not in control(admin, account_id, "unblock")
    assert inside.wait_until_settled(waiting)["status"] == "completed"
    inside.wait_until_settled(submit(ann, "one more")["jobId"])
    inside.assert_promises_of(ann.uid)


# ---- corrections ---------------------------------------------------------------------------------


def test_a_correction_goes_up_and_down_and_once_for_a_request_id(
    ann: Client, admin: Client, inside: Inside
) -> None:
    assert adjust(admin, ann, 130, "up")["available"] == 130
    assert adjust(admin, ann, -80, "down")["available"] == 50
    assert adjust(admin, ann, -80, "down")["available"] == 50
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: adjust(admin, ann, -5, "at once"), range(3)))
    assert {answer["available"] for answer in answers} == {45}
    inside.assert_promises_of(ann.uid)


def test_a_correction_below_zero_is_refused_with_the_numbers(
    ann: Client, admin: Client, inside: Inside
) -> None:
    grant(admin, f"user_{ann.uid}", 5)
    before = inside.belongings_of(ann)
    payload = {
        "accountId": f"user_{ann.uid}",
        "action": "adjust",
        "amount": -6,
        "reason": "too much",
        "requestId": "below",
    }
    refused = refusal(admin, "controlAccount", payload)
    assert refused.status == "FAILED_PRECONDITION"
    expected = {"reason": "insufficient-credits", "required": 6, "available": 5}
    assert refused.details == expected
    assert inside.belongings_of(ann) == before


def test_a_correction_sent_again_with_another_amount_is_refused(
    ann: Client, admin: Client, inside: Inside
) -> None:
    adjust(admin, ann, 30, "up")
    before = inside.belongings_of(ann)
    payload = {"accountId": f"user_{ann.uid}", "action": "adjust", "amount": 31}
    named = {"reason": "correction", "requestId": "up"}
    refused = refusal(admin, "controlAccount", {**payload, **named})
    assert (refused.status, refused.reason) == ("ALREADY_EXISTS", "request-id-reused")
    assert inside.belongings_of(ann) == before


# ---- fuses ---------------------------------------------------------------------------------------


def spend_nearly_all_of_the_hour(inside: Inside, user: Client) -> None:
    """As if the account had begun 999 of its tier's 1,000 credits an hour just now."""
    slice_of_now = str(int(datetime.now(UTC).timestamp() // 300))
    account = inside.database.document(f"accounts/user_{user.uid}")
    account.update({"spend": {"slices": {slice_of_now: 999}}})


def test_the_jobs_of_an_account_whose_fuse_has_blown_wait_until_it_is_reset(
    ann: Client, admin: Client, inside: Inside
) -> None:
    account_id = f"user_{ann.uid}"
    grant(admin, account_id, 100)
    spend_nearly_all_of_the_hour(inside, ann)
    jobs = [submit(ann, "one too many"), submit(ann, "and one more")]
    assert inside.get(f"accounts/{account_id}")["fuse_blown_at"] is not None
    for job in jobs:
        view = ann.get(job["path"]) or {}
        assert (view["status"], view["waiting_for"]) == ("queued", "resume")
    # The sweep looks at their account meanwhile, and leaves them where they are.
    due_at = inside.get(f"accounts/{account_id}")["due_at"]
    inside.wait_for(f"accounts/{account_id}", lambda found: found.get("due_at", due_at) > due_at)
    assert (ann.get(jobs[0]["path"]) or {})["waiting_for"] == "resume"
    assert control(admin, account_id, "resetFuse")["fuse"] == "whole"
    for job in jobs:
        assert ann.wait_until_final(job["path"])["status"] == "completed"
        inside.wait_until_settled(job["jobId"])
    inside.assert_promises_of(ann.uid)


def test_a_job_that_waits_for_an_operator_is_cancelled_at_once(
    ann: Client, admin: Client, inside: Inside
) -> None:
    grant(admin, f"user_{ann.uid}", 1)
    spend_nearly_all_of_the_hour(inside, ann)
    job = submit(ann, "never mind")
    cancel(ann, job["jobId"])
    inside.wait_until_settled(job["jobId"])
    inside.assert_promises_of(ann.uid)


def test_the_projects_fuse_holds_new_jobs_back_until_its_document_is_gone(
    ann: Client, inside: Inside
) -> None:
    """In this process, with a reading of its own: a deployed function that had read the fuse while it
    was blown would hold back the jobs of the next tests for ten seconds."""
    clock = ManualClock(datetime.now(UTC))
    reading = FuseReading(inside.backend.documents, clock)
    backend = replace(inside.backend, is_fuse_blown=reading)
    request = parse(GenerateImage, {"prompt": "project", "width": 64, "height": 64})
    before = submit_job(backend, user(ann.uid), request).job
    fuse = inside.database.document("fuses/project")
    fuse.set({"blown_at": datetime.now(UTC)})
    try:
        clock.advance(10)
        held_back = submit_job(backend, user(ann.uid), request).job
        path = f"generations/{ann.uid}/images/{held_back.id}"
        view = ann.get(path) or {}
        assert (view["status"], view["waiting_for"]) == ("queued", "resume")
    finally:
        fuse.delete()
    # The deployed sweep finds that it may go on.
    assert ann.wait_until_final(path)["status"] == "completed"
    for job in (before, held_back):
        inside.wait_until_settled(job.id)
    inside.assert_promises_of(ann.uid)


def test_an_operator_resets_the_projects_fuse_through_the_callable(
    admin: Client, inside: Inside
) -> None:
    fuse = inside.database.document("fuses/project")
    fuse.set({"blown_at": datetime.now(UTC)})
    try:
        assert admin.call("controlAccount", {"action": "resetFuse"}) == {"fuse": "whole"}
        fields = inside.get("fuses/project")
        assert fields["blown_at"] is None
        assert datetime.now(UTC) - fields["reset_at"] < timedelta(minutes=1)
    finally:
        fuse.delete()


def test_the_free_lanes_fuse_holds_free_work_back_until_it_is_reset_and_nobody_who_pays(
    ann: Client, pro: Client, admin: Client, inside: Inside
) -> None:
    """In this process, as the project's above: no other test's jobs are to meet a fuse that is blown."""
    clock = ManualClock(datetime.now(UTC))
    reading = FuseReading(inside.backend.documents, clock)
    backend = replace(inside.backend, is_fuse_blown=reading)
    request = parse(GenerateImage, {"prompt": "a lane", "width": 64, "height": 64})
    fuse = inside.database.document("fuses/project")
    fuse.set({"lanes": {"free": {"blown_at": datetime.now(UTC)}}})
    try:
        free = submit_job(backend, user(ann.uid), request).job
        paid = submit_job(backend, user(pro.uid), request).job
        assert (free.waiting_for, paid.waiting_for) == ("resume", None)
        answer = admin.call("controlAccount", {"action": "resetFuse", "lane": "free"})
        assert answer == {"fuse": "whole"}
        assert inside.get("fuses/project")["lanes"]["free"]["blown_at"] is None
    finally:
        fuse.delete()
    for job in (free, paid):
        inside.wait_until_settled(job.id)
    inside.assert_promises_of(ann.uid)


def test_what_begins_is_summed_by_the_lane_of_its_tier(ann: Client, inside: Inside) -> None:
    began = datetime.now(UTC) - timedelta(minutes=1)
    job = inside.wait_until_settled(submit(ann, "counted")["jobId"])
    assert (job["lane"], job["started_credits"]) == ("free", job["estimated_credits"])
    since = (("lane", "==", "free"), ("started_at", ">", began))
    total = inside.backend.documents.sum("started_credits", Query("jobs", since))
    assert total >= job["started_credits"]


# ---- who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_of",
    [
        {"action": "setTier", "tier": "studio"},
        {"action": "adjust", "amount": 1_000, "reason": "gift", "requestId": "mine"},
        {"action": "resetFuse"},
    ],
    ids=lambda request: request["action"],
)
def test_whoever_is_no_admin_controls_no_account(
    request_of: dict[str, Any], ann: Client, inside: Inside
) -> None:
    own = {"accountId": f"user_{ann.uid}", **request_of}
    refused = refusal(ann, "controlAccount", own)
    assert (refused.status, refused.reason) == ("PERMISSION_DENIED", "not-admin")
    assert inside.belongings_of(ann) == {}


def test_whoever_is_no_admin_resets_no_projects_fuse(ann: Client, inside: Inside) -> None:
    before = inside.belongings("fuses/project")
    assert refusal(ann, "controlAccount", {"action": "resetFuse"}).reason == "not-admin"
    assert inside.belongings("fuses/project") == before


@pytest.mark.parametrize(
    "request_of",
    [
        {"action": "setTier", "tier": "studio"},
        {"action": "adjust", "amount": 1_000, "reason": "gift", "requestId": "x"},
        {"action": "resetFuse"},
    ],
    ids=lambda request: request["action"],
)
def test_a_team_that_is_not_there_is_not_found_and_not_made(
    request_of: dict[str, Any], admin: Client, inside: Inside
) -> None:
    refused = refusal(admin, "controlAccount", {"accountId": "team_gone", **request_of})
    assert (refused.status, refused.reason) == ("NOT_FOUND", "not-found")
    assert inside.belongings("accounts/team_gone") == {}


# ---- the beginning of a month --------------------------------------------------------------------


def test_a_tier_brings_its_credits_once_a_month_and_a_higher_one_the_difference(
    ann: Client, admin: Client, inside: Inside
) -> None:
    account_id = f"user_{ann.uid}"
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    by_hand = {"tier": "pro", "month_due_at": long_ago}
    inside.database.document(f"accounts/{account_id}").set(by_hand)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(grant_monthly, [inside.backend] * 3))
    grant_monthly(inside.backend)
    account = inside.get(f"accounts/{account_id}")
    assert account["available"] == 1_000
    assert account["granted_month"] == datetime.now(UTC).strftime("%Y-%m")
    entries = inside.belongings(f"accounts/{account_id}").values()
    monthly = [entry for entry in entries if entry.get("actor") == "monthly"]
    assert [entry["amount"] for entry in monthly] == [1_000]
    assert control(admin, account_id, "setTier", tier="studio")["available"] == 5_000
    assert control(admin, account_id, "setTier", tier="studio")["available"] == 5_000
    inside.assert_promises_of(ann.uid)
