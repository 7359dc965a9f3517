"""References are the caller's own uploads."""

import re
from collections.abc import Sequence
from typing import Protocol

from mediaforge.domain.errors import FieldError
from mediaforge.services.backend import Caller

_UPLOAD = re.compile(r"references/(?P<uid>[^/]+)/[^/\x00-\x1f\x7f]+\.(?:png|jpg|jpeg|webp)")
_PATH_BYTES_MAX = 1024


class HasPath(Protocol):
    @property
    def path(self) -> str: ...


def check_references(
    caller: Caller, references: Sequence[HasPath], references_max: int
) -> list[FieldError]:
    errors = []
    if len(references) > references_max:
        errors.append(FieldError("references", f"the model takes at most {references_max}"))
    for index, reference in enumerate(references):
        errors += check_upload(caller, f"references[{index}]", reference)
    return errors


def check_upload(caller: Caller, field: str, upload: HasPath) -> list[FieldError]:
    match = _UPLOAD.fullmatch(upload.path)
    if match and match["uid"] == caller.uid and len(upload.path.encode()) <= _PATH_BYTES_MAX:
        return []
    message = "must be an upload of yours: references/{your uid}/{file}.{png|jpg|jpeg|webp}"
    return [FieldError(f"{field}.path", message)]
