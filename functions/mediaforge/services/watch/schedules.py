"""Notices scheduled functions that have died: each scheduled run notes that it came to its end, and looks
whether the others have."""

from collections.abc import Sequence

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.errors import BusyError
from mediaforge.domain.watch import schedules
from mediaforge.domain.watch.schedules import Silence
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend


def note_end(backend: Backend, name: str) -> None:
    """To be called after a run of the function `name`. Writes an alarm line for each other function that has
    been silent for too long, once an hour. An error here fails no run: the run has done its work, and the
    next one notes its end."""

    def work(tx: Transaction) -> Sequence[Silence]:
        known = tx.get(at.schedules())
        noted, silences = schedules.note_end(known, name, backend.clock.now())
        if noted != known:
            tx.put(at.schedules(), noted)
        return silences

    try:
        silences = backend.documents.transact(work)
    except BusyError as busy:
        log.warning("schedule.not_noted", schedule=name, cause=str(busy))
        return
    except Exception as error:
        log.bug("schedule.not_noted", error, schedule=name)
        return
    for silence in silences:
        log.error(
            "schedule.silent",
            schedule=silence.schedule,
            heard_at=silence.heard_at.isoformat(),
            noticed_by=name,
        )
