"""What a job costs in index entries, and that nobody asks for what has none."""

import json
from typing import Any

import pytest

from tests.support.index_entries import FILE, Indexes, read_indexes
from tests.support.world import World

ENTRIES_MAX = 40
INDEXES = read_indexes()


def of_what_changed(world: World, **fields: Any) -> dict[str, int]:
    """The index entries of each document that an image writes."""
    before = world.contents()
    world.finish("a lighthouse", negativePrompt="people", styleId="photographic", **fields)
    changed = {path: f for path, f in world.contents().items() if before.get(path) != f}
    return {path: INDEXES.entries(path, f) for path, f in changed.items()}


def test_an_image_writes_few_index_entries() -> None:
    world = World()
    world.finish()  # with which the account was opened
    entries = of_what_changed(world)
    assert len(entries) == 5, entries
    assert sum(entries.values()) <= ENTRIES_MAX, entries


def test_a_team_s_image_with_all_that_can_be_said_of_it_does_as_well() -> None:
    world = World()
    team_id = world.found_team()
    world.finish(teamId=team_id)
    entries = of_what_changed(world, teamId=team_id, count=4, priority="normal")
    assert len(entries) == 6, entries
    assert sum(entries.values()) <= ENTRIES_MAX, entries


def test_of_a_job_nothing_is_indexed_that_nobody_asks_for() -> None:
    world = World()
    stored, _ = world.documents.peek(f"jobs/{world.finish().id}")
    indexed = {name for name in stored or {} if INDEXES.of("jobs", name)}
    assert indexed <= {"due_at", "clean_at", "team_id"}
    for part in ("wish.request_data.prompt", "run.lease.until", "end.output"):
        assert INDEXES.of("jobs", part) == ()


def test_what_is_said_of_one_field_is_deployed_before_what_is_said_of_all() -> None:
    """One by one, in the order of the file: the other way round, an index in use would be built anew."""
    seen: set[str] = set()
    for override in json.loads(FILE.read_text(encoding="utf-8"))["fieldOverrides"]:
        assert override["collectionGroup"] not in seen
        if override["fieldPath"] == "*":
            seen.add(override["collectionGroup"])
    assert seen


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, 0),
        ({"a": 1}, 2),
        ({"a": None}, 2),
        ({"a": {"b": 1}}, 4),
        ({"a": {"b": {"c": 1, "d": 2}}}, 8),
        ({"a": ["x", "y", "z"]}, 5),
        ({"a": [{"b": 1}]}, 3),
        ({"up": 1}, 1),
        ({"bare": {"b": 1, "c": ["x"]}}, 0),
        ({"bare": {"kept": 1}}, 1),
        ({"a": 1, "b": 2}, 5),
    ],
)
def test_entries_are_counted_as_they_are_paid_for(fields: dict[str, Any], expected: int) -> None:
    up = {"order": "ASCENDING"}
    single = {("lamps", "up"): (up,), ("lamps", "bare"): (), ("lamps", "bare.kept"): (up,)}
    indexes = Indexes(single, {"lamps": (("a", "b"),), "others": (("a",),)})
    assert indexes.entries("rooms/hall/lamps/1", fields) == expected


def test_what_is_said_of_all_fields_holds_for_those_of_which_nothing_is_said() -> None:
    up = ({"order": "ASCENDING"},)
    indexes = Indexes({("lamps", "*"): (), ("lamps", "up"): up}, {})
    assert indexes.entries("lamps/1", {"up": 1, "a": {"b": 2}, "c": [3]}) == 1
    assert indexes.entries("others/1", {"up": 1}) == 2
