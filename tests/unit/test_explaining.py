"""Why a job is where it is, and what health says."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mediaforge.domain.jobs.job import Job, JobError, JobStatus, Lease, WaitingFor
from mediaforge.domain.watch.explaining import explain, is_slow, waits_for_resume
from mediaforge.domain.watch.health import Facts, findings
from mediaforge.domain.watch.schedules import Schedules
from tests.support.world import START, World

SOON, BEFORE = START + timedelta(seconds=30), START - timedelta(minutes=6)


@pytest.fixture(scope="module")
def job() -> Job:
    return World().submit().job


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "in its queue"),
        ({"waiting_for": WaitingFor.CAPACITY}, "slot of its account"),
        ({"waiting_for": WaitingFor.RESUME}, "fuse"),
        ({"waiting_for": WaitingFor.SCHEDULE}, "its time"),
        ({"waiting_for": WaitingFor.BATCH}, "its batch"),
        ({"lease": Lease("w", SOON)}, "a worker has it"),
        ({"lease": Lease("w", BEFORE)}, "worker is gone"),
        ({"handle": "op"}, "provider works"),
        ({"not_before": SOON, "error": JobError("throttled", "x", True)}, "throttled"),
        ({"not_before": SOON, "snoozes": 1}, "slow down"),
        ({"status": JobStatus.PROCESSING}, "next attempt"),
        ({"status": JobStatus.FAILED}, "still to be closed"),
        ({"status": JobStatus.COMPLETED, "settled_at": START}, "has ended"),
    ],
)
def test_a_job_says_why_it_is_where_it_is(job: Job, changes: dict[str, object], says: str) -> None:
    assert says in explain(replace(job, **changes), START)  # type: ignore[arg-type]


def test_a_job_is_slow_five_minutes_after_its_slot_if_nobody_has_begun_it(job: Job) -> None:
    assert not is_slow(job, START)
    assert is_slow(replace(job, slot_at=BEFORE), START)
    assert not is_slow(replace(job, slot_at=BEFORE, status=JobStatus.PROCESSING), START)
    waits = replace(job, slot_at=BEFORE, is_dispatched=False, waiting_for=WaitingFor.RESUME)
    assert not is_slow(waits, START)
    assert waits_for_resume(waits)


def wrong(facts: Facts) -> set[str]:
    return {each.check for each in findings(facts, START) if not each.is_fine}


def test_each_check_is_wrong_by_itself() -> None:
    silent = Schedules({"sweepJobs": START - timedelta(minutes=16)})
    heard = Schedules({"sweepJobs": START - timedelta(minutes=14)})
    assert wrong(Facts(True, None)) == wrong(Facts(True, heard)) == set()
    assert wrong(Facts(False, None)) == {"storage"}
    assert wrong(Facts(True, silent)) == {"schedules"}
    assert wrong(Facts(True, None, blown_fuses=["free"])) == {"fuses"}
    assert wrong(Facts(True, None, open_breakers=["veo"])) == {"breakers"}
    assert wrong(Facts(True, None, dead_letters=1)) == {"dead letters"}
    assert wrong(Facts(True, None, overdue=1)) == {"overdue jobs"}
    assert wrong(Facts(True, None, slow=1)) == {"slow jobs"}
    assert wrong(Facts(True, None, held_up=1)) == {"jobs held up by a fuse"}


def test_schedules_that_have_never_run_are_named_as_such() -> None:
    [said] = [each for each in findings(Facts(True, None), START) if each.check == "schedules"]
    assert (said.is_fine, said.found) == (True, "none has ever run")
