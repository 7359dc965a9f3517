"""Training a brand: a Vertex AI CustomJob that runs the trainer's container.

Sources: google/cloud/aiplatform_v1/types/custom_job.py, job_state.py; docs.cloud.google.com,
"Understand the custom training service".
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

# Light, and loaded already by what every function needs. The SDK itself is loaded by its methods.
import google.api_core.exceptions as api
import google.auth.exceptions as auth
import requests.exceptions as http
from google.auth.credentials import Credentials
from google.protobuf.json_format import ParseError  # type: ignore[import-untyped]  # has no stubs

from mediaforge.domain.errors import (
    LostError,
    ProviderError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.ports.provider import Finished, ProviderRequest, Running
from mediaforge.providers.vertex.errors import asked_wait_s

if TYPE_CHECKING:
    from google.cloud.aiplatform_v1.services.job_service import JobServiceClient
    from google.cloud.aiplatform_v1.types import CustomJob

_POLL_S = 60.0  # a training takes from ten minutes to hours
_MESSAGE_CHARS_MAX = 300
_JOB_LABEL, _ATTEMPT_LABEL = "mediaforge_job", "mediaforge_attempt"
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")

# By name: the numbers' home is the SDK.
_FAILED = {
    "JOB_STATE_FAILED",
    "JOB_STATE_CANCELLING",
    "JOB_STATE_CANCELLED",
    "JOB_STATE_EXPIRED",
    "JOB_STATE_PARTIALLY_SUCCEEDED",
}
# Vertex tells the phase of a job, not how far it is: a mark for each phase, and no guess in between.
_PROGRESS = {"JOB_STATE_QUEUED": 0.05, "JOB_STATE_PENDING": 0.05, "JOB_STATE_RUNNING": 0.1}

_INVALID_ARGUMENT = 3  # google.rpc.Code
_EXIT = re.compile(r"non-zero status of (\d+)")
_REFUSED_EXIT = 65  # sysexits.h: EX_DATAERR
_NO_ANSWER = ("provider-unavailable", "Vertex AI did not answer.")
_ODD_ANSWER = ("provider-unavailable", "Vertex AI gave an answer that cannot be read.")
_NOT_ALLOWED = ("provider-not-allowed", "Vertex AI does not accept our account.")

# Every error of the libraries under the SDK derives from one of these; a test walks them. The last
# three are what the SDK raises over an answer that is not what it expects.
_FOREIGN_ERRORS = (
    api.GoogleAPIError,
    auth.GoogleAuthError,
    http.RequestException,
    ParseError,
    ValueError,
    AttributeError,
)
_PASSING_AUTH_ERRORS = (
    auth.TransportError,
    auth.RefreshError,
    auth.TimeoutError,
    auth.ResponseError,
)


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """`endpoint` overrides the region's own (`http://127.0.0.1:1234`). `image_uri` is the trainer's
    container; `accelerator_type` the API's name (`NVIDIA_L4`). `output_uri` is a `gs://` folder with one
    folder a training. `timeout_s` limits the container's run, `call_s` one call."""

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
    """Creation has no request id, so `start` looks for the job's label first: a training whose creation
    was answered with an error, or not at all, is taken over and not paid for twice. It looks once more
    when creation has failed: a job that is cancelled now has no other way to find what it began.

    The container gets `--job-id=…`, `--name=…` and `--references` with `gs://` addresses, writes its
    weights to `AIP_MODEL_DIR`, and exits with 65 where it refuses what it was given."""

    def __init__(self, settings: TrainingSettings) -> None:
        self._settings = settings

    def start(self, request: ProviderRequest) -> Running:
        if standing := self._look_up(request):
            return self._running(standing)
        try:
            return self._running(self._create(request))
        except UnavailableError:
            with suppress(ProviderError):
                if created := self._look_up(request):
                    return self._running(created)
            raise

    def _look_up(self, request: ProviderRequest) -> "CustomJob | None":
        label = _label(request.job_id)
        with self._service(is_start=True) as service:
            known = list(
                service.list_custom_jobs(
                    request={"parent": self._parent, "filter": f'labels.{_JOB_LABEL}="{label}"'},
                    retry=None,
                    timeout=self._settings.call_s,
                )
            )
        return _standing(known, attempt=str(request.attempt))

    def poll(self, request: ProviderRequest, handle: str) -> Finished | Running:  # noqa: ARG002  # the port's
        with self._service() as service:
            job = service.get_custom_job(name=handle, retry=None, timeout=self._settings.call_s)
        if _state(job) == "JOB_STATE_SUCCEEDED":
            return Finished(model_uri=_model_uri(job))
        if _state(job) in _FAILED - {"JOB_STATE_CANCELLING"}:
            _raise_failure(job)
        return self._running(job)

    def cancel(self, handle: str) -> None:
        with suppress(LostError, _EndedError), self._service() as service:
            service.cancel_custom_job(name=handle, retry=None, timeout=self._settings.call_s)

    def _create(self, request: ProviderRequest) -> "CustomJob":
        from google.cloud.aiplatform_v1.types import CustomJob  # noqa: PLC0415

        wanted = CustomJob(_custom_job(request, self._settings))
        with self._service(is_start=True) as service:
            return service.create_custom_job(
                parent=self._parent, custom_job=wanted, retry=None, timeout=self._settings.call_s
            )

    def _running(self, job: "CustomJob") -> Running:
        if not job.name:
            raise UnavailableError(*_ODD_ANSWER)
        return Running(job.name, _POLL_S, _PROGRESS.get(_state(job)))

    @property
    def _parent(self) -> str:
        return f"projects/{self._settings.project}/locations/{self._settings.location}"

    @contextmanager
    def _service(self, *, is_start: bool = False) -> Iterator["JobServiceClient"]:
        """The client, with every error of the call inside as ours.

        REST rather than gRPC: a training is asked about once a minute, which is worth no channel with
        threads of its own; and what the tests drive over HTTP is the code that runs in production."""
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
            raise as_provider_error(error, is_start=is_start) from error


# ---- what is sent ---------------------------------------------------------------------------


def _custom_job(request: ProviderRequest, settings: TrainingSettings) -> dict[str, Any]:
    """The fields of `CustomJob`. Vertex repeats no job by itself, since our attempts are counted; a
    container that exits with an error it may start again on the same machine."""
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
    """With `=`, so that a name which begins with a dash is no option."""
    return [
        f"--job-id={request.job_id}",
        f"--name={request.name}",
        "--references",
        *(reference.uri for reference in request.references),
    ]


def _label(job_id: str) -> str:
    """A label's value takes lower case, digits, `_` and `-`, at most 63 of them."""
    return job_id if _LABEL.fullmatch(job_id) else hashlib.sha256(job_id.encode()).hexdigest()[:40]


# ---- what is answered -----------------------------------------------------------------------


def _state(job: "CustomJob") -> str:
    """The state's name; empty for one that is newer than the SDK, which is no end: it is asked again."""
    return getattr(job.state, "name", "")


def _standing(known: Iterable["CustomJob"], attempt: str) -> "CustomJob | None":
    """The training that is to be taken over: one that works or has worked, of whatever attempt; else
    this attempt's own, whose failure `poll` then tells."""
    jobs = list(known)
    alive = [job for job in jobs if _state(job) not in _FAILED]
    own = [job for job in jobs if job.labels.get(_ATTEMPT_LABEL) == attempt]
    return next(iter(alive + own), None)


def _model_uri(job: "CustomJob") -> str:
    """Where Vertex pointed `AIP_MODEL_DIR`, by the job's own word: settings may have changed since."""
    directory = job.job_spec.base_output_directory.output_uri_prefix
    if not directory:
        raise LostError("nothing-delivered", "The training finished without a result.")
    return f"{directory.rstrip('/')}/model/"


def _raise_failure(job: "CustomJob") -> NoReturn:
    if _state(job) == "JOB_STATE_CANCELLED":
        raise LostError("training-cancelled", "The training was stopped.")
    message = _short(job.error.message)
    if _is_refusal(job.error.code, job.error.message):
        raise RejectedError("training-rejected", message or "The training was refused.")
    raise LostError("training-failed", message or "The training failed.")


def _is_refusal(code: int, message: str) -> bool:
    """INVALID_ARGUMENT is a refusal, but not of itself: Vertex gives it to every container that exits
    with an error, be it a lost connection (GoogleCloudPlatform/vertex-ai-samples#1504)."""
    found = _EXIT.search(message)
    if found:
        return int(found[1]) == _REFUSED_EXIT
    return code == _INVALID_ARGUMENT


def _short(message: str) -> str:
    """Without the container's traceback."""
    return message.partition("Traceback")[0].strip()[:_MESSAGE_CHARS_MAX]


# ---- errors: the one place that maps them ---------------------------------------------------


class _EndedError(UnavailableError):
    """FAILED_PRECONDITION: what is to be cancelled has ended."""


def as_provider_error(error: Exception, *, is_start: bool) -> ProviderError:
    """Ours for an error of the SDK. A start that would be refused again is refused; of a training that
    runs only the question has failed."""
    if isinstance(error, api.GoogleAPICallError):
        return _refusal(error, is_start=is_start)
    if isinstance(error, auth.GoogleAuthError) and not isinstance(error, _PASSING_AUTH_ERRORS):
        return _operators_fault(is_start=is_start)
    if isinstance(error, ParseError | ValueError | AttributeError):
        return UnavailableError(*_ODD_ANSWER)
    return UnavailableError(*_NO_ANSWER)


def _refusal(error: api.GoogleAPICallError, *, is_start: bool) -> ProviderError:
    """Ours for a refused call, whichever of the statuses REST folds together."""
    if isinstance(error, api.TooManyRequests):
        return ThrottledError("throttled", "Vertex AI asked to slow down.", _retry_after_s(error))
    if isinstance(error, api.Unauthorized | api.Forbidden):
        return _operators_fault(is_start=is_start)
    if isinstance(error, api.Conflict | api.Cancelled):
        return UnavailableError(*_NO_ANSWER)
    if isinstance(error, api.ClientError) and is_start:
        return RejectedError("provider-rejected", _said(error) or "Vertex AI refused the training.")
    if isinstance(error, api.NotFound):
        return LostError("training-gone", "The training is not known to Vertex AI.")
    if isinstance(error, api.BadRequest) and _reason(error) == "FAILED_PRECONDITION":
        return _EndedError("training-ended", "The training has ended.")
    return UnavailableError(*_NO_ANSWER)


def _operators_fault(*, is_start: bool) -> ProviderError:
    return RejectedError(*_NOT_ALLOWED) if is_start else UnavailableError(*_NOT_ALLOWED)


def _body(error: api.GoogleAPICallError) -> Mapping[str, Any]:
    """The `error` of the answer, `{"code", "status", "message"}`; the SDK keeps no `status`."""
    try:
        body = error.response.json()["error"]
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}
    return body if isinstance(body, dict) else {}


def _reason(error: api.GoogleAPICallError) -> str:
    """The word for the status: over REST a FAILED_PRECONDITION is a BadRequest like any other."""
    if isinstance(error, api.FailedPrecondition):
        return "FAILED_PRECONDITION"
    return str(_body(error).get("status", ""))


def _said(error: api.GoogleAPICallError) -> str:
    """Google's own words: the SDK's message has the address that was called in front of them."""
    return _short(str(_body(error).get("message", "")))


def _retry_after_s(error: api.GoogleAPICallError) -> float | None:
    """Seconds; None where there are none, and our own back-off does as well."""
    headers = getattr(error.response, "headers", None) or {}
    return asked_wait_s(headers, {"error": _body(error)})
