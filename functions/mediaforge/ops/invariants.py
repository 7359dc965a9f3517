"""`invariants`: whether the books hold."""

from datetime import timedelta

import click

from mediaforge.domain.rounds import BEGINNING
from mediaforge.ops.session import Session
from mediaforge.ops.showing import FOUND, OK, Shown, Table
from mediaforge.ops.verbs import Duration, shows
from mediaforge.services.watch.invariants import check_invariants
from mediaforge.services.watch.reading import check_account

_EVERYTHING = timedelta(days=36_500)


@click.group("invariants")
def group() -> None:
    """What must hold of every balance, hold, slot, job and view."""


@shows(group, "check")
@click.option("--account", help="That account only.")
@click.option(
    "--since",
    type=Duration(),
    help="Of settled jobs, those that were settled since; without it all.",
)
def check(session: Session, account: str | None, since: timedelta | None) -> Shown:
    """Checks every account, or one, and says what is wrong. Exit code 1 where something is."""
    backend, lookback = session.backend, since or _EVERYTHING
    if account is None:
        wrong = check_invariants(backend, lookback)
    else:
        wrong = check_account(backend, account, max(BEGINNING, backend.clock.now() - lookback))
    rows = [(each.document, each.rule, each.expected, each.found) for each in wrong]
    data = [
        {
            "document": each.document,
            "rule": each.rule,
            "expected": str(each.expected),
            "found": str(each.found),
        }
        for each in wrong
    ]
    said = f"{len(wrong)} violations." if wrong else "Every promise of the books holds."
    return Shown(
        {"violations": data},
        [*([Table(("DOCUMENT", "RULE", "EXPECTED", "FOUND"), rows)] if rows else []), said],
        exit_code=FOUND if wrong else OK,
    )
