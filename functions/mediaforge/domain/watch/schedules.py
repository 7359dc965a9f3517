"""Which scheduled functions still finish their runs, and which have been silent for too long. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

# The scheduled functions, and how long each may be silent: at least two of its
# periods, and the time of a run.
SILENT_AFTER: Mapping[str, timedelta] = {
    "sweepJobs": timedelta(minutes=15),
    "grantMonthly": timedelta(hours=3),
    "checkInvariants": timedelta(hours=50),
    "recountUploads": timedelta(hours=50),
}
_TOLD_EVERY = timedelta(hours=1)
# The sweep ends every minute, but writes the document only this often.
_NOTED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Schedules:
    """`system/schedules`. `heard` is when a run of each scheduled function last came to its
    end; where none ever has, when the function was first looked for. `told` is when an alarm
    last said that a function is silent."""

    heard: Mapping[str, datetime] = field(default_factory=dict)
    told: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Silence:
    schedule: str
    heard_at: datetime


def begin_listening(now: datetime) -> Schedules:
    """The document where no run has ended yet: from `now` on, each function has its time to be heard."""
    return Schedules(dict.fromkeys(SILENT_AFTER, now))


def note_end(
    known: Schedules | None, name: str, now: datetime
) -> tuple[Schedules, Sequence[Silence]]:
    """The document after a run of `name` has come to its end at `now`, and the other functions that have been
    silent for too long and had no alarm within the last hour."""
    before = known or Schedules()
    last = before.heard.get(name)
    if last is not None and now - last > SILENT_AFTER[name]:
        # All schedules were stopped and go on now: nothing can be said of the others yet.
        return begin_listening(now), ()
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
