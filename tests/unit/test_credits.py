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
    """Any order of grants, holds, closes, corrections and take-backs; what each does is written here again:
    what an account has is `worth`, and it is owed as far as that is below 0."""

    open_holds = Bundle("open_holds")

    def __init__(self) -> None:
        super().__init__()
        self.balance = Balance(0, 0)
        self.worth = 0
        self.held = 0
        self.jobs = 0

    @rule(amount=AMOUNTS)
    def grant(self, amount: int) -> None:
        self._book(Posting("g", EntryType.GRANT, amount))
        self.worth += amount

    @rule(amount=st.integers(-1_000, 1_000))
    def adjust(self, amount: int) -> None:
        posting = Posting("a", EntryType.ADJUST, amount)
        if amount < -self.available:
            self._assert_refused(posting, required=-amount)
            return
        self._book(posting)
        self.worth += amount

    @rule(amount=st.integers(-1_000, 1_000))
    def take_back_or_return(self, amount: int) -> None:
        self._book(Posting("t", EntryType.ADJUST, amount, is_settled_fact=True))
        self.worth += amount

    @rule(target=open_holds, amount=AMOUNTS)
    def hold(self, amount: int) -> Hold | MultipleResults[Hold]:
        self.jobs += 1
        posting = ledger.hold(f"job{self.jobs}", amount)
        if amount > self.available:
            self._assert_refused(posting, required=amount)
            return multiple()
        self._book(posting)
        self.worth -= amount
        self.held += amount
        return f"job{self.jobs}", amount

    @rule(hold=consumes(open_holds), percent=st.integers(0, 100))
    def close(self, hold: Hold, percent: int) -> None:
        job_id, held = hold
        charged = held * percent // 100
        for posting in ledger.close(job_id, held, charged):
            self._book(posting)
        self.worth += held - charged
        self.held -= held

    @invariant()
    def what_is_below_zero_is_owed(self) -> None:
        assert self.balance == Balance(self.available, self.held, max(0, -self.worth))

    @invariant()
    def nothing_is_available_while_something_is_owed(self) -> None:
        assert self.balance.available == 0 or self.balance.owed == 0
        assert min(self.balance.available, self.balance.held, self.balance.owed) >= 0

    @property
    def available(self) -> int:
        return max(0, self.worth)

    def _book(self, posting: Posting) -> None:
        own, *payment = ledger.book(self.balance, posting)
        assert (own.entry_id, own.type) == (posting.entry_id, posting.type)
        assert own.amount - own.owed == posting.amount
        for paid in payment:
            assert (paid.entry_id, paid.type) == (f"{posting.entry_id}:owed", EntryType.ADJUST)
            assert paid.amount == paid.owed < 0
        for each in (own, *payment):
            self.balance = ledger.apply(self.balance, each)

    def _assert_refused(self, posting: Posting, required: int) -> None:
        with pytest.raises(InsufficientCreditsError) as refused:
            ledger.book(self.balance, posting)
        owed = {"owed": self.balance.owed} if self.balance.owed else {}
        expected = {"required": required, "available": self.available, **owed}
        assert refused.value.details == expected


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
    postings = ledger.close("job", 8, charged, kind="image")
    assert [p.entry_id for p in postings] == ids
    assert {p.kind for p in [ledger.hold("job", 8, "image"), *postings]} == {"image"}


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


def booked(balance: Balance, posting: Posting) -> tuple[list[tuple[str, int, int]], Balance]:
    """Each entry's id, amount and change of the debt, and the balance after them."""
    entries = ledger.book(balance, posting)
    for each in entries:
        balance = ledger.apply(balance, each)
    return [(each.entry_id, each.amount, each.owed) for each in entries], balance


def take_back(amount: int) -> Posting:
    return Posting("re_1:taken", EntryType.ADJUST, -amount, is_settled_fact=True)


@pytest.mark.parametrize(
    ("available", "entry", "after"),
    [
        (5, ("re_1:taken", -5, 0), Balance(0, 2, 0)),
        (3, ("re_1:taken", -3, 2), Balance(0, 2, 2)),
        (0, ("re_1:taken", 0, 5), Balance(0, 2, 5)),
    ],
)
def test_what_is_taken_back_after_it_was_spent_is_owed(
    available: int, entry: tuple[str, int, int], after: Balance
) -> None:
    assert booked(Balance(available, 2), take_back(5)) == ([entry], after)


@pytest.mark.parametrize(
    ("raises", "own"),
    [
        (Posting("2026-12:grant", EntryType.GRANT, 4), ("2026-12:grant", 4, 0)),
        (Posting("r:adjust", EntryType.ADJUST, 4), ("r:adjust", 4, 0)),
        (Posting("job:release", EntryType.RELEASE, 4, "job"), ("job:release", 4, 0)),
    ],
)
@pytest.mark.parametrize(("owed", "paid"), [(3, 3), (4, 4), (9, 4)])
def test_whatever_raises_available_pays_what_is_owed_first(
    raises: Posting, own: tuple[str, int, int], owed: int, paid: int
) -> None:
    entries, after = booked(Balance(0, 4, owed), raises)
    assert entries == [own, (f"{own[0]}:owed", -paid, -paid)]
    assert (after.available, after.owed) == (4 - paid, owed - paid)


@pytest.mark.parametrize(
    "posting",
    [Posting("job:capture", EntryType.CAPTURE, 4, "job"), Posting("a", EntryType.ADJUST, 0)],
)
def test_what_raises_nothing_pays_nothing(posting: Posting) -> None:
    (entry,), after = booked(Balance(0, 4, 3), posting)
    assert (entry[0], after.owed) == (posting.entry_id, 3)


def test_what_pays_a_debt_is_the_job_s_whose_release_it_was() -> None:
    _, paid = ledger.book(Balance(0, 4, 3), Posting("job:release", EntryType.RELEASE, 4, "job"))
    assert (paid.job_id, paid.reason, paid.is_settled_fact) == ("job", "owed", False)


def test_what_was_won_back_has_no_upper_bound() -> None:
    won = Posting("du_1:returned", EntryType.ADJUST, 5, is_settled_fact=True)
    assert booked(Balance(CREDITS_MAX, 0), won)[1] == Balance(CREDITS_MAX + 5, 0)


def test_nothing_pays_more_than_is_owed() -> None:
    with pytest.raises(ValueError, match="pays more"):
        ledger.apply(Balance(5, 0, 1), Posting("e:owed", EntryType.ADJUST, -2, owed=-2))


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
