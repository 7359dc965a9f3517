"""A time limit of one HTTP exchange as a whole: httpx itself limits only how long each read may be silent."""

import socket
from collections.abc import Mapping
from contextlib import suppress
from threading import Timer
from typing import Any, Self

_CONNECTED = (".connect_tcp.complete", ".start_tls.complete")


class Deadline:
    """A context manager around one exchange, which httpx also gets as its `trace` extension. After `limit_s`
    it cuts the connection off: a thread that reads there fails at once, and nothing more is sent."""

    def __init__(self, limit_s: float) -> None:
        self._timer = Timer(limit_s, self._end)
        self._timer.daemon = True
        self._is_over = False
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """httpx calls this with each event of the exchange. Only the socket is of interest, and the TLS
        socket around it."""
        if event.endswith(_CONNECTED):
            self._socket = info["return_value"].get_extra_info("socket")
            if self._is_over:
                self._cut_off()

    def _end(self) -> None:
        self._is_over = True
        self._cut_off()

    def _cut_off(self) -> None:
        # Closing the socket would not wake the thread that reads there, and would free its number for another
        # connection. A TLS socket's own `shutdown` would, besides, go on in the clear.
        if self._socket is not None:
            with suppress(OSError):  # the connection has ended by itself
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
