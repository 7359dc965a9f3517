"""The welcome credits as a new user of the auth emulator comes by them: nothing before something is verified,
and then once."""

import base64
import json
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.emulator.conftest import SMALL, Inside, refusal
from tools.client import TIMEOUT_S, Addresses, Client, accounts, sign_in, verify

PROMPT = {"prompt": "welcome", **SMALL}
PASSWORD = "emulator"  # noqa: S105 - the auth emulator's users live as long as it runs


def signed_in(addresses: Addresses, method: str, **fields: Any) -> Client:
    answer = accounts(addresses, method, {"returnSecureToken": True, **fields})
    body = answer.raise_for_status().json()
    return Client(addresses, body["localId"], body["idToken"])


def new_address() -> str:
    return f"{uuid.uuid4().hex}@mediaforge.test"


def by_google(addresses: Addresses) -> Client:
    said = f'{{"sub": "{uuid.uuid4().hex}", "email": "{new_address()}", "email_verified": true}}'
    posted = str(httpx.QueryParams({"id_token": said, "providerId": "google.com"}))
    return signed_in(
        addresses,
        "signInWithIdp",
        postBody=posted,
        requestUri="http://127.0.0.1",
        returnIdpCredential=True,
    )


def by_custom_token(addresses: Addresses) -> Client:
    uid = uuid.uuid4().hex
    answer = accounts(
        addresses,
        "signInWithCustomToken",
        {"token": f'{{"uid": "{uid}"}}', "returnSecureToken": True},
    )
    return Client(addresses, uid, answer.raise_for_status().json()["idToken"])


def by_phone(addresses: Addresses) -> Client:
    number = f"+1555{uuid.uuid4().int % 10_000_000:07}"
    sent = accounts(
        addresses, "sendVerificationCode", {"phoneNumber": number, "recaptchaToken": "x"}
    )
    session = sent.raise_for_status().json()["sessionInfo"]
    url = f"http://{addresses.auth_host}/emulator/v1/projects/{addresses.project}/verificationCodes"
    codes = httpx.get(url, timeout=TIMEOUT_S, trust_env=False).json()["verificationCodes"]
    code = next(each["code"] for each in codes if each["phoneNumber"] == number)
    return signed_in(addresses, "signInWithPhoneNumber", sessionInfo=session, code=code)


def test_an_anonymous_user_gets_the_credits_once_an_address_is_linked_and_verified(
    addresses: Addresses, inside: Inside
) -> None:
    address = new_address()
    with closing(signed_in(addresses, "signUp")) as anonymous:
        refused = refusal(anonymous, "generateImage", PROMPT)
        assert refused.details == {
            "reason": "insufficient-credits",
            "required": 2,
            "available": 0,
            "welcome": "verify",
        }
        linked = {"idToken": anonymous.token, "email": address, "password": PASSWORD}
        with closing(signed_in(addresses, "update", **linked)) as unverified:
            assert unverified.uid == anonymous.uid
            assert refusal(unverified, "generateImage", PROMPT).details["welcome"] == "verify"
            assert inside.belongings_of(unverified) == {}
        verify(addresses, address)
        with closing(sign_in(addresses, address)) as verified:
            assert verified.uid == anonymous.uid
            for _ in range(2):
                job = verified.call("generateImage", PROMPT)
                inside.wait_until_settled(job["jobId"])
        assert inside.get(f"accounts/user_{anonymous.uid}")["available"] == 96
        inside.assert_promises_of(anonymous.uid)


@pytest.mark.parametrize("sign_up", [by_google, by_custom_token, by_phone])
def test_who_is_verified_by_signing_in_gets_them_at_once(
    addresses: Addresses, inside: Inside, sign_up: Callable[[Addresses], Client]
) -> None:
    with closing(sign_up(addresses)) as new:
        inside.wait_until_settled(new.call("generateImage", PROMPT)["jobId"])
        assert inside.get(f"accounts/user_{new.uid}")["available"] == 98


def unsigned(addresses: Addresses, **claims: Any) -> Client:
    """A token made by hand, as the emulators take it."""
    uid, now_s = uuid.uuid4().hex, int(time.time())
    payload = {
        "iss": f"https://securetoken.google.com/{addresses.project}",
        "aud": addresses.project,
        "sub": uid,
        "iat": now_s - 1,
        "auth_time": now_s - 1,
        "exp": now_s + 3600,
        **claims,
    }
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none", "typ": "JWT"}, payload)
    ]
    return Client(addresses, uid, f"{'.'.join(parts)}.")


@pytest.mark.parametrize(
    ("claims", "is_welcome"),
    [
        ({}, True),  # says nothing of how it was come by: as a custom one, here only
        ({"email": "x@mediaforge.test"}, False),
        ({"firebase": {"sign_in_provider": "anonymous", "identities": {}}}, False),
        ({"firebase": "nonsense", "email": 7, "phone_number": [], "email_verified": "yes"}, False),
    ],
)
def test_a_token_made_by_hand_is_read_like_another(
    addresses: Addresses, inside: Inside, claims: dict[str, Any], is_welcome: bool
) -> None:
    with closing(unsigned(addresses, **claims)) as new:
        if is_welcome:
            inside.wait_until_settled(new.call("generateImage", PROMPT)["jobId"])
        else:
            assert refusal(new, "generateImage", PROMPT).details["welcome"] == "verify"


def test_the_same_address_under_another_uid_gets_no_second_gift(
    addresses: Addresses, inside: Inside
) -> None:
    address = new_address()
    with closing(sign_in(addresses, address)) as first:
        inside.wait_until_settled(first.call("generateImage", PROMPT)["jobId"])
        accounts(addresses, "delete", {"idToken": first.token}).raise_for_status()
        with closing(sign_in(addresses, address)) as again:
            assert again.uid != first.uid
            details = refusal(again, "generateImage", PROMPT).details
            assert details == {"reason": "insufficient-credits", "required": 2, "available": 0}
            assert inside.belongings_of(again) == {}
