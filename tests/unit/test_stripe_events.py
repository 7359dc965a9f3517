"""Stripe's events: signatures as Stripe's own package makes and checks them, and what an event buys."""

import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mediaforge.contract.requests import GrantCredits, parse
from mediaforge.contract.stripe_events import (
    PURCHASE_CREDITS_MAX,
    Purchase,
    check_signature,
    read_purchase,
)
from mediaforge.domain.errors import InvalidRequestError, UnauthenticatedError

SECRET, OLD_SECRET = "whsec_new", "whsec_old"
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
COMPLETED = "checkout.session.completed"
ARRIVED_LATE = "checkout.session.async_payment_succeeded"
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


# ---- purchases -----------------------------------------------------------------------------------

PAID: dict[str, Any] = {
    # As Stripe sends it, with what nobody asked for.
    "id": "cs_test_a1RM",
    "object": "checkout.session",
    "payment_status": "paid",
    "client_reference_id": "ann",
    "amount_total": 1999,
    "currency": "usd",
    "metadata": {},
    "customer_details": {"email": "ann@example.com", "name": "Ann", "tax_ids": []},
    "livemode": False,
    "mode": "payment",
}


def event_of(session: object, event_type: str = COMPLETED, **changes: object) -> bytes:
    event = {
        "id": "evt_1RgRPrEEXQJo9EEOWggvNEHe",
        "object": "event",
        "api_version": "2025-05-28.basil",
        "created": NOW_S,
        "type": event_type,
        "data": {"object": session},
        "request": {"id": None, "idempotency_key": None},
    }
    return json.dumps(event | changes).encode()


def bought(**changes: object) -> Purchase | None:
    return read_purchase(event_of(PAID | changes))


def wrong_fields(body: bytes) -> list[str]:
    with pytest.raises(InvalidRequestError) as refused:
        read_purchase(body)
    return [error["field"] for error in refused.value.details["fieldErrors"]]


def test_an_event_that_stripe_s_package_takes_is_a_purchase() -> None:
    body = event_of(PAID | {"metadata": {"account_id": "team_films", "credits": "2500"}})
    now = datetime.now(UTC)
    header = signed(body, at_s=int(now.timestamp()))
    event = stripe.Webhook.construct_event(body, header, SECRET, api_key="sk_test_none")
    check_signature(body, header, SECRET, now)
    assert read_purchase(body) == Purchase(event.id, "team_films", 2500)


def test_what_stripe_s_package_writes_is_read() -> None:
    event = stripe.Event.construct_from(json.loads(event_of(PAID)), "sk_test_none")
    assert read_purchase(str(event).encode()) == Purchase(event.id, "user_ann", 1999)


def test_without_metadata_the_buyer_gets_a_credit_for_each_cent() -> None:
    assert bought(metadata=None) == bought(metadata={}) == bought()
    assert bought() == Purchase("evt_1RgRPrEEXQJo9EEOWggvNEHe", "user_ann", 1999)


def test_the_metadata_s_account_goes_before_the_buyer() -> None:
    purchase = bought(metadata={"account_id": "team_films"})
    assert purchase == Purchase("evt_1RgRPrEEXQJo9EEOWggvNEHe", "team_films", 1999)


def test_the_metadata_s_credits_go_before_the_total() -> None:
    purchase = bought(metadata={"credits": "2500"})
    assert purchase == Purchase("evt_1RgRPrEEXQJo9EEOWggvNEHe", "user_ann", 2500)


def test_what_the_metadata_say_need_not_be_right_elsewhere() -> None:
    metadata = {"account_id": "user_ann", "credits": "007", "cart": SURROGATE}
    purchase = bought(
        metadata=metadata, client_reference_id="carts/7", currency="eur", amount_total=None
    )
    assert purchase == Purchase("evt_1RgRPrEEXQJo9EEOWggvNEHe", "user_ann", 7)


def test_a_slow_payment_buys_when_it_has_arrived() -> None:
    unpaid = PAID | {"payment_status": "unpaid"}
    assert read_purchase(event_of(unpaid, COMPLETED)) is None
    assert read_purchase(event_of(PAID, ARRIVED_LATE)) == bought()


def test_a_session_that_a_coupon_paid_in_full_buys_what_its_metadata_say() -> None:
    free = PAID | {
        "payment_status": "no_payment_required",
        "amount_total": 0,
        "metadata": {"account_id": "user_ann", "credits": "500"},
    }
    purchase = read_purchase(event_of(free, COMPLETED))
    assert purchase is not None
    assert (purchase.account_id, purchase.credits) == ("user_ann", 500)


@pytest.mark.parametrize("status", ["unpaid", "a new one"])
def test_a_session_that_is_not_paid_buys_nothing_whoever_it_is_for(status: str) -> None:
    assert bought(payment_status=status, client_reference_id=None, currency="eur") is None


@pytest.mark.parametrize(
    "event_type",
    [
        "checkout.session.expired",
        "checkout.session.async_payment_failed",
        "payment_intent.succeeded",
        "charge.refunded",
        "",
    ],
)
@pytest.mark.parametrize("session", [PAID, {}, None])
def test_any_other_event_buys_nothing(event_type: str, session: object) -> None:
    assert read_purchase(event_of(session, event_type)) is None


def test_an_event_without_data_buys_nothing_unless_it_tells_of_a_session() -> None:
    assert read_purchase(b'{"id": "evt_1", "type": "v1.billing.meter.no_meter_found"}') is None
    assert wrong_fields(b'{"id": "evt_1", "type": "checkout.session.completed"}') == ["data"]


@pytest.mark.parametrize("number", [1, PURCHASE_CREDITS_MAX])
def test_the_least_and_the_most_credits_can_be_bought(number: int) -> None:
    for purchase in (bought(amount_total=number), bought(metadata={"credits": str(number)})):
        assert purchase is not None
        assert purchase.credits == number


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"payment_status": None}, "payment_status"),
        ({"payment_status": True}, "payment_status"),
        ({"payment_status": SURROGATE}, "payment_status"),
        ({"metadata": []}, "metadata"),
        ({"metadata": "credits"}, "metadata"),
        ({"metadata": {"account_id": ""}}, "metadata.account_id"),
        ({"metadata": {"account_id": 7}}, "metadata.account_id"),
        ({"metadata": {"account_id": f"user_{SURROGATE}"}}, "metadata.account_id"),
        ({"metadata": {"credits": ""}}, "metadata.credits"),
        ({"metadata": {"credits": "0"}}, "metadata.credits"),
        ({"metadata": {"credits": "-5"}}, "metadata.credits"),
        ({"metadata": {"credits": "+5"}}, "metadata.credits"),
        ({"metadata": {"credits": " 5"}}, "metadata.credits"),
        ({"metadata": {"credits": "5\n"}}, "metadata.credits"),
        ({"metadata": {"credits": "5.0"}}, "metadata.credits"),
        ({"metadata": {"credits": "1_000"}}, "metadata.credits"),
        ({"metadata": {"credits": "٥"}}, "metadata.credits"),
        ({"metadata": {"credits": SURROGATE}}, "metadata.credits"),
        ({"metadata": {"credits": str(PURCHASE_CREDITS_MAX + 1)}}, "metadata.credits"),
        ({"metadata": {"credits": "9" * 5000}}, "metadata.credits"),
        ({"metadata": {"credits": 500}}, "metadata.credits"),
        ({"client_reference_id": None}, "client_reference_id"),
        ({"client_reference_id": ""}, "client_reference_id"),
        ({"client_reference_id": "a/b"}, "client_reference_id"),
        ({"client_reference_id": "x" * 129}, "client_reference_id"),
        ({"client_reference_id": 7}, "client_reference_id"),
        ({"client_reference_id": SURROGATE}, "client_reference_id"),
        ({"currency": "eur"}, "currency"),
        ({"currency": "USD"}, "currency"),
        ({"currency": None}, "currency"),
        ({"currency": SURROGATE}, "currency"),
        ({"amount_total": None}, "amount_total"),
        ({"amount_total": 0}, "amount_total"),
        ({"amount_total": -1}, "amount_total"),
        ({"amount_total": PURCHASE_CREDITS_MAX + 1}, "amount_total"),
        ({"amount_total": 10**30}, "amount_total"),
        ({"amount_total": "500"}, "amount_total"),
        ({"amount_total": 500.0}, "amount_total"),
        ({"amount_total": float("nan")}, "amount_total"),
        ({"amount_total": True}, "amount_total"),
    ],
)
def test_what_is_wrong_with_a_paid_session_is_named(change: dict[str, Any], field: str) -> None:
    assert wrong_fields(event_of(PAID | change)) == [f"data.object.{field}"]


@pytest.mark.parametrize("name", ["payment_status", "client_reference_id", "currency"])
def test_what_a_paid_session_lacks_is_named(name: str) -> None:
    session = {key: value for key, value in PAID.items() if key != name}
    assert wrong_fields(event_of(session)) == [f"data.object.{name}"]


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
        ({"data": None}, "data"),
        ({"data": []}, "data"),
        ({"data": {}}, "data.object"),
        ({"data": {"object": None}}, "data.object"),
        ({"data": {"object": "session"}}, "data.object"),
    ],
)
def test_what_is_wrong_with_an_event_is_named(changes: dict[str, Any], field: str) -> None:
    assert wrong_fields(event_of(PAID, **changes)) == [field]


@pytest.mark.parametrize("event_id", ["evt_1", "evt_" + "x" * 128, "evt_a_B9"])
def test_an_event_s_id_is_taken_as_it_is(event_id: str) -> None:
    purchase = read_purchase(event_of(PAID, id=event_id))
    assert purchase is not None
    assert purchase.event_id == event_id


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
        event_of(PAID).decode().encode("utf-16"),
        event_of(PAID).decode().encode("utf-8-sig"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 5000,
        event_of(PAID) + b"}",
    ],
)
def test_a_body_that_is_no_object_in_json_is_refused_as_a_whole(body: bytes) -> None:
    assert wrong_fields(body) == [""]


ACCOUNT_IDS = st.sampled_from(
    [
        *("user_a", "team_a", "user_", "team_a/b", "User_a", "guest_a", "user_a\n", " user_a"),
        *("user_user_a", "user_ü 🗼", "user_" + "x" * 128, "user_" + "x" * 129),
        *(SURROGATE, f"team_{SURROGATE}"),
    ]
)


@given(account_id=ACCOUNT_IDS | TEXT.map("user_{}".format))
def test_an_account_may_buy_credits_exactly_if_it_may_be_granted_some(account_id: str) -> None:
    try:
        grant = {"accountId": account_id, "amount": 1, "reason": "gift", "requestId": "r1"}
        parse(GrantCredits, grant)
    except InvalidRequestError:
        body = event_of(PAID | {"metadata": {"account_id": account_id}})
        assert wrong_fields(body) == ["data.object.metadata.account_id"]
    else:
        purchase = bought(metadata={"account_id": account_id})
        assert purchase is not None
        assert purchase.account_id == account_id


@given(uid=TEXT | st.text(st.sampled_from("aü/🗼\n"), min_size=125, max_size=130))
def test_a_buyer_s_account_is_one_that_may_be_granted_credits(uid: str) -> None:
    try:
        purchase = bought(client_reference_id=uid)
    except InvalidRequestError:
        return
    assert purchase is not None
    assert purchase.account_id == f"user_{uid}"
    parse(
        GrantCredits,
        {"accountId": purchase.account_id, "amount": 1, "reason": "gift", "requestId": "r1"},
    )


# ---- arbitrary bodies ----------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
METADATA = JSON | st.fixed_dictionaries(
    {}, optional={"account_id": JSON | ACCOUNT_IDS, "credits": JSON | st.integers().map(str)}
)
SESSIONS = st.fixed_dictionaries(
    {"payment_status": st.just("paid") | JSON},
    optional={
        "metadata": METADATA,
        "client_reference_id": JSON,
        "currency": st.just("usd") | JSON,
        "amount_total": st.integers() | JSON,
    },
)
EVENTS = st.builds(
    event_of, JSON | SESSIONS, st.sampled_from([COMPLETED, ARRIVED_LATE])
) | st.dictionaries(st.sampled_from(["id", "type", "data"]), JSON).map(
    lambda event: json.dumps(event).encode()
)


def read(body: bytes) -> Purchase | InvalidRequestError | None:
    try:
        return read_purchase(body)
    except InvalidRequestError as refused:
        return refused


@settings(max_examples=600)
@given(body=st.binary() | JSON.map(lambda value: json.dumps(value).encode()) | EVENTS)
def test_no_body_raises_anything_but_an_invalid_request(body: bytes) -> None:
    outcome = read(body)
    if isinstance(outcome, InvalidRequestError):
        assert outcome.details["fieldErrors"]
        # The answer goes back on the wire, so it must be writable.
        json.dumps([outcome.message, outcome.details], ensure_ascii=False).encode()
    elif outcome is not None:
        assert 1 <= outcome.credits <= PURCHASE_CREDITS_MAX
        outcome.account_id.encode()
