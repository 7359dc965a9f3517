"""Scheduled functions. On the emulators, which do not fire them, a ticker calls them."""

from firebase_functions.scheduler_fn import ScheduledEvent

from mediaforge import bootstrap
from mediaforge.services.invariants import check_invariants
from mediaforge.services.sweep import sweep_jobs


def sweep(_: ScheduledEvent) -> None:
    sweep_jobs(bootstrap.backend())


def check(_: ScheduledEvent) -> None:
    check_invariants(bootstrap.backend())
