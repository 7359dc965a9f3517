"""Uploads: which paths they may have, how many a user may keep, and the state of each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from mediaforge.domain.rounds import LOOKBACK, Round, begin_round

# `storage.rules` have the same types, names and sizes: no file that this module does not know passes them.
FOLDER, THUMBNAILS = "references", "thumbnails"
EXTENSIONS = ("png", "jpg", "jpeg", "webp")
CONTENT_TYPES = ("image/png", "image/jpeg", "image/webp")
BYTES_MAX = 10 * 1024 * 1024
PATH_BYTES_MAX = 1024

# Storage delivers an event for a day. An older file that was never counted was stored before there was a
# count. The nightly count looks again at each younger file, in case its event was lost.
HEARD_WITHIN = LOOKBACK
# A refused file's document says for this long why it was refused.
REFUSAL_TOLD = timedelta(days=30)

# Cameras write extensions in capitals. The part before the extension is also the name of a document.
_PATH = re.compile(
    rf"{FOLDER}/(?P<uid>[^/]+)/(?P<file_id>[^/\x00-\x1f\x7f]+)\.(?i:{'|'.join(EXTENSIONS)})"
)
_NO_DOCUMENT_S_NAME = re.compile(r"\.|\.\.|__.*__")
# Firestore stores moments in microseconds: this is the smallest difference between two of them.
_TICK = timedelta(microseconds=1)


class UnreadableError(ValueError):
    """The file is no picture that can be read. `cause` is kebab-case, `says` a sentence for a person."""

    def __init__(self, cause: str, says: str) -> None:
        super().__init__(says)
        self.cause, self.says = cause, says


class UploadStatus(StrEnum):
    PROCESSING = "processing"
    READY = "ready"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class UploadError:
    """Why an uploaded file was removed."""

    code: str
    """`reference-unreadable` (no picture that can be read) or `quota-exceeded` (no room)."""
    message: str
    """A sentence in English for a person: what is wrong, and what to do."""
    cause: str | None = None
    """Why it cannot be read: `empty`, `too-many-pixels`, `damaged` (broken or cut off), the name of another
    format (`heic`, `avif`, `gif`, `bmp`, `tiff`, `psd`, `pdf`, `svg`, `jpeg-xl`, `jpeg-2000`, `video`), or
    `no-picture`."""


@dataclass(frozen=True, slots=True)
class Upload:
    """`references/{uid}/files/{fileId}`: what became of a file."""

    id: str
    """The name of the file without its ending."""
    path: str
    """The file."""
    status: UploadStatus
    """`processing`: it is being looked at. `ready`: requests may name it. `refused`: the file was deleted."""
    generation: int
    """Internal. The writing of the file that the document is about."""
    size_bytes: int
    """How large the file is."""
    content_type: str
    """The type that its bytes have, once it is `ready`; the name may say another."""
    created_at: datetime
    """When the file was stored."""
    modified: datetime
    """When the document was last changed."""
    error: UploadError | None = None
    """Why it was refused."""
    forget_at: datetime | None = None
    """From then on the document of a refused file may be deleted."""
    width: int | None = None
    """Once it is `ready`: how many pixels it is wide, upright."""
    height: int | None = None
    """How many pixels it is high."""
    sha256: str | None = None
    """The SHA-256 of the file as it is kept, in hexadecimal: two with the same one are the same picture."""
    thumbnail_url: str | None = None
    """The address of its thumbnail, once it is `ready`."""
    thumbnail_token: str | None = None
    """Internal. What is in that address."""


@dataclass(frozen=True, slots=True)
class UploadFolder:
    """`references/{uid}`: how much a user keeps, and may keep; `storage.rules` read it."""

    id: str
    """The user."""
    files: int
    """How many files there are."""
    size_bytes: int
    """How large they are together."""
    files_max: int
    """How many files there may be; 0 while the user is blocked."""
    bytes_max: int
    """How large they may be together."""
    counted_at: datetime
    """When they were last counted."""


@dataclass(frozen=True, slots=True)
class UploadName:
    uid: str
    file_id: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as Storage lists it. Each writing of a path has a later generation than the one before."""

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
    """`over` are the files that there is no room for."""

    kept: Sequence[StoredFile]
    over: Sequence[StoredFile]


@dataclass(frozen=True, slots=True)
class Recount(Round):
    """`system/recount`: how far the nightly count has come in its round over all users. It goes
    over the folders of files, and is behind `files_after`; and over the folders' documents,
    where it is behind `folders_after`."""

    files_after: str = ""
    folders_after: str = ""


def read_path(path: str) -> UploadName | None:
    """The user and the file that an upload's path names; None for a path that no upload may have."""
    match = _PATH.fullmatch(path)
    if match is None or len(path.encode()) > PATH_BYTES_MAX:
        return None
    if _NO_DOCUMENT_S_NAME.fullmatch(match["file_id"]):
        return None
    return UploadName(match["uid"], match["file_id"])


def folder_of(uid: str) -> str:
    return f"{FOLDER}/{uid}/"


def thumbnail_of(name: UploadName) -> str:
    return f"{thumbnails_of(name.uid)}{name.file_id}.webp"


def read_thumbnail_path(path: str) -> UploadName | None:
    """Whose thumbnail it is."""
    _, uid, file_name = path.split("/", 2)
    name = UploadName(uid, file_name.removesuffix(".webp"))
    return name if thumbnail_of(name) == path else None


def thumbnails_of(uid: str) -> str:
    return f"{THUMBNAILS}/{uid}/"


def counted_after(before: UploadFolder | None, counted: UploadFolder) -> UploadFolder:
    """`counted` with a `counted_at` later than that of the count before, whatever the clocks
    say. A commit that leaves the document as it was makes no new version of it, so a different
    count would not conflict with it."""
    if before is None:
        return counted
    return replace(counted, counted_at=max(counted.counted_at, before.counted_at + _TICK))


def count_files(
    files: Sequence[StoredFile], quota: UploadQuota, folder: UploadFolder | None, now: datetime
) -> FileCount:
    """The oldest files are kept first. The files themselves are counted, so it does not matter how often, or
    in what order, their events came."""
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
    """The limits, but at least what was kept at the last count: a limit that was lowered lets no more in and
    takes nothing away. In a folder that was never counted, files too old for an event count as kept."""
    if folder is not None:
        had_files, had_bytes = folder.files, folder.size_bytes
    else:
        old = [file.size_bytes for file in files if file.stored_at < now - HEARD_WITHIN]
        had_files, had_bytes = len(old), sum(old)
    return UploadQuota(max(quota.files_max, had_files), max(quota.bytes_max, had_bytes))


def is_told(known: Upload | None, file: StoredFile) -> bool:
    """Whether the document tells of this writing of the file, or of a later one. If a refused file is still
    there, its deletion was lost, so the answer is no. Files that differ in their extension only share a
    document, which tells of the later file; the other one is looked at again."""
    if known is None or known.path != file.path or known.generation < file.generation:
        return False
    return known.generation > file.generation or known.status is UploadStatus.READY


def is_ready(known: Upload | None, file: StoredFile) -> bool:
    return is_told(known, file) and known is not None and known.generation == file.generation


def is_let_in(known: Upload | None, file: StoredFile) -> bool:
    """Whether a count had room for the file: it is ready, or being looked at. What lies there meanwhile in
    its place was put there by who looks at it, or by its user: it is no file more."""
    was_looked_at = (
        known is not None
        and (known.path, known.status) == (file.path, UploadStatus.PROCESSING)
        and known.generation <= file.generation
    )
    return was_looked_at or is_ready(known, file)


def is_looked_at(known: Upload, file: StoredFile) -> bool:
    """Whether the document says that this writing of the file is being looked at."""
    told = known.status, known.path, known.generation
    return told == (UploadStatus.PROCESSING, file.path, file.generation)


def is_same_look(known: Upload | None, begun: Upload) -> bool:
    """Whether the document still tells of the look that `begun` has begun."""
    return (
        known is not None
        and known.status is UploadStatus.PROCESSING
        and (known.path, known.generation) == (begun.path, begun.generation)
        and known.thumbnail_token == begun.thumbnail_token
    )


def is_gone(known: Upload, path: str, generation: int) -> bool:
    """Whether the document tells of the file that is gone and can go as well. That of
    a refused file stays, to say why."""
    return (
        known.path == path
        and known.generation <= generation
        and known.status is not UploadStatus.REFUSED
    )


def begin_recount(known: Recount | None, now: datetime) -> Recount:
    return begin_round(known, Recount(), now)
