"""Uploads: each is looked at after it was stored, and each user's are counted.

Counted are the files, by listing them, and not the events that told of them: so an event may come twice,
late, in another order or never. What is wrong or too much is said in the file's document and deleted."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain import uploads
from mediaforge.domain.accounts import Account, user_account_id
from mediaforge.domain.media_type import image_type
from mediaforge.domain.uploads import (
    StoredFile,
    Upload,
    UploadError,
    UploadFolder,
    UploadName,
    UploadQuota,
    UploadStatus,
)
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.backend import Backend

# What one commit refuses; of more, the next count does.
_REFUSED_AT_ONCE = 100
# The nightly count looks at each file once more, should nobody have heard of it.
_LOOKBACK = timedelta(hours=25)

_UNREADABLE = UploadError(
    "reference-unreadable",
    "This is no PNG, JPEG or WebP picture that can be read, or it is too large.",
)


@dataclass(frozen=True, slots=True)
class _Count:
    kept: Sequence[StoredFile]
    over: Sequence[StoredFile]


def note_stored(backend: Backend, path: str, generation: int) -> None:
    """After an upload. What lies there by now may be another, or nothing: of that there is another event."""
    name = uploads.read_path(path)
    if name is None:
        return
    kept = _count(backend, name.uid).kept
    file = next((f for f in kept if (f.path, f.generation) == (path, generation)), None)
    known = backend.documents.get(at.upload(name.uid, name.file_id))
    if file is not None and not _is_told(known, file):
        _look_at(backend, name, file)


def note_deleted(backend: Backend, path: str, generation: int) -> None:
    """After a file, or an earlier writing of it, has gone. What was refused goes on saying why."""
    name = uploads.read_path(path)
    if name is None:
        return
    count = _count(backend, name.uid)
    ref = at.upload(name.uid, name.file_id)

    def work(tx: Transaction) -> None:
        known = tx.get(ref)
        if known is not None and _is_gone(known, path, generation):
            tx.delete(ref)

    if all(file.path != path for file in (*count.kept, *count.over)):
        backend.documents.transact(work)


def count_uploads(backend: Backend, uid: str) -> None:
    """After something else than their files has changed what a user may upload. Missed, the nightly count
    does it. Written also where nothing differs: whoever has read what was so before, and is about to write
    by it, looks again."""
    _count(backend, uid, is_written_anyway=True)


def recount_uploads(backend: Backend) -> Counter[str]:
    """Every user's files: what nobody was told of is told now. What was done, counted."""
    done, seen = Counter[str](), set[str]()
    since = backend.clock.now() - _LOOKBACK
    for uid, files in _by_user(backend.media.stored(f"{uploads.FOLDER}/")):
        seen.add(uid)
        done.update(_tried(uid, partial(_recount, backend, uid, files, since)))
    for uid in backend.documents.find_ids(Query(at.UPLOADS)):
        if uid not in seen:
            done.update(_tried(uid, partial(_recount, backend, uid, (), since)))
    if done:
        log.info("uploads.recounted", **done)
    return done


def _by_user(files: Iterator[StoredFile]) -> Iterator[tuple[str, Sequence[StoredFile]]]:
    """Files come in the order of their paths, so a user's come together."""
    for uid, own in groupby(files, key=lambda file: file.path.split("/")[1]):
        yield uid, tuple(own)


def _tried(uid: str, count: Callable[[], Counter[str]]) -> Counter[str]:
    """A user, or a file, that cannot be counted is reported and stops no other."""
    try:
        return count()
    except Exception as error:
        log.bug("recount.failed", error, document_id=uid)
        return Counter(failed=1)


def _recount(
    backend: Backend, uid: str, files: Sequence[StoredFile], since: datetime
) -> Counter[str]:
    done = Counter[str]()
    known = backend.documents.get(at.upload_folder(uid))
    account = backend.documents.get(at.account(user_account_id(uid)))
    if not _is_same(known, _folder(backend, uid, files, account)):
        _count(backend, uid)
        _forget_gone(backend, uid, files)
        done["folders"] += 1
    for file in files:
        name = uploads.read_path(file.path)
        if name is None or file.stored_at < since:
            continue
        done.update(_tried(uid, partial(_recount_file, backend, name, file)))
    return done


def _recount_file(backend: Backend, name: UploadName, file: StoredFile) -> Counter[str]:
    if _is_told(backend.documents.get(at.upload(name.uid, name.file_id)), file):
        return Counter()
    note_stored(backend, file.path, file.generation)
    return Counter(files=1)


def _forget_gone(backend: Backend, uid: str, files: Sequence[StoredFile]) -> None:
    there = {file.path for file in files}
    for upload in backend.documents.find(Upload, Query(at.uploads(uid))):
        if upload.path not in there:
            note_deleted(backend, upload.path, upload.generation)


def _is_same(known: UploadFolder | None, counted: UploadFolder) -> bool:
    """Whenever it was counted."""
    return known is not None and replace(counted, counted_at=known.counted_at) == known


def _is_told(known: Upload | None, file: StoredFile) -> bool:
    """Whether the document tells of this writing of the file, or of one after it. Of what was refused and is
    there all the same the deletion was lost. Files that differ in their ending alone share a document, which
    tells of the later: the other is looked at all the same."""
    if known is None or known.path != file.path or known.generation < file.generation:
        return False
    return known.generation > file.generation or known.status is UploadStatus.READY


def _is_gone(known: Upload, path: str, generation: int) -> bool:
    return (
        known.path == path
        and known.generation <= generation
        and known.status is not UploadStatus.REFUSED
    )


def _count(backend: Backend, uid: str, *, is_written_anyway: bool = False) -> _Count:
    """The files are listed after the folder's document was read and before it is written: whoever has
    written it meanwhile has seen later ones, and then all is looked at anew. The account is only looked at: a
    block counts after it was committed."""

    folder_ref, account_ref = at.upload_folder(uid), at.account(user_account_id(uid))

    def work(tx: Transaction) -> _Count:
        tx.prefetch(folder_ref, account_ref)
        folder, account = tx.get(folder_ref), tx.get(account_ref)
        files = tuple(backend.media.stored(uploads.folder_of(uid)))
        over = uploads.over_quota(files, _quota(backend))[:_REFUSED_AT_ONCE]
        kept = [file for file in files if file not in over]
        refused = _refusals(tx, backend, over)
        counted = _folder(backend, uid, kept, account)
        if is_written_anyway or not _is_same(folder, counted):
            tx.put(folder_ref, uploads.counted_after(folder, counted))
        for upload_ref, upload in refused:
            tx.put(upload_ref, upload)
        return _Count(kept, over)

    count = backend.documents.transact(work)
    if count.over:
        log.warning("uploads.over_quota", files=len(count.over))
        backend.media.delete({file.path: file.generation for file in count.over})
    return count


def _folder(
    backend: Backend, uid: str, files: Sequence[StoredFile], account: Account | None
) -> UploadFolder:
    """Whoever is blocked keeps what they have, and has room for nothing more."""
    quota = _quota(backend)
    is_blocked = account is not None and account.blocked_at is not None
    return UploadFolder(
        id=uid,
        files=len(files),
        size_bytes=sum(file.size_bytes for file in files),
        files_max=0 if is_blocked else quota.files_max,
        bytes_max=quota.bytes_max,
        counted_at=backend.clock.now(),
    )


def _quota(backend: Backend) -> UploadQuota:
    limits = backend.catalogue.limits
    return UploadQuota(limits.uploads_files_max, limits.uploads_bytes_max)


def _refusals(
    tx: Transaction, backend: Backend, over: Sequence[StoredFile]
) -> list[tuple[at.Ref[Upload], Upload]]:
    """The documents of what there is no room for, unless they tell of something later."""
    quota, refused = _quota(backend), []
    error = UploadError(
        "quota-exceeded",
        f"You may keep {quota.files_max} uploads of {quota.bytes_max // 1_000_000} MB together. "
        "Delete some, and upload this again.",
    )
    names = [(file, name) for file in over if (name := uploads.read_path(file.path)) is not None]
    tx.prefetch(*(at.upload(name.uid, name.file_id) for _, name in names))
    for file, name in names:
        ref = at.upload(name.uid, name.file_id)
        known = tx.get(ref)
        if known is None or known.generation <= file.generation:
            refused.append((ref, _told(backend, name, file, file.content_type, error)))
    return refused


def _look_at(backend: Backend, name: UploadName, file: StoredFile) -> None:
    content = backend.media.load(file.path)
    if content is None:
        return
    content_type = _readable_type(backend, content)
    error = None if content_type else _UNREADABLE
    upload = _told(backend, name, file, content_type or file.content_type, error)
    ref = at.upload(name.uid, name.file_id)

    def work(tx: Transaction) -> None:
        known = tx.get(ref)
        if known is None or known.generation <= file.generation:
            tx.put(ref, upload)

    backend.documents.transact(work)
    if error is not None:
        log.info("upload.refused", cause=error.code)
        backend.media.delete({file.path: file.generation})


def _readable_type(backend: Backend, content: bytes) -> str | None:
    """What it is, if it can be decoded, whatever its name says; its content type may be another."""
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
    return Upload(
        id=name.file_id,
        path=file.path,
        status=UploadStatus.READY if error is None else UploadStatus.REFUSED,
        generation=file.generation,
        size_bytes=file.size_bytes,
        content_type=content_type,
        created_at=file.stored_at,
        modified=backend.clock.now(),
        error=error,
    )
