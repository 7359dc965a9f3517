"""What the addresses of a job's files are made of, and how they end. Pure.

An address answers to whoever has it, as long as its file opens to the token in it. To end those that somebody
has seen, the job *turns*: its files open to new tokens as well, its view shows the new addresses, its files
open to the new ones alone, and only then is it noted. So what a view shows answers at every moment.

The secret of the next tokens is made of that of the present ones, and nobody gets back from it: whoever takes
a turn up where another left it, or beside another, opens the files to the same.
"""

import hashlib
from dataclasses import replace
from datetime import datetime

from mediaforge.domain.jobs.job import Job, Output


def file_token(job: Job, path: str) -> str:
    """Lets whoever knows it read this one file. The view shows those of what was delivered, and from them
    nobody can make out another's: that of a file which an attempt saved and its end did not pay for."""
    return _hash(f"{job.asset_token}:{path}")[:32]


def is_turned(job: Job, epoch: int) -> bool:
    """Whether no address of before the epoch opens any of its files."""
    return job.turning_epoch is None and job.address_epoch >= epoch


def is_as_it_was(job: Job, then: Job) -> bool:
    """Whether nobody has taken its turn a step on since `then`."""
    return _step(job) == _step(then)


def _step(job: Job) -> tuple[str, int, int | None]:
    return job.asset_token, job.address_epoch, job.turning_epoch


def with_next_tokens(job: Job) -> Job:
    """Whose `file_token`s are the next ones."""
    return replace(job, asset_token=_hash(f"{job.asset_token}:next"))


def show(job: Job, output: Output, epoch: int, now: datetime) -> Job:
    """Its files open to the next tokens, too: `output` is shown, with these."""
    turning = with_next_tokens(job)
    return replace(turning, output=output, turning_epoch=epoch, modified=now)


def note(job: Job, epoch: int) -> Job:
    """Its files open to the tokens of the addresses that are shown, alone."""
    return replace(job, address_epoch=epoch, turning_epoch=None)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
