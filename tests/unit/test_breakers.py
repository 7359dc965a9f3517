"""The circuit breaker: opens after failures in a row, lets one try after a time, and knows no half."""

from datetime import UTC, datetime, timedelta

from mediaforge.domain.jobs.breakers import (
    FAILURES_MAX,
    OPEN_S_MAX,
    OPEN_S_MIN,
    TRIAL_SLACK_S,
    WINDOW_S,
    Breaker,
    after_failure,
    is_old_news,
    open_s,
    with_trial,
    without_trial,
)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def failed(times: int, breaker: Breaker | None = None, now: datetime = NOW) -> Breaker:
    breaker = breaker or Breaker()
    for _ in range(times):
        breaker = after_failure(breaker, now, now)
    return breaker


def test_fewer_failures_than_the_limit_leave_it_closed() -> None:
    assert open_s(failed(FAILURES_MAX - 1), NOW) == 0


def test_the_last_failure_of_the_limit_opens_it() -> None:
    assert open_s(failed(FAILURES_MAX), NOW) == OPEN_S_MIN


def test_failures_far_apart_do_not_add_up() -> None:
    breaker = failed(FAILURES_MAX - 1)
    assert (
        open_s(
            after_failure(breaker, later(WINDOW_S + 1), later(WINDOW_S + 1)), later(WINDOW_S + 1)
        )
        == 0
    )


def test_it_lets_callers_try_when_its_time_is_over() -> None:
    assert open_s(failed(FAILURES_MAX), later(OPEN_S_MIN)) == 0


def test_while_one_tries_the_others_wait() -> None:
    now = later(OPEN_S_MIN)
    tried = with_trial(failed(FAILURES_MAX), now, call_s=240, who="ann")
    assert open_s(tried, now) == 240 + TRIAL_SLACK_S
    assert not is_old_news(tried, begun_at=now)
    assert open_s(tried, now + timedelta(seconds=240 + TRIAL_SLACK_S)) == 0


def test_only_who_has_the_trial_gives_it_back() -> None:
    now = later(OPEN_S_MIN)
    tried = with_trial(failed(FAILURES_MAX), now, call_s=240, who="ann")
    assert open_s(without_trial(tried, "ann"), now) == 0
    assert without_trial(tried, "bob") == tried


def test_what_nobody_has_asked_since_is_forgotten() -> None:
    now = later(OPEN_S_MIN)
    much_later = now + timedelta(hours=2)
    assert open_s(after_failure(failed(FAILURES_MAX), much_later, much_later), now) == 0


def test_one_failed_try_opens_it_again_for_twice_as_long() -> None:
    now = later(OPEN_S_MIN)
    again = after_failure(failed(FAILURES_MAX), now, begun_at=now)
    assert open_s(again, now) == 2 * OPEN_S_MIN


def test_what_fails_while_it_is_open_was_begun_before_and_changes_nothing() -> None:
    breaker = failed(FAILURES_MAX)
    assert after_failure(breaker, later(1), begun_at=NOW) == breaker


def test_what_was_begun_before_it_opened_changes_nothing_however_late_it_fails() -> None:
    breaker = failed(FAILURES_MAX)
    for seconds in (OPEN_S_MIN, 180, 7200):
        assert after_failure(breaker, later(seconds), begun_at=NOW) == breaker


def test_it_is_never_open_for_longer_than_the_limit() -> None:
    breaker, now = failed(FAILURES_MAX), NOW
    for _ in range(40):
        now += timedelta(seconds=open_s(breaker, now))
        breaker = after_failure(breaker, now, now)
    assert open_s(breaker, now) == OPEN_S_MAX


def test_it_is_quiet_until_something_fails() -> None:
    assert Breaker().is_quiet
    assert not failed(1).is_quiet
    assert not failed(FAILURES_MAX).is_quiet
