"""Makes the file of an export, and deletes it at its end. Everything here may come twice, late, out of order
or never: an export has its `ExportDue` until it is final and its file is gone, and the sweep comes back to it
until then."""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.errors import BusyError, FileChangedError, LateError, RequestError
from mediaforge.domain.library import exports
from mediaforge.domain.library.export_files import (
    ExportRow,
    Listed,
    name_in_zip,
    to_csv,
    to_json,
)
from mediaforge.domain.library.exports import Export, ExportDue, ExportFormat, ExportStatus
from mediaforge.ports.documents import Transaction
from mediaforge.ports.media import Writer
from mediaforge.services import tasks
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.library.exports import rows_of
from mediaforge.services.library.person_export import write_belongings

# How often the progress of an export is written at most.
_TOLD_EVERY = timedelta(seconds=3)

Advance = Callable[[int, int], None]
"""Is told how many rows of how many are in the file."""


def make_export(backend: Backend, uid: str, export_id: str) -> str:
    """Makes the file of an export that waits for it. Says what came of it. Never raises for what went wrong
    with the file: then the export waits for the sweep, which sends it here again, or has failed."""
    attempt = _begin(backend, uid, export_id)
    if attempt is None:
        return "not-waiting"
    try:
        return attempt.make()
    except LateError:
        return "overtaken"
    except RequestError:
        return attempt.end(lambda export, now: exports.fail(export, exports.GONE, now))
    except (BusyError, FileChangedError) as error:
        log.warning("export.postponed", cause=str(error))
    except Exception as error:
        # The error itself may quote a prompt.
        log.bug("export.broke", error)
    return attempt.end(exports.go_back)


def look_after_export(backend: Backend, export_id: str) -> str:
    """Does what is due of an export: sends one that waits, or whose worker has died, to a worker; deletes the
    file of one whose time is over. Says what was done."""
    due = backend.documents.get(at.export_due(export_id))
    if due is None:
        return "gone"
    export = backend.documents.get(at.export(due.user_id, export_id))
    if export is None or export.status.is_final:
        return _delete_file(backend, due)
    return _go_on(backend, due)


def _begin(backend: Backend, uid: str, export_id: str) -> "_Attempt | None":
    """None where the export does not wait for a worker: it is done, another worker has it, or it is gone."""

    def work(tx: Transaction) -> Export | None:
        now = backend.clock.now()
        export = tx.get(at.export(uid, export_id))
        if export is None or export.status is not ExportStatus.QUEUED:
            return None
        begun = exports.begin(export, now)
        _write(backend, tx, begun, now)
        return begun

    begun = backend.documents.transact(work)
    return None if begun is None else _Attempt(backend, begun, backend.clock.now())


def _write(backend: Backend, tx: Transaction, export: Export, now: datetime) -> None:
    """Writes the export, and when the sweep looks at it next."""
    tx.put(at.export(export.user_id, export.id), export)
    due_at = _due_at(backend, export, now)
    tx.put(at.export_due(export.id), ExportDue(export.id, export.user_id, due_at))


def _due_at(backend: Backend, export: Export, now: datetime) -> datetime:
    timing = backend.timing
    if export.status is ExportStatus.PROCESSING:
        return now + timedelta(seconds=timing.attempt_s + timing.return_s)
    if export.status is ExportStatus.QUEUED:
        return now + timedelta(seconds=timing.pickup_s)
    # An attempt that failed may have left a file.
    return export.expires_at or now


def _go_on(backend: Backend, due: ExportDue) -> str:
    def work(tx: Transaction) -> Export | None:
        now = backend.clock.now()
        export = tx.get(at.export(due.user_id, due.id))
        found = tx.get(at.export_due(due.id))
        if export is None or found is None or found.due_at > now or export.status.is_final:
            return None
        died = export.status is ExportStatus.PROCESSING
        after = exports.go_back(export, now) if died else export
        _write(backend, tx, after, now)
        return after

    export = backend.documents.transact(work)
    if export is None:
        return "moved-meanwhile"
    if export.status.is_final:
        return "failed"
    tasks.send_export(backend, export.user_id, export.id)
    return "sent-again"


def _delete_file(backend: Backend, due: ExportDue) -> str:
    """Deletes the file, and then the note that there may be one: where this dies in between, the sweep comes
    back to it."""
    stem, ref = exports.stem_of(due.user_id, due.id), at.export(due.user_id, due.id)
    backend.media.delete(backend.media.list(stem))

    def work(tx: Transaction) -> None:
        export = tx.get(ref)
        if tx.get(at.export_due(due.id)) is None:
            return
        if export is not None:
            tx.put(ref, exports.without_file(export, backend.clock.now()))
        tx.delete(at.export_due(due.id))

    backend.documents.transact(work)
    return "file-deleted"


@dataclass
class _Attempt:
    """One attempt at the file of `export`, as its first commit left it."""

    backend: Backend
    export: Export
    told_at: datetime

    def make(self) -> str:
        """Raises LateError where another attempt has followed this one; a RequestError where what is to be
        exported is gone, or its user may not read it any more."""
        export = self.export
        caller = Caller(export.user_id, team_id=export.team_id)
        rows = self.backend.documents.transact(lambda tx: rows_of(tx, caller, export))
        write = write_belongings if export.of_account else _WRITERS[export.format]
        path, media = exports.path_of(export), self.backend.media
        token, over = self.backend.new_id(), media.list(path).get(path, 0)
        with media.writing(path, export.format.content_type, token, over) as writer:
            file = _Counted(writer)
            write(self.backend, export, rows, file, self.advance)
            # An attempt that has been overtaken is not to write over the file of the one that followed.
            self._change(lambda export, _: export)
        url = media.address(path, token)
        return self.end(lambda export, now: exports.complete(export, url, file.size_bytes, now))

    def advance(self, done: int, of: int) -> None:
        now = self.backend.clock.now()
        if now - self.told_at >= _TOLD_EVERY:
            self.told_at = now
            self._change(lambda export, now: exports.advance(export, done / of, now))

    def end(self, ended: Callable[[Export, datetime], Export]) -> str:
        """Ends the attempt, unless it has been overtaken."""
        try:
            after = self._change(ended)
        except LateError:
            return "overtaken"
        log.info(
            "export.made" if after.status is ExportStatus.COMPLETED else "export.not_made",
            export_id=after.id,
            user_id=after.user_id,
            format=after.format.value,
            status=after.status.value,
            size_bytes=after.size_bytes or 0,
        )
        return after.status.value

    def _change(self, changed: Callable[[Export, datetime], Export]) -> Export:
        """Raises LateError."""
        ref = at.export(self.export.user_id, self.export.id)

        def work(tx: Transaction) -> Export:
            now = self.backend.clock.now()
            export = tx.get(ref)
            if export is None or not exports.is_held_by(export, self.export.attempts):
                raise LateError(f"export {self.export.id}")
            after = changed(export, now)
            if after == export:
                return export
            if after.status is export.status:
                tx.put(ref, after)
            else:
                _write(self.backend, tx, after, now)
            return after

        return self.backend.documents.transact(work)


@dataclass
class _Counted:
    """A file that counts what is written."""

    writer: Writer
    size_bytes: int = 0

    def write(self, content: bytes, /) -> int:
        self.size_bytes += len(content)
        return self.writer.write(content)

    def flush(self) -> None:
        """Nothing: it is flushed by its end."""


# ---- formats -----------------------------------------------------------------------------------------


def _write_csv(
    _: Backend, __: Export, rows: Sequence[ExportRow], file: _Counted, ___: Advance
) -> None:
    file.write(to_csv((row, Listed.of(row, row.storage_paths)) for row in rows))


def _write_json(
    _: Backend, export: Export, rows: Sequence[ExportRow], file: _Counted, __: Advance
) -> None:
    file.write(to_json(_said_of(export), rows))


def _write_zip(
    backend: Backend, export: Export, rows: Sequence[ExportRow], file: _Counted, advance: Advance
) -> None:
    """Every file is passed on piece by piece. What is compressed already is stored as it is. The lists come
    last, since they say which files are gone."""
    listed = list[Listed]()
    # A file that cannot be sought in is all that `ZipFile` needs; its types ask for more.
    target: Any = file
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as folder:
        for done, row in enumerate(rows):
            listed.append(_add_files(backend, folder, row))
            advance(done, len(rows))
        for name, content in (
            ("rows.csv", to_csv(zip(rows, listed, strict=True))),
            ("rows.json", to_json(_said_of(export), rows)),
        ):
            folder.writestr(_entry(name, export.created_at), content, zipfile.ZIP_DEFLATED)


def _add_files(backend: Backend, folder: zipfile.ZipFile, row: ExportRow) -> Listed:
    """The names of the row's files in the folder, and the paths of those that are gone."""
    names, gone = list[str](), list[str]()
    for number, path in enumerate(row.storage_paths, start=1):
        chunks = backend.media.chunks(path)
        if chunks is None:
            gone.append(path)
            continue
        name = name_in_zip(row, number, path)
        with folder.open(_entry(name, row.modified), "w") as entry:
            for chunk in chunks:
                entry.write(chunk)
        names.append(name)
    return Listed.of(row, names, gone)


def _entry(name: str, moment: datetime) -> zipfile.ZipInfo:
    """A file that its user may read and write, once it is unpacked."""
    entry = zipfile.ZipInfo(name, moment.timetuple()[:6])
    entry.external_attr = 0o644 << 16
    return entry


def _said_of(export: Export) -> Mapping[str, Any]:
    """What the JSON says of the whole export."""
    batch = {"batchId": export.batch_id} if export.batch_id else {}
    asked_at = export.created_at.isoformat().replace("+00:00", "Z")
    return {"exportId": export.id, **batch, "createdAt": asked_at}


_WRITERS: Mapping[
    ExportFormat, Callable[[Backend, Export, Sequence[ExportRow], _Counted, Advance], None]
] = {
    ExportFormat.CSV: _write_csv,
    ExportFormat.JSON: _write_json,
    ExportFormat.ZIP: _write_zip,
}
