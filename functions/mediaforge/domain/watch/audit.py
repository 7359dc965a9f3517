"""What operators have changed, and why. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

AUDIT_FORGOTTEN_AFTER = timedelta(days=400)
"""How long an audit entry is kept: a year, and a month to look back at it."""


class Outcome(StrEnum):
    """`begun` is written before anything is changed. An entry that stays so is of a command that died, and
    what it changed is in the log."""

    BEGUN = "begun"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`audit/{id}`: one command of an operator that changes something. `subject` is what it was about: an id,
    or how many were chosen and by what. `changed` counts what it changed, and `details` has the ids that came
    of it. The document may be deleted from `forget_at` on."""

    id: str
    action: str
    subject: str
    actor: str
    reason: str
    begun_at: datetime
    forget_at: datetime
    outcome: Outcome = Outcome.BEGUN
    ended_at: datetime | None = None
    changed: int = 0
    details: Mapping[str, str] = field(default_factory=dict)


def begin(
    name: str, action: str, subject: str, actor: str, reason: str, now: datetime
) -> AuditEntry:
    """`name` makes the entry's id unique; entries sort by their moment."""
    entry_id = f"{now:%Y%m%dT%H%M%S}-{name}"
    return AuditEntry(entry_id, action, subject, actor, reason, now, now + AUDIT_FORGOTTEN_AFTER)


def end(
    entry: AuditEntry, outcome: Outcome, changed: int, details: Mapping[str, str], now: datetime
) -> AuditEntry:
    return replace(entry, outcome=outcome, changed=changed, details=dict(details), ended_at=now)
