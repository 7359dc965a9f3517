"""Generated pictures that a request uses as references or frames: the paths that they have, and which of them
a view delivers. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library.uploads import EXTENSIONS, PATH_BYTES_MAX

# `storage.rules` find a file's view by the same part of its name.
_PATH = re.compile(
    rf"generating/(?P<uid>[^/\x00-\x1f\x7f]+)/{JobKind.IMAGE.value}/(?P<job_id>[^/_.\x00-\x1f\x7f]+)"
    rf"(_\d+)?\.(?i:{'|'.join(EXTENSIONS)})",
    re.ASCII,
)
_TEAM_ID = re.compile(r"[A-Za-z0-9-][A-Za-z0-9_-]{0,127}")
_NO_UID = re.compile(r"\.|\.\.|__.*__")


@dataclass(frozen=True, slots=True)
class GeneratedName:
    """Who made the picture, and the job that made it."""

    uid: str
    job_id: str


def read_path(path: str) -> GeneratedName | None:
    """The user and the job that a generated picture's path names; None for any other path."""
    match = _PATH.fullmatch(path)
    if match is None or len(path.encode()) > PATH_BYTES_MAX or _NO_UID.fullmatch(match["uid"]):
        return None
    return GeneratedName(match["uid"], match["job_id"])


def is_delivered(view: Mapping[str, Any], path: str) -> bool:
    """Whether the view's job was completed, and paid for, with the picture at `path`, as `storage.rules` ask
    it. The view's fields may be anything, since the GPU worker and operators write views, too."""
    delivered = view.get("generation_data")
    paths = delivered.get("storage_paths") if isinstance(delivered, Mapping) else None
    return view.get("generated") is True and isinstance(paths, list) and path in paths


def team_of(view: Mapping[str, Any]) -> str | None:
    """The team whose members may see the picture; None where only its user may."""
    team_id = view.get("team_id")
    return team_id if isinstance(team_id, str) and _TEAM_ID.fullmatch(team_id) else None
