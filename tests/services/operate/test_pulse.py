"""What `/health` says of all that a job needs: within its time, at a bounded cost, and in a word."""

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from mediaforge.domain.errors import BusyError
from mediaforge.domain.watch.schedules import SILENT_AFTER
from mediaforge.services.operate.health import take_pulse
from mediaforge.services.pulse import KEPT, Pulse
from mediaforge.services.watch.schedules import note_end
from tests.support.world import World, logged

ALL = {"firestore", "storage", "sweep", "fuse", "model"}


def wrong(found: Mapping[str, bool]) -> set[str]:
    return {name for name, is_fine in found.items() if not is_fine}


def later(world: World) -> Mapping[str, bool]:
    world.clock.advance(KEPT.total_seconds())
    return take_pulse(world.backend)


def swept(world: World, ago: timedelta) -> None:
    heard = {"sweepJobs": world.clock.now() - ago}
    world.documents.overwrite("system/schedules", {"heard": heard, "told": {}})


def test_a_new_installation_is_in_order() -> None:
    found = take_pulse(World().backend)
    assert (set(found), wrong(found)) == (ALL, set())


def test_a_sweep_that_has_never_run_is_wrong_once_its_time_is_over() -> None:
    world = World()
    assert wrong(take_pulse(world.backend)) == set()
    world.clock.advance(SILENT_AFTER["sweepJobs"].total_seconds())
    assert wrong(take_pulse(world.backend)) == set()
    assert wrong(later(world)) == {"sweep"}
    note_end(world.backend, "sweepJobs")
    assert wrong(later(world)) == set()


def test_each_thing_that_a_job_needs_is_asked() -> None:
    world = World()
    silent = SILENT_AFTER["sweepJobs"] + timedelta(minutes=1)
    now = world.clock.now() + timedelta(hours=1)
    model = world.backend.catalogue.defaults.emulators["image"]
    swept(world, silent)
    assert wrong(later(world)) == {"sweep"}
    swept(world, timedelta(0))
    world.documents.overwrite("fuses/project", {"blown_at": world.clock.now()})
    assert wrong(later(world)) == {"fuse"}
    world.documents.overwrite("fuses/project", {"blown_at": None})
    world.documents.overwrite(f"breakers/{model}", {"trips": 1, "open_until": now})
    assert wrong(later(world)) == {"model"}
    world.documents.overwrite(f"breakers/{model}", {"trips": 0, "open_until": None})
    assert wrong(later(world)) == set()


@pytest.mark.parametrize(
    ("port", "method", "left"),
    [("documents", "transact", {"firestore", "storage"}), ("media", "exists", ALL)],
)
def test_what_does_not_answer_is_named(
    port: str, method: str, left: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()

    def silent(*_: Any) -> Any:
        raise BusyError("no answer")

    setattr(getattr(world.backend, port), method, silent)
    name = "firestore" if port == "documents" else "storage"
    found = take_pulse(world.backend)
    assert (set(found), wrong(found)) == (left, {name})
    assert [line["of"] for line in logged(capsys, "pulse.not_answering")] == [name]


def test_a_bug_of_ours_is_not_in_order_and_quotes_nobody(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken() -> Mapping[str, bool]:
        raise KeyError("a user's words")

    now = World().clock.now()
    assert Pulse().take(now, {"storage": broken}) == {"storage": False}
    [line] = logged(capsys, "pulse.broke")
    assert "words" not in str(line)


def test_it_is_looked_at_once_in_ten_seconds_however_many_ask() -> None:
    world, asked = World(), list[str]()
    exists = world.media.exists

    def counted(path: str) -> bool:
        asked.append(path)
        return exists(path)

    world.media.exists = counted  # type: ignore[method-assign]
    for _ in range(50):
        take_pulse(world.backend)
    assert len(asked) == 1
    later(world)
    assert len(asked) == 2
    world.clock.advance(-3600)  # a clock that was set back keeps nothing for an hour
    take_pulse(world.backend)
    assert len(asked) == 3


def test_what_hangs_is_not_waited_for_and_is_asked_once() -> None:
    goes_on, begun = threading.Event(), list[int]()

    def hangs() -> Mapping[str, bool]:
        begun.append(1)
        goes_on.wait()
        return {"sweep": True}

    pulse, now = Pulse(limit_s=1, first_limit_s=1), World().clock.now()
    looks = {"firestore": hangs, "storage": dict[str, bool]}
    for n in range(2):
        assert pulse.take(now + n * KEPT, looks) == {"firestore": False, "storage": True}
    assert len(begun) == 1
    goes_on.set()
    answered = Pulse(_open=pulse._open, _pool=pulse._pool)  # with the time that it takes
    assert answered.take(now, looks) == {"firestore": True, "sweep": True, "storage": True}
