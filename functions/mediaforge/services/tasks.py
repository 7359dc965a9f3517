"""Hands the tasks that a commit has decided on to their queues."""

import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

from pydantic.alias_generators import to_snake

from mediaforge import log
from mediaforge.domain.errors import BusyError
from mediaforge.domain.library.webhooks import Notice
from mediaforge.ports.tasks import Task
from mediaforge.services.backend import Backend

ROTATION_QUEUE = "rotateAddresses"
BATCH_QUEUE = "batches"
EXPORT_QUEUE = "exports"
WEBHOOK_QUEUE = "deliverWebhooks"
ERASURE_QUEUE = "eraseUsers"
# Tasks that are enqueued at once. Each is a request to the same host; more would wait for a connection.
_AT_ONCE = 8
_UNSHARED_EVERY_S = 300


def hand_over(backend: Backend, *tasks: Task) -> None:
    """Enqueues the tasks side by side. Never raises, whatever a queue does: the job or the team of a task
    that is not handed over now has a `due_at` or a `clean_at`, and the sweep finds it."""
    for task, error in zip(tasks, _enqueue(backend, tasks), strict=True):
        of = {to_snake(name): value for name, value in task.body.items()}
        if isinstance(error, BusyError):
            log.warning("task.delayed", **of, cause=str(error))
        elif error is not None:
            log.bug("task.broke", error, **of)


def _enqueue(backend: Backend, tasks: Sequence[Task]) -> Sequence[Exception | None]:
    """The error that each task met with, in their order; None for a task that was enqueued."""
    if len(tasks) <= 1:
        return [_tried(backend, task) for task in tasks]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(partial(_tried, backend), tasks))


def _tried(backend: Backend, task: Task) -> Exception | None:
    try:
        backend.tasks.enqueue(task)
    except Exception as error:
        return error
    return None


def send_fill(backend: Backend, account_id: str) -> None:
    """Enqueues the filling of an account's free slots, after a commit that lets rows start."""
    hand_over(backend, Task(BATCH_QUEUE, backend.new_id(), {"accountId": account_id}))


def send_look(backend: Backend, batch_id: str, not_before: datetime | None = None) -> None:
    """Enqueues a look at a batch, which does what is due of it."""
    hand_over(backend, Task(BATCH_QUEUE, backend.new_id(), {"batchId": batch_id}, not_before))


def send_tally(backend: Backend, batch_id: str, changed_at: datetime) -> None:
    """Enqueues a count of a batch's rows, one of which has changed at that moment. All changes of one second
    make one task, which is not run before that second is over."""
    second = int(changed_at.timestamp())
    # An emulator has no tasks for later: there the worker waits for the second.
    at = None if backend.is_emulated else datetime.fromtimestamp(second + 1, UTC)
    task_id = hashlib.sha256(f"{batch_id}:{second}".encode()).hexdigest()[:40]
    hand_over(backend, Task(BATCH_QUEUE, task_id, {"batchId": batch_id, "after": second + 1}, at))


def send_unsharing(backend: Backend, batch_id: str) -> None:
    """Enqueues the end of a batch's shares that were revoked. All that is sent in five minutes is one task:
    so nobody has the pictures turned more often, however fast they share and revoke."""
    period = int(backend.clock.now().timestamp()) // _UNSHARED_EVERY_S
    task_id = hashlib.sha256(f"{batch_id}:unshare:{period}".encode()).hexdigest()[:40]
    hand_over(backend, Task(ROTATION_QUEUE, task_id, {"batchId": batch_id}))


def send_export(backend: Backend, uid: str, export_id: str) -> None:
    """Enqueues the making of an export's file."""
    hand_over(backend, Task(EXPORT_QUEUE, backend.new_id(), {"uid": uid, "exportId": export_id}))


def send_notices(
    backend: Backend, notices: Iterable[Notice], not_before: datetime | None = None
) -> None:
    """Enqueues the next attempt of each notice."""
    bodies = [{"webhookId": each.webhook_id, "deliveryId": each.id} for each in notices]
    new_id = backend.new_id
    hand_over(backend, *(Task(WEBHOOK_QUEUE, new_id(), body, not_before) for body in bodies))


def send_rotation(backend: Backend, team_id: str) -> None:
    """Enqueues a team's rotation, after a commit that leaves addresses of the team's pictures to be ended."""
    hand_over(backend, Task(ROTATION_QUEUE, backend.new_id(), {"teamId": team_id}))


def send_erasure(backend: Backend, account_id: str) -> None:
    """Enqueues the next steps of an erasure."""
    hand_over(backend, Task(ERASURE_QUEUE, backend.new_id(), {"erase": account_id}))
