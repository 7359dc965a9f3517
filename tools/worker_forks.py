"""Starts functions' workers as forks of one process that has imported already what each of them imports.

firebase-tools starts a Python process for each function, and more while events come side by side; most of
what a start costs is importing. tools/worker_forks.cjs runs this file with the functions' Python, and sends
for each worker one line of JSON over a connection of its own: a token, the worker's folder and its
environment. The answer is the worker's process id in a line, then all that it prints, until it ends.
"""

from __future__ import annotations

import contextlib
import gc
import hmac
import importlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

# What every worker loads, at the latest with its first request. It is imported in the environment of the
# first worker, which differs from others by the name, port and secrets of its function: nothing of ours
# looks at those while it is imported. main.py itself is not among them: functions-framework runs it anew.
PRELOADED = (
    "functions_framework._cli",
    "functions_framework._http.gunicorn",
    "gunicorn.workers.gthread",
    "mediaforge.assembly",
    "mediaforge.entrypoints.api",
    "mediaforge.entrypoints.callables",
    "mediaforge.entrypoints.doors",
    "mediaforge.entrypoints.hooks",
    "mediaforge.entrypoints.operations",
    "mediaforge.entrypoints.schedules",
    "mediaforge.entrypoints.triggers",
    "mediaforge.entrypoints.workers",
)
COMMAND = "functions-framework"
HOST = "127.0.0.1"
WAITING_MAX = 128
LINE_BYTES_MAX = 1_000_000
LINE_LIMIT_S = 60
TOKEN_BYTES_MAX = 100
STDIN, STDOUT, STDERR = range(3)


def main() -> None:
    token = os.read(STDIN, TOKEN_BYTES_MAX).decode().strip()
    preload()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who ends is gone at once
    with socket.create_server((HOST, 0), backlog=WAITING_MAX) as listening:
        os.write(STDOUT, f"{listening.getsockname()[1]}\n".encode())
        # firebase-tools holds the other end of our standard input, and writes no more: its end is ours.
        ends: list[socket.socket | int] = [listening, STDIN]
        while select.select(ends, [], [])[0] == [listening]:
            connection, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                become_worker(connection, token)
            connection.close()


def preload() -> None:
    folder = str(Path.cwd())
    sys.path.append(folder)
    # What cannot be imported, the worker that needs it says.
    with contextlib.suppress(Exception):
        for name in PRELOADED:
            importlib.import_module(name)
    sys.path.remove(folder)
    gc.collect()
    gc.freeze()  # the pages that no worker writes stay shared


def become_worker(connection: socket.socket, token: str) -> NoReturn:
    """Goes on as functions-framework's command, with the connection as its output."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    asked = read(connection)
    if asked is None or not hmac.compare_digest(str(asked.get("token")), token):
        os._exit(1)
    connection.sendall(f"{os.getpid()}\n".encode())
    os.dup2(os.open(os.devnull, os.O_RDONLY), STDIN)
    os.dup2(connection.fileno(), STDOUT)
    os.dup2(connection.fileno(), STDERR)
    connection.close()
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = [COMMAND]
    with contextlib.suppress(OSError):  # Linux's `ps` says it, as of a worker that is no fork
        Path("/proc/self/comm").write_text(COMMAND, encoding="ascii")
    from functions_framework._cli import _cli  # noqa: PLC0415 - a package of the functions' environment

    sys.exit(_cli())


def read(connection: socket.socket) -> Mapping[str, Any] | None:
    connection.settimeout(LINE_LIMIT_S)
    try:
        with connection.makefile("rb") as sent:
            asked = json.loads(sent.readline(LINE_BYTES_MAX))
    except (OSError, ValueError):
        return None
    connection.settimeout(None)
    return asked if isinstance(asked, dict) else None


if __name__ == "__main__":
    main()
