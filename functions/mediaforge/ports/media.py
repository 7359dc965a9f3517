"""The files, and what one shows of itself."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Protocol

from mediaforge.domain.library.uploads import StoredFile


@dataclass(frozen=True, slots=True)
class Opened:
    """Whom a file opens to, besides those whom the rules let in: whoever has an address with one of `tokens`.
    `version` is of that, and of what the file holds."""

    tokens: Set[str]
    version: tuple[int, int]


class Media(Protocol):
    """Files under fixed names. With every write a file gets another generation, and who writes says over
    which, so that nobody writes over what he has not seen. 0 is the generation of no file."""

    def save(self, path: str, content: bytes, content_type: str, token: str, over: int = 0) -> str:
        """Stores the file and returns its address; `token` lets whoever knows it read the file.
        FileChangedError, with nothing written, where `path` has another generation than `over`: that
        may be one's own, of a save whose answer was lost."""
        ...

    def address(self, path: str, token: str) -> str:
        """Where whoever knows the token reads the file, as long as it opens to that."""
        ...

    def opened(self, path: str) -> Opened | None:
        """None where there is no file."""
        ...

    def open_to(self, path: str, tokens: Set[str], version: tuple[int, int]) -> None:
        """From now on the file opens to these alone. FileChangedError, with nothing changed, where it was
        written, opened to others or deleted since `version`: that may have been oneself, in a call whose
        answer was lost."""
        ...

    def uri(self, path: str) -> str:
        """The `gs://` address of a path, for providers that read and write there themselves."""
        ...

    def copy(self, uri: str, path: str, content_type: str, token: str, over: int = 0) -> str | None:
        """As `save`, of a file that Storage holds at a `gs://` address already; None when it is not
        there."""
        ...

    def load(self, path: str) -> bytes | None:
        """None where there is no file. FileTooLargeError for one that nobody should take into memory. As it
        is stored: what was uploaded as compressed comes so, whatever it would unfold to."""
        ...

    def head(self, uri: str, bytes_max: int) -> bytes | None:
        """The first bytes of what Storage holds at a `gs://` address, without the rest of it."""
        ...

    def exists(self, path: str) -> bool: ...

    def list(self, prefix: str) -> Mapping[str, int]:
        """Every path that begins with `prefix`, with its generation: none that was written before the
        call is missing."""
        ...

    def stored(self, prefix: str, start: str = "") -> Iterator[StoredFile]:
        """As `list`, with what is stored there, page by page and in the order of the paths, from `start` on:
        of a folder that may have millions."""
        ...

    def delete(self, files: Mapping[str, int]) -> None:
        """Deletes each as of its generation: what is gone, or has been written since, is left alone."""
        ...


@dataclass(frozen=True, slots=True)
class UploadAddress:
    """Where one file may be written by an HTTP PUT with exactly these headers. Whoever has it may write: it
    is a secret."""

    url: str = field(repr=False)
    headers: Mapping[str, str]


class Addresses(Protocol):
    """Addresses by which somebody without any right of their own may write or read one file for a while.
    Each costs a call. BusyError where that failed for now; SigningError where this installation cannot
    make any."""

    def upload_address(
        self, path: str, content_type: str, bytes_max: int, valid_s: int
    ) -> UploadAddress:
        """For a file of this type and of at most so many bytes, at this path and no other."""
        ...

    def read_address(self, path: str, valid_s: int) -> str: ...


class Bucket(Media, Addresses, Protocol):
    """All that a bucket can do."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a finished file shows of itself: a small WebP, and of a video its rate and length."""

    thumbnail: bytes
    fps: float | None = None
    duration_s: float | None = None
