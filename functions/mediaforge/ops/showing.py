"""What a verb has found: as tables for people, or as one JSON object for scripts."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table as RichTable

OK, FOUND, REFUSED, UNREACHABLE, BUG = range(5)
"""The exit codes: done, and nothing needs anybody; something was found that needs somebody, or some of
several things were refused; refused, or a wrong command line; the project does not answer, try again; a
bug of ours."""

# Where nobody looks, a line is as long as it has to be.
_WIDTH_OF_FILES = 400
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


@dataclass(frozen=True, slots=True)
class Table:
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True, slots=True)
class Shown:
    """`data` is what scripts get, with keys that stay. `parts` are for people: tables and sentences. `then`
    is the command that one might want next."""

    data: Mapping[str, Any]
    parts: Sequence[Table | str] = ()
    exit_code: int = OK
    then: str = ""

    def write(self, *, as_json: bool) -> None:
        if as_json:
            print(json.dumps(plain(self.data), indent=2, ensure_ascii=False))  # noqa: T201
            return
        console = console_of(sys.stdout)
        for part in self.parts:
            console.print(part if isinstance(part, str) else _drawn(part))
        if self.then:
            console.print(f"Next: {self.then}")


def console_of(stream: TextIO) -> Console:
    width = None if stream.isatty() else _WIDTH_OF_FILES
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def _drawn(table: Table) -> RichTable | str:
    if not table.rows:
        return "None."
    drawn = RichTable(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in table.columns:
        drawn.add_column(column, overflow="fold", no_wrap=False)
    for row in table.rows:
        drawn.add_row(*map(text_of, row))
    return drawn


def text_of(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    return str(value.value if isinstance(value, Enum) else value)


def plain(value: Any) -> Any:
    """The value as JSON has it. Times are in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    return value


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago that was, by its largest unit."""
    if moment is None:
        return "-"
    seconds = int((now - moment).total_seconds())
    sign = "in " if seconds < 0 else ""
    for size, unit in _UNITS:
        if abs(seconds) >= size:
            return f"{sign}{abs(seconds) // size} {unit}"
    return "now"


def duration(said: str) -> timedelta:
    """`90s`, `30m`, `2h` or `7d`. Raises ValueError."""
    number, unit = said[:-1], said[-1:]
    sizes = {name: size for size, name in _UNITS}
    if unit not in sizes or not number.isascii() or not number.isdecimal():
        raise ValueError(f"{said!r} is no time like 90s, 30m, 2h or 7d")
    return timedelta(seconds=int(number) * sizes[unit])
