"""The lists of documents that have an index, as `firestore.indexes.json` says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_UP, _DOWN = "ASCENDING", "DESCENDING"
_BOTH_WAYS = frozenset({_UP, _DOWN})


@dataclass(frozen=True, slots=True)
class Lists:
    """What a collection answers, or all collections of that name together. `filters` are the fields that may
    be compared, `sorts` those that may be sorted by, each by itself and in both directions. `both` are the
    fields of equality that go together with a sort."""

    filters: Sequence[str]
    sorts: Sequence[str]
    both: Sequence[tuple[Sequence[str], str]]


def read_lists(path: Path, collection: str, fields: Sequence[str], *, is_group: bool) -> Lists:
    """What may be asked of the collection, by these fields of its documents."""
    written = json.loads(path.read_text(encoding="utf-8"))
    scope = "COLLECTION_GROUP" if is_group else "COLLECTION"
    own = {
        each["fieldPath"]: _ways(each["indexes"], scope)
        for each in written["fieldOverrides"]
        if each["collectionGroup"] == collection
    }
    # A field without an entry of its own has an index in each collection, and none over all of them.
    usual = frozenset() if is_group else _BOTH_WAYS
    ways = {name: own.get(name, usual) for name in fields}
    return Lists(
        filters=[name for name in fields if ways[name]],
        sorts=[name for name in fields if ways[name] >= _BOTH_WAYS],
        both=[
            _both(each["fields"])
            for each in written["indexes"]
            if (each["collectionGroup"], each["queryScope"]) == (collection, scope)
        ],
    )


def _ways(indexes: Sequence[Mapping[str, str]], scope: str) -> frozenset[str]:
    return frozenset(
        each["order"] for each in indexes if each["queryScope"] == scope and "order" in each
    )


def _both(fields: Sequence[Mapping[str, Any]]) -> tuple[Sequence[str], str]:
    *equal, last = fields
    direction = {_UP: "ascending", _DOWN: "descending"}[last["order"]]
    return [each["fieldPath"] for each in equal], f"`{last['fieldPath']}` {direction}"
