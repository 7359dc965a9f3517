"""Purchases: events signed by Stripe's own package, posted to the deployed hook, once or often."""

import hmac
import json
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import stripe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.emulator.conftest import Inside, grant
from tools.client import Client
from tools.setup import ROOT
from tools.suite import Suite

pytestmark = pytest.mark.emulator

COMPLETED = "checkout.session.completed"
ARRIVED_LATE = "checkout.session.async_payment_succeeded"
Post = Callable[..., httpx.Response]


def read_secret() -> str:
    lines = (ROOT / "functions" / ".secret.local").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)["STRIPE_WEBHOOK_SECRET"]


def signed(body: str, secret: str, age_s: int = 0) -> str:
    at_s = int(time.time()) - age_s
    header: str = stripe.WebhookSignature.generate_signature_header(body, secret, at_s)
    return header


def event_of(account_id: str, kind: str = COMPLETED, **session: Any) -> str:
    metadata = {"account_id": account_id, "credits": "500"}
    content = {"object": "checkout.session", "payment_status": "paid", "metadata": metadata}
    return json.dumps(
        {
            "id": f"evt_{uuid.uuid4().hex}",
            "object": "event",
            "type": kind,
            "data": {"object": {**content, **session}},
        }
    )


@pytest.fixture(scope="module")
def secret(suite: Suite) -> str:
    return read_secret()


@pytest.fixture(scope="module")
def post(suite: Suite, secret: str) -> Iterator[Post]:
    """Posts a body to the hook, signed as Stripe does where no header is given."""
    url = f"{suite.functions_url}/stripeWebhook"
    with httpx.Client(timeout=60) as http:

        def send(body: str | bytes, header: str | None = None) -> httpx.Response:
            signature = signed(str(body), secret) if header is None else header
            headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
            return http.post(url, content=body, headers=headers)

        yield send


def grants_of(inside: Inside, user: Client) -> dict[str, int]:
    entries = inside.belongings(f"accounts/user_{user.uid}").items()
    named = {path.rpartition("/")[2]: fields for path, fields in entries if "/ledger/" in path}
    return {entry_id: fields["amount"] for entry_id, fields in named.items()}


# ---- what buys something -------------------------------------------------------------------------


def test_an_event_sent_five_times_at_once_is_granted_once(
    post: Post, ann: Client, inside: Inside
) -> None:
    event = event_of(f"user_{ann.uid}")
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(post, [event] * 5))
    assert [answer.status_code for answer in answers] == [200] * 5
    account_id = f"user_{ann.uid}"
    expected = {"received": True, "accountId": account_id, "available": 500}
    assert [answer.json() for answer in answers] == [expected] * 5
    event_id = json.loads(event)["id"]
    assert grants_of(inside, ann) == {f"{event_id}:grant": 500}
    inside.assert_promises_of(ann.uid)


def test_a_payment_that_arrives_late_is_granted_then(
    post: Post, ann: Client, inside: Inside
) -> None:
    account_id = f"user_{ann.uid}"
    begun = post(event_of(account_id, payment_status="unpaid"))
    assert begun.json() == {"received": True}
    assert post(event_of(account_id, kind=ARRIVED_LATE)).json()["available"] == 500


def test_a_buyer_without_metadata_gets_a_credit_for_a_cent(
    post: Post, ann: Client, inside: Inside
) -> None:
    session: dict[str, Any] = {"metadata": {}, "client_reference_id": ann.uid}
    answer = post(event_of("", **session, currency="usd", amount_total=700))
    assert answer.json()["available"] == 700


def test_a_team_is_bought_credits(post: Post, ann: Client, inside: Inside) -> None:
    team_id = ann.call("createTeam", {"name": "Buyers"})["teamId"]
    assert post(event_of(f"team_{team_id}")).json()["available"] == 500


# ---- what buys nothing ---------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["unpaid", "processing"])
def test_an_unpaid_session_is_answered_and_changes_nothing(
    status: str, post: Post, ann: Client, inside: Inside
) -> None:
    answer = post(event_of(f"user_{ann.uid}", payment_status=status))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert inside.belongings_of(ann) == {}


@pytest.mark.parametrize("kind", ["checkout.session.expired", "charge.refunded", "invented"])
def test_an_event_of_another_type_is_answered_and_changes_nothing(
    kind: str, post: Post, ann: Client, inside: Inside
) -> None:
    answer = post(event_of(f"user_{ann.uid}", kind=kind))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert inside.belongings_of(ann) == {}


# ---- what is not from Stripe ---------------------------------------------------------------------

FORGERIES: dict[str, Callable[[str, str], tuple[str, str]]] = {
    "another's signature": lambda event, _: (event, signed(event, "whsec_guess")),
    "a signature of nothing": lambda event, _: (event, signed(event, "")),
    "no signature": lambda event, _: (event, ""),
    "a header that is none": lambda event, _: (event, "v1=,t=now"),
    "a body that was altered": lambda event, key: (event.replace("500", "900"), signed(event, key)),
    "a body that was written anew": lambda event, key: (event + " ", signed(event, key)),
    "a timestamp of six minutes ago": lambda event, key: (event, signed(event, key, age_s=360)),
    "a timestamp six minutes ahead": lambda event, key: (event, signed(event, key, age_s=-360)),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_stripe_did_not_sign_just_now_is_refused_and_writes_nothing(
    forgery: str, post: Post, secret: str, ann: Client, inside: Inside
) -> None:
    answer = post(*FORGERIES[forgery](event_of(f"user_{ann.uid}"), secret))
    assert (answer.status_code, answer.json()["reason"]) == (400, "unauthenticated")
    assert inside.belongings_of(ann) == {}


# ---- what is signed and makes no sense -----------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_only_a_post_is_taken(method: str, suite: Suite) -> None:
    answer = httpx.request(method, f"{suite.functions_url}/stripeWebhook", timeout=60)
    assert answer.status_code == 405


RUBBISH = ["", " ", "null", "7", "[]", '"evt_1"', "{}", "{", "[" * 50_000, '{"id":7,"type":[]}',
           '{"id":"evt_1"}', '{"id":"evt_1","type":"\\ud800"}', '{"id":"a/b","type":"x"}',
           json.dumps({"id": "evt_1", "type": COMPLETED}),
           json.dumps({"id": "evt_1", "type": COMPLETED, "data": []}),
           json.dumps({"id": "evt_1", "type": ARRIVED_LATE, "data": {"object": None}})]  # fmt: skip


@pytest.mark.parametrize("body", RUBBISH, ids=lambda body: body[:40])
def test_a_signed_body_that_is_no_event_is_refused(body: str, post: Post) -> None:
    answer = post(body)
    assert (answer.status_code, answer.json()["reason"]) == (400, "invalid-request")


def test_a_signed_body_that_is_no_text_is_refused(post: Post, secret: str) -> None:
    body, at_s = b"\xff\xfe\x00{}", int(time.time())
    digest = hmac.new(secret.encode(), b"%d." % at_s + body, "sha256").hexdigest()
    assert post(body, f"t={at_s},v1={digest}").status_code == 400


@pytest.mark.parametrize(
    "session",
    [
        {"metadata": {"account_id": "user_a/b", "credits": "5"}},
        {"metadata": {"account_id": "guild_1", "credits": "5"}},
        {"metadata": {"account_id": "user_x", "credits": "0"}},
        {"metadata": {"account_id": "user_x", "credits": "-5"}},
        {"metadata": {"account_id": "user_x", "credits": 5}},
        {"metadata": {"account_id": "user_x", "credits": "999999999999"}},
        {"metadata": {"credits": "5"}},
        {"metadata": {"account_id": "user_x"}, "currency": "eur", "amount_total": 500},
        {"metadata": None, "client_reference_id": "", "currency": "usd", "amount_total": 500},
        {"payment_status": None},
    ],
    ids=str,
)
def test_a_paid_session_that_cannot_be_credited_is_refused(
    session: dict[str, Any], post: Post
) -> None:
    answer = post(event_of("user_x", **session))
    assert (answer.status_code, answer.json()["reason"]) == (400, "invalid-request")


def test_credits_for_a_team_that_is_not_there_are_refused(post: Post, inside: Inside) -> None:
    answer = post(event_of("team_nowhere"))
    assert (answer.status_code, answer.json()["reason"]) == (400, "not-found")
    assert inside.belongings("accounts/team_nowhere") == {}


def test_an_event_that_now_says_another_amount_is_refused(
    post: Post, ann: Client, inside: Inside
) -> None:
    event = event_of(f"user_{ann.uid}")
    assert post(event).status_code == 200
    before = inside.belongings_of(ann)
    again = post(event.replace('"500"', '"501"'))
    assert (again.status_code, again.json()["reason"]) == (400, "request-id-reused")
    assert inside.belongings_of(ann) == before


def test_credits_beyond_what_an_account_holds_are_refused(
    post: Post, ann: Client, admin: Client, inside: Inside
) -> None:
    account_id = f"user_{ann.uid}"
    grant(admin, account_id, 1)
    database = inside.database.document(f"accounts/{account_id}")
    database.update({"available": 1_000_000_000})
    try:
        answer = post(event_of(account_id))
    finally:
        database.update({"available": 1})
    assert (answer.status_code, answer.json()["reason"]) == (400, "invalid-request")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
FIELDS = ["payment_status", "metadata", "client_reference_id", "currency", "amount_total", "x"]
CHANGES: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(FIELDS), JSON, max_size=3
)


def test_nothing_that_is_signed_answers_500(post: Post) -> None:

    @settings(
        max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(
        body=JSON.map(json.dumps) | CHANGES.map(lambda changes: event_of("user_fuzz", **changes))
    )
    def send(body: str) -> None:
        assert post(body).status_code in (200, 400), body

    send()
