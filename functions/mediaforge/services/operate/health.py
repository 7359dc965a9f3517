"""Asks everything that a job needs, and says what is not in order: in full to operators, and in a word
for each check to anybody."""

from collections.abc import Mapping

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.errors import BusyError
from mediaforge.domain.lanes import Lane
from mediaforge.domain.money import fuses
from mediaforge.domain.money.fuses import ProjectFuse
from mediaforge.domain.watch import schedules
from mediaforge.domain.watch.health import Facts, Health, findings, is_swept
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend
from mediaforge.services.operate.dead_letters import count_letters
from mediaforge.services.operate.looking import is_breaker_open, see_breakers
from mediaforge.services.operate.unsettled import (
    Trouble,
    count_overdue,
    trouble_of,
    unsettled_jobs,
)

# Jobs that are looked at one by one: those that are due first, and so those that somebody should work on.
_LOOKED_AT_MAX = 300
_NO_FILE = "system/health"


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
        backend.media.exists(_NO_FILE)
    except BusyError as busy:
        log.warning("storage.not_answering", cause=str(busy))
        return False
    return True


def take_pulse(backend: Backend) -> Mapping[str, bool]:
    """Whether each thing that a job needs is in order, for whoever asks: no numbers, and nothing of anybody.
    Costs at most three reads and a look at the bucket in ten seconds, for each instance, and is answered
    within three seconds, by a new process within eight. Where the database does not answer, what only it
    knows is left out. The first look of an installation whose schedules have never run is one write: from
    then on they have their time to run, as if they had just done."""
    looks = {
        "firestore": lambda: _what_is_kept(backend),
        "storage": lambda: _looks_at_files(backend),
    }
    return backend.pulse.take(backend.clock.now(), looks)


def _what_is_kept(backend: Backend) -> Mapping[str, bool]:
    """`sweep`: somebody comes back to what was lost; `fuse`: work may begin; `model`: the model of a request
    that names none is asked."""
    now, defaults = backend.clock.now(), backend.catalogue.defaults
    models = defaults.emulators if backend.is_emulated else defaults.production
    breaker = at.breaker(models["image"])

    def work(tx: Transaction) -> Mapping[str, bool]:
        tx.prefetch(at.project_fuse(), at.schedules(), breaker)
        fuse, tripped = tx.peek(at.project_fuse()) or ProjectFuse(), tx.peek(breaker)
        heard = tx.peek(at.schedules())
        if heard is None:
            heard = schedules.begin_listening(now)
            # Fails, and is done anew, where a run has ended meanwhile.
            tx.create(at.schedules(), heard)
        return {
            "sweep": is_swept(heard, now),
            "fuse": fuses.part_of(fuse, None).blown_at is None,
            "model": tripped is None or not is_breaker_open(tripped, now),
        }

    return backend.documents.transact(work)


def _looks_at_files(backend: Backend) -> Mapping[str, bool]:
    """The bucket answers, whatever it says of a file that nobody has stored."""
    backend.media.exists(_NO_FILE)
    return {}
