"""Fuses in the fault harness: the verdict finds each kind of damage, and a safeguard that is taken away is
missed."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from mediaforge.ports.documents import Documents
from tests.faults import spoilt_hours
from tests.faults.harness import Settings, play
from tests.faults.hours import check_hours
from tests.faults.record import Commit, Fields, Record
from tests.faults.stores import MemoryStores


@dataclass
class Case:
    """A run that was well, to be damaged."""

    jobs: dict[str, dict[str, Any]]
    record: Record

    def judge(self) -> list[str]:
        return list(check_hours(self.jobs, self.record))

    def commits(self, path: str) -> list[tuple[int, Commit]]:
        return [(n, c) for n, c in enumerate(self.record.commits) if c.writes.get(path)]

    def rewrite(self, number: int, path: str, **fields: Any) -> None:
        """The document as that commit wrote it, but for these fields."""
        commit = self.record.commits[number]
        written: Mapping[str, Any] = commit.writes[path] or {}
        commit.writes = {**commit.writes, path: {**written, **fields}}

    def given(self) -> tuple[int, str, Fields]:
        """A slot that was given to a job that had waited for it: by which commit, and the job before it."""
        before: dict[str, Fields] = {}
        for number, commit in enumerate(self.record.commits):
            for path, job in commit.writes.items():
                if not path.startswith("jobs/") or job is None:
                    continue
                if job["is_dispatched"] and path in before and not before[path]["is_dispatched"]:
                    return number, path, before[path]
                before[path] = job
        raise AssertionError("every job had its slot at once")


@cache
def well() -> Case:
    stores = MemoryStores()
    record = play(Settings(4, jobs=40, accounts=5), stores).record
    jobs = {
        path.removeprefix("jobs/"): dict(fields)
        for path, fields in stores.contents().items()
        if path.startswith("jobs/")
    }
    return Case(jobs, record)


@pytest.fixture
def case() -> Case:
    return deepcopy(well())


def test_a_run_that_was_well_has_no_findings(case: Case) -> None:
    assert case.judge() == []


def count_more(case: Case) -> None:
    number, _, before = case.given()
    path = f"accounts/{before['account_id']}"
    account = case.record.commits[number].writes[path]
    assert account is not None
    slices = {name: amount + 1 for name, amount in account["spend"]["slices"].items()}
    case.rewrite(number, path, spend={"slices": slices})


def begin_behind_a_fuse(case: Case) -> None:
    number, _, before = case.given()
    path = f"accounts/{before['account_id']}"
    earlier = [n for n, _ in case.commits(path) if n < number][-1]
    case.rewrite(earlier, path, fuse_blown_at=case.record.commits[earlier].at)


def begin_in_another_lane(case: Case) -> None:
    number, path, _ = case.given()
    lane = {"free": "paid", "paid": "free"}[
        (case.record.commits[number].writes[path] or {})["lane"]
    ]
    case.rewrite(number, path, lane=lane)


def begin_in_another_queue(case: Case) -> None:
    number, path, _ = case.given()
    case.rewrite(number, path, queue="runLocalVideo")


def move_to_another_queue(case: Case) -> None:
    number, path, _ = case.given()
    later = [n for n, _ in case.commits(path) if n > number]
    case.rewrite(later[0], path, queue="runLocalVideo")


def send_to_another_queue(case: Case) -> None:
    next(iter(case.record.sent.values())).add("runLocalVideo")


def begin_unasked(case: Case) -> None:
    number, _, _ = case.given()
    del case.record.readings[case.record.commits[number].process]


def begin_though_told(case: Case) -> None:
    number, _, _ = case.given()
    process = case.record.commits[number].process
    told = case.record.readings[process]
    case.record.readings[process] = [replace(reading, is_blown=True) for reading in told]


def pass_the_share(case: Case) -> None:
    case.record.share = 3


def start_more(case: Case) -> None:
    next(iter(case.jobs.values()))["started_credits"] += 2


def blow_for_nothing(case: Case) -> None:
    case.record.fuse_limits |= {"project": 10_000, "free": 10_000}


def be_told_too_late(case: Case) -> None:
    [(number, _), *_] = case.commits("fuses/project")
    commit = case.record.commits[number]
    case.record.commits[number:] = [
        replace(c, writes={p: f for p, f in c.writes.items() if p != "fuses/project"})
        for c in case.record.commits[number:]
    ]
    blown: dict[str, Any] = {"blown_at": commit.at, "reset_at": None, "lanes": {}}
    case.record.commits.insert(0, Commit(case.record.commits[0].at, "x", {"fuses/project": blown}))


DAMAGES: dict[Callable[[Case], None], str] = {
    count_more: "begun in slice",
    begin_behind_a_fuse: "expected not to begin behind the blown fuse",
    begin_in_another_lane: "expected the lane",
    begin_in_another_queue: "expected to get a slot in runLocalImage",
    move_to_another_queue: "expected to stay in runLocalImage",
    send_to_another_queue: "expected no task of it in runLocalVideo, found one",
    begin_unasked: "expected the fuses of its lane to be asked and whole, found []",
    begin_though_told: "expected the fuses of its lane to be asked and whole",
    pass_the_share: "to begin 3 an hour, found",
    start_more: "credits started, found",
    blow_for_nothing: "to have started over 10000, found",
    be_told_too_late: "that it is whole, found blown",
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_is_found(damage: Callable[[Case], None], case: Case) -> None:
    damage(case)
    found = case.judge()
    assert any(DAMAGES[damage] in finding for finding in found), found


SABOTAGES: dict[Callable[[Documents], Documents], str] = {
    spoilt_hours.counted_at_submission: "begun in slice",
    spoilt_hours.kept_in_the_hour: "begun in slice",
    spoilt_hours.counted_once: "begun in slice",
    spoilt_hours.uncounted_starts: "credits started, found 0",
    spoilt_hours.one_queue: "expected to get a slot in runLocalImageFree",
}


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda sabotage: sabotage.__name__)
def test_a_safeguard_that_is_taken_away_is_missed(
    sabotage: Callable[[Documents], Documents],
) -> None:
    runs = (play(Settings(seed, jobs=40, accounts=5, sabotage=sabotage)) for seed in (1, 2, 3))
    assert any(SABOTAGES[sabotage] in finding for run in runs for finding in run.findings)


def test_who_is_blind_to_a_blown_fuse_is_seen_to_begin_behind_it() -> None:
    """In a large run: what would blow it again is held up all the same, so it takes what is cheap."""
    sabotaged = Settings(4, jobs=150, accounts=12, sabotage=spoilt_hours.blind_to_fuses)
    expected = "expected not to begin behind the blown fuse"
    assert any(expected in finding for finding in play(sabotaged).findings)
