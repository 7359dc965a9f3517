"""Asking for an export: a batch, or some jobs, as one file. A worker makes it (`export_work.py`)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.requests import ExportAccount, ExportBatch
from mediaforge.domain.errors import InvalidRequestError, NotFoundError, RequestIdReusedError
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.library import exports
from mediaforge.domain.library.export_files import ExportRow
from mediaforge.domain.library.exports import Export, ExportDue, ExportFormat, ExportStatus
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.domain.names import digest_of
from mediaforge.ports.documents import Transaction
from mediaforge.services import tasks
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.plans import hash_of
from mediaforge.services.library.batch_access import may_read_batch, may_read_job
from mediaforge.services.library.batch_rows import all_rows
from mediaforge.services.money.blocks import refuse_blocked
from mediaforge.services.money.counting import counted
from mediaforge.services.people.members import refuse_blocked_team


def export_batch(backend: Backend, caller: Caller, request: ExportBatch) -> Export:
    """The export, queued; sent again under the same `requestId`, as it is by now. Counts in the caller's day,
    and as one submission in their minute. Raises RequestErrors with nothing written."""
    _check_source(request)
    job_ids = tuple(dict.fromkeys(request.job_ids or ()))

    def draft(export_id: str, hash_: str, now: datetime) -> Export:
        drafted = exports.draft(
            export_id,
            caller.uid,
            request.format,
            hash_,
            now,
            batch_id=request.batch_id,
            job_ids=job_ids,
        )
        return replace(drafted, team_id=caller.team_id)

    hash_ = hash_of("exportBatch", request)
    return _asked_for(backend, caller, request.request_id, hash_, draft)


def export_account(backend: Backend, caller: Caller, request: ExportAccount) -> Export:
    """As `export_batch`, of all that is the caller's."""

    def draft(export_id: str, hash_: str, now: datetime) -> Export:
        drafted = exports.draft(export_id, caller.uid, ExportFormat.ZIP, hash_, now)
        return replace(drafted, of_account=True)

    hash_ = hash_of("exportAccount", request)
    return _asked_for(backend, caller, request.request_id, hash_, draft)


def export_user(backend: Backend, uid: str) -> Export:
    """As `export_account`, for operators: of any user, blocked or not, and counted in nobody's day."""

    export_id = backend.new_id()

    def work(tx: Transaction) -> Export:
        if (known := tx.get(at.export(uid, export_id))) is not None:
            return known  # our own commit stood, and its answer was lost
        drafted = exports.draft(export_id, uid, ExportFormat.ZIP, "", backend.clock.now())
        return _write_new(backend, tx, replace(drafted, of_account=True))

    return _sent(backend, backend.documents.transact(work))


def _asked_for(
    backend: Backend,
    caller: Caller,
    request_id: str | None,
    hash_: str,
    draft: Callable[[str, str, datetime], Export],
) -> Export:
    """The export that is `draft`ed under its id, or the one that was asked for before."""
    named = request_id and digest_of(caller.uid, "export", request_id)[:24]
    export_id = named or backend.new_id()
    limit = backend.catalogue.limits.exports_a_day

    def work(tx: Transaction) -> Export:
        now, own = backend.clock.now(), user_account_id(caller.uid)
        ref = at.export(caller.uid, export_id)
        tx.prefetch(at.account(own), ref)
        refuse_blocked(tx.get, own)
        if (known := tx.get(ref)) is not None:
            return _same_request(caller, known, hash_)
        drafted = draft(export_id, hash_, now)
        check_readable(tx, caller, drafted)
        count = counted(backend, tx, caller, now, partial(accounts.admit_export, limit=limit))
        count()
        return _write_new(backend, tx, drafted)

    return _sent(backend, backend.documents.transact(work))


def _write_new(backend: Backend, tx: Transaction, draft: Export) -> Export:
    tx.create(at.export(draft.user_id, draft.id), draft)
    due_at = draft.created_at + timedelta(seconds=backend.timing.pickup_s)
    tx.create(at.export_due(draft.id), ExportDue(draft.id, draft.user_id, due_at))
    return draft


def _sent(backend: Backend, export: Export) -> Export:
    log.info(
        "export.asked", export_id=export.id, user_id=export.user_id, format=export.format.value
    )
    if export.status is ExportStatus.QUEUED:
        tasks.send_export(backend, export.user_id, export.id)
    return export


def _check_source(request: ExportBatch) -> None:
    """Raises InvalidRequestError."""
    if request.batch_id is None and request.job_ids is None:
        raise InvalidRequestError.of("batchId", "is missing; jobIds may be named instead")
    if request.batch_id is not None and request.job_ids is not None:
        raise InvalidRequestError.of("jobIds", "cannot be named together with batchId")


def _same_request(caller: Caller, export: Export, hash_: str) -> Export:
    """Raises RequestIdReusedError."""
    if not caller.sees(export.team_id):
        raise RequestIdReusedError("This requestId was used for something else.")
    if export.request_hash != hash_:
        raise RequestIdReusedError(
            "This requestId was used with another payload.", exportId=export.id
        )
    return export


def check_readable(tx: Transaction, caller: Caller, export: Export) -> None:
    """Raises NotFoundError where there is something to be exported that the caller may not read, and
    AccountBlockedError where it is a blocked team's. Peeks only: the worker checks it again when it reads
    what is exported."""
    if export.of_account:
        return
    if export.batch_id is not None:
        batch = tx.peek(at.batch(export.batch_id))
        if batch is None or not may_read_batch(tx.peek, caller, batch):
            raise NotFoundError(f"There is no batch {export.batch_id}.")
        refuse_blocked_team(tx.peek, caller, batch.team_id)
        return
    _readable_jobs(tx, caller, export)


def rows_of(tx: Transaction, caller: Caller, export: Export) -> list[ExportRow]:
    """What is exported, in its order; of an account nothing, since it has no rows. Raises as `check_readable`
    does."""
    if export.of_account:
        return []
    if export.batch_id is not None:
        check_readable(tx, caller, export)
        return [ExportRow.of_row(row) for row in all_rows(tx, export.batch_id)]
    jobs = _readable_jobs(tx, caller, export)
    return [ExportRow.of_job(index, job, at.view_path(job)) for index, job in enumerate(jobs)]


def _readable_jobs(tx: Transaction, caller: Caller, export: Export) -> list[Job]:
    tx.prefetch(*(at.job(job_id) for job_id in export.job_ids))
    jobs = {job_id: tx.peek(at.job(job_id)) for job_id in export.job_ids}
    tx.prefetch(*(at.as_stored(at.view(job)) for job in jobs.values() if job is not None))
    found = [job for job in jobs.values() if job and may_read_job(tx.peek, caller, job)]
    if len(found) < len(jobs):
        known = {job.id for job in found}
        missing = ", ".join(job_id for job_id in jobs if job_id not in known)
        raise NotFoundError(f"There is no job {missing}.")
    for team_id in {job.team_id for job in found}:
        refuse_blocked_team(tx.peek, caller, team_id)
    return found
