"""Images."""

from mediaforge.contract.requests import GenerateImage
from mediaforge.domain.errors import FieldError, InvalidRequestError
from mediaforge.domain.jobs.job import JobKind
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.plans.generation import (
    check_companions,
    check_generation,
    generation_job,
    size_of,
)
from mediaforge.services.jobs.plans.origin import Origin, Plan, notes_of, resolve_model


def plan_image(backend: Backend, origin: Origin, request: GenerateImage) -> Plan:
    """Raises InvalidRequestError, NotFoundError or IllegalStateError."""
    resolved = resolve_model(backend, request.model, JobKind.IMAGE)
    model = resolved.model
    errors = check_generation(backend, origin, request, resolved, JobKind.IMAGE)
    if model.kind == "image" and request.count > model.count_max:
        errors.append(FieldError("count", f"{resolved.id} makes at most {model.count_max} at once"))
    if errors:
        raise InvalidRequestError(errors)
    check_companions(backend, origin.caller, request)
    size = size_of(backend, model, request)
    job = generation_job(
        backend,
        origin,
        resolved,
        JobKind.IMAGE,
        request,
        size,
        model.price_of(size.name),
        count=request.count,
    )
    return Plan(job, notes_of(resolved))
