"""HTTP to addresses that users name. A name is looked up once, by requests-hardened; what was found is what
is checked, and what is connected to. A host may look harmless and lead anywhere: as a number, in octal, as
IPv4 within IPv6, by a name that changes.

Each exchange has a session of its own: nothing is kept open to a stranger, and nothing is learned from one.
"""

import ipaddress
import logging
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from threading import Timer
from typing import Any

import requests
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3.exceptions import HTTPError

from mediaforge.domain.errors import AddressRefusedError, UnansweredError
from mediaforge.ports.outside import Fetched

# It warns of each refused name, which is a user's.
logging.getLogger("requests_hardened").setLevel(logging.ERROR)
OPEN, LOOPBACK = "open", "loopback"
_CONNECT_S = 5.0
_CHUNK_BYTES = 64 * 1024
# Where IPv6 has addresses that are open to everybody. Beside them are retired and reserved ones, of which
# some networks make something.
_OPEN_V6 = ipaddress.IPv6Network("2000::/3")
_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


def look_up(url: str, networks: frozenset[str]) -> None:
    """As `Outside.check`: all that an exchange does before it connects. `networks` is where the address may
    lead."""
    with _saying_what_was_wrong():
        prepared = requests.Request("GET", url).prepare()
        _adapter_of(url, networks, None).get_connection_with_tls_context(prepared, verify=True)


def send(
    url: str, headers: Mapping[str, str], body: bytes, networks: frozenset[str], limit_s: float
) -> int:
    asked = requests.Request("POST", url, dict(headers), data=body)
    with _answer(asked, url, networks, limit_s) as got:
        return int(got.status_code)


def fetch(url: str, bytes_max: int, networks: frozenset[str], limit_s: float) -> Fetched:
    asked = requests.Request("GET", url, {"Accept-Encoding": "identity"})
    with _answer(asked, url, networks, limit_s) as got:
        if got.status_code != HTTPStatus.OK:
            raise UnansweredError(f"The server answered {got.status_code}.")
        if got.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise UnansweredError(
                "The server has compressed its answer, though it was asked not to."
            )
        content = b"".join(_counted(got, bytes_max))
    kind = got.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return Fetched(content, kind)


def _counted(got: requests.Response, bytes_max: int) -> Iterator[bytes]:
    count = 0
    while chunk := got.raw.read(_CHUNK_BYTES, decode_content=False):
        count += len(chunk)
        if count > bytes_max:
            raise UnansweredError(f"The server sent more than {bytes_max} bytes.")
        yield chunk


@contextmanager
def _answer(
    asked: requests.Request, url: str, networks: frozenset[str], limit_s: float
) -> Iterator[requests.Response]:
    """The answer, of which the body is not read yet. Raises AddressRefusedError, UnansweredError, also for
    what goes wrong while the body is read."""
    with _saying_what_was_wrong(), _Deadline(limit_s) as deadline, requests.Session() as session:
        session.trust_env = (
            False  # a proxy would look the name up once more, and .netrc has passwords
        )
        adapter = _adapter_of(url, networks, deadline)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        with session.send(
            session.prepare_request(asked),
            stream=True,
            allow_redirects=False,
            timeout=(_CONNECT_S, limit_s),
        ) as got:
            yield got


@contextmanager
def _saying_what_was_wrong() -> Iterator[None]:
    """A library's words may quote an address, or an answer: they are not passed on."""
    try:
        yield
    except (AddressRefusedError, UnansweredError):
        raise
    except InvalidIPAddress:
        raise AddressRefusedError("leads into a network that is not open to everybody") from None
    except requests.exceptions.SSLError:
        raise UnansweredError("The server's certificate is not valid.") from None
    except requests.Timeout:
        raise UnansweredError("The server did not answer in time.") from None
    except requests.ConnectionError as error:
        if isinstance(error.__cause__, socket.gaierror):
            raise UnansweredError("The server's name could not be looked up.") from None
        raise UnansweredError("The server could not be reached, or broke off.") from None
    except (requests.exceptions.InvalidURL, UnicodeError):
        raise AddressRefusedError("is no address") from None
    except (requests.RequestException, HTTPError, OSError):
        raise UnansweredError("The server could not be reached, or broke off.") from None


def _adapter_of(url: str, networks: frozenset[str], deadline: "_Deadline | None") -> "_Adapter":
    return _Adapter(networks, deadline, is_https=url.lower().startswith("https:"))


class _Adapter(IPFilterAdapter):  # type: ignore[misc] # requests-hardened has no types
    """The library's filter, and beside it what the library lets through: of IPv6 only what is open to
    everybody; loopback alone, where it alone is allowed."""

    def __init__(
        self, networks: frozenset[str], deadline: "_Deadline | None", *, is_https: bool
    ) -> None:
        super().__init__(is_https_proto=is_https, allow_loopback=LOOPBACK in networks)
        self._networks = networks
        self._deadline = deadline

    def build_connection_pool_key_attributes(self, *given: Any, **named: Any) -> Any:
        host, pool = super().build_connection_pool_key_attributes(*given, **named)
        # The number that the library has found and is going to connect to.
        _check(ipaddress.ip_address(str(host["host"]).strip("[]")), self._networks)
        return host, pool

    def get_connection_with_tls_context(self, *given: Any, **named: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*given, **named)
        if self._deadline is not None:
            pool.ConnectionCls = partial(self._deadline.watched, pool.ConnectionCls)
        return pool


def _check(ip: _Ip, networks: frozenset[str]) -> None:
    """Raises InvalidIPAddress."""
    if ip.is_loopback:
        is_allowed = LOOPBACK in networks
    else:
        is_allowed = OPEN in networks and ip.is_global and not ip.is_multicast
        is_allowed &= ip.version == 4 or ip in _OPEN_V6  # noqa: PLR2004 - its name
    if not is_allowed:
        raise InvalidIPAddress(ip)


class _Deadline:
    """A context manager around one exchange. After `limit_s` it cuts the connection off: `requests` itself
    limits only how long each read may be silent, so a server that sends a byte now and then would hold its
    reader for hours."""

    def __init__(self, limit_s: float) -> None:
        self._timer = Timer(limit_s, self._end)
        self._timer.daemon = True
        self._is_over = False
        self._socket: socket.socket | None = None

    def __enter__(self) -> "_Deadline":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Raises Timeout where the connection was cut off: what was read until then may look whole."""
        self._timer.cancel()
        self._timer.join()
        if self._socket is not None:
            self._socket.close()
        if self._is_over:
            raise requests.Timeout

    def watched(self, make: Callable[..., Any], **given: Any) -> Any:
        """A connection of urllib3 whose socket this watches."""
        connection = make(**given)
        connect = connection._new_conn

        def new_connection() -> socket.socket:
            connected: socket.socket = connect()
            # A second name of the same connection: TLS takes the first one for itself.
            self._socket = connected.dup()
            if self._is_over:
                self._cut_off()
            return connected

        connection._new_conn = new_connection
        return connection

    def _end(self) -> None:
        self._is_over = True
        self._cut_off()

    def _cut_off(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # the connection has ended by itself
                self._socket.shutdown(socket.SHUT_RDWR)
