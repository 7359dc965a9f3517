"""Addresses that users name, outside of this installation and of every provider: whom a webhook tells, and
where a picture is fetched from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Fetched:
    """`content_type` is as its server says it, in lower case and without parameters; empty where it says
    nothing. It is not to be believed."""

    content: bytes
    content_type: str


class Outside(Protocol):
    """Each call looks the name up once, and connects to what it has looked at: an address within a private,
    loopback, link-local, shared, metadata or otherwise reserved network is refused, however it is written,
    and no redirect is followed. Each exchange has a time limit as a whole. On the emulators loopback may be
    allowed."""

    def check(self, url: str) -> None:
        """Raises AddressRefusedError for an address that would be refused now; UnansweredError where its name
        cannot be looked up. Connects to nobody."""
        ...

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Posts `body` once. Returns the status of the answer, of which nothing else is read. Raises
        AddressRefusedError, UnansweredError."""
        ...

    def fetch(self, url: str, bytes_max: int) -> Fetched:
        """What is at the address. Raises AddressRefusedError; UnansweredError, also for an answer other than
        200, a compressed one, and one of more than `bytes_max` bytes."""
        ...


class Sign(Protocol):
    def __call__(
        self, secrets: Sequence[str], message_id: str, moment: datetime, body: bytes
    ) -> Mapping[str, str]:
        """The headers that sign `body`, which is UTF-8, as the Standard Webhooks have it: one signature by
        each of `secrets`. `moment` is when the attempt is made."""
        ...
