"""The outbox: notices of what ends are written in the commit in which it ends, so that none is lost. Whether
anybody wants to be told is in the account, which that commit has read anyway: an account without webhooks
costs nothing more. Afterwards they are handed to their queue; the sweep does it where that is lost."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from mediaforge.contract import documents as at
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.library import batches, webhooks
from mediaforge.domain.library.batches import Batch
from mediaforge.domain.library.webhooks import End, Notice
from mediaforge.domain.money.accounts import Account
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend


def notices_of_jobs(
    backend: Backend, account: Account | None, ended: Iterable[Job]
) -> list[Notice]:
    """Notices of jobs that are final, and that `account` pays for."""
    if account is None or not account.webhooks:
        return []
    ends = list[End]()
    for job in ended:
        assert job.completed_at is not None
        ends.append(End.of_job(job.id, job.status, at.view_path(job), job.completed_at))
    return _notices(backend, account, ends)


def notices_of_batch(
    backend: Backend, account: Account | None, before: Batch, after: Batch
) -> list[Notice]:
    """Notices of the batch's end, if this change is its end. `account` is the one that pays for it."""
    if account is None or not account.webhooks or not batches.has_ended_now(before, after):
        return []
    assert after.completed_at is not None
    return _notices(backend, account, [End.of_batch(after.id, after.status, after.completed_at)])


def _notices(backend: Backend, account: Account, ends: Sequence[End]) -> list[Notice]:
    now = backend.clock.now()
    due_at = now + timedelta(seconds=backend.timing.pickup_s)
    return webhooks.notices_of(account.webhooks, ends, now, due_at)


def write_notices(tx: Transaction, notices: Iterable[Notice]) -> None:
    """Writes them without reading: their job or batch ends once, in this commit."""
    for notice in notices:
        tx.put(at.notice(notice.webhook_id, notice.id), notice)
