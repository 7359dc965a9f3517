"""The verdict finds each kind of damage and names the document; where there is none it finds none."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from tests.faults.harness import Settings, play
from tests.faults.record import Call, Commit, Record
from tests.faults.stores import MemoryStores
from tests.faults.verdict import judge

HOUR = timedelta(hours=1)


class Case:
    """A run that was well, to be damaged."""

    def __init__(
        self, contents: dict[str, dict[str, Any]], files: set[str], record: Record
    ) -> None:
        self.contents = contents
        self.files = files
        self.record = record

    def job(self, status: str = "completed", **fields: Any) -> dict[str, Any]:
        """A job that ended so, as it is stored."""
        return next(
            job
            for path, job in self.contents.items()
            if path.startswith("jobs/")
            and job["status"] == status
            and all(job[name] == value for name, value in fields.items())
        )

    def view(self, job: dict[str, Any]) -> dict[str, Any]:
        return self.contents[f"generations/{job['user_id']}/images/{job['id']}"]

    def entry(self, job: dict[str, Any], kind: str) -> dict[str, Any]:
        return self.contents[f"accounts/{job['account_id']}/ledger/{job['id']}:{kind}"]

    def account(self, job: dict[str, Any]) -> dict[str, Any]:
        return self.contents[f"accounts/{job['account_id']}"]

    def calls(self, job: dict[str, Any]) -> list[Call]:
        return [call for call in self.record.calls if call.job_id == job["id"]]

    def commit_again(self, path: str, **fields: Any) -> None:
        """One more commit, of the document as it was last, but for these fields."""
        last = self.record.commits[-1]
        writes = {path: {**self.record.last[path], **fields}}
        self.record.commits.append(Commit(last.at, "somebody", writes))

    def judge(self) -> list[str]:
        return judge(self.contents, self.files, self.record)


@cache
def well() -> Case:
    stores = MemoryStores()
    record = play(Settings(1, jobs=40, accounts=5), stores).record
    return Case({p: dict(f) for p, f in stores.contents().items()}, set(stores.files()), record)


@pytest.fixture
def case() -> Case:
    return deepcopy(well())


def test_a_run_that_was_well_has_no_findings(case: Case) -> None:
    assert case.judge() == []


# ---- documents -----------------------------------------------------------------------------------


def unfinish(case: Case, job: dict[str, Any]) -> None:
    job["status"] = "processing"


def unsettle(case: Case, job: dict[str, Any]) -> None:
    job["settled_at"] = None


def settle_late(case: Case, job: dict[str, Any]) -> None:
    job["settled_at"] += HOUR


def keep_lease(case: Case, job: dict[str, Any]) -> None:
    job["lease"] = {"owner": "x", "until": job["created_at"]}


def keep_slot(case: Case, job: dict[str, Any]) -> None:
    case.account(job)["active"] = 1


def keep_hold(case: Case, job: dict[str, Any]) -> None:
    case.account(job)["held"] = 2


def hold_twice(case: Case, job: dict[str, Any]) -> None:
    case.contents[f"accounts/{job['account_id']}/ledger/again"] = case.entry(job, "hold")


def capture_more(case: Case, job: dict[str, Any]) -> None:
    case.entry(job, "capture")["amount"] += 2


def charge_more(case: Case, job: dict[str, Any]) -> None:
    job["charged_credits"] += 2


def lose_file(case: Case, job: dict[str, Any]) -> None:
    case.files.remove(job["output"]["storage_paths"][0])


def lose_asset(case: Case, job: dict[str, Any]) -> None:
    case.calls(job)[-1].offered += 1


def give_twice(case: Case, job: dict[str, Any]) -> None:
    path = f"accounts/{job['account_id']}/ledger/again"
    case.contents[path] = {"type": "grant", "amount": 5}


def show_otherwise(case: Case, job: dict[str, Any]) -> None:
    case.view(job)["status"] = "queued"


def show_error(case: Case, job: dict[str, Any]) -> None:
    case.view(job)["error"] = {"code": "x"}


def write_letter(case: Case, job: dict[str, Any]) -> None:
    case.contents[f"dead_letters/{job['id']}"] = {}


def write_from_elsewhere(case: Case, job: dict[str, Any]) -> None:
    case.contents["jobs/nobody-s"] = {**job, "id": "nobody-s"}


def lose_write(case: Case, job: dict[str, Any]) -> None:
    job["price_credits"] = 3


def repeat_request(case: Case, job: dict[str, Any]) -> None:
    case.contents["jobs/second"] = {**job, "id": "second"}


DOCUMENTS: dict[Callable[[Case, dict[str, Any]], None], str] = {
    unfinish: "expected to be final, found processing",
    unsettle: "expected to be settled",
    settle_late: "expected to be settled within",
    keep_lease: "expected no lease",
    keep_slot: "expected no active",
    keep_hold: "expected no held",
    hold_twice: "expected hold",
    capture_more: "expected capture",
    charge_more: "expected to be charged",
    lose_file: "expected the file",
    lose_asset: "assets, found",
    give_twice: "expected to be granted",
    show_otherwise: "expected to be completed, found queued",
    show_error: "found the error",
    write_letter: "expected no letter",
    write_from_elsewhere: "stored, but by no commit",
    lose_write: "expected price_credits to be 2, found 3",
    repeat_request: "expected one job of",
}


@pytest.mark.parametrize("damage", DOCUMENTS, ids=lambda damage: damage.__name__)
def test_damage_to_a_document_is_found(
    case: Case, damage: Callable[[Case, dict[str, Any]], None]
) -> None:
    damage(case, case.job())
    assert any(DOCUMENTS[damage] in finding for finding in case.judge())


def test_a_lost_dead_letter_is_found(case: Case) -> None:
    letter = next(path for path in case.contents if path.startswith("dead_letters/"))
    del case.contents[letter]
    assert any(f"{letter}: expected a letter" in finding for finding in case.judge())


# ---- answers -------------------------------------------------------------------------------------


def test_an_acknowledged_job_that_does_not_exist_is_found(case: Case) -> None:
    case.record.answers.append(replace(case.record.answers[0], job_id="gone"))
    assert any("jobs/gone: was acknowledged" in finding for finding in case.judge())


def test_a_repeat_that_is_answered_with_another_job_is_found(case: Case) -> None:
    first, second = [a for a in case.record.answers if a.request_id and a.job_id][:2]
    case.record.answers.append(replace(first, job_id=second.job_id))
    assert any("expected to be the answer to" in finding for finding in case.judge())


def test_a_repeat_that_is_refused_is_found(case: Case) -> None:
    answer = next(a for a in case.record.answers if a.request_id and a.job_id)
    repeat = replace(answer, job_id=None, refused="rate-limited", sent_at=answer.at + HOUR)
    case.record.answers.append(repeat)
    assert any("found that it was refused: rate-limited" in finding for finding in case.judge())


def test_an_acknowledged_cancel_of_a_job_that_completed_is_found(case: Case) -> None:
    job = case.job()
    case.record.cancelled[job["id"]] = job["completed_at"]
    assert any("expected to be cancelled, found completed" in finding for finding in case.judge())


# ---- calls of the provider -----------------------------------------------------------------------


def test_a_call_without_a_claim_is_found(case: Case) -> None:
    case.record.calls.append(replace(case.calls(case.job())[0], owner="nobody"))
    assert any("expected a claim of attempt" in finding for finding in case.judge())


def test_a_second_paid_call_of_an_attempt_is_found(case: Case) -> None:
    case.record.calls.append(replace(case.calls(case.job(attempts=1))[-1]))
    findings = case.judge()
    assert any("expected one paid call for each attempt" in finding for finding in findings)
    assert any("expected one call by" in finding for finding in findings)


def test_a_sixth_paid_call_is_found(case: Case) -> None:
    call = case.calls(case.job())[-1]
    case.record.calls += [replace(call, attempt=number) for number in range(2, 8)]
    assert any("expected at most 5 paid calls" in finding for finding in case.judge())


def test_two_workers_at_the_same_time_are_found(case: Case) -> None:
    call = next(c for job in [case.job()] for c in case.calls(job))
    assert call.ended_at is not None
    call.ended_at = call.started_at + HOUR
    beside = replace(call, owner="beside", started_at=call.started_at + timedelta(seconds=10))
    case.record.calls.append(beside)
    path, claim = next(
        (path, fields)
        for commit in case.record.commits
        for path, fields in commit.writes.items()
        if path == f"jobs/{call.job_id}" and fields and fields["lease"]
    )
    lease = {"owner": "beside", "until": call.started_at + HOUR}
    case.record.commits.append(Commit(call.started_at, "x", {path: {**claim, "lease": lease}}))
    assert any("expected one worker at a time" in finding for finding in case.judge())


def test_more_jobs_with_the_provider_than_the_tier_allows_are_found(case: Case) -> None:
    case.record.slots.update(dict.fromkeys(case.record.slots, 1))
    assert any("jobs with the provider at once" in finding for finding in case.judge())


# ---- history -------------------------------------------------------------------------------------


def test_a_final_status_that_changes_is_found(case: Case) -> None:
    case.commit_again(f"jobs/{case.job()['id']}", status="failed")
    assert any("was completed, found failed" in finding for finding in case.judge())


def test_a_final_view_that_changes_is_found(case: Case) -> None:
    job = case.job()
    case.commit_again(f"generations/{job['user_id']}/images/{job['id']}", progress=0.5)
    assert any("expected nothing to change after the end" in finding for finding in case.judge())


def test_a_view_that_does_not_follow_its_job_is_found(case: Case) -> None:
    case.commit_again(f"jobs/{case.job()['id']}", status="cancelled")
    assert any("expected to show cancelled" in finding for finding in case.judge())


def test_attempts_that_change_by_themselves_are_found(case: Case) -> None:
    case.commit_again(f"jobs/{case.job()['id']}", attempts=0)
    assert any("expected 0 attempts more" in finding for finding in case.judge())


def test_an_entry_that_is_written_again_is_found(case: Case) -> None:
    job = case.job()
    case.commit_again(f"accounts/{job['account_id']}/ledger/{job['id']}:hold")
    assert any("expected to be written once" in finding for finding in case.judge())


def test_a_balance_that_is_not_the_sum_of_its_entries_is_found(case: Case) -> None:
    case.commit_again(f"accounts/{case.job()['account_id']}", available=-1)
    assert any("expected the sum of its entries" in finding for finding in case.judge())


def test_a_wrong_count_of_active_jobs_is_found(case: Case) -> None:
    case.commit_again(f"accounts/{case.job()['account_id']}", active=7)
    assert any("expected 0 active jobs, found 7" in finding for finding in case.judge())


def test_more_dispatched_jobs_than_the_tier_allows_are_found(case: Case) -> None:
    case.record.slots.update(dict.fromkeys(case.record.slots, 1))
    assert any("expected at most 1 dispatched jobs" in finding for finding in case.judge())


def test_a_lease_that_is_taken_before_its_end_is_found(case: Case) -> None:
    number, path, claim = next(
        (number, path, fields)
        for number, commit in enumerate(case.record.commits)
        for path, fields in commit.writes.items()
        if path.startswith("jobs/") and fields and fields["lease"]
    )
    taken = {**claim, "lease": {**claim["lease"], "owner": "a thief"}}
    theft = Commit(case.record.commits[number].at, "a thief", {path: taken})
    case.record.commits.insert(number + 1, theft)
    assert any("to have it until" in finding for finding in case.judge())


def test_a_slot_that_stays_free_while_a_job_waits_is_found(case: Case) -> None:
    job = case.job()
    path = f"jobs/{job['id']}"
    case.commit_again(path, waiting_for="capacity")
    assert any("expected its free slots to be filled" in finding for finding in case.judge())


def test_whoever_is_dispatched_before_their_turn_is_found(case: Case) -> None:
    first, second = [
        fields
        for path, fields in case.record.last.items()
        if path.startswith("jobs/") and fields["account_id"] == case.job()["account_id"]
    ][:2]
    waiting = {"waiting_for": "capacity", "is_dispatched": False, "priority": 2}
    case.commit_again(f"jobs/{first['id']}", **waiting)
    case.commit_again(f"jobs/{second['id']}", is_dispatched=False)
    case.commit_again(f"jobs/{second['id']}", is_dispatched=True, priority=0)
    assert any("found that it was dispatched before" in finding for finding in case.judge())
