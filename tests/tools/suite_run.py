"""One run of the suite as a user starts it: in a terminal of its own, watched from outside."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from tools.ports import OFFSET_VARIABLE, busy_ports, read_ports
from tools.processes import PROC, command_name
from tools.setup import ROOT

READY = "MediaForge is ready"
READY_LIMIT_S = 600.0
GONE_LIMIT_S = 180.0
POLL_S = 0.05
SUPERVISOR = (sys.executable, "-m", "tools.suite")
MAKE = ("make", "--no-print-directory", "serve")


class SuiteRun:
    """Everything that a run starts inherits its port offset, so that tells its processes apart."""

    def __init__(
        self, offset: int, root: Path = ROOT, variables: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.offset = offset
        self._root = root
        self._variables = variables
        self.output = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._terminal = -1
        self._reader: threading.Thread | None = None
        self._closing = False

    def start(self, command: Sequence[str]) -> None:
        """Runs the command as the foreground of a new terminal."""
        self._terminal, inner = pty.openpty()
        self._process = subprocess.Popen(
            command,
            cwd=self._root,
            env=self.environment(),
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
            preexec_fn=_enter_terminal,  # noqa: PLW1509 - nothing else can
        )
        os.close(inner)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def environment(self) -> dict[str, str]:
        """Without the settings of a `make`, and the ports, that these tests run under."""
        dropped = ("MAKE", "MEDIAFORGE_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        return {**kept, **self._variables, OFFSET_VARIABLE: str(self.offset)}

    def _read(self) -> None:
        """Never blocks in a read: the terminal would stay open for as long as that lasts."""
        while not self._closing:
            if select.select([self._terminal], [], [], POLL_S)[0]:
                with contextlib.suppress(OSError):  # everyone at the other end has gone
                    self._keep(os.read(self._terminal, 4096))

    def _keep(self, chunk: bytes) -> None:
        self.output += chunk.decode(errors="replace").replace("\r\n", "\n")

    def wait_until_ready(self) -> None:
        ready = wait_until(lambda: READY in self.output or self._has_ended(), READY_LIMIT_S)
        assert ready, f"not ready after {READY_LIMIT_S} s:\n{self.output}"
        assert READY in self.output, self.output

    def _has_ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def type_control_c(self) -> None:
        os.write(self._terminal, b"\x03")

    def close_terminal(self) -> None:
        self._closing = True
        if self._reader is not None:
            self._reader.join()
            os.close(self._terminal)
            self._reader = None

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait_for_end(self) -> int:
        assert self._process is not None
        return self._process.wait(GONE_LIMIT_S)

    def commands(self) -> list[str]:
        """The names of the processes of this run that are alive."""
        marker = f"{OFFSET_VARIABLE}={self.offset}".encode()
        return sorted(command_name(pid) for pid in _pids_with(marker))

    def assert_nothing_is_left(self) -> None:
        gone = wait_until(lambda: not self.commands(), GONE_LIMIT_S)
        assert gone, f"still there: {self.commands()}\n{self.output}"
        ports = read_ports(ROOT / "firebase.json", {OFFSET_VARIABLE: str(self.offset)})
        # A process that is ending has lost its environment, by which it is known, before its sockets.
        free = wait_until(lambda: not busy_ports(ports), GONE_LIMIT_S)
        assert free, f"still taken: {[str(busy) for busy in busy_ports(ports)]}"

    def close(self) -> None:
        """Leaves nothing behind, even after a failed test: the watchdog sees to the rest."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self.close_terminal()
        wait_until(lambda: not self.commands(), GONE_LIMIT_S)


def _enter_terminal() -> None:
    """As in a new window: it is the process's terminal, and its closing is told to it, also where these
    tests were started by nohup."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _pids_with(marker: bytes) -> list[int]:
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if marker in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return found


def wait_until(condition: Callable[[], bool], limit_s: float) -> bool:
    """True once the condition holds, False when it does not in time."""
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True
