"""Commands of the set-up: several may run at a time, and none outlives the set-up.

Read by the bare `python3`: standard library only, and nothing that an older Python cannot read.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUTPUT_LINES_MAX = 40
ENDS_WITHIN_S = 5.0


class SetupError(Exception):
    """The set-up cannot go on; the message says what to install or where to look."""


class StoppedError(SetupError):
    """Another part of the set-up has failed, or the user has ended it."""


class Commands:
    """The commands that run now. Each has a process group of its own, so that its children end with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._are_stopped = False

    def run(
        self, command: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command; returns its exit status and output. Raises StoppedError when it was ended from
        outside."""
        with self._started(command, environment) as process:
            output, _ = process.communicate()
        if self._are_stopped:
            raise StoppedError(f"{command[0]} was ended.")
        return subprocess.CompletedProcess(command, process.returncode, output)

    def stop(self) -> None:
        """Ends all running commands; no command can start any more."""
        with self._lock:
            self._are_stopped = True
            running = list(self._running)
        for process in running:
            _end_group(process)

    def allow(self) -> None:
        """Commands may start again."""
        with self._lock:
            self._are_stopped = False

    @contextlib.contextmanager
    def _started(
        self, command: Sequence[str], environment: Mapping[str, str]
    ) -> Iterator[subprocess.Popen[str]]:
        with self._lock:  # so that no command starts while `stop` lists the running ones
            if self._are_stopped:
                raise StoppedError(f"{command[0]} was not started.")
            process = _start(command, environment)
            self._running.add(process)
        try:
            yield process
        finally:
            if process.poll() is None:  # an exception, as after a signal, has ended the block early
                _end_group(process)
            with self._lock:
                self._running.discard(process)


COMMANDS = Commands()


def run(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return COMMANDS.run(command, environment)


def tail(output: str) -> str:
    return "\n".join(output.strip().splitlines()[-OUTPUT_LINES_MAX:])


def _start(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - the commands are ours
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )


def _end_group(process: subprocess.Popen[str]) -> None:
    """Ends a process group: SIGTERM first, then SIGKILL. A process of the group that stayed would keep the
    pipe open that we read."""
    _signal_group(process, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(ENDS_WITHIN_S)
    _signal_group(process, signal.SIGKILL)


def _signal_group(process: subprocess.Popen[str], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
