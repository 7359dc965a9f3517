"""What the plans of all kinds share: the origin of a submission, and the plan that is made of it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mediaforge.contract.requests import SEED_MAX, as_sent
from mediaforge.domain.catalogue import Resolved, Tier
from mediaforge.domain.errors import (
    FieldError,
    InvalidRequestError,
    ModelNotInTierError,
    PriorityNotInTierError,
)
from mediaforge.domain.jobs.job import Job, Priority
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.plans.expansion import Expanded


@dataclass(frozen=True, slots=True)
class Origin:
    """Who submits, who pays, when, and what the job is called. `repeats` is the job that it repeats;
    `batch_id` and `row` say of which row it is."""

    caller: Caller
    job_id: str
    account_id: str
    now: datetime
    request_hash: str
    repeats: Job | None = None
    batch_id: str | None = None
    row: int | None = None

    @property
    def retry_of(self) -> str | None:
        """A row that is run once more says so by its attempt."""
        return self.repeats.id if self.repeats is not None and self.row is None else None


@dataclass(frozen=True, slots=True)
class Plan:
    """A job that may be submitted, and what the caller should be told. `part` is the part of the request that
    asks for it; empty where the whole request does."""

    job: Job
    notes: tuple[str, ...]
    part: str = ""


def resolve_model(backend: Backend, name: str | None, kind: JobKind) -> Resolved:
    """The model of that name, or the default of its kind. Raises InvalidRequestError."""
    catalogue = backend.catalogue
    default = catalogue.default_model(
        kind.value, backend.clock.now().date(), is_emulated=backend.is_emulated
    )
    try:
        return catalogue.resolve(name or default)
    except InvalidRequestError:
        raise InvalidRequestError.of(
            "model", f"there is no such model; {_offer(backend, kind)}"
        ) from None


def usable_models(backend: Backend, kind: JobKind, among: Iterable[str] | None = None) -> list[str]:
    """The models, of these or of all, that make this kind and are set up here."""
    models = backend.catalogue.models
    return [
        name
        for name in sorted(models if among is None else among)
        if models[name].makes is kind and models[name].provider in backend.providers
    ]


def _offer(backend: Backend, kind: JobKind) -> str:
    usable = ", ".join(usable_models(backend, kind))
    return f"for {kind.plural} there are {usable}" if usable else f"none here makes {kind.plural}"


def check_model(backend: Backend, resolved: Resolved, kind: JobKind) -> list[FieldError]:
    model, errors = resolved.model, []
    if model.makes is not kind:
        makes = f"is for {model.makes.plural}" if model.makes else "answers in words"
        message = f"{resolved.id} {makes}, not for {kind.plural}; {_offer(backend, kind)}"
        errors.append(FieldError("model", message))
    elif model.provider not in backend.providers:
        message = f"the provider {model.provider} of {resolved.id} is not set up here"
        errors.append(FieldError("model", f"{message}; {_offer(backend, kind)}"))
    return errors


def check_tier(backend: Backend, tier: Tier, job: Job) -> None:
    """Raises ModelNotInTierError, PriorityNotInTierError."""
    if job.model not in tier.models:
        models, plural = usable_models(backend, job.kind, tier.models), job.kind.plural
        has = f"which has {', '.join(models)} for {plural}" if models else f"which has no {plural}"
        raise ModelNotInTierError(
            f"The model {job.model} is not part of the tier {tier.title}, {has}.",
            model=job.model,
            models=models,
        )
    check_priority(tier, Priority.of_rank(job.priority))


def check_priority(tier: Tier, priority: Priority) -> None:
    """Raises PriorityNotInTierError."""
    if priority.value not in tier.priorities:
        allowed = ", ".join(tier.priorities)
        raise PriorityNotInTierError(
            f"The priority {priority.value} is not part of the tier {tier.title}, which has {allowed}.",
            priority=priority.value,
            priorities=list(tier.priorities),
        )


def new_job(
    backend: Backend,
    origin: Origin,
    resolved: Resolved,
    kind: JobKind,
    expanded: Expanded[Any],
    price_credits: int,
    **fields: Any,
) -> Job:
    """A job with `fields`, and with all that a job of every kind has."""
    now, count = origin.now, fields.get("count", 1)
    starts_at = fields.get("not_before")
    return Job(
        id=origin.job_id,
        kind=kind,
        user_id=origin.caller.uid,
        account_id=origin.account_id,
        model=resolved.id,
        provider=resolved.model.provider,
        queue=resolved.model.queue,
        request_data=as_sent(expanded.sent),
        request_hash=origin.request_hash,
        price_credits=price_credits,
        estimated_credits=price_credits * count,
        asset_token=backend.new_id(),
        created_at=now,
        modified=now,
        expires_at=(starts_at or now) + timedelta(hours=backend.catalogue.limits.job_age_h_max),
        due_at=None,
        retry_of=origin.retry_of,
        asked_as=origin.caller.asked_as,
        filled=expanded.filled,
        references=expanded.references,
        pack=expanded.pack,
        template=expanded.template,
        batch_id=origin.batch_id,
        row=origin.row,
        run_s_max=resolved.model.run_s_max,
        bills=resolved.model.bills,
        cancel_stops_bill=resolved.model.cancel_stops_bill,
        **{"count": count, "seed": seed_of(None, origin.job_id), **fields},
    )


def seed_of(asked: int | None, job_id: str) -> int:
    if asked is not None:
        return asked
    return int(hashlib.sha256(job_id.encode()).hexdigest()[:8], 16) % SEED_MAX


def notes_of(resolved: Resolved) -> tuple[str, ...]:
    return (resolved.note,) if resolved.note else ()
