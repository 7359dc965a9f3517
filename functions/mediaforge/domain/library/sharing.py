"""Who may read what a user has written for others, too: packs and templates. The security rules say the same.
Pure."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

_ID = re.compile(r"[A-Za-z0-9-][A-Za-z0-9_-]{0,127}")


class Visibility(StrEnum):
    PRIVATE = "private"
    TEAM = "team"
    PUBLIC = "public"


def is_id(text: object) -> bool:
    """Whether it can be the id of a team or of a document. It may come from a document that somebody wrote
    wrongly."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def may_read(written: Mapping[str, Any], uid: str, is_member: Callable[[str], bool]) -> bool:
    """Whether the user may read the document: its writer, everybody if it is public, and the members of the
    team that it is shared with. `is_member` says whether the user is a member of a team. The fields may be
    anything: what cannot be read gives nobody a right."""
    if written.get("user_id") == uid or written.get("visibility") == Visibility.PUBLIC:
        return True
    team_id = written.get("team_id")
    is_shared = written.get("visibility") == Visibility.TEAM and is_id(team_id)
    return is_shared and is_member(str(team_id))
