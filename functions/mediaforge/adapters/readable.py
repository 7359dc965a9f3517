"""A document that cannot be read is reported and left out, so that it does not hide the others."""

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
    """The documents that `page` finds for `query`, as (path, fields), loaded as `kind`. An unreadable
    document does not count for the limit: `page` is called again with a limit that is larger by the
    unreadable ones."""
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
