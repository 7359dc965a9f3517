"""Fuses: who spends too much in an hour waits for an operator, and so does everybody where all do."""

from dataclasses import replace
from typing import Any

import pytest

from mediaforge.contract.documents import ProjectFuse, project_fuse
from mediaforge.domain.errors import NotFoundError
from mediaforge.domain.jobs import JobStatus, WaitingFor
from mediaforge.services.fuse import FuseReading, check_project_fuse
from mediaforge.services.sweep import sweep_jobs
from tests.support.world import ANN, World, at_once, logged, user

BOB = user("bob")


def fused(account: int = 1_000, project: int = 1_000) -> World:
    """A world in which an account may spend so many credits an hour, and all together so many."""
    world = World()
    catalogue = world.backend.catalogue
    tiers = {
        tier_id: tier.model_copy(update={"credits_an_hour_max": account})
        for tier_id, tier in catalogue.tiers.items()
    }
    limits = catalogue.limits.model_copy(update={"project_credits_an_hour_max": project})
    changed = catalogue.model_copy(update={"tiers": tiers, "limits": limits})
    world.backend = replace(world.backend, catalogue=changed)
    return world


def blown(**limits: int) -> World:
    """Ann has spent the four credits of her hour on two jobs, and blew her fuse with a third."""
    world = fused(account=4, **limits)
    for _ in range(3):
        world.submit()
    return world


def reset(world: World, account_id: str | None = "user_ann") -> None:
    sent: dict[str, Any] = {"accountId": account_id} if account_id else {}
    world.control_account("resetFuse", **sent)


def waiting(world: World) -> list[str]:
    return [job.id for job in world.jobs() if job.waiting_for is WaitingFor.RESUME]


# ---- an account's ------------------------------------------------------------------------------


def test_what_stays_within_the_hour_runs() -> None:
    world = fused(account=4)
    assert [world.submit().job.is_dispatched for _ in range(2)] == [True, True]
    assert world.account().fuse_blown_at is None


def test_the_job_that_passes_the_hour_is_accepted_and_waits_for_an_operator() -> None:
    world = fused(account=4)
    world.submit(count=2)
    job = world.submit().job
    assert (job.status, job.waiting_for, job.is_dispatched) == (
        JobStatus.QUEUED,
        WaitingFor.RESUME,
        False,
    )
    assert world.view(job.id)["waiting_for"] == "resume"
    assert (world.account().held, world.account().active) == (6, 1)
    assert world.account().fuse_blown_at == world.clock.now()
    assert job.id not in {task.job_id for task in world.tasks.queued}


def test_whatever_is_submitted_after_it_waits_too_even_when_the_hour_has_passed() -> None:
    world = blown()
    assert world.submit().job.waiting_for is WaitingFor.RESUME
    world.clock.advance(2 * 3600)
    assert world.submit().job.waiting_for is WaitingFor.RESUME


def test_a_blown_fuse_is_one_alert_however_much_follows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = fused(account=4)
    for number in range(6):
        world.submit(requestId=f"r{number}")
    world.submit(requestId="r2")  # the one that blew it, sent again
    (alert,) = logged(capsys, "fuse.blown")
    assert (alert["severity"], alert["of"], alert["account_id"]) == ("ERROR", "account", "user_ann")


def test_of_submissions_at_once_one_blows_the_fuse(capsys: pytest.CaptureFixture[str]) -> None:
    world = fused(account=4)
    world.submit()
    at_once(*[world.submit] * 6)
    assert len(logged(capsys, "fuse.blown")) == 1
    assert len(waiting(world)) == 5


def test_jobs_accepted_before_go_on_to_their_end() -> None:
    world = fused(account=8)
    jobs = [world.submit().job.id for _ in range(4)]  # two have slots, two wait for one
    late = world.submit().job.id
    for _ in range(3):
        world.deliver_all()
        world.settle()
    assert {world.job(job_id).status for job_id in jobs} == {JobStatus.COMPLETED}
    assert world.job(late).status is JobStatus.QUEUED
    assert (world.account().held, world.account().active) == (2, 0)


def test_one_account_s_fuse_stops_no_other_account() -> None:
    world = blown()
    assert world.submit(caller=BOB).job.is_dispatched
    team_id = world.found_team()
    assert world.submit(teamId=team_id).job.is_dispatched


def test_a_team_has_a_fuse_that_all_its_members_share() -> None:
    world = fused(account=4)
    team_id = world.found_team(bob="editor")
    world.submit(teamId=team_id, count=2)
    assert world.submit(caller=BOB, teamId=team_id).job.waiting_for is WaitingFor.RESUME
    assert world.submit(caller=BOB).job.is_dispatched


def test_a_waiting_job_is_looked_at_again_and_no_listener_is_told() -> None:
    world = blown()
    (job_id,) = waiting(world)
    before = world.view(job_id)
    for _ in range(3):
        assert world.job(job_id).due_at == world.at(300)
        world.clock.advance(300)
        sweep_jobs(world.backend)
    assert world.view(job_id) == before
    assert waiting(world) == [job_id]


def test_a_waiting_job_can_be_cancelled_and_costs_nothing() -> None:
    world = blown()
    (job_id,) = waiting(world)
    world.cancel(job_id)
    world.run_until_quiet()
    world.assert_promises()
    assert world.account().available == 96


def test_a_job_that_nobody_resumes_ends_in_its_time_and_costs_nothing() -> None:
    world = blown()
    (job_id,) = waiting(world)
    world.run_until_quiet()
    world.assert_promises()
    error = world.job(job_id).error
    assert error is not None
    assert (error.code, world.account().available) == ("expired", 96)


def test_a_scheduled_job_whose_time_comes_meanwhile_waits_for_the_operator() -> None:
    world = fused(account=4)
    job_id = world.submit(scheduledAt="2026-11-20T12:10:00Z").job.id
    world.submit()
    world.submit()
    world.clock.advance(600)
    world.deliver_all()
    assert world.job(job_id).waiting_for is WaitingFor.RESUME
    assert world.view(job_id)["waiting_for"] == "resume"
    reset(world)
    world.run_until_quiet()
    assert world.job(job_id).status is JobStatus.COMPLETED


# ---- an account's, reset -----------------------------------------------------------------------


def test_a_reset_lets_what_waits_run_at_once() -> None:
    world = blown()
    world.deliver_all()
    world.settle()
    (job_id,) = waiting(world)
    reset(world)
    assert world.job(job_id).is_dispatched
    assert world.view(job_id)["waiting_for"] is None
    world.deliver_all()
    assert world.job(job_id).status is JobStatus.COMPLETED


def test_a_reset_gives_no_more_slots_than_there_are() -> None:
    world = blown()
    for _ in range(5):
        world.submit()
    reset(world)
    assert world.account().active == 2
    assert waiting(world) == []
    world.run_until_quiet()
    world.assert_promises()
    assert {job.status for job in world.jobs()} == {JobStatus.COMPLETED}


def test_a_reset_lets_go_by_priority_and_then_by_age() -> None:
    world = fused(account=4)
    world.set_tier("studio")
    waiting_in_turn = []
    for priority in ("low", "normal", "high", "normal", "high"):
        world.clock.advance(1)
        job = world.submit(priority=priority, count=4).job
        waiting_in_turn.append(job.id)
    low, first, high, second, high2 = waiting_in_turn
    order: list[str] = []

    def note_dispatched(_: list[str]) -> None:
        order.extend(j for j in waiting_in_turn if world.job(j).is_dispatched and j not in order)

    world.documents.on_commit = note_dispatched
    reset(world)
    assert order == [high, high2, first, second, low]


def test_after_a_reset_the_hour_begins_anew() -> None:
    world = blown()
    reset(world)
    assert world.account().fuse_blown_at is None
    world.submit(count=2)
    assert world.account().fuse_blown_at is None
    world.submit()
    assert world.account().fuse_blown_at == world.clock.now()


def test_a_fuse_that_blows_again_is_another_alert(capsys: pytest.CaptureFixture[str]) -> None:
    world = blown()
    reset(world)
    for _ in range(3):
        world.submit()
    assert len(logged(capsys, "fuse.blown")) == 2


def test_a_whole_fuse_can_be_reset() -> None:
    world = World()
    job = world.submit().job
    reset(world)
    assert world.job(job.id) == job
    assert world.account().fuse_blown_at is None


def test_an_account_that_never_was_has_no_fuse() -> None:
    world = World()
    with pytest.raises(NotFoundError):
        reset(world, "user_nobody")
    assert world.documents.paths() == []


def test_a_reset_that_an_operator_wrote_by_hand_is_found_by_the_sweep() -> None:
    world = blown()
    world.deliver_all()
    world.settle()
    (job_id,) = waiting(world)
    world.overwrite("accounts/user_ann", fuse_blown_at=None)
    world.clock.advance(300)
    sweep_jobs(world.backend)
    assert world.job(job_id).is_dispatched


def test_a_reset_and_a_submission_at_the_same_moment_both_count() -> None:
    world = blown()
    world.documents.meanwhile = [world.submit]
    reset(world)
    assert world.account().fuse_blown_at is None
    assert world.account().held == 8
    world.run_until_quiet()
    world.assert_promises()
    assert {job.status for job in world.jobs()} == {JobStatus.COMPLETED}


def test_more_jobs_than_one_reset_resumes_are_resumed_by_the_sweep() -> None:
    world = fused(account=4)
    world.set_tier("studio")
    world.grant(1_000)
    for _ in range(130):
        world.submit()
    reset(world)
    assert len(waiting(world)) == 28
    world.clock.advance(300)
    sweep_jobs(world.backend)
    assert waiting(world) == []
    world.run_until_quiet()
    world.assert_promises()


def test_a_waiting_job_that_cannot_be_read_keeps_no_other_waiting() -> None:
    world = blown()
    others = [world.submit().job.id for _ in range(2)]
    world.deliver_all()
    world.settle()
    broken = next(job_id for job_id in waiting(world) if job_id not in others)
    world.overwrite(f"jobs/{broken}", model=None)
    reset(world)
    assert [world.job(job_id).is_dispatched for job_id in others] == [True, True]


# ---- the project's -----------------------------------------------------------------------------


def overspent() -> World:
    """Ann and Bob have held six credits where four are allowed, and the sweep has seen it."""
    world = fused(project=4)
    world.submit(count=2)
    world.submit(caller=BOB)
    sweep_jobs(world.backend)
    world.clock.advance(10)
    return world


def test_the_sweep_blows_the_project_s_fuse_and_everybody_s_new_work_waits() -> None:
    world = overspent()
    assert world.documents.get(project_fuse()) == ProjectFuse(blown_at=world.at(-10))
    for caller in (ANN, BOB, user("carl")):
        job = world.submit(caller=caller).job
        assert job.waiting_for is WaitingFor.RESUME
        assert world.account(job.account_id).fuse_blown_at is None


def test_exactly_what_is_allowed_blows_nothing() -> None:
    world = fused(project=4)
    world.submit()
    world.submit(caller=BOB)
    assert sweep_jobs(world.backend) == {}
    assert world.documents.get(project_fuse()) is None


def test_what_is_older_than_an_hour_counts_no_more() -> None:
    world = fused(project=4)
    world.submit(count=2)
    world.clock.advance(3600)
    world.submit(caller=BOB)
    assert not check_project_fuse(world.backend)


def test_a_blown_project_fuse_is_one_alert_however_often_the_sweep_comes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = overspent()
    for _ in range(3):
        assert sweep_jobs(world.backend)["fuse-blown"] == 1
    (alert,) = logged(capsys, "fuse.blown")
    assert (alert["severity"], alert["of"]) == ("ERROR", "project")
    assert (alert["credits"], alert["limit"]) == (6, 4)


def test_a_blown_project_fuse_stays_blown_when_the_hour_has_passed() -> None:
    world = overspent()
    world.clock.advance(2 * 3600)
    sweep_jobs(world.backend)
    assert world.submit().job.waiting_for is WaitingFor.RESUME


def test_what_was_accepted_before_the_project_s_fuse_blew_goes_on() -> None:
    world = fused(project=4)
    jobs = [world.submit().job.id for _ in range(4)]
    sweep_jobs(world.backend)
    world.clock.advance(10)
    for _ in range(3):
        world.deliver_all()
        world.settle()
    assert {world.job(job_id).status for job_id in jobs} == {JobStatus.COMPLETED}


def test_a_reset_project_fuse_lets_new_work_run_and_what_waited_within_minutes() -> None:
    world = overspent()
    job_id = world.submit(caller=BOB).job.id
    assert world.control_account("resetFuse") is None
    world.clock.advance(10)
    assert world.submit(caller=user("carl")).job.is_dispatched
    world.clock.advance(290)
    sweep_jobs(world.backend)
    assert world.job(job_id).is_dispatched
    world.run_until_quiet()
    world.assert_promises()


def test_what_was_held_before_the_reset_does_not_blow_it_again_and_what_comes_after_does() -> None:
    world = overspent()
    world.control_account("resetFuse")
    world.clock.advance(10)
    assert not check_project_fuse(world.backend)
    world.submit(count=2)
    assert not check_project_fuse(world.backend)
    world.submit()
    assert check_project_fuse(world.backend)


def test_an_operator_can_reset_it_by_deleting_it_once_the_hour_has_passed() -> None:
    world = overspent()
    world.clock.advance(3600)
    world.documents.overwrite("fuses/project", None)
    sweep_jobs(world.backend)
    assert world.submit().job.is_dispatched


def test_a_fuse_reset_by_hand_counts_from_that_moment() -> None:
    world = overspent()
    world.overwrite("fuses/project", blown_at=None, reset_at=world.clock.now())
    assert not check_project_fuse(world.backend)


def test_a_reset_while_the_sweep_is_adding_up_is_not_undone() -> None:
    world = fused(project=4)
    world.submit(count=4)
    world.documents.meanwhile = [lambda: world.control_account("resetFuse")]
    sweep_jobs(world.backend)
    fuse = world.documents.get(project_fuse())
    assert fuse is not None
    assert (fuse.blown_at, fuse.reset_at) == (None, world.clock.now())


def test_sweeps_at_once_blow_it_once(capsys: pytest.CaptureFixture[str]) -> None:
    world = fused(project=4)
    world.submit(count=4)
    world.documents.meanwhile = [lambda: check_project_fuse(world.backend)]
    check_project_fuse(world.backend)
    assert len(logged(capsys, "fuse.blown")) == 1


def test_a_fuse_that_cannot_be_read_stops_neither_the_sweep_nor_a_submission() -> None:
    world = World()
    world.overwrite("fuses/project", blown_at="yesterday")
    job = world.submit().job
    assert job.is_dispatched
    world.tasks.queued.clear()
    world.clock.advance(120)
    assert sweep_jobs(world.backend) == {"redelivered": 1}


# ---- how often it is read ----------------------------------------------------------------------


def test_a_process_reads_the_fuse_at_most_every_ten_seconds() -> None:
    world = World()
    is_blown = FuseReading(world.documents, world.clock)
    reads = world.documents.reads
    for _ in range(10):
        is_blown()
        world.clock.advance(0.99)
    assert world.documents.reads - reads == 1
    world.clock.advance(0.1)
    is_blown()
    assert world.documents.reads - reads == 2


@pytest.mark.parametrize(("waited_s", "is_seen"), [(9.9, False), (10, True)])
def test_a_fuse_that_blew_or_was_reset_is_seen_after_ten_seconds(
    waited_s: float, is_seen: bool
) -> None:
    world = World()
    is_blown = FuseReading(world.documents, world.clock)
    assert not is_blown()
    world.overwrite("fuses/project", blown_at=world.clock.now())
    world.clock.advance(waited_s)
    assert is_blown() is is_seen
    world.clock.advance(10)
    assert is_blown()
    world.overwrite("fuses/project", blown_at=None)
    world.clock.advance(waited_s)
    assert is_blown() is not is_seen


def test_a_clock_set_back_does_not_keep_an_old_reading() -> None:
    world = World()
    is_blown = FuseReading(world.documents, world.clock)
    assert not is_blown()
    world.overwrite("fuses/project", blown_at=world.clock.now())
    world.clock.advance(-3600)
    assert is_blown()


def test_callers_at_once_share_one_reading() -> None:
    world = World()
    is_blown = FuseReading(world.documents, world.clock)
    reads = world.documents.reads
    assert at_once(*[is_blown] * 8) == [False] * 8
    assert world.documents.reads - reads == 1
