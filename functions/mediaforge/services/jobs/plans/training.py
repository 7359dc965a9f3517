"""Trainings: a brand is learned from pictures. The brand has the id of the job that trains it."""

from mediaforge.contract.requests import TrainBrand, as_sent
from mediaforge.domain.errors import FieldError, InvalidRequestError, NotFoundError
from mediaforge.domain.jobs.prompt_tags import has_tags
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.plans.origin import (
    Origin,
    Plan,
    check_model,
    new_job,
    notes_of,
    resolve_model,
)
from mediaforge.services.jobs.plans.references import check_references

REFERENCES_MIN = 5


def plan_training(backend: Backend, origin: Origin, request: TrainBrand) -> Plan:
    """Raises InvalidRequestError or NotFoundError."""
    resolved = resolve_model(backend, None, request.makes)
    errors = [
        *check_model(backend, resolved, request.makes),
        *check_references(origin.caller, request.references, resolved.model.references_max),
    ]
    # The same picture again teaches nothing new.
    different = len({reference.path for reference in request.references})
    if request.reference_pack_id is None and different < REFERENCES_MIN:
        message = f"at least {REFERENCES_MIN} different ones, or a referencePackId"
        errors.append(FieldError("references", message))
    if not backend.is_emulated and has_tags(request.name):
        errors.append(FieldError("name", "test tags like [[sleep:1]] work on the emulators only"))
    if errors:
        raise InvalidRequestError(errors)
    # Packs have no documents yet, so none that is named can exist.
    if request.reference_pack_id is not None:
        raise NotFoundError(f"referencePackId: there is no pack {request.reference_pack_id}.")
    job = new_job(
        backend,
        origin,
        resolved,
        request.makes,
        as_sent(request),
        resolved.model.price_credits,
        team_id=request.team_id,
        brand_id=origin.job_id,
        references=tuple({"path": r.path, "mode": r.mode} for r in request.references),
        copies_references=True,
    )
    return Plan(job, notes_of(resolved))
