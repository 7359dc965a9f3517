"""Uploads: each is looked at after it was stored, and each user's are counted.

Counted are the files, by listing them, and not the events that told of them: so an event may come twice,
late, in another order or never. What is wrong or too much is said in the file's document and deleted."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby, islice
from typing import TypeVar

from pydantic import ValidationError

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.library import uploads
from mediaforge.domain.library.uploads import (
    Recount,
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
from mediaforge.ports.documents import Query, Read, Transaction
from mediaforge.services.backend import Backend

D = TypeVar("D")

# What one commit refuses; of more, the next count does.
_REFUSED_AT_ONCE = 100
# The nightly count: so many users from one mark to the next, so many of them at once, until the run has taken
# its time. The function has 540 s; what is begun by then is small.
_PAGE = 200
_COUNTED_AT_ONCE = 8
_RUN_S_MAX = 360
# A page over which so many runs have died is left for the next round.
_RUNS_A_PAGE = 2
_FOLDERS_A_PAGE = 200

_UNREADABLE = UploadError(
    "reference-unreadable",
    "This is no PNG, JPEG or WebP picture that can be read, or it is too large.",
)


@dataclass(frozen=True, slots=True)
class _Count:
    """`over` is what there is no room for, whether it was refused at once or will be by the next count."""

    kept: Sequence[StoredFile]
    over: Sequence[StoredFile]


def note_stored(backend: Backend, path: str, generation: int) -> None:
    """After an upload. What lies there by now may be another, or nothing: of that there is another event."""
    name = uploads.read_path(path)
    if name is None:
        return
    kept = _count(backend, name.uid).kept
    file = next((f for f in kept if (f.path, f.generation) == (path, generation)), None)
    if file is not None and _is_unheard(backend, name, file):
        _look_at(backend, name, file)


def note_deleted(backend: Backend, path: str, generation: int) -> None:
    """After a file, or an earlier writing of it, has gone. What was refused goes on saying why."""
    name = uploads.read_path(path)
    if name is None:
        return
    count = _count(backend, name.uid)
    if all(file.path != path for file in (*count.kept, *count.over)):
        _forget(backend, at.upload(name.uid, name.file_id), path, generation)


def _forget(backend: Backend, ref: at.Ref[Upload], path: str, generation: int) -> None:
    def work(tx: Transaction) -> None:
        known = _readable(tx.get, ref)
        if known is not None and uploads.is_gone(known, path, generation):
            tx.delete(ref)

    backend.documents.transact(work)


def count_uploads(backend: Backend, uid: str) -> None:
    """After something else than their files has changed what a user may upload. Missed, the nightly count
    does it. Written also where nothing differs: whoever has read what was so before, and is about to write
    by it, looks again."""
    _count(backend, uid, is_written_anyway=True)


# ---- the nightly count -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _User:
    """Somebody with files, or with a folder's document alone: then `files` is None, and nobody has listed
    them. `mark` is how far the round has come with them."""

    uid: str
    files: Sequence[StoredFile] | None
    folder: UploadFolder | None
    mark: Recount


@dataclass(frozen=True, slots=True)
class _Recounted:
    """What was done of one user, and which of their files nobody has looked at."""

    done: Counter[str] = field(default_factory=Counter)
    unheard: Sequence[tuple[UploadName, StoredFile]] = ()


def recount_uploads(backend: Backend) -> Counter[str]:
    """Every user's files: what nobody was told of is told now. What was done, counted. A run that has taken
    its time, or died, leaves the rest of the round to the next."""
    now, known = backend.clock.now(), backend.documents.get(at.recount())
    mark = uploads.begin_run(known, now)
    run = _Run(backend, now + timedelta(seconds=_RUN_S_MAX), mark)
    if not _move_on(backend, known, mark):
        return run.done
    is_first, users = True, _users(backend, replace(mark, runs=0))
    while page := list(islice(users, _PAGE)):
        is_last, after = len(page) < _PAGE, page[-1].mark
        if mark.runs > _RUNS_A_PAGE and is_first:
            log.error("recount.left_out", first=page[0].uid, last=page[-1].uid)
        # A page that takes a whole run is not begun again: it would hold up all behind it, for ever.
        elif not run.recount_page(page) and not is_first:
            break
        after = replace(after, is_over=is_last, has_missed=run.has_missed)
        if not _move_on(backend, run.mark, after):
            break
        run.mark, is_first = after, False
        if is_last or run.is_out_of_time:
            break
    else:
        _move_on(backend, run.mark, replace(run.mark, runs=0, is_over=True))
    if run.done:
        log.info("uploads.recounted", **run.done)
    return run.done


@dataclass
class _Run:
    """One run of the nightly count: until when, how far its round has come, and what it did."""

    backend: Backend
    ends_at: datetime
    mark: Recount
    done: Counter[str] = field(default_factory=Counter)

    @property
    def is_out_of_time(self) -> bool:
        return self.backend.clock.now() >= self.ends_at

    @property
    def has_missed(self) -> bool:
        """In this run, or in an earlier one of the round."""
        return self.mark.has_missed or self.done["failed"] + self.done["left"] > 0

    def recount_page(self, page: Sequence[_User]) -> bool:
        """Whether there was time for all. Users are counted some at once, files looked at one by one: a
        picture may take half of the memory."""
        unheard = list[tuple[int, UploadName, StoredFile]]()
        with ThreadPoolExecutor(_COUNTED_AT_ONCE) as pool:
            for found in pool.map(partial(_try_to_recount, self.backend, self.mark.since), page):
                self.done.update(found.done)
                unheard += [(turn, *each) for turn, each in enumerate(found.unheard)]
        # One of each user in turn: nobody's hundred keep another's one from being looked at.
        unheard.sort(key=lambda each: each[0])
        for index, (_, name, file) in enumerate(unheard):
            if self.is_out_of_time:
                self.done["left"] += len(unheard) - index
                log.warning("recount.ran_out_of_time", files_left=len(unheard) - index)
                return False
            self.done[_tried(self.backend, name, file)] += 1
        return True


def _users(backend: Backend, mark: Recount) -> Iterator[_User]:
    """All of the round who are behind its mark. Files come in the order of their paths, documents in that of
    their ids, which are not quite the same: so one may come twice, and nobody never."""
    folders = _folders(backend, mark.folders_after)
    folder = next(folders, None)
    for uid, files in _by_user(backend, mark.files_after):
        while folder is not None and folder.id < uid:
            mark = replace(mark, folders_after=folder.id)
            yield _User(folder.id, None, folder, mark)
            folder = next(folders, None)
        own = folder if folder is not None and folder.id == uid else None
        mark = replace(mark, files_after=uid, folders_after=max(uid, mark.folders_after))
        yield _User(uid, files, own, mark)
        folder = next(folders, None) if own else folder
    while folder is not None:
        mark = replace(mark, folders_after=folder.id)
        yield _User(folder.id, None, folder, mark)
        folder = next(folders, None)


def _by_user(backend: Backend, after: str) -> Iterator[tuple[str, Sequence[StoredFile]]]:
    # Behind all that begins with `{after}/`: the character after "/" is "0".
    start = f"{uploads.FOLDER}/{after}0" if after else ""
    files = backend.media.stored(f"{uploads.FOLDER}/", start)
    for uid, own in groupby(files, key=lambda file: file.path.split("/")[1]):
        yield uid, tuple(own)


def _folders(backend: Backend, after: str) -> Iterator[UploadFolder]:
    """One that cannot be read is counted anew with its files."""
    while page := backend.documents.find(
        UploadFolder, Query(at.UPLOADS, (), (), _FOLDERS_A_PAGE, after)
    ):
        yield from page
        after = page[-1].id


def _move_on(backend: Backend, known: Recount | None, mark: Recount) -> bool:
    """False where another run has moved on meanwhile: then the round is that one's."""

    def work(tx: Transaction) -> bool:
        # It may be `mark` by ourselves, of whose commit the answer was lost.
        if tx.get(at.recount()) not in (known, mark):
            return False
        tx.put(at.recount(), mark)
        return True

    return backend.documents.transact(work)


def _tried(backend: Backend, name: UploadName, file: StoredFile) -> str:
    """A file that cannot be looked at is reported and stops no other."""
    try:
        _look_at(backend, name, file)
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
    folder = user.folder or _readable(backend.documents.get, folder_ref)
    files = user.files
    if files is None:
        files = tuple(backend.media.stored(uploads.folder_of(user.uid)))
    count = uploads.count_files(files, _quota(backend), folder, backend.clock.now())
    is_blocked = _is_blocked(backend.documents.get, user.uid)
    counted = _folder(backend, user.uid, count.kept, is_blocked)
    is_empty = not files and not is_blocked
    done, kept = Counter[str](), count.kept
    if is_empty or count.over or not _is_same(folder, counted):
        # First, for whoever dies behind it comes back only as long as the folder differs.
        _forget_gone(backend, user.uid, files)
        done["folders"] += 1
        if is_empty and _drop_empty(backend, user.uid):
            return _Recounted(done)
        kept = _count(backend, user.uid).kept
    return _Recounted(done, [each for each in _named(kept, since) if _is_unheard(backend, *each)])


def _named(files: Sequence[StoredFile], since: datetime) -> Iterator[tuple[UploadName, StoredFile]]:
    for file in files:
        name = uploads.read_path(file.path)
        if name is not None and file.stored_at >= since:
            yield name, file


def _forget_gone(backend: Backend, uid: str, files: Sequence[StoredFile]) -> None:
    there = {file.path for file in files}
    for upload in _ready(backend, uid):
        if upload.path not in there and not backend.media.exists(upload.path):
            _forget(backend, at.upload(uid, upload.id), upload.path, upload.generation)


def _ready(backend: Backend, uid: str) -> Iterator[Upload]:
    own, after = (("status", "==", UploadStatus.READY.value),), ""
    while page := backend.documents.find(
        Upload, Query(at.uploads(uid), own, (), _FOLDERS_A_PAGE, after)
    ):
        yield from page
        after = page[-1].id


def _drop_empty(backend: Backend, uid: str) -> bool:
    """Whether the folder's document went, which says nothing any more: whoever has none has nothing there."""
    ref = at.upload_folder(uid)

    def work(tx: Transaction) -> bool:
        tx.prefetch(ref, at.account(user_account_id(uid)))
        if _is_blocked(tx.peek, uid) or any(backend.media.stored(uploads.folder_of(uid))):
            return False
        if tx.get(at.as_stored(ref)) is not None:  # unguarded, it could be one that came since
            tx.delete(ref)
        return True

    return backend.documents.transact(work)


# ---- one user's files, and one file ------------------------------------------------------------------


def _is_same(known: UploadFolder | None, counted: UploadFolder) -> bool:
    """Whenever it was counted."""
    return known is not None and replace(counted, counted_at=known.counted_at) == known


def _is_unheard(backend: Backend, name: UploadName, file: StoredFile) -> bool:
    known = _readable(backend.documents.get, at.upload(name.uid, name.file_id))
    return not uploads.is_told(known, file)


def _readable(read: Read, ref: at.Ref[D]) -> D | None:
    """None also for what cannot be read: it only tells of the files, and is written anew."""
    try:
        return read(ref)
    except ValidationError as error:
        _report_unreadable(ref, error)
        return None


def _report_unreadable(ref: at.Ref[D], error: Exception) -> None:
    """Without a file's name, which is its user's business."""
    log.bug("document.unreadable", error, document="/".join(ref.path.split("/")[:2]))


def _is_blocked(read: Read, uid: str) -> bool:
    """Of an account that an operator wrote wrongly by hand only this is looked at: its user's files are
    counted all the same."""
    ref = at.account(user_account_id(uid))
    try:
        account = read(ref)
    except ValidationError as error:
        _report_unreadable(ref, error)
        fields = read(at.as_stored(ref))
        return fields is not None and fields.get("blocked_at") is not None
    return account is not None and account.blocked_at is not None


def _count(backend: Backend, uid: str, *, is_written_anyway: bool = False) -> _Count:
    """The files are listed after the folder's document was read and before it is written: whoever has
    written it meanwhile has seen later ones, and then all is looked at anew. The account is only looked at: a
    block counts after it was committed."""

    folder_ref, account_ref = at.upload_folder(uid), at.account(user_account_id(uid))

    def work(tx: Transaction) -> tuple[_Count, Sequence[StoredFile]]:
        tx.prefetch(folder_ref, account_ref)
        folder, is_blocked = _readable(tx.get, folder_ref), _is_blocked(tx.peek, uid)
        files = tuple(backend.media.stored(uploads.folder_of(uid)))
        count = uploads.count_files(files, _quota(backend), folder, backend.clock.now())
        refusals = _refusals(tx, backend, count.over[:_REFUSED_AT_ONCE])
        kept = [*count.kept, *refusals.ready]
        counted = _folder(backend, uid, kept, is_blocked)
        if is_written_anyway or not _is_same(folder, counted):
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


def _folder(
    backend: Backend, uid: str, files: Sequence[StoredFile], is_blocked: bool
) -> UploadFolder:
    """Whoever is blocked keeps what they have, and has room for nothing more."""
    quota = _quota(backend)
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


@dataclass(frozen=True, slots=True)
class _Refusals:
    """Of files that there is no room for: those that stay all the same, since their users were told that they
    are ready; those that go; and what is said of these, unless their documents tell of something later."""

    ready: Sequence[StoredFile]
    files: Sequence[StoredFile]
    told: Mapping[at.Ref[Upload], Upload]


def _refusals(tx: Transaction, backend: Backend, over: Sequence[StoredFile]) -> _Refusals:
    quota, ready, told = _quota(backend), list[StoredFile](), dict[at.Ref[Upload], Upload]()
    error = UploadError(
        "quota-exceeded",
        f"You may keep {quota.files_max} uploads of {quota.bytes_max // 1_000_000} MB together. "
        "Delete some, and upload this again.",
    )
    names = [(file, name) for file in over if (name := uploads.read_path(file.path)) is not None]
    # Files that differ in their ending alone share a document, and a commit writes each once: it tells of the
    # later, which comes last.
    tx.prefetch(*(at.upload(name.uid, name.file_id) for _, name in names))
    for file, name in names:
        ref = at.upload(name.uid, name.file_id)
        known = _readable(tx.peek, ref)  # each by itself, and guarded where it is written
        if uploads.is_ready(known, file):
            ready.append(file)
        elif known is None or known.generation <= file.generation:
            told[ref] = _told(backend, name, file, file.content_type, error)
    return _Refusals(ready, [file for file in over if file not in ready], told)


def _look_at(backend: Backend, name: UploadName, file: StoredFile) -> None:
    content = backend.media.load(file.path)
    if content is None:
        return
    content_type = _readable_type(backend, content)
    error = None if content_type else _UNREADABLE
    upload = _told(backend, name, file, content_type or file.content_type, error)
    ref = at.upload(name.uid, name.file_id)

    def work(tx: Transaction) -> None:
        known = _readable(tx.get, ref)
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
