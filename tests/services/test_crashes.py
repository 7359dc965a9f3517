"""The process killed at every step between two writes, on each path a job can take."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mediaforge.contract.requests import (
    ACCOUNT_ACTIONS,
    TEAM_ACTIONS,
    ControlJob,
    CreateTeam,
    parse,
    parse_action,
)
from mediaforge.domain.errors import InsufficientCreditsError, NotAMemberError
from mediaforge.domain.money.purchases import Fact, Paid, Refund, Refunded, RefundState
from mediaforge.ports.tasks import Task
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.control import control_job
from mediaforge.services.jobs.run import run_job
from mediaforge.services.jobs.settle import settle_account
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.money.monthly import grant_monthly
from mediaforge.services.money.purchases import note_payment
from mediaforge.services.operate.account_control import control_account
from mediaforge.services.people.teams import NewInvite, control_team, create_team
from mediaforge.services.watch.sweep import sweep_jobs
from tests.support.faults import Killed, Steps, UnheardDocuments, mortal
from tests.support.world import ADMIN, ANN, World, image_request, user

BOB = user("bob")

PROMPTS = {
    "completes": ("a lighthouse", 1),
    "four images": ("a lighthouse", 4),
    "part is delivered": ("[[partial:1]]", 4),
    "fails twice first": ("[[fail:transient:2]]", 1),
    "fails always": ("[[fail:always]]", 1),
    "is refused": ("[[blocked]]", 1),
    "is throttled": ("[[throttle:2]]", 1),
}


def live(world: World, backend: Backend, prompt: str, count: int, cancels: bool = False) -> None:
    """One job's life in one process, from the submission to the settled end."""
    request = image_request(prompt, count=count, requestId="r1")
    job = submit_job(backend, ANN, request).job
    if cancels:
        control_job(backend, ANN, parse(ControlJob, {"jobId": job.id, "action": "cancel"}))
    for _ in range(8):
        run_job(backend, job.id)
        world.clock.advance(700)
    settle_account(backend, job.account_id)
    sweep_jobs(backend)


def assert_counted_once(world: World) -> None:
    """What a worker began is in its account's hour once for each start, and nothing else is."""
    began = [job for job in world.jobs() if job.started_at]
    begun = sum(max(job.estimated_credits, job.started_credits) for job in began)
    if world.jobs():
        assert sum(world.account().spend.slices.values()) == begun
    for job in world.jobs():
        assert job.started_credits == job.may_have_billed * job.estimated_credits


def step_count(prompt: str, count: int, cancels: bool = False) -> int:
    world, steps = World(), Steps()
    live(world, mortal(world.backend, steps), prompt, count, cancels)
    return len(steps.passed)


@pytest.mark.parametrize("path", PROMPTS)
def test_a_kill_at_any_step_leaves_a_job_that_ends_and_is_paid_once(path: str) -> None:
    prompt, count = PROMPTS[path]
    for die_at in range(1, step_count(prompt, count) + 1):
        world = World()
        with pytest.raises(Killed):
            live(world, mortal(world.backend, Steps(die_at)), prompt, count)
        world.run_until_quiet()
        world.assert_promises()
        assert_counted_once(world)


def test_a_kill_at_any_step_of_a_cancel_leaves_nothing_charged() -> None:
    for die_at in range(1, step_count("a lighthouse", 1, cancels=True) + 1):
        world = World()
        with pytest.raises(Killed):
            live(world, mortal(world.backend, Steps(die_at)), "a lighthouse", 1, cancels=True)
        world.run_until_quiet()
        world.assert_promises()
        assert_counted_once(world)


def test_a_client_that_never_got_its_answer_sends_again_and_pays_once() -> None:
    for die_at in range(1, 5):
        world = World()
        with pytest.raises(Killed):
            live(world, mortal(world.backend, Steps(die_at)), "a lighthouse", 1)
        world.submit(requestId="r1", count=1)
        world.run_until_quiet()
        world.assert_promises()
        assert world.account().available == 98
        assert len(world.jobs()) == 1


def test_a_task_that_was_never_queued_is_queued_by_the_sweep() -> None:
    world = World()
    with pytest.raises(Killed):
        live(world, mortal(world.backend, Steps(die_at=3)), "a lighthouse", 1)
    assert world.tasks.queued == []
    world.clock.advance(121)
    sweep_jobs(world.backend)
    assert len(world.tasks.queued) == 1


def test_a_worker_lost_on_every_attempt_ends_in_a_dead_letter_and_costs_nothing() -> None:
    world = World()
    job = world.submit().job
    for _ in range(5):
        # Dies in the provider's call: after the claim is committed, before anything is recorded.
        with pytest.raises(Killed):
            run_job(mortal(world.backend, Steps(die_at=3)), job.id)
        world.clock.advance(61)
        sweep_jobs(world.backend)
    world.run_until_quiet()
    world.assert_promises()
    assert world.provider.starts[job.id] == 5
    assert world.job(job.id).error is not None
    assert world.view(job.id)["error"]["code"] == "worker-lost"
    assert world.documents.snapshot(f"dead_letters/{job.id}")[0] is not None


def test_a_repeated_hold_that_emptied_the_account_is_found_not_refused() -> None:
    world = World()
    world.set_tier("studio")
    for number in range(25):
        world.submit(count=2, requestId=f"r{number}")
    emptied = world.account()
    assert (emptied.available, emptied.held) == (0, 100)
    assert world.submit(count=2, requestId="r24").is_replay
    assert world.account() == emptied
    with pytest.raises(InsufficientCreditsError):
        world.submit(requestId="new")


def rescue(world: World, backend: Backend) -> None:
    """The sweep's whole work: a lost task, a scheduled start, a full account, an event that never
    came, a job nobody can run any more."""
    kept = [submit_job(backend, ANN, image_request(requestId=f"r{n}")).job for n in range(4)]
    later = (world.clock.now() + timedelta(hours=1)).isoformat()
    submit_job(backend, ANN, image_request(requestId="s", scheduledAt=later))
    run_job(backend, kept[0].id)
    for _ in range(6):
        world.clock.advance(1300)
        sweep_jobs(backend)
    world.clock.advance(50 * 3600)
    sweep_jobs(backend)


def test_a_kill_at_any_step_of_the_sweep_leaves_jobs_that_end_and_are_paid_once() -> None:
    counting, steps = World(), Steps()
    rescue(counting, mortal(counting.backend, steps))
    for die_at in range(1, len(steps.passed) + 1):
        world = World()
        with pytest.raises(Killed):
            rescue(world, mortal(world.backend, Steps(die_at)))
        world.run_until_quiet(hours=200)
        world.assert_promises()


def test_an_enqueue_that_breaks_in_a_way_nobody_foresaw_costs_the_client_nothing() -> None:
    world = World()

    class BrokenTasks:
        def enqueue(self, task: Task) -> None:
            raise TypeError("a token could not be refreshed")

    broken = replace(world.backend, tasks=BrokenTasks())
    job = submit_job(broken, ANN, image_request()).job
    assert world.job(job.id).is_dispatched
    world.run_until_quiet()
    world.assert_promises()
    assert world.account().available == 98


# ---- teams, purchases, the month ---------------------------------------------------------------


@dataclass(frozen=True)
class Deed:
    """What one process does, on what it finds, and what whoever got no answer does again."""

    does: Callable[[World, Backend, str], object]
    found: Callable[[World], str] = lambda world: world.found_team(bob="editor")


def team_action(caller: Caller, action: str, **fields: Any) -> Deed:
    def does(world: World, backend: Backend, team_id: str) -> object:
        request = parse_action(TEAM_ACTIONS, {"teamId": team_id, "action": action, **fields})
        return control_team(backend, caller, request)

    return Deed(does)


def accept(world: World, backend: Backend, found: str) -> object:
    team_id, code = found.split("/")
    request = parse_action(TEAM_ACTIONS, {"teamId": team_id, "action": "accept", "code": code})
    return control_team(backend, BOB, request)


def invited(world: World) -> str:
    team_id = world.found_team()
    code = world.control_team(ANN, team_id, "invite", role="editor").code
    return f"{team_id}/{code}"


def revoke(world: World, backend: Backend, found: str) -> object:
    team_id, invite_id = found.split("/")
    sent = {"teamId": team_id, "action": "revokeInvite", "inviteId": invite_id}
    return control_team(backend, ANN, parse_action(TEAM_ACTIONS, sent))


def with_invite(world: World) -> str:
    team_id = world.found_team()
    return f"{team_id}/{world.control_team(ANN, team_id, 'invite', role='editor').id}"


def account_action(action: str, **fields: Any) -> Deed:
    def does(world: World, backend: Backend, team_id: str) -> object:
        sent = {"accountId": f"team_{team_id}", "action": action, **fields}
        return control_account(backend, ADMIN, parse_action(ACCOUNT_ACTIONS, sent))

    return Deed(does)


def left_with_a_code(world: World) -> tuple[str, str]:
    """A team that Bob has left under a limit, and a code for him."""
    team_id = world.found_team(bob="editor")
    world.control_team(ANN, team_id, "setMember", uid="bob", limits={"imagesADay": 1})
    world.control_team(BOB, team_id, "remove", uid="bob")
    return team_id, world.control_team(ANN, team_id, "invite", role="editor").code


def due_for_the_month(world: World) -> str:
    for uid in ("ann", "bob"):
        world.set_tier("pro", user(uid))
    world.clock.moment = datetime(2026, 12, 1, tzinfo=UTC)
    return ""


def paid(account_id: str) -> Paid:
    return Paid("cs_1", "pi_1", account_id, 500, 500)


def refunded(state: RefundState = RefundState.MADE) -> Refunded:
    return Refunded("pi_1", "re_1", Refund(500, state))


def told(*facts: Fact) -> Deed:
    """Of a payment for a team that has spent some of it."""

    def does(_: World, backend: Backend, __: str) -> object:
        return [note_payment(backend, fact) for fact in facts]

    def found(world: World) -> str:
        team_id = world.found_team(available=0)
        note_payment(world.backend, paid(f"team_{team_id}"))
        world.submit(teamId=team_id, count=4)
        world.run_until_quiet()
        return team_id

    return Deed(does, found)


NEW_TEAM = parse(CreateTeam, {"name": "Lights", "requestId": "r1"})
DEEDS = {
    "a new team": Deed(lambda _, backend, __: create_team(backend, ANN, NEW_TEAM), lambda _: ""),
    "joining": Deed(accept, invited),
    "revoking": Deed(revoke, with_invite),
    "another role": team_action(ANN, "setMember", uid="bob", role="viewer"),
    "limits": team_action(ANN, "setMember", uid="bob", limits={"imagesADay": 1}),
    "removing": team_action(ANN, "remove", uid="bob"),
    "leaving": team_action(BOB, "remove", uid="bob"),
    "removing who has left": replace(
        team_action(ANN, "remove", uid="bob"), found=lambda world: left_with_a_code(world)[0]
    ),
    "coming back": Deed(accept, lambda world: "/".join(left_with_a_code(world))),
    "mending": team_action(ADMIN, "setMember", uid="bob", role="owner"),
    "bringing in": team_action(ADMIN, "setMember", uid="eve", role="owner"),
    "a purchase": Deed(lambda _, backend, team_id: note_payment(backend, paid(f"team_{team_id}"))),
    "a first purchase": Deed(lambda _, backend, __: note_payment(backend, paid("user_carl"))),
    "a refund": told(refunded()),
    "a refund that fails": told(refunded(), refunded(RefundState.RETURNED)),
    "a refund before its purchase": Deed(
        lambda _, backend, team_id: [
            note_payment(backend, fact) for fact in (refunded(), paid(f"team_{team_id}"))
        ]
    ),
    "a correction": account_action("adjust", amount=-100, reason="r", requestId="r1"),
    "another tier": account_action("setTier", tier="pro"),
    "a reset fuse": account_action("resetFuse"),
    "a block": account_action("block", reason="abuse"),
    "the month": Deed(lambda _, backend, __: grant_monthly(backend), due_for_the_month),
}


@pytest.mark.parametrize("name", DEEDS)
def test_what_is_killed_at_any_step_and_repeated_ends_as_if_it_had_not_been(name: str) -> None:
    deed = DEEDS[name]
    counting, steps = World(), Steps()
    deed.does(counting, mortal(counting.backend, steps), deed.found(counting))
    assert len(steps.passed) >= 2
    for die_at in range(1, len(steps.passed) + 1):
        world = World()
        found = deed.found(world)
        with pytest.raises(Killed):
            deed.does(world, mortal(world.backend, Steps(die_at)), found)
        deed.does(world, world.backend, found)
        assert world.contents() == counting.contents()
        world.assert_promises()


# ---- a commit that nobody heard of -----------------------------------------------------------------


def unheard(world: World, number: int, steps: Steps | None = None) -> Backend:
    documents = UnheardDocuments(world.documents, steps or Steps(), number)
    return replace(world.backend, documents=documents)


@pytest.mark.parametrize("name", DEEDS)
def test_a_commit_whose_answer_is_lost_below_us_is_found_to_be_our_own(name: str) -> None:
    deed = DEEDS[name]
    counting, steps = World(), Steps()
    deed.does(counting, unheard(counting, 0, steps), deed.found(counting))
    for number in range(1, steps.passed.count("after a commit") + 1):
        world = World()
        deed.does(world, unheard(world, number), deed.found(world))
        assert world.contents() == counting.contents()
        world.assert_promises()


@pytest.mark.parametrize("path", PROMPTS)
def test_a_commit_of_a_job_s_life_whose_answer_is_lost_below_us_changes_nothing(path: str) -> None:
    prompt, count = PROMPTS[path]
    for number in range(1, step_count(prompt, count) // 2 + 1):
        world = World()
        live(world, unheard(world, number), prompt, count)
        world.run_until_quiet()
        world.assert_promises()
        assert_counted_once(world)


def test_a_submission_without_a_name_finds_its_own_job_when_its_commit_is_not_heard_of() -> None:
    world = World()
    submission = submit_job(unheard(world, 1), ANN, image_request())
    assert [job.id for job in world.jobs()] == [submission.job.id]
    assert (world.account().available, world.account().held) == (98, 2)
    assert world.tasks.queued
    world.run_until_quiet()
    world.assert_promises()


def test_an_invitation_whose_commit_is_not_heard_of_is_the_one_that_is_answered() -> None:
    world = World()
    team_id = world.found_team()
    request = {"teamId": team_id, "action": "invite", "role": "editor"}
    made = control_team(unheard(world, 1), ANN, parse_action(TEAM_ACTIONS, request))
    (path,) = [p for p in world.documents.paths() if "/invites/" in p]
    assert isinstance(made, NewInvite)
    assert path.rpartition("/")[2] == made.id
    world.control_team(BOB, team_id, "accept", code=made.code)
    assert world.member(team_id, "bob")


def test_a_member_who_was_killed_while_leaving_has_left_or_can_leave() -> None:
    for die_at in (1, 2):
        world = World()
        team_id = world.found_team(bob="editor")
        leave = team_action(BOB, "remove", uid="bob")
        with pytest.raises(Killed):
            leave.does(world, mortal(world.backend, Steps(die_at)), team_id)
        with suppress(NotAMemberError):
            leave.does(world, world.backend, team_id)
        assert world.member(team_id, "bob") is None


def test_an_invitation_whose_answer_was_lost_can_be_revoked_and_lets_nobody_in() -> None:
    world = World()
    team_id = world.found_team()
    with pytest.raises(Killed):
        team_action(ANN, "invite", role="editor").does(
            world, mortal(world.backend, Steps(die_at=2)), team_id
        )
    (path,) = [p for p in world.documents.paths() if "/invites/" in p]
    world.control_team(ANN, team_id, "revokeInvite", inviteId=path.rpartition("/")[2])
    assert path not in world.documents.paths()


def live_in_a_team(world: World, backend: Backend, team_id: str, prompt: str, count: int) -> None:
    """One job of a team's member in one process, from the submission to the settled end."""
    request = image_request(prompt, count=count, teamId=team_id, requestId="r1")
    job = submit_job(backend, BOB, request).job
    for _ in range(8):
        run_job(backend, job.id)
        world.clock.advance(700)
    settle_account(backend, job.account_id)
    sweep_jobs(backend)


@pytest.mark.parametrize("path", PROMPTS)
def test_a_kill_at_any_step_of_a_team_s_job_costs_team_and_member_what_they_got(path: str) -> None:
    prompt, count = PROMPTS[path]
    counting, steps = World(), Steps()
    team_id = counting.found_team(bob="editor")
    live_in_a_team(counting, mortal(counting.backend, steps), team_id, prompt, count)
    expected, member = (
        counting.account(f"team_{team_id}").available,
        counting.member(team_id, "bob"),
    )
    assert member is not None
    for die_at in range(1, len(steps.passed) + 1):
        world = World()
        assert world.found_team(bob="editor") == team_id
        with pytest.raises(Killed):
            live_in_a_team(world, mortal(world.backend, Steps(die_at)), team_id, prompt, count)
        world.submit(prompt, BOB, count=count, teamId=team_id, requestId="r1")
        world.run_until_quiet()
        world.assert_promises()
        (job,) = world.jobs()
        assert world.account(f"team_{team_id}").available == expected
        # What a provider was asked for stays in a member's day; of a worker that was lost nobody knows.
        used = count if job.may_have_billed or job.was_asked else 0
        usage = replace(member.usage, images=used, credits=2 * used)
        assert world.member(team_id, "bob") == replace(member, usage=usage)


def test_a_kill_at_any_step_of_a_removed_member_s_job_brings_nobody_back() -> None:
    for die_at in range(1, 13):
        world = World()
        team_id = world.found_team(bob="editor")
        with pytest.raises(Killed):
            live_in_a_team(world, mortal(world.backend, Steps(die_at)), team_id, "[[blocked]]", 4)
        world.control_team(ANN, team_id, "remove", uid="bob")
        world.run_until_quiet()
        world.assert_promises()
        assert world.member(team_id, "bob") is None
        assert world.account(f"team_{team_id}").available == 100
