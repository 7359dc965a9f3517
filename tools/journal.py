"""The log of a running suite, each line with its time; what broke is also said in the terminal.

firebase-tools writes to one stream what its emulators, the functions' workers and the discovery of the
functions say. Its version is pinned, so its wording is too.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, TextIO

from tools.console import time_of_day
from tools.functions import read_object
from tools.readiness import LOAD_FAILED, LOG_LINES_MAX, TRACEBACK

SAID_AGAIN_AFTER_S = 60.0
END_LIMIT_S = 5.0
LOADED = "Loaded functions definitions from source"
EXECUTION = re.compile(r'(?:Beginning execution of|Finished) "[^"]*?-(\w+)"')
FRAME = '  File "'
OTHERS = ("/site-packages/", "<frozen ")
SEVERE = frozenset({"WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"})
# firebase-tools' warnings and errors, requests that it could not hand to a worker, and what Python's logging
# and gunicorn write in a worker.
TROUBLE = re.compile(
    r"[⚠⬢] |i +(?:Request to function failed|Failed to |Your function (?:timed out|was killed))"
    r"|> +(?:WARNING|ERROR|CRITICAL):[\w.]+:|> +(?:\[[^]]*\] )+\[(?:WARNING|ERROR|CRITICAL)\]"
)


class Troubles:
    """What broke, out of the lines of a suite in their order. The same trouble is said once a minute, even if
    it comes each second; after the functions were loaded anew, it is said at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: dict[str, float] = {}
        self._traceback: list[str] = []
        self._indent = 0

    def of(self, line: str) -> str | None:
        """What to say after this line."""
        trouble = self._of_traceback(line) or _of_event(line)
        if trouble is None and TROUBLE.match(line):
            trouble = line
        if trouble is not None and self._was_said(trouble):
            trouble = None
        if LOADED in line or LOAD_FAILED in line:
            self._said.clear()
        return "The functions were loaded again." if LOADED in line else trouble

    def _of_traceback(self, line: str) -> str | None:
        """The whole traceback, when the line is its last one: the first that is indented as its first one is.
        Lines that others write in between are left out."""
        if TRACEBACK in line:
            self._traceback, self._indent = [line], line.index(TRACEBACK)
            return None
        if not self._traceback or line[: self._indent] != self._traceback[0][: self._indent]:
            return None
        self._traceback.append(line)
        if not line[self._indent : self._indent + 1].strip():
            return None
        shown, self._traceback = list(_without_others(self._traceback)), []
        return "\n".join(shown[-LOG_LINES_MAX:])

    def _was_said(self, trouble: str) -> bool:
        now = self._clock()
        recent = {one: at for one, at in self._said.items() if now - at < SAID_AGAIN_AFTER_S}
        self._said = {trouble: now, **recent}
        return trouble in recent


def _without_others(traceback: list[str]) -> Iterator[str]:
    """The lines of a traceback but for frames in other people's code, which the log has."""
    *frames, error = traceback
    is_ours = True
    for line in frames:
        if FRAME in line:
            is_ours = not any(place in line for place in OTHERS)
        if is_ours:
            yield line
    yield error


def _of_event(line: str) -> str | None:
    """An event that a function logged as a warning or worse, with its job's id first. Of an exception's
    message only the first line: the later ones of pydantic's show a document's values. The log has them."""
    event = read_object(line[1:].encode()) if line.startswith(">") else None
    if event is None or event.get("severity") not in SEVERE:
        return None
    fields = [name for name in event if name not in ("severity", "message", "stack")]
    fields.sort(key=lambda name: name != "job_id")
    if "error_message" in event:
        event["error_message"] = str(event["error_message"]).partition("\n")[0]
    said = [f"{event['severity']} {event.get('message')}", *(f"{n}={event[n]}" for n in fields)]
    return "\n    at ".join([" ".join(said), *_stack(event)])


def _stack(event: dict[str, Any]) -> Iterable[str]:
    stack = event.get("stack")
    return [str(frame) for frame in reversed(stack)] if isinstance(stack, list) else []


class Journal:
    """Writes the lines of a suite to its log, until the suite ends."""

    def __init__(self, log: Path, report: Callable[[str], None]) -> None:
        """`report` is told what broke, while `is_reporting`; `schedules` names the scheduled functions."""
        self.is_reporting = False
        self.schedules: Collection[str] = ()
        self._path = log
        self._report = report
        self._thread: threading.Thread | None = None

    def follow(self, stream: IO[bytes]) -> None:
        """Returns at once; from then on the log exists."""
        log = self._path.open("w", encoding="utf-8", buffering=1)
        self._thread = threading.Thread(target=self._write, args=(stream, log), daemon=True)
        self._thread.start()

    def wait_for_end(self) -> None:
        if self._thread is not None:
            self._thread.join(END_LIMIT_S)

    def _write(self, stream: IO[bytes], log: TextIO) -> None:
        troubles = Troubles()
        with stream, log:
            for line in self._kept(stream):
                now = time_of_day()
                log.write(f"{now} {line}\n")
                if self.is_reporting and (trouble := troubles.of(line)):
                    self._report(f"{now} {trouble}")

    def _kept(self, stream: Iterable[bytes]) -> Iterator[str]:
        """All lines but empty ones, and those that a schedule began and ended: what a schedule has done it
        says itself, and mostly there was nothing to do."""
        for content in stream:
            line = content.decode(errors="replace").rstrip()
            execution = EXECUTION.search(line)
            if line and not (execution and execution[1] in self.schedules):
                yield line
