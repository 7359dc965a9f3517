"""Ends what a revoked share has shown. Reading ends with `revoked_at`, by the security rules. The addresses
of the batch's pictures open to whoever has them, so they are replaced; then the share is deleted. As long as
it is there the sweep finds it: whatever is lost or done twice, the pictures are turned that were not yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.errors import BusyError
from mediaforge.domain.jobs.addresses import is_turned_since
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.library.batches import Row
from mediaforge.domain.library.shares import Share, ShareInvite
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.addresses import take_step, turn_past
from mediaforge.services.jobs.assets import delivered_paths
from mediaforge.services.jobs.side_by_side import AT_ONCE, side_by_side

# A commit has at most 500 writes.
_SHARES_A_TASK = 100


def end_shares(backend: Backend, batch_id: str, at_once: int = AT_ONCE) -> str:
    """Runs one task: turns every finished job of the batch, `at_once` of them side by side, and deletes the
    shares that had been revoked when it began. Says what was done, in a word. Raises BusyError so that the
    task is delivered again."""
    shares = _revoked(backend, batch_id)
    if not shares:
        return "nothing-to-do"
    # All show their new addresses before the first one ends its old ones: Storage takes one change of a file
    # a second, and a client that has just read a view gets some time to follow its addresses.
    finished = _finished(backend, batch_id)
    until = _until(shares)
    begun = side_by_side(lambda job_id: _begin(backend, job_id, until), finished, at_once)
    are_turned = side_by_side(lambda each: _finish(backend, each), begun, at_once)
    if left := are_turned.count(False):
        log.error("addresses.kept", batch_id=batch_id, jobs=left)
        return "kept-some"
    _delete(backend, batch_id, shares)
    log.info("batch.unshared", batch_id=batch_id, shares=len(shares), jobs=len(begun))
    return "unshared"


def _revoked(backend: Backend, batch_id: str) -> list[Share]:
    now = backend.clock.now()
    revoked = Query(at.shares(batch_id), where=(("revoked_at", "<=", now),), limit=_SHARES_A_TASK)
    return backend.documents.find(Share, revoked)


def _until(shares: Sequence[Share]) -> datetime:
    """When the last of them ended."""
    return max(each.revoked_at for each in shares if each.revoked_at is not None)


def _finished(backend: Backend, batch_id: str) -> list[str]:
    """The jobs that show addresses. One that is completed later was never seen by whoever had a share."""
    completed = Query(at.rows(batch_id), where=(("status", "==", JobStatus.COMPLETED.value),))
    rows = backend.documents.find(Row, completed)
    return [row.job_id for row in rows if row.job_id is not None]


@dataclass(frozen=True, slots=True)
class _Begun:
    """A job whose turn was begun. `secret`: that of the addresses which are to end; "" where there are none.
    `after`: the job as the first step left it; None where that is not known."""

    job_id: str
    secret: str = ""
    after: Job | None = None
    is_broken: bool = False


def _begin(backend: Backend, job_id: str, until: datetime) -> _Begun:
    """Takes the first step of the job's turn, unless it was turned after `until`, by a task that was lost
    later. A job that cannot be turned is reported and stops no other. Raises BusyError."""
    try:
        job = backend.documents.get(at.job(job_id))
        if job is None or not delivered_paths(job) or is_turned_since(job, until):
            return _Begun(job_id)
        after = take_step(backend, job, job.address_epoch)
        if after is not None and is_turned_since(after, until):
            return _Begun(job_id)
        return _Begun(job_id, job.asset_token, after)
    except BusyError:
        raise
    except Exception as error:
        log.bug("turn.broke", error, job_id=job_id)
        return _Begun(job_id, is_broken=True)


def _finish(backend: Backend, begun: _Begun) -> bool:
    """Takes the other steps. True where the job is turned, or gone. Raises BusyError."""
    if begun.is_broken or not begun.secret:
        return not begun.is_broken
    try:
        turn_past(backend, begun.job_id, begun.secret, begun.after)
    except BusyError:
        raise
    except Exception as error:
        log.bug("turn.broke", error, job_id=begun.job_id)
        return False
    return True


def _delete(backend: Backend, batch_id: str, ended: Sequence[Share]) -> None:
    """Deletes the shares, and with them the codes that were open when they ended: whoever was shut out may
    have kept one."""
    until = _until(ended)
    refs = [at.share(batch_id, each.uid) for each in ended]

    def work(tx: Transaction) -> None:
        tx.prefetch(*refs)
        found = [(ref, tx.get(ref)) for ref in refs]
        present = [ref for ref, share in found if share is not None and share in ended]
        now = backend.clock.now()
        still_open = Query(at.share_invites(batch_id), where=(("expires_at", ">", now),))
        codes = tx.find(ShareInvite, still_open)
        for ref in present:
            tx.delete(ref)
        for code in codes:
            if code.created_at <= until:
                tx.delete(at.share_invite(batch_id, code.id))

    backend.documents.transact(work)
