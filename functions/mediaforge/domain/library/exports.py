"""Exports: a batch, or some jobs, as one file to take away. Pure: the document and its states."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

FOLDER = "exports"
ATTEMPTS_MAX = 3
FILE_KEPT = timedelta(days=7)
# A `requestId` is remembered as long as its export.
_REMEMBERED = timedelta(days=31)


class ExportStatus(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        return self in (ExportStatus.COMPLETED, ExportStatus.FAILED)


class ExportFormat(StrEnum):
    CSV = "csv"
    JSON = "json"
    ZIP = "zip"

    @property
    def content_type(self) -> str:
        return _CONTENT_TYPES[self]


_CONTENT_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.JSON: "application/json",
    ExportFormat.ZIP: "application/zip",
}


@dataclass(frozen=True, slots=True)
class ExportError:
    """Why there is no file, as its user reads it."""

    code: str
    """`not-found` (what was to be exported is gone, or is not to be seen any more) or `export-failed`."""
    message: str
    """A sentence in English for a person."""


GONE = ExportError(
    "not-found", "What was to be exported is gone, or you may no longer see it. Nothing was made."
)
FAILED = ExportError(
    "export-failed",
    "The file could not be made, though it was tried three times. Ask for the export again; "
    "if it has many large files, ask for fewer of them at a time.",
)


@dataclass(frozen=True, slots=True)
class Export:
    """`exports/{uid}/files/{exportId}`."""

    id: str
    """The id of the export."""
    user_id: str
    """Who asked for it."""
    status: ExportStatus
    """How far it is. `completed` and `failed` are final."""
    format: ExportFormat
    """The kind of file."""
    created_at: datetime
    """When it was asked for."""
    modified: datetime
    """When it was last changed."""
    request_hash: str
    """Internal. The same for two requests that are the same."""
    forget_at: datetime
    """Internal. The document may be deleted from then on."""
    batch_id: str | None = None
    """The batch that is exported; null where jobs are."""
    job_ids: Sequence[str] = ()
    """The jobs that are exported, in their order; empty where a batch is."""
    team_id: str | None = None
    """The team whose API key asked for it; null where its user did."""
    of_account: bool = False
    """Everything that is the user's is exported, and neither a batch nor jobs."""
    attempts: int = 0
    """Internal. How often a worker has begun with it. A worker that another one has followed writes nothing
    any more."""
    progress: float = 0.0
    """0 to 1."""
    storage_path: str | None = None
    """The file in Storage; set while it is there."""
    url: str | None = None
    """The file's address; set while it is there. It opens to everybody who has it."""
    size_bytes: int | None = None
    """The size of the file; set once it is completed."""
    completed_at: datetime | None = None
    """When it became final."""
    expires_at: datetime | None = None
    """When the file is deleted, seven days after it was made; set once it is completed."""
    error: ExportError | None = None
    """Why there is no file; set once it is `failed`."""


@dataclass(frozen=True, slots=True)
class ExportDue:
    """`exports_due/{exportId}`: the moment by which somebody should have looked at an export. It is there
    until the export is final and its file is gone."""

    id: str
    user_id: str
    due_at: datetime


def draft(
    export_id: str,
    uid: str,
    format_: ExportFormat,
    request_hash: str,
    now: datetime,
    *,
    batch_id: str | None = None,
    job_ids: Sequence[str] = (),
) -> Export:
    """An export that has just been asked for."""
    return Export(
        id=export_id,
        user_id=uid,
        status=ExportStatus.QUEUED,
        format=format_,
        created_at=now,
        modified=now,
        request_hash=request_hash,
        forget_at=now + _REMEMBERED,
        batch_id=batch_id,
        job_ids=tuple(job_ids),
    )


def path_of(export: Export) -> str:
    return f"{stem_of(export.user_id, export.id)}{export.format}"


def stem_of(uid: str, export_id: str) -> str:
    """What the path of the export's file begins with, whatever its format."""
    return f"{FOLDER}/{uid}/{export_id}."


def begin(export: Export, now: datetime) -> Export:
    """The export with one more attempt under way."""
    return replace(
        export,
        status=ExportStatus.PROCESSING,
        attempts=export.attempts + 1,
        progress=0.0,
        modified=now,
    )


def is_held_by(export: Export, attempt: int) -> bool:
    """Whether this attempt is the one under way."""
    return export.status is ExportStatus.PROCESSING and export.attempts == attempt


def advance(export: Export, progress: float, now: datetime) -> Export:
    return replace(export, progress=max(export.progress, progress), modified=now)


def complete(export: Export, url: str, size_bytes: int, now: datetime) -> Export:
    return replace(
        export,
        status=ExportStatus.COMPLETED,
        progress=1.0,
        storage_path=path_of(export),
        url=url,
        size_bytes=size_bytes,
        completed_at=now,
        expires_at=now + FILE_KEPT,
        modified=now,
    )


def fail(export: Export, error: ExportError, now: datetime) -> Export:
    return replace(export, status=ExportStatus.FAILED, error=error, completed_at=now, modified=now)


def go_back(export: Export, now: datetime) -> Export:
    """The export after an attempt that came to nothing: it waits for the next one, or has failed with its
    last."""
    if export.attempts >= ATTEMPTS_MAX:
        return fail(export, FAILED, now)
    return replace(export, status=ExportStatus.QUEUED, modified=now)


def without_file(export: Export, now: datetime) -> Export:
    """A final export whose file has been deleted."""
    return replace(export, storage_path=None, url=None, modified=now)
