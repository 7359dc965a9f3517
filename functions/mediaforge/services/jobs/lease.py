"""Keeps a lease while the work goes on: a thread renews it well before it ends."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.errors import BusyError
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend

# A lease is renewed three times before it would end: two renewals may fail.
_RENEWALS_A_LEASE = 3


@contextmanager
def kept(backend: Backend, job: Job) -> Iterator[None]:
    """The lease of `job` is renewed until the block ends. When it is lost (cancelled, taken over)
    the renewals stop; the work goes on, and what it records is refused by the same check."""
    done = threading.Event()
    thread = threading.Thread(target=_keep, args=(backend, job, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _keep(backend: Backend, job: Job, done: threading.Event) -> None:
    interval_s = backend.timing.lease_s / _RENEWALS_A_LEASE
    # A worker that hangs must not keep its job for ever: past the time that its function may take, its lease
    # is not renewed any more.
    for _ in range(int(backend.timing.attempt_s / interval_s)):
        if done.wait(interval_s):
            return
        try:
            if not renew(backend, job):
                return
        except BusyError as error:
            log.warning("lease.delayed", job_id=job.id, cause=str(error))
        except Exception as error:
            log.bug("lease.broke", error, job_id=job.id)
    log.error("lease.given-up", job_id=job.id)


def is_held(backend: Backend, job: Job) -> bool:
    """Whether the lease that `job` was claimed with is still the one in force."""
    assert job.lease is not None
    found = backend.documents.get(at.job(job.id))
    return found is not None and states.holds_lease(found, job.lease.owner)


def renew(backend: Backend, job: Job) -> bool:
    """Renews the lease where it is still this worker's, and says whether it is."""
    assert job.lease is not None
    owner = job.lease.owner

    def work(tx: Transaction) -> bool:
        found = tx.get(at.job(job.id))
        if found is None or not states.holds_lease(found, owner):
            return False
        tx.put(at.job(job.id), states.renew(found, backend.clock.now(), backend.timing))
        return True

    return backend.documents.transact(work)
