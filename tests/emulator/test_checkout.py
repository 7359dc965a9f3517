"""Credits bought through the deployed callable: from its page, on a server that speaks Stripe's protocol, to
the ledger."""

import httpx
import pytest

from tests.emulator.conftest import Inside, refusal
from tools.client import Client
from tools.suite import Suite


def entries_of(inside: Inside, account_id: str) -> dict[str, int]:
    """The amounts of what was bought."""
    documents = inside.belongings(f"accounts/{account_id}").items()
    named = {path.rpartition("/")[2]: fields for path, fields in documents if "/ledger/" in path}
    return {name: each["amount"] for name, each in named.items() if name.startswith("cs_")}


def test_what_is_bought_on_the_page_is_granted_once_though_its_event_comes_four_times(
    ann: Client, inside: Inside, suite: Suite
) -> None:
    offer = ann.call("getCatalog", {})["purchases"][0]
    request = {"credits": offer["credits"], "requestId": "pressed"}
    url = ann.call("createCheckout", request)["url"]
    assert ann.call("createCheckout", request)["url"] == url
    account_id = f"user_{ann.uid}"
    assert entries_of(inside, account_id) == {}  # a page gives nothing

    paid = httpx.post(url, data={"events": "2"}, timeout=180, trust_env=False)
    assert (paid.status_code, paid.headers["Location"]) == (
        303,
        f"{suite.url('hosting')}/account?purchase=paid",
    )
    session_id = url.rpartition("/")[2]
    assert entries_of(inside, account_id) == {f"{session_id}:grant": offer["credits"]}
    inside.assert_promises_of(ann.uid)


def test_a_team_is_bought_credits_by_its_owner_and_by_no_stranger(
    ann: Client, inside: Inside, admin: Client
) -> None:
    team_id = ann.call("createTeam", {"name": "Buyers"})["teamId"]
    request = {"credits": 500, "teamId": team_id}
    assert refusal(admin, "createCheckout", request).reason == "not-a-member"
    url = ann.call("createCheckout", request)["url"]
    httpx.post(url, timeout=180, trust_env=False)
    assert list(entries_of(inside, f"team_{team_id}").values()) == [500]


@pytest.mark.parametrize("more", [{"credits": 501}, {"priceCents": 1}, {"successUrl": "https://x"}])
def test_the_price_and_the_way_back_are_not_the_client_s(
    more: dict[str, object], ann: Client
) -> None:
    refused = refusal(ann, "createCheckout", {"credits": 500, **more})
    assert refused.reason == "invalid-request"
    assert [error["field"] for error in refused.details["fieldErrors"]] == [*more]
