"""A batch of pictures from a CSV, seen as an app would see it: `make demo BATCH=examples/batch.csv`.

Each line is a row of the batch. Its columns are fields of `generateImage` (`prompt`, `aspectRatio` …) or of
`generateVideo` where `kind` says `video`; `style` is the style's id, `reference` a picture beside the CSV,
`mode` what is taken from it; `expect` says `failed` where a row is to fail. Uploads the references, submits
the batch, shows its counts in one line as a Firestore listener is sent them, and leaves its ZIP under `out/`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from tools.client import CallError, Client
from tools.console import complain, live, say

SILENCE_S_MAX = 240.0
ENDED = frozenset({"completed", "cancelled"})
EXPORTED = frozenset({"completed", "failed"})
_BAR_CHARS = 30
_WHOLE = frozenset({"width", "height", "count", "seed", "durationSeconds", "fps"})
_TEXTS = frozenset({"kind", "prompt", "negativePrompt", "aspectRatio", "resolution", "model"})
_NAMED = {"style": "styleId"}
_OTHERS = frozenset({"reference", "mode", "expect"})
_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}


class TableError(Exception):
    """The CSV cannot be read as a batch; the message says where."""


@dataclass(frozen=True)
class Line:
    """A line of the CSV: the row to submit, its picture, if any, and whether it is to fail."""

    row: Mapping[str, Any]
    reference: Path | None = None
    mode: str = "style_only"
    is_to_fail: bool = False

    def with_uploaded(self, paths: Mapping[Path, str]) -> dict[str, Any]:
        if self.reference is None:
            return dict(self.row)
        return {**self.row, "references": [{"path": paths[self.reference], "mode": self.mode}]}


def read_lines(path: Path) -> list[Line]:
    """Raises TableError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            known = {*_WHOLE, *_TEXTS, *_NAMED, *_OTHERS}
            if unknown := [name for name in table.fieldnames or () if name not in known]:
                raise TableError(f"{path}: no row has {', '.join(unknown)}")
            lines = [_read_line(path, table.line_num, cells) for cells in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path}: {error}") from error
    if not lines:
        raise TableError(f"{path} has no rows")
    return lines


def _read_line(path: Path, number: int, cells: Mapping[str, str | None]) -> Line:
    given = {name: text.strip() for name, text in cells.items() if text and text.strip()}
    row: dict[str, Any] = {
        _NAMED.get(name, name): text for name, text in given.items() if name not in _OTHERS
    }
    try:
        row |= {name: int(text) for name, text in given.items() if name in _WHOLE}
    except ValueError as error:
        raise TableError(f"{path}, line {number}: {error}") from error
    name = given.get("reference")
    reference = path.parent / name if name else None
    if reference is not None and (
        reference.suffix.lower() not in _TYPES or not reference.is_file()
    ):
        raise TableError(f"{path}, line {number}: there is no picture {reference}")
    mode, is_to_fail = given.get("mode", "style_only"), given.get("expect") == "failed"
    return Line(row, reference, mode, is_to_fail)


def bar(counts: Mapping[str, int]) -> str:
    """The batch in one line."""
    total = counts["total"]
    ended = counts["completed"] + counts["failed"] + counts["cancelled"]
    filled = _BAR_CHARS * ended // total
    names = ("processing", "queued", "failed", "cancelled")
    others = "".join(f", {counts[name]} {name}" for name in names if counts[name])
    return (
        f"[{'#' * filled}{'.' * (_BAR_CHARS - filled)}] {counts['completed']}/{total} made{others}"
    )


def show_batch(
    client: Client, path: Path, out: Path, done: Callable[[str], None], took: Callable[[], None]
) -> int:
    """Runs the batch to its end; the exit status: 1 where a row failed that was not to. `done` says what has
    been done, and how long it took; `took` says how long all of it took."""
    lines = read_lines(path)
    try:
        uploaded = _upload(client, {line.reference for line in lines if line.reference})
        done(f"{len(uploaded)} references uploaded")
        rows = [line.with_uploaded(uploaded) for line in lines]
        batch = client.call("submitBatch", {"name": path.stem, "rows": rows})
        held = batch["credits"]["estimated"]
        done(f"submitted as {batch['batchId']}: {batch['rows']} rows, {held} credits held")
        final = _follow(client.listening(batch["path"]), ENDED, lambda state: bar(state["counts"]))
        done(f"{final['status']}: {final['counts']['completed']} of {len(lines)} rows made")
        asked = client.call("exportBatch", {"batchId": batch["batchId"], "format": "zip"})
    except CallError as error:
        complain(f"{error} {dict(error.details)}")
        return 1
    export = _follow(client.listening(asked["path"]), EXPORTED, _told_of_export)
    if export["status"] != "completed":
        complain(f"no ZIP: {export['error']['message']}")
        return 1
    out.mkdir(exist_ok=True)
    file = out / f"{_safe(path.stem)}.zip"
    file.write_bytes(client.download(export["storage_path"]))
    done(f"saved as {file.as_uri()}, {export['size_bytes'] / 1e6:.1f} MB")
    say(f"{final['credits']['charged']} credits charged")
    took()
    return _status(lines, _failed(client, batch["path"], len(lines)))


def _upload(client: Client, pictures: set[Path]) -> Mapping[Path, str]:
    return {
        each: client.upload(each.name, each.read_bytes(), _TYPES[each.suffix.lower()])
        for each in sorted(pictures)
    }


def _follow(
    listening: AbstractContextManager[Queue[dict[str, Any]]],
    until: frozenset[str],
    told: Callable[[Mapping[str, Any]], str],
) -> dict[str, Any]:
    """Shows each state in one line, up to one of these statuses whose rows have all ended."""
    with listening as states:
        for state in _states(states):
            live(told(state))
            counts = state.get("counts", {})
            if state["status"] in until and not counts.get("processing"):
                live(None)
                return state
    raise AssertionError("a listener ends by its last state or by an error")


def _states(states: Queue[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    while True:
        try:
            state = states.get(timeout=SILENCE_S_MAX)
        except Empty:
            raise TimeoutError(f"Nothing was said for {SILENCE_S_MAX:.0f} s.") from None
        if state:
            yield state


def _told_of_export(state: Mapping[str, Any]) -> str:
    return f"ZIP: {state['status']}, {state['progress']:.0%}"


def _failed(client: Client, path: str, rows: int) -> Mapping[int, str]:
    """Why each row that was not made was not, by its index."""
    states = {index: client.get(f"{path}/rows/{index}") or {} for index in range(rows)}
    return {
        index: str((state.get("error") or {}).get("message") or state.get("status"))
        for index, state in states.items()
        if state.get("status") != "completed"
    }


def _status(lines: Sequence[Line], failed: Mapping[int, str]) -> int:
    """Names each row that did not end as it was to."""
    unasked = {index: why for index, why in failed.items() if not lines[index].is_to_fail}
    for index, why in unasked.items():
        complain(f"row {index} was not made: {why}")
    made = [i for i, line in enumerate(lines) if line.is_to_fail and i not in failed]
    for index in made:
        complain(f"row {index} was made, and was to fail")
    return 1 if unasked or made else 0


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-") or "batch"
