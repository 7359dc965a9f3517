"""The log of a suite has times and no empty sweeps, and what broke is said in the terminal."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tools.journal import SAID_AGAIN_AFTER_S, Journal, Troubles

BROKEN = (
    '>  {"severity": "ERROR", "error_type": "KeyError", "error_message": "\'size\'", "function": "x", '
    '"job_id": "3e3c", "stack": ["run.py:44 run_job", "plan.py:9 sized"], "message": "task.broke"}'
)
EMPTY_SWEEP = [
    'i  functions: Beginning execution of "us-central1-sweepJobs"',
    'i  functions: Finished "us-central1-sweepJobs" in 78.44966ms',
]
FAILED = "⬢  functions: Failed to load function definition from source: FirebaseError: x"
LOADED = "✔  functions: Loaded functions definitions from source: generateImage, sweepJobs."
# As Python writes it in the process that firebase-tools asks for the functions, and in a worker.
SYNTAX_ERROR = [
    "Traceback (most recent call last):",
    '  File "serving.py", line 91, in get_functions_yaml',
    "    spec.loader.exec_module(module)",
    '  File "/x/functions/main.py", line 3',
    "    def broken(:",
    "               ^",
    "SyntaxError: invalid syntax",
]


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def said_of(lines: Iterable[str], troubles: Troubles | None = None) -> list[str]:
    troubles = troubles or Troubles()
    return [trouble for line in lines if (trouble := troubles.of(line)) is not None]


def test_an_event_that_is_an_error_is_said_with_its_job_its_words_and_where_it_was_raised() -> None:
    assert said_of([BROKEN]) == [
        "ERROR task.broke job_id=3e3c error_type=KeyError error_message='size' function=x\n"
        "    at plan.py:9 sized\n    at run.py:44 run_job"
    ]


def test_only_the_first_line_of_an_exceptions_message_is_said_and_the_log_has_all(
    tmp_path: Path,
) -> None:
    message = r"1 validation error for Job\nprompt\n  Field required [input_value='a secret cat']"
    line = BROKEN.replace("'size'", message)

    lines, said = written([line], tmp_path, is_reporting=True)

    assert "error_message=1 validation error for Job function=x\n    at plan.py" in said[0]
    assert "secret cat" not in said[0]
    assert lines[0].endswith(line)


@pytest.mark.parametrize(
    "line",
    [
        '>  {"severity": "WARNING", "message": "share.used"}',
        ">  ERROR:root:Invalid request, unable to process.",
        ">  [2026-11-29 09:41:08 +0000] [123] [ERROR] Exception in worker process",
        "⚠  functions: The rules could not be read.",
        FAILED,
        "i  Request to function failed: Error: socket hang up",
        "i  Your function timed out after ~60s. To configure this timeout, see",
    ],
)
def test_a_warning_or_an_error_of_anybody_is_said(line: str) -> None:
    assert len(said_of([line])) == 1


@pytest.mark.parametrize(
    "line",
    [
        '>  {"severity": "INFO", "job_id": "3e3c", "error_code": null, "message": "generation"}',
        'i  functions: Finished "us-central1-onViewUpdated" in 4.109645ms',
        "WARNING: This is a development server. Do not use it in a production deployment.",
        '127.0.0.1 - - [29/Nov/2026 07:32:42] "GET /__/functions.yaml HTTP/1.1" 200 -',
        ">  [1, 2]",
        *EMPTY_SWEEP,
    ],
)
def test_what_goes_as_it_should_is_not_said(line: str) -> None:
    assert said_of([line]) == []


@pytest.mark.parametrize("prefix", ["", ">  "])
def test_a_traceback_is_said_whole_without_what_others_wrote_meanwhile(prefix: str) -> None:
    lines = [f"{prefix}{line}" for line in SYNTAX_ERROR]
    among = [*lines[:3], *(EMPTY_SWEEP if prefix else []), *lines[3:], "i  functions: later"]

    assert said_of(among) == ["\n".join(lines)]


def test_a_traceback_is_said_without_the_frames_of_other_peoples_code() -> None:
    others = [
        '  File "/venv/lib/python3.11/site-packages/flask/app.py", line 917, in dispatch',
        "    rv = self.dispatch_request()",
        "         ^^^^^^^^^^^^^^^^^^^^^^^",
        '  File "<frozen importlib._bootstrap>", line 241, in _call_with_frames_removed',
    ]
    first, *rest = SYNTAX_ERROR

    assert said_of([first, *others, *rest]) == ["\n".join(SYNTAX_ERROR)]


def test_what_breaks_each_second_is_said_once_a_minute() -> None:
    time = Time()
    troubles = Troubles(time)

    assert len(said_of([BROKEN] * 3, troubles)) == 1
    assert said_of([BROKEN.replace("3e3c", "another")], troubles)
    time.now = SAID_AGAIN_AFTER_S
    assert len(said_of([BROKEN] * 3, troubles)) == 1


def test_a_syntax_error_is_said_at_each_save_and_so_is_its_end() -> None:
    troubles = Troubles(Time())
    save = [*SYNTAX_ERROR, FAILED]

    first, second = said_of(save, troubles), said_of(save, troubles)
    mended = said_of([LOADED], troubles)

    assert first == second == ["\n".join(SYNTAX_ERROR), FAILED]
    assert mended == ["The functions were loaded again."]


def written(
    lines: Iterable[str], folder: Path, *, is_reporting: bool
) -> tuple[list[str], list[str]]:
    """The log's lines and what was said, of a suite whose schedules are known."""
    said: list[str] = []
    stream = io.BytesIO("\n".join(lines).encode())
    journal = Journal(folder / "suite.log", said.append)
    journal.schedules, journal.is_reporting = {"sweepJobs"}, is_reporting
    journal.follow(stream)
    journal.wait_for_end()
    return (folder / "suite.log").read_text().splitlines(), said


def test_the_log_has_the_time_of_each_line_and_no_empty_sweep(tmp_path: Path) -> None:
    swept = '>  {"severity": "INFO", "redelivered": 1, "message": "jobs.swept"}'
    lines, _ = written(["i  one", "", *EMPTY_SWEEP, swept, FAILED], tmp_path, is_reporting=True)

    assert [line.partition(" ")[2] for line in lines] == ["i  one", swept, FAILED]
    assert all(re.match(r"\d\d:\d\d:\d\d\.\d{3} ", line) for line in lines)


@pytest.mark.parametrize(("is_reporting", "count"), [(True, 1), (False, 0)])
def test_what_broke_is_said_with_its_time_while_the_suite_runs(
    is_reporting: bool, count: int, tmp_path: Path
) -> None:
    _, said = written([FAILED], tmp_path, is_reporting=is_reporting)

    assert [re.sub(r"^\d\d:\d\d:\d\d\.\d{3} ", "", one) for one in said] == [FAILED] * count
