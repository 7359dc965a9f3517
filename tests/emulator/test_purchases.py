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
from tests.support.stripe_events import (
    ARRIVED_LATE,
    COMPLETED,
    charge_of,
    dispute_of,
    event_of,
    refund_of,
    session_of,
)
from tools.client import Client
from tools.setup import read_secrets
from tools.suite import Suite

Post = Callable[..., httpx.Response]


def signed(body: str, secret: str, age_s: int = 0) -> str:
    at_s = int(time.time()) - age_s
    header: str = stripe.WebhookSignature.generate_signature_header(body, secret, at_s)
    return header


def new_event(of: Any, kind: str = COMPLETED, **changes: Any) -> str:
    """In test mode, as whoever develops sends it."""
    event_id = f"evt_{uuid.uuid4().hex}"
    return json.dumps(event_of(kind, of, event_id, livemode=False, **changes))


def purchase_by(user: Client, payment: str, **session: Any) -> dict[str, Any]:
    return session_of(payment, 500, f"user_{user.uid}", livemode=False, **session)


@pytest.fixture
def payment() -> str:
    """What the ids of one payment have in common."""
    return uuid.uuid4().hex


@pytest.fixture(scope="module")
def secret(suite: Suite) -> str:
    return read_secrets()["STRIPE_WEBHOOK_SECRET"]


@pytest.fixture(scope="module")
def post(suite: Suite, secret: str) -> Iterator[Post]:
    """Posts a body to the hook, signed as Stripe does where no header is given."""
    url = f"{suite.functions_url}/stripeWebhook"
    with httpx.Client(timeout=180) as http:

        def send(body: str | bytes, header: str | None = None) -> httpx.Response:
            signature = signed(str(body), secret) if header is None else header
            headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
            return http.post(url, content=body, headers=headers)

        yield send


def entries_of(inside: Inside, user: Client) -> dict[str, tuple[int, int]]:
    """Amount and change of the debt of each."""
    documents = inside.belongings(f"accounts/user_{user.uid}").items()
    named = {path.rpartition("/")[2]: fields for path, fields in documents if "/ledger/" in path}
    return {name: (fields["amount"], fields.get("owed", 0)) for name, fields in named.items()}


def balance_of(inside: Inside, user: Client) -> tuple[int, int]:
    """What is available and what is owed."""
    path = f"accounts/user_{user.uid}"
    account = inside.belongings(path)[path]
    return account["available"], account["owed"]


# ---- what buys something -------------------------------------------------------------------------


def test_a_session_told_in_three_events_at_once_is_granted_once(
    post: Post, ann: Client, inside: Inside, payment: str
) -> None:
    session = purchase_by(ann, payment)
    events = [new_event(session), new_event(session), new_event(session, ARRIVED_LATE)] * 2
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(post, events))
    account_id = f"user_{ann.uid}"
    available = balance_of(inside, ann)[0]
    expected = {"received": True, "accountId": account_id, "available": available}
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, expected)] * 6
    assert entries_of(inside, ann)[f"cs_test_{payment}:grant"] == (500, 0)
    assert [name for name in entries_of(inside, ann) if name.startswith("cs_")] == [
        f"cs_test_{payment}:grant"
    ]
    inside.assert_promises_of(ann.uid)


def test_a_payment_that_arrives_late_is_granted_then(
    post: Post, ann: Client, inside: Inside, payment: str
) -> None:
    begun = post(new_event(purchase_by(ann, payment, payment_status="unpaid")))
    assert begun.json() == {"received": True}
    assert inside.belongings_of(ann) == {}
    post(new_event(purchase_by(ann, payment), ARRIVED_LATE))
    assert entries_of(inside, ann)[f"cs_test_{payment}:grant"] == (500, 0)


def test_a_buyer_without_an_account_in_the_metadata_gets_the_credits(
    post: Post, ann: Client, inside: Inside, payment: str
) -> None:
    session = session_of(payment, 700, client_reference_id=ann.uid)
    assert post(new_event(session)).json()["accountId"] == f"user_{ann.uid}"
    assert entries_of(inside, ann)[f"cs_test_{payment}:grant"] == (700, 0)


def test_a_team_is_bought_credits(post: Post, ann: Client, payment: str) -> None:
    team_id = ann.call("createTeam", {"name": "Buyers"})["teamId"]
    answer = post(new_event(session_of(payment, 500, f"team_{team_id}")))
    assert answer.json()["available"] == 500


# ---- what goes back ------------------------------------------------------------------------------


def test_what_goes_back_is_taken_back_once_by_either_family_of_events_and_before_its_purchase(
    post: Post, ann: Client, inside: Inside, payment: str
) -> None:
    early = refund_of(payment, f"{payment}_a", 100)
    assert post(new_event(early, "refund.created")).json() == {"received": True}
    assert inside.belongings_of(ann) == {}
    post(new_event(purchase_by(ann, payment)))
    post(new_event(charge_of(payment, 100), "charge.refunded"))
    post(new_event(charge_of(payment, 250), "charge.refunded"))
    post(new_event(refund_of(payment, f"{payment}_b", 150), "refund.updated"))
    dispute = dispute_of(payment, 250, "needs_response", 1)
    post(new_event(dispute, "charge.dispute.funds_withdrawn"))
    won = dispute_of(payment, 250, "won", 2)
    post(new_event(won, "charge.dispute.funds_reinstated"))
    post(new_event(won, "charge.dispute.closed"))
    entries = entries_of(inside, ann)
    entries.pop("welcome:grant", None)
    assert entries == {
        f"cs_test_{payment}:grant": (500, 0),
        f"cs_test_{payment}:taken": (-100, 0),
        f"ch_{payment}:250:taken": (-150, 0),
        f"du_{payment}:taken": (-250, 0),
        f"du_{payment}:returned": (250, 0),
    }
    inside.assert_promises_of(ann.uid)


def test_what_was_spent_before_it_went_back_is_owed_and_paid_by_what_comes_in(
    post: Post, ann: Client, admin: Client, inside: Inside, payment: str
) -> None:
    post(new_event(purchase_by(ann, payment)))
    account_id, available = f"user_{ann.uid}", balance_of(inside, ann)[0]
    spent = {"action": "adjust", "amount": 3 - available, "reason": "spent", "requestId": payment}
    admin.call("controlAccount", {"accountId": account_id, **spent})
    answer = post(new_event(refund_of(payment, payment, 500), "refund.created"))
    assert answer.json() == {
        "received": True,
        "accountId": account_id,
        "available": 0,
        "owed": 497,
    }
    assert balance_of(inside, ann) == (0, 497)
    gift = {"accountId": account_id, "amount": 400, "reason": "gift", "requestId": payment}
    given = admin.call("grantCredits", gift)
    assert (given["available"], given["owed"]) == (0, 97)
    assert "owed" not in admin.call("grantCredits", {**gift, "amount": 97, "requestId": "rest"})
    assert balance_of(inside, ann) == (0, 0)
    inside.assert_promises_of(ann.uid)


# ---- what buys nothing ---------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["unpaid", "processing"])
def test_an_unpaid_session_is_answered_and_changes_nothing(
    status: str, post: Post, ann: Client, inside: Inside, payment: str
) -> None:
    answer = post(new_event(purchase_by(ann, payment, payment_status=status)))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert inside.belongings_of(ann) == {}


@pytest.mark.parametrize("kind", ["checkout.session.expired", "payment_intent.created", "invented"])
def test_an_event_of_another_type_is_answered_and_changes_nothing(
    kind: str, post: Post, ann: Client, inside: Inside, payment: str
) -> None:
    answer = post(new_event(purchase_by(ann, payment), kind))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert inside.belongings_of(ann) == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"metadata": {}},
        {"metadata": None},
        {"mode": "subscription"},
        {"mode": "setup", "amount_total": None},
        {"mode": "subscription", "payment_status": "no_payment_required", "amount_total": 0},
    ],
    ids=str,
)
def test_what_sells_something_else_is_answered_and_changes_nothing(
    changes: dict[str, Any], post: Post, ann: Client, inside: Inside, payment: str
) -> None:
    session = purchase_by(ann, payment, client_reference_id=ann.uid, **changes)
    answer = post(new_event(session))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert inside.belongings_of(ann) == {}
    assert inside.belongings(f"purchases/pi_{payment}") == {}


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
    forgery: str, post: Post, secret: str, ann: Client, inside: Inside, payment: str
) -> None:
    answer = post(*FORGERIES[forgery](new_event(purchase_by(ann, payment)), secret))
    assert (answer.status_code, answer.json()["reason"]) == (400, "unauthenticated")
    assert inside.belongings_of(ann) == {}


# ---- what is signed and makes no sense -----------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_only_a_post_is_taken(method: str, suite: Suite) -> None:
    answer = httpx.request(method, f"{suite.functions_url}/stripeWebhook", timeout=180)
    assert answer.status_code == 405


RUBBISH = ["", " ", "null", "7", "[]", '"evt_1"', "{}", "{", "[" * 50_000, '{"id":7,"type":[]}',
           '{"id":"evt_1"}', '{"id":"evt_1","type":"\\ud800"}', '{"id":"a/b","type":"x"}',
           json.dumps({"id": "evt_1", "type": COMPLETED}),
           json.dumps({"id": "evt_1", "type": COMPLETED, "data": []}),
           json.dumps({"id": "evt_1", "type": ARRIVED_LATE, "data": {"object": None}})]  # fmt: skip


@pytest.mark.parametrize("body", RUBBISH, ids=lambda body: body[:40])
def test_a_signed_body_that_is_no_event_is_not_asked_for_again(body: str, post: Post) -> None:
    answer = post(body)
    assert (answer.status_code, answer.json()["received"]) == (200, True)
    assert answer.json()["unreadable"]


def test_a_signed_body_that_is_no_text_is_not_asked_for_again(post: Post, secret: str) -> None:
    body, at_s = b"\xff\xfe\x00{}", int(time.time())
    digest = hmac.new(secret.encode(), b"%d." % at_s + body, "sha256").hexdigest()
    assert post(body, f"t={at_s},v1={digest}").status_code == 200


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ({"account_id": "user_a/b", "credits": "5"}, "unreadable"),
        ({"account_id": "guild_1", "credits": "5"}, "unreadable"),
        ({"account_id": "user_x", "credits": "0"}, "unreadable"),
        ({"account_id": "user_x", "credits": "-5"}, "unreadable"),
        ({"account_id": "user_x", "credits": 5}, "unreadable"),
        ({"account_id": "user_x", "credits": "999999999999"}, "unreadable"),
        ({"credits": "5"}, "unreadable"),
        ({"account_id": "team_nowhere", "credits": "5"}, "no-account"),
    ],
    ids=str,
)
def test_a_payment_that_cannot_be_booked_is_kept_unclaimed(
    metadata: dict[str, Any], why: str, post: Post, inside: Inside, payment: str
) -> None:
    answer = post(new_event(session_of(payment, metadata=metadata)))
    assert (answer.status_code, answer.json()) == (200, {"received": True, "unclaimed": why})
    path = f"purchases/pi_{payment}"
    kept = inside.belongings(path)[path]
    assert (kept["unclaimed"], kept["session_id"]) == (why, f"cs_test_{payment}")
    assert inside.belongings("accounts/team_nowhere") == {}


def test_credits_beyond_what_an_account_holds_are_kept_unclaimed(
    post: Post, ann: Client, admin: Client, inside: Inside, payment: str
) -> None:
    account_id = f"user_{ann.uid}"
    grant(admin, account_id, 1)
    available, _ = balance_of(inside, ann)
    database = inside.database.document(f"accounts/{account_id}")
    database.update({"available": 1_000_000_000})
    try:
        answer = post(new_event(purchase_by(ann, payment)))
    finally:
        database.update({"available": available})
    assert answer.json() == {"received": True, "unclaimed": "balance-too-large"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
FIELDS = [
    "id",
    "mode",
    "payment_status",
    "payment_intent",
    "metadata",
    "amount_total",
    "status",
    "x",
]
KINDS = [COMPLETED, ARRIVED_LATE, "refund.created", "charge.refunded", "charge.dispute.closed"]
CHANGES: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(FIELDS), JSON, max_size=3
)


def test_nothing_that_is_signed_answers_500(post: Post) -> None:

    @settings(
        max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(
        body=JSON.map(json.dumps)
        | st.builds(
            lambda changes, kind: new_event(session_of("fuzz", 5, "user_fuzz") | changes, kind),
            CHANGES,
            st.sampled_from(KINDS),
        )
    )
    def send(body: str) -> None:
        assert post(body).status_code in (200, 400), body

    send()
