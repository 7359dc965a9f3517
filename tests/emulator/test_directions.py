"""The creative director through the real functions: held before it is asked, once for a requestId."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mediaforge.contract.requests import DirectCreative, parse
from mediaforge.domain.directing.directions import LEASE_S
from mediaforge.services.directing.direct import direct
from mediaforge.services.watch.sweep import sweep_jobs
from tests.emulator.conftest import Inside, refusal
from tests.memory.clock import ManualClock
from tests.support.faults import Killed, Steps, mortal
from tests.support.world import user
from tools.client import CallError, Client

BRIEF = {"brief": "a calm campaign for a lighthouse hotel"}
DIRECTOR = "creativeDirectorAgent"


def account_of(user: Client) -> str:
    return f"user_{user.uid}"


def leave_credits(admin: Client, user: Client, amount: int) -> None:
    user.call(DIRECTOR, BRIEF)  # opens the account
    fields = {"amount": amount - 99, "reason": "test", "requestId": uuid.uuid4().hex}
    adjust = {"accountId": account_of(user), "action": "adjust", **fields}
    assert admin.call("controlAccount", adjust)["available"] == amount


def call_at_once(user: Client, number: int, payload: dict[str, Any]) -> list[Any]:
    """The answers and the refusals' reasons, in no order."""

    def call(_: int) -> Any:
        try:
            return user.call(DIRECTOR, payload)
        except CallError as refused:
            return refused.reason

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(call, range(number)))


def test_eight_calls_at_once_with_one_credit_ask_once(
    ann: Client, admin: Client, inside: Inside
) -> None:
    leave_credits(admin, ann, 1)
    answers = call_at_once(ann, 8, BRIEF)

    assert sorted(a for a in answers if isinstance(a, str)) == ["insufficient-credits"] * 7
    asked = [direction.to_dict() or {} for direction in inside.directions_of(ann.uid)]
    assert [direction["status"] for direction in asked] == ["answered"] * 2
    assert inside.get(f"accounts/{account_of(ann)}")["available"] == 0
    inside.assert_promises_of(ann.uid)


def test_eight_calls_at_once_of_one_request_id_are_answered_the_same_and_ask_once(
    ann: Client, inside: Inside
) -> None:
    first, *others = call_at_once(ann, 8, {**BRIEF, "requestId": "r"})

    assert isinstance(first, dict)
    assert others == [first] * 7
    (direction,) = inside.directions_of(ann.uid)
    assert (direction.to_dict() or {})["asks"] == 1
    assert inside.get(f"accounts/{account_of(ann)}")["available"] == 99
    inside.assert_promises_of(ann.uid)


def test_behind_a_blown_fuse_the_caller_is_told_when_to_come_back(
    ann: Client, inside: Inside
) -> None:
    ann.call(DIRECTOR, BRIEF)
    account = inside.database.document(f"accounts/{account_of(ann)}")
    account.update({"fuse_blown_at": datetime.now(UTC)})
    refused = refusal(ann, DIRECTOR, BRIEF)

    assert (refused.status, refused.reason) == ("UNAVAILABLE", "busy")
    assert refused.details["retryAfterSeconds"] > 0
    assert inside.get(account.path)["available"] == 99


def test_what_a_call_left_that_died_is_closed_by_the_sweep_and_can_be_asked_again(
    ann: Client, inside: Inside
) -> None:
    payload = {**BRIEF, "requestId": "r"}
    long_ago = ManualClock(datetime.now(UTC) - timedelta(seconds=LEASE_S + 1))
    dying = replace(mortal(inside.backend, Steps(die_at=3)), clock=long_ago)
    with pytest.raises(Killed):
        direct(dying, user(ann.uid), parse(DirectCreative, payload))
    (left,) = inside.directions_of(ann.uid)
    assert inside.get(f"accounts/{account_of(ann)}")["held"] == 1

    sweep_jobs(inside.backend)
    assert inside.get(left.reference.path)["status"] == "closed"
    assert inside.get(f"accounts/{account_of(ann)}")["held"] == 0

    ann.call(DIRECTOR, payload)
    assert inside.get(left.reference.path)["asks"] == 2
    inside.assert_promises_of(ann.uid)
