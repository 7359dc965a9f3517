"""When a job starts: not before its time, two at once for a free account, the next when one has ended."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.emulator.conftest import Inside, NewUser, cancel, listening, submit
from tools.client import Client

# Holds its slot without a worker, which comes back every second or two to be told to slow down.
HOLDS_A_SLOT = "[[throttle:50]]"
LATE_S_MAX = 60  # a net, for a busy machine


def waiting_for(user: Client, job: dict[str, Any]) -> str | None:
    value: str | None = (user.get(job["path"]) or {})["waiting_for"]
    return value


# ---- by the clock --------------------------------------------------------------------------------


def test_a_scheduled_job_is_claimed_at_its_time(ann: Client, inside: Inside) -> None:
    # The workers are there, and done with whatever came before.
    inside.wait_until_settled(submit(ann, "first")["jobId"])
    moment = datetime.now(UTC) + timedelta(seconds=10)  # longer than a submission takes
    job = submit(ann, "[[sleep:2]] later", scheduledAt=moment.isoformat())
    assert waiting_for(ann, job) == "schedule"
    claimed = inside.wait_for(f"jobs/{job['jobId']}", lambda j: j.get("status") == "processing")
    assert claimed["attempts"] == 1
    late = claimed["modified"] - moment
    assert timedelta() <= late <= timedelta(seconds=LATE_S_MAX)
    inside.wait_until_settled(job["jobId"])
    inside.assert_promises_of(ann.uid)


def test_a_time_that_has_passed_is_now(ann: Client, inside: Inside) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    job = submit(ann, "late already", scheduledAt=yesterday)
    assert waiting_for(ann, job) is None
    assert inside.wait_until_settled(job["jobId"])["status"] == "completed"


# ---- by the slot ---------------------------------------------------------------------------------


def test_what_waits_for_a_slot_starts_by_priority_and_then_by_age(
    ann: Client, inside: Inside
) -> None:
    with listening(inside.database, f"accounts/user_{ann.uid}") as accounts:
        holding = [submit(ann, HOLDS_A_SLOT) for _ in range(2)]
        sent = ["low", "normal", "low", "normal"]
        jobs = [submit(ann, f"job {n}", priority=p) for n, p in enumerate(sent)]
        assert [waiting_for(ann, job) for job in (*holding, *jobs)] == [None] * 2 + ["capacity"] * 4
        cancel(ann, holding[0]["jobId"])
        ended = [inside.wait_until_settled(job["jobId"]) for job in jobs]
        cancel(ann, holding[1]["jobId"])
        for job in holding:
            inside.wait_until_settled(job["jobId"])
    # One slot was left, so that they ended in the order in which they started.
    order = sorted(range(4), key=lambda number: ended[number]["completed_at"])
    assert order == [1, 3, 0, 2]
    seen = [accounts.get().get("active", 0) for _ in range(accounts.qsize())]
    assert max(seen) == 2
    inside.assert_promises_of(ann.uid)


def test_a_job_whose_time_comes_while_the_slots_are_taken_waits_for_one(
    ann: Client, inside: Inside
) -> None:
    holding = [submit(ann, HOLDS_A_SLOT) for _ in range(2)]
    soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    job = submit(ann, "its time will come", scheduledAt=soon)
    path = f"jobs/{job['jobId']}"
    inside.wait_for(path, lambda j: j.get("waiting_for") == "capacity")
    for held in holding:
        cancel(ann, held["jobId"])
    assert inside.wait_until_settled(job["jobId"])["status"] == "completed"
    for held in holding:
        inside.wait_until_settled(held["jobId"])
    inside.assert_promises_of(ann.uid)


ENDINGS = {
    "ends": "completed",
    "[[fail:permanent]]": "failed",
    "[[blocked]]": "failed",
    "[[fail:always]]": "failed",
    "[[crash:before-save]]": "completed",
    HOLDS_A_SLOT: "cancelled",
}


@pytest.fixture(scope="module")
def ended(new_user: NewUser, inside: Inside) -> dict[str, tuple[Client, dict[str, Any]]]:
    """For each ending a user whose one free slot went to a job that ends so, and then to another: the
    user and the other's view."""

    def live(prompt: str, user: Client) -> tuple[Client, dict[str, Any]]:
        first, second = (submit(user, HOLDS_A_SLOT) for _ in range(2))
        job, after = submit(user, prompt), submit(user, "after it")
        assert [waiting_for(user, each) for each in (job, after)] == ["capacity"] * 2
        cancel(user, first["jobId"])
        if ENDINGS[prompt] == "cancelled":
            inside.wait_for(f"jobs/{job['jobId']}", lambda j: j.get("status") == "processing")
            assert waiting_for(user, after) == "capacity"
            cancel(user, job["jobId"])
        assert inside.wait_until_settled(job["jobId"])["status"] == ENDINGS[prompt]
        inside.wait_until_settled(after["jobId"])
        cancel(user, second["jobId"])
        for each in (first, second):
            inside.wait_until_settled(each["jobId"])
        return user, user.get(after["path"]) or {}

    users = [new_user() for _ in ENDINGS]
    with ThreadPoolExecutor(len(ENDINGS)) as pool:
        return dict(zip(ENDINGS, pool.map(live, ENDINGS, users), strict=True))


@pytest.mark.parametrize("prompt", ENDINGS)
def test_the_slot_of_a_job_that_ended_goes_to_the_next(
    prompt: str, ended: dict[str, tuple[Client, dict[str, Any]]], inside: Inside
) -> None:
    user, after = ended[prompt]
    assert after["status"] == "completed"
    inside.assert_promises_of(user.uid)


# ---- by the lane ---------------------------------------------------------------------------------


def test_a_free_account_and_a_paying_one_each_have_a_queue_that_delivers(
    ann: Client, pro: Client, inside: Inside
) -> None:
    """Of a queue that is not there no task would ever arrive."""
    jobs = [submit(user, "in its lane") for user in (ann, pro)]
    ended = [inside.wait_until_settled(job["jobId"]) for job in jobs]
    assert [(job["queue"], job["status"]) for job in ended] == [
        ("runLocalImageFree", "completed"),
        ("runLocalImage", "completed"),
    ]
