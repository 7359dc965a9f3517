"""Generated pictures and videos that a request goes on from, as references, frames, or to change or extend
them: the paths that they have, and which of them a view delivers. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library.uploads import EXTENSIONS, PATH_BYTES_MAX

# `storage.rules` find a file's view by the same part of its name.
_ENDINGS = {JobKind.IMAGE: EXTENSIONS, JobKind.VIDEO: ("mp4", "mov", "webm")}
_PATHS = {
    kind: re.compile(
        rf"generating/(?P<uid>[^/\x00-\x1f\x7f]+)/{kind.value}/(?P<job_id>[^/_.\x00-\x1f\x7f]+)"
        rf"(_\d+)?\.(?i:{'|'.join(endings)})",
        re.ASCII,
    )
    for kind, endings in _ENDINGS.items()
}
MADE_KINDS = tuple(_ENDINGS)
_TEAM_ID = re.compile(r"[A-Za-z0-9-][A-Za-z0-9_-]{0,127}")
_NO_UID = re.compile(r"\.|\.\.|__.*__")


@dataclass(frozen=True, slots=True)
class GeneratedName:
    """Who made the picture or the video, and the job that made it."""

    uid: str
    job_id: str
    kind: JobKind = JobKind.IMAGE


def read_path(path: str, kinds: Iterable[JobKind] = (JobKind.IMAGE,)) -> GeneratedName | None:
    """The user and the job that the path names of a generated file of these kinds; None for any other
    path."""
    for kind in kinds:
        match = _PATHS[kind].fullmatch(path)
        if match is not None:
            is_name = len(path.encode()) <= PATH_BYTES_MAX and not _NO_UID.fullmatch(match["uid"])
            return GeneratedName(match["uid"], match["job_id"], kind) if is_name else None
    return None


def is_delivered(view: Mapping[str, Any], path: str) -> bool:
    """Whether the view's job was completed, and paid for, with the file at `path`, as `storage.rules` ask
    it. The view's fields may be anything, since the GPU worker and operators write views, too."""
    delivered = view.get("generation_data")
    paths = delivered.get("storage_paths") if isinstance(delivered, Mapping) else None
    return view.get("generated") is True and isinstance(paths, list) and path in paths


def team_of(view: Mapping[str, Any]) -> str | None:
    """The team whose members may see the file; None where only its user may."""
    team_id = view.get("team_id")
    return team_id if isinstance(team_id, str) and _TEAM_ID.fullmatch(team_id) else None
