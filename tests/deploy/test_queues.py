"""A queue is named twice, in the catalogue and in `main`: a task sent to a queue that is none is lost. What
it hands out is said once, in the catalogue."""

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from mediaforge import config
from mediaforge.domain.catalogue import parse
from mediaforge.domain.jobs.queues import in_lane
from mediaforge.domain.lanes import Lane
from mediaforge.services.tasks import (
    BATCH_QUEUE,
    ERASURE_QUEUE,
    EXPORT_QUEUE,
    ROTATION_QUEUE,
    WEBHOOK_QUEUE,
)
from ops.deploy.check import manifest
from tests.deploy.test_manifest import GOLDEN

MAIN = Path(__file__).parents[2] / "functions" / "main.py"
CATALOGUE = parse(config.CATALOGUE_PATH.read_text(encoding="utf-8"))


LIST_QUEUES = """
import json
import main
from firebase_functions.private.serving import get_functions
from mediaforge import assembly
from mediaforge.domain.lanes import Lane
catalogue = assembly.catalogue()
has = [n for n, f in get_functions().items() if f.__firebase_endpoint__.taskQueueTrigger]
assert all(hasattr(main, name) for name in has)  # which is where a server looks for it
needs = {
    catalogue.queue_of(name, lane)
    for lane in Lane
    for name, model in catalogue.models.items()
    if model.kind != "text"
}
print(json.dumps([has, sorted(needs)]))
"""
ON_EMULATORS = {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1"}


@pytest.mark.parametrize("where", [{}, ON_EMULATORS], ids=["in production", "on the emulators"])
def test_every_model_that_can_be_run_has_its_queue(where: dict[str, str]) -> None:
    has, needs = queues(where)
    assert needs
    assert set(needs) <= set(has)
    assert {ROTATION_QUEUE, BATCH_QUEUE, EXPORT_QUEUE, WEBHOOK_QUEUE} <= set(has)


def test_the_painter_s_queues_are_on_the_emulators_only() -> None:
    here, deployed = (set(queues(where)[0]) for where in (ON_EMULATORS, {}))
    assert here - deployed == {"runLocalImage", "runLocalImageFree", "runLocalVideo"}


def limits_of(endpoints: dict[str, Any], queue: str, lane: Lane) -> dict[str, Any]:
    endpoint = endpoints[in_lane(queue, lane)]
    assert endpoint["concurrency"] == 1  # so there is an instance for each that is at work
    assert (
        endpoint["maxInstances"]
        >= endpoint["taskQueueTrigger"]["rateLimits"]["maxConcurrentDispatches"]
    )
    limits: dict[str, Any] = endpoint["taskQueueTrigger"]["rateLimits"]
    return limits


def test_what_is_deployed_gets_through_all_that_the_provider_gives_and_no_more() -> None:
    endpoints = yaml.safe_load(GOLDEN.read_text(encoding="utf-8"))["endpoints"]
    for name, queue in CATALOGUE.queues.items():
        lanes = [lane for lane in Lane if in_lane(name, lane) in endpoints]
        limits = [limits_of(endpoints, name, lane) for lane in lanes]
        a_minute = sum(60 * limit["maxDispatchesPerSecond"] for limit in limits)
        assert not limits or a_minute == pytest.approx(queue.tasks_a_minute, rel=0.001)
        for limit in limits:
            at_work = limit["maxDispatchesPerSecond"] * queue.p95_s
            assert at_work - 0.05 <= limit["maxConcurrentDispatches"] < at_work + 1.05


def test_on_the_emulators_little_is_at_work_at_once_and_nothing_else_holds_it_up() -> None:
    endpoints = yaml.safe_load(manifest(**ON_EMULATORS))["endpoints"]
    at_once = {
        in_lane(name, lane): limits_of(endpoints, name, lane)["maxConcurrentDispatches"]
        for name, lane in product(CATALOGUE.queues, Lane)
        if in_lane(name, lane) in endpoints
    }
    assert at_once.pop(ROTATION_QUEUE) == 50
    assert at_once.pop(BATCH_QUEUE) == 4
    assert at_once.pop(EXPORT_QUEUE) == 2
    assert at_once.pop(WEBHOOK_QUEUE) == 4
    assert at_once.pop(ERASURE_QUEUE) == 2
    assert {name for name, number in at_once.items() if number == 2} == {
        "runLocalImage",
        "runLocalImageFree",
    }
    assert set(at_once.values()) == {1, 2}


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
