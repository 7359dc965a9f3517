"""The port of payments: in memory, and Stripe's own package on a server that speaks Stripe's protocol. Then
what the package and we make of each fault, and what the server itself refuses."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import stripe

from mediaforge.adapters.stripe_checkout import StripeCheckout
from mediaforge.contract.stripe_events import check_signature, read_fact
from mediaforge.domain.errors import BusyError, RequestIdReusedError
from mediaforge.domain.money.purchases import Paid
from mediaforge.ports.checkout import Checkout, Order
from protocols.server import serving
from protocols.stripe import Journal, Webhook, create_app
from tests.contract.test_silent_servers import LIMIT_S, address, assert_given_up
from tests.memory.checkout import MemoryCheckout

__all__ = ["address"]

KEY, SECRET = "sk_test_protocolsOnly", "whsec_ofTheProtocolsNoneOfStripes000"
STUDIO = "https://studio.example.com"
ORDER = Order("key1", "team_t1", "ann", 2_000, 1_900, "eur")
SLOW_S = 1.5


@dataclass
class Stripe:
    """A Stripe of the test's own. `told` are the events it has posted, with their signatures."""

    origin: str
    journal: Journal
    told: list[tuple[bytes, str]] = field(default_factory=list)

    def checkout(self, key: str = KEY, **settings: Any) -> StripeCheckout:
        given = {"takes_test_mode": True, "origin": self.origin, "limit_s": 10.0, **settings}
        return StripeCheckout(lambda: key, STUDIO, **given)


@pytest.fixture
def server() -> Iterator[Stripe]:
    journal, told = Journal(), list[tuple[bytes, str]]()

    def hear(environ: Any, start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        told.append((body, environ["HTTP_STRIPE_SIGNATURE"]))
        # Once it is busy, so that it is told again.
        start_response("503 Busy" if len(told) == 1 else "200 OK", [("Content-Length", "0")])
        return []

    with serving(hear) as hook:
        app = create_app(journal, api_key=KEY, webhook=Webhook(hook, SECRET), slow_s=SLOW_S)
        with serving(app) as origin:
            yield Stripe(origin, journal, told)


# ---- what the port promises ----------------------------------------------------------------------


@pytest.fixture(params=["memory", "stripe"])
def checkout(request: pytest.FixtureRequest) -> Checkout:
    if request.param == "memory":
        return MemoryCheckout()
    server: Stripe = request.getfixturevalue("server")
    return server.checkout()


def test_the_same_order_has_one_page_and_another_has_another(checkout: Checkout) -> None:
    first = checkout.open(ORDER)
    assert checkout.open(ORDER) == first
    assert checkout.open(replace(ORDER, key="key2")) != first


@pytest.mark.parametrize(
    "other",
    [
        replace(ORDER, credits=500),
        replace(ORDER, price_cents=500),
        replace(ORDER, currency="usd"),
        replace(ORDER, account_id="user_ann"),
        replace(ORDER, user_id="bob"),
    ],
    ids=str,
)
def test_another_order_under_the_same_key_is_refused(checkout: Checkout, other: Order) -> None:
    checkout.open(ORDER)
    with pytest.raises(RequestIdReusedError):
        checkout.open(other)


# ---- what Stripe is asked for --------------------------------------------------------------------


def test_the_session_says_who_gets_what_and_where_the_buyer_comes_back(server: Stripe) -> None:
    server.checkout().open(ORDER)
    assert server.journal.requests == [
        (
            "key1",
            {
                "mode": "payment",
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {
                            "currency": "eur",
                            "unit_amount": 1_900,
                            "product_data": {"name": "2,000 credits"},
                        },
                    }
                ],
                "metadata": {"account_id": "team_t1", "credits": "2000", "user_id": "ann"},
                "adaptive_pricing": {"enabled": False},
                "success_url": f"{STUDIO}/account?purchase=paid",
                "cancel_url": f"{STUDIO}/account?purchase=cancelled",
            },
        )
    ]


@pytest.mark.parametrize("uid", ["ann&metadata[credits]=9", "=x]%5B", "Zoë 🦊"])
def test_a_uid_says_nothing_but_itself(uid: str, server: Stripe) -> None:
    server.checkout().open(replace(ORDER, account_id=f"user_{uid}", user_id=uid))
    [(_, params)] = server.journal.requests
    assert params["metadata"] == {"account_id": f"user_{uid}", "credits": "2000", "user_id": uid}


def test_what_was_paid_is_told_in_words_that_our_hook_reads(server: Stripe) -> None:
    url = server.checkout().open(ORDER)
    assert httpx.get(url, timeout=60).status_code == 200
    paid = httpx.post(url, data={"events": "2"}, timeout=60)
    assert (paid.status_code, paid.headers["Location"]) == (303, f"{STUDIO}/account?purchase=paid")
    assert httpx.post(url, timeout=60).status_code == 409  # it is paid once

    bodies = [body for body, _ in server.told]
    assert (len(bodies), len(set(bodies))) == (
        5,
        2,
    )  # the first was told once more: nobody heard it
    for body, signature in server.told:
        check_signature(body, signature, SECRET, datetime.now(UTC))
        fact = read_fact(body, takes_test_mode=True)
        assert isinstance(fact, Paid)
        assert (fact.account_id, fact.credits, fact.cents_total) == ("team_t1", 2_000, 1_900)
        assert fact.unreadable == ()
        assert read_fact(body, takes_test_mode=False) is None


# ---- what goes wrong -----------------------------------------------------------------------------


def test_an_answer_that_was_lost_is_asked_for_again_and_makes_one_session(server: Stripe) -> None:
    server.journal.faults = ["reset"]
    url = server.checkout().open(ORDER)
    assert [url.rpartition("/")[2]] == list(server.journal.sessions)


@pytest.mark.parametrize("fault", ["throttle", "in-use", "not-json", "server-error"])
def test_what_may_pass_is_busy(
    fault: str, server: Stripe, capsys: pytest.CaptureFixture[str]
) -> None:
    server.journal.faults = [fault] * 2
    with pytest.raises(BusyError):
        server.checkout().open(ORDER)
    assert "checkout.misconfigured" not in capsys.readouterr().out
    server.journal.faults.clear()  # some are not tried again
    assert server.checkout().open(replace(ORDER, key="pressed-again"))


def test_a_stripe_that_is_slow_is_busy_and_the_same_request_gets_its_page(server: Stripe) -> None:
    server.journal.faults = ["slow", "slow"]
    with pytest.raises(BusyError):
        server.checkout(limit_s=0.3).open(ORDER)
    url = server.checkout().open(ORDER)
    assert [url.rpartition("/")[2]] == list(server.journal.sessions)


def test_a_stripe_that_is_silent_is_given_up(address: str) -> None:
    silent = StripeCheckout(
        lambda: KEY, STUDIO, takes_test_mode=True, origin=f"http://{address}", limit_s=LIMIT_S / 2
    )
    assert_given_up(lambda: silent.open(ORDER))


def test_a_stripe_that_is_not_there_is_busy() -> None:
    gone = StripeCheckout(
        lambda: KEY, STUDIO, takes_test_mode=True, origin="http://127.0.0.1:1", limit_s=1.0
    )
    with pytest.raises(BusyError):
        gone.open(ORDER)


def opened(server: Stripe, order: Order = ORDER, **settings: Any) -> Callable[[], object]:
    return lambda: server.checkout(**settings).open(order)


@pytest.mark.parametrize("fault", ["no-rights", "no-url", "other-metadata"])
def test_what_only_an_operator_can_mend_is_busy_with_an_alarm(
    fault: str, server: Stripe, capsys: pytest.CaptureFixture[str]
) -> None:
    server.journal.faults = [fault]
    assert_alarms(opened(server), capsys)


def test_a_key_that_stripe_does_not_know_is_busy_with_an_alarm(
    server: Stripe, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_alarms(opened(server, key="sk_test_ofSomebodyElse"), capsys)


def test_a_price_that_stripe_does_not_take_is_busy_with_an_alarm(
    server: Stripe, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_alarms(opened(server, replace(ORDER, price_cents=49)), capsys)


@pytest.mark.parametrize("takes_test_mode", [True, False])
@pytest.mark.parametrize(
    "key", ["", "none", "unused", "whsec_00000000000000000000000000000000", "pk_live_000000000000"]
)
def test_a_text_that_is_no_key_asks_nobody_anything(
    key: str, takes_test_mode: bool, server: Stripe, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_alarms(opened(server, key=key, takes_test_mode=takes_test_mode), capsys)
    assert not server.journal.sessions


@pytest.mark.parametrize(
    ("key", "takes_test_mode"),
    [("sk_live_0123456789", True), ("rk_live_0123456789", True), (KEY, False)],
)
def test_a_key_of_the_other_mode_asks_nobody_anything(
    key: str, takes_test_mode: bool, server: Stripe, capsys: pytest.CaptureFixture[str]
) -> None:
    """Test mode is free, and brings nothing outside of the emulators: there its page would be a lie."""
    assert_alarms(opened(server, key=key, takes_test_mode=takes_test_mode), capsys)
    assert not server.journal.sessions


def assert_alarms(act: Callable[[], object], capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever buys is told to come back, whoever runs this what is wrong, and nobody a key."""
    capsys.readouterr()
    with pytest.raises(BusyError):
        act()
    said = "".join(capsys.readouterr())
    [line] = [json.loads(each) for each in said.splitlines() if "checkout.misconfigured" in each]
    assert line["severity"] == "ERROR"
    assert line["why"]
    assert not any(prefix in said for prefix in ("sk_test_", "sk_live_", "rk_", "whsec_"))


# ---- what the server itself refuses --------------------------------------------------------------

HEADERS = {
    "Authorization": f"Bearer {KEY}",
    "Stripe-Version": stripe.api_version,
    "Content-Type": "application/x-www-form-urlencoded",
    "Idempotency-Key": "k",
}
PARAMS = {
    "mode": "payment",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "usd",
    "line_items[0][price_data][unit_amount]": "500",
    "line_items[0][price_data][product_data][name]": "credits",
    "success_url": STUDIO,
}


def ask(server: Stripe, params: dict[str, str], **headers: str) -> httpx.Response:
    sent = {name: value for name, value in {**HEADERS, **headers}.items() if value}
    body = str(httpx.QueryParams(params))
    url = f"{server.origin}/v1/checkout/sessions"
    return httpx.post(url, content=body, headers=sent, timeout=60)


def test_the_server_takes_what_stripe_takes(server: Stripe) -> None:
    answer = ask(server, PARAMS)
    assert (answer.status_code, answer.json()["amount_total"]) == (200, 500)
    assert "Idempotent-Replayed" not in answer.headers
    again = ask(server, PARAMS)
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (answer.json(), "true")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer sk_test_other"}, 401),
        ({"Stripe-Version": "2020-08-27"}, 400),
        ({"Stripe-Version": ""}, 400),
        ({"Content-Type": "application/json"}, 415),
        ({"Idempotency-Key": "k" * 256}, 400),
        ({"Idempotency-Key": ""}, 400),
    ],
    ids=str,
)
def test_the_server_refuses_a_request_that_stripe_s_package_would_not_send(
    headers: dict[str, str], status: int, server: Stripe
) -> None:
    assert ask(server, PARAMS, **headers).status_code == status
    assert not server.journal.sessions


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"prize": "1"}, "prize"),
        ({"api_key": "sk"}, "api_key"),  # an option of the package's, and no parameter
        ({"mode": "payments"}, "mode"),
        ({"adaptive_pricing[enabled]": "False"}, "adaptive_pricing[enabled]"),
        (
            {"line_items[0][price_data][unit_amount]": "5.0"},
            "line_items[0][price_data][unit_amount]",
        ),
        ({"line_items[0][price_data][cents]": "5"}, "line_items[0][price_data][cents]"),
        ({"line_items[2][quantity]": "1"}, "line_items"),
        ({"metadata[a]": "x" * 501}, "metadata"),
        ({"success_url": None}, "success_url"),
        ({"line_items[0][quantity]": None}, "line_items[0][quantity]"),
        ({"line_items[0][price_data][currency]": None}, "line_items[0][price_data][currency]"),
    ],
    ids=str,
)
def test_the_server_refuses_what_the_package_s_types_do_not_have(
    change: dict[str, str | None], param: str, server: Stripe
) -> None:
    params = {name: value for name, value in {**PARAMS, **change}.items() if value is not None}
    answer = ask(server, params)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert not server.journal.sessions


def test_the_server_repeats_its_own_faults_to_the_same_key(server: Stripe) -> None:
    server.journal.faults = ["server-error"]
    assert [ask(server, PARAMS).status_code for _ in range(2)] == [500, 500]
