"""Asks everything that a job needs, and says what is not in order."""

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.errors import BusyError
from mediaforge.domain.lanes import Lane
from mediaforge.domain.money import fuses
from mediaforge.domain.money.fuses import ProjectFuse
from mediaforge.domain.watch.health import Facts, Health, findings
from mediaforge.services.backend import Backend
from mediaforge.services.operate.dead_letters import count_letters
from mediaforge.services.operate.looking import see_breakers
from mediaforge.services.operate.unsettled import (
    Trouble,
    count_overdue,
    trouble_of,
    unsettled_jobs,
)

# Jobs that are looked at one by one: those that are due first, and so those that somebody should work on.
_LOOKED_AT_MAX = 300


def check_health(backend: Backend) -> Health:
    """Reads about as many documents as there are unsettled jobs, 300 at most. Raises BusyError where the
    database does not answer."""
    now, fuse = backend.clock.now(), backend.documents.get(at.project_fuse()) or ProjectFuse()
    troubles = [trouble_of(job, now) for job in unsettled_jobs(backend, _LOOKED_AT_MAX)]
    blown = [
        name
        for name, part in (("project", None), *((lane.value, lane) for lane in Lane))
        if fuses.part_of(fuse, part).blown_at is not None
    ]
    facts = Facts(
        stores_files=_stores_files(backend),
        schedules=backend.documents.get(at.schedules()),
        blown_fuses=blown,
        open_breakers=[each.model for each in see_breakers(backend) if each.is_open],
        dead_letters=count_letters(backend),
        overdue=count_overdue(backend, now),
        slow=troubles.count(Trouble.SLOW),
        held_up=troubles.count(Trouble.FUSE),
    )
    return Health(findings(facts, now))


def _stores_files(backend: Backend) -> bool:
    """Whether the bucket answers, whatever it says of a file that nobody has stored."""
    try:
        backend.media.exists("system/health")
    except BusyError as busy:
        log.warning("storage.not_answering", cause=str(busy))
        return False
    return True
