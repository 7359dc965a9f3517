"""The emulators' data between two runs: `make serve DATA=folder`.

The suite asks the hub of firebase-tools for the export and waits for its answer. firebase-tools' own
--export-on-exit would also export a suite that is stopped before it has imported, over what was kept.

The export is written beside the folder and takes its place by renaming, so that a kill at any moment leaves
the old data or the new. The names beside it are not `data.old` and `data.new`: those may be somebody's own.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.functions import read_object, request

VARIABLE = "MEDIAFORGE_DATA"
METADATA = "firebase-export-metadata.json"
EXPORTED = frozenset({METADATA, "auth_export", "firestore_export", "storage_export"})
FINDERS = frozenset({".DS_Store"})  # macOS leaves it in any folder that somebody looks at
NEW, OLD, LOCK = ".mediaforge-new", ".mediaforge-old", ".lock"
MADE_AS = "firebase-export-*"
EXPORT_LIMIT_S = 600.0


class DataError(Exception):
    """The data cannot be kept there; the message says why."""


@contextmanager
def kept_data(name: str) -> Iterator[Path | None]:
    """The folder of that name, made where it does not exist, and locked for this suite; None for no name.
    Raises DataError for one that holds anything else, since an export replaces the whole folder, and for one
    that cannot be replaced."""
    if not name:
        yield None
        return
    try:
        folder = Path(name).expanduser().resolve()
        folder.parent.mkdir(parents=True, exist_ok=True)
        _refuse_irreplaceable(folder)
        lock = _beside(folder, LOCK).open("a")
    except (OSError, RuntimeError) as error:
        raise _unfit(name, error) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            folder.mkdir(exist_ok=True)
            _refuse_others(folder)
            _put_back(folder)
        except BlockingIOError as error:
            raise DataError(f"{folder} is in use by another suite.") from error
        except OSError as error:
            raise _unfit(name, error) from error
        yield folder


def import_options(folder: Path) -> list[str]:
    """firebase-tools' options; none on the first run."""
    return ["--import", str(folder)] if _is_export(folder) else []


def export(hub_port: int, folder: Path, workplace: Path) -> None:
    """Replaces the folder by the emulators' data; returns when that is done. firebase-tools runs in
    `workplace`. Raises DataError, which says where the data are then."""
    new = _beside(folder, NEW)
    made_before = set(workplace.glob(MADE_AS))
    try:
        _delete(new)
        _ask(hub_port, new)
        _replace(folder, new)
    except (OSError, http.client.HTTPException, DataError) as error:
        # firebase-tools makes an export where it runs, and deletes that only when all of it is moved.
        made = sorted(set(workplace.glob(MADE_AS)) - made_before)
        left = [place for place in (*made, new) if place.exists()]
        where = (
            f" As far as they were written, they are in {left[0]}: move that before the next run."
            if left
            else ""
        )
        reason = str(error).removesuffix(".")
        raise DataError(f"The data could not be kept in {folder}: {reason}.{where}") from error


def _ask(hub_port: int, new: Path) -> None:
    body = json.dumps({"path": str(new), "initiatedBy": "exit"}).encode()
    answer = request(hub_port, "POST", "/_admin/export", timeout_s=EXPORT_LIMIT_S, body=body)
    if answer.status != http.HTTPStatus.OK:
        raise DataError(str((read_object(answer.body) or {}).get("message", answer.status)))
    if not _is_export(new):
        raise DataError(f"firebase-tools has written no {METADATA}")


def _replace(folder: Path, new: Path) -> None:
    old = _beside(folder, OLD)
    if folder.exists():
        _refuse_others(folder)
        _delete(old)
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _put_back(folder: Path) -> None:
    """Ends a replacement that was killed. A folder without an export is empty by then."""
    old = _beside(folder, OLD)
    if _is_export(folder):
        shutil.rmtree(old, ignore_errors=True)
    elif _is_export(old):
        shutil.rmtree(folder)
        old.rename(folder)


def _refuse_irreplaceable(folder: Path) -> None:
    if os.path.ismount(folder):
        raise DataError(f"{folder} is a mount point and cannot be replaced. Name a folder in it.")
    if not os.access(folder.parent, os.W_OK | os.X_OK):
        raise DataError(
            f"{folder} cannot be replaced: {folder.parent} may not be written to. "
            "Name a folder elsewhere for the data."
        )


def _refuse_others(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()} - FINDERS
    if others := sorted(names - EXPORTED):
        raise DataError(
            f"{folder} holds other files, such as {others[0]}, and would be replaced. "
            "Name a folder of its own for the data."
        )
    if names and not _is_export(folder):
        raise DataError(
            f"{folder} holds {min(names)} without {METADATA}, so it cannot be imported and would be "
            "replaced. Delete it if nobody needs it, or name another folder."
        )


def _is_export(folder: Path) -> bool:
    """Whether firebase-tools would import it."""
    return (folder / METADATA).is_file()


def _beside(folder: Path, suffix: str) -> Path:
    """On the same file system, so that it can be renamed to the folder."""
    return folder.with_name(folder.name + suffix)


def _delete(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _unfit(name: str, error: OSError | RuntimeError) -> DataError:
    reason = error.strerror if isinstance(error, OSError) else str(error).removesuffix(".")
    return DataError(f"{name} cannot be the folder of the data: {reason}.")
