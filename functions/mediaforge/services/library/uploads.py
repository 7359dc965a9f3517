"""Uploads: each is looked at after it was stored, and each user's uploads are counted.

The files are counted by listing them, not by the events that tell of them. So an event may come twice, late,
in another order or never. A file that is unreadable, or for which there is no room, is deleted, and its
document says why. A file that has more in it than a picture, or lies on its side, is written anew. That is
another generation of it, with an event of its own, which finds a document that tells of it, or a file in
which nothing is left to change."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from pydantic import ValidationError

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.errors import BusyError, FileChangedError
from mediaforge.domain.library import uploads
from mediaforge.domain.library.uploads import (
    StoredFile,
    UnreadableError,
    Upload,
    UploadError,
    UploadFolder,
    UploadName,
    UploadQuota,
    UploadStatus,
)
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.ports.documents import Read, Transaction
from mediaforge.ports.media import CheckedPicture
from mediaforge.services.backend import Backend

D = TypeVar("D")

# Fields of an account of which each says that its user has no room.
_SHUT = ("blocked_at", "erasing_at")

# Files that one commit refuses at most. The next count refuses those beyond it.
_REFUSED_AT_ONCE = 100

# Tries to save a thumbnail. One may meet that of an earlier file of the name, one our own, whose answer was
# lost.
_TRIES_MAX = 3


@dataclass(frozen=True, slots=True)
class _Count:
    """`over` are the files that there is no room for, whether they were refused now or will be by the next
    count."""

    kept: Sequence[StoredFile]
    over: Sequence[StoredFile]

    def has(self, path: str) -> bool:
        return any(file.path == path for file in (*self.kept, *self.over))


def note_stored(backend: Backend, path: str, generation: int) -> None:
    """To be called after an upload. The path may hold another file by now, or none: another event tells of
    that."""
    name = uploads.read_path(path)
    if name is None:
        return
    if is_erasing(backend, name.uid):
        backend.media.delete({path: generation})
        return
    count = count_user(backend, name.uid)
    file = next((f for f in count.kept if (f.path, f.generation) == (path, generation)), None)
    if file is not None:
        look_at(backend, name, file)
    elif not count.has(path):
        # An earlier delivery of this event may have told of the file after its user had deleted it.
        forget(backend, name, path, generation)


def note_deleted(backend: Backend, path: str, generation: int) -> None:
    """To be called after a file, or an earlier generation of it, was deleted. The document of a refused file
    stays, and goes on saying why."""
    name = uploads.read_path(path)
    if name is None or is_erasing(backend, name.uid):
        return
    count = count_user(backend, name.uid)
    if not count.has(path):
        forget(backend, name, path, generation)


def forget(backend: Backend, name: UploadName, path: str, generation: int) -> None:
    """Deletes what there is besides a file that is gone: the thumbnail, and then the document, by which the
    nightly count would find a thumbnail that is still there. The thumbnail is listed before anything else is
    looked at: that of a file which comes after this is another generation, and stays."""
    ref = at.upload(name.uid, name.file_id)
    thumbnail = _thumbnail(backend, name)
    known = readable(backend.documents.get, ref)
    is_its_own = known is not None and known.path == path and known.generation <= generation
    if thumbnail and (is_its_own or not _files_named(backend, name)):
        backend.media.delete(thumbnail)

    def work(tx: Transaction) -> None:
        known = readable(tx.get, ref)
        if known is not None and uploads.is_gone(known, path, generation):
            tx.delete(ref)

    backend.documents.transact(work)


def delete_thumbnail(backend: Backend, name: UploadName) -> None:
    """Deletes the thumbnail unless there is a file of the name."""
    thumbnail = _thumbnail(backend, name)
    if thumbnail and not _files_named(backend, name):
        backend.media.delete(thumbnail)


def _thumbnail(backend: Backend, name: UploadName) -> Mapping[str, int]:
    """Its path and generation; empty where there is none."""
    path = uploads.thumbnail_of(name)
    return {at_: of for at_, of in backend.media.list(path).items() if at_ == path}


def _files_named(backend: Backend, name: UploadName) -> Sequence[StoredFile]:
    """The files of this name, whatever their endings, the latest last."""
    begins = f"{uploads.folder_of(name.uid)}{name.file_id}."
    files = (f for f in backend.media.stored(begins) if uploads.read_path(f.path) == name)
    return sorted(files, key=lambda file: file.generation)


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
    """Whether the user's account is blocked, or the user is being erased. Of an account that an operator
    wrote wrongly by hand only those fields are looked at: the user's files are counted all the same."""
    ref = at.account(user_account_id(uid))
    try:
        account = read(ref)
    except ValidationError as error:
        _report_unreadable(ref, error)
        fields = read(at.as_stored(ref))
        return fields is not None and any(fields.get(name) is not None for name in _SHUT)
    return account is not None and accounts.is_shut(account)


def is_erasing(backend: Backend, uid: str) -> bool:
    """Whether the user is being erased: then their files go, and the erasure sees to what tells of them."""
    fields = backend.documents.get(at.as_stored(at.account(user_account_id(uid))))
    return fields is not None and fields.get("erasing_at") is not None


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
        # Who has no document keeps nothing: an event that comes after its user was erased writes none.
        says_something = folder is not None or bool(files) or is_blocked
        if is_blocked:
            tx.get(at.as_stored(account_ref))  # an erasure that ends beside this deletes both
        if is_written_anyway or (says_something and not is_same(folder, counted)):
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
    ready, or are being looked at. `files` are deleted; `told` are the documents that say so, except where a
    document tells of a later file."""

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
        if uploads.is_let_in(known, file):
            ready.append(file)
        elif known is None or known.generation <= file.generation:
            told[ref] = _refused(backend, name, file, error)
    return _Refusals(ready, [file for file in over if file not in ready], told)


# ---- one look ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Look:
    """`begun` is the document that says that the file is being looked at; None where the document tells of a
    later file that differs in its ending alone."""

    name: UploadName
    file: StoredFile
    begun: Upload | None


def look_at(backend: Backend, name: UploadName, file: StoredFile) -> None:
    """Looks at the file's bytes, and tells what was found. Whoever is killed here, or overtaken by a later
    file, leaves a document that says no more than that the file is being looked at, or tells of the later
    one: then the file is looked at again, and nothing is left to do of what was done."""
    look = _begin(backend, name, file)
    if look is None:
        return
    generation = _looked(backend, look)
    if not backend.media.exists(file.path):
        forget(backend, name, file.path, generation)  # deleted meanwhile, or refused


def _begin(backend: Backend, name: UploadName, file: StoredFile) -> _Look | None:
    """None where the file was told of already. All looks at one generation have the same thumbnail token."""
    ref = at.upload(name.uid, name.file_id)

    def work(tx: Transaction) -> _Look | None:
        known = readable(tx.get, ref)
        if uploads.is_told(known, file):
            return None
        if known is not None and known.generation > file.generation:
            return _Look(name, file, None)
        if known is not None and uploads.is_looked_at(known, file):
            return _Look(name, file, known)
        token = backend.new_id()
        begun = _upload(backend, name, file, UploadStatus.PROCESSING)
        begun = replace(begun, thumbnail_token=token)
        tx.put(ref, begun)
        return _Look(name, file, begun)

    return backend.documents.transact(work)


def _looked(backend: Backend, look: _Look) -> int:
    """The generation of the file that is told of, or was refused."""
    file = look.file
    content = backend.media.load(file.path, file.generation)
    if content is None:
        return file.generation
    try:
        picture = backend.check_upload(content)
    except UnreadableError as unreadable:
        error = UploadError("reference-unreadable", unreadable.says, unreadable.cause)
        _tell(backend, look, _refused(backend, look.name, file, error))
        log.info("upload.refused", cause=unreadable.cause)
        backend.media.delete({file.path: file.generation})
        return file.generation
    try:
        return _keep(backend, look, picture, is_as_it_was=picture.content is content)
    except FileChangedError:
        return file.generation  # another event tells of what is there now


def _keep(backend: Backend, look: _Look, picture: CheckedPicture, *, is_as_it_was: bool) -> int:
    """The thumbnail comes first, and right behind the file's new generation the document that tells of it: so
    the event of that generation has nothing to do, or does the same once more. Raises FileChangedError."""
    file, begun, generation = look.file, look.begun, look.file.generation
    thumbnail_url = _save_thumbnail(backend, look.name, file, begun, picture) if begun else None
    if not is_as_it_was:
        generation = backend.media.replace(
            file.path, picture.content, picture.content_type, generation
        )
    if begun is not None and thumbnail_url is not None:
        ready = replace(
            begun,
            status=UploadStatus.READY,
            generation=generation,
            size_bytes=len(picture.content),
            content_type=picture.content_type,
            modified=backend.clock.now(),
            width=picture.width_px,
            height=picture.height_px,
            sha256=hashlib.sha256(picture.content).hexdigest(),
            thumbnail_url=thumbnail_url or None,
        )
        _tell(backend, look, ready)
    return generation


def _save_thumbnail(
    backend: Backend, name: UploadName, file: StoredFile, begun: Upload, picture: CheckedPicture
) -> str | None:
    """Its address; empty where its path would be too long for Storage. None where a later file of the name is
    there, to which the thumbnail belongs. What is there is looked for before the files are: so a later file's
    thumbnail is not overwritten."""
    path, token, over = uploads.thumbnail_of(name), begun.thumbnail_token, 0
    if len(path.encode()) > uploads.PATH_BYTES_MAX:
        return ""
    for _ in range(_TRIES_MAX):
        try:
            backend.media.replace(path, picture.thumbnail, "image/webp", over, token)
        except FileChangedError:
            over = backend.media.list(path).get(path, 0)
            files = _files_named(backend, name)
            if not files or (files[-1].path, files[-1].generation) != (file.path, file.generation):
                return None
        else:
            return backend.media.address(path, token or "")
    raise BusyError("Storage: others write the same file again and again")


def _tell(backend: Backend, look: _Look, upload: Upload) -> None:
    """Writes the document, unless another look has begun since, which tells by itself."""
    begun, ref = look.begun, at.upload(look.name.uid, look.name.file_id)
    if begun is None:
        return

    def work(tx: Transaction) -> None:
        if uploads.is_same_look(readable(tx.get, ref), begun):
            tx.put(ref, upload)

    backend.documents.transact(work)


def _refused(backend: Backend, name: UploadName, file: StoredFile, error: UploadError) -> Upload:
    refused = _upload(backend, name, file, UploadStatus.REFUSED)
    return replace(refused, error=error, forget_at=refused.modified + uploads.REFUSAL_TOLD)


def _upload(backend: Backend, name: UploadName, file: StoredFile, status: UploadStatus) -> Upload:
    return Upload(
        id=name.file_id,
        path=file.path,
        status=status,
        generation=file.generation,
        size_bytes=file.size_bytes,
        content_type=file.content_type,
        created_at=file.stored_at,
        modified=backend.clock.now(),
    )
