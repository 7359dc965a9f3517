"""A process killed at every step between two writes, on the real adapters. Its task is lost
and triggers are off until it is dead; then the rest of the system brings each job to its end."""

import os
import subprocess
import sys

import pytest

from tests.emulator.conftest import Inside, triggers_off
from tests.support.mortal_process import KILLED
from tools.setup import ROOT
from tools.suite import Suite

PROMPTS = {
    "delivered": "killed",
    "partial": "[[partial:1]] killed",
    "refused": "[[blocked]] killed",
}
# A life has more; with fewer, hardly anything would have been tried.
STEPS_MIN = 10


def live_and_die(name: str, prompt: str) -> list[int]:
    """The exit codes of the processes, of which each dies one step later."""
    path = f"{ROOT}{os.pathsep}{ROOT / 'functions'}"
    printed = subprocess.check_output(
        [sys.executable, "-m", "tests.support.mortal_process", name, prompt],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path, "PICKUP_S": "3", "LEASE_S": "5"},
        text=True,
        timeout=600,
    )
    return [int(code) for code in printed.splitlines()[-1].split()]


@pytest.mark.parametrize("path", PROMPTS)
def test_a_kill_at_any_step_is_made_good(path: str, suite: Suite, inside: Inside) -> None:
    with triggers_off(suite):
        exits = live_and_die(path, PROMPTS[path])
    assert exits == [KILLED] * len(exits)
    assert len(exits) > STEPS_MIN
    uids = [f"{path}-killed-at-{step}" for step in range(1, len(exits) + 1)]
    # Killed before its first commit, a submission never was; from then on it has to end.
    assert not inside.database.document(f"accounts/user_{uids[0]}").get().exists
    for uid in uids[1:]:
        for job in inside.jobs_of(uid):
            inside.wait_until_settled(job.id)
    inside.assert_promises_of(*uids[1:])
