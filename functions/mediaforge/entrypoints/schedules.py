"""Scheduled functions. On the emulators, which do not fire them, a ticker calls them."""

from collections.abc import Callable
from contextlib import suppress

from firebase_functions.scheduler_fn import ScheduledEvent

from mediaforge import bootstrap, log
from mediaforge.domain.errors import UnreadError
from mediaforge.services.backend import Backend
from mediaforge.services.library.recount import recount_uploads
from mediaforge.services.money.monthly import grant_monthly
from mediaforge.services.watch.schedules import note_end
from mediaforge.services.watch.sweep import sweep_jobs


def sweep(_: ScheduledEvent) -> None:
    _run("sweepJobs", sweep_jobs)


def check(_: ScheduledEvent) -> None:
    # Here, since only this function needs it, once a day.
    from mediaforge.services.watch.invariants import check_in_turn  # noqa: PLC0415

    _run("checkInvariants", check_in_turn)


def grant_month(_: ScheduledEvent) -> None:
    _run("grantMonthly", grant_monthly)


def recount(_: ScheduledEvent) -> None:
    _run("recountUploads", recount_uploads)


def _run(name: str, service: Callable[[Backend], object]) -> None:
    try:
        backend = bootstrap.backend()
        with suppress(UnreadError):  # it has said so; the next round looks as far back
            service(backend)
    except Exception as broken:
        # The run counts as failed, without the message: it may quote a document.
        log.bug("schedule.broke", broken, schedule=name)
        raise RuntimeError(f"{name} failed: {type(broken).__name__}") from None
    note_end(backend, name)
