"""`breakers`: models whose provider was out of order."""

import click

from mediaforge.ops.session import Session
from mediaforge.ops.showing import FOUND, OK, Shown, Table
from mediaforge.ops.verbs import changes, shows, would
from mediaforge.services.jobs.breakers import reset_breaker
from mediaforge.services.operate.audit import audited
from mediaforge.services.operate.looking import see_breakers


@click.group("breakers")
def group() -> None:
    """Breakers: while one is open, its model's jobs wait instead of failing."""


@shows(group, "show")
def show(session: Session) -> Shown:
    """Lists the models whose last call failed. Exit code 1 where a breaker is open."""
    seen = see_breakers(session.backend)
    columns = ("MODEL", "OPEN", "FAILURES", "TRIPS", "OPEN UNTIL", "TRIAL UNTIL")
    rows = [
        (
            each.model,
            each.is_open,
            each.breaker.failures,
            each.breaker.trips,
            each.breaker.open_until,
            each.breaker.trial_until,
        )
        for each in seen
    ]
    data = [
        {
            "model": each.model,
            "isOpen": each.is_open,
            "failures": each.breaker.failures,
            "trips": each.breaker.trips,
            "openUntil": each.breaker.open_until,
        }
        for each in seen
    ]
    return Shown(
        {"breakers": data},
        [Table(columns, rows)],
        exit_code=FOUND if any(each.is_open for each in seen) else OK,
    )


@changes(group, "reset")
@click.argument("model")
def reset(session: Session, model: str, yes: bool, reason: str) -> Shown:
    """Closes a model's breaker, where you know that its provider works again. Jobs that wait come back at
    their own time; where the provider fails again, it opens again."""
    if not yes:
        return would(f"close the breaker of {model}", data={"model": model})
    with audited(session.backend, session.operator, "breakers reset", model, reason) as note:
        was_there = reset_breaker(session.backend, model)
        if was_there:
            note.did(model, "closed")
    said = (
        f"The breaker of {model} is closed." if was_there else f"The breaker of {model} was closed."
    )
    return Shown({"model": model, "changed": was_there}, [said])
