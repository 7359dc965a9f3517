"""The files of a job that came with an address for each file. The worker needs no key for them, and has no
right but those that the addresses give.

An address is a secret: none is logged or put into an error. An error tells only a class or a status.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mediaforge_worker.request import Upload
from mediaforge_worker.settings import Settings
from mediaforge_worker.storage import StorageError

if TYPE_CHECKING:
    from requests import Response, Session

T = TypeVar("T")

PICTURE_BYTES_MAX = 64_000_000
WEIGHTS_BYTES_MAX = 8_000_000_000
_CONNECT_S, _READ_S = 10.0, 60.0
_CHUNK_BYTES = 1_000_000
_TRIES, _PAUSE_S = 4, 0.2
_MAY_PASS = frozenset({408, 429, 500, 502, 503, 504})
_MISSING = 404


class _TryAgainError(Exception):
    """The exchange failed, but another try may work. The message is that of the later StorageError."""


class LentFiles:
    """`Files` that are named by their addresses. The n-th file that is saved goes to the n-th upload. Only
    Cloud Storage is asked: the request was read so that its addresses lead there, and redirects are not
    followed."""

    def __init__(self, uploads: Sequence[Upload], settings: Settings) -> None:
        self._uploads = iter(uploads)
        self._limit_s = settings.storage_limit_s

    @property
    def bucket(self) -> None:
        """None: only the caller, who made the addresses, knows the bucket."""
        return

    def save(self, path: str, content: bytes, content_type: str) -> None:  # noqa: ARG002 - the address has both
        upload = next(self._uploads, None)
        if upload is None:
            raise StorageError("there is no address for the file")
        headers = dict(upload.headers)

        def put() -> None:
            with self._asked("PUT", upload.address, headers, content):
                return

        self._tried(put)

    def load(self, address: str) -> bytes | None:
        def read() -> bytes | None:
            with self._asked("GET", address) as answer:
                if answer.status_code == _MISSING:
                    return None
                return b"".join(_chunks(answer, PICTURE_BYTES_MAX))

        return self._tried(read)

    def download(self, address: str, target: Path) -> bool:
        def read() -> bool:
            with self._asked("GET", address) as answer:
                if answer.status_code == _MISSING:
                    return False
                with target.open("wb") as file:
                    file.writelines(_chunks(answer, WEIGHTS_BYTES_MAX))
                return True

        return self._tried(read)

    def _asked(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> "Response":
        answer = self._session.request(
            method,
            address,
            headers=headers,
            data=content,
            stream=True,
            allow_redirects=False,
            timeout=(min(_CONNECT_S, self._limit_s), _READ_S),
        )
        if answer.ok and not answer.is_redirect:
            return answer
        if answer.status_code == _MISSING and method == "GET":
            return answer
        answer.close()
        problem = f"Cloud Storage: {answer.status_code}"
        raise (_TryAgainError if answer.status_code in _MAY_PASS else StorageError)(problem)

    def _tried(self, call: Callable[[], T]) -> T:
        from requests import RequestException  # noqa: PLC0415 - where something is lent

        ends_s = time.monotonic() + self._limit_s
        problem = ""
        for number in range(_TRIES):
            pause_s = _PAUSE_S * (2**number - 1)
            if time.monotonic() + pause_s >= ends_s:
                break
            time.sleep(pause_s)
            try:
                return call()
            except _TryAgainError as error:
                problem = str(error)
            except (RequestException, OSError) as error:
                problem = f"Cloud Storage: {type(error).__name__}"
        # `from None` hides the cause: the libraries' messages quote the address.
        raise StorageError(problem) from None

    @cached_property
    def _session(self) -> "Session":
        from requests import Session  # noqa: PLC0415 - where something is lent

        # urllib3 logs each address that it asks, and quotes it in warnings about an answer that it cannot
        # read.
        logging.getLogger("urllib3").setLevel(logging.ERROR)
        session = Session()
        # The addresses must not be sent to a proxy, or with a password, that the machine's environment names.
        session.trust_env = False
        return session


def _chunks(answer: "Response", bytes_max: int) -> Iterator[bytes]:
    read = 0
    for chunk in answer.iter_content(_CHUNK_BYTES):
        read += len(chunk)
        if read > bytes_max:
            raise StorageError("Cloud Storage: the file is too large")
        yield chunk
