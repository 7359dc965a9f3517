"""Waits until the emulators answer and every deployed function is there, and says why when one is not."""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tools.functions import (
    Answer,
    Function,
    declared_functions,
    list_functions,
    list_queues,
    request,
)
from tools.ports import Ports, is_taken
from tools.setup import ROOT

EMULATORS_LIMIT_S = 300.0
FUNCTION_LIMIT_S = 180.0
POLL_S = 0.1
LOG_LINES_MAX = 20
BOX = re.compile(r"([0-9:.]+ )?[┌│├└]")  # a line of a table, with its time or without
TRACEBACK = "Traceback (most recent call last):"
# Each worker is a Python process that imports everything; more of them at once would only wait for each
# other. The workers that are not needed first start one by one, so that a user who works already is not
# slowed down.
STARTED_AT_ONCE = 3
STARTED_BEHIND_AT_ONCE = 1
# The functions that the seed and a first image need, be it of the seed's user or of a user who has just
# signed up. The others start after the suite is reported as ready, or with their first call: that costs the
# first call a second, and saves every start ten.
STARTED_FIRST = frozenset(
    {
        "controlAccount",
        "generateImage",
        "grantCredits",
        "onViewUpdated",
        "runLocalImage",
        "runLocalImageFree",
    }
)

# What firebase-tools writes when it is done (its version is pinned, so its wording is too). It is
# the only sign that the triggers are registered: before, the functions emulator answers with a part
# of them.
ALL_READY = "All emulators ready"
LOAD_FAILED = "Failed to load function definition from source"


class StartError(Exception):
    """The suite did not start; the message says why and where to read on."""


def refuse_wrong_catalogue(path: Path) -> None:
    """Raises StartError for a catalogue that cannot be read, with a line for each wrong key: with it every
    function would start, and then answer `busy`."""
    functions = str(ROOT / "functions")
    if functions not in sys.path:
        sys.path.insert(0, functions)
    from mediaforge.domain.catalogue import parse  # noqa: PLC0415 - its folder is on the path only now
    from mediaforge.domain.errors import CatalogueError  # noqa: PLC0415

    try:
        parse(path.read_text(encoding="utf-8"))
    except (CatalogueError, OSError, UnicodeDecodeError) as error:
        raise StartError(f"{path}: {str(error).removeprefix(f'{path.name}: ')}") from None


def wait_for_emulators(process: subprocess.Popen[bytes], ports: Ports, log: Path) -> None:
    """Returns when every emulator runs and the functions are registered."""
    deadline = time.monotonic() + EMULATORS_LIMIT_S
    while ALL_READY not in (text := log.read_text(errors="replace")):
        if process.poll() is not None:
            raise _failed("firebase-tools ended while it was starting.", log)
        if LOAD_FAILED in text:
            break
        if time.monotonic() > deadline:
            raise _failed(f"The emulators were not ready after {EMULATORS_LIMIT_S:.0f} s.", log)
        time.sleep(POLL_S)
    if LOAD_FAILED in text:
        raise _failed("functions/main.py could not be loaded.", log)
    _refuse_silent(ports, log)


def _refuse_silent(ports: Ports, log: Path) -> None:
    """An emulator whose configuration is incomplete is left out with no more than a warning."""
    silent = [name for name, port in ports.items() if not is_taken(port)]
    if silent:
        raise _failed(f"firebase-tools did not start {', '.join(silent)}.", log)


def wait_for_functions(ports: Ports, main: Path, log: Path) -> list[Function]:
    """Returns the functions once all are registered and the first of them have answered. All are of one
    `main.py`: where one worker has loaded it, each will. The other workers go on starting."""
    functions = list_functions(ports["functions"])
    _refuse_missing(functions, declared_functions(main), log)
    _refuse_without_queue(functions, list_queues(ports["tasks"]), log)
    first = [function for function in functions if function.name in STARTED_FIRST]
    complaints = [text for text in _start(ports, first, STARTED_AT_ONCE) if text]
    if complaints:
        raise _failed("\n".join(complaints), log)
    _start_behind(ports, [function for function in functions if function not in first])
    return functions


def _start(ports: Ports, functions: list[Function], at_once: int) -> list[str | None]:
    """What is wrong with each."""
    starters = ThreadPoolExecutor(at_once)
    try:
        return list(starters.map(partial(_complaint, ports["functions"]), functions))
    finally:
        # Ctrl-C must not wait for answers; the end of the emulator ends the requests too.
        starters.shutdown(wait=False, cancel_futures=True)


def _start_behind(ports: Ports, functions: list[Function]) -> None:
    """Starts the functions' workers in the background, and returns at once. If one fails, its first caller
    sees that."""
    starters = ThreadPoolExecutor(STARTED_BEHIND_AT_ONCE)
    for function in functions:
        starters.submit(_complaint, ports["functions"], function)
    starters.shutdown(wait=False)


def _refuse_missing(functions: list[Function], declared: set[str], log: Path) -> None:
    missing = sorted(declared - {function.name for function in functions})
    if missing:
        raise _failed(f"The functions emulator did not register {', '.join(missing)}.", log)
    if not functions:
        raise _failed("functions/main.py declares no function.", log)


def _refuse_without_queue(functions: list[Function], queues: set[str], log: Path) -> None:
    missing = sorted({function.name for function in functions if function.is_task} - queues)
    if missing:
        raise _failed(f"The tasks emulator has no queue for {', '.join(missing)}.", log)


def _complaint(port: int, function: Function) -> str | None:
    """Asks the function's worker for /robots.txt, which runs none of our code.

    functions-framework answers that path itself: 404 to a function of HTTP kind (callables, tasks
    and schedules too), 405 to one for events, which takes POST only. Before it answers, it has
    imported main.py and found the function in it, so any answer of the worker says that the
    function is loaded.
    """
    path = f"{function.path()}/robots.txt"
    try:
        answer = request(port, "GET", path, timeout_s=FUNCTION_LIMIT_S)
    except (OSError, http.client.HTTPException) as error:
        return f"The function {function.name} does not answer ({error or type(error).__name__})."
    if not _is_from_worker(answer):
        return f"The function {function.name} did not start (HTTP {answer.status})."
    return None


def _is_from_worker(answer: Answer) -> bool:
    """The emulator in front of the workers names no server; theirs is gunicorn."""
    return answer.server.lower().startswith(("gunicorn", "werkzeug"))


def _failed(reason: str, log: Path) -> StartError:
    return StartError(f"{log_end(log)}\n{reason} The whole log is {log}.")


def log_end(log: Path) -> str:
    """The last traceback, where Python left one, else the last lines."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    written = [line for line in lines if line.strip() and not BOX.match(line)]
    starts = [number for number, line in enumerate(written) if TRACEBACK in line]
    shown = _traceback(written[starts[-1] :]) if starts else written
    return "\n".join(shown[-LOG_LINES_MAX:])


def _traceback(lines: list[str]) -> list[str]:
    """From its first line to the exception: the next line that is not indented more than it."""
    indent = lines[0].index(TRACEBACK)
    for number, line in enumerate(lines[1:], start=1):
        if line[indent : indent + 1].strip():
            return lines[: number + 1]
    return lines
