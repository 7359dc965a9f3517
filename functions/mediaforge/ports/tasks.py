"""The queues."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Task:
    """`body` is sent to the task function `queue`: a small JSON object of ids and numbers. A task outlives
    the release that made it, so workers of the next release have to read it, too. A second enqueue of the
    same `id` is a no-op."""

    queue: str
    id: str
    body: Mapping[str, Any]
    not_before: datetime | None = None


class Tasks(Protocol):
    """Called from several threads at once."""

    def enqueue(self, task: Task) -> None:
        """A task that exists already is not an error."""
        ...
