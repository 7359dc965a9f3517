"""The rescuer: what a crash, a lost task or a lost event left behind gets on its way again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import DirectCreative, parse
from mediaforge.domain.jobs.job import JobError, JobStatus, WaitingFor
from mediaforge.ports.director import Brief, Direction
from mediaforge.ports.documents import Query
from mediaforge.services.directing.direct import direct
from mediaforge.services.watch.sweep import sweep_jobs
from tests.support.faults import Killed, MortalDocuments, Steps, mortal
from tests.support.world import START, SharedDocuments, World, at_once, user


def lose_worker(world: World, job_id: str) -> None:
    def die() -> None:
        raise Killed

    world.provider.meanwhile = [die]
    with pytest.raises(Killed):
        world.deliver(job_id)


def test_a_quiet_world_is_left_alone() -> None:
    world = World()
    world.finish()
    contents = world.contents()
    world.clock.advance(86_400)
    assert sweep_jobs(world.backend) == {}
    assert world.contents() == contents


def test_a_sweep_that_finds_nothing_costs_twenty_five_reads() -> None:
    """Ten queries, a sum of each lane's jobs and of its directions, and the fuses, for each of the two; and
    nine for the line that measures. docs/performance.md says what that comes to."""
    world = World()
    world.finish()
    world.clock.advance(86_400)
    reads, writes = world.documents.reads, world.documents.writes
    sweep_jobs(world.backend)
    assert (world.documents.reads - reads, world.documents.writes - writes) == (25, 0)


def test_what_is_not_overdue_is_left_alone() -> None:
    world = World()
    world.submit()
    contents = world.contents()
    world.clock.advance(119)
    assert sweep_jobs(world.backend) == {}
    assert world.contents() == contents


def test_a_lost_task_is_sent_again_under_a_new_id() -> None:
    world = World()
    job_id = world.submit().job.id
    world.tasks.queued.clear()
    world.clock.advance(120)
    assert sweep_jobs(world.backend) == {"redelivered": 1}
    assert [task.body["jobId"] for task in world.tasks.queued] == [job_id]
    world.deliver_all()
    assert world.job(job_id).status is JobStatus.COMPLETED


def test_a_task_lost_again_is_sent_again() -> None:
    world = World()
    job_id = world.submit().job.id
    for _ in range(3):
        world.tasks.queued.clear()
        world.clock.advance(120)
        sweep_jobs(world.backend)
    world.deliver_all()
    assert (world.job(job_id).status, world.job(job_id).attempts) == (JobStatus.COMPLETED, 1)


def test_a_lost_worker_s_job_runs_again_once_its_lease_has_ended() -> None:
    world = World()
    job_id = world.submit().job.id
    lose_worker(world, job_id)
    world.tasks.queued.clear()
    world.clock.advance(59)
    assert sweep_jobs(world.backend) == {}
    world.clock.advance(1)
    assert sweep_jobs(world.backend) == {"redelivered": 1}
    world.deliver_all()
    assert (world.job(job_id).status, world.job(job_id).attempts) == (JobStatus.COMPLETED, 2)


@pytest.mark.parametrize("prompt", ["[[throttle:1]]", "[[fail:transient:1]]"])
def test_a_lost_come_back_is_sent_again(prompt: str) -> None:
    world = World()
    job_id = world.submit(prompt).job.id
    world.deliver_all()
    world.tasks.queued.clear()
    world.clock.advance(60)
    assert sweep_jobs(world.backend) == {"redelivered": 1}
    world.deliver_all()
    assert world.job(job_id).status is JobStatus.COMPLETED


def test_a_job_whose_event_never_comes_is_settled() -> None:
    world = World()
    job_id = world.submit().job.id
    world.deliver(job_id)
    world.clock.advance(59)
    assert sweep_jobs(world.backend) == {}
    world.clock.advance(1)
    assert sweep_jobs(world.backend) == {"settled": 1}
    assert world.job(job_id).is_settled
    assert world.account().held == 0


def test_a_scheduled_job_whose_task_was_lost_is_started_soon_after_its_time() -> None:
    world = World()
    job_id = world.submit(scheduledAt="2026-11-20T12:10:00Z").job.id
    world.tasks.queued.clear()
    world.clock.advance(629)
    assert sweep_jobs(world.backend) == {}
    world.clock.advance(1)
    assert sweep_jobs(world.backend) == {"started": 1}
    assert [task.body["jobId"] for task in world.tasks.queued] == [job_id]
    assert world.account().active == 1


def far_ahead(world: World) -> str:
    """A job scheduled for one o'clock, whose task was made ten minutes before."""
    job_id = world.submit(scheduledAt="2026-11-20T13:00:00Z").job.id
    world.clock.advance(3000)
    assert sweep_jobs(world.backend) == {"handed-over": 1}
    return job_id


def test_a_task_that_was_made_before_its_time_and_lost_is_missed_soon_after_it() -> None:
    world = World()
    job_id = far_ahead(world)
    world.tasks.queued.clear()
    world.clock.advance(629)
    assert sweep_jobs(world.backend) == {}
    world.clock.advance(1)
    assert sweep_jobs(world.backend) == {"started": 1}
    assert world.account().active == 1
    assert world.job(job_id).deliveries == 1


def test_a_task_that_was_made_before_its_time_and_comes_late_starts_nothing_twice() -> None:
    world = World()
    job_id = far_ahead(world)
    late = world.tasks.queued.pop()
    world.clock.advance(630)
    sweep_jobs(world.backend)
    world.deliver_all()
    assert world.deliver(job_id, late.body["delivery"]) == "final"
    assert world.provider.starts == {job_id: 1}


def test_the_task_of_a_job_that_was_cancelled_since_it_was_made_is_dropped() -> None:
    world = World()
    job_id = far_ahead(world)
    world.cancel(job_id)
    world.settle()
    world.clock.advance(600)
    world.deliver_all()
    assert (world.job(job_id).status, world.provider.starts) == (JobStatus.CANCELLED, {})
    world.assert_promises()


def test_a_sweep_that_dies_before_it_has_made_the_task_loses_no_job() -> None:
    world = World()
    job_id = world.submit(scheduledAt="2026-11-20T13:00:00Z").job.id
    world.clock.advance(3000)
    step = 0
    while True:
        step += 1
        try:
            sweep_jobs(mortal(world.backend, Steps(die_at=step)))
        except Killed:
            continue
        break
    assert step == 7  # at the commit of the task, and at the three counts of the measuring
    for _ in range(12):
        world.clock.advance(60)
        world.deliver_all()
        sweep_jobs(world.backend)
    assert world.job(job_id).status is JobStatus.COMPLETED
    assert world.provider.starts == {job_id: 1}


def test_a_job_that_is_cancelled_while_its_task_is_made_stays_cancelled() -> None:
    world = World()
    job_id = world.submit(scheduledAt="2026-11-20T13:00:00Z").job.id
    world.clock.advance(3000)
    world.documents.meanwhile = [lambda: world.cancel(job_id)]
    assert sweep_jobs(world.backend) == {"moved-meanwhile": 1}
    assert world.job(job_id).status is JobStatus.CANCELLED
    assert world.tasks.queued == []


def test_sweeps_at_once_make_a_scheduled_job_s_task_once() -> None:
    world = World()
    world.submit(scheduledAt="2026-11-20T13:00:00Z")
    world.clock.advance(3000)
    done = at_once(*[lambda: sweep_jobs(world.backend)] * 4)
    assert sum(each["handed-over"] for each in done) == 1
    assert len(world.tasks.queued) == 1


def test_a_job_has_its_task_before_its_time_beside_four_hundred_of_another_account() -> None:
    """Each commit takes a tenth of a second, and the sweep comes every minute."""
    world, bob = World(), user("bob")
    world.set_tier("studio")
    world.set_tier("pro", bob)
    world.grant(1_000)
    herd = [world.submit(scheduledAt="2026-11-20T13:00:00Z").job.id for _ in range(400)]
    job_id = world.submit(caller=bob, scheduledAt="2026-11-20T13:00:01Z").job.id
    world.documents.on_commit = lambda _: world.clock.advance(0.1)
    one_o_clock = START + timedelta(hours=1)
    while world.clock.now() < one_o_clock - timedelta(minutes=1):
        world.clock.advance(60 - world.clock.now().timestamp() % 60)
        sweep_jobs(world.backend)
        assert world.clock.now() > one_o_clock - timedelta(minutes=10) or not world.tasks.queued
    tasks = {task.body["jobId"]: task.not_before for task in world.tasks.queued}
    assert tasks == {
        **dict.fromkeys(herd, one_o_clock),
        job_id: one_o_clock + timedelta(seconds=1),
    }


def test_a_scheduled_job_that_finds_no_slot_waits_for_one() -> None:
    world = World()
    job_id = world.submit(scheduledAt="2026-11-20T12:01:00Z").job.id
    busy = [world.submit().job.id for _ in range(2)]
    world.clock.advance(90)
    sweep_jobs(world.backend)
    assert world.job(job_id).waiting_for is WaitingFor.CAPACITY
    assert world.view(job_id)["waiting_for"] == "capacity"
    assert world.account().active == 2
    world.deliver(busy[0])
    world.settle()
    assert world.job(job_id).is_dispatched


def test_a_waiting_job_that_nobody_dispatched_gets_a_free_slot() -> None:
    world = World()
    jobs = [world.submit().job.id for _ in range(3)]
    world.overwrite("accounts/user_ann", tier="pro")
    world.clock.advance(300)
    world.tasks.queued.clear()
    assert sweep_jobs(world.backend)["filled"] == 1
    assert world.job(jobs[2]).is_dispatched
    assert world.account().active == 3


def test_an_account_without_a_free_slot_is_looked_at_again_later_not_in_every_sweep() -> None:
    world = World()
    world.set_tier("free")
    busy = [world.submit().job.id for _ in range(2)]
    waiting = world.submit().job.id
    for job_id in busy:
        lose_worker(world, job_id)
        world.overwrite(f"jobs/{job_id}", due_at=world.at(86_400))
    world.clock.advance(300)
    before = world.view(waiting)
    assert sweep_jobs(world.backend) == {"full": 1}
    assert sweep_jobs(world.backend) == {}
    assert world.account().due_at == world.at(300)
    assert world.view(waiting) == before


def test_a_job_that_is_claimed_while_the_sweep_is_on_its_way_is_left_to_its_worker() -> None:
    world = World()
    world.submit()
    world.clock.advance(1)
    claimed_meanwhile = world.submit().job.id
    world.clock.advance(120)

    def claim(_: list[str]) -> None:
        world.documents.on_commit = lambda _: None
        lose_worker(world, claimed_meanwhile)

    world.documents.on_commit = claim
    assert sweep_jobs(world.backend) == {"redelivered": 1, "moved-meanwhile": 1}
    assert world.job(claimed_meanwhile).deliveries == 1
    assert world.job(claimed_meanwhile).lease is not None


def test_a_scheduled_job_that_is_cancelled_while_the_sweep_is_on_its_way_is_not_started() -> None:
    world = World()
    world.submit(scheduledAt="2026-11-20T12:01:00Z")
    cancelled_meanwhile = world.submit(scheduledAt="2026-11-20T12:02:00Z").job.id
    world.clock.advance(120)

    def cancel(_: list[str]) -> None:
        world.documents.on_commit = lambda _: None
        world.cancel(cancelled_meanwhile)

    world.documents.on_commit = cancel
    sweep_jobs(world.backend)
    assert world.job(cancelled_meanwhile).status is JobStatus.CANCELLED
    assert world.account().active == 1


def test_sweeps_at_once_start_a_scheduled_job_once() -> None:
    world = World()
    job_id = world.submit(scheduledAt="2026-11-20T12:01:00Z").job.id
    world.clock.advance(90)
    at_once(*[lambda: sweep_jobs(world.backend)] * 4)
    assert world.account().active == 1
    assert world.job(job_id).deliveries == 1


@dataclass
class Counting(MortalDocuments):
    """Counts what is found, which is what a query costs."""

    ids_found: int = 0

    def find_ids(self, query: Query) -> list[str]:
        found = super().find_ids(query)
        self.ids_found += len(found)
        return found


def test_more_jobs_than_one_page_are_rescued_by_one_sweep() -> None:
    world = World()
    world.set_tier("studio")
    world.grant(1_000)
    for _ in range(310):
        world.submit(scheduledAt="2026-11-20T12:10:00Z")
    world.clock.advance(630)
    documents = Counting(world.documents, Steps())
    assert sweep_jobs(replace(world.backend, documents=documents)) == {"started": 310}
    assert documents.ids_found < 3 * 310
    assert world.account().active == 50
    assert sweep_jobs(world.backend) == {}


class Dying:
    """A director whose caller does not live to hear it."""

    def direct(self, brief: Brief, model: str) -> Direction:
        raise Killed


def flooded_world() -> World:
    """Three hundred scheduled jobs whose tasks were lost; and a direction that nobody will end, an account
    with free slots and a job that left something behind: all due."""
    world = World()
    world.set_tier("studio")
    world.grant(1_000)
    cleaned = world.finish()
    world.overwrite(f"jobs/{cleaned.id}", clean_at=world.at(200))
    for _ in range(300):
        world.submit(scheduledAt="2026-11-20T12:01:00Z")
    world.tasks.queued.clear()
    world.overwrite("accounts/user_ann", due_at=world.at(200))
    world.backend = replace(world.backend, directors={"local-director": Dying()})
    with pytest.raises(Killed):
        direct(world.backend, user("bob"), parse(DirectCreative, {"brief": "a lighthouse"}))
    world.clock.advance(200)
    return world


def test_a_flood_of_one_kind_keeps_no_other_waiting_even_where_no_sweep_lives_to_its_end() -> None:
    world = flooded_world()
    with pytest.raises(Killed):
        sweep_jobs(mortal(world.backend, Steps(die_at=100)))
    assert [direction.is_closed for direction in world.directions()] == [True]
    assert world.account("user_bob").held == 0
    assert world.account().due_at != world.at(200)
    assert [job for job in world.jobs() if job.clean_at == world.at(200)] == []


# ---- poison ------------------------------------------------------------------------------------

POISON: dict[str, Mapping[str, Any]] = {
    "its account is gone": {"account_id": "user_nobody"},
    "its price is negative": {"price_credits": -2},
    "its status is unknown": {"status": "paused"},
    "it has lost a field": {"created_at": None},
}


@pytest.mark.parametrize("poison", POISON)
def test_one_broken_document_does_not_stop_the_sweep(poison: str) -> None:
    world = World()
    broken, healthy = world.submit().job.id, world.submit().job.id
    for job_id in (broken, healthy):
        world.deliver(job_id)
    world.overwrite(f"jobs/{broken}", **POISON[poison])
    world.clock.advance(60)
    sweep_jobs(world.backend)
    assert world.job(healthy).is_settled


def test_broken_documents_do_not_starve_the_others() -> None:
    world = World()
    healthy = world.submit().job.id
    fields = world.row(f"jobs/{healthy}")
    broken = {**fields, "account_id": "user_nobody", "status": "failed", "due_at": world.at(0)}
    for number in range(300):
        world.overwrite(f"jobs/broken{number}", **{**broken, "id": f"broken{number}"})
    world.deliver(healthy)
    world.clock.advance(60)
    assert sweep_jobs(world.backend) == {
        "settled-meanwhile": 1,
        "settled-together": 299,
        "settled": 1,
    }
    assert world.job(healthy).is_settled


def test_a_job_that_no_task_ever_reaches_ends_when_its_time_is_over() -> None:
    world = World()
    job_id = world.submit().job.id
    for _ in range(49 * 60):
        world.tasks.queued.clear()
        world.clock.advance(60)
        sweep_jobs(world.backend)
    world.settle_all()
    assert world.job(job_id).error == JobError("expired", "The job could not be run in time.", True)
    assert f"dead_letters/{job_id}" in world.documents.paths()
    world.assert_promises()


class WithoutAnIndex(SharedDocuments):
    """Of when jobs are due: it is being built."""

    def find_ids(self, query: Query) -> list[str]:
        if (query.collection, query.order_by) == (at.JOBS, ("due_at",)):
            raise RuntimeError("The query requires an index.")
        return super().find_ids(query)


def test_what_cannot_be_looked_for_keeps_no_other_kind_from_being_rescued() -> None:
    world = World(documents=WithoutAnIndex())
    jobs = [world.submit().job.id for _ in range(4)]
    waiting = [each for each in jobs if not world.job(each).is_dispatched]
    world.overwrite("accounts/user_ann", active=0)
    world.clock.advance(3600)
    assert sweep_jobs(world.backend)["failed"] == 1
    assert waiting
    assert all(world.job(each).is_dispatched for each in waiting)
