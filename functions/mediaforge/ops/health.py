"""`health`: whether all that a job needs is in order."""

import click

from mediaforge.ops.session import Session
from mediaforge.ops.showing import FOUND, OK, Shown, Table
from mediaforge.ops.verbs import shows
from mediaforge.services.operate.health import check_health


def add_to(group: click.Group) -> None:
    shows(group, "health")(health)


def health(session: Session) -> Shown:
    """Asks everything that a job needs. Exit code 1 where something is not in order, 3 where the database
    does not answer."""
    found = check_health(session.backend)
    rows = [
        (
            "ok" if each.is_fine else "WRONG",
            each.check,
            each.found,
            "" if each.is_fine else each.section,
        )
        for each in found.findings
    ]
    data = {
        "isFine": found.is_fine,
        "checks": [
            {
                "check": each.check,
                "isFine": each.is_fine,
                "found": each.found,
                "runbook": each.section,
            }
            for each in found.findings
        ],
    }
    return Shown(
        data,
        [Table(("", "CHECK", "FOUND", "docs/runbook.md#"), rows)],
        exit_code=OK if found.is_fine else FOUND,
    )
