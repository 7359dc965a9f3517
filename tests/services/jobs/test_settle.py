"""After the end: the hold is closed once, whoever says so, however often, in any order."""

from typing import Any

import pytest

from mediaforge.domain.errors import QuotaExceededError
from mediaforge.domain.jobs.job import JobStatus
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.money.quotas import Usage
from mediaforge.services.backend import Caller
from mediaforge.services.jobs.settle import settle_account
from mediaforge.services.watch.sweep import sweep_jobs
from tests.support.world import ANN, World, at_once, logged, user

BOB = user("bob")


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
    assert {entry.kind for entry in world.entries().values() if entry.job_id} == {"image"}


@pytest.mark.parametrize("times", [2, 3])
def test_an_event_that_comes_again_changes_nothing(times: int) -> None:
    world = World()
    ended(world)
    assert world.settle() == 1
    contents = world.contents()
    assert [world.settle() for _ in range(times - 1)] == [0] * (times - 1)
    assert world.contents() == contents


def test_a_job_that_a_backup_brought_back_as_unsettled_is_not_paid_again() -> None:
    world = World()
    job_id = ended(world)
    before = world.contents()[f"jobs/{job_id}"]
    world.settle()
    account = world.account()
    world.overwrite(f"jobs/{job_id}", **{**before, "is_dispatched": False})

    assert world.settle() == 1  # its entries are looked up before anything is said
    assert amounts(world, job_id) == {"hold": 2, "capture": 2}
    assert (world.account().available, world.account().held) == (account.available, 0)


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
    assert third in {task.body["jobId"] for task in world.tasks.queued}


def test_what_was_refused_can_be_used_again_the_same_day() -> None:
    world = World()
    ended(world, "[[blocked]]", count=4)
    world.settle()
    assert world.account().usage.of(JobKind.IMAGE) == 0


def test_a_job_that_ends_the_next_day_gives_nothing_back_to_it() -> None:
    world = World()
    job = world.submit("[[blocked]]", count=4).job
    world.clock.advance(12 * 3600)
    world.submit(count=2)
    world.deliver(job.id)
    world.settle()
    assert (world.account().usage.day, world.account().usage.of(JobKind.IMAGE)) == ("2026-11-21", 2)


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


# ---- several at once ---------------------------------------------------------------------------


def all_ended(number: int, tier: str = "studio", prompt: str = "a lighthouse") -> World:
    """So many jobs of Ann's that have ended, a second apart, and wait to be settled."""
    world = World()
    world.set_tier(tier)
    for job_id in [world.submit(prompt).job.id for _ in range(number)]:
        world.clock.advance(1)
        world.deliver(job_id)
    return world


def commits_of(world: World) -> list[list[str]]:
    """The paths of each commit from now on."""
    commits: list[list[str]] = []
    world.documents.on_commit = commits.append
    return commits


def unsettled(world: World) -> list[str]:
    return [path for path, f in world.contents().items() if f.get("awaits_settle")]


@pytest.mark.parametrize(("number", "pages"), [(1, [1]), (8, [8]), (20, [20]), (45, [20, 20, 5])])
def test_the_final_jobs_of_an_account_are_settled_in_a_commit_for_each_page(
    number: int, pages: list[int]
) -> None:
    world = all_ended(number)
    commits = commits_of(world)
    assert world.settle() == number
    assert [sum(path.startswith("jobs/") for path in commit) for commit in commits] == pages
    assert all(commit.count("accounts/user_ann") == 1 for commit in commits)
    world.assert_promises()


def test_jobs_that_ended_in_every_way_are_settled_together() -> None:
    world = World()
    world.set_tier("pro")
    for prompt in ("a lighthouse", "[[partial:1]]", "[[blocked]]"):
        world.deliver(world.submit(prompt, count=2).job.id)
    world.cancel(world.submit(count=2).job.id)
    commits = commits_of(world)
    assert world.settle() == 4
    assert sum("accounts/user_ann" in commit for commit in commits) == 1
    assert (world.account().available, world.account().usage.of(JobKind.IMAGE)) == (100 - 4 - 2, 4)
    world.assert_promises()


def test_jobs_settled_together_let_in_as_many_as_had_slots() -> None:
    world = World()
    world.set_tier("pro")
    jobs = [world.submit().job.id for _ in range(16)]
    for job_id in jobs[:4]:
        world.deliver(job_id)
    commits = commits_of(world)
    world.settle()
    assert [world.job(job_id).is_dispatched for job_id in jobs] == [True] * 14 + [False] * 2
    assert (world.account().active, len(commits)) == (10, 1)


def test_one_account_s_end_settles_no_other_account() -> None:
    world = World()
    ended(world)
    bobs = world.submit(caller=BOB).job.id
    world.deliver(bobs)
    assert world.settle() == 1
    assert not world.job(bobs).is_settled


def test_a_job_that_ends_while_the_others_are_settled_is_not_lost() -> None:
    world = all_ended(3)
    late = world.submit().job.id
    world.documents.meanwhile = [lambda: world.deliver(late)]
    world.settle()
    world.settle()
    assert world.job(late).is_settled
    world.assert_promises()


# ---- one that is wrong -------------------------------------------------------------------------

CONTRADICTIONS: dict[str, dict[str, Any]] = {
    "charged more than was held": {"charged_credits": 99},
    "a negative price": {"estimated_credits": -2},
    "final without an end": {"status": "processing"},
}


@pytest.mark.parametrize("wrong", CONTRADICTIONS)
def test_a_job_that_contradicts_itself_keeps_no_other_from_being_settled(
    wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world = all_ended(4)
    broken, *others = [job.id for job in world.jobs()]
    world.overwrite(f"jobs/{broken}", **CONTRADICTIONS[wrong])
    capsys.readouterr()
    assert world.settle() == 3
    assert [world.job(job_id).is_settled for job_id in others] == [True] * 3
    assert unsettled(world) == [f"jobs/{broken}"]
    reported = [entry["job_id"] for entry in logged(capsys, "settle.broke") if "job_id" in entry]
    assert reported == [broken]


def test_a_job_that_contradicts_itself_is_tried_once_for_each_event() -> None:
    world = all_ended(4)
    world.overwrite(f"jobs/{world.jobs()[0].id}", charged_credits=99)
    world.settle()
    contents, reads = world.contents(), world.documents.reads
    assert [world.settle() for _ in range(3)] == [0, 0, 0]
    assert world.contents() == contents
    assert world.documents.reads - reads - len(contents) <= 3 * 10


def test_no_number_of_wrong_jobs_keeps_settling_for_ever() -> None:
    world = all_ended(45)
    for job in world.jobs():
        world.overwrite(f"jobs/{job.id}", charged_credits=99)
    assert world.settle() == 0
    world.clock.advance(60)
    sweep_jobs(world.backend)
    assert len(unsettled(world)) == 45


def test_more_jobs_than_a_page_are_settled_around_a_wrong_one_by_a_few_sweeps() -> None:
    world = all_ended(45)
    broken = world.jobs()[0].id
    world.overwrite(f"jobs/{broken}", charged_credits=99)
    for _ in range(3):
        world.clock.advance(60)
        sweep_jobs(world.backend)
    assert unsettled(world) == [f"jobs/{broken}"]


@pytest.mark.parametrize("fields", [{"charged_credits": 99}, {"model": None}])
def test_a_page_of_wrong_jobs_hides_no_healthy_one(fields: dict[str, Any]) -> None:
    world = all_ended(22)
    *wrong, healthy, last = [job.id for job in world.jobs()]
    for job_id in wrong:
        world.overwrite(f"jobs/{job_id}", **fields)
    for _ in range(3):
        world.clock.advance(60)
        sweep_jobs(world.backend)
    assert (world.job(healthy).is_settled, world.job(last).is_settled) == (True, True)


def test_a_final_job_that_cannot_be_read_keeps_no_other_from_being_settled(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = all_ended(4)
    broken = world.jobs()[0].id
    world.overwrite(f"jobs/{broken}", model=None)
    capsys.readouterr()
    assert world.settle() == 3
    assert unsettled(world) == [f"jobs/{broken}"]
    assert f"jobs/{broken}" in {e["document"] for e in logged(capsys, "document.unreadable")}


@pytest.mark.parametrize("number", [1, 2, 5])
def test_a_waiting_job_that_cannot_be_read_keeps_no_other_waiting(number: int) -> None:
    world = World()
    busy = [world.submit().job.id for _ in range(2)]
    waiting = [world.submit().job.id for _ in range(number + 4)]
    for job_id in waiting[:number]:
        world.overwrite(f"jobs/{job_id}", model=None)
    for job_id in busy:
        world.deliver(job_id)
        world.settle()
    for _ in range(30):  # half an hour
        world.deliver_all()
        world.settle()
        world.clock.advance(60)
        sweep_jobs(world.backend)
    assert [world.job(job_id).is_settled for job_id in waiting[number:]] == [True] * 4


# ---- teams -------------------------------------------------------------------------------------


def team_ended(
    world: World, team_id: str, prompt: str, count: int = 4, caller: Caller = BOB
) -> str:
    """A job for the team that has ended and waits to be settled."""
    job_id = world.submit(prompt, caller, teamId=team_id, count=count).job.id
    while not world.job(job_id).status.is_final:
        world.deliver(job_id)
        world.clock.advance(600)
    return job_id


def unasked(world: World, team_id: str, count: int = 4, caller: Caller = BOB) -> str:
    """A job for the team that ends before its provider is asked, with a reference that is not there."""
    missing = {"path": f"references/{caller.uid}/none.png", "mode": "style_only"}
    return world.submit(caller=caller, teamId=team_id, count=count, references=[missing]).job.id


def used(world: World, team_id: str, uid: str = "bob") -> Usage:
    member = world.member(team_id, uid)
    assert member is not None
    return member.usage


@pytest.mark.parametrize(
    ("prompt", "images"),
    [("a lighthouse", 4), ("[[partial:3]]", 4), ("[[blocked]]", 0), ("[[fail:always]]", 4)],
)
def test_a_team_gets_back_what_cannot_have_been_billed_and_its_member_nothing_that_was_asked(
    prompt: str, images: int
) -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    team_ended(world, team_id, prompt)
    assert used(world, team_id).of(JobKind.IMAGE) == 4
    world.settle(f"team_{team_id}")
    expected = Usage("2026-11-20", {JobKind.IMAGE: images}, credits=2 * images)
    assert world.account(f"team_{team_id}").usage == expected
    assert used(world, team_id) == Usage("2026-11-20", {JobKind.IMAGE: 4}, credits=8)
    world.assert_promises()


def test_what_ended_before_a_provider_was_asked_is_out_of_the_hour_and_of_the_member_s_day() -> (
    None
):
    world = World()
    team_id = world.found_team(bob="editor")
    job_id = unasked(world, team_id)
    world.deliver(job_id)
    assert world.job(job_id).status is JobStatus.FAILED
    world.settle(f"team_{team_id}")
    assert job_id not in world.provider.starts
    assert sum(world.account(f"team_{team_id}").spend.slices.values()) == 0
    assert used(world, team_id) == Usage("2026-11-20")
    world.assert_promises()


@pytest.mark.parametrize("prompt", ["[[blocked]]", "[[fail:always]]", "[[throttle:1]]", "done"])
def test_a_member_s_limits_bound_what_they_bring_into_the_team_s_hour(prompt: str) -> None:
    """However it ends: else an editor of four pictures a day blows the fuse of all."""
    world = World()
    team_id = world.found_team(bob="editor")
    world.control_team(ANN, team_id, "setMember", uid="bob", limits={"imagesADay": 4})
    team_ended(world, team_id, prompt)
    world.settle(f"team_{team_id}")
    with pytest.raises(QuotaExceededError):
        world.submit(prompt, BOB, teamId=team_id)


def test_where_all_was_delivered_the_member_is_not_written() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    team_ended(world, team_id, "a lighthouse")
    commits = commits_of(world)
    world.settle(f"team_{team_id}")
    assert not [path for commit in commits for path in commit if path.startswith("teams/")]


def test_what_was_cancelled_before_it_ran_is_given_back_and_what_ran_is_not() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    early, running = (world.submit(caller=BOB, teamId=team_id, count=3).job.id for _ in range(2))
    world.cancel(early, BOB)
    world.provider.meanwhile = [lambda: world.cancel(running, BOB)]
    world.deliver(running)
    world.settle(f"team_{team_id}")
    assert used(world, team_id) == Usage("2026-11-20", {JobKind.IMAGE: 3}, credits=6)
    assert world.account(f"team_{team_id}").available == 100


def test_each_member_gets_back_their_own_in_one_commit() -> None:
    world = World()
    team_id = world.found_team(bob="editor", carl="editor")
    jobs = [
        world.submit("[[partial:1]]", BOB, teamId=team_id, count=4).job.id,
        unasked(world, team_id, 3),
        unasked(world, team_id, 2, user("carl")),
        world.submit("a lighthouse", ANN, teamId=team_id).job.id,
    ]
    world.overwrite(f"accounts/team_{team_id}", tier="pro")
    world.clock.advance(300)
    sweep_jobs(world.backend)
    for job_id in jobs:
        world.deliver(job_id)
    commits = commits_of(world)
    assert world.settle(f"team_{team_id}") == 4
    assert [used(world, team_id, uid).of(JobKind.IMAGE) for uid in ("bob", "carl", "ann")] == [
        4,
        0,
        1,
    ]
    assert sum(f"accounts/team_{team_id}" in commit for commit in commits) == 1
    world.assert_promises()


def test_what_a_member_used_yesterday_is_not_given_back_today() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    job_id = world.submit("[[blocked]]", BOB, teamId=team_id, count=4).job.id
    world.clock.advance(12 * 3600)
    world.submit(caller=BOB, teamId=team_id, count=2)
    world.deliver(job_id)
    world.settle(f"team_{team_id}")
    assert used(world, team_id) == Usage("2026-11-21", {JobKind.IMAGE: 2}, credits=4)


def test_a_member_who_has_left_does_not_come_back_with_a_job_s_end() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    team_ended(world, team_id, "[[blocked]]")
    world.control_team(ANN, team_id, "remove", uid="bob")
    assert world.settle(f"team_{team_id}") == 1
    assert world.member(team_id, "bob") is None
    assert world.account(f"team_{team_id}").available == 100
    world.assert_promises()


def test_a_member_who_leaves_while_their_job_is_settled_does_not_come_back() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    team_ended(world, team_id, "[[blocked]]")
    world.documents.meanwhile = [lambda: world.control_team(ANN, team_id, "remove", uid="bob")]
    assert world.settle(f"team_{team_id}") == 1
    assert world.member(team_id, "bob") is None
    world.assert_promises()


def test_a_member_who_submits_while_their_job_is_settled_has_used_both() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    world.deliver(unasked(world, team_id))
    world.documents.meanwhile = [lambda: world.submit(caller=BOB, teamId=team_id, count=2)]
    world.settle(f"team_{team_id}")
    assert used(world, team_id).of(JobKind.IMAGE) == 2
    assert world.account(f"team_{team_id}").usage.of(JobKind.IMAGE) == 2


def test_a_member_who_cannot_be_read_keeps_no_job_from_being_settled() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    job_id = unasked(world, team_id)
    world.deliver(job_id)
    world.overwrite(f"teams/{team_id}/members/bob", role="boss")
    assert settle_account(world.backend, f"team_{team_id}") == 1
    assert world.job(job_id).is_settled
    assert world.account(f"team_{team_id}").held == 0
