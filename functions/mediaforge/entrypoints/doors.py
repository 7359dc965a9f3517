"""What is looked at before a request is parsed, and before anybody is known: its address, its length, how
deeply it is nested. Whoever is refused here has cost next to nothing."""

import re
from contextlib import suppress
from io import BytesIO
from ipaddress import IPv6Address, ip_address, ip_network
from itertools import accumulate

from flask import Request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from mediaforge import bootstrap
from mediaforge.domain.errors import RateLimitedError, RequestTooLargeError
from mediaforge.services.gate import Gate

# Half as much again as the largest valid request: what JSON makes of it is twenty times as large, and several
# are read at once.
BODY_BYTES_MAX = 256 * 1024
DEPTH_MAX = 64
# Cloud Run hands on no longer one.
_IGNORED_BYTES_MAX, _PIECE_BYTES = 32 * 1024 * 1024, 8 * 1024
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NO_BRACKETS = bytes(set(range(256)) - set(_STEPS))
# Possessive, and to the end where nothing closes it: so that no text takes longer than its length.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)


def read_body(request: Request, bytes_max: int = BODY_BYTES_MAX) -> bytes:
    """What was sent, compressed or not: nobody here decompresses. Raises RequestTooLargeError with nothing
    kept where the length is told, and no more than the limit where it is not."""
    # What is cut off there is too large, and not said to be.
    request.max_content_length = bytes_max + 1
    try:
        body = request.get_data()
    except RequestEntityTooLarge:
        raise _too_large(request, bytes_max) from None
    if len(body) > bytes_max:
        raise _too_large(request, bytes_max)
    return body


def ignore_body(request: Request) -> None:
    """For whoever answers without having read it: read piece by piece, and forgotten. Whoever is still
    sending would be hung up on, and not hear the answer (the functions emulator dies of it); and behind
    every function functions-framework reads what is left, all at once, and breaks on what is too large."""
    unread = get_input_stream(request.environ)
    with suppress(OSError, HTTPException):  # gone, or sent as nobody should
        for _ in range(_IGNORED_BYTES_MAX // _PIECE_BYTES):
            if not unread.read(_PIECE_BYTES):
                break
    request.stream = BytesIO()


def read_flat_body(request: Request) -> bytes:
    """A body whose brackets, all but those in its strings, are not nested too deeply: it may be parsed."""
    body = read_body(request)
    brackets = _STRING.sub(b"", body).translate(None, _NO_BRACKETS)
    if max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > DEPTH_MAX:
        raise _too_large(request, BODY_BYTES_MAX)
    return body


def _too_large(request: Request, bytes_max: int) -> RequestTooLargeError:
    ignore_body(request)
    count_refusal(request)
    return RequestTooLargeError(bytes_max, DEPTH_MAX)


def admit(request: Request) -> None:
    """Raises RateLimitedError where its address asks too often."""
    address = address_of(request)
    if address is not None and (gate := _gate()) is not None:
        try:
            gate.admit_address(address)
        except RateLimitedError:
            ignore_body(request)
            raise


def count_refusal(request: Request) -> None:
    """Somebody whom nobody knows was refused."""
    address = address_of(request)
    if address is not None and (gate := _gate()) is not None:
        gate.count_address_refusal(address)


def address_of(request: Request) -> str | None:
    """Where the request comes from, as Google's front end says it: the last entry of X-Forwarded-For. What
    stands before it is the caller's own word. None on the emulators, which say nothing."""
    try:
        address = ip_address(request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip())
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))  # the least that one customer is given
    return str(address)


def _gate() -> Gate | None:
    """None while there is no backend: whoever answers says what is wrong with it."""
    try:
        return bootstrap.backend().gate
    except Exception:
        return None
