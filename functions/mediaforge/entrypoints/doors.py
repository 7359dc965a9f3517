"""Checks that are made before a request is parsed and before its caller is known: its address, its length and
its depth of nesting. A refusal here costs next to nothing."""

from __future__ import annotations

import re
from contextlib import suppress
from io import BytesIO
from ipaddress import IPv6Address, ip_address, ip_network
from itertools import accumulate
from typing import TYPE_CHECKING

from flask import Request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from mediaforge import bootstrap
from mediaforge.domain.errors import RateLimitedError, RequestTooLargeError

if TYPE_CHECKING:
    from mediaforge.services.gate import Gate

# One and a half times the largest valid request. No more, because parsed JSON takes twenty times its length
# in memory, and an instance reads several requests at once.
BODY_BYTES_MAX = 256 * 1024
# A batch has up to a hundred requests. Their prompts are rarely as long as they may be.
BATCH_BYTES_MAX = 1024 * 1024
DEPTH_MAX = 64
# Cloud Run passes on no body that is longer than this.
_IGNORED_BYTES_MAX, _PIECE_BYTES = 32 * 1024 * 1024, 8 * 1024
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NO_BRACKETS = bytes(set(range(256)) - set(_STEPS))
# Possessive, and a string that is not closed runs to the end: so the time grows only with the text's length.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)


def read_body(request: Request, bytes_max: int = BODY_BYTES_MAX) -> bytes:
    """The body as it was sent: a compressed one is not decompressed. Raises RequestTooLargeError. A body
    whose declared length is too large is not kept at all; of a body without a declared length no more than
    the limit is kept."""
    # A body without a declared length may be cut off here without an error: one byte too many shows that.
    request.max_content_length = bytes_max + 1
    try:
        body = request.get_data()
    except RequestEntityTooLarge:
        raise _too_large(request, bytes_max) from None
    if len(body) > bytes_max:
        raise _too_large(request, bytes_max)
    return body


def ignore_body(request: Request) -> None:
    """For a function that answers without reading the body: reads it piece by piece and drops it. Otherwise a
    caller who is still sending would be cut off without hearing the answer (the functions emulator dies of
    it). Besides, functions-framework reads what a function has left, all at once, and breaks when it is too
    large."""
    unread = get_input_stream(request.environ)
    with suppress(OSError, HTTPException):  # the caller is gone, or the body is malformed
        for _ in range(_IGNORED_BYTES_MAX // _PIECE_BYTES):
            if not unread.read(_PIECE_BYTES):
                break
    request.stream = BytesIO()


def read_flat_body(request: Request, bytes_max: int = BODY_BYTES_MAX) -> bytes:
    """The body, which may be parsed: its brackets (those in strings aside) are nested no deeper than
    DEPTH_MAX. Raises RequestTooLargeError."""
    body = read_body(request, bytes_max)
    brackets = _STRING.sub(b"", body).translate(None, _NO_BRACKETS)
    if max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > DEPTH_MAX:
        raise _too_large(request, bytes_max, is_deep=True)
    return body


def _too_large(request: Request, bytes_max: int, *, is_deep: bool = False) -> RequestTooLargeError:
    ignore_body(request)
    count_refusal(request)
    return RequestTooLargeError(bytes_max, DEPTH_MAX, is_deep=is_deep)


def admit(request: Request) -> None:
    """Raises RateLimitedError where the request's address asks too often."""
    address = address_of(request)
    if address is not None and (gate := _gate()) is not None:
        try:
            gate.admit_address(address)
        except RateLimitedError:
            ignore_body(request)
            raise


def count_refusal(request: Request) -> None:
    """Counts, against its address, the refusal of a request whose caller is not known."""
    address = address_of(request)
    if address is not None and (gate := _gate()) is not None:
        gate.count_address_refusal(address)


def address_of(request: Request) -> str | None:
    """The address that the request comes from: the last entry of X-Forwarded-For, which Google's front end
    adds. The entries before it are the caller's own claims. None on the emulators, which do not set the
    header."""
    try:
        address = ip_address(request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip())
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))  # a customer is given at least a /64
    return str(address)


def _gate() -> Gate | None:
    """None while the backend cannot be built: the function that answers then reports what is wrong."""
    try:
        return bootstrap.backend().gate
    except Exception:
        return None
