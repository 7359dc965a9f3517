"""References and frames are the caller's own uploads, or generated pictures. Here only their paths are looked
at; `accept` finds out whether the caller may see the generated ones."""

from collections.abc import Sequence
from typing import Protocol

from mediaforge.domain.errors import FieldError
from mediaforge.domain.library import generated, uploads
from mediaforge.services.backend import Caller

_NO_PICTURE = (
    "must be an upload of yours, references/{your uid}/{file}.{png|jpg|jpeg|webp}, or a generated picture, "
    "generating/{uid}/image/{file}"
)


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
        errors += check_picture(caller, f"references[{index}]", reference)
    return errors


def check_picture(caller: Caller, field: str, picture: HasPath) -> list[FieldError]:
    upload = uploads.read_path(picture.path)
    is_own_upload = upload is not None and upload.uid == caller.uid
    if is_own_upload or generated.read_path(picture.path) is not None:
        return []
    return [FieldError(f"{field}.path", _NO_PICTURE)]
