"""Ends the addresses of one job's files. Files are no part of a commit, and a worker may be lost, or late,
between any two lines. So each step may be repeated, and is done only where the job and the file are still as
they were when they were looked at.

The files are looked at first, and then the job. So another worker that takes the job's turn a step on does so
after the files were looked at, and whatever it opens a file to makes another version of that file.
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

# Another worker may turn or settle the same job meanwhile; each conflict means that it got further.
_TRIES_MAX = 20


class _MovedError(Exception):
    """Another worker has taken the job's turn a step on, or the job is gone."""


def turn_job(backend: Backend, job_id: str, epoch: int, found: Job | None = None) -> None:
    """Ends every address of the job that was shown before `epoch`, which has to be known before this is
    called. `found` is the job as it was read last. A client that reads the view meanwhile finds addresses
    that open. Raises BusyError."""
    for _ in range(_TRIES_MAX):
        job = found or backend.documents.get(at.job(job_id))
        if job is None or addresses.is_turned(job, epoch):
            return
        found = take_step(backend, job, epoch)
    raise BusyError(f"job {job_id} is turned again and again")


def turn_past(backend: Backend, job_id: str, secret: str, found: Job | None = None) -> None:
    """Ends every address that was made of `secret`, or shown before it. The job's epoch stays. `secret` is
    the `asset_token` that the job had at some moment after the addresses were seen. `found` is the job as it
    was read last. Raises BusyError."""
    for _ in range(_TRIES_MAX):
        job = found or backend.documents.get(at.job(job_id))
        if job is None or not delivered_paths(job):
            return
        if job.asset_token != secret and job.turning_epoch is None:
            return
        found = take_step(backend, job, job.address_epoch)
    raise BusyError(f"job {job_id} is turned again and again")


def take_step(backend: Backend, job: Job, epoch: int) -> Job | None:
    """Takes the next of the two steps of a job's turn, or none where another worker was at it. Returns the
    job after it; None where the job has to be read anew."""
    try:
        if job.turning_epoch is not None:
            return _end_the_old(backend, job, job.turning_epoch)
        if delivered_paths(job):
            return _show_the_new(backend, job, epoch)
        return _commit(backend, job, lambda found: addresses.note(found, epoch))
    except (FileChangedError, _MovedError):
        return None


def _show_the_new(backend: Backend, job: Job, epoch: int) -> Job:
    """Opens each file to its old and its new tokens; then has the view show the new addresses."""
    turned, address = addresses.with_next_tokens(job), backend.media.address
    _open_files(backend, job, lambda tokens, path: tokens | {file_token(turned, path)})

    def show(found: Job) -> Job:
        assert isinstance(found.output, Output)  # a job that shows files has an output
        output = readdressed(
            found, found.output, lambda path: address(path, file_token(turned, path))
        )
        return addresses.show(found, output, epoch, backend.clock.now())

    return _commit(backend, job, show)


def _end_the_old(backend: Backend, job: Job, epoch: int) -> Job:
    """Opens each file to its new token alone; then notes that the job is turned."""
    _open_files(backend, job, lambda _, path: {file_token(job, path)})
    return _commit(backend, job, lambda found: addresses.note(found, epoch))


def _open_files(backend: Backend, job: Job, whom: Callable[[Set[str], str], Set[str]]) -> None:
    """Opens each of the job's files to the tokens that `whom` makes of its present tokens and its path. A
    file that is gone stays gone."""
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
    """Commits the changed job, with its view where that has not been deleted. Raises _MovedError."""

    def work(tx: Transaction) -> Job:
        found = tx.get(at.job(job.id))
        if found is None or not addresses.is_as_it_was(found, job):
            raise _MovedError
        after = change(found)
        write(tx, found, after)
        return after

    return backend.documents.transact(work)
