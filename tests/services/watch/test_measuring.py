"""The line that charts and alarms are made of."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from mediaforge.services.watch import measuring
from mediaforge.services.watch.sweep import sweep_jobs
from tests.support.world import World, logged


def measured(world: World, capsys: pytest.CaptureFixture[str]) -> Mapping[str, Any]:
    capsys.readouterr()
    measuring.measure(world.backend, world.clock.now())
    (line,) = logged(capsys, "jobs.measured")
    return {name: each for name, each in line.items() if name not in ("severity", "message")}


def test_an_installation_at_rest_is_measured_with_zeros(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = measured(World(), capsys)
    assert set(line.values()) == {0}
    assert len(line) == 8


def test_what_waits_and_what_died_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    world.finish("[[fail:always]]")
    world.submit("one")
    world.clock.advance(400)
    world.submit("two")
    line = measured(world, capsys)
    assert (line["unsettled"], line["queued"], line["oldest_queued_s"]) == (2, 2, 400)
    assert (line["dead_letters"], line["started_credits"] > 0) == (1, True)


def test_each_sweep_of_a_minute_measures_and_a_failing_measure_stops_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    assert world.clock.now().second == 0
    sweep_jobs(world.backend)
    assert len(logged(capsys, "jobs.measured")) == 1
    world.clock.advance(1)
    sweep_jobs(world.backend)
    assert logged(capsys, "jobs.measured") == []
    world.clock.advance(59)
    world.documents.sum = lambda *_: json.loads("{")  # type: ignore[method-assign]
    world.submit()
    assert sweep_jobs(world.backend) is not None
    assert logged(capsys, "jobs.measured") == []
