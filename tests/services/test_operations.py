"""What takes long: begun once an attempt, asked about by tasks, ended when nobody waits for it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import Barrier
from typing import Any, TypeVar

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import GenerateVideo, TrainBrand, parse
from mediaforge.domain.errors import (
    BusyError,
    LostError,
    ProviderError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.ports.documents import Transaction, Written
from mediaforge.ports.media import Head
from mediaforge.services.jobs.hook import hint, webhook_url
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.watch.sweep import sweep_jobs
from tests.memory.media import MemoryMedia
from tests.support.faults import Killed
from tests.support.operations import LongProvider
from tests.support.pictures import MINE
from tests.support.world import ANN, SharedDocuments, World

T = TypeVar("T")

REFERENCES = [{"path": f"references/ann/{n}.png", "mode": "style_only"} for n in range(5)]


@pytest.fixture
def provider() -> LongProvider:
    return LongProvider()


@pytest.fixture
def world(provider: LongProvider) -> World:
    world = World(provider=provider)
    world.set_tier("pro")
    world.grant(1000)
    for reference in REFERENCES:
        world.media.files[reference["path"]] = MINE
    return world


def film(world: World, prompt: str = "waves", **fields: Any) -> Job:
    return submit_job(world.backend, ANN, parse(GenerateVideo, {"prompt": prompt, **fields})).job


def train(world: World, name: str = "Acme") -> Job:
    payload = {"name": name, "references": REFERENCES}
    return submit_job(world.backend, ANN, parse(TrainBrand, payload)).job


def run(world: World, job: Job) -> Job:
    world.run_until_quiet()
    world.assert_promises()
    return world.job(job.id)


def brand(world: World, job: Job) -> Mapping[str, Any]:
    return world.documents.snapshot(f"brands/{job.brand_id}")[0] or {}


def test_what_was_begun_once_is_asked_about_until_it_is_done(
    world: World, provider: LongProvider
) -> None:
    job = run(world, film(world))

    assert (job.status, job.attempts, job.charged_credits) == (JobStatus.COMPLETED, 1, 4)
    assert provider.starts == [f"{job.id}/1"]
    assert provider.asked == [f"{job.id}/1"] * 3
    assert job.handle is None


def test_a_finished_film_has_its_address_and_facts_in_the_view(world: World) -> None:
    job = run(world, film(world))

    data = world.view(job.id)["generation_data"]
    assert data["storage_paths"] == [f"generating/ann/video/{job.id}.mp4"]
    assert data["video_url"].startswith(f"memory://generating/ann/video/{job.id}.mp4")
    assert data["image_urls"] == []
    assert world.media.exists(f"generating/ann/video/{job.id}_0_thumb.webp")


def test_the_handle_is_kept_and_the_slot_with_it_while_the_provider_works(world: World) -> None:
    job = film(world)
    world.deliver_all()

    running = world.job(job.id)
    assert (running.handle, running.lease, running.progress) == (f"{job.id}/1", None, 0.1)
    assert (world.account().active, world.account().held) == (1, 4)
    assert world.view(job.id)["status"] == "processing"


def test_a_question_that_changes_nothing_writes_nothing_for_listeners(
    world: World, provider: LongProvider
) -> None:
    job = film(world)
    world.deliver_all()
    provider.troubles.append(UnavailableError("provider-unavailable", "not now"))
    before = world.view(job.id)
    world.clock.advance(60)
    world.deliver_all()

    assert len(provider.asked) == 1
    assert world.view(job.id) == before


def test_a_question_takes_no_lease(world: World, provider: LongProvider) -> None:
    job = film(world)
    world.deliver_all()
    seen: list[Job] = []
    provider.meanwhile.append(lambda: seen.append(world.job(job.id)))
    world.clock.advance(10)
    writes = world.documents.writes
    world.deliver_all()

    assert seen[0].lease is None
    assert world.documents.writes - writes == 2  # the job; its view, since it is further
    assert world.job(job.id).deliveries == seen[0].deliveries + 1


def test_a_question_without_news_writes_nothing_while_nobody_misses_one(
    world: World, provider: LongProvider
) -> None:
    provider.polls, provider.says_progress = 50, False
    job = film(world)
    world.deliver_all()
    running, writes = world.job(job.id), world.documents.writes
    world.clock.advance(10)
    world.deliver_all()
    assert (world.job(job.id), world.documents.writes) == (running, writes)
    world.clock.advance(10)
    world.deliver_all()

    later = world.job(job.id)
    assert later.due_at is not None
    assert later.due_at > world.at(seconds=30)
    assert (len(provider.asked), world.documents.writes) == (2, writes + 1)
    assert sweep_jobs(world.backend) == {}


def test_a_task_that_is_lost_behind_a_question_without_news_is_found_by_the_sweep(
    world: World, provider: LongProvider
) -> None:
    provider.says_progress = False
    job = film(world)
    world.deliver_all()
    world.clock.advance(10)
    world.deliver_all()
    world.tasks.queued.clear()

    assert run(world, job).status is JobStatus.COMPLETED
    assert len(provider.starts) == 1


def test_a_webhook_between_questions_without_news_has_the_provider_asked_at_once(
    world: World, provider: LongProvider
) -> None:
    provider.says_progress = False
    job = film(world)
    world.deliver_all()
    world.clock.advance(10)
    world.deliver_all()
    world.clock.advance(6)
    provider.polls = 0

    assert hint(world.backend, job.id, token_of(job)) == "asked"
    world.deliver_all()
    assert world.job(job.id).status is JobStatus.COMPLETED


@pytest.mark.parametrize("polls", [5, 0], ids=["it is still running", "it has finished"])
def test_of_two_who_ask_at_the_same_time_one_is_heard(
    world: World, provider: LongProvider, polls: int
) -> None:
    provider.polls = polls
    job = film(world)
    world.deliver_all()
    before = world.job(job.id)
    others: list[str] = []
    provider.meanwhile.append(lambda: others.append(world.deliver(job.id)))
    world.clock.advance(10)

    assert world.deliver(job.id) == "answered-meanwhile"
    assert others == ["processing" if polls else "completed"]
    assert world.job(job.id).deliveries == before.deliveries + bool(polls)
    assert run(world, job).charged_credits == 4
    assert provider.ended == []


def test_what_has_finished_is_saved_by_who_has_a_lease(
    world: World, provider: LongProvider
) -> None:
    provider.polls = 0
    job = film(world)
    world.deliver_all()
    media = HookedMedia(world.media.files)
    leases: list[object] = []
    media.before_save = lambda: leases.append(world.job(job.id).lease)
    world.backend = replace(world.backend, media=media)
    world.clock.advance(10)
    world.deliver_all()

    assert leases
    assert None not in leases
    assert world.job(job.id).status is JobStatus.COMPLETED


def test_who_is_lost_while_saving_is_followed_by_another_who_asks_again(
    world: World, provider: LongProvider
) -> None:
    provider.polls = 0
    job = film(world)
    world.deliver_all()
    media = HookedMedia(world.media.files)
    media.before_save = die
    alive, world.backend = world.backend, replace(world.backend, media=media)
    world.clock.advance(10)
    with pytest.raises(Killed):
        world.deliver(job.id)
    world.backend = alive

    assert run(world, job).status is JobStatus.COMPLETED
    assert (len(provider.asked), len(provider.starts)) == (2, 1)


def test_a_sweep_during_a_question_has_it_asked_again(world: World, provider: LongProvider) -> None:
    job = film(world)
    world.deliver_all()

    def late() -> None:
        world.clock.advance(120)
        sweep_jobs(world.backend)

    provider.meanwhile.append(late)
    world.clock.advance(10)
    assert world.deliver(job.id) == "answered-meanwhile"
    assert run(world, job).status is JobStatus.COMPLETED
    assert len(provider.starts) == 1


def die() -> None:
    raise Killed


class HookedMedia(MemoryMedia):
    """`before_save` is called before anything is saved."""

    before_save: Callable[[], object] = staticmethod(lambda: None)

    def save(self, path: str, content: bytes, content_type: str, token: str, over: int = 0) -> str:
        self.before_save()
        return super().save(path, content, content_type, token, over)


@pytest.mark.parametrize(
    "trouble",
    [
        ThrottledError("throttled", "slow down", retry_after_s=20),
        UnavailableError("provider-unavailable", "not now"),
        ValueError("a bug of ours"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_question_that_fails_is_asked_again_and_nothing_is_begun_anew(
    world: World, provider: LongProvider, trouble: Exception
) -> None:
    provider.troubles += [trouble] * 7
    job = run(world, film(world))

    assert (job.status, job.attempts, job.charged_credits) == (JobStatus.COMPLETED, 1, 4)
    assert len(provider.starts) == 1


def test_what_is_lost_costs_an_attempt_and_is_begun_again(
    world: World, provider: LongProvider
) -> None:
    provider.troubles.append(LostError("operation-lost", "gone"))
    job = run(world, film(world))

    assert (job.status, job.attempts) == (JobStatus.COMPLETED, 2)
    assert provider.starts == [f"{job.id}/1", f"{job.id}/2"]


def test_what_is_lost_each_time_fails_with_a_dead_letter(
    world: World, provider: LongProvider
) -> None:
    provider.troubles += [LostError("operation-lost", "gone")] * 5
    job = run(world, film(world))

    assert (job.status, job.attempts, job.charged_credits) == (JobStatus.FAILED, 5, 0)
    assert len(provider.starts) == 5
    assert job.error is not None
    assert job.error.code == "operation-lost"
    assert f"dead_letters/{job.id}" in world.documents.paths()
    assert provider.ended == []


def test_what_the_provider_refuses_after_all_is_final_and_free(
    world: World, provider: LongProvider
) -> None:
    provider.troubles.append(RejectedError("content-blocked", "no"))
    job = run(world, film(world))

    assert (job.status, job.attempts, job.charged_credits) == (JobStatus.FAILED, 1, 0)
    assert (job.handle, provider.ended) == (None, [])


def test_what_takes_too_long_is_ended_and_begun_again(world: World, provider: LongProvider) -> None:
    provider.is_stuck = True
    job = film(world)
    while len(provider.starts) < 2:
        world.deliver_all()
        world.clock.advance(60)
    provider.is_stuck = False

    assert run(world, job).status is JobStatus.COMPLETED
    assert provider.ended == [f"{job.id}/1"]
    assert provider.starts == [f"{job.id}/1", f"{job.id}/2"]


def test_no_other_is_begun_before_the_one_that_takes_too_long_was_told_to_end(
    world: World, provider: LongProvider
) -> None:
    provider.is_stuck = True
    job = film(world)
    world.deliver_all()
    world.clock.advance(job.run_s_max)
    provider.silences += [UnavailableError("provider-unavailable", "503")] * 3
    for _ in range(3):
        world.deliver_all()
        assert len(provider.starts) == 1
        world.clock.advance(40)
    provider.is_stuck = False

    assert run(world, job).status is JobStatus.COMPLETED


def test_a_provider_that_does_not_answer_is_asked_less_and_less(
    world: World, provider: LongProvider
) -> None:
    film(world)
    world.deliver_all()
    provider.troubles += [UnavailableError("provider-unavailable", "503")] * 1000
    for _ in range(30 * 60):
        world.clock.advance(1)
        world.deliver_all()

    assert len(provider.asked) < 15


def test_what_runs_is_finished_though_its_brand_is_gone(
    world: World, provider: LongProvider
) -> None:
    trained = run(world, train(world))
    job = world.submit(brandId=str(trained.brand_id)).job
    world.deliver_all()
    world.documents.transact(lambda tx: tx.delete(at.brand(str(trained.brand_id))))

    assert run(world, job).status is JobStatus.COMPLETED


def test_a_provider_that_never_answers_again_is_told_to_end_it_and_another_is_begun(
    world: World, provider: LongProvider
) -> None:
    job = film(world)
    world.deliver_all()
    provider.troubles += [UnavailableError("provider-unavailable", "503")] * 1000
    while len(provider.starts) < 2:
        world.deliver_all()
        world.clock.advance(60)
    provider.troubles.clear()

    assert run(world, job).status is JobStatus.COMPLETED
    assert provider.ended == [f"{job.id}/1"]


def test_a_cancelled_job_is_ended_at_the_provider_and_costs_nothing(
    world: World, provider: LongProvider
) -> None:
    job = film(world)
    world.deliver_all()
    world.cancel(job.id)
    cancelled = run(world, job)

    assert (cancelled.status, cancelled.charged_credits) == (JobStatus.CANCELLED, 0)
    assert provider.ended == [f"{job.id}/1"]
    assert cancelled.handle is None


def test_what_a_cancel_overtook_is_ended_by_the_worker_that_began_it(
    world: World, provider: LongProvider
) -> None:
    job = film(world)
    provider.meanwhile.append(lambda: world.cancel(job.id))
    cancelled = run(world, job)

    assert cancelled.status is JobStatus.CANCELLED
    assert provider.starts == provider.ended == [f"{job.id}/1"]


def test_what_a_cancel_met_while_it_was_asked_about_is_ended_though_its_task_is_lost(
    world: World, provider: LongProvider
) -> None:
    provider.is_stuck = True
    job = film(world)
    world.deliver_all()
    provider.meanwhile.append(lambda: world.cancel(job.id))
    world.clock.advance(20)
    world.deliver_all()
    world.settle_all()
    world.tasks.queued.clear()
    world.run_until_quiet()
    live_on(world, minutes=10)

    assert provider.ended == [f"{job.id}/1"]
    assert world.job(job.id).handle is None


def test_a_provider_that_cannot_be_told_to_stop_is_told_until_it_hears(
    world: World, provider: LongProvider
) -> None:
    provider.silences += [UnavailableError("provider-unavailable", "503")] * 5
    job = film(world)
    world.deliver_all()
    world.cancel(job.id)
    run(world, job)
    live_on(world, minutes=30)

    assert provider.ended == [f"{job.id}/1"]


def test_what_was_stored_after_the_end_is_deleted_and_what_was_delivered_stays(
    world: World, provider: LongProvider
) -> None:
    cancelled, completed = film(world), film(world)
    world.deliver_all()
    world.cancel(cancelled.id)
    world.run_until_quiet()
    late = [f"scratch/{cancelled.id}/1/0.mp4", f"generating/ann/video/{cancelled.id}.mp4"]
    for path in late:
        world.media.files[path] = b"late"
    live_on(world, minutes=180)

    assert not world.media.files.keys() & {*late}
    assert world.job(cancelled.id).clean_at is None
    output = world.job(completed.id).output
    assert output is not None
    assert all(world.media.exists(path) for path in output.storage_paths)


def test_what_storage_would_not_delete_is_deleted_later(
    world: World, provider: LongProvider
) -> None:
    job = film(world)
    scratch = f"scratch/{job.id}/1/0.mp4"
    world.media.files[scratch] = b"copied"
    media = world.backend.media
    world.backend = replace(world.backend, media=BusyMedia(world.media.files))
    world.run_until_quiet()
    assert media.exists(scratch)
    world.backend = replace(world.backend, media=media)
    live_on(world, minutes=10)

    assert not media.exists(scratch)
    assert world.job(job.id).clean_at is None


class BusyMedia(MemoryMedia):
    """Saves, and deletes nothing."""

    def delete(self, files: Mapping[str, int]) -> None:
        raise BusyError("Storage did not answer")


def live_on(world: World, minutes: int) -> None:
    for _ in range(minutes):
        world.clock.advance(60)
        sweep_jobs(world.backend)
        world.deliver_all()


def test_a_job_past_its_time_is_ended_at_the_provider(world: World, provider: LongProvider) -> None:
    provider.is_stuck = True
    job = film(world)
    world.deliver_all()
    world.overwrite(f"jobs/{job.id}", expires_at=world.at(seconds=30))
    world.clock.advance(60)
    expired = run(world, job)

    assert expired.error is not None
    assert (expired.status, expired.error.code) == (JobStatus.FAILED, "expired")
    assert provider.ended == [f"{job.id}/1"]


def test_a_lost_task_is_found_by_the_sweep_and_nothing_is_begun_anew(
    world: World, provider: LongProvider
) -> None:
    job = film(world)
    world.deliver_all()
    world.tasks.queued.clear()
    world.clock.advance(120)
    sweep_jobs(world.backend)

    assert run(world, job).attempts == 1
    assert len(provider.starts) == 1


def test_a_webhook_has_the_provider_asked_at_once(world: World, provider: LongProvider) -> None:
    job = film(world)
    world.deliver_all()
    provider.polls = 0

    assert hint(world.backend, job.id, token_of(job)) == "asked"
    world.deliver_all()
    assert world.job(job.id).status is JobStatus.COMPLETED


def test_a_webhook_that_comes_again_asks_once(world: World, provider: LongProvider) -> None:
    job = film(world)
    world.deliver_all()
    token = token_of(job)

    answers = [hint(world.backend, job.id, token) for _ in range(5)]
    assert answers == ["asked", *["ignored"] * 4]
    world.deliver_all()
    assert provider.asked == [f"{job.id}/1"]


def test_after_a_webhook_one_task_at_a_time_asks_on(world: World, provider: LongProvider) -> None:
    provider.is_stuck = True
    job = film(world)
    world.deliver_all()
    hint(world.backend, job.id, token_of(job))
    for _ in range(20):
        world.clock.advance(11)
        world.deliver_all()

    assert len(world.tasks.queued) == 1


def test_a_webhook_of_a_stranger_changes_nothing(world: World, provider: LongProvider) -> None:
    job = film(world)
    world.deliver_all()
    before = world.job(job.id)

    assert hint(world.backend, job.id, "guessed") == "ignored"
    assert hint(world.backend, job.id, "erraten \u00e4\ud83d") == "ignored"
    assert hint(world.backend, "nobody", token_of(job)) == "ignored"
    assert world.job(job.id) == before


def token_of(job: Job) -> str:
    return webhook_url("http://functions", job).rpartition("token=")[2]


def test_a_training_makes_a_brand_that_follows_it(world: World, provider: LongProvider) -> None:
    job = train(world)
    assert (job.brand_id, brand(world, job)["status"]) == (job.id, "queued")
    world.deliver_all()
    assert (brand(world, job)["status"], brand(world, job)["progress"]) == ("training", 0.1)
    trained = run(world, job)

    assert (trained.status, trained.charged_credits) == (JobStatus.COMPLETED, 20)
    assert brand(world, job)["status"] == "ready"
    assert brand(world, job)["model_uri"] == f"gs://memory/brands/{job.id}"
    assert brand(world, job)["name"] == "Acme"


@pytest.mark.parametrize(
    "trouble", [RejectedError("training-rejected", "too small"), None], ids=["refused", "cancelled"]
)
def test_a_training_that_comes_to_nothing_leaves_a_failed_brand(
    world: World, provider: LongProvider, trouble: ProviderError | None
) -> None:
    job = train(world)
    world.deliver_all()
    if trouble is not None:
        provider.troubles.append(trouble)
    else:
        world.cancel(job.id)
    run(world, job)

    assert brand(world, job)["status"] == "failed"
    code = "training-rejected" if trouble else "cancelled"
    assert brand(world, job)["error"]["code"] == code
    assert world.account().held == 0


def test_what_a_training_learns_from_is_looked_at_and_copied_side_by_side(
    world: World, provider: LongProvider
) -> None:
    world.backend = replace(world.backend, media=MeetingMedia(world.media.files))
    trained = run(world, train(world))

    assert trained.status is JobStatus.COMPLETED
    copies = [each["path"] for each in brand(world, trained)["references"]]
    assert [world.media.files[path] for path in copies] == [MINE] * len(REFERENCES)


class MeetingMedia(MemoryMedia):
    """Each look, and each copy, waits for four others."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(files)
        self.meetings = {name: Barrier(len(REFERENCES), timeout=20) for name in ("head", "copy")}

    def head(self, uri: str, bytes_max: int) -> Head | None:
        self.meetings["head"].wait()
        return super().head(uri, bytes_max)

    def copy(self, uri: str, path: str, content_type: str, token: str, over: int = 0) -> str | None:
        self.meetings["copy"].wait()
        return super().copy(uri, path, content_type, token, over)


def test_a_trained_brand_is_given_to_the_provider(world: World, provider: LongProvider) -> None:
    trained = run(world, train(world))
    job = run(world, film(world, brandId=str(trained.brand_id)))

    assert job.status is JobStatus.COMPLETED
    assert job.brand_id == trained.id
    assert world.view(job.id)["brand_id"] == trained.id
    lent = provider.requests[-1].brand
    assert lent is not None
    assert (lent.name, lent.model_uri) == ("Acme", f"gs://memory/brands/{trained.id}")
    assert [each.load() for each in lent.references] == [MINE] * len(REFERENCES)


class ForgetfulDocuments(SharedDocuments):
    """A store that answers nothing to some of its next commits. `applied` says of each whether it was
    made all the same; None is an answer."""

    def __init__(self) -> None:
        super().__init__()
        self.applied: list[bool | None] = []

    def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
        applied = self.applied.pop(0) if self.applied else None
        if applied is None:
            return super().transact(work, after)
        if applied:
            super().transact(work, after)
        raise BusyError("no answer")


@pytest.mark.parametrize(
    ("applied", "begun", "ended"),
    [
        ([None, False], 1, 0),
        ([None, True], 1, 0),
        ([None, False, False], 2, 1),
    ],
    ids=["busy once", "made and not answered", "busy twice"],
)
def test_what_was_begun_is_recorded_or_ended_when_the_store_is_busy(
    provider: LongProvider, applied: list[bool | None], begun: int, ended: int
) -> None:
    documents = ForgetfulDocuments()
    world = World(documents=documents, provider=provider)
    world.set_tier("pro")
    job = film(world)
    documents.applied = applied  # the claim is answered, what follows is not
    world.deliver_all()
    documents.applied.clear()

    assert run(world, job).status is JobStatus.COMPLETED
    assert (len(provider.starts), len(provider.ended)) == (begun, ended)
