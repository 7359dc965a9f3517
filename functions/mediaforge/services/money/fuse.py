"""Fuses. An account's own fuse and its share of the project's hour are exact: they are kept in the account,
which every commit that gives a slot reads and writes. The fuses of the project and of the free lane rest on
sums over all accounts. The sweep makes these sums; made for each job, they would cost every job a read."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, partial

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.lanes import Lane
from mediaforge.domain.money import fuses
from mediaforge.domain.money.accounts import Account, Terms
from mediaforge.domain.money.fuses import ProjectFuse
from mediaforge.domain.money.quotas import SPEND_WINDOW_S
from mediaforge.ports.clock import Clock
from mediaforge.ports.documents import Documents, Query, Transaction
from mediaforge.services.backend import Backend

_KEPT_S = 10
# The collections whose started credits are summed, each with its field that says when the work was started.
_STARTED = ((at.JOBS, "started_at"), (at.DIRECTIONS, "asked_at"))
_StartedBy = Callable[[datetime, Lane], int]


class FuseReading:
    """Whether the project's fuse or the lane's own stops a lane. Each process reads the fuses at most every
    ten seconds."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self._lock = threading.Lock()
        self._fuse = ProjectFuse()
        self._read_at: datetime | None = None

    def __call__(self, lane: Lane) -> bool:
        with self._lock:
            now = self._clock.now()
            if self._read_at is None or abs((now - self._read_at).total_seconds()) >= _KEPT_S:
                self._fuse = self._read()
                self._read_at = now
            return fuses.stops(self._fuse, lane)

    def _read(self) -> ProjectFuse:
        """The fuse as it is in the database. One that cannot be read stays as it was last read: it must not
        stop everybody's work."""
        try:
            return self._documents.get(at.project_fuse()) or ProjectFuse()
        except Exception as error:
            log.bug("fuse.unreadable", error)
            return self._fuse


# ---- what begins -------------------------------------------------------------------------------


def terms_of(backend: Backend, account: Account) -> Terms:
    """What may begin of the account at this moment."""
    tier = backend.catalogue.tier_of(account.tier)
    share_credits = backend.catalogue.limits.account_credits_an_hour_max
    return Terms(tier, share_credits, is_stopped=backend.is_fuse_blown(tier.lane))


def has_blown(before: Account, after: Account) -> bool:
    return before.fuse_blown_at is None and after.fuse_blown_at is not None


def report_blown(account_id: str) -> None:
    """Writes the alarm line. To be called once the commit that blew the fuse has been made."""
    log.error("fuse.blown", of="account", account_id=account_id)


# ---- the project's -----------------------------------------------------------------------------


def check_fuses(backend: Backend) -> Sequence[str]:
    """The names of the fuses over all accounts that are blown. One that blows now, since its hour was too
    dear, writes an alarm line."""
    limits = backend.catalogue.limits
    limit_of: Mapping[Lane | None, int] = {
        None: limits.project_credits_an_hour_max,
        Lane.FREE: limits.free_credits_an_hour_max,
    }
    now = backend.clock.now()
    # The project's sum is made of the lanes' sums. As long as no reset makes their hours differ, each of them
    # is asked for once.
    started_by: _StartedBy = cache(partial(_started_by, backend))
    return [
        _name(lane)
        for lane, limit in limit_of.items()
        if _check(backend, lane, limit, now, started_by)
    ]


def _check(
    backend: Backend, lane: Lane | None, limit: int, now: datetime, started_by: _StartedBy
) -> bool:
    known = backend.documents.get(at.project_fuse()) or ProjectFuse()
    fuse = fuses.part_of(known, lane)
    if fuse.blown_at is not None:
        return True
    since = now - timedelta(seconds=SPEND_WINDOW_S)
    started = _started(backend, max(since, fuse.reset_at or since), lane, started_by)
    if started <= limit:
        return False
    blows = _replace(backend, known, fuses.blow(known, lane, now))
    if blows:
        log.error("fuse.blown", of=_name(lane), credits=started, limit=limit)
    return blows


def _name(lane: Lane | None) -> str:
    return "project" if lane is None else f"{lane.value} lane"


def started_credits(backend: Backend, since: datetime, lane: Lane | None) -> int:
    """What counts in the fuse of the lane, or for None in the project's."""
    return _started(backend, since, lane, partial(_started_by, backend))


def _started(backend: Backend, since: datetime, lane: Lane | None, started_by: _StartedBy) -> int:
    if lane is not None:
        return started_by(since, lane)
    by_lane = {each: started_by(since, each) for each in Lane}
    return fuses.counted(by_lane, backend.catalogue.limits.free_credits_an_hour_max)


def _started_by(backend: Backend, since: datetime, lane: Lane) -> int:
    """The credits started in the lane since then. Those of accounts whose own fuse has blown count, too: what
    they have started costs us the same."""
    return sum(
        backend.documents.sum(
            "started_credits",
            Query(collection, where=(("lane", "==", lane.value), (when, ">", since))),
        )
        for collection, when in _STARTED
    )


def reset_project_fuse(backend: Backend, lane: Lane | None) -> None:
    """Resets the fuse of the lane; the project's where no lane is named."""

    def work(tx: Transaction) -> None:
        known = tx.get(at.project_fuse()) or ProjectFuse()
        tx.put(at.project_fuse(), fuses.reset(known, lane, backend.clock.now()))

    backend.documents.transact(work)


def _replace(backend: Backend, before: ProjectFuse, after: ProjectFuse) -> bool:
    """Writes `after` where the fuse is still `before`, and says whether it was. A reset that came while the
    sum was made stands."""

    def work(tx: Transaction) -> bool:
        if (tx.get(at.project_fuse()) or ProjectFuse()) != before:
            return False
        tx.put(at.project_fuse(), after)
        return True

    return backend.documents.transact(work)
