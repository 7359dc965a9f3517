"""Where a worker puts a job's files: under their final names, where nobody can read them until the view lists
them, and never over what another worker has put there meanwhile.

A worker writes over no generation of a file but those that it saw while the lease was its own. It lists the
files first, and only then looks at the lease: another worker that took the job over did so after that, and
whatever it wrote has another generation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from mediaforge.domain.errors import BusyError, FileChangedError, LateError
from mediaforge.domain.jobs.addresses import file_token
from mediaforge.domain.jobs.job import Job
from mediaforge.services.backend import Backend
from mediaforge.services.jobs import lease

T = TypeVar("T")

# Tries to write a file. Two may meet a changed file: by our own save, whose answer was lost, and by the save
# of an earlier worker. A third such conflict is not to be expected.
_TRIES_MAX = 3


@dataclass(frozen=True, slots=True)
class Shelf:
    """`seen`: the generation of each file that existed when the lease was surely this worker's."""

    backend: Backend
    job: Job
    seen: Mapping[str, int]

    def save(self, path: str, content: bytes, content_type: str) -> str:
        """The file's address. Raises LateError where the job is no longer this worker's."""
        media, token = self.backend.media, file_token(self.job, path)
        return self._put(path, lambda over: media.save(path, content, content_type, token, over))

    def copy(self, uri: str, path: str, content_type: str) -> str | None:
        """As `save`, of the file at `uri`; None where there is none."""
        media, token = self.backend.media, file_token(self.job, path)
        return self._put(path, lambda over: media.copy(uri, path, content_type, token, over))

    def _put(self, path: str, write: Callable[[int], T]) -> T:
        over = self.seen.get(path, 0)
        for _ in range(_TRIES_MAX):
            try:
                return write(over)
            except FileChangedError:
                over = _look(self.backend, self.job, path).get(path, 0)
        raise BusyError("Storage: others write the same file again and again")


def open_shelf(backend: Backend, job: Job, stem: str) -> Shelf:
    """The shelf of the worker that has claimed `job`, for files whose paths begin with `stem`. A first
    attempt expects to find no files, and looks only where a write meets one."""
    is_first = job.attempts + job.snoozes <= 1
    return Shelf(backend, job, {} if is_first else _look(backend, job, stem))


def _look(backend: Backend, job: Job, prefix: str) -> Mapping[str, int]:
    seen = backend.media.list(prefix)
    if not lease.is_held(backend, job):
        raise LateError(f"job {job.id} has ended or was taken over")
    return seen
