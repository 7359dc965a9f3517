"""A queue is named twice, in the catalogue and in `main`: a task sent to a queue that is none is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mediaforge import config
from mediaforge.services.tasks import ROTATION_QUEUE

MAIN = Path(__file__).parents[2] / "functions" / "main.py"


LIST_QUEUES = """
import json
from firebase_functions.private.serving import get_functions
from mediaforge import bootstrap
models = bootstrap.catalogue().models.values()
has = [n for n, f in get_functions().items() if f.__firebase_endpoint__.taskQueueTrigger]
print(json.dumps([has, sorted({m.queue for m in models if m.kind != "text"})]))
"""
ON_EMULATORS = {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1"}


@pytest.mark.parametrize("where", [{}, ON_EMULATORS], ids=["in production", "on the emulators"])
def test_every_model_that_can_be_run_has_its_queue(where: dict[str, str]) -> None:
    has, needs = queues(where)
    assert needs
    assert set(needs) <= set(has)
    assert ROTATION_QUEUE in has


def test_the_painter_s_queues_are_on_the_emulators_only() -> None:
    here, deployed = (set(queues(where)[0]) for where in (ON_EMULATORS, {}))
    assert here - deployed == {"runLocalImage", "runLocalVideo"}


def queues(where: dict[str, str]) -> tuple[list[str], list[str]]:
    """Those that there are, and those that the catalogue's models need."""
    ran = subprocess.run(
        [sys.executable, "-c", LIST_QUEUES],
        cwd=MAIN.parent,
        env={"PATH": os.environ["PATH"], "GCLOUD_PROJECT": "demo-mediaforge", **where},
        capture_output=True,
        text=True,
        check=True,
    )
    has, needs = json.loads(ran.stdout)
    return has, needs


def test_the_deployed_params_are_all_given_so_that_a_deploy_asks_nothing() -> None:
    lines = (MAIN.parent / ".env").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    declared = {param.name: as_written(param.default) for param in config.PARAMS}
    assert given == declared | {"MALLOC_MMAP_THRESHOLD_": "262144"}  # glibc's, and no param


def as_written(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)
