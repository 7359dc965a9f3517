"""How far a job is, told at most every few seconds, since each time it is told costs a request."""

import time
from collections.abc import Callable

# Progress when all is rendered. The rest is for saving; the code that completes the job tells 1.
RENDERED = 0.95
Tell = Callable[[float], None]


class Progress:
    """The pipeline calls it with the rendered share, 0 to 1; it tells listeners only a share that has grown.
    `checkpoint` may raise StoppedError here, which stops a running pipeline."""

    def __init__(
        self,
        listeners: list[Tell],
        *,
        every_s: float,
        checkpoint: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listeners = listeners
        self._every_s = every_s
        self._checkpoint = checkpoint
        self._clock = clock
        self._told = 0.0
        self._told_at: float | None = None

    def __call__(self, rendered: float) -> None:
        self._checkpoint()
        progress = round(max(0.0, min(1.0, rendered)) * RENDERED, 3)
        now = self._clock()
        is_early = self._told_at is not None and now - self._told_at < self._every_s
        if progress <= self._told or is_early:
            return
        self._told, self._told_at = progress, now
        for tell in self._listeners:
            tell(progress)
