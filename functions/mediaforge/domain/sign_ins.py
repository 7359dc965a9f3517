"""A user's sign-in, as an ID token or a sign-in record describes it: the way,
and the verified identities. Pure."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from string import ascii_lowercase, ascii_uppercase
from typing import Any

# A person has a handful of identities; without a limit the markers might exceed the size of a commit.
_IDENTITIES_MAX = 20
_CUSTOM = "custom"
_GMAIL = ("gmail.com", "googlemail.com")
_LOWER_CASE = str.maketrans(ascii_uppercase, ascii_lowercase)


@dataclass(frozen=True, slots=True)
class Identity:
    """Something that only one person has. `kind` is `uid`, `email`, `phone`, or a sign-in provider
    (`google.com`). For a provider, `value` is the provider's number for the person."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """`provider` is how the user signed in (`password`, `anonymous`, `custom`, `google.com` …). An e-mail
    address is among the `identities` only if it was verified, because anybody may type somebody else's. There
    it is folded to its mailbox; `email` is the same address as `plain_email` writes it."""

    provider: str = ""
    identities: tuple[Identity, ...] = ()
    email: str = ""

    def is_among(self, ways: Iterable[str]) -> bool:
        """Whether the user signed in by one of these ways, or has an identity of one: `email`, `phone`,
        `custom`, or a provider. A `*` stands for anything (`oidc.*`)."""
        own = (self.provider, *(identity.kind for identity in self.identities))
        return any(name and fnmatchcase(name, way) for way in ways for name in own)


def of_token(uid: str, claims: Mapping[str, Any], *, is_emulated: bool) -> SignIn:
    """The sign-in that an ID token's claims describe. The type of each claim is checked, since the emulators
    accept any. A real token says how the user signed in. On the emulators a token that does not, and that has
    no address, counts as one that a backend made for its own users (`custom`)."""
    firebase = _mapping(claims.get("firebase"))
    provider = _text(firebase.get("sign_in_provider"))
    if not provider and is_emulated and "email" not in claims:
        provider = _CUSTOM
    email = _text(claims.get("email")) if claims.get("email_verified") is True else ""
    found = identities_of(
        uid,
        email=email,
        phone=_text(claims.get("phone_number")),
        subjects=_subjects(_mapping(firebase.get("identities"))),
    )
    return SignIn(provider, found, plain_email(email))


def identities_of(
    uid: str, *, email: str = "", phone: str = "", subjects: Iterable[tuple[str, str]] = ()
) -> tuple[Identity, ...]:
    """All identities of one person, from a token or from the record that Firebase keeps of the user. `email`
    is verified. `subjects` are (provider, number) of the linked providers."""
    found = [Identity("uid", uid)]
    if email:
        found.append(Identity("email", fold_email(email)))
    if phone:
        found.append(Identity("phone", phone))
    # The record also lists ways to sign in that are no provider. If verified, they were added above.
    others = [s for s in subjects if s[0] not in ("password", "email", "phone")]
    found += [Identity(provider, subject) for provider, subject in others if provider and subject]
    return tuple(dict.fromkeys(found))[:_IDENTITIES_MAX]


def plain_email(address: str) -> str:
    """An address in the form in which invitations compare it: A to Z are lowered. No other letters are,
    because some other characters lower to one of these letters, and would match somebody else's address."""
    return address.strip().translate(_LOWER_CASE)


def fold_email(address: str) -> str:
    """The mailbox of an address: upper case and a `+tag` are ignored, and at Gmail dots, too."""
    name, _, host = unicodedata.normalize("NFKC", address).strip().casefold().rpartition("@")
    name = name.partition("+")[0] or name
    if host in _GMAIL:
        name, host = name.replace(".", ""), _GMAIL[0]
    return f"{name}@{host}"


def _subjects(identities: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for provider, subjects in identities.items():
        # A string is a sequence, too: each of its letters would count as a subject.
        several = [subjects] if isinstance(subjects, str) else subjects
        for subject in several if isinstance(several, Sequence) else ():
            yield _text(provider), _text(subject)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) and is_storable(value) else ""


def is_storable(text: str) -> bool:
    """Whether the text can be stored. JSON can spell half a surrogate pair, which
    no document and no hash can take."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
