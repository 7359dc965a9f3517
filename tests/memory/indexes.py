"""Which indexes Firestore needs to answer a query. The emulator needs none: there every query is answered,
also one for which a project says "The query requires an index".

Each field has an index of its own, in both directions, unless it is exempt: by itself, with the map that it
is in, or with all fields of its collection (`*`). Conditions of equality alone are served by these indexes,
merged. With a range or an order besides, the query needs one composite index of all its fields: first the
fields of equality, in any order, then the others, in the query's order; several composite indexes with the
same end are merged, too. A field that is added up counts as one of the others. Nobody has tried on a project
whether `array_contains` is merged with anything, so here it is not.

Each entry in an index is paid for whenever the document is written. A field has one entry for each direction,
and so has a map or a list as a whole. In addition a map has as many for each field in it, and a list has one
for each of its items. A composite index has one entry, or one for each item of a list in it, if the document
has all of its fields (https://cloud.google.com/firestore/docs/concepts/index-overview).
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

from mediaforge.ports.documents import Query

PATH = Path(__file__).parents[2] / "firestore.indexes.json"
_EQUAL = frozenset({"==", "in"})
_WAYS = frozenset({"ASCENDING", "DESCENDING", "CONTAINS"})
_Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """The parts of a query that decide on its indexes: the fields of equality, the fields of
    `array_contains`, and the `others`, in their order, each with its direction."""

    collection: str
    equal: frozenset[str]
    contains: frozenset[str]
    others: _Fields
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """A composite index: its fields with their ways (`ASCENDING`, `DESCENDING`, `CONTAINS`)."""

    collection: str
    fields: _Fields
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class Indexes:
    """All indexes of a project. `single` has the ways of each field's own index, where they are not the usual
    ones."""

    composite: Sequence[Index]
    single: Mapping[tuple[str, str, bool], Set[str]]

    def serving(self, shape: Shape) -> Sequence[Index] | None:
        """The composite indexes that answer the query; empty where it needs none, None where the project's
        indexes cannot answer it."""
        wanted = {(name, "ASCENDING") for name in shape.equal}
        wanted |= {(name, "CONTAINS") for name in shape.contains}
        is_merged = not shape.contains and not shape.others
        if is_merged or len(wanted) + len(shape.others) <= 1:
            singles = [*wanted, *shape.others]
            return () if all(self._has_single(shape, *each) for each in singles) else None
        fitting = [index for index in self.composite if _fits(index, shape, wanted)]
        heads = {index: set(_head(index, shape)) for index in fitting}
        whole = [index for index, head in heads.items() if head == wanted]
        if whole:
            return whole[:1]
        can_merge = not shape.contains and set().union(*heads.values()) == wanted
        return fitting if fitting and can_merge else None

    def _has_single(self, shape: Shape, name: str, way: str) -> bool:
        return way in self.ways(shape.collection, name, is_group=shape.is_group)

    def ways(self, collection: str, name: str, *, is_group: bool = False) -> Set[str]:
        """The ways of the field's own index. `name` is the field's path."""
        parts = name.split(".")
        around = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
        said = (self.single.get((collection, each, is_group)) for each in (*around, "*"))
        automatic = frozenset[str]() if is_group else _WAYS
        return next((ways for ways in said if ways is not None), automatic)

    def entries(self, path: str, fields: Mapping[str, Any]) -> int:
        """How many entries in indexes the document at `path` has."""
        collection = path.split("/")[-2]
        own = [index for index in self.composite if index.collection == collection]
        composite = sum(_entries_in(index, fields) for index in own)
        return composite + sum(self._entries(collection, fields))

    def _entries(
        self, collection: str, fields: Mapping[str, Any], around: str = ""
    ) -> Iterator[int]:
        for name, value in fields.items():
            path = around + name
            of_all = (self.ways(collection, path, is_group=is_group) for is_group in (False, True))
            ways = [way for each in of_all for way in each]
            items = value if isinstance(value, list) else ()
            yield sum(len(items) if way == "CONTAINS" else 1 for way in ways)
            if isinstance(value, Mapping):
                yield from self._entries(collection, value, f"{path}.")


def _entries_in(index: Index, fields: Mapping[str, Any]) -> int:
    if not all(_has(fields, name) for name, _ in index.fields):
        return 0
    return prod(len(fields[name]) for name, way in index.fields if way == "CONTAINS")


def _has(fields: Any, path: str) -> bool:
    for name in path.split("."):
        if not isinstance(fields, Mapping) or name not in fields:
            return False
        fields = fields[name]
    return True


def _fits(index: Index, shape: Shape, wanted: Set[tuple[str, str]]) -> bool:
    is_of_it = (index.collection, index.is_group) == (shape.collection, shape.is_group)
    ends_alike = index.fields[len(index.fields) - len(shape.others) :] == shape.others
    return is_of_it and ends_alike and wanted >= set(_head(index, shape))


def _head(index: Index, shape: Shape) -> _Fields:
    """The index's fields before the ordered ones. A field of equality counts as ascending, since its
    direction does not matter."""
    head = index.fields[: len(index.fields) - len(shape.others)]
    return tuple((n, "ASCENDING" if n in shape.equal else way) for n, way in head)


def shape_of(query: Query, adds_up: str = "") -> Shape:
    """The shape of the query, or of the sum of the field `adds_up` over what the query finds."""
    equal = frozenset(name for name, operator, _ in query.where if operator in _EQUAL)
    contains = frozenset(n for n, operator, _ in query.where if operator == "array_contains")
    compared = {name for name, _, _ in query.where} - equal - contains
    ordered = {key.lstrip("-"): _way(key) for key in query.order_by}
    # Firestore also orders by the fields that are compared, behind the query's own order and in the direction
    # of its last field.
    last = _way(query.order_by[-1]) if query.order_by else "ASCENDING"
    ordered |= {name: last for name in sorted(compared) if name not in ordered}
    if adds_up and adds_up not in equal:
        ordered.setdefault(adds_up, "ASCENDING")
    name = query.collection.rsplit("/", 1)[-1]
    return Shape(name, equal, contains, tuple(ordered.items()), query.is_group)


def _way(key: str) -> str:
    return "DESCENDING" if key.startswith("-") else "ASCENDING"


def parse(text: str) -> Indexes:
    """Reads the text of `firestore.indexes.json`."""
    file = json.loads(text)
    single = dict[tuple[str, str, bool], frozenset[str]]()
    for override in file["fieldOverrides"]:
        for is_group in (False, True):
            key = (override["collectionGroup"], override["fieldPath"], is_group)
            own = (each for each in override["indexes"] if _is_group(each) is is_group)
            single[key] = frozenset(map(_way_of, own))
    return Indexes([_index(each) for each in file["indexes"]], single)


def _index(written: Mapping[str, Any]) -> Index:
    fields = tuple((field["fieldPath"], _way_of(field)) for field in written["fields"])
    return Index(written["collectionGroup"], fields, _is_group(written))


def _way_of(field: Mapping[str, str]) -> str:
    return field.get("order") or field["arrayConfig"]


def _is_group(written: Mapping[str, Any]) -> bool:
    return bool(written["queryScope"] == "COLLECTION_GROUP")


def without(indexes: Indexes, left_out: Index) -> Indexes:
    return replace(indexes, composite=[each for each in indexes.composite if each != left_out])


def needed(indexes: Indexes, shapes: Iterable[Shape]) -> set[Index]:
    """The indexes that answer any of these shapes."""
    return {index for shape in shapes for index in indexes.serving(shape) or ()}


DEPLOYED = parse(PATH.read_text(encoding="utf-8"))
