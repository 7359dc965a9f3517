"""Task queue functions. A final outcome is answered with 200: after any other status Cloud Tasks delivers the
task again."""

import json
import re
import time
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeGuard

from firebase_functions import options, tasks_fn
from firebase_functions.https_fn import CallableRequest, FunctionsErrorCode, HttpsError
from firebase_functions.params import SecretParam
from flask import Request, Response

from mediaforge import bootstrap, config, environment, log
from mediaforge.domain.errors import BusyError, RequestTooLargeError
from mediaforge.domain.jobs.queues import in_lane
from mediaforge.domain.lanes import Lane
from mediaforge.entrypoints import doors
from mediaforge.entrypoints.callable_protocol import is_callable_body

# An id that can be the name of a document: a task with a name that Firestore refuses would fail, and be
# delivered, again and again.
_ID = re.compile(r"[A-Za-z0-9-][A-Za-z0-9_-]{0,127}")
_RETRIES = options.RetryConfig(max_attempts=10, min_backoff_seconds=2, max_backoff_seconds=60)
_INTERNAL = options.IngressSetting.ALLOW_INTERNAL_ONLY
# A count of rows is asked for at the end of the second in which they changed.
_WAITS_S_MAX = 1.5
_REFUSED = {"result": {"outcome": "refused"}}
_JSON = "application/json"
Worker = Callable[[Request], Response]
FREE = Lane.FREE
# The service accounts of the functions that enqueue tasks. Tasks call the workers in their name, and nobody
# else may call them.
ENQUEUERS = ("mf-api", "mf-vertex", "mf-media", "mf-settle", "mf-erase")


def worker(
    name: str,
    memory: options.MemoryOption,
    account: Any,
    lane: Lane = Lane.PAID,
    *,
    secrets: Sequence[SecretParam] = (),
    handler: Callable[[CallableRequest[Any]], Any] | None = None,
) -> Worker:
    """The task function for `lane`'s part of the queue `name`, acting as `account`. `handler` is what it does
    with a task; the default is `run`. How many tasks the queue hands out follows from the catalogue.

    It is the SDK's, but for three things. The SDK drops `invoker`; without it our own service accounts could
    enqueue tasks and not call the worker, so it is set on the endpoint. Workers are closed to the internet.
    And a request that is no task is answered with 200 and forgotten: after the SDK's 400 it would be
    delivered again, ten times."""

    def handle(task: CallableRequest[Any]) -> Any:
        return (handler or run)(task)

    # A function deploys under its own name, and so does its queue.
    handle.__name__ = in_lane(name, lane)
    declared: Any = tasks_fn.on_task_dispatched(
        memory=memory,
        service_account=account,
        secrets=list(secrets) or None,
        timeout_sec=config.WORKER_TIMEOUT_S,
        concurrency=1,
        ingress=_INTERNAL if config.has_internal_workers() else None,
        retry_config=_RETRIES,
        **_limits(name, lane),
    )(handle)
    if invokers := _invokers():
        declared.__firebase_endpoint__.taskQueueTrigger["invoker"] = invokers

    @wraps(declared)
    def receive(request: Request) -> Response:
        if not _is_task(request):
            log.error("task.refused", why="no task")
            return Response(json.dumps(_REFUSED), content_type=_JSON)
        response: Response = declared(request)
        return response

    return receive


def _limits(queue: str, lane: Lane) -> dict[str, Any]:
    """Limits of the queue and its function, for the discovery of what is to be deployed; empty when the
    function is served, which has no use for them and would read the catalogue at each cold start."""
    if not environment.is_discovered():
        return {}
    from mediaforge import assembly

    is_emulated = environment.is_emulated()
    hands_out = assembly.catalogue().throughput(queue, lane, is_emulated=is_emulated)
    # The SDK's types say int, but Cloud Tasks takes fractions, and firebase-tools passes them on.
    a_second: Any = hands_out.a_second
    return {
        "max_instances": hands_out.at_once,
        "rate_limits": options.RateLimits(
            max_concurrent_dispatches=hands_out.at_once, max_dispatches_per_second=a_second
        ),
    }


def _invokers() -> Sequence[str]:
    return [account for name in ENQUEUERS if (account := config.service_account(name)) is not None]


def _is_task(request: Request) -> bool:
    if request.method != "POST":
        doors.ignore_body(request)
        return False
    try:
        body = doors.read_flat_body(request)
    except RequestTooLargeError:
        return False
    is_json = request.headers.get("Content-Type", "").partition(";")[0].strip().lower() == _JSON
    return is_json and is_callable_body(body)


def run(task: CallableRequest[Any]) -> dict[str, str]:
    """Handles one delivery of `{"jobId": …, "delivery": …}`. A task that is not ours is answered and
    forgotten."""
    data = task.data if isinstance(task.data, dict) else {}
    job_id, delivery = data.get("jobId"), data.get("delivery")
    if not _is_id(job_id):
        log.error("task.refused", why="no jobId")
        return {"outcome": "refused"}
    with log.bound(job_id=job_id):
        return {"outcome": _done(lambda: _run(job_id, delivery))}


def rotate(task: CallableRequest[Any]) -> dict[str, str]:
    """Handles one delivery of `{"teamId": …}`, which goes on with the team's rotation, or of
    `{"batchId": …}`, which ends the batch's shares that were revoked."""
    from mediaforge.services.jobs.rotation import rotate_addresses
    from mediaforge.services.library.unsharing import end_shares

    data = task.data if isinstance(task.data, dict) else {}
    team_id, batch_id = data.get("teamId"), data.get("batchId")
    if _is_id(batch_id):
        with log.bound(batch_id=batch_id):
            return {"outcome": _done(lambda: end_shares(bootstrap.backend(), batch_id))}
    if not _is_id(team_id):
        log.error("task.refused", why="no teamId and no batchId")
        return {"outcome": "refused"}
    with log.bound(team_id=team_id):
        return {"outcome": _done(lambda: rotate_addresses(bootstrap.backend(), team_id))}


def go_on_with_batches(task: CallableRequest[Any]) -> dict[str, str]:
    """Handles one delivery of `{"accountId": …}`, which fills the account's slots, or of `{"batchId": …}`,
    which does what is due of the batch. With `after`, a second since 1970, it first waits for that second:
    the emulator delivers a task at once, whenever it is due."""
    from mediaforge.contract.requests import is_account_id
    from mediaforge.services.jobs.dispatch import dispatch_account
    from mediaforge.services.library.tally import look_after

    data = task.data if isinstance(task.data, dict) else {}
    account_id, batch_id, after = (data.get(name) for name in ("accountId", "batchId", "after"))
    if isinstance(account_id, str) and is_account_id(account_id):
        with log.bound(account_id=account_id):
            return {
                "outcome": _done(lambda: _filled(dispatch_account(bootstrap.backend(), account_id)))
            }
    if not _is_id(batch_id):
        log.error("task.refused", why="no accountId and no batchId")
        return {"outcome": "refused"}
    if isinstance(after, int):
        time.sleep(min(_WAITS_S_MAX, max(0.0, after - time.time())))
    with log.bound(batch_id=batch_id):
        return {"outcome": _done(lambda: look_after(bootstrap.backend(), batch_id))}


def export(task: CallableRequest[Any]) -> dict[str, str]:
    """Handles one delivery of `{"uid": …, "exportId": …}`."""
    from mediaforge.contract.requests import is_account_id
    from mediaforge.services.library.export_work import make_export

    data = task.data if isinstance(task.data, dict) else {}
    uid, export_id = data.get("uid"), data.get("exportId")
    if not isinstance(uid, str) or not is_account_id(f"user_{uid}") or not _is_id(export_id):
        log.error("task.refused", why="no uid or no exportId")
        return {"outcome": "refused"}
    with log.bound(export_id=export_id):
        return {"outcome": _done(lambda: make_export(bootstrap.backend(), uid, export_id))}


def erase(task: CallableRequest[Any]) -> dict[str, str]:
    """Handles one delivery of `{"erase": …}`, an account's id: goes on with the erasure of its user."""
    from mediaforge.contract.requests import is_account_id
    from mediaforge.services.erasure.work import go_on

    data = task.data if isinstance(task.data, dict) else {}
    account_id = data.get("erase")
    if not isinstance(account_id, str) or not is_account_id(account_id):
        log.error("task.refused", why="no account to erase")
        return {"outcome": "refused"}
    with log.bound(account_id=account_id):
        return {"outcome": _done(lambda: go_on(bootstrap.backend(), account_id))}


def tell_webhook(task: CallableRequest[Any]) -> dict[str, str]:
    """Handles one delivery of `{"webhookId": …, "deliveryId": …}`: one attempt at telling the webhook."""
    from mediaforge.services.library.webhook_notices import deliver_notice

    data = task.data if isinstance(task.data, dict) else {}
    webhook_id, notice_id = data.get("webhookId"), data.get("deliveryId")
    if not _is_id(webhook_id) or not _is_id(notice_id):
        log.error("task.refused", why="no webhookId or no deliveryId")
        return {"outcome": "refused"}
    with log.bound(webhook_id=webhook_id, delivery_id=notice_id):
        return {
            "outcome": _done(lambda: deliver_notice(bootstrap.backend(), webhook_id, notice_id))
        }


def _filled(number: int) -> str:
    return "filled" if number else "full"


def _is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _done(work: Callable[[], str]) -> str:
    try:
        return work()
    except BusyError as busy:
        log.warning("task.postponed", cause=str(busy))
        raise HttpsError(FunctionsErrorCode.INTERNAL, "busy, deliver again") from None
    except Exception as broken:
        # The SDK must not see the error itself: it would log its message, which may quote the prompt.
        log.bug("task.broke", broken)
        raise HttpsError(FunctionsErrorCode.INTERNAL, "broken, deliver again") from None


def _run(job_id: str, delivery: object) -> str:
    from mediaforge.services.jobs.run import run_job

    return run_job(bootstrap.backend(), job_id, delivery if isinstance(delivery, int) else None)
