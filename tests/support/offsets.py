"""Port offsets that no other run of the tests has, in this checkout or another."""

from __future__ import annotations

import fcntl
import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.ports import OFFSET_VARIABLE, busy_ports, read_ports
from tools.setup import ROOT


@contextmanager
def free_offset(first: int, step: int) -> Iterator[int]:
    """The first offset from `first` on at which all ports are free. A suite takes its ports some seconds
    after it has been given them: so until the end the offset is kept from other runs, by a lock that the
    system lets go of when its process dies."""
    for offset in itertools.count(first, step):
        with _lock_file(offset) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if not busy_ports(read_ports(ROOT / "firebase.json", {OFFSET_VARIABLE: str(offset)})):
                yield offset
                return


@contextmanager
def _lock_file(offset: int) -> Iterator[int]:
    name = f"mediaforge-tests-{os.getuid()}-{offset}.lock"
    file = os.open(Path(tempfile.gettempdir()) / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield file
    finally:
        os.close(file)
