"""The nightly count lists every user's files, to find what no event told of. It is done in rounds
(services/rounds.py)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import groupby

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.library import uploads
from mediaforge.domain.library.uploads import (
    Recount,
    StoredFile,
    Upload,
    UploadFolder,
    UploadName,
    UploadStatus,
    begin_recount,
)
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.backend import Backend
from mediaforge.services.library.uploads import (
    count_user,
    delete_thumbnail,
    folder_document,
    forget,
    is_same,
    is_unheard,
    is_user_blocked,
    look_at,
    quota_of,
    readable,
)
from mediaforge.services.rounds import RoundRun, begin_run

# Users from one mark to the next, and how many of them are counted at a time.
_PAGE = 200
_COUNTED_AT_ONCE = 8
_FOLDERS_A_PAGE = 200


@dataclass(frozen=True, slots=True)
class _User:
    """A user with files, or with a folder's document alone: then `files` is None, and they have not been
    listed."""

    uid: str
    files: Sequence[StoredFile] | None
    folder: UploadFolder | None


@dataclass(frozen=True, slots=True)
class _Recounted:
    """What was done for one user, and which of their files have not been looked at (`unheard`)."""

    done: Counter[str] = field(default_factory=Counter)
    unheard: Sequence[tuple[UploadName, StoredFile]] = ()


def recount_uploads(backend: Backend) -> Counter[str]:
    """Counts every user's files, and looks at those that no event told of. Returns what was done, counted. A
    run that has taken its time, or died, leaves the rest of the round to the next run."""
    run = begin_run(backend, at.recount(), begin_recount)
    counting = _Counting(run)
    if run.walk(_users(backend, run.mark), counting, _PAGE):
        run.end(counting)
    if counting.done:
        log.info("uploads.recounted", **counting.done)
    return counting.done


@dataclass
class _Counting:
    """One run of the nightly count, and what it did."""

    run: RoundRun[Recount]
    done: Counter[str] = field(default_factory=Counter)

    @property
    def has_missed(self) -> bool:
        return self.done["failed"] + self.done["left"] > 0

    def visit(self, page: Sequence[_User]) -> bool:
        """Counts the users of a page, several at a time. Looks at files one by one, since a picture may take
        half of the memory."""
        backend, since = self.run.backend, self.run.mark.since
        unheard = list[tuple[int, UploadName, StoredFile]]()
        with ThreadPoolExecutor(_COUNTED_AT_ONCE) as pool:
            for found in pool.map(partial(_try_to_recount, backend, since), page):
                self.done.update(found.done)
                unheard += [(turn, *each) for turn, each in enumerate(found.unheard)]
        # One file of each user in turn: the hundred files of one do not keep another's only file waiting.
        unheard.sort(key=lambda each: each[0])
        for index, (_, name, file) in enumerate(unheard):
            if self.run.is_out_of_time:
                self.done["left"] += len(unheard) - index
                log.warning("recount.ran_out_of_time", files_left=len(unheard) - index)
                return False
            self.done[_tried(backend, name, file)] += 1
        return True

    def leave_out(self, thing: _User) -> None:
        log.error("recount.left_out", user_id=thing.uid)


def _users(backend: Backend, mark: Recount) -> Iterator[tuple[_User, Recount]]:
    """The users of the round behind its mark. Files come in the order of their paths, the folders' documents
    in the order of their ids. These orders differ a little, so a user may come twice, but none is left
    out."""
    folders = _folders(backend, mark.folders_after)
    folder = next(folders, None)
    for uid, files in _by_user(backend, mark.files_after):
        while folder is not None and folder.id < uid:
            mark = replace(mark, folders_after=folder.id)
            yield _User(folder.id, None, folder), mark
            folder = next(folders, None)
        own = folder if folder is not None and folder.id == uid else None
        mark = replace(mark, files_after=uid, folders_after=max(uid, mark.folders_after))
        yield _User(uid, files, own), mark
        folder = next(folders, None) if own else folder
    while folder is not None:
        mark = replace(mark, folders_after=folder.id)
        yield _User(folder.id, None, folder), mark
        folder = next(folders, None)


def _by_user(backend: Backend, after: str) -> Iterator[tuple[str, Sequence[StoredFile]]]:
    # Behind all that begins with `{after}/`: the character after "/" is "0".
    start = f"{uploads.FOLDER}/{after}0" if after else ""
    files = backend.media.stored(f"{uploads.FOLDER}/", start)
    for uid, own in groupby(files, key=lambda file: file.path.split("/")[1]):
        yield uid, tuple(own)


def _folders(backend: Backend, after: str) -> Iterator[UploadFolder]:
    """The folders' documents. One that cannot be read is missing here, and is counted anew with its files."""
    while page := backend.documents.find(
        UploadFolder, Query(at.UPLOADS, (), (), _FOLDERS_A_PAGE, after)
    ):
        yield from page
        after = page[-1].id


def _tried(backend: Backend, name: UploadName, file: StoredFile) -> str:
    """A file that cannot be looked at is reported and stops no other."""
    try:
        look_at(backend, name, file)
    except Exception as error:
        log.bug("recount.failed", error, document_id=name.uid)
        return "failed"
    return "files"


def _try_to_recount(backend: Backend, since: datetime, user: _User) -> _Recounted:
    """A user who cannot be counted is reported and stops no other."""
    try:
        return _recount(backend, user, since)
    except Exception as error:
        log.bug("recount.failed", error, document_id=user.uid)
        return _Recounted(Counter(failed=1))


def _recount(backend: Backend, user: _User, since: datetime) -> _Recounted:
    folder_ref = at.upload_folder(user.uid)
    folder = user.folder or readable(backend.documents.get, folder_ref)
    files = user.files
    if files is None:
        files = tuple(backend.media.stored(uploads.folder_of(user.uid)))
    count = uploads.count_files(files, quota_of(backend), folder, backend.clock.now())
    is_blocked = is_user_blocked(backend.documents.get, user.uid)
    counted = folder_document(backend, user.uid, count.kept, is_blocked)
    is_empty = not files and not is_blocked
    done, kept = Counter[str](), count.kept
    if is_empty or count.over or not is_same(folder, counted):
        # This comes first: a run that dies after the folder is written does not come back to it, since it
        # does so only as long as the folder differs.
        _forget_gone(backend, user.uid, files)
        done["folders"] += 1
        if is_empty and _drop_empty(backend, user.uid):
            return _Recounted(done)
        kept = count_user(backend, user.uid).kept
    return _Recounted(done, [each for each in _named(kept, since) if is_unheard(backend, *each)])


def _named(files: Sequence[StoredFile], since: datetime) -> Iterator[tuple[UploadName, StoredFile]]:
    for file in files:
        name = uploads.read_path(file.path)
        if name is not None and file.stored_at >= since:
            yield name, file


def _forget_gone(backend: Backend, uid: str, files: Sequence[StoredFile]) -> None:
    there = {file.path for file in files}
    for upload in _told(backend, uid):
        if upload.path not in there and not backend.media.exists(upload.path):
            forget(backend, UploadName(uid, upload.id), upload.path, upload.generation)
    names = {uploads.read_path(path) for path in there}
    for thumbnail in tuple(backend.media.stored(uploads.thumbnails_of(uid))):
        name = uploads.read_thumbnail_path(thumbnail.path)
        if name is not None and name not in names:
            delete_thumbnail(backend, name)


def _told(backend: Backend, uid: str) -> Iterator[Upload]:
    """The documents of files that should be there."""
    for status in (UploadStatus.READY, UploadStatus.PROCESSING):
        own, after = (("status", "==", status.value),), ""
        while page := backend.documents.find(
            Upload, Query(at.uploads(uid), own, (), _FOLDERS_A_PAGE, after)
        ):
            yield from page
            after = page[-1].id


def _drop_empty(backend: Backend, uid: str) -> bool:
    """Deletes the document of an empty folder, and says whether it is gone. It says nothing any more: a user
    without such a document has no files."""
    ref = at.upload_folder(uid)

    def work(tx: Transaction) -> bool:
        tx.prefetch(ref, at.account(user_account_id(uid)))
        if is_user_blocked(tx.peek, uid) or any(backend.media.stored(uploads.folder_of(uid))):
            return False
        # Got, and so guarded: otherwise this could delete a document that came since.
        if tx.get(at.as_stored(ref)) is not None:
            tx.delete(ref)
        return True

    return backend.documents.transact(work)
