"""Who gets an account's free slots, and what the others are told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaforge.domain.catalogue import Tier
from mediaforge.domain.jobs.job import Job, Timing, WaitingFor
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.jobs.retries import BackOff
from mediaforge.domain.lanes import Lane
from mediaforge.domain.money import accounts, quotas, slots
from mediaforge.domain.money.accounts import Account, HeldUp, Terms
from mediaforge.domain.money.slots import Filled

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TIMING = Timing(
    attempt_s=600,
    lease_s=60,
    pickup_s=120,
    return_s=30,
    settle_s=60,
    waiting_s=300,
    retry=BackOff(5, 600),
    snooze=BackOff(10, 600),
)
RECHECK_AT = NOON + timedelta(seconds=TIMING.waiting_s)
DISPATCHED, CAPACITY, RESUME = None, WaitingFor.CAPACITY, WaitingFor.RESUME


def terms(jobs_at_once: int = 10, hour: int = 1_000, share: int = 1_000) -> Terms:
    tier = Tier(
        title="Small",
        jobs_at_once=jobs_at_once,
        submissions_a_minute=3,
        batch_rows_max=10,
        credits_an_hour_max=hour,
        lane=Lane.FREE,
        priorities=("normal",),
        models=("local-image",),
    )
    return Terms(tier, share)


STOPPED = replace(terms(), is_stopped=True)


def account(active: int = 0) -> Account:
    return replace(accounts.open_account("user_ann", "small", NOON), active=active)


def job(name: str, amount: int = 2) -> Job:
    """As it is planned: without a document, and without a place."""
    return Job(
        id=name,
        kind=JobKind.IMAGE,
        user_id="ann",
        account_id="user_ann",
        model="local-image",
        provider="local",
        queue="runLocalImage",
        request_data={},
        request_hash="h",
        seed=1,
        price_credits=amount,
        estimated_credits=amount,
        asset_token="t",
        created_at=NOON,
        modified=NOON,
        expires_at=NOON + timedelta(days=2),
        due_at=None,
    )


def line(*amounts: int) -> list[Job]:
    return [job(f"j{number}", amount) for number, amount in enumerate(amounts)]


def waiting_for(jobs: Sequence[tuple[Job, Job]]) -> list[WaitingFor | None]:
    return [after.waiting_for for _, after in jobs]


def queue_of(found: Job) -> str:
    return f"run_{found.id}"


def fill(found: Account, jobs: Sequence[Job], by: Terms) -> Filled:
    return slots.fill(found, jobs, by, NOON, TIMING, queue_of)


# ---- where their tasks go ----------------------------------------------------------------------


def test_who_gets_a_slot_gets_its_queue_with_it_and_who_is_held_up_is_left_where_it_is() -> None:
    filled = fill(account(), line(1, 1, 1), terms(jobs_at_once=2))
    assert [after.queue for _, after in filled.jobs] == ["run_j0", "run_j1", "runLocalImage"]


def test_the_task_that_starts_a_newcomer_at_its_time_goes_where_it_would_go_now() -> None:
    _, placed = place(
        account(), replace(job("j1"), not_before=NOON + timedelta(minutes=5)), terms()
    )
    assert (placed.waiting_for, placed.queue) == (WaitingFor.SCHEDULE, "run_j1")


# ---- fill --------------------------------------------------------------------------------------


def test_free_slots_go_to_the_first_of_the_line_and_the_others_wait_for_one() -> None:
    filled = fill(account(active=1), line(2, 2, 2), terms(jobs_at_once=3))
    assert waiting_for(filled.jobs) == [DISPATCHED, DISPATCHED, CAPACITY]
    assert filled.dispatched == [after for _, after in filled.jobs[:2]]
    assert (filled.account.active, filled.held_up) == (3, HeldUp.SLOT)
    assert quotas.spent(filled.account.spend, NOON) == 4


def test_who_gets_a_slot_is_handed_over_in_its_account_s_lane_and_counted_from_then() -> None:
    [dispatched] = fill(account(), line(2), terms()).dispatched
    assert (dispatched.lane, dispatched.slot_at, dispatched.deliveries) == (Lane.FREE, NOON, 1)


def test_behind_a_reset_by_a_later_clock_a_slot_is_counted_after_it() -> None:
    reset_at = NOON + timedelta(seconds=3)
    filled = fill(accounts.reset_fuse(account(), reset_at), line(2), terms())
    [dispatched] = filled.dispatched
    assert dispatched.slot_at == reset_at + timedelta(microseconds=1)
    ended = replace(dispatched, waiting_for=None)
    assert quotas.spent(accounts.free_slot(filled.account, ended).spend, reset_at) == 0


def test_behind_one_that_the_share_holds_up_nobody_begins_however_little_it_costs() -> None:
    filled = fill(account(), line(6, 6, 1), terms(share=10))
    assert waiting_for(filled.jobs) == [DISPATCHED, CAPACITY, CAPACITY]
    assert (filled.held_up, filled.account.fuse_blown_at) == (HeldUp.SHARE, None)


def test_one_that_would_pass_the_hour_blows_the_fuse_for_all_behind_it() -> None:
    filled = fill(account(), line(6, 6, 1), terms(hour=10))
    assert waiting_for(filled.jobs) == [DISPATCHED, RESUME, RESUME]
    assert (filled.held_up, filled.account.fuse_blown_at) == (HeldUp.FUSE, NOON)
    assert filled.account.active == 1


@pytest.mark.parametrize("active", [0, 10])
@pytest.mark.parametrize("by", [STOPPED, terms()], ids=["over-all", "its-own"])
def test_behind_a_blown_fuse_all_wait_for_the_operator_slots_or_no_slots(
    by: Terms, active: int
) -> None:
    found = account(active)
    if not by.is_stopped:
        found = replace(found, fuse_blown_at=NOON)
    filled = fill(found, line(2, 2), by)
    assert waiting_for(filled.jobs) == [RESUME, RESUME]
    assert filled.account == found


def test_a_blocked_account_gives_no_slot() -> None:
    blocked = accounts.block(account(), "abuse", NOON)
    assert waiting_for(fill(blocked, line(2), terms()).jobs) == [CAPACITY]


def test_whose_reason_stays_the_same_is_not_changed() -> None:
    held_up = fill(account(), line(2), STOPPED)
    [(_, waiting)] = held_up.changed
    assert fill(account(), [waiting], STOPPED).changed == []


@given(
    active=st.integers(0, 5),
    amounts=st.lists(st.integers(1, 40), max_size=12),
    share=st.integers(1, 120),
)
def test_a_fill_never_passes_slots_or_share_and_serves_a_beginning_of_the_line(
    active: int, amounts: list[int], share: int
) -> None:
    filled = fill(account(active), line(*amounts), terms(jobs_at_once=5, hour=100, share=share))
    served = len(filled.dispatched)
    assert [after.is_dispatched for _, after in filled.jobs] == [
        number < served for number in range(len(amounts))
    ]
    assert filled.account.active == active + served <= 5
    spent = quotas.spent(filled.account.spend, NOON)
    assert spent == sum(amounts[:served])
    # The dearest of all begins in an empty hour.
    assert served <= 1 or spent <= min(share, 100)
    assert (filled.held_up is None) == (served == len(amounts))


# ---- a newcomer --------------------------------------------------------------------------------


def place(found: Account, newcomer: Job, by: Terms) -> tuple[Account, Job]:
    return slots.place(found, newcomer, by, NOON, TIMING, queue_of)


def test_a_newcomer_gets_a_free_slot_and_nobody_is_to_be_looked_for() -> None:
    after, placed = place(account(), job("j1"), terms())
    assert placed.is_dispatched
    assert (after.active, after.placed, after.has_waiting) == (1, 1, False)


def test_a_newcomer_joins_those_who_wait_and_blows_no_fuse_there() -> None:
    found = replace(account(), due_at=NOON + timedelta(seconds=7))
    after, placed = place(found, job("j1", 500), terms(hour=10))
    assert placed.waiting_for is CAPACITY
    assert after == replace(found, placed=1)


@pytest.mark.parametrize(
    ("found", "by", "reason"),
    [
        (account(active=10), terms(), CAPACITY),
        (account(), STOPPED, RESUME),
        (replace(account(), due_at=RECHECK_AT), STOPPED, RESUME),
    ],
    ids=["no-slot", "a-fuse", "a-fuse-and-others"],
)
def test_for_one_that_is_held_up_its_account_is_looked_at_again(
    found: Account, by: Terms, reason: WaitingFor
) -> None:
    after, placed = place(found, job("j1"), by)
    assert (placed.waiting_for, placed.due_at) == (reason, placed.expires_at)
    assert after == replace(found, placed=1, due_at=RECHECK_AT)


def test_one_that_is_early_waits_for_its_time_and_not_for_a_slot() -> None:
    tomorrow = NOON + timedelta(days=1)
    after, placed = place(account(), replace(job("j1"), not_before=tomorrow), STOPPED)
    assert placed.waiting_for is WaitingFor.SCHEDULE
    assert after == replace(account(), placed=1)
