"""Suites of the tests' own, on ports that nobody else uses."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.tools.suite_run import SuiteRun
from tools.ports import OFFSET_VARIABLE, busy_ports, read_ports
from tools.processes import PROC
from tools.setup import ROOT

# Above the ports that the functions emulator gives its workers, and below those of outgoing
# connections.
OFFSETS = itertools.count(5_000, 700)


@pytest.fixture
def free_offset() -> int:
    for offset in OFFSETS:
        if not busy_ports(read_ports(ROOT / "firebase.json", {OFFSET_VARIABLE: str(offset)})):
            return offset
    raise AssertionError("the counter never ends")


@pytest.fixture
def suite_run(free_offset: int) -> Iterator[SuiteRun]:
    if not PROC.joinpath("self/environ").exists():
        pytest.skip("finds the suite's processes in /proc, which this system does not have")
    run = SuiteRun(free_offset)
    yield run
    run.close()


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "60"], env={**os.environ, "MEDIAFORGE_SUITE": "a-test"})  # noqa: S607
    yield process
    process.kill()
    process.wait()
