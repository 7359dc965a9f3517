"""Ends a suite whose supervisor died without doing so, even by SIGKILL.

The supervisor holds the other end of our standard input and never writes to it: the end of that
stream means that the supervisor is gone. Run as `python -m tools.watchdog <suite id>` in a session
of its own.
"""

from __future__ import annotations

import signal
import sys

from tools.processes import end_marked


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the watchdog has to outlive its suite
    sys.stdin.buffer.read()
    end_marked(sys.argv[1])


if __name__ == "__main__":
    main()
