"""What is known of the file that a request goes on from: the picture to edit, the video to extend. A request
that says no size gets the file's."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mediaforge.contract.requests import GenerateImage, GenerateVideo, Submittable
from mediaforge.domain.catalogue import Extending
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library.uploads import Upload, UploadStatus

# A file of a second may tell of a few frames more.
_ROUNDING_S = 0.5


@dataclass(frozen=True, slots=True)
class Source:
    """Its pixels, and of a video its frames a second and its length; None where that is not known."""

    width_px: int
    height_px: int
    fps: float | None = None
    duration_s: float | None = None


def named_by(request: Submittable) -> tuple[str, JobKind] | None:
    """The path of the file that the request goes on from, and the kind of file that it has to be."""
    if isinstance(request, GenerateImage) and request.edit_of is not None:
        return request.edit_of.path, JobKind.IMAGE
    if isinstance(request, GenerateVideo) and request.extend_of is not None:
        return request.extend_of.path, JobKind.VIDEO
    return None


def of_upload(upload: Upload, path: str) -> Source | None:
    if upload.path != path or upload.status is not UploadStatus.READY:
        return None
    return _sized(upload.width, upload.height)


def of_view(view: Mapping[str, Any]) -> Source | None:
    """The view's fields may be anything, since the GPU worker and operators write views, too."""
    made = view.get("generation_data")
    known = made if isinstance(made, Mapping) else {}
    fps, duration_s = known.get("fps"), known.get("duration_seconds")
    return _sized(view.get("width"), view.get("height"), _number(fps), _number(duration_s))


def is_too_long(source: Source, extends: Extending) -> bool:
    """Whether the video is longer than one that is extended so, as far as its length is known."""
    length_s = source.duration_s
    return length_s is not None and length_s > extends.source_s_max + _ROUNDING_S


def of_repeated(job: Job) -> Source | None:
    """The size of the job that is repeated, which was that of the file: who repeats it need not see the
    file."""
    fps = float(job.video.fps) if job.video is not None else None
    return _sized(job.width_px, job.height_px, fps)


def _sized(
    width: object, height: object, fps: float | None = None, duration_s: float | None = None
) -> Source | None:
    if not isinstance(width, int) or not isinstance(height, int) or width < 1 or height < 1:
        return None
    return Source(width, height, fps, duration_s)


def _number(value: object) -> float | None:
    if not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        return None
    return float(value)
