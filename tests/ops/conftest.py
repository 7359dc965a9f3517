"""The operators' command on the services in memory."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from mediaforge.domain.errors import NotFoundError
from mediaforge.ops.command import main
from mediaforge.ops.session import Session, operator_called
from mediaforge.ports.queues import QueueSeen
from tests.support.world import World


@dataclass
class MemoryQueues:
    """Two queues, which can be stopped."""

    states: dict[str, str] = field(
        default_factory=lambda: {"batches": "running", "runLocalImage": "running"}
    )
    purged: list[str] = field(default_factory=list)

    def seen(self) -> Sequence[QueueSeen]:
        return [QueueSeen(name, state, 3, 5.0, 2, 1) for name, state in self.states.items()]

    def pause(self, name: str) -> None:
        self._check(name)
        self.states[name] = "paused"

    def resume(self, name: str) -> None:
        self._check(name)
        self.states[name] = "running"

    def purge(self, name: str) -> None:
        self._check(name)
        self.purged.append(name)

    def _check(self, name: str) -> None:
        if name not in self.states:
            raise NotFoundError("There is no such queue.")


@dataclass(frozen=True)
class Ran:
    """What a command came to: its exit code, and what it said on both streams."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


@dataclass
class Ops:
    world: World
    queues: MemoryQueues
    run: Callable[[str], Ran]

    def __call__(self, line: str) -> Ran:
        return self.run(line)

    def why(self, line: str) -> Ran:
        """The command, with a reason, and done."""
        return self.run(f"{line} --reason tested --yes")


@pytest.fixture
def ops(capsys: pytest.CaptureFixture[str]) -> Ops:
    world, queues = World(), MemoryQueues()
    session = Session("the tests", operator_called("olga"), lambda: world.backend, lambda: queues)

    def run(line: str) -> Ran:
        capsys.readouterr()
        code = main(line.split(), session)
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return Ops(world, queues, run)
