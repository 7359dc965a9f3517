"""Scheduled runs that have come to their end, and those that have not for too long. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

# The deployed functions that run by themselves, and for how long each may not be heard of: two of its periods
# at least, and time for a run.
SILENT_AFTER: Mapping[str, timedelta] = {
    "sweepJobs": timedelta(minutes=15),
    "grantMonthly": timedelta(hours=3),
    "checkInvariants": timedelta(hours=50),
    "recountUploads": timedelta(hours=50),
}
_TOLD_EVERY = timedelta(hours=1)
# What runs each minute is not noted each minute.
_NOTED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Schedules:
    """`system/schedules`: when each scheduled function was last heard of, which is when a run of it came to
    its end; where none ever has, when somebody first looked. `told` is when an alarm last said that one is
    silent."""

    heard: Mapping[str, datetime] = field(default_factory=dict)
    told: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Silence:
    schedule: str
    heard_at: datetime


def note_end(
    known: Schedules | None, name: str, now: datetime
) -> tuple[Schedules, Sequence[Silence]]:
    """What is known after a run of `name` has come to its end at `now`, and which others have been silent for
    too long and were not told of within the hour."""
    before = known or Schedules()
    last = before.heard.get(name)
    if last is not None and now - last > SILENT_AFTER[name]:
        # All were stopped, and go on now: of the others nothing can be said yet.
        return Schedules(dict.fromkeys(SILENT_AFTER, now)), ()
    heard = {each: before.heard.get(each, now) for each in SILENT_AFTER}
    if now - heard[name] >= _NOTED_EVERY:
        heard[name] = now
    silences = [
        Silence(each, heard[each])
        for each, silent_after in SILENT_AFTER.items()
        if now - heard[each] > silent_after and _is_to_be_told(before.told.get(each), now)
    ]
    told = {each: at for each, at in before.told.items() if now - at < _TOLD_EVERY}
    return Schedules(heard, told | {silence.schedule: now for silence in silences}), silences


def _is_to_be_told(told_at: datetime | None, now: datetime) -> bool:
    return told_at is None or now - told_at >= _TOLD_EVERY
