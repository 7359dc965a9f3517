"""Slots: never more than the tier has, by priority and then by age."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from threading import Barrier

import pytest

from mediaforge.domain.errors import BusyError
from mediaforge.domain.jobs.job import Job, JobStatus, WaitingFor
from mediaforge.ports.tasks import Task
from mediaforge.services.jobs.dispatch import dispatch_account, task_at, task_for
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.tasks import hand_over
from tests.support.world import ANN, World, at_once, image_request, logged, user

BOB = user("bob")


def submit_each_later(world: World, *priorities: str) -> list[str]:
    """Jobs of these priorities, a second apart."""
    job_ids = []
    for priority in priorities:
        world.clock.advance(1)
        job_ids.append(world.submit(priority=priority).job.id)
    return job_ids


def end(world: World, job_id: str) -> None:
    world.deliver(job_id)
    assert world.settle()


def order_of_dispatch(world: World, busy: list[str], waiting: list[str]) -> list[str]:
    """Ends the busy jobs and then each job as it gets its slot."""
    order, left = [], set(waiting)
    turns = list(busy)
    while turns:
        end(world, turns.pop(0))
        dispatched = [job_id for job_id in left if world.job(job_id).is_dispatched]
        left -= set(dispatched)
        order += dispatched
        turns += dispatched
    return order


def dispatched(world: World) -> list[Job]:
    return [job for job in world.jobs() if job.is_dispatched and not job.is_settled]


def test_what_exceeds_the_slots_waits_for_capacity() -> None:
    world = World()
    jobs = [world.submit().job for _ in range(3)]
    assert [job.is_dispatched for job in jobs] == [True, True, False]
    assert world.job(jobs[2].id).waiting_for is WaitingFor.CAPACITY
    assert world.view(jobs[2].id)["waiting_for"] == "capacity"
    assert world.view(jobs[2].id)["status"] == "queued"
    assert (world.account().active, len(world.tasks.queued)) == (2, 2)


@pytest.mark.parametrize(("tier", "slots"), [("free", 2), ("pro", 10), ("studio", 50)])
def test_each_tier_has_its_slots(tier: str, slots: int) -> None:
    world = World()
    world.set_tier(tier)
    world.grant(1_000)
    for _ in range(min(slots + 3, 20 if tier == "free" else 60)):
        world.submit()
    assert world.account().active == slots
    assert len(dispatched(world)) == slots


def test_waiting_jobs_are_dispatched_by_age() -> None:
    world = World()
    busy = submit_each_later(world, "normal", "normal")
    waiting = submit_each_later(world, "normal", "normal", "normal", "normal")
    assert order_of_dispatch(world, busy, waiting) == waiting


def test_age_is_when_a_job_was_submitted_not_when_it_began_to_wait() -> None:
    world = World()
    busy = submit_each_later(world, "normal", "normal")
    younger, older = submit_each_later(world, "normal", "normal")
    world.overwrite(f"jobs/{older}", created_at=world.at(-3600))
    assert order_of_dispatch(world, busy, [younger, older]) == [older, younger]


def test_a_higher_priority_goes_first_and_age_decides_among_equals() -> None:
    world = World()
    world.set_tier("pro")
    busy = submit_each_later(world, *["normal"] * 10)
    low, normal, high, normal2, high2 = waiting = submit_each_later(
        world, "low", "normal", "high", "normal", "high"
    )
    order = []
    for job_id in busy[:5]:
        end(world, job_id)
        order += [j for j in waiting if world.job(j).is_dispatched and j not in order]
    assert order == [high, high2, normal, normal2, low]


def test_a_newcomer_does_not_overtake_those_who_wait() -> None:
    world = World()
    world.set_tier("free")
    submit_each_later(world, "normal", "normal", "normal")
    world.overwrite("accounts/user_ann", tier="pro")
    newcomer = world.submit().job
    assert newcomer.waiting_for is WaitingFor.CAPACITY


def test_all_that_waits_is_dispatched_in_the_end() -> None:
    world = World()
    jobs = submit_each_later(world, *["normal"] * 15)
    world.run_until_quiet(hours=1)
    world.assert_promises()
    assert {world.job(job_id).status for job_id in jobs} == {JobStatus.COMPLETED}
    assert not world.account().has_waiting


def test_a_raised_tier_fills_its_new_slots() -> None:
    world = World()
    submit_each_later(world, *["normal"] * 15)
    world.overwrite("accounts/user_ann", tier="pro")
    assert dispatch_account(world.backend, "user_ann") == 8
    assert world.account().active == len(dispatched(world)) == 10
    assert dispatch_account(world.backend, "user_ann") == 0


def test_many_free_slots_are_filled_in_several_commits() -> None:
    world = World()
    world.set_tier("pro")
    for _ in range(50):
        world.submit()
    world.overwrite("accounts/user_ann", tier="studio")
    commits: list[list[str]] = []
    world.documents.on_commit = commits.append
    assert dispatch_account(world.backend, "user_ann") == 40
    assert [sum(path.startswith("jobs/") for path in commit) for commit in commits] == [20, 20]
    assert world.account().active == 50


def test_an_account_that_never_was_has_nothing_to_dispatch() -> None:
    assert dispatch_account(World().backend, "user_nobody") == 0


def test_one_account_s_jobs_do_not_hold_up_another_s() -> None:
    world = World()
    submit_each_later(world, *["normal"] * 10)
    assert world.submit(caller=BOB).job.is_dispatched
    assert world.account("user_bob").active == 1


def test_submissions_at_once_never_take_more_slots_than_there_are() -> None:
    world = World()
    world.submit()
    at_once(*[world.submit] * 12)
    assert world.account().active == len(dispatched(world)) == 2
    world.run_until_quiet()
    world.assert_promises()


def test_slots_freed_at_once_are_each_given_to_another_job() -> None:
    world = World()
    world.set_tier("pro")
    job_ids = [world.submit().job.id for _ in range(20)]
    for job_id in job_ids[:10]:
        world.deliver(job_id)
    at_once(*[world.settle for _ in range(10)])
    assert [world.job(job_id).is_dispatched for job_id in job_ids[10:]] == [True] * 10
    assert [world.job(job_id).deliveries for job_id in job_ids[10:]] == [1] * 10
    assert world.account().active == 10


class BusyTasks:
    def enqueue(self, task: Task) -> None:
        raise BusyError(task.queue)


def test_a_queue_that_does_not_answer_loses_no_job() -> None:
    world = World()
    job = submit_job(replace(world.backend, tasks=BusyTasks()), ANN, image_request()).job
    assert world.job(job.id).is_dispatched
    assert world.tasks.queued == []
    world.run_until_quiet()
    assert world.job(job.id).status is JobStatus.COMPLETED


def test_what_a_queue_is_told_of_a_job_is_its_id_and_its_delivery() -> None:
    """As every release has: tasks outlive the release that made them."""
    world = World()
    job = world.submit().job
    world.run_until_quiet()
    for task in (task_for(job), task_at(job, world.at(60))):
        assert json.loads(json.dumps(task.body)) == {"jobId": job.id, "delivery": 1}


@dataclass
class Together:
    """Queues that answer when so many ask at once; those named are busy."""

    arrived: Barrier
    busy: Collection[str] = ()
    queued: list[str] = field(default_factory=list)

    def enqueue(self, task: Task) -> None:
        self.arrived.wait(timeout=60)
        if task.queue in self.busy:
            raise BusyError(task.queue)
        self.queued.append(task.queue)


def test_several_tasks_are_handed_over_side_by_side() -> None:
    together = Together(Barrier(4))
    tasks = [Task(f"run{n}", f"t{n}", {"jobId": f"j{n}"}) for n in range(4)]
    hand_over(replace(World().backend, tasks=together), *tasks)
    assert sorted(together.queued) == ["run0", "run1", "run2", "run3"]


def test_a_queue_that_does_not_answer_keeps_no_other_s_task_and_is_told_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    together = Together(Barrier(3), busy=["run1"])
    tasks = [Task(f"run{n}", f"t{n}", {"jobId": f"j{n}", "delivery": 7}) for n in range(3)]
    hand_over(replace(World().backend, tasks=together), *tasks)
    assert sorted(together.queued) == ["run0", "run2"]
    [delayed] = logged(capsys, "task.delayed")
    assert (delayed["job_id"], delayed["delivery"], delayed["cause"]) == ("j1", 7, "run1")


def test_the_same_delivery_of_a_job_is_the_same_task_and_another_is_not() -> None:
    world = World()
    job = world.submit().job
    assert task_for(job) == task_for(world.job(job.id))
    assert task_for(job).id != task_at(job, world.at(60)).id
    assert task_at(job, world.at(60)).id != task_at(job, world.at(61)).id
