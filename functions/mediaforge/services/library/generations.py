"""Finds the jobs that a caller names, if the caller may see them."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from mediaforge.contract import documents as at
from mediaforge.contract.requests import DocumentId, Payload
from mediaforge.domain.errors import NotFoundError
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.domain.people.teams import Role
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Caller
from mediaforge.services.money.blocks import refuse_blocked
from mediaforge.services.people.members import readable, refuse_blocked_team

JOBS_MAX = 100
_NAMED_MAX = 5  # the details name all


class Generations(Payload):
    """Names the jobs that something is done with."""

    job_id: DocumentId | None = None
    """The job. Give this or `jobIds`."""
    job_ids: Annotated[
        Annotated[tuple[DocumentId, ...], Field(max_length=JOBS_MAX, strict=False)] | None,
        Field(validate_default=True),
    ] = None
    """Several jobs."""

    @field_validator("job_ids")
    @classmethod
    def _one_way_to_name_them(
        cls, job_ids: tuple[str, ...] | None, info: ValidationInfo
    ) -> tuple[str, ...] | None:
        if "job_id" in info.data and (job_ids is None) == (info.data["job_id"] is None):
            raise ValueError("give jobId or jobIds")
        if job_ids == ():
            raise ValueError("names no job")
        return job_ids

    @property
    def ids(self) -> Sequence[str]:
        """Each once."""
        named = (self.job_id,) if self.job_id is not None else self.job_ids or ()
        return list(dict.fromkeys(named))


def found_jobs(tx: Transaction, caller: Caller, ids: Sequence[str]) -> list[Job]:
    """The jobs of these ids. Raises NotFoundError, which names all that do not exist, or are neither the
    caller's nor a team's of theirs; AccountBlockedError."""
    own = user_account_id(caller.uid)
    tx.prefetch(at.account(own), *map(at.job, ids))
    refuse_blocked(tx.peek, own)
    # The jobs are peeked at: to whom a job belongs never changes.
    found = [tx.peek(at.job(job_id)) for job_id in ids]
    jobs = [job for job in found if job is not None and _is_seen(tx, caller, job)]
    refuse_missing(set(ids) - {job.id for job in jobs})
    for team_id in {job.team_id for job in jobs}:
        refuse_blocked_team(tx.peek, caller, team_id)
    return jobs


def _is_seen(tx: Transaction, caller: Caller, job: Job) -> bool:
    return job.user_id == caller.uid or role_in(tx, caller, job.team_id) is not None


def role_in(tx: Transaction, caller: Caller, team_id: str | None) -> Role | None:
    """The caller's role in the team; None where they have none. A commit that rests on it fails where it is
    changed meanwhile."""
    member = readable(tx.get, at.member(team_id, caller.uid)) if team_id is not None else None
    return member.role if member is not None else None


def refuse_missing(ids: Iterable[str]) -> None:
    """Raises NotFoundError if there are any."""
    missing = sorted(ids)
    if missing:
        more = "" if len(missing) <= _NAMED_MAX else f" and {len(missing) - _NAMED_MAX} more"
        named = ", ".join(missing[:_NAMED_MAX])
        raise NotFoundError(f"There is no generation {named}{more}.", jobIds=missing)
