"""Writes lines for the person at the terminal, and goes on when that terminal is gone."""

from __future__ import annotations

import contextlib
import os
import sys
from datetime import datetime
from typing import TextIO


def say(text: str) -> None:
    _write(sys.stdout, text)


def live(line: str | None) -> None:
    """Shows the line in place of the one before; None keeps that one. Where nobody watches, each is a line of
    its own."""
    if not sys.stdout.isatty():
        if line is not None:
            say(line)
        return
    _write(sys.stdout, *(("",) if line is None else (f"\r\x1b[K{line}", "")))


def complain(text: str) -> None:
    _write(sys.stderr, text)


def time_of_day() -> str:
    """The time on the clock at the terminal, to the millisecond."""
    return datetime.now().astimezone().time().isoformat("milliseconds")


def _write(stream: TextIO, text: str, end: str = "\n") -> None:
    # A closed terminal or pipe must not keep a suite from being stopped. The stream is replaced by one that
    # leads nowhere: otherwise the interpreter would try to flush it at its exit, and fail.
    try:
        print(f"{text}{end}", end="", file=stream, flush=True)  # at once: threads say things, too
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
