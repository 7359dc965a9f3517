"""The name that Google's front end gives each request, and its own log lines of it: a trace."""

import re

from werkzeug.datastructures import Headers

from mediaforge import log

# https://docs.cloud.google.com/trace/docs/trace-context: the first is Google's own, the second the W3C's.
_HEADERS = {
    "X-Cloud-Trace-Context": re.compile(rf"({log.TRACE})(?:/|;|$)"),
    "Traceparent": re.compile(rf"[0-9a-f]{{2}}-({log.TRACE})-"),
}


def trace_of(headers: Headers) -> str | None:
    """The trace of the request with these headers; None where they name none, as on the emulators. A caller
    may choose it, so it names a request and proves nothing."""
    for name, pattern in _HEADERS.items():
        if found := pattern.match(headers.get(name, "")):
            return found[1]
    return None
