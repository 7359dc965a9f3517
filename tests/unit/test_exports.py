"""What an exported file holds, and the states of an export."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mediaforge.domain.jobs.job import JobError, JobStatus, Output
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library import exports
from mediaforge.domain.library.batches import Cost
from mediaforge.domain.library.export_files import (
    COLUMNS,
    ExportRow,
    Listed,
    as_text,
    name_in_zip,
    to_csv,
    to_json,
)
from mediaforge.domain.library.exports import Export, ExportFormat, ExportStatus

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def row(prompt: str = "a lighthouse", **fields: Any) -> ExportRow:
    said = {
        "index": 3,
        "status": JobStatus.COMPLETED,
        "kind": JobKind.IMAGE,
        "model": "local-image",
        "seed": 7,
        "width": 1024,
        "height": 768,
        "request_data": {"prompt": prompt},
        "credits": Cost(2, 2),
        "created_at": NOW,
        "modified": NOW,
    }
    return ExportRow(**{**said, **fields})


def lines(*rows: ExportRow) -> list[dict[str, str]]:
    text = to_csv((each, Listed()) for each in rows).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


# ---- no cell is a formula ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "formula",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(A1)",
        "﹦1",
        "\t=1",
        "\rx",
        "\tx",
        "\n=1",
        "  =1",
        "\u00a0=1",
        "\u200b=1",
        "\ufeff=1",
        "\x00=1",
        '"=1"',
        "'=1",
        "“=1",
        ' " =1',
    ],
    ids=ascii,
)
def test_a_text_that_would_be_a_formula_begins_with_an_apostrophe(formula: str) -> None:
    assert as_text(formula)[0] == "'"
    assert as_text(formula).replace("'", "") == formula.replace("'", "")
    assert lines(row(formula))[0]["prompt"].startswith("'")


@pytest.mark.parametrize("between", [";", "\t", "\n", "\r\n", "; "])
def test_no_part_of_a_text_is_one_where_another_separator_counts(between: str) -> None:
    assert as_text(f"a{between}=1") in (f"a{between.rstrip(' ')}'{' ' * (between[-1] == ' ')}=1",)


@pytest.mark.parametrize(
    "text",
    ["", "a lighthouse", "a = b", "3 - 2", "x;y", "mail@host", "Żółw, zielony", "“quoted”", "灯塔"],
)
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert as_text(text) == text


def test_every_text_of_a_line_is_guarded_and_numbers_stay_numbers() -> None:
    bad = JobError("=code", "=message", retryable=False)
    raw = to_csv([(row("=p", error=bad, model="=m", job_id="=j"), Listed(("=f",), ("=g",)))])
    [line] = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    for name in ("prompt", "model", "error", "jobId", "files", "gone"):
        assert line[name].startswith("'=")
    assert b'3,"completed","image",' in raw
    assert b",7,1024,768,2," in raw


def test_a_csv_begins_with_the_mark_that_excel_needs_and_names_its_columns() -> None:
    raw = to_csv([])
    assert raw.startswith(b"\xef\xbb\xbf")
    assert next(csv.reader(io.StringIO(raw.decode("utf-8-sig")))) == list(COLUMNS)


def test_a_text_comes_back_whatever_is_in_it() -> None:
    odd = 'say "hi",\nthen, go; "on"'
    assert lines(row(odd))[0]["prompt"] == odd


# ---- JSON --------------------------------------------------------------------------------------------


def test_rows_are_written_as_on_the_wire_and_what_was_sent_stays_as_it_was_sent() -> None:
    made = Output(("a.png",), ("u",), ("t",), "local-image", "local", 7)
    sent = {"prompt": "灯塔", "snake_case": {"inner_one": 1}}
    found = json.loads(to_json({"exportId": "e"}, [row(request_data=sent, generation_data=made)]))
    [told] = found["rows"]
    assert found["exportId"] == "e"
    assert told["requestData"] == sent
    assert told["generationData"]["storagePaths"] == ["a.png"]
    assert told["createdAt"] == "2026-11-20T12:00:00Z"
    assert told["credits"] == {"estimated": 2, "charged": 2}
    assert "error" not in told
    assert "videoUrl" not in told["generationData"]


# ---- names in a ZIP ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prompt", "path", "name"),
    [
        ("a lighthouse", "x/a.png", "003_a-lighthouse_1.png"),
        ("A Light_House!", "x/a.PNG", "003_a-light-house_1.png"),
        ("../../etc/passwd", "a.png", "003_etc-passwd_1.png"),
        ("C:\\CON|<>?*\x00", "a.png", "003_c-con_1.png"),
        ("Żółw и 灯塔", "a.mp4", "003_żółw-и-灯塔_1.mp4"),
        ("!!!", "a.png", "003_image_1.png"),
        ("", "a.png", "003_image_1.png"),
        ("x", "noextension", "003_x_1.bin"),
        ("x", "a.p/g", "003_x_1.bin"),
        ("word " * 50, "a.png", "003_word-word-word-word-word-word-word-word_1.png"),
    ],
)
def test_a_name_is_readable_and_safe(prompt: str, path: str, name: str) -> None:
    assert name_in_zip(row(prompt), 1, path) == name
    assert len(name.encode()) <= 255


def test_names_are_unique_also_where_all_rows_are_alike() -> None:
    names = [name_in_zip(row(index=i), n, "a.png") for i in range(100) for n in range(1, 5)]
    assert len({name.casefold() for name in names}) == 400


# ---- states ------------------------------------------------------------------------------------------


def export() -> Export:
    return exports.draft("e", "ann", ExportFormat.ZIP, "h", NOW, batch_id="b", job_ids=())


def test_an_export_has_three_attempts() -> None:
    waiting = export()
    for _ in range(2):
        waiting = exports.go_back(exports.begin(waiting, NOW), NOW)
        assert (waiting.status, waiting.error) == (ExportStatus.QUEUED, None)
    failed = exports.go_back(exports.begin(waiting, NOW), NOW)
    assert (failed.status, failed.error) == (ExportStatus.FAILED, exports.FAILED)


def test_only_the_last_attempt_that_was_begun_holds_the_export() -> None:
    first = exports.begin(export(), NOW)
    second = exports.begin(exports.go_back(first, NOW), NOW)
    assert exports.is_held_by(second, 2)
    assert not exports.is_held_by(second, 1)
    assert not exports.is_held_by(exports.complete(second, "u", 1, NOW), 2)


def test_progress_never_goes_back_within_an_attempt() -> None:
    begun = exports.advance(exports.begin(export(), NOW), 0.5, NOW)
    assert exports.advance(begun, 0.2, NOW).progress == 0.5
