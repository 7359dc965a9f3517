"""What a scheduled run ends in: one that fails is begun again by Cloud Scheduler, three times."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest

from mediaforge import bootstrap
from mediaforge.contract import documents as at
from mediaforge.domain.errors import BusyError
from mediaforge.entrypoints import schedules
from mediaforge.ports.documents import Query, Transaction, Written
from tests.support.world import SharedDocuments, World, logged, user

D = TypeVar("D")
T = TypeVar("T")
TICK: Any = SimpleNamespace()  # nobody looks at it


@dataclass
class Busy:
    """Documents of which one, or one collection, cannot be read for now: so many `times`."""

    documents: Any
    path: str
    times: int = 1000

    def get(self, ref: at.Ref[D]) -> D | None:
        self._refuse(ref.path)
        found: D | None = self.documents.get(ref)
        return found

    def find_ids(self, query: Query) -> list[str]:
        self._refuse(query.collection)
        found: list[str] = self.documents.find_ids(query)
        return found

    def _refuse(self, path: str) -> None:
        if path == self.path and self.times > 0:
            self.times -= 1
            raise BusyError("503")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.documents, name)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Ann's balance is wrong, and Bob has an account, too."""
    world = World()
    world.finish()
    world.submit(caller=user("bob"))
    world.overwrite("accounts/user_ann", available=7)
    monkeypatch.setattr(bootstrap, "backend", lambda: world.backend)
    return world


def test_a_check_that_could_not_read_one_account_is_not_begun_again(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each of its runs alarms of all that it finds."""
    documents: Any = Busy(world.documents, "accounts/user_bob")
    world.backend = replace(world.backend, documents=documents)
    schedules.check(TICK)
    alarms = logged(capsys, "invariant.violated")
    assert {line["document"] for line in alarms} == {"accounts/user_ann"}


def test_a_check_that_could_not_read_one_account_says_so(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    documents: Any = Busy(world.documents, "accounts/user_bob")
    world.backend = replace(world.backend, documents=documents)
    schedules.check(TICK)
    (line,) = logged(capsys, "invariants.unread")
    assert (line["severity"], line["accounts"]) == ("ERROR", 1)


def test_an_account_that_could_not_be_read_once_is_read_at_the_end_of_the_run(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    documents: Any = Busy(world.documents, "accounts/user_ann", times=1)
    world.backend = replace(world.backend, documents=documents)
    schedules.check(TICK)
    (line,) = logged(capsys, "invariant.violated")
    assert line["document"] == "accounts/user_ann"


def test_what_was_settled_while_an_account_could_not_be_read_is_looked_at_the_night_after(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    job = world.finish()
    world.overwrite(f"jobs/{job.id}", charged_credits=0)
    readable = world.backend
    documents: Any = Busy(world.documents, "accounts/user_ann")
    for _ in range(2):
        world.backend = replace(readable, documents=documents)
        world.clock.advance(24 * 3600)
        schedules.check(TICK)
    assert logged(capsys, "invariant.violated") == []
    world.backend = readable
    world.clock.advance(24 * 3600)
    schedules.check(TICK)
    assert f"jobs/{job.id}" in {line["document"] for line in logged(capsys, "invariant.violated")}
    world.clock.advance(24 * 3600)
    schedules.check(TICK)  # all that was missed is made up for
    assert {line["document"] for line in logged(capsys, "invariant.violated")} == {
        "accounts/user_ann"
    }


def test_a_check_that_could_not_look_at_all_is_begun_again(world: World) -> None:
    documents: Any = Busy(world.documents, at.ACCOUNTS)
    world.backend = replace(world.backend, documents=documents)
    with pytest.raises(RuntimeError, match="checkInvariants failed: BusyError"):
        schedules.check(TICK)


# ---- silent death ------------------------------------------------------------------------------------

RUNS = {
    "sweepJobs": schedules.sweep,
    "checkInvariants": schedules.check,
    "grantMonthly": schedules.grant_month,
    "recountUploads": schedules.recount,
}


@pytest.mark.parametrize("name", RUNS)
def test_a_run_that_comes_to_its_end_is_noted(world: World, name: str) -> None:
    schedules.sweep(TICK)
    world.clock.advance(3600)
    RUNS[name](TICK)
    known = world.documents.get(at.schedules())
    assert known is not None
    assert known.heard[name] == world.clock.now()


def test_a_check_that_could_not_read_one_account_has_come_to_its_end(world: World) -> None:
    documents: Any = Busy(world.documents, "accounts/user_bob")
    world.backend = replace(world.backend, documents=documents)
    schedules.sweep(TICK)
    world.clock.advance(3600)
    schedules.check(TICK)
    known = world.documents.get(at.schedules())
    assert known is not None
    assert known.heard["checkInvariants"] == world.clock.now()


def test_a_run_that_fails_is_not_noted_and_the_sweep_says_so_once_an_hour(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    schedules.sweep(TICK)
    readable, began_at = world.backend, world.clock.now()
    for _ in range(51):
        documents: Any = Busy(world.documents, at.ACCOUNTS)
        world.backend = replace(world.backend, documents=documents)
        with pytest.raises(RuntimeError):
            schedules.check(TICK)
        world.backend = readable
        schedules.recount(TICK)
        schedules.grant_month(TICK)
        for _ in range(6):
            schedules.sweep(TICK)
            world.clock.advance(600)
    (line,) = logged(capsys, "schedule.silent")
    assert (line["severity"], line["schedule"]) == ("ERROR", "checkInvariants")
    assert line["heard_at"] == began_at.isoformat()
    assert line["noticed_by"] == "sweepJobs"


def test_a_sweep_that_never_runs_is_noticed_by_the_others(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        schedules.grant_month(TICK)
        world.clock.advance(3600)
    silent = [line["schedule"] for line in logged(capsys, "schedule.silent")]
    assert silent == ["sweepJobs", "sweepJobs"]


def test_an_end_that_cannot_be_noted_fails_no_run(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    class Full(SharedDocuments):
        def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
            raise BusyError("503")

    world.backend = replace(world.backend, documents=Full())
    schedules.sweep(TICK)
    (line,) = logged(capsys, "schedule.not_noted")
    assert line["schedule"] == "sweepJobs"


def test_what_was_noted_and_cannot_be_read_fails_no_run(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.documents.overwrite("system/schedules", {"heard": "long ago"})
    schedules.sweep(TICK)
    (line,) = logged(capsys, "schedule.not_noted")
    assert (line["severity"], line["schedule"]) == ("ERROR", "sweepJobs")
