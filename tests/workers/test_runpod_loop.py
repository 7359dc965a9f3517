"""The container's process in RunPod's own loop: it takes jobs, tells progress, is stopped, goes on."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workers.fake_runpod import FakeRunPod, fake_runpod
from tests.workers.jobs import image_job
from tests.workers.runpod_server import running_worker


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("loop") / "log"


@pytest.fixture(scope="module")
def runpod(image: Path, log: Path) -> Iterator[FakeRunPod]:
    with fake_runpod() as fake, running_worker(image, [], fake.environment(), log):
        yield fake


def test_progress_is_told_while_it_works_and_the_result_comes_last(runpod: FakeRunPod) -> None:
    runpod.jobs.put({"id": "j1", "input": image_job(use_cloud_storage=False, count=4)})
    *told, result = runpod.whole_life_of("j1")
    # Each is sent by a thread of its own, so their order is nobody's promise.
    assert sorted(one["output"]["progress"] for one in told) == [0.237, 0.475, 0.712, 0.95]
    assert len(result["output"]["files"]) == 4


def test_a_refusal_is_text_that_holds_the_reason(runpod: FakeRunPod) -> None:
    runpod.jobs.put({"id": "bad", "input": image_job(count=9)})
    result = runpod.result_of("bad")
    assert "output" not in result
    assert json.loads(result["error"])["code"] == "invalid-input"


def test_a_cancelled_job_ends_early_and_then_the_next_one_is_done(
    runpod: FakeRunPod, log: Path
) -> None:
    large = image_job(use_cloud_storage=False, count=4, width=4096, height=4096)
    runpod.jobs.put({"id": "long", "input": large})
    runpod.progress_of("long", minimum=0.2)
    # RunPod may say it more than once.
    for _ in range(2):
        runpod.stops.put("long")
    runpod.jobs.put({"id": "next", "input": image_job(use_cloud_storage=False)})
    told = []
    while True:
        job_id, said = runpod.next_told()
        if job_id == "next" and said.get("status") != "IN_PROGRESS":
            break
        told.append((job_id, said))
    assert len(said["output"]["files"]) == 1
    # The worker was given the next one only when the first had let go of it.
    assert "job.stopped" in log.read_text()
    # It has no result, and its last picture was never painted.
    assert all(one["status"] == "IN_PROGRESS" for job_id, one in told if job_id == "long")
    assert all(one["output"]["progress"] < 0.95 for job_id, one in told if job_id == "long")
