"""How the addresses of a job's files are made, and how they are ended. Pure.

An address opens to whoever has it, as long as its file accepts the token in it. To end the addresses
that somebody has seen, the job *turns*, in four steps: its files accept new tokens as well; its view
shows the new addresses; its files accept the new tokens only; the job notes it. So the addresses that a
view shows open at every moment.

The secret of the next tokens is a hash of the present secret, which cannot be derived back from it. So a
worker that continues a turn, or works on it beside another worker, opens the files to the same tokens.
"""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from mediaforge.domain.jobs.job import Job, Output

# Of two machines, at the most.
_CLOCKS_DIFFER = timedelta(seconds=5)


def file_token(job: Job, path: str) -> str:
    """A token that lets whoever knows it read this one file. The view shows the tokens of
    delivered files. Nobody can derive another file's token from them, as that of a file that an
    attempt saved but that was not paid for."""
    return _hash(f"{job.asset_token}:{path}")[:32]


def is_turned(job: Job, epoch: int) -> bool:
    """Whether none of its files opens to an address from before the epoch."""
    return job.turning_epoch is None and job.address_epoch >= epoch


def is_turned_since(job: Job, moment: datetime) -> bool:
    """Whether none of its files opens to an address that was shown until `moment`. A clock that is a little
    behind makes another turn necessary, no more."""
    if job.turning_epoch is not None or job.turned_at is None:
        return False
    return job.turned_at > moment + _CLOCKS_DIFFER


def is_as_it_was(job: Job, then: Job) -> bool:
    """Whether no worker has taken the job's turn a step further since `then`."""
    return _step(job) == _step(then)


def _step(job: Job) -> tuple[str, int, int | None]:
    return job.asset_token, job.address_epoch, job.turning_epoch


def with_next_tokens(job: Job) -> Job:
    """The job with the next secret: its `file_token`s are the next ones."""
    return replace(job, asset_token=_hash(f"{job.asset_token}:next"))


def show(job: Job, output: Output, epoch: int, now: datetime) -> Job:
    """The job after its files were opened to the next tokens as well: its view
    shows `output`, with these tokens."""
    turning = with_next_tokens(job)
    return replace(turning, output=output, turning_epoch=epoch, turned_at=now, modified=now)


def note(job: Job, epoch: int) -> Job:
    """The job after its files were closed to the old tokens: they open to the
    addresses that are shown only."""
    return replace(job, address_epoch=epoch, turning_epoch=None)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
