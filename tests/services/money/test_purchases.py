"""Credits that were paid for: in the books once, however often and in which events it is told, and out of
them with the money."""

from collections.abc import Callable
from functools import partial
from itertools import permutations
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.domain.credits import CREDITS_MAX, EntryType, Posting
from mediaforge.domain.errors import InsufficientCreditsError
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
from mediaforge.ports.documents import Transaction
from mediaforge.services.money import ledger
from mediaforge.services.money.monthly import grant_monthly
from mediaforge.services.money.opening import find_or_open
from mediaforge.services.money.purchases import Noted, note_payment
from mediaforge.services.watch.invariants import check_invariants
from tests.support.world import World, at_once, logged, user

WITHDRAWN, REINSTATED = DisputeState.WITHDRAWN, DisputeState.REINSTATED


def buy(
    world: World, amount: int = 500, account_id: str | None = "user_ann", number: int = 1
) -> Noted:
    """At a cent a credit, as Stripe tells it."""
    session = Paid(f"cs_{number}", f"pi_{number}", account_id, amount, amount)
    return note_payment(world.backend, session)


def refunded(name: str, cents: int, state: RefundState = RefundState.MADE) -> Refunded:
    return Refunded("pi_1", name, Refund(cents, state))


def failed(name: str, cents: int) -> Refunded:
    return refunded(name, cents, RefundState.RETURNED)


def disputed(cents: int, state: DisputeState = WITHDRAWN) -> Disputed:
    return Disputed("pi_1", "du_1", Dispute(cents, state))


def tell(world: World, *facts: Fact) -> None:
    for fact in facts:
        note_payment(world.backend, fact)


def purchase(world: World, number: int = 1) -> Purchase | None:
    return world.documents.get(at.purchase(f"pi_{number}"))


def balance(world: World, account_id: str = "user_ann") -> tuple[int, int, int]:
    account = world.account(account_id)
    return account.available, account.held, account.owed


def moves(world: World) -> dict[str, tuple[int, int]]:
    """Amount and change of the debt of each entry but the jobs' and the welcome's."""
    return {
        entry_id: (entry.amount, entry.owed or 0)
        for entry_id, entry in world.entries().items()
        if entry.job_id is None and entry_id != "welcome:grant"
    }


def welcomed() -> World:
    """Ann has 100 credits in the largest tier: the welcome and the month are behind her."""
    world = World()
    world.set_tier("studio")
    return world


def spend_all_but(world: World, rest: int) -> None:
    """By jobs that hold it until they begin, later."""
    while (available := world.account().available) > rest:
        count = min(4, (available - rest) // 2)
        world.submit(count=count, scheduledAt="2026-12-01T00:00:00Z")


# ---- what was paid for ---------------------------------------------------------------------------


def test_a_purchase_raises_the_balance_and_leaves_an_entry_named_by_its_session() -> None:
    world = World()
    world.submit()
    noted = buy(world)
    assert noted.account == world.account()
    assert balance(world) == (598, 2, 0)
    entry = world.entries()["cs_1:grant"]
    assert (entry.type, entry.amount, entry.actor, entry.reason) == (
        "grant",
        500,
        "stripe",
        "purchase",
    )
    assert (entry.available_after, entry.held_after, entry.owed_after) == (598, 2, 0)
    assert (entry.session_id, entry.payment_intent, entry.job_id) == ("cs_1", "pi_1", None)


def test_a_purchase_told_again_changes_nothing() -> None:
    world = World()
    buy(world)
    contents = world.contents()
    world.clock.advance(86_400)
    assert buy(world).account == world.account()
    assert world.contents() == contents


def test_a_purchase_told_again_after_it_was_spent_is_answered_with_what_is_left() -> None:
    world = World()
    buy(world, 2)
    world.submit(count=4)
    account = buy(world, 2).account
    assert account is not None
    assert account.available == 94


def test_a_purchase_told_many_times_at_once_counts_once() -> None:
    world = World()
    at_once(*[lambda: buy(world)] * 8)
    assert world.account().available == 500
    assert sorted(world.entries()) == ["cs_1:grant"]


def test_two_purchases_of_the_same_amount_both_count() -> None:
    world = World()
    buy(world, number=1)
    buy(world, number=2)
    assert world.account().available == 1_000


def test_what_is_known_of_a_session_stays_whatever_is_told_later() -> None:
    world = World()
    buy(world, 500)
    contents = world.contents()
    buy(world, 501)
    assert world.contents() == contents


def test_a_purchase_that_nothing_was_paid_for_is_kept_by_its_session() -> None:
    world = World()
    note_payment(world.backend, Paid("cs_free", None, "user_ann", 500, 0))
    note_payment(world.backend, Paid("cs_free", None, "user_ann", 500, 0))
    assert world.account().available == 500
    assert world.documents.get(at.purchase("cs_free")) is not None


def test_a_first_purchase_opens_a_user_s_account_and_the_welcome_comes_with_its_user() -> None:
    world = World()
    buy(world)
    assert (world.account().tier, world.account().available) == ("free", 500)
    assert sorted(world.entries()) == ["cs_1:grant"]
    world.submit()
    assert world.account().available == 598


def test_a_team_s_purchase_is_the_team_s() -> None:
    world = World()
    account_id = f"team_{world.found_team(available=0)}"
    buy(world, account_id=account_id)
    assert balance(world, account_id) == (500, 0, 0)
    assert list(world.entries(account_id)) == ["cs_1:grant"]


def test_a_purchase_and_submissions_at_once_all_count() -> None:
    world = World()
    world.submit()
    actions: list[Callable[[], object]] = [lambda: buy(world), *[world.submit] * 5]
    at_once(*actions)
    assert balance(world) == (600 - 12, 12, 0)


def test_a_purchase_that_meets_a_submission_counts_on_top_of_it() -> None:
    world = World()
    world.submit()
    world.documents.meanwhile = [world.submit]
    buy(world)
    assert balance(world) == (596, 4, 0)


# ---- what goes back with the money ---------------------------------------------------------------


def test_a_refund_takes_its_share_back_once_and_says_whose() -> None:
    world = World()
    buy(world)
    tell(world, refunded("re_1", 100), refunded("re_1", 100))
    assert balance(world) == (400, 0, 0)
    entry = world.entries()["re_1:taken"]
    assert (entry.type, entry.amount, entry.owed, entry.owed_after) == ("adjust", -100, None, 0)
    assert (entry.session_id, entry.payment_intent, entry.actor) == ("cs_1", "pi_1", "stripe")


def test_a_refund_told_by_both_families_of_events_is_taken_back_once() -> None:
    world = World()
    buy(world)
    tell(world, ChargeRefunded("pi_1", "ch_1", 100), refunded("re_1", 100))
    tell(world, ChargeRefunded("pi_1", "ch_1", 250), refunded("re_2", 150))
    assert balance(world) == (250, 0, 0)
    assert moves(world) == {
        "cs_1:grant": (500, 0),
        "ch_1:100:taken": (-100, 0),
        "ch_1:250:taken": (-150, 0),
    }


def test_a_refund_that_fails_gives_its_share_back() -> None:
    world = World()
    buy(world)
    tell(world, refunded("re_1", 100), failed("re_1", 100))
    assert balance(world) == (500, 0, 0)
    assert moves(world)["re_1:returned"] == (100, 0)


@pytest.mark.parametrize(("end", "available"), [(WITHDRAWN, 0), (REINSTATED, 500)])
def test_a_dispute_moves_what_is_disputed_and_gives_it_back_when_it_is_won(
    end: DisputeState, available: int
) -> None:
    world = World()
    buy(world)
    tell(world, disputed(500))
    assert world.account().available == 0
    tell(world, disputed(500, end))
    assert world.account().available == available


def test_a_refund_before_its_purchase_waits_for_it_and_leaves_no_account() -> None:
    world = World()
    tell(world, refunded("re_1", 100))
    assert world.documents.paths() == ["purchases/pi_1"]
    known = purchase(world)
    assert known is not None
    assert known.expires_at == world.clock.now() + FORGOTTEN_AFTER
    buy(world)
    assert balance(world) == (400, 0, 0)
    assert moves(world) == {"cs_1:grant": (500, 0), "cs_1:taken": (-100, 0)}
    known = purchase(world)
    assert known is not None
    assert known.expires_at is None


def test_in_any_order_the_books_end_the_same() -> None:
    facts: list[Callable[[World], object]] = [
        buy,
        lambda world: tell(world, refunded("re_1", 100)),
        lambda world: tell(world, failed("re_1", 100)),
        lambda world: tell(world, ChargeRefunded("pi_1", "ch_1", 100)),
        lambda world: tell(world, disputed(200)),
    ]
    for order in permutations(facts):
        world = World()
        for fact in (*order, *order[:2]):
            fact(world)
        assert balance(world) == (300, 0, 0)
        world.assert_promises()


def test_a_refund_that_meets_its_purchase_is_not_forgotten_and_forgets_nothing() -> None:
    world = World()
    world.documents.meanwhile = [lambda: buy(world)]
    tell(world, refunded("re_1", 100))
    assert balance(world) == (400, 0, 0)


def test_facts_told_at_once_all_count_once() -> None:
    world = World()
    facts: list[Fact] = [refunded("re_1", 100), refunded("re_2", 50), disputed(200)] * 3
    at_once(*[partial(buy, world)] * 2, *[partial(note_payment, world.backend, f) for f in facts])
    assert balance(world) == (150, 0, 0)
    world.assert_promises()


# ---- what was spent already ----------------------------------------------------------------------


def test_what_was_spent_before_it_is_taken_back_is_owed() -> None:
    world = welcomed()
    buy(world, 100)
    world.grant(1)
    spend_all_but(world, 1)
    tell(world, refunded("re_1", 100))
    assert balance(world)[0] == 0
    assert balance(world)[2] == 99
    entry = world.entries()["re_1:taken"]
    assert (entry.amount, entry.owed, entry.owed_after) == (-1, 99, 99)
    with pytest.raises(InsufficientCreditsError, match="99 are owed") as refused:
        world.submit()
    assert refused.value.details == {"required": 2, "available": 0, "owed": 99}


def test_an_entry_of_what_was_spent_to_the_last_credit_is_of_0() -> None:
    world = welcomed()
    buy(world, 100)
    spend_all_but(world, 0)
    tell(world, refunded("re_1", 100))
    assert moves(world)["re_1:taken"] == (0, 100)


def in_debt(owed: int = 100) -> World:
    """Ann owes that much, and holds 200 for jobs that have not begun."""
    world = welcomed()
    buy(world, 100)
    spend_all_but(world, 0)
    tell(world, refunded("re_1", owed))
    assert balance(world) == (0, 200, owed)
    return world


def test_a_grant_a_purchase_and_a_correction_pay_what_is_owed_first() -> None:
    world = in_debt()
    world.grant(30)
    assert balance(world) == (0, 200, 70)
    buy(world, 40, number=2)
    assert balance(world) == (0, 200, 30)
    world.control_account("adjust", accountId="user_ann", amount=50, reason="r", requestId="r1")
    assert balance(world) == (20, 200, 0)
    assert moves(world)["cs_2:grant:owed"] == (-40, -40)
    assert check_invariants(world.backend) == []


def test_the_month_pays_what_is_owed_first() -> None:
    world = in_debt()
    world.clock.advance(2 * 86_400 + 9 * 86_400)
    grant_monthly(world.backend)
    month = world.backend.catalogue.tiers["studio"].monthly_credits
    assert balance(world) == (month - 100, 200, 0)


def test_the_welcome_pays_what_is_owed_before_the_hold_that_it_comes_with() -> None:
    """Bought, spent and taken back before anything about her was verified."""
    world = World()
    stranger = user("ann", "anonymous")
    buy(world, 10)
    for count in (4, 1):
        world.submit(caller=stranger, count=count)
    tell(world, refunded("re_1", 10))
    assert balance(world) == (0, 10, 10)
    with pytest.raises(InsufficientCreditsError):
        world.submit(caller=stranger)

    world.submit()
    assert balance(world) == (88, 12, 0)
    assert moves(world)["welcome:grant:owed"] == (-10, -10)
    world.run_until_quiet()
    world.assert_promises()
    assert check_invariants(world.backend) == []


def test_a_release_pays_what_is_owed_first_so_that_nobody_keeps_what_was_taken_back() -> None:
    world = in_debt()
    waiting = [job.id for job in world.jobs()]
    world.cancel(waiting[0])
    world.settle()
    assert balance(world) == (0, 192, 92)
    entry = world.entries()[f"{waiting[0]}:release:owed"]
    assert (entry.type, entry.amount, entry.owed, entry.owed_after) == ("adjust", -8, -8, 92)
    assert entry.job_id == waiting[0]
    for job_id in waiting[1:]:
        world.cancel(job_id)
    world.settle()
    assert balance(world) == (100, 0, 0)
    world.assert_promises()
    assert check_invariants(world.backend) == []


def test_a_release_that_is_settled_again_pays_nothing_more() -> None:
    world = in_debt()
    job = world.jobs()[0]
    world.cancel(job.id)
    world.settle()
    before = balance(world), world.entries()
    world.overwrite(f"jobs/{job.id}", settled_at=None, awaits_settle=True)
    world.overwrite("accounts/user_ann", active=world.account().active + job.is_dispatched)
    world.settle()
    assert (balance(world), world.entries()) == before


def test_what_is_won_back_pays_what_it_had_left_owed() -> None:
    world = welcomed()
    buy(world, 100)
    spend_all_but(world, 0)
    tell(world, disputed(100), disputed(100, REINSTATED))
    assert balance(world) == (0, 200, 0)
    assert moves(world)["du_1:returned:owed"] == (-100, -100)


def test_an_operator_s_correction_below_0_is_refused_as_ever() -> None:
    world = World()
    world.grant(1)
    with pytest.raises(InsufficientCreditsError):
        world.control_account(
            "adjust", accountId="user_ann", amount=-500, reason="r", requestId="r1"
        )


# ---- what cannot be booked -----------------------------------------------------------------------


def unclaimed(world: World, capsys: pytest.CaptureFixture[str], number: int = 1) -> str:
    known = purchase(world, number)
    assert known is not None
    assert known.expires_at is None
    (line,) = logged(capsys, "purchase.unclaimed")
    assert (line["severity"], line["why"]) == ("ERROR", known.unclaimed)
    assert line["session_id"] == f"cs_{number}"
    assert known.unclaimed is not None
    return known.unclaimed


def test_credits_for_a_team_that_nobody_made_are_kept_unclaimed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    buy(world, account_id="team_t1")
    assert unclaimed(world, capsys) == "no-account"
    assert world.documents.paths() == ["purchases/pi_1"]


def test_what_nobody_can_read_is_kept_unclaimed_and_names_the_fields(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    session = Paid("cs_1", "pi_1", "user_ann", None, 500, unreadable=("metadata.credits",))
    tell(world, session)
    (line,) = logged(capsys, "purchase.unclaimed")
    assert line["fields"] == ["metadata.credits"]
    assert world.documents.paths() == ["purchases/pi_1"]


def test_a_purchase_beyond_the_largest_balance_is_kept_unclaimed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    world.submit()
    world.overwrite("accounts/user_ann", available=CREDITS_MAX - 501)
    buy(world, 500)  # with the 2 held it would be one too many
    assert unclaimed(world, capsys) == "balance-too-large"
    assert world.account().available == CREDITS_MAX - 501
    buy(world, 499, number=2)
    assert world.account().available == CREDITS_MAX - 2


def test_what_an_operator_has_mended_is_booked_by_any_event_with_what_went_back_meanwhile() -> None:
    world = World()
    tell(world, Paid("cs_1", "pi_1", None, None, 500, unreadable=("metadata.credits",)))
    tell(world, refunded("re_1", 100))
    world.overwrite("purchases/pi_1", account_id="user_ann", credits=500)
    tell(world, refunded("re_1", 100))
    assert balance(world) == (400, 0, 0)
    assert moves(world) == {"cs_1:grant": (500, 0), "cs_1:taken": (-100, 0)}
    known = purchase(world)
    assert known is not None
    assert known.unclaimed is None


def test_what_was_booked_before_its_document_was_deleted_is_not_booked_again_by_another_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    tell(world, session := Paid("cs_1", "pi_1", "user_ann", 500, 500), refunded("re_1", 100))
    world.documents.overwrite("purchases/pi_1", None)
    tell(world, refunded("re_1", 100), session)
    assert unclaimed(world, capsys) == "entry-exists"
    assert balance(world) == (400, 0, 0)
    assert check_invariants(world.backend) == []


@pytest.mark.parametrize("account_id", ["ann", "user_", "user_a/b", "user_.", "team/t1", "Ann's"])
def test_what_was_mended_with_an_id_that_is_no_account_s_stays_unclaimed(
    account_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    tell(world, session := Paid("cs_1", "pi_1", None, 500, 500))
    world.overwrite("purchases/pi_1", account_id=account_id)
    capsys.readouterr()
    tell(world, session)
    assert unclaimed(world, capsys) == "no-account"
    assert world.documents.paths() == ["purchases/pi_1"]
    world.overwrite("purchases/pi_1", account_id="user_ann")
    tell(world, session)
    assert balance(world) == (500, 0, 0)


@pytest.mark.parametrize("bought", [0, -5])
def test_what_was_mended_with_no_credits_to_grant_stays_unclaimed(
    bought: int, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    tell(world, session := Paid("cs_1", "pi_1", "user_ann", None, 500))
    world.overwrite("purchases/pi_1", credits=bought)
    capsys.readouterr()
    tell(world, session)
    assert unclaimed(world, capsys) == "unreadable"
    assert world.documents.paths() == ["purchases/pi_1"]


def test_what_contradicts_the_books_moves_nothing_until_somebody_has_put_it_right(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    buy(world)
    before = dict(world.contents()["purchases/pi_1"])
    tell(world, refunded("re_1", 200))
    booked = world.contents()["purchases/pi_1"]
    world.documents.overwrite("purchases/pi_1", before)
    for fact in (refunded("re_1", 200), refunded("re_2", 100)):
        capsys.readouterr()
        tell(world, fact)
        assert unclaimed(world, capsys) == "entry-exists"
        assert balance(world) == (300, 0, 0)
    put_right = {"unclaimed": None, "taken_credits": booked["taken_credits"]}
    world.overwrite("purchases/pi_1", **put_right)
    tell(world, refunded("re_2", 100))
    assert balance(world) == (200, 0, 0)
    assert moves(world) == {
        "cs_1:grant": (500, 0),
        "re_1:taken": (-200, 0),
        "re_2:taken": (-100, 0),
    }


def of_the_first_version() -> World:
    """A purchase as the first version booked it: named by its event, with no document."""
    world = World()
    posting = Posting("evt_1:grant", EntryType.GRANT, 500, reason="purchase")

    def work(tx: Transaction) -> None:
        account = find_or_open(world.backend, tx, "user_ann", world.clock.now())
        ledger.write(tx, *ledger.post(tx, account, [posting], "stripe", world.clock.now()))

    world.documents.transact(work)
    return world


def test_what_the_first_version_booked_is_granted_no_second_time_and_goes_back_with_its_refund() -> (
    None
):
    world = of_the_first_version()
    session = Paid("cs_1", "pi_1", "user_ann", 500, 500, event_id="evt_1")
    tell(world, session, session)
    assert moves(world) == {"evt_1:grant": (500, 0)}
    tell(world, refunded("re_1", 200), session)
    assert balance(world) == (300, 0, 0)
    assert moves(world) == {"evt_1:grant": (500, 0), "re_1:taken": (-200, 0)}
    assert check_invariants(world.backend) == []


def test_what_went_back_of_a_purchase_of_the_first_version_is_taken_when_that_is_sent_again() -> (
    None
):
    world = of_the_first_version()
    tell(world, refunded("re_1", 200))
    tell(world, Paid("cs_1", "pi_1", "user_ann", 500, 500, event_id="evt_1"))
    assert moves(world) == {"evt_1:grant": (500, 0), "cs_1:taken": (-200, 0)}


def test_another_event_of_another_payment_is_a_purchase_of_its_own() -> None:
    world = of_the_first_version()
    tell(world, Paid("cs_2", "pi_2", "user_ann", 500, 500, event_id="evt_2"))
    assert balance(world) == (1000, 0, 0)


def test_another_session_of_the_same_payment_is_no_silent_loss(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    buy(world)
    contents = world.contents()
    tell(world, Paid("cs_2", "pi_1", "user_ann", 500, 500))
    assert world.contents() == contents
    (line,) = logged(capsys, "purchase.unclaimed")
    assert (line["why"], line["session_id"]) == ("another-session", "cs_2")


def test_a_refund_of_an_account_that_is_gone_opens_none_and_is_kept(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    buy(world)
    account = dict(world.contents()["accounts/user_ann"])
    world.documents.overwrite("accounts/user_ann", None)
    tell(world, refunded("re_1", 100))
    assert unclaimed(world, capsys) == "no-account"
    assert "accounts/user_ann" not in world.contents()
    world.documents.overwrite("accounts/user_ann", account)
    tell(world, refunded("re_2", 50))
    assert balance(world) == (350, 0, 0)


def test_a_refund_takes_nothing_from_another_account_of_the_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    buy(world, number=1)
    world.documents.overwrite("accounts/user_ann", None)
    world.clock.advance(60)
    buy(world, number=2)
    tell(world, refunded("re_1", 100))
    assert unclaimed(world, capsys) == "no-account"
    assert balance(world) == (500, 0, 0)


def test_a_purchase_s_log_line_says_what_moved(capsys: pytest.CaptureFixture[str]) -> None:
    world = welcomed()
    buy(world, 100)
    spend_all_but(world, 0)
    capsys.readouterr()
    tell(world, refunded("re_1", 100))
    (line,) = logged(capsys, "purchase.booked")
    expected: dict[str, Any] = {
        "severity": "WARNING",
        "entries": {"re_1:taken": 0},
        "owed": 100,
    }
    assert {name: line[name] for name in expected} == expected
