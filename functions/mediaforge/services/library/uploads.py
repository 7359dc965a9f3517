"""Uploads: each is looked at after it was stored, and each user's uploads are counted.

The files are counted by listing them, not by the events that tell of them. So an event may come twice, late,
in another order or never. A file that is unreadable, or for which there is no room, is deleted, and its
document says why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from pydantic import ValidationError

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.library import uploads
from mediaforge.domain.library.uploads import (
    StoredFile,
    Upload,
    UploadError,
    UploadFolder,
    UploadName,
    UploadQuota,
    UploadStatus,
)
from mediaforge.domain.media_type import image_type
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.ports.documents import Read, Transaction
from mediaforge.services.backend import Backend

D = TypeVar("D")

# Files that one commit refuses at most. The next count refuses those beyond it.
_REFUSED_AT_ONCE = 100

_UNREADABLE = UploadError(
    "reference-unreadable",
    "This is no PNG, JPEG or WebP picture that can be read, or it is too large.",
)


@dataclass(frozen=True, slots=True)
class _Count:
    """`over` are the files that there is no room for, whether they were refused now or will be by the next
    count."""

    kept: Sequence[StoredFile]
    over: Sequence[StoredFile]


def note_stored(backend: Backend, path: str, generation: int) -> None:
    """To be called after an upload. The path may hold another file by now, or none: another event tells of
    that."""
    name = uploads.read_path(path)
    if name is None:
        return
    kept = count_user(backend, name.uid).kept
    file = next((f for f in kept if (f.path, f.generation) == (path, generation)), None)
    if file is not None and is_unheard(backend, name, file):
        look_at(backend, name, file)


def note_deleted(backend: Backend, path: str, generation: int) -> None:
    """To be called after a file, or an earlier generation of it, was deleted. The document of a refused file
    stays, and goes on saying why."""
    name = uploads.read_path(path)
    if name is None:
        return
    count = count_user(backend, name.uid)
    if all(file.path != path for file in (*count.kept, *count.over)):
        forget(backend, at.upload(name.uid, name.file_id), path, generation)


def forget(backend: Backend, ref: at.Ref[Upload], path: str, generation: int) -> None:
    def work(tx: Transaction) -> None:
        known = readable(tx.get, ref)
        if known is not None and uploads.is_gone(known, path, generation):
            tx.delete(ref)

    backend.documents.transact(work)


def count_uploads(backend: Backend, uid: str) -> None:
    """To be called after something else than their files has changed what a user may upload. Where this is
    missed, the nightly count makes up for it. The folder's document is written even where nothing differs: so
    a count that has read how it was before, and is about to write by that, looks again."""
    count_user(backend, uid, is_written_anyway=True)


# ---- one user's files, and one file ------------------------------------------------------------------


def is_same(known: UploadFolder | None, counted: UploadFolder) -> bool:
    """Whether both say the same, whenever they were counted."""
    return known is not None and replace(counted, counted_at=known.counted_at) == known


def is_unheard(backend: Backend, name: UploadName, file: StoredFile) -> bool:
    known = readable(backend.documents.get, at.upload(name.uid, name.file_id))
    return not uploads.is_told(known, file)


def readable(read: Read, ref: at.Ref[D]) -> D | None:
    """The document; None also where it cannot be read: it only tells of the files, and is written anew."""
    try:
        return read(ref)
    except ValidationError as error:
        _report_unreadable(ref, error)
        return None


def _report_unreadable(ref: at.Ref[D], error: Exception) -> None:
    """Logs the document's path without the name of a file, which is private to its user."""
    log.bug("document.unreadable", error, document="/".join(ref.path.split("/")[:2]))


def is_user_blocked(read: Read, uid: str) -> bool:
    """Whether the user's account is blocked. Of an account that an operator wrote wrongly by hand only that
    field is looked at: the user's files are counted all the same."""
    ref = at.account(user_account_id(uid))
    try:
        account = read(ref)
    except ValidationError as error:
        _report_unreadable(ref, error)
        fields = read(at.as_stored(ref))
        return fields is not None and fields.get("blocked_at") is not None
    return account is not None and account.blocked_at is not None


def count_user(backend: Backend, uid: str, *, is_written_anyway: bool = False) -> _Count:
    """Counts the user's files, and refuses those that there is no room for. The files are listed after the
    folder's document was read and before it is written: another count that has written it meanwhile has
    listed later, so this commit fails and all is done anew. The account is only peeked at: a block has the
    files counted after its own commit."""

    folder_ref, account_ref = at.upload_folder(uid), at.account(user_account_id(uid))

    def work(tx: Transaction) -> tuple[_Count, Sequence[StoredFile]]:
        tx.prefetch(folder_ref, account_ref)
        folder, is_blocked = readable(tx.get, folder_ref), is_user_blocked(tx.peek, uid)
        files = tuple(backend.media.stored(uploads.folder_of(uid)))
        count = uploads.count_files(files, quota_of(backend), folder, backend.clock.now())
        refusals = _refusals(tx, backend, count.over[:_REFUSED_AT_ONCE])
        kept = [*count.kept, *refusals.ready]
        counted = folder_document(backend, uid, kept, is_blocked)
        if is_written_anyway or not is_same(folder, counted):
            tx.put(folder_ref, uploads.counted_after(folder, counted))
        for upload_ref, upload in refusals.told.items():
            tx.put(upload_ref, upload)
        over = [file for file in count.over if file not in refusals.ready]
        return _Count(kept, over), refusals.files

    count, refused = backend.documents.transact(work)
    if refused:
        log.warning("uploads.over_quota", files=len(refused))
        backend.media.delete({file.path: file.generation for file in refused})
    return count


def folder_document(
    backend: Backend, uid: str, files: Sequence[StoredFile], is_blocked: bool
) -> UploadFolder:
    """The folder's document for these files. A blocked user keeps them, and has room for no more."""
    quota = quota_of(backend)
    return UploadFolder(
        id=uid,
        files=len(files),
        size_bytes=sum(file.size_bytes for file in files),
        files_max=0 if is_blocked else quota.files_max,
        bytes_max=quota.bytes_max,
        counted_at=backend.clock.now(),
    )


def quota_of(backend: Backend) -> UploadQuota:
    limits = backend.catalogue.limits
    return UploadQuota(limits.uploads_files_max, limits.uploads_bytes_max)


@dataclass(frozen=True, slots=True)
class _Refusals:
    """Files that there is no room for. `ready` stay all the same, since their user was told that they are
    ready. `files` are deleted; `told` are the documents that say so, except where a document tells of a later
    file."""

    ready: Sequence[StoredFile]
    files: Sequence[StoredFile]
    told: Mapping[at.Ref[Upload], Upload]


def _refusals(tx: Transaction, backend: Backend, over: Sequence[StoredFile]) -> _Refusals:
    quota, ready, told = quota_of(backend), list[StoredFile](), dict[at.Ref[Upload], Upload]()
    error = UploadError(
        "quota-exceeded",
        f"You may keep {quota.files_max} uploads of {quota.bytes_max // 1_000_000} MB together. "
        "Delete some, and upload this again.",
    )
    names = [(file, name) for file in over if (name := uploads.read_path(file.path)) is not None]
    # Files that differ in their ending alone share a document, and a commit writes each document once: it
    # tells of the later file, which comes last.
    tx.prefetch(*(at.upload(name.uid, name.file_id) for _, name in names))
    for file, name in names:
        ref = at.upload(name.uid, name.file_id)
        known = readable(tx.peek, ref)  # each stands by itself, and is guarded where it is written
        if uploads.is_ready(known, file):
            ready.append(file)
        elif known is None or known.generation <= file.generation:
            told[ref] = _told(backend, name, file, file.content_type, error)
    return _Refusals(ready, [file for file in over if file not in ready], told)


def look_at(backend: Backend, name: UploadName, file: StoredFile) -> None:
    content = backend.media.load(file.path)
    if content is None:
        return
    content_type = _readable_type(backend, content)
    error = None if content_type else _UNREADABLE
    upload = _told(backend, name, file, content_type or file.content_type, error)
    ref = at.upload(name.uid, name.file_id)

    def work(tx: Transaction) -> None:
        known = readable(tx.get, ref)
        if known is None or known.generation <= file.generation:
            tx.put(ref, upload)

    backend.documents.transact(work)
    if error is not None:
        log.info("upload.refused", cause=error.code)
        backend.media.delete({file.path: file.generation})


def _readable_type(backend: Backend, content: bytes) -> str | None:
    """The type that the content shows, whatever the file's name and its content type say; None where it
    cannot be decoded."""
    known = image_type(content)
    if known is None:
        return None
    try:
        backend.preview(content, known[1])
    except ValueError:
        return None
    return known[1]


def _told(
    backend: Backend,
    name: UploadName,
    file: StoredFile,
    content_type: str,
    error: UploadError | None,
) -> Upload:
    now = backend.clock.now()
    return Upload(
        id=name.file_id,
        path=file.path,
        status=UploadStatus.READY if error is None else UploadStatus.REFUSED,
        generation=file.generation,
        size_bytes=file.size_bytes,
        content_type=content_type,
        created_at=file.stored_at,
        modified=now,
        error=error,
        forget_at=None if error is None else now + uploads.REFUSAL_TOLD,
    )
