"""Uploads: which paths they may have, how many a user may keep, and what became of each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from mediaforge.domain.rounds import LOOKBACK, Round, begin_round

# `storage.rules` say the same: no type, name or size comes past them that this page does not know.
FOLDER = "references"
EXTENSIONS = ("png", "jpg", "jpeg", "webp")
CONTENT_TYPES = ("image/png", "image/jpeg", "image/webp")
BYTES_MAX = 10 * 1024 * 1024
PATH_BYTES_MAX = 1024

# An event is delivered for a day. What is older and was never counted was there before anybody counted; and
# the nightly count looks at each younger file once more, should nobody have heard of it.
HEARD_WITHIN = LOOKBACK
# So long it is said why a file was refused.
REFUSAL_TOLD = timedelta(days=30)

# Cameras write their endings in capitals. What is before the ending names a document, too.
_PATH = re.compile(
    rf"{FOLDER}/(?P<uid>[^/]+)/(?P<file_id>[^/\x00-\x1f\x7f]+)\.(?i:{'|'.join(EXTENSIONS)})"
)
_NO_DOCUMENT_S_NAME = re.compile(r"\.|\.\.|__.*__")
# The smallest difference between two moments that a document can tell.
_TICK = timedelta(microseconds=1)


class UploadStatus(StrEnum):
    READY = "ready"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class UploadError:
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Upload:
    """`references/{uid}/files/{fileId}`: what became of a file. `generation` is the writing of it that this
    tells of; `content_type` what it is, which its name may not say; `created_at` when it was stored. From
    `forget_at` on a refused one's may be deleted."""

    id: str
    path: str
    status: UploadStatus
    generation: int
    size_bytes: int
    content_type: str
    created_at: datetime
    modified: datetime
    error: UploadError | None = None
    forget_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UploadFolder:
    """`references/{uid}`: how much a user keeps, and may keep; `storage.rules` look at it. Where there is
    none nothing is kept."""

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


@dataclass(frozen=True, slots=True)
class FileCount:
    """`over` is what there is no room for."""

    kept: Sequence[StoredFile]
    over: Sequence[StoredFile]


@dataclass(frozen=True, slots=True)
class Recount(Round):
    """`system/recount`: how far the nightly count has come in its round over all users: behind `files_after`
    in the folders of files, behind `folders_after` in their documents."""

    files_after: str = ""
    folders_after: str = ""


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


def count_files(
    files: Sequence[StoredFile], quota: UploadQuota, folder: UploadFolder | None, now: datetime
) -> FileCount:
    """Whoever was there before stays. Counted are the files, so that it does not matter how often, or in what
    order, anybody heard of them."""
    room = _room(files, quota, folder, now)
    kept, kept_bytes, over = list[StoredFile](), 0, []
    for file in sorted(files, key=lambda each: (each.generation, each.path)):
        if len(kept) >= room.files_max or kept_bytes + file.size_bytes > room.bytes_max:
            over.append(file)
            continue
        kept.append(file)
        kept_bytes += file.size_bytes
    return FileCount(kept, over)


def _room(
    files: Sequence[StoredFile], quota: UploadQuota, folder: UploadFolder | None, now: datetime
) -> UploadQuota:
    """At least what was kept when it was counted last: a limit that was lowered leaves no room for more, and
    takes nothing away. In a folder that was never counted that is what is too old to have been heard of."""
    if folder is not None:
        had_files, had_bytes = folder.files, folder.size_bytes
    else:
        old = [file.size_bytes for file in files if file.stored_at < now - HEARD_WITHIN]
        had_files, had_bytes = len(old), sum(old)
    return UploadQuota(max(quota.files_max, had_files), max(quota.bytes_max, had_bytes))


def is_told(known: Upload | None, file: StoredFile) -> bool:
    """Whether the document tells of this writing of the file, or of one after it. Of what was refused and is
    there all the same the deletion was lost. Files that differ in their ending alone share a document, which
    tells of the later: the other is looked at all the same."""
    if known is None or known.path != file.path or known.generation < file.generation:
        return False
    return known.generation > file.generation or known.status is UploadStatus.READY


def is_ready(known: Upload | None, file: StoredFile) -> bool:
    return is_told(known, file) and known is not None and known.generation == file.generation


def is_gone(known: Upload, path: str, generation: int) -> bool:
    """Whether it tells of that file. What was refused goes on saying why."""
    return (
        known.path == path
        and known.generation <= generation
        and known.status is not UploadStatus.REFUSED
    )


def begin_recount(known: Recount | None, now: datetime) -> Recount:
    return begin_round(known, Recount(), now)
