"""One delivery of a task: whatever comes twice, late, early or not at all."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

import pytest

from mediaforge.contract.documents import LETTERS_FORGOTTEN_AFTER
from mediaforge.domain.errors import BusyError, RejectedError, ThrottledError, UnavailableError
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.ports.media import Preview
from mediaforge.ports.provider import Asset, Finished, Provider, ProviderRequest
from mediaforge.services.jobs import lease
from mediaforge.services.jobs.run import run_job
from mediaforge.services.watch.sweep import sweep_jobs
from tests.support.faults import Killed
from tests.support.one_shot import OneShotProvider
from tests.support.pictures import MINE, PICTURE
from tests.support.world import ANN, World, at_once, logged

FOLDER = "generating/ann/image"


@dataclass
class Recorded(OneShotProvider):
    """A provider that does what it is told and keeps what it was asked for."""

    answer: Callable[[ProviderRequest], Finished]
    requests: list[ProviderRequest] = field(default_factory=list)

    def start(self, request: ProviderRequest) -> Finished:
        self.requests.append(request)
        return self.answer(request)


def picture(request: ProviderRequest) -> Finished:
    return Finished([Asset(PICTURE, "png", "image/png")] * request.count)


def with_provider(world: World, provider: Provider) -> World:
    world.backend = replace(world.backend, providers={"local": provider})
    return world


def die() -> None:
    raise Killed


def dead_letters(world: World) -> list[str]:
    return [path for path in world.documents.paths() if path.startswith("dead_letters/")]


# ---- it completes ------------------------------------------------------------------------------


def test_a_job_ends_completed_with_its_picture_under_its_name() -> None:
    world = World()
    job = world.finish()
    paths = {f"{FOLDER}/{job.id}.png", f"{FOLDER}/{job.id}_0_thumb.webp"}
    assert set(world.media.files) == paths
    view = world.view(job.id)
    assert (view["status"], view["generated"], view["progress"]) == ("completed", True, 1.0)
    assert view["credits"] == {"estimated": 2, "charged": 2}
    assert view["generation_data"]["storage_paths"] == [f"{FOLDER}/{job.id}.png"]
    assert view["generation_data"]["provider"] == "local"
    assert view["generation_data"]["seed"] == job.seed


def test_several_pictures_are_numbered() -> None:
    world = World()
    job = world.finish(count=3)
    data = world.view(job.id)["generation_data"]
    assert data["storage_paths"] == [f"{FOLDER}/{job.id}_{i}.png" for i in range(3)]
    assert len(data["image_urls"]) == len(data["thumbnail_urls"]) == 3
    assert set(world.media.files) >= {f"{FOLDER}/{job.id}_{i}_thumb.webp" for i in range(3)}


def test_the_provider_is_asked_for_what_was_planned() -> None:
    provider = Recorded(picture)
    world = with_provider(World(), provider)
    world.media.files["references/ann/a.png"] = MINE
    job = world.finish(
        "a lighthouse",
        negativePrompt="people",
        styleId="photographic",
        aspectRatio="16:9",
        count=2,
        seed=7,
        references=[{"path": "references/ann/a.png", "mode": "style_only"}],
    )
    (request,) = provider.requests
    assert (request.job_id, request.prompt, request.count, request.seed) == (
        job.id,
        "a lighthouse",
        2,
        7,
    )
    assert (request.width_px, request.height_px, request.attempt) == (1376, 768, 1)
    assert request.negative_prompt == "people, illustration, drawing"
    assert [(r.load(), r.mode) for r in request.references] == [(MINE, "style_only")]


def test_one_picture_is_in_memory_at_a_time() -> None:
    world = World()
    saved_before_the_next: list[int] = []

    def lazily(request: ProviderRequest) -> Iterator[Asset]:
        for _ in range(request.count):
            saved_before_the_next.append(len(world.media.files))
            yield Asset(PICTURE, "png", "image/png")

    with_provider(world, Recorded(lambda request: Finished(lazily(request)))).finish(count=3)
    assert saved_before_the_next == [0, 2, 4]


def test_a_partial_delivery_is_charged_for_what_was_delivered() -> None:
    world = World()
    job = world.finish("[[partial:1]]", count=4)
    assert (job.status, job.charged_credits) == (JobStatus.COMPLETED, 2)
    assert (world.account().available, world.account().usage.of(JobKind.IMAGE)) == (98, 4)
    amounts = {e: entry.amount for e, entry in world.entries().items()}
    assert (amounts[f"{job.id}:capture"], amounts[f"{job.id}:release"]) == (2, 6)


def test_a_partial_delivery_keeps_only_the_files_that_were_paid_for() -> None:
    world = World()
    job = world.submit("[[partial:1]]", count=3).job
    # An attempt that was lost had saved more.
    world.media.save(f"{FOLDER}/{job.id}_2.png", b"picture", "image/png", "t")
    world.run_until_quiet()
    assert set(world.media.files) == {f"{FOLDER}/{job.id}_0.png", f"{FOLDER}/{job.id}_0_thumb.webp"}


def with_broken_pictures(world: World, *broken: int, error: type[Exception] = ValueError) -> World:
    """Those that are looked at as the `broken`-th, counted from 0, cannot be read."""
    looked_at, readable = itertools.count(), world.backend.preview

    def preview(content: bytes, content_type: str) -> Preview:
        if next(looked_at) in broken:
            raise error("not an image")
        return readable(content, content_type)

    world.backend = replace(world.backend, preview=preview)
    return world


@pytest.mark.parametrize("broken", [(1,), (0,), (0, 2), (3,)])
def test_a_broken_picture_does_not_cost_the_others(broken: tuple[int, ...]) -> None:
    world = with_broken_pictures(World(), *broken)
    job = world.finish(count=4)

    delivered = 4 - len(broken)
    charged = delivered * job.price_credits
    assert (job.status, job.attempts, job.charged_credits) == (JobStatus.COMPLETED, 1, charged)
    kept = [f"{FOLDER}/{job.id}_{index}" for index in range(delivered)]
    assert job.output is not None
    assert job.output.storage_paths == tuple(f"{stem}.png" for stem in kept)
    assert set(world.media.files) == {f"{s}{end}" for s in kept for end in (".png", "_thumb.webp")}
    world.assert_promises()


def test_a_picture_over_which_the_decoder_breaks_does_not_cost_the_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    job = with_broken_pictures(World(), 0, error=AttributeError).finish(count=2)
    assert (job.status, job.attempts, job.charged_credits) == (
        JobStatus.COMPLETED,
        1,
        job.price_credits,
    )
    [line] = logged(capsys, "preview.broke")
    assert (line["severity"], line["error_type"]) == ("ERROR", "AttributeError")


def test_a_look_that_is_not_to_be_had_now_costs_no_picture(
    capsys: pytest.CaptureFixture[str],
) -> None:
    job = with_broken_pictures(World(), 0, error=BusyError).finish(count=2)
    assert (job.status, job.attempts) == (JobStatus.COMPLETED, 2)
    assert job.charged_credits == 2 * job.price_credits
    assert logged(capsys, "preview.broke") == []


def test_pictures_that_are_all_broken_are_drawn_again() -> None:
    job = with_broken_pictures(World(), 0, 1).finish(count=2)
    assert (job.status, job.attempts) == (JobStatus.COMPLETED, 2)


def test_a_failed_job_keeps_no_files() -> None:
    world = World()

    def saves_one_and_fails(request: ProviderRequest) -> Finished:
        def assets() -> Iterator[Asset]:
            yield Asset(PICTURE, "png", "image/png")
            raise RejectedError("content-blocked", "the second one")

        return Finished(assets())

    job = with_provider(world, Recorded(saves_one_and_fails)).finish(count=2)
    assert job.status is JobStatus.FAILED
    assert world.media.files == {}


# ---- it fails ----------------------------------------------------------------------------------


@pytest.mark.parametrize("prompt", ["[[blocked]]", "[[fail:permanent]]"])
def test_a_rejection_ends_the_job_at_once_and_costs_nothing(prompt: str) -> None:
    world = World()
    job = world.finish(prompt)
    assert (job.status, job.attempts, world.provider.starts[job.id]) == (JobStatus.FAILED, 1, 1)
    assert world.view(job.id)["error"]["retryable"] is False
    assert world.account().available == 100
    assert dead_letters(world) == []


def test_an_unavailable_provider_is_asked_again_until_it_answers() -> None:
    world = World()
    job = world.finish("[[fail:transient:2]]")
    assert (job.status, job.attempts) == (JobStatus.COMPLETED, 3)
    assert world.view(job.id)["error"] is None
    assert dead_letters(world) == []


def test_a_failed_attempt_waits_longer_each_time() -> None:
    world = World()
    job = world.submit("[[fail:always]]").job
    waits_s = []
    for _ in range(4):
        world.deliver(job.id)
        not_before = world.job(job.id).not_before
        assert not_before is not None
        waits_s.append((not_before - world.clock.now()).total_seconds())
        world.clock.moment = not_before
    assert waits_s == [3.75, 7.5, 15, 30]


def test_a_provider_that_never_answers_ends_the_job_after_5_attempts_with_a_dead_letter() -> None:
    world = World()
    job = world.submit("[[fail:always]]").job
    for attempt in range(1, 5):
        world.deliver(job.id)
        assert (world.job(job.id).attempts, dead_letters(world)) == (attempt, [])
        world.clock.advance(700)
    world.deliver(job.id)
    assert world.job(job.id).status is JobStatus.FAILED
    assert world.provider.starts[job.id] == 5
    letter = world.contents()[f"dead_letters/{job.id}"]
    assert (letter["attempts"], letter["error_code"]) == (5, "provider-unavailable")
    assert letter["request_data"] == {"prompt": "[[fail:always]]"}
    assert letter["forget_at"] == world.clock.now() + LETTERS_FORGOTTEN_AFTER
    assert world.view(job.id)["error"]["retryable"] is True


def test_an_empty_answer_is_retried_not_completed() -> None:
    world = World()
    job = world.finish("[[partial:0]]")
    assert (job.status, job.attempts) == (JobStatus.FAILED, 5)
    assert world.view(job.id)["error"]["code"] == "nothing-delivered"


def test_a_provider_that_delivers_more_than_was_asked_for_is_not_paid_for_it() -> None:
    world = World()
    job = world.finish("[[partial:3]]")
    world.assert_promises()
    assert job.charged_credits <= 2
    assert world.provider.starts[job.id] == 1


def test_a_bug_in_a_provider_ends_the_job_after_its_attempts() -> None:
    def broken(_: ProviderRequest) -> Finished:
        raise KeyError("a lighthouse")

    world = with_provider(World(), Recorded(broken))
    job = world.finish()
    assert (job.status, job.attempts) == (JobStatus.FAILED, 5)
    error = world.view(job.id)["error"]
    assert error["code"] == "internal"
    assert "lighthouse" not in error["message"]


def test_a_storage_that_does_not_answer_is_tried_again() -> None:
    world = World()
    failures = [1, 1, 1]  # the asset and its thumbnail are saved side by side

    class BusyMedia(type(world.media)):  # type: ignore[misc]
        def save(self, *file: Any) -> str:
            if failures:
                failures.pop()
                raise BusyError("storage")
            return str(super().save(*file))

    world.media = BusyMedia()
    world.backend = replace(world.backend, media=world.media)
    job = world.finish()
    assert (job.status, job.attempts) == (JobStatus.COMPLETED, 3)


def test_a_reference_that_is_gone_ends_the_job_and_names_it() -> None:
    world = World()
    reference = {"path": "references/ann/gone.png", "mode": "style_only"}
    job = world.finish(references=[reference])
    error = world.view(job.id)["error"]
    assert error["code"] == "reference-missing"
    assert "references/ann/gone.png" in error["message"]
    assert world.provider.starts == {}


# ---- told to slow down -------------------------------------------------------------------------


def test_a_throttle_spends_no_attempt_and_waits_for_what_the_provider_said() -> None:
    world = World()
    job = world.submit("[[throttle:1]]").job
    world.deliver_all()
    snoozed = world.job(job.id)
    assert (snoozed.status, snoozed.attempts, snoozed.snoozes) == (JobStatus.PROCESSING, 0, 1)
    assert snoozed.not_before is not None
    assert (snoozed.not_before - world.clock.now()).total_seconds() == 7 * 1.125
    assert snoozed.lease is None


@pytest.mark.parametrize("asked_s", [0.0, 1.0])
def test_a_provider_that_asks_for_no_time_over_and_over_is_asked_less_and_less(
    asked_s: float,
) -> None:
    def throttle(_: ProviderRequest) -> Finished:
        raise ThrottledError("throttled", "slow down", asked_s)

    provider = Recorded(throttle)
    world = with_provider(World(), provider)
    job_id = world.submit("a lighthouse").job.id
    for asked in range(1, 6):
        world.deliver_all()
        assert len(provider.requests) == asked
        snoozed = world.job(job_id)
        assert snoozed.not_before is not None
        wait_s = (snoozed.not_before - world.clock.now()).total_seconds()
        assert wait_s == 7.5 * 2 ** (asked - 1)
        world.clock.advance(wait_s)


def test_how_long_a_limit_is_reached_is_counted_without_what_was_no_limit() -> None:
    def throttle(request: ProviderRequest) -> Finished:
        if len(provider.requests) in (5, 6):
            raise UnavailableError("provider-unavailable", "away", may_have_billed=False)
        raise ThrottledError("throttled", "slow down", 100, at_limit=len(provider.requests) > 2)

    provider = Recorded(throttle)
    world = with_provider(World(), provider)
    world.submit("a lighthouse")
    for _ in range(8):
        world.deliver_all()
        world.clock.advance(1000)
    told = [request.limited_s for request in provider.requests]
    assert told == [None, None, None, 1000, 2000, None, None, 1000]


def test_a_job_throttled_more_often_than_it_may_fail_completes() -> None:
    world = World()
    job = world.finish("[[throttle:9]]")
    assert (job.status, job.attempts, job.snoozes) == (JobStatus.COMPLETED, 1, 9)


def test_a_throttle_keeps_the_slot_and_the_hold() -> None:
    world = World()
    world.submit("[[throttle:1]]")
    world.deliver_all()
    assert (world.account().active, world.account().held) == (1, 2)


# ---- delivered again ---------------------------------------------------------------------------


@pytest.mark.parametrize("times", [2, 3])
def test_a_task_delivered_several_times_runs_once(times: int) -> None:
    world = World()
    job = world.submit().job
    assert [world.deliver(job.id) for _ in range(times)] == ["completed"] + ["final"] * (times - 1)
    assert world.provider.starts[job.id] == 1
    world.run_until_quiet()
    world.assert_promises()


@pytest.mark.parametrize("times", [2, 3])
def test_a_task_delivered_while_it_runs_comes_back_when_the_lease_ends(times: int) -> None:
    world = World()
    job = world.submit().job
    outcomes: list[str] = []

    def deliver_again() -> None:
        outcomes.extend(world.deliver(job.id) for _ in range(times - 1))

    world.tasks.queued.clear()
    world.provider.meanwhile = [deliver_again]
    assert world.deliver(job.id) == "completed"
    assert outcomes == ["leased"] * (times - 1)
    assert [task.not_before for task in world.tasks.queued] == [world.at(60)]
    assert world.provider.starts[job.id] == 1


@pytest.mark.parametrize("workers", [2, 3, 8])
def test_a_task_delivered_to_several_workers_at_once_runs_once(workers: int) -> None:
    for _ in range(10):
        world = World()
        job = world.submit().job
        outcomes = at_once(*[lambda w=world, j=job: w.deliver(j.id)] * workers)
        assert outcomes.count("completed") == 1
        assert world.provider.starts[job.id] == 1
        world.run_until_quiet()
        world.assert_promises()


def test_a_task_of_a_job_that_never_was_is_answered_and_forgotten() -> None:
    world = World()
    assert world.deliver("nobody") == "unknown"
    assert world.documents.paths() == []


def test_a_task_of_a_waiting_job_does_nothing() -> None:
    world = World()
    job = [world.submit().job for _ in range(3)][-1]
    assert world.deliver(job.id) == "waiting"
    assert world.job(job.id) == job


def test_a_task_delivered_early_comes_back_at_its_time() -> None:
    world = World()
    job = world.submit("[[throttle:1]]").job
    world.deliver(job.id)
    world.tasks.queued.clear()
    assert world.deliver(job.id) == "early"
    assert [task.not_before for task in world.tasks.queued] == [world.job(job.id).not_before]
    assert world.provider.starts[job.id] == 1


# ---- late and lost workers ---------------------------------------------------------------------


def lose_lease(world: World) -> None:
    """The worker is silent for longer than its lease: another one takes over and ends the job."""
    world.clock.advance(61)
    sweep_jobs(world.backend)
    world.deliver_all()


def test_a_late_worker_does_not_overwrite_what_its_successor_recorded() -> None:
    world = World()
    job = world.submit().job
    world.provider.meanwhile = [lambda: lose_lease(world)]
    assert world.deliver(job.id) == "late"
    taken_over = world.job(job.id)
    assert (taken_over.status, taken_over.attempts) == (JobStatus.COMPLETED, 2)
    assert world.media.exists(f"{FOLDER}/{job.id}.png")
    world.run_until_quiet()
    world.assert_promises()
    assert world.account().available == 98


def test_a_late_worker_s_failure_does_not_overwrite_a_success() -> None:
    world = World()
    job = world.submit("[[fail:transient:1]]").job
    world.provider.meanwhile = [lambda: lose_lease(world)]
    assert world.deliver(job.id) == "late"
    assert world.job(job.id).status is JobStatus.COMPLETED


def test_a_slow_worker_whose_lease_nobody_took_still_records() -> None:
    world = World()
    job = world.submit().job
    world.provider.meanwhile = [lambda: world.clock.advance(600)]
    assert world.deliver(job.id) == "completed"
    assert world.job(job.id).attempts == 1


def test_a_worker_lost_in_the_provider_s_call_costs_one_attempt() -> None:
    world = World()
    job = world.submit().job
    world.provider.meanwhile = [die]
    with pytest.raises(Killed):
        run_job(world.backend, job.id)
    world.run_until_quiet()
    world.assert_promises()
    assert (world.job(job.id).status, world.job(job.id).attempts) == (JobStatus.COMPLETED, 2)


def test_no_attempt_starts_beyond_the_fifth_whatever_is_lost() -> None:
    world = World()
    job = world.submit().job
    world.provider.meanwhile = [die] * 9
    for _ in range(5):
        with pytest.raises(Killed):
            run_job(world.backend, job.id)
        world.clock.advance(61)
        sweep_jobs(world.backend)
    assert world.deliver(job.id) == "given-up"
    assert world.provider.starts[job.id] == 5
    assert dead_letters(world) == [f"dead_letters/{job.id}"]


def test_an_expired_job_fails_without_asking_the_provider_and_costs_nothing() -> None:
    world = World()
    job = world.submit().job
    world.clock.advance(48 * 3600)
    world.run_until_quiet()
    assert world.view(job.id)["error"]["code"] == "expired"
    assert world.provider.starts == {}
    assert world.account().available == 100
    world.assert_promises()


def test_a_job_throttled_for_two_days_expires() -> None:
    world = World()
    job = world.submit("[[throttle:99]]").job
    for _ in range(48):
        assert not world.job(job.id).status.is_final
        world.deliver_all()
        world.clock.advance(3600)
    world.deliver_all()
    assert world.view(job.id)["error"]["code"] == "expired"


# ---- the lease ---------------------------------------------------------------------------------


def test_a_lease_is_renewed_for_as_long_as_the_worker_works() -> None:
    world = World()
    world.backend = replace(world.backend, timing=replace(world.backend.timing, lease_s=0.03))
    job = world.submit().job
    renewed = Event()

    def work_until_renewed() -> None:
        first = world.job(job.id).lease
        world.clock.advance(5)
        world.documents.on_commit = lambda _: (
            renewed.set() if world.job(job.id).lease != first else None
        )
        assert renewed.wait(60)

    world.provider.meanwhile = [work_until_renewed]
    assert world.deliver(job.id) == "completed"
    assert renewed.is_set()
    assert world.job(job.id).attempts == 1


def running(world: World, job_id: str) -> Job:
    """The job as a worker claimed it and was then lost."""
    world.provider.meanwhile = [die]
    with pytest.raises(Killed):
        run_job(world.backend, job_id)
    return world.job(job_id)


def test_a_renewal_moves_the_end_of_the_lease_and_the_moment_of_the_sweep() -> None:
    world = World()
    claimed = running(world, world.submit().job.id)
    world.clock.advance(20)
    assert lease.renew(world.backend, claimed)
    after = world.job(claimed.id)
    assert after.lease is not None
    assert after.lease.until == after.due_at == world.at(60)


def test_a_lease_that_was_taken_over_is_not_renewed() -> None:
    world = World()
    claimed = running(world, world.submit().job.id)
    world.clock.advance(61)
    taken_over = running(world, claimed.id)
    assert not lease.renew(world.backend, claimed)
    assert world.job(claimed.id) == taken_over


def test_the_lease_of_a_cancelled_job_is_not_renewed() -> None:
    world = World()
    claimed = running(world, world.submit().job.id)
    world.cancel(claimed.id, ANN)
    assert not lease.renew(world.backend, claimed)
    assert world.job(claimed.id).lease is None
