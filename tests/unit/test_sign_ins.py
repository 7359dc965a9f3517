"""What a token, or a sign-in record, says of who somebody is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaforge.domain.money.gifts import fingerprint
from mediaforge.domain.sign_ins import (
    Identity,
    SignIn,
    fold_email,
    identities_of,
    of_token,
    plain_email,
)

UID = Identity("uid", "ann")
MAIL = Identity("email", "ann@example.com")


def firebase(provider: str, **identities: list[str]) -> dict[str, Any]:
    return {"sign_in_provider": provider, "identities": identities}


def token(provider: str = "password", **claims: Any) -> SignIn:
    return of_token("ann", {"firebase": firebase(provider), **claims}, is_emulated=False)


def test_an_anonymous_user_is_known_by_nothing_but_the_uid() -> None:
    assert token("anonymous") == SignIn("anonymous", (UID,))


def test_an_address_counts_once_it_is_verified() -> None:
    mail = {"email": "Ann@Example.com"}
    assert token(**mail).identities == (UID,)
    assert token(**mail, email_verified=False).identities == (UID,)
    assert token(**mail, email_verified=True).identities == (UID, MAIL)
    assert [token(**mail, email_verified=is_so).email for is_so in (False, True)] == [
        "",
        "ann@example.com",
    ]


def test_a_phone_and_whatever_is_linked_count_whoever_the_session_began_with() -> None:
    claims = {
        "phone_number": "+15550100",
        "firebase": firebase(
            "anonymous", email=["x@y.z"], phone=["+15550100"], **{"google.com": ["17"]}
        ),
    }
    signed_in = of_token("ann", claims, is_emulated=False)
    assert signed_in.identities == (
        UID,
        Identity("phone", "+15550100"),
        Identity("google.com", "17"),
    )


def test_a_number_that_is_no_list_is_one_person_and_not_each_of_its_digits() -> None:
    claims = {"firebase": {"sign_in_provider": "google.com", "identities": {"google.com": "17"}}}
    signed_in = of_token("ann", claims, is_emulated=True)
    assert signed_in.identities == (UID, Identity("google.com", "17"))


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "\ud800@example.com", "email_verified": True},
        {"phone_number": "\udfff"},
        {"firebase": {"identities": {"google.com": ["\ud800"]}}},
        {"firebase": {"identities": {"\ud800": ["17"]}}},
    ],
)
def test_half_a_surrogate_pair_is_nobody(claims: dict[str, Any]) -> None:
    """It has no bytes, and a marker is made of them."""
    identities = of_token("ann", claims, is_emulated=True).identities
    assert fingerprint(identities)
    assert not any("\ud800" <= char <= "\udfff" for i in identities for char in i.kind + i.value)


@pytest.mark.parametrize(
    ("claims", "is_emulated", "provider"),
    [
        ({}, True, "custom"),  # made by hand, as on the emulators
        ({"email": "ann@example.com"}, True, ""),
        ({}, False, ""),
        ({"firebase": firebase("custom")}, False, "custom"),
        ({"firebase": firebase("anonymous")}, True, "anonymous"),
    ],
)
def test_a_token_that_does_not_say_how_it_was_come_by(
    claims: dict[str, Any], is_emulated: bool, provider: str
) -> None:
    assert of_token("ann", claims, is_emulated=is_emulated).provider == provider


# With halves of surrogate pairs, which JSON can spell.
TEXT = st.text(st.characters(), max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(
    claims=st.fixed_dictionaries(
        {},
        optional={
            "firebase": JSON
            | st.fixed_dictionaries({"sign_in_provider": JSON, "identities": JSON}),
            "email": JSON,
            "email_verified": JSON,
            "phone_number": JSON,
        },
    )
)
def test_claims_of_any_shape_are_read_without_an_error(claims: dict[str, Any]) -> None:
    signed_in = of_token("ann", claims, is_emulated=True)
    assert signed_in.identities[0] == UID
    assert len(signed_in.identities) <= 20
    assert all(isinstance(i.value, str) and i.value for i in signed_in.identities)
    assert fingerprint(signed_in.identities)


def test_what_no_document_can_hold_is_none_of_an_identity() -> None:
    half = "\ud800"
    claims = {
        "email": f"{half}@example.com",
        "email_verified": True,
        "phone_number": half,
        "firebase": {"sign_in_provider": half, "identities": {"google.com": [half], half: ["1"]}},
    }
    assert of_token("ann", claims, is_emulated=True) == SignIn("", (UID,))


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("Ann@Example.COM", "ann@example.com"),
        ("ann+mf@example.com", "ann@example.com"),
        ("a.n.n@example.com", "a.n.n@example.com"),
        ("A.n.n+1@GoogleMail.com", "ann@gmail.com"),
        ("+ann@example.com", "+ann@example.com"),
        (" ann@example.com ", "ann@example.com"),
        ("nobody", "@nobody"),
    ],
)
def test_addresses_of_one_mailbox_are_one(address: str, mailbox: str) -> None:
    assert fold_email(address) == mailbox


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        (" Kim@Corp.COM ", "kim@corp.com"),
        ("\u212aim@corp.com", "\u212aim@corp.com"),  # the sign of the kelvin, a k in lower case
        ("\u0130da@corp.com", "\u0130da@corp.com"),
    ],
)
def test_an_address_that_lets_in_is_folded_from_a_to_z_alone(address: str, plain: str) -> None:
    assert plain_email(address) == plain


def test_a_sign_in_record_lists_all_that_a_person_is_known_by() -> None:
    """As the Admin SDK's `UserRecord` has it: `provider_data` names the ways that are no provider, too."""
    provider_data = [
        ("password", "ann@example.com"),
        ("phone", "+15550100"),
        ("google.com", "17"),
        ("apple.com", "000.1"),
    ]
    found = identities_of("ann", email="Ann@example.com", phone="+15550100", subjects=provider_data)
    assert found == (
        UID,
        MAIL,
        Identity("phone", "+15550100"),
        Identity("google.com", "17"),
        Identity("apple.com", "000.1"),
    )


@pytest.mark.parametrize(
    ("signed_in", "is_among"),
    [
        (SignIn(), False),
        (token("anonymous"), False),
        (token("password", email="ann@example.com"), False),
        (token("password", email="ann@example.com", email_verified=True), True),
        (token("phone", phone_number="+15550100"), True),
        (token("custom"), True),
        (token("google.com"), True),
        (token("github.com"), False),
        (token("oidc.acme"), True),
    ],
)
def test_a_sign_in_is_among_those_that_verify_or_not(signed_in: SignIn, is_among: bool) -> None:
    ways = ("custom", "email", "phone", "google.com", "oidc.*")
    assert signed_in.is_among(ways) is is_among


def test_a_project_may_count_everybody() -> None:
    assert token("anonymous").is_among(("*",))
    assert not SignIn().is_among(("*",))
