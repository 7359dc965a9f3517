"""RunPod serverless: our worker container behind a queue-based endpoint, over plain HTTP.

Source: github.com/runpod/docs, serverless/endpoints (send-requests, operation-reference, job-states).
"""

import json
import re
import ssl
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from mediaforge.domain.errors import (
    BusyError,
    LostError,
    RejectedError,
    SigningError,
    UnavailableError,
)
from mediaforge.ports.media import Addresses
from mediaforge.ports.provider import Finished, ProviderRequest, Running
from mediaforge.providers.deadline import Deadline
from mediaforge.providers.operator import Asked, operators_fault
from mediaforge.providers.runpod.answer import (
    delivered,
    error_of,
    progress_of,
    raise_failure,
    read_object,
)
from mediaforge.providers.runpod.errors import (
    FORGOTTEN,
    HTTPX_ERRORS,
    ODD_ANSWER,
    as_provider_error,
    refusal,
)
from mediaforge.providers.runpod.worker_input import Lending, worker_input
from mediaforge.providers.whole_answers import UNFOLDED, Counted

_PROVIDER = "runpod"
_PAYLOAD_BYTES_MAX = 10_000_000  # of `/run`
_ANSWER_BYTES_MAX = 20_000_000  # what RunPod lets a worker return
_EXECUTION_S_MIN, _TTL_S_MAX = 5, 7 * 24 * 3600
# Lent addresses are valid for so much longer than the job: clocks differ, and the job is sent a little after
# they were made.
_LENT_LONGER_S = 600

# RunPod keeps a result for 30 minutes, so each of these leaves about a hundred chances to fetch it. RunPod
# calls the webhook when a job has ended. With a webhook, asking only shows progress and makes up for a lost
# call (RunPod tries three times within 20 s and then stops), so it need not be frequent.
_POLL_S = {"image": 5.0, "video": 10.0}
_POLL_BESIDE_WEBHOOK_S = 20.0

_ID = re.compile(r"[A-Za-z0-9_-]+")
_ID_CHARS_MAX = 256  # RunPod's have 39
_ENDED_BEFORE = {400, 409}  # of `/cancel`: our request is valid, so the job must have ended
_NOT_LENT = ("storage-busy", "The worker could not be given access to the job's files.")
_ENDS = {
    "CANCELLED": ("provider-cancelled", "The worker was stopped."),
    "TIMED_OUT": ("provider-timed-out", "The worker took longer than it may."),
}


@dataclass(frozen=True, slots=True)
class RunPodSettings:
    """`endpoints` has an endpoint's id for each media kind (`image`, `video`), and for single models by their
    ids; `api_key` is called for every request. `call_s` limits one HTTP call as a whole (only the connection,
    before anything is sent, may take longer); `execution_s` limits the work itself. `ttl_s` counts from the
    submission and limits queue and work together: past it RunPod deletes even a running job. The last two
    are for a model of which the catalogue says nothing."""

    endpoints: Mapping[str, str]
    api_key: Callable[[], str]
    base_url: str = "https://api.runpod.ai/v2"
    call_s: float = 30.0
    execution_s: int = 900
    ttl_s: int = 2 * 3600

    def __post_init__(self) -> None:
        if not _EXECUTION_S_MIN <= self.execution_s < self.ttl_s <= _TTL_S_MAX:
            raise ValueError("RunPod takes 5 s <= execution_s < ttl_s <= 7 days")


class RunPodProvider:
    """`start` is not idempotent, and RunPod cannot look a job up by our ids: where the answer to a start is
    lost, its job's id is unknown. Such a start ends in UnavailableError; the attempt is spent, and the next
    one may pay for a second job. Each job stores its files in its own attempt's folder. `ttl_s` limits what a
    job costs whose id is unknown."""

    def __init__(self, settings: RunPodSettings, addresses: Addresses) -> None:
        self._settings = settings
        self._addresses = addresses

    def start(self, request: ProviderRequest) -> Running:
        asked = Asked(_PROVIDER, request.model)
        endpoint = self._endpoint(request)
        if not endpoint:
            told = ("provider-not-found", f"No worker is set up for {request.model}.")
            raise operators_fault(
                asked, f"no endpoint for {request.model}", is_start=True, told=told, was_asked=False
            )
        # RunPod would accept the id `abc/` and run the job, but its handle could not be parsed later. This is
        # not checked when the settings are read: one mistyped id would keep every provider from being set up.
        if not _ID.fullmatch(endpoint):
            told = (
                "provider-misconfigured",
                f"RunPod's endpoint for {request.kind}s is no endpoint's id.",
            )
            raise operators_fault(
                asked, f"endpoint for {request.kind}", is_start=True, told=told, was_asked=False
            )
        body = json.dumps(self._submission(asked, request)).encode()
        if len(body) > _PAYLOAD_BYTES_MAX:
            too_large = ("request-too-large", "The request is larger than RunPod takes.")
            raise RejectedError(*too_large, was_asked=False)
        job_id = self._call(asked, "POST", f"{endpoint}/run", body, is_start=True).get("id")
        if not isinstance(job_id, str) or not _is_job_id(job_id):
            raise UnavailableError(*ODD_ANSWER)
        return Running(f"{endpoint}/{job_id}", _poll_in_s(request))

    def poll(self, request: ProviderRequest, handle: str) -> Finished | Running:
        answer = self._call(Asked(_PROVIDER, request.model), "GET", _path(handle, "status"))
        status = answer.get("status")
        if not isinstance(status, str):
            raise UnavailableError(*ODD_ANSWER)
        if status in _ENDS:
            raise LostError(*_ENDS[status])
        if status == "FAILED":
            raise_failure(handle, error_of(answer))
        if status == "COMPLETED":
            return Finished(delivered(request, handle, answer))
        # IN_QUEUE, IN_PROGRESS, RUNNING. A state that we do not know is not taken for an end either.
        return Running(handle, _poll_in_s(request), progress_of(answer))

    def cancel(self, handle: str) -> None:
        with suppress(LostError):  # the job has ended or expired, or never existed
            self._call(
                Asked(_PROVIDER, ""), "POST", _path(handle, "cancel"), means_ended=_ENDED_BEFORE
            )

    def _endpoint(self, request: ProviderRequest) -> str | None:
        own = self._settings.endpoints.get(request.model)
        if own or (request.worker and request.worker.has_own_endpoint):
            return own
        return self._settings.endpoints.get(request.kind)

    def _submission(self, asked: Asked, request: ProviderRequest) -> dict[str, Any]:
        """The body of `/run`; its times are in milliseconds. It holds secrets: the addresses lent to the
        worker."""
        policy, ttl_s = self._policy(request)
        try:
            lent = worker_input(request, Lending(self._addresses, ttl_s + _LENT_LONGER_S))
        except BusyError as error:
            raise UnavailableError(*_NOT_LENT, may_have_billed=False, was_asked=False) from error
        except SigningError as error:
            told = ("provider-misconfigured", _NOT_LENT[1])
            raise operators_fault(
                asked, str(error), is_start=True, told=told, was_asked=False
            ) from error
        body: dict[str, Any] = {"input": lent, "policy": policy}
        if request.webhook_url:
            body["webhook"] = request.webhook_url
        return body

    def _policy(self, request: ProviderRequest) -> tuple[dict[str, Any], int]:
        """RunPod's limits for the job, in milliseconds, and its time to live in seconds. A job of low
        priority makes RunPod start no worker."""
        limits = request.worker or self._settings
        policy: dict[str, Any] = {
            "executionTimeout": limits.execution_s * 1000,
            "ttl": limits.ttl_s * 1000,
        }
        if request.worker and request.worker.is_low_priority:
            policy["lowPriority"] = True
        return policy, limits.ttl_s

    def _call(
        self,
        asked: Asked,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        is_start: bool = False,
        means_ended: Collection[int] = (),
    ) -> dict[str, Any]:
        """The JSON object of the answer. Raises LostError for a status in `means_ended`. All calls to RunPod
        are made here."""
        try:
            status, headers, content = self._exchange(method, path, body)
        except HTTPX_ERRORS as error:
            raise as_provider_error(error, asked, is_start=is_start) from error
        if status in means_ended:
            raise LostError("provider-ended", "The worker has ended already.")
        if not httpx.codes.is_success(status):
            raise refusal(status, headers, asked, is_start=is_start)
        answer = read_object(content)
        if answer is None:
            raise UnavailableError(*ODD_ANSWER)
        return answer

    def _exchange(
        self, method: str, path: str, body: bytes | None
    ) -> tuple[int, httpx.Headers, bytes]:
        """Status, headers and body of one exchange. Each call has a new connection: one that was kept may
        have died while this instance was frozen, and a submission that fails on it may or may not have
        arrived."""
        limit_s = self._settings.call_s
        url = f"{self._settings.base_url.rstrip('/')}/{path}"
        with (
            Deadline(limit_s) as deadline,
            httpx.Client(verify=_tls(), timeout=limit_s) as client,
            client.stream(
                method,
                url,
                content=body,
                headers=self._headers(),
                extensions={"trace": deadline},
            ) as response,
        ):
            response.stream = Counted(response, _ANSWER_BYTES_MAX)
            # An answer that was cut off may raise no error here, but then its JSON is incomplete, too.
            return response.status_code, response.headers, response.read()

    def _headers(self) -> dict[str, str]:
        # Secrets tend to end with a newline. The key is checked here because httpx would quote an illegal
        # header in its error.
        key = self._settings.api_key().strip()
        if not key or not key.isascii() or not key.isprintable():
            raise httpx.LocalProtocolError("the key cannot be a header")
        return {
            **UNFOLDED,
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
        }


@cache
def _tls() -> ssl.SSLContext:
    """Made once a process: it reads every root certificate, which takes longer than a call."""
    return httpx.create_ssl_context()


def _is_job_id(job_id: str) -> bool:
    """Whether the id is safe to become a field of the job's document and a part of addresses."""
    return len(job_id) <= _ID_CHARS_MAX and _ID.fullmatch(job_id) is not None


def _path(handle: str, operation: str) -> str:
    endpoint, _, job_id = handle.partition("/")
    if not _ID.fullmatch(endpoint) or not _ID.fullmatch(job_id):
        raise LostError(*FORGOTTEN)
    return f"{endpoint}/{operation}/{job_id}"


def _poll_in_s(request: ProviderRequest) -> float:
    own = _POLL_S[request.kind]
    return max(own, _POLL_BESIDE_WEBHOOK_S) if request.webhook_url else own
