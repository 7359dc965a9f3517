"""How far back each round looks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mediaforge.domain.rounds import Round, begin_round

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


def begin(known: Round | None, now: datetime = NOW) -> Round:
    return begin_round(known, Round(), now)


def ended(began_before: timedelta, since_before: timedelta, *, has_missed: bool) -> Round:
    """A round that is over, of so long ago."""
    return Round(began_at=NOW - began_before, since=NOW - since_before, has_missed=has_missed)


def test_the_first_round_looks_at_a_day() -> None:
    assert begin(None) == Round(began_at=NOW, since=NOW - 25 * HOUR, is_over=False)


def test_what_an_earlier_version_wrote_is_no_round() -> None:
    assert begin(Round(runs=2)) == begin(None)


def test_a_round_under_way_goes_on_as_it_was_begun() -> None:
    known = replace(begin(None), runs=1, has_missed=True)
    assert begin(known, NOW + 90 * HOUR) == known


@pytest.mark.parametrize(
    ("began_before", "looks_back"), [(24, 25), (23, 25), (25, 26), (72, 73), (1000, 1001)]
)
def test_a_round_looks_at_all_since_the_one_before_began(
    began_before: int, looks_back: int
) -> None:
    before = ended(began_before * HOUR, 2000 * HOUR, has_missed=False)
    assert begin(before) == Round(began_at=NOW, since=NOW - looks_back * HOUR, is_over=False)


@pytest.mark.parametrize(
    ("began_before", "since_before", "looks_back"),
    [(24, 49, 49), (24, 168, 168), (24, 169, 168), (24, 25, 25), (200, 300, 201)],
    ids=["its own", "a week", "no more than that", "a day", "what nobody has looked at"],
)
def test_after_one_that_has_missed_something_it_looks_as_far_back_for_a_week(
    began_before: int, since_before: int, looks_back: int
) -> None:
    before = ended(began_before * HOUR, since_before * HOUR, has_missed=True)
    assert begin(before).since == NOW - looks_back * HOUR
