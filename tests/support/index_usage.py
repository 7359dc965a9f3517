"""The Firestore emulator's report of the indexes that a project would have needed.

The emulator answers every query, and notes which composite index each would use best. Of such an index the
report does not tell which fields were asked for by equality: those come first, before those of the order.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

import httpx

from tests.memory.indexes import Indexes, Shape

_NAME = "__name__"
_Fields = Sequence[tuple[str, str]]


def read_report(firestore_host: str, project: str) -> Mapping[str, Any]:
    """The report on all queries since the emulator was started."""
    url = f"http://{firestore_host}/emulator/v1/projects/{project}:indexUsage"
    database = {"database": f"projects/{project}/databases/(default)"}
    answer = httpx.get(url, params=database, timeout=60, trust_env=False)
    report: Mapping[str, Any] = answer.raise_for_status().json()
    return report


def unserved(report: Mapping[str, Any], indexes: Indexes, ours: Container[str]) -> list[str]:
    """What queries in `ours`, which are collections, need and do not have; one line for each index."""
    found = list[str]()
    for each in report.get("reports", ()):
        index = each["index"]
        collection = index["name"].split("/")[5]
        is_group = index["queryScope"] == "COLLECTION_GROUP"
        fields = [(f["fieldPath"], _way_of(f)) for f in index["fields"] if f["fieldPath"] != _NAME]
        shapes = _shapes(collection, fields, is_group=is_group)
        if collection in ours and all(indexes.serving(shape) is None for shape in shapes):
            asked = ", ".join(f"{name} {way}" for name, way in fields)
            found.append(f"{collection} {index['queryScope']}: {asked}")
    return found


def _way_of(field: Mapping[str, str]) -> str:
    return field.get("order") or field["arrayConfig"]


def _is_ordered(name: str, way: str) -> bool:
    return way == "DESCENDING" or name.endswith("_at") or name in {"modified", "index"}


def _shapes(collection: str, fields: _Fields, *, is_group: bool) -> Iterator[Shape]:
    """The queries that may have been asked. A descending field belongs to the order, as all fields do that
    follow it. So does a moment or the index of a row, since nobody asks for one by equality."""
    ordered = (place for place, field in enumerate(fields) if _is_ordered(*field))
    for number in range(next(ordered, len(fields)), -1, -1):
        head, others = fields[:number], tuple(fields[number:])
        equal = frozenset(name for name, way in head if way != "CONTAINS")
        contains = frozenset(name for name, way in head if way == "CONTAINS")
        yield Shape(collection, equal, contains, others, is_group)
