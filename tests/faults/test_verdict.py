"""The verdict finds each kind of damage and names the document; where there is none it finds none."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from tests.faults.deletions import is_leaver
from tests.faults.harness import Settings, play
from tests.faults.operations import check_operations, excused_operations
from tests.faults.record import Call, Commit, Look, Operation, Record, Told
from tests.faults.stores import MemoryStores
from tests.faults.verdict import judge

HOUR = timedelta(hours=1)
NEVER = datetime(2100, 1, 1, tzinfo=UTC)


class Case:
    """A run that was well, to be damaged."""

    def __init__(
        self, contents: dict[str, dict[str, Any]], files: set[str], record: Record
    ) -> None:
        self.contents = contents
        self.files = files
        self.record = record

    def job(self, status: str = "completed", **fields: Any) -> dict[str, Any]:
        """A job that ended so, as it is stored, and was done in one call; its account was not deleted."""
        long = {operation.job_id for operation in self.record.operations.values()}
        return next(
            job
            for path, job in self.contents.items()
            if path.startswith("jobs/")
            and job["status"] == status
            and job["id"] not in long
            and not is_leaver(job["user_id"])
            and all(job[name] == value for name, value in fields.items())
        )

    def operation(self) -> Operation:
        """The one that a completed job's first attempt began, and only it."""
        return next(
            operation
            for operation in self.record.operations.values()
            for job in [self.contents[f"jobs/{operation.job_id}"]]
            if (job["status"], job["attempts"], operation.attempt) == ("completed", 1, 1)
        )

    def states(self, operation: Operation) -> list[tuple[Commit, dict[str, Any]]]:
        """The job of an operation, as each commit left it; to be changed in place."""
        path = f"jobs/{operation.job_id}"
        return [(c, dict(c.writes[path] or {})) for c in self.record.commits if path in c.writes]

    def rewrite(
        self, operation: Operation, change: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> None:
        """Another history of the operation's job, whose last state is what is stored."""
        path = f"jobs/{operation.job_id}"
        for commit, fields in self.states(operation):
            commit.writes = {**commit.writes, path: fields | change(fields)}
            self.record.last[path] = self.contents[path] = fields | change(fields)

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


SEEDS = (5, 6, 7, 8, 2, 3)


@cache
def well() -> Case:
    """The first run in which somebody was told what a cancel costs, and somebody paid it."""
    runs = map(play_small, SEEDS)
    return next(
        case
        for case in runs
        if case.record.cancel_prices
        and any(
            f.get("charged_credits") and f["status"] == "cancelled" for f in case.contents.values()
        )
    )


def play_small(seed: int) -> Case:
    stores = MemoryStores()
    record = play(Settings(seed, jobs=40, accounts=5), stores).record
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


# ---- what may have been billed ---------------------------------------------------------------------


def cancelled_at_its_price(case: Case) -> dict[str, Any]:
    return next(
        job
        for path, job in case.contents.items()
        if path.startswith("jobs/") and job["status"] == "cancelled" and job["charged_credits"]
    )


def billed_once(case: Case) -> dict[str, Any]:
    return next(
        job
        for model in ("billing-image", "stoppable-image")
        for job in [case.job(model=model, may_have_billed=1, attempts=1)]
    )


def test_a_cancel_that_was_charged_without_being_accepted_is_found(case: Case) -> None:
    case.record.accepted.discard(cancelled_at_its_price(case)["id"])
    assert any("found that nobody had accepted that" in finding for finding in case.judge())


def test_a_cancel_that_should_have_cost_nothing_is_found(case: Case) -> None:
    job = cancelled_at_its_price(case)
    for commit in case.record.commits:
        written = commit.writes.get(f"jobs/{job['id']}")
        if written:
            commit.writes = {
                **commit.writes,
                f"jobs/{job['id']}": {**written, "model": "stoppable-image"},
            }
    job["model"] = "stoppable-image"
    assert any("expected capture [], found" in finding for finding in case.judge())


def test_a_price_that_is_not_what_is_held_is_found(case: Case) -> None:
    told = case.record.cancel_prices[0]
    case.record.cancel_prices.append(replace(told, credits=told.credits + 1))
    assert any("expected a cancel at" in finding for finding in case.judge())


def test_a_price_of_what_was_never_begun_is_found(case: Case) -> None:
    told = case.record.cancel_prices[0]
    early = case.record.commits[0].at - HOUR
    case.record.cancel_prices.append(replace(told, sent_at=early, at=early))
    assert any("expected to be cancelled for nothing" in finding for finding in case.judge())


def test_a_charge_that_was_answered_otherwise_is_found(case: Case) -> None:
    job = cancelled_at_its_price(case)
    case.record.charged.append((job["id"], 0))
    assert any("expected to be charged 0 as was answered" in finding for finding in case.judge())


def test_a_start_that_is_not_counted_is_found(case: Case) -> None:
    billed_once(case)["may_have_billed"] = 0
    assert any("expected 1 starts that may have been billed" in f for f in case.judge())


def test_a_third_start_of_what_bills_is_found(case: Case) -> None:
    call = case.calls(billed_once(case))[-1]
    case.record.calls += [replace(call, attempt=number) for number in (2, 3)]
    assert any("expected to be begun 2 times at the most" in finding for finding in case.judge())


@pytest.mark.parametrize(
    "fields", [{"may_have_billed": 9}, {"error_message": "It may have been billed, or not."}]
)
def test_a_dead_letter_that_does_not_say_what_was_billed_is_found(
    case: Case, fields: dict[str, Any]
) -> None:
    path, letter = next((p, f) for p, f in case.contents.items() if p.startswith("dead_letters/"))
    letter.update(fields)
    letter["error_code"] = "expired"
    assert any(f"{path}: " in finding and "billed" in finding for finding in case.judge())


@pytest.mark.parametrize(
    ("left", "other_priority", "is_found"),
    [
        (timedelta(minutes=3), 2, False),  # a higher priority was served until its slot came
        (timedelta(minutes=3), 1, True),  # its own priority takes turns with it
        (HOUR, 2, True),  # it had time enough
    ],
)
def test_a_job_that_expires_is_found_unless_it_got_its_slot_too_late_for_a_reason(
    case: Case, left: timedelta, other_priority: int, is_found: bool
) -> None:
    job, other = case.job("failed"), case.job()
    end = job["completed_at"]
    job |= {"error": {**job["error"], "code": "expired"}, "is_dispatched": True, "priority": 1}
    job |= {"slot_at": end - left, "expires_at": end, "account_id": "user_nobody_else"}
    other |= {"slot_at": end - left - timedelta(minutes=1), "priority": other_priority}
    other["account_id"] = "user_nobody_else"
    said = f"jobs/{job['id']}: expected to be run in time, found that it expired"
    assert (said in case.judge()) == is_found


def test_usage_that_was_given_back_of_what_was_begun_is_found(case: Case) -> None:
    account = case.account(case.job())
    account["usage"] = {**account["usage"], "images": account["usage"]["images"] - 1}
    assert any("to be used on" in finding for finding in case.judge())


# ---- long operations -----------------------------------------------------------------------------


def leave(case: Case) -> Operation:
    """The operation's job is cancelled instead, and the operation still runs."""
    operation = case.operation()

    def change(job: dict[str, Any]) -> dict[str, Any]:
        if job["status"] != "completed":
            return {}
        return {"status": "cancelled", "handle": operation.handle, "handle_ends_at": NEVER}

    case.rewrite(operation, change)
    operation.over_at = None
    return operation


def of_operations(case: Case) -> list[str]:
    """What is found of them alone: a history that is made up has other flaws as well."""
    jobs = {p.removeprefix("jobs/"): f for p, f in case.contents.items() if p.startswith("jobs/")}
    return list(check_operations(jobs, case.record))


def test_a_second_submit_of_an_attempt_is_found(case: Case) -> None:
    operation = case.operation()
    again = replace(operation, handle="again")
    case.record.operations["again"] = again
    assert any("expected one submit for each attempt" in finding for finding in case.judge())
    assert any(f"{again.process}: expected to submit once" in finding for finding in case.judge())


def test_a_sixth_submit_is_found(case: Case) -> None:
    operation = case.operation()
    for number in range(2, 7):
        handle = f"again {number}"
        case.record.operations[handle] = replace(operation, handle=handle, attempt=number)
    assert any("expected at most 5 submits, found 6" in finding for finding in case.judge())


def question(case: Case, operation: Operation) -> Call:
    return [call for call in case.record.calls if call.asks == operation.handle][-1]


def test_a_question_about_what_was_never_begun_is_found(case: Case) -> None:
    question(case, case.operation()).asks = "guessed"
    assert any("about what was begun for it, found guessed" in f for f in case.judge())


def test_a_question_about_another_attempt_is_found(case: Case) -> None:
    operation = case.operation()
    operation.attempt = 2
    assert any("expected a question about attempt 1" in finding for finding in case.judge())


def test_a_question_about_what_its_job_has_never_begun_is_found(case: Case) -> None:
    operation = case.operation()
    case.record.operations["other"] = replace(operation, handle="other", process="other")
    question(case, operation).asks = "other"
    assert any("found one about other" in finding for finding in case.judge())


def test_an_answer_that_is_recorded_behind_another_is_found(case: Case) -> None:
    operation = case.operation()
    call = question(case, operation)
    commits = case.record.commits
    number = next(n for n, c in enumerate(commits) if c.process == call.process and c.writes)
    between = Commit(commits[number].at, "x", commits[number].writes)
    commits.insert(number, between)
    expected = f"expected {call.process} to be too late behind x"
    assert any(expected in finding for finding in of_operations(case))


def test_a_completed_job_whose_operation_had_not_ended_is_found(case: Case) -> None:
    case.operation().over_at = None
    assert any("to have its operation's end, found" in finding for finding in case.judge())


def test_a_completed_job_whose_operation_came_to_nothing_is_found(case: Case) -> None:
    case.operation().end = "is lost"
    assert any("to have its operation's end, found" in finding for finding in case.judge())


def test_what_a_cancelled_job_leaves_running_is_found(case: Case) -> None:
    operation = leave(case)
    case.commit_again(f"jobs/{operation.job_id}", handle=None)
    operation.told.append(Told(operation.submitted_at + HOUR, "x", is_heard=False))
    assert any("to be stopped, found it told" in f for f in of_operations(case))


def test_a_handle_that_is_left_of_what_was_stopped_is_found(case: Case) -> None:
    operation = leave(case)
    operation.told.append(Told(operation.submitted_at + HOUR, "x", is_heard=True))
    assert any("expected no handle of what is over" in f for f in of_operations(case))


def test_a_handle_that_is_taken_away_before_it_was_stopped_is_found(case: Case) -> None:
    operation = leave(case)
    case.commit_again(f"jobs/{operation.job_id}", handle=None)
    assert any("to be stopped, found it told" in f for f in of_operations(case))


def test_what_is_left_running_is_excused_when_its_time_was_over_unheard(case: Case) -> None:
    before = excused_operations(case.record)
    operation = leave(case)
    case.commit_again(f"jobs/{operation.job_id}", handle=None)
    operation.told.append(Told(NEVER, "x", is_heard=False))
    assert of_operations(case) == []
    assert excused_operations(case.record) - before == {"stop not heard": 1}


def test_what_a_job_gives_up_without_a_word_is_found(case: Case) -> None:
    operation = leave(case)
    case.rewrite(operation, lambda job: {"handle": None} if job["status"] == "cancelled" else {})
    assert any("to end before it is given up" in f for f in of_operations(case))

    operation.told.append(Told(NEVER, "x", is_heard=False))
    assert of_operations(case) == []


def test_a_handle_that_nobody_recorded_is_found(case: Case) -> None:
    operation = case.operation()
    case.record.operations["unknown"] = replace(
        operation, handle="unknown", process="y", attempt=2, told=[]
    )
    assert any("to be recorded or stopped, found neither" in f for f in of_operations(case))

    case.record.cut_off.add("y")
    assert of_operations(case) == []


def test_a_stop_of_what_its_job_waits_for_is_found(case: Case) -> None:
    operation = case.operation()
    recorded = next(c for c, fields in case.states(operation) if fields["handle"])
    operation.told.append(Told(recorded.at, "x", is_heard=True))
    assert any("to be left running, found that x stopped it" in f for f in of_operations(case))


def test_a_handle_that_a_completed_job_keeps_is_found(case: Case) -> None:
    operation = case.operation()
    case.contents[f"jobs/{operation.job_id}"]["handle"] = operation.handle
    assert any("expected no handle, found" in finding for finding in of_operations(case))


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
        if not fields.get("batch_id")
    ][:2]
    waiting = {"waiting_for": "capacity", "is_dispatched": False, "priority": 2}
    case.commit_again(f"jobs/{first['id']}", **waiting)
    case.commit_again(f"jobs/{second['id']}", is_dispatched=False)
    case.commit_again(f"jobs/{second['id']}", is_dispatched=True, priority=0)
    assert any("found that it was dispatched before" in finding for finding in case.judge())


# ---- files ---------------------------------------------------------------------------------------


def looks_at(case: Case, job: dict[str, Any]) -> list[Look]:
    """What its user could read of the job's first file."""
    path = job["output"]["storage_paths"][0]
    return [look for look in case.record.looks if look.path == path]


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"commits": 0}, "by nobody before it was paid for, found by its path"),
        ({"commits": 0, "by_path": False}, "by nobody before it was paid for, found by its addr"),
        ({"content": b"another"}, "which was paid for, found b'another'"),
    ],
)
def test_what_could_be_read_and_should_not_is_found(
    case: Case, change: dict[str, Any], finding: str
) -> None:
    case.record.looks.append(replace(looks_at(case, case.job())[0], **change))
    assert any(finding in found for found in case.judge())


@pytest.mark.parametrize("suffix", ["_9.png", "_9_thumb.webp", ".jpg"])
def test_a_readable_file_that_nobody_paid_for_is_found(case: Case, suffix: str) -> None:
    job = case.job()
    path = f"generating/{job['user_id']}/image/{job['id']}{suffix}"
    case.record.looks.append(replace(looks_at(case, job)[-1], path=path))
    assert any("as nobody paid for it" in finding for finding in case.judge())


def test_a_readable_file_of_a_job_that_was_cancelled_is_found(case: Case) -> None:
    job = case.job("cancelled")
    path = f"generating/{job['user_id']}/image/{job['id']}.png"
    case.record.looks.append(replace(case.record.looks[-1], path=path))
    assert any("by nobody before it was paid for" in finding for finding in case.judge())


@pytest.mark.parametrize("way", ["by_path", "by_address"])
@pytest.mark.parametrize(
    ("number", "finding"), [(0, "readable once it was paid for"), (-1, "readable for good")]
)
def test_what_was_paid_for_and_cannot_be_read_is_found(
    case: Case, number: int, way: str, finding: str
) -> None:
    look, changes = looks_at(case, case.job())[number], dict[str, Any]({way: False})
    case.record.looks[case.record.looks.index(look)] = replace(look, **changes)
    assert any(finding in found for found in case.judge())
