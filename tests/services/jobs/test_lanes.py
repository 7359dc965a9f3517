"""Whose job runs in which queue: that of its account's tier when it gets its slot, while it has it."""

from dataclasses import replace
from typing import Any

import pytest

from mediaforge.contract.requests import GenerateVideo, parse
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.services.jobs.dispatch import dispatch_account
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.watch.sweep import sweep_jobs
from tests.support.operations import LongProvider
from tests.support.world import ANN, World

FREE, PAID = "runLocalImageFree", "runLocalImage"
LATER = "2026-11-20T12:05:00Z"


def queues(world: World) -> list[str]:
    """Of the tasks that nobody has taken yet."""
    return [task.queue for task in world.tasks.queued]


def with_a_job_that_waits(tier: str = "free") -> tuple[World, Job]:
    world = World()
    world.set_tier(tier)
    while (job := world.submit().job).is_dispatched:
        pass
    world.tasks.queued.clear()
    return world, job


@pytest.mark.parametrize(("tier", "queue"), [("free", FREE), ("pro", PAID), ("studio", PAID)])
def test_a_job_s_task_goes_into_the_queue_of_its_account_s_lane(tier: str, queue: str) -> None:
    world = World()
    world.set_tier(tier)
    job = world.submit().job
    assert (queues(world), world.job(job.id).queue) == ([queue], queue)


def test_a_team_s_job_runs_in_the_lane_of_the_team_whoever_asked_for_it() -> None:
    world = World()
    world.set_tier("studio")
    world.submit(teamId=world.found_team())
    assert queues(world) == [FREE]


def test_who_waited_gets_the_lane_of_the_tier_that_the_slot_is_given_in() -> None:
    world, job = with_a_job_that_waits()
    assert world.job(job.id).queue == FREE
    world.overwrite("accounts/user_ann", tier="pro")
    dispatch_account(world.backend, "user_ann")
    assert (queues(world), world.job(job.id).queue) == ([PAID], PAID)


def test_and_in_a_worse_tier_the_worse_one() -> None:
    world, job = with_a_job_that_waits("pro")
    world.overwrite("accounts/user_ann", tier="free", active=1)
    dispatch_account(world.backend, "user_ann")
    assert (queues(world), world.job(job.id).queue) == ([FREE], FREE)


def test_a_job_stays_in_its_queue_while_it_has_its_slot_whatever_becomes_of_its_tier() -> None:
    world = World()
    job = world.submit("[[throttle:1]]").job
    world.overwrite("accounts/user_ann", tier="pro")
    world.tasks.queued.clear()
    world.clock.advance(300)
    sweep_jobs(world.backend)  # its task was lost
    assert queues(world) == [FREE]
    world.deliver_all()  # told to slow down
    assert (world.job(job.id).snoozes, queues(world)) == (1, [FREE])
    world.run_until_quiet()
    assert world.job(job.id).status is JobStatus.COMPLETED


def test_the_task_of_a_scheduled_job_waits_in_its_lane_too() -> None:
    """A thousand of free accounts for noon would fill the queue of who pays."""
    world = World()
    job = world.submit(scheduledAt=LATER).job
    assert queues(world) == [FREE]
    world.overwrite("accounts/user_ann", tier="pro")
    world.clock.advance(300)
    (started,) = world.tasks.queued
    world.tasks.queued.clear()
    assert world.deliver(job.id, started.body["delivery"]) == "started"
    assert queues(world) == [PAID]


# ---- what is in no lane of its own ----------------------------------------------------------------


def film(world: World, **fields: Any) -> Job:
    return submit_job(world.backend, ANN, parse(GenerateVideo, {"prompt": "waves", **fields})).job


def test_what_a_free_tier_may_not_ask_for_runs_in_the_one_queue_there_is() -> None:
    """Asked for in a better tier that has ended since: a queue of its own would have no worker."""
    world = World(provider=LongProvider())
    world.set_tier("pro")
    world.grant(1_000)
    film(world, scheduledAt=LATER)
    world.overwrite("accounts/user_ann", tier="free")
    world.tasks.queued.clear()
    world.clock.advance(400)
    sweep_jobs(world.backend)
    assert queues(world) == ["runLocalVideo"]


def test_a_job_whose_model_has_left_the_catalogue_keeps_the_queue_it_has() -> None:
    world, job = with_a_job_that_waits()
    world.overwrite("accounts/user_ann", tier="pro")
    catalogue = world.backend.catalogue
    models = {name: model for name, model in catalogue.models.items() if name != job.model}
    left = catalogue.model_copy(update={"models": models})
    world.backend = replace(world.backend, catalogue=left)
    dispatch_account(world.backend, "user_ann")
    assert queues(world) == [FREE]


# ---- of the last release -----------------------------------------------------------------------------


def test_what_the_last_release_gave_a_slot_stays_in_the_queue_it_is_in() -> None:
    world = World()
    job = world.submit().job
    world.overwrite(f"jobs/{job.id}", queue=PAID)
    world.tasks.queued.clear()
    world.clock.advance(300)
    sweep_jobs(world.backend)
    assert queues(world) == [PAID]


def test_what_the_last_release_let_wait_gets_its_lane_with_its_slot() -> None:
    world, job = with_a_job_that_waits()
    world.overwrite(f"jobs/{job.id}", queue=PAID)
    world.overwrite("accounts/user_ann", active=1)
    dispatch_account(world.backend, "user_ann")
    assert queues(world) == [FREE]
