"""What operators have changed, and why. Pure."""

import re
from collections.abc import Mapping, Sequence
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
    or how many were chosen and by what. `about` are the accounts that it names, and those of the users whose
    work it was about: by these an erasure finds it. `changed` counts what it changed, and `details` has the
    ids that came of it. The document may be deleted from `forget_at` on."""

    id: str
    action: str
    subject: str
    actor: str
    reason: str
    begun_at: datetime
    forget_at: datetime
    about: Sequence[str] = ()
    outcome: Outcome = Outcome.BEGUN
    ended_at: datetime | None = None
    changed: int = 0
    details: Mapping[str, str] = field(default_factory=dict)


def begin(
    name: str,
    action: str,
    subject: str,
    actor: str,
    reason: str,
    now: datetime,
    about: Sequence[str] = (),
) -> AuditEntry:
    """`name` makes the entry's id unique; entries sort by their moment."""
    entry_id = f"{now:%Y%m%dT%H%M%S}-{name}"
    forget_at = now + AUDIT_FORGOTTEN_AFTER
    return AuditEntry(entry_id, action, subject, actor, reason, now, forget_at, tuple(about))


def end(
    entry: AuditEntry, outcome: Outcome, changed: int, details: Mapping[str, str], now: datetime
) -> AuditEntry:
    return replace(entry, outcome=outcome, changed=changed, details=dict(details), ended_at=now)


def without_name(entry: AuditEntry, account_id: str, uid: str, erased_id: str) -> AuditEntry:
    """The entry after the user was erased: it says of whom it was by the account that has their books now.
    Who acted stays. A reason is free text of an operator: it goes, unless the entry is about others, too."""
    names = re.compile(rf"(?<![\w-])(?:{re.escape(account_id)}|{re.escape(uid)})(?![\w-])")

    def renamed(text: str) -> str:
        return names.sub(erased_id, text)

    return replace(
        entry,
        subject=renamed(entry.subject),
        about=tuple(erased_id if each == account_id else each for each in entry.about),
        details={renamed(name): renamed(each) for name, each in entry.details.items()},
        reason=entry.reason if len(entry.about) > 1 else "",
    )
