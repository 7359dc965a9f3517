"""Plans of videos: their length, frame rate, sound, the pictures that they begin and end with, and the video
that they go on with."""

from collections.abc import Iterable

from mediaforge.contract.requests import GenerateVideo
from mediaforge.domain.catalogue import Extending, Model, Resolved, VideoOptions
from mediaforge.domain.errors import FieldError, InvalidRequestError
from mediaforge.domain.jobs.job import VideoChoice
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.plans.expansion import Expanded
from mediaforge.services.jobs.plans.generation import (
    Size,
    check_generation,
    free_size,
    generation_job,
    listed_sizes,
    size_of,
)
from mediaforge.services.jobs.plans.origin import (
    Origin,
    Plan,
    notes_of,
    resolve_model,
    usable_models,
)
from mediaforge.services.jobs.plans.references import check_film, check_picture
from mediaforge.services.jobs.plans.sources import Source, is_too_long


def plan_video(backend: Backend, origin: Origin, expanded: Expanded[GenerateVideo]) -> Plan:
    """Raises InvalidRequestError, NotFoundError or IllegalStateError."""
    request, has_references = expanded.request, bool(expanded.references)
    resolved = resolve_model(backend, request.model, request.makes)
    model, options = resolved.model, resolved.model.video
    errors = check_generation(backend, origin, expanded, resolved)
    if options is not None and request.extend_of is not None:
        return _plan_extension(backend, origin, expanded, resolved, options, errors)
    if options is not None:
        errors += _check_options(request, model, options, has_references=has_references)
        errors += _check_frames(origin, request, options, has_references=has_references)
    if errors or options is None:
        raise InvalidRequestError(errors)
    size = size_of(backend, model, request, request.resolution)
    choice = _choose(request, options, has_references=has_references)
    return _planned(backend, origin, resolved, expanded, size, choice)


def _planned(
    backend: Backend,
    origin: Origin,
    resolved: Resolved,
    expanded: Expanded[GenerateVideo],
    size: Size,
    choice: VideoChoice,
) -> Plan:
    price_credits = resolved.model.price_of(size.name, choice.duration_s)
    job = generation_job(backend, origin, resolved, expanded, size, price_credits, video=choice)
    return Plan(job, notes_of(resolved))


# ---- a video that goes on with another -------------------------------------------------------------


def _plan_extension(
    backend: Backend,
    origin: Origin,
    expanded: Expanded[GenerateVideo],
    resolved: Resolved,
    options: VideoOptions,
    errors: list[FieldError],
) -> Plan:
    request, model, extends = expanded.request, resolved.model, options.extends
    assert request.extend_of is not None
    if extends is None:
        able = [
            name
            for name in usable_models(backend, request.makes)
            if (video := backend.catalogue.models[name].video) and video.extends
        ]
        which = f"these do: {', '.join(able)}" if able else "no model here does"
        errors.append(FieldError("extendOf", f"{resolved.id} extends no videos; {which}"))
        raise InvalidRequestError(errors)
    if origin.repeats is None:
        errors += check_film("extendOf", request.extend_of)
    size, fps, unfit = _as_the_source(backend, model, options, extends, expanded.source)
    errors += unfit or _check_extension(request, options, extends, size, fps)
    if expanded.references:
        errors.append(FieldError("references", "there are none beside a video to extend"))
    if errors:
        raise InvalidRequestError(errors)
    wants_audio = request.generate_audio
    choice = VideoChoice(
        duration_s=request.duration_seconds or extends.adds_s[0],
        fps=fps,
        has_audio=options.has_audio if wants_audio is None else wants_audio,
        extend_of=request.extend_of.path,
    )
    return _planned(backend, origin, resolved, expanded, size, choice)


def _as_the_source(
    backend: Backend,
    model: Model,
    options: VideoOptions,
    extends: Extending,
    source: Source | None,
) -> tuple[Size, int, list[FieldError]]:
    """The size and the frame rate of the video, and what the model cannot go on with. Of a video that the
    caller may not see nothing is known: it is refused later, and any size will do."""
    sizes = listed_sizes(backend, model, extends.size_names or model.size_names)
    if source is None:
        return sizes[0], options.fps[0], []
    across, down, errors = source.width_px, source.height_px, []
    size = next((s for s in sizes if (s.width_px, s.height_px) == (across, down)), None)
    bounds = model.free_size_px
    is_free = bounds is not None and not extends.size_names
    if size is None and bounds and is_free and bounds.has(across) and bounds.has(down):
        size = free_size(backend, model, across, down)
    if size is None:
        has = ", ".join(dict.fromkeys(f"{s.width_px}x{s.height_px}" for s in sizes))
        if bounds and is_free:
            has = f"edges of {bounds.min} to {bounds.max}"
        errors.append(f"it has {across}x{down} pixels, and the model extends {has}")
    fps = round(source.fps or options.fps[0])
    if fps not in options.fps:
        errors.append(f"it has {fps} frames a second, and the model extends {_listed(options.fps)}")
    if is_too_long(source, extends):
        errors.append(
            f"it has {source.duration_s:.1f} seconds, and the model extends {extends.source_s_max}"
        )
    unfit = [FieldError("extendOf.path", message) for message in errors]
    return size or sizes[0], fps, unfit


def _check_extension(
    request: GenerateVideo, options: VideoOptions, extends: Extending, size: Size, fps: int
) -> list[FieldError]:
    """What is said otherwise than the video has it."""
    errors = [
        FieldError(field, "the video goes on where the other one ends: it has no frames of its own")
        for field, frame in (("firstFrame", request.first_frame), ("lastFrame", request.last_frame))
        if frame is not None
    ]
    if request.duration_seconds not in (None, *extends.adds_s):
        message = f"to a video the model adds {_listed(extends.adds_s)}"
        errors.append(FieldError("durationSeconds", message))
    said = {
        "aspectRatio": (request.aspect_ratio, size.ratio),
        "width": (request.width, size.width_px),
        "height": (request.height, size.height_px),
        "resolution": (request.resolution, size.name),
        "fps": (request.fps, fps),
    }
    errors += [
        FieldError(field, f"it is that of the video to extend: {known}")
        for field, (asked, known) in said.items()
        if asked not in (None, known)
    ]
    return [*errors, *_check_audio(request, options)]


def _check_audio(request: GenerateVideo, options: VideoOptions) -> list[FieldError]:
    if request.generate_audio and not options.has_audio:
        return [FieldError("generateAudio", "the model makes no sound")]
    if request.generate_audio is False and options.always_has_audio:
        return [FieldError("generateAudio", "the model's videos always have sound")]
    return []


# ---- a video of its own ----------------------------------------------------------------------------


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
    return [*errors, *_check_audio(request, options)]


def _check_frames(
    origin: Origin, request: GenerateVideo, options: VideoOptions, *, has_references: bool
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
        if origin.repeats is None:  # else whose it is was checked then, for who sent it
            errors += check_picture(origin.caller, field, frame)
    return errors


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))
