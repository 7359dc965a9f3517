"""Which model takes the place of one that its owner has shut down while a job waited for it."""

from mediaforge.contract import documents as at
from mediaforge.domain import retirement
from mediaforge.domain.catalogue import Catalogue, Model, VideoOptions
from mediaforge.domain.jobs.job import Job, VideoChoice
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.jobs.prompts import whole_prompt
from mediaforge.domain.jobs.states import Heir
from mediaforge.domain.library import generated
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.plans import fits_brand
from mediaforge.services.jobs.plans.sources import is_too_long, of_view

MODEL_RETIRED = "model-retired"
"""The code of a provider's answer that there is no such model, or no longer."""


def heir_of(backend: Backend, job: Job) -> Heir | None:
    """What the job's model leads to by its alias, at the smaller of both prices; None where that is nothing,
    where the job has taken this way once already, where the model's end is not near, so that its provider's
    answer has another reason, or where the other model would not make exactly what was agreed, in the same
    queue, for what was agreed, for an account of that tier. Raises BusyError."""
    catalogue, alias = backend.catalogue, backend.catalogue.aliases.get(job.model)
    if alias is None or job.replaced is not None or not _may_be_gone(backend, job):
        return None
    model = catalogue.models[alias.model]
    can_do = _has_its_queue(catalogue, job, alias.model) and _makes_the_same(catalogue, job, model)
    if not can_do or not _may_do(backend, job, alias.model):
        return None
    return Heir(
        model=alias.model,
        provider=model.provider,
        price_credits=_price_of(job, model),
        run_s_max=model.run_s_max,
        bills=model.bills,
        cancel_stops_bill=model.cancel_stops_bill,
        note=alias.note,
    )


def _may_be_gone(backend: Backend, job: Job) -> bool:
    """A model that is asked for at a place where it is not offered is "not found" in the same words as one
    that was shut down: so this goes by the calendar, too."""
    model = backend.catalogue.models.get(job.model)
    return model is None or retirement.is_near(model.retires, backend.clock.now().date())


def _has_its_queue(catalogue: Catalogue, job: Job, model_id: str) -> bool:
    """A job keeps its queue as long as it has its slot."""
    return job.lane is not None and catalogue.queue_of(model_id, job.lane) == job.queue


# ---- what the catalogue tells --------------------------------------------------------------------


def _makes_the_same(catalogue: Catalogue, job: Job, model: Model) -> bool:
    return (
        model.makes is job.kind
        and job.count <= model.count_max
        and job.references_used <= model.references_max
        and len(job.references) >= model.references_min
        and (job.edit_of is None or model.edits_pictures)
        and ("transparent" if job.is_transparent else "opaque") in model.backgrounds
        and (job.brand_id is None or job.kind is JobKind.TRAINING or model.takes_brands)
        and (job.training is None or job.training.base_model == model.base_model)
        and _has_size(catalogue, job, model)
        and _keeps_the_same(catalogue, job, model)
        and _reads_the_same(job, model)
        and (job.video is None or _films_the_same(job, job.video, model.video))
        and _is_paid_for(job, model)
    )


def _is_paid_for(job: Job, model: Model) -> bool:
    """Whether what was agreed is the other model's price, or at least what the other costs us."""
    if _price_of(job, model) <= job.price_credits:
        return True
    length_s = job.video.duration_s if job.video else None
    cost_ct = model.cost_ct_of(job.size_name, length_s, job.references_used)
    return cost_ct is not None and cost_ct <= job.price_credits


def _price_of(job: Job, model: Model) -> int:
    return model.price_of(job.size_name, job.video.duration_s if job.video else None)


def _has_size(catalogue: Catalogue, job: Job, model: Model) -> bool:
    if not model.sizes:
        return not job.size_name
    table = catalogue.sizes[model.sizes]
    if job.size_name not in model.size_names or job.aspect_ratio not in table.px:
        return False
    return table.size_px(job.aspect_ratio, job.size_name) == (job.width_px, job.height_px)


def _keeps_the_same(catalogue: Catalogue, job: Job, model: Model) -> bool:
    """Whether both go on from their reference, or both draw anew."""
    before = catalogue.models.get(job.model)
    kept = (before.keeps_ratio, before.enlarges is not None) if before else (False, False)
    return kept == (model.keeps_ratio, model.enlarges is not None)


def _reads_the_same(job: Job, model: Model) -> bool:
    if model.words is None:
        return True
    video, is_edit = job.video, job.edit_of is not None
    frames = (video.first_frame, video.last_frame) if video is not None else ()
    prompt = whole_prompt(
        str(job.wanted.get("prompt", "")),
        job.style or "",
        modes=[each["mode"] for each in job.references],
        edits=is_edit,
    )
    has_pictures = bool(job.references) or is_edit or any(frames)
    left_out = job.negative_prompt or ""
    return not any(model.words.faults(prompt, left_out, has_pictures=has_pictures))


def _films_the_same(job: Job, wanted: VideoChoice, offered: VideoOptions | None) -> bool:
    if offered is None or wanted.fps not in offered.fps:
        return False
    has_sound = offered.has_audio if wanted.has_audio else not offered.always_has_audio
    if wanted.extend_of is not None:
        return has_sound and _extends_the_same(job, wanted, offered)
    has_frames = bool(wanted.first_frame or wanted.last_frame)
    needed_s = offered.references_duration_s if job.references else None
    longest_s = offered.frames_duration_s_max if has_frames else None
    return (
        has_sound
        and wanted.duration_s in offered.durations_s
        and wanted.duration_s <= (longest_s or wanted.duration_s)
        and needed_s in (None, wanted.duration_s)
        and (offered.takes_first_frame or not wanted.first_frame)
        and (offered.takes_last_frame or not wanted.last_frame)
        and (offered.takes_last_frame_alone or bool(wanted.first_frame) or not wanted.last_frame)
        and (offered.takes_frames_with_references or not (has_frames and job.references))
    )


def _extends_the_same(job: Job, wanted: VideoChoice, offered: VideoOptions) -> bool:
    extends = offered.extends
    return (
        extends is not None
        and wanted.duration_s in extends.adds_s
        and job.size_name in (extends.size_names or (job.size_name,))
    )


# ---- what documents tell -------------------------------------------------------------------------


def _may_do(backend: Backend, job: Job, model_id: str) -> bool:
    read, catalogue = backend.documents.get, backend.catalogue
    account, model = read(at.account(job.account_id)), catalogue.models[model_id]
    if account is None or model_id not in catalogue.tier_of(account.tier).models:
        return False
    brand_id = job.brand_id if job.kind is not JobKind.TRAINING else None
    brand = read(at.brand(brand_id)) if brand_id is not None else None
    return fits_brand(model, brand) and not _is_too_long(backend, job, model)


def _is_too_long(backend: Backend, job: Job, model: Model) -> bool:
    """Whether the video that the job extends is longer than one that the model extends, as far as its view
    tells."""
    extends = model.video.extends if model.video else None
    path = job.video.extend_of if job.video else None
    name = generated.read_path(path, (JobKind.VIDEO,)) if path is not None else None
    if extends is None or name is None:
        return False
    view = backend.documents.get(at.as_stored(at.view_of(name.uid, name.kind, name.job_id)))
    source = of_view(view) if view is not None else None
    return source is not None and is_too_long(source, extends)
