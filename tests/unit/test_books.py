"""The comparisons of the nightly check, of documents that lie in no database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.views import view_of
from mediaforge.domain.credits import Entry, EntryType
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.money.accounts import Account, open_account
from mediaforge.services.watch.books import Books, TeamBooks, compare, compare_shown, shown_of
from tests.unit.test_jobs import a_job

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def account(account_id: str = "user_ann", **fields: object) -> Account:
    return replace(open_account(account_id, "free", NOW), **fields)  # type: ignore[arg-type]


def found(books: Books) -> list[tuple[str, str]]:
    return [(violation.document, violation.rule) for violation in compare(books, NOW)]


def test_an_account_without_anything_is_right() -> None:
    assert found(Books(account())) == []


def test_a_balance_is_what_the_entries_add_up_to() -> None:
    sums = {EntryType.GRANT: 100, EntryType.HOLD: 6, EntryType.RELEASE: 2, EntryType.CAPTURE: 4}
    assert found(Books(account(available=96), sums)) == []
    assert found(Books(account(available=97), sums)) == [
        ("accounts/user_ann", "available and held are the sum of the entries")
    ]


def test_a_team_has_an_owner_and_members_who_can_be_read() -> None:
    team = TeamBooks("t", has_owner=False, unreadable=["teams/t/members/bob"])
    assert found(Books(account("team_t"), team=team)) == [
        ("teams/t", "a team has an owner"),
        ("teams/t/members/bob", "a member can be read"),
    ]


def waiting_job() -> tuple[Job, Books]:
    job = a_job(account_id="user_ann", created_at=NOW, expires_at=NOW)
    hold = Entry(EntryType.HOLD, job.estimated_credits, 0, 0, NOW, "ann", job.id)
    sums = {EntryType.GRANT: job.estimated_credits, EntryType.HOLD: job.estimated_credits}
    own = account(held=job.estimated_credits)
    return job, Books(own, sums, jobs=[job], entries={job.id: [hold]})


def test_a_job_that_waits_is_held_for() -> None:
    job, books = waiting_job()
    assert found(books) == []
    assert found(replace(books, entries={})) == [
        (f"jobs/{job.id}", "a job has one hold, of what was estimated")
    ]


def test_a_job_ends_in_its_time() -> None:
    job, books = waiting_job()
    late = replace(job, expires_at=NOW - timedelta(seconds=601))
    assert found(replace(books, jobs=[late])) == [(f"jobs/{job.id}", "a job ends in its time")]


def test_files_that_are_missing_are_found() -> None:
    job, books = waiting_job()
    books = replace(books, missing_files={job.id: ["generating/a.png"]})
    assert found(books) == [(f"jobs/{job.id}", "a completed job's files exist")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"status": "failed"}, "status=queued"),
        ({"request_data": {"prompt": "else"}}, "request_data=the job's"),
        ({"status": "odd"}, "a document"),
    ],
)
def test_a_view_shows_what_its_job_is(changes: dict[str, object], expected: str | None) -> None:
    job, _ = waiting_job()
    assert job.status is JobStatus.QUEUED
    (shown,) = shown_of(job)
    violation = compare_shown(shown, {**at.dump(view_of(job)), **changes})
    assert (violation and violation.expected) == expected


def test_a_view_that_was_deleted_shows_nothing_wrong() -> None:
    (shown,) = shown_of(waiting_job()[0])
    assert compare_shown(shown, None) is None
