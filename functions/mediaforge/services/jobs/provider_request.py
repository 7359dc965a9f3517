"""What a provider is asked for: the job's request with its style, references, brand and attempt. What was
agreed at the submission is on the job; today's catalogue says only how long a start may take, what a worker
of our own is told, and the style of a job of an earlier version."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial

from mediaforge.contract import documents as at
from mediaforge.domain.errors import RejectedError
from mediaforge.domain.jobs.job import Job, Priority
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.ports.provider import (
    ProviderRequest,
    ReferenceImage,
    TrainedBrand,
    TrainingSpec,
    VideoSpec,
    WorkerSpec,
)
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.assets import scratch_path
from mediaforge.services.jobs.load_picture import load_picture
from mediaforge.services.jobs.plans.generation import left_out

_CONTENT_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
}


def provider_request(backend: Backend, job: Job) -> ProviderRequest:
    """Raises RejectedError where the job's brand or style is gone, unless the provider has begun already:
    then it needs neither any more."""
    wanted, (style, negative_prompt) = job.wanted, _style(backend, job)
    return ProviderRequest(
        job_id=job.id,
        user_id=job.user_id,
        kind=job.kind.value,
        model=job.model,
        prompt=wanted.get("prompt", ""),
        negative_prompt=negative_prompt,
        style_id=wanted.get("styleId"),
        style=style,
        aspect_ratio=job.aspect_ratio,
        width_px=job.width_px,
        height_px=job.height_px,
        size=job.size_name,
        count=job.count,
        seed=job.seed,
        attempt=job.attempts,
        snoozes=job.snoozes,
        limited_s=_seconds_since(backend, job.limited_since),
        begun_s=_seconds_since(backend, job.begun_at) or 0.0,
        failed_handles=job.failed_handles,
        scratch_uri=backend.media.uri(f"{scratch_path(job)}{job.attempts}/"),
        references=_references(backend, job.references),
        edit_of=_whole(backend, job.edit_of),
        is_transparent=job.is_transparent,
        video=_video(backend, job),
        brand=_brand(backend, job) if job.handle is None else None,
        name=wanted.get("name", ""),
        webhook_url=backend.webhook_url(job),
        start_s_max=_start_limit_s(backend, job),
        worker=_worker(backend, job),
        training=_training(job),
    )


def _seconds_since(backend: Backend, since: datetime | None) -> float | None:
    return (backend.clock.now() - since).total_seconds() if since is not None else None


def _start_limit_s(backend: Backend, job: Job) -> int | None:
    model = backend.catalogue.models.get(job.model)
    return model.start_limit_s(job.size_name) if model else None


def _worker(backend: Backend, job: Job) -> WorkerSpec | None:
    model = backend.catalogue.models.get(job.model)
    options = model.worker if model else None
    if options is None:
        return None
    return WorkerSpec(
        execution_s=options.execution_s,
        ttl_s=options.ttl_s,
        is_low_priority=Priority.of_rank(job.priority).value in options.low_priority_for,
        steps=options.steps,
        guidance_scale=options.guidance_scale,
        lora_scale=options.lora_scale,
        has_own_endpoint=options.has_own_endpoint,
    )


def _training(job: Job) -> TrainingSpec | None:
    choice = job.training
    return TrainingSpec(choice.base_model, choice.trigger) if choice is not None else None


def _references(
    backend: Backend, references: Iterable[Mapping[str, str]]
) -> tuple[ReferenceImage, ...]:
    return tuple(_reference(backend, each["path"], each["mode"]) for each in references)


def _reference(backend: Backend, path: str, mode: str) -> ReferenceImage:
    content_type = _CONTENT_TYPES[path.rpartition(".")[2].lower()]
    load = partial(load_picture, backend, path)
    return ReferenceImage(path, backend.media.uri(path), content_type, mode, load)


def _whole(backend: Backend, path: str | None) -> ReferenceImage | None:
    return _reference(backend, path, "style_and_composition") if path is not None else None


def _video(backend: Backend, job: Job) -> VideoSpec | None:
    choice = job.video
    if choice is None:
        return None
    return VideoSpec(
        choice.duration_s,
        choice.fps,
        job.size_name,
        choice.has_audio,
        first_frame=_whole(backend, choice.first_frame),
        last_frame=_whole(backend, choice.last_frame),
        extend_of=_whole(backend, choice.extend_of),
    )


def _brand(backend: Backend, job: Job) -> TrainedBrand | None:
    if job.brand_id is None or job.kind is JobKind.TRAINING:
        return None
    brand = backend.documents.get(at.brand(job.brand_id))
    if brand is None:
        raise RejectedError("brand-missing", f"There is no brand {job.brand_id} any more.")
    return TrainedBrand(
        brand.id,
        brand.name,
        brand.model_uri,
        _references(backend, brand.shown),
        brand.base_model,
        brand.trigger,
    )


def _style(backend: Backend, job: Job) -> tuple[str, str]:
    """The words of the style, and what the result must not show. A job of an earlier version kept neither:
    where its style has left the catalogue, the job is refused rather than made without the style."""
    if job.style is not None and job.negative_prompt is not None:
        return job.style, job.negative_prompt
    style_id = job.request_data.get("styleId")
    style = backend.catalogue.styles.get(style_id or "")
    if style_id is not None and style is None and job.handle is None:
        raise RejectedError("style-missing", f"There is no style {style_id} any more.")
    asked = job.request_data.get("negativePrompt")
    return style.prompt if style else "", left_out(asked, style)
