"""What an exported file holds: its rows, as CSV and as JSON, and the names of the files in a ZIP. Pure."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from pydantic.alias_generators import to_camel

from mediaforge.domain.jobs.job import Job, JobError, JobStatus, Output
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library.batches import Cost, Row

COLUMNS = (
    "index",
    "status",
    "kind",
    "prompt",
    "model",
    "seed",
    "width",
    "height",
    "credits",
    "error",
    "jobId",
    "files",
    "gone",
)
# Excel takes a file without it for one in the machine's own encoding.
_BOM = "\ufeff"
_NAME_CHARS_MAX = 40
_EXTENSION = re.compile(r"[a-z0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class ExportRow:
    """A row of a batch, or a job, as it is exported. `index` is the row's; of jobs, the place in the
    request."""

    index: int
    status: JobStatus
    kind: JobKind
    model: str
    seed: int
    width: int
    height: int
    request_data: Mapping[str, Any]
    credits: Cost
    created_at: datetime
    modified: datetime
    job_id: str | None = None
    path: str | None = None
    error: JobError | None = None
    generation_data: Output | None = None

    @classmethod
    def of_row(cls, row: Row) -> "ExportRow":
        wish, made = row.wish, row.generation_data
        return cls(
            index=row.index,
            status=row.status,
            kind=row.kind,
            model=made.model if made else wish["model"],
            seed=made.seed if made else wish["seed"],
            width=wish.get("width_px", 0),
            height=wish.get("height_px", 0),
            request_data=row.request_data,
            credits=row.credits,
            created_at=row.created_at,
            modified=row.modified,
            job_id=row.job_id,
            path=row.path,
            error=row.error,
            generation_data=made,
        )

    @classmethod
    def of_job(cls, index: int, job: Job, path: str) -> "ExportRow":
        return cls(
            index=index,
            status=job.status,
            kind=job.kind,
            model=job.model,
            seed=job.output.seed if job.output else job.seed,
            width=job.width_px,
            height=job.height_px,
            request_data=job.request_data,
            credits=Cost(job.estimated_credits, job.charged_credits),
            created_at=job.created_at,
            modified=job.modified,
            job_id=job.id,
            path=path,
            error=job.error if job.status is JobStatus.FAILED else None,
            generation_data=job.output,
        )

    @property
    def words(self) -> str:
        """What was asked for, in words."""
        said = self.request_data.get("prompt") or self.request_data.get("name") or ""
        return said if isinstance(said, str) else ""

    @property
    def is_deleted(self) -> bool:
        """Whether its files were deleted with their job: then nothing names them any more."""
        return self.status is JobStatus.COMPLETED and self.generation_data is None

    @property
    def storage_paths(self) -> Sequence[str]:
        return self.generation_data.storage_paths if self.generation_data else ()


@dataclass(frozen=True, slots=True)
class Listed:
    """The files of a row as its line in the CSV names them: `files` that are there, and those that are
    `gone`."""

    files: Sequence[str] = ()
    gone: Sequence[str] = ()

    @classmethod
    def of(cls, row: ExportRow, files: Sequence[str], gone: Sequence[str] = ()) -> "Listed":
        return cls(files, ("deleted",) if row.is_deleted else gone)


def to_csv(rows: Iterable[tuple[ExportRow, Listed]]) -> bytes:
    """A line for each row. Texts are in quotes, numbers are not."""
    text = io.StringIO()
    text.write(_BOM)
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(COLUMNS)
    for row, listed in rows:
        writer.writerow(
            [each if isinstance(each, int) else as_text(each) for each in _cells(row, listed)]
        )
    return text.getvalue().encode()


def _cells(row: ExportRow, listed: Listed) -> Sequence[int | str]:
    return (
        row.index,
        row.status.value,
        row.kind.value,
        row.words,
        row.model,
        row.seed,
        row.width,
        row.height,
        row.credits.charged,
        f"{row.error.code}: {row.error.message}" if row.error else "",
        row.job_id or "",
        "\n".join(listed.files),
        "\n".join(listed.gone),
    )


def as_text(value: str) -> str:
    """The text as a cell that no spreadsheet runs as a formula: `'` stands before what would be one.

    A spreadsheet that takes `;` for the separator, as many languages' Excel does, sees no quotes in our
    lines, and begins a cell behind each `;`, tab and line end of a text, too. So each of these parts is
    looked at."""
    parts = re.split(r"([;\t\r\n])", value)
    guarded = "".join(f"'{part}" if _begins_formula(part) else part for part in parts)
    is_formula = value[:1] in ("\t", "\r") or _begins_formula(value)
    return f"'{guarded}" if is_formula and not guarded.startswith("'") else guarded


def _begins_formula(text: str) -> bool:
    """Whether the first character that shows, quotes aside, is one that a formula begins with, in any width:
    `＝` is one, too."""
    for char in text:
        plain = unicodedata.normalize("NFKC", char)
        if plain[:1] in ("=", "+", "-", "@"):
            return True
        if not _is_skipped(char, plain):
            return False
    return False


def _is_skipped(char: str, plain: str) -> bool:
    is_blank = char.isspace() or plain.isspace()
    return is_blank or char in "\"'`" or unicodedata.category(char) in ("Cc", "Cf", "Pi", "Pf")


_ROW = TypeAdapter(ExportRow)
# Maps whose own fields have names of ours. What was sent is in camelCase already.
_OURS = ("credits", "error", "generation_data")


def to_json(said: Mapping[str, Any], rows: Iterable[ExportRow]) -> bytes:
    """`said` of the whole export, and its rows as on the wire: in camelCase, without empty fields."""
    whole = {**said, "rows": [_on_the_wire(row) for row in rows]}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def _on_the_wire(row: ExportRow) -> dict[str, Any]:
    written = _ROW.dump_python(row, mode="json")
    told = {n: _in_camel(each) if n in _OURS and each else each for n, each in written.items()}
    return _in_camel(told)


def _in_camel(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {to_camel(name): each for name, each in fields.items() if each is not None}


def name_in_zip(row: ExportRow, number: int, path: str) -> str:
    """A name that no other file of the export has, that tells what it is, and that every system takes:
    `003_a-lighthouse_1.png`. `number` counts the row's files from 1."""
    extension = path.rpartition(".")[2].lower()
    ending = extension if _EXTENSION.fullmatch(extension) else "bin"
    words = _slug(row.words) or row.kind.value
    return f"{row.index:03}_{words}_{number}.{ending}"


def _slug(words: str) -> str:
    """Letters and digits of any script, in one spelling, with `-` between the words."""
    plain = unicodedata.normalize("NFKC", words).lower()
    dashed = re.sub(r"(?:[^\w]|_)+", "-", plain).strip("-")
    return dashed[:_NAME_CHARS_MAX].strip("-")
