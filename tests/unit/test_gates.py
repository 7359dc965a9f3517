"""A limit a minute that remembers one number: no more than it says, and never longer than it says."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mediaforge.domain.people import gates

NOW_S = 1_795_000_000.0
LIMITS = st.integers(min_value=1, max_value=100_000)


def passed_at_once(limit: int, forgotten_at_s: float, now_s: float) -> tuple[int, float]:
    """How many pass at one moment, and what is remembered then."""
    number = 0
    while gates.wait_s(forgotten_at_s, limit, now_s) == 0:
        forgotten_at_s = gates.count(forgotten_at_s, limit, now_s)
        number += 1
    return number, forgotten_at_s


@pytest.mark.parametrize("limit", [1, 7, 30, 300, 1200, 3000])
def test_as_many_as_the_limit_pass_at_once(limit: int) -> None:
    assert passed_at_once(limit, 0.0, NOW_S)[0] == limit


@given(limit=st.integers(1, 500), moments=st.lists(st.floats(0, 60), max_size=50))
def test_in_a_minute_never_more_than_twice_the_limit(limit: int, moments: list[float]) -> None:
    """A full one, and what comes free meanwhile."""
    forgotten_at_s, number = 0.0, 0
    for moment in sorted(moments):
        passed, forgotten_at_s = passed_at_once(limit, forgotten_at_s, NOW_S + moment)
        number += passed
    assert number <= 2 * limit


@given(limit=LIMITS, used=st.floats(0, 60))
def test_who_waits_as_long_as_they_are_told_passes_and_not_much_sooner(
    limit: int, used: float
) -> None:
    forgotten_at_s = NOW_S + used
    wait_s = gates.wait_s(forgotten_at_s, limit, NOW_S)
    assert 0 <= wait_s <= 60
    assert gates.wait_s(forgotten_at_s, limit, NOW_S + wait_s) == 0
    much_s = 0.002
    if wait_s > much_s:
        assert gates.wait_s(forgotten_at_s, limit, NOW_S + wait_s - much_s) > 0


@given(limit=LIMITS, ahead_s=st.floats(0, 1e9))
def test_a_clock_that_was_ahead_keeps_nobody_out_for_longer_than_a_minute(
    limit: int, ahead_s: float
) -> None:
    assert gates.wait_s(NOW_S + ahead_s, limit, NOW_S) <= 60
