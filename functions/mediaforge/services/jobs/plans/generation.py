"""Plans of jobs that are made of a prompt: their size, style, references, brand and schedule."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mediaforge.contract.requests import Generation, SeveralAtOnce
from mediaforge.domain.catalogue import Model, Resolved, Style
from mediaforge.domain.errors import FieldError, InvalidRequestError, OverBudgetError
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.jobs.prompt_tags import has_tags
from mediaforge.domain.jobs.prompts import whole_prompt
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.plans.expansion import Expanded
from mediaforge.services.jobs.plans.origin import (
    Origin,
    Plan,
    check_model,
    new_job,
    notes_of,
    resolve_model,
    seed_of,
)
from mediaforge.services.jobs.plans.references import check_enlarged, check_references


@dataclass(frozen=True, slots=True)
class Size:
    """`name` is the catalogue's (`2K`, `720p`). Every field is empty for a model without sizes."""

    ratio: str
    name: str
    width_px: int
    height_px: int


def plan_generation(backend: Backend, origin: Origin, expanded: Expanded[SeveralAtOnce]) -> Plan:
    """The plan of a kind that asks for nothing of its own. Raises InvalidRequestError, NotFoundError or
    IllegalStateError."""
    request = expanded.request
    return plan_several(
        backend, origin, expanded, resolve_model(backend, request.model, request.makes)
    )


def plan_several(
    backend: Backend,
    origin: Origin,
    expanded: Expanded[Any],
    resolved: Resolved,
    wrong: Iterable[FieldError] = (),
    **fields: object,
) -> Plan:
    """The plan of a job for `count` assets, with `fields` of its kind's own, of which `wrong` is known to be
    wrong. Raises as `plan_generation` does."""
    request, model = expanded.request, resolved.model
    errors = [*check_generation(backend, origin, expanded, resolved), *wrong]
    if model.makes is request.makes and request.count > model.count_max:
        errors.append(FieldError("count", f"{resolved.id} makes at most {model.count_max} at once"))
    if errors:
        raise InvalidRequestError(errors)
    source = expanded.source
    if source is None and model.keeps_ratio and expanded.references:
        source = expanded.look(expanded.references[0]["path"])
    like = source.width_px / source.height_px if source is not None else None
    size = size_of(backend, model, request, like=like)
    if unfit := check_enlarged(model, expanded, source, min(size.width_px, size.height_px)):
        raise InvalidRequestError(unfit)
    price_credits = model.price_of(size.name)
    job = generation_job(
        backend, origin, resolved, expanded, size, price_credits, count=request.count, **fields
    )
    return Plan(job, notes_of(resolved))


def check_generation(
    backend: Backend, origin: Origin, expanded: Expanded[Any], resolved: Resolved
) -> list[FieldError]:
    request: Generation = expanded.request
    errors = [
        *check_model(backend, resolved, request.makes),
        *check_references(backend, origin, expanded, resolved),
        *_check_words(backend, expanded, resolved),
        *_check_schedule(backend, request, origin.now),
    ]
    if request.style_id is not None and request.style_id not in backend.catalogue.styles:
        known = ", ".join(sorted(backend.catalogue.styles))
        errors.append(FieldError("styleId", f"there is no such style; there are {known}"))
    if not backend.is_emulated and has_tags(request.prompt or ""):
        errors.append(FieldError("prompt", "test tags like [[sleep:1]] work on the emulators only"))
    if request.brand_id is not None and not resolved.model.takes_brands:
        errors.append(FieldError("brandId", f"{resolved.id} knows no brands"))
    return errors


def _check_words(
    backend: Backend, expanded: Expanded[Any], resolved: Resolved
) -> Iterator[FieldError]:
    request, words = expanded.request, resolved.model.words
    if words is None or resolved.model.makes is not request.makes:
        return
    style = backend.catalogue.styles.get(request.style_id or "")
    shown = (getattr(request, name, None) for name in ("edit_of", "first_frame", "last_frame"))
    prompt = whole_prompt(
        request.prompt or "",
        style.prompt if style else "",
        modes=[each["mode"] for each in expanded.references],
        edits=getattr(request, "edit_of", None) is not None,
    )
    has_pictures = bool(expanded.references) or any(shown)
    left_out_ = left_out(request.negative_prompt, style)
    for field, message in words.faults(prompt, left_out_, has_pictures=has_pictures):
        yield FieldError(field, message)


def _check_schedule(backend: Backend, request: Generation, now: datetime) -> list[FieldError]:
    days_max = backend.catalogue.limits.schedule_days_max
    if request.scheduled_at and request.scheduled_at > now + timedelta(days=days_max):
        return [FieldError("scheduledAt", f"is more than {days_max} days ahead")]
    return []


def generation_job(
    backend: Backend,
    origin: Origin,
    resolved: Resolved,
    expanded: Expanded[Any],
    size: Size,
    price_credits: int,
    **fields: object,
) -> Job:
    request: Generation = expanded.request
    style = backend.catalogue.styles.get(request.style_id or "")
    job = new_job(
        backend,
        origin,
        resolved,
        request.makes,
        expanded,
        price_credits,
        seed=seed_of(request.seed, origin.job_id),
        width_px=size.width_px,
        height_px=size.height_px,
        aspect_ratio=size.ratio,
        size_name=size.name,
        style=style.prompt if style else "",
        negative_prompt=left_out(request.negative_prompt, style),
        priority=request.priority.rank,
        not_before=_start_of(request, origin.now),
        team_id=request.team_id,
        brand_id=request.brand_id,
        **fields,
    )
    if not request.reuse:  # else it may turn out to cost nothing
        check_told(job)
    return job


def check_told(job: Job) -> None:
    """Raises OverBudgetError where the job costs more than it may, and InvalidRequestError where it costs
    more than its user was told. It is the price that will be held, so nothing comes between."""
    most = job.wanted.get("maxCredits")
    if most is not None and job.estimated_credits > most:
        raise OverBudgetError(job.estimated_credits, most)
    told = job.wanted.get("estimatedCredits")
    if told is not None and job.estimated_credits > told:
        message = f"the request costs {job.estimated_credits} credits now"
        raise InvalidRequestError.of("estimatedCredits", message)


def _start_of(request: Generation, now: datetime) -> datetime | None:
    """When the job is to start, if that is later than now: a plain moment, without the text of a
    `SentMoment`."""
    start = request.scheduled_at
    return datetime.combine(start, start.timetz()) if start is not None and start > now else None


def left_out(asked: str | None, style: Style | None) -> str:
    """What the result must not show, as the user and the style say."""
    parts = (asked, style.negative_prompt if style else "")
    return ", ".join(part for part in parts if part)


def size_of(
    backend: Backend,
    model: Model,
    request: Generation,
    size_name: str | None = None,
    *,
    like: float | None = None,
) -> Size:
    """The size that the request asks for by pixels or by ratio. Without either, the model's ratio that is
    next to `like`, width by height, or its default. Raises InvalidRequestError."""
    if not model.sizes:
        return _no_size(request)
    name = size_name or model.size_names[0]
    if request.width is not None and request.height is not None:
        return free_size(backend, model, request.width, request.height, name)
    table = backend.catalogue.sizes[model.sizes]
    usual = _nearest_ratio(like, list(table.px)) if like else table.default_ratio
    ratio = request.aspect_ratio or usual
    if ratio not in table.px:
        known = ", ".join(table.px)
        raise InvalidRequestError.of("aspectRatio", f"the model has {known}")
    return Size(ratio, name, *table.size_px(ratio, name))


def _no_size(request: Generation) -> Size:
    asked = {"aspectRatio": request.aspect_ratio, "width": request.width}
    if wrong := [FieldError(edge, "the model has no sizes") for edge in asked if asked[edge]]:
        raise InvalidRequestError(wrong)
    return Size("", "", 0, 0)


def listed_sizes(backend: Backend, model: Model, names: Iterable[str]) -> list[Size]:
    """The model's sizes of these names, in every ratio."""
    table = backend.catalogue.sizes[model.sizes]
    return [Size(ratio, each, *table.size_px(ratio, each)) for each in names for ratio in table.px]


def free_size(
    backend: Backend, model: Model, width: int, height: int, name: str | None = None
) -> Size:
    """The size of so many pixels. Raises InvalidRequestError where the model has none."""
    name = name or model.size_names[0]
    table = backend.catalogue.sizes[model.sizes]
    listed = listed_sizes(backend, model, (name, *model.size_names))
    for size in listed:
        if (size.width_px, size.height_px) == (width, height):
            return size
    bounds = model.free_size_px
    if bounds is None:
        known = ", ".join(dict.fromkeys(f"{s.width_px}x{s.height_px}" for s in listed))
        raise InvalidRequestError.of("width", f"with height must be one of {known}")
    wrong = [
        FieldError(edge, f"must be {bounds.min} to {bounds.max} pixels")
        for edge, edge_px in (("width", width), ("height", height))
        if not bounds.has(edge_px)
    ]
    if wrong:
        raise InvalidRequestError(wrong)
    return Size(_nearest_ratio(width / height, list(table.px)), name, width, height)


def _nearest_ratio(asked: float, ratios: list[str]) -> str:
    def distance(ratio: str) -> float:
        across, _, down = ratio.partition(":")
        quotient = int(across) / int(down) / asked
        return max(quotient, 1 / quotient)

    return min(ratios, key=distance)
