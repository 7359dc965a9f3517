"""Cancel and retry, in every state a job can be in, through the callable."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.emulator.conftest import Inside, NewUser
from tools.client import CallError, Client

SMALL = {"width": 64, "height": 64}


def submit(user: Client, prompt: str) -> tuple[str, str]:
    job = user.call("generateImage", {"prompt": prompt, **SMALL})
    return job["jobId"], job["path"]


def in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


def cancel(user: Client, job_id: str) -> str:
    answer = user.call("controlJob", {"jobId": job_id, "action": "cancel"})
    return str(answer["status"])


def test_a_waiting_job_is_cancelled_at_once(ann: Client, inside: Inside) -> None:
    running = [submit(ann, "[[sleep:3]]") for _ in range(2)]
    job_id, path = submit(ann, "waits")
    assert (ann.get(path) or {})["waiting_for"] == "capacity"
    assert cancel(ann, job_id) == "cancelled"
    for each, _ in [*running, (job_id, path)]:
        inside.wait_until_settled(each)
    view = ann.get(path) or {}
    assert (view["status"], view["attempts"], view["credits"]["charged"]) == ("cancelled", 0, 0)
    inside.assert_promises_of(ann.uid)


def test_a_scheduled_job_is_cancelled_at_once(ann: Client, inside: Inside) -> None:
    job = ann.call("generateImage", {"prompt": "later", "scheduledAt": in_an_hour()})
    assert (ann.get(job["path"]) or {})["waiting_for"] == "schedule"
    assert cancel(ann, job["jobId"]) == "cancelled"
    inside.wait_until_settled(job["jobId"])
    inside.assert_promises_of(ann.uid)


def test_what_a_running_job_brings_after_its_cancel_is_dropped(ann: Client, inside: Inside) -> None:
    job_id, path = submit(ann, "[[sleep:4]] too late")
    inside.wait_for(f"jobs/{job_id}", lambda job: job.get("status") == "processing")
    assert cancel(ann, job_id) == "cancelled"
    inside.wait_until_settled(job_id)
    # The worker's next job starts when it is done with this one, two at a time.
    for _ in range(2):
        inside.wait_until_settled(submit(ann, "after it")[0])
    view = ann.get(path) or {}
    assert (view["status"], view["generation_data"]) == ("cancelled", None)
    inside.assert_promises_of(ann.uid)


def test_a_snoozed_job_is_cancelled_at_once(ann: Client, inside: Inside) -> None:
    job_id, _ = submit(ann, "[[throttle:50]]")
    inside.wait_for(f"jobs/{job_id}", lambda job: job.get("snoozes", 0) > 0)
    assert cancel(ann, job_id) == "cancelled"
    inside.wait_until_settled(job_id)
    inside.assert_promises_of(ann.uid)


@pytest.mark.parametrize(
    ("prompt", "action", "status"),
    [
        ("done", "cancel", "completed"),
        ("done", "retry", "completed"),
        ("[[blocked]]", "cancel", "failed"),
    ],
)
def test_what_is_finished_cannot_be_controlled(
    ann: Client, prompt: str, action: str, status: str
) -> None:
    job_id, path = submit(ann, prompt)
    assert ann.wait_until_final(path)["status"] == status
    with pytest.raises(CallError) as refused:
        ann.call("controlJob", {"jobId": job_id, "action": action})
    assert (refused.value.status, refused.value.reason) == ("FAILED_PRECONDITION", "illegal-state")


def test_a_retry_is_a_new_job_that_names_the_old_one(ann: Client, inside: Inside) -> None:
    job_id, path = submit(ann, "[[fail:permanent]]")
    ann.wait_until_final(path)
    again = ann.call("controlJob", {"jobId": job_id, "action": "retry"})
    assert again["jobId"] != job_id
    assert again["retryOf"] == job_id
    ann.wait_until_final(again["path"])
    repeated = ann.call("controlJob", {"jobId": job_id, "action": "retry"})
    assert repeated == {**again, "status": "failed"}
    assert (ann.get(again["path"]) or {})["retry_of"] == job_id
    inside.wait_until_settled(again["jobId"])
    inside.wait_until_settled(job_id)
    inside.assert_promises_of(ann.uid)


def test_a_cancel_sent_again_answers_the_same(ann: Client) -> None:
    job_id, _ = submit(ann, "[[sleep:1]]")
    assert [cancel(ann, job_id), cancel(ann, job_id)] == ["cancelled", "cancelled"]


def test_a_cancel_says_what_it_was_charged(ann: Client, inside: Inside) -> None:
    """The built-in renderer costs nothing, so nothing is charged, whatever is accepted."""
    job_id, _ = submit(ann, "[[sleep:4]]")
    inside.wait_for(f"jobs/{job_id}", lambda job: job.get("status") == "processing")
    answer = ann.call("controlJob", {"jobId": job_id, "action": "cancel", "acceptCharge": True})
    assert answer == {"jobId": job_id, "status": "cancelled", "credits": {"charged": 0}}
    inside.wait_until_settled(job_id)
    account = inside.get(f"accounts/user_{ann.uid}")
    assert (account["available"], account["usage"]["images"]) == (100, 1)


def test_a_charge_is_accepted_with_a_cancel_only(ann: Client) -> None:
    job_id, _ = submit(ann, "[[sleep:1]]")
    with pytest.raises(CallError) as refused:
        ann.call("controlJob", {"jobId": job_id, "action": "retry", "acceptCharge": True})
    assert refused.value.reason == "invalid-request"
    assert [error["field"] for error in refused.value.details["fieldErrors"]] == ["acceptCharge"]
    cancel(ann, job_id)


def test_somebody_elses_job_is_not_mine_to_control(new_user: NewUser) -> None:
    ann, bob = new_user(), new_user()
    job_id, _ = submit(ann, "mine")
    with pytest.raises(CallError) as refused:
        cancel(bob, job_id)
    assert (refused.value.status, refused.value.reason) == ("PERMISSION_DENIED", "not-owner")
    with pytest.raises(CallError) as unknown:
        cancel(bob, "nowhere")
    assert (unknown.value.status, unknown.value.reason) == ("NOT_FOUND", "not-found")
