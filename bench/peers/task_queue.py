"""A peer: the shape of Google's sample of task queues, `Python/taskqueues-backup-images` in
firebase/functions-samples, that saves each picture under a name from its task.

Three things differ from the file there, which does not run as it stands: it enqueues by `firebase_admin`, as
firebase.google.com/docs/functions/task-functions does (the sample's own tasks carry no token, so a deployed
worker refuses them); its door is a callable; and it keeps a status in Firestore, which the sample has not.
"""

# ruff: noqa: N802 - deployed functions are camelCase

from typing import Any

from firebase_admin import (  # type: ignore[import-untyped, unused-ignore]
    firestore,
    functions,
    initialize_app,
    storage,
)
from firebase_functions import https_fn, tasks_fn
from firebase_functions.options import MemoryOption, RateLimits, RetryConfig

from bench.peers.model import generate

initialize_app()


@https_fn.on_call()
def enqueueImage(req: https_fn.CallableRequest[Any]) -> Any:
    if req.auth is None:
        raise https_fn.HttpsError(
            code=https_fn.FunctionsErrorCode.UNAUTHENTICATED, message="Sign in first."
        )
    task = {"id": req.data["id"], "prompt": req.data["prompt"]}
    image = firestore.client().collection("images").document(task["id"])
    image.set({"uid": req.auth.uid, "prompt": task["prompt"], "status": "queued"})
    functions.task_queue("workOnImage").enqueue({"data": task})
    return {"path": image.path}


@tasks_fn.on_task_dispatched(
    retry_config=RetryConfig(max_attempts=5, min_backoff_seconds=60),
    rate_limits=RateLimits(max_concurrent_dispatches=10),
    memory=MemoryOption.GB_1,
)
def workOnImage(req: https_fn.CallableRequest[Any]) -> str:
    try:
        name, prompt = req.data["id"], req.data["prompt"]
    except KeyError as missing:
        raise https_fn.HttpsError(
            code=https_fn.FunctionsErrorCode.INVALID_ARGUMENT,
            message="Invalid payload. Must include id and prompt.",
        ) from missing
    image = firestore.client().collection("images").document(name)
    image.update({"status": "processing"})
    blob = storage.bucket().blob(f"images/{name}.png")
    blob.upload_from_string(generate(prompt), content_type="image/png")
    image.update({"status": "completed", "path": blob.name})
    return f"Saved {blob.name}"
