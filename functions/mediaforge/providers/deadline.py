"""An end to one HTTP exchange as a whole: httpx itself limits only how long each read may be silent."""

import socket
from collections.abc import Mapping
from contextlib import suppress
from threading import Timer
from typing import Any, Self

_CONNECTED = (".connect_tcp.complete", ".start_tls.complete")


class Deadline:
    """Entered for the length of an exchange, and given to httpx as its `trace` extension. When `limit_s`
    is over the connection is cut off: who reads there fails at once, and nothing more is sent."""

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
        """What httpx tells of the exchange: of interest is only the socket, and the one around it."""
        if event.endswith(_CONNECTED):
            self._socket = info["return_value"].get_extra_info("socket")
            if self._is_over:
                self._cut_off()

    def _end(self) -> None:
        self._is_over = True
        self._cut_off()

    def _cut_off(self) -> None:
        # Closing it would not wake who reads there, and would free its number for another connection.
        # A TLS socket's own `shutdown` would besides go on in the clear.
        if self._socket is not None:
            with suppress(OSError):  # it has ended by itself
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
