"""A blocked account: nothing that its user or its team asks for is done, nothing that waits begins, and its
books stay right."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from firebase_functions.https_fn import HttpsError

from mediaforge import bootstrap
from mediaforge.contract.documents import dump
from mediaforge.contract.requests import ControlJob, CreateTeam, DirectCreative, parse
from mediaforge.domain.errors import (
    AccountBlockedError,
    InvalidRequestError,
    NotAdminError,
    NotAMemberError,
    NotFoundError,
)
from mediaforge.domain.jobs.job import JobStatus, WaitingFor
from mediaforge.domain.library.brands import Brand, BrandStatus
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.money.gifts import Welcome
from mediaforge.entrypoints import callables
from mediaforge.entrypoints.operations import OPERATIONS
from mediaforge.services.backend import Caller
from mediaforge.services.directing.direct import direct
from mediaforge.services.jobs.control import control_job
from mediaforge.services.people.teams import create_team
from mediaforge.services.watch.invariants import check_invariants
from mediaforge.services.watch.sweep import sweep_jobs
from tests.support.asked import ASKED
from tests.support.world import ADMIN, ANN, START, World, user

BOB = user("bob")


def block(world: World, account_id: str = "user_ann", reason: str = "card testing") -> Account:
    account = world.control_account("block", accountId=account_id, reason=reason)
    assert account is not None
    return account


def unblock(world: World, account_id: str = "user_ann") -> Account:
    account = world.control_account("unblock", accountId=account_id)
    assert account is not None
    return account


def assert_blocked(world: World, act: Callable[[], object], account_id: str = "user_ann") -> None:
    """`act` is refused for that account, and leaves every document as it was."""
    contents = world.contents()
    with pytest.raises(AccountBlockedError) as refused:
        act()
    assert refused.value.details == {"accountId": account_id}
    assert world.contents() == contents


# ---- what is asked for -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        (name, payload)
        for name, operation in OPERATIONS.items()
        if not operation.is_open
        for payload in ASKED[name]
    ],
)
def test_every_callable_refuses_whoever_is_blocked(
    name: str, payload: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also an administrator, whose token somebody else may have."""
    world = World()
    monkeypatch.setattr(bootstrap, "backend", lambda: world.backend)
    world.set_tier("pro")
    for n in range(5):
        world.media.save(f"references/ann/{n}.png", b"picture", "image/png", "")
    block(world)
    contents = world.contents()
    claims = {"admin": True, "firebase": {"sign_in_provider": "custom"}}
    auth = SimpleNamespace(uid="ann", token=claims)
    call: Any = SimpleNamespace(auth=auth, data=payload)
    with pytest.raises(HttpsError) as refused:
        callables.handler(name)(call)
    assert refused.value.code.value == "permission-denied"
    assert refused.value.details == {"reason": "account-blocked", "accountId": "user_ann"}
    assert world.contents() == contents


def test_what_was_accepted_before_is_not_answered_again_either() -> None:
    world = World()
    job = world.submit(requestId="r1").job
    team = create_team(world.backend, ANN, parse(CreateTeam, {"name": "L", "requestId": "r1"}))
    brief = parse(DirectCreative, {"brief": "a fox", "requestId": "r1"})
    direct(world.backend, ANN, brief)
    world.cancel(job.id)
    retry = parse(ControlJob, {"jobId": job.id, "action": "retry"})
    control_job(world.backend, ANN, retry)
    block(world)
    again = parse(CreateTeam, {"name": "L", "requestId": "r1"})
    assert_blocked(world, lambda: world.submit(requestId="r1"))
    assert_blocked(world, lambda: create_team(world.backend, ANN, again))
    assert_blocked(world, lambda: direct(world.backend, ANN, brief))
    assert_blocked(world, lambda: world.cancel(job.id))
    assert_blocked(world, lambda: control_job(world.backend, ANN, retry))
    assert_blocked(world, lambda: world.control_team(ANN, team.id, "invite", role="viewer"))
    unblock(world)
    assert world.submit(requestId="r1").job.id == job.id
    assert create_team(world.backend, ANN, again).id == team.id


def test_nor_is_what_is_no_part_of_the_catalogue_any_more() -> None:
    world = World()
    world.submit(requestId="r1", model="local-image")
    models = {n: m for n, m in world.backend.catalogue.models.items() if n != "local-image"}
    changed = world.backend.catalogue.model_copy(update={"models": models})
    world.backend = replace(world.backend, catalogue=changed)
    assert world.submit(requestId="r1", model="local-image").is_replay
    block(world)
    assert_blocked(world, lambda: world.submit(requestId="r1", model="local-image"))


@pytest.mark.parametrize("fields", [{"model": "nowhere"}, {"brandId": "nobody-s"}])
def test_nor_is_whoever_is_blocked_told_what_is_wrong_with_a_request(
    fields: dict[str, Any],
) -> None:
    world = World()
    world.submit()
    block(world)
    assert_blocked(world, lambda: world.submit(**fields))


def with_a_brand_of_bob_s_team(world: World) -> str:
    team_id = world.found_team(bob="editor")
    world.submit(caller=BOB)
    brand = Brand(
        id="b1",
        name="Acme",
        status=BrandStatus.READY,
        user_id="bob",
        account_id=f"team_{team_id}",
        job_id="j1",
        progress=1,
        model="local-lora",
        created_at=START,
        modified=START,
        team_id=team_id,
    )
    world.documents.overwrite("brands/b1", dump(brand))
    return team_id


def test_no_brief_is_answered_for_a_brand_of_a_team_that_is_blocked() -> None:
    world = World()
    team_id = with_a_brand_of_bob_s_team(world)
    brief = {"brief": "a fox", "brandId": "b1"}
    old = parse(DirectCreative, {**brief, "requestId": "r1"})
    direct(world.backend, BOB, old)
    block(world, f"team_{team_id}")
    for request in (old, parse(DirectCreative, brief)):
        assert_blocked(
            world,
            lambda request=request: direct(world.backend, BOB, request),  # type: ignore[misc]
            f"team_{team_id}",
        )
    with pytest.raises(NotFoundError):
        direct(world.backend, user("eve"), parse(DirectCreative, brief))


def test_a_block_in_the_middle_of_a_submission_comes_before_it() -> None:
    world = World()
    world.submit()
    world.documents.meanwhile = [lambda: block(world)]
    with pytest.raises(AccountBlockedError):
        world.submit()
    assert len(world.jobs()) == 1


def test_a_block_in_the_middle_of_a_brief_comes_before_its_hold() -> None:
    world = World()
    world.submit()
    world.documents.meanwhile = [lambda: block(world)]
    with pytest.raises(AccountBlockedError):
        direct(world.backend, ANN, parse(DirectCreative, {"brief": "a fox"}))
    assert world.directions() == []


def test_whoever_is_blocked_spends_nothing_of_a_team_s_either() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    job_id = world.submit(caller=BOB, teamId=team_id).job.id
    block(world, "user_bob")
    assert_blocked(world, lambda: world.submit(caller=BOB, teamId=team_id), "user_bob")
    assert_blocked(world, lambda: world.cancel(job_id, BOB), "user_bob")
    world.submit(teamId=team_id)  # the others' team goes on
    world.run_until_quiet()
    world.assert_promises()
    assert world.job(job_id).status is JobStatus.COMPLETED


def test_for_a_team_that_is_blocked_nobody_asks_for_anything() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    job_id = world.submit(caller=BOB, teamId=team_id, requestId="r1").job.id
    account_id = f"team_{team_id}"
    code = world.control_team(ANN, team_id, "invite", role="viewer").code
    block(world, account_id)
    for act in (
        lambda: world.submit(caller=BOB, teamId=team_id),
        lambda: world.submit(caller=BOB, teamId=team_id, requestId="r1"),
        lambda: world.cancel(job_id, BOB),
        lambda: world.cancel(job_id, ANN),
        lambda: world.control_team(ANN, team_id, "invite", role="viewer"),
        lambda: world.control_team(user("eve"), team_id, "accept", code=code),
    ):
        assert_blocked(world, act, account_id)
    assert world.submit(caller=BOB).job.account_id == "user_bob"
    unblock(world, account_id)
    world.submit(caller=BOB, teamId=team_id)


def test_whoever_has_nothing_to_do_with_a_team_is_not_told_that_it_is_blocked() -> None:
    world = World()
    team_id = world.found_team()
    block(world, f"team_{team_id}")
    for where in (team_id, "nowhere"):
        with pytest.raises(NotAMemberError):
            world.submit(caller=BOB, teamId=where)
        with pytest.raises(NotAMemberError):
            world.control_team(BOB, where, "invite", role="viewer")
        with pytest.raises(NotFoundError):
            world.control_team(BOB, where, "accept", code="guess")


@pytest.mark.parametrize("is_listed", [True, False], ids=["listed", "unlisted"])
def test_nor_is_whoever_is_no_member_any_more_by_what_was_accepted_before(is_listed: bool) -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    sent = {"teamId": team_id, "requestId": "r1", "model": "local-image"}
    job_id = world.submit(caller=BOB, **sent).job.id
    world.control_team(ANN, team_id, "remove", uid="bob")
    if not is_listed:  # the model is no part of the catalogue any more
        models = {n: m for n, m in world.backend.catalogue.models.items() if n != "local-image"}
        changed = world.backend.catalogue.model_copy(update={"models": models})
        world.backend = replace(world.backend, catalogue=changed)
    for is_blocked in (False, True):
        if is_blocked:
            block(world, f"team_{team_id}")
        assert world.submit(caller=BOB, **sent).job.id == job_id
    assert world.cancel(job_id, BOB).status is JobStatus.CANCELLED


def test_nor_by_an_answer_for_a_brand_of_the_team() -> None:
    world = World()
    team_id = with_a_brand_of_bob_s_team(world)
    brief = parse(DirectCreative, {"brief": "a fox", "brandId": "b1", "requestId": "r1"})
    known = direct(world.backend, BOB, brief)
    world.control_team(ANN, team_id, "remove", uid="bob")
    block(world, f"team_{team_id}")
    assert direct(world.backend, BOB, brief) == known


def test_an_administrator_mends_a_team_that_is_blocked_and_cancels_its_jobs() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    job_id = world.submit(caller=BOB, teamId=team_id).job.id
    block(world, f"team_{team_id}")
    world.control_team(ADMIN, team_id, "remove", uid="bob")
    assert world.cancel(job_id, ADMIN).status is JobStatus.CANCELLED


# ---- what waits, and what runs -----------------------------------------------------------------------


def test_nothing_of_a_blocked_account_gets_a_slot_and_what_has_one_goes_on_to_its_end() -> None:
    world = World()
    running = [world.submit().job.id for _ in range(2)]
    waiting = [world.submit().job.id for _ in range(2)]
    later = world.submit(scheduledAt="2026-11-20T13:00:00Z").job.id
    block(world)
    for _ in range(3 * 60):
        world.deliver_all()
        world.settle_all()
        sweep_jobs(world.backend)
        world.clock.advance(60)
    assert {world.job(job_id).status for job_id in running} == {JobStatus.COMPLETED}
    left = [world.job(job_id) for job_id in (*waiting, later)]
    assert {(job.status, job.waiting_for) for job in left} == {
        (JobStatus.QUEUED, WaitingFor.CAPACITY)
    }
    account = world.account()
    assert (account.active, account.held, account.available) == (0, 6, 90)
    assert check_invariants(world.backend) == []
    unblock(world)
    assert world.account().active == 2
    world.run_until_quiet()
    world.assert_promises()
    assert {job.status for job in world.jobs()} == {JobStatus.COMPLETED}


def test_what_is_never_unblocked_ends_in_its_time_and_is_released() -> None:
    world = World()
    jobs = [world.submit().job.id for _ in range(3)]
    block(world)
    world.run_until_quiet(step_s=1800)
    world.assert_promises()
    assert [world.job(job_id).status for job_id in jobs] == [
        *(JobStatus.COMPLETED, JobStatus.COMPLETED, JobStatus.FAILED)
    ]
    assert world.account().available == 96


def test_a_block_while_a_slot_is_given_leaves_it_where_it_was() -> None:
    world = World()
    jobs = [world.submit().job.id for _ in range(3)]
    world.deliver(jobs[0])
    world.documents.meanwhile = [lambda: block(world)]
    world.settle()
    assert not world.job(jobs[2]).is_dispatched


@pytest.mark.parametrize(("action", "fields"), [("setTier", {"tier": "pro"}), ("resetFuse", {})])
def test_no_other_word_of_an_operator_lets_a_blocked_account_s_jobs_begin(
    action: str, fields: dict[str, Any]
) -> None:
    world = World()
    jobs = [world.submit().job.id for _ in range(3)]
    block(world)
    world.control_account(action, accountId="user_ann", **fields)
    assert not world.job(jobs[2]).is_dispatched
    assert world.account().blocked_at is not None


# ---- by whom, and how often --------------------------------------------------------------------------


def test_blocked_again_it_stays_blocked_since_the_first_time() -> None:
    world = World()
    world.submit()
    first = block(world)
    assert (first.blocked_at, first.blocked_reason) == (world.clock.now(), "card testing")
    contents = but_for_the_count(world)
    world.clock.advance(60)
    block(world)
    assert but_for_the_count(world) == contents
    other = block(world, reason="chargebacks")
    assert (other.blocked_at, other.blocked_reason) == (first.blocked_at, "chargebacks")


def test_unblocked_again_changes_nothing() -> None:
    world = World()
    world.submit()
    block(world)
    account = unblock(world)
    assert (account.blocked_at, account.blocked_reason) == (None, "")
    contents = but_for_the_count(world)
    unblock(world)
    assert but_for_the_count(world) == contents


def but_for_the_count(world: World) -> dict[str, Any]:
    """All that is written, but for when the user's uploads were counted."""
    left = {path: dict(fields) for path, fields in world.contents().items()}
    del left["references/ann"]["counted_at"]
    return left


def test_whoever_was_never_here_can_be_blocked_before_they_come() -> None:
    world = World()
    block(world)
    assert_blocked(world, world.submit)
    unblock(world)
    world.submit()
    assert (world.account().welcome, world.account().available) == (Welcome.GIVEN, 98)


@pytest.mark.parametrize(
    ("action", "account_id"), [("block", "team_t1"), ("unblock", "team_t1"), ("unblock", "user_x")]
)
def test_what_is_not_there_is_not_found(action: str, account_id: str) -> None:
    world = World()
    with pytest.raises(NotFoundError):
        world.control_account(action, accountId=account_id, reason="abuse")
    assert world.documents.paths() == []


def test_nobody_blocks_themselves() -> None:
    world = World()
    with pytest.raises(InvalidRequestError) as refused:
        block(world, f"user_{ADMIN.uid}")
    assert [e["field"] for e in refused.value.details["fieldErrors"]] == ["accountId"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"action": "block", "accountId": "user_ann"}, "reason"),
        ({"action": "block", "accountId": "user_ann", "reason": " "}, "reason"),
        ({"action": "block", "accountId": "ann", "reason": "abuse"}, "accountId"),
        ({"action": "unblock"}, "accountId"),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, Any], field: str) -> None:
    world = World()
    with pytest.raises(InvalidRequestError) as refused:
        world.control_account(**fields)
    assert [e["field"] for e in refused.value.details["fieldErrors"]] == [field]


def test_an_account_of_an_earlier_version_is_not_blocked() -> None:
    world = World()
    world.submit()
    path = "accounts/user_ann"
    known = {n: v for n, v in world.contents()[path].items() if not n.startswith("blocked")}
    world.documents.overwrite(path, known)
    assert world.submit().job.is_dispatched


def test_money_comes_and_goes_all_the_same() -> None:
    world = World()
    world.submit()
    block(world)
    assert world.grant(50).available == 148
    world.run_until_quiet()
    world.assert_promises()


@pytest.mark.parametrize("caller", [ANN, Caller("bob")])
def test_only_an_administrator_blocks(caller: Caller) -> None:
    world = World()
    for action in ("block", "unblock"):
        with pytest.raises(NotAdminError):
            world.control_account(action, caller, accountId="user_ann", reason="x")
