"""The floor: the least that the same path can be on the same platform, with the same clients.

Each floor keeps its clients for the process's life, as any good function does, so that the product
is not compared with something slow. For the same reason the trigger is a bare event function: the
SDK's own decorator builds a Firestore client for every event.
"""

# ruff: noqa: N802 - deployed functions are camelCase

from functools import cache
from typing import Any

import firebase_admin  # type: ignore[import-untyped, unused-ignore]
from cloudevents.http import CloudEvent
from firebase_admin import (  # type: ignore[import-untyped, unused-ignore]
    credentials,
    firestore,
    functions,
)
from firebase_functions import https_fn, tasks_fn
from google.auth.credentials import AnonymousCredentials, Credentials
from google.events.cloud.firestore import (  # type: ignore[import-untyped, unused-ignore]
    DocumentEventData,
)


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
