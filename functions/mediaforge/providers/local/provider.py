"""The built-in renderer: real pictures and videos from the prompt, deterministic, no network, no account.

It exists on the emulators only, and obeys the test tags in the prompt, or in a training's name
(`domain.jobs.prompt_tags`). It is the one importer of the painter, which is never deployed.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mediaforge.domain.errors import (
    LostError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.domain.jobs.prompt_tags import PromptTags, read_tags, without_tags
from mediaforge.ports.provider import Asset, Finished, ProviderRequest, ReferenceImage, Running

if TYPE_CHECKING:
    from painter.painting import Picture

TRAINING_S = 30.0
POLL_S = 5.0
# The first pictures of a brand show its look; all pictures of a large brand would not fit in memory.
BRAND_REFERENCES_MAX = 4
_STUDIED_EDGE_PX = 256
_KILLED = 137  # the exit status of a process that was killed: a crash looks the same in the logs


def _utc_now() -> datetime:
    return datetime.now(UTC)


class LocalProvider:
    def __init__(self, now: Callable[[], datetime] = _utc_now) -> None:
        """`now` answers UTC, aware."""
        self._now = now

    def start(self, request: ProviderRequest) -> Finished | Running:
        is_training = request.kind == "training"
        text = request.name if is_training else request.prompt
        tags = read_tags(text)
        _raise_as_told(tags, request)
        if is_training:
            _study(request.references)
            return self._begin_training(tags.sleep_s or TRAINING_S)
        time.sleep(tags.sleep_s)
        return Finished(_deliver(tags, request))

    def poll(self, request: ProviderRequest, handle: str) -> Finished | Running:
        started_at, ready_at = _read_handle(handle)
        now = self._now()
        if now >= ready_at:
            return Finished(model_uri=f"local://brands/{request.job_id}")
        return _running(handle, started_at, ready_at, now)

    def cancel(self, handle: str) -> None:
        """Nothing runs between two polls, so there is nothing to end."""

    def _begin_training(self, training_s: float) -> Running:
        now = self._now()
        ready_at = now + timedelta(seconds=training_s)
        return _running(f"{now.isoformat()}/{ready_at.isoformat()}", now, ready_at, now)


def _read_handle(handle: str) -> tuple[datetime, datetime]:
    """When a training was started and when it is ready. The handle is an ISO 8601 interval of the two."""
    try:
        started_at, ready_at = (datetime.fromisoformat(part) for part in handle.split("/"))
    except ValueError as error:
        raise _unknown() from error
    if started_at.tzinfo is None or ready_at.tzinfo is None:
        raise _unknown()
    return started_at, ready_at


def _unknown() -> LostError:
    return LostError(
        "handle-unknown", "The renderer knows no such training.", may_have_billed=False
    )


def _running(handle: str, started_at: datetime, ready_at: datetime, now: datetime) -> Running:
    left_s = (ready_at - now).total_seconds()
    progress = 1 - left_s / (ready_at - started_at).total_seconds()
    return Running(handle, poll_in_s=min(POLL_S, left_s), progress=max(0.0, progress))


def _raise_as_told(tags: PromptTags, request: ProviderRequest) -> None:
    if request.snoozes < tags.throttle_times:
        raise ThrottledError("throttled", "The renderer asked to slow down.")
    if tags.is_blocked:
        raise RejectedError("content-blocked", "The safety filter refused the prompt.")
    if tags.fails_permanently:
        raise RejectedError("provider-rejected", "The renderer refused the request.")
    if tags.fails_always or request.attempt <= tags.fail_times:
        raise UnavailableError(
            "provider-unavailable", "The renderer did not answer.", may_have_billed=False
        )


def _study(references: Sequence[ReferenceImage]) -> None:
    """Refuses references that cannot be decoded: a brand trained on one would fail every image made with
    it."""
    # Pillow and libav are loaded by the worker that uses them, not by every function that imports `main`.
    from mediaforge.providers.decoding import open_picture  # noqa: PLC0415

    for index, reference in enumerate(references):
        try:
            open_picture(reference.load(), _STUDIED_EDGE_PX)
        except ValueError as error:
            message = f"Reference {index + 1} is not an image"
            raise RejectedError("reference-unreadable", message) from error


def _deliver(tags: PromptTags, request: ProviderRequest) -> Iterator[Asset]:
    """The consumer saves each asset before it asks for the next one: so the code after the last `yield` runs
    after the last save."""
    make = _film if request.kind == "video" else _paint
    count = request.count if tags.partial is None else min(tags.partial, request.count)
    for index in range(count):
        try:
            asset = make(request, request.seed_of(index))
        except ValueError as error:
            raise RejectedError("reference-unreadable", str(error)) from error
        if tags.crash == "before-save" and request.attempt == 1:
            os._exit(_KILLED)
        yield asset
    if tags.crash == "after-save" and request.attempt == 1:
        os._exit(_KILLED)


def _paint(request: ProviderRequest, seed: int) -> Asset:
    from painter.painting import paint  # noqa: PLC0415 - as above

    content = paint(
        without_tags(request.prompt),
        seed=seed,
        width=request.width_px,
        height=request.height_px,
        style=request.style_id,
        negative_prompt=request.negative_prompt,
        palette_from=_palette_from(request),
        composition_from=_composition_from(request),
        edit_of=_opener(request.edit_of.load) if request.edit_of else None,
        is_cut_out=request.is_transparent,
    )
    return Asset(content, "png", "image/png")


def _film(request: ProviderRequest, seed: int) -> Asset:
    from painter.filming import film  # noqa: PLC0415 - as above

    spec = request.video
    assert spec is not None
    content = film(
        without_tags(request.prompt),
        seed=seed,
        width=request.width_px,
        height=request.height_px,
        duration_s=spec.duration_s,
        fps=spec.fps,
        style=request.style_id,
        negative_prompt=request.negative_prompt,
        with_audio=spec.has_audio,
        palette_from=_palette_from(request),
        composition_from=_composition_from(request),
        first_frame=_opener(spec.first_frame.load) if spec.first_frame else None,
        last_frame=_opener(spec.last_frame.load) if spec.last_frame else None,
        begins_with=spec.extend_of.load() if spec.extend_of else None,
    )
    return Asset(content, "mp4", "video/mp4")


def _palette_from(request: ProviderRequest) -> "list[Picture]":
    """The request's own references come first, so that the number in an error is the one that the caller
    knows."""
    lent = request.brand.references[:BRAND_REFERENCES_MAX] if request.brand else ()
    return [_opener(reference.load) for reference in (*request.references, *lent)]


def _composition_from(request: ProviderRequest) -> "list[Picture]":
    return [
        _opener(reference.load)
        for reference in request.references
        if reference.mode == "style_and_composition"
    ]


def _opener(load: Callable[[], bytes]) -> "Picture":
    """A function that opens the picture, which the painter gets instead of bytes. So the decoding of a
    caller's bytes stays in `decoding`, and the bytes of only one picture are in memory at a time."""
    from mediaforge.providers.decoding import open_picture  # noqa: PLC0415 - as above

    return lambda edge_px_max: open_picture(load(), edge_px_max)
