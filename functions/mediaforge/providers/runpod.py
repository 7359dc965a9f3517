"""RunPod serverless: our worker container behind a queue-based endpoint, over plain HTTP.

Source: github.com/runpod/docs, serverless/endpoints (send-requests, operation-reference, job-states).
"""

import base64
import json
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Any, NoReturn

# Not a heavy SDK: `firebase_admin`, which every function loads, has loaded it already.
import httpx

from mediaforge.domain.errors import (
    LostError,
    ProviderError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.ports import Asset, Finished, ProviderRequest, ReferenceImage, Running, StoredAsset

_PAYLOAD_BYTES_MAX = 10_000_000  # of `/run`
_ANSWER_BYTES_MAX = 32_000_000  # above what RunPod lets a worker return (20 MB)
_EXECUTION_S_MIN, _TTL_S_MAX = 5, 7 * 24 * 3600
_MESSAGE_CHARS_MAX = 300

# A result is kept for 30 minutes, so all of these leave a hundred chances to fetch it. RunPod calls the
# webhook when a job has ended; where it may, asking only shows progress and makes up for a lost call
# (three tries within 20 s, then none), and need not be quick.
_POLL_S = {"image": 5.0, "video": 10.0}
_POLL_BESIDE_WEBHOOK_S = 20.0

_ID = re.compile(r"[A-Za-z0-9_-]+")
_CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_EXTENSIONS = {
    "image": {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"},
    "video": {"video/mp4": "mp4"},
}
_ENDS = {
    "CANCELLED": ("provider-cancelled", "The worker was stopped."),
    "TIMED_OUT": ("provider-timed-out", "The worker took longer than it may."),
}
_NO_ANSWER = ("provider-unavailable", "RunPod did not answer.")
_ODD_ANSWER = ("provider-unavailable", "RunPod gave an answer that cannot be read.")
_NOT_ALLOWED = ("provider-not-allowed", "RunPod does not accept our key.")
_MISCONFIGURED = ("provider-misconfigured", "RunPod's address or key is not set up correctly.")
_FORGOTTEN = ("provider-forgot", "What was started is not known to RunPod.")
_NOTHING = ("nothing-delivered", "The worker finished without a result that can be used.")

# Every exception httpx raises derives from one of these; a test walks them.
_HTTPX_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict)
_DENIED = {401, 402, 403}  # no such key, nothing left to spend, not this endpoint
_PASSING = {408, 409, 425}  # 4xx that say nothing about the request
_BEFORE_SENDING = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)


@dataclass(frozen=True, slots=True)
class RunPodSettings:
    """`endpoints` has an endpoint's id for each media kind (`image`, `video`); `api_key` is asked at
    every call. `call_s` limits one HTTP call as a whole, `execution_s` the work itself. `ttl_s` counts
    from the submission, queue and work together: past it RunPod deletes even a running job."""

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
    """`start` is not idempotent, and RunPod has no look-up by our ids: where its answer is lost, nobody
    knows the job's id. It ends in UnavailableError; the attempt is spent, and the next one may pay for a
    second job (which saves over the first one's files). `ttl_s` bounds what a forgotten one costs."""

    def __init__(self, settings: RunPodSettings) -> None:
        self._settings = settings

    def start(self, request: ProviderRequest) -> Running:
        endpoint = self._settings.endpoints.get(request.kind)
        if not endpoint:
            raise RejectedError("provider-not-found", f"No worker is set up for {request.kind}s.")
        body = json.dumps(_submission(request, self._settings)).encode()
        if len(body) > _PAYLOAD_BYTES_MAX:
            raise RejectedError("request-too-large", "The request is larger than RunPod takes.")
        job_id = self._call("POST", f"{endpoint}/run", body, is_start=True).get("id")
        if not isinstance(job_id, str) or not _ID.fullmatch(job_id):
            raise UnavailableError(*_ODD_ANSWER)
        return Running(f"{endpoint}/{job_id}", _poll_in_s(request))

    def poll(self, request: ProviderRequest, handle: str) -> Finished | Running:
        answer = self._call("GET", _path(handle, "status"))
        status = answer.get("status")
        if not isinstance(status, str):
            raise UnavailableError(*_ODD_ANSWER)
        if status in _ENDS:
            raise LostError(*_ENDS[status])
        if status == "FAILED":
            _raise_failure(answer.get("error"))
        if status == "COMPLETED":
            return Finished(_delivered(request, answer))
        # IN_QUEUE, IN_PROGRESS, RUNNING; a state that is new to us is no end either.
        return Running(handle, _poll_in_s(request), _progress(answer))

    def cancel(self, handle: str) -> None:
        with suppress(LostError):  # what has expired, or was never there, runs no more
            self._call("POST", _path(handle, "cancel"))

    def _call(
        self, method: str, path: str, body: bytes | None = None, *, is_start: bool = False
    ) -> dict[str, Any]:
        """The JSON object that was answered. The only place that talks to RunPod."""
        try:
            status, headers, content = self._exchange(method, path, body)
        except _HTTPX_ERRORS as error:
            raise as_provider_error(error, is_start=is_start) from error
        if not httpx.codes.is_success(status):
            raise _refusal(status, headers, content, is_start=is_start)
        answer = _read(content)
        if answer is None:
            raise UnavailableError(*_ODD_ANSWER)
        return answer

    def _exchange(
        self, method: str, path: str, body: bytes | None
    ) -> tuple[int, httpx.Headers, bytes]:
        """A connection for each call: one that was kept may have died while this instance was frozen,
        and a submission that fails on it may or may not have arrived."""
        ends_at = monotonic() + self._settings.call_s
        url = f"{self._settings.base_url.rstrip('/')}/{path}"
        with (
            httpx.Client(verify=_tls(), timeout=self._settings.call_s) as client,
            client.stream(method, url, content=body, headers=self._headers()) as response,
        ):
            content = bytearray()
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > _ANSWER_BYTES_MAX:
                    raise httpx.DecodingError("more than a worker may return")
                if monotonic() > ends_at:
                    raise httpx.ReadTimeout("the answer trickles")
            return response.status_code, response.headers, bytes(content)

    def _headers(self) -> dict[str, str]:
        # Secrets tend to end with a newline. httpx would quote an illegal header in its error.
        key = self._settings.api_key().strip()
        if not key or not key.isascii() or not key.isprintable():
            raise httpx.LocalProtocolError("the key cannot be a header")
        return {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}


@cache
def _tls() -> ssl.SSLContext:
    """Made once: it reads every root certificate, which takes longer than a call."""
    return httpx.create_ssl_context()


# ---- what is sent ---------------------------------------------------------------------------


def _submission(request: ProviderRequest, settings: RunPodSettings) -> dict[str, Any]:
    """The body of `/run`; times are in milliseconds."""
    body: dict[str, Any] = {
        "input": _worker_input(request),
        "policy": {
            "executionTimeout": settings.execution_s * 1000,
            "ttl": settings.ttl_s * 1000,
        },
    }
    if request.webhook_url:
        body["webhook"] = request.webhook_url
    return body


def _worker_input(request: ProviderRequest) -> dict[str, Any]:
    """What our worker reads, in its own names. Paths are in our bucket; to `output_path` it adds the
    extension, and `_0`, `_1` … before it where more than one is asked for."""
    return {
        "user_id": request.user_id,
        "file_uid": request.job_id,
        "media_type": request.kind,
        "use_cloud_storage": True,
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "model": request.model,
        "width": request.width_px,
        "height": request.height_px,
        "count": request.count,
        "seed": request.seed,
        "style": request.style,
        "references": [{"path": r.path, "mode": r.mode} for r in _references(request)],
        "output_path": request.output_path,
        **_video_input(request),
        **_brand_input(request),
    }


def _references(request: ProviderRequest) -> Sequence[ReferenceImage]:
    """The request's own; with those of a brand that has no weights to load."""
    brand = request.brand
    if brand is None or brand.model_uri:
        return request.references
    return [*request.references, *brand.references]


def _video_input(request: ProviderRequest) -> dict[str, Any]:
    video = request.video
    if video is None:
        return {}
    frames = {"first_frame": video.first_frame, "last_frame": video.last_frame}
    return {
        "duration_seconds": video.duration_s,
        "fps": video.fps,
        "resolution": video.resolution,
        "generate_audio": video.has_audio,
        **{name: {"path": frame.path} for name, frame in frames.items() if frame},
    }


def _brand_input(request: ProviderRequest) -> dict[str, Any]:
    brand = request.brand
    return {"lora_uri": brand.model_uri} if brand and brand.model_uri else {}


def _path(handle: str, operation: str) -> str:
    endpoint, _, job_id = handle.partition("/")
    if not _ID.fullmatch(endpoint) or not _ID.fullmatch(job_id):
        raise LostError(*_FORGOTTEN)
    return f"{endpoint}/{operation}/{job_id}"


def _poll_in_s(request: ProviderRequest) -> float:
    own = _POLL_S[request.kind]
    return max(own, _POLL_BESIDE_WEBHOOK_S) if request.webhook_url else own


# ---- what is answered -----------------------------------------------------------------------


def _progress(answer: Mapping[str, Any]) -> float | None:
    """From 0 to 1, where the worker reported `{"progress": 0.4}`."""
    output = answer.get("output")
    progress = output.get("progress") if isinstance(output, dict) else None
    if isinstance(progress, bool) or not isinstance(progress, int | float):
        return None
    return float(progress) if 0 <= progress <= 1 else None


def _delivered(request: ProviderRequest, answer: Mapping[str, Any]) -> list[Asset | StoredAsset]:
    """Files that the worker stored, or else the files themselves. LostError where there are none, or
    where one cannot be the job's."""
    output = answer.get("output")
    if not isinstance(output, dict):
        output = {}
    error = output.get("error") or answer.get("error")
    if error:
        _raise_failure(error)
    assets = _stored(request, output) or _inline(request, output)
    if not assets:
        raise LostError(*_NOTHING)
    return assets


def _stored(request: ProviderRequest, output: Mapping[str, Any]) -> list[Asset | StoredAsset]:
    """`{"bucket", "storage_paths": [...], "content_type"}`. The worker is given paths by us and is
    believed nothing else: whatever it names would be copied and shown to this user."""
    paths = output.get("storage_paths")
    if not isinstance(paths, list) or not paths:
        return []
    bucket = request.scratch_uri.removeprefix("gs://").partition("/")[0]
    ours = re.compile(rf"{re.escape(request.output_path)}(_[0-9]+)?\.[a-z0-9]+")
    if output.get("bucket", bucket) != bucket or not all(
        isinstance(path, str) and ours.fullmatch(path) for path in paths
    ):
        raise LostError("output-not-ours", "The worker named a file that is not this job's.")
    file_type = _file_type(request, output.get("content_type"))
    return [StoredAsset(f"gs://{bucket}/{path}", *file_type) for path in dict.fromkeys(paths)]


def _inline(request: ProviderRequest, output: Mapping[str, Any]) -> list[Asset | StoredAsset]:
    """`{"files": [{"base64", "content_type"}]}`: what the worker sends where it could not store."""
    files = output.get("files")
    if not isinstance(files, list):
        return []
    return [_inline_file(request, file) for file in files]


def _inline_file(request: ProviderRequest, file: Any) -> Asset:
    if not isinstance(file, dict) or not isinstance(file.get("base64"), str):
        raise LostError(*_NOTHING)
    try:
        content = base64.b64decode(file["base64"], validate=True)
    except ValueError as error:
        raise LostError(*_NOTHING) from error
    if not content:
        raise LostError(*_NOTHING)
    return Asset(content, *_file_type(request, file.get("content_type")))


def _file_type(request: ProviderRequest, content_type: Any) -> tuple[str, str]:
    """Extension and content type, of those that the kind may have."""
    known = _EXTENSIONS[request.kind]
    if not isinstance(content_type, str) or content_type not in known:
        raise LostError(*_NOTHING)
    return known[content_type], content_type


def _raise_failure(error: Any) -> NoReturn:
    """What a worker says of its failure: our `{"code", "message", "kind"}`, RunPod's `{"error_type",
    "error_message", "error_traceback"}`, or words.

    The SDK in the worker takes `error` out of what a handler returns and fails the job with it, so ours
    comes in `output.error`, in `error`, or as JSON in `error`."""
    said = _read(error.encode()) if isinstance(error, str) else error
    if not isinstance(said, dict):
        said = {"message": error}
    code = said.get("code")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        code = ""
    message = _short(said.get("message") or said.get("error_message"))
    if said.get("kind") == "rejected":
        raise RejectedError(
            code or "provider-rejected", message or "The worker refused the request."
        )
    raise LostError(code or "provider-failed", message or "The worker failed.")


def _read(content: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(content)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _short(text: Any) -> str:
    """The sentence in an error: its first line, or of a traceback the last."""
    lines = [line.strip() for line in str(text or "").splitlines() if line.strip()]
    if not lines:
        return ""
    line = lines[-1] if lines[0].startswith("Traceback") else lines[0]
    return line[:_MESSAGE_CHARS_MAX]


# ---- errors: the one place that maps them ---------------------------------------------------


def as_provider_error(error: Exception, *, is_start: bool) -> ProviderError:
    """Ours for one of httpx's. What is wrong before anything is sent is the operator's to mend: a start
    is refused rather than repeated; of a job that runs only the question has failed."""
    if isinstance(error, _BEFORE_SENDING):
        return _operators_fault(_MISCONFIGURED, is_start=is_start)
    return UnavailableError(*_NO_ANSWER)


def _refusal(
    status: int, headers: httpx.Headers, content: bytes, *, is_start: bool
) -> ProviderError:
    """Ours for an HTTP status."""
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return ThrottledError("throttled", "RunPod asked to slow down.", _retry_after_s(headers))
    if status in _DENIED:
        return _operators_fault(_NOT_ALLOWED, is_start=is_start)
    if status == httpx.codes.NOT_FOUND and is_start:
        return RejectedError("provider-not-found", "RunPod does not know our endpoint.")
    if status == httpx.codes.NOT_FOUND:
        return LostError(*_FORGOTTEN)
    if is_start and httpx.codes.is_client_error(status) and status not in _PASSING:
        said = _read(content) or {}
        message = _short(said.get("error") or said.get("message"))
        return RejectedError("provider-rejected", message or "RunPod refused the request.")
    return UnavailableError("provider-unavailable", f"RunPod answered with {status}.")


def _operators_fault(what: tuple[str, str], *, is_start: bool) -> ProviderError:
    """A start would be refused again. What runs is paid for, and worth asking again: a key that was
    rotated, or an address that was mistyped, will be put right."""
    return RejectedError(*what) if is_start else UnavailableError(*what)


def _retry_after_s(headers: httpx.Headers) -> float | None:
    """Seconds; None for a date or nonsense, where our own back-off does as well."""
    value = headers.get("Retry-After", "").strip()
    return float(value) if value.isascii() and value.isdecimal() else None
