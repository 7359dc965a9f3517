"""What this process has last seen of all that a job needs. Anybody may ask for it: so it is looked at once in
a while, whoever asks meanwhile, and for a bounded time."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mediaforge import log
from mediaforge.domain.errors import BusyError

KEPT = timedelta(seconds=10)
LIMIT_S = 3.0
"""A look takes no longer: what has not answered by then does not answer."""
FIRST_LIMIT_S = 8.0
"""But the first: with it a process loads the SDKs. Google's uptime check waits for ten seconds."""

Look = Callable[[], Mapping[str, bool]]
"""Looks at one thing. Answers by the names of checks whether each is in order; raises BusyError where it does
not answer."""


@dataclass
class Pulse:
    limit_s: float = LIMIT_S
    first_limit_s: float = FIRST_LIMIT_S
    _seen: Mapping[str, bool] = field(default_factory=dict)
    _seen_at: datetime | None = None
    _open: dict[str, Future[Mapping[str, bool]]] = field(default_factory=dict)
    _pool: ThreadPoolExecutor | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, now: datetime, looks: Mapping[str, Look]) -> Mapping[str, bool]:
        """Whether each check is in order, as it was at most ten seconds ago. `looks` are named after what
        they ask, which is a check itself: whether it answers."""
        with self._lock:
            if self._seen_at is None or not timedelta(0) <= now - self._seen_at < KEPT:
                self._seen, self._seen_at = self._look(looks), now
            return self._seen

    def _look(self, looks: Mapping[str, Look]) -> Mapping[str, bool]:
        self._pool = self._pool or ThreadPoolExecutor(len(looks), "pulse")
        for name, look in looks.items():
            if name not in self._open:  # else it is still asked: what hangs is asked once
                self._open[name] = self._pool.submit(look)
        limit_s = self.first_limit_s if self._seen_at is None else self.limit_s
        wait(self._open.values(), limit_s)
        found: dict[str, bool] = {}
        for name in looks:
            said = self._said(name)
            found |= {name: said is not None, **(said or {})}
        return found

    def _said(self, name: str) -> Mapping[str, bool] | None:
        future = self._open[name]
        if not future.done():
            return None
        del self._open[name]
        try:
            return future.result()
        except BusyError as busy:
            log.warning("pulse.not_answering", of=name, cause=str(busy))
        except Exception as error:
            log.bug("pulse.broke", error, of=name)
        return None
