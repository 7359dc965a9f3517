"""The project's fuse: what all accounts together hold in an hour. Looked at by the sweep, not by each
submission: a sum over the project would cost every job a read. An account's own fuse is exact; it is in
the account that the submission reads (`domain.accounts`)."""

import threading
from datetime import datetime, timedelta

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.documents import ProjectFuse
from mediaforge.domain.quotas import SPEND_WINDOW_S
from mediaforge.ports.clock import Clock
from mediaforge.ports.documents import Documents, Query, Transaction
from mediaforge.services.backend import Backend

_KEPT_S = 10


class FuseReading:
    """Whether the project's fuse has blown, read at most every ten seconds by each process."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self._lock = threading.Lock()
        self._is_blown = False
        self._read_at: datetime | None = None

    def __call__(self) -> bool:
        with self._lock:
            now = self._clock.now()
            if self._read_at is None or abs((now - self._read_at).total_seconds()) >= _KEPT_S:
                self._is_blown = self._read()
                self._read_at = now
            return self._is_blown

    def _read(self) -> bool:
        """A fuse that cannot be read stays as it was: it must not stop everybody's work."""
        try:
            fuse = self._documents.get(at.project_fuse())
        except Exception as error:
            log.bug("fuse.unreadable", error)
            return self._is_blown
        return fuse is not None and fuse.blown_at is not None


def check_project_fuse(backend: Backend) -> bool:
    """Whether the fuse was blown, or is now: by an hour that was too dear, with an alert line."""
    now, limit = backend.clock.now(), backend.catalogue.limits.project_credits_an_hour_max
    fuse = backend.documents.get(at.project_fuse()) or ProjectFuse()
    if fuse.blown_at is not None:
        return True
    since = now - timedelta(seconds=SPEND_WINDOW_S)
    if fuse.reset_at is not None:
        since = max(since, fuse.reset_at)
    held = _held_since(backend, since)
    if held <= limit:
        return False
    blows = _replace(backend, fuse, ProjectFuse(blown_at=now, reset_at=fuse.reset_at))
    if blows:
        log.error("fuse.blown", of="project", credits=held, limit=limit)
    return blows


def _held_since(backend: Backend, moment: datetime) -> int:
    """By jobs and by directions. Of a direction that was asked several times, the last."""
    total = backend.documents.sum
    jobs = total("estimated_credits", Query(at.JOBS, where=(("created_at", ">", moment),)))
    asked = total("price_credits", Query(at.DIRECTIONS, where=(("asked_at", ">", moment),)))
    return jobs + asked


def reset_project_fuse(backend: Backend) -> None:
    def work(tx: Transaction) -> None:
        tx.get(at.project_fuse())
        tx.put(at.project_fuse(), ProjectFuse(reset_at=backend.clock.now()))

    backend.documents.transact(work)


def _replace(backend: Backend, before: ProjectFuse, after: ProjectFuse) -> bool:
    """Whether it was still as it was before the sum was made: a reset that came meanwhile stands."""

    def work(tx: Transaction) -> bool:
        if (tx.get(at.project_fuse()) or ProjectFuse()) != before:
            return False
        tx.put(at.project_fuse(), after)
        return True

    return backend.documents.transact(work)
