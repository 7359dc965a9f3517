"""The folder that keeps the emulators' data: made at the first run, never one that holds anything else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tools.kept_data import METADATA, DataError, export, import_options, kept_data


@contextmanager
def hub(status: int, answer: dict[str, str]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Answers as firebase-tools' hub does: its port, and what it was asked for."""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append({"to": self.path, **body})
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *args: object) -> None:
            """Nothing: the tests look at what was asked for."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, asked
        server.shutdown()
        thread.join()


def test_without_a_name_nothing_is_kept() -> None:
    assert kept_data("") is None


def test_a_folder_that_does_not_exist_is_made_and_nothing_is_imported(tmp_path: Path) -> None:
    folder = kept_data(str(tmp_path / "new" / "data"))

    assert folder == tmp_path / "new" / "data"
    assert folder.is_dir()
    assert import_options(folder) == []


def test_what_was_kept_is_imported(tmp_path: Path) -> None:
    (tmp_path / METADATA).touch()
    (tmp_path / "auth_export").mkdir()

    assert kept_data(str(tmp_path)) == tmp_path
    assert import_options(tmp_path) == ["--import", str(tmp_path)]


def test_a_folder_with_other_files_is_refused_as_it_would_be_replaced(tmp_path: Path) -> None:
    (tmp_path / METADATA).touch()
    (tmp_path / "thesis.txt").touch()

    with pytest.raises(DataError, match=r"holds other files, such as thesis\.txt"):
        kept_data(str(tmp_path))


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_file_is_no_folder_of_data(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DataError, match="cannot be the folder of the data"):
        kept_data(str(tmp_path / name))


def test_the_hub_is_asked_to_export_to_the_folder(tmp_path: Path) -> None:
    with hub(200, {"message": "OK"}) as (port, asked):
        export(port, tmp_path)

    assert asked == [{"to": "/_admin/export", "path": str(tmp_path), "initiatedBy": "exit"}]


def test_an_export_that_fails_is_said_with_its_reason(tmp_path: Path) -> None:
    with (
        hub(500, {"message": "no space left"}) as (port, _),
        pytest.raises(DataError, match=r"could not be kept in .*: no space left"),
    ):
        export(port, tmp_path)


def test_a_suite_that_has_ended_exports_nothing(tmp_path: Path) -> None:
    with hub(200, {}) as (port, _):
        pass

    with pytest.raises(DataError, match="could not be kept in"):
        export(port, tmp_path)
