"""References, frames and a picture to edit are the caller's own uploads, or generated pictures; those of a
pack are uploads of its writer's. Here only their number and their paths are looked at; `accept` finds out
whether the caller may see the generated ones, and whether the files of the pack are there."""

from collections.abc import Iterator
from typing import Any, Protocol

from mediaforge.contract import documents as at
from mediaforge.domain.catalogue import Model, Resolved
from mediaforge.domain.errors import FieldError
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library import generated, uploads
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.plans.expansion import Expanded
from mediaforge.services.jobs.plans.origin import Origin, usable_models
from mediaforge.services.jobs.plans.sources import Source

_NO_PICTURE = (
    "must be an upload of yours, references/{your uid}/{file}.{png|jpg|jpeg|webp}, or a generated picture, "
    "generating/{uid}/image/{file}"
)
_NO_FILM = "must be a generated video, generating/{uid}/video/{file}"


class HasPath(Protocol):
    @property
    def path(self) -> str: ...


def check_references(
    backend: Backend, origin: Origin, expanded: Expanded[Any], resolved: Resolved
) -> list[FieldError]:
    own = expanded.request.references
    errors = [*_check_number(backend, origin, expanded, resolved)]
    if origin.repeats is not None:
        return errors  # whose they are was checked then, for who sent them
    for index, reference in enumerate(own):
        errors += check_picture(origin.caller, f"references[{index}]", reference)
    return errors


def _check_number(
    backend: Backend, origin: Origin, expanded: Expanded[Any], resolved: Resolved
) -> Iterator[FieldError]:
    own, used = len(expanded.request.references), len(expanded.references)
    most, least = resolved.model.references_max, resolved.model.references_min
    if used < least:
        yield FieldError("references", f"{resolved.id} needs {least}: it works on pictures")
    elif own > most:
        yield FieldError("references", f"the model takes at most {most}")
    elif used > expanded.request.references_max:
        most = expanded.request.references_max
        message = (
            f"together with the references there are {used} pictures, and at most {most} are used"
        )
        yield FieldError(expanded.named_by, message)
    elif used > most:
        others = ", ".join(_models_with_room(backend, origin, expanded))
        message = (
            f"{resolved.id} takes at most {most} references, and with those of the pack there are {used}; "
            + (f"these models take as many: {others}" if others else "no model here takes as many")
        )
        yield FieldError(expanded.named_by, message)


def _models_with_room(backend: Backend, origin: Origin, expanded: Expanded[Any]) -> Iterator[str]:
    """The models of the kind that take all of the references, and that the payer's tier has. This is asked
    for a refusal only, so the account is read here."""
    account = backend.documents.get(at.account(origin.account_id))
    catalogue = backend.catalogue
    tier = catalogue.tier_of(account.tier if account is not None else catalogue.defaults.tier)
    for name in usable_models(backend, expanded.request.makes, tier.models):
        if catalogue.models[name].references_max >= len(expanded.references):
            yield name


def check_enlarged(
    model: Model, expanded: Expanded[Any], source: Source | None, shorter_px: int
) -> list[FieldError]:
    """What is wrong with the reference of a model that makes it larger, to a shorter edge of `shorter_px`. Of
    one whose size is not known yet nothing is said: the job looks at its pixels before it is begun."""
    if model.enlarges is None or source is None:
        return []
    fault = model.enlarges.fault_of(source.width_px, source.height_px, shorter_px)
    if fault is None:
        return []
    is_own = bool(expanded.request.references)
    return [FieldError("references[0].path" if is_own else expanded.named_by, f"it {fault}")]


def check_film(field: str, film: HasPath) -> list[FieldError]:
    if generated.read_path(film.path, (JobKind.VIDEO,)) is not None:
        return []
    return [FieldError(f"{field}.path", _NO_FILM)]


def check_picture(caller: Caller, field: str, picture: HasPath) -> list[FieldError]:
    upload = uploads.read_path(picture.path)
    is_own_upload = upload is not None and upload.uid == caller.uid
    if is_own_upload or generated.read_path(picture.path) is not None:
        return []
    return [FieldError(f"{field}.path", _NO_PICTURE)]
