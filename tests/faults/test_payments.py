"""Payments, refunds and disputes in any order, with repeats and kills, end as they really were; and a
safeguard of theirs that is taken away is missed."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from tests.faults.debts import check_debts, check_payments, kept
from tests.faults.harness import Result, Settings, play
from tests.faults.payment_sabotage import SABOTAGES
from tests.faults.record import Commit, Fields, Payment
from tests.faults.stores import MemoryStores

SEEDS = (2, 1, 3)
# What saw it the last time, which is quickest to look at.
FIRST_SEEDS = {"facts written blindly": 1}


def small(seed: int, **changes: Any) -> Settings:
    return Settings(seed, jobs=60, accounts=8, **changes)


@cache
def well(seed: int = SEEDS[0]) -> tuple[Result, dict[str, Fields]]:
    stores = MemoryStores()
    result = play(small(seed), stores)
    return result, dict(stores.contents())


def entries() -> list[tuple[str, Fields]]:
    """Of all seeds, by what they are called."""
    return [
        (path.rpartition("/")[2], fields)
        for seed in SEEDS
        for path, fields in well(seed)[1].items()
        if "/ledger/" in path
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_payment_ends_at_what_is_true(seed: int) -> None:
    result, _ = well(seed)
    assert not result.findings, result.report()


def test_the_run_sees_payments_that_go_back_before_and_after_they_were_credited_and_spent() -> None:
    names = [name for name, _ in entries()]
    assert {name.split("_")[0] for name in names if name.endswith(":taken")} == {
        *("cs", "ch", "re", "du")
    }
    assert {name.split("_")[0] for name in names if name.endswith(":returned")} >= {"re", "du"}
    assert sum(1 for _, entry in entries() if (entry.get("owed") or 0) > 0) > 3
    assert any(name.endswith(":grant:owed") for name in names)
    assert any(name.endswith(":release:owed") for name in names)


@pytest.mark.parametrize("name", SABOTAGES)
def test_without_its_safeguard_a_payment_is_seen_to_end_wrongly(name: str) -> None:
    changes, expected = SABOTAGES[name]
    seeds = dict.fromkeys((FIRST_SEEDS.get(name, SEEDS[0]), *SEEDS))
    runs = (play(small(seed, **changes)).findings for seed in seeds)
    assert any(expected in finding for findings in runs for finding in findings)


# ---- the verdict's own arithmetic ----------------------------------------------------------------


def test_a_share_that_was_given_back_is_not_kept() -> None:
    assert kept(Payment("user_a", 500, 595, 119)) == 400
    assert kept(Payment("user_a", 100, 3, 1)) == 67
    assert kept(Payment("user_a", 100, 3, 5)) == 0


def test_a_payment_that_is_not_in_the_books_is_found() -> None:
    result, contents = well()
    payment_intent = next(name for name, paid in result.record.payments.items() if kept(paid))
    cut = {p: f for p, f in contents.items() if f.get("payment_intent") != payment_intent}
    (finding,) = check_payments(cut, result.record)
    assert payment_intent in finding


def test_a_debt_that_no_entry_made_is_found() -> None:
    result, _ = well()
    path = next(p for p in result.record.last if p.startswith("accounts/") and p.count("/") == 1)
    last = result.record.commits[-1]
    owing = {**result.record.last[path], "owed": 10_000, "available": 1}
    record = replace(
        result.record, commits=[*result.record.commits, Commit(last.at, "x", {path: owing})]
    )
    assert [finding.partition(" (")[0].rpartition(", ")[2] for finding in check_debts(record)] == [
        "found 10000",
        "found 1 that can be spent",
    ]
