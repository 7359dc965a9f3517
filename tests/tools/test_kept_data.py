"""The folder that keeps the emulators' data: made at the first run, never one that holds anything else."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tools.kept_data import (
    LOCK,
    METADATA,
    NEW,
    OLD,
    DataError,
    export,
    import_options,
    kept_data,
)
from tools.setup import ROOT

# An export that is killed before the n-th time it renames or deletes something.
KILLED_AT = """
import os, signal, sys
from pathlib import Path
from tools.kept_data import export

steps = 0

def kill(event, _):
    global steps
    if event in ("os.rename", "os.remove", "os.rmdir", "shutil.rmtree"):
        steps += 1
        if steps == int(sys.argv[1]):
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(kill)
export(int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
"""

Does = Callable[[Path], None]


def exporting(folder: Path) -> None:
    """As firebase-tools does, which replaces the folder, but not those above it."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    (folder / METADATA).write_text("of this session")
    (folder / "auth_export").mkdir()


def nothing(_: Path) -> None:
    """An export that fails at once."""


@contextmanager
def hub(
    status: int, answer: dict[str, str], does: Does = nothing
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Answers as firebase-tools' hub does: its port, and what it was asked for."""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append({"to": self.path, **body})
            does(Path(body["path"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *args: object) -> None:
            """Nothing: the tests look at what was asked for."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port, asked
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """Where firebase-tools runs."""
    folder = tmp_path / "suite-4400"
    folder.mkdir()
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with what an earlier session kept."""
    return kept(tmp_path / "data", "of an earlier session")


def kept(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / METADATA).write_text(text)
    return folder


def text_of(folder: Path) -> str:
    return (folder / METADATA).read_text()


def beside(folder: Path) -> list[str]:
    """What there is beside the folder, but for its lock."""
    names = {path.name for path in folder.parent.iterdir()}
    return sorted(names - {folder.name, f"{folder.name}{LOCK}", "suite-4400"})


def refused(name: Path | str, match: str) -> None:
    with pytest.raises(DataError, match=match), kept_data(str(name)):
        pytest.fail("the suite would start")


def test_without_a_name_nothing_is_kept() -> None:
    with kept_data("") as folder:
        assert folder is None


def test_a_folder_that_does_not_exist_is_made_and_nothing_is_imported(tmp_path: Path) -> None:
    with kept_data(str(tmp_path / "new" / "data")) as folder:
        assert folder == tmp_path / "new" / "data"
        assert folder.is_dir()
        assert import_options(folder) == []


def test_what_was_kept_is_imported(data: Path) -> None:
    (data / "auth_export").mkdir()
    (data / ".DS_Store").touch()

    with kept_data(str(data)) as folder:
        assert folder == data
        assert import_options(folder) == ["--import", str(data)]


def test_a_folder_with_other_files_is_refused_as_it_would_be_replaced(data: Path) -> None:
    (data / "thesis.txt").touch()

    refused(data, r"holds other files, such as thesis\.txt")


@pytest.mark.parametrize("part", ["auth_export", "firestore_export", "storage_export"])
def test_a_part_of_an_export_is_refused_as_it_would_be_replaced_unread(
    part: str, tmp_path: Path
) -> None:
    (tmp_path / "data" / part).mkdir(parents=True)

    refused(tmp_path / "data", f"holds {part} without {METADATA}")
    assert (tmp_path / "data" / part).is_dir()


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_file_is_no_folder_of_data(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    refused(tmp_path / name, "cannot be the folder of the data")


def test_the_home_of_nobody_is_no_folder_of_data() -> None:
    refused("~no-such-user/data", "cannot be the folder of the data: Could not determine home")


def test_a_mount_point_is_refused_at_the_start() -> None:
    refused("/", "/ is a mount point and cannot be replaced")


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_in_one_that_may_not_be_written_to_is_refused_at_the_start(data: Path) -> None:
    data.parent.chmod(0o555)
    try:
        refused(data, "cannot be replaced: .* may not be written to")
    finally:
        data.parent.chmod(0o755)


def test_a_folder_is_of_one_suite_until_that_has_stopped(data: Path, tmp_path: Path) -> None:
    (tmp_path / "same").symlink_to(data)

    with kept_data(str(data)):
        refused(data, "data is in use by another suite")
        refused(tmp_path / "same", "data is in use by another suite")
    with kept_data(str(data)) as folder:
        assert folder == data


def test_an_export_takes_the_place_of_the_folder(data: Path, workplace: Path) -> None:
    (data / ".DS_Store").touch()
    (data / "storage_export").mkdir()
    kept(Path(f"{data}{NEW}"), "of a session that was killed")

    with hub(200, {"message": "OK"}, exporting) as (port, asked):
        export(port, data, workplace)

    assert asked == [{"to": "/_admin/export", "path": f"{data}{NEW}", "initiatedBy": "exit"}]
    assert text_of(data) == "of this session"
    assert sorted(path.name for path in data.iterdir()) == ["auth_export", METADATA]
    assert beside(data) == []


def test_a_folder_that_was_deleted_meanwhile_is_exported_again(data: Path, workplace: Path) -> None:
    shutil.rmtree(data)

    with hub(200, {"message": "OK"}, exporting) as (port, _):
        export(port, data, workplace)

    assert text_of(data) == "of this session"


def test_copies_of_somebodys_own_are_left_alone(data: Path, workplace: Path) -> None:
    names = ("data.new", "data.old")
    for name in names:
        kept(data.with_name(name), name)

    with hub(200, {"message": "OK"}, exporting) as (port, _), kept_data(str(data)):
        export(port, data, workplace)

    assert [text_of(data.with_name(name)) for name in names] == list(names)


def test_an_export_that_is_killed_before_any_of_its_steps_leaves_the_old_data_or_the_new(
    data: Path, workplace: Path
) -> None:
    found = []
    with hub(200, {"message": "OK"}, exporting) as (port, _):
        for step in count(1):
            shutil.rmtree(data)
            kept(data, "of an earlier session")
            words = [
                sys.executable,
                "-c",
                KILLED_AT,
                str(step),
                str(port),
                str(data),
                str(workplace),
            ]
            done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
            with kept_data(str(data)):
                found.append(text_of(data))
            if done.returncode == 0:
                break
            assert done.returncode == -signal.SIGKILL, done.stderr

    assert set(found) == {"of an earlier session", "of this session"}
    assert found == sorted(found)  # once it is the new data, it stays that


@pytest.mark.parametrize("is_made", [False, True])
def test_a_kill_between_the_two_renamings_loses_nothing(data: Path, *, is_made: bool) -> None:
    data.rename(f"{data}{OLD}")
    kept(Path(f"{data}{NEW}"), "of this session")
    if is_made:
        data.mkdir()
        (data / ".DS_Store").touch()

    with kept_data(str(data)):
        assert text_of(data) == "of an earlier session"


def test_a_kill_after_both_renamings_leaves_the_new_data_and_no_old(data: Path) -> None:
    kept(Path(f"{data}{OLD}"), "of the session before that")

    with kept_data(str(data)):
        assert text_of(data) == "of an earlier session"
        assert beside(data) == []


def test_other_files_are_looked_for_again_before_the_folder_is_replaced(
    data: Path, workplace: Path
) -> None:
    (data / "thesis.txt").touch()

    with (
        hub(200, {"message": "OK"}, exporting) as (port, _),
        pytest.raises(
            DataError, match=rf"such as thesis\.txt.* they are in {data}{NEW}: move that"
        ),
    ):
        export(port, data, workplace)

    assert (data / "thesis.txt").exists()
    assert text_of(data) == "of an earlier session"
    assert text_of(Path(f"{data}{NEW}")) == "of this session"


def test_an_export_without_metadata_replaces_nothing(data: Path, workplace: Path) -> None:
    with (
        hub(200, {"message": "OK"}) as (port, _),
        pytest.raises(DataError, match=f"could not be kept in .* written no {METADATA}"),
    ):
        export(port, data, workplace)

    assert text_of(data) == "of an earlier session"


def test_an_export_that_fails_is_said_with_its_reason_and_where_the_data_are(
    data: Path, workplace: Path
) -> None:
    (workplace / "firebase-export-1-of-before").mkdir()
    made = workplace / "firebase-export-2-abc"

    with (
        hub(500, {"message": "no space left"}, lambda _: made.mkdir()) as (port, _),
        pytest.raises(DataError, match=rf"kept in .*: no space left\. .* they are in {made}: move"),
    ):
        export(port, data, workplace)

    assert text_of(data) == "of an earlier session"


def test_a_suite_that_has_ended_exports_nothing(data: Path, workplace: Path) -> None:
    with hub(200, {}) as (port, _):
        pass

    with pytest.raises(DataError, match=r"could not be kept in .*refused\.$"):
        export(port, data, workplace)

    assert text_of(data) == "of an earlier session"
