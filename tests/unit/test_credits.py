"""The ledger's arithmetic: nothing is made, lost or guessed, whatever the order of the postings."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from mediaforge.domain import credits as ledger
from mediaforge.domain.credits import CREDITS_MAX, Balance, EntryType, Posting
from mediaforge.domain.errors import InsufficientCreditsError

AMOUNTS = st.integers(1, 1_000)
Hold = tuple[str, int]


class Ledger(RuleBasedStateMachine):
    """Any order of grants, holds, closes and corrections; what each does is written here again."""

    open_holds = Bundle("open_holds")

    def __init__(self) -> None:
        super().__init__()
        self.balance = Balance(0, 0)
        self.available = 0
        self.held = 0
        self.jobs = 0

    @rule(amount=AMOUNTS)
    def grant(self, amount: int) -> None:
        self.balance = ledger.apply(self.balance, Posting("g", EntryType.GRANT, amount))
        self.available += amount

    @rule(amount=st.integers(-1_000, 1_000))
    def adjust(self, amount: int) -> None:
        posting = Posting("a", EntryType.ADJUST, amount)
        if self.available + amount < 0:
            self._assert_refused(posting, required=-amount)
            return
        self.balance = ledger.apply(self.balance, posting)
        self.available += amount

    @rule(target=open_holds, amount=AMOUNTS)
    def hold(self, amount: int) -> Hold | MultipleResults[Hold]:
        self.jobs += 1
        posting = ledger.hold(f"job{self.jobs}", amount)
        if amount > self.available:
            self._assert_refused(posting, required=amount)
            return multiple()
        self.balance = ledger.apply(self.balance, posting)
        self.available -= amount
        self.held += amount
        return f"job{self.jobs}", amount

    @rule(hold=consumes(open_holds), percent=st.integers(0, 100))
    def close(self, hold: Hold, percent: int) -> None:
        job_id, held = hold
        charged = held * percent // 100
        for posting in ledger.close(job_id, held, charged):
            self.balance = ledger.apply(self.balance, posting)
        self.available += held - charged
        self.held -= held

    @invariant()
    def balance_is_the_sum_of_the_effects(self) -> None:
        assert self.balance == Balance(self.available, self.held)

    @invariant()
    def nothing_is_below_zero(self) -> None:
        assert min(self.balance.available, self.balance.held) >= 0

    def _assert_refused(self, posting: Posting, required: int) -> None:
        with pytest.raises(InsufficientCreditsError) as refused:
            ledger.apply(self.balance, posting)
        assert refused.value.details == {"required": required, "available": self.available}


TestLedger = Ledger.TestCase
TestLedger.settings = settings(deadline=None, max_examples=100, stateful_step_count=40)


@given(held=st.integers(1, CREDITS_MAX), data=st.data())
def test_a_close_captures_and_releases_exactly_the_hold(held: int, data: st.DataObject) -> None:
    charged = data.draw(st.integers(0, held))
    postings = ledger.close("job", held, charged)
    amounts = {p.type: p.amount for p in postings}
    assert len(amounts) == len(postings)
    assert amounts.get(EntryType.CAPTURE, 0) == charged
    assert amounts.get(EntryType.RELEASE, 0) == held - charged
    assert all(amount > 0 for amount in amounts.values())


@pytest.mark.parametrize(
    ("charged", "ids"),
    [
        (0, ["job:release"]),
        (3, ["job:capture", "job:release"]),
        (8, ["job:capture"]),
    ],
)
def test_a_close_writes_the_entries_of_the_contract(charged: int, ids: list[str]) -> None:
    assert [p.entry_id for p in ledger.close("job", 8, charged)] == ids


@pytest.mark.parametrize("charged", [-1, 9])
def test_a_close_never_charges_more_than_was_held_or_less_than_nothing(charged: int) -> None:
    with pytest.raises(ValueError, match="cannot charge"):
        ledger.close("job", 8, charged)


def test_a_hold_of_everything_leaves_nothing_available() -> None:
    assert ledger.apply(Balance(8, 2), ledger.hold("job", 8)) == Balance(0, 10)


def test_a_hold_of_one_credit_too_many_is_refused_with_the_numbers() -> None:
    with pytest.raises(InsufficientCreditsError) as refused:
        ledger.apply(Balance(8, 2), ledger.hold("job", 9))
    assert refused.value.details == {"required": 9, "available": 8}


@pytest.mark.parametrize("amount", [0, -1])
@pytest.mark.parametrize("kind", [k for k in EntryType if k is not EntryType.ADJUST])
def test_only_an_adjustment_may_be_zero_or_negative(kind: EntryType, amount: int) -> None:
    with pytest.raises(ValueError, match="positive amount"):
        ledger.apply(Balance(10, 10), Posting("e", kind, amount))


@pytest.mark.parametrize("kind", [EntryType.CAPTURE, EntryType.RELEASE])
def test_closing_more_than_is_held_is_a_bug_not_a_balance(kind: EntryType) -> None:
    with pytest.raises(ValueError, match="closes more"):
        ledger.apply(Balance(10, 3), Posting("e", kind, 4))


def test_a_balance_has_an_upper_bound() -> None:
    full = ledger.apply(Balance(0, 0), Posting("g", EntryType.GRANT, CREDITS_MAX))
    with pytest.raises(ValueError, match="above"):
        ledger.apply(full, Posting("g2", EntryType.GRANT, 1))


@given(owned=st.integers(1, CREDITS_MAX), granted=st.integers(1, CREDITS_MAX), data=st.data())
def test_what_was_held_can_be_released_whatever_was_granted_meanwhile(
    owned: int, granted: int, data: st.DataObject
) -> None:
    held = data.draw(st.integers(1, owned))
    balance = Balance(owned - held, held)
    with contextlib.suppress(ValueError):  # refused: the balance is as it was
        balance = ledger.apply(balance, Posting("g", EntryType.GRANT, granted))
    (release,) = ledger.close("job", held, 0)
    assert ledger.apply(balance, release) == Balance(balance.available + held, 0)


@given(kind=st.sampled_from(EntryType), amount=st.integers(1, CREDITS_MAX))
def test_only_grants_captures_and_adjustments_change_what_an_account_owns(
    kind: EntryType, amount: int
) -> None:
    on_available, on_held = ledger.effect(kind, amount)
    owned = {EntryType.GRANT: amount, EntryType.CAPTURE: -amount, EntryType.ADJUST: amount}
    assert on_available + on_held == owned.get(kind, 0)
