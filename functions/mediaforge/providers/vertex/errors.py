"""What each error of google.genai, of its transport and of its credentials means to us.

The SDK's modules are loaded only when there is an error to read.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from mediaforge.domain.errors import ProviderError, UnavailableError
from mediaforge.providers.operator import Asked
from mediaforge.providers.vertex.credentials import credentials_error
from mediaforge.providers.vertex.refusals import (
    Refusal,
    question_error,
    read_refusal,
    start_error,
)


@contextmanager
def while_starting(asked: Asked) -> Iterator[None]:
    """Inside this block whatever the SDK, its transport or its credentials raise becomes one of our errors;
    any other exception is a bug and passes through."""
    with _our_errors(asked, is_start=True):
        yield


@contextmanager
def while_asking(asked: Asked) -> Iterator[None]:
    """The same for a question about a long operation. Of all errors only "not found" is an answer."""
    with _our_errors(asked, is_start=False):
        yield


@contextmanager
def while_ending(asked: Asked) -> Iterator[None]:
    """`while_asking` for a call that ends a long operation. That the operation has ended already, or is not
    known any more, is no error."""
    try:
        yield
    except Exception as error:
        if _has_ended(error):
            return
        with _our_errors(asked, is_start=False):
            raise


@contextmanager
def _our_errors(asked: Asked, *, is_start: bool) -> Iterator[None]:
    try:
        yield
    except ProviderError:
        raise
    except Exception as error:
        ours = provider_error(error, asked, is_start=is_start)
        if ours is None:
            raise
        raise ours from error


def provider_error(error: Exception, asked: Asked, *, is_start: bool) -> ProviderError | None:
    """What an exception means to us, None for a bug. Only this function and its helpers know the exceptions
    of google.genai, httpx and google.auth. No message quotes an answer, which may quote the prompt."""
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415

    if refusal := _refusal(error):
        mean = start_error if is_start else question_error
        return mean(refusal, asked)
    if isinstance(error, GoogleAuthError):
        return credentials_error(error, asked, is_start=is_start)
    if isinstance(error, _unreadable()) or _broke_in_the_sdk(error):
        return UnavailableError("provider-unavailable", "The provider's answer is unreadable.")
    if isinstance(error, _unanswered()):
        return UnavailableError(
            "provider-unavailable",
            "The provider did not answer.",
            may_have_billed=not _was_never_sent(error),
            was_asked=not _is_ours(error),
        )
    return None


def _interaction_errors() -> Any:
    """The module with the errors of `client.interactions`, which no other call raises. None until the SDK
    itself has loaded it: loading it loads 350 modules."""
    return sys.modules.get("google.genai._gaos.lib.compat_errors")


def _interaction_retries() -> Any:
    """The same for the errors of its repeats. Repeats are turned off; the errors are here so that all errors
    of the SDK are mapped."""
    return sys.modules.get("google.genai._gaos.utils.retries")


def _refusal(error: Exception) -> Refusal | None:
    """The refusal in an error about an answer other than 200; None for any other error."""
    status = _status(error)
    if status is None:
        return None
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    # The SDK's own errors have the body in `details`, those of interactions in `body`.
    body = getattr(error, "details", None) or getattr(error, "body", None)
    return read_refusal(status, body, headers, str(getattr(error, "message", "") or ""))


def _status(error: Exception) -> int | None:
    from google.genai.errors import APIError  # noqa: PLC0415

    if isinstance(error, APIError):
        return error.code
    interactions = _interaction_errors()
    if interactions and isinstance(error, interactions.APIError | interactions.GenAiError):
        status: int | None = error.status_code
        return status
    return None


def _unreadable() -> tuple[type[Exception], ...]:
    """Errors over an answer that is not what the SDK expects. The SDK raises the three about functions only
    for tools, which we never send; they are here so that all errors of the SDK are mapped."""
    from google.genai import errors  # noqa: PLC0415
    from pydantic import ValidationError  # noqa: PLC0415

    return (
        json.JSONDecodeError,
        UnicodeError,  # not only for wrong bytes: some codecs that a `charset` can name decode no text
        RecursionError,  # the answer is nested too deeply to be read
        ValidationError,
        errors.UnknownApiResponseError,
        errors.ContinuationInterruptedError,
        errors.UnknownFunctionCallArgumentError,
        errors.UnsupportedFunctionError,
        errors.FunctionInvocationError,
    )


def _broke_in_the_sdk(error: Exception) -> bool:
    """Whether the SDK broke over an answer, much of which it does not check: a number where it expects an
    object ends in an AttributeError or TypeError in the SDK's code. In our code those are bugs."""
    if not isinstance(error, AttributeError | TypeError | ValueError):
        return False
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    module = str(place.tb_frame.f_globals.get("__name__")) if place else ""
    if isinstance(error, ValueError):  # JSON with a number of more digits than Python converts
        return module.startswith("json.")
    return module.startswith("google.genai.")


def _unanswered() -> tuple[type[Exception], ...]:
    """Errors of calls without an answer: refused, reset, timed out, cut off. Whether the call arrived, and
    was billed, is not known."""
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
        TimeoutError,  # raised for continuations only, which an interaction in the background has not
        *of_interactions,
        *((retries.TemporaryError, retries.PermanentError) if retries else ()),
    )


def _was_never_sent(error: BaseException) -> bool:
    """Whether there was no connection to send anything on: then nothing was begun. The errors of interactions
    have the transport's error as their cause."""
    import httpx  # noqa: PLC0415

    never_sent = (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.ProxyError,
    )
    is_away = isinstance(error, never_sent) or isinstance(error.__cause__, never_sent)
    return is_away or _is_ours(error)


def _is_ours(error: BaseException) -> bool:
    """Whether our own request was wrong, so that nothing was sent and the provider was not asked."""
    import httpx  # noqa: PLC0415

    ours = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)
    return isinstance(error, ours) or isinstance(error.__cause__, ours)


def _has_ended(error: Exception) -> bool:
    """Whether a refusal to end something says that there is nothing left to end."""
    refusal = _refusal(error)
    if refusal is None:
        return False
    if refusal.status == HTTPStatus.BAD_REQUEST:
        return refusal.named == "FAILED_PRECONDITION"
    return refusal.status in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
