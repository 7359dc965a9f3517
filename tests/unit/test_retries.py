"""When a job comes back: never at once, never beyond the cap, never all together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaforge.domain.jobs.retries import BackOff, snooze_delay_s

BACK_OFF = BackOff(base_s=5, cap_s=600)
CHANCES = st.floats(0, 1, exclude_max=True)
RETRIES = st.integers(1, 10_000)


@pytest.mark.parametrize(
    ("retry", "chance", "delay_s"),
    [
        (1, 0.0, 2.5),
        (1, 0.5, 3.75),
        (2, 0.0, 5.0),
        (4, 0.0, 20.0),
        (8, 0.0, 300.0),  # 5 * 2**7 is above the cap of 600
        (10_000, 0.0, 300.0),
    ],
)
def test_the_delay_doubles_up_to_the_cap(retry: int, chance: float, delay_s: float) -> None:
    assert BACK_OFF.delay_s(retry, chance) == delay_s


@given(retry=RETRIES, chance=CHANCES)
def test_a_retry_waits_for_more_than_nothing_and_at_most_the_cap(retry: int, chance: float) -> None:
    assert BACK_OFF.base_s / 2 <= BACK_OFF.delay_s(retry, chance) <= BACK_OFF.cap_s


@given(retry=RETRIES, chance=CHANCES)
def test_a_later_retry_never_waits_less(retry: int, chance: float) -> None:
    assert BACK_OFF.delay_s(retry + 1, chance) >= BACK_OFF.delay_s(retry, chance)


@given(retry=RETRIES)
def test_chance_spreads_a_herd_over_half_of_the_delay(retry: int) -> None:
    earliest, middle = BACK_OFF.delay_s(retry, 0.0), BACK_OFF.delay_s(retry, 0.5)
    assert middle == pytest.approx(earliest * 1.5)


@given(asked_s=st.floats(0, 600), snoozes=st.integers(0, 1_000), chance=CHANCES)
def test_a_snooze_waits_for_what_the_provider_asked_and_never_less_than_it_would_by_itself(
    asked_s: float, snoozes: int, chance: float
) -> None:
    delay_s, own_s = snooze_delay_s(BACK_OFF, snoozes, asked_s, chance), _own_s(snoozes, chance)
    assert max(asked_s, own_s) <= delay_s <= max(asked_s * 1.25, own_s)


def _own_s(snoozes: int, chance: float) -> float:
    return BACK_OFF.delay_s(snoozes + 1, chance)


@pytest.mark.parametrize("asked_s", [0.0, 1.0])
def test_who_names_no_time_over_and_over_is_asked_less_and_less(asked_s: float) -> None:
    waits = [snooze_delay_s(BACK_OFF, snoozes, asked_s, 0.0) for snoozes in range(4)]
    assert waits == [2.5, 5.0, 10.0, 20.0]


@given(snoozes=st.integers(0, 1_000), chance=CHANCES)
def test_a_snooze_that_was_told_no_time_backs_off(snoozes: int, chance: float) -> None:
    assert snooze_delay_s(BACK_OFF, snoozes, None, chance) == _own_s(snoozes, chance)


def test_a_provider_that_asks_for_a_day_is_asked_again_after_the_cap() -> None:
    assert snooze_delay_s(BACK_OFF, 0, 86_400, 0.0) == BACK_OFF.cap_s
