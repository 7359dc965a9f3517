"""Names that are made of what somebody wrote: none is another's, and those of before are found again."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaforge.domain.money.gifts import GiftKey, fingerprint, marker_id
from mediaforge.domain.names import digest_of, joined
from mediaforge.domain.sign_ins import Identity

# What seams and JSON are made of, so that two lists of parts come near to each other.
PARTS = st.lists(st.text('\n"[], \\na', max_size=6), min_size=2, max_size=4)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("X\nb", "1"), ("X", "b\n1")),
        (("a", "b", "c"), ("a", "b\nc")),
        (("a", "b", "c"), ("a\nb", "c")),
        (("a\nb", "c"), ("a\nb", "", "c")),
        (("", "\n"), ("\n", "")),
        (("direction", "X\n1"), ("direction", "X", "1")),
        (("X", "team", "1"), ("X\nteam", "1")),
    ],
)
def test_other_parts_have_another_name(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert digest_of(*one) != digest_of(*other)


@given(one=PARTS, other=PARTS)
def test_no_two_lists_of_parts_have_one_text(one: list[str], other: list[str]) -> None:
    assert (joined(*one) == joined(*other)) == (one == other)


def test_a_name_of_one_line_parts_is_what_it_was_before() -> None:
    """A request that was accepted by an earlier version and is sent again meets its job."""
    assert digest_of("ann", "r/1 ü") == hashlib.sha256("ann\nr/1 ü".encode()).hexdigest()
    assert digest_of("ann", "team", "1") == hashlib.sha256(b"ann\nteam\n1").hexdigest()


@given(one=st.lists(PARTS, max_size=3), other=st.lists(PARTS, max_size=3))
def test_other_identities_have_other_fingerprints_and_markers(
    one: list[list[str]], other: list[list[str]]
) -> None:
    key = GiftKey("k")
    ones, others = (
        {Identity(f"k{kind}", f"v{value}") for kind, value, *_ in parts} for parts in (one, other)
    )
    assert (fingerprint(ones) == fingerprint(others)) == (ones == others)
    markers = [{marker_id(key, each) for each in some} for some in (ones, others)]
    assert len(markers[0] | markers[1]) == len(ones | others)
