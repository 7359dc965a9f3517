"""After the end: the hold is closed once, whoever says so, however often, in any order."""

import pytest

from mediaforge.domain.jobs import JobStatus
from mediaforge.services.sweep import sweep_jobs
from tests.support.world import World, at_once


def ended(world: World, prompt: str = "a lighthouse", count: int = 1) -> str:
    """A job that has ended and waits to be settled."""
    job = world.submit(prompt, count=count).job
    while not world.job(job.id).status.is_final:
        world.clock.advance(600)
        world.deliver(job.id)
    return job.id


def amounts(world: World, job_id: str) -> dict[str, int]:
    found = world.entries().items()
    return {e.partition(":")[2]: entry.amount for e, entry in found if entry.job_id == job_id}


@pytest.mark.parametrize(
    ("prompt", "count", "entries", "available"),
    [
        ("a lighthouse", 1, {"hold": 2, "capture": 2}, 98),
        ("a lighthouse", 4, {"hold": 8, "capture": 8}, 92),
        ("[[partial:3]]", 4, {"hold": 8, "capture": 6, "release": 2}, 94),
        ("[[blocked]]", 4, {"hold": 8, "release": 8}, 100),
        ("[[fail:always]]", 1, {"hold": 2, "release": 2}, 100),
    ],
)
def test_what_was_delivered_is_captured_and_the_rest_released(
    prompt: str, count: int, entries: dict[str, int], available: int
) -> None:
    world = World()
    job_id = ended(world, prompt, count)
    assert world.settle()
    assert amounts(world, job_id) == entries
    assert (world.account().available, world.account().held) == (available, 0)


@pytest.mark.parametrize("times", [2, 3])
def test_an_event_that_comes_again_changes_nothing(times: int) -> None:
    world = World()
    ended(world)
    assert world.settle() == 1
    contents = world.contents()
    assert [world.settle() for _ in range(times - 1)] == [0] * (times - 1)
    assert world.contents() == contents


@pytest.mark.parametrize("handlers", [2, 3, 8])
def test_events_handled_at_once_settle_once(handlers: int) -> None:
    world = World()
    job_id = ended(world)
    settled = at_once(*[world.settle] * handlers)
    assert sum(settled) == 1
    assert amounts(world, job_id) == {"hold": 2, "capture": 2}
    assert world.account().active == 0


def test_many_jobs_of_an_account_settled_at_once_all_count() -> None:
    world = World()
    world.set_tier("pro")
    jobs = [world.submit().job.id for _ in range(8)]
    for job_id in jobs:
        world.deliver(job_id)
    assert sum(at_once(*[world.settle] * 8)) == 8
    assert (world.account().available, world.account().held, world.account().active) == (84, 0, 0)


def test_an_event_that_comes_late_still_settles() -> None:
    world = World()
    ended(world)
    world.clock.advance(86_400)
    assert world.settle()
    world.assert_promises()


@pytest.mark.parametrize("prompt", ["a lighthouse", "[[throttle:1]]"])
def test_an_event_that_comes_before_the_end_changes_nothing(prompt: str) -> None:
    world = World()
    job = world.submit(prompt).job
    if prompt != "a lighthouse":
        world.deliver(job.id)
    contents = world.contents()
    assert not world.settle()
    assert world.contents() == contents


def test_an_event_of_a_job_that_never_was_changes_nothing() -> None:
    world = World()
    assert not world.settle("user_nobody")
    assert world.documents.paths() == []


def test_an_event_that_never_comes_is_made_up_for_by_the_sweep() -> None:
    world = World()
    ended(world)
    world.clock.advance(60)
    assert sweep_jobs(world.backend) == {"settled": 1}
    world.assert_promises()


def test_the_event_and_the_sweep_together_settle_once() -> None:
    world = World()
    job_id = ended(world)
    world.clock.advance(60)
    at_once(lambda: world.settle() > 0, lambda: sweep_jobs(world.backend) == {})
    assert amounts(world, job_id) == {"hold": 2, "capture": 2}
    world.assert_promises()


def test_a_settled_job_frees_its_slot_for_the_next_in_the_same_commit() -> None:
    world = World()
    first, _, third = (world.submit().job.id for _ in range(3))
    world.deliver(first)
    assert world.settle()
    assert world.account().active == 2
    assert world.job(third).is_dispatched
    assert third in {task.job_id for task in world.tasks.queued}


def test_what_was_not_delivered_can_be_used_again_the_same_day() -> None:
    world = World()
    ended(world, "[[blocked]]", count=4)
    world.settle()
    assert world.account().usage.images == 0


def test_a_job_that_ends_the_next_day_gives_nothing_back_to_it() -> None:
    world = World()
    job = world.submit("[[blocked]]", count=4).job
    world.clock.advance(12 * 3600)
    world.submit(count=2)
    world.deliver(job.id)
    world.settle()
    assert (world.account().usage.day, world.account().usage.images) == ("2026-11-21", 2)


def test_settling_is_not_a_change_that_listeners_see() -> None:
    world = World()
    job_id = ended(world)
    before = world.view(job_id)
    world.clock.advance(5)
    world.settle()
    assert world.view(job_id) == before


def test_a_settled_job_has_a_final_status_still() -> None:
    world = World()
    job_id = ended(world)
    world.settle()
    assert world.job(job_id).status is JobStatus.COMPLETED
