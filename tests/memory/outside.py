"""Addresses outside, in memory: who is sent what, and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from mediaforge.domain.errors import AddressRefusedError, UnansweredError
from mediaforge.ports.outside import Fetched

REFUSED = "leads into a network that is not open to everybody"


@dataclass(frozen=True)
class Sent:
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class MemoryOutside:
    """`answers` are those to the next messages, a status or an error to be raised; then everything is
    accepted. A host in `inner` leads into an inner network. `pages` are what can be fetched."""

    answers: list[int | Exception] = field(default_factory=list)
    inner: set[str] = field(default_factory=set)
    pages: dict[str, Fetched] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)

    def check(self, url: str) -> None:
        if urlsplit(url).hostname in self.inner:
            raise AddressRefusedError(REFUSED)

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.check(url)
        self.sent.append(Sent(url, headers, body))
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, Exception):
            raise answer
        return answer

    def fetch(self, url: str, bytes_max: int) -> Fetched:
        self.check(url)
        if url not in self.pages:
            raise UnansweredError("The server answered 404.")
        if len(self.pages[url].content) > bytes_max:
            raise UnansweredError(f"The server sent more than {bytes_max} bytes.")
        return self.pages[url]
