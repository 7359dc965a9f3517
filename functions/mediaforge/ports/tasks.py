"""The queues."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Task:
    """A delivery of a job to the task function `queue`. `id` makes a second enqueue a no-op; `delivery`
    says which of the job's deliveries it is for."""

    queue: str
    id: str
    job_id: str
    delivery: int
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class TeamTask:
    """Work on a team, for the task function `queue`."""

    queue: str
    id: str
    team_id: str
    not_before: datetime | None = None


AnyTask = Task | TeamTask


class Tasks(Protocol):
    def enqueue(self, task: AnyTask) -> None:
        """A task that exists already is not an error."""
        ...
