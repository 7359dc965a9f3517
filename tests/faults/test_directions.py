"""The creative director in the fault harness: the runs see all that can become of a direction, the verdict
finds each kind of damage, and a safeguard that is taken away is missed."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from mediaforge.ports.documents import Documents
from tests.faults import spoilt_directions
from tests.faults.directed import check_directions
from tests.faults.harness import Settings, play
from tests.faults.record import Fields, Record, Reply
from tests.faults.stores import MemoryStores


@dataclass
class Case:
    """A run that was well, to be damaged."""

    contents: dict[str, dict[str, Any]]
    record: Record

    def judge(self) -> list[str]:
        return list(check_directions(self.contents, self.record))

    def direction(self, status: str = "answered") -> dict[str, Any]:
        return next(
            fields
            for path, fields in self.contents.items()
            if path.startswith("directions/") and fields["status"] == status
        )

    def entry_path(self, direction: Fields, name: str) -> str:
        return f"accounts/{direction['account_id']}/ledger/{direction['id']}:{name}"


@cache
def well() -> Case:
    stores = MemoryStores()
    record = play(Settings(3, jobs=40, accounts=12), stores).record
    return Case({p: dict(f) for p, f in stores.contents().items()}, record)


@pytest.fixture
def case() -> Case:
    return deepcopy(well())


def test_a_run_that_was_well_has_no_findings(case: Case) -> None:
    assert case.judge() == []


def test_the_run_sees_every_end_of_a_direction_and_directions_asked_again(case: Case) -> None:
    directions = [f for path, f in case.contents.items() if path.startswith("directions/")]
    assert {direction["status"] for direction in directions} >= {"answered", "refused"}
    assert max(direction["asks"] for direction in directions) > 1
    named = [reply for reply in case.record.replies if reply.request_id]
    assert len(named) > len({reply.name for reply in named})


def keep_asking(case: Case) -> None:
    case.direction()["status"] = "asking"


def keep_due(case: Case) -> None:
    direction = case.direction()
    direction["due_at"] = direction["created_at"]


def lose_capture(case: Case) -> None:
    direction = case.direction()
    del case.contents[case.entry_path(direction, f"capture:{direction['asks']}")]


def capture_refused(case: Case) -> None:
    direction = case.direction("refused")
    case.contents[case.entry_path(direction, f"release:{direction['asks']}")]["type"] = "capture"


def close_another_hold(case: Case) -> None:
    direction = case.direction()
    capture = case.contents.pop(case.entry_path(direction, f"capture:{direction['asks']}"))
    case.contents[case.entry_path(direction, "capture:9")] = capture


def hold_too_much(case: Case) -> None:
    direction = case.direction()
    case.contents[case.entry_path(direction, f"hold:{direction['asks']}")]["amount"] = 9


def charge_nothing(case: Case) -> None:
    case.direction()["charged_credits"] = 0


def ask_unheld(case: Case) -> None:
    case.record.asks.append(replace(case.record.asks[0], process="somebody"))


def ask_twice(case: Case) -> None:
    case.record.asks.append(replace(case.record.asks[0]))


def ask_beside(case: Case) -> None:
    """A second caller holds and asks in the middle of the first one's call."""
    first = max(case.record.asks, key=lambda ask: (ask.ended_at or ask.started_at) - ask.started_at)
    assert first.ended_at is not None
    middle = first.started_at + (first.ended_at - first.started_at) / 3
    case.record.asks.append(replace(first, process="another", started_at=middle))
    hold = next(
        commit
        for commit in case.record.commits
        if commit.process == first.process
        and any(p.startswith("directions/") for p in commit.writes)
    )
    case.record.commits.append(replace(hold, process="another", at=middle))


def ask_too_often(case: Case) -> None:
    limits = {"directions": 0, "direction_refusals": 9}
    case.record.direction_limits |= dict.fromkeys(case.record.direction_limits, limits)


def refuse_too_often(case: Case) -> None:
    limits = {"directions": 99, "direction_refusals": 0}
    case.record.direction_limits |= dict.fromkeys(case.record.direction_limits, limits)


def answer_otherwise(case: Case) -> None:
    reply = next(r for r in case.record.replies if r.direction_id and r.request_id)
    case.record.replies.append(replace(reply, rationale="another"))


def refuse_what_was_answered(case: Case) -> None:
    reply = next(r for r in case.record.replies if r.direction_id and r.request_id)
    refused = Reply(reply.name, reply.uid, reply.request_id, None, None, "invalid-request")
    case.record.replies.append(refused)


def forget_hold(case: Case) -> None:
    commit = next(
        commit
        for commit in case.record.commits
        for path, fields in commit.writes.items()
        if path.startswith("directions/") and fields and fields["status"] == "asking"
    )
    commit.writes = {
        path: {**fields, "held": 0, "asking": 0} if path.count("/") == 1 and fields else fields
        for path, fields in commit.writes.items()
        if not path.startswith("directions/")
    } | {path: f for path, f in commit.writes.items() if path.startswith("directions/")}


DAMAGES: Sequence[tuple[Callable[[Case], None], str]] = (
    (keep_asking, "expected to have ended, found asking"),
    (keep_due, "expected no due_at"),
    (lose_capture, "'capture': 1"),
    (capture_refused, "'capture': 1}"),
    (close_another_hold, "expected each hold to be closed"),
    (hold_too_much, "expected 1, found {"),
    (charge_nothing, "found (0, True)"),
    (ask_unheld, "expected a hold before somebody asked, found none"),
    (ask_twice, "to ask once, found 2"),
    (ask_beside, "expected one to ask at a time"),
    (ask_too_often, "expected at most 0 directions on"),
    (refuse_too_often, "expected at most 0 direction_refusals on"),
    (answer_otherwise, "expected one answer for ever"),
    (refuse_what_was_answered, "expected one answer for ever"),
    (forget_hold, "held and asking at"),
)


@pytest.mark.parametrize(("damage", "finding"), DAMAGES, ids=[d.__name__ for d, _ in DAMAGES])
def test_each_damage_is_found(case: Case, damage: Callable[[Case], None], finding: str) -> None:
    damage(case)
    findings = case.judge()
    assert any(finding in found for found in findings), findings


# ---- with a safeguard taken away -----------------------------------------------------------------


def spoilt(sabotage: Callable[[Documents], Documents]) -> Sequence[str]:
    return play(Settings(3, jobs=10, accounts=12, sabotage=sabotage)).findings


def test_charged_after_it_has_answered_is_seen_as_asked_without_a_hold() -> None:
    findings = spoilt(spoilt_directions.charged_after)
    assert any("expected a hold before" in finding for finding in findings)


def test_without_a_due_at_a_hold_is_seen_that_nobody_closes() -> None:
    findings = spoilt(spoilt_directions.without_due_at)
    assert any("expected to have ended, found asking" in finding for finding in findings)
    assert any("expected no held, found" in finding for finding in findings)


def test_a_second_caller_who_asks_too_is_seen() -> None:
    findings = spoilt(spoilt_directions.joining)
    assert any("expected one to ask at a time" in finding for finding in findings)


def test_without_numbers_a_second_hold_is_seen_to_be_refused() -> None:
    findings = spoilt(spoilt_directions.without_numbers)
    assert any(".direction." in each and "was refused: This requestId" in each for each in findings)
