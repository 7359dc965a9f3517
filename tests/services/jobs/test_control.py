"""Cancel and retry, in every state, by whoever asks."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from mediaforge.contract.requests import ControlJob, parse
from mediaforge.domain.errors import (
    IllegalStateError,
    InsufficientCreditsError,
    NotFoundError,
    NotOwnerError,
    QuotaExceededError,
    RejectedError,
)
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.services.backend import Caller
from mediaforge.services.jobs.control import control_job
from mediaforge.services.jobs.run import run_job
from mediaforge.services.jobs.submit import submit_job
from tests.support.faults import Killed, Steps, mortal
from tests.support.world import ANN, World, at_once, image_request, user

BOB = user("bob")
# The step before a result is recorded: claim (2), picture (2), thumbnail (2), and then it dies.
SAVED = 7


def retry(world: World, job_id: str, caller: Caller = ANN) -> Job:
    return control(world, job_id, "retry", caller)


def control(world: World, job_id: str, action: str, caller: Caller) -> Job:
    request = parse(ControlJob, {"jobId": job_id, "action": action})
    return control_job(world.backend, caller, request)


def scheduled(world: World) -> str:
    return world.submit(scheduledAt="2026-11-20T13:00:00Z").job.id


def waiting(world: World) -> str:
    return [world.submit().job.id for _ in range(3)][-1]


def queued(world: World) -> str:
    return world.submit().job.id


def snoozed(world: World) -> str:
    job_id = world.submit("[[throttle:1]]").job.id
    world.deliver(job_id)
    return job_id


def backing_off(world: World) -> str:
    job_id = world.submit("[[fail:always]]").job.id
    world.deliver(job_id)
    return job_id


def processing(world: World) -> str:
    """Its worker was lost, so nobody comes back with a result."""
    job_id = world.submit().job.id

    def die() -> None:
        raise Killed

    world.provider.meanwhile = [die]
    with pytest.raises(Killed):
        world.deliver(job_id)
    return job_id


def cancel_if_legal(world: World, job_id: str) -> str:
    try:
        return world.cancel(job_id).status.value
    except IllegalStateError:
        return "illegal-state"


def save_and_die(world: World, job_id: str) -> None:
    """A worker that is lost after its picture and thumbnail are saved, before that is recorded."""
    steps = Steps(die_at=SAVED)
    with pytest.raises(Killed):
        run_job(mortal(world.backend, steps), job_id)
    assert steps.passed[-1] == "before a commit"


def completed(world: World) -> str:
    return world.finish().id


def failed(world: World) -> str:
    return world.finish("[[blocked]]").id


def cancelled(world: World) -> str:
    job_id = world.submit().job.id
    world.cancel(job_id)
    world.run_until_quiet()
    return job_id


UNFINISHED = [scheduled, waiting, queued, snoozed, backing_off, processing]
State = Callable[[World], str]


# ---- cancel ------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", UNFINISHED)
def test_an_unfinished_job_is_cancelled_at_once_and_costs_nothing(state: State) -> None:
    world = World()
    job_id = state(world)
    assert world.cancel(job_id).status is JobStatus.CANCELLED
    view = world.view(job_id)
    assert (view["status"], view["waiting_for"], view["error"]) == ("cancelled", None, None)
    assert view["completed_at"] == world.clock.now()
    world.run_until_quiet()
    world.assert_promises()
    assert world.job(job_id).status is JobStatus.CANCELLED
    assert world.job(job_id).charged_credits == 0
    assert f"{job_id}:capture" not in world.entries()


@pytest.mark.parametrize("state", [scheduled, queued])
def test_a_job_cancelled_before_it_ran_is_never_run(state: State) -> None:
    world = World()
    job_id = state(world)
    world.cancel(job_id)
    world.clock.advance(7200)
    world.run_until_quiet()
    assert world.provider.starts == {}
    assert world.media.files == {}


def test_what_a_worker_brings_after_a_cancel_is_thrown_away_and_not_charged() -> None:
    world = World()
    job_id = world.submit(count=3).job.id
    world.provider.meanwhile = [lambda: world.cancel(job_id)]
    assert world.deliver(job_id) == "late"
    assert world.media.files == {}
    world.run_until_quiet()
    assert (world.job(job_id).status, world.account().available) == (JobStatus.CANCELLED, 100)
    assert world.view(job_id)["generation_data"] is None


def test_a_cancel_that_is_settled_before_the_worker_is_back_ends_the_same() -> None:
    world = World()
    job_id = world.submit().job.id

    def cancel_and_settle() -> None:
        world.cancel(job_id)
        assert world.settle()

    world.provider.meanwhile = [cancel_and_settle]
    assert world.deliver(job_id) == "late"
    assert world.media.files == {}
    world.run_until_quiet()
    world.assert_promises()
    assert world.account().available == 100


@pytest.mark.parametrize("prompt", ["[[fail:always]]", "[[throttle:1]]", "[[blocked]]"])
def test_a_worker_that_fails_after_a_cancel_changes_nothing(prompt: str) -> None:
    world = World()
    job_id = world.submit(prompt).job.id
    world.provider.meanwhile = [lambda: world.cancel(job_id)]
    assert world.deliver(job_id) == "late"
    world.clock.advance(3600)
    world.run_until_quiet()
    assert world.job(job_id).status is JobStatus.CANCELLED
    assert world.provider.starts[job_id] == 1


def test_a_cancelled_job_leaves_no_files_of_a_worker_that_was_lost_after_saving() -> None:
    world = World()
    job_id = world.submit().job.id
    save_and_die(world, job_id)
    assert world.media.files != {}
    world.cancel(job_id)
    world.run_until_quiet()
    assert world.media.files == {}


def test_a_cancelled_job_whose_worker_comes_back_after_it_was_settled_leaves_no_files() -> None:
    world = World()
    job_id = world.submit().job.id
    save_and_die(world, job_id)
    world.clock.advance(61)
    world.provider.meanwhile = [lambda: (world.cancel(job_id), world.settle())]
    assert world.deliver(job_id) == "late"
    assert world.media.files == {}


@pytest.mark.parametrize("state", [completed, failed])
def test_what_is_finished_cannot_be_cancelled(state: State) -> None:
    world = World()
    job_id = state(world)
    contents = world.contents()
    with pytest.raises(IllegalStateError) as refused:
        world.cancel(job_id)
    assert refused.value.details == {"status": state.__name__}
    assert world.contents() == contents


def test_what_is_cancelled_can_be_cancelled_again_and_stays_as_it_is() -> None:
    world = World()
    job_id = cancelled(world)
    contents = world.contents()
    world.clock.advance(5)
    assert world.cancel(job_id).status is JobStatus.CANCELLED
    assert world.contents() == contents


@pytest.mark.parametrize("state", [*UNFINISHED, completed, failed, cancelled])
@pytest.mark.parametrize("action", ["cancel", "retry"])
def test_nobody_else_controls_a_job(state: State, action: str) -> None:
    world = World()
    job_id = state(world)
    contents = world.contents()
    with pytest.raises(NotOwnerError):
        control(world, job_id, action, BOB)
    assert world.contents() == contents


@pytest.mark.parametrize("action", ["cancel", "retry"])
def test_a_job_that_never_was_is_not_found(action: str) -> None:
    world = World()
    with pytest.raises(NotFoundError):
        control(world, "j", action, ANN)
    assert world.documents.paths() == []


def test_a_cancel_frees_the_slot_for_the_next() -> None:
    world = World()
    first, _, third = (world.submit().job.id for _ in range(3))
    world.cancel(first)
    world.settle()
    assert world.job(third).is_dispatched
    assert world.account().active == 2


def test_a_cancelled_waiting_job_frees_no_slot_it_never_had() -> None:
    world = World()
    job_id = waiting(world)
    world.cancel(job_id)
    world.settle()
    assert world.account().active == 2
    assert world.account().held == 4


def test_a_cancel_and_a_completion_at_once_have_one_winner() -> None:
    for _ in range(20):
        world = World()
        job_id = world.submit().job.id
        at_once(partial(cancel_if_legal, world, job_id), partial(world.deliver, job_id))
        world.run_until_quiet()
        world.assert_promises()
        delivered = {
            f"generating/ann/image/{job_id}.png",
            f"generating/ann/image/{job_id}_0_thumb.webp",
        }
        is_completed = world.job(job_id).status is JobStatus.COMPLETED
        assert set(world.media.files) == (delivered if is_completed else set())


# ---- retry -------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [failed, cancelled])
def test_a_retry_is_a_new_job_that_names_the_old_one(state: State) -> None:
    world = World()
    old = world.job(state(world))
    new = retry(world, old.id)
    assert (new.retry_of, new.status, new.attempts) == (old.id, JobStatus.QUEUED, 0)
    assert new.id != old.id
    assert new.request_data == old.request_data
    assert world.view(new.id)["retry_of"] == old.id
    assert world.job(old.id) == old
    assert world.account().held == new.estimated_credits


def test_a_retry_that_succeeds_is_paid_and_the_old_job_stays_failed() -> None:
    world = World()

    def refuse() -> None:
        raise RejectedError("content-blocked", "no")

    world.provider.meanwhile = [refuse]
    old = world.finish()
    new = retry(world, old.id)
    world.run_until_quiet()
    world.assert_promises()
    assert world.job(new.id).status is JobStatus.COMPLETED
    assert world.job(old.id).status is JobStatus.FAILED
    assert world.account().available == 98


def test_a_job_retried_twice_has_one_retry() -> None:
    world = World()
    old_id = failed(world)
    first = retry(world, old_id)
    account = world.account()
    assert retry(world, old_id) == first
    assert world.account() == account


def test_a_job_retried_twice_at_once_has_one_retry() -> None:
    world = World()
    old_id = failed(world)
    ids = {job.id for job in at_once(*[lambda: retry(world, old_id)] * 4)}
    assert len(ids) == 1
    assert len(world.jobs()) == 2
    assert world.account().held == 2


def test_a_retry_that_failed_can_be_retried() -> None:
    world = World()
    first = retry(world, failed(world))
    world.run_until_quiet()
    second = retry(world, first.id)
    assert (second.retry_of, second.id == first.id) == (first.id, False)


@pytest.mark.parametrize("state", [*UNFINISHED, completed])
def test_only_what_failed_or_was_cancelled_can_be_retried(state: State) -> None:
    world = World()
    job_id = state(world)
    contents = world.contents()
    with pytest.raises(IllegalStateError) as refused:
        retry(world, job_id)
    assert refused.value.details == {"status": world.job(job_id).status.value}
    assert world.contents() == contents


def test_a_retried_schedule_does_not_wait_again() -> None:
    world = World()
    job_id = scheduled(world)
    world.cancel(job_id)
    assert retry(world, job_id).is_dispatched


def test_a_retry_keeps_all_of_the_request_but_its_schedule() -> None:
    world = World()
    fields: dict[str, Any] = {
        "count": 3,
        "seed": 9,
        "styleId": "ink",
        "aspectRatio": "16:9",
        "priority": "low",
    }
    old = world.submit(**fields, scheduledAt="2026-11-20T13:00:00Z").job
    world.cancel(old.id)
    new = retry(world, old.id)
    assert new.request_data == {"prompt": "a lighthouse", **fields}
    assert (new.seed, new.count, new.width_px, new.priority) == (9, 3, 1376, 0)


def raise_the_price(world: World, credits_: int) -> None:
    catalogue = world.backend.catalogue
    models = dict(catalogue.models)
    models["local-image"] = models["local-image"].model_copy(update={"price_credits": credits_})
    world.backend = replace(
        world.backend, catalogue=catalogue.model_copy(update={"models": models})
    )


def test_a_retry_takes_today_s_price_whatever_its_user_was_told_then() -> None:
    world = World()
    old = world.finish("[[fail:permanent]]", estimatedCredits=2)
    raise_the_price(world, 3)
    new = retry(world, old.id)
    assert new.estimated_credits == world.account().held == 3
    assert "estimatedCredits" not in new.request_data


def test_a_retry_that_an_earlier_version_made_of_more_of_the_request_is_answered_again() -> None:
    world = World()
    old = world.finish("[[fail:permanent]]", estimatedCredits=2)
    new_id = hashlib.sha256(f"{old.id}:retry".encode()).hexdigest()[:24]
    request = image_request("[[fail:permanent]]", estimatedCredits=2)
    made = submit_job(world.backend, ANN, request, job_id=new_id, repeats=old).job
    assert retry(world, old.id) == made
    raise_the_price(world, 3)
    assert retry(world, old.id) == made


def test_a_retry_is_refused_by_today_s_quota() -> None:
    world = World()
    old_id = failed(world)
    for _ in range(5):
        world.submit(count=4)
    with pytest.raises(QuotaExceededError):
        retry(world, old_id)


def test_a_retry_is_refused_without_credits() -> None:
    world = World()
    world.set_tier("pro")
    old_id = failed(world)
    for _ in range(50):
        world.submit()
    with pytest.raises(InsufficientCreditsError):
        retry(world, old_id)
