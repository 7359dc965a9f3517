"""Trainings: a brand is learned from pictures. The brand has the id of the job that trains it."""

from mediaforge.contract.requests import TrainBrand
from mediaforge.domain.errors import FieldError, InvalidRequestError
from mediaforge.domain.jobs.job import TrainingChoice
from mediaforge.domain.jobs.prompt_tags import has_tags
from mediaforge.domain.library.brands import trigger_of
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.plans.expansion import Expanded
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


def plan_training(backend: Backend, origin: Origin, expanded: Expanded[TrainBrand]) -> Plan:
    """Raises InvalidRequestError."""
    request = expanded.request
    resolved = resolve_model(backend, None, request.makes)
    errors = [
        *check_model(backend, resolved, request.makes),
        *check_references(backend, origin, expanded, resolved),
    ]
    # The same picture again teaches nothing new.
    different = len({reference["path"] for reference in expanded.references})
    if different < REFERENCES_MIN:
        message = (
            f"at least {REFERENCES_MIN} different ones, together with those of a referencePackId"
        )
        errors.append(FieldError("references", message))
    if not backend.is_emulated and has_tags(request.name):
        errors.append(FieldError("name", "test tags like [[sleep:1]] work on the emulators only"))
    if errors:
        raise InvalidRequestError(errors)
    base_model = resolved.model.base_model
    job = new_job(
        backend,
        origin,
        resolved,
        request.makes,
        expanded,
        resolved.model.price_credits,
        team_id=request.team_id,
        brand_id=origin.job_id,
        copies_references=True,
        training=TrainingChoice(base_model, trigger_of(origin.job_id)) if base_model else None,
    )
    return Plan(job, notes_of(resolved))
