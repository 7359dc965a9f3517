"""The files, and what one shows of itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Media(Protocol):
    """Files under fixed names: saving again overwrites, deleting what is gone is not an error."""

    def save(self, path: str, content: bytes, content_type: str, token: str) -> str:
        """Stores the file and returns its address; `token` lets whoever knows it read the file."""
        ...

    def uri(self, path: str) -> str:
        """The `gs://` address of a path, for providers that read and write there themselves."""
        ...

    def copy(self, uri: str, path: str, content_type: str, token: str) -> str | None:
        """As `save`, of a file that Storage holds at a `gs://` address already; None when it is not
        there. A file that lies at `path` already is given its type and token."""
        ...

    def load(self, path: str) -> bytes | None: ...

    def exists(self, path: str) -> bool: ...

    def list(self, prefix: str) -> Sequence[str]:
        """Every path that begins with `prefix`."""
        ...

    def delete(self, paths: Iterable[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Preview:
    """What a finished file shows of itself: a small WebP, and of a video its rate and length."""

    thumbnail: bytes
    fps: float | None = None
    duration_s: float | None = None
