"""The rule of storage.rules by which a user may get generated files, written again in Python. `tests/rules`
asks both the same questions, so the thief of the fault runs can use this one."""

import re
from collections.abc import Mapping
from typing import Any

Contents = Mapping[str, Mapping[str, Any]]

_PATH = re.compile(r"generating/([^/]+)/([^/]+)/([^/]+)", re.DOTALL)
_THUMBNAIL = re.compile(r"[^_.]+_(0|[1-9][0-9]?)_thumb\.webp", re.DOTALL)


def may_get(contents: Contents, uid: str | None, path: str) -> bool:
    """Whether `uid` (None: signed out) may read the file at `path` while the documents are these."""
    match = _PATH.fullmatch(path)
    if match is None or match[1] != uid:
        return False
    kind, name = match[2], match[3]
    view = contents.get(f"generations/{uid}/{kind}s/{re.split('[_.]', name)[0]}")
    if view is None or view.get("generated") is not True:
        return False
    paths = (view.get("generation_data") or {}).get("storage_paths") or ()
    thumbnail = _THUMBNAIL.fullmatch(name)
    return path in paths or (thumbnail is not None and int(thumbnail[1]) < len(paths))
