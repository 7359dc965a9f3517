"""What a provider is asked for: the job's request with its style, references and attempt."""

from mediaforge.domain.errors import RejectedError
from mediaforge.domain.jobs import Job
from mediaforge.ports import ProviderRequest, ReferenceImage
from mediaforge.services.backend import Backend


def provider_request(backend: Backend, job: Job) -> ProviderRequest:
    sent = job.request_data
    style = backend.catalogue.styles.get(sent.get("styleId", ""))
    negative = [sent.get("negativePrompt", ""), style.negative_prompt if style else ""]
    return ProviderRequest(
        job_id=job.id,
        model=job.model,
        prompt=sent["prompt"],
        negative_prompt=", ".join(part for part in negative if part),
        style_id=sent.get("styleId"),
        width_px=job.width_px,
        height_px=job.height_px,
        count=job.count,
        seed=job.seed,
        attempt=job.attempts,
        snoozes=job.snoozes,
        references=[_load_reference(backend, r["path"], r["mode"]) for r in job.references],
    )


def _load_reference(backend: Backend, path: str, mode: str) -> ReferenceImage:
    content = backend.media.load(path)
    if content is None:
        raise RejectedError("reference-missing", f"There is no file at {path}.")
    return ReferenceImage(content, mode)
