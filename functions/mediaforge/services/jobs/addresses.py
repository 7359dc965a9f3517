"""Ending the addresses of one job's files. Files are no part of a commit, and a worker may be lost, or late,
between any two lines: so each step may be done again, and is done on what the job and the file were when they
were looked at, or not at all.

A file is looked at first, and then the job: whoever takes the job's turn a step on did so after that, and
whatever they open the file to makes it another version.
"""

from collections.abc import Callable, Mapping, Set

from mediaforge.contract import documents as at
from mediaforge.domain.errors import BusyError, FileChangedError
from mediaforge.domain.jobs import addresses
from mediaforge.domain.jobs.addresses import file_token
from mediaforge.domain.jobs.job import Job, Output
from mediaforge.ports.documents import Transaction
from mediaforge.ports.media import Opened
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.assets import delivered_paths, readdressed
from mediaforge.services.jobs.transitions import write

# Others turn the same job, or settle it: each try finds it a step further.
_TRIES_MAX = 20


class _MovedError(Exception):
    """Somebody has taken the job's turn a step on, or the job is gone."""


def turn_job(backend: Backend, job_id: str, epoch: int, found: Job | None = None) -> None:
    """Ends every address of the job's that was shown before the epoch, which has to be known before this is
    called; `found` is the job as it was seen last. Whoever reads its view meanwhile finds addresses that
    open. Raises BusyError."""
    for _ in range(_TRIES_MAX):
        job = found or backend.documents.get(at.job(job_id))
        if job is None or addresses.is_turned(job, epoch):
            return
        found = take_step(backend, job, epoch)
    raise BusyError(f"job {job_id} is turned again and again")


def take_step(backend: Backend, job: Job, epoch: int) -> Job | None:
    """Half of the turn of a job as it was found, or none, where somebody else was at it. The job after it, to
    be found anew where it is None."""
    try:
        if job.turning_epoch is not None:
            return _end_the_old(backend, job, job.turning_epoch)
        if delivered_paths(job):
            return _show_the_new(backend, job, epoch)
        return _commit(backend, job, lambda found: addresses.note(found, epoch))
    except (FileChangedError, _MovedError):
        return None


def _show_the_new(backend: Backend, job: Job, epoch: int) -> Job:
    """Each file opens to both; then the view shows the new."""
    turned, address = addresses.with_next_tokens(job), backend.media.address
    _open_files(backend, job, lambda tokens, path: tokens | {file_token(turned, path)})

    def show(found: Job) -> Job:
        assert isinstance(found.output, Output)  # it has files
        output = readdressed(
            found, found.output, lambda path: address(path, file_token(turned, path))
        )
        return addresses.show(found, output, epoch, backend.clock.now())

    return _commit(backend, job, show)


def _end_the_old(backend: Backend, job: Job, epoch: int) -> Job:
    """Each file opens to the new only; then that is noted."""
    _open_files(backend, job, lambda _, path: {file_token(job, path)})
    return _commit(backend, job, lambda found: addresses.note(found, epoch))


def _open_files(backend: Backend, job: Job, whom: Callable[[Set[str], str], Set[str]]) -> None:
    """Each of the job's files to `whom` it says, of those to whom it opens and its path. What is gone opens
    to nobody, and stays gone."""
    for path, opened in _look(backend, job).items():
        tokens = whom(opened.tokens, path)
        if tokens != opened.tokens:
            backend.media.open_to(path, tokens, opened.version)


def _look(backend: Backend, job: Job) -> Mapping[str, Opened]:
    found = {path: backend.media.opened(path) for path in delivered_paths(job)}
    present = backend.documents.get(at.job(job.id))
    if present is None or not addresses.is_as_it_was(present, job):
        raise _MovedError
    return {path: opened for path, opened in found.items() if opened is not None}


def _commit(backend: Backend, job: Job, change: Callable[[Job], Job]) -> Job:
    """With its view, where that has not been deleted."""

    def work(tx: Transaction) -> Job:
        found = tx.get(at.job(job.id))
        if found is None or not addresses.is_as_it_was(found, job):
            raise _MovedError
        after = change(found)
        write(tx, found, after)
        return after

    return backend.documents.transact(work)
