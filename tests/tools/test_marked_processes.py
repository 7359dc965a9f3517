"""Only what carries a suite's id is found, and ended."""

from __future__ import annotations

import os
import signal
import subprocess

from tools.processes import end_marked, marked_pids


def test_a_process_that_carries_the_id_is_found(sleeper: subprocess.Popen[bytes]) -> None:
    assert marked_pids("a-test") == [sleeper.pid]


def test_a_part_of_an_id_is_not_an_id(sleeper: subprocess.Popen[bytes]) -> None:
    assert sleeper.pid not in marked_pids("a-tes")


def test_ending_one_suite_leaves_another_alone(sleeper: subprocess.Popen[bytes]) -> None:
    assert end_marked("another-test") == []
    assert sleeper.poll() is None


def test_a_process_that_does_not_listen_is_killed(sleeper: subprocess.Popen[bytes]) -> None:
    sleeper.send_signal(signal.SIGSTOP)
    os.waitpid(sleeper.pid, os.WUNTRACED)  # from here on it cannot act on SIGTERM

    assert end_marked("a-test", grace_s=0.2) == []
    assert sleeper.wait(60) == -signal.SIGKILL
