"""Training a brand: a Vertex AI CustomJob that runs the trainer's container.

Sources: google/cloud/aiplatform_v1/types/custom_job.py, job_state.py; docs.cloud.google.com,
"Understand the custom training service".
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

# These are light, and every function has loaded them already. The SDK itself is loaded inside the methods.
import google.api_core.exceptions as api
import google.auth.exceptions as auth
import requests.exceptions as http
from google.auth.credentials import Credentials
from google.protobuf.json_format import ParseError
from urllib3.exceptions import NewConnectionError

from mediaforge import log
from mediaforge.domain.errors import (
    LostError,
    MediaForgeError,
    ProviderError,
    RejectedError,
    UnavailableError,
)
from mediaforge.ports.provider import Finished, ProviderRequest, Running, TrainingSpec
from mediaforge.providers.operator import Asked, operators_fault
from mediaforge.providers.vertex.client import is_handle
from mediaforge.providers.vertex.credentials import credentials_error
from mediaforge.providers.vertex.refusals import (
    OPERATORS_FAULTS,
    Refusal,
    code_of,
    is_stock_out,
    question_error,
    read_refusal,
    start_error,
)

if TYPE_CHECKING:
    from google.cloud.aiplatform_v1.services.job_service import JobServiceClient
    from google.cloud.aiplatform_v1.types import CustomJob

_POLL_S = 60.0  # a training takes from ten minutes to hours
_PROVIDER = "vertex-training"
_JOB_LABEL, _ATTEMPT_LABEL = "mediaforge_job", "mediaforge_attempt"
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")

# States by name, because only the SDK defines their numbers.
_FAILED = {
    "JOB_STATE_FAILED",
    "JOB_STATE_CANCELLING",
    "JOB_STATE_CANCELLED",
    "JOB_STATE_EXPIRED",
    "JOB_STATE_PARTIALLY_SUCCEEDED",
}
# Vertex tells the phase of a job, not how far it is: so there is one value for each phase. The container
# tells its steps, in the folder of its checkpoints.
_PROGRESS = {"JOB_STATE_QUEUED": 0.05, "JOB_STATE_PENDING": 0.05}
_BEGUN, _LAST_STEP = 0.1, 0.95
_PROGRESS_FILE = "checkpoints/progress.json"
PROGRESS_BYTES_MAX = 200

_EXIT = re.compile(r"non-zero status of ([0-9]{1,3})\b")
_ADDRESS_CHARS_MAX = 1024  # the weights' address becomes a field of documents
_REFUSED_EXIT, _MISCONFIGURED_EXIT = 65, 78  # sysexits.h: EX_DATAERR, EX_CONFIG
_MISCONFIGURED = ("provider-misconfigured", "The trainer is not set up correctly.")
# Our own request is wrong: nothing was sent, and the provider was not asked.
_OURS = (http.InvalidURL, http.InvalidHeader, http.MissingSchema, http.InvalidSchema)
_NO_ANSWER = ("provider-unavailable", "Vertex AI did not answer.")
_ODD_ANSWER = ("provider-unavailable", "Vertex AI gave an answer that cannot be read.")
_REFUSED = ("provider-rejected", "Vertex AI refused the training as it is set up.")

# Every error of the libraries under the SDK derives from one of these; a test walks them. The SDK raises the
# last three over an answer that is not what it expects.
_FOREIGN_ERRORS = (
    api.GoogleAPIError,
    auth.GoogleAuthError,
    http.RequestException,
    ParseError,
    ValueError,
    AttributeError,
)


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """`endpoint` replaces the region's own (`http://127.0.0.1:1234`). `image_uri` is the trainer's container;
    `accelerator_type` is the API's name of it (`NVIDIA_L4`). `output_uri` is a `gs://` folder that gets one
    folder for each training. `timeout_s` limits the container's run, `call_s` one call."""

    project: str
    location: str
    credentials: Callable[[], Credentials]
    image_uri: str
    service_account: str
    output_uri: str
    endpoint: str | None = None
    machine_type: str = "g2-standard-8"
    accelerator_type: str = "NVIDIA_L4"
    accelerator_count: int = 1
    timeout_s: int = 4 * 3600
    call_s: float = 30.0


class VertexTraining:
    """The creation of a training has no request id, so `start` first looks for one with the job's label: a
    training whose creation was answered with an error, or not at all, is taken over and not paid for twice.
    `start` looks once more when the creation has failed: a job that is cancelled then has no other way to
    find the training that it began.

    The container gets `--job-id=…`, `--name=…`, `--base-model=…`, `--trigger=…` and `--references` with
    `gs://` addresses, writes its weights to `AIP_MODEL_DIR`, and exits with 65 where it refuses the pictures
    or the name, with 78 where it is not set up right. `read` answers the first bytes of the file at a `gs://`
    address, None where there is none: the container writes there how far it is."""

    def __init__(
        self, settings: TrainingSettings, read: Callable[[str], bytes | None] | None = None
    ) -> None:
        self._settings = settings
        self._read = read

    def start(self, request: ProviderRequest) -> Running:
        try:
            standing = self._look_up(request)
        except ProviderError as error:
            error.may_have_billed = False  # nothing has been created yet
            raise
        if standing:
            return self._running(standing)
        try:
            return self._running(self._create(request))
        except UnavailableError as error:
            with suppress(ProviderError):
                if created := self._look_up(request):
                    return self._running(created)
                # If the training appears later after all, the next attempt takes it over, so it is not paid
                # for twice.
                error.may_have_billed = False
            raise

    def _look_up(self, request: ProviderRequest) -> "CustomJob | None":
        label = _label(request.job_id)
        with self._service(_asked(request), is_start=True) as service:
            known = list(
                service.list_custom_jobs(
                    request={"parent": self._parent, "filter": f'labels.{_JOB_LABEL}="{label}"'},
                    retry=None,
                    timeout=self._settings.call_s,
                )
            )
        return _standing(known, attempt=str(request.attempt))

    def poll(self, request: ProviderRequest, handle: str) -> Finished | Running:
        asked = _asked(request)
        try:
            with self._service(asked) as service:
                job = service.get_custom_job(name=handle, retry=None, timeout=self._settings.call_s)
        except _EndedError as error:  # here it means another fault, say billing off
            raise operators_fault(asked, "FAILED_PRECONDITION", is_start=False) from error
        if _state(job) == "JOB_STATE_SUCCEEDED":
            return Finished(model_uri=_model_uri(job))
        if _state(job) in _FAILED - {"JOB_STATE_CANCELLING"}:
            raise _failure(job, asked)
        return self._running(job)

    def cancel(self, handle: str) -> None:
        asked = Asked(_PROVIDER, "")
        with suppress(LostError, _EndedError), self._service(asked) as service:
            service.cancel_custom_job(name=handle, retry=None, timeout=self._settings.call_s)

    def _create(self, request: ProviderRequest) -> "CustomJob":
        from google.cloud.aiplatform_v1.types import CustomJob  # noqa: PLC0415

        wanted = CustomJob(_custom_job(request, self._settings))
        with self._service(_asked(request), is_start=True) as service:
            return service.create_custom_job(
                parent=self._parent, custom_job=wanted, retry=None, timeout=self._settings.call_s
            )

    def _running(self, job: "CustomJob") -> Running:
        if not is_handle(job.name):
            raise UnavailableError(*_ODD_ANSWER)
        progress = _PROGRESS.get(_state(job))
        if _state(job) == "JOB_STATE_RUNNING":
            progress = _overall(self._told_progress(job))
        return Running(job.name, _POLL_S, progress)

    def _told_progress(self, job: "CustomJob") -> float:
        """What the container says of its own steps; 0 where it has said nothing that can be read. It is a
        hint, so a Storage that does not answer costs nothing."""
        folder = job.job_spec.base_output_directory.output_uri_prefix
        if self._read is None or not folder:
            return 0.0
        with suppress(MediaForgeError):
            return _progress_in(self._read(f"{folder.rstrip('/')}/{_PROGRESS_FILE}"))
        return 0.0

    @property
    def _parent(self) -> str:
        return f"projects/{self._settings.project}/locations/{self._settings.location}"

    @contextmanager
    def _service(self, asked: Asked, *, is_start: bool = False) -> Iterator["JobServiceClient"]:
        """The client; every error of the call inside becomes one of ours.

        It uses REST rather than gRPC: a training is asked about once a minute, which does not justify a
        channel with threads of its own; and the tests, which speak HTTP, run the same code as production."""
        from google.cloud.aiplatform_v1.services.job_service import JobServiceClient  # noqa: PLC0415

        at = self._settings.endpoint or f"{self._settings.location}-aiplatform.googleapis.com"
        try:
            with JobServiceClient(
                transport="rest",
                credentials=self._settings.credentials(),
                client_options={"api_endpoint": at},
            ) as service:
                yield service
        except _FOREIGN_ERRORS as error:
            raise as_provider_error(error, asked, is_start=is_start) from error


# ---- what is sent ---------------------------------------------------------------------------


def _custom_job(request: ProviderRequest, settings: TrainingSettings) -> dict[str, Any]:
    """The fields of `CustomJob`. They keep Vertex from repeating a job by itself, since we count attempts.
    Vertex may still restart a container that exits with an error on the same machine."""
    pool = {
        "machine_spec": _machine(settings),
        "replica_count": 1,
        "container_spec": {"image_uri": settings.image_uri, "args": _arguments(request)},
    }
    return {
        "display_name": f"mediaforge {request.job_id}",
        "labels": {_JOB_LABEL: _label(request.job_id), _ATTEMPT_LABEL: str(request.attempt)},
        "job_spec": {
            "worker_pool_specs": [pool],
            "scheduling": {
                "timeout": timedelta(seconds=settings.timeout_s),
                "restart_job_on_worker_restart": False,
                "disable_retries": True,
            },
            "service_account": settings.service_account,
            "base_output_directory": {
                "output_uri_prefix": f"{settings.output_uri.rstrip('/')}/{request.job_id}"
            },
        },
    }


def _machine(settings: TrainingSettings) -> dict[str, Any]:
    machine: dict[str, Any] = {"machine_type": settings.machine_type}
    if settings.accelerator_count:
        machine["accelerator_type"] = settings.accelerator_type
        machine["accelerator_count"] = settings.accelerator_count
    return machine


def _arguments(request: ProviderRequest) -> list[str]:
    """The container's arguments. They use `=`, so that a name which begins with a dash is not taken for an
    option."""
    return [
        f"--job-id={request.job_id}",
        f"--name={request.name}",
        *_training_arguments(request.training),
        "--references",
        *(reference.uri for reference in request.references),
    ]


def _training_arguments(training: TrainingSpec | None) -> list[str]:
    if training is None:
        return []
    return [f"--base-model={training.base_model}", f"--trigger={training.trigger}"]


def _label(job_id: str) -> str:
    """The job's id as the value of a label: at most 63 lower-case letters, digits, `_` and `-`."""
    return job_id if _LABEL.fullmatch(job_id) else hashlib.sha256(job_id.encode()).hexdigest()[:40]


def _asked(request: ProviderRequest) -> Asked:
    return Asked(_PROVIDER, request.model, request.limited_s)


# ---- what is answered -----------------------------------------------------------------------


def _state(job: "CustomJob") -> str:
    """The state's name; empty for a state that the SDK does not know. That is no end: the job is asked about
    again."""
    return getattr(job.state, "name", "")


def _progress_in(content: bytes | None) -> float:
    """Of `{"progress": 0.4}`, from 0 to 1; 0 for anything else: the container is not ours alone."""
    try:
        said = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        return 0.0
    progress = said.get("progress") if isinstance(said, dict) else None
    if isinstance(progress, bool) or not isinstance(progress, int | float):
        return 0.0
    return float(progress) if 0 <= progress <= 1 else 0.0


def _overall(progress: float) -> float:
    """Of the whole training: before the steps come a machine and the model, after them the weights."""
    return round(_BEGUN + progress * (_LAST_STEP - _BEGUN), 4)


def _standing(known: Iterable["CustomJob"], attempt: str) -> "CustomJob | None":
    """The training that is to be taken over: one of any attempt that is at work or has succeeded; else this
    attempt's own, whose failure `poll` then tells."""
    jobs = list(known)
    alive = [job for job in jobs if _state(job) not in _FAILED]
    own = [job for job in jobs if job.labels.get(_ATTEMPT_LABEL) == attempt]
    return next(iter(alive + own), None)


def _model_uri(job: "CustomJob") -> str:
    """The folder that was `AIP_MODEL_DIR`. It is taken from the job, since our settings may have changed
    since."""
    directory = job.job_spec.base_output_directory.output_uri_prefix
    if not directory or len(directory) > _ADDRESS_CHARS_MAX:
        raise LostError("nothing-delivered", "The training finished without a result.")
    return f"{directory.rstrip('/')}/model/"


def _failure(job: "CustomJob", asked: Asked) -> ProviderError:
    """The failure in our words: Vertex's words quote the container's, and name the project. An operator finds
    them under the name of the job, which is in the log."""
    if _state(job) == "JOB_STATE_CANCELLED":
        return LostError("training-cancelled", "The training was stopped.")
    code, message = code_of(job.error.code), job.error.message
    exit_status = _EXIT.search(message)
    log.warning(
        "training.failed", job=job.name, cause=code, exit_status=exit_status and int(exit_status[1])
    )
    if exit_status:
        return _container_failure(int(exit_status[1]), asked)
    if is_stock_out(message) or code == "RESOURCE_EXHAUSTED":
        return LostError(
            "training-no-machine", "There was no machine for the training.", may_have_billed=False
        )
    if code in OPERATORS_FAULTS:
        return operators_fault(asked, f"training {code}", is_start=True)
    if code == "INVALID_ARGUMENT":
        return RejectedError(
            "training-rejected", "The training was refused as it was set up.", may_have_billed=True
        )
    return LostError("training-failed", "The training failed.")


def _container_failure(exit_status: int, asked: Asked) -> ProviderError:
    """What the container's exit status means. Vertex reports INVALID_ARGUMENT for every container that exits
    with an error, even over a lost connection (GoogleCloudPlatform/vertex-ai-samples#1504): only the exit
    status says that the trainer refused the request."""
    if exit_status == _REFUSED_EXIT:
        return RejectedError(
            "training-rejected",
            "The trainer refused the brand's pictures or its name.",
            may_have_billed=True,
        )
    if exit_status == _MISCONFIGURED_EXIT:
        return operators_fault(
            asked, f"trainer exit {exit_status}", is_start=True, told=_MISCONFIGURED
        )
    return LostError("training-failed", "The training failed.")


# ---- errors: the one place that maps them ---------------------------------------------------


class _EndedError(UnavailableError):
    """FAILED_PRECONDITION. In the answer to a cancel it means that the training has ended."""


def as_provider_error(error: Exception, asked: Asked, *, is_start: bool) -> ProviderError:
    """Our error for one of the SDK's. A start that would be refused again is refused; for a training that
    runs, only the question has failed."""
    if isinstance(error, api.GoogleAPICallError) and error.code is not None:
        return _refusal_error(_refusal(error, error.code), asked, is_start=is_start)
    if isinstance(error, auth.GoogleAuthError):
        return credentials_error(error, asked, is_start=is_start)
    if isinstance(error, _OURS):
        return UnavailableError(*_NO_ANSWER, may_have_billed=False, was_asked=False)
    if _was_never_sent(error):
        return UnavailableError(*_NO_ANSWER, may_have_billed=False)
    if isinstance(error, ParseError | ValueError | AttributeError):
        return UnavailableError(*_ODD_ANSWER)
    return UnavailableError(*_NO_ANSWER)


def _refusal_error(refusal: Refusal, asked: Asked, *, is_start: bool) -> ProviderError:
    if is_start:
        return _start_refused(refusal, asked)
    if refusal.status == api.NotFound.code:
        return LostError("training-gone", "The training is not known to Vertex AI.")
    if refusal.code == "FAILED_PRECONDITION":
        return _EndedError("training-ended", "The training has ended.")
    return question_error(refusal, asked)


def _start_refused(refusal: Refusal, asked: Asked) -> ProviderError:
    """A refused start is the operator's fault: but for its name and pictures, everything in a training's
    request is what the operator has set up: the project, the region, the machine, the container."""
    if refusal.code == "NOT_FOUND":
        return operators_fault(asked, refusal.cause, is_start=True)
    meant = start_error(refusal, asked)
    if meant.code in ("provider-rejected", "content-blocked"):
        return operators_fault(asked, refusal.cause, is_start=True, told=_REFUSED)
    return meant


def _was_never_sent(error: Exception) -> bool:
    """Whether there was no connection to send anything on. `requests` has one class for that and for a
    connection that was lost; the two differ in urllib3's error inside."""
    if isinstance(error, http.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(error, http.ConnectionError) and isinstance(
        getattr(cause, "reason", None), NewConnectionError
    )


def _refusal(error: api.GoogleAPICallError, status: int) -> Refusal:
    headers = getattr(error.response, "headers", None) or {}
    return read_refusal(status, _body(error), headers)


def _body(error: api.GoogleAPICallError) -> object:
    """The JSON of the answer, `{"error": {"code", "status", "message"}}`. It is read here because the SDK
    drops `status`."""
    try:
        return error.response.json()
    except (AttributeError, ValueError):
        return None
