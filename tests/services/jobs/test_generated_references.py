"""A generated picture is used again: as a reference, a frame, a picture to train on. Who may read it may use
it; what is deleted after the job was accepted ends the job, and its credits come back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import GenerateVideo, TrainBrand, parse
from mediaforge.domain.errors import InsufficientCreditsError, ReferenceMissingError
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.library.brands import copies_folder
from mediaforge.ports.provider import Asset, Finished, ProviderRequest
from mediaforge.services.backend import Caller
from mediaforge.services.jobs.control import retry_job
from mediaforge.services.jobs.submit import submit_job
from tests.support.pictures import FILM, PICTURE
from tests.support.world import ANN, InstantProvider, World, user

BOB, CAT = user("bob"), user("cat")


_MADE = {
    "video": Finished([Asset(FILM, "mp4", "video/mp4")]),
    "training": Finished(model_uri="gs://memory/brands/b"),
}


@dataclass
class Beholder(InstantProvider):
    """Keeps what each request shows: references first, then frames."""

    shown: list[list[bytes]] = field(default_factory=list)
    uris: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def start(self, request: ProviderRequest) -> Finished:
        video = request.video
        frames = (video.first_frame, video.last_frame) if video else ()
        pictures = [*request.references, *(frame for frame in frames if frame)]
        self.shown.append([picture.load() for picture in pictures])
        self.uris += [picture.uri for picture in pictures]
        drawn = super().start(request)
        return _MADE.get(request.kind, drawn)


@pytest.fixture
def world() -> World:
    world = World(provider=Beholder())
    world.set_tier("pro")
    return world


def picture(world: World, caller: Caller = ANN, **fields: Any) -> str:
    """The path of a picture that was generated for the caller."""
    job = world.submit(caller=caller, **fields).job
    world.run_until_quiet()
    path: str = world.view(job.id)["generation_data"]["storage_paths"][0]
    return path


def vary(world: World, path: str, caller: Caller = ANN, **fields: Any) -> Job:
    references = [{"path": path, "mode": "style_and_composition"}]
    return world.submit(caller=caller, references=references, **fields).job


def film(world: World, **fields: Any) -> Job:
    return submit_job(world.backend, ANN, parse(GenerateVideo, {"prompt": "waves", **fields})).job


def refused(world: World, submit: Callable[[], object]) -> ReferenceMissingError:
    """The refusal, which has left nothing."""
    before = world.contents()
    with pytest.raises(ReferenceMissingError) as refused:
        submit()
    assert world.contents() == before
    return refused.value


def view_path(path: str) -> str:
    _, uid, _, name = path.split("/")
    return f"generations/{uid}/images/{name.partition('.')[0].partition('_')[0]}"


# ---- one's own -------------------------------------------------------------------------------------


def test_a_picture_of_one_s_own_is_shown_to_the_provider_as_an_upload_is(world: World) -> None:
    path = picture(world, count=2)
    job = vary(world, path)
    world.run_until_quiet()
    assert world.job(job.id).status is JobStatus.COMPLETED
    assert world.provider.shown[-1] == [PICTURE]
    assert world.provider.uris == [world.media.uri(path)]
    assert world.view(job.id)["request_data"]["references"][0]["path"] == path
    world.assert_promises()


def test_a_video_goes_from_one_generated_picture_to_another(world: World) -> None:
    first, last = picture(world), picture(world)
    job = film(world, firstFrame={"path": first}, lastFrame={"path": last})
    world.run_until_quiet()
    assert world.provider.uris == [world.media.uri(first), world.media.uri(last)]
    assert job.video is not None
    assert (job.video.first_frame, job.video.last_frame) == (first, last)


def test_a_brand_that_was_trained_on_generated_pictures_keeps_copies_of_them(world: World) -> None:
    world.grant(1000)
    paths = [picture(world) for _ in range(5)]
    references = [{"path": path, "mode": "style_only"} for path in paths]
    request = parse(TrainBrand, {"name": "Acme", "references": references})
    job = submit_job(world.backend, ANN, request).job
    world.run_until_quiet()
    assert len(world.media.list(copies_folder(str(job.brand_id)))) == 5


def under_way(world: World) -> str:
    job = world.submit(scheduledAt="2026-11-20T13:00:00Z").job
    return f"generating/ann/image/{job.id}.png"


def not_delivered(world: World) -> str:
    """One more than the job delivered, though it was saved."""
    path = picture(world, prompt="[[partial:1]] a lighthouse", count=2).replace("_0.", "_1.")
    world.media.files[path] = PICTURE
    return path


def of_a_deleted_view(world: World) -> str:
    path = picture(world)
    world.documents.overwrite(view_path(path), None)
    return path


def of_nobody(_: World) -> str:
    return "generating/ann/image/nothing.png"


def a_thumbnail(world: World) -> str:
    return picture(world).replace(".png", "_0.webp")


@pytest.mark.parametrize(
    "make", [under_way, not_delivered, of_a_deleted_view, of_nobody, a_thumbnail]
)
def test_what_is_not_there_to_be_seen_is_missing_and_leaves_nothing(
    world: World, make: Callable[[World], str]
) -> None:
    path = make(world)
    refusal = refused(world, lambda: vary(world, path))
    assert refusal.reason == "reference-missing"
    assert refusal.details["paths"] == [path]
    assert [error["field"] for error in refusal.details["fieldErrors"]] == ["references[0].path"]


def test_a_frame_that_is_missing_names_its_field(world: World) -> None:
    frame = {"path": of_nobody(world)}
    refusal = refused(world, lambda: film(world, firstFrame=frame, lastFrame=frame))
    fields = [error["field"] for error in refusal.details["fieldErrors"]]
    assert fields == ["firstFrame.path", "lastFrame.path"]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"generated": True},
        {"generated": True, "generation_data": "a"},
        {"generated": True, "generation_data": {"storage_paths": 7}},
    ],
)
def test_a_view_that_somebody_wrote_wrongly_by_hand_shows_no_picture(
    world: World, fields: dict[str, Any]
) -> None:
    world.documents.overwrite("generations/ann/images/hand", fields)
    refused(world, lambda: vary(world, "generating/ann/image/hand.png"))


def test_a_picture_that_the_gpu_worker_made_for_others_is_used_by_its_view_alone(
    world: World,
) -> None:
    path = "generating/ann/image/0f.png"
    world.media.files[path] = PICTURE
    shown = {"generated": True, "generation_data": {"storage_paths": [path]}}
    world.documents.overwrite("generations/ann/images/0f", shown)
    assert world.job(vary(world, path).id).references[0]["path"] == path


# ---- a team's --------------------------------------------------------------------------------------


def test_a_member_uses_what_another_has_made_for_the_team(world: World) -> None:
    team_id = world.found_team(bob="editor", cat="viewer")
    path = picture(world, teamId=team_id)
    for caller, fields in ((BOB, {"teamId": team_id}), (BOB, {}), (CAT, {})):
        job = vary(world, path, caller, **fields)
        world.run_until_quiet()
        assert world.job(job.id).status is JobStatus.COMPLETED
        assert world.provider.uris[-1] == world.media.uri(path)


def test_what_is_another_s_is_missing_with_the_same_words_as_what_nobody_has(world: World) -> None:
    world.found_team(bob="editor")
    path = picture(world)
    foreign = refused(world, lambda: vary(world, path, BOB))
    unknown = refused(world, lambda: vary(world, "generating/ann/image/nothing.png", BOB))
    assert foreign.message == unknown.message


def test_of_another_team_there_is_nothing_to_be_seen(world: World) -> None:
    team_id, other_id = world.found_team(), world.found_team(bob="editor")
    path = picture(world, teamId=team_id)
    refused(world, lambda: vary(world, path, BOB, teamId=other_id))


def test_who_was_removed_uses_no_picture_of_the_team_but_their_own(world: World) -> None:
    team_id = world.found_team(bob="editor")
    ours, own = picture(world, teamId=team_id), picture(world, BOB, teamId=team_id)
    failed = vary(world, ours, BOB, prompt="[[fail:permanent]]")
    world.run_until_quiet()
    world.control_team(ANN, team_id, "remove", uid="bob")
    refused(world, lambda: vary(world, ours, BOB))
    refused(world, lambda: retry_job(world.backend, BOB, failed.id))
    assert vary(world, own, BOB).references[0]["path"] == own


def test_the_team_s_picture_is_asked_for_its_members_once_for_all_of_a_request(
    world: World,
) -> None:
    team_id = world.found_team(bob="editor")
    paths = [picture(world, teamId=team_id) for _ in range(6)]
    vary(world, paths[0], BOB)
    world.documents.reads = world.documents.writes = 0
    vary(world, paths[0], BOB)
    alone = (world.documents.reads, world.documents.writes)
    world.documents.reads = world.documents.writes = 0
    world.submit(caller=BOB, references=[{"path": path, "mode": "style_only"} for path in paths])
    assert (world.documents.reads, world.documents.writes) == (alone[0] + 5, alone[1])


# ---- deleted after the job was accepted ------------------------------------------------------------


def test_a_picture_deleted_before_the_job_runs_ends_it_with_its_path_and_costs_nothing(
    world: World,
) -> None:
    path = picture(world)
    before = world.account().available
    job = vary(world, path)
    world.documents.overwrite(view_path(path), None)
    world.media.delete(world.media.list(path))
    starts = dict(world.provider.starts)
    world.run_until_quiet()
    error = world.view(job.id)["error"]
    assert (error["code"], error["retryable"]) == ("reference-missing", False)
    assert world.media.uri(path) in error["message"]
    assert (world.account().available, world.account().held) == (before, 0)
    assert world.provider.starts == starts


def test_a_picture_deleted_between_two_attempts_ends_the_job_and_costs_nothing(
    world: World,
) -> None:
    path = picture(world)
    before = world.account().available
    job = vary(world, path, prompt="[[fail:transient:4]] again")
    world.provider.meanwhile.append(lambda: world.media.delete(world.media.list(path)))
    world.run_until_quiet()
    ended = world.job(job.id)
    assert ended.error is not None
    assert (ended.status, ended.error.code) == (JobStatus.FAILED, "reference-missing")
    assert (world.account().available, world.account().held) == (before, 0)


def test_a_membership_that_ends_after_the_job_was_accepted_does_not_end_the_job(
    world: World,
) -> None:
    team_id = world.found_team(bob="editor")
    path = picture(world, teamId=team_id)
    job = vary(world, path, BOB)
    world.control_team(ANN, team_id, "remove", uid="bob")
    world.run_until_quiet()
    assert world.job(job.id).status is JobStatus.COMPLETED


def test_the_same_request_is_the_same_job_though_its_picture_is_gone(world: World) -> None:
    path = picture(world)
    first = vary(world, path, requestId="r")
    world.documents.overwrite(view_path(path), None)
    assert vary(world, path, requestId="r").id == first.id
    assert world.documents.get(at.job(first.id)) is not None


def test_a_refusal_that_costs_nothing_comes_before_the_pictures_are_read(world: World) -> None:
    path = picture(world)
    while True:
        before = world.documents.reads
        try:
            world.submit(count=4)
        except InsufficientCreditsError:
            break
    plain = world.documents.reads - before
    before = world.documents.reads
    with pytest.raises(InsufficientCreditsError):
        world.submit(count=4, references=[{"path": path, "mode": "style_only"}] * 6)
    assert world.documents.reads - before == plain


@pytest.mark.parametrize("team_id", ["..", "__x__", "x" * 2000, "a/b", "", 7, None])
def test_a_view_whose_team_can_be_no_team_is_nobody_else_s(world: World, team_id: object) -> None:
    path = picture(world, BOB)
    view, _ = world.documents.peek(view_path(path))
    world.documents.overwrite(view_path(path), {**(view or {}), "team_id": team_id})
    refused(world, lambda: vary(world, path))
