"""What users keep on a view beside the job's fields: whether it is a favourite, its tags, its cover. Pure."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TAG_CHARS_MAX = 40
TAGS_MAX = 20


@dataclass(frozen=True, slots=True)
class Marks:
    favourite: bool
    tags: tuple[str, ...]
    cover: int


def tag_of(text: str) -> str:
    """The tag as it is kept and asked for: Unicode in one form, lower case, single spaces. Accents stay.
    Raises ValueError."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    tag = " ".join(unicodedata.normalize("NFKC", folded).split())
    if not tag:
        raise ValueError("is blank")
    if len(tag) > TAG_CHARS_MAX:
        raise ValueError(f"must be at most {TAG_CHARS_MAX} long, counted in characters")
    return tag


def marks_of(view: Mapping[str, Any]) -> Marks:
    """The marks on a view. A view of an earlier version has none; one that somebody wrote by hand may have
    anything."""
    tags, cover = view.get("tags"), view.get("cover")
    return Marks(
        favourite=view.get("favourite") is True,
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        cover=cover if type(cover) is int else 0,
    )
