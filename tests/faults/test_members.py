"""Members who come and go with codes in their drawers, and accounts that are blocked, in any order, with
repeats and kills: what was promised holds, and a safeguard of it that is taken away is missed."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from tests.faults.drawers import check_blocks, check_memberships
from tests.faults.harness import Result, Settings, play
from tests.faults.member_sabotage import SABOTAGES
from tests.faults.record import Fields, Record
from tests.faults.stores import MemoryStores

SEEDS = (1, 2, 3, 4)


def small(seed: int, **changes: Any) -> Settings:
    return Settings(seed, jobs=30, accounts=4, **changes)


@cache
def well(seed: int) -> tuple[Result, dict[str, Fields]]:
    stores = MemoryStores()
    result = play(small(seed), stores)
    return result, dict(stores.contents())


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_comes_and_goes_every_promise_is_kept(seed: int) -> None:
    result, _ = well(seed)
    assert not result.findings, result.report()


def test_the_runs_see_people_who_leave_are_removed_and_come_back() -> None:
    seen = Counter[tuple[str, bool]]()
    for seed in SEEDS:
        for commit in well(seed)[0].record.commits:
            for path, fields in commit.writes.items():
                if "drawer" in path and "/members/" in path:
                    seen[commit.process.split()[0], fields is not None] += 1
    assert seen["accept", True] >= 8
    assert seen["leave", False] >= 2
    assert seen["removal", False] >= 4


def test_the_runs_see_blocks_that_keep_jobs_waiting() -> None:
    blocked, waited = 0, 0
    for seed in SEEDS:
        is_blocked = False
        for commit in well(seed)[0].record.commits:
            for path, fields in commit.writes.items():
                if path.startswith("accounts/") and path.count("/") == 1 and fields:
                    blocked += fields["blocked_at"] is not None and not is_blocked
                    is_blocked = fields["blocked_at"] is not None
                    waited += is_blocked and fields["due_at"] is not None
    assert blocked >= 6
    assert waited >= 4


@pytest.mark.parametrize("name", SABOTAGES)
def test_without_its_safeguard_it_is_seen(name: str) -> None:
    sabotage, expected = SABOTAGES[name]
    runs = (play(small(seed, sabotage=sabotage)).findings for seed in SEEDS)
    assert any(expected in finding for findings in runs for finding in findings)


# ---- the verdict's own eyes ----------------------------------------------------------------------

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
TEAM = "teams/t"
OWNER = {"role": "owner", "limits": {"images": None}}
LIMITED = {"role": "editor", "limits": {"images": 2}}
JOB = {
    **{"user_id": "eve", "team_id": "t", "account_id": "team_t", "created_at": NOON},
    **{
        "is_dispatched": False,
        "may_have_billed": 1,
        "count": 1,
        "settled_at": NOON,
        "clean_at": None,
    },
}


class Case:
    """Eve joins a team of Ann's, asks for something and leaves; Zoe is invited by name before that, and comes
    after it."""

    def __init__(self) -> None:
        self.record = Record(member_limits={("t", "eve"): 2})
        self.commit("team", **{f"{TEAM}/members/ann": OWNER})
        self.commit("invite", **{f"{TEAM}/invites/1": {}})
        self.commit("invite", **{f"{TEAM}/invites/2": {}})
        self.commit("invite", **{f"{TEAM}/invites/3": {"bound_to": "uid:zoe"}})
        self.join("eve", "1", LIMITED)
        self.commit("member", **{"jobs/1": JOB})
        self.commit("block", **{"accounts/user_bob": {"blocked_at": NOON}})

    def commit(self, process: str, **writes: Any) -> None:
        self.record.commit(NOON, f"{process} #1", writes)

    def join(self, uid: str, code: str, as_: Fields = OWNER) -> None:
        used = {f"{TEAM}/invites/{code}": None, f"{TEAM}/former/{uid}": None}
        self.commit("accept", **{f"{TEAM}/members/{uid}": as_, **used})

    def end(self, kind: str, uid: str = "eve") -> None:
        gone = {f"{TEAM}/members/{uid}": None, f"{TEAM}/former/{uid}": LIMITED}
        self.commit(kind, **gone)

    def findings(self) -> list[str]:
        found = check_memberships(self.record.last, self.record)
        return [*found, *check_blocks(self.record)]


def join_after_a_removal(case: Case) -> None:
    case.end("removal")
    case.join("eve-2", "2")


def join_after_the_removal_of_who_had_left(case: Case) -> None:
    case.end("leave")
    case.commit("removal", **{f"{TEAM}/former/eve": LIMITED})
    case.join("eve-2", "2")


def come_back_by_a_code_of_before(case: Case) -> None:
    case.end("leave")
    case.join("eve", "2", LIMITED)


def use_what_is_another_s(case: Case) -> None:
    case.join("bob", "3")


def serve_who_is_gone(case: Case) -> None:
    case.end("leave")
    case.commit("member", **{"jobs/2": JOB})


def lose_the_owner(case: Case) -> None:
    case.end("removal", "ann")


def lift_the_limit(case: Case) -> None:
    case.commit("x", **{f"{TEAM}/members/eve": OWNER})


def forget_the_day(case: Case) -> None:
    case.commit("member", **{"jobs/2": {**JOB, "count": 2}})


def accept_of_who_is_blocked(case: Case) -> None:
    case.commit("x", **{"jobs/3": {**JOB, "team_id": None, "account_id": "user_bob"}})


def give_a_slot_to_who_is_blocked(case: Case) -> None:
    own = {**JOB, "team_id": None, "account_id": "user_carl"}
    case.commit("x", **{"jobs/3": own})
    case.commit("block", **{"accounts/user_carl": {"blocked_at": NOON}})
    case.commit("x", **{"jobs/3": {**own, "is_dispatched": True}})


DAMAGES: dict[Callable[[Case], None], str] = {
    join_after_a_removal: "members/eve-2: expected no code of before a removal",
    join_after_the_removal_of_who_had_left: "members/eve-2: expected no code of before a removal",
    come_back_by_a_code_of_before: "members/eve: expected no code of before the end of their",
    use_what_is_another_s: "members/bob: expected a code for uid:zoe to let in nobody else",
    serve_who_is_gone: "jobs/2: expected to be of an editor of teams/t, found eve",
    lose_the_owner: "teams/t: expected an owner at every moment",
    lift_the_limit: "teams/t/members/eve: expected a limit of 2 images a day",
    forget_the_day: "teams/t/members/eve: expected at most 2 images on 2026-11-30, found 3",
    accept_of_who_is_blocked: "jobs/3: expected nothing for user_bob, which is blocked, found it acc",
    give_a_slot_to_who_is_blocked: "jobs/3: expected nothing for user_carl, which is blocked, found",
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_is_found(damage: Callable[[Case], None]) -> None:
    case = Case()
    damage(case)
    assert any(DAMAGES[damage] in finding for finding in case.findings()), case.findings()


@pytest.mark.parametrize("goes", ["leave", "removal"])
def test_what_is_as_promised_has_no_findings(goes: str) -> None:
    case = Case()
    case.end(goes)
    case.join("zoe", "3")
    case.commit("invite", **{f"{TEAM}/invites/4": {}})
    case.join("eve", "4", LIMITED)
    case.commit("x", **{"accounts/user_bob": {"blocked_at": None}})
    case.commit("x", **{"jobs/3": {**JOB, "team_id": None, "account_id": "user_bob"}})
    assert case.findings() == []
