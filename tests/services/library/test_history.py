"""Finding again what was made: by words, by filters, page by page, at reads that do not grow."""

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.answers import Generation
from mediaforge.contract.requests import GenerateVideo, parse
from mediaforge.contract.views import WRITTEN_ONCE
from mediaforge.domain.errors import AccountBlockedError, InvalidRequestError, NotAMemberError
from mediaforge.services.backend import Caller
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.library.history import (
    LOOKS_MAX,
    Found,
    SearchGenerations,
    search_generations,
)
from mediaforge.services.watch.invariants import check_invariants
from tests.support.world import ANN, START, World, user

BOB = user("bob")


def search(world: World, caller: Caller = ANN, **asked: Any) -> Found:
    return search_generations(world.backend, caller, parse(SearchGenerations, asked))


def found(world: World, caller: Caller = ANN, **asked: Any) -> list[str]:
    return [each.file_uid for each in search(world, caller, **asked).items]


def pages(world: World, caller: Caller = ANN, **asked: Any) -> Iterator[list[Generation]]:
    """Every page of the search."""
    page = search(world, caller, **asked)
    yield list(page.items)
    while page.cursor is not None:
        page = search(world, caller, **asked, cursor=page.cursor)
        yield list(page.items)


def every(world: World, caller: Caller = ANN, **asked: Any) -> list[str]:
    return [each.file_uid for page in pages(world, caller, **asked) for each in page]


def wrong(world: World, **asked: Any) -> list[str]:
    """The fields that are refused."""
    with pytest.raises(InvalidRequestError) as refused:
        search(world, **asked)
    return [error["field"] for error in refused.value.details["fieldErrors"]]


def view_like(
    world: World, name: str, folder: str = "generations/ann/images", **fields: Any
) -> str:
    """A view beside those that jobs have; it is found as any other is."""
    if "like" not in vars(world):
        vars(world)["like"] = world.view(world.finish().id)
    defaults = {"file_uid": name, "search_terms": [], "created_at": START - timedelta(days=1)}
    world.overwrite(f"{folder}/{name}", **{**vars(world)["like"], **defaults, **fields})
    return name


@pytest.fixture
def world() -> World:
    world = World()
    world.set_tier("studio")
    world.grant(100_000)
    return world


def film(world: World, prompt: str) -> str:
    job = submit_job(world.backend, ANN, parse(GenerateVideo, {"prompt": prompt})).job
    return job.id


# ---- what a new view says ---------------------------------------------------------------------------


def test_a_new_view_has_all_that_it_is_searched_and_marked_by(world: World) -> None:
    job = world.submit("A lighthouse", requestId="r1", seed=7, count=2).job
    view = world.view(job.id)
    first = {name: view[name] for name in (*WRITTEN_ONCE, "favourite", "tags", "cover", "missing")}
    assert first == {
        "request_id": "r1",
        "width": 1024,
        "height": 1024,
        "count": 2,
        "seed": 7,
        "search_terms": ["a", "lighthouse"],
        "favourite": False,
        "tags": [],
        "cover": 0,
        "missing": None,
    }


def test_a_view_says_how_many_pictures_are_missing(world: World) -> None:
    assert world.view(world.finish("[[partial:1]]", count=3).id)["missing"] == 2
    assert world.view(world.finish(count=3).id)["missing"] is None
    assert world.view(world.finish("[[fail:permanent]]", count=3).id)["missing"] is None


def test_views_of_the_last_release_are_found_by_what_they_have(world: World) -> None:
    job = world.finish("a lighthouse")
    world.forget(at.view_path(job), *WRITTEN_ONCE, "favourite", "tags", "cover", "missing")
    assert check_invariants(world.backend) == []
    assert found(world) == found(world, status="completed") == [job.id]
    assert found(world, favourite=False) == [job.id]
    assert found(world, text="lighthouse") == found(world, favourite=True) == []


def test_a_word_that_somebody_else_wrote_into_a_view_is_a_violation(world: World) -> None:
    job = world.finish("a lighthouse")
    world.overwrite(at.view_path(job), search_terms=["forged"])
    [violation] = check_invariants(world.backend)
    assert (violation.document, violation.found) == (at.view_path(job), "search_terms=else")


# ---- words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["lighthouse", "LIGHTHOUSE dusk", "dusk at lighthouse", "Düsk", "líghthouse"]
)
def test_words_are_found_in_any_order_case_and_accent(world: World, text: str) -> None:
    job = world.submit("A lighthouse at dusk").job
    world.submit("a mill at dawn")
    assert found(world, text=text) == [job.id]


@pytest.mark.parametrize(
    ("prompt", "text"),
    [("Ночной маяк", "МАЯК"), ("Φάρος στο σούρουπο", "φαρος"), ("灯台の夕暮れ", "夕暮れ"),
     ("黒猫", "猫"), ("등대가 있는 바다", "등대")],
)  # fmt: skip
def test_words_of_every_script_are_found(world: World, prompt: str, text: str) -> None:
    job = world.submit(prompt).job
    world.submit("a lighthouse")
    assert found(world, text=text) == [job.id]


def test_all_words_have_to_be_there_and_each_whole(world: World) -> None:
    world.submit("a lighthouse at dusk")
    assert found(world, text="lighthouse dawn") == found(world, text="light") == []


# ---- filters ----------------------------------------------------------------------------------------


def test_each_filter_finds_what_has_it_and_nothing_else(world: World) -> None:
    kept: list[dict[str, Any]] = [
        {"status": "failed"},
        {"model": "other"},
        {"brand_id": "b1"},
        {"batch_id": "batch1"},
        {"favourite": True},
        {"tags": ["sea", "blue"]},
        {"search_terms": ["harbour"]},
    ]
    for number, fields in enumerate(kept):
        view_like(world, f"v{number}", **fields)
    asked: list[Mapping[str, Any]] = [
        {"status": "failed"},
        {"model": "other"},
        {"brandId": "b1"},
        {"batchId": "batch1"},
        {"favourite": True},
        {"tag": "Sea"},
        {"text": "harbour"},
    ]
    for number, filters in enumerate(asked):
        assert found(world, **filters) == [f"v{number}"]


@pytest.mark.parametrize(
    "filters",
    [
        {"status": "failed", "model": "other", "favourite": True},
        {"text": "harbour dawn", "tag": "sea", "status": "failed", "favourite": True},
        {"tag": "sea", "brandId": "b1", "batchId": "batch1"},
        {"text": "dawn", "favourite": True, "from": "2026-11-01T00:00:00Z"},
    ],
)
def test_filters_are_asked_for_together(world: World, filters: dict[str, Any]) -> None:
    all_of_it: dict[str, Any] = {
        "status": "failed",
        "model": "other",
        "brand_id": "b1",
        "batch_id": "batch1",
        "favourite": True,
        "tags": ["sea"],
        "search_terms": ["harbour", "dawn"],
    }
    wanted = view_like(world, "all", **all_of_it)
    lacking: dict[str, Any] = {
        "status": "completed",
        "model": "local-image",
        "favourite": False,
        "tags": [],
    }
    lacking["search_terms"] = ["harbour"]
    for name in all_of_it:
        view_like(world, f"no-{name}", **{**all_of_it, name: lacking.get(name)})
    view_like(world, "early", **all_of_it, created_at=START - timedelta(days=90))
    assert wanted in found(world, **filters)
    lacks = {"status": "status", "model": "model", "brandId": "brand_id", "batchId": "batch_id",
             "favourite": "favourite", "tag": "tags"}  # fmt: skip
    for name, field in lacks.items():
        assert (f"no-{field}" in found(world, **filters)) == (name not in filters)
    assert ("early" in found(world, **filters)) == ("from" not in filters)


def test_what_is_no_favourite_is_found_too(world: World) -> None:
    view_like(world, "v1", favourite=True)
    plain = view_like(world, "v2")
    assert plain in found(world, favourite=False)
    assert "v1" not in found(world, favourite=False)


def test_both_ends_of_a_time_are_in_it(world: World) -> None:
    for hour in range(4):
        view_like(world, f"v{hour}", created_at=START - timedelta(hours=10 - hour))
    at_ends: dict[str, Any] = {"from": "2026-11-20T04:00:00+01:00", "to": "2026-11-20T04:00:00Z"}
    assert found(world, **at_ends) == ["v2", "v1"]
    ever: dict[str, Any] = {"from": "0001-01-01T00:00:00+14:00", "to": "9999-12-31T23:59:59-14:00"}
    assert len(found(world, **ever)) == 5


def test_without_a_kind_pictures_and_films_are_found_and_each_by_its_own(world: World) -> None:
    picture = world.submit("waves").job.id
    world.clock.advance(1)
    video = film(world, "waves")
    view_like(world, "t1", "generations/ann/trainings", search_terms=["waves"])
    assert found(world, text="waves") == [video, picture]
    assert found(world, kind="image", text="waves") == [picture]
    assert found(world, kind="video") == [video]
    assert found(world, kind="training") == ["t1"]


def test_an_item_is_the_view_with_its_path(world: World) -> None:
    job = world.finish()
    [item] = search(world).items
    told = item.on_the_wire()
    assert told["path"] == f"generations/ann/images/{job.id}"
    camel = {
        "".join([n.split("_")[0], *map(str.title, n.split("_")[1:])]) for n in world.view(job.id)
    }
    assert set(told) == camel | {"path"}
    assert told["generationData"]["storagePaths"] == [f"generating/ann/image/{job.id}.png"]
    assert told["createdAt"] == "2026-11-20T12:00:00Z"


# ---- whose ------------------------------------------------------------------------------------------


def test_nobody_finds_what_is_somebody_else_s(world: World) -> None:
    world.submit("a lighthouse")
    assert found(world, BOB) == found(world, BOB, text="lighthouse") == []


def test_a_team_s_are_found_by_its_members_whoever_made_them(world: World) -> None:
    team_id = world.found_team(bob="viewer", cat="editor")
    own = world.submit("a lighthouse").job.id
    first = world.submit("a lighthouse", teamId=team_id).job.id
    world.clock.advance(1)
    second = world.submit("a lighthouse", user("cat"), teamId=team_id).job.id
    for caller in (ANN, BOB, user("cat")):
        assert found(world, caller, teamId=team_id) == [second, first]
        assert found(world, caller, teamId=team_id, text="lighthouse") == [second, first]
    assert set(found(world)) == {own, first}
    assert every(world, BOB, teamId=team_id, limit=1) == [second, first]
    with pytest.raises(NotAMemberError):
        search(world, user("dan"), teamId=team_id)


def test_a_team_that_is_blocked_is_not_searched(world: World) -> None:
    team_id = world.found_team()
    world.control_account("block", accountId=f"team_{team_id}", reason="abuse")
    with pytest.raises(AccountBlockedError):
        search(world, teamId=team_id)


# ---- pages ------------------------------------------------------------------------------------------


def many(world: World, number: int, **fields: Any) -> list[str]:
    """So many views, newest first. Every third has the moment of the one before it."""
    names = [f"v{n:05}" for n in range(number)]
    for n, name in enumerate(names):
        moment = START - timedelta(days=2) + timedelta(seconds=n - (n % 3 == 1))
        view_like(world, name, **{"created_at": moment, **fields})
    return sorted(names, key=lambda name: (world.row(path(name))["created_at"], name), reverse=True)


def path(name: str) -> str:
    return f"generations/ann/images/{name}"


@pytest.mark.parametrize("limit", [1, 2, 7, 20])
def test_pages_have_each_once_and_in_order(world: World, limit: int) -> None:
    names = many(world, 20, search_terms=["sea"])
    got = list(pages(world, text="sea", limit=limit))
    assert [each.file_uid for page in got for each in page] == names
    assert [len(page) for page in got] == [limit] * (20 // limit) + (
        [20 % limit] if 20 % limit else []
    )


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_pages_of_several_kinds_have_each_once_where_moments_are_the_same(
    world: World, limit: int
) -> None:
    for n in range(6):
        moment = START - timedelta(days=2) + timedelta(seconds=n // 3)
        for kind in ("images", "videos"):
            view_like(world, f"{kind}{n}", f"generations/ann/{kind}", created_at=moment)
    world.overwrite(f"generations/ann/images/{vars(world)['like']['file_uid']}", status="failed")
    got = every(world, status="completed", limit=limit)
    at_one = [
        [f"{kind}{n}" for kind in ("images", "videos") for n in ns] for ns in ((5, 4, 3), (2, 1, 0))
    ]
    assert got == [*at_one[0], *at_one[1]]


def test_new_ones_make_pages_neither_skip_nor_repeat(world: World) -> None:
    names = many(world, 9, search_terms=["sea"])
    page = search(world, text="sea", limit=3)
    got = [each.file_uid for each in page.items]
    while page.cursor is not None:
        view_like(
            world, f"new{len(got)}", created_at=START + timedelta(days=1), search_terms=["sea"]
        )
        page = search(world, text="sea", limit=3, cursor=page.cursor)
        got += [each.file_uid for each in page.items]
    assert got == names


def test_pages_go_on_where_the_last_one_of_a_page_was_deleted(world: World) -> None:
    names = many(world, 6, search_terms=["sea"])
    page = search(world, text="sea", limit=3)
    world.documents.overwrite(path(page.items[-1].file_uid), None)
    rest = search(world, text="sea", limit=3, cursor=page.cursor)
    assert [each.file_uid for each in rest.items] == names[3:]


def test_of_several_words_the_longest_is_asked_for(world: World) -> None:
    many(world, LOOKS_MAX + 50, search_terms=["sea"])
    moment = START - timedelta(days=5)
    rare = view_like(world, "rare", created_at=moment, search_terms=["sea", "harbour"])
    reads = world.documents.reads
    page = search(world, kind="image", text="sea harbour")
    assert [each.file_uid for each in page.items] == [rare]
    assert (page.cursor, world.documents.reads - reads) == (None, 2)


def test_a_search_that_finds_little_reads_a_bounded_number_and_goes_on(world: World) -> None:
    many(world, LOOKS_MAX + 50, search_terms=["sea"])
    moment = START - timedelta(days=5)
    rare = view_like(world, "rare", created_at=moment, search_terms=["sea"], favourite=True)
    reads = world.documents.reads
    page = search(world, kind="image", text="sea", favourite=True, limit=5)
    assert world.documents.reads - reads == 1 + LOOKS_MAX
    assert (page.items, page.cursor is not None) == ((), True)
    assert every(world, kind="image", text="sea", favourite=True, limit=5) == [rare]


def test_a_page_costs_the_same_reads_at_100_and_at_10_000_generations(world: World) -> None:
    """A picture's user, a page of 20: the account, and one document more than the page has."""
    counted = {}
    names = many(world, 100, search_terms=["sea"], tags=["blue"], favourite=True)
    for number in (100, 10_000):
        for n in range(len(names), number):
            moment = START - timedelta(days=3) - timedelta(seconds=n)
            names.append(view_like(world, f"w{n:05}", created_at=moment, search_terms=["sea"],
                                   tags=["blue"], favourite=True))  # fmt: skip
        for asked in (
            {},
            {"text": "sea"},
            {"tag": "blue"},
            {"favourite": True, "status": "completed"},
        ):
            reads = world.documents.reads
            page = search(world, kind="image", **asked)
            search(world, kind="image", **asked, cursor=page.cursor)
            counted[number, *asked] = world.documents.reads - reads
    assert set(counted.values()) == {2 * (1 + 21)}


# ---- what is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ({"text": "–"}, ["text"]),
        ({"text": "x" * 201}, ["text"]),
        ({"tag": " "}, ["tag"]),
        ({"tag": "ﷺ" * 10}, ["tag"]),
        ({"kind": "images"}, ["kind"]),
        ({"status": "done"}, ["status"]),
        ({"limit": 0}, ["limit"]),
        ({"limit": 101}, ["limit"]),
        ({"from": "yesterday"}, ["from"]),
        ({"from": "2026-11-20T12:00:00Z", "to": "2026-11-20T11:00:00Z"}, ["to"]),
        ({"favourite": "yes"}, ["favourite"]),
        ({"cursor": "x"}, ["cursor"]),
        ({"cursor": ""}, ["cursor"]),
        ({"cursor": "é"}, ["cursor"]),
        ({"cursor": base64.urlsafe_b64encode(b"[" * 700).decode()}, ["cursor"]),
    ],
)
def test_what_is_wrong_is_named(world: World, asked: dict[str, Any], fields: list[str]) -> None:
    assert wrong(world, **asked) == fields


def test_a_cursor_is_good_for_its_own_search_only(world: World) -> None:
    many(world, 5, search_terms=["sea"])
    cursor = search(world, text="sea", limit=2).cursor
    assert cursor is not None
    assert search(world, text="sea", limit=3, cursor=cursor).items
    assert wrong(world, text="waves", cursor=cursor) == ["cursor"]
    assert wrong(world, text="sea", status="failed", cursor=cursor) == ["cursor"]


@pytest.mark.parametrize(
    "changes",
    [
        {"jobId": "a/b"},
        {"jobId": ".."},
        {"uid": "__x__"},
        {"kind": "audio"},
        {"createdAt": 7},
        {"createdAt": "0001-13-01T00:00:00Z"},
        {"more": 1},
    ],
)
def test_a_cursor_that_names_no_place_is_refused(world: World, changes: dict[str, Any]) -> None:
    many(world, 3)
    cursor = search(world, limit=1).cursor
    assert cursor is not None
    place = json.loads(base64.urlsafe_b64decode(cursor))
    forged = base64.urlsafe_b64encode(json.dumps(place | changes).encode()).decode()
    assert wrong(world, limit=1, cursor=forged) == ["cursor"]


def test_a_forged_place_leads_into_what_its_caller_may_search_only(world: World) -> None:
    many(world, 3)
    cursor = search(world, limit=1).cursor
    assert cursor is not None
    place = json.loads(base64.urlsafe_b64decode(cursor))
    early = {"createdAt": "0001-01-01T00:00:00Z", "kind": "video"}
    for changes in ({"uid": "bob"}, {"createdAt": "9999-12-31T23:59:59-14:00"}, early):
        forged = base64.urlsafe_b64encode(json.dumps(place | changes).encode()).decode()
        items = search(world, limit=10, cursor=forged).items
        assert {each.user_id for each in items} <= {"ann"}
