"""Fuses: whose next job would bring the hour over its limit waits for an operator, and so does everybody
where all together have started too much. What never began costs no fuse."""

from dataclasses import replace
from typing import Any

import pytest

from mediaforge.contract.documents import project_fuse
from mediaforge.contract.requests import ResetFuse, parse
from mediaforge.domain.errors import NotFoundError
from mediaforge.domain.jobs.job import JobStatus, WaitingFor
from mediaforge.domain.lanes import Lane
from mediaforge.domain.money.fuses import Fuse, ProjectFuse
from mediaforge.services.money.fuse import FuseReading, check_fuses
from mediaforge.services.operate.account_control import control_account
from mediaforge.services.watch.sweep import sweep_jobs
from tests.support.faults import Killed, Steps, mortal
from tests.support.world import ADMIN, ANN, World, at_once, logged, user

BOB, CARL = user("bob"), user("carl")
RESET = parse(ResetFuse, {"accountId": "user_ann", "action": "resetFuse"})


def fused(
    account: int = 1_000,
    project: int = 1_000,
    free: int = 900,
    share: int = 10_000,
    slots: int = 10,
) -> World:
    """A world in which an account may start so many credits an hour, all together so many and those of the
    free tier so many; no account more than `share` percent of what all may, which is no limit where nothing
    is said. Each has so many slots."""
    world = World()
    catalogue = world.backend.catalogue
    tiers = {
        tier_id: tier.model_copy(update={"credits_an_hour_max": account, "jobs_at_once": slots})
        for tier_id, tier in catalogue.tiers.items()
    }
    limits = catalogue.limits.model_copy(
        update={
            "project_credits_an_hour_max": project,
            "free_credits_an_hour_max": free,
            "account_share_percent": share,
        }
    )
    changed = catalogue.model_copy(update={"tiers": tiers, "limits": limits})
    world.backend = replace(world.backend, catalogue=changed)
    return world


def blown(**limits: int) -> World:
    """Ann has spent the four credits of her hour on two jobs, and blew her fuse with a third."""
    world = fused(account=4, **limits)
    for _ in range(3):
        world.submit()
    return world


def spent(world: World, account_id: str = "user_ann") -> int:
    return sum(world.account(account_id).spend.slices.values())


def look(world: World, *seconds: float) -> None:
    """The sweep comes after each of these."""
    for waited_s in seconds:
        world.clock.advance(waited_s)
        sweep_jobs(world.backend)


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
    assert job.id not in {task.body["jobId"] for task in world.tasks.queued}


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


def test_what_has_a_slot_goes_on_to_its_end_and_what_waits_for_one_gets_none() -> None:
    world = fused(account=4, slots=2)
    running = [world.submit().job.id for _ in range(2)]
    waiting_ids = [world.submit().job.id for _ in range(2)]  # for a slot, as far as anybody knows
    world.deliver_all()
    world.settle()
    assert {world.job(job_id).status for job_id in running} == {JobStatus.COMPLETED}
    assert world.account().fuse_blown_at == world.clock.now()
    assert waiting(world) == waiting_ids
    assert (world.account().held, world.account().active) == (4, 0)


def test_only_those_whose_turn_it_is_are_said_to_wait_for_the_operator() -> None:
    world = fused(account=4, slots=2)
    ids = [world.submit().job.id for _ in range(6)]
    world.deliver(ids[0])
    world.settle()
    reasons = [world.job(job_id).waiting_for for job_id in ids[2:]]
    assert reasons == [WaitingFor.RESUME, *[WaitingFor.CAPACITY] * 3]
    assert [world.view(job_id)["waiting_for"] for job_id in ids[2:4]] == ["resume", "capacity"]


def test_a_tier_that_is_lowered_within_the_hour_blows_nothing_and_the_hour_moves_on() -> None:
    world = World()
    world.set_tier("pro")
    world.grant(10_000)
    world.overwrite(
        "accounts/user_ann",
        spend={"slices": {str(int(world.clock.now().timestamp()) // 300): 1500}},
    )
    world.set_tier("free")
    job = world.submit().job
    assert (job.waiting_for, world.account().fuse_blown_at) == (WaitingFor.CAPACITY, None)
    look(world, *[300] * 14)
    assert world.job(job.id).is_dispatched
    assert world.account().fuse_blown_at is None


def test_a_fuse_that_blows_in_a_settle_is_an_alert(capsys: pytest.CaptureFixture[str]) -> None:
    world = fused(account=4, slots=2)
    for _ in range(4):
        world.submit()
    world.deliver_all()
    world.settle()
    (alert,) = logged(capsys, "fuse.blown")
    assert (alert["of"], alert["account_id"]) == ("account", "user_ann")


@pytest.mark.parametrize("by", ["the sweep", "its time"])
def test_a_fuse_that_blows_elsewhere_is_an_alert_too(
    by: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world = fused(account=4, slots=2 if by == "the sweep" else 10)
    if by == "its time":
        world.submit(scheduledAt="2026-11-20T12:10:00Z")
    for _ in range(2):
        world.submit()
    if by == "the sweep":
        world.submit()
        world.overwrite("accounts/user_ann", active=1)  # a slot that was lost sight of
    look(world, 600)
    world.deliver_all()
    assert [line["of"] for line in logged(capsys, "fuse.blown")] == ["account"]


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


def test_its_account_is_looked_at_again_and_no_listener_is_told() -> None:
    world = blown()
    (job_id,) = waiting(world)
    before, job = world.view(job_id), world.job(job_id)
    world.deliver_all()
    world.settle()
    for _ in range(3):
        assert world.account().due_at == world.at(300)
        look(world, 300)
    assert (world.view(job_id), world.job(job_id)) == (before, job)
    assert waiting(world) == [job_id]


def test_one_that_an_earlier_version_left_waiting_gets_its_turn_by_itself() -> None:
    world = blown()
    (job_id,) = waiting(world)
    world.overwrite(f"jobs/{job_id}", due_at=world.at(300))
    world.overwrite("accounts/user_ann", due_at=None)
    look(world, 300)
    assert world.job(job_id).due_at == world.job(job_id).expires_at
    assert world.account().has_waiting
    reset(world)
    assert world.job(job_id).is_dispatched


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
    world = blown(slots=3)
    for _ in range(5):
        world.submit()
    reset(world)
    assert world.account().active == 3
    assert len(waiting(world)) == 5


def is_blown_since_its_reset(world: World) -> bool:
    account = world.account()
    assert account.fuse_reset_at is not None
    return account.fuse_blown_at is not None and account.fuse_blown_at > account.fuse_reset_at


def test_a_reset_gives_another_hour_s_worth_and_no_more() -> None:
    world = blown()
    for _ in range(5):
        world.submit()
    reset(world)
    assert (world.account().active, spent(world)) == (4, 4)
    assert is_blown_since_its_reset(world)
    for _ in range(2):
        reset(world)
    world.run_until_quiet()
    world.assert_promises()
    assert {job.status for job in world.jobs()} == {JobStatus.COMPLETED}


def test_a_reset_lets_go_by_priority_and_then_by_age() -> None:
    world = fused(account=4, slots=1)
    world.set_tier("studio")
    world.submit(count=2)
    waiting_in_turn = []
    for priority in ("low", "normal", "high", "normal", "high"):
        world.clock.advance(1)
        waiting_in_turn.append(world.submit(priority=priority, count=2).job.id)
    low, first, high, second, high2 = waiting_in_turn
    order: list[str] = []
    for _ in waiting_in_turn:
        world.deliver_all()
        world.settle()
        reset(world)
        order.extend(j for j in waiting_in_turn if world.job(j).is_dispatched and j not in order)
    assert order == [high, high2, first, second, low]


def test_after_a_reset_the_hour_begins_anew() -> None:
    world = blown()
    reset(world)  # and the one that waited begins in it
    assert (world.account().fuse_blown_at, spent(world)) == (None, 2)
    world.submit()
    assert world.account().fuse_blown_at is None
    world.submit()
    assert is_blown_since_its_reset(world)


def test_a_fuse_that_blows_again_is_another_alert(capsys: pytest.CaptureFixture[str]) -> None:
    world = blown()
    reset(world)
    for _ in range(3):
        world.submit()
    assert len(logged(capsys, "fuse.blown")) == 2


def test_what_begins_after_a_reset_is_counted_after_it_whatever_the_clocks_say() -> None:
    """By a clock that goes behind the operator's: cancelled unbegun, it stayed in the hour."""
    world = World()
    world.submit()
    reset(world)
    world.clock.advance(-0.5)
    job = world.submit().job
    world.cancel(job.id)
    world.settle()
    assert world.job(job.id).is_settled
    assert spent(world) == 0


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
    world.overwrite("accounts/user_ann", fuse_blown_at=None, spend={})
    look(world, 300)
    assert world.job(job_id).is_dispatched


def test_a_reset_and_a_submission_at_the_same_moment_both_count() -> None:
    world = blown()
    world.documents.meanwhile = [world.submit]
    reset(world)
    assert world.account().fuse_blown_at is None
    assert (world.account().held, spent(world)) == (8, 4)
    world.run_until_quiet()
    world.assert_promises()
    assert {job.status for job in world.jobs()} == {JobStatus.COMPLETED}


def test_a_reset_that_died_before_it_gave_slots_is_gone_on_with_by_the_sweep() -> None:
    world = blown()
    world.deliver_all()
    world.settle()
    (job_id,) = waiting(world)
    with pytest.raises(Killed):
        control_account(mortal(world.backend, Steps(die_at=2)), ADMIN, RESET)
    assert world.account().fuse_blown_at is None
    assert waiting(world) == [job_id]
    look(world, 300)
    assert world.job(job_id).is_dispatched


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
    """Ann and Bob have started six credits where four are allowed, and the sweep has seen it."""
    world = fused(project=4)
    world.submit(count=2)
    world.submit(caller=BOB)
    world.deliver_all()
    sweep_jobs(world.backend)
    world.clock.advance(10)
    return world


def test_the_sweep_blows_the_project_s_fuse_and_everybody_s_new_work_waits() -> None:
    world = overspent()
    assert world.documents.get(project_fuse()) == ProjectFuse(blown_at=world.at(-10))
    for caller in (ANN, BOB, CARL):
        job = world.submit(caller=caller).job
        assert job.waiting_for is WaitingFor.RESUME
        assert world.account(job.account_id).fuse_blown_at is None


def test_exactly_what_is_allowed_blows_nothing() -> None:
    world = fused(project=4)
    world.submit()
    world.submit(caller=BOB)
    world.deliver_all()
    assert sweep_jobs(world.backend) == {}
    assert world.documents.get(project_fuse()) is None


def test_what_is_older_than_an_hour_counts_no_more() -> None:
    world = fused(project=4)
    world.submit(count=2)
    world.deliver_all()
    world.clock.advance(3600)
    world.submit(caller=BOB)
    world.deliver_all()
    assert check_fuses(world.backend) == []


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


def test_what_has_a_slot_when_the_project_s_fuse_blows_goes_on_and_what_waits_gets_none() -> None:
    world = fused(project=2, slots=2)
    ids = [world.submit().job.id for _ in range(4)]
    world.deliver_all()
    sweep_jobs(world.backend)
    world.clock.advance(10)
    world.settle()
    assert [world.job(job_id).status for job_id in ids[:2]] == [JobStatus.COMPLETED] * 2
    assert waiting(world) == ids[2:]
    assert world.account().fuse_blown_at is None


def test_a_reset_project_fuse_lets_new_work_run_and_what_waited_within_minutes() -> None:
    world = overspent()
    job_id = world.submit(caller=BOB).job.id
    assert world.control_account("resetFuse") is None
    world.clock.advance(10)
    assert world.submit(caller=CARL).job.is_dispatched
    look(world, 290)
    assert world.job(job_id).is_dispatched
    world.run_until_quiet()
    world.assert_promises()


def test_what_was_started_before_the_reset_does_not_blow_it_again_and_what_comes_after_does() -> (
    None
):
    world = overspent()
    world.control_account("resetFuse")
    world.clock.advance(10)
    assert check_fuses(world.backend) == []
    world.submit(count=2)
    world.deliver_all()
    assert check_fuses(world.backend) == []
    world.submit()
    world.deliver_all()
    assert check_fuses(world.backend) == ["project"]


def test_an_operator_can_reset_it_by_deleting_it_once_the_hour_has_passed() -> None:
    world = overspent()
    world.clock.advance(3600)
    world.documents.overwrite("fuses/project", None)
    sweep_jobs(world.backend)
    assert world.submit().job.is_dispatched


def test_a_fuse_reset_by_hand_counts_from_that_moment() -> None:
    world = overspent()
    world.overwrite("fuses/project", blown_at=None, reset_at=world.clock.now())
    assert check_fuses(world.backend) == []


def test_a_reset_while_the_sweep_is_adding_up_is_not_undone() -> None:
    world = fused(project=4)
    world.submit(count=4)
    world.deliver_all()
    world.documents.meanwhile = [lambda: world.control_account("resetFuse")]
    sweep_jobs(world.backend)
    fuse = world.documents.get(project_fuse())
    assert fuse is not None
    assert (fuse.blown_at, fuse.reset_at) == (None, world.clock.now())


def test_sweeps_at_once_blow_it_once(capsys: pytest.CaptureFixture[str]) -> None:
    world = fused(project=4)
    world.submit(count=4)
    world.deliver_all()
    world.documents.meanwhile = [lambda: check_fuses(world.backend)]
    check_fuses(world.backend)
    assert len(logged(capsys, "fuse.blown")) == 1


def test_a_fuse_that_cannot_be_read_stops_neither_the_sweep_nor_a_submission() -> None:
    world = World()
    world.overwrite("fuses/project", blown_at="yesterday")
    job = world.submit().job
    assert job.is_dispatched
    world.tasks.queued.clear()
    world.clock.advance(120)
    assert sweep_jobs(world.backend) == {"redelivered": 1}


# ---- what never began --------------------------------------------------------------------------


def test_what_waits_for_its_time_or_a_slot_has_spent_nothing() -> None:
    world = fused(slots=1)
    world.submit(scheduledAt="2026-11-21T12:00:00Z")
    world.submit()
    world.submit()
    assert spent(world) == 2


def test_what_is_cancelled_before_a_worker_began_it_has_spent_nothing() -> None:
    world = fused()
    job = world.submit(count=4).job
    assert spent(world) == 8
    world.cancel(job.id)
    world.settle()
    world.settle()
    assert spent(world) == 0


def test_what_a_worker_began_has_been_spent_whatever_became_of_it() -> None:
    world = fused()
    for prompt in ("[[blocked]]", "[[fail:permanent]]", "done"):
        world.submit(prompt)
    world.deliver_all()
    world.settle()
    assert spent(world) == 6


def test_what_is_given_back_after_the_reset_is_not_taken_off_what_came_after_it() -> None:
    world = blown()
    first = next(job.id for job in world.jobs() if job.is_dispatched)
    reset(world)
    world.clock.advance(1)
    world.submit()
    assert spent(world) == 4  # the one that waited, and this
    world.cancel(first)
    world.settle()
    assert spent(world) == 4


def test_a_job_is_counted_once_for_each_start_however_often_its_task_comes() -> None:
    world = fused()
    job_id = world.submit("[[fail:transient:1]] [[throttle:1]]").job.id
    for _ in range(3):
        world.deliver(job_id)
        world.deliver(job_id)
        world.clock.advance(30)
    assert (world.job(job_id).status, spent(world)) == (JobStatus.COMPLETED, 2)
    for _ in range(2):
        world.settle()
        assert spent(world) == 4
    job = world.job(job_id)
    assert (job.attempts, job.started_credits, job.lane) == (2, 4, Lane.FREE)


def test_what_was_begun_again_before_a_reset_is_forgotten_with_it() -> None:
    world = fused()
    job_id = world.submit("[[fail:transient:1]]").job.id
    world.deliver(job_id)
    world.clock.advance(30)
    world.deliver(job_id)
    reset(world)
    world.settle()
    assert (world.job(job_id).started_credits, spent(world)) == (4, 0)


def test_what_a_provider_did_nothing_for_counts_nowhere_but_in_its_account() -> None:
    world = fused()
    job_id = world.submit("[[throttle:1]]").job.id
    world.deliver(job_id)
    assert (world.job(job_id).started_credits, spent(world)) == (0, 2)


# ---- the share -----------------------------------------------------------------------------------


def shared() -> World:
    """An account's share is a tenth of 40 credits, and Ann has used it on two jobs; a third waits."""
    world = fused(project=40, share=10)
    for _ in range(3):
        world.submit()
    return world


def test_who_has_used_a_share_waits_and_nobody_else_does() -> None:
    world = shared()
    late = world.jobs()[-1]
    assert (late.waiting_for, world.view(late.id)["waiting_for"]) == (
        WaitingFor.CAPACITY,
        "capacity",
    )
    assert (world.account().active, spent(world), world.account().fuse_blown_at) == (2, 4, None)
    assert world.submit(caller=BOB).job.is_dispatched


def test_what_waits_for_the_share_gets_its_turn_by_itself_when_the_hour_has_moved_on() -> None:
    world = shared()
    late = world.jobs()[-1].id
    world.deliver_all()
    world.settle()
    look(world, *[300] * 11)
    assert not world.job(late).is_dispatched
    look(world, 300, 300)
    assert world.job(late).is_dispatched
    world.run_until_quiet()
    world.assert_promises()


def test_all_that_waits_for_the_share_has_run_in_the_end_and_no_hour_was_over_it() -> None:
    world = fused(project=40, share=10)
    for _ in range(9):
        world.submit()
    world.run_until_quiet()
    world.assert_promises()
    assert {job.status for job in world.jobs()} == {JobStatus.COMPLETED}
    given = sorted(job.slot_at for job in world.jobs() if job.slot_at)
    hours = [
        (later - first).total_seconds() for first, later in zip(given, given[2:], strict=False)
    ]
    assert min(hours) >= 3600


def test_a_job_that_is_begun_again_uses_up_the_share_each_time() -> None:
    """Two slots, and jobs that fail five times each: two of them are the twenty credits of the share."""
    world = fused(project=200, share=10, slots=2)
    jobs = [world.submit("[[fail:transient:9]]").job.id for _ in range(10)]
    for _ in range(40):
        world.clock.advance(60)
        world.deliver_all()
        world.settle()
    assert spent(world) == sum(job.started_credits for job in world.jobs()) == 20
    assert {world.job(job_id).waiting_for for job_id in jobs[2:]} == {WaitingFor.CAPACITY}
    assert world.account().fuse_blown_at is None


def test_what_is_in_flight_is_over_the_share_by_its_further_starts_and_no_more() -> None:
    world = fused(project=200, share=10, slots=10)
    for _ in range(20):
        world.submit("[[fail:transient:1]]")
    for _ in range(10):
        world.clock.advance(60)
        world.deliver_all()
        world.settle()
    assert spent(world) == sum(job.started_credits for job in world.jobs()) == 40


def test_a_share_that_is_used_up_is_said_to_the_operator(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = shared()
    world.deliver_all()
    world.settle()
    look(world, 300)
    (line,) = logged(capsys, "share.used")
    assert (line["severity"], line["account_id"]) == ("WARNING", "user_ann")


def test_a_dear_job_that_the_share_holds_up_is_not_overtaken_by_a_cheap_one() -> None:
    world = fused(project=40, share=10)
    world.submit()
    dear = world.submit(count=2).job
    cheap = world.submit().job
    assert [dear.waiting_for, cheap.waiting_for] == [WaitingFor.CAPACITY] * 2
    assert spent(world) == 2


# ---- the free lane's -----------------------------------------------------------------------------


def flooded() -> World:
    """Free accounts have started six credits where four are allowed to all of them, and the sweep has seen
    it. Paula pays."""
    world = fused(project=10, free=4)
    world.set_tier("pro", caller=user("paula"))
    for caller in (ANN, BOB, CARL):
        world.submit(caller=caller)
    world.deliver_all()
    sweep_jobs(world.backend)
    world.clock.advance(10)
    return world


def test_a_flood_of_free_accounts_stops_free_work_and_nobody_who_pays() -> None:
    world = flooded()
    fuse = world.documents.get(project_fuse())
    assert fuse == ProjectFuse(lanes={"free": Fuse(blown_at=world.at(-10))})
    assert world.submit(caller=user("dora")).job.waiting_for is WaitingFor.RESUME
    assert world.submit(caller=user("paula")).job.is_dispatched


def test_what_free_work_starts_beyond_its_own_fuse_does_not_blow_the_project_s() -> None:
    world = fused(project=10, free=4)
    for number in range(8):
        world.submit(caller=user(f"free{number}"))
    world.deliver_all()
    assert check_fuses(world.backend) == ["free lane"]


def test_a_tier_counts_in_the_lane_that_it_was_of_when_it_got_its_slot() -> None:
    world = fused(project=10, free=4)
    world.submit(count=3)
    world.set_tier("pro")
    world.deliver_all()
    assert check_fuses(world.backend) == ["free lane"]


def test_a_reset_of_the_free_lane_lets_free_work_run_and_is_no_reset_of_the_project() -> None:
    world = flooded()
    job_id = world.submit(caller=BOB).job.id
    world.overwrite("fuses/project", blown_at=world.clock.now())
    assert world.control_account("resetFuse", lane="free") is None
    fuse = world.documents.get(project_fuse())
    assert fuse is not None
    assert (fuse.blown_at, fuse.lanes["free"].blown_at) == (world.clock.now(), None)
    world.control_account("resetFuse")
    look(world, 310)
    assert world.job(job_id).is_dispatched
    assert check_fuses(world.backend) == []


def test_a_blown_free_lane_is_one_alert_however_often_the_sweep_comes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = flooded()
    look(world, 60, 60)
    (alert,) = logged(capsys, "fuse.blown")
    assert (alert["of"], alert["credits"], alert["limit"]) == ("free lane", 6, 4)


# ---- as it was attacked --------------------------------------------------------------------------


def schedule_and_cancel(world: World, number: int, caller: Any = ANN, **fields: Any) -> None:
    """As fast as the tier lets it."""
    for _ in range(number):
        later = world.at(20 * 86_400).isoformat()
        job = world.submit(caller=caller, scheduledAt=later, **fields).job
        world.cancel(job.id, caller=caller)
        world.settle(job.account_id)
        world.clock.advance(2)


def test_eighteen_jobs_that_were_scheduled_and_cancelled_add_nothing() -> None:
    world = fused(project=7, free=6)
    schedule_and_cancel(world, 18, count=4)
    assert (world.account().available, spent(world)) == (100, 0)
    assert sum(job.started_credits for job in world.jobs()) == 0
    assert check_fuses(world.backend) == []


def test_a_free_account_that_schedules_and_cancels_260_jobs_stops_nobody() -> None:
    world = fused(account=1_000, project=2_000, free=1_000)
    schedule_and_cancel(world, 260, count=4)
    assert world.account().fuse_blown_at is None
    sweep_jobs(world.backend)
    world.clock.advance(10)
    assert world.submit(caller=user("a stranger")).job.is_dispatched
    assert world.submit().job.is_dispatched


def test_four_free_accounts_stop_nobody_by_wishes() -> None:
    world = fused(project=8, free=7)
    for uid in ("eve", "mallory", "oscar", "trudy"):
        schedule_and_cancel(world, 30, caller=user(uid), count=4)
    sweep_jobs(world.backend)
    world.clock.advance(10)
    assert world.documents.get(project_fuse()) is None
    assert world.submit(caller=user("a stranger")).job.is_dispatched


def test_one_account_starts_a_tenth_of_what_the_project_may_and_stops_nobody() -> None:
    world = World()
    world.set_tier("studio")
    world.grant(50_000)
    video = world.backend.catalogue.models["local-image"].model_copy(
        update={"price_credits": 576, "price_credits_by_size": {}}
    )
    models = {**world.backend.catalogue.models, "local-image": video}
    dear = world.backend.catalogue.model_copy(update={"models": models})
    world.backend = replace(world.backend, catalogue=dear)
    for _ in range(60):
        world.submit()
    for _ in range(3):
        world.deliver_all()
        world.settle()
    started = sum(job.started_credits for job in world.jobs())
    assert started == spent(world) == 34 * 576 <= 20_000
    assert check_fuses(world.backend) == []
    world.set_tier("pro", caller=BOB)
    world.grant(1_000, "user_bob", "g2")
    assert world.submit(caller=BOB).job.is_dispatched


# ---- how often it is read ----------------------------------------------------------------------


def test_a_process_reads_the_fuse_at_most_every_ten_seconds() -> None:
    world = World()
    is_blown = FuseReading(world.documents, world.clock)
    reads = world.documents.reads
    for _ in range(10):
        is_blown(Lane.FREE)
        world.clock.advance(0.99)
    assert world.documents.reads - reads == 1
    world.clock.advance(0.1)
    is_blown(Lane.FREE)
    assert world.documents.reads - reads == 2


@pytest.mark.parametrize(("waited_s", "is_seen"), [(9.9, False), (10, True)])
def test_a_fuse_that_blew_or_was_reset_is_seen_after_ten_seconds(
    waited_s: float, is_seen: bool
) -> None:
    world = World()
    is_blown = FuseReading(world.documents, world.clock)
    assert not is_blown(Lane.FREE)
    world.overwrite("fuses/project", blown_at=world.clock.now())
    world.clock.advance(waited_s)
    assert is_blown(Lane.FREE) is is_seen
    world.clock.advance(10)
    assert is_blown(Lane.FREE)
    world.overwrite("fuses/project", blown_at=None)
    world.clock.advance(waited_s)
    assert is_blown(Lane.FREE) is not is_seen


def test_a_clock_set_back_does_not_keep_an_old_reading() -> None:
    world = World()
    is_blown = FuseReading(world.documents, world.clock)
    assert not is_blown(Lane.FREE)
    world.overwrite("fuses/project", blown_at=world.clock.now())
    world.clock.advance(-3600)
    assert is_blown(Lane.FREE)


def test_callers_at_once_share_one_reading() -> None:
    world = World()
    is_blown = FuseReading(world.documents, world.clock)
    reads = world.documents.reads
    assert at_once(*[lambda: is_blown(Lane.FREE)] * 8) == [False] * 8
    assert world.documents.reads - reads == 1
