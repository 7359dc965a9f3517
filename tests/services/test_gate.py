"""The gate of one instance: who asks too often waits, who is refused too often waits sooner."""

from collections.abc import Callable

import pytest

from mediaforge.domain.catalogue import GateLimits
from mediaforge.domain.errors import RateLimitedError
from mediaforge.services import gate as gates
from mediaforge.services.gate import Gate
from tests.memory.clock import ManualClock
from tests.support.world import CATALOGUE, START

LIMITS = GateLimits(user_requests=6, user_refusals=2, address_requests=12, address_refusals=3)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def gate(clock: ManualClock) -> Gate:
    return Gate(LIMITS, clock)


def times(number: int, act: Callable[[str], object], who: str) -> None:
    for _ in range(number):
        act(who)


def refused(act: Callable[[str], object], who: str) -> dict[str, int]:
    with pytest.raises(RateLimitedError) as limited:
        act(who)
    return limited.value.details


def test_a_user_s_requests_are_counted_and_the_refusal_says_when_to_come_back(
    gate: Gate, clock: ManualClock
) -> None:
    times(6, gate.admit_user, "ann")
    assert refused(gate.admit_user, "ann") == {"limit": 6, "retryAfterSeconds": 10}
    gate.admit_user("bob")
    clock.advance(10)
    gate.admit_user("ann")
    assert refused(gate.admit_user, "ann") == {"limit": 6, "retryAfterSeconds": 10}


def test_a_user_who_is_refused_too_often_waits_before_they_have_asked_too_often(
    gate: Gate, clock: ManualClock
) -> None:
    gate.admit_user("ann")
    times(2, gate.count_user_refusal, "ann")
    assert refused(gate.admit_user, "ann") == {"limit": 2, "retryAfterSeconds": 30}
    clock.advance(30)
    gate.admit_user("ann")


def test_where_both_are_shut_the_longer_wait_is_told_and_who_keeps_to_it_is_let_in(
    clock: ManualClock,
) -> None:
    gate = Gate(LIMITS.model_copy(update={"user_refusals": 30}), clock)
    times(6, gate.admit_user, "ann")
    times(30, gate.count_user_refusal, "ann")
    assert refused(gate.admit_user, "ann") == {"limit": 6, "retryAfterSeconds": 10}
    clock.advance(10)
    gate.admit_user("ann")


def test_an_address_has_limits_of_its_own(gate: Gate) -> None:
    times(12, gate.admit_address, "ann")
    assert refused(gate.admit_address, "ann") == {"limit": 12, "retryAfterSeconds": 5}
    times(3, gate.count_address_refusal, "bob")
    assert refused(gate.admit_address, "bob") == {"limit": 3, "retryAfterSeconds": 20}
    gate.admit_user("ann")  # no address, whatever it is called


def test_who_knocks_on_a_shut_gate_does_not_keep_it_shut(gate: Gate, clock: ManualClock) -> None:
    times(50, gate.count_user_refusal, "ann")
    assert refused(gate.admit_user, "ann")["retryAfterSeconds"] == 30
    for _ in range(29):
        clock.advance(1)
        refused(gate.admit_user, "ann")
    clock.advance(1)
    gate.admit_user("ann")


def test_it_remembers_so_many_and_forgets_who_was_longest_away(gate: Gate) -> None:
    times(12, gate.admit_address, "first")
    for number in range(gates.KEYS_MAX - 1):
        gate.admit_address(f"address-{number}")
    refused(gate.admit_address, "first")
    gate.admit_address("one more")
    gate.admit_address("first")
    assert len(gate._counted) == gates.KEYS_MAX


def test_the_highest_tier_passes_the_gate_with_whatever_it_may_submit() -> None:
    limits = CATALOGUE.limits.gate_a_minute
    most = max(tier.submissions_a_minute for tier in CATALOGUE.tiers.values())
    assert most < limits.user_requests <= limits.address_requests
