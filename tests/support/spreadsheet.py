"""A spreadsheet with the real script of `clients/sheets`, which runs under Node on stand-ins of the Google
services (`google_services.cjs`)."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.setup import CLIENT_SHEETS

_RUNNER = Path(__file__).with_name("google_services.cjs")
TICK = "continueInBackground"


@contextmanager
def google(folder: Path) -> Iterator["Google"]:
    """What runs the script. Its files, which are made in `folder`, are those that are pushed to Google."""
    command = [_node(), str(_RUNNER), *map(str, _build(folder))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        yield Google(process)
        assert process.stdin is not None
        process.stdin.close()


def _build(folder: Path) -> Sequence[Path]:
    node, compiler = _node(), CLIENT_SHEETS / "node_modules" / "typescript" / "bin" / "tsc"
    assert compiler.exists(), (
        "the packages of clients/sheets are not installed: `python3 -m tools.setup tests`"
    )
    command = [node, str(compiler), "-p", str(CLIENT_SHEETS), "--outDir", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout
    return sorted(folder.glob("*.js"))


def _node() -> str:
    node = shutil.which("node")
    assert node is not None
    return node


@dataclass(frozen=True)
class Google:
    """Runs the script, one call after the other; nothing stays from one to the next."""

    process: subprocess.Popen[str]

    def run(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{json.dumps(asked)}\n")
        self.process.stdin.flush()
        return dict(json.loads(self.process.stdout.readline()))


@dataclass(frozen=True)
class Run:
    """What one run of the script did."""

    was_stopped: bool
    fetches: Sequence[str]
    """The method and path of each request."""
    writes: int
    toasts: Sequence[str]
    menu: Sequence[tuple[str, str]]
    sidebar: Mapping[str, Any] | None
    returned: Any


@dataclass
class Spreadsheet:
    """Its cells outlive the runs. `rows` may be read and changed as a user does."""

    google: Google
    columns: int = 9
    id: str = "spreadsheet-1"
    now_ms: int = 0
    pace_ms: int = 0
    book: dict[str, Any] = field(init=False)
    """All that Google keeps of it."""

    def __post_init__(self) -> None:
        sheet = {
            "name": "Posters",
            "id": 7,
            "rows": 200,
            "columns": self.columns,
            "cells": {},
            "formats": {},
            "hidden": [],
            "colours": {},
            "heights": {},
        }
        self.book = {
            "id": self.id,
            "name": "Campaign",
            "sheets": [sheet],
            "active": 0,
            "selected": [],
            "properties": {},
            "triggers": [],
        }

    # ---- the script --------------------------------------------------------------------------------

    def call(
        self, name: str, *args: Any, stop: Mapping[str, Any] | None = None, **more: Any
    ) -> Run:
        """Runs a function of the script, up to where Google stops it."""
        asked = {
            "book": self.book,
            "call": name,
            "args": args,
            "now": self.now_ms,
            "pace": self.pace_ms,
            "stop": stop,
            **more,
        }
        done = self.google.run(asked)
        self.book = done.pop("book")
        threw = done.pop("threw")
        assert threw is None, threw
        return Run(was_stopped=done.pop("wasStopped"), **done)

    @property
    def has_trigger(self) -> bool:
        """Whether Google runs the script in a minute; there is never more than one trigger."""
        assert self.book["triggers"] in ([], [TICK])
        return bool(self.book["triggers"])

    # ---- its cells ---------------------------------------------------------------------------------

    def change(self, **fields: Any) -> None:
        self.book = self.book | fields

    @property
    def sheet(self) -> dict[str, Any]:
        return dict(self.book["sheets"][0])

    @property
    def names(self) -> dict[str, int]:
        """The numbers of the columns, by their names."""
        cells = self.sheet["cells"]
        named = [
            (cell["shown"].lower(), int(at.split(",")[1]))
            for at, cell in cells.items()
            if at.split(",")[0] == "1"
        ]
        return dict(named)

    def fill(self, rows: Sequence[Mapping[str, str]], first: int = 2) -> None:
        """Enters texts below the names of the columns, or those in the first row where there are none."""
        cells, names = self.book["sheets"][0]["cells"], self.names
        if not names:
            names = {name: number for number, name in enumerate(rows[0], 1)}
            cells |= {f"1,{number}": {"shown": name} for name, number in names.items()}
        for number, row in enumerate(rows, first):
            for name, text in row.items():
                at = f"{number},{names[name]}"
                cells.pop(at, None)
                cells |= {at: {"shown": text}} if text else {}

    def move(self, order: Sequence[int]) -> None:
        """Puts the rows of these numbers, from 2 on, in this order, with all their cells; others are
        deleted."""
        sheet = self.book["sheets"][0]
        to = {1: [1]} | {number: [] for number in range(2, sheet["rows"] + 1)}
        for place, number in enumerate(order, 2):
            to[number] = [*to[number], place]
        moved: dict[str, Any] = {}
        for at, cell in sheet["cells"].items():
            row, column = map(int, at.split(","))
            moved |= {f"{place},{column}": cell for place in to[row]}
        sheet["cells"] = moved

    def shown(self, name: str, *, formulas: bool = False) -> list[str]:
        """The column's cells below its name, down to the sheet's last row."""
        cells, column = self.sheet["cells"], self.names[name]
        last = max(int(at.split(",")[0]) for at in cells)
        found = [cells.get(f"{row},{column}", {"shown": ""}) for row in range(2, last + 1)]
        return [each.get("formula", "") if formulas else each["shown"] for each in found]

    def states(self) -> list[dict[str, Any]]:
        """What the hidden column says of the rows that were asked for."""
        return [json.loads(text) for text in self.shown("mediaforge") if text]
