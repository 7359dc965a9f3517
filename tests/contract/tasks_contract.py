"""What every implementation of the Tasks port promises."""

import itertools
from datetime import UTC, datetime
from typing import Protocol

from mediaforge.ports.tasks import Task, Tasks
from tests.support.world import at_once

BEFORE = datetime(2000, 1, 1, tzinfo=UTC)
AFTER = datetime(2099, 1, 1, tzinfo=UTC)


class Queue(Protocol):
    """Tasks under test: `name` is a queue of this test's own, with a worker that answers 200."""

    @property
    def tasks(self) -> Tasks: ...

    @property
    def name(self) -> str: ...

    def deliveries(self, until: str) -> list[str]:
        """The jobs and teams delivered so far, in order, once `until` is among them."""
        ...


class TasksContract:
    numbers = itertools.count()

    def task(self, queue: Queue, job_id: str, not_before: datetime | None = None) -> Task:
        body = {"jobId": job_id, "delivery": 1}
        return Task(queue.name, f"task-{next(self.numbers)}", body, not_before)

    def test_a_task_is_delivered_to_its_queue(self, queue: Queue) -> None:
        queue.tasks.enqueue(self.task(queue, "a"))
        assert queue.deliveries(until="a") == ["a"]

    def test_a_task_of_a_team_is_delivered_to_its_queue(self, queue: Queue) -> None:
        body = {"teamId": "a-team"}
        queue.tasks.enqueue(Task(queue.name, f"team-task-{next(self.numbers)}", body))
        assert queue.deliveries(until="a-team") == ["a-team"]

    def test_several_tasks_are_all_delivered(self, queue: Queue) -> None:
        for job_id in ("a", "b", "c"):
            queue.tasks.enqueue(self.task(queue, job_id))
        queue.deliveries(until="a")
        queue.deliveries(until="b")
        assert sorted(queue.deliveries(until="c")) == ["a", "b", "c"]

    def test_a_task_queued_twice_is_delivered_once(self, queue: Queue) -> None:
        task = self.task(queue, "a")
        queue.tasks.enqueue(task)
        queue.tasks.enqueue(task)
        queue.tasks.enqueue(self.task(queue, "last"))
        assert sorted(queue.deliveries(until="last")) == ["a", "last"]

    def test_a_task_queued_again_after_its_delivery_is_not_delivered_again(
        self, queue: Queue
    ) -> None:
        task = self.task(queue, "a")
        queue.tasks.enqueue(task)
        queue.deliveries(until="a")
        queue.tasks.enqueue(task)
        queue.tasks.enqueue(self.task(queue, "last"))
        assert queue.deliveries(until="last") == ["a", "last"]

    def test_a_task_queued_from_several_threads_is_delivered_once(self, queue: Queue) -> None:
        task = self.task(queue, "a")
        at_once(*[lambda: queue.tasks.enqueue(task)] * 4)
        queue.tasks.enqueue(self.task(queue, "last"))
        assert sorted(queue.deliveries(until="last")) == ["a", "last"]

    def test_tasks_queued_from_several_threads_are_all_delivered(self, queue: Queue) -> None:
        tasks = [self.task(queue, job_id) for job_id in "abcdefgh"]
        at_once(*[lambda task=task: queue.tasks.enqueue(task) for task in tasks])
        queue.tasks.enqueue(self.task(queue, "last"))
        for job_id in "abcdefgh":
            queue.deliveries(until=job_id)
        assert sorted(queue.deliveries(until="last")) == [*"abcdefgh", "last"]

    def test_two_tasks_of_one_job_are_two_deliveries(self, queue: Queue) -> None:
        queue.tasks.enqueue(self.task(queue, "a"))
        queue.tasks.enqueue(self.task(queue, "a"))
        queue.tasks.enqueue(self.task(queue, "last"))
        assert sorted(queue.deliveries(until="last")) == ["a", "a", "last"]

    def test_a_task_whose_time_has_passed_is_delivered(self, queue: Queue) -> None:
        queue.tasks.enqueue(self.task(queue, "a", not_before=BEFORE))
        assert queue.deliveries(until="a") == ["a"]

    def test_a_task_is_not_delivered_before_its_time(self, queue: Queue) -> None:
        queue.tasks.enqueue(self.task(queue, "early", not_before=AFTER))
        queue.tasks.enqueue(self.task(queue, "last"))
        assert queue.deliveries(until="last") == ["last"]
