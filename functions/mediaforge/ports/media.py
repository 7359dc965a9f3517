"""Files in Storage, and the previews of finished files."""

from collections.abc import Iterator, Mapping, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from mediaforge.domain.library.uploads import StoredFile


@dataclass(frozen=True, slots=True)
class Opened:
    """To whom a file opens, besides those whom the Storage rules let in: everybody who has an address with
    one of `tokens`. `version` changes with the tokens, and with what the file holds."""

    tokens: Set[str]
    version: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Head:
    """The first bytes of a file, and the generation of the file that has them."""

    content: bytes
    generation: int


class Writer(Protocol):
    """A file that is being written from its beginning to its end."""

    def write(self, content: bytes, /) -> int: ...


class Media(Protocol):
    """Files under fixed names. Every write gives a file a new generation. The writer names the generation
    that it writes over, so that nobody overwrites a file that they have not seen. 0 stands for no file."""

    def save(self, path: str, content: bytes, content_type: str, token: str, over: int = 0) -> str:
        """Stores the file and returns its address; whoever knows `token` can read the file. Raises
        FileChangedError, with nothing written, where `path` has another generation than `over`: the caller
        itself may have written that one, in a save whose answer was lost."""
        ...

    def writing(
        self, path: str, content_type: str, token: str, over: int = 0
    ) -> AbstractContextManager[Writer]:
        """As `save`, for a file that is too large for the memory: it is sent while it is written, in chunks.
        The file is there, whole, once the context has ended; where it ends with an error, nothing is there.
        Raises FileChangedError, as `save` does, at the latest at the end."""
        ...

    def address(self, path: str, token: str) -> str:
        """The address of the file with this token. It works as long as the file opens to the token."""
        ...

    def opened(self, path: str) -> Opened | None:
        """None where there is no file."""
        ...

    def open_to(self, path: str, tokens: Set[str], version: tuple[int, int]) -> None:
        """From now on the file opens to these tokens alone. Raises FileChangedError, with nothing changed,
        where the file was written, opened to other tokens or deleted since `version`: the caller itself may
        have done that, in a call whose answer was lost."""
        ...

    def uri(self, path: str) -> str:
        """The `gs://` address of a path, for providers that read and write Storage themselves."""
        ...

    def copy(self, uri: str, path: str, content_type: str, token: str, over: int = 0) -> str | None:
        """As `save`, with the content that Storage holds already at a `gs://` address; None when no file is
        there."""
        ...

    def replace(
        self, path: str, content: bytes, content_type: str, over: int, token: str | None = None
    ) -> int:
        """As `save`, for a file that is not final: whoever has shown it asks again whether it has changed.
        Returns the new generation. The file keeps whom the one before opened to, or opens to `token`."""
        ...

    def chunks(self, path: str) -> Iterator[bytes] | None:
        """The file as it is stored, in pieces of some megabytes; None where there is none. Raises
        FileChangedError where the file is deleted or written over meanwhile."""
        ...

    def load(self, path: str, generation: int | None = None) -> bytes | None:
        """The file as it is stored; None where there is none, or none of this generation. Raises
        FileTooLargeError for a file that is too large for the memory. A file that was uploaded compressed is
        not decompressed, as its content may be of any size."""
        ...

    def head(self, uri: str, bytes_max: int) -> Head | None:
        """The first `bytes_max` bytes of the file at a `gs://` address, without loading the rest; None where
        there is no file."""
        ...

    def exists(self, path: str) -> bool: ...

    def list(self, prefix: str) -> Mapping[str, int]:
        """Every path that begins with `prefix`, with its generation. No file that was written before the call
        is missing."""
        ...

    def stored(self, prefix: str, start: str = "") -> Iterator[StoredFile]:
        """As `list`, with the facts that Storage has of each file, page by page in the order of the paths,
        from the path `start` on. It is for folders that may have millions of files."""
        ...

    def delete(self, files: Mapping[str, int]) -> None:
        """Deletes each file if it still has its generation: a file that is gone, or was written since, is
        left alone."""
        ...


@dataclass(frozen=True, slots=True)
class UploadAddress:
    """Where one file may be written by an HTTP PUT with exactly these headers. It is a secret: whoever has it
    may write the file."""

    url: str = field(repr=False)
    headers: Mapping[str, str]


class Addresses(Protocol):
    """Addresses by which somebody without any right of their own may write or read one file for a while.
    Making one costs a call. Raises BusyError where that call failed for now, and SigningError where this
    installation cannot make addresses."""

    def upload_address(
        self, path: str, content_type: str, bytes_max: int, valid_s: int
    ) -> UploadAddress:
        """For one file at this path, of this type, of at most `bytes_max` bytes. It is valid for `valid_s`
        seconds."""
        ...

    def read_address(self, path: str, valid_s: int, generation: int | None = None) -> str:
        """With a `generation` it gives that writing of the file alone, and nothing once the file was written
        over."""
        ...


class Bucket(Media, Addresses, Protocol):
    """All that a bucket can do."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The preview of a finished file: a small WebP, and of a video its frame rate and length."""

    thumbnail: bytes
    fps: float | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class CheckedPicture:
    """An uploaded picture as it is kept: `content` is the very object that was given where nothing had to be
    changed. It is upright, and has nothing in it but the picture."""

    content: bytes
    content_type: str
    width_px: int
    height_px: int
    thumbnail: bytes
