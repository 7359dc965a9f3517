"""One line a minute that says how the installation is: what charts and alarms are made of. It says zeros,
too: an alarm on its absence is the alarm on the sweep itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from mediaforge import log
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.money.quotas import SPEND_WINDOW_S
from mediaforge.services.backend import Backend
from mediaforge.services.money.fuse import started_credits
from mediaforge.services.operate.dead_letters import count_letters
from mediaforge.services.operate.looking import see_breakers
from mediaforge.services.operate.unsettled import count_overdue, count_unsettled, unsettled_jobs

# Jobs that are read for the line: those that are due first, and so those that have a slot.
_LOOKED_AT_MAX = 100


def measure(backend: Backend, now: datetime) -> None:
    """Reads a hundred jobs at most, and lets the database count the rest."""
    jobs = unsettled_jobs(backend, _LOOKED_AT_MAX)
    waiting = [job for job in jobs if _waits_for_a_worker(job)]
    log.info(
        "jobs.measured",
        unsettled=count_unsettled(backend),
        overdue=count_overdue(backend, now),
        queued=len(waiting),
        oldest_queued_s=_oldest_s(waiting, now),
        processing=sum(job.status is JobStatus.PROCESSING for job in jobs),
        dead_letters=count_letters(backend),
        open_breakers=sum(each.is_open for each in see_breakers(backend)),
        started_credits=started_credits(backend, now - timedelta(seconds=SPEND_WINDOW_S), None),
    )


def is_time_to_measure(backend: Backend, now: datetime) -> bool:
    """The sweep runs every minute; on the emulators every second."""
    return now.second == 0 or not backend.is_emulated


def _waits_for_a_worker(job: Job) -> bool:
    return job.status is JobStatus.QUEUED and job.is_dispatched


def _oldest_s(waiting: Sequence[Job], now: datetime) -> int:
    since = [job.slot_at or job.created_at for job in waiting]
    return max(0, int((now - min(since)).total_seconds())) if since else 0
