"""The ports of addresses outside. What an address may say is decided here; what it may lead to by
requests-hardened, which is loaded with the first exchange (`pinned.py`)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import SplitResult, urlsplit

from mediaforge.domain.errors import AddressRefusedError
from mediaforge.ports.outside import Fetched

# One exchange as a whole, from the connection to the last byte that is read.
SEND_LIMIT_S = 15.0
FETCH_LIMIT_S = 30.0
_PORTS = frozenset({443, 8443})
_DEFAULT_PORTS = {"https": 443, "http": 80}


class HardenedOutside:
    """With `allows_loopback`, for the emulators, addresses on this machine are allowed beside all others:
    there by `http`, too, and on any port."""

    def __init__(
        self,
        *,
        allows_loopback: bool = False,
        send_limit_s: float = SEND_LIMIT_S,
        fetch_limit_s: float = FETCH_LIMIT_S,
    ) -> None:
        self._allows_loopback = allows_loopback
        self._send_limit_s = send_limit_s
        self._fetch_limit_s = fetch_limit_s

    def check(self, url: str) -> None:
        from mediaforge.adapters import pinned  # noqa: PLC0415 - see above

        pinned.look_up(url, self._may_be(url))

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        from mediaforge.adapters import pinned  # noqa: PLC0415

        return pinned.send(url, headers, body, self._may_be(url), self._send_limit_s)

    def fetch(self, url: str, bytes_max: int) -> Fetched:
        from mediaforge.adapters import pinned  # noqa: PLC0415

        return pinned.fetch(url, bytes_max, self._may_be(url), self._fetch_limit_s)

    def _may_be(self, url: str) -> frozenset[str]:
        """Where the address may lead: `open` to what is open to everybody, `loopback` to this machine. Raises
        AddressRefusedError."""
        parts = _parts_of(url)
        port = parts.port if parts.port is not None else _DEFAULT_PORTS[parts.scheme]
        is_plain = parts.scheme != "https" or port not in _PORTS
        if is_plain and not self._allows_loopback:
            said = "must begin with https://" if parts.scheme != "https" else _ports_said()
            raise AddressRefusedError(said)
        networks = {"open"} if not is_plain else set()
        return frozenset(networks | ({"loopback"} if self._allows_loopback else set()))


def _ports_said() -> str:
    return f"must be on port {' or '.join(map(str, sorted(_PORTS)))}"


def _parts_of(url: str) -> SplitResult:
    """Raises AddressRefusedError for what is no address of a server, or says more than one needs to."""
    if not url.isascii() or any(each.isspace() or ord(each) < ord(" ") for each in url):
        raise AddressRefusedError(
            "must be an address in ASCII: a name in Punycode, a path in %-codes"
        )
    try:
        parts = urlsplit(url)
        has_port = parts.port is not None and parts.port > 0
    except ValueError:
        raise AddressRefusedError("is no address") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise AddressRefusedError("must begin with https://")
    if not parts.hostname or (parts.port is not None and not has_port):
        raise AddressRefusedError("is no address")
    if "\\" in url or "@" in parts.netloc:
        raise AddressRefusedError("must have no user and no password")
    if "#" in url:
        raise AddressRefusedError("must have no fragment")
    return parts


def sign(
    secrets: Sequence[str], message_id: str, moment: datetime, body: bytes
) -> Mapping[str, str]:
    """As the port has it."""
    from standardwebhooks import Webhook  # noqa: PLC0415 - loaded by those that sign

    # The library takes the time for UTC, whatever its offset says.
    at = moment.astimezone(UTC)
    text = body.decode()
    signatures = (Webhook(secret).sign(message_id, at, text) for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
