"""Suites of the tests' own, on ports that nobody else uses."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.support import offsets
from tests.tools.suite_run import SuiteRun
from tools.processes import PROC

# Above the ports that the functions emulator gives its workers, and below those of outgoing
# connections.
OFFSETS = itertools.count(5_000, 700)


@pytest.fixture
def free_offset() -> Iterator[int]:
    with offsets.free_offset(next(OFFSETS), 700) as offset:
        yield offset


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
