"""What a brand shows a model is what its training was begun with, whatever becomes of the uploads."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import TrainBrand, parse
from mediaforge.domain.catalogue import WorkerOptions
from mediaforge.domain.errors import (
    InvalidRequestError,
    ProviderError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.domain.jobs.breakers import FAILURES_MAX, OPEN_S_MIN
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.library.brands import checkpoints_folder, trigger_of
from mediaforge.ports.provider import ProviderRequest, Running, TrainingSpec, WorkerSpec
from mediaforge.services.backend import Caller
from mediaforge.services.jobs.run import run_job
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.watch.invariants import check_invariants
from mediaforge.services.watch.sweep import sweep_jobs
from tests.memory.media import MemoryMedia
from tests.support.faults import Killed, Steps, mortal
from tests.support.operations import LongProvider
from tests.support.pictures import MINE, PNG_HEAD
from tests.support.world import ANN, World, user

BOB = user("bob")
EVIL = PNG_HEAD + b"evil"
MODEL = "local-training"


@dataclass
class Painter(LongProvider):
    """Keeps the brand's pictures that each request showed it, with their types."""

    shown: list[list[tuple[bytes, str]]] = field(default_factory=list)

    def start(self, request: ProviderRequest) -> Running:
        if request.brand is not None:
            pictures = request.brand.references
            self.shown.append([(each.load(), each.content_type) for each in pictures])
        return super().start(request)


@dataclass
class SharedMedia(MemoryMedia):
    """`copying` holds what happens elsewhere before the next copies, one each; `copied` is where to."""

    copying: list[Callable[[], object]] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)

    def copy(self, uri: str, path: str, content_type: str, token: str, over: int = 0) -> str | None:
        if self.copying:
            self.copying.pop(0)()
        self.copied.append(path)
        return super().copy(uri, path, content_type, token, over)


@pytest.fixture
def painter() -> Painter:
    return Painter(polls=0)


@pytest.fixture
def media() -> SharedMedia:
    return SharedMedia()


@pytest.fixture
def world(painter: Painter, media: SharedMedia) -> World:
    return studio(painter, media)


def studio(painter: Painter, media: SharedMedia) -> World:
    world = World(provider=painter, media=media)
    world.set_tier("pro")
    world.grant(1000)
    return world


def uploads(media: MemoryMedia, uid: str = "ann", number: int = 5) -> list[str]:
    """So many pictures of that user's, each another one; their paths."""
    pictures = {f"references/{uid}/{n}.PNG": MINE + bytes([n]) for n in range(number)}
    media.files.update(pictures)
    return list(pictures)


def train(world: World, paths: list[str], caller: Caller = ANN, **fields: Any) -> Job:
    references = [{"path": path, "mode": "style_only"} for path in paths]
    request = parse(TrainBrand, {"name": "Acme", "references": references, **fields})
    return submit_job(world.backend, caller, request).job


def trained(world: World, paths: list[str], **fields: Any) -> Job:
    job = train(world, paths, **fields)
    world.run_until_quiet()
    assert world.job(job.id).status is JobStatus.COMPLETED
    return job


def folder(job: Job) -> str:
    return f"brands/{job.brand_id}/references/"


def copies(world: World, job: Job) -> dict[str, bytes]:
    files = world.media.files
    return {path: files[path] for path in sorted(files) if path.startswith(folder(job))}


def overwrite(world: World, paths: list[str]) -> None:
    for path in paths:
        world.media.files[path] = EVIL


def delete(world: World, paths: list[str]) -> None:
    for path in paths:
        del world.media.files[path]


# ---- what is shown -----------------------------------------------------------------------------


@pytest.mark.parametrize("spoil", [overwrite, delete])
def test_a_removed_trainer_has_no_hand_in_the_team_s_brand(
    world: World, painter: Painter, spoil: Callable[[World, list[str]], None]
) -> None:
    team_id = world.found_team(bob="editor", available=1000)
    world.control_account("setTier", accountId=f"team_{team_id}", tier="pro")
    paths = uploads(world.media, "bob")
    brand = trained(world, paths, caller=BOB, teamId=team_id)
    world.control_team(ANN, team_id, "remove", uid="bob")
    spoil(world, paths)

    job = world.finish(teamId=team_id, brandId=brand.id)
    assert (job.status, job.charged_credits) == (JobStatus.COMPLETED, job.estimated_credits)
    assert painter.shown == [[(MINE + bytes([n]), "image/png") for n in range(5)]]
    world.assert_promises()


def test_a_brand_names_its_uploads_and_shows_its_copies(world: World, painter: Painter) -> None:
    paths = uploads(world.media)
    brand = trained(world, paths)
    world.finish(brandId=brand.id)

    fields, _ = world.documents.snapshot(f"brands/{brand.id}")
    assert [each["path"] for each in (fields or {})["references"]] == paths
    lent = painter.requests[-1].brand
    assert lent is not None
    assert [each.path for each in lent.references] == [f"{folder(brand)}{n}.png" for n in range(5)]
    # What it learns from are the uploads, all of them.
    assert [each.path for each in painter.requests[0].references] == paths


def test_of_a_large_brand_the_first_fourteen_are_copied_and_shown(
    world: World, painter: Painter, media: SharedMedia
) -> None:
    paths = uploads(media, number=20)
    brand = trained(world, paths)
    assert media.copied == [f"{folder(brand)}{n}.png" for n in range(14)]
    overwrite(world, paths)

    world.finish(brandId=brand.id)
    assert painter.shown == [[(MINE + bytes([n]), "image/png") for n in range(14)]]
    assert len(painter.requests[0].references) == 20


def test_a_brand_of_an_earlier_version_shows_its_uploads(world: World, painter: Painter) -> None:
    paths = uploads(world.media, number=20)
    brand = trained(world, paths)
    for path in (f"jobs/{brand.id}", f"brands/{brand.id}"):
        world.forget(path, "copies_references")
    delete(world, list(copies(world, brand)))

    world.finish(brandId=brand.id)
    assert painter.shown == [[(MINE + bytes([n]), "image/png") for n in range(14)]]
    assert check_invariants(world.backend) == []


def test_a_training_that_an_earlier_version_accepted_copies_nothing(
    world: World, painter: Painter, media: SharedMedia
) -> None:
    job = train(world, uploads(media))
    for path in (f"jobs/{job.id}", f"brands/{job.brand_id}"):
        world.forget(path, "copies_references")
    world.run_until_quiet()

    assert (world.job(job.id).status, media.copied) == (JobStatus.COMPLETED, [])
    world.finish(brandId=job.id)
    assert [picture for picture, _ in painter.shown[0]] == [MINE + bytes([n]) for n in range(5)]


# ---- how they are copied -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        ThrottledError("throttled", "slow down", retry_after_s=7),
        UnavailableError("provider-unavailable", "503"),
    ],
    ids=["throttled", "unavailable"],
)
def test_another_attempt_copies_what_it_learns_from_under_the_same_names(
    world: World, painter: Painter, trouble: ProviderError
) -> None:
    painter.refusals.append(trouble)
    paths = uploads(world.media)
    job = train(world, paths)
    world.deliver_all()
    assert list(copies(world, job).values()) == [MINE + bytes([n]) for n in range(5)]
    other = PNG_HEAD + b"other"
    world.media.files[paths[0]] = other
    world.run_until_quiet()

    assert world.job(job.id).status is JobStatus.COMPLETED
    assert copies(world, job) == {
        f"{folder(job)}{n}.png": MINE + bytes([n]) if n else other for n in range(5)
    }


def test_a_kill_at_any_step_leaves_a_brand_that_has_all_its_copies_when_it_is_ready() -> None:
    def live(steps: Steps) -> World:
        world = studio(Painter(polls=0), SharedMedia())
        job = train(world, uploads(world.media))
        dying = mortal(world.backend, steps)
        with suppress(Killed):
            for _ in range(2):
                run_job(dying, job.id)
                world.clock.advance(10)
        return world

    counted = Steps()
    live(counted)
    assert counted.passed.count("after a copy") == 5
    for die_at in range(1, len(counted.passed) + 1):
        world = live(Steps(die_at))
        world.run_until_quiet()
        world.assert_promises()
        (job,) = world.jobs()
        assert job.status is JobStatus.COMPLETED
        assert list(copies(world, job).values()) == [MINE + bytes([n]) for n in range(5)]
        assert check_invariants(world.backend) == []


def test_a_picture_that_goes_while_it_is_copied_fails_the_training_before_anybody_is_asked(
    world: World, painter: Painter, media: SharedMedia
) -> None:
    paths = uploads(media)
    job = train(world, paths)
    media.copying += [lambda: None, lambda: delete(world, paths[1:])]
    world.run_until_quiet()

    failed = world.job(job.id)
    assert failed.error is not None
    assert (failed.status, failed.error.code) == (JobStatus.FAILED, "reference-missing")
    assert paths[1] in failed.error.message
    assert (failed.charged_credits, failed.may_have_billed, painter.requests) == (0, 0, [])
    assert copies(world, job) == {}


def test_a_worker_that_comes_late_writes_over_no_copy(
    world: World, painter: Painter, media: SharedMedia
) -> None:
    paths = uploads(media)
    job = train(world, paths)

    def is_taken_over() -> None:
        """This worker hangs; another trains the brand, and then the uploads change."""
        world.clock.advance(61)
        world.run_until_quiet()
        overwrite(world, paths)

    media.copying.append(is_taken_over)
    world.deliver_all()

    assert world.job(job.id).status is JobStatus.COMPLETED
    assert painter.starts == [f"{job.id}/2"]
    assert list(copies(world, job).values()) == [MINE + bytes([n]) for n in range(5)]


def test_a_worker_that_comes_late_gives_its_trial_back(
    world: World, painter: Painter, media: SharedMedia
) -> None:
    models = dict(world.backend.catalogue.models)
    models[MODEL] = models[MODEL].model_copy(update={"has_breaker": True})
    catalogue = world.backend.catalogue.model_copy(update={"models": models})
    world.backend = replace(world.backend, catalogue=catalogue)
    job = train(world, uploads(media))
    for _ in range(FAILURES_MAX):
        world.backend.breakers.note_failure(MODEL, world.clock.now())
    world.clock.advance(OPEN_S_MIN)

    def ends_elsewhere() -> None:
        world.cancel(job.id)
        media.files[f"{folder(job)}0.png"] = MINE

    media.copying.append(ends_elsewhere)
    assert run_job(world.backend, job.id) == "late"

    assert painter.requests == []
    assert copies(world, job) == {}
    breaker = world.documents.get(at.breaker(MODEL))
    assert breaker is not None
    assert (breaker.trial_by, breaker.trial_until) == (None, None)


# ---- what is left of them ----------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["refused", "cancelled", "its brand deleted"])
def test_of_a_training_that_came_to_nothing_no_copy_is_left(
    world: World, painter: Painter, ending: str
) -> None:
    painter.polls = 2
    job = train(world, uploads(world.media))
    world.deliver_all()
    assert len(copies(world, job)) == 5
    if ending == "refused":
        painter.troubles.append(RejectedError("training-rejected", "too small"))
    elif ending == "cancelled":
        world.cancel(job.id)
    else:
        world.documents.transact(lambda tx: tx.delete(at.brand(job.id)))
    world.run_until_quiet()

    expected = JobStatus.FAILED if ending == "refused" else JobStatus.CANCELLED
    assert (world.job(job.id).status, copies(world, job)) == (expected, {})


def test_copies_stay_though_a_training_took_several_attempts(
    world: World, painter: Painter
) -> None:
    painter.refusals.append(UnavailableError("provider-unavailable", "503"))
    job = trained(world, uploads(world.media))
    while world.job(job.id).clean_at is not None:
        world.clock.advance(600)
        sweep_jobs(world.backend)
    assert len(copies(world, job)) == 5


def test_a_copy_that_is_gone_is_found(world: World) -> None:
    brand = trained(world, uploads(world.media))
    assert check_invariants(world.backend) == []
    delete(world, [f"{folder(brand)}3.png"])

    (violation,) = check_invariants(world.backend)
    assert (violation.document, violation.expected) == (
        f"jobs/{brand.id}",
        f"{folder(brand)}3.png",
    )


# ---- what its weights are for ------------------------------------------------------------------

OTHERS = "maker/other"


def told_of_bases(world: World) -> None:
    """Trainings train one model, and `local-image` draws with another's weights."""
    models = world.backend.catalogue.models
    training = models["local-training"].model_copy(update={"base_model": "maker/model"})
    worker = WorkerOptions(base_models=(OTHERS,), low_priority_for=("low",), steps=4)
    image = models["local-image"].model_copy(update={"worker": worker})
    update = {"models": {**models, "local-training": training, "local-image": image}}
    catalogue = world.backend.catalogue.model_copy(update=update)
    world.backend = replace(world.backend, catalogue=catalogue)


def test_a_brand_keeps_its_base_model_and_its_word(
    world: World, media: SharedMedia, painter: Painter
) -> None:
    told_of_bases(world)
    job = trained(world, uploads(media))
    brand = world.backend.documents.get(at.brand(job.id))
    assert brand is not None
    assert (brand.base_model, brand.trigger) == ("maker/model", trigger_of(job.id))
    (asked,) = painter.requests
    assert asked.training == TrainingSpec("maker/model", trigger_of(job.id))


def test_a_brand_that_was_trained_for_another_model_is_refused_before_anything_is_held(
    world: World, media: SharedMedia
) -> None:
    told_of_bases(world)
    brand = trained(world, uploads(media))
    before = world.contents()
    with pytest.raises(InvalidRequestError) as refused:
        world.submit(brandId=brand.id)
    (error,) = refused.value.details["fieldErrors"]
    assert error["field"] == "brandId"
    assert "maker/model" in error["message"]
    assert OTHERS in error["message"]
    assert world.contents() == before


def test_a_brand_of_an_earlier_version_is_tried(world: World, media: SharedMedia) -> None:
    brand = trained(world, uploads(media))
    told_of_bases(world)
    assert world.finish(brandId=brand.id).status is JobStatus.COMPLETED


@pytest.mark.parametrize(("priority", "is_low"), [("low", True), ("normal", False)])
def test_a_worker_is_told_what_the_catalogue_says(
    world: World, painter: Painter, priority: str, is_low: bool
) -> None:
    told_of_bases(world)
    world.finish(priority=priority)
    (asked,) = painter.requests
    assert asked.worker == WorkerSpec(900, 7200, is_low_priority=is_low, steps=4)


def test_every_brand_has_a_word_of_its_own_of_letters_only() -> None:
    words = {trigger_of(f"brand{number}") for number in range(200)}
    assert len(words) == 200
    assert all(word.isascii() and word.isalpha() and word.islower() for word in words)
    assert trigger_of("brand1") == trigger_of("brand1")


def test_what_a_trainer_kept_on_the_way_goes_with_the_end_of_its_job(
    world: World, media: SharedMedia
) -> None:
    job = train(world, uploads(media))
    kept = f"{checkpoints_folder(job.id)}progress.json"
    media.files[kept] = b"{}"
    world.run_until_quiet()
    assert world.job(job.id).status is JobStatus.COMPLETED
    assert kept not in media.files
