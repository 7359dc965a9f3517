"""The queues as an operator sees and stops them. Jobs are handed to them by `ports.tasks`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class QueueSeen:
    """`state` is `running`, `paused` or `disabled`. `tasks` are those that wait or run, `a_second` and
    `at_once` its limits, `done_last_minute` the tasks that were dispatched in the last minute. None: the
    queues do not say."""

    name: str
    state: str
    tasks: int | None
    a_second: float | None
    at_once: int | None
    done_last_minute: int | None


class Queues(Protocol):
    """Each raises BusyError where the queues do not answer."""

    def seen(self) -> Sequence[QueueSeen]:
        """All queues of the region, by name."""
        ...

    def pause(self, name: str) -> None:
        """Nothing of the queue is dispatched until it is resumed. Raises NotFoundError, IllegalStateError."""
        ...

    def resume(self, name: str) -> None:
        """Raises NotFoundError, IllegalStateError."""
        ...

    def purge(self, name: str) -> None:
        """Deletes every task of the queue. Their jobs stay, and the sweep makes new tasks for them. Raises
        NotFoundError, IllegalStateError."""
        ...
