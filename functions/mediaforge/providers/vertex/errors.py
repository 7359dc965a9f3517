"""What each error of google.genai, of its transport and of its credentials means to us.

The SDK's modules are loaded when there is an error to read.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from mediaforge.domain.errors import (
    LostError,
    ProviderError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.providers.vertex.safety import is_filtered, rejection


class FileRefusedError(RejectedError):
    """The API could not, or may not, reach a file at an address it was given. Such a call made nothing
    and is not billed."""


@contextmanager
def our_errors() -> Iterator[None]:
    """Inside it whatever the SDK, its transport or its credentials raise becomes one of our errors;
    anything else is a bug and passes."""
    try:
        yield
    except ProviderError:
        raise
    except Exception as error:
        ours = provider_error(error)
        if ours is None:
            raise
        raise ours from error


@contextmanager
def while_asking() -> Iterator[None]:
    """`our_errors` for a question about something that was started. That we may not ask just now is an
    operator's to repair and says nothing about the answer; that it is unknown does."""
    try:
        with our_errors():
            yield
    except RejectedError as error:
        if error.code == "provider-not-allowed":
            raise UnavailableError("provider-unavailable", error.message) from error
        if error.code == "model-retired":
            raise LostError("operation-gone", "The provider has forgotten this job.") from error
        raise


@contextmanager
def while_ending() -> Iterator[None]:
    """`while_asking` for the end of something that was started. That it has ended already, or is not
    known any more, is no error."""
    try:
        with while_asking():
            yield
    except LostError:
        return
    except ProviderError as error:
        if not _has_ended(error.__cause__):
            raise


def provider_error(error: Exception) -> ProviderError | None:
    """What an exception means to us, None for a bug. The one place that knows the exceptions of
    google.genai, httpx and google.auth; no message quotes an answer, which may quote the prompt."""
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415

    status = _status(error)
    if status is not None:
        return _refusal(status, error)
    if isinstance(error, GoogleAuthError):
        return _credentials_error(error)
    if isinstance(error, _unreadable()) or _broke_in_the_sdk(error):
        return UnavailableError("provider-unavailable", "The provider's answer is unreadable.")
    if isinstance(error, _unanswered()):
        return UnavailableError("provider-unavailable", "The provider did not answer.")
    return None


def _interaction_errors() -> Any:
    """The module with the errors of `client.interactions`, which no other call raises; None until
    something has loaded it, as it costs 350 modules."""
    return sys.modules.get("google.genai._gaos.lib.compat_errors")


def _interaction_retries() -> Any:
    """The same for those of its repeats, which are turned off: they are here so that each is known."""
    return sys.modules.get("google.genai._gaos.utils.retries")


def _status(error: Exception) -> int | None:
    """The HTTP status of an answer; None where the error is not about one."""
    from google.genai.errors import APIError  # noqa: PLC0415

    if isinstance(error, APIError):
        return error.code
    interactions = _interaction_errors()
    if interactions and isinstance(error, interactions.APIError | interactions.GenAiError):
        status: int | None = error.status_code
        return status
    return None


def _unreadable() -> tuple[type[Exception], ...]:
    """An answer that is not what the SDK expects. It raises the three about functions only for tools,
    which are never sent; they are here so that each of its errors is known."""
    from google.genai import errors  # noqa: PLC0415
    from pydantic import ValidationError  # noqa: PLC0415

    return (
        json.JSONDecodeError,
        UnicodeDecodeError,
        RecursionError,  # nested too deeply to be read
        ValidationError,
        errors.UnknownApiResponseError,
        errors.ContinuationInterruptedError,
        errors.UnknownFunctionCallArgumentError,
        errors.UnsupportedFunctionError,
        errors.FunctionInvocationError,
    )


def _broke_in_the_sdk(error: Exception) -> bool:
    """The SDK takes much of an answer on trust: a number where it expects an object ends in one of these
    two, in its lines. In ours they are a bug."""
    if not isinstance(error, AttributeError | TypeError):
        return False
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    module = str(place.tb_frame.f_globals.get("__name__")) if place else ""
    return module.startswith("google.genai.")


def _unanswered() -> tuple[type[Exception], ...]:
    """Refused, reset, timed out, cut off. Whether the call was made, and billed, is not known."""
    import httpx  # noqa: PLC0415

    interactions, retries = _interaction_errors(), _interaction_retries()
    of_interactions = (
        (interactions.GeminiNextGenAPIClientError, interactions.NoResponseError)
        if interactions
        else ()
    )
    return (
        httpx.HTTPError,
        httpx.StreamError,
        httpx.InvalidURL,
        httpx.CookieConflict,
        TimeoutError,  # of a continuation, which an interaction in the background does not have
        *of_interactions,
        *((retries.TemporaryError, retries.PermanentError) if retries else ()),
    )


def _credentials_error(error: Exception) -> ProviderError:
    """The metadata server or the token's issuer not answering passes; anything else is an operator's."""
    from google.auth.exceptions import TransportError  # noqa: PLC0415

    is_passing = (
        getattr(error, "retryable", False)
        or isinstance(error, TransportError)
        # A credential that could not be refreshed carries why as its cause, or its first argument.
        or isinstance(error.__cause__, TransportError)
        or any(isinstance(argument, TransportError) for argument in error.args)
    )
    if is_passing:
        return UnavailableError("provider-unavailable", "The provider did not answer.")
    return _not_allowed()


def _not_allowed() -> RejectedError:
    # Final, so that nobody's credits are held while an operator is needed; the job can be sent again.
    return RejectedError(
        "provider-not-allowed",
        "This installation may not use the model at the moment. Its operator has to allow it.",
    )


def _refusal(status: int, error: Exception) -> ProviderError:
    """An answer with a status other than 200, or one with 200 that is not what was expected."""
    message = str(getattr(error, "message", "") or "")
    match status:
        case HTTPStatus.TOO_MANY_REQUESTS:
            wait_s = _wait_s(error)
            return ThrottledError("throttled", "The model is busy and asked to slow down.", wait_s)
        case HTTPStatus.BAD_REQUEST | HTTPStatus.FORBIDDEN if _names_a_file(
            message
        ) and not is_filtered(message):
            return FileRefusedError("provider-rejected", "The model could not reach a file.")
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return _not_allowed()
        case HTTPStatus.NOT_FOUND:
            return RejectedError(
                "model-retired", "The model is not offered any more, or not in this region."
            )
        case HTTPStatus.REQUEST_TIMEOUT | HTTPStatus.CONFLICT:
            return UnavailableError("provider-unavailable", "The provider did not finish.")
        case _ if not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return UnavailableError("provider-unavailable", "The provider failed.")
    return rejection("prompt", message)


def _has_ended(cause: BaseException | None) -> bool:
    """Whether a refusal to end something says that there is nothing left to end."""
    status = _status(cause) if isinstance(cause, Exception) else None
    if status == HTTPStatus.BAD_REQUEST:
        said = _error_in(_body(cause))
        words = (str(said.get("status")), str(said.get("code")))
        return any(word.upper() == "FAILED_PRECONDITION" for word in words)
    return status == HTTPStatus.CONFLICT


def _body(error: object) -> object:
    """The JSON of a refusal: `details` of the SDK's own errors, `body` of those of interactions."""
    return getattr(error, "details", None) or getattr(error, "body", None)


def _error_in(body: object) -> Mapping[str, Any]:
    """`{"error": {"code", "status", "message", "details"}}`; it may come in a list of one."""
    body = body[0] if isinstance(body, list) and body else body
    error = body.get("error") if isinstance(body, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def _names_a_file(message: str) -> bool:
    return re.search(r"gs://|\bfile_?ur[il]\b|\bur[il]\b|\bstorage\.", message, re.I) is not None


# ---- how long to wait ----------------------------------------------------------------------------


def _wait_s(error: Exception) -> float | None:
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    return asked_wait_s(headers, _body(error))


def asked_wait_s(headers: Mapping[str, str], body: object) -> float | None:
    """Seconds that a 429 asks for: its `Retry-After`, else the RetryInfo in its JSON; None where it names
    nothing. `headers` know their names in any case."""
    asked_s = retry_after_s(headers.get("retry-after"), datetime.now(UTC))
    return _retry_info_s(body) if asked_s is None else asked_s


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """Seconds that a `Retry-After` asks for, by number or by date; None where it says neither.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    text = (header or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _retry_info_s(body: object) -> float | None:
    """`{"error": {"details": [{"@type": "…google.rpc.RetryInfo", "retryDelay": "20s"}]}}`"""
    details = _error_in(body).get("details")
    for detail in details if isinstance(details, list) else ():
        delay = detail.get("retryDelay") if isinstance(detail, Mapping) else None
        found = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)s", str(delay))
        if found:
            return float(found[1])
    return None
