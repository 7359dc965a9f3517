"""The written contract says all that callers see, as the models, the rules and the indexes have it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from mediaforge.contract import documents as at
from mediaforge.contract.answers import Answer
from mediaforge.contract.lists import CLIENT_LISTS
from mediaforge.contract.requests import WHOLE, Moment, Name, Payload
from mediaforge.contract.views import View, ViewCredits
from mediaforge.domain.credits import Entry, EntryType
from mediaforge.domain.jobs.job import Edition, JobError, JobStatus, Output, ReplacedModel
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library.batches import Batch, BatchStatus, Cost, Counts, Row
from mediaforge.domain.library.brands import Brand, BrandStatus
from mediaforge.domain.library.comparisons import Comment, Comparison, Vote
from mediaforge.domain.library.exports import Export, ExportError, ExportFormat, ExportStatus
from mediaforge.domain.library.packs import Pack, PackReference
from mediaforge.domain.library.shares import Share, ShareInvite, ShareRole
from mediaforge.domain.library.sharing import Visibility
from mediaforge.domain.library.templates import Template, TemplateKind
from mediaforge.domain.library.uploads import Upload, UploadError, UploadFolder, UploadStatus
from mediaforge.domain.library.webhooks import (
    Notice,
    NoticeStatus,
    Webhook,
    WebhookEvent,
    WebhookStatus,
)
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.money.quotas import DailyLimits, Usage
from mediaforge.domain.people.keys import ApiKey, Scope
from mediaforge.domain.people.teams import Invite, Member, Role, Team
from mediaforge.entrypoints.operations import OPERATIONS
from tools.contract_docs import typescript
from tools.contract_docs.contents import (
    DOCUMENTS,
    FILES,
    document_models,
    parts,
    request_models,
    undocumented,
    unsaid,
)
from tools.contract_docs.files import files, stale
from tools.contract_docs.page import words
from tools.contract_docs.shapes import shape_of
from tools.contract_docs.typescript import type_of
from tools.setup import ROOT

NOW = datetime(2026, 11, 29, tzinfo=UTC)


class Toy(Answer):
    """A part."""

    colour: Literal["red", "blue"]
    """What it looks like."""


class Box(Payload):
    """A box of toys."""

    toy_box: Name
    """Which box."""
    opened_at: Moment | None = None
    """When it was opened."""
    given_away: Annotated[int, Field(ge=0, le=7), WHOLE] = 0
    """How many toys are gone."""
    toys: tuple[Toy, ...] = ()
    """What is in it."""
    best: Toy | None = None
    kind: Literal["box"] = "box"
    unsaid: str = ""


class Chest(Box):
    lock: Name
    """How it is locked."""


@dataclass(frozen=True)
class Shelf:
    status: JobStatus
    """How full it is."""
    boxes: int = 0
    """How many boxes there are."""
    emptied_at: datetime | None = None
    """When it was emptied."""
    seen: Mapping[str, int] = field(default_factory=dict)
    """Internal. Who has looked."""


# ---- the golden files ------------------------------------------------------------------------------


def test_the_written_contract_is_as_the_models_are() -> None:
    assert stale(ROOT) == [], "run `make docs` and read the difference"


@pytest.mark.parametrize("path", files())
def test_a_file_that_differs_is_stale(path: str, tmp_path: Path) -> None:
    for name, text in files().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text + " " * (name == path), encoding="utf-8")
    assert stale(tmp_path) == [path]
    (tmp_path / path).unlink()
    assert stale(tmp_path) == [path]


def test_all_operations_are_in_both_files() -> None:
    page, types, *_ = files().values()
    for name in OPERATIONS:
        assert f"### `{name}`\n" in page
        assert f"  {name}: {{ request: " in types


def test_the_client_calls_each_operation_and_names_submissions_itself() -> None:
    table = files()["clients/js/src/callables.ts"]
    for name in OPERATIONS:
        assert f"  {name}: {{ hasRequestId: " in table
    assert "  generateImage: { hasRequestId: true, isRepeated: true }," in table
    assert "  getCatalog: { hasRequestId: false, isRepeated: true }," in table
    assert 'training: "trainings"' in table


def test_the_client_does_not_repeat_what_would_be_made_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = replace(OPERATIONS["getCatalog"], name="createKey")
    monkeypatch.setattr(typescript, "OPERATIONS", {"createKey": made})
    assert "  createKey: { hasRequestId: false, isRepeated: false }," in typescript.callables_file()


# ---- what is documented ----------------------------------------------------------------------------


def test_every_field_says_what_it_means() -> None:
    assert list(undocumented()) == []


def test_a_field_without_a_meaning_is_found() -> None:
    assert list(unsaid([Toy, Box, Shelf])) == [f"{__name__}.Box.unsaid"]


def test_a_field_has_the_meaning_that_stands_below_it_also_where_it_is_inherited() -> None:
    said = {each.name: each.meaning for each in shape_of(Chest).fields}
    assert (said["lock"], said["toyBox"]) == ("How it is locked.", "Which box.")


def test_limits_of_each_kind_say_what_they_mean() -> None:
    (limits,) = (model for model in parts(request_models()) if model.__name__ == "MemberLimits")
    said = {each.name: each.meaning for each in shape_of(limits).fields}
    assert said["videosADay"] == "How many videos the member may ask for."


def test_every_operation_with_actions_says_what_it_does() -> None:
    page = files()["docs/contract.md"]
    assert (
        "| [`controlTeam`](#controlteam) | Changes who is in a team, and what they may do. |"
        in page
    )
    assert "| . |" not in page


def test_an_internal_field_is_said_to_be_not_promised_and_is_in_no_type() -> None:
    page, types, *_ = files().values()
    (account,) = re.findall(r"### `accounts/\{accountId\}`\n.*?\n### ", page, re.DOTALL)
    (listed,) = re.findall(r"Not promised, and may change or go: (.*)\.\n", account)
    assert {"`rate`", "`spend`", "`placed`", "`due_at`"} <= set(listed.split(", "))
    (typed,) = re.findall(r"export interface Account \{.*?\n\}", types, re.DOTALL)
    assert "  available: number;" in typed
    assert "placed" not in typed


# ---- as it is stored, and as the rules have it -----------------------------------------------------

OUTPUT, ERROR, CREDITS = (
    Output((), (), (), "m", "p", 1),
    JobError("c", "m", False),
    ViewCredits(1, 1),
)
QUEUED, OWNER = JobStatus.QUEUED, Role.OWNER
PICTURE = PackReference("references/u/f.png", "style_only")
COUNTS, COST = Counts(1, 1), Cost(1)
EXAMPLES: tuple[Any, ...] = (
    ApiKey("k", "u", "n", "mf_test_k_", (Scope.READ,), NOW),
    Webhook("w", "https://example.com", [], WebhookStatus.ENABLED, "a", "u", NOW, NOW, "h"),
    Notice("n", "w", WebhookEvent.JOB_FAILED, "p", NoticeStatus.PENDING, NOW, NOW, NOW, NOW, NOW),
    View(QUEUED, NOW, NOW, None, {}, "j", "u", "a", False, 0.0, None, None, None, CREDITS, 0, "m"),
    Account("user_ann"),
    Entry(EntryType.HOLD, 1, 1, 1, NOW, "ann"),
    Batch("b", "n", BatchStatus.QUEUED, COUNTS, COST, "u", "a", NOW, NOW, "h", NOW),
    Row("0", 0, QUEUED, JobKind.IMAGE, {}, COST, NOW, NOW, "b", "u", "a", {}),
    Comment("t", "u", NOW, NOW),
    Share("u", "b", ShareRole.VIEWER, "u", NOW, NOW),
    ShareInvite("i", ShareRole.VIEWER, "u", NOW, NOW),
    Comparison("p", "q", "u", NOW, NOW),
    Vote("tie", "u", NOW, NOW),
    Export("e", "u", ExportStatus.QUEUED, ExportFormat.CSV, NOW, NOW, "h", NOW),
    Brand("b", "n", BrandStatus.READY, "u", "a", "j", 1.0, "m", NOW, NOW),
    Team("t", "n", "u", NOW, NOW),
    Member(OWNER),
    Invite(OWNER, "u", NOW, NOW),
    UploadFolder("u", 1, 1, 1, 1, NOW),
    Upload("f", "p", UploadStatus.READY, 1, 1, "image/png", NOW, NOW),
    Pack("n", "u", Visibility.PUBLIC, (PICTURE,), False, 1, NOW, NOW),
    Template("n", TemplateKind.BATCH, "u", Visibility.PRIVATE, 1, NOW, NOW),
    *(PICTURE, Edition("p", 1)),
    *(COUNTS, COST, Usage(), DailyLimits(), OUTPUT, ERROR, CREDITS, UploadError("c", "m")),
    *(ExportError("c", "m"), ReplacedModel("m", "n")),
)


def test_every_document_and_its_parts_has_an_example() -> None:
    models = document_models()
    assert {*models, *parts(models)} == {type(each) for each in EXAMPLES}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: type(each).__name__)
def test_the_fields_of_a_document_are_those_that_are_stored(example: object) -> None:
    kind: type = type(example)
    stored = at.dump(example)
    described = {each.name: each.is_required for each in shape_of(kind).fields}
    assert described.keys() == stored.keys()
    assert not [name for name, given in stored.items() if given is None and described[name]]


def rule_paths(name: str, opening: str) -> Iterator[str]:
    """The paths that the rules match, with what they are in."""
    inside: list[tuple[int, str]] = []
    depth = 0
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        code = line.partition("//")[0]
        if match := re.match(r"\s*match (/\S+) \{", code):
            inside.append((depth, match[1]))
            path = "".join(each for _, each in inside).removeprefix(opening)
            if path and path != opening:
                yield path.removeprefix("/")
        depth += code.count("{") - code.count("}")
        inside = [each for each in inside if each[0] < depth]


def test_every_document_that_a_rule_opens_is_described_and_no_other() -> None:
    opened = list(rule_paths("firestore.rules", "/databases/{database}/documents"))
    groups = {path for path in opened if path.startswith("{path=**}")}
    assert set(opened) - groups == {document.path for document in DOCUMENTS}
    in_groups = {each.collection for each in CLIENT_LISTS if each.is_group}
    assert {path.split("/")[1] for path in groups} == in_groups


def test_every_file_that_a_rule_opens_is_described_and_no_other() -> None:
    assert set(rule_paths("storage.rules", "/b/{bucket}/o")) == {file.path for file in FILES}


# ---- lists -----------------------------------------------------------------------------------------


def test_every_list_that_is_promised_is_on_the_page() -> None:
    page = files()["docs/contract.md"]
    for promised in CLIENT_LISTS:
        assert f"| {promised.says} |" in page
    assert (
        '| a team\'s images, newest first | `collectionGroup("images")` | `team_id` '
        "| `status`, `model`, `brand_id`, `user_id`, `batch_id`, `favourite` | `created_at` descending |"
    ) in page


# ---- types and words -------------------------------------------------------------------------------


def test_a_request_s_types_and_limits() -> None:
    fields = {each.name: each for each in shape_of(Box).fields}
    assert {name: type_of(each.schema, "string") for name, each in fields.items()} == {
        "toyBox": "string",
        "openedAt": "string",
        "givenAway": "number",
        "toys": "Toy[]",
        "best": "Toy",
        "kind": '"box"',
        "unsaid": "string",
    }
    assert words(fields["toyBox"].schema) == "text, 1 to 128 characters"
    assert words(fields["givenAway"].schema) == "whole number, 0 to 7"
    assert words(fields["openedAt"].schema) == "moment"
    assert [name for name, each in fields.items() if each.is_required] == ["toyBox"]
    assert fields["givenAway"].default == 0


def test_a_document_has_every_field_that_is_never_null() -> None:
    fields = shape_of(Shelf).fields
    required = [each.name for each in fields if each.is_required]
    assert required == ["status", "boxes", "seen"]
    assert [each.name for each in fields if not each.is_promised] == ["seen"]
    assert {each.name: type_of(each.schema, "Timestamp") for each in fields} == {
        "status": "JobStatus",
        "boxes": "number",
        "seen": "Record<string, number>",
        "emptied_at": "Timestamp",
    }
