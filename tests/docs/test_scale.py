"""docs/scale.md shows what is computed, from numbers that are measured and prices that are listed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench import scale
from bench.report import read_numbers
from bench.simulate import compare

ROOT = Path(__file__).parents[2]
PAGE, README = ROOT / "docs" / "scale.md", ROOT / "README.md"


@pytest.mark.parametrize("table", [scale.costs, scale.limits])
def test_the_page_shows_the_tables_of_today(table: object) -> None:
    assert callable(table)
    assert table() in PAGE.read_text(encoding="utf-8")


def test_the_page_names_as_many_backups_as_a_production_keeps() -> None:
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"each of the {scale.backups_kept()} backups" in page
    assert f"**Backups**: {scale.backups_kept()} of them" in page


@pytest.mark.parametrize("table", [scale.compared, scale.peak_hour])
def test_the_page_shows_what_was_simulated(table: Callable[[dict[str, Any]], str]) -> None:
    assert table(read_numbers(scale.RESULTS)) in PAGE.read_text(encoding="utf-8")


def test_readme_shows_what_users_cost_and_by_how_much_the_simulation_misses() -> None:
    readme = README.read_text(encoding="utf-8")
    rows = scale.costs().splitlines()
    shown = [row for row in rows if row in readme.splitlines()]
    assert [row.split(" (")[0].strip("| ").split(" | ")[0] for row in shown] == [
        "a month, in US dollars",
        "---",
        "images",
        "functions: workers that wait for the model",
        "Storage, month 12",
        "downloads",
        "**sum, without the model**",
        "an image",
        "the model",
    ]
    missed = read_numbers(scale.RESULTS)[scale.ERROR]["ratio"]
    assert f"by at most {missed:.1%}".replace("%", " %") in " ".join(readme.split())


def test_what_was_simulated_is_of_the_herd_that_was_measured_last() -> None:
    """The peak hour itself takes a minute, so it is looked at where `python -m bench simulate` writes it."""
    numbers = read_numbers(scale.RESULTS)
    known = scale.catalogue()
    assert numbers[scale.ERROR]["compared"] == {
        one.name: {"simulated": round(one.simulated, 2), "measured": one.measured}
        for one in compare(numbers, known)
    }


MEASURED = {scale.HERD: {"is_reached": True}, scale.ERROR: {"is_reached": True}}


@pytest.mark.parametrize(
    "numbers",
    [
        {},
        {scale.HERD: MEASURED[scale.HERD]},
        {**MEASURED, scale.HERD: {"is_reached": False}},
        {**MEASURED, scale.ERROR: {"is_reached": False}},
    ],
)
def test_a_simulation_that_is_not_to_be_trusted_leaves_no_number_on_the_page(
    numbers: dict[str, Any],
) -> None:
    rows = {scale.PEAK_HOUR: {"rows": [{"wait_p50_s": 1}]}}
    said = scale.peak_hour({**rows, **numbers})
    assert not any(character.isdigit() for character in said)


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
