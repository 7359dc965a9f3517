"""Accepting a job, or refusing it without a trace."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaforge.contract.requests import GenerateImage, parse
from mediaforge.domain.errors import (
    InsufficientCreditsError,
    InvalidRequestError,
    ModelNotInTierError,
    NotAMemberError,
    NotFoundError,
    QuotaExceededError,
    RateLimitedError,
    RequestError,
    RequestIdReusedError,
)
from mediaforge.domain.jobs import JobStatus, WaitingFor
from mediaforge.services.backend import Caller
from mediaforge.services.submit import submit_image
from mediaforge.services.sweep import sweep_jobs
from tests.support.world import ANN, START, World, at_once, image_request

BOB = Caller("bob")
REFERENCE = {"path": "references/ann/a.png", "mode": "style_only"}


def world_with_vertex() -> World:
    """A world whose Vertex models can be submitted to."""
    world = World()
    providers = {"local": world.provider, "vertex": world.provider}
    world.backend = replace(world.backend, providers=providers)
    return world


def spend_all(world: World, available: int) -> None:
    world.set_tier("pro")
    for _ in range((100 - available) // 2):
        world.submit()


# ---- accepted ----------------------------------------------------------------------------------


def test_a_first_submission_opens_the_account_and_holds_the_price() -> None:
    world = World()
    job = world.submit(count=2).job
    assert (world.account().tier, world.account().available, world.account().held) == (
        "free",
        96,
        4,
    )
    assert {entry_id: e.amount for entry_id, e in world.entries().items()} == {
        "welcome:grant": 100,
        f"{job.id}:hold": 4,
    }


def test_the_view_of_a_new_job_is_what_the_contract_promises() -> None:
    world = World()
    job = world.submit("a lighthouse", count=2, requestId="r1").job
    assert dict(world.view(job.id)) == {
        "status": "queued",
        "created_at": START,
        "modified": START,
        "completed_at": None,
        "request_data": {"prompt": "a lighthouse", "count": 2, "requestId": "r1"},
        "file_uid": job.id,
        "user_id": "ann",
        "account_id": "user_ann",
        "generated": False,
        "progress": 0.0,
        "waiting_for": None,
        "generation_data": None,
        "error": None,
        "credits": {"estimated": 4, "charged": 0},
        "attempts": 0,
        "model": "local-image",
        "team_id": None,
        "batch_id": None,
        "brand_id": None,
        "retry_of": None,
    }


def test_an_accepted_job_is_in_its_model_s_queue() -> None:
    world = World()
    job = world.submit().job
    assert [(t.queue, t.job_id) for t in world.tasks.queued] == [("runLocalImage", job.id)]


@pytest.mark.parametrize(
    ("fields", "size_px"),
    [
        ({}, (1024, 1024)),
        ({"aspectRatio": "16:9"}, (1344, 768)),
        ({"width": 1344, "height": 768}, (1344, 768)),
        ({"width": 640, "height": 333}, (640, 333)),
    ],
)
def test_a_size_is_chosen_by_ratio_or_by_pixels(
    fields: dict[str, Any], size_px: tuple[int, int]
) -> None:
    job = World().submit(**fields).job
    assert (job.width_px, job.height_px) == size_px


def test_a_seed_is_the_caller_s_or_made_up_for_the_job() -> None:
    world = World()
    assert world.submit(seed=7).job.seed == 7
    assert world.submit().job.seed != world.submit().job.seed


def test_a_retired_model_is_replaced_and_the_caller_told() -> None:
    submission = world_with_vertex().submit(model="gemini-2.5-flash-image")
    assert submission.job.model == "gemini-3.1-flash-lite-image"
    assert submission.notes == (
        "gemini-2.5-flash-image is retiring; its successor gemini-3.1-flash-lite-image is used.",
    )


def test_a_present_model_needs_no_note() -> None:
    assert World().submit(model="local-image").notes == ()


def test_outside_the_emulators_another_model_is_the_default() -> None:
    world = world_with_vertex()
    production = replace(world.backend, is_emulated=False)
    assert submit_image(production, ANN, image_request()).job.model == "gemini-3.1-flash-image"


def test_each_caller_has_an_account_of_their_own() -> None:
    world = World()
    world.submit()
    world.submit(caller=BOB, count=4)
    assert (world.account("user_ann").held, world.account("user_bob").held) == (2, 8)


# ---- sent again --------------------------------------------------------------------------------


def test_the_same_request_id_answers_the_same_job_and_charges_nothing_more() -> None:
    world = World()
    first = world.submit(requestId="r1")
    paths, account = world.documents.paths(), world.account()
    again = world.submit(requestId="r1")
    assert (again.job, again.is_replay) == (first.job, True)
    assert (world.documents.paths(), world.account()) == (paths, account)


@pytest.mark.parametrize("change", [{"prompt": "a mill"}, {"count": 2}, {"seed": 1}])
def test_the_same_request_id_with_another_payload_is_refused(change: dict[str, Any]) -> None:
    world = World()
    job = world.submit("a lighthouse", requestId="r1").job
    with pytest.raises(RequestIdReusedError) as refused:
        world.submit(**{"prompt": "a lighthouse", "requestId": "r1", **change})
    assert refused.value.details == {"jobId": job.id}


def test_a_request_id_is_its_user_s_own() -> None:
    world = World()
    anns, bobs = world.submit(requestId="r1"), world.submit("a mill", BOB, requestId="r1")
    assert anns.job.id != bobs.job.id
    assert not bobs.is_replay


def test_a_request_sent_again_after_the_end_answers_the_finished_job() -> None:
    world = World()
    job = world.finish(requestId="r1")
    again = world.submit(requestId="r1").job
    assert again == job
    assert world.tasks.queued == []


def test_a_request_sent_again_whose_task_was_lost_queues_it() -> None:
    world = World()
    job = world.submit(requestId="r1").job
    world.tasks.queued.clear()
    world.tasks.ids.clear()
    world.submit(requestId="r1")
    assert [t.job_id for t in world.tasks.queued] == [job.id]


def test_a_request_sent_many_times_at_once_is_one_job() -> None:
    world = World()
    world.submit()
    jobs = at_once(*[lambda: world.submit(requestId="r1").job.id] * 8)
    assert len(set(jobs)) == 1
    assert world.account().held == 4
    world.run_until_quiet()
    world.assert_promises()


def test_a_request_sent_again_is_answered_even_when_the_account_is_empty_and_limited() -> None:
    world = World()
    spend_all(world, available=2)
    job = world.submit(requestId="last").job
    assert world.account().available == 0
    assert world.submit(requestId="last").job.id == job.id


def test_a_request_sent_again_is_no_submission_of_the_minute_and_no_image_of_the_day() -> None:
    world = World()
    world.submit(requestId="r1")
    used = world.account()
    world.submit(requestId="r1")
    assert (world.account().rate, world.account().usage) == (used.rate, used.usage)


# ---- refused -----------------------------------------------------------------------------------

INVALID: list[tuple[dict[str, Any], str]] = [
    ({"model": "nobody"}, "model"),
    ({"model": "gemini-3.1-flash-image"}, "model"),
    ({"styleId": "cubism"}, "styleId"),
    ({"aspectRatio": "7:3"}, "aspectRatio"),
    ({"width": 63, "height": 64}, "width"),
    ({"width": 64, "height": 2049}, "height"),
    (
        {"references": [{"path": "references/bob/a.png", "mode": "style_only"}]},
        "references[0].path",
    ),
    (
        {"references": [REFERENCE, {**REFERENCE, "path": "references/ann/a.gif"}]},
        "references[1].path",
    ),
    ({"references": [{**REFERENCE, "path": "references/ann/../bob/a.png"}]}, "references[0].path"),
    ({"references": [{**REFERENCE, "path": "generating/ann/image/a.png"}]}, "references[0].path"),
    ({"scheduledAt": "2026-12-20T12:00:01Z"}, "scheduledAt"),
    ({"priority": "high"}, "priority"),
]


@pytest.mark.parametrize(("fields", "field"), INVALID)
def test_what_the_catalogue_or_the_caller_does_not_have_is_named_and_leaves_nothing(
    fields: dict[str, Any], field: str
) -> None:
    world = World()
    with pytest.raises(InvalidRequestError) as refused:
        world.submit(**fields)
    assert [e["field"] for e in refused.value.details["fieldErrors"]] == [field]
    assert world.documents.paths() == []
    assert world.tasks.queued == []


def test_a_size_that_a_model_does_not_have_is_refused_with_those_it_has() -> None:
    world = world_with_vertex()
    with pytest.raises(InvalidRequestError) as refused:
        world.submit(model="gemini-3.1-flash-image", width=640, height=333)
    (error,) = refused.value.details["fieldErrors"]
    assert error["field"] == "width"
    assert "1344x768" in error["message"]


def test_test_tags_are_refused_outside_the_emulators() -> None:
    world = world_with_vertex()
    production = replace(world.backend, is_emulated=False)
    with pytest.raises(InvalidRequestError) as refused:
        submit_image(production, ANN, image_request("[[sleep:1]] a lighthouse"))
    assert [e["field"] for e in refused.value.details["fieldErrors"]] == ["prompt"]
    assert world.documents.paths() == []


def fill_the_minute(world: World) -> None:
    world.set_tier("pro")
    world.grant(1_000)
    for _ in range(120):
        world.submit()


def fill_the_day(world: World) -> None:
    for _ in range(5):
        world.submit(count=4)


# What comes before, and what is refused.
REFUSALS: dict[type[RequestError], tuple[Callable[[World], object], dict[str, Any]]] = {
    InvalidRequestError: (lambda world: world.submit(), {"styleId": "cubism"}),
    ModelNotInTierError: (lambda world: world.submit(), {"model": "gemini-3-pro-image"}),
    NotAMemberError: (lambda world: world.submit(), {"teamId": "t1"}),
    NotFoundError: (lambda world: world.submit(), {"brandId": "b1"}),
    RequestIdReusedError: (
        lambda world: world.submit("a mill", requestId="r1"),
        {"requestId": "r1"},
    ),
    InsufficientCreditsError: (lambda world: spend_all(world, available=2), {"count": 2}),
    QuotaExceededError: (fill_the_day, {}),
    RateLimitedError: (fill_the_minute, {}),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refused_submission_changes_nothing(refusal: type[RequestError]) -> None:
    world = world_with_vertex()
    prepare, fields = REFUSALS[refusal]
    prepare(world)
    contents, queued = world.contents(), list(world.tasks.queued)
    with pytest.raises(refusal):
        world.submit(**fields)
    assert world.contents() == contents
    assert world.tasks.queued == queued


@pytest.mark.parametrize("refusal", [ModelNotInTierError, NotAMemberError, NotFoundError])
def test_a_refused_first_submission_opens_no_account(refusal: type[RequestError]) -> None:
    world = world_with_vertex()
    with pytest.raises(refusal):
        world.submit(**REFUSALS[refusal][1])
    assert world.documents.paths() == []


def test_too_few_credits_are_refused_with_the_numbers() -> None:
    world = World()
    spend_all(world, available=2)
    with pytest.raises(InsufficientCreditsError) as refused:
        world.submit(count=2)
    assert refused.value.details == {"required": 4, "available": 2}


def test_a_spent_quota_says_when_it_resets_and_does() -> None:
    world = World()
    fill_the_day(world)
    with pytest.raises(QuotaExceededError) as refused:
        world.submit()
    assert refused.value.details == {
        "limit": 20,
        "used": 20,
        "of": "images",
        "limitOf": "tier",
        "resetsAt": "2026-11-21T00:00:00Z",
    }
    world.clock.advance(12 * 3600)
    assert world.submit().job.status is JobStatus.QUEUED


def test_the_rate_limit_says_how_long_to_wait_and_keeps_its_word() -> None:
    world = World()
    fill_the_minute(world)
    world.clock.advance(40)
    with pytest.raises(RateLimitedError) as refused:
        world.submit()
    assert refused.value.details == {"limit": 120, "retryAfterSeconds": 20}
    world.clock.advance(20)
    assert world.submit().job.status is JobStatus.QUEUED


def test_a_model_of_a_higher_tier_is_refused_with_those_of_the_caller_s() -> None:
    world = world_with_vertex()
    with pytest.raises(ModelNotInTierError) as refused:
        world.submit(model="gemini-3-pro-image")
    assert refused.value.details["model"] == "gemini-3-pro-image"
    assert "local-image" in refused.value.details["models"]


def test_a_higher_tier_has_the_model_and_the_priority() -> None:
    world = world_with_vertex()
    world.set_tier("pro")
    job = world.submit(model="gemini-3-pro-image", priority="high").job
    assert (job.model, job.priority) == ("gemini-3-pro-image", 2)


# ---- scheduled ---------------------------------------------------------------------------------


def test_a_scheduled_job_waits_without_a_slot_and_its_task_comes_at_its_time() -> None:
    world = World()
    job = world.submit(scheduledAt="2026-11-20T13:00:00Z").job
    assert (job.waiting_for, job.is_dispatched) == (WaitingFor.SCHEDULE, False)
    assert world.view(job.id)["waiting_for"] == "schedule"
    assert (world.account().active, world.account().held) == (0, 2)
    assert [task.not_before for task in world.tasks.queued] == [world.at(3600)]


def test_a_scheduled_job_starts_when_its_time_has_come() -> None:
    world = World()
    job = world.submit(scheduledAt="2026-11-20T14:00:00+01:00").job
    world.clock.advance(3598)
    world.deliver_all()
    sweep_jobs(world.backend)
    assert world.job(job.id).waiting_for is WaitingFor.SCHEDULE
    world.clock.advance(2)
    world.deliver_all()
    assert world.job(job.id).status is JobStatus.COMPLETED


def test_a_job_scheduled_30_days_ahead_has_not_expired_when_it_starts() -> None:
    world = World()
    moment = START + timedelta(days=30)
    job = world.submit(scheduledAt=moment.isoformat()).job
    world.clock.advance(30 * 86_400)
    sweep_jobs(world.backend)
    world.deliver_all()
    assert world.job(job.id).status is JobStatus.COMPLETED


def test_a_job_scheduled_for_the_past_starts_at_once() -> None:
    world = World()
    assert world.submit(scheduledAt="2026-11-20T11:00:00Z").job.is_dispatched


# ---- whatever is sent --------------------------------------------------------------------------

PAYLOADS = st.fixed_dictionaries(
    {"prompt": st.text(min_size=1, max_size=20)},
    optional={
        "negativePrompt": st.text(max_size=9),
        "model": st.sampled_from(
            ["local-image", "gemini-3-pro-image", "imagen-4.0-generate-001", "x"]
        ),
        "aspectRatio": st.from_regex(r"\A[1-9][0-9]?:[1-9][0-9]?\Z"),
        "width": st.integers(1, 8192),
        "height": st.integers(1, 8192),
        "count": st.integers(1, 4),
        "seed": st.integers(0, 2**31 - 1),
        "styleId": st.sampled_from(["ink", "neon", "cubism"]),
        "references": st.lists(st.just(REFERENCE), max_size=6),
        "teamId": st.just("t1"),
        "priority": st.sampled_from(["low", "normal", "high"]),
        "scheduledAt": st.datetimes(timezones=st.timezones()).map(
            lambda moment: moment.isoformat()
        ),
        "requestId": st.text(min_size=1, max_size=9),
    },
)


@settings(deadline=None, max_examples=200)
@given(payload=PAYLOADS)
def test_whatever_is_sent_is_accepted_whole_or_refused_without_a_trace(
    payload: dict[str, Any],
) -> None:
    world = world_with_vertex()
    try:
        job = submit_image(world.backend, ANN, parse(GenerateImage, payload)).job
    except RequestError:
        assert world.documents.paths() == []
        return
    assert set(world.documents.paths()) == {
        "accounts/user_ann",
        "accounts/user_ann/ledger/welcome:grant",
        f"accounts/user_ann/ledger/{job.id}:hold",
        f"jobs/{job.id}",
        f"generations/ann/images/{job.id}",
    }
