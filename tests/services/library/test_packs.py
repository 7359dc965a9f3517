"""A reference pack in use: who may read it may use it, a job keeps what it used, and what is wrong with it is
said before anything is charged."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import GenerateVideo, TrainBrand, parse
from mediaforge.domain.errors import (
    AccountBlockedError,
    IllegalStateError,
    InvalidRequestError,
    NotFoundError,
    ReferenceMissingError,
    ReferenceUnreadableError,
    RequestError,
)
from mediaforge.domain.jobs.job import Edition, Job, JobStatus
from mediaforge.domain.library.uploads import Upload, UploadError, UploadFolder, UploadStatus
from mediaforge.ports.provider import Finished, ProviderRequest
from mediaforge.services.backend import Caller
from mediaforge.services.jobs.control import retry_job
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.library.pack_copies import CopyPack, PackCopied, copy_pack
from mediaforge.services.library.uploads import quota_of
from tests.support.pictures import PICTURE
from tests.support.world import ANN, START, InstantProvider, World, user

BOB, CAT = user("bob"), user("cat")


class Beholder(InstantProvider):
    """Keeps the pictures that it is asked with: of each its path and its mode."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[list[tuple[str, str]]] = []

    def start(self, request: ProviderRequest) -> Finished:
        self.shown.append([(each.path, each.mode) for each in request.references])
        drawn = super().start(request)
        trained = Finished(model_uri="gs://memory/brands/b")
        return trained if request.kind == "training" else drawn


@pytest.fixture
def world() -> World:
    world = World(provider=Beholder())
    world.set_tier("pro")
    return world


def paths(uid: str = "ann", number: int = 6) -> list[str]:
    return [f"references/{uid}/{n}.png" for n in range(number)]


def pictures(uid: str = "ann", number: int = 6) -> list[dict[str, str]]:
    return [{"path": path, "mode": "style_only"} for path in paths(uid, number)]


def upload(world: World, path: str, status: UploadStatus = UploadStatus.READY) -> None:
    """An upload as it is once the backend has looked at it: one that was refused is deleted."""
    _, uid, name = path.split("/")
    error = None
    if status is UploadStatus.REFUSED:
        error = UploadError("reference-unreadable", "It is no picture.")
        world.media.files.pop(path, None)
    else:
        world.media.files[path] = PICTURE
    file_id = name.partition(".")[0]
    told = Upload(file_id, path, status, 1, 9, "image/png", START, START, error)
    world.documents.transact(lambda tx: tx.put(at.upload(uid, file_id), told))


def write_pack(world: World, pack_id: str = "p", uid: str = "ann", **fields: Any) -> str:
    """A pack as the rules let a client write it, unless `fields` differ; and its files."""
    whole = {
        "name": "Lights",
        "user_id": uid,
        "visibility": "private",
        "references": pictures(uid, 2),
        "is_template": False,
        "version": 1,
        "created_at": START,
        "modified": START,
        **fields,
    }
    world.documents.overwrite(f"reference_packs/{pack_id}", whole)
    if isinstance(whole["references"], list):
        for path in paths(uid, len(whole["references"])):
            upload(world, path)
    return pack_id


def train(world: World, **fields: Any) -> Job:
    return submit_job(world.backend, ANN, parse(TrainBrand, {"name": "Acme", **fields})).job


def film(world: World, caller: Caller = ANN, **fields: Any) -> Job:
    request = parse(GenerateVideo, {"prompt": "waves", **fields})
    return submit_job(world.backend, caller, request).job


def refused(
    world: World, submit: Callable[[], object], kind: type[RequestError] = InvalidRequestError
) -> RequestError:
    """The refusal, which has left nothing."""
    before = world.contents()
    with pytest.raises(kind) as refused:
        submit()
    assert world.contents() == before
    return refused.value


def fields_of(error: RequestError) -> list[str]:
    return [each["field"] for each in error.details["fieldErrors"]]


# ---- used ------------------------------------------------------------------------------------------


def test_a_pack_s_pictures_come_behind_those_of_the_request(world: World) -> None:
    write_pack(world)
    own = {"path": "references/ann/own.png", "mode": "style_and_composition"}
    upload(world, own["path"])
    job = world.finish(referencePackId="p", references=[own])
    assert job.status is JobStatus.COMPLETED
    first, second = paths(number=2)
    assert world.provider.shown == [
        [(own["path"], "style_and_composition"), (first, "style_only"), (second, "style_only")]
    ]
    assert job.pack == Edition("p", 1)
    view = world.view(job.id)
    assert view["pack"] == {"id": "p", "version": 1}
    assert view["request_data"]["references"] == [own]
    world.assert_promises()


def test_a_picture_that_the_request_names_too_is_used_once_as_the_request_says(
    world: World,
) -> None:
    write_pack(world)
    path, other = paths(number=2)
    job = world.submit(
        referencePackId="p", references=[{"path": path, "mode": "style_and_composition"}]
    ).job
    assert [(each["path"], each["mode"]) for each in job.references] == [
        (path, "style_and_composition"),
        (other, "style_only"),
    ]


def test_a_film_goes_by_a_pack_as_by_references(world: World) -> None:
    write_pack(world)
    plain, with_pack = film(world), film(world, referencePackId="p")
    references = film(world, references=pictures(number=2))
    assert with_pack.references == references.references
    assert with_pack.video == references.video
    assert plain.references == ()


@pytest.mark.parametrize(
    ("fields", "caller"),
    [
        ({"uid": "ann"}, ANN),
        ({"uid": "cat", "visibility": "public"}, ANN),
        ({"uid": "cat", "visibility": "team"}, ANN),
        ({"uid": "cat", "visibility": "team"}, BOB),
    ],
    ids=["own", "a-stranger-s-public-one", "a-team-s", "a-team-s-as-a-viewer"],
)
def test_who_may_read_a_pack_uses_its_files_whoever_owns_them(
    world: World, fields: dict[str, Any], caller: Caller
) -> None:
    team_id = world.found_team(bob="viewer")
    if fields.get("visibility") == "team":
        fields = {**fields, "team_id": team_id}
    write_pack(world, **fields)
    job = world.submit(caller=caller, referencePackId="p").job
    world.run_until_quiet()
    assert world.job(job.id).status is JobStatus.COMPLETED
    assert [path for path, _ in world.provider.shown[0]] == paths(fields["uid"], 2)


def test_a_pack_that_may_not_be_read_is_not_found_in_the_words_for_one_that_is_not_there(
    world: World,
) -> None:
    team_id = world.found_team(CAT)
    write_pack(world, "private", uid="cat")
    write_pack(world, "team-s", uid="cat", visibility="team", team_id=team_id)
    write_pack(world, "odd", uid="cat", visibility="team", team_id="../x")
    write_pack(world, "nobody-s", user_id=None, visibility=7)
    said = set()
    for pack_id in ("private", "team-s", "odd", "nobody-s", "missing"):
        submit = partial(world.submit, referencePackId=pack_id)
        said.add(refused(world, submit, NotFoundError).message.replace(pack_id, "?"))
    assert len(said) == 1


def test_who_was_removed_from_the_team_does_not_read_its_pack(world: World) -> None:
    team_id = world.found_team(bob="editor")
    write_pack(world, visibility="team", team_id=team_id)
    world.submit(caller=BOB, referencePackId="p")
    world.control_team(ANN, team_id, "remove", uid="bob")
    refused(world, lambda: world.submit(caller=BOB, referencePackId="p"), NotFoundError)


def test_a_request_without_a_pack_costs_no_read_more(world: World) -> None:
    world.submit()
    before = world.documents.reads
    world.submit()
    plain = world.documents.reads - before
    write_pack(world)
    before = world.documents.reads
    world.submit(referencePackId="p")
    # The pack, and the document of each of its two uploads.
    assert world.documents.reads - before == plain + 3


# ---- too many --------------------------------------------------------------------------------------


def with_fewer(world: World, model: str, references_max: int) -> None:
    """The model takes only so many references."""
    catalogue = world.backend.catalogue
    smaller = catalogue.models[model].model_copy(update={"references_max": references_max})
    models = {**catalogue.models, model: smaller}
    catalogue = catalogue.model_copy(update={"models": models})
    world.backend = replace(world.backend, catalogue=catalogue)


def test_a_pack_that_is_too_large_for_the_model_names_those_that_take_it(world: World) -> None:
    world.backend = replace(
        world.backend, providers={"local": world.provider, "veo": world.provider}
    )
    write_pack(world, references=pictures())
    error = refused(world, lambda: film(world, model="veo-3.1-generate-001", referencePackId="p"))
    ((field, message),) = [tuple(each.values()) for each in error.details["fieldErrors"]]
    assert field == "referencePackId"
    assert "veo-3.1-generate-001 takes at most 3 references" in message
    assert message.endswith("these models take as many: local-video")


def test_a_model_that_is_not_set_up_or_not_in_the_tier_is_not_named(world: World) -> None:
    with_fewer(world, "local-image", 1)
    write_pack(world)
    error = refused(world, lambda: world.submit(referencePackId="p"))
    assert error.details["fieldErrors"][0]["message"].endswith("no model here takes as many")
    world.backend = replace(
        world.backend, providers={"local": world.provider, "vertex": world.provider}
    )
    pro = refused(world, lambda: world.submit(referencePackId="p"))
    assert "gemini-3-pro-image" in pro.details["fieldErrors"][0]["message"]
    world.set_tier("free")
    free = refused(world, lambda: world.submit(referencePackId="p"))
    assert "gemini-3-pro-image" not in free.details["fieldErrors"][0]["message"]


def test_together_there_are_at_most_six(world: World) -> None:
    write_pack(world, references=pictures(number=5))
    own = [{"path": f"references/ann/own{n}.png", "mode": "style_only"} for n in range(2)]
    for each in own:
        upload(world, each["path"])
    error = refused(world, lambda: world.submit(referencePackId="p", references=own))
    assert fields_of(error) == ["referencePackId"]
    assert "7 pictures, and at most 6" in error.message
    assert len(world.submit(referencePackId="p", references=own[:1]).job.references) == 6


# ---- files that are gone ---------------------------------------------------------------------------


def test_each_file_that_is_missing_is_named_before_anything_is_charged(world: World) -> None:
    write_pack(world, references=pictures())
    for path in (paths()[1], paths()[4]):
        world.media.files.pop(path)
        _, uid, name = path.split("/")
        world.documents.overwrite(at.upload(uid, name.partition(".")[0]).path, None)
    error = refused(world, lambda: world.submit(referencePackId="p"), ReferenceMissingError)
    assert error.details["paths"] == [paths()[1], paths()[4]]
    assert fields_of(error) == ["referencePackId"] * 2
    assert paths()[1] in error.details["fieldErrors"][0]["message"]


def test_a_file_that_was_deleted_a_moment_ago_is_missing(world: World) -> None:
    """Its document is deleted by an event, seconds later."""
    write_pack(world)
    world.media.files.pop(paths()[0])
    error = refused(world, lambda: world.submit(referencePackId="p"), ReferenceMissingError)
    assert error.details["paths"] == [paths()[0]]


def test_a_file_that_was_refused_is_named_with_the_reason(world: World) -> None:
    write_pack(world)
    upload(world, paths()[1], UploadStatus.REFUSED)
    error = refused(world, lambda: world.submit(referencePackId="p"), ReferenceUnreadableError)
    assert error.details["paths"] == [paths()[1]]
    ((field, message),) = [tuple(each.values()) for each in error.details["fieldErrors"]]
    assert (field, message) == (
        "referencePackId",
        f"{paths()[1]} was refused: It is no picture.",
    )


def test_a_file_that_nobody_has_looked_at_yet_is_used(world: World) -> None:
    write_pack(world)
    for n in range(2):
        world.documents.overwrite(at.upload("ann", str(n)).path, None)
    assert world.finish(referencePackId="p").status is JobStatus.COMPLETED


def test_a_file_deleted_before_the_job_runs_ends_it_and_costs_nothing(world: World) -> None:
    write_pack(world)
    job = world.submit(referencePackId="p").job
    world.media.files.pop(paths()[1])
    world.run_until_quiet()
    ended = world.job(job.id)
    assert ended.error is not None
    assert (ended.status, ended.error.code) == (JobStatus.FAILED, "reference-missing")
    assert (world.account().available, world.account().held) == (100, 0)


# ---- what a job keeps ------------------------------------------------------------------------------


def test_a_pack_that_changes_after_the_submission_changes_no_job(world: World) -> None:
    write_pack(world)
    job = world.submit("[[fail:transient:2]] again", referencePackId="p").job
    write_pack(world, references=pictures(number=1), version=2)
    world.run_until_quiet()
    assert world.job(job.id).status is JobStatus.COMPLETED
    assert [[path for path, _ in shown] for shown in world.provider.shown] == [paths(number=2)] * 3


@pytest.mark.parametrize("becomes", ["changed", "deleted", "private"])
def test_a_retry_uses_the_same_version_and_the_same_files(world: World, becomes: str) -> None:
    write_pack(world, uid="cat", visibility="public")
    job = world.finish("[[fail:permanent]]", referencePackId="p")
    if becomes == "deleted":
        world.documents.overwrite("reference_packs/p", None)
    else:
        visibility = "private" if becomes == "private" else "public"
        one = pictures("cat", 1)
        write_pack(world, uid="cat", visibility=visibility, references=one, version=2)
    again = retry_job(world.backend, ANN, job.id)
    assert (again.pack, again.references) == (job.pack, job.references)
    assert again.pack == Edition("p", 1)
    assert world.view(again.id)["request_data"]["referencePackId"] == "p"
    assert retry_job(world.backend, ANN, job.id).id == again.id
    world.run_until_quiet()
    assert world.provider.shown[0] == world.provider.shown[1]


@pytest.mark.parametrize("becomes", ["changed", "deleted", "wrong"])
def test_a_request_sent_again_is_answered_whatever_became_of_its_pack(
    world: World, becomes: str
) -> None:
    write_pack(world)
    job = world.submit(referencePackId="p", requestId="r").job
    if becomes == "deleted":
        world.documents.overwrite("reference_packs/p", None)
    else:
        references = [] if becomes == "wrong" else pictures(number=6)
        write_pack(world, references=references, version=2)
    assert world.submit(referencePackId="p", requestId="r").job.id == job.id
    assert world.account().held == job.estimated_credits


# ---- packs that somebody wrote past the rules ------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"references": []}, "references"),
        ({"references": pictures(number=7)}, "references"),
        ({"references": None}, "references"),
        ({"references": "a"}, "references"),
        ({"references": [{"path": "references/ann/0.png"}]}, "references.0.mode"),
        ({"references": [{"path": 7, "mode": "style_only"}]}, "references.0.path"),
        ({"references": [*pictures(number=1), *pictures("bob", 1)]}, "references[1].path"),
        ({"references": [{"path": "secret/x.png", "mode": "style_only"}]}, "references[0].path"),
        ({"version": 0}, "version"),
        ({"version": "one"}, "version"),
        ({"version": None}, "version"),
        ({"visibility": "friends"}, "visibility"),
        ({"name": None}, "name"),
        ({"created_at": "then"}, "created_at"),
    ],
)
def test_a_pack_that_was_written_wrongly_is_refused_and_its_field_named(
    world: World, fields: dict[str, Any], named: str
) -> None:
    write_pack(world, **fields)
    error = refused(world, lambda: world.submit(referencePackId="p"))
    assert fields_of(error) == ["referencePackId"]
    assert error.message.endswith(f"look at its {named}")


def test_a_pack_with_a_field_of_a_newer_version_is_used(world: World) -> None:
    write_pack(world, colour="red")
    assert world.submit(referencePackId="p").job.pack == Edition("p", 1)


# ---- brands ----------------------------------------------------------------------------------------


def test_a_brand_learns_from_a_pack_and_keeps_copies_of_its_pictures(world: World) -> None:
    world.grant(1000)
    write_pack(world, uid="cat", visibility="public", references=pictures("cat", 5))
    job = train(world, referencePackId="p")
    assert [each["path"] for each in job.references] == paths("cat", 5)
    brand = world.documents.get(at.brand(job.id))
    assert brand is not None
    assert [each["path"] for each in brand.references] == paths("cat", 5)
    assert world.view(job.id)["pack"] == {"id": "p", "version": 1}
    world.run_until_quiet()
    assert len(world.media.list(f"brands/{job.id}/references/")) == 5


def test_a_brand_learns_from_a_pack_and_references_together(world: World) -> None:
    world.grant(1000)
    write_pack(world, references=pictures(number=3))
    own = [{"path": f"references/ann/own{n}.png", "mode": "style_only"} for n in range(2)]
    assert len(train(world, referencePackId="p", references=own).references) == 5
    error = refused(world, lambda: train(world, referencePackId="p", references=own[:1]))
    assert fields_of(error) == ["references"]
    twice = [own[0], pictures()[0]]
    assert fields_of(refused(world, lambda: train(world, referencePackId="p", references=twice)))


# ---- copied ----------------------------------------------------------------------------------------


def copy(world: World, caller: Caller = BOB, **fields: Any) -> PackCopied:
    return copy_pack(world.backend, caller, parse(CopyPack, {"packId": "p", **fields}))


def test_whoever_reads_a_pack_has_its_pictures_copied_into_their_own_uploads(world: World) -> None:
    kept = [{**picture, "caption": "Dusk"} for picture in pictures(number=3)]
    write_pack(world, visibility="public", references=kept)
    del world.media.files[kept[1]["path"]]
    before = dict(world.media.files)
    copied = copy(world, requestId="r")
    assert copied.name == "Lights"
    assert [(each.mode, each.caption) for each in copied.references] == [("style_only", "Dusk")] * 2
    files = {path: world.media.files[path] for path in set(world.media.files) - set(before)}
    assert files == {each.path: PICTURE for each in copied.references}
    assert all(each.path.startswith("references/bob/") for each in copied.references)
    # Sent again they are the same files; asked for anew they are others.
    assert copy(world, requestId="r") == copied
    assert len(world.media.files) == len(before) + 2
    assert copy(world).references != copied.references


def test_a_team_s_pack_is_copied_by_its_members_and_a_private_one_by_its_writer(
    world: World,
) -> None:
    team_id = world.found_team(bob="viewer")
    write_pack(world, visibility="team", team_id=team_id)
    assert len(copy(world).references) == 2
    refused(world, lambda: copy(world, CAT), NotFoundError)
    write_pack(world)
    refused(world, lambda: copy(world), NotFoundError)
    assert len(copy(world, ANN).references) == 2


def test_nothing_is_copied_without_room_or_for_whom_is_blocked(world: World) -> None:
    write_pack(world, visibility="public")
    limit = quota_of(world.backend).files_max
    full = UploadFolder("bob", limit, 0, limit, 10**9, START)
    world.documents.transact(lambda tx: tx.put(at.upload_folder("bob"), full))
    files = dict(world.media.files)
    refused(world, lambda: copy(world), IllegalStateError)
    world.control_account("block", accountId="user_cat", reason="spam")
    refused(world, lambda: copy(world, CAT), AccountBlockedError)
    assert world.media.files == files
