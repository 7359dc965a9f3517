"""What is counted over time: by the day, with its limits, and by the hour."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mediaforge.domain.errors import QuotaExceededError, RateLimitedError
from mediaforge.domain.jobs.job import JobKind
from mediaforge.domain.money import quotas
from mediaforge.domain.money.quotas import DailyLimits, Demand, RateWindow, SpendWindow, Usage

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TODAY = "2026-11-20"
NO_LIMITS = DailyLimits()
IMAGE, VIDEO, TRAINING = JobKind.IMAGE, JobKind.VIDEO, JobKind.TRAINING

COUNTS = st.integers(0, 50)
DEMANDS = st.builds(Demand, st.sampled_from(JobKind), st.integers(1, 4), st.integers(0, 40))
LIMITS = st.builds(DailyLimits, *[st.none() | COUNTS] * 3)
USAGES = st.builds(Usage, st.just(TODAY), COUNTS, COUNTS, COUNTS)


def count(usage: Usage, limits: DailyLimits, demand: Demand, now: datetime = NOON) -> Usage:
    return quotas.count_usage(usage, limits, [demand], now, whose="member")


def refusal(usage: Usage, limits: DailyLimits, demand: Demand) -> dict[str, Any]:
    with pytest.raises(QuotaExceededError) as exceeded:
        count(usage, limits, demand)
    return exceeded.value.details


# ---- counted by the day --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("demand", "usage"),
    [
        (Demand(IMAGE, 3, 6), Usage(TODAY, images=3, credits=6)),
        (Demand(VIDEO, 1, 40), Usage(TODAY, videos=1, credits=40)),
        (Demand(TRAINING, 1, 500), Usage(TODAY, trainings=1, credits=500)),
    ],
)
def test_a_demand_counts_as_its_kind_and_as_its_credits(demand: Demand, usage: Usage) -> None:
    assert count(Usage(TODAY), NO_LIMITS, demand) == usage


def test_a_new_day_begins_at_zero() -> None:
    yesterday = Usage("2026-11-19", images=7, videos=3, credits=99)
    assert count(yesterday, NO_LIMITS, Demand(IMAGE, 1, 2)) == Usage(TODAY, images=1, credits=2)


def test_usage_that_nobody_ever_wrote_begins_today() -> None:
    assert count(Usage(), NO_LIMITS, Demand(IMAGE, 1, 2)).day == TODAY


@pytest.mark.parametrize(
    ("limits", "demand", "of", "limit", "used"),
    [
        (DailyLimits(images=5), Demand(IMAGE, 2, 0), "images", 5, 4),
        (DailyLimits(videos=3), Demand(VIDEO, 1, 0), "videos", 3, 3),
        (DailyLimits(credits=60), Demand(IMAGE, 1, 11), "credits", 60, 50),
        (DailyLimits(credits=60), Demand(TRAINING, 1, 11), "credits", 60, 50),
        (DailyLimits(images=0), Demand(IMAGE, 1, 2), "images", 0, 4),
        # What is named is what somebody can count on their fingers, before the credits.
        (DailyLimits(images=4, credits=50), Demand(IMAGE, 1, 2), "images", 4, 4),
    ],
)
def test_what_passes_a_limit_is_refused_with_the_numbers_and_whose_limit_it_is(
    limits: DailyLimits, demand: Demand, of: str, limit: int, used: int
) -> None:
    usage = Usage(TODAY, images=4, videos=3, credits=50)
    assert refusal(usage, limits, demand) == {
        "limit": limit,
        "used": used,
        "of": of,
        "limitOf": "member",
        "resetsAt": "2026-11-21T00:00:00Z",
    }


def test_a_refusal_says_in_words_whose_limit_it_is() -> None:
    for whose, words in (("tier", "The tier allows 1"), ("member", "The team allows you 1")):
        with pytest.raises(QuotaExceededError, match=words):
            quotas.count_usage(
                Usage(TODAY, images=1), DailyLimits(images=1), [Demand(IMAGE, 1, 2)], NOON, whose
            )


def test_what_fills_a_limit_exactly_is_counted() -> None:
    limits = DailyLimits(images=5, videos=5, credits=60)
    usage = Usage(TODAY, images=4, credits=58)
    assert count(usage, limits, Demand(IMAGE, 1, 2)) == Usage(TODAY, images=5, credits=60)


def test_demands_are_counted_together_or_not_at_all() -> None:
    demands = [Demand(IMAGE, 2, 4), Demand(VIDEO, 1, 40), Demand(IMAGE, 3, 6)]
    limits = DailyLimits(images=5, videos=1, credits=50)
    counted = quotas.count_usage(Usage(TODAY), limits, demands, NOON, "tier")
    assert counted == Usage(TODAY, images=5, videos=1, credits=50)
    with pytest.raises(QuotaExceededError) as exceeded:
        quotas.count_usage(Usage(TODAY, images=1), limits, demands, NOON, "tier")
    assert (exceeded.value.details["of"], exceeded.value.details["used"]) == ("images", 1)


def test_a_limit_lowered_below_what_is_used_refuses_more_of_that_and_nothing_else() -> None:
    usage = Usage(TODAY, images=9, credits=18)
    limits = DailyLimits(images=5)
    assert refusal(usage, limits, Demand(IMAGE, 1, 2))["used"] == 9
    assert count(usage, limits, Demand(VIDEO, 1, 40)).videos == 1


def test_a_limit_of_yesterday_s_usage_does_not_bind_today() -> None:
    yesterday = Usage("2026-11-19", images=5)
    assert count(yesterday, DailyLimits(images=5), Demand(IMAGE, 5, 0)).images == 5


@given(limits=LIMITS, demands=st.lists(DEMANDS, max_size=30))
def test_no_day_holds_more_than_its_limits_and_all_that_was_admitted_is_counted(
    limits: DailyLimits, demands: Sequence[Demand]
) -> None:
    usage, admitted = Usage(TODAY), list[Demand]()
    for demand in demands:
        try:
            usage = count(usage, limits, demand)
        except QuotaExceededError:
            continue
        admitted.append(demand)
    assert usage.images == sum(d.count for d in admitted if d.kind is IMAGE)
    assert usage.videos == sum(d.count for d in admitted if d.kind is VIDEO)
    assert usage.credits == sum(d.credits for d in admitted)
    for limit, used in (
        (limits.images, usage.images),
        (limits.videos, usage.videos),
        (limits.credits, usage.credits),
    ):
        assert limit is None or used <= limit


@given(usage=USAGES, limits=LIMITS, demand=DEMANDS)
def test_a_demand_is_refused_only_where_it_passes_a_limit(
    usage: Usage, limits: DailyLimits, demand: Demand
) -> None:
    after = count(usage, NO_LIMITS, demand)
    passed = {
        what
        for what in ("images", "videos", "credits")
        if getattr(after, what) > getattr(usage, what)
        and getattr(limits, what) is not None
        and getattr(after, what) > getattr(limits, what)
    }
    if passed:
        assert refusal(usage, limits, demand)["of"] in passed
    else:
        assert count(usage, limits, demand) == after


# ---- given back ----------------------------------------------------------------------------------


@given(usage=USAGES, demand=DEMANDS, hours=st.integers(0, 11))
def test_what_is_given_back_the_same_day_was_never_used(
    usage: Usage, demand: Demand, hours: int
) -> None:
    used = count(usage, NO_LIMITS, demand)
    assert quotas.give_back(used, demand, NOON, NOON + timedelta(hours=hours)) == usage


@given(usage=USAGES, demand=DEMANDS, days=st.integers(1, 400))
def test_nothing_is_given_back_to_another_day(usage: Usage, demand: Demand, days: int) -> None:
    later = NOON + timedelta(days=days)
    assert quotas.give_back(usage, demand, NOON, later) == usage


@given(usage=USAGES, unused=DEMANDS)
def test_more_than_was_counted_is_never_given_back(usage: Usage, unused: Demand) -> None:
    after = quotas.give_back(usage, unused, NOON, NOON)
    assert min(after.images, after.videos, after.credits) >= 0


def test_only_the_kind_that_was_not_delivered_is_given_back() -> None:
    usage = Usage(TODAY, images=4, videos=4, credits=100)
    after = quotas.give_back(usage, Demand(VIDEO, 1, 40), NOON, NOON)
    assert after == Usage(TODAY, images=4, videos=3, credits=60)


def test_where_all_was_delivered_nothing_changes() -> None:
    usage = Usage(TODAY, images=4, credits=8)
    assert quotas.give_back(usage, Demand(IMAGE, 0, 0), NOON, NOON) == usage


def test_the_day_is_utc_s_wherever_the_moment_was_written() -> None:
    auckland = timezone(timedelta(hours=13))
    morning_there = datetime(2026, 11, 21, 8, 0, tzinfo=auckland)  # still the 20th in UTC
    assert quotas.day_of(morning_there) == TODAY
    usage = Usage(TODAY, images=2)
    assert quotas.give_back(usage, Demand(IMAGE, 1, 0), morning_there, NOON).images == 1


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        (datetime(2026, 11, 30, 23, 59, 59, 999_999, tzinfo=UTC), "2026-11"),
        (datetime(2026, 12, 1, tzinfo=UTC), "2026-12"),
        (datetime(2027, 1, 1, tzinfo=UTC), "2027-01"),
        (datetime(2027, 1, 1, 8, 0, tzinfo=timezone(timedelta(hours=13))), "2026-12"),
    ],
)
def test_the_month_is_utc_s(moment: datetime, month: str) -> None:
    assert quotas.month_of(moment) == month


# ---- counted by the hour -------------------------------------------------------------------------

STEPS = st.lists(st.tuples(st.floats(0, 4000), st.integers(0, 100)), min_size=1, max_size=40)


def spend_all(steps: Sequence[tuple[float, int]]) -> tuple[SpendWindow, list[tuple[datetime, int]]]:
    spend, now = SpendWindow(), NOON
    amounts = []
    for pause_s, amount in steps:
        now += timedelta(seconds=pause_s)
        spend = quotas.count_spend(spend, amount, now)
        amounts.append((now, amount))
    return spend, amounts


def sum_since(amounts: Sequence[tuple[datetime, int]], seconds: float) -> int:
    last = amounts[-1][0]
    return sum(amount for moment, amount in amounts if (last - moment).total_seconds() <= seconds)


@given(STEPS)
@example([(0, 100), (3600, 0)])  # an hour old to the second: it counts still
@example([(299, 100), (3600, 0), (1, 0)])
def test_all_of_the_last_hour_is_counted_and_nothing_older_by_more_than_a_slice(
    steps: list[tuple[float, int]],
) -> None:
    spend, amounts = spend_all(steps)
    assert (
        sum_since(amounts, 3600)
        <= quotas.spent(spend, amounts[-1][0])
        <= sum_since(amounts, 3600 + 300)
    )


@given(STEPS)
def test_an_hour_is_kept_in_a_few_numbers(steps: list[tuple[float, int]]) -> None:
    spend, _ = spend_all(steps)
    assert len(spend.slices) <= 13


def test_nothing_was_spent_before_the_first() -> None:
    assert quotas.spent(SpendWindow(), NOON) == 0


def test_a_clock_that_is_behind_forgets_nothing() -> None:
    spend = quotas.count_spend(SpendWindow(), 70, NOON)
    behind = quotas.count_spend(spend, 5, NOON - timedelta(minutes=20))
    assert quotas.spent(behind, NOON) == 75


def test_what_nobody_has_counted_since_leaves_the_hour_by_itself() -> None:
    spend = quotas.count_spend(SpendWindow(), 70, NOON)
    assert quotas.spent(spend, NOON + timedelta(minutes=60)) == 70
    assert quotas.spent(spend, NOON + timedelta(minutes=65)) == 0


# ---- counted by the minute -----------------------------------------------------------------------


@given(pauses_s=st.lists(st.floats(0, 30), max_size=80))
def test_a_minute_is_kept_in_at_most_60_numbers(pauses_s: list[float]) -> None:
    rate, now = RateWindow(), NOON
    for pause_s in pauses_s:
        now += timedelta(seconds=pause_s)
        rate = quotas.count_submission(rate, 1_000, now)
    assert len(rate.seconds) <= 60


@given(limit=st.integers(1, 5), waited_s=st.floats(0, 59))
def test_a_limit_lowered_below_what_was_sent_refuses_and_promises_no_past_moment(
    limit: int, waited_s: float
) -> None:
    full = RateWindow({str(int(NOON.timestamp())): 6})
    with pytest.raises(RateLimitedError) as limited:
        quotas.count_submission(full, limit, NOON + timedelta(seconds=waited_s))
    assert limited.value.details["limit"] == limit
    assert limited.value.details["retryAfterSeconds"] >= 1
