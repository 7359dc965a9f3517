"""The fuses over all accounts: what counts in them, what they stop, and how many accounts it takes to blow
them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaforge.contract.documents import dump, load, project_fuse
from mediaforge.domain.catalogue import Limits, Model, Tier, parse
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.lanes import Lane
from mediaforge.domain.money import accounts, fuses, quotas
from mediaforge.domain.money.accounts import Terms
from mediaforge.domain.money.fuses import Fuse, ProjectFuse
from mediaforge.domain.money.quotas import DailyLimits, Demand, Usage

SHIPPED = parse((Path(__file__).parents[2] / "functions" / "catalogue.toml").read_text("utf-8"))
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)


# ---- which fuse stops whom ----------------------------------------------------------------------


def test_the_project_s_fuse_stops_every_lane() -> None:
    fuse = fuses.blow(ProjectFuse(), None, NOON)
    assert [fuses.stops(fuse, lane) for lane in Lane] == [True, True]


def test_the_free_lane_s_fuse_stops_nobody_who_pays() -> None:
    fuse = fuses.blow(ProjectFuse(), Lane.FREE, NOON)
    assert fuses.stops(fuse, Lane.FREE)
    assert not fuses.stops(fuse, Lane.PAID)


@pytest.mark.parametrize("lane", [None, Lane.FREE])
def test_a_reset_is_of_the_one_fuse_and_says_when(lane: Lane | None) -> None:
    both = fuses.blow(fuses.blow(ProjectFuse(), None, NOON), Lane.FREE, NOON)
    after = fuses.reset(both, lane, LATER)
    assert fuses.part_of(after, lane) == Fuse(reset_at=LATER)
    other = Lane.FREE if lane is None else None
    assert fuses.part_of(after, other) == Fuse(blown_at=NOON)


def test_a_fuse_is_read_back_as_it_was_written() -> None:
    fuse = fuses.reset(fuses.blow(ProjectFuse(), Lane.FREE, NOON), None, LATER)
    assert load(ProjectFuse, dump(fuse), "project") == fuse


def test_one_of_an_earlier_version_has_no_lanes() -> None:
    fuse = load(ProjectFuse, {"blown_at": NOON, "reset_at": None}, project_fuse().id)
    assert fuse == ProjectFuse(blown_at=NOON)


# ---- how many accounts it takes to stop everybody -------------------------------------------------

PICTURE_CREDITS = 8


def limits(share_percent: int) -> Limits:
    return SHIPPED.limits.model_copy(update={"account_share_percent": share_percent})


def most_in_an_hour(tier: Tier, share_credits: int, price: int = PICTURE_CREDITS) -> int:
    """What one account can begin, one by one, until its day, its fuse or its share holds it up."""
    found = accounts.open_account("user_eve", "", NOON)
    daily = DailyLimits(tier.a_day)
    usage = Usage()
    for number in count():
        if number == daily.of(JobKind.IMAGE):
            return number * price
        usage = quotas.count_usage(usage, daily, [Demand(JobKind.IMAGE, 1, price)], NOON, "tier")
        found, held_up = accounts.begin(found, Terms(tier, share_credits), price, NOON)
        if held_up is not None:
            return number * price
    raise AssertionError


@pytest.mark.parametrize(
    ("share_percent", "tier", "accounts_needed"),
    [
        (100, "free", 1_250),
        (100, "pro", 10),
        (100, "studio", 2),
        (10, "free", 1_250),
        (10, "pro", 10),
        (10, "studio", 10),
    ],
)
def test_it_takes_so_many_accounts_to_start_what_the_project_may(
    share_percent: int, tier: str, accounts_needed: int
) -> None:
    """Who pays has dearer things to start than pictures, so that no day of these ends before the hour."""
    share = limits(share_percent).account_credits_an_hour_max
    found = SHIPPED.tiers[tier]
    if found.lane is Lane.PAID:
        found = found.model_copy(update={"a_day": {}})
    most = most_in_an_hour(found, share)
    assert -(-SHIPPED.limits.project_credits_an_hour_max // most) == accounts_needed


def test_no_number_of_free_accounts_can_stop_who_pays() -> None:
    free_max = SHIPPED.limits.free_credits_an_hour_max
    for free_accounts in (0, 250, 1_250, 10**6):
        started = {Lane.FREE: free_accounts * 160, Lane.PAID: 0}
        assert fuses.counted(started, free_max) <= SHIPPED.limits.project_credits_an_hour_max
        assert (started[Lane.FREE] > free_max) == (free_accounts > 250)


@given(free=st.integers(0, 10**6), paid=st.integers(0, 10**6))
def test_what_is_paid_for_counts_all_and_free_work_up_to_its_own_fuse(free: int, paid: int) -> None:
    counted = fuses.counted({Lane.FREE: free, Lane.PAID: paid}, 40_000)
    assert counted == paid + min(free, 40_000)


def test_a_film_in_4k_is_started_until_a_tenth_is_used_and_no_more() -> None:
    share = SHIPPED.limits.account_credits_an_hour_max
    assert share * 10 == SHIPPED.limits.project_credits_an_hour_max == 200_000
    assert most_in_an_hour(SHIPPED.tiers["studio"], share, price=576) == 34 * 576 == 19_584


def dearest(model: Model) -> int:
    lengths: tuple[int | None, ...] = model.video.durations_s if model.video else (None,)
    sizes = model.size_names or ("",)
    return model.count_max * max(model.price_of(size, s) for size in sizes for s in lengths)


@pytest.mark.parametrize("tier", SHIPPED.tiers.values(), ids=SHIPPED.tiers)
def test_no_job_is_dearer_than_what_its_account_may_start_in_an_hour(tier: Tier) -> None:
    most = min(tier.credits_an_hour_max, SHIPPED.limits.account_credits_an_hour_max)
    assert max(dearest(SHIPPED.models[name]) for name in tier.models) <= most


def test_only_the_tier_that_pays_nothing_is_of_the_free_lane() -> None:
    lanes = {name: tier.lane for name, tier in SHIPPED.tiers.items()}
    assert lanes == {"free": Lane.FREE, "pro": Lane.PAID, "studio": Lane.PAID}


def test_an_account_that_has_blown_its_fuse_begins_nothing_more() -> None:
    studio = SHIPPED.tiers["studio"]
    blown = replace(accounts.open_account("user_eve", "studio", NOON), fuse_blown_at=NOON)
    assert accounts.begin(blown, Terms(studio, 10**9), 1, NOON)[1] is accounts.HeldUp.FUSE
