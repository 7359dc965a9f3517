"""Scheduled functions. On the emulators, which do not fire them, a ticker calls them."""

from collections.abc import Callable

from firebase_functions.scheduler_fn import ScheduledEvent

from mediaforge import bootstrap, log
from mediaforge.domain.errors import UnreadError
from mediaforge.services.backend import Backend


def sweep(_: ScheduledEvent) -> None:
    from mediaforge.services.watch.sweep import sweep_jobs

    _run("sweep", sweep_jobs)


def check(_: ScheduledEvent) -> None:
    from mediaforge.services.watch.invariants import check_in_turn

    _run("check", check_in_turn)


def grant_month(_: ScheduledEvent) -> None:
    from mediaforge.services.money.monthly import grant_monthly

    _run("month", grant_monthly)


def recount(_: ScheduledEvent) -> None:
    from mediaforge.services.library.uploads import recount_uploads

    _run("recount", recount_uploads)


def _run(name: str, service: Callable[[Backend], object]) -> None:
    try:
        service(bootstrap.backend())
    except UnreadError:
        return  # it has said so; the next round comes to these, and looks as far back
    except Exception as broken:
        # The run counts as failed, without the message: it may quote a document.
        log.bug(f"{name}.broke", broken)
        raise RuntimeError(f"{name} failed: {type(broken).__name__}") from None
