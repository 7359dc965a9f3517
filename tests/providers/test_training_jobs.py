"""Trainings as CustomJobs: what each fault of Vertex AI ends in, and what it costs."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from mediaforge.domain.jobs.job import Job
from tests.support.provider_world import QUOTA_SNOOZES, End, Ends, ProviderWorld, provider_world

TRAINING = Ends(held=300)
FOR_EVER = 99_999


@pytest.fixture
def world() -> Iterator[ProviderWorld]:
    with provider_world() as running:
        yield running


def brand(world: ProviderWorld, job: Job) -> Mapping[str, Any]:
    return world.documents.snapshot(f"brands/{job.brand_id}")[0] or {}


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        ("", TRAINING.completed()),
        ("#pending:9", TRAINING.completed()),
        ("#throttle", TRAINING.completed(snoozes=1)),
        ("#throttle:9", TRAINING.completed(snoozes=9)),
        ("#server-error", TRAINING.completed(attempts=2)),
        ("#server-error:9", TRAINING.dead("provider-unavailable")),
        ("#not-json:2", TRAINING.completed(attempts=3)),
        ("#odd-error", TRAINING.completed(attempts=2)),
        ("#bad-request", TRAINING.refused("provider-rejected")),
        ("#forbidden", TRAINING.refused("provider-not-allowed")),
        ("#no-billing", TRAINING.refused("provider-not-allowed")),
        ("#cancelled-call:4", TRAINING.completed(attempts=5)),
        ("#no-capacity:3", TRAINING.completed(snoozes=3)),
        # A limit on what runs at once may be taken by what runs now; not for more than about an hour.
        ("#quota:3", TRAINING.completed(snoozes=3)),
        ("#quota:99", TRAINING.refused("provider-not-allowed", snoozes=QUOTA_SNOOZES)),
        # It was created all the same, and is found by its label at once.
        ("#create-then-error", TRAINING.completed()),
        ("#reset", TRAINING.completed()),
        ("#slow", TRAINING.completed()),
    ],
)
def test_a_creation_that_fails_ends_a_job(world: ProviderWorld, fault: str, end: End) -> None:
    assert world.end_of(world.train(f"Acme {fault}")) == end


@pytest.mark.filterwarnings("ignore:Unrecognized JobState")
@pytest.mark.parametrize(
    ("fault", "questions"),
    [
        ("", 2),
        ("#status-error:3", 5),
        ("#status-throttle:3", 5),
        ("#status-forbidden:3", 5),
        ("#status-bad-request:3", 5),
        ("#status-cancelled:3", 5),
        ("#status-not-json:3", 5),
        ("#new-state #pending:3", 4),
    ],
)
def test_a_question_that_fails_is_asked_again_and_nothing_is_begun_anew(
    world: ProviderWorld, fault: str, questions: int
) -> None:
    assert world.end_of(world.train(f"Acme {fault}")) == TRAINING.completed()
    assert world.servers.questions == questions


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        ("#failed", TRAINING.billed_out("training-failed")),
        ("#exit:1", TRAINING.billed_out("training-failed")),
        ("#cancelled", TRAINING.billed_out("training-cancelled")),
        ("#expired", TRAINING.billed_out("training-failed")),
        ("#partly", TRAINING.billed_out("training-failed")),
        ("#no-machine", TRAINING.dead("training-no-machine")),
        ("#no-rights", TRAINING.refused("provider-not-allowed")),
        ("#rejected", TRAINING.refused("training-rejected")),
        ("#exit:65", TRAINING.refused("training-rejected")),
        ("#exit:78", TRAINING.refused("provider-misconfigured")),
        # It stands there, worked and without a result: taken over each time, and paid for once.
        ("#no-directory", TRAINING.billed_out("nothing-delivered", submits=1)),
        ("#gone", TRAINING.billed_out("training-gone", submits=1)),
    ],
)
def test_a_training_that_comes_to_nothing_ends_a_job_and_fails_its_brand(
    world: ProviderWorld, fault: str, end: End
) -> None:
    job = world.train(f"Acme {fault}")

    assert world.end_of(job) == end
    assert brand(world, job)["status"] == "failed"
    assert brand(world, job)["error"]["code"] == end.code


def test_a_training_that_never_ends_is_ended_and_begun_again_until_its_attempts_are_spent(
    world: ProviderWorld,
) -> None:
    job = world.train(f"Acme #pending:{FOR_EVER}")

    assert world.end_of(job, step_s=1800) == TRAINING.billed_out("provider-overrun")
    assert world.servers.cancels == 2


def test_questions_that_are_throttled_for_ever_end_a_job_and_leave_no_credits_held(
    world: ProviderWorld,
) -> None:
    end = world.end_of(world.train(f"Acme #status-throttle:{FOR_EVER}"), step_s=1800)

    assert (end.status, end.charged, end.released, end.is_dead) == ("failed", 0, 300, True)
    assert end.submits <= end.attempts


def test_a_trained_brand_knows_its_weights(world: ProviderWorld) -> None:
    job = world.train("Acme")
    world.end_of(job)

    assert brand(world, job)["status"] == "ready"
    assert brand(world, job)["model_uri"] == f"gs://memory/brands/{job.id}/model/"


def test_a_look_up_that_fails_creates_nothing(world: ProviderWorld) -> None:
    world.servers.trainings.list_errors = 2

    assert world.end_of(world.train("Acme")) == TRAINING.completed(attempts=3, submits=1)


# ---- cancelled while it runs ---------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "told"), [("", 1), ("#cancel-error:2", 3)])
def test_a_cancelled_training_is_ended_and_costs_nothing(
    world: ProviderWorld, fault: str, told: int
) -> None:
    """Once, where Vertex AI takes it; where it does not answer, until it does."""
    job = world.train(f"Acme #pending:99 {fault}")
    world.deliver_all()
    world.clock.advance(60)
    world.deliver_all()
    world.cancel(job.id)

    end = world.end_of(job)
    assert (end.status, end.submits, end.charged, end.released) == ("cancelled", 1, 0, 300)
    assert world.servers.cancels == told
    assert [each["state"] for each in world.servers.trainings.jobs.values()] == [
        "JOB_STATE_CANCELLING"
    ]
    assert brand(world, job)["status"] == "failed"


def test_what_a_cancel_overtook_is_ended_by_the_worker_that_began_it(world: ProviderWorld) -> None:
    job = world.train("Acme #pending:99")
    world.servers.meanwhile.append(lambda: world.cancel(job.id))

    end = world.end_of(job)
    assert (end.status, end.submits, end.charged, end.released) == ("cancelled", 1, 0, 300)
    assert world.servers.cancels == 1


def test_a_training_whose_creation_was_not_told_is_ended_when_its_job_is_cancelled(
    world: ProviderWorld,
) -> None:
    """It would run on for up to four hours of a GPU; it is found by its label at once."""
    job = world.train("Acme #pending:99 #create-then-error")
    world.deliver_all()
    world.cancel(job.id)

    assert world.end_of(job).status == "cancelled"
    assert world.servers.cancels == 1
