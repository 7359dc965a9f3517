"""A process killed at every step between two writes, on the real adapters. Its task is lost
and triggers are off until it is dead; then the rest of the system brings each job to its end."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

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


def live(uid: str, die_at: int, prompt: str) -> subprocess.CompletedProcess[str]:
    path = f"{ROOT}{os.pathsep}{ROOT / 'functions'}"
    return subprocess.run(
        [sys.executable, "-m", "tests.support.mortal_process", uid, str(die_at), prompt],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path, "PICKUP_S": "3", "LEASE_S": "5"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize("path", PROMPTS)
def test_a_kill_at_any_step_is_made_good(path: str, suite: Suite, inside: Inside) -> None:
    prompt = PROMPTS[path]
    with triggers_off(suite):
        unharmed = live(f"{path}-unharmed", 0, prompt)
        steps = int(unharmed.stdout.splitlines()[-1])
        uids = [f"{path}-killed-at-{step}" for step in range(1, steps + 1)]
        with ThreadPoolExecutor(3) as pool:
            deaths = list(pool.map(lambda step: live(uids[step], step + 1, prompt), range(steps)))
    assert [death.returncode for death in deaths] == [KILLED] * steps
    # Killed before its first commit, a submission never was; from then on it has to end.
    assert not inside.database.document(f"accounts/user_{uids[0]}").get().exists
    for uid in uids[1:]:
        for job in inside.jobs_of(uid):
            inside.wait_until_settled(job.id)
    inside.assert_promises_of(*uids[1:])
