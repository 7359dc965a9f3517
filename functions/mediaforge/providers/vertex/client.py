"""The settings and the client that every provider on Vertex AI shares.

google.genai is loaded at the first call: every function would pay for it at its cold start otherwise.
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
_NAME = re.compile(r"projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/")
_PART = r"[A-Za-z0-9_-][A-Za-z0-9_.:=~-]*"
_HANDLE = re.compile(rf"projects/{_PART}/locations/[a-z0-9-]+(?:/{_PART})+")
_HANDLE_CHARS_MAX = 512


@dataclass(frozen=True, slots=True)
class VertexSettings:
    """Whose models are called, and where. `credentials` is asked once, when the client is built; they
    are a service account's, never a key. `endpoint` is the origin of a local server. Times in seconds;
    each is for one call as a whole, of which there is never a second. `image_timeout_s` is the longest that
    all images of a job may take, which are made at once; it is below the worker's own."""

    project: str
    location: str
    credentials: "Callable[[], Credentials]"
    endpoint: str | None = None
    image_timeout_s: float = 270
    submit_timeout_s: float = 60
    poll_timeout_s: float = 30
    # Of words; of the answer that has a picture of 4096 pixels square, or a film of 4K, as text.
    answer_bytes_max: int = 1_000_000
    image_bytes_max: int = 70_000_000
    film_bytes_max: int = 90_000_000
    text_timeout_s: float = 30  # asked twice at most, by a caller whose SDK gives up at 70 s


def default_credentials() -> "Credentials":
    """Those of the service account that the function runs as."""
    import google.auth  # noqa: PLC0415 - as at the top

    credentials: Credentials = google.auth.default(scopes=[_CLOUD_PLATFORM])[0]
    return credentials


_building = Lock()


def client(settings: VertexSettings, bytes_max: int | None = None) -> "Client":
    """The process's one client for these settings, and for answers of so many bytes; without it, of words. It
    is safe to use by many threads at once."""
    # `cache` alone would let two threads build two, and the one that is dropped closes under its user.
    with _building:
        return _client(settings, bytes_max or settings.answer_bytes_max)


@cache
def _client(settings: VertexSettings, bytes_max: int) -> "Client":
    from google.genai import Client  # noqa: PLC0415
    from google.genai.types import HttpOptions, HttpRetryOptions  # noqa: PLC0415

    return Client(
        vertexai=True,
        # With an address of its own the SDK would forget a project or location from the environment,
        # and send no credentials: https://github.com/googleapis/python-genai, `_api_client.py`.
        project=settings.project,
        location=settings.location,
        credentials=settings.credentials(),
        http_options=HttpOptions(
            base_url=settings.endpoint,
            api_version=_API_VERSION,
            timeout=_as_ms(settings.poll_timeout_s),
            httpx_client=_LimitedClient(bytes_max),
            # No repeats, which may cost twice. Not 1: google-genai 2.34 takes `attempts` for how often
            # an interaction is repeated, and makes 1 of 0 before. Below zero is never, for all calls.
            retry_options=HttpRetryOptions(attempts=-1),
        ),
    )


class _LimitedClient(httpx.Client):
    """What the SDK calls a time limit is httpx's: how long each read may be silent. Here it is the limit of
    the whole exchange. A connection for each: one that was kept cannot be cut off, as it is not told of, and
    may have died while this instance was frozen."""

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
                # As all of it is, whatever it says: among the names that Python knows are some that unfold,
                # and some that end in errors of their own.
                response.encoding = "utf-8"
            finally:
                response.close()
            return response


def within(seconds: float) -> "HttpOptions":
    """The time limit of one call, as the SDK takes it: in milliseconds, by request."""
    from google.genai.types import HttpOptions  # noqa: PLC0415

    return HttpOptions(timeout=_as_ms(seconds))


def _as_ms(seconds: float) -> int:
    return round(seconds * 1000)


def settings_of(name: str, settings: VertexSettings) -> VertexSettings:
    """`settings` for the project and location in a resource's full name: what was started is asked for
    where it was started, also when another location has been set since."""
    found = _NAME.match(name)
    if found is None:
        return settings
    return replace(settings, project=found["project"], location=found["location"])


def is_handle(name: object) -> bool:
    """Whether it is the full name of something that was started. It becomes a field of the job's document, a
    host and a path."""
    return (
        isinstance(name, str)
        and len(name) <= _HANDLE_CHARS_MAX
        and _HANDLE.fullmatch(name) is not None
    )
