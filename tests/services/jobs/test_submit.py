"""Accepting a job, or refusing it without a trace."""

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaforge.contract import documents as at
from mediaforge.contract.requests import GenerateImage, GenerateVideo, parse
from mediaforge.domain.errors import (
    InsufficientCreditsError,
    InvalidRequestError,
    ModelNotInTierError,
    NotAMemberError,
    NotFoundError,
    PriorityNotInTierError,
    QuotaExceededError,
    RateLimitedError,
    RequestError,
    RequestIdReusedError,
    RoleNotAllowedError,
)
from mediaforge.domain.jobs.job import JobStatus, WaitingFor
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.money.quotas import Usage
from mediaforge.ports.documents import Transaction, Written
from mediaforge.services.jobs.control import retry_job
from mediaforge.services.jobs.submit import Submission, submit_job
from mediaforge.services.watch.sweep import sweep_jobs
from tests.support.world import ANN, START, SharedDocuments, T, World, at_once, image_request, user

BOB = user("bob")
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
        "replaced_model": None,
        "team_id": None,
        "batch_id": None,
        "row": None,
        "brand_id": None,
        "retry_of": None,
        "reused_from": None,
        "pack": None,
        "template": None,
        "request_id": "r1",
        "width": 1024,
        "height": 1024,
        "count": 2,
        "missing": None,
        "seed": job.seed,
        "search_terms": ["a", "lighthouse"],
        "favourite": False,
        "tags": [],
        "cover": 0,
    }


def test_an_accepted_job_is_in_its_model_s_queue_for_its_lane() -> None:
    world = World()
    job = world.submit().job
    queued = [(task.queue, task.body["jobId"]) for task in world.tasks.queued]
    assert queued == [("runLocalImageFree", job.id)]


@pytest.mark.parametrize(
    ("fields", "size_px"),
    [
        ({}, (1024, 1024)),
        ({"aspectRatio": "16:9"}, (1376, 768)),
        ({"width": 1376, "height": 768}, (1376, 768)),
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
    assert submit_job(production, ANN, image_request()).job.model == "gemini-nano-banana-2.1"


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


def test_a_uid_and_a_request_id_that_read_alike_together_are_not_each_other_s() -> None:
    """X's job for `b` and `1`, on two lines, was answered to whoever is called X and `b` on two lines."""
    world = World()
    xs = world.submit("a secret", user("X"), requestId="b\n1")
    others = world.submit("a secret", user("X\nb"), requestId="1")
    assert not others.is_replay
    assert (xs.job.user_id, others.job.user_id) == ("X", "X\nb")
    again = world.submit("a secret", user("X"), requestId="b\n1")
    assert (again.is_replay, again.job.id) == (True, xs.job.id)


def test_a_job_of_before_is_found_by_the_request_id_it_was_accepted_with() -> None:
    """Ids are as they were for whatever could not be mistaken: a client may repeat over a deployment."""
    world = World()
    assert world.submit(requestId="r1").job.id == sha256(b"ann\nr1").hexdigest()[:24]


@pytest.mark.parametrize("again", ["2026-11-21T10:00:00.913Z", "2026-11-21T10:00:00.913000Z"])
def test_a_moment_is_kept_as_it_was_sent_and_is_the_same_however_its_fraction_is_written(
    again: str,
) -> None:
    """Hashes are as they were, with microseconds: a client may repeat over a deployment."""
    world = World()
    sent = "2026-11-21T10:00:00.913Z"
    job = world.submit(requestId="r1", scheduledAt=sent).job
    before = {"prompt": "a lighthouse", "scheduledAt": "2026-11-21T10:00:00.913000Z"}
    text = json.dumps(["generateImage", before], sort_keys=True, separators=(",", ":"))
    assert job.request_hash == sha256(text.encode()).hexdigest()
    assert world.view(job.id)["request_data"]["scheduledAt"] == sent
    assert job.not_before == datetime(2026, 11, 21, 10, 0, 0, 913_000, tzinfo=UTC)
    assert world.submit(requestId="r1", scheduledAt=again).job.id == job.id


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
    assert [t.body["jobId"] for t in world.tasks.queued] == [job.id]


@pytest.mark.parametrize("ends", [True, False])
def test_a_request_whose_job_somebody_deleted_is_not_made_again_for_what_it_paid(
    ends: bool,
) -> None:
    world = World()
    job = world.finish(requestId="r1", count=4) if ends else world.submit(requestId="r1").job
    world.documents.overwrite(at.job(job.id).path, None)
    contents = world.contents()
    with pytest.raises(RequestIdReusedError):
        world.submit(requestId="r1", count=job.count)
    assert world.contents() == contents


def test_a_retry_that_somebody_deleted_is_not_made_again_for_what_it_paid() -> None:
    world = World()
    job = world.finish("[[blocked]]")
    again = retry_job(world.backend, ANN, job.id)
    world.run_until_quiet()
    world.documents.overwrite(at.job(again.id).path, None)
    with pytest.raises(RequestIdReusedError):
        retry_job(world.backend, ANN, job.id)


class Unanswered(SharedDocuments):
    """Documents whose commits are made, and then found to have met somebody: their answer was lost."""

    def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
        super().transact(work, after)
        return super().transact(work)


@pytest.mark.parametrize("fields", [{}, {"requestId": "r1"}], ids=["unnamed", "named"])
def test_a_submission_whose_commit_was_not_answered_is_one_job(fields: dict[str, Any]) -> None:
    world = World(documents=Unanswered())
    job = world.submit(**fields).job
    assert [known.id for known in world.jobs()] == [job.id]
    assert (world.account().available, world.account().held) == (98, 2)
    world.run_until_quiet()
    world.assert_promises()


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
    ({"references": [{**REFERENCE, "path": "generating/ann/video/a.mp4"}]}, "references[0].path"),
    ({"scheduledAt": "2026-12-20T12:00:01Z"}, "scheduledAt"),
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


@pytest.mark.parametrize(
    ("field", "what"),
    [("brandId", "brand"), ("referencePackId", "pack"), ("templateId", "template")],
)
def test_what_is_named_and_is_not_there_is_told_by_its_field(field: str, what: str) -> None:
    world, named = World(), dict[str, Any]({field: "nothing"})
    with pytest.raises(NotFoundError, match=f"^{field}: there is no {what} nothing "):
        world.submit(**named)
    with pytest.raises(NotFoundError, match=rf"^rows\[1\]: {field}: there is no {what} nothing "):
        world.submit_batch([{"prompt": "x"}, {"prompt": "x", **named}])


def test_a_size_that_a_model_does_not_have_is_refused_with_those_it_has() -> None:
    world = world_with_vertex()
    with pytest.raises(InvalidRequestError) as refused:
        world.submit(model="gemini-3.1-flash-image", width=640, height=333)
    (error,) = refused.value.details["fieldErrors"]
    assert error["field"] == "width"
    assert "1376x768" in error["message"]


def test_test_tags_are_refused_outside_the_emulators() -> None:
    world = world_with_vertex()
    production = replace(world.backend, is_emulated=False)
    with pytest.raises(InvalidRequestError) as refused:
        submit_job(production, ANN, image_request("[[sleep:1]] a lighthouse"))
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
    PriorityNotInTierError: (lambda world: world.submit(), {"priority": "high"}),
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


@pytest.mark.parametrize(
    "refusal", [ModelNotInTierError, PriorityNotInTierError, NotAMemberError, NotFoundError]
)
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
    of_images = [
        "gemini-3.1-flash-image",
        "gemini-3.1-flash-lite-image",
        "gemini-nano-banana-2.1",
        "local-image",
    ]
    assert refused.value.details["models"] == of_images


def test_a_tier_without_videos_offers_no_model_for_them() -> None:
    world = World()
    with pytest.raises(ModelNotInTierError) as refused:
        submit_job(world.backend, ANN, parse(GenerateVideo, {"prompt": "waves"}))
    assert refused.value.details == {"model": "local-video", "models": []}
    assert refused.value.message.endswith("which has no videos.")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("dall-e", "there is no such model; for images there are local-image"),
        (
            "local-director",
            "local-director answers in words, not for images; for images there are local-image",
        ),
        (
            "local-video",
            "local-video is for videos, not for images; for images there are local-image",
        ),
        (
            "gemini-3-pro-image",
            "the provider vertex of gemini-3-pro-image is not set up here; "
            "for images there are local-image",
        ),
    ],
)
def test_a_model_that_cannot_be_used_is_refused_with_those_that_can(
    model: str, message: str
) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        World().submit(model=model)
    assert refused.value.details["fieldErrors"] == [{"field": "model", "message": message}]


def test_a_priority_of_a_higher_tier_is_refused_with_those_of_the_caller_s() -> None:
    world = World()
    with pytest.raises(PriorityNotInTierError) as refused:
        world.submit(priority="high")
    assert refused.value.details == {"priority": "high", "priorities": ["low", "normal"]}


def test_a_higher_tier_has_the_model_and_the_priority() -> None:
    world = world_with_vertex()
    world.set_tier("pro")
    job = world.submit(model="gemini-3-pro-image", priority="high").job
    assert (job.model, job.priority) == ("gemini-3-pro-image", 2)


# ---- for a team --------------------------------------------------------------------------------


def test_a_team_s_job_is_held_and_counted_on_the_team_s_account_and_on_its_member() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    own = world.account("user_bob")
    job = world.submit(caller=BOB, teamId=team_id, count=2).job
    account = world.account(f"team_{team_id}")
    assert (job.account_id, job.team_id, job.user_id) == (account.id, team_id, "bob")
    assert (account.available, account.held, account.active) == (96, 4, 1)
    assert world.entries(account.id)[f"{job.id}:hold"].actor == "bob"
    member = world.member(team_id, "bob")
    assert member is not None
    assert member.usage == account.usage == Usage("2026-11-20", {JobKind.IMAGE: 2}, credits=4)
    assert world.account("user_bob") == own


def test_a_member_s_own_jobs_are_their_own_and_count_for_no_team() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    world.control_team(ANN, team_id, "setMember", uid="bob", limits={"imagesADay": 0})
    job = world.submit(caller=BOB).job
    assert (job.account_id, job.team_id) == ("user_bob", None)
    assert world.account(f"team_{team_id}").held == 0


def test_a_team_s_tier_decides_and_not_its_member_s() -> None:
    world = world_with_vertex()
    team_id = world.found_team(bob="editor")
    world.control_account("setTier", accountId=f"team_{team_id}", tier="pro")
    fields = {"model": "gemini-3-pro-image", "priority": "high"}
    assert world.submit(caller=BOB, teamId=team_id, **fields).job.priority == 2
    with pytest.raises(ModelNotInTierError):
        world.submit(caller=BOB, **fields)


@pytest.mark.parametrize("role", ["owner", "editor"])
def test_owners_and_editors_submit(role: str) -> None:
    world = World()
    team_id = world.found_team(bob=role)
    assert world.submit(caller=BOB, teamId=team_id).job.is_dispatched


def test_a_member_written_by_hand_submits() -> None:
    world = World()
    team_id = world.found_team()
    world.overwrite(f"teams/{team_id}/members/bob", role="editor")
    assert world.submit(caller=BOB, teamId=team_id).job.team_id == team_id
    member = world.member(team_id, "bob")
    assert member is not None
    assert member.usage.of(JobKind.IMAGE) == 1


def test_a_team_written_by_hand_brings_no_credits_with_it() -> None:
    world = World()
    world.overwrite("teams/t1", name="Lights", created_by="ann", created_at=START, modified=START)
    world.overwrite("teams/t1/members/ann", role="owner")
    contents = world.contents()
    with pytest.raises(InsufficientCreditsError) as refused:
        world.submit(teamId="t1")
    assert refused.value.details == {"required": 2, "available": 0}
    assert world.contents() == contents


def test_what_members_submit_at_once_all_counts() -> None:
    world = World()
    team_id = world.found_team(bob="editor", carl="editor")
    world.control_account("setTier", accountId=f"team_{team_id}", tier="pro")
    callers = [BOB, user("carl"), ANN] * 4
    at_once(*[partial(world.submit, caller=caller, teamId=team_id) for caller in callers])
    account = world.account(f"team_{team_id}")
    assert (account.available, account.held, account.usage.of(JobKind.IMAGE)) == (1_076, 24, 12)
    members = [world.member(team_id, uid) for uid in ("ann", "bob", "carl")]
    assert [member and member.usage.of(JobKind.IMAGE) for member in members] == [4, 4, 4]
    world.run_until_quiet()
    world.assert_promises()


def test_a_member_s_limit_holds_however_many_submissions_come_at_once() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    world.control_team(ANN, team_id, "setMember", uid="bob", limits={"imagesADay": 3})

    def is_accepted() -> bool:
        try:
            world.submit(caller=BOB, teamId=team_id)
        except QuotaExceededError:
            return False
        return True

    assert sorted(at_once(*[is_accepted] * 8)) == [False] * 5 + [True] * 3
    assert world.account(f"team_{team_id}").usage.of(JobKind.IMAGE) == 3


def test_a_member_s_limit_of_the_day_is_free_again_the_next() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    world.control_team(ANN, team_id, "setMember", uid="bob", limits={"creditsADay": 4})
    world.submit(caller=BOB, teamId=team_id, count=2)
    with pytest.raises(QuotaExceededError):
        world.submit(caller=BOB, teamId=team_id)
    world.clock.advance(12 * 3600)
    assert world.submit(caller=BOB, teamId=team_id).job.is_dispatched


# ---- for a team, sent again --------------------------------------------------------------------


def test_a_team_s_request_sent_again_is_the_same_job_and_counts_once() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    first = world.submit(caller=BOB, teamId=team_id, requestId="r1")
    contents = world.contents()
    again = world.submit(caller=BOB, teamId=team_id, requestId="r1")
    assert (again.job, again.is_replay) == (first.job, True)
    assert world.contents() == contents


def test_a_request_sent_again_by_who_has_been_removed_answers_the_job_they_made() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    job = world.submit(caller=BOB, teamId=team_id, requestId="r1").job
    world.control_team(ANN, team_id, "remove", uid="bob")
    assert world.submit(caller=BOB, teamId=team_id, requestId="r1").job == job


@pytest.mark.parametrize(
    ("first", "second"), list(itertools.permutations(["one", "other", None], 2))
)
def test_a_request_id_used_for_another_team_or_for_oneself_is_refused(
    first: str | None, second: str | None
) -> None:
    world = World()
    teams = {"one": world.found_team(bob="editor"), "other": world.found_team(bob="editor")}

    def submit(whose: str | None) -> Submission:
        team = {"teamId": teams[whose]} if whose else {}
        return world.submit(caller=BOB, requestId="r1", **team)

    job = submit(first).job
    contents = world.contents()
    with pytest.raises(RequestIdReusedError) as refused:
        submit(second)
    assert refused.value.details == {"jobId": job.id}
    assert world.contents() == contents


def test_a_request_id_is_its_member_s_own() -> None:
    world = World()
    team_id = world.found_team(bob="editor", carl="editor")
    bobs = world.submit(caller=BOB, teamId=team_id, requestId="r1")
    carls = world.submit(caller=user("carl"), teamId=team_id, requestId="r1")
    assert not carls.is_replay
    assert bobs.job.id != carls.job.id


def test_a_team_s_job_is_repeated_on_the_team_s_account_while_one_is_a_member() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    first, second = (
        world.finish("[[blocked]]", caller=BOB, teamId=team_id, requestId=f"r{n}") for n in range(2)
    )
    assert retry_job(world.backend, BOB, first.id).account_id == f"team_{team_id}"
    world.control_team(ANN, team_id, "remove", uid="bob")
    contents = world.contents()
    with pytest.raises(NotAMemberError):
        retry_job(world.backend, BOB, second.id)
    assert world.contents() == contents


# ---- for a team, refused -----------------------------------------------------------------------


@dataclass(frozen=True)
class TeamRefusal:
    """What the team is like when Bob submits, what he sends, and what he is told."""

    error: type[RequestError]
    role: str = "editor"
    available: int = 100
    tier: str = "free"
    limits: Mapping[str, int] = field(default_factory=dict)
    before: Sequence[Mapping[str, Any]] = ()
    sends: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)


def quota(limit: int, used: int, of: str, whose: str) -> dict[str, Any]:
    resets_at = "2026-11-21T00:00:00Z"
    return {"limit": limit, "used": used, "of": of, "limitOf": whose, "resetsAt": resets_at}


TEAM_REFUSALS = {
    "a viewer": TeamRefusal(RoleNotAllowedError, "viewer", details={"role": "viewer"}),
    "no member": TeamRefusal(NotAMemberError, "none"),
    "a team that never was": TeamRefusal(NotAMemberError, sends={"teamId": "nowhere"}),
    "a member's images": TeamRefusal(
        QuotaExceededError,
        limits={"imagesADay": 3},
        before=[{"count": 2}],
        sends={"count": 2},
        details=quota(3, 2, "images", "member"),
    ),
    "a member's credits": TeamRefusal(
        QuotaExceededError,
        limits={"creditsADay": 5},
        before=[{"count": 2}],
        details=quota(5, 4, "credits", "member"),
    ),
    "a member who may have nothing": TeamRefusal(
        QuotaExceededError, limits={"imagesADay": 0}, details=quota(0, 0, "images", "member")
    ),
    "the team's day": TeamRefusal(
        QuotaExceededError,
        before=[{"count": 4}] * 5,
        details=quota(20, 20, "images", "tier"),
    ),
    "the team's credits": TeamRefusal(
        InsufficientCreditsError,
        available=3,
        sends={"count": 2},
        details={"required": 4, "available": 3},
    ),
    "a team without any": TeamRefusal(
        InsufficientCreditsError, available=0, details={"required": 2, "available": 0}
    ),
    "the team's minute": TeamRefusal(
        RateLimitedError,
        tier="pro",
        available=1_000,
        before=[{}] * 120,
        details={"limit": 120, "retryAfterSeconds": 60},
    ),
    "the team's models": TeamRefusal(ModelNotInTierError, sends={"model": "gemini-3-pro-image"}),
    "the team's priorities": TeamRefusal(PriorityNotInTierError, sends={"priority": "high"}),
    "a style": TeamRefusal(InvalidRequestError, sends={"styleId": "cubism"}),
    "a brand": TeamRefusal(NotFoundError, sends={"brandId": "b1"}),
    "a used requestId": TeamRefusal(
        RequestIdReusedError,
        before=[{"requestId": "r1", "seed": 1}],
        sends={"requestId": "r1", "seed": 2},
    ),
}


@pytest.mark.parametrize("refusal", TEAM_REFUSALS.values(), ids=TEAM_REFUSALS)
def test_a_refused_submission_for_a_team_changes_nothing_and_says_why(refusal: TeamRefusal) -> None:
    world = world_with_vertex()
    team_id = world.found_team(available=refusal.available)
    world.control_account("setTier", accountId=f"team_{team_id}", tier=refusal.tier)
    if refusal.role != "none":
        world.join(team_id, "bob", refusal.role)
        world.control_team(ANN, team_id, "setMember", uid="bob", limits=dict(refusal.limits))
    for fields in refusal.before:
        world.submit(caller=BOB, teamId=team_id, **fields)
    contents, queued = world.contents(), list(world.tasks.queued)
    with pytest.raises(refusal.error) as refused:
        world.submit(caller=BOB, **{"teamId": team_id, **refusal.sends})
    assert world.contents() == contents
    assert world.tasks.queued == queued
    assert refused.value.details.items() >= refusal.details.items()


def test_every_kind_of_refusal_is_tried_here() -> None:
    # The others are refused before a submission is looked at, or are about something else. Subclasses of
    # these (of InvalidRequestError, say) have tests of their own.
    elsewhere = {"unauthenticated", "request-too-large", "illegal-state", "cancel-is-charged"}
    elsewhere |= {"not-owner", "not-admin", "account-blocked", "over-budget", "batch-too-large"}
    elsewhere |= {"scope-missing"}
    tried = {error.reason for error in REFUSALS} | {r.error.reason for r in TEAM_REFUSALS.values()}
    assert tried | elsewhere == {error.reason for error in RequestError.__subclasses__()}


def test_a_limit_of_a_member_is_refused_before_the_team_is_charged_for_another_s() -> None:
    world = World()
    team_id = world.found_team(bob="editor", carl="editor")
    world.control_team(ANN, team_id, "setMember", uid="bob", limits={"imagesADay": 1})
    world.submit(caller=BOB, teamId=team_id)
    with pytest.raises(QuotaExceededError):
        world.submit(caller=BOB, teamId=team_id)
    assert world.submit(caller=user("carl"), teamId=team_id).job.is_dispatched
    assert world.account(f"team_{team_id}").usage.of(JobKind.IMAGE) == 2


# ---- for a team that changes at the same moment -------------------------------------------------

CHANGES: dict[str, tuple[dict[str, Any], type[RequestError]]] = {
    "removed": ({"action": "remove"}, NotAMemberError),
    "made a viewer": ({"action": "setMember", "role": "viewer"}, RoleNotAllowedError),
    "limited": ({"action": "setMember", "limits": {"imagesADay": 0}}, QuotaExceededError),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("fields", [{}, {"requestId": "r1"}], ids=["unnamed", "named"])
def test_a_member_who_is_changed_between_reading_and_commit_is_refused(
    change: str, fields: dict[str, Any]
) -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    contents: dict[str, Mapping[str, Any]] = {}
    sent, refusal = CHANGES[change]

    def change_bob() -> None:
        world.control_team(ANN, team_id=team_id, uid="bob", **sent)
        contents.update(world.contents())

    world.documents.meanwhile = [change_bob]
    with pytest.raises(refusal):
        world.submit(caller=BOB, teamId=team_id, **fields)
    assert world.contents() == contents
    assert world.tasks.queued == []


def test_a_member_who_was_removed_and_invited_again_meanwhile_is_a_new_member() -> None:
    world = World()
    team_id = world.found_team(bob="editor")

    def rejoin() -> None:
        world.control_team(ANN, team_id, "remove", uid="bob")
        world.join(team_id, "bob", "viewer")

    world.documents.meanwhile = [rejoin]
    with pytest.raises(RoleNotAllowedError):
        world.submit(caller=BOB, teamId=team_id)


def test_credits_spent_by_another_member_meanwhile_are_not_spent_twice() -> None:
    world = World()
    team_id = world.found_team(available=2, bob="editor")
    world.documents.meanwhile = [lambda: world.submit(teamId=team_id)]
    with pytest.raises(InsufficientCreditsError) as refused:
        world.submit(caller=BOB, teamId=team_id)
    assert refused.value.details == {"required": 2, "available": 0}
    member = world.member(team_id, "bob")
    assert member is not None
    assert member.usage == Usage()


# ---- scheduled ---------------------------------------------------------------------------------


def test_a_scheduled_job_waits_without_a_slot_and_its_task_comes_at_its_time() -> None:
    world = World()
    job = world.submit(scheduledAt="2026-11-20T12:10:00Z").job
    assert (job.waiting_for, job.is_dispatched) == (WaitingFor.SCHEDULE, False)
    assert world.view(job.id)["waiting_for"] == "schedule"
    assert (world.account().active, world.account().held) == (0, 2)
    assert [task.not_before for task in world.tasks.queued] == [world.at(600)]


def test_who_schedules_far_ahead_and_cancels_leaves_no_task_in_a_queue() -> None:
    world = World()
    for n in range(5):
        world.cancel(world.submit(scheduledAt="2026-12-19T12:00:00Z", requestId=f"{n}").job.id)
    world.submit(scheduledAt="2026-11-20T12:10:01Z", requestId="kept")
    world.submit(scheduledAt="2026-11-20T12:10:01Z", requestId="kept")
    assert world.tasks.queued == []


def test_what_is_scheduled_far_ahead_gets_its_task_ten_minutes_before_its_time() -> None:
    world = World()
    job = world.submit(scheduledAt="2026-11-20T13:00:00Z").job
    before = world.view(job.id)
    world.clock.advance(2999)
    assert sweep_jobs(world.backend) == {}
    world.clock.advance(1)
    assert sweep_jobs(world.backend) == {"handed-over": 1}
    assert sweep_jobs(world.backend) == {}
    assert [task.not_before for task in world.tasks.queued] == [START + timedelta(hours=1)]
    assert world.view(job.id) == before
    world.clock.advance(600)
    assert sweep_jobs(world.backend) == {}
    world.deliver_all()
    assert world.job(job.id).status is JobStatus.COMPLETED


def test_a_scheduled_job_starts_when_its_time_has_come() -> None:
    world = World()
    job = world.submit(scheduledAt="2026-11-20T13:10:00+01:00").job
    world.clock.advance(598)
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
        "width": st.integers(1, 16_384),
        "height": st.integers(1, 16_384),
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
        job = submit_job(world.backend, ANN, parse(GenerateImage, payload)).job
    except RequestError:
        assert world.documents.paths() == []
        return
    marks = {path for path in world.documents.paths() if path.startswith("gifts/")}
    assert len(marks) == 1
    assert set(world.documents.paths()) - marks == {
        "system/gift_key",
        "welcome_days/2026-11-20_4",
        "accounts/user_ann",
        "accounts/user_ann/ledger/welcome:grant",
        f"accounts/user_ann/ledger/{job.id}:hold",
        f"jobs/{job.id}",
        f"generations/ann/images/{job.id}",
    }
