"""What decides whether an account may submit, and begin: rate, daily quota, fuse, share, slots."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaforge.contract.documents import dump, load
from mediaforge.domain.catalogue import Tier
from mediaforge.domain.credits import Balance
from mediaforge.domain.errors import AccountBlockedError, QuotaExceededError, RateLimitedError
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.money import accounts, quotas
from mediaforge.domain.money.accounts import Account, HeldUp, Terms
from mediaforge.domain.money.quotas import Demand, RateWindow, SpendWindow, Usage

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TIER = Tier(
    title="Small",
    jobs_at_once=2,
    submissions_a_minute=3,
    batch_rows_max=10,
    credits_an_hour_max=100,
    a_day={JobKind.IMAGE: 5, JobKind.VIDEO: 0, JobKind.TRAINING: 2},
    priorities=("normal",),
    models=("local-image",),
)
ENDLESS = TIER.model_copy(update={"a_day": {}})
MOMENTS = st.datetimes(
    datetime(2026, 1, 1),
    datetime(2027, 1, 1),
    timezones=st.just(UTC),
)


def account(now: datetime = NOON) -> Account:
    return accounts.open_account("user_ann", "small", now)


def admit(found: Account, now: datetime, count: int = 1, kind: JobKind = JobKind.IMAGE) -> Account:
    return accounts.admit(found, TIER, [Demand(kind, count, 0)], now)


def admitted(times: int, now: datetime = NOON) -> Account:
    found = account(now)
    for _ in range(times):
        found = admit(found, now)
    return found


# ---- rate --------------------------------------------------------------------------------------


def test_the_first_submissions_of_a_minute_are_admitted() -> None:
    assert admitted(3).rate == RateWindow({str(int(NOON.timestamp())): 3})


@pytest.mark.parametrize(("waited_s", "retry_after_s"), [(0, 60), (0.5, 60), (59, 1), (59.9, 1)])
def test_one_more_is_told_how_long_to_wait(waited_s: float, retry_after_s: int) -> None:
    with pytest.raises(RateLimitedError) as limited:
        admit(admitted(3), NOON + timedelta(seconds=waited_s))
    assert limited.value.details == {"limit": 3, "retryAfterSeconds": retry_after_s}


def test_a_minute_later_a_submission_counts_no_more() -> None:
    later = NOON + timedelta(seconds=60)
    assert admit(admitted(3), later).rate == RateWindow({str(int(later.timestamp())): 1})


@given(waited_s=st.floats(0, 59.999))
def test_whoever_waits_as_long_as_told_is_admitted(waited_s: float) -> None:
    now, full = NOON + timedelta(seconds=waited_s), admitted(3)
    with pytest.raises(RateLimitedError) as limited:
        admit(full, now)
    retry_at = now + timedelta(seconds=limited.value.details["retryAfterSeconds"])
    assert sum(admit(full, retry_at).rate.seconds.values()) == 1


@given(st.lists(st.floats(0, 90), max_size=40))
def test_no_minute_holds_more_than_the_tier_allows(pauses_s: list[float]) -> None:
    found, now = account(), NOON
    admitted_at: list[datetime] = []
    for pause_s in pauses_s:
        now += timedelta(seconds=pause_s)
        try:
            found = accounts.admit(found, ENDLESS, [Demand(JobKind.IMAGE, 1, 0)], now)
        except RateLimitedError:
            continue
        admitted_at.append(now)
    # Counted by the second: a minute that begins within one may hold what came a moment before it.
    for moment in admitted_at:
        within = [m for m in admitted_at if 0 <= (m - moment).total_seconds() < 59]
        assert len(within) <= 3


def test_a_clock_that_is_behind_does_not_wipe_what_a_later_day_counted() -> None:
    today = admit(account(), NOON, 3)
    yesterday = NOON - timedelta(days=1)
    assert admit(today, yesterday, 1).usage == Usage("2026-11-20", {JobKind.IMAGE: 4})
    assert (
        accounts.give_back(today, Demand(JobKind.IMAGE, 1, 0), yesterday, yesterday).usage
        == today.usage
    )


# ---- quota -------------------------------------------------------------------------------------


def test_assets_are_counted_by_kind() -> None:
    both = accounts.admit(admit(account(), NOON, 2), ENDLESS, [Demand(JobKind.VIDEO, 1, 0)], NOON)
    assert both.usage == Usage("2026-11-20", {JobKind.IMAGE: 2, JobKind.VIDEO: 1})


def test_the_last_images_of_the_day_are_admitted_and_one_more_is_not() -> None:
    full = admit(account(), NOON, 5)
    with pytest.raises(QuotaExceededError) as exceeded:
        admit(full, NOON)
    assert exceeded.value.details == {
        "limit": 5,
        "used": 5,
        "of": "images",
        "limitOf": "tier",
        "resetsAt": "2026-11-21T00:00:00Z",
    }


def test_a_request_that_only_partly_fits_is_refused_whole() -> None:
    with pytest.raises(QuotaExceededError):
        admit(admit(account(), NOON, 3), NOON, 3)


def test_a_tier_without_videos_refuses_the_first() -> None:
    with pytest.raises(QuotaExceededError) as exceeded:
        admit(account(), NOON, 1, JobKind.VIDEO)
    assert exceeded.value.details["limit"] == 0


def test_a_tier_without_a_daily_limit_has_none() -> None:
    used = replace(account(), usage=Usage("2026-11-20", {JobKind.IMAGE: 1_000_000}))
    assert (
        accounts.admit(used, ENDLESS, [Demand(JobKind.IMAGE, 4, 0)], NOON).usage.of(JobKind.IMAGE)
        == 1_000_004
    )


def test_trainings_have_a_limit_of_their_own() -> None:
    full = admit(account(), NOON, 5)
    training = Demand(JobKind.TRAINING, 1, 0)
    for _ in range(2):
        full = accounts.admit(replace(full, rate=RateWindow()), TIER, [training], NOON)
    assert full.usage == Usage("2026-11-20", {JobKind.IMAGE: 5, JobKind.TRAINING: 2})
    with pytest.raises(QuotaExceededError) as exceeded:
        accounts.admit(replace(full, rate=RateWindow()), TIER, [training], NOON)
    assert (exceeded.value.details["of"], exceeded.value.details["limit"]) == ("trainings", 2)


def test_a_tier_without_a_limit_of_trainings_has_none() -> None:
    used = replace(account(), usage=Usage("2026-11-20", {JobKind.TRAINING: 1_000}))
    training = Demand(JobKind.TRAINING, 1, 0)
    assert accounts.admit(used, ENDLESS, [training], NOON).usage.of(JobKind.TRAINING) == 1_001


@pytest.mark.parametrize(
    ("now", "resets_at"),
    [
        (datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC), "2026-11-21T00:00:00Z"),
        (datetime(2026, 12, 31, 0, 0, tzinfo=UTC), "2027-01-01T00:00:00Z"),
        (datetime(2028, 2, 28, 9, 0, tzinfo=UTC), "2028-02-29T00:00:00Z"),
        # It is the 21st in Auckland, and still the 20th in UTC.
        (
            datetime(2026, 11, 21, 8, 0, tzinfo=timezone(timedelta(hours=13))),
            "2026-11-21T00:00:00Z",
        ),
    ],
)
def test_the_quota_resets_at_midnight_utc(now: datetime, resets_at: str) -> None:
    with pytest.raises(QuotaExceededError) as exceeded:
        admit(admit(account(now), now, 5), now)
    assert exceeded.value.details["resetsAt"] == resets_at


@given(now=MOMENTS)
def test_whoever_waits_until_the_reset_is_admitted(now: datetime) -> None:
    full = admit(account(now), now, 5)
    with pytest.raises(QuotaExceededError) as exceeded:
        admit(full, now)
    resets_at = datetime.fromisoformat(exceeded.value.details["resetsAt"])
    assert timedelta(0) < resets_at - now <= timedelta(days=1)
    assert admit(replace(full, rate=RateWindow()), resets_at, 5).usage.of(JobKind.IMAGE) == 5


# ---- given back --------------------------------------------------------------------------------


def test_what_was_not_delivered_is_given_back_the_same_day() -> None:
    used = admit(account(), NOON, 4)
    back = accounts.give_back(used, Demand(JobKind.IMAGE, 3, 0), NOON, NOON + timedelta(hours=11))
    assert back.usage == Usage("2026-11-20", {JobKind.IMAGE: 1})


def test_what_was_counted_yesterday_is_not_given_back_today() -> None:
    tomorrow = NOON + timedelta(days=1)
    used = admit(admit(account(), NOON, 4), tomorrow, 2)
    assert (
        accounts.give_back(used, Demand(JobKind.IMAGE, 4, 0), NOON, tomorrow).usage.of(
            JobKind.IMAGE
        )
        == 2
    )


@given(submitted_at=MOMENTS, now=MOMENTS, count=st.integers(0, 9), used=st.integers(0, 5))
def test_usage_is_never_negative(
    submitted_at: datetime, now: datetime, count: int, used: int
) -> None:
    found = admit(account(submitted_at), submitted_at, used)
    back = accounts.give_back(found, Demand(JobKind.IMAGE, count, 0), submitted_at, now)
    assert 0 <= back.usage.of(JobKind.IMAGE) <= used


# ---- fuse and share -----------------------------------------------------------------------------

SHARE = 1_000  # its hour is 100 credits


def try_to_begin(
    found: Account, amount: int, now: datetime = NOON, share: int = SHARE
) -> tuple[Account, HeldUp | None]:
    return accounts.begin(found, Terms(TIER, share), amount, now)


def begun(found: Account, amount: int, now: datetime = NOON) -> Account:
    after, held_up = try_to_begin(found, amount, now)
    assert held_up is None
    return after


def blown() -> Account:
    return try_to_begin(begun(account(), 100), 1)[0]


def test_an_hour_s_worth_of_credits_begins_and_one_more_blows_the_fuse_and_waits() -> None:
    full = begun(begun(account(), 60), 40, NOON + timedelta(minutes=59))
    assert full.fuse_blown_at is None
    moment = NOON + timedelta(minutes=60)
    after, held_up = try_to_begin(full, 1, moment)
    assert (held_up, after.fuse_blown_at, after.spend) == (HeldUp.FUSE, moment, full.spend)


def test_behind_a_blown_fuse_nothing_begins_and_it_remembers_when_it_blew() -> None:
    found = blown()
    for days in (0, 1, 400):
        found, held_up = try_to_begin(found, 1, NOON + timedelta(days=days))
        assert (held_up, found) == (HeldUp.FUSE, blown())


def test_what_is_spent_slowly_blows_no_fuse() -> None:
    found = account()
    for hours in range(48):
        found = begun(found, 100, NOON + timedelta(hours=2 * hours))
    assert found.fuse_blown_at is None


def test_a_submission_alone_spends_nothing() -> None:
    after = accounts.admit(account(), TIER, [Demand(JobKind.IMAGE, 1, 1_000)], NOON)
    assert (after.spend, after.fuse_blown_at) == (SpendWindow(), None)


def test_what_would_pass_the_share_waits_and_blows_nothing() -> None:
    full, _ = try_to_begin(account(), 60, share=60)
    assert try_to_begin(full, 1, share=60) == (full, HeldUp.SHARE)


def test_the_share_is_there_again_when_the_hour_has_moved_on() -> None:
    full = begun(account(), 60)
    _, held_up = try_to_begin(full, 1, NOON + timedelta(minutes=60), share=60)
    assert held_up is HeldUp.SHARE
    after, held_up = try_to_begin(full, 60, NOON + timedelta(minutes=65), share=60)
    assert (held_up, sum(after.spend.slices.values())) == (None, 60)


@pytest.mark.parametrize("share", [SHARE, 60])
def test_what_is_dearer_than_an_hour_begins_in_an_empty_one_and_holds_up_the_next(
    share: int,
) -> None:
    after, held_up = try_to_begin(account(), 2_000, share=share)
    assert held_up is None
    assert try_to_begin(after, 1, share=share) == (after, HeldUp.SHARE)


def test_a_reset_fuse_is_whole_and_its_hour_begins_anew() -> None:
    later = NOON + timedelta(minutes=1)
    whole = accounts.reset_fuse(blown(), later)
    assert whole == replace(
        blown(), fuse_blown_at=None, spend=SpendWindow(), fuse_reset_at=later, modified=later
    )
    assert try_to_begin(begun(whole, 100, later), 1, later)[0].fuse_blown_at == later


@given(amounts=st.lists(st.integers(1, 40), max_size=20))
def test_a_fuse_blows_with_the_first_that_would_pass_the_hour(amounts: list[int]) -> None:
    found, total = account(), 0
    for amount in amounts:
        total += amount
        found, held_up = try_to_begin(found, amount)
        assert (held_up is HeldUp.FUSE) == (found.fuse_blown_at is not None) == (total > 100)


# ---- slots and what never began ------------------------------------------------------------------


def with_slot(amount: int = 10, now: datetime = NOON, **fields: Any) -> tuple[Account, Job]:
    """An account of which a job got a slot then, and the job."""
    found = replace(begun(account(), amount, now), active=1)
    return found, replace(a_job(None), estimated_credits=amount, slot_at=now, **fields)


def test_what_no_worker_ever_began_leaves_the_hour_with_its_slot() -> None:
    found, job = with_slot()
    after = accounts.free_slot(begun(found, 5), job)
    assert (after.active, sum(after.spend.slices.values())) == (0, 5)


def test_what_a_worker_began_stays_in_the_hour_whatever_became_of_it() -> None:
    for fields in ({"may_have_billed": 1}, {"was_asked": True}):
        found, job = with_slot(started_at=NOON, **fields)
        assert accounts.free_slot(found, job) == replace(found, active=0)


def test_each_further_start_is_counted_when_the_slot_is_freed_as_begun_with_the_last() -> None:
    last = NOON + timedelta(minutes=20)
    found, job = with_slot(may_have_billed=3, started_credits=30, started_at=last)
    after = accounts.free_slot(found, job).spend
    assert after.slices == {quotas.slice_of(NOON): 10, quotas.slice_of(last): 20}
    assert quotas.spent(after, NOON + timedelta(minutes=70)) == 20


@pytest.mark.parametrize(("reset_at_s", "left"), [(-1, 20), (0, 10), (59, 10), (60, 0), (61, 0)])
def test_a_further_start_that_a_reset_has_forgotten_is_not_counted(
    reset_at_s: float, left: int
) -> None:
    """The job had its slot at noon, and was begun for the last time a minute later."""
    last = NOON + timedelta(minutes=1)
    found, job = with_slot(may_have_billed=2, started_credits=20, started_at=last)
    reset_at = NOON + timedelta(seconds=reset_at_s)
    found = replace(found, fuse_reset_at=reset_at)
    if reset_at >= NOON:
        found = replace(found, spend=SpendWindow())
    assert quotas.spent(accounts.free_slot(found, job).spend, last) == left


def test_what_an_earlier_version_gave_a_slot_takes_nothing_off_and_adds_nothing() -> None:
    found, job = with_slot()
    earlier = replace(job, slot_at=None)
    twice = replace(earlier, may_have_billed=2, started_credits=20, started_at=NOON)
    for each in (earlier, twice):
        assert accounts.free_slot(found, each).spend == found.spend


@pytest.mark.parametrize(("slot_at_s", "left"), [(-1, 10), (0, 10), (1, 0)])
def test_what_a_reset_has_forgotten_is_not_taken_off_what_came_after(
    slot_at_s: float, left: int
) -> None:
    _, job = with_slot()
    job = replace(job, slot_at=NOON + timedelta(seconds=slot_at_s))
    after_reset = begun(accounts.reset_fuse(account(), NOON), 10, NOON + timedelta(seconds=1))
    assert sum(accounts.free_slot(after_reset, job).spend.slices.values()) == left


# ---- slots and balance -------------------------------------------------------------------------


@pytest.mark.parametrize(("active", "free"), [(0, 2), (1, 1), (2, 0), (7, 0)])
def test_free_slots_are_what_the_tier_has_less_the_active_jobs(active: int, free: int) -> None:
    assert accounts.free_slots(replace(account(), active=active), TIER) == free


def test_a_new_account_has_nothing_and_owes_nothing() -> None:
    assert account().balance == Balance(0, 0)
    assert account().usage == Usage("2026-11-20")


def test_a_new_account_has_had_its_month_and_its_fuse_is_whole() -> None:
    assert account().granted_month == "2026-11"
    assert (account().fuse_blown_at, account().spend, account().has_waiting) == (
        None,
        SpendWindow(),
        False,
    )


def test_an_account_written_by_hand_needs_no_more_than_its_name() -> None:
    by_hand = load(Account, {"tier": "small"}, "user_ann")
    assert by_hand == Account("user_ann", tier="small")
    assert admit(by_hand, NOON).usage == Usage("2026-11-20", {JobKind.IMAGE: 1})


def test_an_account_is_read_back_as_it_was_written() -> None:
    found = accounts.reset_fuse(blown(), NOON)
    found = replace(found, available=3, held=500, active=1, due_at=NOON)
    assert load(Account, dump(found), found.id) == found


def test_an_account_with_a_balance_keeps_all_else() -> None:
    found = admitted(2)
    rich = accounts.with_balance(found, Balance(7, 3), NOON)
    assert rich == replace(found, available=7, held=3)


def a_job(account_opened_at: datetime | None) -> Job:
    """Accepted at noon."""
    return Job(
        id="j1",
        kind=JobKind.IMAGE,
        user_id="ann",
        account_id="user_ann",
        account_opened_at=account_opened_at,
        model="local-image",
        provider="local",
        queue="runLocalImage",
        request_data={},
        request_hash="h",
        seed=1,
        price_credits=2,
        estimated_credits=2,
        asset_token="t",
        created_at=NOON,
        modified=NOON,
        expires_at=NOON + timedelta(days=2),
        due_at=NOON,
    )


EARLIER, LATER = NOON - timedelta(hours=1), NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    ("opened_at", "kept", "is_it"),
    [
        (EARLIER, EARLIER, True),
        (LATER, EARLIER, False),
        (None, EARLIER, False),
        # Accounts and jobs of an earlier version.
        (None, None, True),
        (EARLIER, None, True),
        (NOON, None, True),
        (LATER, None, False),
    ],
)
def test_an_account_is_told_from_another_of_its_name(
    opened_at: datetime | None, kept: datetime | None, is_it: bool
) -> None:
    account = Account("user_ann", opened_at=opened_at)
    assert accounts.is_the_one(account, a_job(kept)) is is_it


def test_an_account_that_is_gone_is_nobody_s() -> None:
    assert not accounts.is_the_one(None, a_job(None))


# ---- blocks --------------------------------------------------------------------------------------


def test_a_blocked_account_has_no_free_slot_and_may_not_act() -> None:
    blocked = accounts.block(account(), "abuse", NOON)
    assert accounts.free_slots(blocked, TIER) == 0
    with pytest.raises(AccountBlockedError):
        accounts.check_may_act(blocked)
    free = accounts.unblock(blocked, NOON)
    accounts.check_may_act(free)
    accounts.check_may_act(None)
    assert accounts.free_slots(free, TIER) > 0


def test_a_block_says_since_when_and_the_last_reason_why() -> None:
    blocked = accounts.block(account(), "abuse", NOON)
    later = NOON + timedelta(hours=1)
    assert accounts.block(blocked, "abuse", later) == blocked
    again = accounts.block(blocked, "fraud", later)
    assert (again.blocked_at, again.blocked_reason, again.modified) == (NOON, "fraud", later)


@pytest.mark.parametrize("is_waiting", [True, False])
def test_what_waited_is_looked_at_as_soon_as_the_block_is_gone(is_waiting: bool) -> None:
    due_at = NOON + timedelta(hours=1) if is_waiting else None
    blocked = replace(accounts.block(account(), "abuse", NOON), due_at=due_at)
    assert accounts.unblock(blocked, NOON).due_at == (NOON if is_waiting else None)
    assert accounts.unblock(account(), NOON) == account()
