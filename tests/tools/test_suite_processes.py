"""However the suite is stopped, no process of it is left, of whatever language."""

from __future__ import annotations

import re
import signal
import subprocess
from collections import Counter

import pytest

from tests.tools.suite_run import (
    GONE_LIMIT_S,
    MAKE,
    READY_LIMIT_S,
    SUPERVISOR,
    SuiteRun,
    wait_until,
)
from tools.setup import ROOT

pytestmark = pytest.mark.suite


def test_control_c_leaves_nothing_and_a_second_start_meanwhile_names_the_port(
    suite_run: SuiteRun,
) -> None:
    suite_run.start(MAKE)
    suite_run.wait_until_ready()
    running = suite_run.commands()
    assert {"java", "node", "functions-frame"} <= set(running)

    second = subprocess.run(
        SUPERVISOR,
        cwd=ROOT,
        env=suite_run.environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert second.returncode == 1
    assert re.search(
        rf"Port {8080 + suite_run.offset} \(firestore\) is taken by java \(pid [0-9]+\)\.",
        second.stderr,
    )
    assert second.stderr.count("MEDIAFORGE_PORT_OFFSET=") == 1
    # The second one left the first one alone, which goes on starting its workers.
    assert not Counter(running) - Counter(suite_run.commands())

    suite_run.type_control_c()
    assert wait_until(lambda: "Stopping" in suite_run.output, GONE_LIMIT_S), suite_run.output
    suite_run.type_control_c()  # an impatient user
    suite_run.wait_for_end()
    suite_run.assert_nothing_is_left()


def test_closing_the_terminal_leaves_nothing(suite_run: SuiteRun) -> None:
    suite_run.start(MAKE)
    suite_run.wait_until_ready()

    suite_run.close_terminal()

    suite_run.wait_for_end()
    suite_run.assert_nothing_is_left()


def test_sigterm_while_workers_are_starting_leaves_nothing(suite_run: SuiteRun) -> None:
    suite_run.start(MAKE)
    assert wait_until(lambda: "functions-frame" in suite_run.commands(), READY_LIMIT_S)

    suite_run.send(signal.SIGTERM)

    suite_run.wait_for_end()
    suite_run.assert_nothing_is_left()


def test_killing_the_supervisor_leaves_nothing(suite_run: SuiteRun) -> None:
    suite_run.start(SUPERVISOR)
    suite_run.wait_until_ready()

    suite_run.send(signal.SIGKILL)

    assert suite_run.wait_for_end() == -signal.SIGKILL
    suite_run.assert_nothing_is_left()
