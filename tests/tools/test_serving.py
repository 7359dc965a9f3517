"""`make serve` while somebody works on the code: what breaks is said, and data are kept between two runs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.suite_run import SUPERVISOR, SuiteRun, wait_until
from tools.kept_data import METADATA, VARIABLE
from tools.seed import USER
from tools.setup import ROOT

pytestmark = pytest.mark.suite

COPIED = ("functions", "web/unbuilt", "tools", "firebase.json", "firestore.rules", "storage.rules")
COPIED_TOO = ("firestore.indexes.json", ".firebaserc")
LINKED = ("node_modules", "functions/venv")
LOADED_LIMIT_S = 300.0


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the house to break: other suites load the functions of the real one."""
    house = tmp_path / "house"
    house.mkdir()
    for name in (*COPIED, *COPIED_TOO):
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("venv", "__pycache__")
            shutil.copytree(ROOT / name, house / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, house / name)
    for name in LINKED:
        (house / name).symlink_to((ROOT / name).resolve())
    (house / ".local").mkdir()
    shutil.copy(ROOT / ".local" / "emulators.json", house / ".local")
    return house


@pytest.fixture
def run(free_offset: int, checkout: Path) -> Iterator[SuiteRun]:
    run = SuiteRun(free_offset, checkout, {VARIABLE: str(checkout / "kept" / "data")})
    yield run
    run.close()


def test_a_syntax_error_is_said_and_so_is_its_end_and_the_next_run_has_the_data_of_this(
    run: SuiteRun, checkout: Path
) -> None:
    run.start(SUPERVISOR)
    run.wait_until_ready()
    source = checkout / "functions" / "mediaforge" / "bootstrap.py"
    text = source.read_text(encoding="utf-8")

    source.write_text(f"{text}\ndef broken(:\n", encoding="utf-8")
    assert wait_until(lambda: "Failed to load" in run.output, LOADED_LIMIT_S), run.output
    assert "SyntaxError: invalid syntax" in run.output
    assert "def broken(:" in run.output

    source.write_text(text, encoding="utf-8")
    assert wait_until(lambda: "loaded again" in run.output, LOADED_LIMIT_S), run.output

    stop(run)
    kept = checkout / "kept" / "data"
    assert (kept / METADATA).is_file()
    first = uids_of(kept)

    again = SuiteRun(run.offset, checkout, {VARIABLE: str(kept)})
    try:
        again.start(SUPERVISOR)
        again.wait_until_ready()
        stop(again)
    finally:
        again.close()
    assert uids_of(kept) == first  # the seed has signed in whom it found


def stop(run: SuiteRun) -> None:
    run.type_control_c()
    assert run.wait_for_end() == 0
    run.assert_nothing_is_left()


def uids_of(kept: Path) -> dict[str, str]:
    users = json.loads((kept / "auth_export" / "accounts.json").read_text())["users"]
    found = {user["email"]: user["localId"] for user in users}
    assert USER in found
    return found
