"""Which heir takes over a job whose model is gone: only one that can do the whole of what was agreed, for
this account; and what the job costs then."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import GenerateImage, GenerateVideo, parse
from mediaforge.domain.catalogue import parse as parse_catalogue
from mediaforge.domain.errors import BusyError, RejectedError
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.library.brands import Brand, BrandStatus
from mediaforge.ports.provider import Asset, Finished, ProviderRequest
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.jobs.succession import heir_of
from mediaforge.services.library.catalog import describe_catalogue
from mediaforge.services.watch.invariants import check_invariants
from tests.support.pictures import FILM, MINE, PICTURE
from tests.support.world import ANN, START, TIMING, SharedDocuments, World

TEXT = (Path(__file__).parents[3] / "functions" / "catalogue.toml").read_text(encoding="utf-8")
UPLOAD = {"path": "references/ann/a.png"}
REFERENCE = {**UPLOAD, "mode": "style_only"}
EXTENDED = "generating/ann/video/0f.mp4"
DAY = START.date() + timedelta(days=2)
MODELS = f"""
[models.old-image]
title = "It ends soon"
kind = "image"
provider = "local"
queue = "runLocalImage"
price_credits = 8
count_max = 4
references_max = 6
takes_brands = true
edits_pictures = true
sizes = "standard"
size_names = ["1K"]
retires = {DAY}

[models.new-image]
title = "What comes then"
kind = "image"
provider = "local"
queue = "runLocalImage"
price_credits = 5
count_max = 4
references_max = 6
takes_brands = true
edits_pictures = true
sizes = "standard"
size_names = ["1K"]

[models.old-video]
title = "It ends soon"
kind = "video"
provider = "local"
queue = "runLocalVideo"
price_credits = 3
sizes = "video"
size_names = ["720p"]
retires = {DAY}

[models.old-video.video]
durations_s = [4]
fps = [24]
has_audio = true
takes_first_frame = true
extends = {{ adds_s = [4], source_s_max = 30 }}

[models.new-video]
title = "What comes then"
kind = "video"
provider = "local"
queue = "runLocalVideo"
price_credits = 2
sizes = "video"
size_names = ["720p"]

[models.new-video.video]
durations_s = [4]
fps = [24]
has_audio = true
takes_first_frame = true
extends = {{ adds_s = [4], source_s_max = 30 }}

[aliases.old-image]
model = "new-image"
note = "old-image is not offered any more; new-image is used."

[aliases.old-video]
model = "new-video"
note = "old-video is not offered any more; new-video is used."
"""
OLD = '"old-image", "old-video", '
NEW = '"new-image", "new-video", '


@dataclass
class Owner:
    """Makes pictures and videos, but of no model that it has shut down."""

    asked: list[ProviderRequest] = field(default_factory=list)

    def start(self, request: ProviderRequest) -> Finished:
        self.asked.append(request)
        if request.model.startswith("old-"):
            raise RejectedError("model-retired", "It is gone.")
        made = (FILM, "mp4", "video/mp4") if request.video else (PICTURE, "png", "image/png")
        return Finished([Asset(*made)] * request.count)

    def poll(self, request: ProviderRequest, handle: str) -> Finished:
        raise AssertionError(f"{request.job_id} {handle}: everything is made at once")

    def cancel(self, handle: str) -> None:
        raise AssertionError(handle)


class Unread(SharedDocuments):
    """Accounts are not read outside of a unit of work, so often."""

    failures = 0

    def get(self, ref: at.Ref[Any]) -> Any:
        if self.failures and ref.path.startswith("accounts/"):
            self.failures -= 1
            raise BusyError("not now")
        return super().get(ref)


def studio(
    changes: Mapping[str, str] | None = None,
    tier: str = NEW,
    documents: SharedDocuments | None = None,
) -> World:
    """A world with both generations of models, the second one changed. The account's tier has the first, and
    what `tier` names."""
    text = TEXT.replace("models = [\n", f"models = [\n    {OLD}{tier}\n")
    models = MODELS
    for old, new in (changes or {}).items():
        head, sep, tail = models.rpartition(old) if old in models else (models, "", "")
        assert sep, old
        models = head + new + tail
    world = World(provider=Owner(), documents=documents or SharedDocuments())
    world.backend = replace(world.backend, catalogue=parse_catalogue(text + models))
    world.set_tier("pro")
    world.grant(500)
    world.media.save(UPLOAD["path"], MINE, "image/png", "t")
    return world


def ask(world: World, **fields: Any) -> Job:
    """An image by the old model, or a video."""
    is_video = fields.pop("kind", "image") == "video"
    payload = {"prompt": "waves", "model": "old-video" if is_video else "old-image", **fields}
    request = parse(GenerateVideo if is_video else GenerateImage, payload)
    return submit_job(world.backend, ANN, request).job


def ended(world: World, job: Job) -> Job:
    world.run_until_quiet()
    world.assert_promises()
    assert check_invariants(world.backend) == []
    return world.job(job.id)


def keep_brand(world: World, base_model: str) -> None:
    brand = Brand(
        id="b",
        name="Acme",
        status=BrandStatus.READY,
        user_id="ann",
        account_id="user_ann",
        job_id="b",
        progress=1.0,
        model="local-training",
        created_at=START,
        modified=START,
        base_model=base_model,
    )
    world.documents.transact(lambda tx: tx.put(at.brand("b"), brand))


def keep_film(world: World) -> None:
    """A finished video of 20 seconds."""
    view = {
        "status": "completed",
        "generated": True,
        "user_id": "ann",
        "width": 1280,
        "height": 720,
        "generation_data": {
            "storage_paths": [EXTENDED],
            "fps": 24.0,
            "duration_seconds": 20.0,
        },
    }
    world.documents.overwrite("generations/ann/videos/0f", view)
    world.media.save(EXTENDED, FILM, "video/mp4", "t")


# ---- what it costs ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "held", "charged"),
    [({}, 8, 5), ({"count": 3}, 24, 15), ({"kind": "video"}, 12, 8)],
)
def test_who_gets_a_cheaper_heir_pays_its_price(
    fields: dict[str, Any], held: int, charged: int
) -> None:
    world = studio()
    before = world.account().available
    job = ended(world, ask(world, **fields))
    assert (job.status, job.estimated_credits) == (JobStatus.COMPLETED, held)
    assert job.charged_credits == charged
    assert world.account().available == before - charged
    assert world.view(job.id)["credits"] == {"estimated": held, "charged": charged}


def test_a_dearer_heir_is_not_taken() -> None:
    world = studio({"price_credits = 5": "price_credits = 9"})
    job = ended(world, ask(world))
    assert (job.error and job.error.code, job.charged_credits) == ("model-retired", 0)


def test_an_heir_of_the_same_price_costs_that() -> None:
    world = studio({"price_credits = 5": "price_credits = 8"})
    assert ended(world, ask(world)).charged_credits == 8


def test_a_cancel_that_is_charged_costs_the_smaller_price() -> None:
    world = studio()
    job = replace(world.job(ask(world, count=2).id), may_have_billed=1)
    heir = states.Heir("new-image", "local", 5, 3600, True, False, "It is used.")
    begun = replace(states.replace_model(job, world.clock.now(), heir, TIMING), may_have_billed=1)
    assert (states.cancel_price_credits(job), states.cancel_price_credits(begun)) == (16, 10)


def test_what_was_never_begun_gives_its_whole_day_back() -> None:
    """The day counted what was agreed."""
    world = studio()
    job = ask(world)
    world.deliver(job.id)
    assert world.job(job.id).replaced is not None
    world.cancel(job.id)
    ended(world, job)
    assert world.account().usage.named()["credits"] == 0


def test_a_batch_s_row_pays_the_smaller_price_too() -> None:
    world = studio()
    batch = world.submit_batch([{"prompt": "x", "model": "old-image"}] * 2)
    world.run_until_quiet()
    world.assert_promises()
    assert check_invariants(world.backend) == []
    credits_ = world.batch(batch.id).credits
    assert (credits_.estimated, credits_.charged) == (16, 10)


# ---- past its day ----------------------------------------------------------------------------------


def test_past_its_day_it_is_used_as_long_as_it_is_there() -> None:
    """Owners write "or later"."""
    world = studio()
    world.clock.advance(2 * 86_400)
    submission = submit_job(
        world.backend, ANN, parse(GenerateImage, {"prompt": "x", "model": "old-image"})
    )
    assert (submission.job.model, submission.job.estimated_credits) == ("old-image", 8)
    (offer,) = (each for each in describe_catalogue(world.backend).models if each.id == "old-image")
    assert (offer.available, offer.heir) == (True, "new-image")


def test_a_model_whose_end_is_far_is_not_taken_for_gone() -> None:
    """Its provider does not have it at this place: the operator has to look."""
    world = studio({f"retires = {DAY}": f"retires = {DAY}"})
    far = {
        name: model.model_copy(update={"retires": DAY + timedelta(days=365)})
        if name.startswith("old-")
        else model
        for name, model in world.backend.catalogue.models.items()
    }
    catalogue = world.backend.catalogue.model_copy(update={"models": far})
    world.backend = replace(world.backend, catalogue=catalogue)
    job = ended(world, ask(world))
    assert (job.error and job.error.code, job.model) == ("model-retired", "old-image")


# ---- what it has to be able to do ------------------------------------------------------------------

_VIDEO: dict[str, Any] = {"kind": "video"}
WISHES: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    (
        "silence",
        {**_VIDEO, "generateAudio": False},
        {"has_audio = true": "has_audio = true\nalways_has_audio = true"},
    ),
    (
        "its own ratio",
        {"references": [REFERENCE]},
        {"edits_pictures = true": "edits_pictures = true\nkeeps_ratio = true"},
    ),
    (
        "words",
        {"prompt": "x" * 301},
        {
            "edits_pictures = true": "edits_pictures = true\n"
            "words = { prompt_chars_max = 300, negative_chars_max = 300 }"
        },
    ),
    (
        "what it leaves out",
        {"negativePrompt": "x" * 301},
        {"edits_pictures = true": "edits_pictures = true\nwords = { negative_chars_max = 300 }"},
    ),
    (
        "the brand's weights",
        {"brandId": "b"},
        {
            "edits_pictures = true": "edits_pictures = true\n"
            'worker = { ttl_s = 3000, base_models = ["another"] }'
        },
    ),
    (
        "so long a video to extend",
        {**_VIDEO, "extendOf": {"path": EXTENDED}},
        {"source_s_max = 30": "source_s_max = 10"},
    ),
]


@pytest.mark.parametrize(("what", "wish", "lacks"), WISHES, ids=[what for what, *_ in WISHES])
def test_an_heir_that_lacks_what_was_wished_is_not_taken(
    what: str, wish: dict[str, Any], lacks: dict[str, str]
) -> None:
    for changes, is_taken in (({}, True), (lacks, False)):
        world = studio(changes)
        keep_brand(world, "the-base")
        keep_film(world)
        job = ask(world, **wish)
        assert (heir_of(world.backend, world.job(job.id)) is not None) is is_taken, what
        after = ended(world, job)
        assert (after.status is JobStatus.COMPLETED) is is_taken
        assert after.charged_credits == (after.price_credits * after.count if is_taken else 0)


def test_an_heir_that_the_tier_has_not_is_not_taken() -> None:
    world = studio(tier="")
    job = ended(world, ask(world))
    assert (job.error and job.error.code, job.charged_credits) == ("model-retired", 0)


def test_where_it_cannot_be_read_what_the_heir_may_the_job_tries_again() -> None:
    documents = Unread()
    world = studio(documents=documents)
    job = ask(world)
    documents.failures = 1
    after = ended(world, job)
    assert documents.failures == 0
    assert (after.status, after.model, after.attempts) == (JobStatus.COMPLETED, "new-image", 2)


# ---- reuse -----------------------------------------------------------------------------------------


def test_what_the_heir_has_made_answers_under_its_own_name_alone() -> None:
    """Whoever asks for the old model while it is in the catalogue wants what that one draws."""
    world = studio()
    made = ended(world, ask(world, seed=5))
    same = {"prompt": "waves", "seed": 5, "reuse": True}
    under_the_old = ask(world, **same)
    under_the_new = ask(world, **same, model="new-image")
    assert (under_the_old.reused_from, under_the_old.estimated_credits) == (None, 8)
    assert (under_the_new.reused_from, under_the_new.estimated_credits) == (made.id, 0)


def test_once_the_old_name_is_the_heir_s_it_is_answered_with_what_that_has_made() -> None:
    world = studio()
    made = ended(world, ask(world, seed=5))
    left = {n: m for n, m in world.backend.catalogue.models.items() if n != "old-image"}
    catalogue = world.backend.catalogue.model_copy(update={"models": left})
    world.backend = replace(world.backend, catalogue=catalogue)
    assert ask(world, seed=5, reuse=True).reused_from == made.id
