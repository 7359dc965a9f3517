"""An operator who deletes an account's documents by hand while its jobs run, and the person who comes back:
what is gone is dropped, the books stay closed, and nobody is called for it twice."""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import (
    CreateTeam,
    DirectCreative,
    GenerateVideo,
    TrainBrand,
    parse,
)
from mediaforge.domain.errors import (
    CancelIsChargedError,
    InsufficientCreditsError,
    RequestIdReusedError,
)
from mediaforge.domain.jobs.job import Job, JobStatus, WaitingFor
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.services.backend import Caller
from mediaforge.services.directing.direct import direct
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.people.teams import create_team
from mediaforge.services.watch.invariants import check_invariants
from mediaforge.services.watch.sweep import sweep_jobs
from tests.support.operations import LongProvider
from tests.support.pictures import MINE
from tests.support.world import ANN, START, World, logged

BOB = Caller("bob")


def delete(world: World, *prefixes: str) -> None:
    """Deletes documents behind the services' back, with all that lies below them."""
    for path in world.documents.paths():
        if any(path == prefix or path.startswith(f"{prefix}/") for prefix in prefixes):
            world.documents.overwrite(path, None)


def delete_ann(world: World) -> None:
    """Her account, its ledger, her views, and whatever says that she was given her welcome: the jobs stay."""
    delete(world, "accounts/user_ann", "generations/ann", "gifts")


def hers(world: World) -> list[str]:
    """What there is of Ann's, but for the jobs."""
    return [path for path in world.documents.paths() if "ann" in path]


def lines(capsys: pytest.CaptureFixture[str], severity: str) -> list[dict[str, Any]]:
    entries = [json.loads(line) for line in "".join(capsys.readouterr()).splitlines() if line]
    return [entry for entry in entries if entry["severity"] == severity]


def statuses(world: World, ids: Iterable[str]) -> list[tuple[JobStatus, bool]]:
    return [(world.job(job_id).status, world.job(job_id).is_settled) for job_id in ids]


# ---- the account -------------------------------------------------------------------------------


def test_jobs_of_an_account_that_is_gone_are_closed_once_and_nothing_is_posted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    ids = [world.submit().job.id for _ in range(2)]
    world.deliver_all()
    delete_ann(world)
    capsys.readouterr()

    assert world.settle() == 2

    assert [line["job_id"] for line in logged(capsys, "settle.orphaned")] == ids
    assert statuses(world, ids) == [(JobStatus.COMPLETED, True)] * 2
    for _ in range(60):
        world.clock.advance(60)
        world.settle()
        sweep_jobs(world.backend)
    assert lines(capsys, "ERROR") == []
    assert hers(world) == []


def test_whatever_its_jobs_were_doing_all_end_and_none_is_heard_of_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    running = [world.submit().job.id for _ in range(2)]
    waiting = world.submit().job
    tomorrow = (world.clock.now() + timedelta(hours=20)).isoformat()
    scheduled = world.submit(scheduledAt=tomorrow).job
    assert (waiting.waiting_for, scheduled.waiting_for) == (
        WaitingFor.CAPACITY,
        WaitingFor.SCHEDULE,
    )

    world.provider.meanwhile = [lambda: delete_ann(world)]
    world.run_until_quiet()

    assert world.provider.starts == {running[0]: 1}
    assert (
        statuses(world, [*running, waiting.id, scheduled.id]) == [(JobStatus.CANCELLED, True)] * 4
    )
    assert lines(capsys, "ERROR") == []
    assert hers(world) == []
    assert world.media.files == {}


def test_a_waiting_job_ends_with_the_next_of_its_account_and_not_after_two_days() -> None:
    world = World()
    running = [world.submit().job.id for _ in range(2)]
    waiting = world.submit().job.id
    world.deliver_all()
    delete_ann(world)

    world.settle()
    world.settle()

    assert statuses(world, [*running, waiting]) == [
        (JobStatus.COMPLETED, True),
        (JobStatus.COMPLETED, True),
        (JobStatus.CANCELLED, True),
    ]


def test_a_waiting_job_that_nobody_is_left_to_end_ends_by_its_own_time() -> None:
    world = World()
    waiting = [world.submit().job.id for _ in range(3)][2]
    delete(world, "accounts/user_ann", "generations/ann")
    for job in world.jobs():
        if job.id != waiting:
            world.documents.overwrite(f"jobs/{job.id}", None)

    world.run_until_quiet()

    assert statuses(world, [waiting]) == [(JobStatus.FAILED, True)]
    assert hers(world) == []
    # What a dead letter would bring back is the prompt.
    assert world.documents.get(at.dead_letter(waiting)) is None


def test_a_job_that_waits_for_an_operator_ends_with_the_others_of_its_account() -> None:
    world = World()
    world.submit()
    world.overwrite("accounts/user_ann", fuse_blown_at=START)
    held_up = world.submit().job
    assert held_up.waiting_for is WaitingFor.RESUME
    delete_ann(world)

    world.run_until_quiet(hours=1)

    assert statuses(world, [held_up.id]) == [(JobStatus.CANCELLED, True)]


def test_one_that_an_earlier_version_left_waiting_for_an_operator_ends_when_it_is_looked_at() -> (
    None
):
    world = World()
    world.overwrite("accounts/user_ann", fuse_blown_at=START)
    held_up = world.submit().job
    world.overwrite(f"jobs/{held_up.id}", due_at=world.at(300))
    delete_ann(world)

    world.clock.advance(301)
    assert sweep_jobs(world.backend)["orphaned"] == 1
    world.run_until_quiet()

    assert statuses(world, [held_up.id]) == [(JobStatus.CANCELLED, True)]


# ---- who comes back ----------------------------------------------------------------------------


def test_an_old_capture_eats_no_new_hold_and_frees_no_new_slot() -> None:
    world = World()
    old = world.submit().job
    world.deliver_all()
    delete_ann(world)
    world.clock.advance(5)
    new = world.submit("a new picture", count=2).job

    world.settle()

    account = world.account()
    assert (account.available, account.held, account.active) == (96, 4, 1)
    assert set(world.entries()) == {"welcome:grant", f"{new.id}:hold"}
    assert world.job(old.id).is_settled
    world.run_until_quiet()
    assert (world.account().available, world.account().held, world.account().active) == (96, 0, 0)
    assert set(world.entries()) == {"welcome:grant", f"{new.id}:hold", f"{new.id}:capture"}
    assert check_invariants(world.backend, timedelta(days=365)) == []


def test_an_old_waiting_job_gets_no_slot_of_the_new_account() -> None:
    """Nobody would pay for it."""
    world = World()
    old = [world.submit().job.id for _ in range(3)]
    delete_ann(world)
    world.clock.advance(5)
    new = [world.submit("a new picture").job.id for _ in range(4)]

    world.run_until_quiet()

    assert set(world.provider.starts) == set(new)
    assert statuses(world, old) == [(JobStatus.CANCELLED, True)] * 3
    assert statuses(world, new) == [(JobStatus.COMPLETED, True)] * 4
    assert world.account().available == 100 - 4 * 2
    assert check_invariants(world.backend, timedelta(days=365)) == []


def test_an_old_waiting_job_does_not_wait_for_two_days_beside_an_idle_new_account() -> None:
    world = World()
    running = [world.submit().job.id for _ in range(2)]
    waiting = world.submit().job.id
    delete_ann(world)
    world.clock.advance(5)
    world.finish("a new picture")
    assert statuses(world, [*running, waiting]) == [(JobStatus.CANCELLED, True)] * 3

    # Whoever met them, it took minutes, not days.
    assert world.job(waiting).completed_at < START + timedelta(minutes=10)  # type: ignore[operator]


def test_more_old_waiting_jobs_than_there_are_slots_hold_nobody_up() -> None:
    world = World()
    old = [world.submit().job.id for _ in range(12)]
    delete_ann(world)
    world.clock.advance(61)
    new = [world.submit("a new picture").job.id for _ in range(3)]

    world.run_until_quiet(hours=1)

    assert {status for status, _ in statuses(world, old)} == {JobStatus.CANCELLED}
    assert statuses(world, new) == [(JobStatus.COMPLETED, True)] * 3


def test_an_old_scheduled_job_does_not_start_on_the_new_account() -> None:
    world = World()
    old = world.submit(scheduledAt=(START + timedelta(hours=1)).isoformat()).job.id
    delete_ann(world)
    world.clock.advance(5)
    world.finish("a new picture")
    before = world.account()

    world.clock.advance(3700)
    world.run_until_quiet()

    assert statuses(world, [old]) == [(JobStatus.CANCELLED, True)]
    assert world.account() == before


def test_a_request_that_was_answered_before_is_answered_the_same_after_the_deletion() -> None:
    """What a requestId has become stays so, also where its account is gone: it starts nothing twice."""
    world = World()
    first = world.submit(requestId="once").job
    world.deliver_all()
    delete_ann(world)

    again = world.submit(requestId="once")

    assert (again.job.id, again.is_replay) == (first.id, True)
    assert hers(world) == []


def test_an_account_that_does_not_say_when_it_was_opened_is_the_one_of_its_jobs() -> None:
    """Written by hand, or opened by an earlier version. The welcome and the month come with its first use."""
    world = World()
    world.documents.overwrite("accounts/user_ann", {"id": "user_ann", "tier": "free"})
    world.grant(100)
    job = world.submit().job
    assert job.account_opened_at is None

    world.run_until_quiet()

    assert (world.account().available, world.account().held) == (198, 0)
    assert check_invariants(world.backend) == []


@pytest.mark.parametrize("is_new", [False, True], ids=["its-own", "another"])
def test_a_job_that_does_not_say_is_of_the_account_that_was_open_when_it_was_accepted(
    is_new: bool,
) -> None:
    """Accepted by an instance of the version before, while the next one was deployed."""
    world = World()
    job = world.submit().job
    world.overwrite(f"jobs/{job.id}", account_opened_at=None)
    if is_new:
        delete_ann(world)
        world.clock.advance(5)
        world.submit("a new picture")

    world.run_until_quiet()

    assert world.account().available == 98
    assert (f"{job.id}:capture" in world.entries()) is not is_new
    assert check_invariants(world.backend) == []


def test_a_team_whose_account_is_gone_gets_nothing_back_and_its_members_no_alarm(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    team = world.found_team(bob="editor")
    job = world.submit("[[blocked]]", BOB, teamId=team).job
    before = world.member(team, "bob")
    world.deliver_all()
    delete(world, f"accounts/team_{team}")

    world.run_until_quiet()

    assert statuses(world, [job.id]) == [(JobStatus.FAILED, True)]
    assert world.documents.get(at.account(f"team_{team}")) is None
    assert world.member(team, "bob") == before
    assert lines(capsys, "ERROR") == []


def test_a_team_whose_account_is_gone_has_no_credits_and_gets_no_other_by_a_refusal() -> None:
    world = World()
    team = world.found_team(bob="editor")
    delete(world, f"accounts/team_{team}")

    with pytest.raises(InsufficientCreditsError):
        world.submit(caller=BOB, teamId=team)

    assert world.documents.get(at.account(f"team_{team}")) is None


def test_a_member_who_is_gone_keeps_no_money_of_the_team_held() -> None:
    world = World()
    team = world.found_team(bob="editor")
    job = world.submit("[[blocked]]", BOB, teamId=team).job
    delete(world, f"teams/{team}/members/bob")

    world.run_until_quiet()

    assert statuses(world, [job.id]) == [(JobStatus.FAILED, True)]
    account = world.account(f"team_{team}")
    assert (account.available, account.held, account.active) == (100, 0, 0)
    assert world.member(team, "bob") is None


def test_the_check_says_so_where_a_job_of_a_gone_account_is_never_closed() -> None:
    world = World()
    old = world.submit().job.id
    world.deliver_all()
    delete_ann(world)
    world.clock.advance(5)
    world.submit("a new picture")
    world.clock.advance(700)

    assert [(v.document, v.rule) for v in check_invariants(world.backend)] == [
        (f"jobs/{old}", "a final job is settled")
    ]


# ---- the view ----------------------------------------------------------------------------------


def test_a_job_whose_view_is_gone_is_not_begun_and_pays_nothing() -> None:
    world = World()
    job = world.submit("poison").job
    delete(world, "generations/ann")

    assert world.deliver(job.id) == "forgotten"
    world.run_until_quiet()

    assert world.provider.starts == {}
    assert statuses(world, [job.id]) == [(JobStatus.CANCELLED, True)]
    assert (world.account().available, world.account().held, world.account().active) == (100, 0, 0)
    assert set(world.entries()) == {"welcome:grant", f"{job.id}:hold", f"{job.id}:release"}
    assert not [path for path in world.documents.paths() if path.startswith("generations/")]


def test_a_result_that_comes_after_its_view_is_gone_is_thrown_away_with_its_files() -> None:
    world = World()
    job = world.submit(count=2).job
    world.provider.meanwhile = [lambda: delete(world, "generations/ann")]

    assert world.deliver(job.id) == "late"

    assert world.media.files == {}
    world.run_until_quiet()
    assert statuses(world, [job.id]) == [(JobStatus.CANCELLED, True)]
    assert (world.account().available, world.account().held) == (100, 0)
    assert not [path for path in world.documents.paths() if path.startswith("generations/")]


def test_a_view_that_goes_between_the_saved_files_and_the_record_does_not_come_back() -> None:
    world = World()
    job = world.submit().job
    world.documents.meanwhile = [lambda: None, lambda: delete(world, "generations/ann")]

    assert world.deliver(job.id) == "late"

    assert world.media.files == {}
    assert not [path for path in world.documents.paths() if path.startswith("generations/")]


def test_files_of_a_job_that_is_gone_itself_go_with_it() -> None:
    world = World()
    job = world.submit(count=2).job
    world.provider.meanwhile = [lambda: delete(world, f"jobs/{job.id}", "generations/ann")]

    assert world.deliver(job.id) == "late"

    assert world.media.files == {}
    named = [path for path in world.documents.paths() if job.id in path]
    assert named == [f"accounts/user_ann/ledger/{job.id}:hold"]


def test_a_job_that_spends_its_attempts_without_a_view_leaves_no_letter() -> None:
    world = World()
    job = world.submit("[[fail:always]]").job
    for _ in range(4):
        world.deliver(job.id)
        world.clock.advance(1000)
    world.provider.meanwhile = [lambda: delete(world, "generations/ann")]

    world.run_until_quiet()

    assert statuses(world, [job.id]) == [(JobStatus.CANCELLED, True)]
    assert world.documents.get(at.dead_letter(job.id)) is None


def test_a_waiting_job_whose_view_is_gone_gets_no_slot() -> None:
    world = World()
    running = [world.submit().job.id for _ in range(2)]
    forgotten, seen = world.submit().job, world.submit().job
    delete(world, at.view_path(forgotten))

    world.run_until_quiet()

    assert set(world.provider.starts) == {*running, seen.id}
    assert statuses(world, [forgotten.id]) == [(JobStatus.CANCELLED, True)]
    assert (world.account().available, world.account().held) == (94, 0)


def test_a_cancel_of_a_job_whose_view_is_gone_ends_the_job_alone() -> None:
    world = World()
    job = world.submit().job
    delete(world, "generations/ann")

    assert world.cancel(job.id).status is JobStatus.CANCELLED

    assert (world.account().held, world.settle()) == (2, 1)
    assert not [path for path in world.documents.paths() if path.startswith("generations/")]


def begin_what_bills_on(world: World) -> Job:
    """A job of Ann's whose first start may have been billed, whatever is done about it."""
    job = world.submit().job
    begun = {"may_have_billed": 1, "started_credits": job.estimated_credits}
    world.overwrite(f"jobs/{job.id}", bills=True, cancel_stops_bill=False, **begun)
    return world.job(job.id)


def test_what_is_billed_on_costs_nothing_where_its_view_is_gone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nobody cancelled it, so nobody was asked whether they would pay."""
    world = World()
    job = begin_what_bills_on(world)
    delete(world, "generations/ann")

    assert world.deliver(job.id) == "forgotten"
    world.run_until_quiet()

    assert statuses(world, [job.id]) == [(JobStatus.CANCELLED, True)]
    assert (world.account().available, world.account().usage.of(JobKind.IMAGE)) == (100, 1)
    assert check_invariants(world.backend, timedelta(days=365)) == []
    assert lines(capsys, "ERROR") == []


def test_a_cancel_of_what_is_billed_on_costs_what_was_accepted_though_its_view_is_gone() -> None:
    world = World()
    job = begin_what_bills_on(world)
    delete(world, "generations/ann")

    with pytest.raises(CancelIsChargedError):
        world.cancel(job.id)
    assert world.cancel(job.id, acceptCharge=True).charged_credits == 2
    world.run_until_quiet()

    assert (world.account().available, world.account().held) == (98, 0)
    assert check_invariants(world.backend, timedelta(days=365)) == []


def test_a_charged_cancel_posts_nothing_where_its_account_is_gone() -> None:
    world = World()
    job = begin_what_bills_on(world)
    delete(world, "accounts/user_ann", "gifts")
    world.clock.advance(5)
    world.submit("a new picture")
    world.cancel(job.id, acceptCharge=True)
    world.run_until_quiet()

    assert world.job(job.id).is_settled
    assert (world.account().available, world.account().held) == (98, 0)
    assert f"{job.id}:capture" not in world.entries()
    assert check_invariants(world.backend, timedelta(days=365)) == []


def test_what_is_known_to_have_cost_nothing_is_given_back_though_its_view_is_gone() -> None:
    world = World()
    job = world.submit("[[blocked]]").job
    world.provider.meanwhile = [lambda: delete(world, "generations/ann")]

    assert world.deliver(job.id) == "late"
    world.run_until_quiet()

    assert statuses(world, [job.id]) == [(JobStatus.CANCELLED, True)]
    assert (world.job(job.id).may_have_billed, world.account().usage.of(JobKind.IMAGE)) == (0, 0)


# ---- operations and brands ---------------------------------------------------------------------


def film(world: World) -> Job:
    return submit_job(world.backend, ANN, parse(GenerateVideo, {"prompt": "waves"})).job


def train(world: World) -> Job:
    references = [{"path": f"references/ann/{n}.png", "mode": "style_only"} for n in range(5)]
    for reference in references:
        world.media.files[reference["path"]] = MINE
    request = parse(TrainBrand, {"name": "Acme", "references": references})
    return submit_job(world.backend, ANN, request).job


def test_a_job_that_was_deleted_without_its_entries_is_not_made_again_for_nothing() -> None:
    world = World()
    job = world.finish(requestId="r1")
    delete(world, f"jobs/{job.id}")
    before = world.contents()

    with pytest.raises(RequestIdReusedError):
        world.submit(requestId="r1")
    assert world.contents() == before
    assert world.submit(requestId="r2").job.estimated_credits == 2


def test_a_direction_that_was_deleted_without_its_entries_is_not_asked_again_for_nothing() -> None:
    world = World()
    request = parse(DirectCreative, {"brief": "a lighthouse", "requestId": "r1"})
    answered = direct(world.backend, ANN, request)
    delete(world, f"directions/{answered.id}")
    before = world.contents()

    with pytest.raises(RequestIdReusedError):
        direct(world.backend, ANN, request)
    assert world.contents() == before


def test_a_team_that_was_deleted_without_its_account_is_not_made_again() -> None:
    world = World()
    request = parse(CreateTeam, {"name": "Lights", "requestId": "r1"})
    team = create_team(world.backend, ANN, request)
    delete(world, f"teams/{team.id}")

    with pytest.raises(RequestIdReusedError):
        create_team(world.backend, ANN, request)
    assert f"teams/{team.id}" not in world.documents.paths()


@pytest.fixture
def provider() -> LongProvider:
    return LongProvider()


@pytest.fixture
def long_world(provider: LongProvider) -> World:
    world = World(provider=provider)
    world.set_tier("pro")
    return world


def test_what_runs_for_a_view_that_is_gone_is_stopped(
    long_world: World, provider: LongProvider
) -> None:
    job = film(long_world)
    long_world.deliver_all()
    assert long_world.job(job.id).handle is not None
    delete(long_world, "generations/ann")

    long_world.run_until_quiet()

    assert statuses(long_world, [job.id]) == [(JobStatus.CANCELLED, True)]
    assert provider.ended == [f"{job.id}/1"]
    assert (long_world.account().held, long_world.job(job.id).handle) == (0, None)
    assert not [path for path in long_world.media.files if path.startswith("generating/")]


def test_what_was_begun_while_its_view_went_is_stopped(
    long_world: World, provider: LongProvider
) -> None:
    job = film(long_world)
    long_world.documents.meanwhile = [
        lambda: None,
        lambda: delete(long_world, "generations/ann"),
    ]

    long_world.run_until_quiet()

    assert statuses(long_world, [job.id]) == [(JobStatus.CANCELLED, True)]
    assert provider.ended == [f"{job.id}/1"]
    assert long_world.account().held == 0


def test_a_training_whose_brand_is_gone_ends_and_the_brand_does_not_come_back(
    long_world: World, provider: LongProvider
) -> None:
    job = train(long_world)
    long_world.deliver_all()
    delete(long_world, f"brands/{job.brand_id}")

    long_world.run_until_quiet()

    assert statuses(long_world, [job.id]) == [(JobStatus.CANCELLED, True)]
    assert provider.ended == [f"{job.id}/1"]
    assert long_world.view(job.id)["status"] == "cancelled"
    assert long_world.account().held == 0
    assert not [path for path in long_world.documents.paths() if path.startswith("brands/")]
