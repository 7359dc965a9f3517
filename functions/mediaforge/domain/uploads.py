"""Uploads: which paths they may have, how many a user may keep, and what became of each."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

# `storage.rules` say the same: no type, name or size comes past them that this page does not know.
FOLDER = "references"
EXTENSIONS = ("png", "jpg", "jpeg", "webp")
CONTENT_TYPES = ("image/png", "image/jpeg", "image/webp")
BYTES_MAX = 10 * 1024 * 1024
PATH_BYTES_MAX = 1024

# Cameras write their endings in capitals. What is before the ending names a document, too.
_PATH = re.compile(
    rf"{FOLDER}/(?P<uid>[^/]+)/(?P<file_id>[^/\x00-\x1f\x7f]+)\.(?i:{'|'.join(EXTENSIONS)})"
)
_NO_DOCUMENT_S_NAME = re.compile(r"\.|\.\.|__.*__")
# The smallest difference between two moments that a document can tell.
_TICK = timedelta(microseconds=1)


class UploadStatus(StrEnum):
    PROCESSING = "processing"
    READY = "ready"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class UploadError:
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Upload:
    """`references/{uid}/files/{fileId}`: what became of a file. `generation` is the writing of it that this
    tells of; `content_type` what it is, which its name may not say; `created_at` when it was stored."""

    id: str
    path: str
    status: UploadStatus
    generation: int
    size_bytes: int
    content_type: str
    created_at: datetime
    modified: datetime
    error: UploadError | None = None


@dataclass(frozen=True, slots=True)
class UploadFolder:
    """`references/{uid}`: how much a user keeps, and may keep; `storage.rules` look at it."""

    id: str
    files: int
    size_bytes: int
    files_max: int
    bytes_max: int
    counted_at: datetime


@dataclass(frozen=True, slots=True)
class UploadName:
    uid: str
    file_id: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as Storage lists it. With every writing a path gets another, later generation."""

    path: str
    generation: int
    size_bytes: int
    content_type: str
    stored_at: datetime


@dataclass(frozen=True, slots=True)
class UploadQuota:
    files_max: int
    bytes_max: int


def read_path(path: str) -> UploadName | None:
    """Whose upload a path is of; None for a path that no upload may have."""
    match = _PATH.fullmatch(path)
    if match is None or len(path.encode()) > PATH_BYTES_MAX:
        return None
    if _NO_DOCUMENT_S_NAME.fullmatch(match["file_id"]):
        return None
    return UploadName(match["uid"], match["file_id"])


def folder_of(uid: str) -> str:
    return f"{FOLDER}/{uid}/"


def counted_after(before: UploadFolder | None, counted: UploadFolder) -> UploadFolder:
    """`counted`, later than the count before it, whatever the clocks say: a document that is not changed is
    no new version, and stops nobody who has counted something else."""
    if before is None:
        return counted
    return replace(counted, counted_at=max(counted.counted_at, before.counted_at + _TICK))


def over_quota(files: Iterable[StoredFile], quota: UploadQuota) -> list[StoredFile]:
    """Those that a user has no room for: whoever was there before stays. Counted are the files, so that it
    does not matter how often, or in what order, anybody heard of them."""
    kept, kept_bytes, over = 0, 0, []
    for file in sorted(files, key=lambda each: (each.generation, each.path)):
        if kept == quota.files_max or kept_bytes + file.size_bytes > quota.bytes_max:
            over.append(file)
            continue
        kept, kept_bytes = kept + 1, kept_bytes + file.size_bytes
    return over
