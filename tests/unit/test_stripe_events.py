"""Stripe's events: signatures as Stripe's own package makes and checks them, and the facts they tell."""

import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mediaforge.contract import documents as at
from mediaforge.contract.requests import GrantCredits, parse
from mediaforge.contract.stripe_events import (
    check_signature,
    is_signing_secret,
    read_fact,
)
from mediaforge.domain.credits import PURCHASE_CREDITS_MAX
from mediaforge.domain.errors import InvalidRequestError, UnauthenticatedError
from mediaforge.domain.money import purchases
from mediaforge.domain.money.purchases import (
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
from tests.memory.documents import MemoryDocuments
from tests.support.stripe_events import (
    ARRIVED_LATE,
    COMPLETED,
    charge_of,
    dispute_of,
    event_of,
    refund_of,
    session_of,
)

SECRET, OLD_SECRET = "whsec_new", "whsec_old"
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
SURROGATE = "half \ud83d"
# JSON can spell half a surrogate pair, so `characters` leaves none out.
TEXT = st.text(st.characters(exclude_categories=()), max_size=12)


# ---- signatures ----------------------------------------------------------------------------------


def signed(body: bytes, secret: str = SECRET, at_s: int = NOW_S) -> str:
    """The header as Stripe's package writes it."""
    header: str = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at_s)
    return header


def signature(body: bytes, secret: str = SECRET, at_s: int = NOW_S) -> str:
    return signed(body, secret, at_s).partition("v1=")[2]


def is_accepted(body: bytes, header: str | None, secret: str = SECRET, now: datetime = NOW) -> bool:
    try:
        check_signature(body, header, secret, now)
    except UnauthenticatedError:
        return False
    return True


def is_accepted_by_stripe(body: bytes, header: str | None, secret: str = SECRET) -> bool:
    """By the clock on the wall, which is the only one it has."""
    try:
        stripe.WebhookSignature.verify_header(body, header, secret, tolerance=300)
    except (stripe.SignatureVerificationError, TypeError):  # TypeError: a signature beyond ASCII
        return False
    return True


def refusal(body: bytes, header: str | None, secret: str = SECRET) -> str:
    with pytest.raises(UnauthenticatedError) as refused:
        check_signature(body, header, secret, NOW)
    return refused.value.message


@pytest.mark.parametrize("body", [b"", b"{}", b'{"id": "evt_1"}\n', "{“ü🗼”}".encode()])
def test_what_stripe_signs_is_accepted(body: bytes) -> None:
    check_signature(body, signed(body), SECRET, NOW)


def test_a_body_that_is_no_text_is_checked_as_it_came() -> None:
    body = b"\xff\xfe\x00"
    digest = hmac.new(SECRET.encode(), f"{NOW_S}.".encode() + body, "sha256").hexdigest()
    check_signature(body, f"t={NOW_S},v1={digest}", SECRET, NOW)


@pytest.mark.parametrize("altered", [b"", b'{"n":2}', b'{"n":1} ', b'{"n": 1}', b'\xff{"n":1}'])
def test_an_altered_body_is_refused(altered: bytes) -> None:
    assert "fits the body" in refusal(altered, signed(b'{"n":1}'))


def test_a_digit_moved_from_the_timestamp_into_the_body_is_refused() -> None:
    header = signed(b"1{}", at_s=NOW_S)
    assert "fits the body" in refusal(b"{}", header.replace(f"t={NOW_S}", f"t={NOW_S}1"))


def test_another_secret_s_signature_is_refused() -> None:
    assert "fits the body" in refusal(b"{}", signed(b"{}", OLD_SECRET))


def test_an_altered_timestamp_is_refused() -> None:
    header = signed(b"{}", at_s=NOW_S - 900)
    assert "fits the body" in refusal(b"{}", header.replace(f"t={NOW_S - 900}", f"t={NOW_S}"))


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
def test_while_a_secret_is_rolled_either_one_will_do(secret: str) -> None:
    header = f"{signed(b'{}', SECRET)},v1={signature(b'{}', OLD_SECRET)}"
    check_signature(b"{}", header, secret, NOW)


def test_a_signature_of_another_scheme_counts_for_nothing() -> None:
    genuine = signature(b"{}")
    assert "must be given" in refusal(b"{}", f"t={NOW_S},v0={genuine}")
    check_signature(b"{}", f"v0=fake,t={NOW_S},v0={genuine},v1={genuine},v2=x", SECRET, NOW)


@pytest.mark.parametrize("age_s", [-300, -1, 0, 299, 300])
def test_up_to_the_tolerance_the_age_does_not_matter(age_s: int) -> None:
    check_signature(b"{}", signed(b"{}", at_s=NOW_S - age_s), SECRET, NOW)


@pytest.mark.parametrize("age_s", [-10_000, -301, 301, 10_000])
def test_beyond_the_tolerance_older_and_newer_are_refused(age_s: int) -> None:
    assert "300 s from now" in refusal(b"{}", signed(b"{}", at_s=NOW_S - age_s))


def test_a_fraction_of_a_second_beyond_the_tolerance_is_beyond() -> None:
    assert not is_accepted(b"{}", signed(b"{}"), now=NOW + timedelta(seconds=300.1))


def test_the_tolerance_is_the_caller_s_to_choose() -> None:
    header = signed(b"{}", at_s=NOW_S - 11)
    check_signature(b"{}", header, SECRET, NOW, tolerance_s=11)
    with pytest.raises(UnauthenticatedError, match="10 s from now"):
        check_signature(b"{}", header, SECRET, NOW, tolerance_s=10)


@pytest.mark.parametrize("secret", ["", " ", "\n\t"])
def test_without_a_secret_everything_is_refused(secret: str) -> None:
    digest = hmac.new(secret.encode(), f"{NOW_S}.{{}}".encode(), "sha256").hexdigest()
    assert "no signing secret" in refusal(b"{}", f"t={NOW_S},v1={digest}", secret)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        ",",
        "=",
        "t",
        "v1",
        "t=,v1=",
        f"t={NOW_S}",
        f"t={NOW_S},v1",
        f"t={NOW_S},v1=",
        "v1=00",
        "t=soon,v1=00",
        "t=-1,v1=00",
        "t=1.5,v1=00",
        "t=١٢,v1=00",
        f"t={'9' * 12},v1=00",
        f"t={'9' * 5000},v1=00",
        f"t={NOW_S},v1=ünicode",
        f"t={NOW_S},v1={SURROGATE}",
        f"t={NOW_S}\n,v1=00",
    ],
)
def test_a_header_that_is_no_signature_is_refused(header: str | None) -> None:
    assert refusal(b"{}", header)
    assert not is_accepted_by_stripe(b"{}", header)


@pytest.mark.parametrize("timestamp", ["t=soon", "t=", "t", f"t={NOW_S}x", f" t={NOW_S}", ""])
def test_a_genuine_signature_does_not_help_a_timestamp_that_is_none(timestamp: str) -> None:
    assert "must be given" in refusal(b"{}", f"{timestamp},v1={signature(b'{}')}")


def test_a_refusal_quotes_neither_the_signature_nor_the_body() -> None:
    body, stale = b'{"poison": "arsenic"}', signed(b'{"poison": "arsenic"}', at_s=1)
    for header in (f"t={NOW_S},v1=cyanide", "t=cyanide,v1=cyanide", "cyanide", stale):
        message = refusal(body, header)
        assert "cyanide" not in message
        assert "arsenic" not in message
        assert signature(body, at_s=1) not in message


@settings(max_examples=300)
@given(body=st.text().map(str.encode), secret=st.text(), other=st.text())
def test_what_stripe_signs_is_accepted_for_its_secret_and_for_no_other(
    body: bytes, secret: str, other: str
) -> None:
    now, secret, other = datetime.now(UTC), f"whsec_{secret}", f"whsec_{other}x"
    header = signed(body, secret, int(now.timestamp()))
    assert is_accepted_by_stripe(body, header, secret)
    assert is_accepted(body, header, secret, now)
    accepted = is_accepted_by_stripe(body, header, other)
    assert is_accepted(body, header, other, now) == accepted


HEADER_PARTS = st.sampled_from(
    [
        *("t={at}", "t={earlier}", "t=", "T={at}", " t={at}"),
        *("v1={genuine}", "v1={rolled}", "v1={cut}", "v1=", "V1={genuine}", " v1={genuine}"),
        *("v0={genuine}", "v10={genuine}", "={genuine}", "x=1", "x", ""),
    ]
)


@settings(max_examples=500)
@given(parts=st.lists(HEADER_PARTS, max_size=6), age_s=st.sampled_from([0, 1, 290, 310, 10**6]))
@example(["v0={genuine}", "v1={rolled}", "t={at}", "v1={genuine}"], 290)
def test_whatever_its_parts_a_header_is_accepted_if_stripe_accepts_it_and_only_then(
    parts: list[str], age_s: int
) -> None:
    now = datetime.now(UTC)
    at_s = int(now.timestamp()) - age_s
    genuine, rolled = signature(b"{}", SECRET, at_s), signature(b"{}", OLD_SECRET, at_s)
    header = ",".join(parts).format(
        at=at_s, earlier=at_s - 1, genuine=genuine, rolled=rolled, cut=genuine[:-1]
    )
    assert is_accepted(b"{}", header, now=now) == is_accepted_by_stripe(b"{}", header)


def test_a_signature_beyond_ascii_does_not_spoil_a_genuine_one() -> None:
    """Stripe's package raises TypeError for it."""
    check_signature(b"{}", f"t={NOW_S},v1=ünicode,v1={signature(b'{}')}", SECRET, NOW)


def test_a_moment_ahead_that_stripe_s_package_accepts_is_refused() -> None:
    now = datetime.now(UTC)
    header = signed(b"{}", at_s=int(now.timestamp()) + 3600)
    assert is_accepted_by_stripe(b"{}", header)
    assert not is_accepted(b"{}", header, now=now)


HEADER_PIECES = st.sampled_from(["t=", "v1=", "v0=", ",", "=", str(NOW_S), signature(b"{}"), "ü"])


@settings(max_examples=500)
@given(
    body=st.binary(max_size=20),
    header=st.none() | TEXT | st.lists(HEADER_PIECES | TEXT, max_size=9).map("".join),
    secret=st.text(max_size=9),
)
@example(b"", f"t={NOW_S},v1={SURROGATE}", SECRET)
def test_no_header_raises_anything_but_that_it_is_refused(
    body: bytes, header: str | None, secret: str
) -> None:
    assert not is_accepted(body, header, secret)


# ---- the secret ----------------------------------------------------------------------------------


@pytest.mark.parametrize("tail", ["x" * 32, "DaLRHCRs35vEXqOE8uTEAXGLGUOnyaFf", "0f" * 32])
def test_a_secret_of_stripe_s_is_one(tail: str) -> None:
    assert is_signing_secret(f"whsec_{tail}")


@pytest.mark.parametrize(
    "word",
    [
        "",
        "x",
        "none",
        "unused",
        "whsec_",
        "whsec_emulator",
        "whsec_" + "x" * 31,
        "x" * 64,
        "whsec-" + "x" * 32,
        "WHSEC_" + "x" * 32,
        f"whsec_{'x' * 32}\n",
        f"whsec_{'ü' * 32}",
    ],
)
def test_a_word_that_somebody_typed_is_no_secret(word: str) -> None:
    assert not is_signing_secret(word)


# ---- sessions ------------------------------------------------------------------------------------

PAID: dict[str, Any] = session_of("1", 2500, "team_films", amount_total=1999)
ACCOUNT_IDS = st.sampled_from(
    [
        *("user_a", "team_a", "user_", "team_a/b", "User_a", "guest_a", "user_a\n", " user_a"),
        *("user_user_a", "user_ü 🗼", "user_" + "x" * 128, "user_" + "x" * 129),
        *(SURROGATE, f"team_{SURROGATE}"),
    ]
)
BOUGHT = Paid("cs_test_1", "pi_1", "team_films", 2500, 1999)


def body_of(of: object, kind: str = COMPLETED, **changes: Any) -> bytes:
    return json.dumps({**event_of(kind, {}), "data": {"object": of}, **changes}).encode()


def told(of: object, kind: str = COMPLETED, **changes: Any) -> Fact | None:
    """What an event tells in production."""
    return read_fact(body_of(of, kind, **changes), takes_test_mode=False)


def paid(**changes: Any) -> Paid:
    fact = told(PAID | changes)
    assert isinstance(fact, Paid)
    return fact


def wrong_fields(body: bytes) -> list[str]:
    with pytest.raises(InvalidRequestError) as refused:
        read_fact(body, takes_test_mode=False)
    return [error["field"] for error in refused.value.details["fieldErrors"]]


def test_an_event_that_stripe_s_package_takes_is_a_purchase() -> None:
    body, now = body_of(PAID), datetime.now(UTC)
    header = signed(body, at_s=int(now.timestamp()))
    event = stripe.Webhook.construct_event(body, header, SECRET, api_key="sk_test_none")
    assert event.data.object.id == "cs_test_1"
    check_signature(body, header, SECRET, now)
    assert told(PAID) == BOUGHT


def test_what_stripe_s_package_writes_is_read() -> None:
    event = stripe.Event.construct_from(json.loads(body_of(PAID)), "sk_test_none")
    assert read_fact(str(event).encode(), takes_test_mode=False) == BOUGHT


@pytest.mark.parametrize("event_id", ["evt_1", "evt_" + "x" * 128])
@pytest.mark.parametrize("kind", [COMPLETED, ARRIVED_LATE])
def test_whatever_event_tells_of_a_session_it_is_the_same_fact(event_id: str, kind: str) -> None:
    fact = told(PAID, kind, id=event_id)
    assert isinstance(fact, Paid)
    assert (fact, fact.event_id) == (BOUGHT, event_id)


def test_a_payment_is_kept_by_its_intent_and_where_nothing_was_paid_by_its_session() -> None:
    assert paid().payment_id == "pi_1"
    free = paid(payment_intent=None, payment_status="no_payment_required", amount_total=0)
    assert (free.payment_id, free.credits, free.cents_total) == ("cs_test_1", 2500, 0)


def test_a_payment_intent_that_somebody_has_expanded_is_the_same_payment() -> None:
    whole = {"id": "pi_1", "object": "payment_intent", "amount": 1999}
    assert paid(payment_intent=whole) == BOUGHT
    refund = refund_of("1", "a", 5)
    assert told(
        refund | {"payment_intent": {"id": refund["payment_intent"]}}, "refund.created"
    ) == (told(refund, "refund.created"))
    assert wrong_fields(body_of(PAID | {"payment_intent": {"amount": 1}})) == [
        "data.object.payment_intent"
    ]


def test_without_an_account_in_the_metadata_the_buyer_gets_the_credits() -> None:
    fact = paid(metadata={"credits": "500"}, client_reference_id="ann")
    assert (fact.account_id, fact.credits) == ("user_ann", 500)


def test_the_metadata_s_account_goes_before_the_buyer() -> None:
    assert paid(client_reference_id="ann").account_id == "team_films"


def test_tax_and_shipping_are_no_credits() -> None:
    fact = paid(metadata={"account_id": "user_ann", "credits": "500"}, amount_total=595)
    assert (fact.credits, fact.cents_total) == (500, 595)


def test_a_slow_payment_buys_when_it_has_arrived() -> None:
    assert told(PAID | {"payment_status": "unpaid"}, COMPLETED) is None
    assert told(PAID | {"payment_status": "unpaid"}, ARRIVED_LATE) == BOUGHT


@pytest.mark.parametrize("status", ["unpaid", "a new one"])
def test_a_session_that_is_not_paid_buys_nothing(status: str) -> None:
    assert told(PAID | {"payment_status": status}) is None


SOMETHING_ELSE: dict[str, dict[str, Any]] = {
    "another product": {"metadata": {}, "client_reference_id": None},
    "no metadata": {"metadata": None, "client_reference_id": "ann"},
    "a uid typed into a link": {"metadata": {}, "client_reference_id": "ann"},
    "an account and no credits": {"metadata": {"account_id": "user_ann"}},
    "another's metadata": {"metadata": {"order": "7", "Credits": "5"}},
    "a subscription": {"mode": "subscription"},
    "a trial": {
        "mode": "subscription",
        "payment_status": "no_payment_required",
        "amount_total": 0,
    },
    "a set-up": {"mode": "setup", "amount_total": None, "payment_status": "no_payment_required"},
    "rubbish": {"metadata": [], "id": None, "payment_status": 7, "mode": {}},
}


@pytest.mark.parametrize("name", SOMETHING_ELSE)
@pytest.mark.parametrize("kind", [COMPLETED, ARRIVED_LATE])
def test_what_sells_something_else_buys_nothing_and_is_no_error(name: str, kind: str) -> None:
    assert told(PAID | SOMETHING_ELSE[name], kind) is None


@pytest.mark.parametrize(
    ("of", "kind"),
    [
        (PAID, COMPLETED),
        (refund_of("1", "a", 100), "refund.created"),
        (charge_of("1", 100), "charge.refunded"),
        (dispute_of("1", 500, "lost", 1), "charge.dispute.funds_withdrawn"),
    ],
)
def test_in_test_mode_nothing_is_bought_but_on_the_emulators(of: object, kind: str) -> None:
    body = body_of(of, kind, livemode=False)
    assert read_fact(body, takes_test_mode=False) is None
    assert told(of, kind) is not None
    assert read_fact(body, takes_test_mode=True) == told(of, kind)


def test_an_event_that_does_not_say_whether_it_is_live_is_not() -> None:
    event = {name: value for name, value in event_of(COMPLETED, PAID).items() if name != "livemode"}
    assert read_fact(json.dumps(event).encode(), takes_test_mode=False) is None


def test_what_a_connected_account_sells_buys_nothing_here() -> None:
    """Whoever is connected signs nothing, but writes the metadata."""
    event = {**event_of(COMPLETED, PAID), "account": "acct_1"}
    assert read_fact(json.dumps(event).encode(), takes_test_mode=True) is None


@pytest.mark.parametrize("number", [1, PURCHASE_CREDITS_MAX])
def test_the_least_and_the_most_credits_can_be_bought(number: int) -> None:
    assert paid(metadata={"account_id": "user_a", "credits": str(number)}).credits == number


@pytest.mark.parametrize(
    "written",
    [
        "",
        "0",
        "-5",
        "+5",
        " 5",
        "5\n",
        "5.0",
        "1_000",
        "٥",
        SURROGATE,
        "five",
        "9" * 5000,
        str(PURCHASE_CREDITS_MAX + 1),
        500,
        None,
        [],
        True,
    ],
)
def test_credits_that_nobody_can_read_are_a_payment_all_the_same(written: object) -> None:
    fact = paid(metadata={"account_id": "user_ann", "credits": written})
    assert (fact.account_id, fact.credits) == ("user_ann", None)
    assert fact.unreadable == ("metadata.credits",)


@pytest.mark.parametrize(
    "written", ["", 7, None, "user_", "user_a/b", "guild_1", "ann", f"user_{SURROGATE}"]
)
def test_an_account_that_is_none_is_a_payment_all_the_same_and_nobody_else_s(
    written: object,
) -> None:
    metadata = {"account_id": written, "credits": "5"}
    fact = paid(metadata=metadata, client_reference_id="ann")
    assert (fact.account_id, fact.credits) == (None, 5)
    assert fact.unreadable == ("metadata.account_id",)


@pytest.mark.parametrize("uid", [None, "", 7, "a/b", "x" * 129, SURROGATE])
def test_a_buyer_who_is_none_is_a_payment_all_the_same(uid: object) -> None:
    fact = paid(metadata={"credits": "5"}, client_reference_id=uid)
    assert (fact.account_id, fact.unreadable) == (None, ("client_reference_id",))


@pytest.mark.parametrize("total", [None, -1, "500", 500.0, True, float("nan"), 10**30])
def test_a_total_that_is_none_is_left_out(total: object) -> None:
    fact = paid(amount_total=total)
    assert (fact.credits, fact.cents_total, fact.unreadable) == (2500, None, ())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": None}, "id"),
        ({"id": "cs/1"}, "id"),
        ({"id": ""}, "id"),
        ({"id": "__cs__"}, "id"),
        ({"payment_status": None}, "payment_status"),
        ({"payment_status": SURROGATE}, "payment_status"),
        ({"payment_intent": "pi/1"}, "payment_intent"),
        ({"payment_intent": {"object": "payment_intent"}}, "payment_intent"),
    ],
)
def test_what_says_not_which_session_it_is_is_refused(change: dict[str, Any], field: str) -> None:
    assert wrong_fields(body_of(PAID | change)) == [f"data.object.{field}"]


@given(account_id=ACCOUNT_IDS | TEXT.map("user_{}".format))
def test_an_account_may_buy_credits_exactly_if_it_may_be_granted_some(account_id: str) -> None:
    fact = paid(metadata={"account_id": account_id, "credits": "5"})
    try:
        grant = {"accountId": account_id, "amount": 1, "reason": "gift", "requestId": "r1"}
        parse(GrantCredits, grant)
    except InvalidRequestError:
        assert fact.account_id is None
    else:
        assert fact.account_id == account_id


# ---- what goes back ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["refund.created", "refund.updated", "charge.refund.updated"])
@pytest.mark.parametrize("status", ["pending", "requires_action", "succeeded", None])
def test_a_refund_takes_back_from_its_beginning(kind: str, status: str) -> None:
    fact = told(refund_of("1", "a", 119, status), kind)
    assert fact == Refunded("pi_1", "re_a", Refund(119, RefundState.MADE))


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_a_refund_that_fails_is_returned(status: str) -> None:
    for kind in ("refund.failed", "refund.updated"):
        fact = told(refund_of("1", "a", 119, status), kind)
        assert fact == Refunded("pi_1", "re_a", Refund(119, RefundState.RETURNED))


def test_a_charge_says_how_much_of_it_went_back() -> None:
    assert told(charge_of("1", 119), "charge.refunded") == ChargeRefunded("pi_1", "ch_1", 119)


@pytest.mark.parametrize(
    ("what", "status", "moves", "expected"),
    [
        ("created", "warning_needs_response", 0, None),
        ("updated", "warning_under_review", 0, None),
        ("closed", "warning_closed", 0, None),
        ("closed", "prevented", 0, None),
        ("created", "needs_response", 1, DisputeState.WITHDRAWN),
        ("funds_withdrawn", "needs_response", 1, DisputeState.WITHDRAWN),
        ("closed", "lost", 1, DisputeState.WITHDRAWN),
        ("closed", "won", 1, DisputeState.WITHDRAWN),
        ("closed", "won", 2, DisputeState.REINSTATED),
        ("funds_reinstated", "won", 2, DisputeState.REINSTATED),
        ("funds_withdrawn", "needs_response", 0, DisputeState.WITHDRAWN),
        ("funds_reinstated", "won", 0, DisputeState.REINSTATED),
    ],
)
def test_a_dispute_is_where_its_money_is(
    what: str, status: str, moves: int, expected: DisputeState | None
) -> None:
    fact = told(dispute_of("1", 500, status, moves), f"charge.dispute.{what}")
    assert fact == (expected and Disputed("pi_1", "du_1", Dispute(500, expected)))


@pytest.mark.parametrize(
    ("of", "kind"),
    [
        (refund_of("1", "a", 100), "refund.created"),
        (charge_of("1", 100), "charge.refunded"),
        (dispute_of("1", 500, "lost", 1), "charge.dispute.created"),
    ],
)
def test_what_belongs_to_no_payment_intent_is_not_ours(of: dict[str, Any], kind: str) -> None:
    assert told(of | {"payment_intent": None}, kind) is None


def test_a_dispute_that_lists_no_transactions_has_moved_nothing_yet() -> None:
    unlisted = dispute_of("1", 500, "needs_response", 0) | {"balance_transactions": None}
    assert told(unlisted, "charge.dispute.created") is None
    assert told(unlisted, "charge.dispute.funds_withdrawn") is not None


def test_what_stripe_s_package_calls_them_is_what_is_read() -> None:
    """The fields are those of Stripe's own types."""
    read = {
        stripe.checkout.Session: {"mode", "payment_intent", "amount_total", "client_reference_id"},
        stripe.Charge: {"amount_refunded", "payment_intent"},
        stripe.Refund: {"amount", "status", "payment_intent"},
        stripe.Dispute: {"amount", "balance_transactions", "payment_intent"},
        stripe.Event: {"id", "type", "livemode", "data"},
    }
    for kind, names in read.items():
        assert names <= set(kind.__annotations__)


@pytest.mark.parametrize(
    ("of", "kind", "field"),
    [
        (charge_of("1", 1) | {"amount_refunded": -1}, "charge.refunded", "amount_refunded"),
        (refund_of("1", "a/b", 1), "refund.created", "id"),
        (refund_of("1", "a", 1) | {"amount": "1"}, "refund.failed", "amount"),
        (dispute_of("1", 1, "lost", 1) | {"amount": None}, "charge.dispute.closed", "amount"),
    ],
)
def test_what_is_wrong_with_them_is_named(of: object, kind: str, field: str) -> None:
    assert wrong_fields(body_of(of, kind)) == [f"data.object.{field}"]


# ---- events --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [
        "checkout.session.expired",
        "checkout.session.async_payment_failed",
        "payment_intent.succeeded",
        "charge.succeeded",
        "",
    ],
)
@pytest.mark.parametrize("of", [PAID, {}, None])
def test_any_other_event_tells_nothing(kind: str, of: object) -> None:
    assert told(of, kind) is None


def test_an_event_without_data_tells_nothing_unless_it_is_one_of_ours() -> None:
    event = {"id": "evt_1", "livemode": True, "type": "v1.billing.meter.no_meter_found"}
    assert read_fact(json.dumps(event).encode(), takes_test_mode=False) is None
    assert wrong_fields(json.dumps(event | {"type": COMPLETED}).encode()) == ["data"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": None}, "id"),
        ({"id": 1}, "id"),
        ({"id": "evt_"}, "id"),
        ({"id": "cs_1"}, "id"),
        ({"id": "evt_1/2"}, "id"),
        ({"id": "evt_1\n"}, "id"),
        ({"id": "evt_é"}, "id"),
        ({"id": "evt_" + "x" * 129}, "id"),
        ({"id": f"evt_{SURROGATE}"}, "id"),
        ({"type": None}, "type"),
        ({"type": 1}, "type"),
        ({"type": SURROGATE}, "type"),
        ({"livemode": "yes"}, "livemode"),
        ({"data": None}, "data"),
        ({"data": []}, "data"),
        ({"data": {}}, "data.object"),
        ({"data": {"object": None}}, "data.object"),
        ({"data": {"object": "session"}}, "data.object"),
    ],
)
def test_what_is_wrong_with_an_event_is_named(changes: dict[str, Any], field: str) -> None:
    assert wrong_fields(body_of(PAID, **changes)) == [field]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"evt_1"',
        b"7",
        b"\xff\xfe",
        b'{"id": "\xed\xa0\xbd"}',
        body_of(PAID).decode().encode("utf-16"),
        body_of(PAID).decode().encode("utf-8-sig"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 5000,
        body_of(PAID) + b"}",
    ],
)
def test_a_body_that_is_no_object_in_json_is_refused_as_a_whole(body: bytes) -> None:
    assert wrong_fields(body) == [""]


# ---- arbitrary bodies ----------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
METADATA = JSON | st.fixed_dictionaries(
    {"credits": JSON | st.integers().map(str)}, optional={"account_id": JSON | ACCOUNT_IDS}
)
IDS = st.sampled_from(["cs_1", "pi_1", "re_1"]) | JSON
OBJECTS = st.fixed_dictionaries(
    {"id": IDS, "payment_status": st.just("paid") | JSON},
    optional={
        "mode": st.just("payment") | JSON,
        "metadata": METADATA,
        "client_reference_id": JSON,
        "payment_intent": IDS,
        "amount_total": st.integers() | JSON,
        "amount": st.integers() | JSON,
        "amount_refunded": st.integers() | JSON,
        "status": JSON,
        "balance_transactions": JSON,
    },
)
KINDS = st.sampled_from(
    [COMPLETED, ARRIVED_LATE, "charge.refunded", "refund.created", "charge.dispute.closed"]
)
EVENTS = st.builds(body_of, JSON | OBJECTS, KINDS) | st.dictionaries(
    st.sampled_from(["id", "type", "data", "livemode"]), JSON
).map(lambda event: json.dumps(event).encode())


def read(body: bytes) -> Fact | InvalidRequestError | None:
    try:
        return read_fact(body, takes_test_mode=True)
    except InvalidRequestError as refused:
        return refused


@settings(max_examples=600)
@given(body=st.binary() | JSON.map(lambda value: json.dumps(value).encode()) | EVENTS)
def test_no_body_raises_anything_but_an_invalid_request(body: bytes) -> None:
    fact = read(body)
    if isinstance(fact, InvalidRequestError):
        assert fact.details["fieldErrors"]
        # The answer goes back on the wire, so it must be writable.
        json.dumps([fact.message, fact.details], ensure_ascii=False).encode()
    elif fact is not None:  # whatever it is, it can be kept
        learnt = purchases.learn(Purchase(fact.payment_id), fact, NOW)
        MemoryDocuments().transact(lambda tx: tx.put(at.purchase(learnt.id), learnt))
