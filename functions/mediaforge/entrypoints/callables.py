"""Callables: read an operation's request out of what was sent, and send back its answer or the refusal."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from firebase_functions.https_fn import CallableRequest, FunctionsErrorCode, HttpsError

from mediaforge import bootstrap, log
from mediaforge.domain.errors import (
    BusyError,
    RateLimitedError,
    RequestError,
    UnauthenticatedError,
)
from mediaforge.entrypoints import callable_protocol
from mediaforge.entrypoints.encoded_numbers import decode_numbers

if TYPE_CHECKING:
    from mediaforge.services.backend import Caller

Handler = Callable[[CallableRequest[Any]], dict[str, Any]]


def serve(name: str, **options: Any) -> callable_protocol.Handler:
    """The operation of that name as a callable, with these options of the SDK's."""
    return callable_protocol.on_call(**options)(handler(name))


def handler(name: str) -> Handler:
    """The function that the SDK calls with each request, and that calls the operation."""

    def handle(call: CallableRequest[Any]) -> dict[str, Any]:
        try:
            return _answer(name, call)
        except Exception as error:
            # The SDK must not see the error itself: it would log its message, which may quote the request.
            raise _refusal(name, call, error) from None

    handle.__name__ = name  # a function deploys under its own name
    return handle


def _answer(name: str, call: CallableRequest[Any]) -> dict[str, Any]:
    from mediaforge.entrypoints.operations import OPERATIONS
    from mediaforge.services.backend import Caller

    operation = OPERATIONS[name]
    caller = Caller("") if operation.is_open else _caller(call)
    request = operation.read(decode_numbers(call.data))
    named = replace(caller, asked_as=log.request_id())
    return operation.act(bootstrap.backend(), named, request).on_the_wire()


def _refusal(name: str, call: CallableRequest[Any], error: Exception) -> HttpsError:
    match error:
        case RequestError():
            if not _was_at_the_gate(error):
                _count(call, error)
            log.info("request.refused", function=name, reason=error.reason)
            details = {"reason": error.reason, **error.details}
            return HttpsError(FunctionsErrorCode[error.code], error.message, details)
        case BusyError():
            log.warning("request.postponed", function=name, cause=str(error))
            message = "MediaForge is busy. Send the same request again in a moment."
            return HttpsError(FunctionsErrorCode.UNAVAILABLE, message, _busy_details(error))
        case _:
            log.bug("request.broke", error, function=name)
            message = "Something broke on our side; it has been reported."
            return HttpsError(FunctionsErrorCode.INTERNAL, message, {"reason": "internal"})


def _count(call: CallableRequest[Any], refusal: RequestError) -> None:
    if call.auth is not None and call.auth.uid and not refusal.is_cheap:
        bootstrap.backend().gate.count_user_refusal(call.auth.uid)


def _was_at_the_gate(refusal: RequestError) -> bool:
    """Whether the gate itself refused. Such a refusal is not counted: otherwise a caller who asks while the
    gate is shut would keep it shut for longer than they were told."""
    return isinstance(refusal, RateLimitedError) and refusal.at_the_gate


def _busy_details(busy: BusyError) -> dict[str, Any]:
    if busy.retry_after_s is None:
        return {"reason": "busy"}
    return {"reason": "busy", "retryAfterSeconds": math.ceil(busy.retry_after_s)}


def _caller(call: CallableRequest[Any]) -> Caller:
    if call.auth is None or not call.auth.uid:
        raise UnauthenticatedError("Sign in first: the request carries no valid ID token.")
    from mediaforge.entrypoints import callers

    caller = callers.of_token(call.auth.uid, call.auth.token)
    if not caller.is_admin:  # an administrator is trusted with everything, and may run scripts
        bootstrap.backend().gate.admit_user(caller.uid)
    return caller
