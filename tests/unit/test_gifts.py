"""The day's welcome credits in parts, and the names of markers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaforge.domain.money.gifts import GiftKey, WelcomePolicy, fingerprint, marker_id
from mediaforge.domain.sign_ins import Identity

MAIL, PHONE = Identity("email", "ann@example.com"), Identity("phone", "+15550100")


@pytest.mark.parametrize(
    ("a_day", "shares"),
    [
        (0, [0]),
        (99, [0]),
        (100, [100]),
        (1_990, [1_900]),
        (2_000, [1_000] * 2),
        (2_150, [1_100, 1_000]),
        (20_000, [2_500] * 8),
    ],
)
def test_a_day_is_shared_in_whole_gifts(a_day: int, shares: list[int]) -> None:
    assert WelcomePolicy((), a_day).shares(100) == shares


@given(a_day=st.integers(0, 10_000_000), gift=st.integers(1, 100_000))
def test_the_shares_of_a_day_are_never_more_than_it_and_leave_less_than_a_gift(
    a_day: int, gift: int
) -> None:
    shares = WelcomePolicy((), a_day).shares(gift)
    assert 0 <= a_day - sum(shares) < gift
    assert 1 <= len(shares) <= 8
    assert all(share % gift == 0 for share in shares)


def test_a_marker_is_named_by_the_key_the_kind_and_the_value() -> None:
    key, other = GiftKey("k"), GiftKey("l")
    names = [
        marker_id(key, MAIL),
        marker_id(key, PHONE),
        marker_id(other, MAIL),
        marker_id(key, Identity("phone", MAIL.value)),
    ]
    assert len(set(names)) == 4
    assert all(len(name) == 64 and "ann" not in name for name in names)
    assert marker_id(GiftKey("k"), MAIL) == names[0]


def test_a_fingerprint_is_of_the_set_whatever_its_order() -> None:
    assert fingerprint([MAIL, PHONE]) == fingerprint([PHONE, MAIL])
    assert fingerprint([MAIL]) != fingerprint([MAIL, PHONE])
