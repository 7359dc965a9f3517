"""Callables: read an operation's request out of what was sent, and send back its answer or the refusal."""

import math
from collections.abc import Callable
from typing import Any

from firebase_functions.https_fn import CallableRequest, FunctionsErrorCode, HttpsError

from mediaforge import bootstrap, environment, log
from mediaforge.domain import sign_ins
from mediaforge.domain.errors import (
    BusyError,
    RateLimitedError,
    RequestError,
    UnauthenticatedError,
)
from mediaforge.entrypoints import callable_protocol
from mediaforge.entrypoints.encoded_numbers import decode_numbers
from mediaforge.services.backend import Caller

_UID_CHARS_MAX = 128
_NAME_CHARS_MAX = 200
_NOBODY = Caller("")
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

    operation = OPERATIONS[name]
    caller = _NOBODY if operation.is_open else _caller(call)
    request = operation.read(decode_numbers(call.data))
    return operation.act(bootstrap.backend(), caller, request).on_the_wire()


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
    uid: object = call.auth.uid
    if not isinstance(uid, str) or not _fits_in_a_path(uid):
        raise UnauthenticatedError("The user id of this token cannot be used as part of a path.")
    claims = call.auth.token
    sign_in = sign_ins.of_token(uid, claims, is_emulated=environment.is_emulated())
    caller = Caller(
        uid,
        is_admin=claims.get("admin") is True,
        sign_in=sign_in,
        name=_name_of(claims.get("name")),
    )
    if not caller.is_admin:  # an administrator is trusted with everything, and may run scripts
        bootstrap.backend().gate.admit_user(uid)
    return caller


def _name_of(claim: object) -> str | None:
    """What the token calls the user, if that can be stored."""
    if not isinstance(claim, str) or not sign_ins.is_storable(claim):
        return None
    return claim[:_NAME_CHARS_MAX].strip() or None


def _fits_in_a_path(uid: str) -> bool:
    """Whether a uid can be part of the paths of documents and files. The emulators take any token, so a uid
    there may be any text."""
    is_name = uid not in (".", "..") and not uid.startswith("__")
    return is_name and "/" not in uid and len(uid) <= _UID_CHARS_MAX and sign_ins.is_storable(uid)
