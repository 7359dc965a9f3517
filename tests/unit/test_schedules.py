"""Which scheduled runs have been silent for too long, and when that is said."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from mediaforge.domain.watch.schedules import SILENT_AFTER, Schedules, note_end

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MANIFEST = Path(__file__).parents[1] / "deploy" / "manifest.yaml"


def silent(known: Schedules | None, name: str, now: datetime) -> tuple[Schedules, list[str]]:
    noted, silences = note_end(known, name, now)
    return noted, [silence.schedule for silence in silences]


def test_each_function_that_is_scheduled_is_listened_for_twice_its_period_at_least() -> None:
    periods = {
        name: timedelta(**{trigger["schedule"].split()[2]: int(trigger["schedule"].split()[1])})
        for name, endpoint in yaml.safe_load(MANIFEST.read_text())["endpoints"].items()
        if (trigger := endpoint.get("scheduleTrigger"))
    }
    assert SILENT_AFTER.keys() == periods.keys()
    assert all(SILENT_AFTER[name] > 2 * period for name, period in periods.items())


def test_the_first_to_end_begins_to_listen_for_all() -> None:
    noted, silences = silent(None, "sweepJobs", NOW)
    assert silences == []
    assert noted == Schedules(heard=dict.fromkeys(SILENT_AFTER, NOW))


def test_one_that_never_ran_is_silent_in_its_time() -> None:
    noted, first = None, dict[str, timedelta]()
    for number in range(51 * 12):
        passed = 5 * number * MINUTE
        noted, silences = silent(noted, "sweepJobs", NOW + passed)
        for each in silences:
            first.setdefault(each, passed)
    assert first == {
        "grantMonthly": 3 * HOUR + 5 * MINUTE,
        "checkInvariants": 50 * HOUR + 5 * MINUTE,
        "recountUploads": 50 * HOUR + 5 * MINUTE,
    }


def test_after_a_pause_of_all_nothing_is_said_of_those_whose_time_is_still_to_come() -> None:
    noted, _ = silent(None, "sweepJobs", NOW)
    noted, silences = silent(noted, "sweepJobs", NOW + 72 * HOUR)
    assert silences == []
    _, silences = silent(noted, "sweepJobs", NOW + 73 * HOUR)
    assert silences == []


def test_a_silence_is_told_once_an_hour_whoever_notices_it() -> None:
    noted, _ = silent(None, "grantMonthly", NOW)
    noted, silences = silent(noted, "grantMonthly", NOW + HOUR)
    assert silences == ["sweepJobs"]
    noted, silences = silent(noted, "checkInvariants", NOW + HOUR + 59 * MINUTE)
    assert silences == []
    _, silences = silent(noted, "checkInvariants", NOW + HOUR + 60 * MINUTE)
    assert silences == ["sweepJobs"]


def test_who_is_heard_again_is_silent_no_more() -> None:
    noted, _ = silent(None, "grantMonthly", NOW)
    noted, _ = silent(noted, "sweepJobs", NOW + HOUR)
    _, silences = silent(noted, "grantMonthly", NOW + HOUR)
    assert silences == []


def test_what_runs_each_minute_is_written_each_five() -> None:
    noted, written = note_end(None, "sweepJobs", NOW)[0], 0
    for minute in range(1, 61):
        after, _ = note_end(noted, "sweepJobs", NOW + minute * MINUTE)
        written += after != noted
        noted = after
    assert written == 12


def test_one_that_a_later_version_schedules_is_listened_for_from_then_on() -> None:
    known = Schedules(heard={"sweepJobs": NOW, "of an earlier version": NOW - 1000 * HOUR})
    noted, silences = silent(known, "sweepJobs", NOW + HOUR)
    assert silences == []
    assert noted.heard["recountUploads"] == NOW + HOUR
