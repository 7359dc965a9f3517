"""References are the caller's own uploads."""

from collections.abc import Sequence
from typing import Protocol

from mediaforge.domain.errors import FieldError
from mediaforge.domain.library import uploads
from mediaforge.services.backend import Caller


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
    name = uploads.read_path(upload.path)
    if name is not None and name.uid == caller.uid:
        return []
    message = "must be an upload of yours: references/{your uid}/{file}.{png|jpg|jpeg|webp}"
    return [FieldError(f"{field}.path", message)]
