"""The built-in renderer: real PNGs from the prompt, deterministic, no network, no account.

On the emulators it obeys the prompt's test tags (`domain.prompt_tags`).
"""

import os
import time
from collections.abc import Iterator

from mediaforge.domain.errors import RejectedError, ThrottledError, UnavailableError
from mediaforge.domain.prompt_tags import PromptTags, read_tags, without_tags
from mediaforge.ports import Asset, Finished, ProviderRequest

_KILLED = 137  # the exit status of a process that was killed, so that logs read alike


class LocalProvider:
    def __init__(self, *, obeys_tags: bool) -> None:
        self._obeys_tags = obeys_tags

    def start(self, request: ProviderRequest) -> Finished:
        tags = read_tags(request.prompt) if self._obeys_tags else PromptTags()
        _raise_as_told(tags, request)
        time.sleep(tags.sleep_s)
        return Finished(_deliver(tags, request))


def _raise_as_told(tags: PromptTags, request: ProviderRequest) -> None:
    if request.snoozes < tags.throttle_times:
        raise ThrottledError("throttled", "The renderer asked to slow down.")
    if tags.is_blocked:
        raise RejectedError("content-blocked", "The safety filter refused the prompt.")
    if tags.fails_permanently:
        raise RejectedError("provider-rejected", "The renderer refused the request.")
    if tags.fails_always or request.attempt <= tags.fail_times:
        raise UnavailableError("provider-unavailable", "The renderer did not answer.")


def _deliver(tags: PromptTags, request: ProviderRequest) -> Iterator[Asset]:
    """The consumer saves each asset before it asks for the next: what runs after the last `yield`
    runs after the last save."""
    count = request.count if tags.partial is None else min(tags.partial, request.count)
    for index in range(count):
        asset = Asset(_paint(request, index), "png", "image/png")
        if tags.crash == "before-save" and request.attempt == 1:
            os._exit(_KILLED)
        yield asset
    if tags.crash == "after-save" and request.attempt == 1:
        os._exit(_KILLED)


def _paint(request: ProviderRequest, index: int) -> bytes:
    # Pillow is loaded by the worker that paints, not by every function that imports `main`.
    from mediaforge.providers.painting import paint  # noqa: PLC0415

    try:
        return paint(
            without_tags(request.prompt),
            seed=request.seed + index,
            width=request.width_px,
            height=request.height_px,
            style=request.style_id,
            negative_prompt=request.negative_prompt,
            palette_from=[r.content for r in request.references],
            composition_from=[
                r.content for r in request.references if r.mode == "style_and_composition"
            ],
        )
    except ValueError as error:
        raise RejectedError("reference-unreadable", str(error)) from error
