"""What each error of httpx, each HTTP status of fal.ai's queue, and each failure of a model means to us.

Sources: fal.ai/docs/documentation/model-apis/errors.md and request-errors.md; fal.ai/docs/model-apis/faq says
what is billed: nothing that has failed with a status of 500 or more, but a refusal of the input may be.
"""

import re
from collections.abc import Iterator
from typing import Any

import httpx

from mediaforge import log
from mediaforge.domain.errors import (
    LostError,
    ProviderError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.providers.exchange import BEFORE_SENDING, NEVER_SENT, Answer
from mediaforge.providers.operator import Asked, operators_fault

ODD_ANSWER = ("provider-unavailable", "fal.ai gave an answer that cannot be read.")
FORGOTTEN = ("provider-forgot", "What was started is not known to fal.ai.")
NOTHING = ("nothing-delivered", "The model finished without a result that can be used.")
BLOCKED = ("content-blocked", "The prompt or a picture is refused.")

_NO_ANSWER = ("provider-unavailable", "fal.ai did not answer.")
_MISCONFIGURED = ("provider-misconfigured", "fal.ai's address or key is not set up correctly.")
_RETIRED = ("model-retired", "fal.ai does not have this model any more.")
_REFUSED_WORDS = ("provider-rejected", "The model does not take the request as it was sent.")
_UNREADABLE = (
    "reference-unreadable",
    "A reference or frame is no picture that the model can read.",
)
_FAILED = ("provider-failed", "The model failed.")
_TIMED_OUT = ("provider-timed-out", "The model was not free in time.")
_STOPPED = ("provider-cancelled", "The work was stopped.")

_DENIED = {401, 402, 403}  # unknown key, no money left ("User is locked"), no access
_REFUSED = {400, 413, 422}  # the request itself is wrong; any other 4xx may be temporary
_AMID_WORK = {408, 409, 499}
_CANCELLED = 499

# `type` of a model's error. fal.ai says to rely on it, and not on `msg`.
_TYPE = re.compile(r"[a-z][a-z0-9_.]{0,63}")
_OF_CONTENT = {"content_policy_violation"}
_OF_PICTURES = {
    *("image_load_error", "image_too_small", "image_too_large", "unsupported_image_format"),
    *("file_download_error", "file_too_large", "face_detection_error"),
}
# The input is in order, and the model has made nothing of it.
_OF_THE_MODEL = {
    *("no_media_generated", "generation_timeout", "internal_server_error"),
    *("downstream_service_error", "downstream_service_unavailable"),
}
_TIMEOUTS = {"request_timeout", "startup_timeout"}


def as_provider_error(error: Exception, asked: Asked, *, is_start: bool) -> ProviderError:
    """Our error for one of httpx's. If the request could not even be sent, its address or key is wrong, and
    the operator has to mend that: a start is then refused rather than repeated; for a job that runs, only the
    question has failed."""
    if isinstance(error, BEFORE_SENDING):
        cause = type(error).__name__
        told = _MISCONFIGURED
        return operators_fault(asked, cause, is_start=is_start, told=told, was_asked=False)
    return UnavailableError(*_NO_ANSWER, may_have_billed=not isinstance(error, NEVER_SENT))


def refusal(answer: Answer, asked: Asked, *, is_start: bool) -> ProviderError:
    """Our error for an HTTP status of the queue. Its words are not used, since they may quote what was sent.
    A start is final only for a status that is known to be final. Of a question only 404 (no such request)
    counts as an answer."""
    status = answer.status
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return ThrottledError("throttled", "fal.ai asked to slow down.", answer.retry_after_s())
    if status in _DENIED:
        return operators_fault(asked, str(status), is_start=is_start)
    if status == httpx.codes.NOT_FOUND and is_start:
        return operators_fault(asked, str(status), is_start=True, told=_RETIRED)
    if status == httpx.codes.NOT_FOUND:
        return LostError(*FORGOTTEN)
    if status in _REFUSED and is_start:
        return RejectedError("provider-rejected", "fal.ai refused the request as it was sent.")
    return UnavailableError(
        "provider-unavailable",
        f"fal.ai answered with {status}.",
        may_have_billed=_may_have_billed(status),
    )


def failure(answer: Answer, asked: Asked, handle: str, *, has_failed: bool) -> ProviderError:
    """Our error for the answer in the place of a result. fal.ai passes on what the model has answered, with
    the model's own status. So a refusal there is the model's, if it has a model's form, or if the request
    is known to have failed. Anything else is about the question alone."""
    types = set(_types(answer))
    said = answer.headers.get("X-Fal-Error-Type", "")
    is_the_models = types or has_failed or said
    if not is_the_models or answer.status in {*_DENIED, httpx.codes.TOO_MANY_REQUESTS}:
        return refusal(answer, asked, is_start=False)
    cause = min(types, default=said)
    known = cause if _TYPE.fullmatch(cause) else "unknown"
    log.warning("model.failed", handle=handle, status=answer.status, cause=known)
    if httpx.codes.is_server_error(answer.status):
        told = _TIMED_OUT if cause in _TIMEOUTS else _FAILED
        return LostError(*told, may_have_billed=False)
    return _refused_input(answer, types)


def _refused_input(answer: Answer, types: set[str]) -> ProviderError:
    if types & _OF_CONTENT:
        return RejectedError(*BLOCKED, may_have_billed=True)
    if types & _OF_PICTURES:
        return RejectedError(*_UNREADABLE, may_have_billed=True)
    if answer.status == _CANCELLED:
        return LostError(*_STOPPED)
    is_retryable = answer.headers.get("X-Fal-Retryable", "").strip().lower() == "true"
    if is_retryable or types & _OF_THE_MODEL:
        return LostError(*_FAILED)
    return RejectedError(*_REFUSED_WORDS, may_have_billed=True)


def _types(answer: Answer) -> Iterator[str]:
    """The `type` of each error in `{"detail": [{"loc", "msg", "type"}]}`."""
    body: dict[str, Any] = answer.object() or {}
    detail = body.get("detail")
    for each in detail if isinstance(detail, list) else ():
        if isinstance(each, dict) and isinstance(each.get("type"), str):
            yield each["type"]


def _may_have_billed(status: int) -> bool:
    """A refusal costs nothing, unless it may have come in the middle of the work. A 503 says that no work was
    done. Any other 5xx of a submission may come from a proxy, behind which the request is queued."""
    is_refused = httpx.codes.is_client_error(status) and status not in _AMID_WORK
    return not is_refused and status != httpx.codes.SERVICE_UNAVAILABLE
