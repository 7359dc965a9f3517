"""The process killed at every step between two writes, on each path a job can take."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mediaforge.contract.requests import ControlJob, parse
from mediaforge.domain.errors import InsufficientCreditsError
from mediaforge.ports import Task
from mediaforge.services.backend import Backend
from mediaforge.services.control import control_job
from mediaforge.services.run import run_job
from mediaforge.services.settle import settle_account
from mediaforge.services.submit import submit_image
from mediaforge.services.sweep import sweep_jobs
from tests.support.faults import Killed, Steps, mortal
from tests.support.world import ANN, World, image_request

PROMPTS = {
    "completes": ("a lighthouse", 1),
    "four images": ("a lighthouse", 4),
    "part is delivered": ("[[partial:1]]", 4),
    "fails twice first": ("[[fail:transient:2]]", 1),
    "fails always": ("[[fail:always]]", 1),
    "is refused": ("[[blocked]]", 1),
    "is throttled": ("[[throttle:2]]", 1),
}


def live(world: World, backend: Backend, prompt: str, count: int, cancels: bool = False) -> None:
    """One job's life in one process, from the submission to the settled end."""
    request = image_request(prompt, count=count, requestId="r1")
    job = submit_image(backend, ANN, request).job
    if cancels:
        control_job(backend, ANN, parse(ControlJob, {"jobId": job.id, "action": "cancel"}))
    for _ in range(8):
        run_job(backend, job.id)
        world.clock.advance(700)
    settle_account(backend, job.account_id)
    sweep_jobs(backend)


def step_count(prompt: str, count: int, cancels: bool = False) -> int:
    world, steps = World(), Steps()
    live(world, mortal(world.backend, steps), prompt, count, cancels)
    return len(steps.passed)


@pytest.mark.parametrize("path", PROMPTS)
def test_a_kill_at_any_step_leaves_a_job_that_ends_and_is_paid_once(path: str) -> None:
    prompt, count = PROMPTS[path]
    for die_at in range(1, step_count(prompt, count) + 1):
        world = World()
        with pytest.raises(Killed):
            live(world, mortal(world.backend, Steps(die_at)), prompt, count)
        world.run_until_quiet()
        world.assert_promises()


def test_a_kill_at_any_step_of_a_cancel_leaves_nothing_charged() -> None:
    for die_at in range(1, step_count("a lighthouse", 1, cancels=True) + 1):
        world = World()
        with pytest.raises(Killed):
            live(world, mortal(world.backend, Steps(die_at)), "a lighthouse", 1, cancels=True)
        world.run_until_quiet()
        world.assert_promises()


def test_a_client_that_never_got_its_answer_sends_again_and_pays_once() -> None:
    for die_at in range(1, 5):
        world = World()
        with pytest.raises(Killed):
            live(world, mortal(world.backend, Steps(die_at)), "a lighthouse", 1)
        world.submit(requestId="r1", count=1)
        world.run_until_quiet()
        world.assert_promises()
        assert world.account().available == 98
        assert len(world.jobs()) == 1


def test_a_task_that_was_never_queued_is_queued_by_the_sweep() -> None:
    world = World()
    with pytest.raises(Killed):
        live(world, mortal(world.backend, Steps(die_at=3)), "a lighthouse", 1)
    assert world.tasks.queued == []
    world.clock.advance(121)
    sweep_jobs(world.backend)
    assert len(world.tasks.queued) == 1


def test_a_worker_lost_on_every_attempt_ends_in_a_dead_letter_and_costs_nothing() -> None:
    world = World()
    job = world.submit().job
    for _ in range(5):
        # Dies in the provider's call: after the claim is committed, before anything is recorded.
        with pytest.raises(Killed):
            run_job(mortal(world.backend, Steps(die_at=3)), job.id)
        world.clock.advance(61)
        sweep_jobs(world.backend)
    world.run_until_quiet()
    world.assert_promises()
    assert world.provider.starts[job.id] == 5
    assert world.job(job.id).error is not None
    assert world.view(job.id)["error"]["code"] == "worker-lost"
    assert world.documents.snapshot(f"dead_letters/{job.id}")[0] is not None


def test_a_repeated_hold_that_emptied_the_account_is_found_not_refused() -> None:
    world = World()
    world.set_tier("studio")
    for number in range(25):
        world.submit(count=2, requestId=f"r{number}")
    emptied = world.account()
    assert (emptied.available, emptied.held) == (0, 100)
    assert world.submit(count=2, requestId="r24").is_replay
    assert world.account() == emptied
    with pytest.raises(InsufficientCreditsError):
        world.submit(requestId="new")


def rescue(world: World, backend: Backend) -> None:
    """The sweep's whole work: a lost task, a scheduled start, a full account, an event that never
    came, a job nobody can run any more."""
    kept = [submit_image(backend, ANN, image_request(requestId=f"r{n}")).job for n in range(4)]
    later = (world.clock.now() + timedelta(hours=1)).isoformat()
    submit_image(backend, ANN, image_request(requestId="s", scheduledAt=later))
    run_job(backend, kept[0].id)
    for _ in range(6):
        world.clock.advance(1300)
        sweep_jobs(backend)
    world.clock.advance(50 * 3600)
    sweep_jobs(backend)


def test_a_kill_at_any_step_of_the_sweep_leaves_jobs_that_end_and_are_paid_once() -> None:
    counting, steps = World(), Steps()
    rescue(counting, mortal(counting.backend, steps))
    for die_at in range(1, len(steps.passed) + 1):
        world = World()
        with pytest.raises(Killed):
            rescue(world, mortal(world.backend, Steps(die_at)))
        world.run_until_quiet(hours=200)
        world.assert_promises()


def test_an_enqueue_that_breaks_in_a_way_nobody_foresaw_costs_the_client_nothing() -> None:
    world = World()

    class BrokenTasks:
        def enqueue(self, task: Task) -> None:
            raise TypeError("a token could not be refreshed")

    broken = replace(world.backend, tasks=BrokenTasks())
    job = submit_image(broken, ANN, image_request()).job
    assert world.job(job.id).is_dispatched
    world.run_until_quiet()
    world.assert_promises()
    assert world.account().available == 98
