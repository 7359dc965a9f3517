"""Ends of models are said while they are near, and afterwards."""

from datetime import date

import pytest

from mediaforge.domain import retirement

DAY = date(2027, 5, 28)


@pytest.mark.parametrize(
    ("today", "is_near", "is_past"),
    [
        (date(2027, 2, 26), False, False),
        (date(2027, 2, 27), True, False),
        (date(2027, 5, 27), True, False),
        (DAY, True, True),
    ],
)
def test_an_end_is_near_for_ninety_days(today: date, is_near: bool, is_past: bool) -> None:
    assert retirement.is_near(DAY, today) is is_near
    assert retirement.is_past(DAY, today) is is_past
    assert (retirement.warning("m", DAY, "heir", today) is not None) is is_near


def test_what_has_no_known_end_is_never_near() -> None:
    assert not retirement.is_near(None, date(2099, 1, 1))
    assert retirement.warning("m", None, "heir", date(2099, 1, 1)) is None


@pytest.mark.parametrize(("heir", "said"), [("h2", "h2 takes its place"), (None, "nothing takes")])
def test_a_warning_names_the_day_and_what_comes_then(heir: str | None, said: str) -> None:
    warning = retirement.warning("m", DAY, heir, DAY)
    assert warning is not None
    assert "2027-05-28" in warning
    assert said in warning
