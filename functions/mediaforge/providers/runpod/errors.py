"""What each error of httpx, and each HTTP status of RunPod, means to us."""

# Not a heavy SDK: `firebase_admin`, which every function loads, has loaded it already.
import httpx

from mediaforge.domain.errors import (
    LostError,
    ProviderError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.providers.runpod.answer import first_sentence, read_object

# Every exception httpx raises derives from one of these; a test walks them.
HTTPX_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict)
ODD_ANSWER = ("provider-unavailable", "RunPod gave an answer that cannot be read.")
FORGOTTEN = ("provider-forgot", "What was started is not known to RunPod.")

_NO_ANSWER = ("provider-unavailable", "RunPod did not answer.")
_NOT_ALLOWED = ("provider-not-allowed", "RunPod does not accept our key.")
_MISCONFIGURED = ("provider-misconfigured", "RunPod's address or key is not set up correctly.")
_DENIED = {401, 402, 403}  # no such key, nothing left to spend, not this endpoint
_PASSING = {408, 409, 425}  # 4xx that say nothing about the request
_BEFORE_SENDING = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)


def as_provider_error(error: Exception, *, is_start: bool) -> ProviderError:
    """Ours for one of httpx's. What is wrong before anything is sent is the operator's to mend: a start
    is refused rather than repeated; of a job that runs only the question has failed."""
    if isinstance(error, _BEFORE_SENDING):
        return _operators_fault(_MISCONFIGURED, is_start=is_start)
    return UnavailableError(*_NO_ANSWER)


def refusal(
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
        return LostError(*FORGOTTEN)
    if is_start and httpx.codes.is_client_error(status) and status not in _PASSING:
        said = read_object(content) or {}
        message = first_sentence(said.get("error") or said.get("message"))
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
