"""Each query that the code makes has its index, and each index its query. No emulator asks for one: this is
where a missing one shows before a project says so."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.documents import Ref
from mediaforge.contract.lists import CLIENT_LISTS, ClientList
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.ports.documents import Query
from tests.memory.documents import MemoryDocuments
from tests.memory.indexes import (
    DEPLOYED,
    PATH,
    Index,
    Indexes,
    needed,
    parse,
    shape_of,
    without,
)
from tests.support.asked_queries import SHAPES, SITES, shapes_of
from tests.support.query_sites import PACKAGE, Site, UnreadableError, sites_of
from tests.support.stored_types import fields_of, is_structured, stored_types
from tests.support.world import World


@pytest.mark.parametrize("site", SITES, ids=lambda site: f"{site.place} {site.query.collection}")
def test_a_query_that_the_code_makes_has_its_index(site: Site) -> None:
    shape = shape_of(site.query, site.adds_up)
    assert DEPLOYED.serving(shape) is not None, f"{site.place} needs an index for {shape}"


@pytest.mark.parametrize("listed", CLIENT_LISTS, ids=lambda listed: listed.says)
def test_a_list_that_is_promised_to_clients_has_its_indexes(listed: ClientList) -> None:
    assert [shape for shape in shapes_of(listed) if DEPLOYED.serving(shape) is None] == []


PROMISED = {
    (each.collection, each.order_by, frozenset(names))
    for each in CLIENT_LISTS
    for names in each.conditions()
}


@pytest.mark.parametrize("kind", JobKind)
def test_jobs_are_promised_by_each_field_newest_first_and_a_team_s_also_by_member(
    kind: JobKind,
) -> None:
    own, by_field = f"generations/{{uid}}/{kind.plural}", ("status", "model", "brand_id")
    for name in (*by_field, "team_id"):
        assert (own, "-created_at", frozenset({name})) in PROMISED
    for name in ("team_id", *by_field, "user_id"):
        assert (kind.plural, "-created_at", frozenset({"team_id", name})) in PROMISED
    assert (kind.plural, "created_at", frozenset({"team_id"})) in PROMISED


@pytest.mark.parametrize("whose", ["user_id", "team_id"])
def test_brands_are_promised_newest_first(whose: str) -> None:
    assert ("brands", "-created_at", frozenset({whose})) in PROMISED


@pytest.mark.parametrize("name", ["generation_data.model", "request_data.prompt"])
def test_a_list_by_what_is_within_a_map_has_no_index(name: str) -> None:
    for kind in JobKind:
        assert DEPLOYED.serving(shape_of(Query(kind.plural, [(name, "==", "x")]))) is None


def test_each_index_is_there_for_a_query() -> None:
    assert set(DEPLOYED.composite) - needed(DEPLOYED, SHAPES) == set()
    over_all_users = {key[:2] for key, ways in DEPLOYED.single.items() if key[2] and ways}
    groups = [shape for shape in SHAPES if shape.is_group]
    asked_for = {(s.collection, name) for s in groups for name in (*s.equal, *dict(s.others))}
    assert over_all_users - asked_for == set()


@pytest.mark.parametrize("index", DEPLOYED.composite, ids=lambda index: str(index.fields))
def test_an_index_that_is_missing_is_missed(index: Index) -> None:
    left = without(DEPLOYED, index)
    assert [shape for shape in SHAPES if left.serving(shape) is None] != []


def test_every_module_that_makes_queries_is_read() -> None:
    made = {p.relative_to(PACKAGE.parent).as_posix() for p in PACKAGE.rglob("*.py") if makes(p)}
    assert made == {site.place.partition(":")[0] for site in SITES}


def makes(path: Any) -> bool:
    text = path.read_text(encoding="utf-8")
    return "Query(" in text.replace("class Query(", "").replace("StructuredQuery(", "")


# ---- how they are found in the source -------------------------------------------------------------


def read(text: str, **given: Sequence[Any]) -> list[tuple[str, list[str], str]]:
    """Each query in the text as its collection, its conditions and what is added up."""
    found = sites_of(text, "a.py", {"Query": Query, "JOBS": "jobs"}, given)
    return [
        (s.query.collection, [f"{n} {o}" for n, o, _ in s.query.where], s.adds_up) for s in found
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("q = Query(JOBS)", [("jobs", [], "")]),
        ("def f(x): return Query(JOBS, (('a', '==', x.y()[0]),))", [("jobs", ["a =="], "")]),
        ("def f(x):\n own, page = ('a', '>', x), 3\n Query(JOBS, (own,), (), page + len(x))",
         [("jobs", ["a >"], "")]),
        ("def f(x):\n def work(tx): return Query(f'teams/{x}/members')",
         [("teams/unknown/members", [], "")]),
        ("def f(x): return [Query(c, ((n, '==', x),)) for c, n in (('a', 'b'), ('c', 'd'))]",
         [("a", ["b =="], ""), ("c", ["d =="], "")]),
        ("def f(d): return d.sum('price', Query(JOBS))", [("jobs", [], "price")]),
    ],
)  # fmt: skip
def test_a_query_is_read_where_it_is_made(text: str, found: list[Any]) -> None:
    assert read(text) == found


def test_what_a_function_is_given_may_be_told() -> None:
    text = "def f(line): return Query(JOBS, ((line, '<=', 1),))"
    assert read(text, line=["a", "b"]) == [("jobs", ["a <="], ""), ("jobs", ["b <="], "")]


@pytest.mark.parametrize(
    "text",
    [
        "def f(name): return Query(name)",
        "def f(name): return Query(JOBS, ((name, '==', 1),))",
        "def f(how): return Query(JOBS, (('a', how, 1),))",
        "def f(conditions): return Query(JOBS, (*conditions, ('a', '==', 1)))",
        "def f(conditions): return Query(JOBS, tuple(c for c in conditions))",
        "def f(key): return Query(JOBS, (), (key,))",
        "def f(x):\n a = 'b'\n if x: a = 'c'\n return Query(JOBS, ((a, '==', 1),))",
        "def f(d, name): return d.sum(name, Query(JOBS))",
        "def f(d, query): return d.sum('price', query)",
        "def f(query): return replace(query, where=())",
        "from ports import Query as Asked",
    ],
)
def test_a_query_that_nobody_can_read_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        read(text)


# ---- which index a query needs ----------------------------------------------------------------------


def with_indexes(*composite: str, overrides: str = "") -> Indexes:
    """Each `composite` is its fields: `a b`, `a -b` for descending, `a[] b` for what a list contains."""
    fields = [", ".join(map(field, each.split())) for each in composite]
    indexes = [
        f'{{ "collectionGroup": "jobs", "queryScope": "COLLECTION", "fields": [{each}] }}'
        for each in fields
    ]
    return parse(f'{{ "indexes": [{", ".join(indexes)}], "fieldOverrides": [{overrides}] }}')


def field(word: str) -> str:
    how = '"order": "ASCENDING"'
    if word.startswith("-"):
        how = '"order": "DESCENDING"'
    elif word.endswith("[]"):
        how = '"arrayConfig": "CONTAINS"'
    return f'{{ "fieldPath": "{word.strip("-[]")}", {how} }}'


def asks(*conditions: str, order: str = "") -> Query:
    """Each condition is `field operator`."""
    where = [(name, operator, 1) for name, operator in map(str.split, conditions)]
    return Query("jobs", where, order.split())


@pytest.mark.parametrize(
    ("query", "adds_up", "index"),
    [
        (asks("a ==", "b >"), "", "a b"),
        (asks("a ==", "b <="), "", "a b"),
        (asks("a ==", "b >="), "", "a b"),
        (asks("a in", "b >"), "", "a b"),
        (asks("a ==", order="b"), "", "a b"),
        (asks("a ==", order="-b"), "", "a -b"),
        (asks("a ==", "b >", order="-b"), "", "a -b"),
        (asks("b ==", "a ==", order="c"), "", "a b c"),
        (asks("a ==", "b >", order="b c"), "", "a b c"),
        (asks(order="a -b"), "", "a -b"),
        (asks("b >", "a <="), "", "a b"),
        (asks("b >", order="-a"), "", "-a -b"),
        (asks("a ==", "b array_contains"), "", "a b[]"),
        (asks("a array_contains", order="-b"), "", "a[] -b"),
        (asks("a =="), "c", "a c"),
        (asks("a ==", "b >"), "c", "a b c"),
        (asks("a ==", "b >"), "b", "a b"),
    ],
    ids=str,
)
def test_a_range_an_order_or_a_sum_beside_something_needs_an_index_of_its_own(
    query: Query, adds_up: str, index: str
) -> None:
    shape = shape_of(query, adds_up)
    assert with_indexes().serving(shape) is None
    assert with_indexes(index).serving(shape) is not None
    others = [f"{index} z", f"z {index}", index.rpartition(" ")[0]]
    assert with_indexes(*others).serving(shape) is None


@pytest.mark.parametrize(
    ("query", "adds_up"),
    [
        (asks(), ""),
        (asks("a =="), ""),
        (asks("a ==", "b ==", "c in"), ""),
        (asks("a >"), ""),
        (asks("a >", "a <="), ""),
        (asks("a >", order="-a"), ""),
        (asks(order="a"), ""),
        (asks("a array_contains"), ""),
        (asks(), "a"),
        (asks("a >"), "a"),
    ],
    ids=str,
)
def test_one_field_or_equality_alone_needs_no_index_but_each_field_s_own(
    query: Query, adds_up: str
) -> None:
    shape = shape_of(query, adds_up)
    assert with_indexes().serving(shape) == ()
    exempt = '{ "collectionGroup": "jobs", "fieldPath": "a", "indexes": [] }'
    is_asked_of_a = "a" in {name for name, _, _ in query.where} | set(query.order_by) | {adds_up}
    served = with_indexes(overrides=exempt).serving(shape)
    assert (served is None) == is_asked_of_a


@pytest.mark.parametrize(("order", "index"), [("-b", "a b"), ("b", "a -b"), ("b c", "a c b")])
def test_an_index_that_is_ordered_otherwise_does_not_serve(order: str, index: str) -> None:
    assert with_indexes(index).serving(shape_of(asks("a ==", order=order))) is None


def test_indexes_that_end_alike_are_merged() -> None:
    shape = shape_of(asks("a ==", "b ==", order="c"))
    assert with_indexes("a c", "b c").serving(shape) is not None
    assert with_indexes("a c", "b -c").serving(shape) is None
    assert with_indexes("a c").serving(shape) is None


def test_over_all_of_a_name_nothing_is_indexed_by_itself() -> None:
    shape = shape_of(replace(asks("a =="), is_group=True))
    assert with_indexes("a b").serving(shape) is None
    way = '{ "order": "ASCENDING", "queryScope": "COLLECTION_GROUP" }'
    of_a = f'{{ "collectionGroup": "jobs", "fieldPath": "a", "indexes": [{way}] }}'
    assert with_indexes(overrides=of_a).serving(shape) == ()


# ---- the database in memory asks for them, too ------------------------------------------------------


def test_in_memory_a_query_without_its_index_is_refused_as_by_a_project() -> None:
    documents = MemoryDocuments(DEPLOYED)
    query = Query(at.JOBS, [("user_id", "==", "ann")], ("-created_at",))
    for ask in (
        lambda: documents.find(Job, query),
        lambda: documents.find_ids(query),
        lambda: documents.sum("count", query),
        lambda: documents.transact(lambda tx: tx.find(Job, query)),
        lambda: documents.transact(lambda tx: tx.count(query)),
        lambda: documents.transact(lambda tx: tx.sum("count", query)),
    ):
        with pytest.raises(AssertionError, match="requires an index"):
            ask()
    documents.transact(lambda tx: tx.put(Ref("jobs/a", dict[str, Any]), {}))
    assert documents.find_ids(Query(at.JOBS, [("team_id", "==", "t")])) == []


# ---- what a job costs in index entries --------------------------------------------------------------

# Each word that it is found by has one more in its user's history, and one in a team's.
ENTRIES_MAX = 45
ENTRIES_A_WORD = 2


def entries_of_an_image(world: World, **fields: Any) -> dict[str, int]:
    """Of each document that it writes."""
    before = world.contents()
    world.finish("a lighthouse", negativePrompt="people", styleId="photographic", **fields)
    changed = {path: f for path, f in world.contents().items() if before.get(path) != f}
    return {path: DEPLOYED.entries(path, f) for path, f in changed.items()}


def entries_max(world: World) -> int:
    words = world.view(world.jobs()[-1].id)["search_terms"]
    assert words == ["a", "lighthouse", "photographic"]
    return ENTRIES_MAX + ENTRIES_A_WORD * len(words)


def test_an_image_writes_few_index_entries() -> None:
    world = World()
    world.finish()  # with which the account was opened
    entries = entries_of_an_image(world)
    assert len(entries) == 5, entries
    assert sum(entries.values()) <= entries_max(world), entries


def test_a_team_s_image_with_all_that_can_be_said_of_it_does_as_well() -> None:
    world = World()
    team_id = world.found_team()
    world.finish(teamId=team_id)
    entries = entries_of_an_image(world, teamId=team_id, count=4, priority="normal")
    assert len(entries) == 6, entries
    assert sum(entries.values()) <= entries_max(world), entries


# ---- what has no index -------------------------------------------------------------------------------

# Fields with words that somebody wrote. Nobody lists by them, and a long one makes a long entry.
TEXTS = frozenset({"name", "reason", "blocked_reason", "rationale", "error_message", "path"})
# Collections may have as many overrides of fields as this, where billing is enabled
# (https://cloud.google.com/firestore/quotas#indexes).
OVERRIDES_MAX = 500
# Lists that are asked by what is in them: an entry for each account, and operators act seldom.
ASKED = frozenset({("audit", "about")})


STORED = sorted(stored_types(), key=str)


def test_the_documents_that_the_backend_writes_are_found() -> None:
    collections = {collection for collection, _ in STORED}
    assert {"jobs", "images", "videos", "trainings", "brands", "directions"} <= collections
    assert {"references", "files", "dead_letters", "members", "purchases"} <= collections


@pytest.mark.parametrize(("collection", "stored"), STORED, ids=str)
def test_no_map_no_list_and_no_text_has_an_index(collection: str, stored: type[Any]) -> None:
    indexed = [
        name
        for name, hint in fields_of(stored)
        if (is_structured(hint) or name in TEXTS) and DEPLOYED.ways(collection, name)
        if (collection, name) not in ASKED
    ]
    assert indexed == []


def test_there_are_no_more_overrides_than_a_project_takes() -> None:
    file = json.loads(PATH.read_text(encoding="utf-8"))
    assert max(len(file["fieldOverrides"]), len(file["indexes"])) <= OVERRIDES_MAX


@pytest.mark.parametrize(
    ("collection", "name"),
    [
        ("invites", "expires_at"),
        ("purchases", "expires_at"),
        ("files", "forget_at"),
        ("directions", "forget_at"),
        ("dead_letters", "forget_at"),
        ("deliveries", "forget_at"),
    ],
)
def test_what_expires_is_deleted_by_a_policy(collection: str, name: str) -> None:
    overrides = json.loads(PATH.read_text(encoding="utf-8"))["fieldOverrides"]
    own = [o for o in overrides if (o["collectionGroup"], o["fieldPath"]) == (collection, name)]
    assert [each.get("ttl") for each in own] == [True]
    assert any(name in dict(fields_of(t)) for stored, t in STORED if stored == collection)


def test_no_job_no_account_and_no_entry_is_deleted_by_a_policy() -> None:
    overrides = json.loads(PATH.read_text(encoding="utf-8"))["fieldOverrides"]
    forgotten = {each["collectionGroup"] for each in overrides if each.get("ttl")}
    assert not forgotten & {"jobs", "accounts", "ledger", "gifts", "members", "former"}


def test_nothing_is_said_of_all_fields_of_a_collection() -> None:
    """firebase-tools says that first, whatever the order of the file: while what is in use is built anew, its
    queries fail."""
    overrides = json.loads(PATH.read_text(encoding="utf-8"))["fieldOverrides"]
    assert [each for each in overrides if each["fieldPath"] == "*"] == []


@pytest.mark.parametrize(
    ("fields", "entries"),
    [
        ({}, 0),
        ({"c": 1}, 2),
        ({"c": None}, 2),
        ({"c": {"d": 1}}, 4),
        ({"c": {"d": {"e": 1, "f": 2}}}, 8),
        ({"c": ["x", "y", "z"]}, 5),
        ({"c": [{"d": 1}]}, 3),
        ({"up": 1}, 1),
        ({"both": 1}, 2),
        ({"bare": {"d": 1, "e": ["x"]}}, 0),
        ({"bare": {"kept": 1}}, 1),
        ({"a": 1, "b": 2}, 5),
        ({"f": [1, 2, 3], "g": 1}, 10),
        ({"f": [], "g": 1}, 4),
    ],
)
def test_entries_are_counted_as_they_are_paid_for(fields: dict[str, Any], entries: int) -> None:
    own = {"up": (UP,), "both": (UP, OVER_ALL), "bare": (), "bare.kept": (UP,)}
    overrides = ", ".join(override(name, *ways) for name, ways in own.items())
    assert (
        with_indexes("a b", "f[] g", overrides=overrides).entries("rooms/1/jobs/1", fields)
        == entries
    )


def test_what_is_said_of_all_fields_holds_for_those_of_which_nothing_is_said() -> None:
    indexes = with_indexes(overrides=f"{override('up', UP)}, {override('*')}")
    assert indexes.entries("jobs/1", {"up": 1, "c": {"d": 2}, "e": [3]}) == 1
    assert indexes.entries("others/1", {"up": 1}) == 2
    assert indexes.serving(shape_of(asks("up >"))) == ()
    assert indexes.serving(shape_of(asks("c >"))) is None
    assert indexes.serving(shape_of(asks("c.d >"))) is None


UP = '{ "order": "ASCENDING", "queryScope": "COLLECTION" }'
OVER_ALL = '{ "order": "ASCENDING", "queryScope": "COLLECTION_GROUP" }'


def override(name: str, *ways: str) -> str:
    of = f'"collectionGroup": "jobs", "fieldPath": "{name}"'
    return f'{{ {of}, "indexes": [{", ".join(ways)}] }}'
