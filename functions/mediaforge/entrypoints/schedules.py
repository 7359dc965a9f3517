"""Scheduled functions. On the emulators, which do not fire them, a ticker calls them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from firebase_functions.scheduler_fn import ScheduledEvent

from mediaforge import bootstrap, log
from mediaforge.domain.errors import UnreadError

if TYPE_CHECKING:
    from mediaforge.services.backend import Backend


def sweep(_: ScheduledEvent) -> None:
    from mediaforge.services.watch.sweep import sweep_jobs

    _run("sweepJobs", sweep_jobs)


def check(_: ScheduledEvent) -> None:
    from mediaforge.services.watch.invariants import check_in_turn

    _run("checkInvariants", check_in_turn)


def grant_month(_: ScheduledEvent) -> None:
    from mediaforge.services.money.monthly import grant_monthly

    _run("grantMonthly", grant_monthly)


def recount(_: ScheduledEvent) -> None:
    from mediaforge.services.library.recount import recount_uploads

    _run("recountUploads", recount_uploads)


def _run(name: str, service: Callable[[Backend], object]) -> None:
    from mediaforge.services.watch.schedules import note_end

    try:
        backend = bootstrap.backend()
        with suppress(UnreadError):  # logged; the next round looks as far back as this one
            service(backend)
    except Exception as broken:
        # The platform counts the run as failed. The message is left out: it may quote a document.
        log.bug("schedule.broke", broken, schedule=name)
        raise RuntimeError(f"{name} failed: {type(broken).__name__}") from None
    note_end(backend, name)
