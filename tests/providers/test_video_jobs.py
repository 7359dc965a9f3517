"""Jobs of Veo and of Omni: what each fault of Vertex AI ends in, and what it costs."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from mediaforge.domain.errors import UnavailableError
from mediaforge.domain.jobs.job import Job, JobStatus
from tests.support.provider_world import QUOTA_SNOOZES, End, Ends, ProviderWorld, provider_world

VEO, OMNI, RETIRED = "veo-3.1-fast-generate-001", "gemini-omni-1.2-flash", "veo-of-yesterday"
HELD = {VEO: 96, OMNI: 72}  # eight seconds
FILM, OF_OMNI = Ends(HELD[VEO]), Ends(HELD[OMNI])
FOR_EVER = 99_999


@pytest.fixture
def world() -> Iterator[ProviderWorld]:
    with provider_world() as running:
        yield running


# Both are submitted to in the same way; each attempt submits once, and no poll does.
SUBMISSIONS = [
    ("", FILM.completed()),
    ("#pending:9", FILM.completed()),
    ("#throttle", FILM.completed(snoozes=1)),
    ("#throttle:9", FILM.completed(snoozes=9)),
    ("#server-error", FILM.completed(attempts=2)),
    ("#server-error:9", FILM.billed_out("provider-unavailable")),
    ("#overloaded", FILM.completed(attempts=2)),
    ("#overloaded:9", FILM.dead("provider-unavailable")),
    ("#cancelled", FILM.completed(attempts=2)),
    ("#cancelled:9", FILM.billed_out("provider-unavailable")),
    ("#rate:3", FILM.completed(snoozes=3)),
    ("#no-capacity:3", FILM.completed(snoozes=3)),
    ("#quota:99", FILM.refused("provider-not-allowed", snoozes=QUOTA_SNOOZES)),
    ("#no-quota", FILM.refused("provider-not-allowed")),
    ("#no-billing", FILM.refused("provider-not-allowed")),
    ("#wrong-region", FILM.refused("provider-not-allowed")),
    ("#slow", FILM.completed(attempts=2)),
    ("#reset", FILM.completed(attempts=2)),
    ("#reset:9", FILM.billed_out("provider-unavailable")),
    ("#not-json", FILM.completed(attempts=2)),
    ("#not-json:9", FILM.billed_out("provider-unavailable")),
    ("#bad-request", FILM.refused("provider-rejected")),
    ("#bad-prompt", FILM.refused("content-blocked")),
    ("#forbidden", FILM.refused("provider-not-allowed")),
    (f"#poll-error:{FOR_EVER}", FILM.billed_out("provider-unavailable")),
    # It never ends: after half an hour it is given up, and begun again.
    (f"#pending:{FOR_EVER}", FILM.billed_out("provider-overrun")),
    ("#operation-lost", FILM.billed_out("operation-gone")),
    ("#operation-empty", FILM.billed_out("nothing-delivered")),
]


@pytest.mark.parametrize("model", [VEO, OMNI])
@pytest.mark.parametrize(("fault", "end"), SUBMISSIONS)
def test_a_fault_ends_a_job(world: ProviderWorld, model: str, fault: str, end: End) -> None:
    assert world.end_of(world.film(f"waves {fault}", model)) == at_price_of(model, end)


def at_price_of(model: str, end: End) -> End:
    """An end of a film of Veo's, at the price of the other model."""
    charged, released = (
        credits_ * HELD[model] // HELD[VEO] for credits_ in (end.charged, end.released)
    )
    return replace(end, charged=charged, released=released)


@pytest.mark.parametrize("model", [VEO, OMNI])
@pytest.mark.parametrize(
    ("fault", "questions"),
    [
        ("", 1),
        ("#pending:2", 3),
        ("#poll-throttle:3 #pending:2", 6),
        ("#poll-error:3", 4),
        ("#poll-forbidden:3", 4),
        ("#poll-cancelled:3", 4),
        ("#poll-bad-request:3", 4),
        ("#poll-no-billing:3", 4),
    ],
)
def test_a_question_that_fails_is_asked_again_and_nothing_is_begun_anew(
    world: ProviderWorld, model: str, fault: str, questions: int
) -> None:
    """What was started is paid for."""
    assert world.end_of(world.film(f"waves {fault}", model)) == Ends(HELD[model]).completed()
    assert world.servers.questions == questions


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        ("#veo-filtered", FILM.refused("content-blocked")),
        ("#operation-error:3", FILM.refused("provider-rejected")),
        ("#operation-error:7", FILM.refused("provider-not-allowed")),
        ("#operation-error:9", FILM.refused("provider-not-allowed")),
        ("#operation-error:16", FILM.refused("provider-not-allowed")),
        ("#operation-error:1", FILM.billed_out("provider-failed")),
        ("#operation-error:8", FILM.billed_out("throttled")),
        ("#operation-error:13", FILM.billed_out("provider-failed")),
        ("#operation-error:14", FILM.billed_out("provider-failed")),
    ],
)
def test_an_operation_of_veo_that_comes_to_nothing_ends_a_job(
    world: ProviderWorld, fault: str, end: End
) -> None:
    assert world.end_of(world.film(f"waves {fault}", VEO)) == end


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        ("#filtered", OF_OMNI.refused("content-blocked")),
        ("#failed", OF_OMNI.billed_out("provider-failed")),
        ("#incomplete", OF_OMNI.billed_out("provider-failed")),
        ("#silent", OF_OMNI.completed()),
        ("#data", OF_OMNI.completed()),
        ("#text-only", OF_OMNI.refused("model-refused")),
        ("#prohibited", OF_OMNI.refused("content-blocked")),
    ],
)
def test_an_interaction_of_omni_ends_a_job(world: ProviderWorld, fault: str, end: End) -> None:
    assert world.end_of(world.film(f"waves {fault}", OMNI)) == end


def test_a_model_that_was_retired_ends_a_job_at_once(world: ProviderWorld) -> None:
    assert world.end_of(world.film("waves", RETIRED)) == FILM.refused("model-retired")


@pytest.mark.parametrize("model", [VEO, OMNI])
def test_questions_that_are_throttled_for_ever_end_a_job_and_leave_no_credits_held(
    world: ProviderWorld, model: str
) -> None:
    end = world.end_of(world.film(f"waves #poll-throttle:{FOR_EVER}", model), step_s=3600)

    assert (end.status, end.charged, end.released, end.is_dead) == ("failed", 0, HELD[model], True)
    assert end.submits == end.attempts


@pytest.mark.parametrize("model", [VEO, OMNI])
def test_the_film_and_its_poster_are_in_storage_and_nothing_else(
    world: ProviderWorld, model: str
) -> None:
    job = world.film("waves #pending:2", model)
    world.end_of(job)

    stem = f"generating/ann/video/{job.id}"
    made = [path for path in world.media.files if not path.startswith("references/")]
    assert sorted(made) == [f"{stem}.mp4", f"{stem}_0_thumb.webp"]
    data = world.view(job.id)["generation_data"]
    assert (data["fps"], data["duration_seconds"]) == (8.0, 1.0)


# ---- cancelled while it runs ---------------------------------------------------------------------


def begun(world: ProviderWorld, prompt: str, model: str) -> Job:
    job = world.film(prompt, model)
    world.deliver_all()
    assert world.job(job.id).handle is not None
    return job


# Veo has no cancel: what was started runs to its end, and nobody asks for it any more.
@pytest.mark.parametrize(("model", "told"), [(VEO, 0), (OMNI, 1)])
def test_a_cancelled_film_is_ended_once_and_paid_for(
    world: ProviderWorld, model: str, told: int
) -> None:
    job = begun(world, "waves #pending:99", model)
    world.clock.advance(60)
    world.deliver_all()
    world.cancel(job.id, acceptCharge=True)
    asked = len(world.servers.models.requests)

    end = world.end_of(job)
    assert (end.status, end.submits, end.charged, end.released) == ("cancelled", 1, HELD[model], 0)
    assert world.servers.cancels == told
    assert len(world.servers.models.requests) == asked + told
    assert world.job(job.id).handle is None


@pytest.mark.parametrize(("model", "told"), [(VEO, 0), (OMNI, 1)])
def test_what_a_cancel_overtook_is_ended_by_the_worker_that_began_it(
    world: ProviderWorld, model: str, told: int
) -> None:
    job = world.film("waves #pending:99", model)
    world.servers.meanwhile.append(lambda: world.cancel(job.id, acceptCharge=True))

    end = world.end_of(job)
    assert (end.status, end.submits, end.charged, end.released) == ("cancelled", 1, HELD[model], 0)
    assert world.servers.cancels == told


def test_what_is_given_up_as_overrun_is_ended_at_the_provider_each_time(
    world: ProviderWorld,
) -> None:
    world.end_of(world.film(f"waves #pending:{FOR_EVER}", OMNI))

    assert world.servers.cancels == world.servers.submits == 2


def test_a_provider_that_could_not_be_told_to_stop_is_told_again(
    world: ProviderWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = begun(world, "waves #pending:99", OMNI)
    world.cancel(job.id, acceptCharge=True)
    with monkeypatch.context() as offline:
        offline.setattr(world.backend.providers["omni"], "cancel", refuse)
        world.settle_all()
        world.deliver_all()
    assert world.job(job.id).handle is not None

    assert world.end_of(job).status == JobStatus.CANCELLED
    assert world.servers.cancels == 1


def refuse(handle: str) -> None:
    raise UnavailableError("provider-unavailable", f"{handle} cannot be reached")
