"""Notices that the terminal was closed.

The kernel sends SIGHUP to the first process of the terminal's session only. When that is `make`,
started by a terminal window directly, it waits for its child, which was told nothing.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading

POLL_MS = 500


def raise_hangup_when_closed() -> None:
    """Sends this process SIGHUP once its terminal is gone; does nothing where it has none."""
    if sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty():
        threading.Thread(target=_watch, args=(sys.stdin.fileno(),), daemon=True).start()


def _watch(descriptor: int) -> None:
    poller = select.poll()
    poller.register(descriptor, 0)  # no events: a hang-up is always reported, input is not wanted
    # Polled again and again: without a registered event a hang-up does not always wake a poll that waits.
    while not poller.poll(POLL_MS):
        pass
    os.kill(os.getpid(), signal.SIGHUP)
