"""A peer: a callable that generates and saves in the call, as the first chapter of every tutorial has it
(firebase.google.com/docs/functions/callable)."""

# ruff: noqa: N802 - deployed functions are camelCase

from typing import Any

from firebase_admin import (  # type: ignore[import-untyped, unused-ignore]
    firestore,
    initialize_app,
    storage,
)
from firebase_functions import https_fn, options

from bench.peers.model import generate

initialize_app()


@https_fn.on_call(timeout_sec=300, memory=options.MemoryOption.GB_1)
def makeImage(req: https_fn.CallableRequest[Any]) -> Any:
    if req.auth is None:
        raise https_fn.HttpsError(
            code=https_fn.FunctionsErrorCode.UNAUTHENTICATED, message="Sign in first."
        )
    image = firestore.client().collection("images").document(req.data["id"])
    image.set({"uid": req.auth.uid, "prompt": req.data["prompt"], "status": "processing"})
    blob = storage.bucket().blob(f"images/{image.id}.png")
    blob.upload_from_string(generate(req.data["prompt"]), content_type="image/png")
    image.update({"status": "completed", "path": blob.name})
    return {"path": blob.name}
