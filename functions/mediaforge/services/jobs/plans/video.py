"""Plans of videos: their length, frame rate, sound, and the pictures that they begin and end with."""

from collections.abc import Iterable

from mediaforge.contract.requests import GenerateVideo
from mediaforge.domain.catalogue import Model, VideoOptions
from mediaforge.domain.errors import FieldError, InvalidRequestError
from mediaforge.domain.jobs.job import VideoChoice
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.plans.expansion import Expanded
from mediaforge.services.jobs.plans.generation import (
    check_generation,
    generation_job,
    size_of,
)
from mediaforge.services.jobs.plans.origin import Origin, Plan, notes_of, resolve_model
from mediaforge.services.jobs.plans.references import check_picture


def plan_video(backend: Backend, origin: Origin, expanded: Expanded[GenerateVideo]) -> Plan:
    """Raises InvalidRequestError, NotFoundError or IllegalStateError."""
    request, has_references = expanded.request, bool(expanded.references)
    resolved = resolve_model(backend, request.model, request.makes)
    model, options = resolved.model, resolved.model.video
    errors = check_generation(backend, origin, expanded, resolved)
    if options is not None:
        errors += _check_options(request, model, options, has_references=has_references)
        errors += _check_frames(origin.caller, request, options, has_references=has_references)
    if errors or options is None:
        raise InvalidRequestError(errors)
    size = size_of(backend, model, request, request.resolution)
    choice = _choose(request, options, has_references=has_references)
    job = generation_job(
        backend,
        origin,
        resolved,
        expanded,
        size,
        model.price_of(size.name, choice.duration_s),
        video=choice,
    )
    return Plan(job, notes_of(resolved))


def _choose(request: GenerateVideo, options: VideoOptions, *, has_references: bool) -> VideoChoice:
    usual_s = options.durations_s[0]
    if has_references and options.references_duration_s is not None:
        usual_s = options.references_duration_s
    if (request.first_frame or request.last_frame) and options.frames_duration_s_max is not None:
        usual_s = min(usual_s, options.frames_duration_s_max)
    wants_audio = request.generate_audio
    return VideoChoice(
        duration_s=request.duration_seconds or usual_s,
        fps=request.fps or options.fps[0],
        has_audio=options.has_audio if wants_audio is None else wants_audio,
        first_frame=request.first_frame.path if request.first_frame else None,
        last_frame=request.last_frame.path if request.last_frame else None,
    )


def _check_options(
    request: GenerateVideo, model: Model, options: VideoOptions, *, has_references: bool
) -> list[FieldError]:
    errors = []
    length_s = request.duration_seconds
    has_frames = request.first_frame is not None or request.last_frame is not None
    if length_s is not None and length_s not in options.durations_s:
        errors.append(
            FieldError("durationSeconds", f"the model has {_listed(options.durations_s)}")
        )
    elif length_s and has_references and options.references_duration_s not in (None, length_s):
        needed = options.references_duration_s
        errors.append(FieldError("durationSeconds", f"with references it has to be {needed}"))
    elif length_s and has_frames and (most := options.frames_duration_s_max) and length_s > most:
        errors.append(FieldError("durationSeconds", f"with frames it is at most {most}"))
    if request.fps is not None and request.fps not in options.fps:
        errors.append(FieldError("fps", f"the model has {_listed(options.fps)}"))
    if request.resolution is not None and request.resolution not in model.size_names:
        errors.append(FieldError("resolution", f"the model has {_listed(model.size_names)}"))
    elif request.resolution is not None and request.width is not None:
        errors.append(FieldError("resolution", "give resolution, or width and height, not both"))
    if request.generate_audio and not options.has_audio:
        errors.append(FieldError("generateAudio", "the model makes no sound"))
    return errors


def _check_frames(
    caller: Caller, request: GenerateVideo, options: VideoOptions, *, has_references: bool
) -> list[FieldError]:
    errors = []
    frames = [
        ("firstFrame", request.first_frame, options.takes_first_frame),
        ("lastFrame", request.last_frame, options.takes_last_frame),
    ]
    is_alone = request.first_frame is None
    for field, frame, is_taken in frames:
        if frame is None:
            continue
        if not is_taken:
            errors.append(FieldError(field, "the model takes none"))
        elif has_references and not options.takes_frames_with_references:
            errors.append(FieldError(field, "the model takes frames or references, not both"))
        elif is_alone and not options.takes_last_frame_alone:
            errors.append(FieldError(field, "the model takes it together with a firstFrame only"))
        errors += check_picture(caller, field, frame)
    return errors


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))
