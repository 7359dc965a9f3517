"""Calls of one process that would do the same work do it once, together."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from weakref import WeakValueDictionary


class _Lock:
    """A lock that a weak reference can point at."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


@dataclass
class _Pass:
    done: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None


class SharedTurns:
    """Group commit. While a pass over a key is under way, whoever comes waits for the next one, which
    does the work of all of them; none returns before a pass that began after it came has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: WeakValueDictionary[str, _Lock] = WeakValueDictionary()
        self._next: dict[str, _Pass] = {}

    def share(self, key: str, work: Callable[[], object]) -> None:
        """Returns when `work` was done once since the call; raises what it raised then."""
        with self._lock:
            turn = self._keys.setdefault(key, _Lock())
            following = self._next.get(key)
            if leads := following is None:
                following = self._next[key] = _Pass()
        if leads:
            self._lead(key, turn, following, work)
        else:
            following.done.wait()
            if following.error is not None:
                raise following.error

    def _lead(self, key: str, turn: _Lock, this: _Pass, work: Callable[[], object]) -> None:
        with turn.lock:
            with self._lock:
                del self._next[key]  # who comes from now on needs another pass
            try:
                work()
            except Exception as error:
                this.error = error
                raise
            finally:
                this.done.set()
