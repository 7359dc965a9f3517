"""The emulators' data between two runs: `make serve DATA=folder`.

The suite asks the hub of firebase-tools for the export and waits for its answer. firebase-tools' own
--export-on-exit would also export a suite that is stopped before it has imported, over what was kept.
"""

from __future__ import annotations

import http.client
import json
from pathlib import Path

from tools.functions import read_object, request

VARIABLE = "MEDIAFORGE_DATA"
METADATA = "firebase-export-metadata.json"
EXPORTED = frozenset({METADATA, "auth_export", "firestore_export", "storage_export"})
EXPORT_LIMIT_S = 600.0


class DataError(Exception):
    """The data cannot be kept there; the message says why."""


def kept_data(name: str) -> Path | None:
    """The folder of that name, made where it does not exist; None for no name. Raises DataError for one that
    holds anything else: an export replaces the whole folder."""
    if not name:
        return None
    folder = Path(name).expanduser().resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        others = sorted({path.name for path in folder.iterdir()} - EXPORTED)
    except OSError as error:
        raise DataError(f"{folder} cannot be the folder of the data: {error.strerror}.") from error
    if others:
        raise DataError(
            f"{folder} holds other files, such as {others[0]}, and would be replaced. "
            "Name a folder of its own for the data."
        )
    return folder


def import_options(folder: Path) -> list[str]:
    """firebase-tools' options; none on the first run."""
    return ["--import", str(folder)] if (folder / METADATA).is_file() else []


def export(hub_port: int, folder: Path) -> None:
    """Replaces the folder by the emulators' data; returns when that is done. Raises DataError."""
    body = json.dumps({"path": str(folder), "initiatedBy": "exit"}).encode()
    try:
        answer = request(hub_port, "POST", "/_admin/export", timeout_s=EXPORT_LIMIT_S, body=body)
    except (OSError, http.client.HTTPException) as error:
        raise DataError(f"The data could not be kept in {folder}: {error}.") from error
    if answer.status != http.HTTPStatus.OK:
        said = (read_object(answer.body) or {}).get("message", answer.status)
        raise DataError(f"The data could not be kept in {folder}: {said}.")
