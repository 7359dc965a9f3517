"""Every process of a run, ended together whatever happens, by the suite's own means: a mark in the
environment finds them, and a watchdog ends them when this process is killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tools.console import complain
from tools.firebase import inherited_environment, server_environment
from tools.processes import end_marked
from tools.readiness import StartError, log_end
from tools.setup import ROOT, read_emulators

POLL_S = 0.02
START_LIMIT_S = 90.0


class Processes:
    """Starts processes that share a folder, an environment and their end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._id = uuid.uuid4().hex
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in ("tmp", "config"):
            (self.folder / name).mkdir(parents=True)
        self._environment = server_environment(self._id, read_emulators(), self.folder)

    def start(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        """In a session of its own: Ctrl-C is for the bench, which ends what it started."""
        with self.log(name).open("wb") as output:
            self._started[name] = subprocess.Popen(  # noqa: S603 - the commands are ours
                command,
                cwd=self.folder,
                env={**self._environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def pid(self, name: str) -> int:
        return self._started[name].pid

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def wait_until(self, is_ready: Callable[[], bool], name: str) -> None:
        """Raises StartError with the end of the log of `name` when it does not get ready."""
        deadline = time.monotonic() + START_LIMIT_S
        while not is_ready():
            has_ended = any(process.poll() is not None for process in self._started.values())
            if has_ended or time.monotonic() > deadline:
                raise StartError(f"{log_end(self.log(name))}\n{name} did not start.")
            time.sleep(POLL_S)

    def stop(self, name: str) -> None:
        process = self._started.pop(name)
        process.terminate()
        process.wait()

    def end(self) -> None:
        left = end_marked(self._id)
        for process in self._started.values():
            process.wait()
        if left:
            complain(f"These processes of the bench could not be ended: {left}")

    @contextlib.contextmanager
    def ended_at_exit(self) -> Iterator[None]:
        """SIGTERM and a closed terminal unwind like Ctrl-C; a kill is the watchdog's business."""
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _unwind)
        watchdog = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "tools.watchdog", self._id],
            cwd=ROOT,
            env=inherited_environment(os.environ),
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            yield
        finally:
            self.end()
            watchdog.communicate(timeout=START_LIMIT_S)


def _unwind(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)
