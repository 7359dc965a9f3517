"""What has to be in order for jobs to be accepted, run and paid for, and what an operator does where it is
not. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mediaforge.domain.watch.schedules import SILENT_AFTER, Schedules

_SWEEP = "sweepJobs"


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read. `stores_files`: the bucket answers. `blown_fuses` are the names of those over all
    accounts, `open_breakers` the models whose breaker has tripped. `overdue` counts the jobs that nobody has
    touched in time; `slow` and `held_up` are counted among the unsettled jobs that were looked at."""

    stores_files: bool
    schedules: Schedules | None
    blown_fuses: Sequence[str] = ()
    open_breakers: Sequence[str] = ()
    dead_letters: int = 0
    overdue: int = 0
    slow: int = 0
    held_up: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: whether it is in order, what was found, and the section of docs/runbook.md that says what to
    do."""

    check: str
    is_fine: bool
    found: str
    section: str


def findings(facts: Facts, now: datetime) -> Sequence[Finding]:
    return [
        Finding("database", True, "answers", "lost-region"),
        Finding("storage", facts.stores_files, _said(facts.stores_files), "lost-region"),
        _schedules(facts.schedules, now),
        _none("fuses", facts.blown_fuses, "runaway-cost"),
        _none("breakers", facts.open_breakers, "provider-down-or-out-of-quota"),
        _zero("dead letters", facts.dead_letters, "dead-letters-fill"),
        _zero("overdue jobs", facts.overdue, "stuck-in-queued"),
        _zero("slow jobs", facts.slow, "stuck-in-queued"),
        _zero("jobs held up by a fuse", facts.held_up, "runaway-cost"),
    ]


def _said(answers: bool) -> str:
    return "answers" if answers else "does not answer"


def _none(check: str, wrong: Sequence[str], section: str) -> Finding:
    return Finding(check, not wrong, ", ".join(wrong) or "none is wrong", section)


def _zero(check: str, count: int, section: str) -> Finding:
    return Finding(check, count == 0, str(count), section)


def _schedules(schedules: Schedules | None, now: datetime) -> Finding:
    """Whether each scheduled function has finished a run within two of its periods. In a new installation
    none has: that is said, and is in order, for there is nothing yet to reckon its time from."""
    if schedules is None:
        return Finding("schedules", True, "none has ever run", "a-schedule-is-silent")
    silent = [
        f"{name} since {schedules.heard[name]:%Y-%m-%d %H:%M}"
        for name, silent_after in SILENT_AFTER.items()
        if name in schedules.heard and now - schedules.heard[name] > silent_after
    ]
    return _none("schedules", silent, "a-schedule-is-silent")


def is_swept(schedules: Schedules, now: datetime) -> bool:
    """Whether somebody comes back to jobs whose task or event was lost."""
    swept_at = schedules.heard.get(_SWEEP)
    return swept_at is None or now - swept_at <= SILENT_AFTER[_SWEEP]


@dataclass(frozen=True, slots=True)
class Health:
    findings: Sequence[Finding] = field(default=())

    @property
    def is_fine(self) -> bool:
        return all(finding.is_fine for finding in self.findings)
