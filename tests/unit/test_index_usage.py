"""How the emulator's report of used indexes is compared with what is deployed."""

from typing import Any

import pytest

from tests.memory.indexes import DEPLOYED, Index, without
from tests.support.index_usage import unserved


def report(collection: str, *words: str, is_group: bool = False) -> dict[str, Any]:
    """What the emulator says of one query. Each of `words` is a field; with `-` it descends."""
    fields = [
        {"fieldPath": word.lstrip("-"), "order": "DESCENDING" if word[0] == "-" else "ASCENDING"}
        for word in (*words, "__name__")
    ]
    name = f"projects/p/databases/(default)/collectionGroups/{collection}/indexes/_"
    scope = "COLLECTION_GROUP" if is_group else "COLLECTION"
    return {"reports": [{"index": {"name": name, "queryScope": scope, "fields": fields}}]}


def asked(index: Index) -> list[str]:
    return [f"{'-' if way == 'DESCENDING' else ''}{name}" for name, way in index.fields]


@pytest.mark.parametrize("index", DEPLOYED.composite, ids=str)
def test_an_index_that_is_deployed_is_found_and_missed_without_it(index: Index) -> None:
    used = report(index.collection, *asked(index), is_group=index.is_group)
    assert unserved(used, DEPLOYED, [index.collection]) == []
    assert len(unserved(used, without(DEPLOYED, index), [index.collection])) == 1


def test_a_query_that_nobody_has_promised_is_named() -> None:
    assert unserved(report("images", "status", "-modified"), DEPLOYED, ["images"]) == [
        "images COLLECTION: status ASCENDING, modified DESCENDING"
    ]


@pytest.mark.parametrize(
    ("words", "is_group"),
    [
        (["brand_id", "model", "status", "-created_at"], False),
        (["brand_id", "model"], False),
        (["team_id"], True),
    ],
)
def test_indexes_that_are_merged_and_fields_of_a_group_are_found(
    words: list[str], is_group: bool
) -> None:
    assert unserved(report("images", *words, is_group=is_group), DEPLOYED, ["images"]) == []


@pytest.mark.parametrize(
    ("words", "is_group"),
    [
        (["-status", "-created_at"], False),
        (["status", "created_at"], False),
        (["team_id", "user_id"], True),
        (["user_id"], True),
        (["generated"], False),
    ],
)
def test_what_no_index_answers_is_named(words: list[str], is_group: bool) -> None:
    assert len(unserved(report("images", *words, is_group=is_group), DEPLOYED, ["images"])) == 1


def test_collections_that_only_tests_write_to_are_passed_over() -> None:
    assert unserved(report("lamps", "a", "-b"), DEPLOYED, ["images"]) == []
    assert unserved({}, DEPLOYED, ["images"]) == []
