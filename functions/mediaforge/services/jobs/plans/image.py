"""Plans of pictures: the picture that is edited, and what is behind the subject."""

from mediaforge.contract.requests import GenerateImage
from mediaforge.domain.catalogue import Resolved
from mediaforge.domain.errors import FieldError
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.plans.expansion import Expanded
from mediaforge.services.jobs.plans.generation import plan_several
from mediaforge.services.jobs.plans.origin import Origin, Plan, resolve_model, usable_models
from mediaforge.services.jobs.plans.references import check_picture


def plan_image(backend: Backend, origin: Origin, expanded: Expanded[GenerateImage]) -> Plan:
    """Raises InvalidRequestError, NotFoundError or IllegalStateError."""
    request = expanded.request
    resolved = resolve_model(backend, request.model, request.makes)
    background = request.background or resolved.model.backgrounds[0]
    errors = [
        *_check_edit(backend, origin, expanded, resolved),
        *_check_background(backend, request, resolved),
    ]
    return plan_several(
        backend,
        origin,
        expanded,
        resolved,
        errors,
        edit_of=request.edit_of.path if request.edit_of else None,
        is_transparent=background == "transparent",
    )


def _check_edit(
    backend: Backend, origin: Origin, expanded: Expanded[GenerateImage], resolved: Resolved
) -> list[FieldError]:
    edited, model = expanded.request.edit_of, resolved.model
    if edited is None or model.makes is not expanded.request.makes:
        return []
    if not model.edits_pictures:
        able = [n for n in _usable(backend, expanded.request) if _edits(backend, n)]
        return [FieldError("editOf", f"{resolved.id} edits no pictures; {_listed(able)}")]
    errors = []
    if origin.repeats is None:
        errors += check_picture(origin.caller, "editOf", edited)
    # Too many references are told of where they are checked.
    if len(expanded.references) == model.references_max:
        most = model.references_max - 1
        message = f"beside the picture to edit the model takes at most {most}"
        errors.append(FieldError("references", message))
    return errors


def _check_background(
    backend: Backend, request: GenerateImage, resolved: Resolved
) -> list[FieldError]:
    model, wanted = resolved.model, request.background
    if wanted is None or model.makes is not request.makes or wanted in model.backgrounds:
        return []
    models = backend.catalogue.models
    able = [n for n in _usable(backend, request) if wanted in models[n].backgrounds]
    return [FieldError("background", f"{resolved.id} makes none that is {wanted}; {_listed(able)}")]


def _usable(backend: Backend, request: GenerateImage) -> list[str]:
    return usable_models(backend, request.makes)


def _edits(backend: Backend, name: str) -> bool:
    return backend.catalogue.models[name].edits_pictures


def _listed(able: list[str]) -> str:
    return f"these do: {', '.join(able)}" if able else "no model here does"
