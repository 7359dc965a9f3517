"""The floors: the least work on the same path, on the same platform, with the same clients. The bare floor
promises nothing. The safe floor does the least that keeps the promises that cannot be left out: a status and
its view in one commit, files that exist before they are listed, and a claim that is counted before the work.

Each floor keeps its clients for the process's life, so that the product is not compared with something slow.
For the same reason the trigger is a bare event function: the SDK's own decorator builds a Firestore client
for every event.
"""

# ruff: noqa: N802 - deployed functions are camelCase

import json
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import firebase_admin  # type: ignore[import-untyped, unused-ignore]
from cloudevents.http import CloudEvent
from firebase_admin import (  # type: ignore[import-untyped, unused-ignore]
    credentials,
    firestore,
    functions,
    storage,
)
from firebase_functions import https_fn, tasks_fn
from google.auth.credentials import AnonymousCredentials, Credentials
from google.events.cloud.firestore import (  # type: ignore[import-untyped, unused-ignore]
    DocumentEventData,
)

# Files as large as the picture of our instant provider and its thumbnail.
_FILES = {"png": (b"x" * 200, "image/png"), "webp": (b"x" * 100, "image/webp")}


class _EmulatorCredential(credentials.Base):  # type: ignore[misc, unused-ignore]
    def get_credential(self) -> Credentials:
        return AnonymousCredentials()  # type: ignore[no-untyped-call, unused-ignore]


firebase_admin.initialize_app(_EmulatorCredential())


@cache
def _database() -> Any:
    return firestore.client()


@cache
def _queue() -> functions.TaskQueue:
    return functions.task_queue("locations/us-central1/functions/floorWork")


@firestore.transactional  # type: ignore[untyped-decorator, unused-ignore]
def _do_nothing(_transaction: Any) -> None:
    """Empty: a begin and a commit, two round trips. Not even a missing document is read."""


@https_fn.on_call()
def floorAccept(call: https_fn.CallableRequest[Any]) -> Any:
    """One empty transaction and one enqueue: what accepting a job costs before it does anything."""
    _do_nothing(_database().transaction())
    _queue().enqueue({"data": call.data})
    return {}


@https_fn.on_call()
def floorStart(call: https_fn.CallableRequest[Any]) -> Any:
    """The chain's first link: callable -> task -> write -> trigger -> write."""
    _queue().enqueue({"data": call.data})
    return {}


@tasks_fn.on_task_dispatched()
def floorWork(task: https_fn.CallableRequest[Any]) -> None:
    _database().document(f"floor/{task.data['id']}").set({"final_path": task.data["path"]})


def floorReact(event: CloudEvent) -> None:
    data = DocumentEventData.deserialize(event.get_data())
    path = data.value.fields["final_path"].string_value
    _database().document(path).set({"status": "completed"})


@cache
def _safe_queue() -> functions.TaskQueue:
    return functions.task_queue("locations/us-central1/functions/safeWork")


@cache
def _bucket() -> Any:
    return storage.bucket(json.loads(os.environ["FIREBASE_CONFIG"])["storageBucket"])


def _safe_documents(sent: Any) -> tuple[Any, Any]:
    """The job, and the view that its user sees."""
    return _database().document(f"safe/{sent['id']}"), _database().document(sent["path"])


@https_fn.on_call()
def safeStart(call: https_fn.CallableRequest[Any]) -> Any:
    """Four writes in one commit (a job, its view, its account, its hold), then the task."""
    job, view = _safe_documents(call.data)
    account = _database().document(f"safe_accounts/{call.data['id']}")
    batch = _database().batch()
    batch.create(job, {"status": "queued", "attempts": 0})
    batch.set(view, {"status": "queued"})
    batch.set(account, {"held": 2})
    batch.create(account.collection("ledger").document("hold"), {"amount": 2})
    batch.commit()
    _safe_queue().enqueue({"data": call.data})
    return {}


@tasks_fn.on_task_dispatched()
def safeWork(task: https_fn.CallableRequest[Any]) -> None:
    """Claims the job if it still has the version that was read, saves the files in parallel, and ends the job
    if it still has the claim's version. Claim and end make two writes each."""
    job, view = _safe_documents(task.data)
    seen = job.get().update_time
    claim = _write_both(job, view, seen, {"status": "processing", "attempts": 1})
    with ThreadPoolExecutor(len(_FILES)) as uploads:
        list(uploads.map(lambda ending: _save(task.data["id"], ending), _FILES))
    _write_both(job, view, claim, {"status": "completed"})


def _write_both(job: Any, view: Any, seen: Any, fields: dict[str, Any]) -> Any:
    batch = _database().batch()
    batch.update(job, fields, option=_database().write_option(last_update_time=seen))
    batch.update(view, fields)
    return batch.commit()[0].update_time


def _save(name: str, ending: str) -> None:
    content, content_type = _FILES[ending]
    _bucket().blob(f"safe/{name}.{ending}").upload_from_string(
        content, content_type=content_type, if_generation_match=0
    )
