"""Deletes generations for good: their views, and with these what searches find; their files; the words of
their jobs. The jobs and the ledger's entries stay: the books rest on them.

One commit deletes the views and empties the jobs. From then on nobody finds the files by the rules, and no
request can use them. Then the files are deleted. If that does not happen, the job's `clean_at` has the sweep
do it, and so does the same call sent again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.answers import Answer
from mediaforge.domain.errors import BusyError, IllegalStateError, NotAMemberError, NotOwnerError
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library.batches import Row
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.clean import clean_up
from mediaforge.services.jobs.settle import settle_account
from mediaforge.services.library.generations import Generations, found_jobs, role_in

# How often accounts are settled for one call: their jobs may end, or be settled by others, meanwhile.
_TRIES_MAX = 3


class DeleteGeneration(Generations):
    """Deletes jobs that have ended, with their files; a failed or cancelled training with its brand. The
    ledger's entries stay. Their user may do this, for a job of a team as long as they are its member, and an
    owner of the team. All that are named are deleted, or none. Deleted again, nothing changes."""


class Deleted(Answer):
    """Nothing: what was named is gone."""


@dataclass(frozen=True, slots=True)
class _Deletion:
    """The jobs whose files are to be deleted; or the accounts that have to be settled before anything is."""

    jobs: Sequence[Job] = ()
    unsettled: frozenset[str] = frozenset()


def delete_generation(backend: Backend, caller: Caller, request: DeleteGeneration) -> Deleted:
    """Raises NotFoundError, which names all jobs that are not there; NotOwnerError, NotAMemberError;
    IllegalStateError for a job that has not ended, and for a training that made a brand."""
    for _ in range(_TRIES_MAX):
        deletion = backend.documents.transact(lambda tx: _delete(backend, tx, caller, request.ids))
        if not deletion.unsettled:
            clean_up(backend, [job for job in deletion.jobs if job.clean_at is not None])
            log.info("generations.deleted", user_id=caller.uid, jobs=len(deletion.jobs))
            return Deleted()
        for account_id in sorted(deletion.unsettled):
            settle_account(backend, account_id)
    raise BusyError("jobs that are to be deleted could not be settled")


def _delete(backend: Backend, tx: Transaction, caller: Caller, ids: Sequence[str]) -> _Deletion:
    found = found_jobs(tx, caller, ids)
    for job in found:
        _refuse_others(tx, caller, job)
        _refuse_needed(job)
    # A settle reads of a job what is deleted with it, so it comes first.
    unsettled = frozenset(job.account_id for job in found if not job.is_settled)
    if unsettled:
        return _Deletion(unsettled=unsettled)
    now, left = backend.clock.now(), [job for job in found if job.deleted_at is None]
    deleted = [states.delete(job, now, backend.timing) for job in left]
    rows = [ref for job in left if (ref := _row_that_shows(tx, job)) is not None]
    for before, after in zip(left, deleted, strict=True):
        tx.put(at.job(after.id), after)
        for ref in _shown(before):
            tx.delete(ref)
    for row in rows:
        tx.patch(row, {"generation_data": None})
    return _Deletion([job for job in found if job.deleted_at is not None] + deleted)


def _refuse_others(tx: Transaction, caller: Caller, job: Job) -> None:
    """A user who has left a team does not delete what the team paid for."""
    is_own = job.user_id == caller.uid
    if is_own and job.team_id is None:
        return
    role = role_in(tx, caller, job.team_id)
    if role is None:
        raise NotAMemberError(f"You are not a member of the team {job.team_id}.")
    if not is_own and not role.may_manage:
        raise NotOwnerError("The generation belongs to somebody else.")


def _refuse_needed(job: Job) -> None:
    if not job.status.is_final:
        message = f"The job {job.id} is {job.status}: cancel it, or wait for its end."
        raise IllegalStateError(message, status=job.status.value)
    if job.kind is JobKind.TRAINING and job.status is JobStatus.COMPLETED:
        message = f"The brand {job.brand_id} was made by this training, and cannot be without it."
        raise IllegalStateError(message, status=job.status.value)


def _row_that_shows(tx: Transaction, job: Job) -> at.Ref[Row] | None:
    """The row of a batch that shows the addresses of the job. It keeps what was asked for: that is the
    batch's. A row that was run again shows another job."""
    if job.batch_id is None or job.row is None:
        return None
    ref = at.row(job.batch_id, job.row)
    row = tx.get(ref)
    return ref if row is not None and row.job_id == job.id else None


def _shown(job: Job) -> Iterator[at.Ref[Any]]:
    """The documents that have the job's words: its view; the brand of a training that came to nothing; the
    dead letter of a failed job, if there is one."""
    yield at.view(job)
    if job.kind is JobKind.TRAINING and job.brand_id is not None:
        yield at.brand(job.brand_id)
    if job.status is JobStatus.FAILED:
        yield at.dead_letter(job.id)
