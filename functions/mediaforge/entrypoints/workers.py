"""Task queue functions. Whatever is final answers 200: any other status would be delivered again."""

import re
from collections.abc import Callable
from typing import Any, TypeGuard

from firebase_functions.https_fn import CallableRequest, FunctionsErrorCode, HttpsError

from mediaforge import bootstrap, log
from mediaforge.domain.errors import BusyError
from mediaforge.services.rotation import rotate_addresses
from mediaforge.services.run import run_job

# What can be the name of a document; a name that Firestore refuses would be delivered again and again.
_ID = re.compile(r"[A-Za-z0-9-][A-Za-z0-9_-]{0,127}")


def run(task: CallableRequest[Any]) -> dict[str, str]:
    """One delivery of `{"jobId": …, "delivery": …}`. A task that is not ours is answered and forgotten."""
    data = task.data if isinstance(task.data, dict) else {}
    job_id, delivery = data.get("jobId"), data.get("delivery")
    if not _is_id(job_id):
        log.error("task.refused", why="no jobId")
        return {"outcome": "refused"}
    with log.bound(job_id=job_id):
        return {"outcome": _done(lambda: _run(job_id, delivery))}


def rotate(task: CallableRequest[Any]) -> dict[str, str]:
    """One delivery of `{"teamId": …}`."""
    team_id = task.data.get("teamId") if isinstance(task.data, dict) else None
    if not _is_id(team_id):
        log.error("task.refused", why="no teamId")
        return {"outcome": "refused"}
    with log.bound(team_id=team_id):
        return {"outcome": _done(lambda: rotate_addresses(bootstrap.backend(), team_id))}


def _is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _done(work: Callable[[], str]) -> str:
    try:
        return work()
    except BusyError as busy:
        log.warning("task.postponed", cause=str(busy))
        raise HttpsError(FunctionsErrorCode.INTERNAL, "busy, deliver again") from None
    except Exception as broken:
        # Its message may quote the prompt, and the SDK would log it.
        log.bug("task.broke", broken)
        raise HttpsError(FunctionsErrorCode.INTERNAL, "broken, deliver again") from None


def _run(job_id: str, delivery: object) -> str:
    return run_job(bootstrap.backend(), job_id, delivery if isinstance(delivery, int) else None)
