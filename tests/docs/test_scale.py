"""docs/scale.md shows what is computed, from numbers that are measured and prices that are listed."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench import scale

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"


@pytest.mark.parametrize("table", [scale.costs, scale.limits])
def test_the_page_shows_the_tables_of_today(table: object) -> None:
    assert callable(table)
    assert table() in PAGE.read_text(encoding="utf-8")


def test_the_numbers_of_use_are_those_that_were_measured() -> None:
    used = scale.use()
    assert (used.reads, used.writes) == (4, 11)


def test_more_of_anything_costs_more() -> None:
    used, prices = scale.use(), scale.Prices()

    def total(more: scale.Use) -> float:
        return sum(dollars for _, dollars in scale.bill(1_000, more, prices, 0.03))

    numbers = list(vars(used))
    assert all(total(replace(used, **{n: 2 * getattr(used, n)})) > total(used) for n in numbers)


def test_downloads_get_cheaper_by_the_tier() -> None:
    prices = scale.Prices()
    assert scale._downloads(1_000, prices) == pytest.approx(120)
    assert scale._downloads(2_024, prices) == pytest.approx(1_024 * 0.12 + 1_000 * 0.11)
