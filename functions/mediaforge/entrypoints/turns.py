"""Taking turns within a process. Commits to one account that start together in a process can only meet,
and all but one be decided anew; with other processes they meet at the commit as ever."""

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
    """One after the other, for each key."""

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
    """Group commit. While a pass over a key is under way, whoever comes waits for the next one, which
    does the work of all of them; none returns before a pass that began after it came has ended."""

    def __init__(self) -> None:
        super().__init__()
        self._next: dict[str, _Pass] = {}

    def share(self, key: str, work: Callable[[], object]) -> None:
        """Returns when `work` was done once since the call; raises what it raised then."""
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
                del self._next[key]  # who comes from now on needs another pass
            try:
                work()
            except Exception as error:
                this.error = error
                raise
            finally:
                this.done.set()
