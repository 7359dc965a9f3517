"""Favourites, tags and covers: who may set them, and what they look like then."""

from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import parse
from mediaforge.domain.errors import InvalidRequestError, NotFoundError, RoleNotAllowedError
from mediaforge.services.backend import Caller
from mediaforge.services.library.deletion import DeleteGeneration, delete_generation
from mediaforge.services.library.history import SearchGenerations, search_generations
from mediaforge.services.library.marks import MarkGeneration, mark_generation
from mediaforge.services.watch.invariants import check_invariants
from tests.support.world import ANN, World, user

BOB, CAT = user("bob"), user("cat")


def mark(world: World, caller: Caller = ANN, **asked: Any) -> Any:
    return mark_generation(world.backend, caller, parse(MarkGeneration, asked)).on_the_wire()


def marks(world: World, job_id: str) -> dict[str, Any]:
    view = world.view(job_id)
    return {name: view[name] for name in ("favourite", "tags", "cover")}


def test_a_mark_that_is_not_given_stays() -> None:
    world = World()
    job = world.finish(count=3)
    assert mark(world, jobId=job.id, tags=["sea"], cover=2) == {
        "jobId": job.id,
        "favourite": False,
        "tags": ["sea"],
        "cover": 2,
    }
    assert mark(world, jobId=job.id, favourite=True)["tags"] == ["sea"]
    assert mark(world, jobId=job.id, tags=[])["favourite"] is True
    assert marks(world, job.id) == {"favourite": True, "tags": [], "cover": 2}
    assert check_invariants(world.backend) == []


def test_several_are_marked_in_one_commit() -> None:
    world = World()
    ids = [world.submit().job.id for _ in range(3)]
    commits: list[list[str]] = []
    world.documents.on_commit = commits.append
    answer = mark(world, jobIds=[*ids, ids[0]], favourite=True)
    assert [each["jobId"] for each in answer["items"]] == ids
    assert len(commits) == 1
    assert all(world.view(job_id)["favourite"] for job_id in ids)


def test_tags_are_kept_in_one_form_and_once() -> None:
    world = World()
    job = world.submit().job
    sent = ["  Deep   Sea ", "deep sea", "ÄRGER", "ärger", "A\u0308rger", "ｗｉｄｅ"]
    assert mark(world, jobId=job.id, tags=sent)["tags"] == ["deep sea", "ärger", "wide"]
    asked = parse(SearchGenerations, {"tag": "Deep sea"})
    assert [e.file_uid for e in search_generations(world.backend, ANN, asked).items] == [job.id]


def test_a_job_that_goes_on_meanwhile_keeps_its_marks() -> None:
    world = World()
    job = world.submit().job
    world.documents.meanwhile = [world.deliver_all]
    mark(world, jobId=job.id, favourite=True)
    assert world.view(job.id)["status"] == "completed"
    assert world.view(job.id)["favourite"] is True


def test_a_view_of_the_last_release_gets_the_marks_that_are_given() -> None:
    world = World()
    job = world.finish()
    world.forget(at.view_path(job), "favourite", "tags", "cover")
    answer = mark(world, jobId=job.id, tags=["sea"])
    assert answer == {"jobId": job.id, "favourite": False, "tags": ["sea"], "cover": 0}


@pytest.mark.parametrize(("count", "cover", "may"), [(3, 2, True), (2, 2, False), (1, 0, True)])
def test_a_cover_is_one_of_the_pictures(count: int, cover: int, may: bool) -> None:
    world = World()
    job = world.finish(count=count)
    if may:
        assert mark(world, jobId=job.id, cover=cover)["cover"] == cover
        return
    contents = world.contents()
    with pytest.raises(InvalidRequestError) as refused:
        mark(world, jobId=job.id, cover=cover)
    assert [e["field"] for e in refused.value.details["fieldErrors"]] == ["cover"]
    assert world.contents() == contents


def test_a_picture_that_could_not_be_made_is_no_cover() -> None:
    world = World()
    job = world.finish("[[partial:1]]", count=3)
    with pytest.raises(InvalidRequestError):
        mark(world, jobId=job.id, cover=1)


# ---- who may ----------------------------------------------------------------------------------------


def test_a_team_s_are_marked_by_editors_and_owners_and_not_by_viewers() -> None:
    world = World()
    team_id = world.found_team(bob="editor", cat="viewer")
    job = world.submit(teamId=team_id).job
    mark(world, BOB, jobId=job.id, tags=["sea"])
    mark(world, ANN, jobId=job.id, favourite=True)
    assert marks(world, job.id) == {"favourite": True, "tags": ["sea"], "cover": 0}
    with pytest.raises(RoleNotAllowedError) as refused:
        mark(world, CAT, jobId=job.id, favourite=False)
    assert refused.value.details == {"role": "viewer"}


def test_all_are_marked_or_none_and_those_that_are_missing_are_named() -> None:
    world = World()
    own, other = world.submit().job, world.submit(caller=BOB).job
    contents = world.contents()
    with pytest.raises(NotFoundError) as refused:
        mark(world, jobIds=["gone", own.id, other.id], favourite=True)
    assert refused.value.details == {"jobIds": ["gone", other.id]}
    assert world.contents() == contents


def test_what_is_deleted_is_not_marked_even_if_it_is_just_then() -> None:
    world = World()
    first, second = world.finish(), world.finish()

    def delete(job_id: str) -> None:
        delete_generation(world.backend, ANN, parse(DeleteGeneration, {"jobId": job_id}))

    delete(first.id)
    world.documents.meanwhile = [lambda: delete(second.id)]
    for job in (first, second):
        with pytest.raises(NotFoundError) as refused:
            mark(world, jobId=job.id, favourite=True)
        assert refused.value.details == {"jobIds": [job.id]}
        assert at.view_path(job) not in world.documents.paths()


# ---- what is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ({"favourite": True}, ["jobIds"]),
        ({"jobId": "a", "jobIds": ["b"], "favourite": True}, ["jobIds"]),
        ({"jobIds": [], "favourite": True}, ["jobIds"]),
        ({"jobIds": ["a/b"], "favourite": True}, ["jobIds[0]"]),
        ({"jobId": "a"}, ["cover"]),
        ({"jobId": "a", "cover": 4}, ["cover"]),
        ({"jobId": "a", "cover": -1}, ["cover"]),
        ({"jobId": "a", "tags": "sea"}, ["tags"]),
        ({"jobId": "a", "tags": ["x"] * 21}, ["tags"]),
        ({"jobId": "a", "tags": ["sea", " "]}, ["tags[1]"]),
        ({"jobId": "a", "tags": ["x" * 41]}, ["tags[0]"]),
        ({"jobId": "a", "favourite": 1}, ["favourite"]),
    ],
)
def test_what_is_wrong_is_named(asked: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        parse(MarkGeneration, asked)
    assert [e["field"] for e in refused.value.details["fieldErrors"]] == fields
