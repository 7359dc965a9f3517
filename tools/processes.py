"""Finds and ends every process of one suite.

firebase-tools starts Java in sessions of its own and leaves Python workers behind, so neither a
process group nor a parent says who belongs to a suite. An environment variable does: all
descendants inherit it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

MARKER = "MEDIAFORGE_SUITE"
PROC = Path("/proc")
POLL_S = 0.05


def marked_pids(suite_id: str) -> list[int]:
    """The processes that carry the suite's id; zombies, having no environment, do not."""
    marker = f"{MARKER}={suite_id}".encode()
    found = (
        _marked_in_proc(marker) if PROC.joinpath("self/environ").exists() else _marked_in_ps(marker)
    )
    return [pid for pid in found if pid != os.getpid()]


def _marked_in_proc(marker: bytes) -> list[int]:
    found = []
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
        except OSError:  # it ended meanwhile, or belongs to another user
            continue
        if marker in variables:
            found.append(int(entry.name))
    return found


def _marked_in_ps(marker: bytes) -> list[int]:
    """macOS has no /proc; its ps shows the environment of the user's own processes."""
    command = ["ps", "-A", "-E", "-ww", "-o", "pid=,command="]
    output = subprocess.run(command, capture_output=True, check=False).stdout  # noqa: S603 - fixed words
    lines = [line.split() for line in output.splitlines()]
    return [int(words[0]) for words in lines if marker in words[1:]]


def end_marked(suite_id: str, *, grace_s: float = 2.0, limit_s: float = 10.0) -> list[int]:
    """Ends the suite's processes, asking first; returns those left, which should be none."""
    _signal_until_gone(suite_id, signal.SIGTERM, grace_s)
    _signal_until_gone(suite_id, signal.SIGKILL, limit_s)
    return marked_pids(suite_id)


def _signal_until_gone(suite_id: str, number: signal.Signals, limit_s: float) -> None:
    """Looks again after each round: a process may have started another one meanwhile."""
    deadline = time.monotonic() + limit_s
    told: set[int] = set()
    while (pids := set(marked_pids(suite_id))) and time.monotonic() < deadline:
        for pid in pids - told:
            _send(pid, number)
        told |= pids
        time.sleep(POLL_S)


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def command_name(pid: int) -> str:
    """What a user would call the process, such as `java`."""
    try:
        return (PROC / str(pid) / "comm").read_text().strip()
    except OSError:
        return "a process"
