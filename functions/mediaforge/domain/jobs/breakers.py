"""A model's circuit breaker: while its provider is out of order, jobs wait instead of failing. Pure.

Source: M. Nygard, "Release It!", Circuit Breaker: closed, open, and after a time
half open, when one call decides.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

FAILURES_MAX = 5
WINDOW_S = 60.0
OPEN_S_MIN, OPEN_S_MAX = 15.0, 600.0
# Added to the longest time of a trial's call, for the worker's steps before and after the call.
TRIAL_SLACK_S = 30.0
_FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Breaker:
    """`breakers/{model}`. `failures` counts failures in a row, the first of them at `failing_since`.
    `trips` counts how often the breaker opened without a success in between. After `open_until` one call
    at a time is let through as a trial: that of `trial_by`, until `trial_until` at the latest. No
    document means a closed breaker."""

    failures: int = 0
    failing_since: datetime | None = None
    trips: int = 0
    open_until: datetime | None = None
    trial_until: datetime | None = None
    trial_by: str | None = None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing has failed since the last success."""
        return self.failures == 0 and self.trips == 0


def open_s(breaker: Breaker, now: datetime) -> float:
    """For how many more seconds nobody may call; 0 when the breaker is closed, or a trial may begin."""
    return max(0.0, *(_left_s(moment, now) for moment in (breaker.open_until, breaker.trial_until)))


def is_old_news(breaker: Breaker, begun_at: datetime) -> bool:
    """Whether a call that began at `begun_at` says nothing about the provider's present state. While
    the breaker is open nobody calls, so a call that began before `open_until` began before the
    breaker opened, however late it ends."""
    return _left_s(breaker.open_until, begun_at) > 0


def _left_s(moment: datetime | None, now: datetime) -> float:
    return (moment - now).total_seconds() if moment is not None else 0.0


def with_trial(breaker: Breaker, now: datetime, call_s: float, who: str) -> Breaker:
    """The breaker while `who` makes a trial, by a call that takes at most `call_s` seconds."""
    until = now + timedelta(seconds=call_s + TRIAL_SLACK_S)
    return replace(breaker, trial_until=until, trial_by=who)


def without_trial(breaker: Breaker, who: str) -> Breaker:
    """The breaker after `who` ended its trial without a call, so that the next
    may try. Another's trial goes on."""
    return replace(breaker, trial_until=None, trial_by=None) if breaker.trial_by == who else breaker


def after_failure(breaker: Breaker, now: datetime, begun_at: datetime) -> Breaker:
    """The breaker after a call that began at `begun_at` has failed. If it has
    opened since then, it stays as it is."""
    if is_old_news(breaker, begun_at):
        return breaker
    if breaker.open_until is not None and now - breaker.open_until > _FORGOTTEN_AFTER:
        breaker = Breaker()  # nobody has called for an hour: older failures say nothing now
    is_recent = breaker.failing_since is not None and now - breaker.failing_since <= timedelta(
        seconds=WINDOW_S
    )
    failures = breaker.failures + 1 if is_recent else 1
    since = breaker.failing_since if is_recent else now
    if failures < FAILURES_MAX and not breaker.trips:
        return replace(breaker, failures=failures, failing_since=since)
    length_s = min(OPEN_S_MAX, OPEN_S_MIN * 2.0 ** min(breaker.trips, 16))
    return Breaker(trips=breaker.trips + 1, open_until=now + timedelta(seconds=length_s))
