"""What was made is gone on from: a picture is edited, cut out, made larger, made a video of; a video is
extended. What a model cannot is refused by the field that asks for it, and leaves nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import GenerateImage, GenerateVideo, parse
from mediaforge.domain.errors import InvalidRequestError, ReferenceMissingError, RequestError
from mediaforge.domain.jobs import reuse
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.lanes import Lane
from mediaforge.domain.library import uploads
from mediaforge.domain.library.uploads import Upload, UploadStatus
from mediaforge.ports.provider import Asset, Finished, ProviderRequest
from mediaforge.providers.upload_check import checked_upload
from mediaforge.services.backend import Caller
from mediaforge.services.jobs.control import retry_job
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.jobs.succession import heir_of
from mediaforge.services.library.deletion import DeleteGeneration, delete_generation
from tests.support.pictures import FILM, MINE, PICTURE, picture
from tests.support.world import ANN, START, World, user

BOB = user("bob")
LITE, OMNI = "veo-3.1-lite-generate-001", "gemini-omni-1.2-flash"
UPLOAD = "references/ann/a.png"


@dataclass
class Recorder:
    """Makes pictures and videos, and keeps what it was asked for."""

    asked: list[ProviderRequest] = field(default_factory=list)

    def start(self, request: ProviderRequest) -> Finished:
        self.asked.append(request)
        if request.kind == "video":
            return Finished([Asset(FILM, "mp4", "video/mp4")])
        return Finished([Asset(PICTURE, "png", "image/png")] * request.count)

    def poll(self, request: ProviderRequest, handle: str) -> Finished:
        raise AssertionError(f"{request.job_id} {handle}: everything is made at once")

    def cancel(self, handle: str) -> None:
        raise AssertionError(handle)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def world(recorder: Recorder) -> World:
    world = World(provider=recorder)
    names = ("local", "vertex", "veo", "omni", "runpod", "fal")
    object.__setattr__(world.backend, "providers", dict.fromkeys(names, recorder))
    world.set_tier("pro")
    world.grant(5000)
    return world


def made(world: World, kind: str = "image", caller: Caller = ANN, **fields: Any) -> str:
    """The path of what was made for the caller."""
    job = (film if kind == "video" else draw)(world, caller, **fields)
    world.run_until_quiet()
    path: str = world.view(job.id)["generation_data"]["storage_paths"][0]
    return path


def draw(world: World, caller: Caller = ANN, **fields: Any) -> Job:
    payload = {"prompt": "make it night", **fields}
    return submit_job(world.backend, caller, parse(GenerateImage, payload)).job


def film(world: World, caller: Caller = ANN, **fields: Any) -> Job:
    payload = {"prompt": "it goes on", **fields}
    return submit_job(world.backend, caller, parse(GenerateVideo, payload)).job


def refused(
    world: World, submit: Callable[[], object], kind: type[RequestError] = InvalidRequestError
) -> dict[str, str]:
    """What is said of each field; the refusal has left nothing."""
    before = world.contents()
    with pytest.raises(kind) as refusal:
        submit()
    assert world.contents() == before
    return {each["field"]: each["message"] for each in refusal.value.details["fieldErrors"]}


# ---- a picture is edited ---------------------------------------------------------------------------


def test_the_picture_to_edit_is_shown_to_the_provider_apart_from_the_references(
    world: World, recorder: Recorder
) -> None:
    path, other = made(world), made(world)
    references = [{"path": other, "mode": "style_only"}]
    job = draw(world, editOf={"path": path}, references=references)
    world.run_until_quiet()
    asked = recorder.asked[-1]
    assert asked.edit_of is not None
    assert (asked.edit_of.path, asked.edit_of.load()) == (path, PICTURE)
    assert [each.path for each in asked.references] == [other]
    assert world.job(job.id).status is JobStatus.COMPLETED
    assert world.view(job.id)["request_data"]["editOf"] == {"path": path}
    world.assert_promises()


def test_an_upload_is_edited_as_well(world: World, recorder: Recorder) -> None:
    world.media.save(UPLOAD, MINE, "image/png", "t")
    draw(world, editOf={"path": UPLOAD})
    world.run_until_quiet()
    edited = recorder.asked[-1].edit_of
    assert edited is not None
    assert edited.load() == MINE


@pytest.mark.parametrize(
    ("was", "asks", "gets"),
    [
        ({"aspectRatio": "16:9"}, {}, "16:9"),
        ({"aspectRatio": "16:9"}, {"aspectRatio": "1:1"}, "1:1"),
        ({"width": 1000, "height": 2000}, {"model": "gemini-nano-banana-2.1"}, "1:2"),
    ],
)
def test_it_keeps_its_ratio_unless_another_is_asked_for(
    world: World, was: dict[str, Any], asks: dict[str, Any], gets: str
) -> None:
    path = made(world, **was)
    ratio = draw(world, editOf={"path": path}, **asks).aspect_ratio
    assert ratio == (gets if gets != "1:2" else "9:16")  # the nearest that the model has


def test_a_model_that_edits_nothing_says_so_and_which_do(world: World) -> None:
    path = made(world)
    said = refused(world, lambda: draw(world, editOf={"path": path}, model="runpod-image"))
    assert said.keys() == {"editOf"}
    assert "local-image" in said["editOf"]
    assert "runpod-image" not in said["editOf"].partition("these do")[2]


def test_the_picture_takes_one_of_the_references_places(world: World) -> None:
    references = [{"path": f"references/ann/{n}.png", "mode": "style_only"} for n in range(3)]
    asks: dict[str, Any] = {"editOf": {"path": UPLOAD}, "model": "qwen-image-2"}
    assert refused(world, lambda: draw(world, **asks, references=references)).keys() == {
        "references"
    }
    assert draw(world, **asks, references=references[:2]).edit_of == UPLOAD


@pytest.mark.parametrize("path", ["references/bob/a.png", "generating/ann/video/0f.mp4", "a.png"])
def test_what_is_no_picture_of_one_s_own_is_none_to_edit(world: World, path: str) -> None:
    assert refused(world, lambda: draw(world, editOf={"path": path})).keys() == {"editOf.path"}


def test_what_is_another_s_or_deleted_or_not_there_is_missing(world: World) -> None:
    theirs, gone = made(world, caller=BOB), made(world)
    gone_id = gone.rpartition("/")[2].partition(".")[0]
    delete_generation(world.backend, ANN, parse(DeleteGeneration, {"jobId": gone_id}))
    for path in (theirs, gone, "generating/ann/image/nothing.png"):
        said = refused(world, partial(draw, world, editOf={"path": path}), ReferenceMissingError)
        assert said.keys() == {"editOf.path"}


def test_what_a_member_has_made_for_the_team_is_edited_by_the_others(world: World) -> None:
    team_id = world.found_team(bob="editor")
    path = made(world, teamId=team_id, aspectRatio="16:9")
    assert draw(world, BOB, editOf={"path": path}).aspect_ratio == "16:9"


def test_a_picture_deleted_before_its_edit_begins_ends_it_and_costs_nothing(world: World) -> None:
    path = made(world)
    before = world.account().available
    job = draw(world, editOf={"path": path})
    world.media.delete(world.media.list(path))
    world.run_until_quiet()
    error = world.job(job.id).error
    assert error is not None
    assert error.code == "reference-missing"
    assert world.account().available == before


def test_a_retry_edits_the_same_picture_in_the_same_size(world: World) -> None:
    path = made(world, aspectRatio="16:9")
    content = world.media.files.pop(path)
    failed = draw(world, editOf={"path": path})
    world.run_until_quiet()
    assert world.job(failed.id).status is JobStatus.FAILED
    world.media.save(path, content, "image/png", "t")
    again = retry_job(world.backend, ANN, failed.id)
    assert (again.edit_of, again.aspect_ratio, again.retry_of) == (path, "16:9", failed.id)


def test_an_edit_is_no_answer_to_a_request_that_edits_nothing(world: World) -> None:
    plain = draw(world, seed=1)
    edited = draw(world, seed=1, editOf={"path": UPLOAD})
    cut_out = draw(world, seed=1, background="transparent")
    assert len({reuse.keys_that_answer(job) for job in (plain, edited, cut_out)}) == 3


# ---- what is behind it -----------------------------------------------------------------------------


def test_a_transparent_background_is_asked_for_and_opaque_is_the_usual(
    world: World, recorder: Recorder
) -> None:
    asks: tuple[dict[str, Any], ...] = ({"background": "transparent"}, {"background": "opaque"}, {})
    for fields in asks:
        draw(world, **fields)
        world.run_until_quiet()
    assert [asked.is_transparent for asked in recorder.asked] == [True, False, False]


def test_a_model_that_has_no_such_background_says_which_have(world: World) -> None:
    asks: dict[str, Any] = {"background": "transparent", "model": "gemini-nano-banana-2.1"}
    said = refused(world, lambda: draw(world, **asks))
    assert said.keys() == {"background"}
    assert said["background"].endswith("these do: bria-rmbg-2, local-image")


def test_a_generated_picture_is_cut_out_or_made_larger(world: World, recorder: Recorder) -> None:
    path = made(world, aspectRatio="16:9")
    references = [{"path": path, "mode": "style_and_composition"}]
    for model, is_transparent in (("bria-rmbg-2", True), ("seedvr2-upscale", False)):
        assert draw(world, model=model, references=references).aspect_ratio == "16:9"
        world.run_until_quiet()
        asked = recorder.asked[-1]
        assert [each.uri for each in asked.references] == [world.media.uri(path)]
        assert (asked.model, asked.is_transparent) == (model, is_transparent)
        said = refused(world, partial(draw, world, model=model))
        assert said == {"references": f"{model} needs 1: it works on pictures"}


def keep_upload(world: World, path: str, width_px: int, height_px: int) -> None:
    """An upload that was looked at, and has so many pixels."""
    name = uploads.read_path(path)
    assert name is not None
    world.media.save(path, MINE, "image/png", "t")
    known = Upload(
        name.file_id,
        path,
        UploadStatus.READY,
        world.media.list(path)[path],
        len(MINE),
        "image/png",
        START,
        START,
        width=width_px,
        height=height_px,
    )
    world.documents.transact(lambda tx: tx.put(at.upload(name.uid, name.file_id), known))


def enlarged(world: World, path: str, **fields: Any) -> Job:
    references = [{"path": path, "mode": "style_and_composition"}]
    return draw(world, model="seedvr2-upscale", references=references, **fields)


@pytest.mark.parametrize(
    ("width_px", "height_px", "said"),
    [
        (8000, 16, "it has 8000x16 pixels: its longer edge may be at most 8 times the shorter one"),
        (16, 8000, "it has 16x8000 pixels: its longer edge may be at most 8 times the shorter one"),
        (801, 100, "it has 801x100 pixels: its longer edge may be at most 8 times the shorter one"),
        (4000, 3000, "it has 4000x3000 pixels: its shorter edge is longer already than the 2160"),
    ],
)
def test_a_picture_whose_enlargement_would_cost_more_than_its_price_is_refused(
    world: World, width_px: int, height_px: int, said: str
) -> None:
    """What is made larger is billed by the megapixel, and sold at one price."""
    keep_upload(world, UPLOAD, width_px, height_px)
    found = refused(world, lambda: enlarged(world, UPLOAD))
    assert found.keys() == {"references[0].path"}
    assert found["references[0].path"].startswith(said)


@pytest.mark.parametrize(("width_px", "height_px"), [(800, 100), (2160, 2160), (300, 200)])
def test_a_picture_within_the_bounds_is_made_larger(
    world: World, width_px: int, height_px: int
) -> None:
    keep_upload(world, UPLOAD, width_px, height_px)
    assert enlarged(world, UPLOAD).estimated_credits == 4


def test_the_size_that_is_asked_for_is_what_the_picture_may_have(world: World) -> None:
    keep_upload(world, UPLOAD, 1920, 1200)
    assert enlarged(world, UPLOAD, width=2560, height=1440).estimated_credits == 2
    said = refused(world, lambda: enlarged(world, UPLOAD, width=1920, height=1080))
    assert said.keys() == {"references[0].path"}


def test_a_picture_of_a_pack_is_named_by_the_pack(world: World) -> None:
    keep_upload(world, UPLOAD, 8000, 16)
    pack = {
        "user_id": "ann",
        "name": "A look",
        "references": [{"path": UPLOAD, "mode": "style_only"}],
        "visibility": "private",
        "is_template": False,
        "version": 1,
        "created_at": START,
        "modified": START,
    }
    world.documents.overwrite("reference_packs/p", pack)
    asks: dict[str, Any] = {"model": "seedvr2-upscale", "referencePackId": "p"}
    assert refused(world, lambda: draw(world, **asks)).keys() == {"referencePackId"}


@pytest.mark.parametrize("size", [(8000, 16), (2400, 2200)])
def test_a_picture_whose_size_was_not_known_ends_the_job_before_it_is_begun(
    world: World, recorder: Recorder, size: tuple[int, int]
) -> None:
    object.__setattr__(world.backend, "check_upload", checked_upload)
    before = world.account().available
    world.media.save(UPLOAD, picture(size=size), "image/png", "t")
    job = enlarged(world, UPLOAD)
    world.run_until_quiet()
    error = world.job(job.id).error
    assert error is not None
    assert error.code == "reference-unfit"
    assert error.message.startswith(f"Reference 1 ({UPLOAD}) has {size[0]}x{size[1]} pixels: its ")
    assert (recorder.asked, world.account().available) == ([], before)


def test_a_picture_that_was_written_over_since_is_looked_at_again(
    world: World, recorder: Recorder
) -> None:
    object.__setattr__(world.backend, "check_upload", checked_upload)
    keep_upload(world, UPLOAD, 300, 200)
    job = enlarged(world, UPLOAD)
    world.media.files[UPLOAD] = picture(size=(8000, 16))
    world.run_until_quiet()
    error = world.job(job.id).error
    assert error is not None
    assert (error.code, recorder.asked) == ("reference-unfit", [])


# ---- a video of it ---------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["local-video", OMNI, LITE, "kling-3-standard", "wan-2.7"])
def test_a_generated_picture_is_what_a_video_begins_with(
    world: World, recorder: Recorder, model: str
) -> None:
    path = made(world)
    film(world, model=model, firstFrame={"path": path})
    world.run_until_quiet()
    spec = recorder.asked[-1].video
    assert spec is not None
    assert spec.first_frame is not None
    assert (spec.first_frame.path, spec.first_frame.load()) == (path, PICTURE)


# ---- a video is extended ---------------------------------------------------------------------------


def known(world: World, path: str, **fields: Any) -> str:
    """The video's view, as it would be with these fields of `generation_data`, or of its own."""
    _, uid, _, name = path.split("/")
    ref = f"generations/{uid}/videos/{name.partition('.')[0]}"
    view = world.contents()[ref]
    own = {key: value for key, value in fields.items() if key in ("width", "height")}
    other = {key: value for key, value in fields.items() if key not in own}
    generation_data = {**view["generation_data"], **other}
    world.documents.overwrite(ref, {**view, **own, "generation_data": generation_data})
    return path


@pytest.fixture
def path(world: World) -> str:
    made_path = made(world, "video", aspectRatio="9:16", generateAudio=False)
    return known(world, made_path, fps=24.0, duration_seconds=4.0)


def test_a_video_goes_on_in_its_own_size_and_what_is_added_is_paid_for(
    world: World, recorder: Recorder, path: str
) -> None:
    job = film(world, extendOf={"path": path}, model=LITE)
    world.run_until_quiet()
    spec = recorder.asked[-1].video
    assert spec is not None
    assert spec.extend_of is not None
    assert (spec.extend_of.path, spec.extend_of.content_type) == (path, "video/mp4")
    assert (spec.duration_s, spec.fps, spec.resolution) == (7, 24, "720p")
    assert (job.width_px, job.height_px, job.aspect_ratio) == (720, 1280, "9:16")
    assert job.estimated_credits == 7 * 6
    assert world.job(job.id).status is JobStatus.COMPLETED
    world.assert_promises()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"model": OMNI}, "extendOf"),
        ({"model": "kling-3-standard"}, "extendOf"),
        ({"model": LITE, "durationSeconds": 8}, "durationSeconds"),
        ({"aspectRatio": "16:9"}, "aspectRatio"),
        ({"resolution": "1080p"}, "resolution"),
        ({"fps": 12}, "fps"),
        ({"firstFrame": {"path": UPLOAD}}, "firstFrame"),
        ({"lastFrame": {"path": UPLOAD}}, "lastFrame"),
        ({"references": [{"path": UPLOAD, "mode": "style_only"}]}, "references"),
        ({"extendOf": {"path": UPLOAD}}, "extendOf.path"),
        ({"extendOf": {"path": "generating/ann/image/0f.png"}}, "extendOf.path"),
    ],
)
def test_what_does_not_go_with_it_names_its_field(
    world: World, path: str, fields: dict[str, Any], field: str
) -> None:
    asks: dict[str, Any] = {"extendOf": {"path": path}, **fields}
    assert refused(world, lambda: film(world, **asks)).keys() == {field}


@pytest.mark.parametrize(
    "fields",
    [{"fps": 30.0}, {"duration_seconds": 31.0}, {"width": 1920, "height": 1080}],
)
def test_a_video_that_the_model_cannot_extend_is_named(
    world: World, path: str, fields: dict[str, Any]
) -> None:
    asks: dict[str, Any] = {"extendOf": {"path": known(world, path, **fields)}, "model": LITE}
    assert refused(world, lambda: film(world, **asks)).keys() == {"extendOf.path"}


@pytest.mark.parametrize("size", [(32, 32), (1280, 8000), (4096, 2160)])
def test_a_video_of_a_size_beyond_the_model_is_what_is_named(
    world: World, path: str, size: tuple[int, int]
) -> None:
    """The caller has said no width and no height."""
    made_path = known(world, path, width=size[0], height=size[1])
    said = refused(world, lambda: film(world, extendOf={"path": made_path}, model="local-video"))
    has = f"it has {size[0]}x{size[1]} pixels, and the model extends edges of 64 to 1920"
    assert said == {"extendOf.path": has}


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -1.0])
def test_a_rate_that_is_no_rate_is_not_known(world: World, path: str, number: float) -> None:
    made = known(world, path, fps=number)
    job = film(world, extendOf={"path": made}, model=LITE)
    assert job.video is not None
    assert job.video.fps == 24


def test_a_video_of_another_is_missing_and_nothing_is_told_of_it(world: World, path: str) -> None:
    known(world, path, duration_seconds=31.0)
    world.submit(caller=BOB)
    world.run_until_quiet()
    world.set_tier("pro", BOB)
    for asked in (path, "generating/ann/video/nothing.mp4"):
        said = refused(
            world,
            partial(film, world, BOB, extendOf={"path": asked}),
            ReferenceMissingError,
        )
        assert said == {
            "extendOf.path": "there is no finished picture or video here that you may see"
        }


def test_a_file_that_is_no_mp4_ends_the_job_and_costs_nothing(world: World, path: str) -> None:
    before = world.account().available
    world.media.files[path] = b"\x1aE\xdf\xa3webm"
    job = film(world, extendOf={"path": path})
    world.run_until_quiet()
    error = world.job(job.id).error
    assert error is not None
    assert (error.code, error.message.partition(" (")[0]) == (
        "reference-unreadable",
        "The video to extend",
    )
    assert world.account().available == before


# ---- where its model is gone -----------------------------------------------------------------------


def test_only_a_model_that_can_do_the_same_takes_its_place(world: World, path: str) -> None:
    def goes_on(job: Job) -> bool:
        accepted = replace(
            job, lane=Lane.PAID, queue=world.backend.catalogue.models[job.model].queue
        )
        return heir_of(world.backend, accepted) is not None

    flash = "gemini-3.1-flash-image"
    world.clock.advance(180 * 86_400)  # its end is near
    assert goes_on(draw(world, model=flash, editOf={"path": UPLOAD}))
    assert not goes_on(film(world, model="veo-3.1-generate-001", extendOf={"path": path}))
    cut = replace(draw(world, model=flash), is_transparent=True)
    assert not goes_on(cut)
