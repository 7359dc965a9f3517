"""Documents: what is written is read back, and has the names that the contract gives."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mediaforge.contract import documents as at
from mediaforge.contract.views import View, ViewCredits, view_of
from mediaforge.domain.credits import Entry, EntryType
from mediaforge.domain.jobs.job import PARTS, Job, JobError, JobStatus, Lease, Output, WaitingFor
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.lanes import Lane
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.money.quotas import RateWindow, SpendWindow, Usage
from mediaforge.services.jobs.transitions import projections
from tests.support.stored import row

TEXT = st.text(max_size=8)
NUMBERS = st.integers(0, 2**31)
MOMENTS = st.datetimes(timezones=st.just(UTC))
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
PAYLOADS = st.dictionaries(TEXT, JSON, max_size=3)
TEXTS = st.lists(TEXT, max_size=4).map(tuple)
OUTPUTS = st.builds(Output, TEXTS, TEXTS, TEXTS, model=TEXT, provider=TEXT, seed=NUMBERS)
ERRORS = st.builds(JobError, code=TEXT, message=TEXT, retryable=st.booleans())
KINDS = st.sampled_from(JobKind)
STATUSES = st.sampled_from(JobStatus)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


JOBS = st.builds(
    Job,
    id=TEXT,
    kind=KINDS,
    user_id=TEXT,
    account_id=TEXT,
    model=TEXT,
    provider=TEXT,
    queue=TEXT,
    request_data=PAYLOADS,
    request_hash=TEXT,
    seed=NUMBERS,
    width_px=NUMBERS,
    height_px=NUMBERS,
    count=NUMBERS,
    price_credits=NUMBERS,
    estimated_credits=NUMBERS,
    awaits_settle=st.booleans(),
    asset_token=TEXT,
    created_at=MOMENTS,
    modified=MOMENTS,
    expires_at=MOMENTS,
    due_at=maybe(MOMENTS),
    status=STATUSES,
    priority=st.integers(0, 2),
    waiting_for=maybe(st.sampled_from(WaitingFor)),
    not_before=maybe(MOMENTS),
    is_dispatched=st.booleans(),
    deliveries=NUMBERS,
    attempts=NUMBERS,
    snoozes=NUMBERS,
    started_credits=NUMBERS,
    slot_at=maybe(MOMENTS),
    lane=maybe(st.sampled_from(Lane)),
    lease=maybe(st.builds(Lease, TEXT, MOMENTS)),
    progress=st.floats(0, 1),
    output=maybe(OUTPUTS),
    error=maybe(ERRORS),
    charged_credits=NUMBERS,
    completed_at=maybe(MOMENTS),
    settled_at=maybe(MOMENTS),
    retry_of=maybe(TEXT),
    reused_from=maybe(TEXT),
    reuse_key=maybe(TEXT),
    team_id=maybe(TEXT),
    batch_id=maybe(TEXT),
    brand_id=maybe(TEXT),
    references=st.lists(st.dictionaries(TEXT, TEXT, max_size=2), max_size=3).map(tuple),
)
ACCOUNTS = st.builds(
    Account,
    id=TEXT,
    tier=TEXT,
    available=NUMBERS,
    held=NUMBERS,
    active=NUMBERS,
    due_at=maybe(MOMENTS),
    usage=st.builds(Usage, TEXT, st.dictionaries(KINDS, NUMBERS.filter(bool)), NUMBERS),
    rate=st.builds(RateWindow, st.dictionaries(st.integers(0, 2**40).map(str), NUMBERS)),
    spend=st.builds(SpendWindow, st.dictionaries(st.integers(0, 2**40).map(str), NUMBERS)),
    fuse_blown_at=maybe(MOMENTS),
    fuse_reset_at=maybe(MOMENTS),
    granted_month=TEXT,
    created_at=MOMENTS,
    modified=MOMENTS,
)
ENTRIES = st.builds(
    Entry,
    type=st.sampled_from(EntryType),
    amount=NUMBERS,
    available_after=NUMBERS,
    held_after=NUMBERS,
    created_at=MOMENTS,
    actor=TEXT,
    job_id=maybe(TEXT),
    batch_id=maybe(TEXT),
    reason=maybe(TEXT),
)
VIEWS = JOBS.map(view_of)
DOCUMENTS = {Job: JOBS, Account: ACCOUNTS, Entry: ENTRIES, View: VIEWS}
EXAMPLE = Job(
    id="job1",
    kind=JobKind.IMAGE,
    user_id="ann",
    account_id="user_ann",
    model="local-image",
    provider="local",
    queue="runLocalImage",
    request_data={"prompt": "a"},
    request_hash="h",
    seed=1,
    width_px=64,
    height_px=64,
    count=2,
    price_credits=3,
    estimated_credits=6,
    asset_token="t",
    created_at=datetime(2026, 11, 20, tzinfo=UTC),
    modified=datetime(2026, 11, 20, tzinfo=UTC),
    expires_at=datetime(2026, 11, 22, tzinfo=UTC),
    due_at=None,
)
FIRESTORE = (type(None), bool, int, float, str, datetime)


def is_plain(value: Any) -> bool:
    """Whether Firestore can store it as it is."""
    if isinstance(value, Mapping):
        return all(type(key) is str and is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(is_plain(item) for item in value)
    return not isinstance(value, Enum) and isinstance(value, FIRESTORE)


def id_of(value: Any) -> str:
    return getattr(value, "id", "any")


@pytest.mark.parametrize("kind", DOCUMENTS)
@settings(deadline=None)
@given(data=st.data())
def test_what_is_written_is_read_back(kind: type[Any], data: st.DataObject) -> None:
    value = data.draw(DOCUMENTS[kind])
    written = at.dump(value)
    assert is_plain(written)
    assert at.load(kind, written, id_of(value)) == value


@pytest.mark.parametrize("kind", DOCUMENTS)
@settings(deadline=None, max_examples=20)
@given(data=st.data(), extra=JSON)
def test_fields_of_a_newer_version_are_left_out(
    kind: type[Any], data: st.DataObject, extra: Any
) -> None:
    value = data.draw(DOCUMENTS[kind])
    newer = {**at.dump(value), "added_later": extra}
    assert at.load(kind, newer, id_of(value)) == value


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_every_field_is_written_even_when_it_is_empty(kind: type[Any]) -> None:
    examples = {
        Job: EXAMPLE,
        View: view_of(EXAMPLE),
        Account: Account("a"),
        Entry: Entry(EntryType.HOLD, 1, 0, 1, EXAMPLE.modified, "ann"),
    }
    written = row("jobs/job1" if kind is Job else "", at.dump(examples[kind]))
    assert set(written) == {field.name for field in fields(kind)}


# ---- a job in parts ----------------------------------------------------------------------------


ON_TOP = {
    "id",
    "status",
    "account_id",
    "user_id",
    "team_id",
    "created_at",
    "due_at",
    "completed_at",
    "settled_at",
    "clean_at",
    "awaits_settle",
    "waiting_for",
    "priority",
    "lane",
    "started_at",
    "started_credits",
    "reuse_key",
}


def test_every_field_of_a_job_lies_in_one_place() -> None:
    within = [name for names in PARTS.values() for name in names]
    assert sorted([*within, *ON_TOP]) == sorted(field.name for field in fields(Job))


def test_a_job_s_document_has_on_top_what_is_asked_for_and_its_parts() -> None:
    written = at.dump(EXAMPLE)
    assert written.keys() == ON_TOP | PARTS.keys()
    assert {part: tuple(written[part]) for part in PARTS} == PARTS
    assert at.dump_new(EXAMPLE).keys() == written.keys() - {
        name for name in ON_TOP if written[name] is None
    }


FORMS = st.sampled_from(["now", "new", "last release", "newer"])


def as_written(job: Job, form: str) -> dict[str, Any]:
    """Its document, as one of the versions has it."""
    if form == "new":
        return at.dump_new(replace(job, due_at=EXAMPLE.created_at))  # as every new one is due
    if form == "last release":
        return row("jobs/any", at.dump(job)) | {"added_later": 1}
    written = at.dump(job)
    if form == "newer":
        written |= {"added_later": 1, "run": {**written["run"], "added_later": 2}}
    return written


@settings(deadline=None, max_examples=40)
@given(before=JOBS, after=JOBS, form=FORMS)
def test_what_is_written_over_a_job_is_what_differs_and_leaves_it_as_it_shall_be(
    before: Job, after: Job, form: str
) -> None:
    found = as_written(before, form)
    written = at.changes(found, after)
    left = at.patched(found, written)
    assert at.load(Job, left, after.id) == after
    assert left.pop("added_later", None) == found.get("added_later")
    if form == "newer":
        assert left["run"].pop("added_later") == 2
    assert at.is_same(left, at.dump(after))
    assert left.keys() <= at.dump(after).keys()


@settings(deadline=None, max_examples=20)
@given(job=JOBS, form=st.sampled_from(["now", "newer"]))
def test_what_does_not_differ_is_written_as_it_is(job: Job, form: str) -> None:
    found = as_written(job, form)
    written = at.changes(found, job)
    assert written
    assert at.patched(found, written) == found


def test_of_a_part_that_is_there_nothing_is_read_from_the_top() -> None:
    found = at.dump(EXAMPLE) | {"attempts": 4, "handle": "h"}
    assert at.load(Job, found, "job1") == EXAMPLE


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("broken", [None, "lost", [], 0])
def test_a_job_that_has_lost_a_part_cannot_be_read(part: str, broken: Any) -> None:
    with pytest.raises(ValidationError):
        at.load(Job, {**at.dump(EXAMPLE), part: broken}, "job1")
    lacking = {name: field for name, field in at.dump(EXAMPLE).items() if name != part}
    with pytest.raises(ValidationError):
        at.load(Job, lacking, "job1")


OURS = {"model", "replaced_model", "retry_of", "row"}
CONTRACT_VIEW = {
    "status",
    "created_at",
    "modified",
    "completed_at",
    "request_data",
    "file_uid",
    "user_id",
    "generated",
    "progress",
    "waiting_for",
    "generation_data",
    "error",
    "credits",
    "attempts",
    "account_id",
    "team_id",
    "batch_id",
    "brand_id",
    "pack",
    "template",
    "reused_from",
    "request_id",
    "width",
    "height",
    "count",
    "missing",
    "seed",
    "search_terms",
    "favourite",
    "tags",
    "cover",
}


def test_the_view_has_the_contract_s_fields_and_our_additions_and_no_other() -> None:
    assert set(at.dump(view_of(EXAMPLE))) == CONTRACT_VIEW | OURS


def test_the_parts_of_a_view_have_the_contract_s_fields() -> None:
    output = Output(("p",), ("u",), ("t",), model="m", provider="local", seed=1)
    assert set(at.dump(output)) == {
        "image_urls",
        "thumbnail_urls",
        "storage_paths",
        "model",
        "provider",
        "seed",
        "video_url",
        "fps",
        "duration_seconds",
        "model_uri",
        "urls",  # of the files of other kinds than images and videos
    }
    assert set(at.dump(JobError("c", "m", retryable=True))) == {"code", "message", "retryable"}
    assert set(at.dump(ViewCredits(1, 0))) == {"estimated", "charged"}


def test_the_account_and_its_entries_have_the_contract_s_fields() -> None:
    account = {"tier", "available", "held", "active", "usage"}
    entry = {"type", "amount", "job_id", "batch_id", "available_after", "held_after"}
    assert account <= {field.name for field in fields(Account)}
    assert entry | {"created_at", "actor"} <= {field.name for field in fields(Entry)}


def test_the_statuses_and_types_are_spelled_as_in_the_contract() -> None:
    assert [*JobStatus] == ["queued", "processing", "completed", "failed", "cancelled"]
    assert [*WaitingFor] == ["capacity", "schedule", "resume", "batch"]
    assert [*EntryType] == ["grant", "hold", "capture", "release", "adjust"]


@settings(deadline=None)
@given(job=JOBS)
def test_a_view_says_generated_once_completed_and_shows_an_error_only_when_failed(job: Job) -> None:
    view = view_of(job)
    assert view.generated == (job.status is JobStatus.COMPLETED)
    assert (view.error is None) or job.status is JobStatus.FAILED
    assert view.credits == ViewCredits(job.estimated_credits, job.charged_credits)


@settings(deadline=None, max_examples=40)
@given(before=JOBS, after=JOBS)
def test_a_patch_of_a_projection_is_what_has_changed_and_makes_it_what_it_shall_be(
    before: Job, after: Job
) -> None:
    for projection in projections(after):
        known, shown = at.dump(projection.of(before)), at.dump(projection.of(after))
        patch = projection.patch(before, after)
        assert known | patch == shown
        assert all(known[name] != field for name, field in patch.items())
        assert projection.patch(after, after) == {}


@settings(deadline=None)
@given(job=JOBS)
def test_a_view_tells_nothing_of_the_private_truth(job: Job) -> None:
    private = {"lease", "asset_token", "request_hash", "due_at", "deliveries", "not_before"}
    assert not private & set(at.dump(view_of(job)))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (at.job("j").path, "jobs/j"),
        (at.account("user_ann").path, "accounts/user_ann"),
        (at.entry("user_ann", "j:hold").path, "accounts/user_ann/ledger/j:hold"),
        (at.dead_letter("j").path, "dead_letters/j"),
        (at.view_path(EXAMPLE), "generations/ann/images/job1"),
    ],
)
def test_documents_are_where_the_contract_says(path: str, expected: str) -> None:
    assert path == expected
