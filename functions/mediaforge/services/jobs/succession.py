"""Which model takes the place of one that its owner has shut down while a job waited for it."""

from mediaforge.domain.catalogue import Catalogue, Model, VideoOptions
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.jobs.states import Heir

MODEL_RETIRED = "model-retired"
"""The code of a provider's answer that there is no such model any more."""


def heir_of(catalogue: Catalogue, job: Job) -> Heir | None:
    """What the job's model leads to by its alias; None where that is nothing, where the job has taken this
    way once already, or where the other model would not make exactly what was agreed, in the same queue, for
    as much or less."""
    alias = catalogue.aliases.get(job.model)
    if alias is None or job.replaced is not None:
        return None
    model = catalogue.models[alias.model]
    if not _makes_the_same(catalogue, job, model) or not _has_its_queue(
        catalogue, job, alias.model
    ):
        return None
    return Heir(
        model=alias.model,
        provider=model.provider,
        run_s_max=model.run_s_max,
        bills=model.bills,
        cancel_stops_bill=model.cancel_stops_bill,
        note=alias.note,
    )


def _has_its_queue(catalogue: Catalogue, job: Job, model_id: str) -> bool:
    """A job keeps its queue as long as it has its slot."""
    return job.lane is not None and catalogue.queue_of(model_id, job.lane) == job.queue


def _makes_the_same(catalogue: Catalogue, job: Job, model: Model) -> bool:
    length_s = job.video.duration_s if job.video else None
    return (
        model.makes is job.kind
        and job.count <= model.count_max
        and len(job.references) + (job.edit_of is not None) <= model.references_max
        and len(job.references) >= model.references_min
        and (job.edit_of is None or model.edits_pictures)
        and ("transparent" if job.is_transparent else "opaque") in model.backgrounds
        and (job.brand_id is None or model.takes_brands)
        and _has_size(catalogue, job, model)
        and (job.video is None or _films_the_same(job, model))
        and model.price_of(job.size_name, length_s) <= job.price_credits
    )


def _has_size(catalogue: Catalogue, job: Job, model: Model) -> bool:
    if not model.sizes:
        return not job.size_name
    table = catalogue.sizes[model.sizes]
    if job.size_name not in model.size_names or job.aspect_ratio not in table.px:
        return False
    return table.size_px(job.aspect_ratio, job.size_name) == (job.width_px, job.height_px)


def _films_the_same(job: Job, model: Model) -> bool:
    wanted, offered = job.video, model.video
    if wanted is None or offered is None:
        return False
    has_frames = bool(wanted.first_frame or wanted.last_frame)
    needed_s = offered.references_duration_s if job.references else None
    longest_s = offered.frames_duration_s_max if has_frames else None
    if wanted.extend_of is not None:
        return _extends_the_same(job, offered)
    return (
        wanted.duration_s in offered.durations_s
        and wanted.duration_s <= (longest_s or wanted.duration_s)
        and needed_s in (None, wanted.duration_s)
        and wanted.fps in offered.fps
        and (offered.has_audio or not wanted.has_audio)
        and (offered.takes_first_frame or not wanted.first_frame)
        and (offered.takes_last_frame or not wanted.last_frame)
        and (offered.takes_last_frame_alone or bool(wanted.first_frame) or not wanted.last_frame)
        and (offered.takes_frames_with_references or not (has_frames and job.references))
    )


def _extends_the_same(job: Job, offered: VideoOptions) -> bool:
    wanted, extends = job.video, offered.extends
    if wanted is None or extends is None:
        return False
    return (
        wanted.duration_s in extends.adds_s
        and job.size_name in (extends.size_names or (job.size_name,))
        and wanted.fps in offered.fps
        and (offered.has_audio or not wanted.has_audio)
    )
