"""What the backend stores where. Each function of `contract/documents.py` that makes a `Ref` tells of one
collection, and of the type of its documents."""

import inspect
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import SimpleNamespace, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from mediaforge.contract import documents as at
from mediaforge.contract.documents import Ref
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.jobs.kinds import JobKind


def stored_types() -> set[tuple[str, type[Any]]]:
    """Each collection that the backend writes to, with a type that is stored there."""
    found = set[tuple[str, type[Any]]]()
    for make in vars(at).values():
        hints = get_type_hints(make) if inspect.isfunction(make) else {}
        if get_origin(hints.pop("return", None)) is not Ref or "ref" in hints:
            continue
        for kind in JobKind:
            job = SimpleNamespace(user_id="x", kind=kind, id="x")
            examples = {str: "x", int: 0, JobKind: kind, Job: job}
            ref = make(*(examples[hint] for hint in hints.values()))
            found.add((ref.path.split("/")[-2], ref.type))
    return found


def fields_of(stored: type[Any]) -> Iterator[tuple[str, Any]]:
    """The fields on top of a document, each with its type."""
    hints = get_type_hints(stored)
    names = at.folded(stored, hints)
    return ((name, hints.get(name, Mapping)) for name in names)


def is_structured(hint: Any) -> bool:
    parts = [each for each in get_args(hint) if each is not type(None)]
    if isinstance(hint, UnionType):
        return any(map(is_structured, parts))
    return bool(parts) or not issubclass(hint, str | int | float | datetime)
