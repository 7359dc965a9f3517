"""The settings and the client that every provider on Vertex AI shares, and those that a key of the Gemini
API is enough for.

google.genai is loaded at the first call: otherwise every function would load it at its cold start.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

# Not a heavy SDK: `firebase_admin`, which every function loads, has loaded it already.
import httpx

from mediaforge.providers.deadline import Deadline
from mediaforge.providers.whole_answers import UNFOLDED, Counted

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.genai import Client
    from google.genai.types import HttpOptions

_CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
_API_VERSION = "v1beta1"
_GEMINI_API_VERSION = "v1beta"
_NAME = re.compile(r"projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/")
_PART = r"[A-Za-z0-9_-][A-Za-z0-9_.:=~-]*"
_HANDLE = re.compile(rf"projects/{_PART}/locations/[a-z0-9-]+(?:/{_PART})+")
_HANDLE_CHARS_MAX = 512


@dataclass(frozen=True, slots=True)
class VertexSettings:
    """Whose models are called, and where. `credentials` is called once, when the client is built, and returns
    those of a service account, never a key. `endpoint` is the origin of a local server. Each timeout is for
    one call as a whole; no call is repeated. `image_timeout_s` is the longest that all images of a job, which
    are made at the same time, may take; it is below the worker's own timeout. With an `api_key` the Gemini
    API is called in place of Vertex AI: there is no project then, no Storage, and nobody's credentials."""

    project: str
    location: str
    credentials: "Callable[[], Credentials]"
    endpoint: str | None = None
    api_key: "Callable[[], str] | None" = None
    image_timeout_s: float = 270
    submit_timeout_s: float = 60
    poll_timeout_s: float = 30
    # The largest answers: of text alone; with a picture of 4096 pixels square in base64; with a video of 4K
    # in base64.
    answer_bytes_max: int = 1_000_000
    image_bytes_max: int = 70_000_000
    film_bytes_max: int = 90_000_000
    text_timeout_s: float = 30  # there are two tries at most, and the caller's SDK gives up at 70 s


def default_credentials() -> "Credentials":
    """The credentials of the service account that the function runs as."""
    import google.auth  # noqa: PLC0415 - as at the top

    credentials: Credentials = google.auth.default(scopes=[_CLOUD_PLATFORM])[0]
    return credentials


_building = Lock()


def client(settings: VertexSettings, bytes_max: int | None = None) -> "Client":
    """The process's one client for these settings and for answers of at most `bytes_max` bytes; the default
    is the limit of text answers. Many threads may use it at once."""
    # `cache` alone would let two threads build two clients; the one that is dropped closes while it is in
    # use.
    with _building:
        return _client(settings, bytes_max or settings.answer_bytes_max)


@cache
def _client(settings: VertexSettings, bytes_max: int) -> "Client":
    from google.genai import Client  # noqa: PLC0415
    from google.genai.types import HttpOptions, HttpRetryOptions  # noqa: PLC0415

    options = HttpOptions(
        base_url=settings.endpoint,
        api_version=_GEMINI_API_VERSION if settings.api_key else _API_VERSION,
        timeout=_as_ms(settings.poll_timeout_s),
        httpx_client=_LimitedClient(bytes_max),
        # No repeats, which may cost twice. For interactions google-genai 2.34 takes `attempts` as the
        # number of repeats, and it replaces 0 by 1. A number below zero means no repeat for all calls.
        retry_options=HttpRetryOptions(attempts=-1),
    )
    if settings.api_key:
        return Client(vertexai=False, api_key=_key(settings.api_key), http_options=options)
    return Client(
        vertexai=True,
        # All three are passed explicitly: with a `base_url` the SDK ignores a project or location in the
        # environment, and sends no credentials: https://github.com/googleapis/python-genai, `_api_client.py`.
        project=settings.project,
        location=settings.location,
        credentials=settings.credentials(),
        http_options=options,
    )


def _key(read: "Callable[[], str]") -> str:
    """The key. That there is none is for an operator to mend, like any other missing credentials."""
    from google.auth.exceptions import DefaultCredentialsError  # noqa: PLC0415

    key = read()
    if not key:
        raise DefaultCredentialsError("there is no key of the Gemini API")
    return key


class _LimitedClient(httpx.Client):
    """An HTTP client whose time limit is for the whole exchange: the SDK's limit is httpx's, for how long
    each read may be silent. Each exchange has a new connection. One that was kept could not be cut off,
    because httpx reports only new connections, and it may have died while this instance was frozen."""

    def __init__(self, answer_bytes_max: int) -> None:
        super().__init__(limits=httpx.Limits(max_keepalive_connections=0))
        self._answer_bytes_max = answer_bytes_max

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        limit_s = request.extensions["timeout"]["read"]
        with Deadline(limit_s) as deadline:
            request.extensions = {**request.extensions, "trace": deadline}
            request.headers.update(UNFOLDED)
            response = super().send(request, **{**options, "stream": True})
            try:
                response.stream = Counted(response, self._answer_bytes_max)
                response.read()
                # All answers are UTF-8, whatever charset a header names: among the codecs that Python knows
                # are some that decompress, and some that raise errors of their own.
                response.encoding = "utf-8"
            finally:
                response.close()
            return response


def within(seconds: float) -> "HttpOptions":
    """The time limit of one call as an option of the SDK, which takes milliseconds."""
    from google.genai.types import HttpOptions  # noqa: PLC0415

    return HttpOptions(timeout=_as_ms(seconds))


def _as_ms(seconds: float) -> int:
    return round(seconds * 1000)


def settings_of(name: str, settings: VertexSettings) -> VertexSettings:
    """`settings` with the project and location of a resource's full name: an operation is asked for where it
    was started, even if another location has been set since."""
    found = _NAME.match(name)
    if found is None:
        return settings
    return replace(settings, project=found["project"], location=found["location"])


def is_handle(name: object) -> bool:
    """Whether it is the full name of an operation that was started. The check is strict because the name
    becomes a field of the job's document, and a part of a host and a path."""
    return (
        isinstance(name, str)
        and len(name) <= _HANDLE_CHARS_MAX
        and _HANDLE.fullmatch(name) is not None
    )
