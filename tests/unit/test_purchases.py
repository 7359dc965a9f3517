"""Facts of a payment: whatever their order and however often they are told, they come to what is true."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaforge.domain.credits import EntryType
from mediaforge.domain.money import purchases
from mediaforge.domain.money.purchases import (
    FORGOTTEN_AFTER,
    ChargeRefunded,
    Dispute,
    Disputed,
    DisputeState,
    Fact,
    Paid,
    Purchase,
    Refund,
    Refunded,
    RefundState,
)

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
MADE, RETURNED = RefundState.MADE, RefundState.RETURNED
WITHDRAWN, REINSTATED = DisputeState.WITHDRAWN, DisputeState.REINSTATED


def paid(amount: int = 500, cents: int | None = 595) -> Paid:
    return Paid("cs_1", "pi_1", "user_ann", amount, cents)


def refunded(name: str, cents: int, state: RefundState = MADE) -> Refunded:
    return Refunded("pi_1", name, Refund(cents, state))


def disputed(cents: int, state: DisputeState) -> Disputed:
    return Disputed("pi_1", "du_1", Dispute(cents, state))


def charge(cents: int) -> ChargeRefunded:
    return ChargeRefunded("pi_1", "ch_1", cents)


def after(*facts: Fact) -> Purchase:
    purchase = Purchase("pi_1")
    for fact in facts:
        purchase = purchases.learn(purchase, fact, NOW)
    return purchase


def taken(*facts: Fact) -> int:
    return purchases.credits_taken(after(*facts))


# ---- any history, in any order -------------------------------------------------------------------


@dataclass
class Payment:
    """What really happened to one payment, and what Stripe tells of it. `went_out` is everything that ever
    went back to the buyer, `out` what is there in the end."""

    credits: int
    total: int
    refunds: dict[str, int] = field(default_factory=dict)
    disputed: int = 0
    went_out: int = 0
    told: list[tuple[str, Fact]] = field(default_factory=list)

    @property
    def out(self) -> int:
        return sum(self.refunds.values()) + self.disputed

    def share(self, cents: int) -> int:
        return self.credits * min(self.total, cents) // self.total

    def refund(self, cents: int) -> None:
        if self.out + cents > self.total:
            return
        name = f"re_{len(self.told)}"
        self.refunds[name] = cents
        self.went_out += cents
        self.told += [("refund", refunded(name, cents)), ("charge", charge(self.out))]

    def fail(self, which: int) -> None:
        name = sorted(self.refunds)[which % len(self.refunds)]
        self.told.append(("refund", refunded(name, self.refunds.pop(name), RETURNED)))

    def dispute(self, end: str) -> None:
        rest = self.total - self.out
        if end == "none" or not rest:
            return
        self.went_out += rest
        self.told.append(("dispute", disputed(rest, WITHDRAWN)))
        if end == "won":
            self.told.append(("dispute", disputed(rest, REINSTATED)))
        else:
            self.disputed = rest


@st.composite
def histories(draw: st.DrawFn) -> tuple[Payment, list[Fact]]:
    """A payment, and what is told of it by one family of events or both, in some order and repeatedly. Of a
    refund that failed only its own family tells."""
    payment = Payment(draw(st.integers(1, 1_000)), draw(st.integers(1, 5_000)))
    family = draw(st.sampled_from(["both", "refund", "charge"]))
    for _ in range(draw(st.integers(0, 5))):
        if payment.refunds and family != "charge" and draw(st.booleans()):
            payment.fail(draw(st.integers(0, 4)))
        else:
            payment.refund(draw(st.integers(1, payment.total)))
    payment.dispute(draw(st.sampled_from(["none", "lost", "won"])))
    unheard = {"both": "", "refund": "charge", "charge": "refund"}[family]
    told = [fact for kind, fact in payment.told if kind != unheard]
    told.append(paid(payment.credits, payment.total))
    told += draw(st.lists(st.sampled_from(told), max_size=4))
    return payment, draw(st.permutations(told))


@settings(max_examples=1_000, deadline=None)
@given(histories())
def test_in_any_order_by_either_family_and_repeated_the_books_end_at_what_is_true(
    history: tuple[Payment, list[Fact]],
) -> None:
    payment, facts = history
    purchase, books, ids = Purchase("pi_1"), 0, []
    for fact in facts:
        purchase = purchases.learn(purchase, fact, NOW)
        if purchase.paid_at is None:
            continue
        moves = purchases.postings(purchase, fact)
        purchase = booked(purchase)
        books += sum(move.amount for move in moves)
        ids += [move.entry_id for move in moves]
        assert payment.credits >= books >= payment.credits - payment.share(payment.went_out)
    assert books == payment.credits - payment.share(payment.out)
    assert len(set(ids)) == len(ids)


@given(histories(), st.randoms())
def test_the_order_of_what_is_told_makes_no_other_facts(
    history: tuple[Payment, list[Fact]], random: Random
) -> None:
    _, facts = history
    shuffled = random.sample(facts, len(facts))
    assert after(*facts) == after(*shuffled, *facts)


def booked(purchase: Purchase) -> Purchase:
    """As the service leaves it once its postings are in the books."""
    back = purchases.credits_taken(purchase)
    return replace(purchase, granted_at=NOW, taken_credits=back)


# ---- single facts --------------------------------------------------------------------------------


def test_a_partial_refund_takes_the_same_share_of_the_credits() -> None:
    assert taken(paid(500, 595), refunded("re_1", 119)) == 100
    assert taken(paid(500, 595), refunded("re_1", 119), refunded("re_2", 476)) == 500


def test_parts_that_do_not_divide_add_up_to_the_whole() -> None:
    parts = [refunded(f"re_{number}", 1) for number in range(3)]
    assert [taken(paid(100, 3), *parts[: n + 1]) for n in range(3)] == [33, 66, 100]


def test_both_families_tell_of_one_refund() -> None:
    assert taken(paid(500, 500), charge(100), refunded("re_1", 100)) == 100
    assert taken(paid(500, 500), charge(100)) == taken(paid(500, 500), refunded("re_1", 100))


def test_a_refund_that_failed_gives_its_part_back_whatever_the_charge_has_said() -> None:
    failed = refunded("re_1", 100, RETURNED)
    assert taken(paid(500, 500), charge(100), refunded("re_1", 100), failed) == 0
    assert taken(paid(500, 500), failed, charge(100)) == 0
    assert taken(paid(500, 500), failed, refunded("re_1", 100)) == 0


def test_a_refund_and_a_dispute_never_take_more_than_was_bought() -> None:
    assert taken(paid(500, 500), refunded("re_1", 400), disputed(500, WITHDRAWN)) == 500


def test_a_dispute_that_was_won_gives_back_and_never_takes_again() -> None:
    won, begun = disputed(500, REINSTATED), disputed(500, WITHDRAWN)
    assert taken(paid(500, 500), begun) == 500
    assert taken(paid(500, 500), begun, won) == taken(paid(500, 500), won, begun) == 0


def test_the_amount_of_what_is_known_stands() -> None:
    assert taken(paid(500, 500), refunded("re_1", 100), refunded("re_1", 400)) == 100
    assert taken(paid(500, 500), disputed(100, WITHDRAWN), disputed(400, WITHDRAWN)) == 100


@pytest.mark.parametrize("cents", [None, 0])
def test_where_nobody_says_what_was_paid_a_credit_is_a_cent(cents: int | None) -> None:
    assert taken(paid(500, cents)) == 0
    assert taken(paid(500, cents), refunded("re_1", 100)) == 100


def test_what_is_known_of_a_session_stays() -> None:
    known = after(paid(500))
    assert purchases.learn(known, paid(900), NOW + timedelta(days=1)) is known


def test_facts_of_an_unknown_payment_are_forgotten_unless_it_becomes_a_purchase() -> None:
    unknown = after(refunded("re_1", 100))
    assert unknown.expires_at == NOW + FORGOTTEN_AFTER
    assert purchases.learn(unknown, paid(), NOW).expires_at is None


def test_entries_are_named_by_the_thing_and_name_session_and_payment() -> None:
    early = after(refunded("re_1", 119), paid())
    grant, take = purchases.postings(early, paid())
    assert [(p.entry_id, p.type, p.amount) for p in (grant, take)] == [
        ("cs_1:grant", EntryType.GRANT, 500),
        ("cs_1:taken", EntryType.ADJUST, -100),
    ]
    assert {(p.session_id, p.payment_intent) for p in (grant, take)} == {("cs_1", "pi_1")}
    assert take.is_settled_fact
    assert not grant.is_settled_fact


@pytest.mark.parametrize(
    ("before", "fact", "expected"),
    [
        ((), refunded("re_1", 119), ("re_1:taken", -100)),
        ((refunded("re_1", 119),), refunded("re_1", 119, RETURNED), ("re_1:returned", 100)),
        ((), disputed(595, WITHDRAWN), ("du_1:taken", -500)),
        ((disputed(595, WITHDRAWN),), disputed(595, REINSTATED), ("du_1:returned", 500)),
        ((), charge(119), ("ch_1:119:taken", -100)),
        ((charge(119),), charge(238), ("ch_1:238:taken", -100)),
        ((charge(119),), refunded("re_1", 119), None),
        ((refunded("re_1", 119),), charge(119), None),
    ],
)
def test_what_comes_after_the_purchase_is_named_by_itself(
    before: tuple[Fact, ...], fact: Fact, expected: tuple[str, int] | None
) -> None:
    known = purchases.learn(booked(after(paid(), *before)), fact, NOW)
    moves = [(move.entry_id, move.amount) for move in purchases.postings(known, fact)]
    assert moves == ([expected] if expected else [])
