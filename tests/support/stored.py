"""A job's document in one row, whichever way it is stored: as now, most of it in three maps, or as the
release before had it. Shares no code with what it helps to check."""

from collections.abc import Mapping
from typing import Any

PARTS = ("wish", "run", "end")


def row(path: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the document at `path`."""
    flat = dict(fields)
    if path.startswith("jobs/"):
        for part in PARTS:
            flat |= flat.pop(part, None) or {}
    return flat
