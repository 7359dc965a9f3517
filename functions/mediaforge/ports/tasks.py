"""The queues."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Task:
    """`body` for the task function `queue`: a small JSON object of ids and numbers. A task outlives the
    release that made it, so the next one's worker reads it, too. `id` makes a second enqueue a no-op."""

    queue: str
    id: str
    body: Mapping[str, Any]
    not_before: datetime | None = None


class Tasks(Protocol):
    """Called from several threads at once."""

    def enqueue(self, task: Task) -> None:
        """A task that exists already is not an error."""
        ...
