"""Cloud Tasks, in memory: what was handed over."""

from dataclasses import dataclass, field

from mediaforge.ports.tasks import Task


@dataclass
class MemoryTasks:
    """A queue that keeps its tasks. An id in `ids` can never be used again, as in Cloud Tasks. Tasks for
    teams are in `of_teams`."""

    queued: list[Task] = field(default_factory=list)
    of_teams: list[Task] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def enqueue(self, task: Task) -> None:
        if task.id in self.ids:
            return
        self.ids.add(task.id)
        (self.of_teams if "teamId" in task.body else self.queued).append(task)
