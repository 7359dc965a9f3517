"""Which indexes Firestore needs to answer a query. Its emulator needs none: there every query is answered, of
which a project says "The query requires an index".

Each field has an index of its own, both ways, unless it is exempt. Equality alone is served by these, merged.
A range or an order behind it needs one of them all: the fields that are equal, in any order, and behind them
the others, in theirs; several that end alike are merged, too. What is added up is one of the others. Whether
what a list contains is merged with anything nobody has tried on a project, so here it is not.
"""

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mediaforge.ports.documents import Query

PATH = Path(__file__).parents[2] / "firestore.indexes.json"
_EQUAL = frozenset({"==", "in"})
_WAYS = frozenset({"ASCENDING", "DESCENDING", "CONTAINS"})
_Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a query decides on its indexes: the fields that are `equal` to something, those that contain
    something, and the `others`, each with its way, in their order."""

    collection: str
    equal: frozenset[str]
    contains: frozenset[str]
    others: _Fields
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """A composite one: its fields with their ways (`ASCENDING`, `DESCENDING`, `CONTAINS`)."""

    collection: str
    fields: _Fields
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class Indexes:
    """All that a project has. `single` are the ways of the fields that have others than every field has."""

    composite: Sequence[Index]
    single: Mapping[tuple[str, str, bool], Set[str]]

    def serving(self, shape: Shape) -> Sequence[Index] | None:
        """The composite ones that answer it, which may be none; None where what there is does not."""
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
        automatic = frozenset() if shape.is_group else _WAYS
        return way in self.single.get((shape.collection, name, shape.is_group), automatic)


def _fits(index: Index, shape: Shape, wanted: Set[tuple[str, str]]) -> bool:
    is_of_it = (index.collection, index.is_group) == (shape.collection, shape.is_group)
    ends_alike = index.fields[len(index.fields) - len(shape.others) :] == shape.others
    return is_of_it and ends_alike and wanted >= set(_head(index, shape))


def _head(index: Index, shape: Shape) -> _Fields:
    """Its fields before those that are ordered, whose way is nobody's business where they are equal."""
    head = index.fields[: len(index.fields) - len(shape.others)]
    return tuple((n, "ASCENDING" if n in shape.equal else way) for n, way in head)


def shape_of(query: Query, adds_up: str = "", *, is_group: bool = False) -> Shape:
    """Of the query, or of the sum of a field over what it finds."""
    equal = frozenset(name for name, operator, _ in query.where if operator in _EQUAL)
    contains = frozenset(n for n, operator, _ in query.where if operator == "array_contains")
    compared = {name for name, _, _ in query.where} - equal - contains
    ordered = {key.lstrip("-"): _way(key) for key in query.order_by}
    # What is compared is ordered by, too, behind what was asked for and the same way as the last of that.
    last = _way(query.order_by[-1]) if query.order_by else "ASCENDING"
    ordered |= {name: last for name in sorted(compared) if name not in ordered}
    if adds_up and adds_up not in equal:
        ordered.setdefault(adds_up, "ASCENDING")
    name = query.collection.rsplit("/", 1)[-1]
    return Shape(name, equal, contains, tuple(ordered.items()), is_group)


def _way(key: str) -> str:
    return "DESCENDING" if key.startswith("-") else "ASCENDING"


def parse(text: str) -> Indexes:
    """`firestore.indexes.json`."""
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
    """Those that answer any of them."""
    return {index for shape in shapes for index in indexes.serving(shape) or ()}


DEPLOYED = parse(PATH.read_text(encoding="utf-8"))
