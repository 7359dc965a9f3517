"""`audit`: what operators have changed, and why."""

import click

from mediaforge.ops.session import Session
from mediaforge.ops.showing import Shown, Table
from mediaforge.ops.verbs import shows
from mediaforge.services.operate.audit import last_entries


@click.group("audit")
def group() -> None:
    """What operators have changed."""


@shows(group, "list")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
def list_(session: Session, limit: int) -> Shown:
    """Lists the last commands that changed something, newest first. One that stays `begun` died half-way."""
    found = last_entries(session.backend, limit)
    rows = [
        (
            each.begun_at,
            each.actor,
            each.action,
            each.subject,
            each.outcome,
            each.changed,
            each.reason,
        )
        for each in found
    ]
    data = [
        {
            "id": each.id,
            "at": each.begun_at,
            "actor": each.actor,
            "action": each.action,
            "subject": each.subject,
            "outcome": each.outcome,
            "changed": each.changed,
            "details": each.details,
            "reason": each.reason,
        }
        for each in found
    ]
    columns = ("AT", "OPERATOR", "COMMAND", "SUBJECT", "OUTCOME", "CHANGED", "REASON")
    return Shown({"entries": data}, [Table(columns, rows)])
