"""From a valid payload to a job, or a refusal that names the field. Pure but for ids and the seed."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from mediaforge.contract.requests import SEED_MAX, GenerateImage, as_sent
from mediaforge.domain.catalogue import Model, Resolved, Tier
from mediaforge.domain.errors import (
    FieldError,
    InvalidRequestError,
    ModelNotInTierError,
    NotFoundError,
)
from mediaforge.domain.jobs import Job, JobKind
from mediaforge.domain.prompt_tags import has_tags
from mediaforge.services.backend import Backend, Caller

_REFERENCE = re.compile(r"references/(?P<uid>[^/]+)/[^/\x00-\x1f\x7f]+\.(?:png|jpg|jpeg|webp)")
_PATH_BYTES_MAX = 1024


@dataclass(frozen=True, slots=True)
class Plan:
    """A job that may be submitted, and what the caller should be told."""

    job: Job
    notes: tuple[str, ...]


def plan_image(
    backend: Backend,
    caller: Caller,
    request: GenerateImage,
    job_id: str,
    account_id: str,
    now: datetime,
    retry_of: str | None = None,
) -> Plan:
    """Raises InvalidRequestError or NotFoundError."""
    resolved = backend.catalogue.resolve(request.model or _default_model(backend))
    _check(backend, caller, request, resolved, now)
    width_px, height_px = _size_px(backend, resolved.model, request)
    starts_at = (
        request.scheduled_at if request.scheduled_at and request.scheduled_at > now else None
    )
    job = Job(
        id=job_id,
        kind=JobKind.IMAGE,
        user_id=caller.uid,
        account_id=account_id,
        model=resolved.id,
        provider=resolved.model.provider,
        queue=resolved.model.queue,
        request_data=as_sent(request),
        request_hash=image_request_hash(request),
        seed=_seed(request, job_id),
        width_px=width_px,
        height_px=height_px,
        count=request.count,
        price_credits=resolved.model.price_credits,
        estimated_credits=resolved.model.price_credits * request.count,
        asset_token=backend.new_id(),
        created_at=now,
        modified=now,
        expires_at=(starts_at or now) + timedelta(hours=backend.catalogue.limits.job_age_h_max),
        due_at=None,
        priority=request.priority.rank,
        not_before=starts_at,
        retry_of=retry_of,
        team_id=request.team_id,
        references=tuple({"path": r.path, "mode": r.mode} for r in request.references),
    )
    return Plan(job, (resolved.note,) if resolved.note else ())


def check_tier(tier: Tier, job: Job, priority: str) -> None:
    """Raises ModelNotInTierError, or InvalidRequestError for a priority the tier does not have."""
    if job.model not in tier.models:
        raise ModelNotInTierError(
            f"The model {job.model} is not part of the tier {tier.title}.",
            model=job.model,
            models=list(tier.models),
        )
    if priority not in tier.priorities:
        allowed = ", ".join(tier.priorities)
        raise InvalidRequestError.of("priority", f"the tier {tier.title} has {allowed}")


def image_request_hash(request: GenerateImage) -> str:
    """Two requests are the same when this is: the callable and what was sent, but for `requestId`."""
    sent = {name: value for name, value in as_sent(request).items() if name != "requestId"}
    text = json.dumps(["generateImage", sent], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def job_id_of(caller: Caller, request_id: str) -> str:
    """The job of a `requestId` is known before it is looked up: sent again, it meets itself."""
    return hashlib.sha256(f"{caller.uid}\n{request_id}".encode()).hexdigest()[:24]


def _default_model(backend: Backend) -> str:
    defaults = backend.catalogue.defaults
    return defaults.emulators_image if backend.is_emulated else defaults.image


def _check(
    backend: Backend, caller: Caller, request: GenerateImage, resolved: Resolved, now: datetime
) -> None:
    errors = [
        *_check_model(backend, request, resolved),
        *_check_references(caller, request, resolved.model),
        *_check_schedule(backend, request, now),
    ]
    if request.style_id is not None and request.style_id not in backend.catalogue.styles:
        known = ", ".join(sorted(backend.catalogue.styles))
        errors.append(FieldError("styleId", f"there is no such style; there are {known}"))
    if not backend.is_emulated and has_tags(request.prompt):
        errors.append(FieldError("prompt", "test tags like [[sleep:1]] work on the emulators only"))
    if errors:
        raise InvalidRequestError(errors)
    _check_companions(request)


def _check_companions(request: GenerateImage) -> None:
    # Packs and brands have no documents yet, so none that is named can exist.
    if request.reference_pack_id is not None:
        raise NotFoundError(f"referencePackId: there is no pack {request.reference_pack_id}.")
    if request.brand_id is not None:
        raise NotFoundError(f"brandId: there is no brand {request.brand_id}.")


def _check_model(backend: Backend, request: GenerateImage, resolved: Resolved) -> list[FieldError]:
    model = resolved.model
    errors = []
    if model.kind != "image":
        errors.append(FieldError("model", f"{resolved.id} makes {model.kind}s, not images"))
    if model.provider not in backend.providers:
        message = f"the provider {model.provider} of {resolved.id} is not set up here"
        errors.append(FieldError("model", message))
    if request.count > model.count_max:
        errors.append(FieldError("count", f"{resolved.id} makes at most {model.count_max} at once"))
    return errors


def _check_references(caller: Caller, request: GenerateImage, model: Model) -> list[FieldError]:
    errors = []
    if len(request.references) > model.references_max:
        errors.append(FieldError("references", f"the model takes at most {model.references_max}"))
    for index, reference in enumerate(request.references):
        match = _REFERENCE.fullmatch(reference.path)
        if match is None or match["uid"] != caller.uid or _is_too_long(reference.path):
            message = "must be an upload of yours: references/{your uid}/{file}.{png|jpg|jpeg|webp}"
            errors.append(FieldError(f"references[{index}].path", message))
    return errors


def _is_too_long(path: str) -> bool:
    return len(path.encode()) > _PATH_BYTES_MAX


def _check_schedule(backend: Backend, request: GenerateImage, now: datetime) -> list[FieldError]:
    days_max = backend.catalogue.limits.schedule_days_max
    if request.scheduled_at and request.scheduled_at > now + timedelta(days=days_max):
        return [FieldError("scheduledAt", f"is more than {days_max} days ahead")]
    return []


def _size_px(backend: Backend, model: Model, request: GenerateImage) -> tuple[int, int]:
    sizes = backend.catalogue.sizes[model.sizes]
    if request.width is not None and request.height is not None:
        return _free_size_px(model, request.width, request.height, list(sizes.px.values()))
    ratio = request.aspect_ratio or sizes.default_ratio
    if ratio not in sizes.px:
        known = ", ".join(sizes.px)
        raise InvalidRequestError.of("aspectRatio", f"the model has {known}")
    return sizes.px[ratio]


def _free_size_px(
    model: Model, width: int, height: int, listed: list[tuple[int, int]]
) -> tuple[int, int]:
    if (width, height) in listed:
        return width, height
    bounds = model.free_size_px
    if bounds is None:
        known = ", ".join(f"{w}x{h}" for w, h in listed)
        raise InvalidRequestError.of("width", f"with height must be one of {known}")
    wrong = [
        FieldError(name, f"must be {bounds.min} to {bounds.max} pixels")
        for name, edge_px in (("width", width), ("height", height))
        if not bounds.min <= edge_px <= bounds.max
    ]
    if wrong:
        raise InvalidRequestError(wrong)
    return width, height


def _seed(request: GenerateImage, job_id: str) -> int:
    if request.seed is not None:
        return request.seed
    return int(hashlib.sha256(job_id.encode()).hexdigest()[:8], 16) % SEED_MAX
