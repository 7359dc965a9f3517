"""The state machine of a job: any events, at any time, in any order."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import (
    Job,
    JobError,
    JobStatus,
    Lease,
    Output,
    Priority,
    Timing,
    WaitingFor,
)
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.jobs.retries import BackOff
from mediaforge.domain.jobs.states import (
    ATTEMPTS_MAX,
    BILLED_STARTS_MAX,
    Ask,
    Claim,
    ComeBack,
    Drop,
    GiveUp,
    Start,
)
from mediaforge.domain.lanes import Lane

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
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
BROKEN = JobError("provider-unavailable", "not now", retryable=True)
RANK = {JobStatus.QUEUED: 0, JobStatus.PROCESSING: 1} | dict.fromkeys(
    (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED), 2
)
OWNERS = st.sampled_from(["worker-a", "worker-b", "worker-c"])
DELAYS_S = st.sampled_from([0.0, 0.5, 7.0, 59.0, 61.0, 600.0])


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def a_job(**changes: Any) -> Job:
    """A job as it is planned: not yet dispatched, not yet waiting."""
    fields: dict[str, Any] = {
        "id": "job1",
        "kind": JobKind.IMAGE,
        "user_id": "ann",
        "account_id": "user_ann",
        "model": "local-image",
        "provider": "local",
        "queue": "runLocalImage",
        "request_data": {"prompt": "a lighthouse"},
        "request_hash": "h",
        "seed": 1,
        "width_px": 64,
        "height_px": 64,
        "count": 4,
        "price_credits": 2,
        "estimated_credits": 8,
        "asset_token": "t",
        "created_at": NOW,
        "modified": NOW,
        "expires_at": later(48 * 3600),
        "due_at": None,
    }
    return Job(**{**fields, **changes})


def dispatched(**changes: Any) -> Job:
    return replace(states.dispatch(a_job(), NOW, TIMING, Lane.PAID, "runLocalImage"), **changes)


def claimed(**changes: Any) -> Job:
    decision = states.claim(dispatched(), NOW, "worker-a", TIMING)
    assert isinstance(decision, Claim)
    return replace(decision.job, **changes)


def output(delivered: int = 4) -> Output:
    names = tuple(f"{i}.png" for i in range(delivered))
    return Output(names, names, names, model="local-image", provider="local", seed=1)


def final(status: JobStatus) -> Job:
    ends: dict[JobStatus, Callable[[], Job]] = {
        JobStatus.COMPLETED: lambda: states.complete(claimed(), NOW, output(), TIMING),
        JobStatus.FAILED: lambda: states.fail(claimed(), NOW, BROKEN, TIMING),
        JobStatus.CANCELLED: lambda: states.cancel(claimed(), NOW, TIMING),
    }
    return ends[status]()


FINAL = [status for status in JobStatus if status.is_final]


class Life(RuleBasedStateMachine):
    """One job and all that can happen to it, asked for as the services ask: what a worker brings is
    recorded only with the lease in hand, the sweep touches only what is overdue."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.job = a_job()
        self.claims = 0
        self.snoozes = 0
        self.known_free = 0

    @initialize(
        reason=st.sampled_from([None, WaitingFor.CAPACITY, WaitingFor.SCHEDULE]),
        bills=st.booleans(),
        cancel_stops_bill=st.booleans(),
    )
    def submit(self, reason: WaitingFor | None, bills: bool, cancel_stops_bill: bool) -> None:
        self.job = replace(self.job, bills=bills, cancel_stops_bill=cancel_stops_bill)
        if reason is None:
            self.job = states.dispatch(self.job, self.now, TIMING, Lane.FREE, "runLocalImageFree")
        else:
            self.job = states.wait(self.job, self.now, reason, later(300))

    @rule(seconds=st.sampled_from([0.1, 1.0, 30.0, 60.0, 61.0, 700.0, 86_400.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.job.waiting_for is not None)
    @rule()
    def dispatch(self) -> None:
        self._become(states.dispatch(self.job, self.now, TIMING, Lane.FREE, "runLocalImageFree"))

    @rule(owner=OWNERS)
    def deliver(self, owner: str) -> None:
        before = self.job
        match states.claim(before, self.now, owner, TIMING):
            case Claim(job) if before.lease is not None and before.lease.owner == owner:
                assert job == before
            case Claim(job):
                assert before.lease is None or before.lease.until <= self.now
                assert job.lease is not None
                assert job.lease.owner == owner
                self.claims += 1
                self._become(job)
            case GiveUp(job):
                assert job.status is JobStatus.FAILED
                self._become(job)
            case ComeBack(at=moment):
                assert moment > self.now
            case Drop():
                assert before.status.is_final or not before.is_dispatched

    @rule(owner=OWNERS, delay_s=DELAYS_S)
    def snooze(self, owner: str, delay_s: float) -> None:
        self._assume_holds_lease(owner)
        attempts_before = self.job.attempts - 1
        self.snoozes += 1
        self.known_free += 1
        self._become(states.snooze(self.job, self.now, delay_s, TIMING))
        assert self.job.attempts == attempts_before

    @rule(owner=OWNERS, delay_s=DELAYS_S, is_free=st.booleans())
    def back_off(self, owner: str, delay_s: float, is_free: bool) -> None:
        self._assume_holds_lease(owner)
        self._become(states.back_off(self._ended(is_free), self.now, delay_s, BROKEN, TIMING))

    @rule(owner=OWNERS, delivered=st.integers(1, 4))
    def complete(self, owner: str, delivered: int) -> None:
        self._assume_holds_lease(owner)
        self._become(states.complete(self.job, self.now, output(delivered), TIMING))

    @rule(owner=OWNERS, is_free=st.booleans())
    def fail(self, owner: str, is_free: bool) -> None:
        self._assume_holds_lease(owner)
        self._become(states.fail(self._ended(is_free), self.now, BROKEN, TIMING))

    @rule(owner=OWNERS)
    def renew(self, owner: str) -> None:
        self._assume_holds_lease(owner)
        self._become(states.renew(self.job, self.now, TIMING))

    @rule()
    def cancel(self) -> None:
        if self.job.status.is_final:
            with pytest.raises(ValueError, match="cannot go"):
                states.cancel(self.job, self.now, TIMING)
            return
        self._become(states.cancel(self.job, self.now, TIMING))

    @precondition(lambda self: self.job.is_dispatched and not self.job.status.is_final)
    @rule()
    def redeliver(self) -> None:
        assume(self.job.due_at is not None and self.job.due_at <= self.now)
        self._become(states.redeliver(self.job, self.now, TIMING))

    @rule()
    def settle(self) -> None:
        if not self.job.status.is_final:
            with pytest.raises(ValueError, match="only a final job"):
                states.settle(self.job, self.now, TIMING)
            return
        self._become(states.settle(self.job, self.now, TIMING))

    @invariant()
    def due_until_it_is_settled(self) -> None:
        assert (self.job.due_at is None) == self.job.is_settled

    @invariant()
    def attempts_are_the_claims_that_were_not_snoozed(self) -> None:
        assert self.job.attempts == self.claims - self.snoozes
        assert 0 <= self.job.attempts <= ATTEMPTS_MAX

    @invariant()
    def waiting_or_dispatched_never_both(self) -> None:
        if not self.job.status.is_final:
            assert self.job.is_dispatched == (self.job.waiting_for is None)

    @invariant()
    def a_lease_is_for_running_jobs_and_watched(self) -> None:
        if self.job.lease is not None:
            assert self.job.status is JobStatus.PROCESSING
            assert self.job.due_at is not None

    @invariant()
    def what_may_have_billed_is_each_start_that_is_not_known_to_have_been_free(self) -> None:
        job = self.job
        assert job.may_have_billed == self.claims - self.known_free
        assert job.started_credits == job.may_have_billed * job.estimated_credits
        assert (job.started_at is None) == (self.claims == 0)
        if job.bills:
            assert job.may_have_billed <= BILLED_STARTS_MAX

    @invariant()
    def only_what_was_delivered_is_charged_or_what_no_cancel_stops(self) -> None:
        job, delivered = self.job, 0 if self.job.output is None else self.job.output.delivered
        bills_on = job.bills and not job.cancel_stops_bill and job.may_have_billed > 0
        bought = job.count if job.status is JobStatus.CANCELLED and bills_on else delivered
        assert job.charged_credits == bought * job.price_credits
        assert (delivered > 0) == (job.status is JobStatus.COMPLETED)

    def _ended(self, is_free: bool) -> Job:
        self.known_free += is_free
        return states.take_back_start(self.job) if is_free else self.job

    def _assume_holds_lease(self, owner: str) -> None:
        assume(states.holds_lease(self.job, owner))

    def _become(self, after: Job) -> None:
        before = self.job
        assert RANK[after.status] >= RANK[before.status]
        assert after.deliveries >= before.deliveries
        if before.status.is_final:
            assert after.status is before.status
            assert after == replace(
                before,
                settled_at=after.settled_at,
                awaits_settle=False,
                due_at=None,
                clean_at=after.clean_at,
            )
        self.job = after


TestLife = Life.TestCase
TestLife.settings = settings(deadline=None, max_examples=200, stateful_step_count=40)


# ---- what a delivery may do, branch by branch --------------------------------------------------


@pytest.mark.parametrize("status", FINAL)
def test_a_delivery_of_a_final_job_is_dropped(status: JobStatus) -> None:
    assert states.claim(final(status), later(9), "worker-b", TIMING) == Drop("final")


def test_a_delivery_that_a_later_one_has_taken_the_place_of_only_stands_in_for_it() -> None:
    waiting = states.snooze(claimed(), NOW, 60, TIMING)
    superseded = waiting.deliveries - 1
    for early in (waiting, claimed(deliveries=waiting.deliveries)):
        assert states.claim(early, NOW, "worker-b", TIMING, superseded) == Drop("superseded")
        for delivery in (waiting.deliveries, None):
            assert isinstance(states.claim(early, NOW, "worker-b", TIMING, delivery), ComeBack)
    assert isinstance(states.claim(waiting, later(60), "worker-b", TIMING, superseded), Claim)


def test_a_job_that_left_nothing_behind_is_not_looked_at_again() -> None:
    assert states.settle(final(JobStatus.COMPLETED), later(5), TIMING).clean_at is None


def test_what_an_earlier_attempt_may_have_left_is_cleared_away() -> None:
    twice = replace(final(JobStatus.COMPLETED), attempts=2)
    assert states.settle(twice, later(5), TIMING).clean_at == later(5 + TIMING.settle_s)


def test_what_was_left_behind_is_cleared_away_after_the_settle() -> None:
    left = replace(final(JobStatus.CANCELLED), handle="operations/1", handle_ends_at=later(600))
    settled = states.settle(left, later(5), TIMING)
    assert settled.clean_at == later(5 + TIMING.settle_s)
    assert states.note_cleaning(settled, later(6), TIMING) == replace(
        settled, handle=None, clean_at=later(600)
    )
    assert states.note_cleaning(settled, later(600), TIMING).clean_at is None


@pytest.mark.parametrize("reason", [WaitingFor.CAPACITY, WaitingFor.RESUME])
def test_a_delivery_of_a_waiting_job_is_dropped(reason: WaitingFor) -> None:
    waiting = states.wait(a_job(), NOW, reason, later(300))
    assert states.claim(waiting, later(9), "worker-b", TIMING) == Drop("waiting")


@pytest.mark.parametrize(
    ("at_s", "decision"), [(298.9, ComeBack(later(300), "early")), (299, Start()), (900, Start())]
)
def test_a_delivery_of_a_scheduled_job_starts_it_at_its_time(
    at_s: float, decision: ComeBack | Start
) -> None:
    scheduled = states.wait(a_job(not_before=later(300)), NOW, WaitingFor.SCHEDULE, later(330))
    assert states.claim(scheduled, later(at_s), "worker-b", TIMING) == decision


def test_a_delivery_that_meets_a_living_worker_comes_back_when_its_lease_ends() -> None:
    decision = states.claim(claimed(), later(59.9), "worker-b", TIMING)
    assert decision == ComeBack(later(60), "leased")


def test_a_worker_whose_claim_was_committed_without_an_answer_has_it_and_pays_once() -> None:
    assert states.claim(claimed(), later(1), "worker-a", TIMING) == Claim(claimed())


def test_a_lease_that_has_ended_is_taken_over() -> None:
    decision = states.claim(claimed(), later(60), "worker-b", TIMING)
    assert isinstance(decision, Claim)
    assert decision.job.lease == Lease("worker-b", later(120))
    assert decision.job.attempts == 2


def test_a_delivery_before_its_time_comes_back_then() -> None:
    snoozed = states.snooze(claimed(), NOW, 10, TIMING)
    assert states.claim(snoozed, later(8.9), "worker-b", TIMING) == ComeBack(later(10), "early")


def test_a_delivery_a_second_early_is_on_time() -> None:
    snoozed = states.snooze(claimed(), NOW, 10, TIMING)
    assert isinstance(states.claim(snoozed, later(9), "worker-b", TIMING), Claim)


def test_an_expired_job_is_given_up_without_an_attempt() -> None:
    expired = dispatched(expires_at=later(100))
    decision = states.claim(expired, later(100), "worker-b", TIMING)
    assert isinstance(decision, GiveUp)
    assert decision.job.status is JobStatus.FAILED
    assert decision.job.error is not None
    assert decision.job.error.code == "expired"
    assert decision.job.attempts == 0


def test_a_job_whose_attempts_are_spent_is_given_up_with_its_last_error() -> None:
    spent = dispatched(attempts=ATTEMPTS_MAX, error=BROKEN)
    decision = states.claim(spent, later(1), "worker-b", TIMING)
    assert isinstance(decision, GiveUp)
    assert decision.job.error == BROKEN
    assert decision.job.attempts == ATTEMPTS_MAX


def test_a_job_that_lost_every_worker_says_so() -> None:
    decision = states.claim(dispatched(attempts=ATTEMPTS_MAX), later(1), "worker-b", TIMING)
    assert isinstance(decision, GiveUp)
    assert decision.job.error is not None
    assert decision.job.error.code == "worker-lost"


def test_a_claim_counts_the_attempt_and_is_watched_until_the_lease_ends() -> None:
    decision = states.claim(dispatched(attempts=4), later(5), "worker-b", TIMING)
    assert isinstance(decision, Claim)
    job = decision.job
    assert (job.status, job.attempts) == (JobStatus.PROCESSING, 5)
    assert job.due_at == later(65)


# ---- single transitions ------------------------------------------------------------------------

MOVES: dict[str, Callable[[Job], Job]] = {
    "dispatch": lambda job: states.dispatch(job, NOW, TIMING, Lane.PAID, "runLocalImage"),
    "wait": lambda job: states.wait(job, NOW, WaitingFor.CAPACITY, later(9)),
    "snooze": lambda job: states.snooze(job, NOW, 1, TIMING),
    "back_off": lambda job: states.back_off(job, NOW, 1, BROKEN, TIMING),
    "complete": lambda job: states.complete(job, NOW, output(), TIMING),
    "fail": lambda job: states.fail(job, NOW, BROKEN, TIMING),
    "cancel": lambda job: states.cancel(job, NOW, TIMING),
    "abandon": lambda job: states.abandon(job, NOW, TIMING),
}


@pytest.mark.parametrize("status", FINAL)
@pytest.mark.parametrize("move", MOVES)
def test_nothing_moves_a_final_job(status: JobStatus, move: str) -> None:
    with pytest.raises(ValueError, match="cannot go"):
        MOVES[move](final(status))


def test_a_job_that_never_ran_cannot_be_completed() -> None:
    with pytest.raises(ValueError, match="cannot go"):
        states.complete(dispatched(), NOW, output(), TIMING)


@pytest.mark.parametrize("delivered", [0, 5])
def test_a_job_is_not_completed_with_nothing_or_with_more_than_was_asked_for(
    delivered: int,
) -> None:
    with pytest.raises(ValueError, match=f"delivered {delivered} of 4"):
        states.complete(claimed(), NOW, output(delivered), TIMING)


def test_a_partial_delivery_is_charged_for_what_was_delivered() -> None:
    job = states.complete(claimed(), NOW, output(3), TIMING)
    assert (job.estimated_credits, job.charged_credits) == (8, 6)


def test_a_failed_attempt_that_ends_well_leaves_no_error_behind() -> None:
    retried = states.back_off(claimed(), NOW, 1, BROKEN, TIMING)
    again = states.claim(retried, later(2), "worker-b", TIMING)
    assert isinstance(again, Claim)
    assert states.complete(again.job, later(3), output(), TIMING).error is None


@pytest.mark.parametrize("owner", ["worker-b", ""])
def test_nobody_else_holds_the_lease(owner: str) -> None:
    assert states.holds_lease(claimed(), "worker-a")
    assert not states.holds_lease(claimed(), owner)


def test_a_redelivery_takes_no_lease_away_but_lets_another_worker_claim() -> None:
    again = states.redeliver(claimed(), later(60), TIMING)
    assert states.holds_lease(again, "worker-a")
    assert again.deliveries == 2
    assert isinstance(states.claim(again, later(60), "worker-b", TIMING), Claim)


def test_a_renewed_lease_starts_anew() -> None:
    renewed = states.renew(claimed(), later(50), TIMING)
    assert renewed.lease == Lease("worker-a", later(110))
    assert renewed.due_at == later(110)


def test_a_settled_job_is_never_looked_at_again() -> None:
    settled = states.settle(final(JobStatus.COMPLETED), later(5), TIMING)
    assert (settled.is_settled, settled.due_at) == (True, None)


def test_high_priority_goes_before_normal_before_low() -> None:
    assert sorted(Priority, key=lambda p: -p.rank) == [Priority.HIGH, Priority.NORMAL, Priority.LOW]


# ---- what may have been billed -------------------------------------------------------------------


def claim_again(job: Job, at_s: float) -> Job:
    decision = states.claim(job, later(at_s), "worker-b", TIMING)
    assert isinstance(decision, Claim)
    return decision.job


def test_a_claim_counts_a_start_before_the_provider_is_asked() -> None:
    job = claim_again(dispatched(), 5)
    assert (job.may_have_billed, job.started_at) == (1, later(5))
    assert job.started_credits == job.estimated_credits == 8
    assert states.claim(job, later(6), "worker-b", TIMING) == Claim(job)


def test_a_slot_says_when_it_was_given_in_which_lane_and_where_its_tasks_go() -> None:
    job = states.dispatch(a_job(), later(7), TIMING, Lane.FREE, "runLocalImageFree")
    assert (job.slot_at, job.lane, job.started_at) == (later(7), Lane.FREE, None)
    claimed = claim_again(job, 9)
    assert (claimed.slot_at, claimed.queue) == (later(7), "runLocalImageFree")


def running(**changes: Any) -> Job:
    """Its provider is at it, and is asked at 10 seconds."""
    job = states.note_start(claimed(), NOW, "operations/1")
    return replace(states.come_back_running(job, NOW, 10, TIMING, 0.1), **changes)


def test_a_question_changes_nothing() -> None:
    job = running()
    assert states.claim(job, later(10), "worker-b", TIMING) == Ask(job)


def test_what_has_finished_is_saved_under_a_lease_and_is_no_start() -> None:
    job = states.lease_to_save(running(), later(10), "worker-b", TIMING)
    assert (job.lease, job.due_at) == (Lease("worker-b", later(70)), later(70))
    assert (job.attempts, job.may_have_billed, job.started_at) == (1, 1, NOW)
    meanwhile = states.claim(job, later(11), "worker-c", TIMING)
    assert meanwhile == ComeBack(later(70), "leased")


@pytest.mark.parametrize(
    ("progress", "unanswered", "is_news"),
    [(None, 0, False), (0.1, 0, False), (0.2, 0, True), (None, 1, True)],
)
def test_news_is_progress_or_an_answer_after_silence(
    progress: float | None, unanswered: int, is_news: bool
) -> None:
    assert states.is_news(running(unanswered=unanswered), progress) is is_news


def test_a_job_is_looked_after_while_its_next_question_comes_well_before_it_is_due() -> None:
    job = running()
    assert job.due_at == later(40)
    assert states.is_looked_after(job, later(24), TIMING)
    assert not states.is_looked_after(job, later(25), TIMING)


def test_a_snooze_takes_back_its_own_start_and_no_other() -> None:
    timed_out = states.back_off(claimed(), NOW, 1, BROKEN, TIMING)
    snoozed = states.snooze(claim_again(timed_out, 2), later(3), 1, TIMING)
    assert (snoozed.may_have_billed, snoozed.started_credits, snoozed.started_at) == (
        1,
        8,
        later(2),
    )
    assert states.cancel_price_credits(snoozed) == 8


def test_a_job_that_waits_for_its_model_keeps_what_was_counted_before() -> None:
    timed_out = states.back_off(claimed(), NOW, 1, BROKEN, TIMING)
    assert states.come_back_unbegun(timed_out, later(2), 60, TIMING).may_have_billed == 1
    assert states.come_back_unbegun(dispatched(), later(2), 60, TIMING).may_have_billed == 0


@pytest.mark.parametrize("error", [BROKEN, None])
def test_what_may_have_been_billed_twice_is_not_begun_again_and_says_so(
    error: JobError | None,
) -> None:
    spent = dispatched(attempts=2, may_have_billed=2, error=error)
    decision = states.claim(spent, later(1), "worker-b", TIMING)
    assert isinstance(decision, GiveUp)
    assert decision.job.error is not None
    assert decision.job.error.code == (error.code if error else "worker-lost")
    assert "may have been billed" in decision.job.error.message
    assert decision.job.attempts == 2


def test_what_costs_us_nothing_is_begun_five_times() -> None:
    job = claim_again(dispatched(attempts=4, may_have_billed=4, bills=False), 1)
    assert (job.attempts, job.may_have_billed) == (5, 5)


@pytest.mark.parametrize(
    ("changes", "credits_"),
    [
        ({"may_have_billed": 1}, 8),
        ({"may_have_billed": 2}, 8),
        ({"may_have_billed": 0}, 0),
        ({"may_have_billed": 1, "cancel_stops_bill": True}, 0),
        ({"may_have_billed": 1, "bills": False}, 0),
    ],
)
def test_a_cancel_costs_what_is_held_where_what_was_begun_is_billed_on(
    changes: dict[str, Any], credits_: int
) -> None:
    job = claimed(**changes)
    assert states.cancel_price_credits(job) == credits_
    cancelled = states.cancel(job, later(1), TIMING)
    assert (cancelled.status, cancelled.charged_credits) == (JobStatus.CANCELLED, credits_)


def test_a_cancel_that_was_charged_has_delivered_nothing_and_may_have_left_files() -> None:
    cancelled = states.cancel(claimed(may_have_billed=1), later(1), TIMING)
    assert states.may_have_left_files(cancelled)
    assert states.settle(cancelled, later(2), TIMING).clean_at == later(2 + TIMING.settle_s)


@pytest.mark.parametrize(
    ("job", "was_begun"),
    [
        (dispatched(), False),
        (claimed(), True),
        (claimed(may_have_billed=0), False),
        (replace(final(JobStatus.COMPLETED), may_have_billed=0), True),
    ],
)
def test_a_job_was_begun_if_it_may_have_cost_something_or_has_something_to_show(
    job: Job, was_begun: bool
) -> None:
    assert states.was_begun(job) is was_begun
