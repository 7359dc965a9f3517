"""The verdict on what accounts were given by themselves finds each kind of damage."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.faults.given import check_given
from tests.faults.record import Commit, Record

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MAIL = ("email", "ann@example.com")


class Case:
    """Ann and Bob were welcomed in November; Ann had the tier `pro` for a while, and its month."""

    def __init__(self) -> None:
        self.record = Record(
            welcome_a_day=400,
            welcome_part=200,
            levels={"free": 0, "pro": 10, "studio": 25},
            lasted=(NOON, NOON + DAY),
            sign_ins={"ann": {MAIL, ("uid", "ann")}, "bob": {("uid", "bob")}, "eve": set()},
        )
        self.contents: dict[str, dict[str, Any]] = {
            "welcome_days/2026-11-30_0": {"credits": 100},
            "welcome_days/2026-11-30_1": {"credits": 100},
        }
        for uid in ("ann", "bob"):
            self.give(uid, "welcome", 100)
        self.give("ann", "Pro, 2026-11", 10)
        for minutes, tier in enumerate(("free", "pro", "free")):
            self.set_tier("ann", tier, NOON + timedelta(minutes=minutes))

    def give(self, uid: str, reason: str, amount: int, at: datetime = NOON) -> None:
        entry = {"type": "grant", "reason": reason, "amount": amount, "created_at": at}
        path = f"accounts/user_{uid}/ledger/{len(self.contents)}"
        self.contents[path] = entry
        self.record.commits.append(Commit(at, "x", {path: entry}))

    def set_tier(self, uid: str, tier: str, at: datetime) -> None:
        fields = {"tier": tier, "modified": at}
        self.record.commits.append(Commit(at, "x", {f"accounts/user_{uid}": fields}))

    def work(self, uid: str, at: datetime) -> None:
        own = {"user_id": uid, "account_id": f"user_{uid}", "created_at": at}
        self.contents[f"jobs/of-{uid}"] = own

    def findings(self) -> list[str]:
        return list(check_given(self.contents, self.record))


def welcome_twice(case: Case) -> None:
    case.give("ann", "welcome", 100)
    case.contents["welcome_days/2026-11-30_0"]["credits"] = 200


def welcome_more(case: Case) -> None:
    case.give("carl", "welcome", 101)


def welcome_the_unverified(case: Case) -> None:
    case.give("eve", "welcome", 100)


def welcome_the_same_person(case: Case) -> None:
    case.record.sign_ins["bob"].add(MAIL)


def welcome_what_was_linked(case: Case) -> None:
    case.record.linked["uid", "bob"] = ("ann", NOON - DAY)


def pass_the_day(case: Case) -> None:
    case.record.welcome_a_day = 199


def count_too_little(case: Case) -> None:
    case.contents["welcome_days/2026-11-30_1"]["credits"] = 0


def forget_somebody(case: Case) -> None:
    case.record.sign_ins["carl"] = {("uid", "carl")}
    case.work("carl", NOON)


def forget_the_month(case: Case) -> None:
    case.set_tier("bob", "pro", NOON)


def forget_the_difference(case: Case) -> None:
    case.set_tier("ann", "studio", NOON + timedelta(hours=1))


def grant_twice(case: Case) -> None:
    case.give("ann", "Pro, 2026-11", 10)


def grant_a_month_nobody_had(case: Case) -> None:
    case.give("bob", "Pro, 2026-12", 10, NOON + DAY)


DAMAGES = {
    welcome_twice: "expected to be welcomed once, found [100, 100]",
    welcome_more: "expected to be welcomed once, found [101]",
    welcome_the_unverified: "expected no welcome of who is not verified",
    welcome_the_same_person: "gifts: expected one for ('email', 'ann@example.com')",
    welcome_what_was_linked: "gifts: expected none for ('uid', 'bob'), linked to ann",
    pass_the_day: "welcome_days/2026-11-30: expected at most 199, found 200",
    count_too_little: "welcome_days/2026-11-30: expected 200 to be counted, found 100",
    forget_somebody: "accounts/user_carl: expected to be welcomed with jobs/of-carl",
    forget_the_month: "accounts/user_bob: expected to be granted 10 in 2026-11, found 0",
    forget_the_difference: "accounts/user_ann: expected to be granted 25 in 2026-11, found 10",
    grant_twice: "accounts/user_ann: expected to be granted 10 in 2026-11, found 20",
    grant_a_month_nobody_had: "accounts/user_bob: expected to be granted 0 in 2026-12, found 10",
}


def test_what_was_given_as_promised_has_no_findings() -> None:
    assert Case().findings() == []


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_is_found(damage: Any) -> None:
    case = Case()
    case.set_tier("bob", "free", NOON - DAY)
    damage(case)
    assert any(DAMAGES[damage] in finding for finding in case.findings()), case.findings()


def test_who_came_when_a_part_of_the_day_was_given_away_is_excused() -> None:
    case = Case()
    case.contents["welcome_days/2026-11-30_0"]["credits"] = 200
    case.contents["welcome_days/2026-11-30_1"]["credits"] = 0
    forget_somebody(case)
    assert case.findings() == []


def test_who_had_a_gift_by_another_name_is_excused() -> None:
    case = Case()
    case.record.sign_ins["carl"] = {MAIL, ("uid", "carl")}
    case.work("carl", NOON)
    assert case.findings() == []


def test_a_tier_of_the_month_before_may_be_granted_in_the_next_or_be_lowered_before() -> None:
    case = Case()
    case.set_tier("ann", "pro", NOON + timedelta(hours=2))
    case.set_tier("ann", "free", NOON + DAY)
    assert case.findings() == []
    case.give("ann", "Pro, 2026-12", 10, NOON + DAY)
    assert case.findings() == []
