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
from mediaforge.providers.operator import Asked, operators_fault

# Every exception httpx raises derives from one of these; a test walks them.
HTTPX_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict)
ODD_ANSWER = ("provider-unavailable", "RunPod gave an answer that cannot be read.")
FORGOTTEN = ("provider-forgot", "What was started is not known to RunPod.")

_NO_ANSWER = ("provider-unavailable", "RunPod did not answer.")
MISCONFIGURED = ("provider-misconfigured", "RunPod's address or key is not set up correctly.")
NO_ENDPOINT = ("provider-not-found", "RunPod does not know our endpoint.")
_DENIED = {401, 402, 403}  # unknown key, no money left, no access to this endpoint
_REFUSED = {400, 413, 422}  # the request itself is wrong; any other 4xx may be temporary
_AMID_WORK = {408, 409, 499}
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_BEFORE_SENDING = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)


def as_provider_error(error: Exception, asked: Asked, *, is_start: bool) -> ProviderError:
    """Our error for one of httpx's. If the request could not even be sent, its address or key is wrong, and
    the operator has to mend that: a start is then refused rather than repeated; for a job that runs, only the
    question has failed."""
    if isinstance(error, _BEFORE_SENDING):
        cause = type(error).__name__
        return operators_fault(asked, cause, is_start=is_start, told=MISCONFIGURED, was_asked=False)
    return UnavailableError(*_NO_ANSWER, may_have_billed=not isinstance(error, _NEVER_SENT))


def refusal(status: int, headers: httpx.Headers, asked: Asked, *, is_start: bool) -> ProviderError:
    """Our error for an HTTP status. RunPod's words are not used, since they may quote what was sent; an
    operator finds them in its console. A start is final only for a status that is known to be final. Of a
    question only 404 (no such job) counts as an answer."""
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return ThrottledError("throttled", "RunPod asked to slow down.", _retry_after_s(headers))
    if status in _DENIED:
        return operators_fault(asked, str(status), is_start=is_start)
    if status == httpx.codes.NOT_FOUND and is_start:
        return operators_fault(asked, str(status), is_start=True, told=NO_ENDPOINT)
    if status == httpx.codes.NOT_FOUND:
        return LostError(*FORGOTTEN)
    if status in _REFUSED and is_start:
        return RejectedError("provider-rejected", "RunPod refused the request as it was sent.")
    return UnavailableError(
        "provider-unavailable",
        f"RunPod answered with {status}.",
        may_have_billed=_may_have_billed(status),
    )


def _may_have_billed(status: int) -> bool:
    """A refusal costs nothing, unless it may have come in the middle of the work. A 503 says that no work was
    done."""
    is_refused = httpx.codes.is_client_error(status) and status not in _AMID_WORK
    return not is_refused and status != httpx.codes.SERVICE_UNAVAILABLE


def _retry_after_s(headers: httpx.Headers) -> float | None:
    """Seconds; None for a date or for nonsense: our own back-off is used then."""
    value = headers.get("Retry-After", "").strip()
    return float(value) if value.isascii() and value.isdecimal() else None
