"""Writes all that is a user's into one ZIP: what the documents say, and the files. It has what the security
rules let its user read, and nothing that only the backend may see: no secret, and no file before it is paid
for."""

import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from mediaforge.contract import documents as at
from mediaforge.domain.library import uploads
from mediaforge.domain.library.export_files import ExportRow
from mediaforge.domain.library.exports import Export
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.ports.documents import Query, Transaction
from mediaforge.ports.media import Writer
from mediaforge.services.backend import Backend
from mediaforge.services.library import belongings

FILES_BYTES_MAX = 2_000_000_000
"""What all files in an export may come to: a worker has minutes for it."""

Document = tuple[str, Mapping[str, Any]]


def write_belongings(
    backend: Backend,
    export: Export,
    _: Sequence[ExportRow],
    file: Writer,
    advance: Callable[[int, int], None],
) -> None:
    """Every file is passed on piece by piece. What is compressed already is stored as it is."""
    # A file that cannot be sought in is all that `ZipFile` needs; its types ask for more.
    target: Any = file
    paths = list(_upload_paths(backend, export.user_id))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as folder:
        with folder.open(_entry("documents.jsonl", export), "w") as lines:
            for path, fields in _documents(backend, export.user_id):
                paths += _delivered(path, fields)
                lines.write(_line(path, fields))
        left_out = _write_files(backend, export, folder, paths, advance)
        folder.writestr(_entry("left-out.txt", export), "".join(f"{path}\n" for path in left_out))


def _write_files(
    backend: Backend,
    export: Export,
    folder: zipfile.ZipFile,
    paths: Sequence[str],
    advance: Callable[[int, int], None],
) -> list[str]:
    """Returns the paths for which there was no room. A file that is gone is left out silently."""
    size_bytes, left_out = 0, list[str]()
    for done, path in enumerate(paths):
        if size_bytes >= FILES_BYTES_MAX:
            left_out.append(path)
            continue
        chunks = backend.media.chunks(path)
        if chunks is None:
            continue
        with folder.open(_entry(f"files/{path}", export), "w") as entry:
            for chunk in chunks:
                size_bytes += len(chunk)
                entry.write(chunk)
        advance(done, len(paths))
    return left_out


def _documents(backend: Backend, uid: str) -> Iterator[Document]:
    account_id = user_account_id(uid)
    yield from _read(backend, [at.account(account_id).path])
    yield from _found(backend, Query(at.ledger(account_id)))
    for query in (
        *belongings.own_views(uid),
        *belongings.own_writings(uid),
        belongings.own_brands(uid),
        belongings.own_comparisons(uid),
        belongings.own_keys(uid),
        belongings.own_webhooks(uid),
        belongings.own_exports(uid),
        belongings.own_memberships(uid),
        belongings.own_shares(uid),
        belongings.own_batches(uid),
    ):
        yield from _found(backend, query)
    for batch_id in backend.documents.find_ids(replace(belongings.own_batches(uid), limit=None)):
        rows, *_ = belongings.below_batch(batch_id)
        yield from _found(backend, rows)


def _found(backend: Backend, query: Query) -> Iterator[Document]:
    ids = backend.documents.find_ids(replace(query, limit=None))
    within = "" if query.is_group else f"{query.collection}/"
    for start in range(0, len(ids), belongings.PAGE):
        yield from _read(backend, [f"{within}{i}" for i in ids[start : start + belongings.PAGE]])


def _read(backend: Backend, paths: Sequence[str]) -> list[Document]:
    found = backend.documents.transact(partial(_peek, paths))
    return [(path, fields) for path, fields in zip(paths, found, strict=True) if fields is not None]


def _peek(paths: Sequence[str], tx: Transaction) -> list[dict[str, Any] | None]:
    refs = [belongings.document(path) for path in paths]
    tx.prefetch(*refs)
    return [tx.peek(ref) for ref in refs]


def _upload_paths(backend: Backend, uid: str) -> Iterator[str]:
    for stored in backend.media.stored(uploads.folder_of(uid)):
        yield stored.path


def _delivered(path: str, fields: Mapping[str, Any]) -> Sequence[str]:
    """The files that a view lists."""
    if not path.startswith("generations/") or not fields.get("generated"):
        return ()
    made: Mapping[str, Any] = fields.get("generation_data") or {}
    return tuple(made.get("storage_paths") or ())


def _line(path: str, fields: Mapping[str, Any]) -> bytes:
    said = {"path": path, **{name: each for name, each in fields.items() if name not in _SECRET}}
    return json.dumps(said, ensure_ascii=False, default=_said).encode() + b"\n"


_SECRET = ("request_hash", "controls", "wish")


def _said(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


def _entry(name: str, export: Export) -> zipfile.ZipInfo:
    """A file that its user may read and write, once it is unpacked."""
    entry = zipfile.ZipInfo(name, export.created_at.timetuple()[:6])
    entry.external_attr = 0o644 << 16
    return entry
