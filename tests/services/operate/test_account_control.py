"""What an administrator does to an account: another tier, a correction. Fuses have a file of their own."""

from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.domain.credits import CREDITS_MAX
from mediaforge.domain.errors import (
    InsufficientCreditsError,
    InvalidRequestError,
    NotAdminError,
    NotFoundError,
    RequestError,
    RequestIdReusedError,
)
from mediaforge.domain.jobs.job import JobStatus
from mediaforge.domain.watch.audit import AuditEntry
from mediaforge.entrypoints.operations import OPERATIONS
from mediaforge.ports.documents import Query
from mediaforge.services.backend import Caller
from tests.support.world import ADMIN, ANN, World, at_once, logged

ADJUST = {"reason": "double charge", "requestId": "r1"}


def set_tier(world: World, tier: str, account_id: str = "user_ann") -> None:
    world.control_account("setTier", accountId=account_id, tier=tier)


def adjust(world: World, amount: int, account_id: str = "user_ann", **fields: Any) -> Any:
    sent = {**ADJUST, "accountId": account_id, "amount": amount, **fields}
    return world.control_account("adjust", **sent)


ACTIONS: list[tuple[str, dict[str, Any]]] = [
    ("setTier", {"accountId": "user_ann", "tier": "studio"}),
    ("adjust", {"accountId": "user_ann", "amount": 5, **ADJUST}),
    ("resetFuse", {"accountId": "user_ann"}),
    ("resetFuse", {}),
]


@pytest.mark.parametrize(("action", "fields"), ACTIONS)
def test_only_an_administrator_does_this(action: str, fields: dict[str, Any]) -> None:
    world = World()
    world.submit()
    contents = world.contents()
    with pytest.raises(NotAdminError):
        world.control_account(action, caller=ANN, **fields)
    assert world.contents() == contents


@pytest.mark.parametrize(("action", "fields"), ACTIONS[:3])
def test_a_team_that_nobody_made_is_not_found(action: str, fields: dict[str, Any]) -> None:
    world = World()
    with pytest.raises(NotFoundError):
        world.control_account(action, **{**fields, "accountId": "team_t1"})
    assert world.documents.paths() == []


@pytest.mark.parametrize(("action", "fields"), ACTIONS)
def test_who_did_what_to_which_account_is_in_the_log(
    action: str, fields: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    world.submit()
    capsys.readouterr()
    world.control_account(action, **fields)
    (entry,) = logged(capsys, "account.controlled")
    subject = fields.get("accountId", "project")
    assert (entry["account_id"], entry["action"], entry["actor"]) == (subject, action, "root")


# ---- tier --------------------------------------------------------------------------------------


def test_an_account_gets_another_tier_and_keeps_its_money() -> None:
    world = World()
    world.submit()
    account = world.control_account("setTier", accountId="user_ann", tier="pro")
    assert account == world.account()
    assert (account.tier, account.available, account.held) == ("pro", 1_098, 2)  # with its month
    assert world.submit(priority="high").job.priority == 2


def test_a_user_who_was_never_here_gets_an_account_and_is_welcomed_when_they_come() -> None:
    world = World()
    set_tier(world, "pro")
    assert (world.account().tier, world.account().available) == ("pro", 1_000)
    assert list(world.entries()) == ["2026-11:grant"]
    world.submit()
    assert world.account().available == 1_098
    assert "welcome:grant" in world.entries()


def test_a_team_gets_another_tier() -> None:
    world = World()
    team_id = world.found_team()
    set_tier(world, "studio", f"team_{team_id}")
    assert world.submit(teamId=team_id, priority="high").job.priority == 2


def test_an_unknown_tier_is_refused_with_those_there_are() -> None:
    world = World()
    with pytest.raises(InvalidRequestError) as refused:
        set_tier(world, "gold")
    (error,) = refused.value.details["fieldErrors"]
    assert error["field"] == "tier"
    assert "free, pro, studio" in error["message"]
    assert world.documents.paths() == []


def test_a_raised_tier_fills_its_new_slots_at_once() -> None:
    world = World()
    jobs = [world.submit().job.id for _ in range(15)]
    set_tier(world, "pro")
    assert world.account().active == 10
    assert [world.job(job_id).is_dispatched for job_id in jobs] == [True] * 10 + [False] * 5
    world.run_until_quiet()
    world.assert_promises()


def test_a_lowered_tier_stops_nothing_that_runs_and_starts_nothing_new() -> None:
    world = World()
    world.set_tier("pro")
    jobs = [world.submit().job.id for _ in range(10)]
    set_tier(world, "free")
    world.deliver(jobs[0])
    world.settle()
    assert not world.submit().job.is_dispatched
    world.run_until_quiet()
    world.assert_promises()
    assert {world.job(job_id).status for job_id in jobs} == {JobStatus.COMPLETED}


def test_the_same_tier_again_changes_no_balance() -> None:
    world = World()
    for _ in range(3):
        set_tier(world, "pro")
    assert (world.account().tier, world.account().available) == ("pro", 1_000)


def test_a_tier_and_a_submission_at_the_same_moment_both_count() -> None:
    world = World()
    world.submit()
    world.documents.meanwhile = [world.submit]
    set_tier(world, "pro")
    assert (world.account().tier, world.account().held) == ("pro", 4)


# ---- correction --------------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "available"), [(50, 148), (-50, 48), (-98, 0)])
def test_a_correction_goes_up_or_down_and_leaves_an_entry(amount: int, available: int) -> None:
    world = World()
    world.submit()
    account = adjust(world, amount)
    assert account == world.account()
    assert (account.available, account.held) == (available, 2)
    (entry,) = [e for e in world.entries().values() if e.type == "adjust"]
    assert (entry.amount, entry.actor, entry.reason) == (amount, "root", "double charge")
    assert (entry.available_after, entry.held_after) == (available, 2)


def test_a_correction_never_takes_what_is_held() -> None:
    world = World()
    world.submit()
    contents = world.contents()
    with pytest.raises(InsufficientCreditsError) as refused:
        adjust(world, -99)
    assert refused.value.details == {"required": 99, "available": 98}
    assert world.contents() == contents


def test_a_correction_sent_again_changes_nothing_even_where_it_emptied_the_account() -> None:
    world = World()
    world.submit()
    adjust(world, -98)
    contents = world.contents()
    assert adjust(world, -98).available == 0
    assert world.contents() == contents


def test_a_correction_sent_many_times_at_once_counts_once() -> None:
    world = World()
    world.submit()
    at_once(*[lambda: adjust(world, -30)] * 8)
    assert world.account().available == 68


@pytest.mark.parametrize("change", [{"amount": -31}, {"amount": 30}, {"reason": "another"}])
def test_a_request_id_used_for_another_correction_is_refused(change: dict[str, Any]) -> None:
    world = World()
    world.submit()
    adjust(world, -30)
    contents = world.contents()
    with pytest.raises(RequestIdReusedError):
        adjust(world, **{"amount": -30, **change})
    assert world.contents() == contents


def test_a_correction_opens_the_account_of_a_user_who_was_never_here() -> None:
    world = World()
    assert adjust(world, 40).available == 40
    assert len(world.entries()) == 1


@pytest.mark.parametrize(("amount", "refusal"), [(-1, InsufficientCreditsError)])
def test_a_refused_correction_opens_no_account(amount: int, refusal: type[RequestError]) -> None:
    world = World()
    with pytest.raises(refusal):
        adjust(world, amount)
    assert world.documents.paths() == []


def test_a_correction_beyond_the_largest_balance_is_refused() -> None:
    world = World()
    world.submit()
    world.overwrite("accounts/user_ann", available=CREDITS_MAX - 7)
    with pytest.raises(InvalidRequestError) as refused:
        adjust(world, 6)  # with the 2 held one too many
    assert [e["field"] for e in refused.value.details["fieldErrors"]] == ["amount"]
    assert adjust(world, 5).available == CREDITS_MAX - 2


def test_a_team_s_account_is_corrected_like_a_user_s() -> None:
    world = World()
    account_id = f"team_{world.found_team(available=10)}"
    assert adjust(world, -10, account_id).available == 0


# ---- the audit of the callables ----------------------------------------------------------------------


def asked_for(world: World, name: str, caller: Caller, **sent: Any) -> None:
    operation = OPERATIONS[name]
    operation.act(world.backend, caller, operation.read(sent))


def audit_of(world: World) -> list[AuditEntry]:
    return list(world.documents.find(AuditEntry, Query(at.AUDIT)))


GRANT = {"accountId": "user_ann", "amount": 5, "reason": "a gift", "requestId": "g1"}
BY_CALLABLE: list[tuple[str, dict[str, Any], tuple[str, str, str, list[str]]]] = [
    ("grantCredits", GRANT, ("accounts grant", "user_ann", "a gift", ["user_ann"])),
    (
        "controlAccount",
        {"action": "block", "accountId": "user_ann", "reason": "spam"},
        ("accounts block", "user_ann", "spam", ["user_ann"]),
    ),
    (
        "controlAccount",
        {"action": "setTier", "accountId": "user_ann", "tier": "pro", "reason": "a trial"},
        ("accounts setTier", "user_ann", "a trial", ["user_ann"]),
    ),
    ("controlAccount", {"action": "resetFuse"}, ("accounts resetFuse", "project", "", [])),
    (
        "controlAccount",
        {"action": "resetFuse", "lane": "free"},
        ("accounts resetFuse", "free", "", []),
    ),
]


@pytest.mark.parametrize(("name", "sent", "said"), BY_CALLABLE)
def test_what_an_administrator_does_by_a_callable_is_in_the_audit(
    name: str, sent: dict[str, Any], said: tuple[str, str, str, list[str]]
) -> None:
    world = World()
    world.set_tier("free")
    asked_for(world, name, ADMIN, **sent)
    [entry] = audit_of(world)
    assert (entry.action, entry.subject, entry.reason, list(entry.about)) == said
    assert (entry.actor, entry.outcome.value, entry.changed) == (ADMIN.uid, "done", 1)


@pytest.mark.parametrize(("name", "sent", "_"), BY_CALLABLE)
def test_of_anybody_else_nothing_is_written_down(name: str, sent: dict[str, Any], _: Any) -> None:
    world = World()
    with pytest.raises(NotAdminError):
        asked_for(world, name, ANN, **sent)
    assert audit_of(world) == []
