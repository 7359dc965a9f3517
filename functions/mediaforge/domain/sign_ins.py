"""Who signed in, as an ID token or a sign-in record says: how, and what is certain of them. Pure."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from string import ascii_lowercase, ascii_uppercase
from typing import Any

# A person has a handful; more would only make a commit larger than it may be.
_IDENTITIES_MAX = 20
_CUSTOM = "custom"
_GMAIL = ("gmail.com", "googlemail.com")
_LOWER_CASE = str.maketrans(ascii_uppercase, ascii_lowercase)


@dataclass(frozen=True, slots=True)
class Identity:
    """Something that only one person has. `kind` is `uid`, `email`, `phone`, or a sign-in provider
    (`google.com`), whose `value` is the number that the provider knows the person by."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """`provider` is how (`password`, `anonymous`, `custom`, `google.com` …). An e-mail address is among the
    `identities` only where it was verified: anybody may type somebody else's. There it stands for the
    mailbox; `email` is that address as `plain_email` writes it."""

    provider: str = ""
    identities: tuple[Identity, ...] = ()
    email: str = ""

    def is_among(self, ways: Iterable[str]) -> bool:
        """Whether it was done in one of these ways, or is known by one: `email`, `phone`, `custom`, a
        provider; a `*` stands for anything (`oidc.*`)."""
        own = (self.provider, *(identity.kind for identity in self.identities))
        return any(name and fnmatchcase(name, way) for way in ways for name in own)


def of_token(uid: str, claims: Mapping[str, Any], *, is_emulated: bool) -> SignIn:
    """What the claims of an ID token say. Each is looked at before it is believed to be of its type: the
    emulators take any. A token that does not say how it was come by is no real one; on the emulators, and
    without an address, it is taken for one that a backend made for its own users (`custom`)."""
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
    """All that one person is known by: of a token, or of the record that Firebase keeps of a user. `email` is
    a verified one, `subjects` are (provider, number) of what is linked."""
    found = [Identity("uid", uid)]
    if email:
        found.append(Identity("email", fold_email(email)))
    if phone:
        found.append(Identity("phone", phone))
    # The record lists the ways to sign in that are no provider as well: they are above, if verified.
    others = [s for s in subjects if s[0] not in ("password", "email", "phone")]
    found += [Identity(provider, subject) for provider, subject in others if provider and subject]
    return tuple(dict.fromkeys(found))[:_IDENTITIES_MAX]


def plain_email(address: str) -> str:
    """An address as it is compared where it lets somebody in: upper case makes no other one. Of A to Z only:
    there are other signs that become one of these letters, and are somebody else's."""
    return address.strip().translate(_LOWER_CASE)


def fold_email(address: str) -> str:
    """The mailbox behind an address: neither upper case nor a `+tag` makes another one, nor does a dot at
    Gmail."""
    name, _, host = unicodedata.normalize("NFKC", address).strip().casefold().rpartition("@")
    name = name.partition("+")[0] or name
    if host in _GMAIL:
        name, host = name.replace(".", ""), _GMAIL[0]
    return f"{name}@{host}"


def _subjects(identities: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for provider, subjects in identities.items():
        # A text is a sequence, too: of letters, each of which would be somebody.
        several = [subjects] if isinstance(subjects, str) else subjects
        for subject in several if isinstance(several, Sequence) else ():
            yield _text(provider), _text(subject)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) and is_storable(value) else ""


def is_storable(text: str) -> bool:
    """JSON can spell half a surrogate pair, which no document and no hash can take."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
