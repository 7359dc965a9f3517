"""Cloud Tasks, in memory: what was handed over."""

from dataclasses import dataclass, field

from mediaforge.ports.tasks import Task
from mediaforge.services.tasks import ROTATION_QUEUE


@dataclass
class MemoryTasks:
    """A queue that keeps its tasks. An id in `ids` can never be used again, as in Cloud Tasks. Tasks that
    replace addresses are in `of_teams`, those for batches and for accounts with batches in `of_batches`,
    those for exports in `of_exports`, those for webhooks in `of_webhooks`,
    those of erasures in `of_erasures`."""

    queued: list[Task] = field(default_factory=list)
    of_teams: list[Task] = field(default_factory=list)
    of_batches: list[Task] = field(default_factory=list)
    of_exports: list[Task] = field(default_factory=list)
    of_webhooks: list[Task] = field(default_factory=list)
    of_erasures: list[Task] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def enqueue(self, task: Task) -> None:
        if task.id in self.ids:
            return
        self.ids.add(task.id)
        self._line_of(task).append(task)

    def _line_of(self, task: Task) -> list[Task]:
        if task.queue == ROTATION_QUEUE or "teamId" in task.body:
            return self.of_teams
        if "erase" in task.body:
            return self.of_erasures
        if "deliveryId" in task.body:
            return self.of_webhooks
        if "exportId" in task.body:
            return self.of_exports
        return self.queued if "jobId" in task.body else self.of_batches
