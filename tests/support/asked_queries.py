"""Every query that the code makes, and every list that clients are promised: what Firestore's indexes are
for."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from mediaforge.contract import documents as at
from mediaforge.contract.lists import CLIENT_LISTS, ClientList
from mediaforge.contract.requests import parse as parse_request
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.ports.documents import Query
from mediaforge.services.library.history import (
    Look,
    Place,
    SearchGenerations,
    _query,
    looks_of,
)
from mediaforge.services.watch import sweep
from tests.memory.indexes import Shape, shape_of
from tests.support.query_sites import sites
from tests.support.world import ANN

MOMENT = "2026-11-20T12:00:00Z"
# What a search may ask for: of each field, nothing, or one of these.
SEARCHED: Mapping[str, Sequence[object]] = {
    **dict.fromkeys(("text", "tag", "model", "brandId", "batchId", "teamId"), ("x",)),
    **dict.fromkeys(("from", "to"), (MOMENT,)),
    "status": ["failed"],
    "favourite": [True, False],
    "kind": [kind.value for kind in JobKind],
}


def looks() -> list[Look]:
    """Those of every search that there can be, on its first page and on a later one; one of each shape."""
    later = Place.model_validate(
        {"createdAt": MOMENT, "kind": "video", "uid": "ann", "jobId": "j", "search": ""}
    )
    found: dict[Shape, Look] = {}
    for values in product(*([None, *each] for each in SEARCHED.values())):
        search = parse_request(SearchGenerations, dict(zip(SEARCHED, values, strict=True)))
        for place in (None, later):
            found |= {shape_of(_query(look)): look for look in looks_of(ANN, search, place)}
    return list(found.values())


# What a query is made of that its own function is given.
GIVEN: Mapping[tuple[str, str], Sequence[Any]] = {
    ("mediaforge/services/library/history.py", "look"): looks(),
    ("mediaforge/services/watch/sweep.py", "line"): [sweep._Line(*row) for row in sweep._RESCUES],
    ("mediaforge/services/watch/reading.py", "ledger"): [at.ledger("user_ann")],
}
SITES = list(sites(GIVEN))


def queries_of(listed: ClientList) -> list[Query]:
    """Each query that the list promises."""
    order = [listed.order_by] if listed.order_by else []
    item = [(listed.contains, "array_contains", "x")] if listed.contains else []
    return [
        Query(
            listed.collection,
            [*((name, "==", "x") for name in names), *item],
            order,
            is_group=listed.is_group,
        )
        for names in listed.conditions()
    ]


def shapes_of(listed: ClientList) -> list[Shape]:
    return list(map(shape_of, queries_of(listed)))


SHAPES = [
    *(shape_of(site.query, site.adds_up) for site in SITES),
    *(shape for listed in CLIENT_LISTS for shape in shapes_of(listed)),
]
