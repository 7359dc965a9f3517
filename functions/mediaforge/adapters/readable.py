"""Documents that cannot be read: reported, and left out, so that they stop no other."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import ValidationError

from mediaforge import log
from mediaforge.contract.documents import load
from mediaforge.ports.documents import Query

D = TypeVar("D")
Found = tuple[str, dict[str, Any]]


def find_readable(kind: type[D], query: Query, page: Callable[[Query], Sequence[Found]]) -> list[D]:
    """What `page` finds for `query`, as (path, fields), read as `kind`. One that cannot be read does not
    count for the limit: it is asked for again, with as many more."""
    limit = query.limit
    while True:
        found = page(replace(query, limit=limit))
        loaded = list(_load_each(kind, found))
        if query.limit is None or len(found) < (limit or 0) or len(loaded) >= query.limit:
            return loaded[: query.limit]
        limit = query.limit + len(found) - len(loaded)


def _load_each(kind: type[D], found: Iterable[Found]) -> Iterable[D]:
    for path, fields in found:
        try:
            yield load(kind, fields, path.rsplit("/", 1)[-1])
        except ValidationError as error:
            log.bug("document.unreadable", error, document=path)
