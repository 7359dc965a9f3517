"""How far a night of the check comes with all accounts."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mediaforge.contract import documents as at
from mediaforge.domain.watch import checks
from mediaforge.domain.watch.checks import CheckRound, begin_check

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("accounts", "size"),
    [(0, None), (1, 1_000), (25_000, 1_000), (25_001, 1_001), (100_000, 4_000)],
)
def test_a_night_s_slice_is_a_twenty_fifth_and_a_thousand_at_least(
    accounts: int, size: int | None
) -> None:
    assert checks.slice_size(CheckRound(accounts=accounts)) == size


@pytest.mark.parametrize("growth", [1.0, 1.2])
def test_all_accounts_have_their_turn_within_thirty_nights(growth: float) -> None:
    mark, nights = CheckRound(accounts=100_000), 0
    there = int(100_000 * growth)
    while mark.met < there:
        mark = replace(mark, met=mark.met + (checks.slice_size(mark) or 0))
        nights += 1
    assert nights <= 30


def test_a_lap_that_ends_counts_the_accounts() -> None:
    mark = CheckRound()
    for account_id in ("team_a", "user_ann", "user_zoe"):
        mark = checks.behind_in_slice(mark, 3, account_id)
    assert (mark.slice_after, mark.met) == ("user_zoe", 3)
    assert checks.end_lap(mark) == replace(mark, slice_after="", met=0, accounts=3)


def test_a_round_begins_with_what_changed_and_its_slice_behind_the_last() -> None:
    known = CheckRound(
        began_at=NOW,
        part=3,
        behind_at=NOW,
        behind_id="j",
        slice_after="user_ann",
        met=7,
        accounts=9,
    )
    begun = begin_check(known, NOW)
    assert (begun.part, begun.behind_at, begun.behind_id, begun.is_over) == (0, None, "", False)
    assert (begun.slice_after, begun.met, begun.accounts) == ("user_ann", 7, 9)


def test_a_round_of_an_earlier_version_that_is_under_way_is_gone_on_with() -> None:
    """It had come to an account by the order of ids, of all; of these none has changed unseen."""
    fields = {
        "after": "user_ann",
        "began_at": NOW,
        "since": NOW,
        "has_unread": True,
        "is_over": False,
    }
    known = at.load(CheckRound, fields, "check_round")
    assert begin_check(known, NOW) == CheckRound(began_at=NOW, since=NOW, is_over=False)
