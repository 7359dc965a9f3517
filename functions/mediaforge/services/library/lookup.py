"""Looks up what a client would listen to: for a server, which asks. What is not there and what is somebody
else's are refused with the same words. A key of a team sees what is the team's, and nothing else of its
owner."""

from mediaforge.contract import documents as at
from mediaforge.contract.answers import (
    AccountShown,
    BatchView,
    ExportView,
    Generation,
    RowsListed,
    RowView,
)
from mediaforge.contract.api import GetAccount, GetBatch, GetExport, GetJob, ListRows
from mediaforge.domain.errors import NotFoundError
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.library.batches import Batch, Row
from mediaforge.domain.money import quotas
from mediaforge.domain.money.accounts import team_account_id, user_account_id
from mediaforge.ports.documents import Query
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.library.batch_access import may_read_batch, may_read_job
from mediaforge.services.money.blocks import refuse_blocked, refuse_blocked_caller
from mediaforge.services.money.opening import open_account
from mediaforge.services.people.members import is_member


def get_job(backend: Backend, caller: Caller, request: GetJob) -> Generation:
    """Raises NotFoundError, AccountBlockedError."""
    job = visible_job(backend, caller, request.job_id)
    view = backend.documents.get(at.view(job))
    if view is None:
        raise _no("job", request.job_id)
    return Generation.of(view, job.kind)


def visible_job(backend: Backend, caller: Caller, job_id: str) -> Job:
    """Raises NotFoundError, AccountBlockedError."""
    refuse_blocked_caller(backend.documents, caller)
    read = backend.documents.get
    job = read(at.job(job_id))
    if job is None or not may_read_job(read, caller, job):
        raise _no("job", job_id)
    if job.team_id is not None and is_member(read, job.team_id, caller):
        refuse_blocked(read, team_account_id(job.team_id))
    return job


def get_batch(backend: Backend, caller: Caller, request: GetBatch) -> BatchView:
    """Raises NotFoundError, AccountBlockedError."""
    return BatchView.of(visible_batch(backend, caller, request.batch_id))


def list_rows(backend: Backend, caller: Caller, request: ListRows) -> RowsListed:
    """Raises NotFoundError, AccountBlockedError."""
    visible_batch(backend, caller, request.batch_id)
    rows = backend.documents.find(Row, Query(at.rows(request.batch_id), order_by=("index",)))
    return RowsListed(items=tuple(map(RowView.of, rows)))


def visible_batch(backend: Backend, caller: Caller, batch_id: str) -> Batch:
    """Raises NotFoundError, AccountBlockedError."""
    refuse_blocked_caller(backend.documents, caller)
    read = backend.documents.get
    batch = read(at.batch(batch_id))
    if batch is None or not may_read_batch(read, caller, batch):
        raise _no("batch", batch_id)
    if batch.team_id is not None and is_member(read, batch.team_id, caller):
        refuse_blocked(read, team_account_id(batch.team_id))
    return batch


def visible_webhook(backend: Backend, caller: Caller, webhook_id: str) -> None:
    """A key of a team sees the team's webhooks alone; for others the operation itself looks. Raises
    NotFoundError."""
    if caller.team_id is None:
        return
    webhook = backend.documents.get(at.webhook(webhook_id))
    if webhook is None or webhook.account_id != team_account_id(caller.team_id):
        raise _no("webhook", webhook_id)


def get_export(backend: Backend, caller: Caller, request: GetExport) -> ExportView:
    """Exports are their user's own, whatever they are of. Raises NotFoundError, AccountBlockedError."""
    refuse_blocked_caller(backend.documents, caller)
    export = backend.documents.get(at.export(caller.uid, request.export_id))
    if export is None or not caller.sees(export.team_id):
        raise _no("export", request.export_id)
    return ExportView.of(export)


def get_account(backend: Backend, caller: Caller, request: GetAccount) -> AccountShown:
    """An account that has not been used yet is shown as it will be opened. Raises NotFoundError,
    AccountBlockedError."""
    refuse_blocked_caller(backend.documents, caller)
    account_id, now = user_account_id(caller.uid), backend.clock.now()
    if request.team_id is not None:
        if not is_member(backend.documents.get, request.team_id, caller):
            raise _no("team", request.team_id)
        account_id = team_account_id(request.team_id)
        refuse_blocked(backend.documents.get, account_id)
    account = backend.documents.get(at.account(account_id))
    account = account or open_account(backend, account_id, now)
    return AccountShown.at_moment(account, quotas.day_of(now))


def _no(what: str, id_: str) -> NotFoundError:
    return NotFoundError(f"There is no {what} {id_}.")
