"""The verdict finds what has come back after an operator deleted it, and names the document."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any

import pytest

from tests.faults.deletions import as_they_were, gone_jobs
from tests.faults.harness import Settings, play
from tests.faults.record import Commit, Look, Record
from tests.faults.stores import MemoryStores
from tests.faults.verdict import judge

Job = dict[str, Any]


class Case:
    """A run that was well, to be damaged."""

    def __init__(self, contents: dict[str, Job], files: set[str], record: Record) -> None:
        self.contents = contents
        self.files = files
        self.record = record

    def job(self) -> Job:
        """One that ended after its account was gone."""
        gone = sorted(gone_jobs(self.record))
        jobs = [self.contents[f"jobs/{job_id}"] for job_id in gone]
        return next(job for job in jobs if job["status"] == "cancelled")

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


def view_of(job: Job) -> str:
    return f"generations/{job['user_id']}/images/{job['id']}"


def bring_view_back(case: Case, job: Job) -> None:
    case.contents[view_of(job)] = {"status": "cancelled"}


def leave_letter(case: Case, job: Job) -> None:
    case.contents[f"dead_letters/{job['id']}"] = {}


def post_entry(case: Case, job: Job) -> None:
    entry = {"type": "release", "amount": 2, "job_id": job["id"]}
    case.contents[f"accounts/{job['account_id']}/ledger/{job['id']}:release"] = entry


def leave_file(case: Case, job: Job) -> None:
    case.files.add(f"generating/{job['user_id']}/image/{job['id']}.png")


def leave_unsettled(case: Case, job: Job) -> None:
    job["settled_at"] = None


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        (bring_view_back, "found that it is back"),
        (leave_letter, "found that it is back"),
        (post_entry, "found that it is back"),
        (leave_file, "expected no files of what is gone"),
        (leave_unsettled, "expected to be settled"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_back_is_found(
    case: Case, damage: Callable[[Case, Job], None], finding: str
) -> None:
    job = case.job()
    damage(case, job)
    assert any(finding in found and job["id"] in found for found in case.judge())


def test_a_view_that_was_written_again_is_found_though_it_was_deleted_once_more(case: Case) -> None:
    path, last = view_of(case.job()), case.record.commits[-1]
    for written in ({"status": "cancelled"}, None):
        case.record.commits.append(Commit(last.at, "a late worker", {path: written}))
    assert any("expected to stay deleted, found it written again" in f for f in case.judge())


def test_a_run_whose_accounts_were_deleted_has_no_findings(case: Case) -> None:
    assert len(gone_jobs(case.record)) > 10
    assert case.judge() == []


# ---- what users delete ---------------------------------------------------------------------------


def deleted_by_its_user(case: Case) -> Job:
    """A row's job that was completed."""
    return next(
        dict(job)
        for job in as_they_were(case.record).values()
        if job["status"] == "completed" and job["kind"] == "image" and job["batch_id"]
    )


def leave_file_of_user(case: Case, job: Job) -> None:
    case.files.add(f"generating/{job['user_id']}/image/{job['id']}_0.png")


def leave_words_in_letter(case: Case, job: Job) -> None:
    case.contents[f"dead_letters/{job['id']}"] = {}


def leave_in_row(case: Case, job: Job) -> None:
    row = case.contents[f"batches/{job['batch_id']}/rows/{job['row']}"]
    case.contents[f"batches/{job['batch_id']}/rows/{job['row']}"] = {
        **row,
        "generation_data": job["output"],
    }


def delete_unsettled(case: Case, job: Job) -> None:
    number, commit = next(
        (number, commit)
        for number, commit in enumerate(case.record.commits)
        if (written := commit.writes.get(f"jobs/{job['id']}")) and written["deleted_at"]
    )
    unsettled = {**job, "settled_at": None}
    case.record.commits.insert(
        number, Commit(commit.at, "nobody", {f"jobs/{job['id']}": unsettled})
    )


def read_by_path(case: Case, job: Job) -> None:
    path = f"generating/{job['user_id']}/image/{job['id']}.png"
    at = case.record.commits[-1].at
    case.record.looks.append(Look(at, len(case.record.commits), path, True, False, b""))


OF_USERS: dict[Callable[[Case, Job], None], str] = {
    bring_view_back: "expected to be deleted, found it",
    leave_file_of_user: "expected no files of what was deleted",
    leave_words_in_letter: "expected to be deleted, found it",
    read_by_path: "expected to be found no more once it was deleted",
    leave_in_row: "expected to show no deleted picture",
    delete_unsettled: "expected to be settled before it is deleted",
}


@pytest.mark.parametrize("damage", OF_USERS, ids=lambda damage: damage.__name__)
def test_what_is_left_of_what_its_user_deleted_is_found(
    case: Case, damage: Callable[[Case, Job], None]
) -> None:
    damage(case, job := deleted_by_its_user(case))
    found = [f for f in case.judge() if OF_USERS[damage] in f]
    assert any(job["id"] in f or job["batch_id"] in f for f in found), case.judge()
