"""How many index entries Firestore keeps of a document, by `firestore.indexes.json` and its documentation:
https://cloud.google.com/firestore/docs/concepts/index-overview. Each is written with the document, and paid
for as storage.

Of every field that is not exempt: one ascending and one descending, of a map and of a list as a whole, too;
of a map the same for each field in it; of a list one more for each of its items. A field has the indexes that
are said for it, or else for the map that it is in, or else for all fields of its collection (`*`). Of each
composite index one, where the document has all of its fields."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[2] / "firestore.indexes.json"
_EVERY = ({"order": "ASCENDING"}, {"order": "DESCENDING"}, {"arrayConfig": "CONTAINS"})
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Indexes:
    """`single` by collection and path of a field."""

    single: Mapping[tuple[str, str], tuple[Mapping[str, str], ...]]
    composite: Mapping[str, tuple[tuple[str, ...], ...]]

    def entries(self, path: str, fields: Mapping[str, Any]) -> int:
        """Of the document at `path`."""
        collection = path.split("/")[-2]
        composite = sum(
            all(_at(fields, name) is not _ABSENT for name in names)
            for names in self.composite.get(collection, ())
        )
        return composite + sum(self._single(collection, fields))

    def of(self, collection: str, path: str) -> tuple[Mapping[str, str], ...]:
        """The indexes that the field has."""
        names = path.split(".")
        above = [".".join(names[:end]) for end in range(len(names), 0, -1)]
        said = (self.single.get((collection, each)) for each in (*above, "*"))
        return next((indexes for indexes in said if indexes is not None), _EVERY)

    def _single(self, collection: str, fields: Mapping[str, Any], above: str = "") -> Iterator[int]:
        for name, value in fields.items():
            indexes = self.of(collection, above + name)
            yield sum("order" in each for each in indexes)
            if isinstance(value, Mapping):
                yield from self._single(collection, value, f"{above}{name}.")
            elif isinstance(value, list):
                yield len(value) * sum("arrayConfig" in each for each in indexes)


def read_indexes() -> Indexes:
    file = json.loads(FILE.read_text(encoding="utf-8"))
    single = {
        (each["collectionGroup"], each["fieldPath"]): tuple(each["indexes"])
        for each in file["fieldOverrides"]
    }
    composite: dict[str, tuple[tuple[str, ...], ...]] = {}
    for each in file["indexes"]:
        names = tuple(field["fieldPath"] for field in each["fields"])
        composite[each["collectionGroup"]] = (*composite.get(each["collectionGroup"], ()), names)
    return Indexes(single, composite)


def _at(fields: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(fields, Mapping) or name not in fields:
            return _ABSENT
        fields = fields[name]
    return fields
