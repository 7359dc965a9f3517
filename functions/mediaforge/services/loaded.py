"""The pictures that this process has loaded: those that many jobs use, as of a pack or a brand, are loaded
once, and not for each job."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

# As much as the six largest uploads: all that one request may name. A worker has room for it beside its job.
LOADED_BYTES_MAX = 64_000_000


@dataclass
class LoadedPictures:
    """By path and generation, so that a file that was written anew, or deleted and stored again, is another
    picture. What was not used for the longest goes first, once all together have more than `bytes_max`."""

    bytes_max: int = LOADED_BYTES_MAX
    _contents: OrderedDict[tuple[str, int], bytes] = field(default_factory=OrderedDict)
    _size_bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, path: str, generation: int) -> bytes | None:
        with self._lock:
            content = self._contents.get((path, generation))
            if content is not None:
                self._contents.move_to_end((path, generation))
            return content

    def keep(self, path: str, generation: int, content: bytes) -> None:
        if len(content) > self.bytes_max:
            return
        with self._lock:
            self._forget((path, generation))
            self._contents[path, generation] = content
            self._size_bytes += len(content)
            while self._size_bytes > self.bytes_max:
                self._forget(next(iter(self._contents)))

    def _forget(self, key: tuple[str, int]) -> None:
        self._size_bytes -= len(self._contents.pop(key, b""))
