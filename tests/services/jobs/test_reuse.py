"""`reuse`: what is answered with an earlier result and what is not, what that costs, and what a crash or a
deletion leaves of it."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import GenerateVideo, parse
from mediaforge.domain.errors import (
    BusyError,
    InvalidRequestError,
    QuotaExceededError,
    RateLimitedError,
    RequestError,
    RequestIdReusedError,
)
from mediaforge.domain.jobs.breakers import FAILURES_MAX
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.ports.provider import Asset, Finished, ProviderRequest
from mediaforge.services.backend import Caller
from mediaforge.services.jobs.control import retry_job
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.watch.invariants import check_invariants
from mediaforge.services.watch.sweep import sweep_jobs
from tests.services.jobs.test_submit import world_with_vertex
from tests.services.library.test_deletion import delete
from tests.services.library.test_packs import upload, write_pack
from tests.services.library.test_templates import write_template
from tests.support.faults import Killed, Steps, mortal
from tests.support.pictures import FILM
from tests.support.world import ANN, TIMING, InstantProvider, World, image_request, user

BOB = user("bob")


@pytest.fixture
def world() -> World:
    """What it makes is paid for, also where the world has Vertex's models."""
    world = world_with_vertex()
    world.set_tier("pro")
    return world


def reuse(world: World, prompt: str = "a lighthouse", caller: Caller = ANN, **fields: Any) -> Job:
    """The job of a request that allows it, as it is when the call has been answered."""
    job = world.submit(prompt, caller, **{"reuse": True, **fields}).job
    assert job == world.job(job.id)
    return job


def is_answered(world: World, job: Job, by: Job) -> bool:
    return (job.reused_from, job.status) == (by.id, JobStatus.COMPLETED)


def is_made(job: Job) -> bool:
    """Whether it is made and paid for like any other."""
    is_paid_for = job.estimated_credits == job.count * job.price_credits > 0
    return job.reused_from is None and is_paid_for and job.is_dispatched


# ---- answered ----------------------------------------------------------------------------------------


def test_the_same_request_is_answered_at_once_with_copies_and_for_nothing(world: World) -> None:
    made = world.finish(count=2)
    account, entries, starts = world.account(), world.entries(), dict(world.provider.starts)
    world.clock.advance(5)

    job = reuse(world, count=2)

    view, before = world.view(job.id), world.view(made.id)
    assert (view["status"], view["generated"], view["progress"]) == ("completed", True, 1.0)
    assert view["reused_from"] == made.id
    assert view["credits"] == {"estimated": 0, "charged": 0}
    assert view["seed"] == before["seed"] == view["generation_data"]["seed"]
    paths = view["generation_data"]["storage_paths"]
    assert paths == [f"generating/ann/image/{job.id}_{index}.png" for index in (0, 1)]
    shown = view["generation_data"]["image_urls"] + view["generation_data"]["thumbnail_urls"]
    of_the_first = before["generation_data"]["image_urls"]
    thumbs = before["generation_data"]["thumbnail_urls"]
    assert list(map(world.media.answer, shown)) == [
        *map(world.media.answer, of_the_first),
        *map(world.media.answer, thumbs),
    ]
    assert not {*shown} & {*of_the_first, *thumbs}
    world.run_until_quiet()
    after = world.account()
    assert (world.entries(), world.provider.starts) == (entries, starts)
    assert (after.available, after.held, after.active) == (account.available, 0, 0)
    assert after.usage.credits == account.usage.credits
    assert world.job(job.id).is_settled
    assert world.job(job.id).may_have_billed == 0
    assert check_invariants(world.backend) == []
    world.assert_promises()


def test_it_needs_neither_a_slot_nor_a_provider(world: World) -> None:
    made = world.finish()
    busy = [world.submit(f"busy {n}").job for n in range(11)]
    assert not world.job(busy[-1].id).is_dispatched
    world.provider.start = None  # nobody may ask it
    assert is_answered(world, reuse(world), by=made)
    assert not world.job(busy[-1].id).is_dispatched


def test_a_model_that_is_out_of_order_does_not_hold_it_up(world: World) -> None:
    model = "gemini-3-pro-image"  # one with a breaker
    made = world.finish(model=model)
    world.grant(500)
    for _ in range(FAILURES_MAX):
        world.submit("[[fail:always]]", model=model)
    world.deliver_all()
    other = world.submit("a mill", model=model).job
    world.deliver_all()
    assert (world.job(other.id).is_dispatched, world.job(other.id).attempts) == (True, 0)
    assert is_answered(world, reuse(world, model=model), by=made)


def test_an_empty_account_is_answered_all_the_same(world: World) -> None:
    made = world.finish()
    world.control_account("adjust", accountId="user_ann", amount=-98, reason="x", requestId="a1")
    assert world.account().available == 0
    with pytest.raises(RequestError):
        world.submit()
    assert is_answered(world, reuse(world), by=made)


def test_what_has_just_ended_answers_before_it_is_settled(world: World) -> None:
    made = world.submit().job
    world.deliver_all()
    assert not world.job(made.id).is_settled
    assert is_answered(world, reuse(world), by=made)


def test_a_schedule_does_not_hold_up_what_is_there(world: World) -> None:
    made = world.finish()
    job = reuse(world, scheduledAt=world.at(86_400).isoformat())
    assert is_answered(world, job, by=made)
    assert job.not_before is None


def test_a_video_is_answered_too(world: World) -> None:
    class Films(InstantProvider):
        def start(self, request: ProviderRequest) -> Finished:
            super().start(request)
            return Finished([Asset(FILM, "mp4", "video/mp4")])

    films = Films()
    world.backend = replace(world.backend, providers={"local": films, "vertex": films})

    def film(**fields: Any) -> Job:
        request = parse(GenerateVideo, {"prompt": "waves", **fields})
        job = submit_job(world.backend, ANN, request).job
        world.run_until_quiet()
        return world.job(job.id)

    made = film()
    assert made.status is JobStatus.COMPLETED
    again = film(reuse=True)
    assert is_answered(world, again, by=made)
    view = world.view(again.id)["generation_data"]
    assert world.media.answer(view["video_url"]) == FILM
    assert view["duration_seconds"] == world.view(made.id)["generation_data"]["duration_seconds"]
    assert film(reuse=True, fps=made.video.fps if made.video else 0).reused_from
    longer = film(reuse=True, durationSeconds=max(8, made.video.duration_s if made.video else 8))
    assert (longer.reused_from is None) == (longer.video != made.video)
    world.assert_promises()


def test_without_reuse_it_is_made_again(world: World) -> None:
    world.finish()
    assert is_made(world.submit().job)


# ---- what is the same --------------------------------------------------------------------------------

SAME: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"title": "another name"}),
    ({}, {"priority": "high"}),
    ({}, {"requestId": "r9"}),
    ({"aspectRatio": "1:1"}, {"width": 1024, "height": 1024}),
    ({"prompt": "a {{x}}", "variables": {"x": "lighthouse"}}, {}),
    ({"seed": 7}, {"seed": 7}),
    ({"seed": 7}, {}),
    ({"reuse": True}, {}),
    ({"estimatedCredits": 2}, {"estimatedCredits": 0}),
]
OTHER: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"prompt": "a mill"}),
    ({}, {"prompt": "a lighthouse "}),
    ({}, {"count": 2}),
    ({"count": 2}, {}),
    ({}, {"aspectRatio": "16:9"}),
    ({}, {"negativePrompt": "fog"}),
    ({}, {"styleId": "watercolor"}),
    ({}, {"model": "gemini-3-pro-image"}),
    ({"seed": 7}, {"seed": 8}),
    ({"seed": 70}, {"seed": 7}),
]


def style_known(world: World, fields: dict[str, Any]) -> dict[str, Any]:
    """A style that the catalogue has."""
    if "styleId" not in fields:
        return fields
    return {**fields, "styleId": next(iter(world.backend.catalogue.styles))}


@pytest.mark.parametrize(("first", "then"), SAME, ids=str)
def test_what_does_not_change_the_result_is_the_same(
    world: World, first: dict[str, Any], then: dict[str, Any]
) -> None:
    made = world.finish(**first)
    assert is_answered(world, reuse(world, **then), by=made)


@pytest.mark.parametrize(("first", "then"), OTHER, ids=str)
def test_what_changes_the_result_is_made(
    world: World, first: dict[str, Any], then: dict[str, Any]
) -> None:
    world.finish(**first)
    assert is_made(reuse(world, **style_known(world, then)))


def test_of_several_the_oldest_with_the_named_seed_answers(world: World) -> None:
    jobs = []
    for seed in (20, 3, 3, 100):
        jobs.append(world.finish(seed=seed))
        world.clock.advance(60)
    assert reuse(world, seed=3).reused_from == jobs[1].id
    assert reuse(world, seed=100).reused_from == jobs[3].id
    assert is_made(reuse(world, seed=10))
    assert reuse(world).reused_from in {job.id for job in jobs}


def test_what_was_answered_does_not_take_the_place_of_what_was_made(world: World) -> None:
    made = world.finish()
    for _ in range(3):
        world.clock.advance(60)
        assert reuse(world).reused_from == made.id
        world.run_until_quiet()


def test_another_version_of_the_pack_is_another_request(world: World) -> None:
    write_pack(world)
    made = world.finish(referencePackId="p")
    assert is_answered(world, reuse(world, referencePackId="p"), by=made)
    write_pack(world, version=2)
    assert is_made(reuse(world, referencePackId="p"))


def test_another_version_of_the_template_is_another_request(world: World) -> None:
    write_template(world)
    fields: dict[str, Any] = {"templateId": "t", "variables": {"colour": "red"}, "prompt": None}
    made = world.finish(**fields)
    assert is_answered(world, reuse(world, **fields), by=made)
    assert is_made(reuse(world, **fields | {"variables": {"colour": "blue"}}))
    write_template(world, version=4)
    assert is_made(reuse(world, **fields))


def test_an_upload_that_was_written_over_makes_another_request(world: World) -> None:
    path = "references/ann/own.png"
    upload(world, path)
    references = [{"path": path, "mode": "style_only"}]
    world.clock.advance(60)
    made = world.finish(references=references)
    assert is_answered(world, reuse(world, references=references), by=made)
    assert is_made(reuse(world, references=[{**references[0], "mode": "style_and_composition"}]))
    world.media.replace(path, world.media.files[path], "image/png", over=1)
    assert is_made(reuse(world, references=references))  # nobody has looked at the new one yet
    generation = world.media.list(path)[path]
    told = {"generation": generation, "created_at": world.at(60)}
    world.overwrite(at.upload("ann", "own").path, **told)
    assert is_made(reuse(world, references=references))


# ---- what answers nobody -----------------------------------------------------------------------------


def test_what_failed_was_cancelled_or_is_not_whole_answers_nobody(world: World) -> None:
    for prompt in ("[[blocked]]", "[[partial:1]]"):
        world.finish(prompt, count=2)
        assert is_made(reuse(world, prompt, count=2))
    waiting = world.submit("slow").job
    assert is_made(reuse(world, "slow"))
    world.cancel(waiting.id)
    assert is_made(reuse(world, "slow"))


def test_what_was_deleted_answers_nobody_and_its_copy_stays(world: World) -> None:
    made = world.finish()
    copy = reuse(world)
    world.run_until_quiet()
    delete(world, made.id)
    assert [path for path in world.media.files if made.id in path] == []
    assert len([path for path in world.media.files if copy.id in path]) == 2
    assert world.job(made.id).reuse_key is None
    # The copy is a result of the account like any other, until it is deleted as well.
    last = reuse(world)
    assert is_answered(world, last, by=copy)
    world.run_until_quiet()
    delete(world, copy.id, last.id)
    assert world.media.files == {}
    assert is_made(reuse(world))
    world.run_until_quiet()
    world.assert_promises()


def test_files_that_are_gone_are_not_answered_with_and_the_next_result_is(world: World) -> None:
    first = world.finish(seed=1)
    world.clock.advance(60)
    second = world.finish(seed=2)
    world.media.files.pop(f"generating/ann/image/{first.id}_0_thumb.webp")
    assert is_answered(world, reuse(world), by=second)
    assert is_made(reuse(world, seed=1))


def test_a_result_whose_view_is_gone_answers_nobody(world: World) -> None:
    made = world.finish()
    world.documents.overwrite(at.view_path(made), None)
    assert is_made(reuse(world))


# ---- whose it is -------------------------------------------------------------------------------------


def test_nobody_is_answered_with_what_somebody_else_has(world: World) -> None:
    world.finish()
    world.set_tier("pro", BOB)
    assert is_made(reuse(world, caller=BOB))


def test_a_team_answers_its_members_with_what_it_has_paid_for_and_with_nothing_else(
    world: World,
) -> None:
    team_id = world.found_team(bob="editor", cat="viewer")
    private = world.finish()
    assert is_made(reuse(world, teamId=team_id, caller=BOB))
    world.run_until_quiet()
    [of_team] = [job for job in world.jobs() if job.team_id and job.reused_from is None]
    assert of_team.user_id == "bob"
    mine = reuse(world, teamId=team_id)
    assert is_answered(world, mine, by=of_team)
    assert world.view(mine.id)["team_id"] == team_id
    assert mine.output is not None
    assert mine.output.storage_paths == (f"generating/ann/image/{mine.id}.png",)
    assert is_answered(world, reuse(world), by=private)
    with pytest.raises(RequestError) as refused:
        reuse(world, teamId=team_id, caller=user("cat"))
    assert refused.value.reason == "role-not-allowed"
    with pytest.raises(RequestError) as refused:
        reuse(world, teamId=team_id, caller=user("dan"))
    assert refused.value.reason == "not-a-member"
    world.run_until_quiet()
    assert check_invariants(world.backend) == []
    world.assert_promises()


def test_who_is_no_member_does_not_learn_what_a_team_has(world: World) -> None:
    """What is refused first has to be the same, whether there is a result or not."""
    team_id, dan = world.found_team(bob="editor"), user("dan")
    made = world.submit("known", user("bob"), teamId=team_id).job
    world.run_until_quiet()
    assert world.job(made.id).status is JobStatus.COMPLETED
    for prompt in ("known", "unknown"):
        row: dict[str, Any] = {"prompt": prompt, "reuse": True, "estimatedCredits": 0}
        with pytest.raises(RequestError) as refused:
            world.submit(caller=dan, teamId=team_id, **row)
        assert refused.value.reason == "not-a-member"
        with pytest.raises(RequestError) as refused:
            world.submit_batch([row], dan, teamId=team_id)
        assert refused.value.reason == "not-a-member"


# ---- what bounds it ----------------------------------------------------------------------------------


def test_it_counts_as_a_submission_of_the_minute(world: World) -> None:
    world.finish()
    limit = world.backend.catalogue.tier_of("pro").submissions_a_minute
    for _ in range(limit - 1):
        reuse(world)
    with pytest.raises(RateLimitedError):
        reuse(world)


def test_the_gate_counts_refusals_that_looked_for_results(world: World) -> None:
    """Who names too low a price is refused after that: nothing else would bound what is looked for."""
    limit = world.backend.catalogue.limits.gate_a_minute.user_refusals
    for n in range(limit):
        row: dict[str, Any] = {
            "prompt": f"never made {n}",
            "reuse": True,
            "estimatedCredits": 0,
        }
        with pytest.raises(InvalidRequestError):
            world.submit(**row) if n % 2 else world.submit_batch([row])
    with pytest.raises(RateLimitedError):
        world.backend.gate.admit_user("ann")


def test_it_counts_among_the_pictures_of_the_day_and_not_among_its_credits(world: World) -> None:
    world.finish()
    before = world.account().usage
    reuse(world)
    after = world.account().usage
    assert (after.named()["images"] - before.named()["images"], after.credits) == (
        1,
        before.credits,
    )
    world.set_tier("free")
    while world.account().usage.named()["images"] < 20:
        reuse(world)
    with pytest.raises(QuotaExceededError):
        reuse(world)


def test_a_blocked_account_is_answered_nothing(world: World) -> None:
    world.finish()
    world.control_account("block", accountId="user_ann", reason="x")
    with pytest.raises(RequestError) as refused:
        reuse(world)
    assert refused.value.reason == "account-blocked"


def test_a_price_that_was_told_is_kept(world: World) -> None:
    """Who was told that it costs nothing does not pay because the result is gone by now."""
    made = world.finish()
    delete(world, made.id)
    with pytest.raises(InvalidRequestError) as refused:
        reuse(world, estimatedCredits=0)
    assert refused.value.details["fieldErrors"][0]["field"] == "estimatedCredits"
    assert is_made(reuse(world, estimatedCredits=2))


# ---- sent again, crashed, deleted meanwhile ----------------------------------------------------------


def test_sent_again_it_is_the_same_job_whatever_has_become_of_the_first(world: World) -> None:
    made = world.finish()
    job = reuse(world, requestId="r1")
    world.run_until_quiet()
    delete(world, made.id)
    contents = world.contents()
    again = world.submit(requestId="r1", reuse=True)
    assert (again.is_replay, again.job.id) == (True, job.id)
    assert world.contents() == contents
    with pytest.raises(RequestIdReusedError):
        world.submit(requestId="r1")
    # And one that was made is not answered with itself.
    other = world.submit("a mill", requestId="r2", reuse=True).job
    world.run_until_quiet()
    assert world.submit("a mill", requestId="r2", reuse=True).job.id == other.id


def lives(die_at: int, resend: bool) -> World:
    """A world in which the process that answers dies at that step; it is sent again, or the sweep does it."""
    world = World()
    world.finish(count=2)
    request = image_request(count=2, reuse=True, requestId="r1")
    with pytest.raises(Killed):
        submit_job(mortal(world.backend, Steps(die_at)), ANN, request)
    if resend:
        world.submit(count=2, reuse=True, requestId="r1")
    world.run_until_quiet()
    return world


@pytest.mark.parametrize("resend", [False, True], ids=["left alone", "sent again"])
def test_a_crash_at_any_step_leaves_a_whole_answer_or_nothing(resend: bool) -> None:
    world, steps = World(), Steps()
    world.finish(count=2)
    request = image_request(count=2, reuse=True, requestId="r1")
    submit_job(mortal(world.backend, steps), ANN, request)
    assert "before a copy" in steps.passed
    ends = set[int]()
    for die_at in range(1, len(steps.passed) + 1):
        world = lives(die_at, resend)
        jobs = world.jobs()
        files = [path for job in jobs if job.output for path in job.output.storage_paths]
        assert len(world.media.files) == 2 * len(
            files
        )  # and a thumbnail of each: nothing is left over
        assert world.account().available == 96
        assert sum(world.provider.starts.values()) == 1
        assert all(job.status is JobStatus.COMPLETED for job in jobs)
        world.assert_promises()
        assert check_invariants(world.backend) == []
        ends.add(len(jobs))
    assert ends == ({2} if resend else {1, 2})


def test_where_storage_is_busy_a_worker_goes_on(world: World) -> None:
    made = world.finish()
    copy, busy = world.media.copy, [True]

    def copies(*args: Any, **fields: Any) -> str | None:
        if busy:
            busy.pop()
            raise BusyError("Storage")
        return copy(*args, **fields)

    world.media.copy = copies  # type: ignore[method-assign]
    job = reuse(world)
    assert job.status is JobStatus.PROCESSING
    world.run_until_quiet()
    assert is_answered(world, world.job(job.id), by=made)
    assert world.account().available == 98
    world.assert_promises()


def test_where_the_database_is_busy_a_task_does_it(world: World) -> None:
    made = world.finish()
    transact, calls = world.documents.transact, itertools.count(1)

    def some(*args: Any, **fields: Any) -> Any:
        if next(calls) == 2:  # the claim, after the acceptance
            raise BusyError("Firestore")
        return transact(*args, **fields)

    world.documents.transact = some  # type: ignore[method-assign]
    job = reuse(world)
    assert job.status is JobStatus.QUEUED
    assert [task.body["jobId"] for task in world.tasks.queued] == [job.id]
    world.deliver_all()
    assert is_answered(world, world.job(job.id), by=made)


def test_a_task_that_is_lost_is_made_anew_by_the_sweep(world: World) -> None:
    made = world.finish()
    with pytest.raises(Killed):
        submit_job(mortal(world.backend, Steps(3)), ANN, image_request(reuse=True))
    [job] = [job for job in world.jobs() if job.reused_from]
    assert job.status is JobStatus.QUEUED
    world.clock.advance(TIMING.pickup_s + 1)
    assert sweep_jobs(world.backend)["redelivered"] == 1
    world.deliver_all()
    assert is_answered(world, world.job(job.id), by=made)


@pytest.mark.parametrize(
    ("tier", "queue"), [("free", "runLocalImageFree"), ("pro", "runLocalImage")]
)
def test_its_tasks_go_into_the_queue_of_its_account_s_lane(
    world: World, tier: str, queue: str
) -> None:
    world.finish()
    world.set_tier(tier)
    with pytest.raises(Killed):
        submit_job(mortal(world.backend, Steps(3)), ANN, image_request(reuse=True))
    world.clock.advance(TIMING.pickup_s + 1)
    sweep_jobs(world.backend)
    assert [task.queue for task in world.tasks.queued] == [queue]


def meanwhile(world: World, happens: Callable[[], object]) -> None:
    """Once the request is accepted, before anything is copied."""
    world.documents.meanwhile = [lambda: None, happens]


def test_what_is_deleted_while_it_answers_costs_nothing_and_a_retry_makes_it(world: World) -> None:
    made = world.finish()
    meanwhile(world, lambda: delete(world, made.id))
    job = reuse(world)
    view = world.view(job.id)
    assert (view["status"], view["error"]["code"]) == ("failed", "reused-result-missing")
    assert (view["error"]["retryable"], view["credits"]["charged"]) == (True, 0)
    world.run_until_quiet()
    assert world.account().usage.named()["images"] == 1
    assert [path for path in world.media.files if job.id in path] == []
    again = retry_job(world.backend, ANN, job.id)
    assert is_made(again)
    assert world.view(again.id)["retry_of"] == job.id
    world.run_until_quiet()
    assert world.account().available == 96
    assert check_invariants(world.backend) == []
    world.assert_promises()


def test_it_may_be_cancelled_until_it_is_answered(world: World) -> None:
    world.finish()
    with pytest.raises(Killed):
        submit_job(mortal(world.backend, Steps(3)), ANN, image_request(reuse=True))
    [job] = [job for job in world.jobs() if job.reused_from]
    world.cancel(job.id)
    assert world.deliver(job.id) == "final"
    world.run_until_quiet()
    assert world.job(job.id).status is JobStatus.CANCELLED
    assert [path for path in world.media.files if job.id in path] == []
    world.assert_promises()
