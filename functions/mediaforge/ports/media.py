"""The files, and what one shows of itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from mediaforge.domain.uploads import StoredFile


class Media(Protocol):
    """Files under fixed names. With every write a file gets another generation, and who writes says over
    which, so that nobody writes over what he has not seen. 0 is the generation of no file."""

    def save(self, path: str, content: bytes, content_type: str, token: str, over: int = 0) -> str:
        """Stores the file and returns its address; `token` lets whoever knows it read the file.
        FileChangedError, with nothing written, where `path` has another generation than `over`: that
        may be one's own, of a save whose answer was lost."""
        ...

    def uri(self, path: str) -> str:
        """The `gs://` address of a path, for providers that read and write there themselves."""
        ...

    def copy(self, uri: str, path: str, content_type: str, token: str, over: int = 0) -> str | None:
        """As `save`, of a file that Storage holds at a `gs://` address already; None when it is not
        there."""
        ...

    def load(self, path: str) -> bytes | None:
        """As it is stored: what was uploaded as compressed comes so, whatever it would unfold to."""
        ...

    def head(self, uri: str, bytes_max: int) -> bytes | None:
        """The first bytes of what Storage holds at a `gs://` address, without the rest of it."""
        ...

    def exists(self, path: str) -> bool: ...

    def list(self, prefix: str) -> Mapping[str, int]:
        """Every path that begins with `prefix`, with its generation: none that was written before the
        call is missing."""
        ...

    def stored(self, prefix: str) -> Iterator[StoredFile]:
        """As `list`, with what is stored there, page by page and in the order of the paths: of a folder that
        may have millions."""
        ...

    def delete(self, files: Mapping[str, int]) -> None:
        """Deletes each as of its generation: what is gone, or has been written since, is left alone."""
        ...


@dataclass(frozen=True, slots=True)
class Preview:
    """What a finished file shows of itself: a small WebP, and of a video its rate and length."""

    thumbnail: bytes
    fps: float | None = None
    duration_s: float | None = None
