"""The steps of the set-up: each is done once, redone when its inputs change, and never half done.

Read by the bare `python3`: standard library only, and nothing that an older Python cannot read.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from tools.commands import COMMANDS, ROOT, SetupError
from tools.console import say

LOCAL = ROOT / ".local"


@dataclass(frozen=True)
class Step:
    """One piece of the set-up: done when its stamp has its inputs' hash and its outputs exist."""

    name: str
    announcement: str
    inputs: Sequence[Path]
    outputs: Callable[[], Sequence[Path]]
    run: Callable[[], None]
    state: Path = LOCAL

    @property
    def stamp(self) -> Path:
        return self.state / "stamps" / self.name

    def is_done(self) -> bool:
        with contextlib.suppress(OSError, ValueError, KeyError):
            return self.stamp.read_text() == self.fingerprint() and all(
                path.exists() for path in self.outputs()
            )
        return False

    def do(self) -> None:
        """The old stamp goes first and the new one comes last: an interrupted step is redone."""
        self.stamp.unlink(missing_ok=True)
        say(self.announcement)
        started = time.monotonic()
        self.run()
        say(f"  {self.name}: {time.monotonic() - started:.1f} s")
        self.stamp.parent.mkdir(parents=True, exist_ok=True)
        self.stamp.write_text(self.fingerprint())

    def fingerprint(self) -> str:
        """Environments hold absolute paths and the interpreter's, so both count as inputs."""
        digest = hashlib.sha256(f"{ROOT}\n{sys.version}\n{sys.base_prefix}\n".encode())
        for path in self.inputs:
            if not path.exists():
                raise SetupError(f"{path.relative_to(ROOT)} is missing.")
            digest.update(f"{path}\n".encode() + path.read_bytes())
        return digest.hexdigest()


def ensure(*lanes: Sequence[Step]) -> None:
    """Does the steps that are not done: those of a lane one after the other, the lanes in parallel. Takes
    milliseconds when all are done."""
    if all(step.is_done() for lane in lanes for step in lane):
        return
    with locked(LOCAL / "setup.lock"):
        _side_by_side(lanes)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Two commands may start at once; the second waits, then finds the work done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("Waiting for another set-up of this checkout to end")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _side_by_side(lanes: Sequence[Sequence[Step]]) -> None:
    """The first failure, or a signal, ends the other lanes' commands; none is left running."""
    COMMANDS.allow()
    if len(lanes) == 1:  # on the main thread, where a signal's exception ends the step
        _in_order(lanes[0])
        return
    with ThreadPoolExecutor(len(lanes)) as threads:
        running = [threads.submit(_in_order, lane) for lane in lanes]
        try:
            for lane in wait(running, return_when=FIRST_EXCEPTION).done:
                lane.result()
        except BaseException:
            COMMANDS.stop()
            raise


def _in_order(lane: Sequence[Step]) -> None:
    for step in lane:
        if not step.is_done():
            step.do()
