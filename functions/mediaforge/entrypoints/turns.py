"""Taking turns within a process. Commits to one account that start together would conflict, and all but one
would have to be decided anew. Taking turns avoids that within a process; commits of other processes still
conflict."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from weakref import WeakValueDictionary


class _Lock:
    """A lock that a weak reference can point at: a key that nobody uses is forgotten."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


class Turns:
    """Callers of the same key run one after the other."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._keys: WeakValueDictionary[str, _Lock] = WeakValueDictionary()

    @contextmanager
    def alone(self, key: str) -> Iterator[None]:
        with self._guard:
            turn = self._keys.setdefault(key, _Lock())
        with turn.lock:
            yield


@dataclass
class _Pass:
    done: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None


class SharedTurns(Turns):
    """Group commit. Callers that come while a pass over their key is under way wait for the next pass, which
    does the work of all of them. A caller returns only after the end of a pass that began after it came."""

    def __init__(self) -> None:
        super().__init__()
        self._next: dict[str, _Pass] = {}

    def share(self, key: str, work: Callable[[], object]) -> None:
        """Returns when `work` has been done once since the call; raises what that run of it raised."""
        with self._guard:
            following = self._next.get(key)
            if leads := following is None:
                following = self._next[key] = _Pass()
        if leads:
            self._lead(key, following, work)
        else:
            following.done.wait()
            if following.error is not None:
                raise following.error

    def _lead(self, key: str, this: _Pass, work: Callable[[], object]) -> None:
        with self.alone(key):
            with self._guard:
                del self._next[key]  # callers that come from now on need another pass
            try:
                work()
            except Exception as error:
                this.error = error
                raise
            finally:
                this.done.set()
