"""The job's document in Firestore, `generations/{user}/{images|videos}/{file}`: what listeners see.

The document's owner decides what may be written. A document with `account_id` belongs to a MediaForge
backend, which asks RunPod for the progress itself: it is left alone. A document without one was made by a
user's own function that only hands out ids: the worker writes it from the first status to the last. A final
status never changes. A write fails when the document has changed since it was read.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from mediaforge_worker import log
from mediaforge_worker.errors import WorkerError
from mediaforge_worker.settings import Settings

if TYPE_CHECKING:
    from google.cloud import firestore

FINAL = frozenset({"completed", "failed", "cancelled"})
RUNNING = frozenset({"queued", "processing"})
TRIES_TO_BEGIN = 2
TRIES_TO_END = 4
_PAUSE_S = 0.2
_TIMEOUT_S = 10.0
_CONFLICT = "conflict"

Document = Mapping[str, Any]
Fields = dict[str, Any]
Decide = Callable[[Document], Fields | None]


def begun(document: Document, now: datetime) -> Fields | None:
    if _is_the_backends(document) or _is_final(document):
        return None
    return {"status": "processing", "generated": False, "progress": 0.0, "modified": now}


def progressed(document: Document, progress: float, now: datetime) -> Fields | None:
    if _is_the_backends(document):
        return None
    if document.get("status") not in RUNNING or progress <= _number(document.get("progress")):
        return None
    return {"progress": progress, "modified": now}


def completed(document: Document, generation_data: Fields, now: datetime) -> Fields | None:
    if _is_the_backends(document) or _is_final(document):
        return None
    return {
        "status": "completed",
        "generated": True,
        "progress": 1.0,
        "completed_at": now,
        "modified": now,
        "generation_data": generation_data,
    }


def failed(document: Document, error: WorkerError, now: datetime) -> Fields | None:
    if _is_the_backends(document) or _is_final(document):
        return None
    told = {
        "code": error.code,
        "message": error.message,
        "retryable": error.kind == "unavailable",
    }
    return {
        "status": "failed",
        "generated": False,
        "completed_at": now,
        "modified": now,
        "error": told,
    }


def _is_the_backends(document: Document) -> bool:
    return document.get("account_id") is not None


def _is_final(document: Document) -> bool:
    return document.get("status") in FINAL


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


class Report(Protocol):
    """Tells listeners how far a job is. Never raises: a failed report must not cost a user their picture."""

    def begin(self) -> None: ...

    def progress(self, progress: float) -> None:
        """From 0 to 1."""
        ...

    def complete(self, generation_data: Fields) -> None: ...

    def fail(self, error: WorkerError) -> None: ...


class NoReport:
    """For jobs of which nobody is to be told, or can be told."""

    def begin(self) -> None:
        pass

    def progress(self, progress: float) -> None:
        pass

    def complete(self, generation_data: Fields) -> None:
        pass

    def fail(self, error: WorkerError) -> None:
        pass


class FirestoreReport:
    """Writes one job's document. The process has one `client`."""

    def __init__(self, client: "firestore.Client", path: str, job_id: str) -> None:
        self._client = client
        self._path = path
        self._job_id = job_id
        self._is_silent = False

    def begin(self) -> None:
        self._change("begun", lambda document: begun(document, _now()), TRIES_TO_BEGIN)

    def progress(self, progress: float) -> None:
        """Stops writing progress once Firestore has failed at it: each further try would hold up the GPU
        again. A conflict with another writer is no such failure."""
        if not self._is_silent:
            answered = self._change("progressed", lambda d: progressed(d, progress, _now()), 1)
            self._is_silent = not answered

    def complete(self, generation_data: Fields) -> None:
        self._change("completed", lambda document: completed(document, generation_data, _now()))

    def fail(self, error: WorkerError) -> None:
        self._change("failed", lambda document: failed(document, error, _now()))

    def _change(self, what: str, decide: Decide, tries: int = TRIES_TO_END) -> bool:
        """Reads the document, decides, and writes if it has not changed since; after a conflict it tries
        again. False when Firestore failed at the last try."""
        problem: str | None = None
        for number in range(tries):
            time.sleep(number * _PAUSE_S)
            try:
                if self._try(decide):
                    return True
                problem = _CONFLICT
            except Exception as error:  # whatever it is, the job goes on
                problem = type(error).__name__
        log.warning("report.failed", report=what, error_type=problem, job_id=self._job_id)
        return problem == _CONFLICT

    def _try(self, decide: Decide) -> bool:
        from google.api_core.exceptions import (  # noqa: PLC0415
            Aborted,
            FailedPrecondition,
            NotFound,
        )

        document = self._client.document(self._path)
        found = document.get(timeout=_TIMEOUT_S, retry=None)
        if not found.exists:
            # A missing document is not created: whoever deleted it, or never made it, does not wait for it.
            log.warning("document.missed", job_id=self._job_id)
            return True
        fields = decide(found.to_dict() or {})
        if fields is None:
            return True
        unchanged = self._client.write_option(last_update_time=found.update_time)
        try:
            document.update(fields, option=unchanged, timeout=_TIMEOUT_S, retry=None)
        except (Aborted, FailedPrecondition, NotFound):
            return False
        return True


def _now() -> datetime:
    return datetime.now(UTC)


class Reports:
    """Makes the reports of jobs. The client is made for the first report and kept. Where it cannot be made
    there are no reports, which is logged once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: firestore.Client | None = None
        self._is_off = False

    def of(self, path: str, job_id: str) -> Report:
        if self._client is None and not self._is_off:
            self._connect()
        return NoReport() if self._client is None else FirestoreReport(self._client, path, job_id)

    def _connect(self) -> None:
        try:
            self._client = _client(self._settings)
        except Exception as error:
            log.warning("reports.turned_off", error_type=type(error).__name__)
        self._is_off = self._client is None


def _client(settings: Settings) -> "firestore.Client | None":
    from google.auth.credentials import AnonymousCredentials  # noqa: PLC0415
    from google.cloud import firestore  # noqa: PLC0415
    from google.oauth2 import service_account  # noqa: PLC0415

    if settings.firestore_emulator:
        return firestore.Client(project=settings.project, credentials=AnonymousCredentials())
    if settings.service_account is None:
        log.info("reports.turned_off", reason=settings.key_problem)
        return None
    credentials = service_account.Credentials.from_service_account_info(
        dict(settings.service_account)
    )
    return firestore.Client(project=settings.project, credentials=credentials)
