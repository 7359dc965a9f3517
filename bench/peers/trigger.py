"""A peer: the shape of the extension `firestore-multimodal-genai` (GoogleCloudPlatform/firebase-extensions,
`functions/src/index.ts`), in Python: a client writes a document, a trigger generates and writes the output.

Its statuses, its guard (the event's own document) and its writes are the extension's; the output is a file
and its path, since the extension writes text.
"""

# ruff: noqa: N802 - deployed functions are camelCase

from typing import Any

from firebase_admin import initialize_app, storage  # type: ignore[import-untyped, unused-ignore]
from firebase_functions import firestore_fn, options
from google.cloud.firestore import SERVER_TIMESTAMP

from bench.peers.model import generate

initialize_app()


@firestore_fn.on_document_written(document="generate/{id}", memory=options.MemoryOption.GB_1)
def generateOnWrite(event: firestore_fn.Event[Any]) -> None:
    snapshot = event.data.after
    if snapshot is None:
        return  # deleted
    written = snapshot.to_dict() or {}
    state = written.get("status", {}).get("state")
    is_seen = state in {"PROCESSING", "COMPLETED", "ERRORED"}
    if not written.get("prompt") or written.get("output") or is_seen:
        return
    image = snapshot.reference
    started = {"updateTime": SERVER_TIMESTAMP, "startTime": SERVER_TIMESTAMP}
    image.update({"status": started | {"state": "PROCESSING"}})
    ended = {"status.completeTime": SERVER_TIMESTAMP, "status.updateTime": SERVER_TIMESTAMP}
    try:
        blob = storage.bucket().blob(f"generate/{image.id}.png")
        blob.upload_from_string(generate(written["prompt"]), content_type="image/png")
        image.update({**ended, "output": blob.name, "status.state": "COMPLETED"})
    except Exception as error:  # noqa: BLE001, RUF100 - as the extension does
        image.update({**ended, "status.state": "ERRORED", "status.error": str(error)})
