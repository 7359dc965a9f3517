"""One HTTP exchange with a provider that has no SDK worth loading: on a connection of its own, within a time
limit as a whole, and with an answer of limited size."""

import json
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

# Not a heavy SDK: `firebase_admin`, which every function loads, has loaded it already.
import httpx

from mediaforge.providers.deadline import Deadline
from mediaforge.providers.whole_answers import UNFOLDED, Counted

# They log addresses whole at INFO, and a provider's may carry a webhook's token.
for _library in ("httpx", "httpcore"):
    logging.getLogger(_library).setLevel(logging.WARNING)

# Every exception httpx raises derives from one of these; a test walks them.
HTTPX_ERRORS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict)
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
BEFORE_SENDING = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: httpx.Headers
    content: bytes

    @property
    def is_success(self) -> bool:
        return httpx.codes.is_success(self.status)

    def object(self) -> dict[str, Any] | None:
        """The JSON object that it is; None for anything else."""
        try:
            answer = json.loads(self.content)
        except (ValueError, RecursionError):
            return None
        return answer if isinstance(answer, dict) else None

    def retry_after_s(self) -> float | None:
        """Seconds; None for a date or for nonsense: our own back-off is used then."""
        value = self.headers.get("Retry-After", "").strip()
        return float(value) if value.isascii() and value.isdecimal() else None


def exchange(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None = None,
    *,
    limit_s: float,
    bytes_max: int,
) -> Answer:
    """Raises one of HTTPX_ERRORS. Each exchange has a new connection: one that was kept may have died while
    this instance was frozen, and a submission that fails on it may or may not have arrived. Only the
    connection, before anything is sent, may take longer than `limit_s`."""
    with (
        Deadline(limit_s) as deadline,
        httpx.Client(verify=_tls(), timeout=limit_s) as client,
        client.stream(
            method,
            url,
            content=body,
            headers={**UNFOLDED, "Content-Type": "application/json", **headers},
            extensions={"trace": deadline},
        ) as response,
    ):
        response.stream = Counted(response, bytes_max)
        # An answer that was cut off may raise no error here, but then its JSON is incomplete, too.
        return Answer(response.status_code, response.headers, response.read())


@cache
def _tls() -> ssl.SSLContext:
    """Made once a process: it reads every root certificate, which takes longer than a call."""
    return httpx.create_ssl_context()


def as_header(key: str) -> str:
    """A key that can be sent. Secrets tend to end with a newline. The key is checked here because httpx would
    quote an illegal header in its error."""
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable():
        raise httpx.LocalProtocolError("the key cannot be a header")
    return key
